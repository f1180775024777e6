//! A row of `indicator_values` → what a page shows of it.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{Array, ListArray, PrimitiveArray, RecordBatch};

use super::edition::{get, numbers};
use crate::model::{State, Status, Warning};
use crate::store::columns::{Words, texts};

/// One value on a page.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) indicator: usize,
    pub(super) state: State,
    pub(super) value: Option<f64>,
    /// What chance can do to it: 95% limits.
    pub(super) chance: Option<(f64, f64)>,
    /// Between what it would lie had all reported.
    pub(super) bounds: Option<(f64, f64)>,
    pub(super) change: Option<f64>,
    pub(super) change_is_real: bool,
    pub(super) target: Option<(f64, f64)>,
    pub(super) expected_now: Option<f64>,
    pub(super) status: Status,
    pub(super) reporting: i32,
    pub(super) expected: i32,
    pub(super) numerator: Option<f64>,
    pub(super) denominator: Option<f64>,
    /// What is to be known of it.
    pub(super) warnings: Vec<Warning>,
}

/// Columns for a sparkline.
pub(super) const SERIES: [&str; 5] = ["unit_code", "span", "indicator", "value", "expected_now"];
/// Columns for the period shown.
pub(super) const VALUES: [&str; 20] = [
    "unit_code",
    "span",
    "indicator",
    "state",
    "numerator",
    "denominator",
    "value",
    "value_low",
    "value_high",
    "ci_low",
    "ci_high",
    "change",
    "change_is_real",
    "target_low",
    "target_high",
    "expected_now",
    "status",
    "units_reporting",
    "units_expected",
    "flags",
];

/// The columns of the period shown.
pub(super) struct Row<'a> {
    state: Option<Words<'a>>,
    status: Option<Words<'a>>,
    real: Option<&'a arrow_array::BooleanArray>,
    numbers: [Option<&'a PrimitiveArray<Float64Type>>; 11],
    units: [Option<&'a PrimitiveArray<Int32Type>>; 2],
    flags: Option<&'a ListArray>,
}

impl<'a> Row<'a> {
    /// The columns of a batch that holds [`VALUES`].
    pub(super) fn new(batch: &'a RecordBatch) -> Self {
        let names = [
            "value",
            "change",
            "target_low",
            "target_high",
            "expected_now",
            "numerator",
            "denominator",
            "ci_low",
            "ci_high",
            "value_low",
            "value_high",
        ];
        Self {
            state: Words::of(batch, "state"),
            status: Words::of(batch, "status"),
            real: batch.column_by_name("change_is_real").and_then(|c| c.as_boolean_opt()),
            numbers: names.map(|name| numbers::<Float64Type>(batch, name)),
            units: ["units_reporting", "units_expected"].map(|name| numbers::<Int32Type>(batch, name)),
            flags: batch.column_by_name("flags").and_then(|c| c.as_list_opt()),
        }
    }

    fn warnings(&self, row: usize) -> Vec<Warning> {
        let flags = self.flags.filter(|flags| flags.value_length(row) > 0);
        let words = flags.map_or_else(Vec::new, |flags| texts(flags, row));
        words.iter().filter_map(|word| Warning::from_word(word)).collect()
    }

    /// What a row says of an indicator.
    pub(super) fn value(&self, row: usize, indicator: usize) -> Value {
        let number = |slot: usize| get(self.numbers[slot], row);
        let word = |words: &Option<Words<'a>>| words.map_or("", |w| w.get(row));
        Value {
            indicator,
            state: State::from_word(word(&self.state)).unwrap_or(State::NotReported),
            value: number(0),
            chance: number(7).zip(number(8)),
            bounds: number(9).zip(number(10)),
            change: number(1),
            change_is_real: self.real.is_some_and(|r| !r.is_null(row) && r.value(row)),
            target: number(2).zip(number(3)),
            expected_now: number(4),
            status: Status::from_word(word(&self.status)).unwrap_or(Status::NoTarget),
            reporting: get(self.units[0], row).unwrap_or_default(),
            expected: get(self.units[1], row).unwrap_or_default(),
            numerator: number(5),
            denominator: number(6),
            warnings: self.warnings(row),
        }
    }
}
