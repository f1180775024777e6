//! Bytes that hold persons: kept apart under tighter permissions, erased after a time, never read again.
//!
//! The ledger says first that a file is restricted, then its bytes are moved, later erased, and the ledger says that too.
//! A run that was killed between these steps leaves them to the next one. The receipt stays throughout, and bytes that the
//! ledger knows are not kept when they come again.

use std::collections::BTreeSet;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs_err as fs;
use jiff::Timestamp;

use super::{Result, Store};

/// Microseconds of a day.
const DAY: u64 = 86_400_000_000;

impl Store {
    /// Path under which restricted bytes are kept.
    fn restricted_path(&self, sha256: &str) -> PathBuf {
        self.root().join("restricted").join(sha256)
    }

    /// Digests of all bytes that were found to hold persons, erased ones included.
    pub fn restricted(&self) -> Result<BTreeSet<String>> {
        Ok(self.ledger()?.restricted()?.into_iter().map(|row| row.sha256).collect())
    }

    /// Puts bytes with these digests apart, completes what an earlier run began, and erases what was kept apart for
    /// `days`.
    pub fn restrict(&self, sha256s: &[String], now: Timestamp, days: u64) -> Result<()> {
        let mut ledger = self.ledger()?;
        ledger.add_restricted(sha256s, now.as_microsecond())?;
        for row in ledger.restricted()?.into_iter().filter(|row| row.erased_at.is_none()) {
            let since = now.as_microsecond().saturating_sub(row.since);
            let expired = u64::try_from(since).is_ok_and(|since| since >= days.saturating_mul(DAY));
            let raw = self.raw_path(&row.sha256);
            forget_drafts(&raw)?;
            if expired {
                remove(&raw)?;
                remove(&self.restricted_path(&row.sha256))?;
                ledger.mark_erased(&row.sha256, now.as_microsecond())?;
                tracing::info!(stage = "normalize", submission = super::raw::submission_id(&row.sha256), "erased");
            } else if raw.exists() {
                let folder = self.root().join("restricted");
                if !folder.is_dir() {
                    std::fs::DirBuilder::new().mode(0o700).create(&folder)?;
                }
                fs::set_permissions(&raw, std::fs::Permissions::from_mode(0o600))?;
                fs::rename(&raw, self.restricted_path(&row.sha256))?;
            }
        }
        Ok(())
    }
}

/// Removes what a killed run left of the same bytes half written.
fn forget_drafts(raw: &Path) -> Result<()> {
    let (Some(folder), Some(name)) = (raw.parent(), raw.file_name()) else { return Ok(()) };
    let draft = format!(".{}.", name.to_string_lossy());
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&draft) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file; one that is gone already is as it should be.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(n: i64) -> Timestamp {
        Timestamp::from_second(n * 86_400).unwrap()
    }

    #[test]
    fn bytes_are_put_apart_then_erased_and_never_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let none = BTreeSet::new();
        let (kept, other) = (store.keep_raw(b"persons", &none).unwrap(), store.keep_raw(b"counts", &none).unwrap());
        store.restrict(std::slice::from_ref(&kept), day(10), 30).unwrap();
        let path = store.restricted_path(&kept);
        assert_eq!(std::fs::read(&path).unwrap(), b"persons");
        assert!(!store.raw_path(&kept).exists() && store.raw_path(&other).exists());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));

        // Sent again, also once erased, they are not kept again.
        for (now, there) in [(39, true), (40, false), (50, false)] {
            let restricted = store.restricted().unwrap();
            assert_eq!(store.keep_raw(b"persons", &restricted).unwrap(), kept);
            store.restrict(&[], day(now), 30).unwrap();
            assert_eq!((path.exists(), store.raw_path(&kept).exists()), (there, false), "day {now}");
        }
    }

    #[test]
    fn what_a_killed_run_began_the_next_one_completes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let kept = store.keep_raw(b"persons", &BTreeSet::new()).unwrap();
        let draft = store.raw_path(&kept).with_file_name(format!(".{kept}.1-0.draft"));
        std::fs::write(&draft, "per").unwrap();
        // Killed once the ledger said so, before the bytes were moved.
        store.ledger().unwrap().add_restricted(std::slice::from_ref(&kept), day(10).as_microsecond()).unwrap();
        store.restrict(&[], day(11), 30).unwrap();
        assert!(store.restricted_path(&kept).exists() && !store.raw_path(&kept).exists() && !draft.exists());
        // Killed once the bytes were erased, before the ledger said so.
        std::fs::remove_file(store.restricted_path(&kept)).unwrap();
        store.restrict(&[], day(41), 30).unwrap();
        assert_eq!(store.ledger().unwrap().restricted().unwrap()[0].erased_at, Some(day(41).as_microsecond()));
    }
}
