//! A cell's content → a value, or the reason why not.
//!
//! Vietnamese forms write `1.234` for one thousand two hundred and thirty-four and `1.234,5` with a decimal comma. An empty
//! cell is not reported; `0` and a dash are zero. A typed number is taken as it is.

use super::fold::fold;
use super::read::Content;
use crate::model::Code;

/// What the column allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// A whole number of things.
    Count,
    /// Money or points.
    Decimal,
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
        Wanted::Count if n.fract() != 0.0 => Value::Bad(Code::NumberNotWhole),
        // A negative zero is a zero.
        _ => Value::Number(n + 0.0),
    }
}

fn written(text: &str, wanted: Wanted) -> Value {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}');
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
    if wanted == Wanted::Flag {
        return match text {
            "x" | "X" | "có" | "1" => Value::Number(1.0),
            "không" | "0" => Value::Number(0.0),
            other => match fold(other).as_str() {
                "x" | "co" | "1" | "true" => Value::Number(1.0),
                "khong" | "0" | "false" => Value::Number(0.0),
                _ => Value::Bad(Code::FlagInvalid),
            },
        };
    }
    let (negative, body) = match text.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    match number(body, wanted) {
        Some(n) if negative && n != 0.0 => Value::Bad(Code::NumberNegative),
        Some(n) if wanted == Wanted::Count && n.fract() != 0.0 => Value::Bad(Code::NumberNotWhole),
        Some(n) => Value::Number(n),
        None => Value::Bad(Code::NumberInvalid),
    }
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

/// A number without its sign, in Vietnamese or plain notation.
fn number(text: &str, wanted: Wanted) -> Option<f64> {
    let spaced = |b: u8| b == b' ';
    if let Some(n) = digits(text) {
        return Some(n as f64);
    }
    // Spaces that do not break are spaces.
    let plain;
    let text = if text.contains(['\u{a0}', '\u{202f}']) {
        plain = text.replace(['\u{a0}', '\u{202f}'], " ");
        plain.as_str()
    } else {
        text
    };
    // 1.234.567 and 1.234,5 and 1 234,5
    let (whole, decimals) = match text.split_once(',') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    let joined = grouped(whole, |b| b == b'.').or_else(|| grouped(whole, spaced)).or_else(|| digits(whole));
    if let Some(joined) = joined {
        match decimals {
            None => return Some(joined as f64),
            Some(d) => {
                if let Some(n) = decimal(joined, d) {
                    return Some(n);
                }
            }
        }
    }
    // 1,234,567 and 1,234.5: two commas, or a comma before a point, can only part thousands.
    let (whole, decimals) = match text.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (text, None),
    };
    if let Some(joined) = grouped(whole, |b| b == b',') {
        return decimals.map_or(Some(joined as f64), |d| decimal(joined, d));
    }
    // 7.5 in money or points: three digits behind the point would be thousands.
    if let (Wanted::Decimal, Some(d)) = (wanted, decimals)
        && !whole.is_empty()
        && (d.len() != 3 || whole.len() > 3)
    {
        return decimal(digits(whole)?, d);
    }
    None
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

/// The digits of a number parted into thousands: one to three, then groups of exactly three.
fn grouped(text: &str, parts: impl Fn(u8) -> bool) -> Option<u64> {
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

    #[test]
    fn numbers_as_districts_write_them() {
        use Code::{FlagInvalid, NumberInvalid, NumberNegative, NumberNotWhole};
        use Wanted::{Count, Decimal, Flag};
        for (text, wanted, want) in [
            ("1204", Count, Value::Number(1204.0)),
            (" 1.204\u{a0}", Count, Value::Number(1204.0)),
            ("1.234.567", Count, Value::Number(1_234_567.0)),
            ("1 234", Count, Value::Number(1234.0)),
            ("12,0", Count, Value::Number(12.0)),
            ("1,234", Count, Value::Bad(NumberNotWhole)),
            ("1,234,567", Count, Value::Number(1_234_567.0)),
            ("1.23", Count, Value::Bad(NumberInvalid)),
            ("1.23.4", Count, Value::Bad(NumberInvalid)),
            ("1.234,5", Decimal, Value::Number(1234.5)),
            ("1,234.5", Decimal, Value::Number(1234.5)),
            ("46.500", Decimal, Value::Number(46500.0)),
            ("7,5", Decimal, Value::Number(7.5)),
            ("7.5", Decimal, Value::Number(7.5)),
            ("-", Count, Value::Number(0.0)),
            ("-5", Count, Value::Bad(NumberNegative)),
            ("n/a", Count, Value::Bad(NumberInvalid)),
            ("  ", Count, Value::Missing),
            ("X", Flag, Value::Number(1.0)),
            ("Không", Flag, Value::Number(0.0)),
            ("-", Flag, Value::Number(0.0)),
            ("2", Flag, Value::Bad(FlagInvalid)),
        ] {
            assert_eq!(read(text, wanted), want, "{text}");
        }
        assert_eq!(value(Content::Number(12.5), "", Count), Value::Bad(NumberNotWhole));
        assert_eq!(value(Content::Date, "", Count), Value::Bad(NumberInvalid));
        assert_eq!(value(Content::Error, "", Decimal), Value::Bad(Code::FormulaError));
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
            prop_assert_eq!(read(&text, Wanted::Decimal), Value::Number(want));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,12}") {
            for wanted in [Wanted::Count, Wanted::Decimal, Wanted::Flag] { read(&text, wanted); }
        }
    }
}
