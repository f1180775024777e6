//! The reporting period of a form: from its title block, checked against the file's name.
//!
//! A text is folded to words. Dates of letters and plans, and the years that a plan runs, are no period and are left out
//! before anything is looked for.

use super::fold::fold;
use crate::model::{Code, Frequency, Period};

/// What a text says of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Said {
    /// The period, where it is named in full.
    pub(super) period: Option<Period>,
    /// A second one, where a text names two: a file's name may hold the year of sending too.
    pub(super) other: Option<Period>,
    /// The quarter, also where no year stands with it.
    pub(super) quarter: Option<u8>,
    /// The line itself says that it names the period.
    pub(super) labelled: bool,
    /// The line is about a plan or a letter, not the report.
    aside: bool,
    /// A year that stands there without a word.
    bare: bool,
}

impl Said {
    /// The period, unless the line is about something else or merely mentions a year.
    pub(super) fn of_title(&self) -> Option<Period> {
        self.period.filter(|_| self.labelled || !(self.aside || self.bare))
    }
}

/// What a text says of the period of a quarterly or a yearly form.
pub(super) fn find(text: &str, frequency: Frequency) -> Said {
    let folded = fold(&text.replace(['_', '-'], " "));
    let words: Vec<&str> = folded.split(' ').filter(|w| !w.is_empty()).collect();
    let has = |phrase: &str| folded.contains(phrase);
    let mut said = Said {
        labelled: has("ki bao cao") || has("nam bao cao") || has("qui bao cao"),
        aside: ["ke hoach so", "quiet dinh", "thong tu", "nghi quiet", "cong van", "ban hanh"].iter().any(|p| has(p)),
        ..Said::default()
    };
    match frequency {
        Frequency::Quarter => {
            (said.period, said.quarter) = quarter(&words);
            if said.labelled && said.period.is_none() && said.quarter.is_none() {
                said.period = roman(&words);
            }
        }
        Frequency::Year => (said.period, said.other, said.bare) = year(&words),
    }
    said
}

/// Compares title and file name: the title decides, a file name that names another period is a conflict.
pub(super) fn agree(title: Option<Period>, name: Said) -> Result<Period, Code> {
    let title = title.ok_or(Code::PeriodMissing)?;
    let named = name.period.is_none() || name.period == Some(title) || name.other == Some(title);
    let quarter = title.quarter().is_none() || name.quarter.is_none() || name.quarter == title.quarter();
    if named && quarter { Ok(title) } else { Err(Code::PeriodConflict) }
}

/// The quarter that a text names, with its year if one is there.
fn quarter(words: &[&str]) -> (Option<Period>, Option<u8>) {
    let years = years(words);
    let mut found: Vec<(usize, usize, u8, bool)> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if let Some(period) = joined(word) {
            return (Some(period), period.quarter());
        }
        if let Some((ordinal, next, spelled)) = ordinal(words, at) {
            found.push((at, next, ordinal, spelled));
        }
    }
    let Some(&(at, next, ordinal, spelled)) = found.first() else {
        return (range(words).or_else(|| months(words, &years)), None);
    };
    // "Quý I, II": two quarters are none. But a report may go on to what is planned for the next, or to a comparison.
    let another = words.get(next).is_some_and(|w| !w.is_empty() && number(w).is_some() && number(w) != Some(ordinal));
    // "Quý I và 3 tháng đầu năm" goes on with months.
    let joined_on = matches!(words.get(next), Some(&"va" | &"den"))
        && words.get(next + 1).is_some_and(|w| number(w).is_some())
        && words.get(next + 2) != Some(&"thang");
    let planned = |from: usize, to: usize| {
        let between = words.get(from..to).unwrap_or(&[]).join(" ");
        ["phuong huong", "nhiem vu", "ke hoach", "du kien", "so voi", "cung ki"].iter().any(|p| between.contains(p))
    };
    let contrary = found.iter().skip(1).any(|f| f.2 != ordinal && !planned(next, f.0));
    if another || joined_on || contrary {
        return (None, None);
    }
    // The year is the first that follows; "quý II và 6 tháng đầu năm 2018" has words between.
    let after = years.iter().find(|y| y.0 >= next && y.0 <= next + 14).map(|y| y.1);
    let short = || {
        let digits = words.get(next).filter(|w| w.len() == 2)?;
        digits.parse::<i16>().ok().filter(|y| (10..60).contains(y)).map(|y| 2000 + y)
    };
    let before = || years.iter().rev().find(|y| y.0 < at).map(|y| y.1);
    let year = after.or_else(short).or_else(before);
    let period = year.and_then(|year| Period::quarter_of(year, ordinal));
    // "Q1" without a year may be a district of a city.
    (period, Some(ordinal).filter(|_| spelled || period.is_some()))
}

