//! Texts compared as people compare them: without case, accents, tone placement, punctuation and spacing.

use unicode_normalization::UnicodeNormalization;

/// A text folded for comparison: lower case, no marks, `đ` as `d`, `y` as `i` (ký = kí), words parted by one space.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfd() {
        let c = match c {
            'Đ' | 'đ' => 'd',
            c if ('\u{300}'..='\u{36f}').contains(&c) => continue,
            c => c,
        };
        for c in c.to_lowercase() {
            match c {
                'y' => out.push('i'),
                c if c.is_alphanumeric() => out.push(c),
                _ => {
                    if !out.is_empty() && !out.ends_with(' ') {
                        out.push(' ');
                    }
                }
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A header folded: without what stands in parentheses (units of measure) and without a leading number ("1. ").
pub(super) fn fold_header(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut depth = 0usize;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let folded = fold(&bare);
    folded.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').to_owned()
}

/// A name with its accents, lower case, tone marks as an order-free set, so that Thuỷ = Thủy and Hoà = Hòa but Thuý ≠ Thủy.
pub(super) fn fold_name(text: &str) -> String {
    text.split_whitespace().map(fold_syllable).collect::<Vec<_>>().join(" ")
}

fn fold_syllable(word: &str) -> String {
    let mut tone = None;
    let mut out = String::with_capacity(word.len() + 1);
    for c in word.nfd() {
        match c {
            // Grave, acute, tilde, hook above, dot below: the tone belongs to the syllable, wherever it is set.
            '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}' => tone = Some(c),
            'Đ' => out.push('đ'),
            c => out.extend(c.to_lowercase().filter(|c| c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(c))),
        }
    }
    out.extend(tone);
    out
}

/// Share of two folded texts that agrees, from 0 to 1: 1 − edits ÷ the longer length, where an edit inserts, drops or
/// changes a letter or swaps two neighbours (optimal string alignment).
pub(super) fn similarity(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 1.0;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = Vec::with_capacity(b.len() + 1);
        next.push(i);
        for j in 1..=b.len() {
            let cost = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = cost.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    1.0 - row[b.len()] as f64 / longest as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_does_not_matter_where_it_should_not() {
        assert_eq!(fold("Số cơ sở  kí\ncam kết"), fold("SỐ CƠ SỞ KÝ CAM KẾT"));
        assert_eq!(fold_header("5. Xử lý vụ việc, người vi phạm (15 điểm)"), "xu li vu viec nguoi vi pham");
        assert_eq!(fold_name("Thuỷ"), fold_name("Thủy"));
        assert_eq!(fold_name("Hoà"), fold_name("Ho\u{300}a"));
        assert_eq!(fold_name("ĐIỀN"), fold_name("điền"));
        assert_ne!(fold_name("Thúy"), fold_name("Thủy"));
    }
}
