//! Stage 3: observations → indicator values, status, classes, scores.
//!
//! 1. [`grid`]: observations of a province → a complete grid of period × unit, a column per element
//! 2. [`lower`], [`sums`]: formulas → polars; numerators and denominators per ward, district and province
//! 3. [`judge`]: value, interval, change, target, status, rank
//! 4. [`cards`]: rubric class and score of each ward
//! 5. [`maps`]: the same on the map of the plan's first day, and on today's
//! 6. [`tables`]: `indicator_values` and `scorecards`
//! 7. [`impact`]: what interventions did: `impact` and `impact_series`

mod cards;
mod grid;
mod impact;
mod judge;
mod lower;
mod maps;
mod sums;
mod tables;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::model::{Level, Plan, Progress};
use crate::register::Register;
use crate::store::{Store, StoreError};

/// What evaluate did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Rows of `indicator_values`.
    pub indicator_values: usize,
    /// Wards with a scorecard in the newest period.
    pub wards_scored: usize,
}

/// Why evaluate could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine, with what it was computing.
    #[error("computing {what}: {source}")]
    Engine {
        /// What was being computed.
        what: String,
        /// What the engine said.
        source: polars::prelude::PolarsError,
    },
}

/// Computes every indicator and scorecard and writes their tables.
pub fn evaluate(
    plan: &Plan,
    register: &Register,
    store: &Store,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Summary, EvaluateError> {
    let today = plan.local_date(now);
    let facts = grid::Facts::read(plan, store)?;
    let day = plan.first_period.end();
    let last = plan.last_period.end();
    let mut provinces: Vec<&str> = register
        .versions()
        .iter()
        .filter(|u| u.level == Level::Province && (u.in_force(day) || u.in_force(last)))
        .map(|u| u.code.as_str())
        .collect();
    provinces.dedup();
    progress.start("evaluate", provinces.len() as u64);
    let writer = tables::Writer::new(plan, store, register.has_several_provinces())?;
    let done: Result<Vec<Summary>, EvaluateError> = provinces
        .par_iter()
        .map(|province| {
            let grid = grid::Grid::new(plan, register, &facts, province, today);
            let sums = sums::compute(plan, &grid)?;
            let judged = judge::judge(plan, &grid, &sums);
            let cards = cards::cards(plan, &grid, &judged);
            let mut summary = writer.write(plan, province, &grid, &judged, &cards)?;
            let on = |name, day| match maps::lay(plan, register, &grid, (&sums, &judged), name, day) {
                Some(map) => writer.write_map(plan, province, &map),
                None => Ok(0),
            };
            let (as_of, current) = rayon::join(|| on("as_of", plan.first_day), || on("current", today));
            summary.indicator_values += as_of? + current?;
            progress.advance(1);
            Ok(summary)
        })
        .collect();
    writer.finish()?;
    impact::impact(plan, register, store, today)?;
    progress.finish();
    Ok(done?.into_iter().fold(Summary::default(), |a, b| Summary {
        indicator_values: a.indicator_values + b.indicator_values,
        wards_scored: a.wards_scored + b.wards_scored,
    }))
}
