//! Where things are kept: raw bytes, ledger, tables, releases. Only this room knows paths inside the store.
//!
//! ```text
//! <store>/raw/ab/abcdef…      received bytes under their SHA-256, never altered
//! <store>/restricted/…        those that hold persons, apart from the others until they are erased
//! <store>/ledger.sqlite       receipts, runs, what was made from what, files let through, digests of manifests; never figures
//! <store>/version             version of this layout
//! <store>/readings/<territory> what its files were read as, so that they are not read again
//! <store>/tables/<table>/…    the tables as the stages last wrote them
//! <store>/feedback/<district>/ the reply to each submission
//! <store>/releases/<id>/      what was published, whole or not at all
//! <store>/current             leads to the newest release
//! <store>/stable              leads to the newest stable release
//! <store>/manifests/<id>.json what is left of a release that was removed
//! ```

mod backup;
mod checksums;
pub mod columns;
pub mod feedback;
pub mod file;
mod keyed;
pub mod ledger;
pub mod made;
pub mod parquet;
mod prune;
pub mod published;
pub mod raw;
mod readings;
pub mod release;
mod replaced;
mod restricted;
mod splice;
pub mod tables;
mod verify;
mod version;
mod waivers;

use std::path::{Path, PathBuf};

use fs_err as fs;

pub use backup::BackedUp;
pub use feedback::Feedback;
pub use ledger::{Ledger, ReceiptRow, RestrictedRow, RunRow, Seen, Verdict};
pub use made::{Fresh, Inputs, Parts, Stale, Written};
pub use parquet::{Partition, TableWriter};
pub use prune::Standing;
pub use published::Published;
pub use readings::Readings;
pub use release::{ReleaseDraft, STABLE};
pub use replaced::Replaced;
pub use verify::{Chain, Fault, Read, Verified};

/// Why the store could not do what was asked.
#[expect(missing_docs, reason = "the message names each field")]
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refused; the message names the path.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The ledger refused.
    #[error("ledger `{path}`: {source}")]
    Ledger { path: PathBuf, source: rusqlite::Error },
    /// A table could not be written or read.
    #[error("table `{table}` ({}): {source}", path.display())]
    Table { table: String, path: PathBuf, source: ::parquet::errors::ParquetError },
    /// A batch does not fit the schema of its table.
    #[error("table `{table}`: {what}")]
    Schema { table: String, what: String },
    /// Another run holds the lock.
    #[error("another run is working in `{0}`")]
    Locked(PathBuf),
    /// A newer program has written the store.
    #[error("the store `{}` is of version {found}; this program knows version {known}", store.display())]
    Newer { store: PathBuf, found: u32, known: u32 },
    /// There is something where a store is to be restored.
    #[error("there is something in `{}` already", .0.display())]
    Occupied(PathBuf),
    /// A file that is no backup, or not a whole one.
    #[error("`{}` is no whole backup: {source}", path.display())]
    NoBackup { path: PathBuf, source: std::io::Error },
    /// A table does not follow from those that stand.
    #[error("table `{table}` was computed from other observations than those that stand")]
    Behind { table: &'static str },
    /// A stage needs what an earlier stage has not made yet.
    #[error("there is no table `{table}` in `{}`", store.display())]
    Missing { table: String, store: PathBuf },
}

impl StoreError {
    /// A batch whose columns do not make a table.
    pub fn batch(table: &str, error: &arrow_schema::ArrowError) -> Self {
        Self::Schema { table: table.to_owned(), what: error.to_string() }
    }
}

/// Result of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What a store keeps, for those who tell others where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Received bytes.
    Raw,
    /// A table.
    Table(&'static str),
    /// Everything that was published.
    Releases,
    /// The replies to the districts.
    Replies,
}

impl Kept {
    /// Where it lies in the store with this folder.
    pub fn path(self, store: &Path) -> PathBuf {
        match self {
            Self::Raw => store.join("raw"),
            Self::Table(table) => store.join("tables").join(table),
            Self::Releases => store.join("releases"),
            Self::Replies => store.join("feedback"),
        }
    }
}

/// An open store.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// Held while one run works in the store; the operating system releases it however the run ends.
#[derive(Debug)]
pub struct RunLock {
    _file: std::fs::File,
}

impl Store {
    /// Opens the store, making its folders where they are missing. Fails where it cannot write.
    pub fn open(root: &Path) -> Result<Self> {
        let store = Self { root: root.to_owned() };
        store.refuse_newer()?;
        // Tables that somebody removed do not stand any more.
        if root.join("ledger.sqlite").is_file() && !root.join("tables").is_dir() {
            store.forget_parts()?;
        }
        for folder in ["raw", "tables", "releases"] {
            fs::create_dir_all(root.join(folder))?;
        }
        Ok(store)
    }

    /// A store that is there already; nothing is made.
    pub fn open_existing(root: &Path) -> Option<Self> {
        root.join("ledger.sqlite").is_file().then(|| Self { root: root.to_owned() })
    }

    /// The store's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Takes the lock of the store and brings it up to date, or says that another run has it.
    pub fn lock(&self) -> Result<RunLock> {
        let path = self.root.join("lock");
        let file: std::fs::File = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)?.into();
        match file.try_lock() {
            Ok(()) => {
                self.migrate()?;
                Ok(RunLock { _file: file })
            }
            Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Locked(self.root.clone())),
            Err(std::fs::TryLockError::Error(e)) => Err(e.into()),
        }
    }

    /// What the clock of the store's file system says, in nanoseconds since 1970.
    pub fn file_clock(&self) -> Result<i128> {
        file::clock(&self.root)
    }

    /// Opens the ledger.
    pub fn ledger(&self) -> Result<Ledger> {
        Ledger::open(&self.root.join("ledger.sqlite"))
    }

    /// Folder of a table.
    pub(crate) fn table_folder(&self, table: &str) -> PathBuf {
        self.root.join("tables").join(table)
    }

    /// A batch of a table from its columns in the contract's order.
    pub fn batch(table: &'static str, columns: Vec<arrow_array::ArrayRef>) -> Result<arrow_array::RecordBatch> {
        let names: Vec<String> =
            tables::schema(table).map(|s| s.fields().iter().map(|f| f.name().clone()).collect()).unwrap_or_default();
        if names.len() != columns.len() {
            let what = format!("has {} columns, found {}", names.len(), columns.len());
            return Err(StoreError::Schema { table: table.to_owned(), what });
        }
        arrow_array::RecordBatch::try_from_iter(names.into_iter().zip(columns))
            .map_err(|e| StoreError::batch(table, &e))
    }

    /// The Parquet files of a table, sorted; an error where the table was never written.
    pub fn table_files(&self, table: &str) -> Result<Vec<PathBuf>> {
        let folder = self.table_folder(table);
        if !folder.is_dir() {
            return Err(StoreError::Missing { table: table.to_owned(), store: self.root.clone() });
        }
        file::files_below(&folder, "parquet")
    }
}
