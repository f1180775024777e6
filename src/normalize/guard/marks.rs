//! What one text or number looks like: a person's name, an identity or mobile number, a date of birth, or the header of a
//! column of these.

use std::collections::HashSet;

use super::super::fold::{fold, fold_name};

/// What a cell looks like. What it truly is only its column tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Twelve digits as a citizen's identity number has them.
    Citizen,
    /// Nine digits that may be an old identity number, or eleven or twelve that lost their leading zero; true where they
    /// are round as amounts of money are.
    Digits { count: u8, round: bool },
    /// A mobile telephone number.
    Mobile,
    /// A day on which someone alive may have been born.
    Birth,
    /// A family name and given names.
    Name,
}

/// What a header says of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Header {
    Name,
    Birth,
    Identity,
    Mobile,
    /// An amount or a count: whatever stands below is no person's number.
    Amount,
}

/// What papers of identity are called.
const IDENTITY: [&str; 8] =
    ["cccd", "cmnd", "cmtnd", "cmt", "can cuoc", "chung minh", "dinh danh ca nhan", "so dinh danh"];

fn ends_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(' ')
}

/// True where these words stand in a folded text.
fn holds(folded: &str, words: &str) -> bool {
    let whole = |at: usize| (at == 0 || folded[..at].ends_with(' ')) && ends_word(&folded[at + words.len()..]);
    folded.match_indices(words).any(|(at, _)| whole(at))
}

/// A header by its text.
pub(super) fn header(text: &str) -> Option<Header> {
    // A sentence is no header, nor is a label with its content in the same cell.
    let filled = text.split_once(':').is_some_and(|(_, rest)| !rest.trim().is_empty());
    if text.len() > 120 || filled || text.bytes().filter(u8::is_ascii_digit).count() > 5 {
        return None;
    }
    let folded = fold(text);
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    let has = |words: &[&str]| {
        words.iter().any(|w| {
            folded
                .match_indices(w)
                .any(|(at, _)| (at == 0 || folded[..at].ends_with(' ')) && ends(&folded[at + w.len()..]))
        })
    };
    let begins = |words: &[&str]| words.iter().any(|w| folded.strip_prefix(w).is_some_and(ends));
    if begins(&["nam sinh vien"]) {
        return None;
    }
    if begins(&["ho va ten", "ho ten", "ho dem", "ho va chu dem", "ho chu dem", "ten doi tuong", "ten nguoi"]) {
        Some(Header::Name)
    } else if begins(&["ngai sinh", "ngai thang nam sinh", "ngai thang sinh", "nam sinh", "sinh ngai", "sinh nam"]) {
        Some(Header::Birth)
    } else if has(&IDENTITY) {
        Some(Header::Identity)
    } else if begins(&["so dien thoai", "dien thoai", "sdt", "so dt", "dt", "dtdd", "di dong", "so di dong"]) {
        Some(Header::Mobile)
    } else if has(&["tien", "kinh phi", "dong", "vnd", "so luong", "tong so", "gia tri", "phat", "vai", "von"]) {
        Some(Header::Amount)
    } else {
        None
    }
}

/// What a text looks like.
pub(super) fn of_text(text: &str) -> Option<Mark> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '\u{a0}' | '.' | ',' | ';'));
    let first = text.chars().next()?;
    if first.is_ascii_digit() || matches!(first, '+' | '(') {
        if text.len() < 8 {
            return None;
        }
        return birth(text).then_some(Mark::Birth).or_else(|| of_digits(&digits(text)?, text));
    }
    is_name(text).then_some(Mark::Name)
}

/// What a typed number looks like; leading zeros are lost.
pub(super) fn of_number(n: f64) -> Option<Mark> {
    if n.fract() != 0.0 || !(1e8..1e12).contains(&n) {
        return None;
    }
    let text = format!("{n:.0}");
    match text.len() {
        9 | 11 | 12 => Some(Mark::Digits { count: text.len() as u8, round: text.ends_with("000") }),
        _ => None,
    }
}

/// The digits of a text that is nothing but digits and what parts them.
fn digits(text: &str) -> Option<String> {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '0'..='9' => all.push(c),
            ' ' | '.' | '-' | '(' | ')' | '+' | '\u{a0}' => {}
            _ => return None,
        }
    }
    Some(all)
}

