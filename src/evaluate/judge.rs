//! Sums → value, what it could still be, interval, change, target, status, rank.

use rayon::prelude::*;

use super::grid::{Grid, Side};
use super::spans::SPANS;
use super::sums::{All, Parted, Sums};
use super::verdict;
use crate::model::chance::LEVEL;
use crate::model::{Chance, Direction, Indicator, Level, Milestone, Plan, Span, State, Status, ValueForm};
use crate::stats::change::{self, EqualExposures};
use crate::stats::{Coverage, decompose, interval, steady};

/// One indicator, unit, period and span. There are millions of them, so a number that is not known is NaN here, and what
/// follows from the others is told only when a row is written.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) numerator: f64,
    pub(super) denominator: f64,
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) previous: f64,
    pub(super) achieved_share: f64,
    pub(super) reporting: i32,
    pub(super) expected: i32,
    /// Rank, and how many were ranked; 0 where there is none.
    pub(super) rank: (i32, i32),
    pub(super) state: State,
    pub(super) status: Status,
    pub(super) change_is_real: Option<bool>,
    /// It is no worse than one year before, although less was counted: its denominator fell.
    pub(super) fewer_detected: bool,
}

/// A number unless it is NaN.
pub(super) fn known(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

impl Judged {
    /// The 95% interval of the value, by the law of chance that suits it.
    pub(super) fn interval(&self, indicator: &Indicator) -> Option<(f64, f64)> {
        let n = known(self.numerator).filter(|n| *n >= 0.0)?;
        let over = |d: f64| {
            let (low, high) = if indicator.exact_interval {
                interval::exact_poisson(n, Coverage::P95)
            } else {
                interval::hybrid(n, Coverage::P95).0
            };
            (low / d * indicator.factor, high / d * indicator.factor)
        };
        match indicator.chance {
            Chance::Count => Some(over(1.0)),
            Chance::Rate => known(self.denominator).filter(|d| *d > 0.0).map(over),
            Chance::Share => {
                let d = known(self.denominator).filter(|d| *d > 0.0 && n <= *d)?;
                // The exact one is of whole counts; a part of one has only the other.
                let (low, high) = if indicator.exact_interval && n.fract() == 0.0 && d.fract() == 0.0 {
                    interval::clopper_pearson(n, d, Coverage::P95)
                } else {
                    interval::wilson(n, d, Coverage::P95)
                };
                Some(if indicator.form == ValueForm::Reduction { (1.0 - high, 1.0 - low) } else { (low, high) })
            }
            Chance::None => None,
        }
    }

    /// Numerator and denominator.
    fn sums(&self) -> decompose::Sums {
        decompose::Sums { numerator: self.numerator, denominator: self.denominator }
    }

    /// True where a share is more than its whole.
    pub(super) fn above_one(&self, indicator: &Indicator) -> bool {
        indicator.is_share() && decompose::coverage_above_one(self.sums())
    }

    /// The state from which a reduction is measured.
    pub(super) fn baseline(&self, indicator: &Indicator) -> Option<f64> {
        known(self.denominator).filter(|_| indicator.form == ValueForm::Reduction)
    }
}

/// Judged values by span of [`SPANS`], indicator, then (quarter × node); `None` where there is no row.
pub(super) type All2 = Vec<Vec<Vec<Option<Judged>>>>;

/// What a map knows beside its sums. Arguments are span, indicator, and place or quarter.
pub(super) struct Outlook<'a> {
    /// Why there is no value.
    pub(super) absence: &'a (dyn Fn(usize, usize, usize) -> State + Sync),
    /// Sums of the quarter one year before, over nodes, where they are not those of this map's nodes.
    pub(super) earlier: &'a (dyn Fn(usize, usize, usize) -> Option<&'a Sums> + Sync),
    /// Whether a quarter is judged already, as it was reported.
    pub(super) copied: &'a (dyn Fn(usize) -> bool + Sync),
    /// The row of a place in such a quarter.
    pub(super) copy: &'a (dyn Fn(usize, usize, usize) -> Option<Judged> + Sync),
}

/// Judges the sums of every span and indicator on a map.
pub(super) fn judge(plan: &Plan, grid: &Grid<'_>, all: &All, outlook: &Outlook<'_>) -> All2 {
    let even = EqualExposures::new(LEVEL);
    all.iter()
        .enumerate()
        .map(|(span, of_span)| {
            of_span
                .par_iter()
                .zip(&plan.indicators)
                .enumerate()
                .map(|(i, (sums, indicator))| {
                    let mut values = values(plan, grid, sums, indicator, (span, i), outlook);
                    compare(grid, &mut values, indicator, (span, i), outlook, &even);
                    rank(grid, &mut values, indicator, outlook);
                    values
                })
                .collect()
        })
        .collect()
}

