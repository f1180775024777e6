//! Sums → value, what it could still be, interval, change, target, status, rank.

use super::grid::{Grid, Side};
use super::sums::{All, Sums};
use crate::model::{Direction, Indicator, Level, Period, Plan, Span, State, Status, Target, ValueForm};
use crate::stats::{Coverage, interval, steady};

/// One indicator, unit, period and span.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) state: State,
    pub(super) numerator: Option<f64>,
    pub(super) denominator: Option<f64>,
    pub(super) value: Option<f64>,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) ci: Option<(f64, f64)>,
    pub(super) previous: Option<f64>,
    pub(super) change_is_real: Option<bool>,
    pub(super) baseline: Option<f64>,
    pub(super) target: Option<(f64, f64)>,
    pub(super) expected_now: Option<f64>,
    pub(super) achieved_share: Option<f64>,
    pub(super) status: Status,
    pub(super) reporting: i32,
    pub(super) expected: i32,
    pub(super) rank: Option<(i32, i32)>,
}

/// Judged values by span (quarter, year to date), indicator, then (quarter × node); `None` where there is no row.
pub(super) type All2 = Vec<Vec<Vec<Option<Judged>>>>;

/// Judges every sum of a province.
pub(super) fn judge(plan: &Plan, grid: &Grid<'_>, all: &All) -> All2 {
    let n = nodes(grid);
    let spans = [Span::Quarter, Span::YearToDate];
    judge_on(plan, grid, all, &spans, &|i, at| absence(plan, grid, &plan.indicators[i], at, grid.quarters[at / n]))
}

