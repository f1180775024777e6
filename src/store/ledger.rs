//! Receipts and runs in an embedded SQLite file. It never holds figures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::{Result, StoreError};
use crate::model::{SIGNATURE_ENDINGS, Signature, Waiver};

/// One receipt: a file came from a source, at a time, for a district.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceiptRow {
    /// Microseconds since 1970 UTC.
    pub received_at: i64,
    /// Folder name below the inbox: the sender; or the district that a person said it was.
    pub district: String,
    /// File name as it stood.
    pub file_name: String,
    /// Name of the source.
    pub source: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes; empty where the file was refused unread (a symlink).
    pub sha256: String,
    /// Why it was refused unread: a finding code; empty otherwise.
    pub refused: String,
    /// What a person said of the file or its members where they were quarantined; empty nearly always.
    pub waivers: Vec<Waiver>,
    /// How it stands to its signature.
    pub signature: Signature,
    /// Name of the signer; empty where there is none.
    pub signed_by: String,
}

/// How a received file was found to stand to its signature.
#[derive(Debug)]
pub struct Verdict<'a> {
    /// The file's receipt.
    pub receipt: &'a ReceiptRow,
    /// How it stands.
    pub signature: Signature,
    /// Name of the signer; empty where there is none.
    pub signed_by: String,
}

/// A file as its source showed it when it was last read, so that it need not be read again while it is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'a> {
    /// District folder; empty for a file that lies in none.
    pub district: &'a str,
    /// Name below that folder.
    pub file_name: &'a str,
    /// Size in bytes.
    pub bytes: u64,
    /// What else its source tells versions apart by (times, an `ETag`).
    pub mark: &'a str,
    /// Whether it was refused unread.
    pub refused: bool,
}

/// Bytes that hold persons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedRow {
    /// SHA-256 of the bytes.
    pub sha256: String,
    /// Microseconds since 1970 UTC from which on they are kept apart.
    pub since: i64,
    /// When they were erased; none while they are kept.
    pub erased_at: Option<i64>,
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Microseconds since 1970 UTC.
    pub started_at: i64,
    /// The job, or the command.
    pub command: String,
    /// Exit code; none while it runs or where it was killed.
    pub exit_code: Option<i32>,
    /// Its report in JSON.
    pub summary: String,
}

