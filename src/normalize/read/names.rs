//! Names of an archive's members: zip keeps bytes, and programs of different times and countries fill them differently.

use unicode_normalization::UnicodeNormalization;

use super::encoding;

/// A member's name: UTF-8 where its bytes are that, whatever the flag says, or a Vietnamese encoding where that is clear,
/// else what the directory makes of them.
pub(super) fn of_member(name: &str, raw: &[u8]) -> String {
    let decoded = match std::str::from_utf8(raw) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => encoding::decode(raw).ok().map(|(text, _)| text),
    };
    let text = decoded.as_deref().unwrap_or(name);
    // A name is shown to people; what steers a terminal is not part of it.
    text.nfc().map(|c| if c.is_control() { '\u{fffd}' } else { c }).map(|c| if c == '\\' { '/' } else { c }).collect()
}
