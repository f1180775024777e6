//! Stage 1: sources → raw bytes and receipts. It never looks inside a form.
//!
//! Every file that a source offers is kept byte for byte under its digest, and a receipt says from whom and when it came.
//! Nothing is skipped but what the source's entry leaves aside. What may not be taken (a symbolic link, a file over the
//! limit, one of a district that the source does not speak for) gets a receipt that says so, and never stops the others.
//!
//! A file that its source shows as it was when it was last read is not read again, and where nothing is new nothing is
//! written. What comes over a network is noted in small lots: what came whole is not fetched again, however a run ends. A
//! source that fails is told and does not stop the others.
//!
//! [`signatures`] judges what is signed, over bytes alone.

mod folder;
mod https;
mod net;
mod receipts;
mod sftp;
mod signatures;
mod storage;
mod take;
mod trouble;
mod vault;

use std::cell::OnceCell;

use jiff::Timestamp;

use crate::model::{Code, Place, Plan, Progress, Receipt, Source as Entry};
use crate::store::{Seen, Store, StoreError};

pub use trouble::Trouble;
pub use vault::{Environment, reveal};

use net::Net;
use vault::Vault;

/// A file as a source shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Path below the source's place.
    pub path: String,
    /// Size in bytes; 0 where the source does not say.
    pub bytes: u64,
    /// What else tells its versions apart, in the source's own words; empty where only reading it does.
    pub mark: String,
    /// When it last changed by the clock of the files, in nanoseconds since 1970.
    pub changed: i128,
    /// When it was modified, in microseconds since 1970.
    pub modified: Option<i64>,
    /// Whether it is a file, and not a link or a device.
    pub regular: bool,
}

/// A file that a source offers for a district, not yet read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// District; empty for a file that lies in no district's folder.
    pub district: String,
    /// Name below that folder.
    pub file_name: String,
    /// Microseconds since 1970 UTC at which the source says it came; none where the time of the run counts.
    pub received_at: Option<i64>,
    /// Size in bytes.
    pub bytes: u64,
    /// As [`Shown::mark`].
    pub mark: String,
    /// As [`Shown::changed`].
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
        let same = (self.bytes, self.mark.as_str(), self.refused.is_some()) == (seen.bytes, seen.mark, seen.refused);
        same && !self.mark.is_empty()
    }
}

/// What there is in a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Its files, in any order.
    pub files: Vec<Shown>,
    /// What of it could not be looked at; that does not stop the rest.
    pub missed: Vec<Trouble>,
}

impl From<Vec<Shown>> for Listing {
    fn from(files: Vec<Shown>) -> Self {
        Self { files, missed: Vec::new() }
    }
}

/// What reading an offer gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The bytes.
    Whole {
        /// All of them.
        bytes: Vec<u8>,
        /// The mark of these very bytes; none where that is not sure.
        mark: Option<String>,
        /// When they were modified, where only reading them tells, in microseconds since 1970.
        modified: Option<i64>,
    },
    /// What was read before still stands.
    Unchanged,
    /// It is larger than the source's limit.
    TooLarge,
}

/// Where forms come from. A new kind of source is a file with an implementation, a line in [`open`], and its entry in the
/// plan.
pub trait Source: Sync {
    /// What there is.
    fn shown(&self) -> Result<Listing, Trouble>;
    /// Reads one offer. `before` is the mark of what was read of it last, or empty.
    fn read(&self, offer: &Offer, before: &str) -> Result<Content, Trouble>;
}

/// Why pull could not go on.
#[expect(missing_docs, reason = "the message names each field")]
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// No source could be read.
    #[error("no source could be read: {}", list(.0))]
    Sources(Vec<Failed>),
    /// The list of receipts is broken.
    #[error("the receipts of source `{name}`: {what}")]
    Receipts { name: String, what: String },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A source that could not be read, or not in full.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Failed {
    /// Name of the source.
    pub source: String,
    /// What happened.
    pub what: String,
    /// Files that did not come over; the next run asks for them again.
    pub missed: usize,
    /// Whether it is a folder of this machine.
    #[serde(skip)]
    pub folder: bool,
}

fn list(failed: &[Failed]) -> String {
    failed.iter().map(|f| format!("`{}`: {}", f.source, f.what)).collect::<Vec<_>>().join("; ")
}

/// What pull did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Files that the sources offered.
    pub files: usize,
    /// Receipts that are new.
    pub received: usize,
    /// Files refused unread.
    pub refused: usize,
    /// Files left aside by a source's pattern.
    pub left_aside: usize,
    /// Sources that could not be read, or not in full.
    pub failed: Vec<Failed>,
}

