//! The receipts of some bytes → what these are read as.
//!
//! In: receipts, and what the files of their territory were read as before. Out: the parts of the file, and the receipt that
//! stands: the first under which values of the file are accepted. What was refused to one sender, under a wrong name or before its time
//! does not keep out who sends it rightly. A file that was refused unread, is not signed as it must be, or holds persons is
//! not opened; one that was read before, just as it would be read now, is not read again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::refused::{unread, unsigned};
use super::{kept, parts, reading};
use crate::model::Plan;
use crate::store::{Readings, ReceiptRow, Store, StoreError, raw};

/// What reading a file needs.
pub(super) struct Opener<'a> {
    pub(super) plan: &'a Plan,
    pub(super) store: &'a Store,
    pub(super) desk: &'a reading::Desk<'a>,
    /// Digests of bytes that hold persons.
    pub(super) restricted: &'a BTreeSet<String>,
}

/// What a file is read as.
pub(super) struct Opened {
    /// The receipt that stands.
    pub(super) receipt: ReceiptRow,
    /// The others of the same bytes.
    pub(super) again: Vec<ReceiptRow>,
    pub(super) parts: Vec<reading::Part>,
    /// What is kept of it; nothing of a file that is not opened.
    pub(super) readings: Vec<Reading>,
}

/// What is kept of a file that was read.
pub(super) struct Reading {
    key: String,
    /// None where it is kept already.
    new: Option<Vec<u8>>,
}

/// What the files of a territory were read as before.
pub(super) struct Known<'a> {
    store: &'a Store,
    territory: &'a str,
    from: String,
    readings: Readings,
}

impl<'a> Known<'a> {
    /// What is kept of a territory's files.
    pub(super) fn of(store: &'a Store, plan: &Plan, territory: &'a str) -> Self {
        let from = kept::from(plan);
        let readings = store.readings(territory, &from);
        Self { store, territory, from, readings }
    }

    /// Keeps what the files are read as now, where that is not what is kept. Returns how many were read.
    pub(super) fn keep(&self, readings: &[Reading]) -> Result<usize, StoreError> {
        let all = || readings.iter();
        let new = all().filter(|reading| reading.new.is_some()).count();
        if new > 0 || !self.readings.are(all().map(|reading| reading.key.as_str())) {
            let mut entries = BTreeMap::new();
            for Reading { key, new } in all() {
                if let Some(entry) = new.as_deref().or_else(|| self.readings.get(key)) {
                    entries.insert(key.as_str(), entry);
                }
            }
            self.store.keep_readings(self.territory, &self.from, &entries)?;
        }
        Ok(new)
    }
}

impl Opener<'_> {
    /// What some bytes are read as.
    pub(super) fn open(&self, (first, again): parts::Received, known: &Known<'_>) -> Result<Opened, StoreError> {
        let (parts, reading) = self.read(&first, known)?;
        let mut opened = Opened { receipt: first, again, parts, readings: reading.into_iter().collect() };
        if refused(&opened.parts) {
            for at in 0..opened.again.len() {
                let (parts, reading) = self.read(&opened.again[at], known)?;
                opened.readings.extend(reading);
                if !refused(&parts) {
                    opened.parts = parts;
                    std::mem::swap(&mut opened.receipt, &mut opened.again[at]);
                    break;
                }
            }
        }
        Ok(opened)
    }

    /// What a receipt's file is read as, and what is kept of that.
    fn read(
        &self,
        receipt: &ReceiptRow,
        known: &Known<'_>,
    ) -> Result<(Vec<reading::Part>, Option<Reading>), StoreError> {
        let id = raw::submission_id(&receipt.sha256);
        let unopened = |finding| Ok((vec![reading::Part::refused(finding)], None));
        if !receipt.refused.is_empty() {
            return unopened(unread(receipt));
        }
        if let Some(finding) = unsigned(receipt) {
            return unopened(finding);
        }
        // What was found to hold persons is not opened again.
        if self.restricted.contains(&receipt.sha256) {
            return unopened(reading::persons(id));
        }
        let at = Timestamp::from_microsecond(receipt.received_at).unwrap_or(Timestamp::UNIX_EPOCH);
        let received = reading::Received {
            submission_id: id,
            district: &receipt.district,
            file_name: &receipt.file_name,
            member: None,
            day: self.plan.local_date(at),
            waivers: &receipt.waivers,
        };
        let key = kept::key(&receipt.sha256, &received);
        if let Some(parts) = known.readings.get(&key).and_then(kept::decode) {
            return Ok((parts, Some(Reading { key, new: None })));
        }
        let bytes = self.store.read_raw(&receipt.sha256)?;
        let parts = reading::read(bytes, &received, self.desk);
        tell(receipt, &parts);
        let reading = kept::encode(&parts).map(|new| Reading { key, new: Some(new) });
        Ok((parts, reading))
    }
}

/// Whether nothing came of a file.
fn refused(parts: &[reading::Part]) -> bool {
    !parts.iter().any(|part| reading::is_of_use(&part.outcome))
}

/// Logs what is quarantined of a file.
fn tell(receipt: &ReceiptRow, parts: &[reading::Part]) {
    for part in parts {
        if let Err(finding) = &part.outcome {
            tracing::info!(
                stage = "normalize",
                submission = raw::submission_id(&receipt.sha256),
                district = %receipt.district,
                file = %receipt.file_name,
                member = part.member.as_deref().unwrap_or(""),
                code = finding.code.as_str(),
                "quarantined"
            );
        }
    }
}
