//! Stage 2: raw bytes → observations, findings, submissions, reporting and the reference tables.
//!
//! 1. [`read`]: bytes → sheets of cells that know their address
//! 2. [`layout`], [`period`], [`units`]: which form, which period, which column is which element, which row which unit
//! 3. [`values`], [`checks`]: text → number or the reason why not; contradictions
//! 4. [`versions`]: which of several files for one district, form and period is current
//! 5. [`tables`], [`mod@reference`]: the tables of the data contract

mod checks;
mod fold;
mod layout;
mod memo;
mod period;
mod read;
mod reading;
mod reference;
mod tables;
mod units;
mod values;
mod versions;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::model::{Code, Finding, Plan, Progress};
use crate::register::Register;
use crate::store::{ReceiptRow, Store, StoreError, raw};

/// What normalize did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Receipts looked at.
    pub files: usize,
    /// Submissions accepted, with or without findings, superseded ones included.
    pub accepted: usize,
    /// Submissions quarantined.
    pub quarantined: usize,
    /// Submissions replaced by a later one.
    pub superseded: usize,
    /// Current values.
    pub values: usize,
    /// Findings that left something out.
    pub errors: usize,
    /// Findings that flag a value.
    pub warnings: usize,
    /// Notes.
    pub infos: usize,
}

/// One received file with what came of it.
struct Submission {
    receipt: ReceiptRow,
    outcome: reading::Outcome,
    /// Later receipts of the same bytes.
    again: Vec<ReceiptRow>,
}

/// Reads every received file and writes the tables of the stage.
pub fn normalize(
    plan: &Plan,
    register: &Register,
    store: &Store,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Summary, StoreError> {
    let receipts = store.ledger()?.receipts()?;
    let files = receipts.len();
    progress.start("normalize", files as u64);
    let desk = reading::Desk::new(plan, register);
    let submissions: Result<Vec<Submission>, StoreError> = first_receipts(receipts)
        .into_par_iter()
        .map(|(receipt, again)| {
            let outcome = outcome(&receipt, plan, store, &desk)?;
            progress.advance(1 + again.len() as u64);
            Ok(Submission { receipt, outcome, again })
        })
        .collect();
    let submissions = submissions?;
    let standing = versions::resolve(&submissions);
    let mut summary = tables::write(plan, register, store, now, &submissions, &standing)?;
    summary.files = files;
    reference::write(plan, register, store, now)?;
    progress.finish();
    Ok(summary)
}

/// The first receipt of each content, with the later ones of the same bytes; a file refused unread stands for itself.
fn first_receipts(receipts: Vec<ReceiptRow>) -> Vec<(ReceiptRow, Vec<ReceiptRow>)> {
    let mut first: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let mut all: Vec<(ReceiptRow, Vec<ReceiptRow>)> = Vec::new();
    for receipt in receipts {
        match first.get(&receipt.sha256) {
            Some(at) if !receipt.sha256.is_empty() => all[*at].1.push(receipt),
            _ => {
                first.insert(receipt.sha256.clone(), all.len());
                all.push((receipt, Vec::new()));
            }
        }
    }
    all
}

fn outcome(
    receipt: &ReceiptRow,
    plan: &Plan,
    store: &Store,
    desk: &reading::Desk<'_>,
) -> Result<reading::Outcome, StoreError> {
    let id = raw::submission_id(&receipt.sha256);
    if !receipt.refused.is_empty() {
        let code = Code::from_word(&receipt.refused).unwrap_or(Code::FileUnreadable);
        let (found, vi, en) = match code {
            Code::FileUnsafe => ("link", "một tệp thường", "a regular file"),
            _ => ("", "một tệp đọc được trong giới hạn", "a readable file within the limit"),
        };
        return Ok(Err(Box::new(Finding::new(code, id, found, vi, en))));
    }
    let bytes = store.read_raw(&receipt.sha256)?;
    let at = Timestamp::from_microsecond(receipt.received_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let received = reading::Received {
        submission_id: id,
        district: &receipt.district,
        file_name: &receipt.file_name,
        day: plan.local_date(at),
    };
    let outcome = reading::read(bytes, &received, desk);
    if let Err(finding) = &outcome {
        tracing::info!(
            stage = "normalize",
            submission = id,
            district = %receipt.district,
            file = %receipt.file_name,
            code = finding.code.as_str(),
            "quarantined"
        );
    }
    Ok(outcome)
}
