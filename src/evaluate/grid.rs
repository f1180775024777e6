//! Observations of one province as a complete grid: rows by period then unit, one column of numbers per element.
//!
//! A missing value is NaN inside this room only; what leaves it is typed.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{Array, RecordBatch};
use jiff::civil::Date;
use rayon::prelude::*;

use super::spans;
use crate::model::{Class, Kind, Level, Period, Plan};
use crate::register::Register;
use crate::store::{Partition, Store, StoreError};

/// What the tables of `normalize` say, ready to be laid on grids.
pub(super) struct Facts {
    /// Period → unit → element → value.
    values: HashMap<Period, HashMap<String, Vec<(u16, f64)>>>,
    /// Cells that came and could not be used: period, unit, element.
    rejected: BTreeSet<(Period, String, String)>,
    /// Period → unit → (values due, accepted, days late).
    reporting: HashMap<Period, HashMap<String, (i32, i32, i32)>>,
}

/// A unit's values of one period: element and value.
type OfUnit = (Period, String, Box<[(u16, f64)]>);

/// The values of one file of `observations`.
fn of_units(part: &Partition, index: &HashMap<&str, u16>) -> Result<Vec<OfUnit>, StoreError> {
    let mut all = Vec::new();
    for batch in part.read(&["unit_code", "period", "element", "value"])? {
        let (unit, period, element) = (text(&batch, 0), text(&batch, 1), text(&batch, 2));
        let numbers = batch.column(3).as_primitive::<Float64Type>();
        let mut row = 0;
        while row < batch.num_rows() {
            // A file is sorted by unit, so a unit's values stand together.
            let (of, at, first) = (unit(row), period(row), row);
            while row < batch.num_rows() && unit(row) == of && period(row) == at {
                row += 1;
            }
            if let Ok(key) = at.parse::<Period>() {
                let known = |row| Some((*index.get(element(row))?, numbers.value(row)));
                all.push((key, of.to_owned(), (first..row).filter_map(known).collect()));
            }
        }
    }
    Ok(all)
}

fn text<'a>(batch: &'a RecordBatch, column: usize) -> impl Fn(usize) -> &'a str + 'a {
    let array = batch.column(column).as_dictionary::<Int32Type>();
    let values = array.values().as_string::<i32>();
    let keys = array.keys();
    move |row| if keys.is_null(row) { "" } else { values.value(keys.value(row) as usize) }
}

impl Facts {
    /// What came and could not be used, in order: period, unit, element.
    pub(super) fn rejected(&self) -> impl Iterator<Item = (Period, String, String)> {
        self.rejected.iter().cloned()
    }

    /// Reads what evaluate needs of the tables below these folders.
    pub(super) fn read(plan: &Plan, store: &Store, folders: &[&str]) -> Result<Self, StoreError> {
        let index: HashMap<&str, u16> =
            plan.elements.iter().enumerate().map(|(at, e)| (e.code.as_str(), at as u16)).collect();
        // File by file: only what is wanted of one is kept, never all of them at once.
        let parts: Result<Vec<Vec<OfUnit>>, StoreError> =
            store.partitions_below("observations", folders)?.par_iter().map(|part| of_units(part, &index)).collect();
        let mut values: HashMap<Period, HashMap<String, Vec<(u16, f64)>>> = HashMap::new();
        for (period, unit, list) in parts?.into_iter().flatten() {
            values.entry(period).or_default().entry(unit).or_default().extend(list);
        }
        let batches = |table, columns: &[&str]| -> Result<Vec<RecordBatch>, StoreError> {
            let parts = store.partitions_below(table, folders)?;
            let read: Result<Vec<_>, StoreError> = parts.par_iter().map(|part| part.read(columns)).collect();
            Ok(read?.into_iter().flatten().collect())
        };
        let mut rejected = BTreeSet::new();
        let replaced = store.replaced(folders)?;
        let names = ["submission_id", "member", "severity", "unit_code", "element", "period"];
        for batch in batches("findings", &names)? {
            let [id, member, severity, unit, element, period] = std::array::from_fn(|column| text(&batch, column));
            for row in 0..batch.num_rows() {
                if severity(row) == "error"
                    && !element(row).is_empty()
                    && !replaced.holds(id(row), member(row))
                    && let Ok(period) = period(row).parse()
                {
                    rejected.insert((period, unit(row).to_owned(), element(row).to_owned()));
                }
            }
        }
        let mut reporting: HashMap<Period, HashMap<String, (i32, i32, i32)>> = HashMap::new();
        let names = ["unit_code", "period", "due_on", "received_on", "values_due", "values_accepted"];
        for batch in batches("reporting", &names)? {
            let (unit, period) = (text(&batch, 0), text(&batch, 1));
            let due = batch.column(2).as_primitive::<arrow_array::types::Date32Type>();
            let received = batch.column(3).as_primitive::<arrow_array::types::Date32Type>();
            let wanted = batch.column(4).as_primitive::<Int32Type>();
            let accepted = batch.column(5).as_primitive::<Int32Type>();
            for row in 0..batch.num_rows() {
                let Ok(period) = period(row).parse::<Period>() else { continue };
                let late = if received.is_null(row) { 0 } else { (received.value(row) - due.value(row)).max(0) };
                let entry = reporting.entry(period).or_default().entry(unit(row).to_owned()).or_default();
                *entry = (entry.0 + wanted.value(row), entry.1 + accepted.value(row), entry.2.max(late));
            }
        }
        Ok(Self { values, rejected, reporting })
    }
}

