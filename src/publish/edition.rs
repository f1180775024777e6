//! What is published: the tables of the newest period, grouped per unit, so that a page reads a slice and never filters.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type};
use arrow_array::{Array, PrimitiveArray, RecordBatch};
use jiff::civil::Date;
use rayon::prelude::*;

use super::card::{self, Card};
use super::figure::Figure;
use super::impact::{self, Study};
use super::open::Open;
use super::origin::{self, Origin};
use super::outlook::{self, Funnel, Outlook};
use super::reported::{self, Reported};
use super::sources::Sources;
use super::values::{Row, SERIES, VALUES, Value};
use crate::model::{Level, Map, Period, Plan, Span};
use crate::register::{Register, Territories};
use crate::store::columns::Words;
use crate::store::{Partition, Store, StoreError};

/// A unit with all that its page shows.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) code: String,
    pub(super) level: Level,
    pub(super) name: String,
    /// Its kind: `phường`.
    pub(super) kind: String,
    /// What made a ward what it is.
    pub(super) origins: Vec<Origin>,
    /// Position of the unit above.
    parent: Option<usize>,
    children: Vec<usize>,
    /// By indicator.
    pub(super) values: Vec<Value>,
    /// Of indicators with a target: what is said beside the value.
    outlooks: Vec<(usize, Outlook)>,
    /// Target by target: the value of the span shown at each quarter, for a sparkline.
    series: Vec<Option<f64>>,
    /// Target by target: what was required at each quarter.
    path: Vec<Option<f64>>,
    pub(super) card: Option<Card>,
    /// Findings of the newest period: errors and warnings.
    pub(super) findings: (usize, usize),
    /// Of a sender: what it reported within the last year.
    pub(super) reported: Option<Reported>,
    /// Interventions, by their position in the plan, that came to the unit, with their first period; of a province those
    /// that began anywhere in it.
    pub(super) interventions: Vec<(usize, Option<Period>)>,
}

impl Unit {
    /// What is said beside its value of an indicator.
    pub(super) fn outlook(&self, indicator: usize) -> &[Figure] {
        self.outlook_of(indicator).map_or(&[], |outlook| outlook.said.as_slice())
    }

    /// Between which limits chance alone would leave its value.
    pub(super) fn funnel(&self, indicator: usize) -> Option<Funnel> {
        self.outlook_of(indicator)?.funnel
    }

    fn outlook_of(&self, indicator: usize) -> Option<&Outlook> {
        self.outlooks.iter().find(|(of, _)| *of == indicator).map(|(_, outlook)| outlook)
    }
}

/// What an edition is of.
pub(super) enum Of<'a> {
    /// The units of a territory, with all that is known of them.
    Territory(&'a Territories, &'a str),
    /// All units, with the figures of the provinces alone.
    Front,
}

impl Of<'_> {
    fn holds(&self, code: &str) -> bool {
        match self {
            Self::Territory(all, name) => all.of(code) == *name,
            Self::Front => true,
        }
    }

    /// Folders of tables that have a file for a territory; an empty name is the whole table.
    pub(super) fn territory(&self) -> &str {
        match self {
            Self::Territory(_, name) => name,
            Self::Front => "",
        }
    }

    /// Folders of tables that have files for a province.
    pub(super) fn provinces(&self) -> Vec<&str> {
        match self {
            Self::Territory(all, name) if !name.is_empty() => all.provinces(name).iter().map(String::as_str).collect(),
            _ => vec![""],
        }
    }
}

/// One edition.
pub(super) struct Edition<'a> {
    pub(super) plan: &'a Plan,
    pub(super) register: &'a Register,
    pub(super) period: Period,
    /// The day whose units are shown.
    pub(super) day: Date,
    /// From the plan's first quarter to the period shown.
    pub(super) quarters: Vec<Period>,
    /// Provinces, districts and wards in force, by level from the top, then code.
    pub(super) units: Vec<Unit>,
    index: HashMap<String, usize>,
    /// The cells that the figures come from.
    pub(super) sources: Sources,
    /// Per indicator of the plan: its place among those with a target.
    targets: Vec<Option<usize>>,
    /// What was estimated of each intervention.
    pub(super) studies: Vec<Study>,
    /// Findings that nobody has answered yet.
    pub(super) open: Open,
    /// The day on which this is said.
    pub(super) today: Date,
}

