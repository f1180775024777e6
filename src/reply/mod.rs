//! The last stage: submissions and their findings → a reply to each district, as a workbook and as a page.
//!
//! 1. [`letter`]: what is said about one submission, from the tables
//! 2. [`words`]: the words for it, Vietnamese first
//! 3. [`book`], [`form`]: a workbook: the summary, then the form as it came with every finding marked in its cell
//! 4. [`page`]: the summary as one page that needs nothing else
//!
//! [`reminder`] tells who has not sent what; it follows the clock, and so is asked for and no part of a night.
//!
//! A reply is made only where what it says has changed. The same input gives the same bytes: its date is the receipt's.

mod book;
mod form;
mod letter;
mod page;
mod reminder;
mod style;
mod words;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::model::{Plan, Progress, Sheet};
use crate::register::Register;
use crate::store::{Store, StoreError, raw};
use letter::Letter;

pub use reminder::{Language, Open, Reminder, Silent, reminders};

/// Raised when replies look otherwise than before, so that all are made again.
const VERSION: &str = "1";

/// Shows the form of a received file, or of a member of an archive; handed in, because one room alone knows how files are
/// read.
pub type Show<'a> = dyn Fn(Vec<u8>, Option<&str>) -> Option<Sheet> + Sync + 'a;

/// What reply did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Replies that stand.
    pub replies: usize,
    /// Of them made anew.
    pub made: usize,
    /// Files removed because their submission is gone.
    pub removed: usize,
}

/// Why reply could not go on.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A workbook could not be made.
    #[error("reply `{reply}`: {source}")]
    Workbook {
        /// The reply.
        reply: String,
        /// What the writer said.
        source: rust_xlsxwriter::XlsxError,
    },
    /// A page could not be made.
    #[error("reply `{reply}`: {why}")]
    Page {
        /// The reply.
        reply: String,
        /// What the template engine said.
        why: String,
    },
}

/// Writes the replies that are missing or no longer true, and removes those that nothing belongs to any more.
pub fn reply(
    plan: &Plan,
    register: &Register,
    store: &Store,
    show: &Show<'_>,
    progress: &dyn Progress,
) -> Result<Summary, ReplyError> {
    let feedback = store.feedback()?;
    let basis = basis(plan, store)?;
    if feedback.stands(&basis) {
        return Ok(Summary { replies: feedback.len() / 2, ..Summary::default() });
    }
    let tables = letter::Tables::read(store)?;
    let letters = tables.letters(plan, register);
    let keys: Vec<String> = letters.par_iter().map(|letter| letter.key(plan)).collect();
    let paths = |letter: &Letter<'_>| ["xlsx", "html"].map(|kind| format!("{}.{kind}", letter.path));
    let stands: BTreeMap<String, String> =
        letters.iter().zip(&keys).flat_map(|(letter, key)| paths(letter).map(|path| (path, key.clone()))).collect();
    let open: Vec<&Letter<'_>> = letters
        .iter()
        .zip(&keys)
        .filter(|(letter, key)| paths(letter).iter().any(|path| !feedback.has(path, key)))
        .map(|(letter, _)| letter)
        .collect();
    progress.start("reply", open.len() as u64);
    let styles = style::Styles::new();
    open.par_iter().try_for_each(|letter| {
        let shown = if letter.shows_content() { show(store.read_raw(letter.sha256)?, letter.member()) } else { None };
        let fail = |source| ReplyError::Workbook { reply: letter.path.clone(), source };
        // What a form holds may be more than a workbook takes; its district gets the summary at least.
        let book = book::write(letter, shown.as_ref(), plan, &styles)
            .or_else(|_| book::write(letter, None, plan, &styles))
            .map_err(fail)?;
        let page = page::write(letter, plan).map_err(|why| ReplyError::Page { reply: letter.path.clone(), why })?;
        let [to_book, to_page] = paths(letter);
        feedback.write(&to_book, &book)?;
        feedback.write(&to_page, page.as_bytes())?;
        progress.advance(1);
        Ok::<(), ReplyError>(())
    })?;
    let removed = feedback.finish(&basis, &stands)?;
    progress.finish();
    Ok(Summary { replies: letters.len(), made: open.len(), removed })
}

/// Digest of all that replies are made from: where it has not changed, there is nothing to do.
fn basis(plan: &Plan, store: &Store) -> Result<String, StoreError> {
    let mut text = format!("{VERSION} {} {}", env!("CARGO_PKG_VERSION"), plan.digest);
    for table in letter::Tables::NAMES {
        for path in store.table_files(table)? {
            text.push_str(&raw::sha256(&fs_err::read(path)?));
        }
    }
    Ok(raw::sha256(text.as_bytes()))
}
