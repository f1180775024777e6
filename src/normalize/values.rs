//! A cell's content → a value, or the reason why not.
//!
//! Vietnamese forms write `1.234` for one thousand two hundred and thirty-four and `1.234,5` with a decimal comma. An empty
//! cell is not reported; `0` and a dash are zero. A typed number is taken as it is.

use super::fold::fold;
use super::read::Content;
use crate::model::Code;

/// What the column allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wanted {
    /// A whole number of things.
    Count,
    /// Money or points, up to a largest value.
    Decimal {
        /// The largest value that the column allows; infinite where none is set.
        max: f64,
    },
    /// 0 or 1.
    Flag,
}

/// What a cell came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// A value.
    Number(f64),
    /// An empty cell.
    Missing,
    /// Not usable, with the code of the finding.
    Bad(Code),
}

/// The value of a cell; `text` is its text where it holds one.
pub(super) fn value(content: Content, text: &str, wanted: Wanted) -> Value {
    match content {
        Content::Number(n) => typed(n, wanted),
        Content::Flag(flag) if wanted == Wanted::Flag => Value::Number(f64::from(u8::from(flag))),
        Content::Flag(_) | Content::Date => {
            Value::Bad(if wanted == Wanted::Flag { Code::FlagInvalid } else { Code::NumberInvalid })
        }
        Content::Error => Value::Bad(Code::FormulaError),
        Content::Text { .. } => written(text, wanted),
    }
}

fn typed(n: f64, wanted: Wanted) -> Value {
    if !n.is_finite() {
        return Value::Bad(Code::NumberInvalid);
    }
    match wanted {
        Wanted::Flag if [0.0, 1.0].contains(&n) => Value::Number(n),
        Wanted::Flag => Value::Bad(Code::FlagInvalid),
        _ if n < 0.0 => Value::Bad(Code::NumberNegative),
        // What a formula adds up may be off by the last bits of a double.
        Wanted::Count if (n - n.round()).abs() > 1e-9 * n.max(1.0) => Value::Bad(Code::NumberNotWhole),
        Wanted::Count => Value::Number(n.round() + 0.0),
        // A negative zero is a zero.
        Wanted::Decimal { .. } => Value::Number(n + 0.0),
    }
}

fn written(text: &str, wanted: Wanted) -> Value {
    let text = text.trim_matches(|c: char| c.is_whitespace() || invisible(c));
    if text.is_empty() {
        return Value::Missing;
    }
    // Plain digits are nearly all cells; they need no grammar.
    if wanted == Wanted::Count
        && text.len() <= 15
        && let Some(n) = digits(text)
    {
        return Value::Number(n as f64);
    }
    if matches!(text, "-" | "–" | "—" | "−") {
        return Value::Number(0.0);
    }
    if text.is_ascii() { plain(text, wanted) } else { plain(&simple(text), wanted) }
}

/// Characters that show nothing.
fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// The same text with one kind of space, dash and digit.
fn simple(text: &str) -> String {
    let one = |c: char| match c {
        c if c.is_whitespace() => ' ',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '﹣' | '－' => '-',
        '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
        '．' => '.',
        '，' => ',',
        '＋' => '+',
        '’' | '‘' | '＇' => '\'',
        c => c,
    };
    text.chars().filter(|c| !invisible(*c)).map(one).collect()
}

/// A text of simple characters.
fn plain(text: &str, wanted: Wanted) -> Value {
    // An apostrophe before a number makes a spreadsheet keep it as text.
    let text = text.strip_prefix('\'').unwrap_or(text).trim();
    if !text.is_empty() && text.bytes().all(|b| b == b'-' || b == b' ') {
        return Value::Number(0.0);
    }
    // In the statistics of the country dots stand for "there is something, but no figure".
    if !text.is_empty() && text.chars().all(|c| matches!(c, '.' | '…' | ' ')) {
        return Value::Missing;
    }
    if failed(text) {
        return Value::Bad(Code::FormulaError);
    }
    if wanted == Wanted::Flag {
        return said(text).map_or(Value::Bad(Code::FlagInvalid), |yes| Value::Number(f64::from(u8::from(yes))));
    }
    let bracketed = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let (negative, body) = match (text.strip_prefix('-'), bracketed) {
        (Some(rest), _) => (true, rest.trim_start()),
        // As accountants write it.
        (None, Some(inner)) => (true, inner.trim()),
        (None, None) => (false, text.strip_prefix('+').unwrap_or(text).trim_start()),
    };
    match number(body, wanted) {
        Ok(n) if negative && n != 0.0 => Value::Bad(Code::NumberNegative),
        Ok(n) if wanted == Wanted::Count && n.fract() != 0.0 => Value::Bad(Code::NumberNotWhole),
        Ok(n) => Value::Number(n),
        Err(_) if none(text) => Value::Number(0.0),
        Err(code) => Value::Bad(code),
    }
}

