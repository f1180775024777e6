//! Stage 3: observations → indicator values, status, classes, scores.
//!
//! 0. [`parts`]: which provinces, and from which quarter on
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
mod parts;
mod spans;
mod sums;
mod tables;
mod verdict;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::model::{Map, Period, Plan, Progress};
use crate::register::{Register, Territories};
use crate::store::{Fresh, Stale, Store, StoreError, Written};

/// The stage's word.
const STAGE: &str = "evaluate";

/// What evaluate did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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

/// Computes every indicator and scorecard for which something changed and writes their tables: for the units that
/// reported, and on these maps too. A release holds [`Map::ALL`]. The summary is of all.
pub fn evaluate(
    plan: &Plan,
    register: &Register,
    store: &Store,
    maps: &[Map],
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Summary, EvaluateError> {
    let today = plan.local_date(now);
    let territories = register.territories();
    let inputs = parts::inputs(plan, register, territories, store, maps, today)?;
    let mut parts = store.parts(STAGE)?;
    let stale = parts.stale(&inputs);
    let gone = parts.gone(&inputs);
    let everything = stale.len() == inputs.len() || !gone.is_empty();
    let mut before = BTreeMap::new();
    for part in &stale {
        if let Some(made) = parts.get(&part.part) {
            before.insert(part.part.clone(), (parts::Kept::of(&made.summary), parts.files(&part.part)?));
        }
    }
    parts.begin(stale.iter().map(|stale| &stale.part).chain(&gone).map(String::as_str))?;
    let provinces = stale.iter().filter(|stale| stale.part != parts::IMPACT).count();
    if provinces > 0 {
        progress.start(STAGE, provinces as u64);
    }
    let fresh = |stale: &Stale, summary, files| {
        let inputs = inputs.get(&stale.part).cloned().unwrap_or_default();
        Fresh { part: stale.part.clone(), inputs, summary, files }
    };
    let is_impact = |stale: &&Stale| stale.part == parts::IMPACT;
    // One province at a time, which bounds the memory; within it spans, indicators and files are worked on side by side, and
    // beside it what interventions did, which follows from the observations alone.
    let make_provinces = || -> Result<Vec<Fresh>, EvaluateError> {
        let room = Room { plan, register, store, maps, territories, today, draws: OnceCell::new() };
        let make = |stale| {
            let (kept, files) = room.province(stale, before.get(&stale.part))?;
            progress.advance(1);
            Ok(fresh(stale, serde_json::to_string(&kept).unwrap_or_default(), files))
        };
        stale.iter().filter(|stale| !is_impact(stale)).map(make).collect()
    };
    let make_impact = || -> Result<Option<Fresh>, EvaluateError> {
        let Some(stale) = stale.iter().find(is_impact) else { return Ok(None) };
        Ok(Some(fresh(stale, String::new(), impact::impact(plan, register, store, today)?)))
    };
    let (made, impact) = rayon::join(make_provinces, make_impact);
    let fresh = made?.into_iter().chain(impact?).collect();
    parts.end(fresh)?;
    if everything {
        store.sweep(&tables::NAMES, &parts.all_files()?)?;
        parts.forget(&gone)?;
    }
    if provinces > 0 {
        progress.finish();
    }
    let summaries = parts.all().iter().filter(|(name, _)| *name != parts::IMPACT);
    Ok(summaries.map(|(_, made)| parts::Kept::of(&made.summary).summary).fold(Summary::default(), |all, one| Summary {
        indicator_values: all.indicator_values + one.indicator_values,
        wards_scored: all.wards_scored + one.wards_scored,
    }))
}

/// What [`evaluate`] would make anew as the tables stand, and why.
pub fn ahead(
    plan: &Plan,
    register: &Register,
    store: &Store,
    maps: &[Map],
    now: Timestamp,
) -> Result<Vec<Stale>, StoreError> {
    let inputs = parts::inputs(plan, register, register.territories(), store, maps, plan.local_date(now))?;
    Ok(store.parts(STAGE)?.stale(&inputs))
}

/// What the evaluation of each province needs.
struct Room<'a> {
    plan: &'a Plan,
    register: &'a Register,
    store: &'a Store,
    maps: &'a [Map],
    territories: &'a Territories,
    today: Date,
    draws: OnceCell<cards::Draws>,
}

impl Room<'_> {
    /// Computes a province from the first quarter on of which something changed. `before` is what stood, with its files.
    fn province(
        &self,
        stale: &Stale,
        before: Option<&(parts::Kept, Vec<Written>)>,
    ) -> Result<(parts::Kept, Vec<Written>), EvaluateError> {
        let Self { plan, register, store, maps, today, .. } = *self;
        let province = stale.part.as_str();
        let territory = self.territories.of(province);
        let provinces = self.territories.provinces(territory).iter().map(String::as_str);
        let folders: Vec<&str> = provinces.filter(|_| !territory.is_empty()).collect();
        let facts = grid::Facts::read(plan, store, if folders.is_empty() { &[""] } else { &folders })?;
        let digests = parts::facts(&parts::files_before(store, territory)?, facts.rejected());
        let quarters: Vec<Period> = plan.quarters().into_iter().filter(|q| q.start() <= today).collect();
        let from = parts::first_open(stale, before.map(|(kept, _)| kept), &digests, &quarters);
        if let Some((kept, files)) = before.filter(|_| from == quarters.len()) {
            return Ok((parts::Kept { facts: digests, ..kept.clone() }, files.clone()));
        }
        let standing = before.map_or_else(Vec::new, |(_, files)| parts::standing(files, &quarters, from));
        let writer = tables::Writer::new(plan, store, (!territory.is_empty()).then_some(province))?;
        let grid = grid::Grid::new(plan, register, &facts, (province, &quarters), today, from);
        let sums = sums::compute(plan, &grid)?;
        let reported = maps::as_reported(plan, register, grid, &sums);
        let cards =
            cards::cards(plan, &reported.grid, &reported.judged, self.draws.get_or_init(|| cards::Draws::new(plan)));
        let wards_scored = writer.write_cards(plan, &reported.grid, &cards)?;
        if let Some(t) = assess::newest(&reported) {
            writer.write_assessments(plan, &reported, t, &assess::assess(plan, &reported, t))?;
        }
        // First, since the files of the other maps are copies of these where no unit changed.
        let mut rows = before.map_or_else(Vec::new, |(kept, _)| kept.rows.clone());
        rows.truncate(from);
        rows.resize(quarters.len(), 0);
        let mut count = |written: Vec<usize>| rows.iter_mut().zip(written).for_each(|(all, more)| *all += more);
        count(writer.write_values(plan, &reported)?);
        for map in maps {
            let day = match map {
                Map::AsReported => continue,
                Map::AsOf => plan.as_of(),
                Map::Current => today,
            };
            if let Some(map) = maps::lay(plan, register, &reported, &sums, *map, day) {
                count(writer.write_values(plan, &map)?);
            }
        }
        let files = writer.finish(&standing)?;
        let summary = Summary { indicator_values: rows.iter().sum(), wards_scored };
        Ok((parts::Kept { summary, facts: digests, rows }, files))
    }
}
