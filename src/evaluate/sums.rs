//! Numerators and denominators of every indicator, per ward, district and province.
//!
//! A unit enters the sums of a ratio only with both numerator and denominator known; values above the unit are computed
//! from these sums, never from other values.

use std::collections::BTreeMap;

use polars::prelude::{
    ChunkFillNullValue, ChunkSet, Column, DataFrame, DataType, Expr as Polars, Float64Chunked, IntoLazy, IntoSeries,
    NULL, PolarsResult, col, lit, when,
};
use rayon::prelude::*;

use super::EvaluateError;
use super::grid::{Grid, Side};
use super::lower::{column, lower};
use super::spans::SPANS;
use crate::model::{Expr, Indicator, Level, Plan};

/// Numerator and denominator of one indicator and span over (quarter × node); nodes are wards, districts, the province.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    /// NaN where the unit has none.
    pub(super) numerator: Vec<f64>,
    pub(super) denominator: Vec<f64>,
    /// What the denominator would be over units that did not report the numerator; NaN where it is not known.
    pub(super) missing: Vec<f64>,
    /// Units that entered, and units that should have.
    pub(super) reporting: Vec<i32>,
    pub(super) expected: Vec<i32>,
    /// Of what stands only in part here: the whole of its numerator and denominator, and the part that was taken for it.
    /// Empty where nothing is parted.
    pub(super) parted: Vec<Parted>,
}

/// Counts of reporting units that belong here in part: how large that part is, is an estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Parted {
    /// All that they reported.
    pub(super) numerator: f64,
    pub(super) denominator: f64,
    /// What was taken of it.
    pub(super) taken_numerator: f64,
    pub(super) taken_denominator: f64,
}

impl Sums {
    /// Nothing yet at any of `size` places.
    pub(super) fn empty(size: usize) -> Self {
        Self {
            numerator: vec![f64::NAN; size],
            denominator: vec![f64::NAN; size],
            missing: vec![0.0; size],
            reporting: vec![0; size],
            expected: vec![0; size],
            parted: Vec::new(),
        }
    }

    /// The same, keeping account of what is parted.
    pub(super) fn with_parts(mut self) -> Self {
        self.parted = vec![Parted::default(); self.expected.len()];
        self
    }

    /// The denominator of a place is known, whatever it was parted from.
    pub(super) fn sure(&mut self, at: usize) {
        if let Some(parted) = self.parted.get_mut(at) {
            (parted.denominator, parted.taken_denominator) = (0.0, 0.0);
        }
    }

    /// Every denominator is known.
    pub(super) fn sure_denominator(&mut self) {
        (0..self.parted.len()).for_each(|at| self.sure(at));
    }

    /// Adds a share of what stands at a place of another to a place of this; a negative one takes it away.
    pub(super) fn add(&mut self, to: usize, other: &Self, from: usize, share: f64) {
        let sign = if share < 0.0 { -1 } else { 1 };
        self.expected[to] += sign * other.expected[from];
        self.reporting[to] += sign * other.reporting[from];
        self.missing[to] += share * other.missing[from];
        if !other.numerator[from].is_nan() {
            let sum = |mine: f64, more: f64| {
                if mine.is_nan() && self.reporting[to] == other.reporting[from] { more } else { mine + more }
            };
            let (n, d) = (share * other.numerator[from], share * other.denominator[from]);
            if let Some(parted) = self.parted.get_mut(to).filter(|_| share.is_nan() || share.abs() < 1.0) {
                parted.numerator += other.numerator[from];
                parted.denominator += other.denominator[from];
                parted.taken_numerator += n;
                parted.taken_denominator += d;
            }
            self.numerator[to] = sum(self.numerator[to], n);
            self.denominator[to] = sum(self.denominator[to], d);
        }
        if self.reporting[to] == 0 {
            (self.numerator[to], self.denominator[to]) = (f64::NAN, f64::NAN);
        }
    }
}

/// All sums: by span of [`SPANS`], then indicator.
pub(super) type All = Vec<Vec<Sums>>;

/// Computes all sums of a province.
pub(super) fn compute(plan: &Plan, grid: &Grid<'_>) -> Result<All, EvaluateError> {
    (0..SPANS.len())
        .into_par_iter()
        .map(|span| {
            let wards = Part::new(plan, grid, &grid.wards, Level::Ward, span)?;
            let districts = Part::new(plan, grid, &grid.districts, Level::District, span)?;
            Ok(plan.indicators.iter().enumerate().map(|(i, _)| join(plan, grid, &wards, &districts, i)).collect())
        })
        .collect()
}

/// Groups of units in a quarter: one for each district, and one for what lies directly below the province.
fn groups(grid: &Grid<'_>) -> usize {
    grid.districts.codes.len() + 1
}

