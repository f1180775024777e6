//! What was read → `observations`, `observations_history`, `findings`, `submissions`, `reporting`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use super::reading::{Form, Observed};
use super::versions::Standing;
use super::{Submission, Summary, checks, justify, reporting};
use crate::model::{CellRef, Code, Finding, Period, Plan, Severity, Signature, SubmissionStatus};
use crate::register::Register;
use crate::store::{Store, StoreError, Written, columns, raw};

type Result<T> = std::result::Result<T, StoreError>;

/// What holds no more.
const HISTORY: &str = "observations_history";
/// The tables of the stage that hold what was reported; the others are the reference.
pub(super) const NAMES: [&str; 5] = ["observations", HISTORY, "reporting", "findings", "submissions"];

/// Where the tables of a territory lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    /// Its name; empty where it is the only one.
    pub(super) territory: &'a str,
    /// Its provinces.
    pub(super) provinces: &'a [String],
}

impl<'a> Scope<'a> {
    /// Folders of a table that hold this territory's files; an empty name is the whole table.
    pub(super) fn folders(&self) -> Vec<&'a str> {
        let provinces = self.provinces.iter().map(String::as_str).filter(|_| !self.territory.is_empty());
        std::iter::once(self.territory).chain(provinces).collect()
    }

    /// The folder of what a sender reported, where there are several.
    pub(super) fn province(&self, register: &'a Register, sender: &str, period: Period) -> Option<&'a str> {
        let province = register.province_of(sender, period.end()).unwrap_or(self.territory);
        (!self.territory.is_empty()).then_some(province)
    }

    /// The file of a table that has one for a territory.
    fn whole(&self, table: &str) -> PathBuf {
        Path::new(self.territory).join(table)
    }
}

/// Writes the tables that follow from the submissions of a territory; with the files that they are.
pub(super) fn write(
    plan: &Plan,
    register: &Register,
    store: &Store,
    today: Date,
    scope: Scope<'_>,
    submissions: &[Submission],
    standing: &[Standing],
) -> Result<(Summary, Vec<Written>)> {
    let mut summary = Summary::default();
    let current = |s: &Standing, _: &Form| *s == Standing::Current;
    let replaced = |s: &Standing, form: &Form| matches!(s, Standing::Superseded(_)) || !form.replaced.is_empty();
    let (values, due) = rayon::join(
        || {
            let of = |table, wanted: &(dyn Fn(&Standing, &Form) -> bool + Sync)| {
                observations(plan, register, store, scope, submissions, standing, table, wanted)
            };
            Ok::<_, StoreError>((of("observations", &current)?, of(HISTORY, &replaced)?))
        },
        || reporting::write(plan, register, store, today, scope, submissions, standing),
    );
    let ((values, mut files), (_, history)) = values?;
    summary.values = values;
    files.extend(history);
    let (due, reporting) = due?;
    files.extend(reporting);
    (summary.values_due, summary.forms_due, summary.forms_late) = (due.values, due.forms, due.late);
    let rules = checks::Rules::new(plan);
    let mut all: Vec<Vec<Finding>> =
        submissions.iter().map(|s| checks::findings_of(&rules, s, lateness(s, plan))).collect();
    justify::close(submissions, &mut all);
    for finding in all.iter().flatten() {
        match finding.severity {
            Severity::Error => summary.errors += 1,
            Severity::Warning => summary.warnings += 1,
            Severity::Info => summary.infos += 1,
        }
    }
    files.extend(findings(plan, store, scope, submissions, &all)?);
    files.extend(submissions_table(plan, store, scope, submissions, standing, &all)?);
    summary.accepted = submissions.iter().filter(|s| s.outcome.is_ok()).count();
    summary.quarantined = submissions.len() - summary.accepted;
    summary.superseded = standing.iter().filter(|s| matches!(s, Standing::Superseded(_))).count();
    Ok((summary, files))
}

