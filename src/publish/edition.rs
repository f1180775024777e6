//! What is published: the tables of the newest period, grouped per unit, so that a page reads a slice and never filters.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int32Type};

use crate::model::{Level, Period, Plan, State, Status};
use crate::register::Register;
use crate::store::{Store, StoreError};

/// One value on a page.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) indicator: usize,
    pub(super) state: State,
    pub(super) value: Option<f64>,
    pub(super) change: Option<f64>,
    pub(super) change_is_real: bool,
    pub(super) target: Option<(f64, f64)>,
    pub(super) expected_now: Option<f64>,
    pub(super) status: Status,
    pub(super) reporting: i32,
    pub(super) expected: i32,
    pub(super) numerator: Option<f64>,
    pub(super) denominator: Option<f64>,
}

/// A ward's card.
#[derive(Debug, Clone, Default)]
pub(super) struct Card {
    pub(super) class: Option<String>,
    pub(super) points: Option<f64>,
    pub(super) points_max: f64,
    pub(super) failed: Vec<String>,
    pub(super) score: Option<f64>,
    pub(super) ranks: Option<(i32, i32, i32)>,
    pub(super) completeness: Option<f64>,
    pub(super) days_late: i32,
}

/// A unit with all that its page shows.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) code: String,
    pub(super) level: Level,
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) district: Option<String>,
    pub(super) values: Vec<Value>,
    /// Per target indicator: the values to date of each quarter, for a sparkline.
    pub(super) series: BTreeMap<usize, Vec<Option<f64>>>,
    pub(super) card: Option<Card>,
    /// Findings of the newest period: errors and warnings.
    pub(super) findings: (usize, usize),
}

/// One edition.
pub(super) struct Edition<'a> {
    pub(super) plan: &'a Plan,
    pub(super) period: Period,
    pub(super) quarters: Vec<Period>,
    /// Provinces, districts and wards in force, by level from the top, then code.
    pub(super) units: Vec<Unit>,
    pub(super) index: HashMap<String, usize>,
}

fn text(batch: &RecordBatch, name: &str) -> impl Fn(usize) -> String {
    let array = batch.column_by_name(name).cloned();
    move |row| {
        let Some(array) = array.as_ref().filter(|a| !a.is_null(row)) else { return String::new() };
        let dictionary = array.as_dictionary::<Int32Type>();
        dictionary.values().as_string::<i32>().value(dictionary.keys().value(row) as usize).to_owned()
    }
}

fn number(batch: &RecordBatch, name: &str) -> impl Fn(usize) -> Option<f64> {
    let array = batch.column_by_name(name).cloned();
    move |row| {
        let array = array.as_ref().filter(|a| !a.is_null(row))?;
        Some(array.as_primitive::<Float64Type>().value(row))
    }
}

fn whole(batch: &RecordBatch, name: &str) -> impl Fn(usize) -> Option<i32> {
    let array = batch.column_by_name(name).cloned();
    move |row| {
        let array = array.as_ref().filter(|a| !a.is_null(row))?;
        Some(array.as_primitive::<Int32Type>().value(row))
    }
}

const COLUMNS: &[&str] = &[
    "level", "unit_code", "period", "span", "indicator", "state", "numerator", "denominator", "value", "change",
    "change_is_real", "target_low", "target_high", "expected_now", "status", "units_reporting", "units_expected",
];

impl<'a> Edition<'a> {
    /// Loads the newest quarter that has observations.
    pub(super) fn load(plan: &'a Plan, register: &'a Register, store: &Store) -> Result<Self, StoreError> {
        let mut newest = plan.first_period;
        for batch in store.read_table("observations", &["period"], true)? {
            if batch.num_rows() > 0
                && let Ok(period) = text(&batch, "period")(0).parse::<Period>()
                && !period.is_year()
            {
                newest = newest.max(period);
            }
        }
        let quarters = plan.first_period.through(newest);
        let mut edition = Self { plan, period: newest, quarters, units: Vec::new(), index: HashMap::new() };
        for level in [Level::Province, Level::District, Level::Ward] {
            for unit in register.in_force(level, newest.end()) {
                edition.index.insert(unit.code.clone(), edition.units.len());
                edition.units.push(Unit {
                    code: unit.code.clone(),
                    level,
                    name: unit.name_vi.clone(),
                    kind: unit.kind.clone(),
                    district: register.district_of(&unit.code, newest.end()).map(str::to_owned),
                    values: Vec::new(),
                    series: BTreeMap::new(),
                    card: None,
                    findings: (0, 0),
                });
            }
        }
        edition.values(store)?;
        edition.cards(store)?;
        edition.findings(store)?;
        Ok(edition)
    }

