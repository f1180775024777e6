//! The effect of an intervention on one measure, by three methods whose weaknesses differ.
//!
//! An interrupted series needs no comparison, but takes all that happened at the same time for the effect. Two-way fixed
//! effects and Callaway-Sant'Anna need wards without it whose trend would have been the same; the event study's leads test
//! that before the start. Counts are compared on the scale of ratios: wards differ in size tenfold, so their trends can be
//! parallel in logarithms but not in numbers.

use super::panel::{Panel, Series};
use crate::model::Period;
use crate::model::chance::LEVEL;
use crate::stats::Undefined;
use crate::stats::did::staggered::{Base, Effect, Gaps, Scale, Staggered, Unit, staggered};
use crate::stats::did::two_way::{self, TwoWay, event_dummies};
use crate::stats::its::ols::{Errors, robust};
use crate::stats::its::poisson::counts;
use crate::stats::its::{Segments, lag_newey_west};
use crate::stats::linear::{Estimate, Reference};
use crate::stats::multiple::holm;

/// How an effect was estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    /// Segmented least squares with Newey-West errors.
    SeriesNeweyWest,
    /// Segmented quasi-Poisson with population as exposure.
    SeriesQuasiPoisson,
    /// Two-way fixed effects, errors clustered by ward; Poisson for counts.
    TwoWay,
    /// Callaway and Sant'Anna.
    CallawaySantAnna,
}

impl Method {
    /// The word in the tables.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SeriesNeweyWest => "its_newey_west",
            Self::SeriesQuasiPoisson => "its_quasi_poisson",
            Self::TwoWay => "did_two_way",
            Self::CallawaySantAnna => "did_callaway_santanna",
        }
    }
}

/// One estimate. On the scale of ratios, estimate and limits are ratios and the error is that of the logarithm.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) method: Method,
    /// What is estimated.
    pub(super) estimand: &'static str,
    /// Whether it is a ratio (1: no effect) rather than a difference (0: no effect).
    pub(super) ratio: bool,
    /// Start of the units that it is about, as a position among the quarters; none for all.
    pub(super) group: Option<usize>,
    /// Units treated, units never treated, quarters.
    pub(super) sizes: [usize; 3],
    /// p of the leads being all zero.
    pub(super) pretrend: Option<f64>,
    pub(super) estimate: Result<Estimate, Undefined>,
    /// Its p after correction for all estimates on measures of the same role.
    pub(super) p_adjusted: Option<f64>,
}

impl Line {
    /// Whether an effect was found; none where it cannot be told. An interrupted series alone cannot tell what the
    /// intervention did from what happened everywhere, or a bend from a step, so it is never the one to say so.
    pub(super) fn found(&self) -> Option<bool> {
        let compared = matches!(self.method, Method::TwoWay | Method::CallawaySantAnna);
        self.p_adjusted.filter(|_| compared).map(|p| p < LEVEL)
    }
}

/// A point of an event study.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub(super) method: Method,
    pub(super) ratio: bool,
    /// Quarters since the start; 0 is the first with the intervention.
    pub(super) since: i32,
    pub(super) estimate: Estimate,
}

/// The course of the units that began together, or never did.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    /// Their start; none for those without the intervention.
    pub(super) start: Option<usize>,
    pub(super) units: usize,
    /// Per quarter: their value, taken together.
    pub(super) values: Vec<Option<f64>>,
}

/// All estimates on one measure.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Found {
    pub(super) lines: Vec<Line>,
    pub(super) points: Vec<Point>,
    pub(super) courses: Vec<Course>,
    /// Units left out because only a part of their ground was treated.
    pub(super) mixed: usize,
}

/// Estimates by every method.
pub(super) fn estimate(panel: &Panel, quarters: &[Period]) -> Found {
    let mut found = Found { mixed: panel.mixed, ..Found::default() };
    for start in panel.starts() {
        interrupted(panel, start, &mut found);
    }
    for start in panel.starts().into_iter().map(Some).chain([None]) {
        let (units, sums) = panel.together(start);
        let values = sums.iter().map(|s| s.map(|(n, d)| n / d * panel.factor)).collect();
        found.courses.push(Course { start, units, values });
    }
    two_way(panel, &mut found);
    callaway_santanna(panel, quarters.len(), &mut found);
    found
}

/// Corrects the p of estimates that were made together.
pub(super) fn correct(lines: &mut [&mut Line]) {
    let p: Vec<f64> = lines.iter().filter_map(|l| l.estimate.as_ref().ok().map(|e| e.p)).collect();
    let known = lines.iter_mut().filter(|l| l.estimate.is_ok());
    for (line, p) in known.zip(holm(&p)) {
        line.p_adjusted = Some(p);
    }
}

