//! Stage 2: raw bytes → observations, findings, submissions, reporting and the reference tables.
//!
//! 1. [`opened`], [`kept`]: which files are to be read, and what the others were read as
//! 2. [`read`]: bytes → sheets of cells that know their address
//! 3. [`layout`], [`period`], [`rows`], [`units`]: which form, which period, which column is which element, which row
//!    which unit
//! 4. [`values`], [`checks`]: text → number or the reason why not; contradictions
//! 5. [`versions`]: which of several files for one district, form and period is current; then reviewed [`corrections`], and
//!    [`checks`] across periods
//! 6. [`justify`]: what a district explained closes its warnings
//! 7. [`tables`], [`reporting`], [`mod@reference`]: the tables of the data contract
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
mod kept;
mod layout;
mod memo;
mod names;
mod opened;
mod parts;
mod period;
mod read;
mod reading;
mod reference;
mod refused;
mod reporting;
mod rows;
mod stamp;
mod tables;
mod units;
mod values;
mod versions;
mod view;

pub use inspect::{ColumnSeen, FindingSeen, FormSeen, Inspection, RowSeen, SheetSeen, inspect};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

pub use view::Viewer;

use crate::model::{Code, Plan, Progress};
use crate::register::{Register, Territories};
use crate::store::{Fresh, ReceiptRow, Stale, Store, StoreError, Written};

/// The stage's word.
const STAGE: &str = "normalize";

/// What normalize did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Receipts that the tables follow from.
    pub files: usize,
    /// Of them read this time; the others stand as they were.
    pub read: usize,
    /// Submissions accepted, with or without findings, superseded ones included.
    pub accepted: usize,
    /// Submissions quarantined.
    pub quarantined: usize,
    /// Submissions replaced by a later one.
    pub superseded: usize,
    /// Current values.
    pub values: usize,
    /// Values that were due so far.
    pub values_due: usize,
    /// Forms of districts that were due so far.
    pub forms_due: usize,
    /// Of them not received.
    pub forms_late: usize,
    /// Findings that left something out.
    pub errors: usize,
    /// Findings that flag a value.
    pub warnings: usize,
    /// Notes.
    pub infos: usize,
    /// Reviewed corrections of forms that have not come.
    #[serde(default)]
    pub corrections_waiting: usize,
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

/// Reads the received files of every territory for which something changed, and writes its tables. What stands is left
/// alone; the summary is of all.
pub fn normalize(
    plan: &Plan,
    register: &Register,
    store: &Store,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Summary, StoreError> {
    let today = plan.local_date(now);
    let territories = register.territories();
    let receipts = parts::by_territory(store, territories)?;
    let inputs = parts::inputs(plan, register, territories, &receipts, today);
    let mut parts = store.parts(STAGE)?;
    let stale: Vec<String> = parts.stale(&inputs).into_iter().map(|stale| stale.part).collect();
    let gone = parts.gone(&inputs);
    let is_stale = |part: &String| stale.contains(part);
    let files = |of: &[parts::Received]| of.iter().map(|(_, again)| 1 + again.len()).sum::<usize>();
    let open: Vec<(String, Vec<parts::Received>)> = receipts.into_iter().filter(|(part, _)| is_stale(part)).collect();
    parts.begin(stale.iter().chain(&gone).map(String::as_str))?;
    let mut fresh = Vec::new();
    let (mut personal, mut read) = (Vec::new(), 0);
    if !open.is_empty() {
        progress.start(STAGE, open.iter().map(|(_, of)| files(of) as u64).sum());
        let desk = reading::Desk::new(plan, register);
        let restricted = store.restricted()?;
        let opener = opened::Opener { plan, store, desk: &desk, restricted: &restricted };
        let room = Room { plan, register, territories, store, opener, today, progress };
        let made: Result<Vec<(Fresh, Vec<String>, usize)>, StoreError> = open
            .into_par_iter()
            .map(|(name, of)| {
                let scope = tables::Scope { territory: &name, provinces: territories.provinces(&name) };
                let received = files(&of);
                let Done { summary, files, personal, read } = room.territory(scope, of)?;
                let summary = Summary { files: received, ..summary };
                let inputs = inputs.get(&name).cloned().unwrap_or_default();
                let summary = serde_json::to_string(&summary).unwrap_or_default();
                Ok((Fresh { part: name, inputs, summary, files }, personal, read))
            })
            .collect();
        for (part, found, of_part) in made? {
            fresh.push(part);
            personal.extend(found);
            read += of_part;
        }
        progress.finish();
    }
    store.restrict(&personal, now, plan.settings.personal_data_retention_days)?;
    if is_stale(&parts::REFERENCE.to_owned()) {
        let inputs = inputs.get(parts::REFERENCE).cloned().unwrap_or_default();
        let files = reference::write(plan, register, store, today)?;
        fresh.push(Fresh { part: parts::REFERENCE.to_owned(), inputs, summary: String::new(), files });
    }
    let all = stale.len() == inputs.len() || !gone.is_empty();
    parts.end(fresh)?;
    if all {
        store.sweep(&tables::NAMES, &parts.all_files()?)?;
        store.sweep_readings(territories.names())?;
        parts.forget(&gone)?;
    }
    let summaries = parts.all().iter().filter(|(name, _)| *name != parts::REFERENCE);
    Ok(summaries.fold(Summary { read, ..Summary::default() }, |all, (_, made)| all + summary_of(&made.summary)))
}

/// What [`normalize`] would make anew, and why.
pub fn ahead(plan: &Plan, register: &Register, store: &Store, now: Timestamp) -> Result<Vec<Stale>, StoreError> {
    let territories = register.territories();
    let receipts = parts::by_territory(store, territories)?;
    let inputs = parts::inputs(plan, register, territories, &receipts, plan.local_date(now));
    Ok(store.parts(STAGE)?.stale(&inputs))
}

fn summary_of(json: &str) -> Summary {
    serde_json::from_str(json).unwrap_or_default()
}

impl std::ops::Add for Summary {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            read: self.read + other.read,
            accepted: self.accepted + other.accepted,
            quarantined: self.quarantined + other.quarantined,
            superseded: self.superseded + other.superseded,
            values: self.values + other.values,
            values_due: self.values_due + other.values_due,
            forms_due: self.forms_due + other.forms_due,
            forms_late: self.forms_late + other.forms_late,
            errors: self.errors + other.errors,
            warnings: self.warnings + other.warnings,
            infos: self.infos + other.infos,
            corrections_waiting: self.corrections_waiting + other.corrections_waiting,
        }
    }
}