pub(super) fn numbers<'a, T: ArrowPrimitiveType>(batch: &'a RecordBatch, name: &str) -> Option<&'a PrimitiveArray<T>> {
    batch.column_by_name(name)?.as_primitive_opt::<T>()
}

pub(super) fn get<T: ArrowPrimitiveType>(array: Option<&PrimitiveArray<T>>, row: usize) -> Option<T::Native> {
    array.filter(|a| !a.is_null(row)).map(|a| a.value(row))
}

/// What one file of `indicator_values` brings: unit, target, value and what was required; and for the period shown, unit and value.
#[derive(Default)]
struct Brought {
    quarter: usize,
    points: Vec<(u32, u16, [Option<f64>; 2])>,
    values: Vec<(u32, Value)>,
}

impl<'a> Edition<'a> {
    /// Loads the quarter `newest`, as of a day.
    pub(super) fn load(
        plan: &'a Plan,
        register: &'a Register,
        store: &Store,
        today: Date,
        newest: Period,
        of: &Of<'_>,
    ) -> Result<Self, StoreError> {
        let quarters = plan.first_period.through(newest);
        let mut count = 0;
        let targets: Vec<Option<usize>> = plan
            .indicators
            .iter()
            .map(|i| {
                plan.target(&i.code).map(|_| {
                    count += 1;
                    count - 1
                })
            })
            .collect();
        let day = match plan.settings.map.shown {
            Map::AsReported => newest.end(),
            Map::AsOf => plan.as_of(),
            Map::Current => today,
        };
        let (units, index, studies) = (Vec::new(), HashMap::new(), impact::load(plan, store)?);
        let sources = Sources::default();
        let mut edition = Self {
            plan,
            register,
            period: newest,
            day,
            quarters,
            units,
            index,
            sources,
            targets,
            studies,
            open: Open::default(),
            today,
        };
        for level in [Level::Province, Level::District, Level::Ward] {
            for unit in register.in_force(level, day).filter(|unit| of.holds(&unit.code)) {
                let at = edition.units.len();
                let parent = unit.parent_code.as_ref().and_then(|p| edition.index.get(p)).copied();
                if let Some(parent) = parent {
                    edition.units[parent].children.push(at);
                }
                edition.index.insert(unit.code.clone(), at);
                edition.units.push(Unit {
                    code: unit.code.clone(),
                    level,
                    name: unit.name_vi.clone(),
                    kind: unit.kind.clone(),
                    origins: match level {
                        Level::Ward => origin::of(register, &unit.code, day),
                        _ => Vec::new(),
                    },
                    parent,
                    children: Vec::new(),
                    values: Vec::new(),
                    outlooks: Vec::new(),
                    series: vec![None; count * edition.quarters.len()],
                    path: vec![None; count * edition.quarters.len()],
                    card: None,
                    findings: (0, 0),
                    reported: None,
                    interventions: began(plan, register, &unit.code, level),
                });
            }
        }
        edition.values(store, of)?;
        if matches!(of, Of::Front) {
            return Ok(edition);
        }
        let provinces = of.provinces();
        edition.outlooks(store, &provinces)?;
        let (from, to) = (day.min(newest.end()), day.max(newest.end()));
        for (code, card) in card::load(store, &provinces, newest)? {
            // A unit that reported on other bounds than the map's has none.
            if let Some(at) = edition.index.get(&code).filter(|_| !register.turned(&code, from, to)) {
                edition.units[*at].card = Some(card);
            }
        }
        edition.findings(store, &[of.territory()])?;
        let mut reported = reported::load(store, &provinces, newest, today)?;
        for unit in &mut edition.units {
            unit.reported = reported.remove(&unit.code);
        }
        edition.open = Open::load(store, of.territory(), newest)?;
        // On another map a unit's figures are made of others' cells.
        if plan.settings.map.shown == Map::AsReported {
            edition.sources = Sources::load(plan, store, newest, &edition.index, of)?;
        }
        Ok(edition)
    }

    /// True for an indicator that has a target.
    pub(super) fn is_target(&self, indicator: usize) -> bool {
        self.targets.get(indicator).is_some_and(Option::is_some)
    }

