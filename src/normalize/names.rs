//! A unit's name as people write it: its kind in full or short, with numbers and marks around it.

use super::fold::fold;

/// A name in full with its kind written out, then without its kind.
pub(super) fn forms(name: &str) -> Vec<String> {
    let full = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match split_kind(&full) {
        (Some(kind), bare) => vec![format!("{kind} {bare}"), full.clone(), bare.to_owned()],
        (None, _) => vec![full],
    }
}

/// A name without what people write around it: a number or bullet before it, a remark or mark behind it.
pub(super) fn clean(name: &str) -> String {
    let spaced = name.replace(['\u{200b}', '\u{feff}', '\u{ad}'], "");
    let spaced = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut text = spaced.trim_start_matches([' ', '-', '+', '*', '•', '·', '–', '.']);
    let unnumbered = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - unnumbered.len();
    if (1..=3).contains(&digits) {
        let rest = unnumbered.trim_start_matches([' ', '.', ')', '-', '/', ':']);
        if rest.len() < unnumbered.len() && rest.chars().next().is_some_and(char::is_alphabetic) {
            text = rest;
        }
    }
    loop {
        let before = text.len();
        let marks = |c: char| c == ' ' || matches!(c, '*' | ':' | ';' | ',' | '.' | '-' | '–' | '¹' | '²' | '³');
        text = text.trim_end_matches(marks);
        if let Some(open) = text.rfind(['(', '[']).filter(|at| *at > 0 && text.ends_with([')', ']'])) {
            text = text.get(..open).unwrap_or(text);
        }
        if text.len() == before {
            return text.to_owned();
        }
    }
}

/// The kind of unit that a name begins with, written in any way, and the rest.
pub(super) fn split_kind(name: &str) -> (Option<&'static str>, &str) {
    let name = name.trim();
    let end = name.find(char::is_whitespace).unwrap_or(name.len());
    let (run, after) = name.split_at(end);
    // "T.T Lăng" ends its kind with the word; "P.Phú" and "T.T.Lăng" with the last point in it.
    let (head, rest) = match run.rfind('.') {
        Some(at) if at + 1 < run.len() && !matches!(fold(run).as_str(), "t t" | "t x" | "t p") => {
            (run.get(..at).unwrap_or(run), name.get(at + 1..).unwrap_or(""))
        }
        _ => (run, after),
    };
    let rest = rest.trim();
    let letters = fold(head).replace(' ', "");
    let one = match letters.as_str() {
        "phuong" | "p" | "ph" | "f" => Some("phường"),
        "xa" | "x" => Some("xã"),
        "tt" | "ttr" => Some("thị trấn"),
        "tx" => Some("thị xã"),
        "tp" => Some("thành phố"),
        "huien" | "h" => Some("huyện"),
        "quan" | "q" => Some("quận"),
        _ => None,
    };
    if let Some(kind) = one.filter(|_| !rest.is_empty()) {
        return (Some(kind), rest);
    }
    if letters == "thi" || letters == "thanh" {
        let (second, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let kind = match (letters.as_str(), fold(second).as_str()) {
            ("thi", "tran") => Some("thị trấn"),
            ("thi", "xa") => Some("thị xã"),
            ("thanh", "pho") => Some("thành phố"),
            _ => None,
        };
        if let Some(kind) = kind.filter(|_| !rest.trim().is_empty()) {
            return (Some(kind), rest.trim());
        }
    }
    (None, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_split_however_they_are_written() {
        for name in [
            "Phường Phú Thuận",
            "P. Phú Thuận",
            "P.Phú Thuận",
            "P Phú Thuận",
            "PHUONG Phú Thuận",
            "Ph. Phú Thuận",
            "Phưòng Phú Thuận",
            "Phú Thuận",
        ] {
            assert_eq!(fold(split_kind(name).1), "phu thuan", "{name}");
        }
        assert_eq!(split_kind("TT.Khe Tre"), (Some("thị trấn"), "Khe Tre"));
        assert_eq!(split_kind("P.9"), (Some("phường"), "9"));
        assert_eq!(split_kind("T.T Khe Tre"), (Some("thị trấn"), "Khe Tre"));
        assert_eq!(split_kind("Thi tran Khe Tre"), (Some("thị trấn"), "Khe Tre"));
        assert_eq!(split_kind("X.Hương Phú"), (Some("xã"), "Hương Phú"));
        assert_eq!(split_kind("Thị xã Hương Trà"), (Some("thị xã"), "Hương Trà"));
        assert_eq!(split_kind("Thanh Tân"), (None, "Thanh Tân"));
    }

    #[test]
    fn what_stands_around_a_name_is_left_out() {
        for name in [
            "1. Xã Phú An",
            "12) Xã Phú An",
            "- Xã Phú An",
            "Xã Phú An (*)",
            "Xã\nPhú An **",
            "  Xã  Phú An:",
            "3 Xã Phú An",
            "Xã Phú An (1);",
        ] {
            assert_eq!(clean(name), "Xã Phú An", "{name}");
        }
        assert_eq!(clean("Phường 9"), "Phường 9");
        assert_eq!(clean("9"), "9");
    }
}
