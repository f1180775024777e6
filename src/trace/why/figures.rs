//! Rows of `indicator_values` of one indicator and span, and of a unit those that its figure is made of.

use std::collections::BTreeMap;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};

use crate::model::{Indicator, Level};
use crate::stats::decompose::Sums;
use crate::store::columns::{Words, texts};
use crate::store::{Partition, StoreError};

/// A row as released.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) level: Level,
    pub(super) unit: String,
    /// The district above; empty where there is none.
    pub(super) district: String,
    pub(super) state: String,
    pub(super) value: Option<f64>,
    /// None where nothing was reported.
    pub(super) sums: Option<Sums>,
    pub(super) reporting: i32,
    pub(super) expected: i32,
    pub(super) flags: Vec<String>,
}

/// Span and indicator.
pub(super) type Of = (String, String);

/// A unit by level and code; a district stands for its own form beside its wards.
pub(super) type Key = (Level, String);

/// The rows of a file whose span and indicator are wanted, by these.
pub(super) fn rows(
    file: &Partition,
    wanted: impl Fn(&str, &str) -> bool,
) -> Result<BTreeMap<Of, Vec<Row>>, StoreError> {
    let mut all: BTreeMap<Of, Vec<Row>> = BTreeMap::new();
    for batch in file.read_where(&[], &["span", "indicator"], |texts| wanted(texts[0], texts[1]))? {
        let words = |name| Words::of(&batch, name);
        let text = |words: Option<Words<'_>>, row| words.map_or("", |words| words.get(row)).to_owned();
        let [level, unit, district, state, span, indicator] =
            ["level", "unit_code", "district_code", "state", "span", "indicator"].map(words);
        let numbers = ["numerator", "denominator", "value"]
            .map(|name| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Float64Type>()));
        let wholes = ["units_reporting", "units_expected"]
            .map(|name| batch.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int32Type>()));
        let flags = batch.column_by_name("flags").and_then(|column| column.as_list_opt::<i32>());
        for row in 0..batch.num_rows() {
            let number = |at: usize| numbers[at].filter(|column| !column.is_null(row)).map(|column| column.value(row));
            let whole = |at: usize| wholes[at].map_or(0, |column: &arrow_array::Int32Array| column.value(row));
            let Ok(level) = text(level, row).parse() else { continue };
            all.entry((text(span, row), text(indicator, row))).or_default().push(Row {
                level,
                unit: text(unit, row),
                district: text(district, row),
                state: text(state, row),
                value: number(2),
                // Of a count there is no denominator.
                sums: number(0).map(|numerator| Sums { numerator, denominator: number(1).unwrap_or(0.0) }),
                reporting: whole(0),
                expected: whole(1),
                flags: flags.map_or_else(Vec::new, |flags| texts(flags, row)),
            });
        }
    }
    Ok(all)
}

/// What one unit adds to a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Member {
    /// None where it did not report.
    pub(super) sums: Option<Sums>,
    /// Whether all of it reported.
    pub(super) full: bool,
}

/// A figure with the units that it is made of.
#[derive(Debug, Clone)]
pub(super) struct Made<'r> {
    pub(super) row: &'r Row,
    pub(super) of: BTreeMap<Key, Member>,
}

/// The figure of a unit; `None` where there is no row of it.
pub(super) fn made<'r>(rows: &'r [Row], indicator: &Indicator, level: Level, unit: &str) -> Option<Made<'r>> {
    let row = rows.iter().find(|row| row.level == level && row.unit == unit)?;
    let whole = |row: &Row| Member { sums: row.sums, full: row.reporting == row.expected };
    let mut of = BTreeMap::new();
    let inside = |row: &&Row| level == Level::Province || row.district == unit;
    if indicator.level == level || level == Level::Ward {
        of.insert((level, unit.to_owned()), whole(row));
        return Some(Made { row, of });
    }
    for row in rows.iter().filter(|row| row.level == indicator.level).filter(inside) {
        of.insert((row.level, row.unit.clone()), whole(row));
    }
    if indicator.own.is_some() {
        for row in
            rows.iter().filter(|row| row.level == Level::District && (level == Level::Province || row.unit == unit))
        {
            of.insert((row.level, row.unit.clone()), own(rows, row));
        }
    }
    Some(Made { row, of })
}

/// What a district adds from its own form: its figure less its wards'.
fn own(rows: &[Row], district: &Row) -> Member {
    let (mut left, mut reporting, mut expected) =
        (district.sums.unwrap_or_default(), district.reporting, district.expected);
    for ward in rows.iter().filter(|row| row.level == Level::Ward && row.district == district.unit) {
        left += ward.sums.unwrap_or_default() * -1.0;
        reporting -= ward.reporting;
        expected -= ward.expected;
    }
    Member { sums: (reporting > 0).then_some(left), full: reporting == expected }
}

impl Made<'_> {
    /// Whether the units make up the figure.
    pub(super) fn adds_up(&self) -> bool {
        near(sum(self.of.values()).unwrap_or_default(), self.row.sums.unwrap_or_default())
    }

    /// The figure as one, not told by units.
    pub(super) fn as_one(&mut self) {
        let member = Member { sums: self.row.sums, full: true };
        self.of = BTreeMap::from([((self.row.level, self.row.unit.clone()), member)]);
    }
}

/// What units add up to; `None` where none reported.
pub(super) fn sum<'m>(members: impl Iterator<Item = &'m Member>) -> Option<Sums> {
    let mut sum = None;
    for sums in members.filter_map(|member| member.sums) {
        *sum.get_or_insert_with(Sums::default) += sums;
    }
    sum
}

/// Equal but for the order of summing.
pub(super) fn near(a: Sums, b: Sums) -> bool {
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0);
    close(a.numerator, b.numerator) && close(a.denominator, b.denominator)
}
