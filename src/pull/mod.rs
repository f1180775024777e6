//! Stage 1: sources → raw bytes and receipts. It never looks inside a file.
//!
//! Every file that a source offers is kept byte for byte under its digest, and a receipt says from whom and when it came.
//! Nothing is skipped by its name. What may not be read (a symbolic link, a file over the limit, one that the system
//! refuses) gets a receipt that says so, and never stops the others.
//!
//! A file that its source shows as it was when it was last read is not read again, and where nothing is new nothing is
//! written.

mod folder;
mod receipts;

use std::collections::BTreeSet;
use std::path::PathBuf;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::model::{Code, Plan, Progress, Source as Entry};
use crate::store::{Ledger, ReceiptRow, Seen, Store, StoreError, raw};

/// A file changed so shortly before it was read may change again and show the same time: file systems keep times in steps of
/// up to this many nanoseconds.
const STEP: i128 = 2_000_000_000;

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
    /// What else tells its versions apart; the source's own words.
    pub mark: String,
    /// When it last changed by the clock of the files, in nanoseconds since 1970.
    pub changed: i128,
    /// Why it may not be read.
    pub refused: Option<Code>,
}

impl Offer {
    fn key(&self) -> (&str, &str) {
        (&self.district, &self.file_name)
    }

    /// Whether it is what was last read.
    fn is(&self, seen: Seen<'_>) -> bool {
        (self.bytes, self.mark.as_str(), self.refused.is_some()) == (seen.bytes, seen.mark, seen.refused)
    }
}

/// What reading an offer gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The bytes.
    Whole {
        /// All of them.
        bytes: Vec<u8>,
        /// Whether they are what was offered, from the first to the last.
        steady: bool,
    },
    /// It grew beyond the limit.
    TooLarge,
}

/// Where forms come from. A new kind of source is one more file with an implementation, and one line in [`open`].
pub trait Source: Sync {
    /// What there is, sorted by district and name.
    fn offers(&self) -> Result<Vec<Offer>, PullError>;
    /// Reads one offer.
    fn read(&self, offer: &Offer) -> std::io::Result<Content>;
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
    let mut ledger = store.ledger()?;
    for entry in &plan.sources {
        let source = open(entry, plan.settings.max_file_bytes);
        pull_from(entry, source.as_ref(), store, &mut ledger, now, &|| store.file_clock(), progress, &mut summary)?;
    }
    Ok(summary)
}

#[expect(clippy::too_many_arguments, reason = "what is handed in")]
fn pull_from(
    entry: &Entry,
    source: &dyn Source,
    store: &Store,
    ledger: &mut Ledger,
    now: Timestamp,
    clock: &dyn Fn() -> Result<i128, StoreError>,
    progress: &dyn Progress,
    summary: &mut Summary,
) -> Result<(), PullError> {
    let offers = source.offers()?;
    summary.files += offers.len();
    summary.refused += offers.iter().filter(|offer| offer.refused.is_some()).count();
    let wanted = wanted(ledger, entry, offers)?;
    if wanted.is_empty() {
        return Ok(());
    }
    progress.start("pull", wanted.len() as u64);
    let known = receipts::load(entry)?;
    let desk = Desk { entry, source, known, now, clock: clock()?, store, restricted: store.restricted()? };
    let taken: Result<Vec<Taken<'_>>, PullError> = wanted
        .par_iter()
        .map(|offer| {
            let taken = desk.take(offer);
            progress.advance(1);
            taken
        })
        .collect();
    progress.finish();
    let taken = taken?;
    summary.refused += taken.iter().filter(|t| t.offer.refused.is_none() && !t.receipt.refused.is_empty()).count();
    let seen: Vec<Seen<'_>> = taken.iter().filter_map(Taken::seen).collect();
    let rows: Vec<ReceiptRow> = taken.iter().map(|t| t.receipt.clone()).collect();
    summary.received += ledger.add_receipts(&rows, &entry.name, &seen, || store.sync())?;
    Ok(())
}

/// The offers that are not as the ledger saw them last. Both lists are in the order of district and name.
fn wanted(ledger: &Ledger, entry: &Entry, offers: Vec<Offer>) -> Result<Vec<Offer>, PullError> {
    let mut wanted = Vec::new();
    let mut offers = offers.into_iter().peekable();
    ledger.seen(&entry.name, |seen| {
        let key = (seen.district, seen.file_name);
        while let Some(offer) = offers.next_if(|offer| offer.key() < key) {
            wanted.push(offer);
        }
        wanted.extend(offers.next_if(|offer| offer.key() == key).filter(|offer| !offer.is(seen)));
    })?;
    wanted.extend(offers);
    Ok(wanted)
}

/// What came of an offer.
struct Taken<'a> {
    offer: &'a Offer,
    receipt: ReceiptRow,
    /// Whether its mark tells the version that was read from any other.
    sure: bool,
}

impl Taken<'_> {
    fn seen(&self) -> Option<Seen<'_>> {
        let Offer { district, file_name, bytes, mark, refused, .. } = self.offer;
        self.sure.then_some(Seen { district, file_name, bytes: *bytes, mark, refused: refused.is_some() })
    }
}

