//! One quarter's values → what they come to over longer spans.
//!
//! Flows are summed over the quarters that were reported, of a state the last known value stands. A unit that came out of
//! others within the span takes over what they reported: the whole of it where it was merged, its share where it was
//! split. So a span above the ward loses nothing at a change of boundaries.

use crate::model::{Element, Kind, Level, OverTime, Period, Plan, Span};
use crate::register::{Register, Share};

/// The spans that are computed; a year's values are those of its last quarter to date.
pub(super) const SPANS: [Span; 4] = [Span::Quarter, Span::YearToDate, Span::RollingYear, Span::PlanToDate];

/// From the units of the quarter before: per unit its parts there, each with its share (NaN where that is not known);
/// `None` where no unit changed.
pub(super) type Step = Option<Vec<Vec<(usize, f64)>>>;

/// The steps between quarters; the first has none before it.
pub(super) fn steps(
    plan: &Plan,
    register: &Register,
    level: Level,
    codes: &[String],
    quarters: &[Period],
) -> Vec<Step> {
    let near = |unit: &str, year: i16| plan.population_near(unit, year);
    let mut all = vec![None];
    for pair in quarters.windows(2) {
        let (from, to) = (pair[0].end(), pair[1].end());
        if !codes.iter().any(|code| register.turned(code, from, to)) {
            all.push(None);
            continue;
        }
        let in_force = codes.iter().map(String::as_str).filter(|code| register.at(code, from).is_some());
        let crosswalk = register.crosswalk(level, in_force, from, to, &near);
        let parts = |code: &String| {
            let parts = crosswalk.get(code).into_iter().flatten();
            parts
                .filter_map(|part| {
                    Some((codes.binary_search(&part.code).ok()?, part.share.map_or(f64::NAN, Share::number)))
                })
                .collect()
        };
        all.push(Some(codes.iter().map(parts).collect()));
    }
    all
}

/// By span: per quarter and unit whether what came over from before is a part of another unit's, told by a share.
pub(super) fn parted(steps: &[Step], quarters: &[Period], n: usize) -> Vec<Vec<bool>> {
    let since = |span: &Span, t: usize| match span {
        Span::Quarter => t,
        Span::YearToDate => (t + 1).saturating_sub(usize::from(quarters[t].quarter().unwrap_or(1))),
        Span::RollingYear => t.saturating_sub(3),
        _ => 0,
    };
    let mut all = vec![vec![false; quarters.len() * n]; SPANS.len()];
    for (of, span) in all.iter_mut().zip(&SPANS) {
        for t in 0..quarters.len() {
            // Along every step within the span: a unit is parted if its share is one, or a part of it was.
            let mut now = vec![false; n];
            for step in (since(span, t) + 1..=t).filter_map(|s| steps.get(s)?.as_ref()) {
                let is_share = |(from, share): &(usize, f64)| now[*from] || share.total_cmp(&1.0).is_ne();
                now = step.iter().map(|parts| parts.iter().any(is_share)).collect();
            }
            of[t * n..(t + 1) * n].copy_from_slice(&now);
        }
    }
    all
}

/// By span, then element: per quarter and unit the value over the span; NaN where there is none.
pub(super) fn over(
    elements: &[Element],
    quarter: Vec<Vec<f64>>,
    quarters: &[Period],
    steps: &[Step],
) -> Vec<Vec<Vec<f64>>> {
    let mut all: Vec<Vec<Vec<f64>>> = SPANS.iter().skip(1).map(|_| Vec::with_capacity(quarter.len())).collect();
    for (element, column) in elements.iter().zip(&quarter) {
        let n = column.len() / quarters.len().max(1);
        let mut long: Vec<Vec<f64>> = all.iter().map(|_| Vec::with_capacity(column.len())).collect();
        // What was reported so far, always for the units of the quarter at hand.
        let mut known: Vec<Vec<f64>> = Vec::with_capacity(quarters.len());
        for (t, period) in quarters.iter().enumerate() {
            if let Some(Some(step)) = steps.get(t) {
                for earlier in &mut known {
                    *earlier = carried(earlier, step, element.kind);
                }
            }
            known.push(column.get(t * n..(t + 1) * n).unwrap_or_default().to_vec());
            for (out, span) in long.iter_mut().zip(SPANS.iter().skip(1)) {
                let count = match span {
                    Span::YearToDate => usize::from(period.quarter().unwrap_or(1)).min(t + 1),
                    Span::RollingYear => 4,
                    _ => t + 1,
                };
                match known.len().checked_sub(count) {
                    Some(first) => fold(&known[first..], element.over_time, out),
                    // The plan is younger than the span.
                    None => out.resize(out.len() + n, f64::NAN),
                }
            }
        }
        all.iter_mut().zip(long).for_each(|(span, column)| span.push(column));
    }
    all.insert(0, quarter);
    all
}

