//! What the newest figures mean, against chance and over time: a row of `assessments` per unit and indicator.
//!
//! 1. Among wards: the figure drawn towards the province's by empirical Bayes, so that a small ward is not judged by its
//!    noise, and where it lies in the province's funnel, widened where wards differ by more than chance.
//! 2. Over time: the trend of the quarters within seasons (Mann and Kendall; median slope a year).
//! 3. Towards the target: the straight line through what was seen, carried on to the target's year, with the interval of a
//!    value there. Of what is counted over time the points are whole years that end with this quarter, which share no
//!    quarter; of a state every quarter is one.

use rayon::prelude::*;

use super::grid::Side;
use super::judge::{Judged, known, node, nodes};
use super::maps::OnMap;
use super::spans::SPANS;
use crate::model::chance::COVERAGE;
use crate::model::{Chance, Expr, Indicator, Kind, Level, Period, Plan, Span};
use crate::stats::Coverage;
use crate::stats::funnel::{self, Flag, Limits, Scale};
use crate::stats::shrink;
use crate::stats::target::project;
use crate::stats::trend::{self, MannKendall};

/// Share of the wards' z-scores at either end that is drawn in before their spread is measured.
const TRIM: f64 = 0.1;

/// One unit and indicator.
pub(super) struct Assessed {
    pub(super) node: usize,
    pub(super) indicator: usize,
    /// Mean and 95% interval drawn towards the province's, and the weight of the unit's own figure.
    pub(super) shrunk: Option<(f64, (f64, f64), f64)>,
    pub(super) funnel: Option<(Limits, Flag)>,
    /// Trend, slope a year, quarters with a value.
    pub(super) trend: Option<(MannKendall, f64, usize)>,
    pub(super) projection: Option<Projected>,
}

/// Where the line through what was seen leads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Projected {
    /// Year at whose end the target is due.
    pub(super) year: i16,
    /// The value there, and the 95% interval of one, within what is possible.
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    /// Probability that it meets the target.
    pub(super) probability: Option<f64>,
}

/// Fewest points for a projection: with three, the interval of one degree of freedom says nothing.
const POINTS: usize = 4;

/// Assesses the figures of one quarter on the map of the reporting units.
pub(super) fn assess(plan: &Plan, map: &OnMap<'_>, t: usize) -> Vec<Assessed> {
    let n = nodes(&map.grid);
    let wards = map.grid.wards.codes.len();
    let of = |i: usize| {
        let indicator = &plan.indicators[i];
        let at = |span: Span, t: usize, node: usize| -> Option<&Judged> {
            let span = SPANS.iter().position(|s| *s == span)?;
            map.judged.get(span)?.get(i)?.get(t * n + node)?.as_ref()
        };
        let peers: Vec<(f64, f64)> = (0..wards)
            .filter_map(|u| counts(indicator, at(Span::YearToDate, t, u)?))
            .filter(|(_, d)| *d > 0.0)
            .collect();
        // Where units themselves are counted, each is one: there is no size that could tell noise from a difference.
        let among = Among::new(indicator, &peers);
        (0..n)
            .filter_map(|node| {
                let now = at(Span::YearToDate, t, node)?;
                let (shrunk, funnel) = match counts(indicator, now) {
                    Some(own) if node < wards && !map.whole[i] => (among.shrunk(own), among.funnel(own)),
                    _ => (None, None),
                };
                let quarters: Vec<Option<f64>> = (0..=t).map(|t| known(at(Span::Quarter, t, node)?.value)).collect();
                // A unit's own yes or no has no slope.
                let sloped = !map.whole[i] || self::node(&map.grid, node).0 > indicator.level;
                let trend = trend::seasonal(&quarters, 4).ok().filter(|_| sloped);
                Some(Assessed {
                    node,
                    indicator: i,
                    shrunk,
                    funnel,
                    trend: trend.map(|(test, slope)| (test, slope, quarters.iter().flatten().count())),
                    projection: projection(plan, indicator, &map.grid.quarters[..=t], &quarters, &|t| {
                        known(at(Span::RollingYear, t, node)?.value)
                    })
                    .filter(|_| sloped),
                })
            })
            .collect::<Vec<Assessed>>()
    };
    let mut all: Vec<Assessed> = (0..plan.indicators.len()).into_par_iter().flat_map_iter(of).collect();
    all.sort_by_key(|a| (a.node, a.indicator));
    all
}

/// Numerator and denominator where a law of chance joins them: a part of a whole, or events over inhabitants.
fn counts(indicator: &Indicator, judged: &Judged) -> Option<(f64, f64)> {
    let own = known(judged.numerator).zip(known(judged.denominator))?;
    match indicator.chance {
        Chance::Share if indicator.is_share() => Some(own).filter(|(n, d)| *n >= 0.0 && n <= d),
        Chance::Rate => Some(own).filter(|(n, _)| *n >= 0.0),
        _ => None,
    }
}

/// The wards of a province as a group.
struct Among {
    factor: f64,
    beta: Option<shrink::Beta>,
    gamma: Option<shrink::Gamma>,
    dispersion: Option<funnel::Dispersion>,
}

