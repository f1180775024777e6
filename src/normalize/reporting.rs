//! What was due from each unit in force, and what of it came: `reporting`.

use std::collections::{BTreeMap, HashMap};

use arrow_array::RecordBatch;
use jiff::civil::Date;
use rayon::prelude::*;

use super::Submission;
use super::reading::Form;
use super::tables::{Scope, received_day};
use super::versions::Standing;
use crate::model::{Level, Period, Plan};
use crate::register::Register;
use crate::store::{Store, StoreError, Written, columns};

type Result<T> = std::result::Result<T, StoreError>;

/// What was due so far.
#[derive(Default)]
pub(super) struct Due {
    /// Values of all units.
    pub(super) values: usize,
    /// Forms of districts.
    pub(super) forms: usize,
    /// Of them overdue and not received.
    pub(super) late: usize,
}

/// What was due from each unit in force, and what of it came.
pub(super) fn write<'r>(
    plan: &'r Plan,
    register: &'r Register,
    store: &Store,
    today: Date,
    scope: Scope<'r>,
    submissions: &[Submission],
    standing: &[Standing],
) -> Result<(Due, Vec<Written>)> {
    let mut total = Due::default();
    // First accepted and current submission by district, form and period.
    let mut first: HashMap<(&str, usize, Period), usize> = HashMap::new();
    let mut current: HashMap<(&str, usize, Period), usize> = HashMap::new();
    for (at, submission) in submissions.iter().enumerate() {
        let Ok(Form { form, period: Some(period), .. }) = &submission.outcome else { continue };
        let key = (submission.receipt.district.as_str(), *form, *period);
        first.entry(key).or_insert(at);
        if standing[at] == Standing::Current {
            current.insert(key, at);
        }
    }
    let writer = store.write_table("reporting", &plan.reading_digest)?;
    let mut slots: Vec<(usize, Period)> = Vec::new();
    for (at, form) in plan.forms.iter().enumerate() {
        slots.extend(plan.periods_of(form).into_iter().filter(|p| p.end() < today).map(|p| (at, p)));
    }
    let mut rows: BTreeMap<(Option<&str>, Period), Vec<Slot<'r>>> = BTreeMap::new();
    for (at, period) in slots {
        let form = &plan.forms[at];
        let due_on = plan.due_on(form, period);
        for district in register.senders_of(scope.provinces, period.end()) {
            let key = (district.code.as_str(), at, period);
            let came = first.get(&key).copied();
            if due_on > today && came.is_none() {
                continue;
            }
            let mut units = 0;
            let mut accepted: HashMap<&str, i32> = HashMap::new();
            if let Some(Ok(form)) = current.get(&key).map(|at| &submissions[*at].outcome) {
                for values in form.values.chunk_by(|a, b| a.unit == b.unit) {
                    *accepted.entry(form.units[values[0].unit as usize].as_str()).or_default() += values.len() as i32;
                }
            }
            let province = scope.province(register, &district.code, period);
            let list = rows.entry((province, period)).or_default();
            let mut add = |unit: &'r crate::model::UnitVersion| {
                units += 1;
                list.push(Slot {
                    unit: &unit.code,
                    district: &district.code,
                    form: &form.code,
                    due_on,
                    received_on: came.map(|at| received_day(plan, submissions[at].receipt.received_at)),
                    due: form.elements.len() as i32,
                    accepted: accepted.get(unit.code.as_str()).copied().unwrap_or(0),
                });
            };
            if form.level == Level::Ward {
                register.children(&district.code, period.end()).filter(|unit| unit.level == form.level).for_each(add);
            } else if form.level == district.level {
                add(district);
            }
            total.values += units * form.elements.len();
            total.forms += usize::from(units > 0);
            total.late += usize::from(units > 0 && came.is_none() && due_on < today);
        }
    }
    rows.into_par_iter().try_for_each(|((province, period), mut list)| {
        list.sort_by(|a, b| (a.unit, a.form).cmp(&(b.unit, b.form)));
        writer.write_period(province, period, &slots_batch(&list, period)?)
    })?;
    Ok((total, writer.finish(&scope.folders())?))
}

/// One unit's form that was due.
struct Slot<'a> {
    unit: &'a str,
    district: &'a str,
    form: &'a str,
    due_on: Date,
    received_on: Option<Date>,
    due: i32,
    accepted: i32,
}

fn slots_batch(list: &[Slot<'_>], period: Period) -> Result<RecordBatch> {
    Store::batch(
        "reporting",
        vec![
            columns::runs(list.iter().map(|s| s.unit)),
            columns::runs(list.iter().map(|s| s.district)),
            columns::runs(list.iter().map(|s| s.form)),
            columns::constant(&period.to_string(), list.len()),
            columns::days(list.iter().map(|s| Some(s.due_on))),
            columns::days(list.iter().map(|s| s.received_on)),
            columns::flags(list.iter().map(|s| s.received_on.map(|day| day <= s.due_on))),
            columns::wholes(list.iter().map(|s| Some(s.due))),
            columns::wholes(list.iter().map(|s| Some(s.accepted))),
            columns::numbers(list.iter().map(|s| Some(f64::from(s.accepted) / f64::from(s.due.max(1))))),
        ],
    )
}
