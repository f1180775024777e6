//! What is worked on by itself, and from which quarter on: a province, as far as what it follows from has changed.
//!
//! A quarter's figures follow from what was reported for it and before it, never from what came for a later one. So a
//! province is computed anew from the first quarter of which the facts changed; files of earlier quarters stand. Of
//! anything else that changed (the program, the definitions, the calendar) all of it is computed anew.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Summary;
use crate::model::{Level, Map, Period, Plan};
use crate::register::{Register, Territories};
use crate::store::{Inputs, Stale, Store, StoreError, Written, made, raw};

/// The part of the tables that tell what interventions did.
pub(super) const IMPACT: &str = "impact";
/// The table by whose maker it is known what came in.
const OBSERVATIONS: &str = "observations";
/// The one input of which it is known what it means for each quarter.
const TABLES: &str = "tables";

/// What is kept of a province beside its tables.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Kept {
    pub(super) summary: Summary,
    /// Digest of the facts of each period.
    pub(super) facts: BTreeMap<String, String>,
    /// Rows of `indicator_values` of each quarter.
    pub(super) rows: Vec<usize>,
}

impl Kept {
    pub(super) fn of(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_default()
    }
}

/// Provinces that there are within the plan's time, by code.
pub(super) fn provinces<'r>(plan: &Plan, register: &'r Register) -> Vec<&'r str> {
    let (first, last) = (plan.first_period.end(), plan.last_period.end());
    let mut all: Vec<&str> = register
        .versions()
        .iter()
        .filter(|u| u.level == Level::Province && (u.in_force(first) || u.in_force(last)))
        .map(|u| u.code.as_str())
        .collect();
    all.dedup();
    all
}

/// What each province, and what is said of interventions, follows from.
pub(super) fn inputs(
    plan: &Plan,
    register: &Register,
    territories: &Territories,
    store: &Store,
    maps: &[Map],
    today: Date,
) -> Result<BTreeMap<String, Inputs>, StoreError> {
    let before = store.parts_of_table(OBSERVATIONS)?;
    let missing = || StoreError::Missing { table: OBSERVATIONS.to_owned(), store: store.root().to_owned() };
    let tables = |part: &str| before.get(part).map(|made| made.digest.clone()).ok_or_else(missing);
    let calendar = register.calendar(plan, today);
    let maps: Vec<&str> = maps.iter().map(|map| map.as_str()).collect();
    let maps = format!("{} {}", maps.join(" "), plan.as_of());
    let of = |tables: String| -> Inputs {
        made::inputs(&[
            ("definitions", plan.digest.clone()),
            ("calendar", calendar.clone()),
            ("maps", maps.clone()),
            (TABLES, tables),
        ])
    };
    let mut all = BTreeMap::new();
    for province in provinces(plan, register) {
        all.insert(province.to_owned(), of(tables(territories.of(province))?));
    }
    let mut observed = String::new();
    for name in territories.names().filter(|_| !plan.interventions.is_empty()) {
        observed.push_str(&tables(name)?);
    }
    all.insert(IMPACT.to_owned(), of(raw::sha256(observed.as_bytes())));
    Ok(all)
}

/// Digest of the facts of each period in a territory's files of `observations` and `reporting`; `rejected` tells what came
/// and could not be used.
pub(super) fn facts(
    files: &[Written],
    rejected: impl Iterator<Item = (Period, String, String)>,
) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for (file, sha256) in files {
        let period = file.rsplit('/').next().and_then(|name| name.strip_suffix(".parquet"));
        if let Some(period) = period
            && (file.starts_with("observations/") || file.starts_with("reporting/"))
        {
            texts.entry(period.to_owned()).or_default().push_str(&format!("{file} {sha256}\n"));
        }
    }
    for (period, unit, element) in rejected {
        texts.entry(period.to_string()).or_default().push_str(&format!("{unit} {element}\n"));
    }
    texts.into_iter().map(|(period, text)| (period, raw::sha256(text.as_bytes()))).collect()
}

/// The files of the tables in which a territory's facts stand.
pub(super) fn files_before(store: &Store, territory: &str) -> Result<Vec<Written>, StoreError> {
    store.parts_of_table(OBSERVATIONS)?.files(territory)
}

/// The first quarter to compute anew, by its index; as many as there are quarters where nothing changed.
pub(super) fn first_open(
    stale: &Stale,
    before: Option<&Kept>,
    facts: &BTreeMap<String, String>,
    quarters: &[Period],
) -> usize {
    let only_tables = stale.changed.len() == 1 && stale.changed.contains_key(TABLES);
    let Some(before) = before.filter(|_| only_tables) else { return 0 };
    let periods = before.facts.keys().chain(facts.keys());
    let changed = periods.filter(|period| before.facts.get(*period) != facts.get(*period));
    let first = changed.filter_map(|period| period.parse::<Period>().ok()).map(|period| {
        // What a year's form says counts from the first quarter of which it is the year of the classes.
        let of = |q: &Period| if period.is_year() { q.class_year() == period } else { *q == period };
        quarters.iter().position(of).unwrap_or(quarters.len())
    });
    first.min().unwrap_or(quarters.len())
}

/// Those of a province's files that stand when it is computed anew from a quarter on.
pub(super) fn standing(files: &[Written], quarters: &[Period], from: usize) -> Vec<Written> {
    let stands = |file: &str| {
        let name = file.rsplit('/').next().unwrap_or_default();
        let period = name.split('.').next().and_then(|period| period.parse::<Period>().ok());
        // A year is written with its last quarter.
        let last = |p: Period| if p.is_year() { Period::quarter_of(p.year(), 4).unwrap_or(p) } else { p };
        let at = period.and_then(|p| quarters.iter().position(|q| *q == last(p)));
        at.is_some_and(|at| at < from)
    };
    // What is said of the newest quarter is always said anew.
    files.iter().filter(|(file, _)| !file.starts_with("assessments/") && stands(file)).cloned().collect()
}