/// The quarter that begins at a word: its number, the place behind it, and whether the word itself is written out.
fn ordinal(words: &[&str], at: usize) -> Option<(u8, usize, bool)> {
    let word = *words.get(at)?;
    if matches!(word, "qui" | "q") {
        let skip = usize::from(matches!(words.get(at + 1), Some(&"thu" | &"so")));
        let said = words.get(at + 1 + skip)?;
        let n = number(said).or_else(|| number(said.strip_suffix("nam")?)).or_else(|| spoken(said))?;
        return Some((n, at + 2 + skip, word == "qui"));
    }
    let (rest, spelled) = match word.strip_prefix("qui") {
        Some(rest) => (rest, true),
        None => (word.strip_prefix('q')?, false),
    };
    Some((number(rest).or_else(|| number(rest.strip_suffix("nam")?))?, at + 1, spelled))
}

/// "2017q4" and "q42017".
fn joined(word: &str) -> Option<Period> {
    let (head, tail) = word.split_once('q')?;
    if let (Some(year), Some(ordinal)) = (year_of(head), number(tail)) {
        return Period::quarter_of(year, ordinal);
    }
    let (ordinal, year) = tail.split_at_checked(1).filter(|_| head.is_empty())?;
    Period::quarter_of(year_of(year)?, number(ordinal)?)
}

/// "Kỳ báo cáo: II/2018"; in Arabic figures it might be a month.
fn roman(words: &[&str]) -> Option<Period> {
    let at =
        words.windows(2).position(|w| w[0].starts_with('i') && number(w[0]).is_some() && year_of(w[1]).is_some())?;
    Period::quarter_of(year_of(words[at + 1])?, number(words[at])?)
}

/// A quarter by its months: "tháng 4, 5, 6 năm 2018", "tháng 4 đến tháng 6/2018", "3 tháng đầu năm 2018".
fn months(words: &[&str], years: &[(usize, i16)]) -> Option<Period> {
    let at = words.iter().position(|w| *w == "thang")?;
    let three = |w: Option<&&str>| matches!(w, Some(&"3" | &"ba"));
    let (first, next) = if at > 0 && three(words.get(at - 1)) {
        match (words.get(at + 1), words.get(at + 2)) {
            (Some(&"dau"), Some(&"nam")) => (1, at + 3),
            (Some(&"cuoi"), Some(&"nam")) => (10, at + 3),
            _ => return None,
        }
    } else {
        let mut listed = Vec::new();
        let mut next = at;
        while let Some(word) = words.get(next) {
            match word.parse::<u8>() {
                Ok(n) if (1..=12).contains(&n) && word.len() <= 2 => listed.push(n),
                _ if matches!(*word, "thang" | "den" | "va") => {}
                _ => break,
            }
            next += 1;
        }
        match listed.as_slice() {
            [a, b, c] if a + 1 == *b && b + 1 == *c => (*a, next),
            [a, c] if a + 2 == *c => (*a, next),
            _ => return None,
        }
    };
    if first % 3 != 1 {
        return None;
    }
    let next = next + usize::from(words.get(next) == Some(&"nam"));
    let year = words.get(next).and_then(|w| year_of(w)).or_else(|| years.iter().find(|y| y.0 >= next).map(|y| y.1))?;
    Period::quarter_of(year, first / 3 + 1)
}

/// A quarter by its first and last day: "từ 01/4/2018 đến 30/6/2018", in figures or with words between them.
fn range(words: &[&str]) -> Option<Period> {
    match days(words)? {
        (1, from, 30 | 31, to, year) if from % 3 == 1 && to == from + 2 => Period::quarter_of(year, from / 3 + 1),
        _ => None,
    }
}