/// One value per unit out of several quarters.
fn fold(known: &[Vec<f64>], over_time: OverTime, out: &mut Vec<f64>) {
    let Some((last, earlier)) = known.split_last() else { return };
    let start = out.len();
    out.extend_from_slice(last);
    // From the latest back: of a state the first that is known is the last.
    for quarter in earlier.iter().rev() {
        for (cell, value) in out.iter_mut().skip(start).zip(quarter) {
            if cell.is_nan() {
                *cell = *value;
            } else if !value.is_nan() {
                match over_time {
                    OverTime::Sum | OverTime::Mean => *cell += *value,
                    OverTime::Max => *cell = cell.max(*value),
                    OverTime::Last => {}
                }
            }
        }
    }
    if over_time == OverTime::Mean {
        for (unit, cell) in out.iter_mut().skip(start).enumerate() {
            let count = known.iter().filter(|quarter| quarter.get(unit).is_some_and(|v| !v.is_nan())).count();
            *cell /= count.max(1) as f64;
        }
    }
    out.iter_mut().skip(start).filter(|cell| cell.is_infinite()).for_each(|cell| *cell = f64::NAN);
}

/// What the units of one quarter reported, for the units of the next.
fn carried(earlier: &[f64], step: &[Vec<(usize, f64)>], kind: Kind) -> Vec<f64> {
    let value = |from: usize| earlier.get(from).copied().unwrap_or(f64::NAN);
    let unit = |parts: &Vec<(usize, f64)>| match (kind, parts.as_slice()) {
        // A flag is that of the unit it was reported for; it has no parts, and two of them are no flag.
        (Kind::Flag, [(from, _)]) => value(*from),
        (_, []) | (Kind::Flag, _) => f64::NAN,
        // What is missing of a flow is a quarter without a report; of a state nothing is known then.
        (Kind::Flow, parts) => {
            let reported = parts.iter().filter(|(from, _)| !value(*from).is_nan());
            reported.fold(f64::NAN, |sum, (from, share)| {
                let part = match value(*from) {
                    0.0 => 0.0,
                    // Infinite until it is summed: what is not known makes the sum unknown, where a gap would not.
                    _ if share.is_nan() => f64::INFINITY,
                    value => value * share,
                };
                if sum.is_nan() { part } else { sum + part }
            })
        }
        (_, parts) => parts.iter().map(|(from, share)| value(*from) * share).sum(),
    };
    step.iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(kind: Kind) -> Element {
        Element {
            code: "e".into(),
            form: "01".into(),
            column: 1,
            kind,
            over_time: kind.over_time(),
            level: Level::Ward,
            name_vi: String::new(),
            name_en: String::new(),
            headers: Vec::new(),
            part_of: None,
            decimals: false,
            unit: String::new(),
            max: None,
            typical: None,
            typical_per_1000: None,
        }
    }

    const GONE: f64 = f64::NAN;

    /// Two units over five quarters; before the third, the second is merged into the first.
    fn spans(kind: Kind, column: &[f64]) -> Vec<Vec<f64>> {
        let quarters: Vec<Period> =
            ["2019-Q2", "2019-Q3", "2019-Q4", "2020-Q1", "2020-Q2"].map(|q| q.parse().unwrap()).into();
        let steps = [None, None, Some(vec![vec![(0, 1.0), (1, 1.0)], Vec::new()]), None, None];
        over(&[element(kind)], vec![column.to_vec()], &quarters, &steps).into_iter().map(|mut e| e.remove(0)).collect()
    }

    #[test]
    fn flows_of_a_merged_unit_go_on_in_its_successor() {
        let all = spans(Kind::Flow, &[1.0, 10.0, 2.0, 20.0, 4.0, GONE, 5.0, GONE, 6.0, GONE]);
        let first = |span: usize| all[span].iter().step_by(2).copied().collect::<Vec<f64>>();
        assert_eq!(first(1), [1.0, 3.0, 37.0, 5.0, 11.0]);
        assert!(first(2)[..3].iter().all(|v| v.is_nan()));
        assert_eq!(first(2)[3..], [42.0, 37.0]);
        assert_eq!(first(3), [1.0, 3.0, 37.0, 42.0, 48.0]);
        assert!(all[1][5].is_nan());
    }

    #[test]
    fn the_last_known_state_of_all_parts_stands() {
        let all = spans(Kind::Stock, &[1.0, 10.0, GONE, 20.0, GONE, GONE, GONE, GONE, 6.0, GONE]);
        let first = |span: usize| all[span].iter().step_by(2).copied().collect::<Vec<f64>>();
        // Of the second quarter only one part is known, of the first both.
        assert_eq!(first(1)[..3], [1.0, 1.0, 11.0]);
        assert!(first(1)[3].is_nan());
        assert_eq!(first(3), [1.0, 1.0, 11.0, 11.0, 6.0]);
    }

    #[test]
    fn a_part_is_told_for_as_long_as_its_span_reaches_back() {
        let quarters: Vec<Period> = ["2019-Q3", "2019-Q4", "2020-Q1"].map(|q| q.parse().unwrap()).into();
        // Before the last quarter of 2019 a part of the first unit went to the second.
        let steps = [None, Some(vec![vec![(0, 0.75)], vec![(0, 0.25), (1, 1.0)]]), None];
        let all = parted(&steps, &quarters, 2);
        assert_eq!(all[0], [false; 6]);
        assert_eq!(all[1], [false, false, true, true, false, false]);
        assert_eq!(all[3], [false, false, true, true, true, true]);
        let merged = [None, Some(vec![vec![(0, 1.0), (1, 1.0)], Vec::new()]), None];
        assert_eq!(parted(&merged, &quarters, 2)[3], [false; 6]);
    }

    #[test]
    fn means_and_maxima_are_over_what_is_known() {
        let quarters = [vec![1.0, f64::NAN], vec![f64::NAN, 5.0], vec![4.0, f64::NAN]];
        let of = |over_time| {
            let mut out = Vec::new();
            fold(&quarters, over_time, &mut out);
            out
        };
        assert_eq!(of(OverTime::Mean), [2.5, 5.0]);
        assert_eq!(of(OverTime::Max), [4.0, 5.0]);
        assert_eq!(of(OverTime::Sum), [5.0, 5.0]);
        assert_eq!(of(OverTime::Last), [4.0, 5.0]);
    }

    #[test]
    fn a_share_that_is_not_known_leaves_no_sum() {
        let step = [vec![(0, 0.25)], vec![(0, f64::NAN)]];
        assert_eq!(carried(&[8.0], &step, Kind::Flow)[..1], [2.0]);
        let unknown = carried(&[8.0], &step, Kind::Flow);
        let mut sum = Vec::new();
        fold(&[unknown, vec![1.0, 1.0]], OverTime::Sum, &mut sum);
        assert!(sum[1].is_nan());
        assert_eq!(sum[..1], [3.0]);
        assert_eq!(carried(&[0.0], &step, Kind::Flow)[1..], [0.0]);
        assert_eq!(carried(&[1.0], &step, Kind::Flag), [1.0, 1.0]);
    }
}