/// Keeps every file that the plan's sources offer. The bytes are on disk before a receipt speaks of them. Secrets are
/// looked up in `environment`.
pub fn pull(
    plan: &Plan,
    store: &Store,
    environment: &Environment<'_>,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Summary, PullError> {
    let mut summary = Summary::default();
    let mut ledger = store.ledger()?;
    let net = OnceCell::new();
    let seed = now.as_microsecond().cast_unsigned();
    let clock = || store.file_clock();
    for entry in &plan.sources {
        let run = take::Run { entry, store, now, clock: &clock, progress };
        let failed = match open(entry, &net, seed, Vault { environment }) {
            Ok(source) => run.take(source.as_ref(), &mut ledger, &mut summary)?,
            Err(trouble) => Some(run.failed(&trouble, 0)),
        };
        if let Some(failed) = failed {
            tracing::error!(stage = "pull", source = %failed.source, missed = failed.missed, "{}", failed.what);
            summary.failed.push(failed);
        }
    }
    // Where nothing at all could be looked at, the run has no ground to go on from.
    if summary.failed.len() == plan.sources.len() && summary.files == 0 {
        return Err(PullError::Sources(summary.failed));
    }
    signatures::judge(plan, store, &mut ledger)?;
    Ok(summary)
}

/// A source of the plan. The network is set up when the first needs it.
fn open<'a>(
    entry: &'a Entry,
    net: &'a OnceCell<Net>,
    seed: u64,
    vault: Vault<'_>,
) -> Result<Box<dyn Source + 'a>, Trouble> {
    let online = || match net.get() {
        Some(net) => Ok(net),
        None => Net::start(seed).map(|started| net.get_or_init(|| started)),
    };
    Ok(match &entry.place {
        Place::Folder(root) => Box::new(folder::Folder { entry, root }),
        Place::Sftp(server) => Box::new(sftp::Sftp::open(entry, online()?, server, vault)?),
        Place::S3(bucket) => Box::new(storage::Storage::s3(entry, online()?, bucket, vault)?),
        Place::Webdav { url, login } => Box::new(storage::Storage::webdav(entry, online()?, url, login, vault)?),
        Place::Https { files, login } => Box::new(https::Https::open(entry, online()?, files, login, vault)?),
    })
}

/// What a file is to its source's entry: an offer, or nothing where the entry leaves it aside.
fn shelve(entry: &Entry, shown: Shown) -> Option<Offer> {
    if !entry.pattern.fits(&shown.path) {
        return None;
    }
    let (district, file_name, speaks_for) = entry.senders.split(&shown.path);
    let refused = if !shown.regular {
        Some(Code::FileUnsafe)
    } else if !speaks_for {
        Some(Code::SenderUnknown)
    } else if shown.bytes > entry.max_file_bytes {
        Some(Code::FileTooLarge)
    } else {
        None
    };
    Some(Offer {
        district: district.to_owned(),
        file_name: file_name.to_owned(),
        received_at: shown.modified.filter(|_| entry.received == Receipt::Modified),
        bytes: shown.bytes,
        mark: shown.mark,
        changed: shown.changed,
        refused,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;
    use crate::model::{Pattern, Senders};

    /// An entry for tests.
    pub(super) fn entry() -> Entry {
        Entry {
            name: "inbox".into(),
            place: Place::Folder(PathBuf::new()),
            senders: Senders::Any,
            pattern: Pattern::default(),
            received: Receipt::Now,
            receipts: None,
            max_file_bytes: 100,
            retries: 0,
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn an_entry_says_what_is_offered_and_what_is_refused() {
        let mut entry = Entry { senders: Senders::Of(vec!["474".into()]), max_file_bytes: 5, ..entry() };
        entry.pattern.add("*.csv").unwrap();
        let of = |path: &str, bytes: u64, regular: bool| {
            let (path, mark) = (path.to_owned(), String::new());
            let shown = Shown { path, bytes, mark, changed: 0, modified: Some(7), regular };
            shelve(&entry, shown).map(|o| (o.district, o.file_name, o.refused.map(Code::as_str), o.received_at))
        };
        let offer = |district: &str, name: &str, refused| Some((district.into(), name.into(), refused, None));
        assert_eq!(of("474/sub/a.csv", 5, true), offer("474", "sub/a.csv", None));
        assert_eq!(of("474/a.csv", 6, true), offer("474", "a.csv", Some("file-too-large")));
        assert_eq!(of("474/a.csv", 1, false), offer("474", "a.csv", Some("file-unsafe")));
        assert_eq!(of("480/a.csv", 1, true), offer("480", "a.csv", Some("sender-unknown")));
        assert_eq!(of("a.csv", 1, true), offer("", "a.csv", Some("sender-unknown")));
        assert_eq!(of("474/a.pdf", 1, true), None);
    }
}
