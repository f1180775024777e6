//! A ward among its peers: units of its own kind in its province. Order alone counts, nothing is averaged.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::edition::{Edition, Unit};
use super::values::Value;
use crate::model::{Direction, Level};

/// Province, kind and indicator.
type Key<'a> = (Option<&'a str>, &'a str, usize);

/// Values of peers in ascending order.
#[derive(Debug, Default)]
pub(super) struct Peers<'a>(BTreeMap<Key<'a>, Vec<f64>>);

/// Where a ward stands among its peers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    /// Its place, the best first; none where neither more nor less is better.
    pub(super) place: Option<usize>,
    pub(super) of: usize,
    /// The value of the one in the middle; of an even number the lower of the two.
    pub(super) middle: f64,
}

/// With fewer the company says nothing.
const FEWEST: usize = 5;

impl<'a> Peers<'a> {
    /// Gathers the values of the wards of an edition.
    pub(super) fn of(edition: &'a Edition<'_>) -> Self {
        let mut all: BTreeMap<Key<'a>, Vec<f64>> = BTreeMap::new();
        for unit in edition.units.iter().filter(|unit| unit.level == Level::Ward) {
            for value in &unit.values {
                if let Some(known) = value.value {
                    all.entry(key(edition, unit, value.indicator)).or_default().push(known);
                }
            }
        }
        for values in all.values_mut() {
            values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        }
        Self(all)
    }

    /// Where a ward's value stands.
    pub(super) fn place(&self, edition: &'a Edition<'_>, unit: &'a Unit, value: &Value) -> Option<Place> {
        if unit.level != Level::Ward {
            return None;
        }
        let (own, all) = (value.value?, self.0.get(&key(edition, unit, value.indicator))?);
        (all.len() >= FEWEST).then(|| place(own, all, edition.plan.indicators[value.indicator].direction))
    }
}

fn key<'a>(edition: &'a Edition<'_>, unit: &'a Unit, indicator: usize) -> Key<'a> {
    (edition.province(unit).map(|p| p.code.as_str()), &unit.kind, indicator)
}

/// The place of a value among all, which are in ascending order and hold it.
fn place(own: f64, all: &[f64], direction: Direction) -> Place {
    let below = all.partition_point(|v| *v < own);
    let above = all.len() - all.partition_point(|v| *v <= own);
    let place = match direction {
        Direction::Rise => Some(above + 1),
        Direction::Fall => Some(below + 1),
        Direction::None => None,
    };
    Place { place, of: all.len(), middle: all[(all.len() - 1) / 2] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_share_the_better_place() {
        let all = [0.1, 0.4, 0.4, 0.9];
        let of = |own, direction| place(own, &all, direction).place;
        assert_eq!([0.9, 0.4, 0.1].map(|own| of(own, Direction::Rise)), [Some(1), Some(2), Some(4)]);
        assert_eq!([0.1, 0.4, 0.9].map(|own| of(own, Direction::Fall)), [Some(1), Some(2), Some(4)]);
        assert_eq!(place(0.4, &all, Direction::None), Place { place: None, of: 4, middle: 0.4 });
    }
}