    /// Values of a unit's target indicator, quarter by quarter; empty for other indicators.
    pub(super) fn series<'u>(&self, unit: &'u Unit, indicator: usize) -> &'u [Option<f64>] {
        self.quarterly(&unit.series, indicator)
    }

    /// What a unit's target requires, quarter by quarter; empty for other indicators.
    pub(super) fn path<'u>(&self, unit: &'u Unit, indicator: usize) -> &'u [Option<f64>] {
        self.quarterly(&unit.path, indicator)
    }

    fn quarterly<'u>(&self, all: &'u [Option<f64>], indicator: usize) -> &'u [Option<f64>] {
        let Some(Some(target)) = self.targets.get(indicator) else { return &[] };
        let n = self.quarters.len();
        all.get(target * n..(target + 1) * n).unwrap_or(&[])
    }

    /// Position of a unit.
    pub(super) fn position(&self, unit: &Unit) -> Option<usize> {
        self.index.get(&unit.code).copied()
    }

    /// The unit of a code.
    pub(super) fn unit(&self, code: &str) -> Option<&Unit> {
        self.units.get(*self.index.get(code)?)
    }

    /// Name of a unit on a day; its code where it was not known then.
    pub(super) fn name(&self, code: &str, day: Date) -> String {
        self.register.named(code, day).map_or_else(|| code.to_owned(), |unit| unit.name_vi.clone())
    }

    /// Assessments are of the units that reported, year to date.
    fn outlooks(&mut self, store: &Store, folders: &[&str]) -> Result<(), StoreError> {
        if self.plan.settings.map.shown != Map::AsReported || self.plan.settings.span != Span::YearToDate {
            return Ok(());
        }
        let with_target = self.plan.indicators.iter().enumerate().filter(|(at, _)| self.is_target(*at));
        let wanted: HashMap<&str, usize> = with_target.map(|(at, indicator)| (indicator.code.as_str(), at)).collect();
        let mut all = outlook::load(store, folders, self.period, &wanted, &self.plan.indicators)?;
        let targets: Vec<usize> = (0..self.plan.indicators.len()).filter(|at| self.is_target(*at)).collect();
        for unit in &mut self.units {
            let own = targets.iter().filter_map(|at| Some((*at, all.remove(&(unit.code.clone(), *at))?)));
            unit.outlooks = own.collect();
        }
        Ok(())
    }

    /// The unit above.
    pub(super) fn above(&self, unit: &Unit) -> Option<&Unit> {
        self.units.get(unit.parent?)
    }

    /// The province of a unit, if that is another.
    pub(super) fn province(&self, unit: &Unit) -> Option<&Unit> {
        let above = self.above(unit)?;
        if above.level == Level::Province { Some(above) } else { self.province(above) }
    }

    /// The province that a unit is, or is of.
    pub(super) fn own_province<'u>(&'u self, unit: &'u Unit) -> Option<&'u Unit> {
        if unit.level == Level::Province { Some(unit) } else { self.province(unit) }
    }

    /// Units directly below, by code.
    pub(super) fn below(&self, unit: &Unit) -> impl Iterator<Item = &Unit> {
        unit.children.iter().filter_map(|at| self.units.get(*at))
    }

    /// The wards of a unit, by district and code.
    pub(super) fn wards(&self, unit: &Unit) -> Vec<&Unit> {
        let mut all = Vec::new();
        for below in self.below(unit) {
            match below.level {
                Level::Ward => all.push(below),
                _ => all.extend(self.wards(below)),
            }
        }
        all
    }

    fn values(&mut self, store: &Store, of: &Of<'_>) -> Result<(), StoreError> {
        let files = store.partitions_below("indicator_values", &of.provinces())?;
        let brought: Result<Vec<Brought>, StoreError> = files.par_iter().map(|part| self.bring(part, of)).collect();
        let quarters = self.quarters.len();
        for part in brought? {
            for (unit, target, [value, required]) in part.points {
                let (unit, at) = (&mut self.units[unit as usize], usize::from(target) * quarters + part.quarter);
                (unit.series[at], unit.path[at]) = (value, required);
            }
            for (unit, value) in part.values {
                self.units[unit as usize].values.push(value);
            }
        }
        for unit in &mut self.units {
            unit.values.sort_by_key(|v| v.indicator);
        }
        Ok(())
    }

    /// Reads a file of `indicator_values`: of the period shown everything, of earlier ones the targets' values.
    fn bring(&self, part: &Partition, of: &Of<'_>) -> Result<Brought, StoreError> {
        let mut brought = Brought::default();
        let Some(name) = self.own(&part.name) else { return Ok(brought) };
        let Some(quarter) = name.parse().ok().and_then(|p| self.quarters.iter().position(|q| *q == p)) else {
            return Ok(brought);
        };
        brought.quarter = quarter;
        let shown = quarter + 1 == self.quarters.len();
        let front = matches!(of, Of::Front);
        if front && !shown {
            return Ok(brought);
        }
        // Whether one unit meets a test is no sample of anything.
        let tests: Vec<bool> = self.plan.indicators.iter().map(|i| self.plan.counts_units(i)).collect();
        let of: HashMap<&str, usize> =
            self.plan.indicators.iter().enumerate().map(|(at, i)| (i.code.as_str(), at)).collect();
        let batches = if front {
            part.read_where(&VALUES, &["level"], |level| level == ["province"])?
        } else {
            part.read(if shown { &VALUES } else { &SERIES })?
        };
        for batch in batches {
            let words = |name| Words::of(&batch, name);
            let (Some(unit), Some(span), Some(indicator)) = (words("unit_code"), words("span"), words("indicator"))
            else {
                continue;
            };
            let unit = unit.look_up(|code| self.index.get(code).copied());
            let shown_span = self.plan.settings.span.as_str();
            let span = span.look_up(|s| (s == shown_span).then_some(()));
            let indicator = indicator.look_up(|code| of.get(code).copied());
            let [value, required] = ["value", "expected_now"].map(|name| numbers::<Float64Type>(&batch, name));
            let row = shown.then(|| Row::new(&batch));
            for at in 0..batch.num_rows() {
                if span.get(at).is_none() {
                    continue;
                }
                let (Some(unit), Some(indicator)) = (unit.get(at), indicator.get(at)) else { continue };
                if let Some(Some(target)) = self.targets.get(indicator) {
                    brought.points.push((unit as u32, *target as u16, [get(value, at), get(required, at)]));
                }
                if let Some(row) = &row {
                    let mut value = row.value(at, indicator);
                    let own = tests[indicator] && self.units[unit].level == self.plan.indicators[indicator].level;
                    value.chance = value.chance.filter(|_| !own);
                    brought.values.push((unit as u32, value));
                }
            }
        }
        Ok(brought)
    }

    /// The period of a file of `indicator_values` that holds the map shown.
    fn own<'n>(&self, name: &'n str) -> Option<&'n str> {
        match self.plan.settings.map.shown {
            Map::AsReported => (!name.contains('.')).then_some(name),
            map => name.strip_suffix(map.as_str())?.strip_suffix('.'),
        }
    }

    /// What was wrong in a file that was replaced is told no more.
    fn findings(&mut self, store: &Store, folders: &[&str]) -> Result<(), StoreError> {
        let replaced = store.replaced(folders)?;
        let wanted = self.period.to_string();
        for part in store.partitions_below("findings", folders)? {
            for batch in part.read(&["submission_id", "member", "severity", "unit_code", "period"])? {
                let words = |name| Words::of(&batch, name);
                let (Some(id), Some(member), Some(severity), Some(unit), Some(period)) =
                    (words("submission_id"), words("member"), words("severity"), words("unit_code"), words("period"))
                else {
                    continue;
                };
                let period = period.look_up(|p| (p == wanted).then_some(()));
                for row in (0..batch.num_rows()).filter(|row| period.get(*row).is_some()) {
                    let Some(&at) = self.index.get(unit.get(row)) else { continue };
                    if replaced.holds(id.get(row), member.get(row)) {
                        continue;
                    }
                    match severity.get(row) {
                        "error" => self.units[at].findings.0 += 1,
                        "warning" => self.units[at].findings.1 += 1,
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }
}

/// Interventions that came to a unit.
fn began(plan: &Plan, register: &Register, code: &str, level: Level) -> Vec<(usize, Option<Period>)> {
    let all = plan.interventions.iter().enumerate();
    let of = all.filter_map(|(at, intervention)| match level {
        Level::Province => {
            let start = intervention.starts.first()?;
            (register.province_of(&start.unit, start.since.end()) == Some(code)).then_some((at, None))
        }
        Level::District | Level::Ward => register.began(intervention, code).map(|since| (at, Some(since))),
    });
    of.collect()
}