fn of_digits(all: &str, text: &str) -> Option<Mark> {
    if is_citizen(all) {
        return Some(Mark::Citizen);
    }
    if is_mobile(all, text.starts_with('+')) {
        return Some(Mark::Mobile);
    }
    // 1.234.567.890 or 123 456 789 is how amounts are written too; round ones are no identity numbers.
    matches!(all.len(), 9 | 12).then(|| Mark::Digits { count: all.len() as u8, round: all.ends_with("000") })
}

/// A citizen's number: a province's code, a digit for sex and century, the year of birth, six more.
fn is_citizen(all: &str) -> bool {
    let province = all.get(..3).and_then(|p| p.parse::<u32>().ok());
    all.len() == 12 && province.is_some_and(|p| (1..=96).contains(&p)) && all.as_bytes()[3] <= b'3'
}

/// A mobile number, with the country's code or without; those of before 2018 had eleven digits. Office lines begin with 02.
fn is_mobile(all: &str, international: bool) -> bool {
    let own = |rest: &str| rest.len() == 9 && rest.starts_with(['3', '5', '7', '8', '9']);
    let old = |rest: &str| rest.len() == 10 && ["12", "16", "18", "19"].iter().any(|p| rest.starts_with(p));
    let rest = if international || all.len() > 11 { all.strip_prefix("84") } else { all.strip_prefix('0') };
    rest.is_some_and(|rest| own(rest) || old(rest))
}

/// A day in a text such as 07/03/1983, long enough ago to be a birth and not a date of the plan.
fn birth(text: &str) -> bool {
    let mut parts = text.split(['/', '-', '.']);
    let mut next = |most: u32| parts.next()?.trim().parse::<u32>().ok().filter(|n| (1..=most).contains(n));
    let (Some(_), Some(_), Some(year)) = (next(31), next(12), next(9999)) else { return false };
    parts.next().is_none() && (1920..=2012).contains(&year)
}

/// Common family names: nine in ten people bear one of them.
const FAMILIES: &str = " an bùi cao châu chu đặng đào đậu đinh đỗ đoàn dương giang hà hồ hoàng hứa huỳnh khúc kiều la lâm \
    lê lý lương lưu mai nghiêm ngô ngụy nguyễn phạm phan phùng quách tạ thái tô tôn trần trịnh trương từ văn võ vũ vương ";

/// The family names with accents, and without for those who write none.
fn families() -> &'static (HashSet<String>, HashSet<String>) {
    static KNOWN: std::sync::OnceLock<(HashSet<String>, HashSet<String>)> = std::sync::OnceLock::new();
    KNOWN.get_or_init(|| {
        let all = || FAMILIES.split_whitespace();
        (all().map(fold_name).collect(), all().map(fold).collect())
    })
}

/// Offices that begin as a family name does.
const OFFICES: [&str; 5] = ["truong phong", "truong ban", "truong cong an", "truong tram", "van phong"];

/// Two to five capitalised words of letters, the first a family name.
fn is_name(text: &str) -> bool {
    let (accented, plain) = families();
    let family = |first: &str| {
        if first.is_ascii() { plain.contains(&fold(first)) } else { accented.contains(&fold_name(first)) }
    };
    names(text).is_some_and(family) && !OFFICES.iter().any(|office| holds(&fold(text), office))
}

/// What may be a name below a header that says so: of any family.
pub(super) fn may_be_name(text: &str) -> bool {
    names(text).is_some()
}

/// What may be a birth below a header that says so: a day, or a year alone.
pub(super) fn may_be_birth(text: &str) -> bool {
    let text = text.trim();
    birth(text) || (text.len() == 4 && text.parse::<u32>().is_ok_and(|year| (1920..=2012).contains(&year)))
}

/// The first of two to five capitalised words of letters, behind a form of address.
fn names(text: &str) -> Option<&str> {
    if text.len() > 60 {
        return None;
    }
    let capitalised = |word: &str| {
        let mut letters = word.trim_end_matches('.').chars();
        letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_alphabetic)
    };
    let mut words = text.split_whitespace();
    let mut first = words.next()?;
    if ["Ông", "ông", "ÔNG", "Bà", "bà", "BÀ", "Anh", "anh", "Chị", "chị", "Em", "em", "Cháu", "cháu"].contains(&first)
    {
        first = words.next()?;
    }
    let others = words.clone().count();
    ((1..=4).contains(&others) && capitalised(first) && words.all(capitalised)).then_some(first)
}

