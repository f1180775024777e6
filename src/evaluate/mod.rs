//! Stage 3: observations → indicator values, status, classes, scores.
//!
//! 1. [`grid`]: observations of a province → a complete grid of period × unit, a column per element
//! 2. [`spans`]: quarters → longer spans, across changes of boundaries
//! 3. [`lower`], [`sums`]: formulas → polars; numerators and denominators per ward, district and province
//! 4. [`judge`]: value, interval, change, rank; [`verdict`]: status against the target
//! 5. [`cards`]: score and rank of each ward with their intervals
//! 6. [`maps`]: the same on the map of the plan's first day, and on today's
//! 7. [`tables`]: `indicator_values` and `scorecards`
//! 8. [`assess`]: the newest figures against chance, over time and towards the target: `assessments`
//! 9. [`impact`]: what interventions did: `impact`, `impact_series` and `impact_courses`

mod assess;
mod cards;
mod grid;
mod impact;
mod judge;
mod lower;
mod maps;
mod spans;
mod sums;
mod tables;
mod verdict;

use crate::model::{Level, Map, Plan, Progress};
use crate::register::Register;
use crate::store::{Store, StoreError};
use jiff::Timestamp;

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

/// Computes every indicator and scorecard and writes their tables: for the units that reported, and on these maps too. A
/// release holds [`Map::ALL`].
pub fn evaluate(
    plan: &Plan,
    register: &Register,
    store: &Store,
    maps: &[Map],
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
    let draws = cards::Draws::new(plan);
    let writer = tables::Writer::new(plan, store, register.has_several_provinces())?;
    let mut done = Summary::default();
    // One province at a time, which bounds the memory; within it spans, indicators and files are worked on side by side.
    for province in provinces {
        let grid = grid::Grid::new(plan, register, &facts, province, today);
        let sums = sums::compute(plan, &grid)?;
        let reported = maps::as_reported(plan, register, grid, &sums);
        let cards = cards::cards(plan, &reported.grid, &reported.judged, &draws);
        done.wards_scored += writer.write_cards(plan, province, &reported.grid, &cards)?;
        if let Some(t) = assess::newest(&reported) {
            writer.write_assessments(plan, &reported, t, &assess::assess(plan, &reported, t))?;
        }
        // First, since the files of the other maps are copies of these where no unit changed.
        done.indicator_values += writer.write_values(plan, &reported)?;
        for map in maps {
            let day = match map {
                Map::AsReported => continue,
                Map::AsOf => plan.as_of(),
                Map::Current => today,
            };
            if let Some(map) = maps::lay(plan, register, &reported, &sums, *map, day) {
                done.indicator_values += writer.write_values(plan, &map)?;
            }
        }
        progress.advance(1);
    }
    writer.finish()?;
    impact::impact(plan, register, store, today)?;
    progress.finish();
    Ok(done)
}