/// Nodes of a grid: wards, then districts, then the province.
pub(super) fn node(grid: &Grid<'_>, at: usize) -> (Level, usize) {
    let (w, d) = (grid.wards.codes.len(), grid.districts.codes.len());
    match at {
        at if at < w => (Level::Ward, at),
        at if at < w + d => (Level::District, at - w),
        _ => (Level::Province, 0),
    }
}

/// Number of nodes.
pub(super) fn nodes(grid: &Grid<'_>) -> usize {
    grid.wards.codes.len() + grid.districts.codes.len() + 1
}

fn values(
    plan: &Plan,
    grid: &Grid<'_>,
    sums: &Sums,
    indicator: &Indicator,
    (span, i): (usize, usize),
    outlook: &Outlook<'_>,
) -> Vec<Option<Judged>> {
    let n = nodes(grid);
    let target = plan.target(&indicator.code).filter(|_| SPANS[span] == Span::YearToDate);
    let due: Vec<Milestone> =
        target.map_or_else(Vec::new, |target| grid.quarters.iter().map(|q| verdict::due(plan, target, *q)).collect());
    // Before the plan's fourth quarter there is no rolling year.
    let first = if SPANS[span] == Span::RollingYear { 3 * n } else { 0 };
    (0..grid.quarters.len() * n)
        .map(|at| {
            if (outlook.copied)(at / n) {
                return (outlook.copy)(span, i, at);
            }
            if sums.expected[at] == 0 || at < first {
                return None;
            }
            let period = grid.quarters[at / n];
            let (numerator, denominator) = (known(sums.numerator[at]), known(sums.denominator[at]));
            let value = numerator.zip(denominator).and_then(|(n, d)| value_of(indicator, n, d));
            let (low, high) = bounds(indicator, sums, at, value);
            let state = match (value, numerator) {
                (Some(0.0), _) => State::Zero,
                (Some(_), _) => State::Reported,
                (None, Some(_)) => State::Undefined,
                (None, None) => (outlook.absence)(span, i, at),
            };
            let or_nan = |v: Option<f64>| v.unwrap_or(f64::NAN);
            let mut judged = Judged {
                numerator: sums.numerator[at],
                denominator: if indicator.form == ValueForm::Count { f64::NAN } else { sums.denominator[at] },
                value: or_nan(value),
                low: or_nan(low),
                high: or_nan(high),
                previous: f64::NAN,
                achieved_share: f64::NAN,
                reporting: sums.reporting[at],
                expected: sums.expected[at],
                rank: (0, 0),
                state,
                status: Status::NoTarget,
                change_is_real: None,
                fewer_detected: false,
            };
            if let Some((target, due)) = target.zip(due.get(at / n)) {
                let goal = target.next(period.year()).map(|goal| goal.low);
                judged.achieved_share =
                    or_nan(known(judged.value).zip(goal).and_then(|(v, goal)| target.achieved(v, goal)));
                let mut bounds = (judged.low, judged.high);
                if let Some((low, high)) = judged.interval(indicator).filter(|_| target.sampled) {
                    bounds = (bounds.0.min(low), bounds.1.max(high));
                }
                judged.status = verdict::status(target, due, state, judged.value, bounds);
            }
            Some(judged)
        })
        .collect()
}

/// The value of an indicator from its sums; `None` where it is undefined.
fn value_of(indicator: &Indicator, n: f64, d: f64) -> Option<f64> {
    match indicator.form {
        ValueForm::Count => Some(n),
        _ if d == 0.0 => None,
        ValueForm::Ratio => Some(n / d * indicator.factor),
        ValueForm::Reduction => Some(1.0 - n / d),
    }
}

