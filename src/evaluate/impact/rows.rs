//! Estimates → the tables `impact`, `impact_series` and `impact_courses`.

use arrow_array::RecordBatch;

use super::effects::{Course, Found, Line, Point};
use crate::evaluate::EvaluateError;
use crate::model::{Intervention, Outcome, Period, Plan};
use crate::stats::linear::Estimate;
use crate::store::{Store, StoreError, Written, columns};

/// Writes the tables.
pub(super) fn write(
    plan: &Plan,
    store: &Store,
    wanted: &[(&Intervention, Outcome)],
    found: &[Found],
    quarters: &[Period],
) -> Result<Vec<Written>, EvaluateError> {
    let lines: Vec<(&Intervention, Outcome, &Found, &Line)> = wanted
        .iter()
        .zip(found)
        .flat_map(|((i, o), found)| found.lines.iter().map(move |line| (*i, *o, found, line)))
        .collect();
    let points: Vec<(&Intervention, Outcome, &Point)> = wanted
        .iter()
        .zip(found)
        .flat_map(|((i, o), found)| found.points.iter().map(move |point| (*i, *o, point)))
        .collect();
    let mut files = store.write_whole("impact", &plan.digest, &impact(plan, &lines, quarters)?)?;
    files.extend(store.write_whole("impact_series", &plan.digest, &series(plan, &points)?)?);
    let courses: Vec<(&Intervention, Outcome, &Course)> = wanted
        .iter()
        .zip(found)
        .flat_map(|((i, o), found)| found.courses.iter().map(move |course| (*i, *o, course)))
        .collect();
    files.extend(store.write_whole("impact_courses", &plan.digest, &course(plan, &courses, quarters)?)?);
    Ok(files)
}

/// Estimate and limits on the scale that is told.
fn told(estimate: &Estimate, ratio: bool) -> [f64; 3] {
    let all = [estimate.value, estimate.lower, estimate.upper];
    if ratio { all.map(f64::exp) } else { all }
}

fn scale(ratio: bool) -> &'static str {
    if ratio { "ratio" } else { "difference" }
}

fn role(outcome: Outcome) -> &'static str {
    if outcome.placebo { "placebo" } else { "outcome" }
}

fn impact(
    plan: &Plan,
    lines: &[(&Intervention, Outcome, &Found, &Line)],
    quarters: &[Period],
) -> Result<RecordBatch, StoreError> {
    let numbers = |f: &dyn Fn(&Estimate, bool) -> f64| {
        columns::numbers(lines.iter().map(|(.., l)| l.estimate.as_ref().ok().map(|e| f(e, l.ratio))))
    };
    let sizes = |at: usize| columns::wholes(lines.iter().map(|(.., l)| Some(l.sizes[at] as i32)));
    let since = |l: &Line| l.group.and_then(|g| quarters.get(g)).map(ToString::to_string);
    let note = |found: &Found, l: &Line| {
        let mut notes: Vec<String> = l.estimate.as_ref().err().map(ToString::to_string).into_iter().collect();
        if found.mixed > 0 {
            notes.push(format!("partly_treated_units_left_out={}", found.mixed));
        }
        (!notes.is_empty()).then(|| notes.join("; "))
    };
    Store::batch(
        "impact",
        vec![
            columns::plain(lines.iter().map(|(i, ..)| i.code.as_str())),
            columns::plain(lines.iter().map(|(_, o, ..)| plan.measure_code(o.measure))),
            columns::plain(lines.iter().map(|(_, o, ..)| role(*o))),
            columns::plain(lines.iter().map(|(.., l)| l.method.as_str())),
            columns::plain(lines.iter().map(|(.., l)| l.estimand)),
            columns::plain(lines.iter().map(|(.., l)| scale(l.ratio))),
            columns::text(lines.iter().map(|(.., l)| since(l))),
            numbers(&|e, ratio| told(e, ratio)[0]),
            numbers(&|e, _| e.se),
            numbers(&|e, ratio| told(e, ratio)[1]),
            numbers(&|e, ratio| told(e, ratio)[2]),
            numbers(&|e, _| e.p),
            columns::numbers(lines.iter().map(|(.., l)| l.p_adjusted)),
            columns::flags(lines.iter().map(|(.., l)| l.found())),
            sizes(0),
            sizes(1),
            sizes(2),
            columns::numbers(lines.iter().map(|(.., l)| l.pretrend)),
            columns::text(lines.iter().map(|(_, _, found, l)| note(found, l))),
        ],
    )
}

fn series(plan: &Plan, points: &[(&Intervention, Outcome, &Point)]) -> Result<RecordBatch, StoreError> {
    let numbers = |f: &dyn Fn(&Point) -> f64| columns::numbers(points.iter().map(|(.., point)| Some(f(point))));
    Store::batch(
        "impact_series",
        vec![
            columns::plain(points.iter().map(|(i, ..)| i.code.as_str())),
            columns::plain(points.iter().map(|(_, o, _)| plan.measure_code(o.measure))),
            columns::plain(points.iter().map(|(_, o, _)| role(*o))),
            columns::plain(points.iter().map(|(.., p)| p.method.as_str())),
            columns::plain(points.iter().map(|(.., p)| scale(p.ratio))),
            columns::wholes(points.iter().map(|(.., p)| Some(p.since))),
            numbers(&|p| told(&p.estimate, p.ratio)[0]),
            numbers(&|p| p.estimate.se),
            numbers(&|p| told(&p.estimate, p.ratio)[1]),
            numbers(&|p| told(&p.estimate, p.ratio)[2]),
            numbers(&|p| p.estimate.p),
        ],
    )
}

fn course(
    plan: &Plan,
    courses: &[(&Intervention, Outcome, &Course)],
    quarters: &[Period],
) -> Result<RecordBatch, StoreError> {
    let rows: Vec<(&Intervention, Outcome, &Course, Period, Option<f64>)> = courses
        .iter()
        .flat_map(|(i, o, c)| {
            quarters.iter().zip(&c.values).map(move |(quarter, value)| (*i, *o, *c, *quarter, *value))
        })
        .collect();
    let since = |c: &Course| c.start.and_then(|g| quarters.get(g)).map(ToString::to_string);
    Store::batch(
        "impact_courses",
        vec![
            columns::plain(rows.iter().map(|(i, ..)| i.code.as_str())),
            columns::plain(rows.iter().map(|(_, o, ..)| plan.measure_code(o.measure))),
            columns::plain(rows.iter().map(|(_, o, ..)| role(*o))),
            columns::text(rows.iter().map(|(_, _, c, ..)| since(c))),
            columns::plain(rows.iter().map(|(.., quarter, _)| quarter.to_string())),
            columns::wholes(rows.iter().map(|(_, _, c, ..)| Some(c.units as i32))),
            columns::numbers(rows.iter().map(|(.., value)| *value)),
        ],
    )
}
