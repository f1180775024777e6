//! Reviewed corrections, replayed on what a form says.
//!
//! In: current forms as they were read, and the plan's list. Out: the same forms with the corrected values, each with a
//! finding that says what stood there, what holds and why. What is corrected keeps its cell, and what stood there is kept as
//! history. A correction whose `from` is not what the form says does nothing but say so: the form may have been sent again.
//! One of a form that never came is counted and told: there is nothing that it could be told with.

use std::collections::BTreeSet;

use super::Submission;
use super::checks::{self, address};
use super::reading::{Form, Observed};
use super::versions::Standing;
use crate::model::{Code, Correction, Finding, Period, Plan, Severity};
use crate::store::raw;

/// Corrects the current forms.
pub(super) fn apply(plan: &Plan, submissions: &mut [Submission], standing: &[Standing]) {
    if plan.corrections.by_form.is_empty() {
        return;
    }
    let rules = checks::Rules::new(plan);
    let current = submissions.iter_mut().zip(standing).filter(|(_, standing)| **standing == Standing::Current);
    for (submission, _) in current {
        let id = raw::submission_id(&submission.receipt.sha256).to_owned();
        if let Ok(form) = &mut submission.outcome {
            correct(plan, &rules, &submission.receipt.district, &id, form);
        }
    }
}

/// How many corrections of these senders are of forms that never came, or that none of was accepted; each is told.
pub(super) fn waiting(
    plan: &Plan,
    own: &dyn Fn(&str) -> bool,
    submissions: &[Submission],
    standing: &[Standing],
) -> usize {
    let current = submissions.iter().zip(standing).filter(|(_, standing)| **standing == Standing::Current);
    let came: BTreeSet<(usize, Option<Period>, &str)> = current
        .filter_map(|(submission, _)| {
            let form = submission.outcome.as_ref().ok()?;
            Some((form.form, form.period, submission.receipt.district.as_str()))
        })
        .collect();
    let mut waiting = 0;
    for ((form, period), corrections) in &plan.corrections.by_form {
        for correction in corrections.iter().filter(|correction| own(&correction.sender)) {
            if came.contains(&(*form, Some(*period), correction.sender.as_str())) {
                continue;
            }
            waiting += 1;
            let (form, element) = (&plan.forms[*form].code, &plan.elements[correction.element].code);
            let Correction { unit, sender, .. } = correction;
            tracing::warn!(
                stage = "normalize", %unit, %period, %element,
                "a correction waits for form {form} of district {sender}, which has not come"
            );
        }
    }
    waiting
}

/// Corrects one form of a sender.
fn correct(plan: &Plan, rules: &checks::Rules<'_>, sender: &str, id: &str, form: &mut Form) {
    let Some(period) = form.period else { return };
    let of_form = plan.corrections.by_form.get(&(form.form, period)).into_iter().flatten();
    let mut touched: BTreeSet<u32> = BTreeSet::new();
    let before = form.findings.len();
    for correction in of_form.filter(|correction| correction.sender == sender) {
        let finding = match place(correction, form, plan) {
            Some(place) => one(plan, correction, &place, form, id, &mut touched),
            None => no_row(correction, id),
        };
        let element = plan.elements[correction.element].code.clone();
        form.findings.push(Finding { element: Some(element), unit_code: Some(correction.unit.clone()), ..finding });
    }
    if form.findings.len() == before {
        return;
    }
    // What one row contradicts is told of the values that hold.
    let units: BTreeSet<&str> =
        touched.iter().filter_map(|at| form.units.get(*at as usize)).map(String::as_str).collect();
    let of_row = |f: &Finding| checks::is_of_row(f.code) && f.unit_code.as_deref().is_some_and(|u| units.contains(u));
    form.findings.retain(|f| !of_row(f));
    checks::row(rules, plan, id, &|unit| touched.contains(&unit), form);
    for finding in &mut form.findings {
        finding.period = Some(period);
        finding.sheet.clone_from(&form.sheet);
    }
    form.findings.sort_by_key(|f| f.cell.map(|c| (c.row(), c.column())));
}

/// Where a value stands on a form and what the form says there.
struct Place {
    unit: u32,
    row: u32,
    column: u32,
    /// The value, where the form has one that could be read.
    value: Option<f64>,
    /// The text of a cell that could not be used.
    unread: String,
}

