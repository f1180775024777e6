//! A district's wards in the funnel of their province: each by its size and value, between the limits that chance alone
//! leaves, so that small wards are not shamed for noise.

use serde::Serialize;

use super::chart::{Axis, Chart};
use super::line::{find, shown};
use super::{Edition, Link, Text, Unit};
use crate::publish::figure::{self, Figure};

/// The funnel of one target.
#[derive(Debug, Serialize)]
pub struct Funnel<'a> {
    pub code: &'a str,
    pub name: Text<'a>,
    pub chart: Chart,
    /// Wards of the district outside the limits.
    pub outside: Vec<(Link<'a>, Figure)>,
    /// The district's wards: name, value, size, limits of 95%.
    pub rows: Vec<Row<'a>>,
}

/// A ward of the district.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub name: &'a str,
    pub value: Figure,
    /// Its denominator.
    pub size: Figure,
    pub limits: Figure,
    pub outside: bool,
}

/// A ward as a place in the chart.
struct Point<'a> {
    unit: &'a Unit,
    size: f64,
    value: f64,
    inner: [f64; 2],
    outer: [f64; 2],
    outside: bool,
    own: bool,
}

/// The funnels of a district, of every target that has one.
pub fn funnels<'a>(edition: &'a Edition<'a>, district: &'a Unit) -> Vec<Funnel<'a>> {
    let Some(province) = edition.province(district) else { return Vec::new() };
    let wards = edition.wards(province);
    let targets = (0..edition.plan.indicators.len()).filter(|at| edition.is_target(*at));
    targets.filter_map(|indicator| funnel(edition, district, &wards, indicator)).collect()
}

fn funnel<'a>(edition: &'a Edition<'a>, district: &Unit, wards: &[&'a Unit], indicator: usize) -> Option<Funnel<'a>> {
    let defined = &edition.plan.indicators[indicator];
    let mut points: Vec<Point<'_>> = wards
        .iter()
        .filter_map(|unit| {
            let (value, limits) = (find(unit, indicator)?, unit.funnel(indicator)?);
            Some(Point {
                unit,
                size: value.denominator?,
                value: value.value?,
                inner: limits.inner,
                outer: limits.outer,
                outside: limits.outside,
                own: edition.above(unit).is_some_and(|above| above.code == district.code),
            })
        })
        .collect();
    points.sort_by(|a, b| a.size.total_cmp(&b.size).then_with(|| a.unit.code.cmp(&b.unit.code)));
    if !points.iter().any(|point| point.own) {
        return None;
    }
    let own = || points.iter().filter(|point| point.own);
    let row = |point: &Point<'a>| Row {
        name: &point.unit.name,
        value: figure::value(point.value, &defined.unit_label),
        size: figure::number(point.size, 1),
        limits: figure::range(point.inner[0], point.inner[1], &defined.unit_label),
        outside: point.outside,
    };
    let told = |point: &Point<'a>| Some((Link::to(point.unit), shown(find(point.unit, indicator)?, defined)));
    Some(Funnel {
        code: &defined.code,
        name: (defined.name_vi.as_str(), defined.name_en.as_str()).into(),
        chart: draw(&points, &defined.unit_label),
        outside: own().filter(|point| point.outside).filter_map(told).collect(),
        rows: own().map(row).collect(),
    })
}

/// Sizes on a log scale: limits narrow evenly on it, and no ward is lost at its edge.
fn draw(points: &[Point<'_>], unit_label: &str) -> Chart {
    let frame = [58.0, 12.0, 690.0, 220.0];
    let extreme = |of: fn(f64, f64) -> f64, start: f64| {
        points.iter().flat_map(|p| [p.value, p.inner[0], p.inner[1]]).fold(start, of)
    };
    let (low, high) = (extreme(f64::min, f64::INFINITY), extreme(f64::max, f64::NEG_INFINITY));
    let edge = 0.06 * (high - low).max(1e-9);
    // A value that cannot be below nothing has no place there.
    let floor = if low >= 0.0 { (low - edge).max(0.0) } else { low - edge };
    let up = Axis { low: floor, high: high + edge, from: frame[3], to: frame[1], log: false };
    let size = |p: Option<&Point<'_>>| p.map_or(1.0, |p| p.size.max(1e-6));
    let along = Axis {
        low: size(points.first()) * 0.93,
        high: size(points.last()) * 1.07,
        from: frame[0],
        to: frame[2],
        log: true,
    };
    let line = |limit: &dyn Fn(&Point<'_>) -> f64| {
        let mut path = String::new();
        for (at, p) in points.iter().enumerate() {
            let pen = if at == 0 { 'M' } else { 'L' };
            path.push_str(&format!("{pen}{:.0} {:.0}", along.at(p.size), up.at(limit(p))));
        }
        path
    };
    let dots = |wanted: &dyn Fn(&Point<'_>) -> bool, symbol: &dyn Fn(f64, f64) -> String| -> String {
        points.iter().filter(|p| wanted(p)).map(|p| symbol(along.at(p.size), up.at(p.value))).collect()
    };
    let disc = |x: f64, y: f64| format!("M{x:.0} {y:.0}h0");
    let diamond = |x: f64, y: f64| format!("M{x:.0} {:.0}l5 5l-5 5l-5-5z", y - 5.0);
    let strokes = [
        ("limit outer", line(&|p| p.outer[0])),
        ("limit outer", line(&|p| p.outer[1])),
        ("limit inner", line(&|p| p.inner[0])),
        ("limit inner", line(&|p| p.inner[1])),
        ("disc others", dots(&|p| !p.own, &disc)),
        ("disc own", dots(&|p| p.own && !p.outside, &disc)),
        ("dot out", dots(&|p| p.own && p.outside, &diamond)),
    ];
    Chart {
        width: 700.0,
        height: 245.0,
        frame,
        up: up.ticks(5.0).iter().map(|v| (format!("{:.1}", up.at(*v)), figure::value(*v, unit_label).vi)).collect(),
        along: decades(along.low, along.high)
            .into_iter()
            .map(|v| (format!("{:.1}", along.at(v)), figure::number(v, 0).vi))
            .collect(),
        strokes: strokes.map(|(class, path)| (class.to_owned(), path)).into(),
        ..Chart::default()
    }
}

/// Round numbers between two bounds: 1, 2 and 5 times powers of ten.
fn decades(low: f64, high: f64) -> Vec<f64> {
    let first = low.max(1e-6).log10().floor() as i32;
    let last = high.max(1e-6).log10().ceil() as i32;
    let all = (first..=last).flat_map(|power| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(power)));
    all.filter(|v| (low..=high).contains(v)).collect()
}