/// The units of one level, laid against the quarters.
#[derive(Default)]
pub(super) struct Side {
    /// Unit codes, sorted.
    pub(super) codes: Vec<String>,
    /// Per quarter and unit: index of its district; the one after the last for a unit directly below the province; -1 where
    /// the unit is not in force.
    pub(super) district: Vec<i32>,
    /// By span of [`spans::SPANS`], then element of the plan: values (NaN missing); empty for elements of the other level.
    pub(super) over: Vec<Vec<Vec<f64>>>,
    /// By span: whether a figure over it holds a share of what another unit reported.
    pub(super) parted: Vec<Vec<bool>>,
    /// Whether a value of the element was received and could not be used.
    pub(super) rejected: HashSet<(usize, usize)>,
    /// Population.
    pub(super) population: Vec<f64>,
    /// Baselines by element.
    pub(super) baseline: BTreeMap<String, Vec<f64>>,
}

/// What a ward's form of the rubric says, as far as it is complete.
#[derive(Default)]
pub(super) struct Standing {
    /// By the verified points.
    pub(super) verified: Option<Verified>,
    /// By the claimed points: index of the class, and the points.
    pub(super) claimed: Option<(usize, f64)>,
}

/// A class by verified points.
pub(super) struct Verified {
    /// Index into the rubric's classes.
    pub(super) class: usize,
    pub(super) points: f64,
    /// Requirements failed: `c02>=15`.
    pub(super) failed: Vec<String>,
    /// Criterion that decided, by index.
    pub(super) decided_by: Option<usize>,
    /// Points to a better class; `None` in the best.
    pub(super) to_next: Option<f64>,
    /// Points that may be lost.
    pub(super) above: f64,
}

/// One province.
pub(super) struct Grid<'a> {
    pub(super) province: &'a str,
    pub(super) quarters: Vec<Period>,
    pub(super) wards: Side,
    pub(super) districts: Side,
    /// What the rubric says of each ward and quarter.
    pub(super) classes: Vec<Standing>,
    /// Values due, accepted and days late, year to date, per quarter and ward.
    pub(super) reporting: Vec<(i32, i32, i32)>,
    pub(super) today: Date,
    /// The first quarter whose figures are wanted; of those before only what these need.
    pub(super) from: usize,
}