/// The place of a correction's value; none where the form has no usable row of the unit.
fn place(correction: &Correction, form: &Form, plan: &Plan) -> Option<Place> {
    let unit = form.units.iter().position(|code| *code == correction.unit)?;
    let element = correction.element;
    let of_element = |o: &&Observed| usize::from(o.element) == element;
    if let Some(o) = form.values.iter().filter(of_element).find(|o| o.unit as usize == unit) {
        let (row, column) = (o.row, u32::from(o.column));
        return Some(Place { unit: o.unit, row, column, value: Some(o.value), unread: String::new() });
    }
    let code = plan.elements[element].code.as_str();
    let told = form.findings.iter().find(|f| {
        f.cell.is_some() && f.element.as_deref() == Some(code) && f.unit_code.as_ref() == Some(&correction.unit)
    });
    let named = form.named.get(unit).copied().unwrap_or_default();
    // Without a word on the cell it is in the column in which others have theirs; without that column the name stands for it.
    let column = || form.values.iter().find(of_element).map_or(named.1, |o| u32::from(o.column));
    let cell = told.and_then(|f| f.cell);
    let unread = told.filter(|f| f.severity == Severity::Error).map_or(String::new(), |f| f.found.clone());
    let (row, column) = cell.map_or_else(|| (named.0, column()), |cell| (cell.row(), cell.column()));
    Some(Place { unit: unit as u32, row, column, value: None, unread })
}

/// Replays one correction at its place, and says so.
fn one(
    plan: &Plan,
    correction: &Correction,
    place: &Place,
    form: &mut Form,
    id: &str,
    touched: &mut BTreeSet<u32>,
) -> Finding {
    let says = place.value.map_or_else(|| place.unread.clone(), |value| value.to_string());
    let fits = match (&correction.from, place.value) {
        (Some(from), Some(value)) => from.parse() == Ok(value),
        (Some(from), None) => !place.unread.is_empty() && from.trim() == place.unread.trim(),
        (None, value) => value.is_none(),
    };
    let mut finding = if fits {
        let (vi, en) = correction.told();
        Finding::new(Code::Corrected, id, says, &vi, &en)
    } else {
        stale(correction, says, place.value, id)
    };
    finding.cell = Some(address(form, place.row, place.column));
    if !fits {
        return finding;
    }
    touched.insert(place.unit);
    let element = correction.element as u16;
    form.values.retain(|o| o.unit != place.unit || o.element != element);
    let put = |values: &mut Vec<Observed>, value: f64| {
        let at = values.partition_point(|o| (o.row, u32::from(o.column)) < (place.row, place.column));
        values.insert(at, Observed { unit: place.unit, element, column: place.column as u16, row: place.row, value });
    };
    if let Some(value) = place.value {
        put(&mut form.replaced, value);
    }
    if let Some(value) = correction.to {
        put(&mut form.values, value);
    }
    form.corrected.insert((place.unit, element), plan.start_of(correction.when).as_microsecond());
    finding
}

/// A correction that does nothing; nothing is lost where the form says by now what it would.
fn stale(correction: &Correction, says: String, value: Option<f64>, id: &str) -> Finding {
    let from = correction.from.as_deref();
    let (vi, en) = (from.map_or("để trống".to_owned(), quoted), from.map_or("nothing".to_owned(), quoted));
    let (told_vi, told_en) = correction.told();
    let vi = format!("{vi} như khi hiệu chỉnh thành {told_vi}");
    let en = format!("{en}, as when it was corrected to {told_en}");
    let mut finding = Finding::new(Code::CorrectionStale, id, says, &vi, &en);
    if value == correction.to {
        finding.severity = Severity::Info;
    }
    finding
}

/// A correction of a unit that has no usable row.
fn no_row(correction: &Correction, id: &str) -> Finding {
    let (vi, en) = correction.told();
    let vi = format!("một dòng của đơn vị {}, để hiệu chỉnh thành {vi}", correction.unit);
    let en = format!("a row of unit {}, to be corrected to {en}", correction.unit);
    Finding::new(Code::CorrectionStale, id, "", &vi, &en)
}

fn quoted(text: &str) -> String {
    format!("“{text}”")
}