/// Numbers of persons within a longer text: whether an identity number stands there, and how many mobile numbers.
pub(super) fn within(text: &str) -> (bool, usize) {
    let (mut identity, mut mobiles) = (false, 0);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        let mut end = at;
        // Digits, with single signs between them.
        while at < bytes.len() && (bytes[at].is_ascii_digit() || (matches!(bytes[at], b' ' | b'.' | b'-') && at == end))
        {
            at += 1;
            if bytes[at - 1].is_ascii_digit() {
                end = at;
            }
        }
        at = at.max(end).max(start + 1);
        let Some(all) = text.get(start..end).and_then(digits) else { continue };
        let before: String = text.get(..start).unwrap_or("").chars().rev().take(40).collect();
        let named = || {
            let near = fold(&before.chars().rev().collect::<String>());
            IDENTITY.iter().any(|words| holds(&near, words))
        };
        identity |= is_citizen(&all) || (matches!(all.len(), 9 | 12) && named());
        mobiles += usize::from(is_mobile(&all, start > 0 && bytes[start - 1] == b'+'));
    }
    (identity, mobiles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_look_like_what_they_are() {
        let digits = |round| Some(Mark::Digits { count: 9, round });
        for (text, want) in [
            ("046181278816", Some(Mark::Citizen)),
            ("046 181 278 816", Some(Mark::Citizen)),
            ("'046181278816", Some(Mark::Citizen)),
            ("191234567", digits(false)),
            ("191.234.567", digits(false)),
            ("150.000.000", digits(true)),
            ("0905667276", Some(Mark::Mobile)),
            ("0905.667.276", Some(Mark::Mobile)),
            ("(+84) 905 667 276", None),
            ("+84 905 667 276", Some(Mark::Mobile)),
            ("01234567890", Some(Mark::Mobile)),
            ("0234.3822123", None),
            ("(0234) 3822 123", None),
            ("10/04/1981", Some(Mark::Birth)),
            ("1-1-1990", Some(Mark::Birth)),
            ("15/07/2018", None),
            ("1.234.567", None),
            ("1204", None),
            ("Hoàng Văn Hùng", Some(Mark::Name)),
            ("HUỲNH THỊ THU HẠNH", Some(Mark::Name)),
            ("Nguyen Van A", Some(Mark::Name)),
            ("Bà Lê Thị Bảy", Some(Mark::Name)),
            ("Lý Thị H.", Some(Mark::Name)),
            ("Phường Thủy Xuân", None),
            ("Số cuộc họp", None),
            ("Hồ sơ đã xử lý", None),
            ("Lê", None),
            ("999999999999", Some(Mark::Digits { count: 12, round: false })),
            ("TRƯỞNG PHÒNG", None),
            ("TRUONG PHONG", None),
        ] {
            assert_eq!(of_text(text), want, "{text}");
        }
        assert_eq!(of_number(191_234_567.0), Some(Mark::Digits { count: 9, round: false }));
        assert_eq!(of_number(46_181_278_816.0), Some(Mark::Digits { count: 11, round: false }));
        assert_eq!(of_number(1_204.0), None);
    }

    #[test]
    fn numbers_within_a_text_are_found() {
        for (text, want) in [
            ("Nguyễn Văn A, CCCD 046181278816, xã Lộc Thủy", (true, 0)),
            ("CMND số 191234567", (true, 0)),
            ("Quyết định số 191234567", (false, 0)),
            ("ĐT: 0234.3822123; Fax 02343822124", (false, 0)),
            ("Liên hệ ông Hùng, 0905 667 276", (false, 1)),
            ("0905667276, 0914026668; 0773316854", (false, 3)),
            ("Kèm theo Công văn số 226/LĐTBXH-PCTNXH ngày 12/07/2018", (false, 0)),
        ] {
            assert_eq!(within(text), want, "{text}");
        }
    }

    #[test]
    fn headers_name_their_columns() {
        for (text, want) in [
            ("Họ và tên", Some(Header::Name)),
            ("HỌ TÊN NGƯỜI ĐƯỢC HỖ TRỢ", Some(Header::Name)),
            ("Ngày, tháng, năm sinh", Some(Header::Birth)),
            ("Số CCCD/CMND", Some(Header::Identity)),
            ("Số giấy chứng minh nhân dân", Some(Header::Identity)),
            ("SĐT", Some(Header::Mobile)),
            ("Số tiền vay (nghìn đồng)", Some(Header::Amount)),
            ("Tên đơn vị", None),
            ("Số người được dạy nghề", None),
            ("(Ký, ghi rõ họ tên)", None),
        ] {
            assert_eq!(header(text), want, "{text}");
        }
    }
}