/// What the reading of each territory needs.
struct Room<'a> {
    plan: &'a Plan,
    register: &'a Register,
    territories: &'a Territories,
    store: &'a Store,
    opener: opened::Opener<'a>,
    today: Date,
    progress: &'a dyn Progress,
}

/// What became of a territory.
struct Done {
    summary: Summary,
    /// The tables' files.
    files: Vec<Written>,
    /// Digests of bytes that hold persons.
    personal: Vec<String>,
    /// How many files were read, which is not those that were read before.
    read: usize,
}

impl Room<'_> {
    /// Reads the files of a territory and writes its tables.
    fn territory(&self, scope: tables::Scope<'_>, received: Vec<parts::Received>) -> Result<Done, StoreError> {
        let known = opened::Known::of(self.store, self.plan, scope.territory);
        let opened: Result<Vec<(Vec<Submission>, _)>, StoreError> = received
            .into_par_iter()
            .map(|received| {
                let opened = self.opener.open(received, &known)?;
                self.progress.advance(1 + opened.again.len() as u64);
                Ok((of_receipts(opened.parts, &opened.receipt, &opened.again), opened.readings))
            })
            .collect();
        let (submissions, readings): (Vec<_>, Vec<_>) = opened?.into_iter().unzip();
        let read = known.keep(&readings.into_iter().flatten().collect::<Vec<_>>())?;
        let mut submissions = in_order(submissions.into_iter().flatten().collect());
        let personal = persons(&submissions);
        let standing = versions::resolve(&submissions);
        corrections::apply(self.plan, &mut submissions, &standing);
        let own = |sender: &str| self.territories.of(sender) == scope.territory;
        let corrections_waiting = corrections::waiting(self.plan, &own, &submissions, &standing);
        checks::across(self.plan, self.register, &mut submissions, &standing);
        let Self { plan, register, store, today, .. } = self;
        let (summary, files) = tables::write(plan, register, store, *today, scope, &submissions, &standing)?;
        Ok(Done { summary: Summary { corrections_waiting, ..summary }, files, personal, read })
    }
}

/// Digests of the files that hold persons.
fn persons(submissions: &[Submission]) -> Vec<String> {
    let personal = |s: &&Submission| matches!(&s.outcome, Err(finding) if finding.code == Code::PersonalData);
    submissions.iter().filter(personal).map(|s| s.receipt.sha256.clone()).collect()
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

/// Submissions in the order of receipt. Members of archives whose bytes came before, by themselves or in another archive, are
/// noted there and are no submissions of their own; so are plain files that came in an archive before. Of the same bytes
/// those stand of which values are accepted, else those that came first.
fn in_order(mut submissions: Vec<Submission>) -> Vec<Submission> {
    submissions.sort_by_key(|s| s.receipt.received_at);
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
                let stands = &mut kept[*at];
                let better = !reading::is_of_use(&stands.outcome) && reading::is_of_use(&submission.outcome);
                let other = if better { std::mem::replace(stands, submission) } else { submission };
                stands.again.push(Again { receipt: other.receipt, member: other.member });
                stands.again.extend(other.again);
            }
            _ => {
                first.entry(digest.clone()).or_insert(kept.len());
                kept.push(submission);
            }
        }
    }
    kept.sort_by_key(|s| s.receipt.received_at);
    kept
}