/// The error of a spreadsheet, or a formula that nothing has worked out, as a text file has it.
fn failed(text: &str) -> bool {
    const ERRORS: [&str; 10] =
        ["#REF!", "#N/A", "#DIV/0!", "#NAME?", "#VALUE!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"];
    match text.as_bytes().first() {
        Some(b'#') => ERRORS.iter().any(|e| text.eq_ignore_ascii_case(e)),
        Some(b'=') => text.len() > 1,
        _ => text.strip_prefix("Err:").is_some_and(|n| digits(n).is_some()),
    }
}

/// True for a word that says there was none; also behind a zero, as in "0 (không)".
fn none(text: &str) -> bool {
    matches!(
        fold(text).trim_start_matches("0 "),
        "khong" | "khong co" | "k" | "k co" | "ko" | "ko co" | "khong phat sinh" | "khong phat sinh trong ki"
    )
}

/// Yes or no.
fn said(text: &str) -> Option<bool> {
    match text {
        "x" | "X" | "có" | "Có" | "1" | "✓" | "✔" | "☑" | "√" | "+" => return Some(true),
        "không" | "Không" | "0" => return Some(false),
        _ => {}
    }
    match fold(text).as_str() {
        "x" | "co" | "1" | "v" | "true" | "yes" | "da co" | "co x" | "x co" | "1 co" | "co 1" | "1 0" | "dung" => {
            Some(true)
        }
        "khong" | "0" | "k" | "ko" | "false" | "no" | "chua" | "chua co" | "khong co" | "k co" | "0 khong"
        | "khong 0" | "0 0" => Some(false),
        _ => None,
    }
}

/// A longer answer to what a column asks: "Có ban hành" below "Đã ban hành kế hoạch …" is a yes. `label` is the folded
/// label of the column.
pub(super) fn answer(text: &str, label: &str) -> Option<bool> {
    let folded = fold(text);
    let (yes, rest) = [("chua ", false), ("khong ", false), ("da ", true), ("co ", true)]
        .iter()
        .find_map(|(word, yes)| folded.strip_prefix(word).map(|rest| (*yes, rest)))?;
    let known = |word: &str| word == "co" || label.split(' ').any(|w| w == word);
    rest.split(' ').all(known).then_some(yes)
}

fn digits(text: &str) -> Option<u64> {
    let mut n = 0u64;
    for b in text.bytes() {
        if !b.is_ascii_digit() {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(u64::from(b - b'0'))?;
    }
    Some(n)
}

/// A number without its sign, in Vietnamese or plain notation, or the code of the finding.
fn number(text: &str, wanted: Wanted) -> Result<f64, Code> {
    if let Some(n) = digits(text) {
        return Ok(n as f64);
    }
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b' ')) {
        return Err(Code::NumberInvalid);
    }
    // 1.234.567 and 1.234,5 and 1 234,5
    let (whole, decimals) = match text.split_once(',') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let parted = grouped(whole, |b| b == b'.').or_else(|| grouped(whole, |b| b == b' '));
    let vietnamese = match (parted.or_else(|| digits(whole)), decimals) {
        (Some(n), None) => Some(n as f64),
        (Some(n), Some(d)) => decimal(n, d),
        (None, _) => None,
    };
    // 1,234,567 and 1,234.5: two commas, or a comma before a point, can only part thousands.
    let (whole, decimals) = match text.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let english = match (grouped(whole, |b| b == b',').or_else(|| digits(whole)), decimals) {
        (Some(n), None) => Some(n as f64),
        (Some(n), Some(d)) => decimal(n, d),
        (None, _) => None,
    };
    match (vietnamese, english, wanted) {
        // 1,234 and 1.234 read in two ways: in a count only the Vietnamese one, elsewhere what the column allows.
        (Some(one), None, _) | (Some(one), Some(_), Wanted::Count | Wanted::Flag) => Ok(one),
        // 12.0 is a count that went through a program; 12.5 and 1.23 are no way to write one.
        (None, Some(other), Wanted::Count) if decimals.is_none_or(|d| d.bytes().all(|b| b == b'0')) => Ok(other),
        (None, Some(other), Wanted::Count) if text.contains(',') => Ok(other),
        (None, Some(other), Wanted::Decimal { .. }) => Ok(other),
        (Some(one), Some(other), Wanted::Decimal { max }) => match (one <= max, other <= max) {
            (true, false) => Ok(one),
            (false, true) => Ok(other),
            // A point parts thousands in this country; a comma with three digits behind it could be either.
            _ if one >= other => Ok(one),
            _ => Err(Code::NumberAmbiguous),
        },
        _ => Err(Code::NumberInvalid),
    }
}

