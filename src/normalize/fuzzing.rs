//! What the fuzz targets call: each reader of outside bytes or texts by itself. Nothing here may panic, whatever comes.

use super::{period, read, values};
use crate::model::Frequency;

/// Reads bytes as a received file; returns how many parts of it could be read.
pub fn file(bytes: &[u8]) -> usize {
    read::read(bytes.to_vec()).iter().filter(|part| part.book.is_ok()).count()
}

/// Reads a cell's text as every kind of value.
pub fn number(text: &str) {
    let content = read::Content::Text { start: 0, end: text.len() as u32 };
    for wanted in [values::Wanted::Count, values::Wanted::Decimal { max: 100.0 }, values::Wanted::Flag] {
        values::value(content, text, wanted);
    }
}

/// Looks for a period in a text.
pub fn period(text: &str) {
    for frequency in [Frequency::Quarter, Frequency::Year] {
        period::find(text, frequency);
    }
}

/// Folds a name in every way; folded names fold to themselves.
pub fn name(text: &str) -> bool {
    use super::fold::{fold, fold_header, fold_name};
    fold_header(text);
    let (folded, named) = (fold(text), fold_name(text));
    fold(&folded) == folded && fold_name(&named) == named
}
