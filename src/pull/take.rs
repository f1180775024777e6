//! What one source offers → raw bytes and receipts: only what is new is read, and each lot is noted once its bytes are on
//! disk.

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;
use rayon::prelude::*;

use super::{Content, Failed, Listing, Offer, PullError, Source, Summary, Trouble, receipts, shelve};
use crate::model::{Code, Place, Progress, Receipt, Source as Entry};
use crate::store::{Ledger, ReceiptRow, Seen, Store, StoreError, raw};

/// A file changed so shortly before it was read may change again and show the same time: file systems keep times in steps of
/// up to this many nanoseconds.
const STEP: i128 = 2_000_000_000;

/// Files of a remote source that are fetched at the same time, and those that are noted together.
const AT_ONCE: usize = 4;
const LOT: usize = 64;

/// One source in one run.
pub(super) struct Run<'a> {
    pub(super) entry: &'a Entry,
    pub(super) store: &'a Store,
    pub(super) now: Timestamp,
    /// What the clock of the files says.
    pub(super) clock: &'a dyn Fn() -> Result<i128, StoreError>,
    pub(super) progress: &'a dyn Progress,
}

/// An offer that is not as it was when it was last read.
struct Wanted {
    offer: Offer,
    /// The mark that it had then; empty where it was not read before.
    before: String,
}

impl Run<'_> {
    /// Takes what is new; tells what failed.
    pub(super) fn take(
        &self,
        source: &dyn Source,
        ledger: &mut Ledger,
        summary: &mut Summary,
    ) -> Result<Option<Failed>, PullError> {
        let Listing { files: shown, missed: hidden } = match source.shown() {
            Ok(listing) => listing,
            Err(trouble) => return Ok(Some(self.failed(&trouble, 0))),
        };
        let all = shown.len();
        let mut offers: Vec<Offer> = shown.into_iter().filter_map(|shown| shelve(self.entry, shown)).collect();
        offers.sort_unstable();
        summary.left_aside += all - offers.len();
        summary.files += offers.len();
        summary.refused += offers.iter().filter(|offer| offer.refused.is_some()).count();
        // A list of receipts is long, too: it is read while the ledger is.
        let (wanted, known) = std::thread::scope(|side| {
            let known = side.spawn(|| receipts::load(self.entry));
            let wanted = self.wanted(ledger, offers);
            (wanted, known.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let wanted = wanted?;
        let hidden = hidden.first().map(|trouble| self.failed(trouble, 0));
        if wanted.is_empty() {
            return Ok(hidden);
        }
        let desk = Desk {
            entry: self.entry,
            source,
            known: known?,
            now: self.now,
            clock: (self.clock)()?,
            store: self.store,
            restricted: self.store.restricted()?,
            missed: Mutex::default(),
        };
        self.progress.start("pull", wanted.len() as u64);
        let done = if desk.is_local() {
            self.lot(&desk, &wanted, ledger, summary)
        } else {
            wanted.chunks(LOT).try_for_each(|lot| self.lot(&desk, lot, ledger, summary))
        };
        self.progress.finish();
        done?;
        let missed = desk.missed.into_inner().unwrap_or_default();
        Ok(missed.first.map(|trouble| self.failed(&trouble, missed.count)).or(hidden))
    }

    /// The source as one that failed.
    pub(super) fn failed(&self, trouble: &Trouble, missed: usize) -> Failed {
        let folder = matches!(self.entry.place, Place::Folder(_));
        Failed { source: self.entry.name.clone(), what: trouble.to_string(), missed, folder }
    }

    /// The offers that are not as the ledger saw them last. Both lists are in the order of district and name.
    fn wanted(&self, ledger: &Ledger, offers: Vec<Offer>) -> Result<Vec<Wanted>, PullError> {
        let mut wanted = Vec::new();
        let mut offers = offers.into_iter().peekable();
        ledger.seen(&self.entry.name, |seen| {
            let key = (seen.district, seen.file_name);
            while let Some(offer) = offers.next_if(|offer| offer.key() < key) {
                wanted.push(Wanted { offer, before: String::new() });
            }
            if let Some(offer) = offers.next_if(|offer| offer.key() == key).filter(|offer| !offer.is(seen)) {
                wanted.push(Wanted { offer, before: seen.mark.to_owned() });
            }
        })?;
        wanted.extend(offers.map(|offer| Wanted { offer, before: String::new() }));
        Ok(wanted)
    }

    /// Reads a lot and notes it.
    fn lot(
        &self,
        desk: &Desk<'_>,
        lot: &[Wanted],
        ledger: &mut Ledger,
        summary: &mut Summary,
    ) -> Result<(), PullError> {
        let read = || -> Result<Vec<Option<Taken<'_>>>, PullError> {
            let each = |wanted| {
                let taken = desk.take(wanted);
                self.progress.advance(1);
                taken
            };
            lot.par_iter().map(each).collect()
        };
        let taken = if desk.is_local() {
            read()
        } else {
            // What waits for a network must not keep from work those that compute.
            let pool = rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build();
            pool.map_or_else(|_| read(), |pool| pool.install(read))
        };
        let taken: Vec<Taken<'_>> = taken?.into_iter().flatten().collect();
        let unread = |t: &&Taken<'_>| t.offer.refused.is_none() && !t.receipt.refused.is_empty();
        summary.refused += taken.iter().filter(unread).count();
        let seen: Vec<Seen<'_>> = taken.iter().filter_map(Taken::seen).collect();
        let rows: Vec<ReceiptRow> = taken.iter().map(|t| t.receipt.clone()).collect();
        summary.received += ledger.add_receipts(&rows, &self.entry.name, &seen, || self.store.sync())?;
        Ok(())
    }
}

/// What came of an offer.
struct Taken<'a> {
    offer: &'a Offer,
    receipt: ReceiptRow,
    /// What tells the version that was read from any other, where that is sure.
    mark: Option<String>,
}