/// Two dates behind each other in one year: first day and month, last day and month, the year.
fn days(words: &[&str]) -> Option<(u8, u8, u8, u8, i16)> {
    let numbers: Vec<i16> = words.iter().filter_map(|w| w.parse().ok()).collect();
    let of = |d1: i16, m1: i16, d2: i16, m2: i16, year: i16| {
        let small = |n: i16, most: i16| u8::try_from(n).ok().filter(|_| (1..=most).contains(&n));
        Some((
            small(d1, 31)?,
            small(m1, 12)?,
            small(d2, 31)?,
            small(m2, 12)?,
            Some(year).filter(|y| PLAUSIBLE.contains(y))?,
        ))
    };
    let long = numbers.windows(6).find_map(|w| if w[2] == w[5] { of(w[0], w[1], w[3], w[4], w[5]) } else { None });
    long.or_else(|| numbers.windows(5).find_map(|w| of(w[0], w[1], w[2], w[3], w[4])))
}

/// The year that a text names, another that stands in it too, and whether the year is a bare number.
fn year(words: &[&str]) -> (Option<Period>, Option<Period>, bool) {
    if let Some((1, 1, 31, 12, year)) = days(words) {
        return (Some(Period::year_of(year)), None, false);
    }
    let years = years(words);
    // "Năm 2018" and "năm báo cáo 2018"; a bare number may be anything.
    let named = |at: usize| {
        let before = words.get(at.saturating_sub(3)..at).unwrap_or(&[]);
        before.last() == Some(&"nam") || before.ends_with(&["nam", "bao", "cao"])
    };
    let first = years.iter().find(|y| named(y.0));
    let Some(chosen) = first.or(years.first()) else { return (None, None, false) };
    let other = years.iter().find(|y| y.1 != chosen.1);
    (Some(Period::year_of(chosen.1)), other.map(|y| Period::year_of(y.1)), first.is_none())
}

/// Years that are neither part of a date nor the bounds of a plan, with their places.
fn years(words: &[&str]) -> Vec<(usize, i16)> {
    let at = |i: usize| words.get(i).copied().unwrap_or("");
    let small = |i: usize, most: u8| at(i).len() <= 2 && at(i).parse::<u8>().is_ok_and(|n| (1..=most).contains(&n));
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let Some(year) = year_of(word) else { continue };
        let before = |n: usize| i.checked_sub(n).map_or("", at);
        // "2016 2020", "2016 đến 2020"
        let span = [i + 1, i + 2].iter().any(|j| year_of(at(*j)).is_some() && (*j == i + 1 || at(i + 1) == "den"))
            || year_of(before(1)).is_some()
            || (before(1) == "den" && year_of(before(2)).is_some());
        // "12 4 2016", "ngày 12 tháng 4 năm 2016", "tháng 4 năm 2016"
        let figures = i >= 2 && small(i - 1, 12) && small(i - 2, 31) && !matches!(before(3), "qui" | "q" | "thang");
        let spoken = before(1) == "nam" && before(3) == "thang" && small(i - 2, 12);
        let month = before(2) == "thang" && small(i - 1, 12);
        if !span && !figures && !spoken && !month {
            found.push((i, year));
        }
    }
    found
}

fn number(word: &str) -> Option<u8> {
    match word {
        // Folding writes y as i, and a Roman numeral in lower case.
        "i" | "1" | "01" | "ⅰ" => Some(1),
        "ii" | "2" | "02" | "ⅱ" => Some(2),
        "iii" | "3" | "03" | "ⅲ" => Some(3),
        "iv" | "4" | "04" | "ⅳ" => Some(4),
        _ => None,
    }
}

fn spoken(word: &str) -> Option<u8> {
    match word {
        "mot" | "nhat" => Some(1),
        "hai" | "nhi" => Some(2),
        "ba" => Some(3),
        "bon" | "tu" => Some(4),
        _ => None,
    }
}

const PLAUSIBLE: std::ops::Range<i16> = 2000..2100;