    fn values(&mut self, store: &Store) -> Result<(), StoreError> {
        let of: HashMap<&str, usize> =
            self.plan.indicators.iter().enumerate().map(|(at, i)| (i.code.as_str(), at)).collect();
        for batch in store.read_table("indicator_values", COLUMNS, true)? {
            let (unit, period, span, indicator) =
                (text(&batch, "unit_code"), text(&batch, "period"), text(&batch, "span"), text(&batch, "indicator"));
            let Some(quarter) = (batch.num_rows() > 0).then(|| period(0).parse::<Period>().ok()).flatten() else { continue };
            let Some(at) = self.quarters.iter().position(|q| *q == quarter) else { continue };
            let (state, status) = (text(&batch, "state"), text(&batch, "status"));
            let (numerator, denominator, value) =
                (number(&batch, "numerator"), number(&batch, "denominator"), number(&batch, "value"));
            let (change, low, high) = (number(&batch, "change"), number(&batch, "target_low"), number(&batch, "target_high"));
            let expected_now = number(&batch, "expected_now");
            let (reporting, expected) = (whole(&batch, "units_reporting"), whole(&batch, "units_expected"));
            let real = batch.column_by_name("change_is_real").cloned();
            for row in 0..batch.num_rows() {
                if span(row) != "year_to_date" {
                    continue;
                }
                let (Some(&u), Some(&indicator)) = (self.index.get(&unit(row)), of.get(indicator(row).as_str())) else { continue };
                let unit = &mut self.units[u];
                if self.plan.target(&self.plan.indicators[indicator].code).is_some() {
                    let series = unit.series.entry(indicator).or_insert_with(|| vec![None; self.quarters.len()]);
                    series[at] = value(row);
                }
                if quarter == self.period {
                    unit.values.push(Value {
                        indicator,
                        state: State::from_word(&state(row)).unwrap_or(State::NotReported),
                        value: value(row),
                        change: change(row),
                        change_is_real: real.as_ref().is_some_and(|r| !r.is_null(row) && r.as_boolean().value(row)),
                        target: low(row).zip(high(row)),
                        expected_now: expected_now(row),
                        status: Status::from_word(&status(row)).unwrap_or(Status::NoTarget),
                        reporting: reporting(row).unwrap_or_default(),
                        expected: expected(row).unwrap_or_default(),
                        numerator: numerator(row),
                        denominator: denominator(row),
                    });
                }
            }
        }
        Ok(())
    }

    fn cards(&mut self, store: &Store) -> Result<(), StoreError> {
        for batch in store.read_table("scorecards", &[], true)? {
            let (unit, period, class) = (text(&batch, "unit_code"), text(&batch, "period"), text(&batch, "class"));
            let (points, max, score) =
                (number(&batch, "rubric_points"), number(&batch, "rubric_points_max"), number(&batch, "score"));
            let (low, high, of) = (whole(&batch, "rank_low"), whole(&batch, "rank_high"), whole(&batch, "rank_of"));
            let (complete, late) = (number(&batch, "completeness"), whole(&batch, "days_late"));
            let failed = batch.column_by_name("failed_requirements").cloned();
            for row in 0..batch.num_rows() {
                if period(row) != self.period.to_string() {
                    continue;
                }
                let Some(&u) = self.index.get(&unit(row)) else { continue };
                let failed = failed.as_ref().map(|f| f.as_list::<i32>().value(row)).map_or_else(Vec::new, |list| {
                    list.as_string::<i32>().iter().flatten().map(str::to_owned).collect()
                });
                self.units[u].card = Some(Card {
                    class: Some(class(row)).filter(|c| !c.is_empty()),
                    points: points(row),
                    points_max: max(row).unwrap_or_default(),
                    failed,
                    score: score(row),
                    ranks: low(row).zip(high(row)).zip(of(row)).map(|((a, b), c)| (a, b, c)),
                    completeness: complete(row),
                    days_late: late(row).unwrap_or_default(),
                });
            }
        }
        Ok(())
    }

    fn findings(&mut self, store: &Store) -> Result<(), StoreError> {
        let wanted = self.period.to_string();
        for batch in store.read_table("findings", &["severity", "unit_code", "period"], true)? {
            let (severity, unit, period) = (text(&batch, "severity"), text(&batch, "unit_code"), text(&batch, "period"));
            for row in 0..batch.num_rows() {
                if period(row) != wanted {
                    continue;
                }
                let Some(&u) = self.index.get(&unit(row)) else { continue };
                match severity(row).as_str() {
                    "error" => self.units[u].findings.0 += 1,
                    "warning" => self.units[u].findings.1 += 1,
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