#[expect(clippy::too_many_arguments, reason = "what is written, and where")]
fn observations(
    plan: &Plan,
    register: &Register,
    store: &Store,
    scope: Scope<'_>,
    submissions: &[Submission],
    standing: &[Standing],
    table: &'static str,
    wanted: &(dyn Fn(&Standing, &Form) -> bool + Sync),
) -> Result<(usize, Vec<Written>)> {
    let mut parts: BTreeMap<(Option<&str>, Period), Vec<usize>> = BTreeMap::new();
    for (at, submission) in submissions.iter().enumerate() {
        let Ok(form @ Form { period: Some(period), .. }) = &submission.outcome else { continue };
        if !wanted(&standing[at], form) {
            continue;
        }
        let province = scope.province(register, &submission.receipt.district, *period);
        parts.entry((province, *period)).or_default().push(at);
    }
    let writer = store.write_table(table, &plan.reading_digest)?;
    let counts: Result<Vec<usize>> = parts
        .into_par_iter()
        .map(|((province, period), of)| {
            let (batch, rows) = batch(plan, register, submissions, standing, table, period, &of)?;
            if rows > 0 {
                writer.write_period(province, period, &batch)?;
            }
            Ok(rows)
        })
        .collect();
    let total = counts?.into_iter().sum();
    Ok((total, writer.finish(&scope.folders())?))
}

/// A unit's row of one form.
struct Block<'a> {
    unit: &'a str,
    /// Index into the submissions of the period.
    at: usize,
    /// By element.
    values: Cow<'a, [Observed]>,
}

/// The rows of a form's values, each by element; they stand so where the form keeps the plan's order of columns.
fn blocks<'a>(form: &'a Form, values: &'a [Observed], at: usize) -> impl Iterator<Item = Block<'a>> {
    values.chunk_by(|a, b| a.unit == b.unit).map(move |values| {
        let unit = form.units.get(values[0].unit as usize).map_or("", String::as_str);
        let values = if values.is_sorted_by_key(|v| v.element) {
            Cow::Borrowed(values)
        } else {
            let mut sorted = values.to_vec();
            sorted.sort_by_key(|v| v.element);
            Cow::Owned(sorted)
        };
        Block { unit, at, values }
    })
}

/// The rows of one period, by unit, form and column.
fn batch(
    plan: &Plan,
    register: &Register,
    submissions: &[Submission],
    standing: &[Standing],
    table: &'static str,
    period: Period,
    of: &[usize],
) -> Result<(RecordBatch, usize)> {
    let mut all: Vec<Block<'_>> = Vec::new();
    for (at, submission) in of.iter().enumerate() {
        if let Ok(form) = &submissions[*submission].outcome {
            // Of a form that stands, what was corrected in it is history.
            let past = table == HISTORY && standing[*submission] == Standing::Current;
            all.extend(blocks(form, if past { &form.replaced } else { &form.values }, at));
        }
    }
    // Elements stand form by form in the plan, so their index orders by form and column.
    all.sort_by_key(|b| (b.unit, b.values.first().map(|v| v.element), b.at));
    let rows = all.iter().map(|b| b.values.len()).sum();
    let mut units: Vec<&str> = Vec::new();
    let (mut unit_keys, mut keys, mut element_keys) =
        (Vec::with_capacity(rows), Vec::with_capacity(rows), Vec::with_capacity(rows));
    let mut numbers = Vec::with_capacity(rows);
    for block in &all {
        if units.last() != Some(&block.unit) {
            units.push(block.unit);
        }
        let n = block.values.len();
        unit_keys.extend(std::iter::repeat_n(units.len() as i32 - 1, n));
        keys.extend(std::iter::repeat_n(block.at as i32, n));
        element_keys.extend(block.values.iter().map(|v| i32::from(v.element)));
        numbers.extend(block.values.iter().map(|v| v.value));
    }
    let day = period.end();
    let districts: Vec<Option<&str>> = units.iter().map(|u| register.district_of(u, day)).collect();
    // A ward directly below the province has none.
    let district_keys = unit_keys.iter().map(|k| if districts[*k as usize].is_some() { *k } else { -1 }).collect();
    let levels = units.iter().map(|u| register.at(u, day).map_or("ward", |v| v.level.as_str()));
    let by_unit = |texts: ArrayRef| columns::keyed(unit_keys.clone(), &texts);
    let ids = of.iter().map(|at| raw::submission_id(&submissions[*at].receipt.sha256));
    let sheets: Vec<Option<&str>> =
        of.iter().map(|at| submissions[*at].outcome.as_ref().ok().and_then(|f| f.sheet.as_deref())).collect();
    let sheet_values = columns::values(sheets.iter().map(|s| s.unwrap_or("")));
    let sheet_keys = keys.iter().map(|k| if sheets[*k as usize].is_some() { *k } else { -1 }).collect();
    let elements = columns::values(plan.elements.iter().map(|e| &e.code));
    let forms = columns::values(plan.elements.iter().map(|e| &e.form));
    let times: Vec<i64> = of.iter().map(|at| submissions[*at].receipt.received_at).collect();
    let times = || columns::times(keys.iter().map(|k| times[*k as usize]));
    let (cell_keys, cells) = cells(&all, &sheets, rows);
    let mut out = vec![
        by_unit(columns::values(&units)),
        by_unit(columns::values(levels)),
        columns::keyed(district_keys, &columns::values(districts.iter().map(|d| d.unwrap_or_default()))),
        columns::constant(&period.to_string(), rows),
        columns::one_day(period.start(), rows),
        columns::one_day(period.end(), rows),
        columns::keyed(element_keys.clone(), &forms),
        columns::keyed(element_keys, &elements),
        Arc::new(Float64Array::from(numbers)),
        columns::keyed(keys.clone(), &columns::values(ids)),
        members(submissions, of, &keys),
        columns::keyed(sheet_keys, &sheet_values),
        columns::keyed(cell_keys, &cells),
        times(),
    ];
    if table == HISTORY {
        let until = |at: &usize| match standing[*at] {
            Standing::Superseded(by) => submissions[by].receipt.received_at,
            _ => 0,
        };
        let until: Vec<i64> = of.iter().map(until).collect();
        out.push(times());
        out.push(columns::times(since(&all, submissions, of, &until)));
    } else {
        let received: Vec<i64> = of.iter().map(|at| submissions[*at].receipt.received_at).collect();
        out.push(columns::times(since(&all, submissions, of, &received)));
    }
    out.push(flags(&all, submissions, of));
    Ok((Store::batch(table, out)?, rows))
}

