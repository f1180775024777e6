//! Figures as people read them: the one place that rounds. Vietnamese writes 95,9% and 1.234; English 95.9% and 1,234.

use crate::model::{State, Warning};

/// A figure in both languages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Figure {
    /// As Vietnamese writes it.
    pub vi: String,
    /// As English writes it.
    pub en: String,
}

/// A share as a percentage with one decimal.
pub fn percent(value: f64) -> Figure {
    let text = format!("{:.1}%", value * 100.0);
    Figure { vi: text.replace('.', ","), en: text }
}

/// A number with at most `decimals` decimals and parted thousands.
pub fn number(value: f64, decimals: usize) -> Figure {
    let text = format!("{value:.decimals$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |d| ("-", d));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let en = if rest.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") };
    let vi = en
        .chars()
        .map(|c| {
            if c == ',' {
                '.'
            } else if c == '.' {
                ','
            } else {
                c
            }
        })
        .collect();
    Figure { vi, en }
}

/// An indicator's value in its unit.
pub fn value(value: f64, unit_label: &str) -> Figure {
    if unit_label == "share" { percent(value) } else { number(value, 2) }
}

/// From one value to another in their unit; one alone where they are the same.
pub fn range(low: f64, high: f64, unit_label: &str) -> Figure {
    let (from, to) = (value(low, unit_label), value(high, unit_label));
    if from == to {
        return from;
    }
    Figure { vi: format!("{}–{}", from.vi, to.vi), en: format!("{}–{}", from.en, to.en) }
}

/// A part of a number of things as a percentage; nothing of none.
pub fn share(part: f64, whole: f64) -> Option<Figure> {
    (whole > 0.0).then(|| percent(part / whole))
}

/// How much an indicator's value changed: of a share in percentage points.
pub fn change(change: f64, unit_label: &str) -> Figure {
    if unit_label != "share" {
        return number(change, 2);
    }
    let Figure { vi, en } = number(change * 100.0, 1);
    Figure { vi: format!("{vi} điểm %"), en: format!("{en} points") }
}

/// An effect with its sign: of a ratio by how many percent it changes a value, of a difference the difference.
pub fn effect(value: f64, ratio: bool, unit_label: &str) -> Figure {
    let percent = (value - 1.0) * 100.0;
    let size = if ratio {
        let Figure { vi, en } = number(percent.abs(), usize::from(percent.abs() < 9.95));
        Figure { vi: format!("{vi}%"), en: format!("{en}%") }
    } else {
        change(value.abs(), unit_label)
    };
    let known = size.en.contains(|c: char| ('1'..='9').contains(&c));
    let below = if ratio { percent < 0.0 } else { value < 0.0 };
    let sign = match (known, below) {
        (false, _) => "",
        (true, true) => "−",
        (true, false) => "+",
    };
    Figure { vi: format!("{sign}{}", size.vi), en: format!("{sign}{}", size.en) }
}

/// A day.
pub fn day(day: jiff::civil::Date) -> Figure {
    Figure { vi: day.strftime("%d/%m/%Y").to_string(), en: day.strftime("%-d %b %Y").to_string() }
}

/// A probability of the kind called p.
pub fn probability(p: f64) -> Figure {
    if p < 0.001 {
        return Figure { vi: "< 0,001".to_owned(), en: "< 0.001".to_owned() };
    }
    let text = format!("{p:.3}");
    Figure { vi: text.replace('.', ","), en: text }
}

/// A part of a change with its sign: finer, since parts are small.
pub fn signed(part: f64, unit_label: &str) -> Figure {
    let share = unit_label == "share";
    let Figure { vi, en } = number(if share { part * 100.0 } else { part }, 2);
    let sign = if part > 0.0 && en != "0" { "+" } else { "" };
    // What rounds to nothing has no sign.
    let bare = |text: String| if text == "-0" { "0".to_owned() } else { text.replace('-', "−") };
    let (vi, en) = (format!("{sign}{}", bare(vi)), format!("{sign}{}", bare(en)));
    if share { Figure { vi: format!("{vi} điểm %"), en: format!("{en} points") } } else { Figure { vi, en } }
}

/// Why there is no value.
pub fn absence(state: State) -> Figure {
    let (vi, en) = match state {
        State::NotReported => ("chưa báo cáo", "not reported"),
        State::Rejected => ("số liệu bị loại", "rejected"),
        State::NotApplicable => ("không áp dụng", "not applicable"),
        State::NotDue => ("chưa đến hạn", "not due"),
        State::Undefined => ("không xác định", "undefined"),
        State::Suppressed => ("được bảo vệ", "suppressed"),
        State::Reported | State::Zero => ("", ""),
    };
    Figure { vi: vi.to_owned(), en: en.to_owned() }
}

/// What a reader should know of a value.
pub fn warning(warning: Warning) -> Figure {
    let (vi, en) = match warning {
        Warning::CoverageAboveOne => {
            ("vượt quá 100%: tử số lớn hơn mẫu số", "above 100%: numerator exceeds denominator")
        }
        Warning::FewerDetected => (
            "không giảm chỉ vì mẫu số giảm: phát hiện ít hơn năm trước",
            "no lower only because the denominator fell: fewer detected than a year before",
        ),
    };
    Figure { vi: vi.to_owned(), en: en.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effects_have_a_sign_and_no_more_digits_than_they_deserve() {
        for (value, ratio, unit, told) in [
            (1.332, true, "", "+33%"),
            (0.952, true, "", "−4,8%"),
            (1.0002, true, "", "0%"),
            (4.5, true, "", "+350%"),
            (-0.025, false, "share", "−2,5 điểm %"),
            (1.626, false, "", "+1,63"),
        ] {
            assert_eq!(effect(value, ratio, unit).vi, told);
        }
        assert_eq!(probability(0.0411).vi, "0,041");
    }

    #[test]
    fn both_languages_write_their_own_separators() {
        assert_eq!(percent(0.9589), Figure { vi: "95,9%".into(), en: "95.9%".into() });
        assert_eq!(number(1_234_567.5, 2), Figure { vi: "1.234.567,5".into(), en: "1,234,567.5".into() });
        assert_eq!(number(-1234.0, 0), Figure { vi: "-1.234".into(), en: "-1,234".into() });
        assert_eq!(number(12.0, 2).en, "12");
        assert_eq!(change(0.025, "share"), Figure { vi: "2,5 điểm %".into(), en: "2.5 points".into() });
        assert_eq!(signed(0.00251, "share"), Figure { vi: "+0,25 điểm %".into(), en: "+0.25 points".into() });
        assert_eq!([-3.0, -1e-9, 1e-9].map(|part| signed(part, "").en), ["−3", "0", "0"]);
    }
}