/// Largest whole number up to which a double holds every whole number.
const EXACT: u64 = 1 << 53;

/// A whole part and the digits behind its decimal sign. Both mantissa and power of ten are exact, so their quotient is
/// the nearest double; a longer number is not a figure of a form.
fn decimal(whole: u64, digits_behind: &str) -> Option<f64> {
    if digits_behind.is_empty() {
        return None;
    }
    let behind = digits_behind.trim_end_matches('0');
    let power = 10u64.checked_pow(behind.len() as u32)?;
    // What was trimmed are zeros, so `digits` of the rest says whether all are digits.
    let mantissa = whole.checked_mul(power)?.checked_add(digits(behind)?)?;
    (mantissa <= EXACT).then(|| mantissa as f64 / power as f64)
}

/// The digits of a number parted into thousands: one to three, of which the first is no zero, then groups of three.
fn grouped(text: &str, parts: impl Fn(u8) -> bool) -> Option<u64> {
    if text.starts_with('0') {
        return None;
    }
    let (mut n, mut in_group, mut groups) = (0u64, 0, 0);
    for byte in text.bytes() {
        if parts(byte) {
            // The first group has one to three digits, the others three.
            if in_group == 0 || in_group > 3 || (groups > 0 && in_group != 3) {
                return None;
            }
            (groups, in_group) = (groups + 1, 0);
        } else if byte.is_ascii_digit() {
            n = n.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
            in_group += 1;
        } else {
            return None;
        }
    }
    (groups > 0 && in_group == 3).then_some(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, wanted: Wanted) -> Value {
        value(Content::Text { start: 0, end: 0 }, text, wanted)
    }

    const MONEY: Wanted = Wanted::Decimal { max: f64::INFINITY };
    const POINTS: Wanted = Wanted::Decimal { max: 20.0 };

    #[test]
    fn numbers_as_districts_write_them() {
        use Wanted::Count;
        let good: [(&str, Wanted, f64); 47] = [
            ("1204", Count, 1204.0),
            (" 1.204\u{a0}", Count, 1204.0),
            ("1.234.567", Count, 1_234_567.0),
            ("1 234", Count, 1234.0),
            ("1\u{202f}234", Count, 1234.0),
            ("1\u{2009}234", Count, 1234.0),
            ("12,0", Count, 12.0),
            ("12.0", Count, 12.0),
            ("1.200,0", Count, 1200.0),
            ("1,200.0", Count, 1200.0),
            ("1,234,567", Count, 1_234_567.0),
            ("'15", Count, 15.0),
            ("+5", Count, 5.0),
            ("１２３", Count, 123.0),
            ("12\u{200b}", Count, 12.0),
            ("007", Count, 7.0),
            ("1.234,5", MONEY, 1234.5),
            ("1,234.5", MONEY, 1234.5),
            ("46.500", MONEY, 46500.0),
            ("46 500,5", MONEY, 46500.5),
            ("7,5", MONEY, 7.5),
            ("7.5", MONEY, 7.5),
            ("0,125", MONEY, 0.125),
            ("0.125", MONEY, 0.125),
            ("7.500", POINTS, 7.5),
            ("7,500", POINTS, 7.5),
            ("-", Count, 0.0),
            ("--", Count, 0.0),
            (" — ", Count, 0.0),
            ("‑", Count, 0.0),
            ("- -", MONEY, 0.0),
            ("không", Count, 0.0),
            ("0 (không)", Count, 0.0),
            ("k có", Count, 0.0),
            ("X", Wanted::Flag, 1.0),
            ("✓", Wanted::Flag, 1.0),
            ("CÓ", Wanted::Flag, 1.0),
            ("có (x)", Wanted::Flag, 1.0),
            ("đã có", Wanted::Flag, 1.0),
            ("1,0", Wanted::Flag, 1.0),
            ("+", Wanted::Flag, 1.0),
            ("Không", Wanted::Flag, 0.0),
            ("-", Wanted::Flag, 0.0),
            ("chưa", Wanted::Flag, 0.0),
            ("0.0", Wanted::Flag, 0.0),
            ("ko", Wanted::Flag, 0.0),
            ("0 (không)", Wanted::Flag, 0.0),
        ];
        for (text, wanted, want) in good {
            assert_eq!(read(text, wanted), Value::Number(want), "{text}");
        }
        for text in ["  ", "…", "...", "\u{a0}"] {
            assert_eq!(read(text, Count), Value::Missing, "{text}");
        }
        assert_eq!(value(Content::Number(12.000_000_000_000_002), "", Count), Value::Number(12.0));
    }

    #[test]
    fn what_is_no_number_says_why() {
        use Code::{FlagInvalid, FormulaError, NumberAmbiguous, NumberInvalid, NumberNegative, NumberNotWhole};
        use Wanted::{Count, Flag};
        for (text, wanted, code) in [
            ("1,234", Count, NumberNotWhole),
            ("12,5", Count, NumberNotWhole),
            ("1,234.5", Count, NumberNotWhole),
            ("1.23", Count, NumberInvalid),
            ("12.5", Count, NumberInvalid),
            ("0.234", Count, NumberInvalid),
            ("1.23.4", Count, NumberInvalid),
            ("1.234.56", MONEY, NumberInvalid),
            ("1.2345,", MONEY, NumberInvalid),
            ("n/a", Count, NumberInvalid),
            ("12 (ước)", Count, NumberInvalid),
            ("1O2", Count, NumberInvalid),
            ("12%", Count, NumberInvalid),
            ("5 vụ", Count, NumberInvalid),
            ("1,5 triệu", MONEY, NumberInvalid),
            ("30/6/2018", Count, NumberInvalid),
            ("1.2E+05", Count, NumberInvalid),
            ("10-12", Count, NumberInvalid),
            ("không rõ", Count, NumberInvalid),
            ("x", Count, NumberInvalid),
            ("-5", Count, NumberNegative),
            ("− 1.200", MONEY, NumberNegative),
            ("(5)", Count, NumberNegative),
            ("46,500", MONEY, NumberAmbiguous),
            ("#REF!", Count, FormulaError),
            ("#n/a", Flag, FormulaError),
            ("=SUM(A1:A3)", Count, FormulaError),
            ("Err:502", MONEY, FormulaError),
            ("2", Flag, FlagInvalid),
            ("một phần", Flag, FlagInvalid),
            ("đang xây dựng", Flag, FlagInvalid),
        ] {
            assert_eq!(read(text, wanted), Value::Bad(code), "{text}");
        }
        assert_eq!(value(Content::Number(12.5), "", Count), Value::Bad(NumberNotWhole));
        assert_eq!(value(Content::Date, "", Count), Value::Bad(NumberInvalid));
        assert_eq!(value(Content::Error, "", MONEY), Value::Bad(FormulaError));
    }

    #[test]
    fn an_answer_repeats_the_words_of_its_column() {
        let label = "da ban hanh ke hoach long ghep";
        assert_eq!(answer("Có ban hành", label), Some(true));
        assert_eq!(answer("Đã có kế hoạch", label), Some(true));
        assert_eq!(answer("Chưa ban hành", label), Some(false));
        assert_eq!(answer("Có, đang trình ký", label), None);
        assert_eq!(answer("đang xây dựng", label), None);
    }

    proptest! {
        #[test]
        fn what_vietnamese_writes_is_read_back(n in 0u64..1_000_000_000_000, cents in 0u8..100) {
            let plain = n.to_string();
            let mut grouped = String::new();
            for (at, digit) in plain.chars().enumerate() {
                if at > 0 && (plain.len() - at).is_multiple_of(3) { grouped.push('.'); }
                grouped.push(digit);
            }
            prop_assert_eq!(read(&grouped, Wanted::Count), Value::Number(n as f64));
            let text = format!("{grouped},{cents:02}");
            let want: f64 = format!("{n}.{cents:02}").parse().unwrap();
            prop_assert_eq!(read(&text, MONEY), Value::Number(want));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,12}") {
            for wanted in [Wanted::Count, MONEY, POINTS, Wanted::Flag] { read(&text, wanted); }
        }
    }
}