/// What is at hand when offers are taken.
struct Desk<'a> {
    entry: &'a Entry,
    source: &'a dyn Source,
    known: receipts::Known,
    now: Timestamp,
    /// The clock of the files before the first was read.
    clock: i128,
    store: &'a Store,
    restricted: BTreeSet<String>,
}

impl Desk<'_> {
    fn take<'o>(&self, offer: &'o Offer) -> Result<Taken<'o>, PullError> {
        let mut receipt = ReceiptRow {
            received_at: offer.received_at.unwrap_or(self.now.as_microsecond()),
            district: offer.district.clone(),
            file_name: offer.file_name.clone(),
            source: self.entry.name.clone(),
            bytes: offer.bytes,
            sha256: String::new(),
            refused: String::new(),
            waivers: Vec::new(),
        };
        let mut sure = offer.changed < self.clock - STEP;
        let content = match offer.refused {
            Some(code) => Err(code),
            None => match self.source.read(offer) {
                Ok(Content::Whole { bytes, steady }) => Ok((bytes, steady)),
                Ok(Content::TooLarge) => Err(Code::FileTooLarge),
                Err(error) => {
                    tracing::warn!(stage = "pull", file = %offer.file_name, %error, "a file could not be read");
                    Err(Code::FileUnreadable)
                }
            },
        };
        match content {
            Err(code) => {
                code.as_str().clone_into(&mut receipt.refused);
                sure &= offer.refused.is_some();
            }
            Ok((bytes, steady)) => {
                receipt.bytes = bytes.len() as u64;
                receipt.sha256 = self.store.keep_raw(&bytes, &self.restricted)?;
                if let Some(time) = self.known.time(&receipt.district, &receipt.file_name, &receipt.sha256) {
                    receipt.received_at = time;
                }
                sure &= steady;
                tracing::debug!(
                    stage = "pull",
                    district = %receipt.district,
                    file = %receipt.file_name,
                    submission = raw::submission_id(&receipt.sha256),
                    "kept"
                );
            }
        }
        Ok(Taken { offer, receipt, sure })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::model::{Receipt, Silent};

    /// Offers what it is told to and notes what is read.
    struct Shelf {
        offers: Vec<Offer>,
        read: Mutex<Vec<String>>,
    }

    impl Source for Shelf {
        fn offers(&self) -> Result<Vec<Offer>, PullError> {
            Ok(self.offers.clone())
        }

        fn read(&self, offer: &Offer) -> std::io::Result<Content> {
            self.read.lock().unwrap().push(offer.file_name.clone());
            Ok(Content::Whole { bytes: offer.mark.clone().into_bytes(), steady: offer.mark != "in motion" })
        }
    }

    fn offer(file_name: &str, mark: &str, changed: i128, refused: Option<Code>) -> Offer {
        let (district, file_name, mark) = ("474".to_owned(), file_name.to_owned(), mark.to_owned());
        Offer { district, file_name, received_at: None, bytes: 1, mark, changed, refused }
    }

    #[test]
    fn what_is_as_it_was_is_not_read_again_unless_it_changed_too_shortly_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let entry = Entry { name: "inbox".into(), folder: PathBuf::new(), received: Receipt::Now, receipts: None };
        let mut shelf = Shelf { offers: Vec::new(), read: Mutex::default() };
        let second = 1_000_000_000;
        let mut night = |at: i128, offers: Vec<Offer>| {
            shelf.offers = offers;
            let (mut ledger, mut summary) = (store.ledger().unwrap(), Summary::default());
            let clock = || Ok(at * second);
            pull_from(&entry, &shelf, &store, &mut ledger, Timestamp::UNIX_EPOCH, &clock, &Silent, &mut summary)
                .unwrap();
            let mut read = std::mem::take(&mut *shelf.read.lock().unwrap());
            read.sort();
            (read.join(" "), summary.received)
        };
        let link = || offer("link", "l", 0, Some(Code::FileUnsafe));
        let old = || offer("a", "v1", 10 * second, None);
        let fresh = || offer("b", "v1", 99 * second, None);
        let moving = || offer("c", "in motion", 10 * second, None);
        assert_eq!(night(100, vec![old(), fresh(), moving(), link()]), ("a b c".into(), 4));
        // The second was changed within the step of the clock, the third while it was read.
        assert_eq!(night(200, vec![old(), fresh(), moving(), link()]), ("b c".into(), 0));
        assert_eq!(night(300, vec![old(), fresh(), offer("c", "v2", 10 * second, None)]), ("c".into(), 1));
        assert_eq!(night(400, vec![old(), fresh(), offer("c", "v2", 10 * second, None)]), (String::new(), 0));
        // Other times, or no longer refused: read; gone files disturb nothing.
        assert_eq!(
            night(500, vec![offer("a", "v3", 450 * second, None), offer("link", "l", 0, None)]),
            ("a link".into(), 2)
        );
        assert_eq!(store.ledger().unwrap().receipts().unwrap().len(), 7);
    }
}