/// For each value the time of its form, or that from which a reviewed correction of it holds.
fn since<'a>(
    blocks: &'a [Block<'_>],
    submissions: &'a [Submission],
    of: &'a [usize],
    times: &'a [i64],
) -> impl Iterator<Item = i64> {
    blocks.iter().flat_map(move |block| {
        let submission = &submissions[of[block.at]];
        let corrected = submission.outcome.as_ref().ok().map(|form| &form.corrected).filter(|c| !c.is_empty());
        block.values.iter().map(move |value| {
            let known = corrected.and_then(|corrected| corrected.get(&(value.unit, value.element)));
            // What was decided before the form came holds from when it came.
            known.map_or(times[block.at], |at| (*at).max(submission.receipt.received_at))
        })
    })
}

/// The member of an archive that each row came from; null nearly always.
fn members(submissions: &[Submission], of: &[usize], keys: &[i32]) -> ArrayRef {
    let members: Vec<Option<&str>> = of.iter().map(|at| submissions[*at].member.as_deref()).collect();
    if members.iter().all(Option::is_none) {
        return columns::absent(keys.len());
    }
    let values = columns::values(members.iter().map(|m| m.unwrap_or("")));
    columns::keyed(keys.iter().map(|k| if members[*k as usize].is_some() { *k } else { -1 }).collect(), &values)
}