/// One level's own numerators and denominators, and their sums by quarter and district.
struct Part {
    /// By indicator: per (quarter × unit); empty where the indicator has nothing at this level.
    units: Vec<[Vec<f64>; 3]>,
    /// By indicator: per (quarter × district, and below the province itself after the last): numerator, denominator, missing denominator, reporting, in force.
    districts: Vec<[Vec<f64>; 5]>,
}

/// The formulas of an indicator at a level: its own, or the part that a higher level adds.
fn formulas(indicator: &Indicator, level: Level) -> Option<(&Expr, Option<&Expr>)> {
    if indicator.level == level {
        return Some((&indicator.numerator, indicator.denominator.as_ref()));
    }
    let own = indicator.own.as_ref().filter(|own| own.level == level)?;
    Some((&own.numerator, own.denominator.as_ref()))
}

impl Part {
    fn new(plan: &Plan, grid: &Grid<'_>, side: &Side, level: Level, span: usize) -> Result<Self, EvaluateError> {
        let rows = side.district.len();
        let d = groups(grid);
        let mut part = Self { units: Vec::new(), districts: Vec::new() };
        if rows == 0 {
            let none = || {
                (
                    plan.indicators.iter().map(|_| Default::default()).collect(),
                    plan.indicators.iter().map(|_| Default::default()).collect(),
                )
            };
            (part.units, part.districts) = none();
            return Ok(part);
        }
        let fail =
            |source| EvaluateError::Engine { what: format!("indicators of {level}s in {}", grid.province), source };
        let frame = frame(plan, grid, side, level, span).map_err(fail)?;
        // Every formula once, then one numerator and one denominator per indicator, both null unless both are known.
        let mut formed: Vec<Polars> = vec![col("group")];
        let mut select: Vec<Polars> = vec![col("group")];
        for (i, indicator) in plan.indicators.iter().enumerate() {
            let Some((numerator, denominator)) = formulas(indicator, level) else { continue };
            let (n, d, m) = (format!("n{i}"), format!("d{i}"), format!("m{i}"));
            formed.push(lower(numerator).cast(DataType::Float64).alias(&n));
            formed.push(denominator.map_or_else(|| lit(1.0), |e| lower(e).cast(DataType::Float64)).alias(&d));
            let in_force = || col("group").is_not_null();
            let both = || col(&n).is_not_null().and(col(&d).is_not_null()).and(in_force());
            let null = || lit(NULL).cast(DataType::Float64);
            select.push(when(both()).then(col(&n)).otherwise(null()).alias(&n));
            select.push(when(both()).then(col(&d)).otherwise(null()).alias(&d));
            // The denominator of a unit that did not report the numerator: what is missing from the sums.
            let missing = both().not().and(in_force());
            select.push(when(missing).then(col(&d).fill_null(lit(f64::NAN))).otherwise(null()).alias(&m));
        }
        let values = frame.lazy().select(formed).select(select).collect().map_err(fail)?;
        let names: Vec<String> = values.get_column_names().iter().skip(1).map(ToString::to_string).collect();
        let mut sums: Vec<Polars> = names.iter().map(|n| col(n.as_str()).sum()).collect();
        sums.extend(
            names.iter().filter(|n| n.starts_with('n')).map(|n| col(n.as_str()).count().alias(format!("c{}", &n[1..]))),
        );
        sums.push(col("group").count().alias("units"));
        let grouped = values.clone().lazy().group_by([col("group")]).agg(sums).collect().map_err(fail)?;
        // NaN is the key of units that are not in force.
        let keys = floats(&grouped, "group").map_err(fail)?;
        let cells = grid.quarters.len() * d;
        for (i, indicator) in plan.indicators.iter().enumerate() {
            if formulas(indicator, level).is_none() {
                part.units.push(Default::default());
                part.districts.push(Default::default());
                continue;
            }
            let own = |k: &str| floats(&values, &format!("{k}{i}"));
            part.units.push([own("n").map_err(fail)?, own("d").map_err(fail)?, own("m").map_err(fail)?]);
            let mut scattered: [Vec<f64>; 5] = Default::default();
            for (slot, name) in
                [format!("n{i}"), format!("d{i}"), format!("m{i}"), format!("c{i}"), "units".into()].iter().enumerate()
            {
                let column = floats(&grouped, name).map_err(fail)?;
                let mut cell = vec![0.0; cells];
                for (key, value) in keys.iter().zip(column).filter(|(key, _)| !key.is_nan()) {
                    if let Some(c) = cell.get_mut(*key as usize) {
                        *c = value;
                    }
                }
                scattered[slot] = cell;
            }
            part.districts.push(scattered);
        }
        Ok(part)
    }
}

