//! Series for one intervention and measure. Units that were merged or split within the plan are taken together, so that each
//! series is about the same ground from first to last; together they count as reported only where all of them did.

use std::collections::BTreeMap;

use super::values::Values;
use crate::model::{Expr, Intervention, Measure, Outcome, Period, Plan, ValueForm};
use crate::register::Register;

/// Share of the units, by size, that must have reported for a quarter to count in their series.
const REPORTED: f64 = 0.8;

/// One series: what of each quarter was reported.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// First quarter with the intervention, as a position among the quarters; none where it never came.
    pub(super) start: Option<usize>,
    /// Per quarter: the count, or the ratio's numerator, and what it is divided by.
    pub(super) parts: Vec<Option<(f64, f64)>>,
    /// Inhabitants, or the ratio's denominator, at the last quarter that has one: how much the unit weighs among the treated.
    pub(super) size: f64,
}

/// All series of the province.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Panel {
    /// Treated and never treated.
    pub(super) series: Vec<Series>,
    /// Whether it is a count per inhabitant rather than a ratio.
    pub(super) counts: bool,
    /// What a quotient is multiplied by.
    pub(super) factor: f64,
    /// Units whose ground was treated only in part, or at different times; they are left out.
    pub(super) mixed: usize,
}

impl Panel {
    /// Lays the values out.
    pub(super) fn new(
        plan: &Plan,
        register: &Register,
        values: &Values,
        intervention: &Intervention,
        outcome: Outcome,
        quarters: &[Period],
    ) -> Self {
        let measured = Measured { plan, values, measure: outcome.measure };
        let (mut series, mut mixed) = (Vec::new(), 0);
        for ground in grounds(plan, register, intervention, outcome, quarters) {
            let mut starts: Vec<Option<usize>> = ground
                .iter()
                .map(|code| register.began(intervention, code).and_then(|p| quarters.iter().position(|q| *q == p)))
                .collect();
            starts.sort_unstable();
            starts.dedup();
            let [start] = starts[..] else {
                mixed += 1;
                continue;
            };
            let parts: Vec<Option<(f64, f64)>> = quarters
                .iter()
                .map(|quarter| {
                    let in_force = ground.iter().filter(|code| register.at(code, quarter.end()).is_some());
                    let parts: Option<Vec<(f64, f64)>> = in_force.map(|code| measured.parts(code, *quarter)).collect();
                    let parts = parts.filter(|parts| !parts.is_empty())?;
                    Some(parts.iter().fold((0.0, 0.0), |(a, b), (n, d)| (a + n, b + d)))
                })
                .collect();
            if let Some((_, size)) = parts.iter().rev().flatten().next().copied() {
                series.push(Series { start, parts, size });
            }
        }
        let factor = match outcome.measure {
            Measure::Element(_) => 1000.0,
            Measure::Indicator(at) => plan.indicators.get(at).map_or(1.0, |i| i.factor),
        };
        let counts = matches!(outcome.measure, Measure::Element(_));
        Self { series, counts, factor, mixed }
    }

    /// The series of all units that began at `start`, or never did, taken together: how many they are, and the sums of each
    /// quarter in which enough of them reported.
    pub(super) fn together(&self, start: Option<usize>) -> (usize, Vec<Option<(f64, f64)>>) {
        let units: Vec<&Series> = self.series.iter().filter(|s| s.start == start).collect();
        let all: f64 = units.iter().map(|s| s.size).sum();
        let quarters = units.first().map_or(0, |s| s.parts.len());
        let sums = (0..quarters).map(|t| {
            let there = || units.iter().filter(|s| s.parts[t].is_some());
            let enough = there().map(|s| s.size).sum::<f64>() >= REPORTED * all;
            let sum = there().filter_map(|s| s.parts[t]).fold((0.0, 0.0), |(a, b), (n, d)| (a + n, b + d));
            (enough && sum.1 > 0.0).then_some(sum)
        });
        (units.len(), sums.collect())
    }

    /// The starts that occur, ascending.
    pub(super) fn starts(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.series.iter().filter_map(|s| s.start).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Codes of the province's units, in sets of the same ground.
fn grounds(
    plan: &Plan,
    register: &Register,
    intervention: &Intervention,
    outcome: Outcome,
    quarters: &[Period],
) -> Vec<Vec<String>> {
    let level = plan.measure_level(outcome.measure);
    let province = intervention.starts.first().and_then(|s| register.province_of(&s.unit, s.since.end()));
    // Each code leads to another of its ground, or to itself.
    let mut leads: BTreeMap<&str, &str> = BTreeMap::new();
    for quarter in quarters {
        for unit in register.in_force(level, quarter.end()) {
            if province.is_some() && register.province_of(&unit.code, quarter.end()) == province {
                leads.insert(&unit.code, &unit.code);
            }
        }
    }
    let within = quarters.first().zip(quarters.last());
    for change in register.changes() {
        let during = within.is_some_and(|(a, z)| change.effective_date > a.start() && change.effective_date <= z.end());
        let Some((from, to)) = change.moved().filter(|_| during) else { continue };
        if let (Some(a), Some(b)) = (root(&leads, from), root(&leads, to)) {
            leads.insert(a.max(b), a.min(b));
        }
    }
    let mut sets: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for code in leads.keys() {
        sets.entry(root(&leads, code)).or_default().push((*code).to_owned());
    }
    sets.into_values().collect()
}

/// Where a code leads to in the end.
fn root<'a>(leads: &BTreeMap<&'a str, &'a str>, code: &str) -> Option<&'a str> {
    let mut code = *leads.get(code)?;
    while let Some(next) = leads.get(code).filter(|next| **next != code) {
        code = next;
    }
    Some(code)
}

/// A measure of one unit and quarter.
struct Measured<'a> {
    plan: &'a Plan,
    values: &'a Values,
    measure: Measure,
}

impl Measured<'_> {
    fn parts(&self, code: &str, quarter: Period) -> Option<(f64, f64)> {
        match self.measure {
            Measure::Element(at) => {
                let persons = self.plan.population_near(code, quarter.year()).filter(|p| *p > 0.0)?;
                Some((self.values.get(code, quarter, at)?, persons))
            }
            Measure::Indicator(at) => {
                let indicator = self.plan.indicators.get(at)?;
                let numerator = self.value(&indicator.numerator, code, quarter)?;
                let denominator = match (indicator.form, &indicator.denominator) {
                    (ValueForm::Count, _) | (_, None) => 1.0,
                    (_, Some(expr)) => self.value(expr, code, quarter)?,
                };
                // 1 − n/d = (d − n)/d.
                let numerator =
                    if indicator.form == ValueForm::Reduction { denominator - numerator } else { numerator };
                (denominator > 0.0).then_some((numerator, denominator))
            }
        }
    }

    fn value(&self, expr: &Expr, code: &str, quarter: Period) -> Option<f64> {
        let leaf = |leaf: &Expr| match leaf {
            Expr::Element(element) => {
                self.plan.element_index(element).and_then(|at| self.values.get(code, quarter, at)).ok_or(())
            }
            Expr::Population => self.plan.population_near(code, quarter.year()).ok_or(()),
            Expr::Units => Ok(1.0),
            _ => Err(()),
        };
        expr.value(&leaf).ok().filter(|v| v.is_finite())
    }
}