/// The series of all units that began at `start`, taken together.
fn interrupted(panel: &Panel, start: usize, found: &mut Found) {
    let (treated, sums) = panel.together(Some(start));
    let seen = sums.iter().flatten().count();
    let rates: Vec<Option<f64>> = sums.iter().map(|s| s.map(|(n, d)| n / d * panel.factor)).collect();
    // The season's first dummy is that of the second quarter in the series; which it is does not matter to the effect.
    let cut = Segments { first_post: start + 1, season: 4, slope_change: true };
    let errors = Errors { max_lag: lag_newey_west(seen), small_sample: true, student: true };
    let line = |method, estimand, ratio, estimate| Line {
        method,
        estimand,
        ratio,
        group: Some(start),
        sizes: [treated, 0, seen],
        pretrend: None,
        estimate,
        p_adjusted: None,
    };
    let fit = robust(&rates, cut, errors);
    let of = |f: &dyn Fn(&crate::stats::its::ols::Series) -> Estimate| fit.as_ref().map(f).map_err(|why| *why);
    found.lines.push(line(Method::SeriesNeweyWest, "level_change", false, of(&|s| s.coefficients[2])));
    found.lines.push(line(Method::SeriesNeweyWest, "slope_change", false, of(&|s| s.coefficients[3])));
    found.lines.push(line(Method::SeriesNeweyWest, "effect_last", false, of(&|s| s.effect_last)));
    if panel.counts {
        let (count, exposure): (Vec<_>, Vec<_>) = sums.iter().map(|s| (s.map(|s| s.0), s.map(|s| s.1))).unzip();
        let fit = counts(&count, &exposure, cut);
        let of = |column: usize| {
            let reference = |k, n| Reference::T((n - k) as f64);
            fit.as_ref()
                .map(|c| Estimate::new(c.coef[column], c.se_quasi(column), reference(c.k, c.n)))
                .map_err(|why| *why)
        };
        found.lines.push(line(Method::SeriesQuasiPoisson, "level_change", true, of(2)));
        found.lines.push(line(Method::SeriesQuasiPoisson, "slope_change", true, of(3)));
    }
}

/// Fixed effects of units and quarters: one effect, and an event study.
fn two_way(panel: &Panel, found: &mut Found) {
    // A unit that never counted anything tells nothing of a ratio.
    let told = |s: &&Series| !panel.counts || s.parts.iter().flatten().any(|(n, _)| *n > 0.0);
    let series: Vec<&Series> = panel.series.iter().filter(told).collect();
    let mut long = two_way::Panel::default();
    let (mut exposure, mut treated, mut start) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, of) in series.iter().enumerate() {
        for (t, (n, d)) in of.parts.iter().enumerate().filter_map(|(t, part)| Some((t, (*part)?))) {
            long.unit.push(unit);
            long.time.push(t as i32);
            long.y.push(if panel.counts { n } else { n / d * panel.factor });
            exposure.push(d);
            treated.push(f64::from(u8::from(of.start.is_some_and(|g| t >= g))));
            start.push(of.start.map(|g| g as i32));
        }
    }
    let fit = |columns: &[Vec<f64>]| {
        if panel.counts { two_way::poisson(&long, columns, &exposure) } else { two_way::linear(&long, columns, None) }
    };
    let events: Result<(Vec<i32>, TwoWay), Undefined> =
        event_dummies(&long, &start, -1).and_then(|(times, columns)| Ok((times, fit(&columns)?)));
    let mut pretrend = None;
    if let Ok((times, events)) = &events {
        let leads: Vec<usize> = (0..times.len()).filter(|at| times[*at] < 0).collect();
        pretrend = events.joint_p(&leads);
        found.points.extend(times.iter().enumerate().map(|(at, since)| Point {
            method: Method::TwoWay,
            ratio: panel.counts,
            since: *since,
            estimate: events.estimate(at),
        }));
    }
    let quarters = panel.series.first().map_or(0, |s| s.parts.len());
    let ours = series.iter().filter(|s| s.start.is_some()).count();
    found.lines.push(Line {
        method: Method::TwoWay,
        estimand: "att",
        ratio: panel.counts,
        group: None,
        sizes: [ours, series.len() - ours, quarters],
        pretrend,
        estimate: fit(&[treated]).map(|fit| fit.estimate(0)),
        p_adjusted: None,
    });
}