/// Lowest and highest that the value over all units can still be: each unit that did not report a share adds between
/// nothing and all of its denominator, and of a unit that belongs here in part between nothing and all may be here. Null
/// where that is not known.
fn bounds(indicator: &Indicator, sums: &Sums, at: usize, value: Option<f64>) -> (Option<f64>, Option<f64>) {
    let parted = sums.parted.get(at).copied().unwrap_or_default();
    let complete = sums.reporting[at] == sums.expected[at];
    if complete && parted == Parted::default() {
        return (value, value);
    }
    let sum = |v: f64| if v.is_nan() { 0.0 } else { v };
    // What is here for certain, and what may be.
    let here = |all: f64, taken: f64| sum(all) - sum(taken);
    let n = here(sums.numerator[at], parted.taken_numerator);
    let d = here(sums.denominator[at], parted.taken_denominator);
    if indicator.is_share() && parted.numerator <= parted.denominator {
        let missing = sums.missing[at];
        let ratio = |n: f64, d: f64| (d > 0.0).then(|| n / d);
        // No part has more in its numerator than in its denominator.
        let lowest = ratio(n, d + missing + parted.denominator - parted.numerator);
        let highest = ratio(n + missing + parted.numerator, d + missing + parted.numerator);
        return if missing.is_nan() { (None, None) } else { (lowest, highest) };
    }
    if !complete || (indicator.form != ValueForm::Count && parted.denominator > 0.0) {
        // Of what was not reported, nothing bounds a count above; of two parts neither bounds their quotient.
        return if indicator.is_share() && parted.denominator == 0.0 && !sums.missing[at].is_nan() {
            let d = d + sums.missing[at];
            if d > 0.0 { (Some(n / d), Some((n + sums.missing[at] + parted.numerator) / d)) } else { (None, None) }
        } else if indicator.chance == Chance::Count {
            // More events can only be added.
            (value_of(indicator, n, d), None)
        } else {
            (None, None)
        };
    }
    let (low, high) = (value_of(indicator, n, d), value_of(indicator, n + parted.numerator, d));
    if indicator.form == ValueForm::Reduction { (high, low) } else { (low, high) }
}

/// Why there is no value: not due yet, received but not usable, or not reported.
pub(super) fn absence(plan: &Plan, grid: &Grid<'_>, span: usize, indicator: &Indicator, at: usize) -> State {
    let n = nodes(grid);
    let period = grid.quarters[at / n];
    let (level, unit) = node(grid, at % n);
    let side: &Side = if level == Level::Ward { &grid.wards } else { &grid.districts };
    let row = (at / n) * side.codes.len() + unit;
    let elements: Vec<&str> = indicator.numerator.elements();
    // What is reported is there: then it is the population or the baseline that is missing, and nothing can be computed.
    let reported = elements.iter().copied().chain(indicator.denominator.iter().flat_map(|d| {
        let mut own = Vec::new();
        d.visit(&mut |e| {
            if let crate::model::Expr::Element(code) = e {
                own.push(code.as_str());
            }
        });
        own
    }));
    let mut complete = !elements.is_empty();
    for code in reported {
        let value = plan.element_index(code).and_then(|e| side.over[span][e].get(row)).copied();
        complete &= value.is_some_and(|v| !v.is_nan());
    }
    if complete && side.over[span].iter().any(|c| !c.is_empty()) {
        return State::Undefined;
    }
    let rejected = elements
        .iter()
        .filter_map(|code| plan.element_index(code))
        .any(|element| side.rejected.contains(&(row, element)));
    if rejected {
        return State::Rejected;
    }
    let form =
        elements.first().and_then(|code| plan.element_index(code)).and_then(|e| plan.form(&plan.elements[e].form));
    match form {
        Some(form) if plan.due_on(form, period) >= grid.today => State::NotDue,
        _ => State::NotReported,
    }
}

/// The same span one year before, and whether the change is more than noise.
fn compare(
    grid: &Grid<'_>,
    values: &mut [Option<Judged>],
    indicator: &Indicator,
    (span, i): (usize, usize),
    outlook: &Outlook<'_>,
    even: &EqualExposures,
) {
    let n = nodes(grid);
    for at in (grid.from.max(4) * n..values.len()).rev().filter(|at| !(outlook.copied)(at / n)) {
        let (numerator, denominator, value) = match (outlook.earlier)(span, i, at / n) {
            Some(sums) => {
                let (n, d) = (sums.numerator[at % n], sums.denominator[at % n]);
                (n, d, known(n).zip(known(d)).and_then(|(n, d)| value_of(indicator, n, d)))
            }
            None => match &values[at - 4 * n] {
                Some(before) => (before.numerator, before.denominator, known(before.value)),
                None => continue,
            },
        };
        let Some(now) = &mut values[at] else { continue };
        let (Some(previous), Some(_)) = (value, known(now.value)) else { continue };
        now.previous = previous;
        if indicator.watch_denominator {
            let before = decompose::Sums { numerator, denominator };
            now.fewer_detected = decompose::fewer_detected(before, now.sums());
        }
        let counts = [now.numerator, now.denominator, numerator, denominator].map(known);
        now.change_is_real = match (indicator.chance, counts) {
            (Chance::Count, [Some(a), _, Some(b), _]) => Some(even.differ(a, b)),
            (Chance::Rate, [Some(a), Some(m), Some(b), Some(k)]) => {
                change::two_rates(a, m, b, k).ok().map(|p| p < LEVEL)
            }
            (Chance::Share, [Some(a), Some(m), Some(b), Some(k)]) => {
                change::two_proportions(a, m, b, k).ok().map(|p| p < LEVEL)
            }
            _ => None,
        };
    }
}

