//! Texts as paper can hold them: names, file names and reasons come from outside and may hold anything, while an archivable
//! document must have a glyph for each letter.

use serde_json::Value;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::world;

/// Stands for a letter that no font has.
const UNKNOWN: char = '□';

/// Makes every text below a value one that can be typeset. Keys are the program's own.
pub(super) fn settle(value: &mut Value) {
    match value {
        Value::String(text) if !text.is_ascii() || text.contains(|c: char| c.is_ascii_control()) => {
            *text = settled(text);
        }
        Value::Array(all) => all.iter_mut().for_each(settle),
        Value::Object(all) => all.values_mut().for_each(settle),
        _ => {}
    }
}

fn settled(text: &str) -> String {
    let composed = if is_nfc(text) { text.to_owned() } else { text.nfc().collect() };
    composed.chars().filter_map(letter).collect()
}

/// A letter as it is shown; none where it is not seen.
fn letter(c: char) -> Option<char> {
    match c {
        _ if c.is_whitespace() => Some(if c == '\u{a0}' { c } else { ' ' }),
        _ if is_unseen(c) => None,
        _ if world::has(c) => Some(c),
        _ => Some(UNKNOWN),
    }
}

/// Controls, joiners, marks of direction, selectors of variants.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: &str = "ĂÂĐÊÔƠƯÀẢÃÁẠẰẲẴẮẶẦẨẪẤẬÈẺẼÉẸỀỂỄẾỆÌỈĨÍỊÒỎÕÓỌỒỔỖỐỘỜỞỠỚỢÙỦŨÚỤỪỬỮỨỰỲỶỸÝỴ";

    #[test]
    fn every_vietnamese_letter_and_every_sign_has_a_glyph() {
        let small = LETTERS.to_lowercase();
        for c in LETTERS.chars().chain(small.chars()).chain("★✔▲✖◐…○∅·↑↓↗↘✎□▶☑☒●–“”÷≥≤×₫".chars())
        {
            assert!(world::has(c), "{c}");
        }
    }

    #[test]
    fn what_no_font_has_is_told_and_what_is_unseen_is_left_out() {
        let mut value = serde_json::json!({ "a": ["Huê\u{301}\u{200b}", "村 <b>#$*", "x\u{0}\ty\u{e000}"] });
        settle(&mut value);
        assert_eq!(value, serde_json::json!({ "a": ["Huế", "□ <b>#$*", "x y□"] }));
    }
}