/// The open ledger.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    pub(super) connection: Connection,
}

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS receipts (
        source TEXT NOT NULL, district TEXT NOT NULL, file_name TEXT NOT NULL, bytes INTEGER NOT NULL,
        sha256 TEXT NOT NULL, received_at INTEGER NOT NULL, refused TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (source, district, file_name, sha256)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS seen (
        source TEXT NOT NULL, district TEXT NOT NULL, file_name TEXT NOT NULL, bytes INTEGER NOT NULL,
        mark TEXT NOT NULL, refused INTEGER NOT NULL,
        PRIMARY KEY (source, district, file_name)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS signatures (
        source TEXT NOT NULL, district TEXT NOT NULL, file_name TEXT NOT NULL, sha256 TEXT NOT NULL,
        signature TEXT NOT NULL, signed_by TEXT NOT NULL,
        PRIMARY KEY (source, district, file_name, sha256)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS notes (name TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS restricted (
        sha256 TEXT NOT NULL PRIMARY KEY, since INTEGER NOT NULL, erased_at INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS waivers (
        id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, member TEXT NOT NULL, district TEXT, period TEXT, form TEXT,
        quarantined TEXT NOT NULL, reason TEXT NOT NULL, who TEXT NOT NULL, at INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS releases (
        id TEXT NOT NULL PRIMARY KEY, manifest_sha256 TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS runs (
        id INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, command TEXT NOT NULL, exit_code INTEGER,
        summary TEXT NOT NULL DEFAULT ''
    );
";

impl Ledger {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let fail = |source| StoreError::Ledger { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(fail)?;
        connection.execute_batch(SCHEMA).map_err(fail)?;
        connection.execute_batch(super::made::SCHEMA).map_err(fail)?;
        Ok(Self { path: path.to_owned(), connection })
    }

    pub(super) fn fail(&self) -> impl Fn(rusqlite::Error) -> StoreError + '_ {
        |source| StoreError::Ledger { path: self.path.clone(), source }
    }

    /// Adds receipts, and notes the files of `source` as seen, in one transaction. A receipt that is there already (same
    /// source, district, name and bytes) is not added again. Where any is new, `before` is done before they count.
    /// Returns how many are new.
    pub fn add_receipts(
        &mut self,
        rows: &[ReceiptRow],
        source: &str,
        seen: &[Seen<'_>],
        before: impl FnOnce() -> Result<()>,
    ) -> Result<usize> {
        if rows.is_empty() && seen.is_empty() {
            return Ok(0);
        }
        let path = self.path.clone();
        let fail = |source| StoreError::Ledger { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(fail)?;
        let mut added = 0;
        {
            let mut insert = transaction
                .prepare("INSERT OR IGNORE INTO receipts (source, district, file_name, bytes, sha256, received_at, refused) VALUES (?,?,?,?,?,?,?)")
                .map_err(fail)?;
            for r in rows {
                added += insert
                    .execute(params![
                        r.source,
                        r.district,
                        r.file_name,
                        r.bytes as i64,
                        r.sha256,
                        r.received_at,
                        r.refused
                    ])
                    .map_err(fail)?;
            }
            let mut note = transaction
                .prepare("INSERT OR REPLACE INTO seen (source, district, file_name, bytes, mark, refused) VALUES (?,?,?,?,?,?)")
                .map_err(fail)?;
            for s in seen {
                note.execute(params![source, s.district, s.file_name, s.bytes as i64, s.mark, s.refused])
                    .map_err(fail)?;
            }
        }
        if added > 0 {
            before()?;
        }
        transaction.commit().map_err(fail)?;
        Ok(added)
    }

    /// Shows every file of a source as it was last seen, by district and name.
    pub fn seen(&self, source: &str, mut each: impl FnMut(Seen<'_>)) -> Result<()> {
        let mut select = self
            .connection
            .prepare("SELECT district, file_name, bytes, mark, refused FROM seen WHERE source = ? ORDER BY district, file_name")
            .map_err(self.fail())?;
        let mut rows = select.query([source]).map_err(self.fail())?;
        while let Some(row) = rows.next().map_err(self.fail())? {
            let text = |at: usize| row.get_ref(at)?.as_str().map_err(rusqlite::Error::from);
            let number = |at: usize| row.get_ref(at)?.as_i64().map_err(rusqlite::Error::from);
            let seen = || -> rusqlite::Result<Seen<'_>> {
                Ok(Seen {
                    district: text(0)?,
                    file_name: text(1)?,
                    bytes: number(2)?.cast_unsigned(),
                    mark: text(3)?,
                    refused: number(4)? != 0,
                })
            };
            each(seen().map_err(self.fail())?);
        }
        Ok(())
    }

    /// All receipts with what was said of them, ordered by time, district and name.
    pub fn receipts(&self) -> Result<Vec<ReceiptRow>> {
        let mut all = self.select_receipts("")?;
        self.with_waivers(&mut all)?;
        all.sort();
        Ok(all)
    }

    /// Receipts as they came; where not `all`, those of signatures and those that were judged by one. Ordered likewise.
    pub fn receipts_to_judge(&self, all: bool) -> Result<Vec<ReceiptRow>> {
        if all {
            return self.select_receipts("");
        }
        let of_endings = SIGNATURE_ENDINGS.map(|ending| format!("file_name LIKE '%{ending}'")).join(" OR ");
        self.select_receipts(&format!("WHERE signature IS NOT NULL OR {of_endings}"))
    }

    fn select_receipts(&self, filter: &str) -> Result<Vec<ReceiptRow>> {
        let mut select = self
            .connection
            .prepare(&format!(
                "SELECT received_at, district, file_name, source, bytes, sha256, refused, signature, signed_by
                 FROM receipts LEFT JOIN signatures USING (source, district, file_name, sha256) {filter}"
            ))
            .map_err(self.fail())?;
        let rows = select
            .query_map([], |r| {
                Ok(ReceiptRow {
                    received_at: r.get(0)?,
                    district: r.get(1)?,
                    file_name: r.get(2)?,
                    source: r.get(3)?,
                    bytes: r.get::<_, i64>(4)?.cast_unsigned(),
                    sha256: r.get(5)?,
                    refused: r.get(6)?,
                    waivers: Vec::new(),
                    signature: r.get_ref(7)?.as_str_or_null()?.and_then(Signature::from_word).unwrap_or_default(),
                    signed_by: r.get_ref(8)?.as_str_or_null()?.unwrap_or_default().to_owned(),
                })
            })
            .map_err(self.fail())?;
        let mut all: Vec<_> = rows.collect::<rusqlite::Result<_>>().map_err(self.fail())?;
        all.sort();
        Ok(all)
    }

    /// How many receipts there are.
    pub fn count_receipts(&self) -> Result<u64> {
        let count: i64 =
            self.connection.query_row("SELECT count(*) FROM receipts", [], |r| r.get(0)).map_err(self.fail())?;
        Ok(count.cast_unsigned())
    }

    /// A note that was left under this name.
    pub fn note(&self, name: &str) -> Result<Option<String>> {
        self.connection
            .query_row("SELECT text FROM notes WHERE name = ?", [name], |r| r.get(0))
            .optional()
            .map_err(self.fail())
    }

    /// Keeps verdicts and leaves a note, in one transaction.
    pub fn judge(&mut self, verdicts: &[Verdict<'_>], note: &str, text: &str) -> Result<()> {
        let path = self.path.clone();
        let fail = |source| StoreError::Ledger { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(fail)?;
        {
            let mut keep = transaction
                .prepare("INSERT OR REPLACE INTO signatures (source, district, file_name, sha256, signature, signed_by) VALUES (?,?,?,?,?,?)")
                .map_err(fail)?;
            for v in verdicts {
                let r = v.receipt;
                keep.execute(params![r.source, r.district, r.file_name, r.sha256, v.signature.as_str(), v.signed_by])
                    .map_err(fail)?;
            }
            transaction
                .execute("INSERT OR REPLACE INTO notes (name, text) VALUES (?, ?)", params![note, text])
                .map_err(fail)?;
        }
        transaction.commit().map_err(fail)
    }

    /// Notes bytes that hold persons; what is known already stays as it is.
    pub fn add_restricted(&mut self, sha256s: &[String], since: i64) -> Result<()> {
        let path = self.path.clone();
        let fail = |source| StoreError::Ledger { path: path.clone(), source };
        let transaction = self.connection.transaction().map_err(fail)?;
        for sha256 in sha256s {
            transaction
                .execute("INSERT OR IGNORE INTO restricted (sha256, since) VALUES (?, ?)", params![sha256, since])
                .map_err(fail)?;
        }
        transaction.commit().map_err(fail)
    }

    /// Notes that bytes were erased.
    pub fn mark_erased(&self, sha256: &str, at: i64) -> Result<()> {
        self.connection
            .execute("UPDATE restricted SET erased_at = ? WHERE sha256 = ?", params![at, sha256])
            .map_err(self.fail())?;
        Ok(())
    }

    /// All bytes that hold persons, erased ones included.
    pub fn restricted(&self) -> Result<Vec<RestrictedRow>> {
        let mut select = self
            .connection
            .prepare("SELECT sha256, since, erased_at FROM restricted ORDER BY sha256")
            .map_err(self.fail())?;
        let rows = select
            .query_map([], |r| Ok(RestrictedRow { sha256: r.get(0)?, since: r.get(1)?, erased_at: r.get(2)? }))
            .map_err(self.fail())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.fail())
    }

    /// Copies the ledger as it is now to a file that is not there yet.
    pub(super) fn copy(&self, to: &Path) -> Result<()> {
        self.connection.execute("VACUUM INTO ?", [to.to_string_lossy()]).map_err(self.fail())?;
        Ok(())
    }

    /// Notes the manifest of a release that is about to be visible.
    pub fn add_release(&self, id: &str, manifest_sha256: &str) -> Result<()> {
        self.connection
            .execute("INSERT OR REPLACE INTO releases (id, manifest_sha256) VALUES (?, ?)", [id, manifest_sha256])
            .map_err(self.fail())?;
        Ok(())
    }

    /// The digests of the manifests of releases, by id.
    pub fn releases(&self) -> Result<BTreeMap<String, String>> {
        let mut select = self.connection.prepare("SELECT id, manifest_sha256 FROM releases").map_err(self.fail())?;
        let rows = select.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).map_err(self.fail())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.fail())
    }

    /// Notes that a run started; returns its number.
    pub fn start_run(&self, started_at: i64, command: &str) -> Result<i64> {
        self.connection
            .execute("INSERT INTO runs (started_at, command) VALUES (?, ?)", params![started_at, command])
            .map_err(self.fail())?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Notes how a run ended.
    pub fn end_run(&self, id: i64, exit_code: i32, summary: &str) -> Result<()> {
        self.connection
            .execute("UPDATE runs SET exit_code = ?, summary = ? WHERE id = ?", params![exit_code, summary, id])
            .map_err(self.fail())?;
        Ok(())
    }

    /// The summary of the last run of each command that ended, in the order of their names; with `code`, that ended so.
    pub fn last_of_each(&self, code: Option<i32>) -> Result<Vec<String>> {
        let mut select = self
            .connection
            .prepare(
                "SELECT summary FROM runs WHERE id IN (SELECT MAX(id) FROM runs \
                 WHERE exit_code IS NOT NULL AND (?1 IS NULL OR exit_code = ?1) GROUP BY command) ORDER BY command",
            )
            .map_err(self.fail())?;
        let rows = select.query_map([code], |r| r.get(0)).map_err(self.fail())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.fail())
    }

    /// The last `count` runs, newest first.
    pub fn last_runs(&self, count: usize) -> Result<Vec<RunRow>> {
        let mut select = self
            .connection
            .prepare("SELECT started_at, command, exit_code, summary FROM runs ORDER BY id DESC LIMIT ?")
            .map_err(self.fail())?;
        let rows = select
            .query_map([count as i64], |r| {
                Ok(RunRow { started_at: r.get(0)?, command: r.get(1)?, exit_code: r.get(2)?, summary: r.get(3)? })
            })
            .map_err(self.fail())?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.fail())
    }
}
