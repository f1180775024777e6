//! Stage 1: sources → raw bytes and receipts. It never looks inside a file.
//!
//! Every file that a source offers is kept byte for byte under its digest, and a receipt says from whom and when it came.
//! Nothing is skipped by its name. What may not be read (a symbolic link, a file over the limit, one that the system
//! refuses) gets a receipt that says so, and never stops the others.

mod folder;
mod receipts;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::model::{Code, Plan, Progress, Source as Entry};
use crate::store::{ReceiptRow, Store, StoreError, raw};

/// A file that a source offers, not yet read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// District folder; empty for a file that lies in none.
    pub district: String,
    /// Name below that folder.
    pub file_name: String,
    /// Microseconds since 1970 UTC at which the source says it came; none where the time of the run counts.
    pub received_at: Option<i64>,
    /// Size in bytes.
    pub bytes: u64,
    /// Why it may not be read.
    pub refused: Option<Code>,
}

/// Where forms come from. A new kind of source is one more file with an implementation, and one line in [`open`].
pub trait Source: Sync {
    /// What there is, sorted by district and name.
    fn offers(&self) -> Result<Vec<Offer>, PullError>;
    /// The bytes of one offer.
    fn read(&self, offer: &Offer) -> std::io::Result<Vec<u8>>;
}

/// Why pull could not go on.
#[expect(missing_docs, reason = "the message names each field")]
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The inbox is not there or cannot be listed.
    #[error("the inbox of source `{name}` cannot be read: {source}")]
    Inbox { name: String, path: PathBuf, source: std::io::Error },
    /// The list of receipts is broken.
    #[error("the receipts of source `{name}`: {what}")]
    Receipts { name: String, what: String },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What pull did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Files that the sources offered.
    pub files: usize,
    /// Receipts that are new.
    pub received: usize,
    /// Files refused unread.
    pub refused: usize,
}

fn open(entry: &Entry, limit: u64) -> Box<dyn Source> {
    Box::new(folder::Folder::new(entry.name.clone(), entry.folder.clone(), entry.received, limit))
}

/// Keeps every file that the plan's sources offer. The bytes are on disk before a receipt speaks of them.
pub fn pull(plan: &Plan, store: &Store, now: Timestamp, progress: &dyn Progress) -> Result<Summary, PullError> {
    let mut summary = Summary::default();
    let mut rows = Vec::new();
    let restricted = store.restricted()?;
    for entry in &plan.sources {
        let source = open(entry, plan.settings.max_file_bytes);
        let offers = source.offers()?;
        let known = receipts::load(entry)?;
        progress.start("pull", offers.len() as u64);
        let received: Result<Vec<ReceiptRow>, PullError> = offers
            .par_iter()
            .map(|offer| {
                let row = receive(entry, source.as_ref(), offer, &known, now, store, &restricted);
                progress.advance(1);
                row
            })
            .collect();
        progress.finish();
        rows.extend(received?);
    }
    summary.files = rows.len();
    summary.refused = rows.iter().filter(|r| !r.refused.is_empty()).count();
    summary.received = store.ledger()?.add_receipts(&rows, || store.sync())?;
    Ok(summary)
}

fn receive(
    entry: &Entry,
    source: &dyn Source,
    offer: &Offer,
    known: &receipts::Known,
    now: Timestamp,
    store: &Store,
    restricted: &BTreeSet<String>,
) -> Result<ReceiptRow, PullError> {
    let mut row = ReceiptRow {
        received_at: offer.received_at.unwrap_or(now.as_microsecond()),
        district: offer.district.clone(),
        file_name: offer.file_name.clone(),
        source: entry.name.clone(),
        bytes: offer.bytes,
        sha256: String::new(),
        refused: String::new(),
    };
    let bytes = match offer.refused {
        Some(code) => Err(code),
        None => source.read(offer).map_err(|error| {
            tracing::warn!(stage = "pull", file = %offer.file_name, %error, "a file could not be read");
            Code::FileUnreadable
        }),
    };
    match bytes {
        Err(code) => code.as_str().clone_into(&mut row.refused),
        Ok(bytes) => {
            row.bytes = bytes.len() as u64;
            row.sha256 = store.keep_raw(&bytes, restricted)?;
            if let Some(time) = known.time(&row.district, &row.file_name, &row.sha256) {
                row.received_at = time;
            }
            tracing::debug!(
                stage = "pull",
                district = %row.district,
                file = %row.file_name,
                submission = raw::submission_id(&row.sha256),
                "kept"
            );
        }
    }
    Ok(row)
}