/// Judges every sum of a map; `absence` says why there is no value, by indicator and place.
pub(super) fn judge_on(
    plan: &Plan,
    grid: &Grid<'_>,
    all: &[Vec<Sums>],
    spans: &[Span],
    absence: &dyn Fn(usize, usize) -> State,
) -> All2 {
    all.iter()
        .zip(spans)
        .map(|(of_span, span)| {
            of_span
                .iter()
                .zip(&plan.indicators)
                .enumerate()
                .map(|(i, (sums, indicator))| {
                    let mut values = values(plan, grid, sums, indicator, *span, &|at| absence(i, at));
                    compare(grid, &mut values, indicator);
                    rank(grid, &mut values, indicator);
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
    span: Span,
    absence: &dyn Fn(usize) -> State,
) -> Vec<Option<Judged>> {
    let n = nodes(grid);
    let target = plan.target(&indicator.code);
    (0..grid.quarters.len() * n)
        .map(|at| {
            if sums.expected[at] == 0 {
                return None;
            }
            let period = grid.quarters[at / n];
            let known = |v: f64| (!v.is_nan()).then_some(v);
            let (numerator, denominator) = (known(sums.numerator[at]), known(sums.denominator[at]));
            let value = numerator.zip(denominator).and_then(|(n, d)| value_of(indicator, n, d));
            let (low, high) = bounds(indicator, sums, at, value);
            let state = match (value, numerator) {
                (Some(0.0), _) => State::Zero,
                (Some(_), _) => State::Reported,
                (None, Some(_)) => State::Undefined,
                (None, None) => absence(at),
            };
            let judged_span = target.filter(|_| span != Span::Quarter);
            let mut judged = Judged {
                state,
                numerator,
                denominator: denominator.filter(|_| indicator.form != ValueForm::Count),
                value,
                low,
                high,
                ci: numerator.zip(denominator).and_then(|(n, d)| wilson_of(indicator, n, d)),
                previous: None,
                change_is_real: None,
                baseline: (indicator.form == ValueForm::Reduction).then_some(denominator).flatten(),
                target: judged_span.map(|t| next_milestone(t, period)),
                expected_now: judged_span.map(|t| expected_now(plan, t, period)),
                achieved_share: None,
                status: Status::NoTarget,
                reporting: sums.reporting[at],
                expected: sums.expected[at],
                rank: None,
            };
            if let Some(target) = judged_span {
                let expected = judged.expected_now.unwrap_or_default();
                judged.achieved_share = judged.value.filter(|_| expected > 0.0).map(|v| v / expected);
                judged.status = status(target, &judged, expected);
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

/// A share of a whole: its numerator is a part of its denominator.
fn is_share(indicator: &Indicator) -> bool {
    indicator.form == ValueForm::Ratio && indicator.unit_label == "share"
}

/// Lowest and highest that the value over all units can still be: each unit that did not report a share adds between
/// nothing and all of its denominator. Null where that denominator is not known, or the value is no share.
fn bounds(indicator: &Indicator, sums: &Sums, at: usize, value: Option<f64>) -> (Option<f64>, Option<f64>) {
    if sums.reporting[at] == sums.expected[at] {
        return (value, value);
    }
    let missing = sums.missing[at];
    if !is_share(indicator) || missing.is_nan() {
        return (None, None);
    }
    let n = if sums.numerator[at].is_nan() { 0.0 } else { sums.numerator[at] };
    let d = if sums.denominator[at].is_nan() { 0.0 } else { sums.denominator[at] } + missing;
    if d == 0.0 { (None, None) } else { (Some(n / d), Some((n + missing) / d)) }
}

/// Why there is no value: not due yet, received but not usable, or not reported.
fn absence(plan: &Plan, grid: &Grid<'_>, indicator: &Indicator, at: usize, period: Period) -> State {
    let n = nodes(grid);
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
        let value = plan.element_index(code).and_then(|e| side.to_date[e].get(row)).copied();
        complete &= value.is_some_and(|v| !v.is_nan());
    }
    if complete && side.quarter.iter().any(|c| !c.is_empty()) {
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

/// Wilson's 95% interval of a share.
fn wilson_of(indicator: &Indicator, n: f64, d: f64) -> Option<(f64, f64)> {
    if d <= 0.0 || n < 0.0 || n > d {
        return None;
    }
    let (low, high) = interval::wilson(n, d, Coverage::P95);
    match indicator.form {
        ValueForm::Reduction => Some((1.0 - high, 1.0 - low)),
        ValueForm::Ratio if is_share(indicator) => Some((low, high)),
        _ => None,
    }
}

fn next_milestone(target: &Target, period: Period) -> (f64, f64) {
    let next = target.milestones.iter().find(|m| m.year >= period.year()).or(target.milestones.last());
    next.map_or((0.0, 0.0), |m| (m.low, m.high))
}

/// The value required at the end of a quarter: linear over the milestones' year ends, from the start at the plan's first
/// day. Where the figure counts from 1 January, only the quarter's share of what the year's end requires.
pub(super) fn expected_now(plan: &Plan, target: &Target, period: Period) -> f64 {
    let first = f64::from(plan.first_day.year());
    let part = f64::from(period.quarter().unwrap_or(4)) / 4.0;
    let year = f64::from(period.year());
    if target.builds_within_year {
        return path(target, first, year + 1.0) * part;
    }
    path(target, first, year + part)
}

fn path(target: &Target, first: f64, at: f64) -> f64 {
    let mut before = target.start.map(|start| (first, start));
    for milestone in &target.milestones {
        let (end, value) = (f64::from(milestone.year) + 1.0, milestone.low);
        if at <= end {
            return match before {
                None => value,
                Some((from, start)) => start + (value - start) * ((at - from) / (end - from)).clamp(0.0, 1.0),
            };
        }
        before = Some((end, value));
    }
    before.map_or(0.0, |(_, value)| value)
}

fn status(target: &Target, judged: &Judged, expected: f64) -> Status {
    let Some(value) = judged.value.map(steady) else {
        return match judged.state {
            State::Undefined => Status::Undefined,
            State::NotDue => Status::NotStarted,
            _ => Status::NotReported,
        };
    };
    let expected = steady(expected);
    if target.milestones.last().is_some_and(|m| value >= steady(m.low)) {
        return Status::Achieved;
    }
    if let (Some(low), Some(high)) = (judged.low.map(steady), judged.high.map(steady))
        && low < expected
        && high >= expected
        && low < high
    {
        return Status::Undecided;
    }
    if value >= expected {
        Status::OnTrack
    } else if value >= steady(expected * target.at_risk_from) {
        Status::AtRisk
    } else {
        Status::OffTrack
    }
}

/// The same span one year before, and whether the change is more than noise.
fn compare(grid: &Grid<'_>, values: &mut [Option<Judged>], indicator: &Indicator) {
    let n = nodes(grid);
    for at in (4 * n..values.len()).rev() {
        let Some(before) = values[at - 4 * n].clone() else { continue };
        let Some(now) = &mut values[at] else { continue };
        let (Some(previous), Some(_)) = (before.value, now.value) else { continue };
        now.previous = Some(previous);
        now.change_is_real =
            match (indicator.form, now.numerator, now.denominator, before.numerator, before.denominator) {
                (ValueForm::Count, Some(a), _, Some(b), _) if a + b > 0.0 => {
                    Some((a - b).abs() / (a + b).sqrt() > Coverage::P95.z)
                }
                (_, Some(a), Some(m), Some(b), Some(k))
                    if is_share(indicator) && a <= m && b <= k && m > 0.0 && k > 0.0 =>
                {
                    let pooled = (a + b) / (m + k);
                    let spread = (pooled * (1.0 - pooled) * (1.0 / m + 1.0 / k)).sqrt();
                    Some(spread > 0.0 && ((a / m - b / k) / spread).abs() > Coverage::P95.z)
                }
                _ => None,
            };
    }
}

/// Ranks within a level and quarter by value in the good direction; ties share the best rank.
fn rank(grid: &Grid<'_>, values: &mut [Option<Judged>], indicator: &Indicator) {
    if indicator.direction == Direction::None || indicator.unit.is_some() {
        return;
    }
    let n = nodes(grid);
    let (w, d) = (grid.wards.codes.len(), grid.districts.codes.len());
    for t in 0..grid.quarters.len() {
        for range in [t * n..t * n + w, t * n + w..t * n + w + d] {
            let Some(slice) = values.get_mut(range) else { continue };
            let mut order: Vec<(f64, usize)> = slice
                .iter()
                .enumerate()
                .filter_map(|(at, j)| Some((steady(j.as_ref()?.value?), at)))
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
                    judged.rank = Some((rank, of));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Milestone;

    #[test]
    fn the_path_is_linear_between_milestones() {
        let milestone = |year, low| Milestone { year, low, high: low };
        let mut target = Target {
            indicator: "T2".into(),
            milestones: vec![milestone(2017, 0.5), milestone(2020, 1.0)],
            start: Some(0.0),
            builds_within_year: false,
            at_risk_from: 0.8,
        };
        for (at, want) in [(2016.25, 0.0625), (2018.0, 0.5), (2019.5, 0.75), (2021.0, 1.0), (2025.0, 1.0)] {
            assert!((path(&target, 2016.0, at) - want).abs() < 1e-12, "{at}");
        }
        target.start = None;
        assert!((path(&target, 2016.0, 2016.25) - 0.5).abs() < 1e-12);
    }
}
