//! The reporting period of a form: from its title block, checked against the file's name.

use super::fold::fold;
use crate::model::{Code, Frequency, Period};

/// A period found in a text: of a quarterly or a yearly form.
pub(super) fn find(text: &str, frequency: Frequency) -> Option<Period> {
    let folded = fold(&text.replace(['_', '-'], " "));
    let words: Vec<&str> = folded.split(' ').filter(|w| !w.is_empty()).collect();
    match frequency {
        Frequency::Quarter => quarter(&words),
        Frequency::Year => year(&words),
    }
}

/// Compares title and file name: the title decides, a file name that names another period is a conflict.
pub(super) fn agree(title: Option<Period>, name: Option<Period>) -> Result<Period, Code> {
    match (title, name) {
        (None, _) => Err(Code::PeriodMissing),
        (Some(title), Some(name)) if title != name => Err(Code::PeriodConflict),
        (Some(title), _) => Ok(title),
    }
}

fn quarter(words: &[&str]) -> Option<Period> {
    for (at, word) in words.iter().enumerate() {
        // "quy ii", "qui 2" (folded: "qui"), "q2", "quy1", "2017q4"
        let (ordinal, mut next) = if matches!(*word, "qui" | "q") {
            (words.get(at + 1).and_then(|w| number(w)), at + 2)
        } else if let Some(rest) = word.strip_prefix("qui").or_else(|| word.strip_prefix('q')) {
            (number(rest), at + 1)
        } else if let Some((head, tail)) = word.split_once('q') {
            let (year, ordinal) = (year_of(head), number(tail));
            match (year, ordinal) {
                (Some(year), Some(ordinal)) => return Period::quarter_of(year, ordinal),
                _ => continue,
            }
        } else {
            continue;
        };
        let Some(ordinal) = ordinal else { continue };
        // The year is the first that follows; "quy ii va 6 thang dau nam 2018" has words between.
        while let Some(word) = words.get(next) {
            if let Some(year) = year_of(word) {
                return Period::quarter_of(year, ordinal);
            }
            if next > at + 9 {
                break;
            }
            next += 1;
        }
    }
    None
}

fn year(words: &[&str]) -> Option<Period> {
    let after = |at: usize| words.get(at + 1).and_then(|w| year_of(w));
    let named = words.iter().enumerate().find_map(|(at, w)| if *w == "nam" { after(at) } else { None });
    named.or_else(|| words.iter().find_map(|w| year_of(w))).map(Period::year_of)
}

fn number(word: &str) -> Option<u8> {
    match word {
        // Folding writes y as i, and a Roman numeral in lower case.
        "i" | "1" => Some(1),
        "ii" | "2" => Some(2),
        "iii" | "3" => Some(3),
        "iv" | "4" => Some(4),
        _ => None,
    }
}

fn year_of(word: &str) -> Option<i16> {
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    if digits.len() != 4 || digits.len() != word.len() {
        return None;
    }
    digits.parse().ok().filter(|y| (2000..2100).contains(y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_as_districts_write_them() {
        use Frequency::{Quarter, Year};
        for (text, frequency, want) in [
            ("Kỳ báo cáo: Quý II năm 2018", Quarter, Some("2018-Q2")),
            ("KỲ BÁO CÁO: QUÍ IV NĂM 2018", Quarter, Some("2018-Q4")),
            ("Kì báo cáo: Q3-2016", Quarter, Some("2016-Q3")),
            ("Kỳ báo cáo: Quý 2/2017", Quarter, Some("2017-Q2")),
            ("Kỳ báo cáo: Quý II và 6 tháng đầu năm 2018", Quarter, Some("2018-Q2")),
            ("Kỳ báo cáo: Quý III và 9 tháng năm 2019", Quarter, Some("2019-Q3")),
            ("Kỳ báo cáo: 6 tháng đầu năm 2018", Quarter, None),
            ("Kỳ báo cáo: Năm 2018", Quarter, None),
            ("Kỳ báo cáo: Năm 2018", Year, Some("2018")),
            ("Kỳ báo cáo: Cả năm 2018", Year, Some("2018")),
            ("480_B02_2017Q4.xlsx", Quarter, Some("2017-Q4")),
            ("BC_PCTNXH_Q2.2018 (Hương Trà)_gui lai.csv", Quarter, Some("2018-Q2")),
            ("bieu01_quy2_2019_huong_tra.xlsx", Quarter, Some("2019-Q2")),
            ("PL01 kem BC so 226 quy 2 nam 2018_lan 2.xlsx", Quarter, Some("2018-Q2")),
            ("Bieu 03 - Nam 2019 - Phu Vang.xlsx", Year, Some("2019")),
            ("Biểu 01 - Phú Vang.xlsx", Quarter, None),
            ("BC KH50 Huong Tra.ods", Year, None),
        ] {
            assert_eq!(find(text, frequency).map(|p| p.to_string()).as_deref(), want, "{text}");
        }
    }
}
