//! Charts as SVG: where things stand. In: figures and their 95% limits. Out: paths and labels for a template.
//!
//! Each series has its own colour, its own symbol and, where it is a line, its own dashes, so that a chart can be read in
//! grey and by the colour-blind. Paths gather all points of a series: a page of charts stays small.

use serde::Serialize;

use super::Text;
use crate::publish::figure;
use crate::publish::impact::{Course, Interval, Point};

/// A drawn chart.
#[derive(Debug, Default, Serialize)]
pub struct Chart {
    pub width: f64,
    pub height: f64,
    /// Left, top, right, bottom of the plot.
    pub frame: [f64; 4],
    /// Heights with a label.
    pub up: Vec<(String, String)>,
    /// Places along the chart with a label.
    pub along: Vec<(String, String)>,
    /// Where there is no effect, as a path.
    pub null: String,
    /// Places along the chart with a line and what it means.
    pub marks: Vec<(String, Text<'static>)>,
    /// Class and path.
    pub strokes: Vec<(String, String)>,
}

/// What a line at the start of an intervention means.
const START: (&str, &str) = ("bắt đầu", "start");

/// From values to places.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    pub low: f64,
    pub high: f64,
    pub from: f64,
    pub to: f64,
    pub log: bool,
}

impl Axis {
    pub fn at(&self, value: f64) -> f64 {
        let on = |v: f64| if self.log { v.max(1e-6).ln() } else { v };
        let share = (on(value) - on(self.low)) / (on(self.high) - on(self.low)).max(1e-12);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Round values, at most `most` and one, counted from that of no effect.
    pub fn ticks(&self, most: f64) -> Vec<f64> {
        let null = if self.log { 1.0 } else { 0.0 };
        let least = (self.high - self.low) / most;
        let base = 10_f64.powf(least.max(1e-9).log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0].into_iter().map(|m| m * base).find(|s| *s >= least).unwrap_or(10.0 * base);
        let of = |v: f64| (v - null) / step;
        ((of(self.low).ceil() as i64)..=(of(self.high).floor() as i64)).map(|k| null + k as f64 * step).collect()
    }

    /// An axis that shows every estimate and no effect, and of limits far out only a part.
    fn of_effects(all: &[Interval], ratio: bool, from: f64, to: f64) -> Self {
        let on = |v: f64| if ratio { v.max(1e-6).ln() } else { v };
        let back = |v: f64| if ratio { v.exp() } else { v };
        let (low, high) =
            all.iter().map(|i| on(i.value)).fold((0.0, 0.0), |(a, b): (f64, f64), v| (a.min(v), b.max(v)));
        let room = (1.5 * (high - low)).max(if ratio { 0.1 } else { 1e-3 });
        let least = all.iter().map(|i| on(i.low)).fold(low, f64::min).max(low - room);
        let most = all.iter().map(|i| on(i.high)).fold(high, f64::max).min(high + room);
        let edge = 0.04 * (most - least);
        Self { low: back(least - edge), high: back(most + edge), from, to, log: ratio }
    }
}

/// A symbol around a place: a ring, a disc, a square, a triangle, a diamond, by series.
fn symbol(series: usize, x: f64, y: f64) -> String {
    match series {
        0 => format!("M{:.0} {y:.0}a3 3 0 1 0 6 0a3 3 0 1 0-6 0", x - 3.0),
        // The round end of a stroke of no length.
        1 => format!("M{x:.0} {y:.0}h0"),
        n => match n % 3 {
            2 => format!("M{:.0} {:.0}h6v6h-6z", x - 3.0, y - 3.0),
            0 => format!("M{x:.0} {:.0}l4 6.5h-8z", y - 4.0),
            _ => format!("M{x:.0} {:.0}l4 4l-4 4l-4-4z", y - 4.0),
        },
    }
}

/// All symbols of a series.
fn symbols(series: usize, path: String) -> (String, String) {
    (class(if series == 1 { "disc" } else { "dot" }, series), path)
}

/// The class of a series: colours and dashes repeat after the third, symbols do not.
fn class(kind: &str, series: usize) -> String {
    let colour = if series == 0 { 0 } else { (series - 1) % 3 + 1 };
    format!("{kind} s{colour}")
}

/// The symbol of a series for a key, on its line where it has one.
pub fn key(series: usize, line: bool) -> Chart {
    let line = line.then(|| (class("line", series), "M0 8H28".to_owned()));
    let dot = symbols(series, symbol(series, 14.0, 8.0));
    let strokes = line.into_iter().chain([dot]).collect();
    Chart { width: 28.0, height: 16.0, strokes, ..Chart::default() }
}

/// Rows of a forest plot on one axis, and the axis: one chart for each estimate, then one with the labels.
pub fn forest(rows: &[Option<Interval>], ratio: bool, unit_label: &str) -> Vec<Chart> {
    let (width, height) = (260.0, 22.0);
    let known: Vec<Interval> = rows.iter().flatten().copied().collect();
    let axis = Axis::of_effects(&known, ratio, 16.0, width - 16.0);
    let null = axis.at(if ratio { 1.0 } else { 0.0 });
    let blank = |to: f64| Chart {
        width,
        height,
        frame: [0.0, 0.0, width, height],
        null: format!("M{null:.1} 0V{to}"),
        ..Chart::default()
    };
    let mut all: Vec<Chart> = rows
        .iter()
        .map(|row| {
            let strokes = row.map_or_else(Vec::new, |i| {
                let whisker = format!("M{:.1} 11H{:.1}", axis.at(i.low), axis.at(i.high));
                vec![(class("whisker", 1), whisker), (class("dot", 1), symbol(2, axis.at(i.value), 11.0))]
            });
            Chart { strokes, ..blank(height) }
        })
        .collect();
    let label = |v: &f64| (format!("{:.1}", axis.at(*v)), figure::effect(*v, ratio, unit_label).vi);
    all.push(Chart { along: axis.ticks(5.0).iter().map(label).collect(), frame: [0.0, 0.0, width, 6.0], ..blank(6.0) });
    all
}

/// An event study: estimates by quarters since the start, one series for each method.
pub fn events(methods: &[Vec<&Point>], unit_label: &str) -> Option<Chart> {
    let all = || methods.iter().flatten();
    let ratio = all().next()?.ratio;
    let (first, last) = (all().map(|p| p.quarters_since).min()?.min(-1), all().map(|p| p.quarters_since).max()?.max(0));
    let frame = [58.0, 20.0, 690.0, 250.0];
    let known: Vec<Interval> = all().map(|p| p.interval).collect();
    let axis = Axis::of_effects(&known, ratio, frame[3], frame[1]);
    let step = (frame[2] - frame[0]) / f64::from(last - first + 1);
    let x = |since: f64| frame[0] + (since - f64::from(first) + 0.5) * step;
    let mut strokes = Vec::new();
    for (at, points) in methods.iter().enumerate() {
        let beside = (at as f64 - (methods.len() as f64 - 1.0) / 2.0) * 0.3;
        let (mut whiskers, mut dots) = (String::new(), String::new());
        for p in points {
            let x = x(f64::from(p.quarters_since) + beside);
            whiskers.push_str(&format!("M{x:.0} {:.0}V{:.0}", axis.at(p.interval.low), axis.at(p.interval.high)));
            dots.push_str(&symbol(at + 1, x, axis.at(p.interval.value)));
        }
        strokes.push((class("whisker", at + 1), whiskers));
        strokes.push(symbols(at + 1, dots));
    }
    let null = axis.at(if ratio { 1.0 } else { 0.0 });
    // The quarter before the start is what all others are held against: no effect, by definition.
    strokes.push(symbols(0, symbol(0, x(-1.0), null)));
    let label = |v: &f64| (format!("{:.1}", axis.at(*v)), figure::effect(*v, ratio, unit_label).vi);
    let every = if last - first > 12 { 4 } else { 1 };
    Some(Chart {
        width: 700.0,
        height: 275.0,
        frame,
        up: axis.ticks(6.0).iter().map(label).collect(),
        along: (first..=last)
            .filter(|since| since % every == 0)
            .map(|since| (format!("{:.1}", x(f64::from(since))), format!("{since}").replace('-', "−")))
            .collect(),
        null: format!("M{} {null:.1}H{}", frame[0], frame[2]),
        marks: vec![(format!("{:.1}", x(-0.5)), START.into())],
        strokes,
    })
}

/// The course of each group of units over the quarters; the first series is that of units without the intervention.
pub fn courses(groups: &[&Course]) -> Option<Chart> {
    let quarters: Vec<_> = groups.first()?.values.iter().map(|(period, _)| *period).collect();
    let most = groups.iter().flat_map(|g| &g.values).filter_map(|(_, v)| *v).reduce(f64::max)?;
    let frame = [58.0, 20.0, 690.0, 250.0];
    let axis = Axis { low: 0.0, high: most.max(1e-9) * 1.06, from: frame[3], to: frame[1], log: false };
    let step = (frame[2] - frame[0]) / quarters.len().max(1) as f64;
    let x = |at: usize| frame[0] + (at as f64 + 0.5) * step;
    let mut strokes = Vec::new();
    for (series, group) in groups.iter().enumerate() {
        let (mut line, mut dots, mut pen) = (String::new(), String::new(), 'M');
        for (at, (_, value)) in group.values.iter().enumerate() {
            let Some(value) = value else {
                pen = 'M';
                continue;
            };
            let (x, y) = (x(at), axis.at(*value));
            line.push_str(&format!("{pen}{x:.0} {y:.0}"));
            dots.push_str(&symbol(series, x, y));
            pen = 'L';
        }
        strokes.push((class("line", series), line));
        strokes.push(symbols(series, dots));
    }
    let starts = groups.iter().filter_map(|g| quarters.iter().position(|q| Some(*q) == g.since));
    Some(Chart {
        width: 700.0,
        height: 275.0,
        frame,
        up: axis.ticks(6.0).iter().map(|v| (format!("{:.1}", axis.at(*v)), figure::number(*v, 3).vi)).collect(),
        along: quarters
            .iter()
            .enumerate()
            .filter(|(_, q)| q.quarter() == Some(1))
            .map(|(at, q)| (format!("{:.1}", x(at)), format!("I/{}", q.year())))
            .collect(),
        null: format!("M{} {}H{}", frame[0], frame[3], frame[2]),
        marks: starts.map(|at| (format!("{:.1}", x(at) - step / 2.0), START.into())).collect(),
        strokes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    pub fn ticks_are_round_and_count_from_no_effect() {
        let axis = Axis { low: 0.44, high: 1.65, from: 200.0, to: 0.0, log: true };
        let rounded: Vec<String> = axis.ticks(6.0).iter().map(|t| format!("{t:.2}")).collect();
        assert_eq!(rounded, ["0.50", "0.75", "1.00", "1.25", "1.50"]);
        assert!(axis.at(0.44) > axis.at(1.0) && axis.at(9.0) < 1e-9, "what lies outside stands at the edge");
        assert_eq!(Axis { low: 0.0, high: 10.2, log: false, ..axis }.ticks(6.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
    }

    #[test]
    fn one_wide_interval_does_not_flatten_the_others() {
        let of = |value, low, high| Interval { value, low, high };
        let axis = Axis::of_effects(&[of(1.3, 1.2, 1.4), of(1.0, 0.0, 500.0)], true, 0.0, 100.0);
        assert!(axis.low < 1.0 && axis.low > 0.5 && axis.high > 1.4 && axis.high < 3.0, "{axis:?}");
    }
}