fn year_of(word: &str) -> Option<i16> {
    if word.len() != 4 || !word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    word.parse().ok().filter(|y| PLAUSIBLE.contains(y))
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
            ("Kỳ báo cáo: 9 tháng năm 2018", Quarter, None),
            ("Kỳ báo cáo: 3 tháng đầu năm 2018", Quarter, Some("2018-Q1")),
            ("Kỳ báo cáo: Tháng 4, 5, 6 năm 2018", Quarter, Some("2018-Q2")),
            ("Tháng 7-9/2018", Quarter, Some("2018-Q3")),
            ("từ tháng 10 đến tháng 12 năm 2018", Quarter, Some("2018-Q4")),
            ("Tháng 5, 6, 7 năm 2018", Quarter, None),
            ("Kỳ báo cáo từ 01/4/2018 đến 30/6/2018", Quarter, Some("2018-Q2")),
            ("Kỳ báo cáo: từ 1/10 đến 31/12/2018", Quarter, Some("2018-Q4")),
            ("từ ngày 01 tháng 7 năm 2018 đến ngày 30 tháng 9 năm 2018", Quarter, Some("2018-Q3")),
            ("từ 01/01/2018 đến 30/6/2018", Quarter, None),
            ("từ 01/01/2018 đến 31/12/2018", Year, Some("2018")),
            ("Kỳ báo cáo: Quý một năm 2018", Quarter, Some("2018-Q1")),
            ("Kỳ báo cáo: Quý thứ hai năm 2018", Quarter, Some("2018-Q2")),
            ("Kỳ báo cáo: Quý tư/2018", Quarter, Some("2018-Q4")),
            ("Kỳ báo cáo:QuýIInăm 2018", Quarter, Some("2018-Q2")),
            ("Kỳ báo cáo: Q.III/2018", Quarter, Some("2018-Q3")),
            ("Kỳ báo cáo: II/2018", Quarter, Some("2018-Q2")),
            ("Kỳ báo cáo: 2/2018", Quarter, None),
            ("Kỳ báo cáo: Quý II/18", Quarter, Some("2018-Q2")),
            ("Kỳ báo cáo: Năm 2018, quý II", Quarter, Some("2018-Q2")),
            ("Quý I, II năm 2018", Quarter, None),
            ("Quý I và quý II năm 2018", Quarter, None),
            ("Quý I và 3 tháng đầu năm 2018", Quarter, Some("2018-Q1")),
            ("BÁO CÁO QUÝ II, PHƯƠNG HƯỚNG NHIỆM VỤ QUÝ III NĂM 2018", Quarter, Some("2018-Q2")),
            ("BÁO CÁO QUÝ IV NĂM 2018, NHIỆM VỤ QUÝ I NĂM 2019", Quarter, Some("2018-Q4")),
            ("Kế hoạch số 50/KH-UBND ngày 12/4/2016, giai đoạn 2016-2020", Quarter, None),
            ("Kế hoạch số 50/KH-UBND ngày 12/4/2016, giai đoạn 2016-2020", Year, None),
            ("Huế, ngày 12 tháng 7 năm 2018", Year, None),
            ("Kỳ báo cáo: Quý II (Kế hoạch ngày 12/4/2016)", Quarter, None),
            ("BC quy 2 ngay 12-07-2018", Quarter, None),
            ("cham diem 2019 gui 2020", Year, Some("2019")),
            ("Gửi trước ngày 15 tháng đầu quý sau", Quarter, None),
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
            assert_eq!(find(text, frequency).period.map(|p| p.to_string()).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn a_file_name_may_contradict_the_title() {
        use Frequency::{Quarter, Year};
        let second = Period::quarter_of(2018, 2);
        let year = Some(Period::year_of(2019));
        for (title, name, frequency, want) in [
            (second, "bieu01_quy2_2018.xlsx", Quarter, Ok(())),
            (second, "bieu01 (12-07-2018).xlsx", Quarter, Ok(())),
            (second, "PL01 kem BC 226.xlsx", Quarter, Ok(())),
            (second, "bieu01_quy3_2018.xlsx", Quarter, Err(Code::PeriodConflict)),
            (second, "bieu 01 quy 3.xlsx", Quarter, Err(Code::PeriodConflict)),
            (second, "BC Q1.xlsx", Quarter, Ok(())),
            (None, "bieu01_quy3_2018.xlsx", Quarter, Err(Code::PeriodMissing)),
            (year, "cham diem 2019 gui 2020.xlsx", Year, Ok(())),
            (year, "cham diem (15.01.2020).xlsx", Year, Ok(())),
            (year, "cham diem 2018.xlsx", Year, Err(Code::PeriodConflict)),
        ] {
            assert_eq!(agree(title, find(name, frequency)).map(|_| ()), want, "{name}");
        }
    }
}