impl Among {
    fn new(indicator: &Indicator, peers: &[(f64, f64)]) -> Self {
        let is_rate = indicator.chance == Chance::Rate;
        let scale = if is_rate { Scale::RootRate } else { Scale::ArcsineShare };
        let target = funnel::target(peers).ok().filter(|theta| *theta > 0.0 && (is_rate || *theta < 1.0));
        Self {
            factor: if is_rate { indicator.factor } else { 1.0 },
            beta: (!is_rate).then(|| shrink::beta_binomial_moments(peers).ok()?.prior).flatten(),
            gamma: is_rate.then(|| shrink::gamma_poisson_moments(peers).ok()?.prior).flatten(),
            dispersion: target.and_then(|theta| funnel::dispersion(scale, theta, peers, TRIM).ok()),
        }
    }

    fn shrunk(&self, (x, n): (f64, f64)) -> Option<(f64, (f64, f64), f64)> {
        let by = |v: f64| v * self.factor;
        let (mean, (low, high), weight) = match (self.beta, self.gamma) {
            (Some(prior), _) => {
                let own = prior.posterior(x, n);
                (own.mean(), own.interval(Coverage::P95), prior.weight(n))
            }
            (None, Some(prior)) => {
                let own = prior.posterior(x, n);
                (own.mean(), own.interval(Coverage::P95), prior.weight(n))
            }
            (None, None) => return None,
        };
        Some((by(mean), (by(low), by(high)), weight))
    }

    fn funnel(&self, (x, n): (f64, f64)) -> Option<(Limits, Flag)> {
        let dispersion = self.dispersion.as_ref().filter(|_| n > 0.0)?;
        let limits = dispersion.limits_additive(n);
        let flag = limits.flag(x / n);
        let by = |(low, high): (f64, f64)| (low * self.factor, high * self.factor);
        Some((Limits { p95: by(limits.p95), p998: by(limits.p998) }, flag))
    }
}

/// The line through what was seen, at the end of the target's last year.
fn projection(
    plan: &Plan,
    indicator: &Indicator,
    quarters: &[Period],
    of_quarters: &[Option<f64>],
    of_years: &dyn Fn(usize) -> Option<f64>,
) -> Option<Projected> {
    let last = plan.target(&indicator.code)?.milestones.last()?;
    let end = |quarter: &Period| f64::from(quarter.year()) + f64::from(quarter.quarter().unwrap_or(4)) / 4.0;
    let counted = |expr: &Expr| {
        expr.elements().iter().any(|code| plan.elements.iter().any(|e| e.code == *code && e.kind == Kind::Flow))
    };
    let newest = quarters.len() - 1;
    let points: Vec<(f64, f64)> = if counted(&indicator.numerator) {
        let years = (0..=newest / 4).rev().map(|back| newest - back * 4);
        years.filter_map(|t| Some((end(&quarters[t]), of_years(t)?))).collect()
    } else {
        quarters.iter().zip(of_quarters).filter_map(|(quarter, value)| Some((end(quarter), (*value)?))).collect()
    };
    let (times, values): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
    let due = f64::from(last.year) + 1.0;
    // When the year is over there is nothing to foresee.
    if due <= end(&quarters[newest]) {
        return None;
    }
    if values.len() < POINTS {
        return None;
    }
    let line = project(&times, &values, due, last.low, COVERAGE).ok()?;
    let (least, most) = match indicator.chance {
        Chance::Share => (0.0, 1.0),
        Chance::Count | Chance::Rate => (0.0, f64::INFINITY),
        Chance::None => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let possible = |value: f64| value.clamp(least, most);
    Some(Projected {
        year: last.year,
        value: possible(line.predicted),
        low: possible(line.predicted - line.value),
        high: possible(line.predicted + line.value),
        probability: line.probability,
    })
}

/// The newest quarter for which anything was reported.
pub(super) fn newest(map: &OnMap<'_>) -> Option<usize> {
    let told = |side: &Side, t: usize| {
        let n = side.codes.len();
        let quarter = side.over.first().into_iter().flatten();
        quarter.filter_map(|column| column.get(t * n..(t + 1) * n)).flatten().any(|value| !value.is_nan())
    };
    let grid = &map.grid;
    (0..grid.quarters.len()).rev().find(|t| told(&grid.wards, *t) || told(&grid.districts, *t))
}

/// The level of a node, its code and its district's.
pub(super) fn place<'a>(map: &'a OnMap<'_>, t: usize, at: usize) -> (Level, &'a str, Option<&'a str>) {
    let grid = &map.grid;
    match node(grid, at) {
        (Level::Ward, u) => {
            let district = usize::try_from(grid.wards.district[t * grid.wards.codes.len() + u]).ok();
            (Level::Ward, &grid.wards.codes[u], district.and_then(|d| grid.districts.codes.get(d)).map(String::as_str))
        }
        (Level::District, d) => (Level::District, &grid.districts.codes[d], Some(&grid.districts.codes[d])),
        (Level::Province, _) => (Level::Province, grid.province, None),
    }
}