/// The leaves of every formula of a level as columns, with the group (quarter × district) of each row.
fn frame(plan: &Plan, grid: &Grid<'_>, side: &Side, level: Level, span: usize) -> PolarsResult<DataFrame> {
    let n = side.codes.len();
    let d = groups(grid);
    let mut leaves: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let group = |(at, district): (usize, &i32)| {
        if *district < 0 { f64::NAN } else { ((at / n) * d) as f64 + f64::from(*district) }
    };
    leaves.insert("group".into(), side.district.iter().enumerate().map(group).collect());
    for indicator in &plan.indicators {
        let Some((numerator, denominator)) = formulas(indicator, level) else { continue };
        let mut visit = |e: &Expr| {
            let name = column(e);
            if leaves.contains_key(&name) {
                return;
            }
            let data: Vec<f64> = match e {
                Expr::Element(code) => {
                    let Some(at) = plan.element_index(code) else { return };
                    side.over[span][at].clone()
                }
                Expr::Population => side.population.clone(),
                Expr::Units => vec![1.0; side.district.len()],
                Expr::Baseline(code) => side.baseline.get(code).cloned().unwrap_or_default(),
                Expr::Class(code) => {
                    let wanted = plan.rubric.classes.iter().position(|c| c.code == *code);
                    grid.classes
                        .iter()
                        .map(|c| c.verified.as_ref().map_or(f64::NAN, |v| f64::from(u8::from(Some(v.class) == wanted))))
                        .collect()
                }
                _ => return,
            };
            leaves.insert(name, data);
        };
        numerator.visit(&mut visit);
        if let Some(denominator) = denominator {
            denominator.visit(&mut visit);
        }
    }
    let columns: PolarsResult<Vec<Column>> = leaves.into_iter().map(|(name, data)| known(&name, data)).collect();
    DataFrame::new(side.district.len(), columns?)
}

/// A column in which NaN is null.
fn known(name: &str, data: Vec<f64>) -> PolarsResult<Column> {
    let all = Float64Chunked::from_vec(name.into(), data);
    Ok(all.set(&all.is_nan(), None)?.into_series().into())
}

fn floats(frame: &DataFrame, name: &str) -> PolarsResult<Vec<f64>> {
    let column = frame.column(name)?.cast(&DataType::Float64)?;
    Ok(column.f64()?.fill_null_with_values(f64::NAN)?.rechunk().cont_slice()?.to_vec())
}

/// Joins a level's own figures with the sums above it.
fn join(plan: &Plan, grid: &Grid<'_>, wards: &Part, districts: &Part, i: usize) -> Sums {
    let indicator = &plan.indicators[i];
    let (w, d, quarters) = (grid.wards.codes.len(), grid.districts.codes.len(), grid.quarters.len());
    let nodes = w + d + 1;
    let size = quarters * nodes;
    let mut out = Sums::empty(size);
    for t in 0..quarters {
        if indicator.level == Level::Ward {
            for u in 0..w {
                if grid.wards.district[t * w + u] >= 0 {
                    put(&mut out, t * nodes + u, &wards.units[i], t * w + u);
                }
            }
        }
        let mut total = [0.0f64; 5];
        for k in 0..=d {
            if k < d && grid.districts.district[t * d + k] < 0 {
                continue;
            }
            let mut sum = [0.0f64; 5];
            for part in [wards, districts] {
                if let [n, ..] = &part.districts[i]
                    && !n.is_empty()
                {
                    for (slot, column) in part.districts[i].iter().enumerate() {
                        sum[slot] += column[t * (d + 1) + k];
                    }
                }
            }
            let only = indicator.unit.as_ref();
            if grid.districts.codes.get(k).is_some_and(|code| only.is_none_or(|unit| unit == code)) {
                set(&mut out, t * nodes + w + k, &sum);
            }
            for (slot, value) in sum.iter().enumerate() {
                total[slot] += value;
            }
        }
        if indicator.unit.is_none() {
            set(&mut out, t * nodes + w + d, &total);
        }
    }
    out
}

fn put(out: &mut Sums, at: usize, unit: &[Vec<f64>; 3], from: usize) {
    let reported = !unit[0][from].is_nan();
    out.numerator[at] = unit[0][from];
    out.denominator[at] = unit[1][from];
    out.missing[at] = if reported { 0.0 } else { unit[2][from] };
    out.reporting[at] = i32::from(reported);
    out.expected[at] = 1;
}

fn set(out: &mut Sums, at: usize, sum: &[f64; 5]) {
    out.expected[at] = sum[4] as i32;
    out.reporting[at] = sum[3] as i32;
    out.missing[at] = sum[2];
    if sum[3] > 0.0 {
        out.numerator[at] = sum[0];
        out.denominator[at] = sum[1];
    }
}
