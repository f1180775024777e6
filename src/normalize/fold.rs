//! Texts compared as people compare them: without case, accents, tone placement, punctuation and spacing.

use unicode_normalization::UnicodeNormalization;

/// A text folded for comparison: lower case, no marks, `đ` as `d`, `y` as `i` (ký = kí), words parted by one space.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfd() {
        let c = match c {
            // The Icelandic letter looks the same and is typed for it.
            'Đ' | 'đ' | 'Ð' | 'ð' => 'd',
            c if ('\u{300}'..='\u{36f}').contains(&c) => continue,
            // The mark of a footnote is no part of a word.
            '¹' | '²' | '³' | '\u{2070}'..='\u{2079}' | '\u{200b}' | '\u{feff}' | '\u{ad}' => continue,
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

/// A header folded: without what stands in brackets (units of measure, marks of footnotes), without a number before it
/// ("1. ", "a) "), and with words that a line end broke put together again.
pub(super) fn fold_header(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut depth = 0usize;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth > 0 => depth -= 1,
            '-' if matches!(chars.peek(), Some('\n' | '\r')) && bare.ends_with(char::is_alphabetic) => {
                while chars.peek().is_some_and(|c| c.is_whitespace()) {
                    chars.next();
                }
            }
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    let folded = fold(without_number(&bare));
    folded.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').to_owned()
}

/// A text without the letter or Roman number that counts it ("a) ", "IV. "); Arabic ones go with the digits.
fn without_number(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '+' | '*' | '•' | '.'));
    match text.split_once(['.', ')']) {
        Some((head, rest))
            if (head.chars().count() == 1 && head.chars().all(char::is_alphabetic)
                || (!head.is_empty() && head.len() <= 4 && head.bytes().all(|b| b"IVXivx".contains(&b))))
                && rest.chars().any(char::is_alphabetic) =>
        {
            rest
        }
        _ => text,
    }
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
            'Đ' | 'Ð' | 'ð' => out.push('đ'),
            c => out.extend(c.to_lowercase().filter(|c| c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(c))),
        }
    }
    out.extend(tone);
    out
}

/// Whether two folded words are one edit apart: a letter more, less or other, or two neighbours swapped.
pub(super) fn one_slip(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&a[..a.len() - tail], &b[..b.len() - tail]) {
        ([_], [] | [_]) | ([], [_]) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

/// Edits between two texts, where an edit inserts, drops or changes a letter or swaps two neighbours (optimal string
/// alignment).
pub(super) fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
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
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn one_slip_is_one_edit(a in "[ab]{0,6}", b in "[ab]{0,6}") {
            proptest::prop_assert_eq!(one_slip(&a, &b), edits(&a, &b) == 1);
        }
    }

    #[test]
    fn spelling_does_not_matter_where_it_should_not() {
        assert_eq!(fold("Số cơ sở  kí\ncam kết"), fold("SỐ CƠ SỞ KÝ CAM KẾT"));
        assert_eq!(fold_header("5. Xử lý vụ việc, người vi phạm (15 điểm)"), "xu li vu viec nguoi vi pham");
        assert_eq!(fold_header("a) Số vụ vi phạm (*)"), "so vu vi pham");
        assert_eq!(fold_header("IV. Số người được tuyên tru-\nyền¹ [2]"), "so nguoi duoc tuien truien");
        assert_eq!(fold("Ðiền"), "dien");
        assert_eq!(edits("vihn thai", "vinh thai"), 1);
        assert_eq!(fold_name("Thuỷ"), fold_name("Thủy"));
        assert_eq!(fold_name("Hoà"), fold_name("Ho\u{300}a"));
        assert_eq!(fold_name("ĐIỀN"), fold_name("điền"));
        assert_ne!(fold_name("Thúy"), fold_name("Thủy"));
    }
}