/// Addresses as keys into the few that occur.
fn cells(blocks: &[Block<'_>], sheets: &[Option<&str>], rows: usize) -> (Vec<i32>, ArrayRef) {
    // By container and row: the key of each column, -1 while it has none.
    let mut known: HashMap<(bool, u32), Vec<i32>> = HashMap::new();
    let mut texts: Vec<String> = Vec::new();
    let mut keys = Vec::with_capacity(rows);
    for block in blocks {
        let workbook = sheets[block.at].is_some();
        let Some(row) = block.values.first().map(|v| v.row) else { continue };
        let of_row = known.entry((workbook, row)).or_default();
        for value in block.values.iter() {
            let at = usize::from(value.column);
            if at >= of_row.len() {
                of_row.resize(at + 1, -1);
            }
            if of_row[at] < 0 {
                let column = u32::from(value.column);
                let cell = if workbook { CellRef::Sheet { row, column } } else { CellRef::Text { row, column } };
                of_row[at] = texts.len() as i32;
                texts.push(cell.to_string());
            }
            keys.push(of_row[at]);
        }
    }
    (keys, columns::values(&texts))
}

/// Codes of the warnings on each value, and of what was corrected.
fn flags(blocks: &[Block<'_>], submissions: &[Submission], of: &[usize]) -> ArrayRef {
    let mut warned: HashMap<(usize, u32), Vec<(u32, &'static str)>> = HashMap::new();
    for (at, submission) in of.iter().enumerate() {
        let Ok(form) = &submissions[*submission].outcome else { continue };
        for finding in form.findings.iter().filter(|f| f.severity == Severity::Warning || f.code == Code::Corrected) {
            if let Some(cell) = finding.cell {
                warned.entry((at, cell.row())).or_default().push((cell.column(), finding.code.as_str()));
            }
        }
    }
    columns::lists(blocks.iter().flat_map(|block| {
        let of_row = block.values.first().and_then(|v| warned.get(&(block.at, v.row)));
        block.values.iter().map(move |value| {
            let here = of_row.into_iter().flatten().filter(|(column, _)| *column == u32::from(value.column));
            here.map(|(_, code)| *code).collect::<Vec<_>>()
        })
    }))
}

pub(super) fn received_day(plan: &Plan, received_at: i64) -> Date {
    plan.local_date(Timestamp::from_microsecond(received_at).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Due date and days late of a submission; not known for a quarantined one.
fn lateness(submission: &Submission, plan: &Plan) -> Option<(Date, i32)> {
    let form = submission.outcome.as_ref().ok()?;
    let due = plan.due_on(&plan.forms[form.form], form.period?);
    let day = received_day(plan, submission.receipt.received_at);
    Some((due, (columns::day_number(day) - columns::day_number(due)).max(0)))
}

/// What a finding is called: the same matter in the same file has the same id every night.
pub(super) fn finding_id(submission: &Submission, finding: &Finding) -> String {
    let place = finding.cell.map(|c| c.to_string()).unwrap_or_default();
    let member = submission.member.as_ref().map(|m| format!("|{m}")).unwrap_or_default();
    let key = format!(
        "{}|{}{member}|{}|{place}|{}|{}|{}",
        submission.receipt.district,
        submission.receipt.file_name,
        finding.code,
        finding.unit_code.as_deref().unwrap_or(""),
        finding.element.as_deref().unwrap_or(""),
        finding.submission_id
    );
    raw::sha256(key.as_bytes()).chars().take(16).collect()
}

fn findings(
    plan: &Plan,
    store: &Store,
    scope: Scope<'_>,
    submissions: &[Submission],
    all: &[Vec<Finding>],
) -> Result<Vec<Written>> {
    let rows: Vec<(&Submission, &Finding)> =
        submissions.iter().zip(all).flat_map(|(s, own)| own.iter().map(move |f| (s, f))).collect();
    let ids = rows.iter().map(|(s, f)| finding_id(s, f));
    let batch = Store::batch(
        "findings",
        vec![
            columns::plain(ids),
            columns::text(rows.iter().map(|(_, f)| (!f.submission_id.is_empty()).then_some(&f.submission_id))),
            // Bytes that came again are noted at the name under which they came again.
            columns::plain(rows.iter().map(|(s, f)| match f.code {
                Code::AlreadyReceived => &f.found,
                _ => &s.receipt.file_name,
            })),
            columns::text(rows.iter().map(|(s, f)| match f.code {
                Code::AlreadyReceived => s.again.iter().find(|a| a.receipt.file_name == f.found)?.member.as_ref(),
                _ => s.member.as_ref(),
            })),
            columns::plain(rows.iter().map(|(_, f)| f.severity.as_str())),
            columns::plain(rows.iter().map(|(_, f)| f.code.as_str())),
            columns::text(rows.iter().map(|(_, f)| f.sheet.as_ref())),
            columns::text(rows.iter().map(|(_, f)| f.cell.map(|c| c.to_string()))),
            columns::text(rows.iter().map(|(_, f)| f.unit_code.as_ref())),
            columns::text(rows.iter().map(|(_, f)| f.element.as_ref())),
            columns::text(rows.iter().map(|(_, f)| f.period.map(|p| p.to_string()))),
            columns::plain(rows.iter().map(|(_, f)| &f.found)),
            columns::plain(rows.iter().map(|(_, f)| &f.expected_en)),
            columns::plain(rows.iter().map(|(_, f)| &f.expected_vi)),
            columns::plain(rows.iter().map(|(_, f)| f.message_vi())),
            columns::plain(rows.iter().map(|(_, f)| f.message_en())),
            columns::text(rows.iter().map(|(_, f)| f.likely_cause.as_ref().map(ToString::to_string))),
            columns::text(rows.iter().map(|(_, f)| f.closed.as_ref().map(|c| &c.justification))),
            columns::text(rows.iter().map(|(_, f)| f.closed.as_ref().map(|c| &c.by))),
        ],
    )?;
    one_file(plan, store, scope, "findings", &batch)
}

/// Writes a table that has one file for a territory.
fn one_file(
    plan: &Plan,
    store: &Store,
    scope: Scope<'_>,
    table: &'static str,
    batch: &RecordBatch,
) -> Result<Vec<Written>> {
    let writer = store.write_table(table, &plan.reading_digest)?;
    writer.write(&scope.whole(table), std::slice::from_ref(batch))?;
    writer.finish(&scope.folders())
}

fn submissions_table(
    plan: &Plan,
    store: &Store,
    scope: Scope<'_>,
    submissions: &[Submission],
    standing: &[Standing],
    all: &[Vec<Finding>],
) -> Result<Vec<Written>> {
    let form = |s: &Submission| s.outcome.as_ref().ok().map(|f| plan.forms[f.form].code.clone());
    let period = |s: &Submission| s.outcome.as_ref().ok().and_then(|f| f.period).map(|p| p.to_string());
    let count = |own: &[Finding], severity| own.iter().filter(|f| f.severity == severity).count() as i32;
    let status = |at: usize| match standing[at] {
        Standing::Quarantined => SubmissionStatus::Quarantined,
        Standing::Superseded(_) => SubmissionStatus::Superseded,
        Standing::Current if all[at].iter().all(|f| f.severity == Severity::Info) => SubmissionStatus::Accepted,
        Standing::Current => SubmissionStatus::AcceptedWithFindings,
    };
    let late: Vec<Option<(Date, i32)>> = submissions.iter().map(|s| lateness(s, plan)).collect();
    let known = |text: &String| (!text.is_empty()).then(|| text.clone());
    let batch = Store::batch(
        "submissions",
        vec![
            columns::text(submissions.iter().map(|s| known(&raw::submission_id(&s.receipt.sha256).to_owned()))),
            columns::plain(submissions.iter().map(|s| &s.receipt.district)),
            columns::text(submissions.iter().map(form)),
            columns::text(submissions.iter().map(period)),
            columns::plain(submissions.iter().map(|s| &s.receipt.source)),
            columns::plain(submissions.iter().map(|s| &s.receipt.file_name)),
            columns::text(submissions.iter().map(|s| s.member.as_ref())),
            columns::wholes(submissions.iter().map(|s| Some(i32::try_from(s.receipt.bytes).unwrap_or(i32::MAX)))),
            columns::text(submissions.iter().map(|s| known(&s.receipt.sha256))),
            columns::times(submissions.iter().map(|s| s.receipt.received_at)),
            columns::days(late.iter().map(|l| l.map(|l| l.0))),
            columns::wholes(late.iter().map(|l| l.map(|l| l.1))),
            columns::plain((0..submissions.len()).map(|at| status(at).as_str())),
            columns::text(standing.iter().map(|s| match s {
                Standing::Superseded(by) => Some(raw::submission_id(&submissions[*by].receipt.sha256)),
                _ => None,
            })),
            columns::text(
                submissions
                    .iter()
                    .map(|s| known(&s.receipt.signed_by).filter(|_| s.receipt.signature == Signature::Fine)),
            ),
            columns::wholes(submissions.iter().map(|s| Some(s.outcome.as_ref().map_or(0, |f| f.values.len() as i32)))),
            columns::wholes(all.iter().map(|own| Some(count(own, Severity::Error)))),
            columns::wholes(all.iter().map(|own| Some(count(own, Severity::Warning)))),
        ],
    )?;
    one_file(plan, store, scope, "submissions", &batch)
}