/// Group-time effects and their aggregates.
fn callaway_santanna(panel: &Panel, quarters: usize, found: &mut Found) {
    let unit = |s: &Series| Unit {
        start: s.start.map(|g| g as i32),
        y: s.parts.iter().map(|part| part.map(|(n, d)| if panel.counts { n } else { n / d * panel.factor })).collect(),
    };
    let units: Vec<Unit> = panel.series.iter().map(unit).collect();
    let times: Vec<i32> = (0..quarters as i32).collect();
    let scale = if panel.counts { Scale::LogRatio } else { Scale::Difference };
    let all = staggered(&units, &times, Base::Universal, Gaps::Pairwise, scale);
    let ours = units.iter().filter(|u| u.start.is_some()).count();
    let estimated = |e: Effect| Some(Estimate::new(e.att, e.se?, Reference::Normal));
    let pretrend = found.lines.iter().find(|l| l.method == Method::TwoWay).and_then(|l| l.pretrend);
    let mut line = |group: Option<i32>, effect: Option<Effect>| {
        let size = group.map_or(ours, |g| units.iter().filter(|u| u.start == Some(g)).count());
        found.lines.push(Line {
            method: Method::CallawaySantAnna,
            estimand: "att",
            ratio: panel.counts,
            group: group.map(|g| g as usize),
            sizes: [size, units.len() - ours, quarters],
            pretrend,
            estimate: match &all {
                Ok(_) => effect.and_then(estimated).ok_or(Undefined::EmptyCell),
                Err(why) => Err(*why),
            },
            p_adjusted: None,
        });
    };
    line(None, all.as_ref().ok().and_then(Staggered::simple));
    for (group, effect) in all.iter().filter_map(Staggered::by_group).flat_map(|a| a.points) {
        line(Some(group), Some(effect));
    }
    for (since, effect) in all.iter().filter_map(Staggered::by_event).flat_map(|a| a.points) {
        let point = |estimate| Point { method: Method::CallawaySantAnna, ratio: panel.counts, since, estimate };
        found.points.extend(estimated(effect).map(point));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 80 wards over 20 quarters, counts whose spread is that of real ones: a common trend and season, and in 20 wards from
    /// quarter 8, in 20 more from quarter 12, `effect` times as much. A tenth of the values is missing.
    fn panel(effect: f64, seed: u64) -> Panel {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut series = Vec::new();
        for ward in 0..80 {
            let start = [Some(8), Some(12), None, None][ward % 4];
            let persons = 2000.0 + 20_000.0 * rng.f64().powi(2);
            let rate = 0.004 * (0.5 + rng.f64());
            let parts = (0..20)
                .map(|t: usize| {
                    let season = [0.8, 1.05, 0.95, 1.2][t % 4];
                    let on = if start.is_some_and(|g| t >= g) { effect } else { 1.0 };
                    let mean = persons * rate * season * (0.02 * t as f64).exp() * on;
                    // The sum of twelve uniform numbers is nearly normal.
                    let deviate: f64 = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
                    let count = (mean + deviate * (mean + mean * mean / 25.0).sqrt()).round().max(0.0);
                    (rng.f64() > 0.1).then_some((count, persons))
                })
                .collect();
            series.push(Series { start, parts, size: persons });
        }
        Panel { series, counts: true, factor: 1000.0, mixed: 0 }
    }

    #[test]
    fn intervals_hold_what_was_planted_and_nothing_else_is_found() {
        let first = Period::quarter_of(2016, 1).unwrap();
        let quarters: Vec<Period> = std::iter::successors(Some(first), |q| Some(q.next())).take(20).collect();
        let (mut held, mut all) = (0, 0);
        for (effect, seed) in [1.35, 1.0, 0.7].into_iter().flat_map(|effect| (1..=5).map(move |seed| (effect, seed))) {
            let mut found = estimate(&panel(effect, seed), &quarters);
            correct(&mut found.lines.iter_mut().collect::<Vec<_>>());
            let compared: Vec<&Line> = found.lines.iter().filter(|l| l.estimand == "att").collect();
            assert_eq!(compared.len(), 4, "two-way; Callaway-Sant'Anna for all and for each group");
            for line in compared {
                let got = line.estimate.unwrap();
                all += 1;
                held += i32::from(got.lower < effect.ln() && got.upper > effect.ln());
                if line.method == Method::TwoWay {
                    assert_eq!(line.found(), Some(effect.ln().abs() > 0.1), "{effect} {seed} {line:?}");
                    assert!(line.pretrend.unwrap() > 0.001, "{line:?}");
                }
            }
            assert!(found.points.iter().any(|p| p.since == -3) && found.points.iter().any(|p| p.since == 11));
        }
        // Of 60 intervals at 95% three should miss.
        assert!(held >= 54, "{held} of {all}");
    }
}