impl Taken<'_> {
    fn seen(&self) -> Option<Seen<'_>> {
        let mark = self.mark.as_deref().filter(|mark| !mark.is_empty())?;
        let Offer { district, file_name, refused, .. } = self.offer;
        Some(Seen { district, file_name, bytes: self.receipt.bytes, mark, refused: refused.is_some() })
    }
}

/// So many files in a row that failed as if the whole source were gone, and nothing more is asked of it. One file that always
/// fails must not keep those after it from coming.
const PATIENCE: usize = 8;

/// Files that did not come over.
#[derive(Default)]
struct Missed {
    count: usize,
    first: Option<Trouble>,
    /// How many in a row failed as if the whole source were gone.
    in_a_row: usize,
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
    missed: Mutex<Missed>,
}

impl Desk<'_> {
    fn is_local(&self) -> bool {
        matches!(self.entry.place, Place::Folder(_))
    }

    /// Reads an offer and keeps its bytes; nothing where it is as it was, or did not come over.
    fn take<'o>(&self, wanted: &'o Wanted) -> Result<Option<Taken<'o>>, PullError> {
        let offer = &wanted.offer;
        let settled = offer.changed < self.clock - STEP;
        let refuse = |code: Code, mark: Option<String>| {
            let mut receipt = self.receipt(offer);
            code.as_str().clone_into(&mut receipt.refused);
            Ok(Some(Taken { offer, receipt, mark }))
        };
        if let Some(code) = offer.refused {
            return refuse(code, settled.then(|| offer.mark.clone()));
        }
        if self.gave_up() {
            return Ok(None);
        }
        let (bytes, mark, modified) = match self.source.read(offer, &wanted.before) {
            Ok(Content::Whole { bytes, mark, modified }) => {
                self.came();
                (bytes, mark, modified)
            }
            Ok(Content::Unchanged) => {
                self.came();
                return Ok(None);
            }
            Ok(Content::TooLarge) => return refuse(Code::FileTooLarge, None),
            Err(trouble) if self.is_local() => {
                tracing::warn!(stage = "pull", file = %offer.file_name, %trouble, "a file could not be read");
                return refuse(Code::FileUnreadable, None);
            }
            Err(trouble) => {
                self.miss(offer, trouble);
                return Ok(None);
            }
        };
        let mut receipt = self.receipt(offer);
        receipt.bytes = bytes.len() as u64;
        receipt.sha256 = self.store.keep_raw(&bytes, &self.restricted)?;
        if let Some(modified) = modified.filter(|_| self.entry.received == Receipt::Modified) {
            receipt.received_at = modified;
        }
        if let Some(time) = self.known.time(&receipt.district, &receipt.file_name, &receipt.sha256) {
            receipt.received_at = time;
        }
        tracing::debug!(
            stage = "pull",
            district = %receipt.district,
            file = %receipt.file_name,
            submission = raw::submission_id(&receipt.sha256),
            "kept"
        );
        Ok(Some(Taken { offer, receipt, mark: mark.filter(|_| settled) }))
    }

    fn receipt(&self, offer: &Offer) -> ReceiptRow {
        ReceiptRow {
            received_at: offer.received_at.unwrap_or(self.now.as_microsecond()),
            district: offer.district.clone(),
            file_name: offer.file_name.clone(),
            source: self.entry.name.clone(),
            bytes: offer.bytes,
            ..ReceiptRow::default()
        }
    }

    /// Whether nothing more is asked of the source; then the offer is missed.
    fn gave_up(&self) -> bool {
        self.missed.lock().is_ok_and(|mut missed| {
            let gone = missed.in_a_row >= PATIENCE;
            missed.count += usize::from(gone);
            gone
        })
    }

    /// The source answers: what failed before was about that file.
    fn came(&self) {
        if let Ok(mut missed) = self.missed.lock() {
            missed.in_a_row = 0;
        }
    }

    fn miss(&self, offer: &Offer, trouble: Trouble) {
        let file = format!("`{}`", self.entry.senders.path(&offer.district, &offer.file_name));
        tracing::warn!(stage = "pull", source = %self.entry.name, %file, %trouble, "a file did not come over");
        if let Ok(mut missed) = self.missed.lock() {
            missed.count += 1;
            missed.in_a_row = if trouble.whole { missed.in_a_row + 1 } else { 0 };
            missed.first.get_or_insert_with(|| trouble.about(&file));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Login, Silent};
    use crate::pull::Shown;
    use crate::pull::tests::entry;

    /// Shows what it is told to and notes what is read.
    struct Shelf {
        shown: Vec<Shown>,
        read: Mutex<Vec<String>>,
    }

    impl Source for Shelf {
        fn shown(&self) -> Result<Listing, Trouble> {
            Ok(self.shown.clone().into())
        }

        fn read(&self, offer: &Offer, _: &str) -> Result<Content, Trouble> {
            self.read.lock().unwrap().push(offer.file_name.clone());
            let mark = (offer.mark != "in motion").then(|| offer.mark.clone());
            Ok(Content::Whole { bytes: offer.mark.clone().into_bytes(), mark, modified: None })
        }
    }

    #[test]
    fn what_is_as_it_was_is_not_read_again_unless_it_changed_too_shortly_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let entry = entry();
        let mut shelf = Shelf { shown: Vec::new(), read: Mutex::default() };
        let second = 1_000_000_000;
        let mut night = |at: i128, shown: Vec<Shown>| {
            shelf.shown = shown;
            let (mut ledger, mut summary) = (store.ledger().unwrap(), Summary::default());
            let clock = || Ok(at * second);
            let now = Timestamp::UNIX_EPOCH;
            let run = Run { entry: &entry, store: &store, now, clock: &clock, progress: &Silent };
            assert_eq!(run.take(&shelf, &mut ledger, &mut summary).unwrap(), None);
            let mut read = std::mem::take(&mut *shelf.read.lock().unwrap());
            read.sort();
            (read.join(" "), summary.received)
        };
        let file = |name: &str, mark: &str, changed: i128| {
            let (path, mark) = (format!("474/{name}"), mark.to_owned());
            Shown { path, bytes: mark.len() as u64, mark, changed: changed * second, modified: None, regular: true }
        };
        let link = || Shown { regular: false, ..file("link", "l", 0) };
        let (old, fresh, moving) = (|| file("a", "v1", 10), || file("b", "v1", 99), || file("c", "in motion", 10));
        assert_eq!(night(100, vec![moving(), old(), fresh(), link()]), ("a b c".into(), 4));
        // The second was changed within the step of the clock, the third while it was read.
        assert_eq!(night(200, vec![old(), fresh(), moving(), link()]), ("b c".into(), 0));
        assert_eq!(night(300, vec![old(), fresh(), file("c", "v2", 10)]), ("c".into(), 1));
        assert_eq!(night(400, vec![old(), fresh(), file("c", "v2", 10)]), (String::new(), 0));
        // Other times, or no longer refused: read; gone files disturb nothing.
        assert_eq!(night(500, vec![file("a", "v3", 450), file("link", "l", 0)]), ("a link".into(), 2));
        assert_eq!(store.ledger().unwrap().receipts().unwrap().len(), 7);
    }

    /// A server of which some files cannot be had.
    struct Server {
        files: Vec<Shown>,
        broken: fn(&str) -> bool,
    }

    impl Source for Server {
        fn shown(&self) -> Result<Listing, Trouble> {
            Ok(self.files.clone().into())
        }

        fn read(&self, offer: &Offer, _: &str) -> Result<Content, Trouble> {
            if (self.broken)(&offer.file_name) {
                return Err(Trouble::source("it is refused"));
            }
            let bytes = offer.file_name.clone().into_bytes();
            Ok(Content::Whole { bytes, mark: Some(offer.mark.clone()), modified: None })
        }
    }

    #[test]
    fn one_file_that_always_fails_keeps_none_of_those_after_it_from_coming() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let entry = Entry { place: Place::Webdav { url: String::new(), login: Login::Nobody }, ..entry() };
        let file = |at: usize| Shown {
            path: format!("474/{at:02}"),
            bytes: 2,
            mark: "v1".into(),
            changed: 0,
            modified: None,
            regular: true,
        };
        let mut summary = Summary::default();
        let mut night = |broken: fn(&str) -> bool, files: usize| {
            let server = Server { files: (0..files).map(file).collect(), broken };
            let clock = || Ok(1_000_000_000_000);
            let run =
                Run { entry: &entry, store: &store, now: Timestamp::UNIX_EPOCH, clock: &clock, progress: &Silent };
            let mut ledger = store.ledger().unwrap();
            let before = summary.received;
            let failed = run.take(&server, &mut ledger, &mut summary).unwrap();
            (summary.received - before, failed.map(|failed| failed.missed))
        };
        assert_eq!(night(|name| name == "00", 40), (39, Some(1)));
        // A source that is gone is not asked for each of its files.
        assert_eq!(night(|_| true, 400), (0, Some(361)));
    }
}
