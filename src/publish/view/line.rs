//! An indicator of a unit, as a row of a document shows it.

use serde::Serialize;

use super::lineage::{self, Read};
use super::mark::{Mark, mark};
use super::spark::{Spark, draw};
use super::{Edition, Link, Text, Unit, kind};
use crate::model::Indicator;
use crate::publish::figure::{self, Figure};
use crate::publish::peers;
use crate::publish::values::Value;

/// One indicator of a unit.
#[derive(Debug, Serialize)]
pub struct Line<'a> {
    pub code: &'a str,
    pub name: Text<'a>,
    /// The one unit that it is about, if it is about one alone.
    pub only: Option<Link<'a>>,
    /// The value, or why there is none.
    pub value: Figure,
    pub known: bool,
    /// Numerator and denominator.
    pub parts: Option<[Figure; 2]>,
    /// What chance can do to it: 95% limits.
    pub chance: Option<[Figure; 2]>,
    /// Between what it would lie had all reported, where some did not.
    pub bounds: Option<[Figure; 2]>,
    pub target: Option<Figure>,
    /// What is required now.
    pub now: Option<Figure>,
    pub mark: Mark,
    /// A change on the year before that is more than noise.
    pub change: Option<Change>,
    pub spark: Option<Spark>,
    /// The drawn series in words, for who cannot see it: the ends of the years, and the last quarter known.
    pub course: String,
    /// What is said beside it.
    pub outlook: &'a [Figure],
    /// Units that reported, and that had to.
    pub reporting: [i32; 2],
    pub warnings: Vec<Figure>,
    pub district: Option<Figure>,
    pub province: Option<Figure>,
    pub peers: Option<Peers<'a>>,
    /// Cells that it is made of, where it is the unit's own.
    pub from: Vec<Read<'a>>,
}

/// A change that is more than noise.
#[derive(Debug, Serialize)]
pub struct Change {
    pub up: bool,
    pub by: Figure,
}

/// Units of the same kind in the province.
#[derive(Debug, Serialize)]
pub struct Peers<'a> {
    pub kind: Text<'a>,
    /// The unit's place among them, the best first; none where neither more nor less is better.
    pub place: Option<usize>,
    pub of: usize,
    /// The value of the one in the middle.
    pub middle: Figure,
}

/// What is shown of a value.
pub fn shown(value: &Value, indicator: &Indicator) -> Figure {
    value.value.map_or_else(|| figure::absence(value.state), |v| figure::value(v, &indicator.unit_label))
}

/// A unit's value of an indicator.
pub fn find(unit: &Unit, indicator: usize) -> Option<&Value> {
    unit.values.iter().find(|v| v.indicator == indicator)
}

/// Two limits, where they are not the same.
fn limits(of: Option<(f64, f64)>, unit_label: &str) -> Option<[Figure; 2]> {
    let (low, high) = of?;
    let both = [low, high].map(|v| figure::value(v, unit_label));
    (both[0] != both[1]).then_some(both)
}

/// The row of a value, beside those of the units above.
pub fn line<'a>(
    edition: &'a Edition<'a>,
    all: &peers::Peers<'a>,
    unit: &'a Unit,
    value: &Value,
    above: &[Option<&Unit>; 2],
) -> Line<'a> {
    let indicator = &edition.plan.indicators[value.indicator];
    let label = &indicator.unit_label;
    let context = |unit: Option<&Unit>| unit.and_then(|u| find(u, value.indicator)).map(|v| shown(v, indicator));
    Line {
        code: &indicator.code,
        name: (indicator.name_vi.as_str(), indicator.name_en.as_str()).into(),
        only: indicator.unit.as_ref().map(|_| Link::to(unit)),
        value: shown(value, indicator),
        known: value.value.is_some(),
        parts: value.numerator.zip(value.denominator).map(|(n, d)| [n, d].map(|v| figure::number(v, 1))),
        chance: limits(value.chance, label),
        bounds: limits(value.bounds, label),
        target: value.target.map(|(low, high)| figure::range(low, high, label)),
        now: value.expected_now.map(|v| figure::value(v, label)),
        mark: mark(value.status),
        // An arrow is drawn only where the change is more than noise.
        change: value
            .change
            .filter(|c| value.change_is_real && *c != 0.0)
            .map(|c| Change { up: c > 0.0, by: figure::change(c.abs(), label) }),
        spark: draw(edition.series(unit, value.indicator), edition.path(unit, value.indicator)),
        course: course(edition, edition.series(unit, value.indicator), label),
        outlook: unit.outlook(value.indicator),
        reporting: [value.reporting, value.expected],
        warnings: value.warnings.iter().copied().map(figure::warning).collect(),
        district: context(above[0]),
        province: context(above[1]),
        peers: all.place(edition, unit, value).map(|among| Peers {
            kind: kind(&unit.kind),
            place: among.place,
            of: among.of,
            middle: figure::value(among.middle, label),
        }),
        from: lineage::reads(edition, unit, value.indicator, indicator),
    }
}

/// A series at the ends of years and at its last known quarter.
fn course(edition: &Edition<'_>, series: &[Option<f64>], unit_label: &str) -> String {
    let last = series.iter().rposition(Option::is_some);
    let mut told = String::new();
    for (at, (period, value)) in edition.quarters.iter().zip(series).enumerate() {
        let Some(value) = value else { continue };
        let is_end = period.quarter() == Some(4);
        if is_end || last == Some(at) {
            told.push_str(if told.is_empty() { "" } else { "; " });
            told.push_str(&if is_end { period.year().to_string() } else { period.label_vi() });
            told.push(' ');
            told.push_str(&figure::value(*value, unit_label).vi);
        }
    }
    told
}

/// The rows of a unit's values that are wanted.
pub fn lines<'a>(
    edition: &'a Edition<'a>,
    all: &peers::Peers<'a>,
    unit: &'a Unit,
    above: &[Option<&Unit>; 2],
    wanted: &dyn Fn(&Value) -> bool,
) -> Vec<Line<'a>> {
    unit.values.iter().filter(|v| wanted(v)).map(|v| line(edition, all, unit, v, above)).collect()
}
