//! Stage 2: raw bytes → observations, findings, submissions, reporting and the reference tables.
//!
//! 1. [`read`]: bytes → sheets of cells that know their address
//! 2. [`layout`], [`period`], [`rows`], [`units`]: which form, which period, which column is which element, which row
//!    which unit
//! 3. [`values`], [`checks`]: text → number or the reason why not; contradictions
//! 4. [`versions`]: which of several files for one district, form and period is current; then reviewed [`corrections`], and
//!    [`checks`] across periods
//! 5. [`justify`]: what a district explained closes its warnings
//! 6. [`tables`], [`mod@reference`]: the tables of the data contract
//!
//! [`view`] shows a file's form again, for the reply.

mod checks;
mod corrections;
mod fold;
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod inspect;
mod justify;
mod layout;
mod memo;
mod names;
mod period;
mod read;
mod reading;
mod reference;
mod rows;
mod stamp;
mod tables;
mod units;
mod values;
mod versions;
mod view;

use std::collections::BTreeSet;

pub use inspect::{ColumnSeen, FindingSeen, FormSeen, Inspection, RowSeen, SheetSeen, inspect};
use jiff::Timestamp;
use rayon::prelude::*;

pub use view::Viewer;

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

/// One received file, or one member of a received archive, with what came of it.
struct Submission {
    receipt: ReceiptRow,
    /// Path inside the archive; none for a plain file.
    member: Option<String>,
    /// SHA-256 of the member's bytes; empty for a plain file.
    member_sha256: String,
    outcome: reading::Outcome,
    /// Where the same bytes came again.
    again: Vec<Again>,
}

/// A later receipt of bytes that were received before.
struct Again {
    receipt: ReceiptRow,
    member: Option<String>,
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
    let restricted = store.restricted()?;
    let submissions: Result<Vec<Vec<Submission>>, StoreError> = first_receipts(receipts)
        .into_par_iter()
        .map(|(receipt, again)| {
            let of_file = outcomes(&receipt, plan, store, &desk, &restricted)?;
            progress.advance(1 + again.len() as u64);
            Ok(of_receipts(of_file, &receipt, &again))
        })
        .collect();
    let submissions = submissions?;
    put_apart(&submissions, plan, store, now)?;
    let mut submissions = members_once(submissions.into_iter().flatten().collect());
    let standing = versions::resolve(&submissions);
    corrections::apply(plan, &mut submissions, &standing);
    checks::across(plan, register, &mut submissions, &standing);
    let (written, referred) = rayon::join(
        || tables::write(plan, register, store, now, &submissions, &standing),
        || reference::write(plan, register, store, now),
    );
    referred?;
    let mut summary = written?;
    summary.files = files;
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

/// Moves the bytes of files that hold persons to their own place, and erases those whose time there is over.
fn put_apart(files: &[Vec<Submission>], plan: &Plan, store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let personal = |s: &&Submission| matches!(&s.outcome, Err(finding) if finding.code == Code::PersonalData);
    let found = files.iter().flatten().filter(personal).map(|s| s.receipt.sha256.clone()).collect::<Vec<_>>();
    store.restrict(&found, now, plan.settings.personal_data_retention_days)
}

/// A file's parts as submissions; each came again whenever the file did.
fn of_receipts(parts: Vec<reading::Part>, receipt: &ReceiptRow, again: &[ReceiptRow]) -> Vec<Submission> {
    let of = |part: reading::Part| Submission {
        again: again.iter().map(|r| Again { receipt: r.clone(), member: part.member.clone() }).collect(),
        receipt: receipt.clone(),
        member: part.member,
        member_sha256: part.sha256,
        outcome: part.outcome,
    };
    parts.into_iter().map(of).collect()
}

/// Members of archives whose bytes came before, by themselves or in another archive, are noted there and are no
/// submissions of their own; so are plain files that came in an archive before.
fn members_once(submissions: Vec<Submission>) -> Vec<Submission> {
    if submissions.iter().all(|s| s.member.is_none()) {
        return submissions;
    }
    let mut first: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    let mut kept: Vec<Submission> = Vec::with_capacity(submissions.len());
    for submission in submissions {
        let of_member = submission.member.is_some();
        let digest = if of_member { &submission.member_sha256 } else { &submission.receipt.sha256 };
        match first.get(digest) {
            Some(at) if !digest.is_empty() && (of_member || kept[*at].member.is_some()) => {
                kept[*at].again.push(Again { receipt: submission.receipt, member: submission.member });
                kept[*at].again.extend(submission.again);
            }
            _ => {
                first.entry(digest.clone()).or_insert(kept.len());
                kept.push(submission);
            }
        }
    }
    kept
}

fn outcomes(
    receipt: &ReceiptRow,
    plan: &Plan,
    store: &Store,
    desk: &reading::Desk<'_>,
    restricted: &BTreeSet<String>,
) -> Result<Vec<reading::Part>, StoreError> {
    let id = raw::submission_id(&receipt.sha256);
    if !receipt.refused.is_empty() {
        let code = Code::from_word(&receipt.refused).unwrap_or(Code::FileUnreadable);
        let (found, vi, en) = match code {
            Code::FileUnsafe => ("symlink", "một tệp thường", "a regular file"),
            _ => ("", "một tệp đọc được trong giới hạn", "a readable file within the limit"),
        };
        return Ok(vec![reading::Part::refused(Finding::new(code, id, found, vi, en))]);
    }
    // What was found to hold persons is not opened again.
    if restricted.contains(&receipt.sha256) {
        return Ok(vec![reading::Part::refused(reading::persons(id))]);
    }
    let bytes = store.read_raw(&receipt.sha256)?;
    let at = Timestamp::from_microsecond(receipt.received_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let received = reading::Received {
        submission_id: id,
        district: &receipt.district,
        file_name: &receipt.file_name,
        member: None,
        day: plan.local_date(at),
        waivers: &receipt.waivers,
    };
    let parts = reading::read(bytes, &received, desk);
    for part in &parts {
        if let Err(finding) = &part.outcome {
            tracing::info!(
                stage = "normalize",
                submission = id,
                district = %receipt.district,
                file = %receipt.file_name,
                member = part.member.as_deref().unwrap_or(""),
                code = finding.code.as_str(),
                "quarantined"
            );
        }
    }
    Ok(parts)
}