/// Ranks within a level and quarter by value in the good direction; ties share the best rank.
fn rank(grid: &Grid<'_>, values: &mut [Option<Judged>], indicator: &Indicator, outlook: &Outlook<'_>) {
    if indicator.direction == Direction::None || indicator.unit.is_some() {
        return;
    }
    let n = nodes(grid);
    let (w, d) = (grid.wards.codes.len(), grid.districts.codes.len());
    for t in (grid.from..grid.quarters.len()).filter(|t| !(outlook.copied)(*t)) {
        for range in [t * n..t * n + w, t * n + w..t * n + w + d] {
            let Some(slice) = values.get_mut(range) else { continue };
            let mut order: Vec<(f64, usize)> = slice
                .iter()
                .enumerate()
                .filter_map(|(at, j)| Some((steady(known(j.as_ref()?.value)?), at)))
                .map(|(v, at)| if indicator.direction == Direction::Rise { (-v, at) } else { (v, at) })
                .collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let of = order.len() as i32;
            let mut rank = 0;
            let mut last = f64::NAN;
            for (place, (value, at)) in order.iter().enumerate() {
                // NaN before the first; equal values share a rank.
                if value.total_cmp(&last).is_ne() {
                    rank = place as i32 + 1;
                    last = *value;
                }
                if let Some(judged) = &mut slice[*at] {
                    judged.rank = (rank, of);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Expr;

    fn of(chance: Chance, form: ValueForm, exact_interval: bool) -> Indicator {
        Indicator {
            code: "X".into(),
            name_vi: String::new(),
            name_en: String::new(),
            group: "T".into(),
            level: Level::Ward,
            unit: None,
            form,
            numerator: Expr::Element("n".into()),
            denominator: Some(Expr::Element("d".into())),
            factor: if chance == Chance::Rate { 1000.0 } else { 1.0 },
            own: None,
            direction: Direction::Rise,
            unit_label: if chance == Chance::Share { "share".into() } else { String::new() },
            chance,
            exact_interval,
            watch_denominator: false,
        }
    }

    fn interval(indicator: &Indicator, numerator: f64, denominator: f64) -> Option<(f64, f64)> {
        let nothing = f64::NAN;
        let judged = Judged {
            numerator,
            denominator,
            value: nothing,
            low: nothing,
            high: nothing,
            previous: nothing,
            achieved_share: nothing,
            reporting: 1,
            expected: 1,
            rank: (0, 0),
            state: State::Reported,
            status: Status::NoTarget,
            change_is_real: None,
            fewer_detected: false,
        };
        judged.interval(indicator)
    }

    #[test]
    fn the_interval_follows_the_law_of_chance() {
        let near = |got: Option<(f64, f64)>, low: f64, high: f64| {
            let got = got.unwrap();
            assert!((got.0 - low).abs() < 1e-4 && (got.1 - high).abs() < 1e-4, "{got:?} {low} {high}");
        };
        let share = of(Chance::Share, ValueForm::Ratio, false);
        near(interval(&share, 3.0, 4.0), 0.3006, 0.9544);
        near(interval(&of(Chance::Share, ValueForm::Ratio, true), 3.0, 4.0), 0.1941, 0.9937);
        near(interval(&of(Chance::Share, ValueForm::Reduction, false), 3.0, 4.0), 1.0 - 0.9544, 1.0 - 0.3006);
        // Three events: exact Poisson 0.6187 to 8.7673, here per 1,000 of 2,000 inhabitants.
        near(interval(&of(Chance::Rate, ValueForm::Ratio, false), 3.0, 2000.0), 0.3093, 4.3836);
        near(interval(&of(Chance::Count, ValueForm::Count, false), 3.0, f64::NAN), 0.6187, 8.7673);
        // More than the whole is no share, and money has no law.
        assert_eq!(interval(&share, 5.0, 4.0), None);
        assert_eq!(interval(&of(Chance::None, ValueForm::Ratio, false), 3.0, 4.0), None);
    }
}