impl<'a> Grid<'a> {
    /// Lays the facts of a province on a grid.
    pub(super) fn new(
        plan: &Plan,
        register: &Register,
        facts: &Facts,
        (province, quarters): (&'a str, &[Period]),
        today: Date,
        from: usize,
    ) -> Self {
        let districts = side(plan, register, facts, province, Level::District, quarters, &[]);
        let wards = side(plan, register, facts, province, Level::Ward, quarters, &districts.codes);
        let classes = classes(plan, facts, quarters, &wards);
        let reporting = reporting(facts, quarters, &wards);
        Self { province, quarters: quarters.to_vec(), wards, districts, classes, reporting, today, from }
    }
}

fn side(
    plan: &Plan,
    register: &Register,
    facts: &Facts,
    province: &str,
    level: Level,
    quarters: &[Period],
    districts: &[String],
) -> Side {
    let mut codes: Vec<String> = Vec::new();
    for q in quarters {
        let below = |code: &str| register.children(code, q.end());
        for unit in below(province) {
            codes.extend((unit.level == level).then(|| unit.code.clone()));
            codes.extend(below(&unit.code).filter(|u| u.level == level).map(|u| u.code.clone()));
        }
    }
    codes.sort();
    codes.dedup();
    let n = codes.len();
    let cells = quarters.len() * n;
    let mut side = Side {
        district: vec![-1; cells],
        over: Vec::new(),
        parted: Vec::new(),
        rejected: HashSet::new(),
        population: vec![f64::NAN; cells],
        baseline: BTreeMap::new(),
        codes,
    };
    let mut quarter: Vec<Vec<f64>> = plan
        .elements
        .iter()
        .map(|e| if e.level == level && e.kind != Kind::Points { vec![f64::NAN; cells] } else { Vec::new() })
        .collect();
    let wanted: Vec<String> = baseline_elements(plan);
    for element in &wanted {
        side.baseline.insert(element.clone(), vec![f64::NAN; cells]);
    }
    let as_of = plan.baselines.values().flat_map(|own| own.values()).map(|b| b.as_of).max().unwrap_or(plan.first_day);
    for (t, q) in quarters.iter().enumerate() {
        let values = facts.values.get(q);
        for (u, code) in side.codes.iter().enumerate() {
            let at = t * n + u;
            if register.at(code, q.end()).is_none_or(|v| v.level != level) {
                continue;
            }
            side.district[at] = match level {
                Level::District => u as i32,
                _ => register
                    .district_of(code, q.end())
                    .and_then(|d| districts.binary_search_by(|c| c.as_str().cmp(d)).ok())
                    .unwrap_or(districts.len()) as i32,
            };
            for (element, value) in values.and_then(|v| v.get(code)).into_iter().flatten() {
                if let Some(cell) = quarter[usize::from(*element)].get_mut(at) {
                    *cell = *value;
                }
            }
            if level == Level::Ward {
                side.population[at] = plan.population(code, q.year()).unwrap_or(f64::NAN);
            }
            for element in &wanted {
                let carried =
                    register.carried(code, as_of, q.end(), &|unit, year| plan.population_near(unit, year), &|unit| {
                        plan.baseline(unit, element)
                    });
                if let (Some(value), Some(column)) = (carried, side.baseline.get_mut(element)) {
                    column[at] = value;
                }
            }
        }
    }
    let index: HashMap<&str, usize> = side.codes.iter().enumerate().map(|(u, c)| (c.as_str(), u)).collect();
    let mut rejected = HashSet::new();
    for (period, unit, element) in &facts.rejected {
        if let (Some(t), Some(u), Some(e)) =
            (quarters.iter().position(|q| q == period), index.get(unit.as_str()), plan.element_index(element))
        {
            rejected.insert((t * n + u, e));
        }
    }
    side.rejected = rejected;
    let steps = spans::steps(plan, register, level, &side.codes, quarters);
    side.parted = spans::parted(&steps, quarters, n);
    side.over = spans::over(&plan.elements, quarter, quarters, &steps);
    side
}

/// Elements whose baseline a formula reads.
fn baseline_elements(plan: &Plan) -> Vec<String> {
    let mut all = Vec::new();
    for indicator in &plan.indicators {
        for expr in std::iter::once(&indicator.numerator).chain(&indicator.denominator) {
            expr.visit(&mut |e| {
                if let crate::model::Expr::Baseline(code) = e {
                    all.push(code.clone());
                }
            });
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Within a year the class of the year before holds; at its end the year's own.
fn classes(plan: &Plan, facts: &Facts, quarters: &[Period], wards: &Side) -> Vec<Standing> {
    let rubric = &plan.rubric;
    let verified: Vec<Option<usize>> =
        rubric.criteria.iter().map(|c| plan.element_index(&c.verified_element)).collect();
    let claimed: Vec<Option<usize>> = rubric.criteria.iter().map(|c| plan.element_index(&c.claimed_element)).collect();
    let class_at = |class: &Class| rubric.classes.iter().position(|c| c.code == class.code);
    let mut out = Vec::with_capacity(quarters.len() * wards.codes.len());
    for (t, q) in quarters.iter().enumerate() {
        let values = facts.values.get(&q.class_year());
        for (u, code) in wards.codes.iter().enumerate() {
            let in_force = wards.district[t * wards.codes.len() + u] >= 0;
            let Some(own) = values.and_then(|v| v.get(code)).filter(|_| in_force) else {
                out.push(Standing::default());
                continue;
            };
            let points = |elements: &[Option<usize>]| -> Vec<Option<f64>> {
                let of = |e: &Option<usize>| own.iter().find(|(own, _)| Some(usize::from(*own)) == *e).map(|(_, v)| *v);
                elements.iter().map(of).collect()
            };
            let of_verified = rubric.class_of(&points(&verified)).and_then(|c| {
                let decided_by = c.next.as_ref().and_then(|next| next.decided_by);
                Some(Verified {
                    class: class_at(c.class)?,
                    points: c.points,
                    failed: c.failed.iter().map(|r| format!("{}>={}", r.criterion, r.min_points)).collect(),
                    decided_by: decided_by.and_then(|code| rubric.criteria.iter().position(|c| c.code == code)),
                    to_next: c.next.map(|next| next.points),
                    above: c.above,
                })
            });
            let of_claimed = rubric.class_of(&points(&claimed)).and_then(|c| Some((class_at(c.class)?, c.points)));
            out.push(Standing { verified: of_verified, claimed: of_claimed });
        }
    }
    out
}

fn reporting(facts: &Facts, quarters: &[Period], wards: &Side) -> Vec<(i32, i32, i32)> {
    let n = wards.codes.len();
    let mut out = vec![(0, 0, 0); quarters.len() * n];
    for (t, q) in quarters.iter().enumerate() {
        for u in 0..n {
            let own = facts.reporting.get(q).and_then(|r| r.get(&wards.codes[u])).copied().unwrap_or_default();
            let before = if t > 0 && q.quarter() != Some(1) { out[(t - 1) * n + u] } else { (0, 0, 0) };
            out[t * n + u] = (own.0 + before.0, own.1 + before.1, own.2.max(before.2));
        }
    }
    out
}
