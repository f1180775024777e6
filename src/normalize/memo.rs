//! Answers about texts that come again and again: the same headers and titles stand in thousands of files.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Longer texts are no header.
const LONGEST: usize = 300;
/// More different texts than any inbox has headers; beyond them nothing new is kept.
const MOST: usize = 50_000;

/// What a function says of each text, remembered. The function must depend on nothing but the text.
#[derive(Debug, Default)]
pub(super) struct Memo<T>(RwLock<HashMap<Box<str>, T>>);

impl<T: Copy> Memo<T> {
    /// What `make` says of this text.
    pub(super) fn get(&self, text: &str, make: impl FnOnce() -> T) -> T {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return *known;
        }
        let made = make();
        if text.len() <= LONGEST {
            let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if known.len() < MOST {
                known.insert(text.into(), made);
            }
        }
        made
    }
}
