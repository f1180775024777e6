//! A form as a district fills it in, before it is laid out on a sheet.

use std::collections::BTreeMap;

use super::figures::Figures;
use crate::model::{Form, Level, Period, Plan, UnitVersion};
use crate::register::Register;

/// One row: a unit and what it reports.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// The unit's code; empty for one that does not exist.
    pub(super) code: String,
    /// Its full name.
    pub(super) name: String,
    /// A figure per element of the form; none where the cell is left empty.
    pub(super) values: Vec<Option<f64>>,
    /// What stands in a cell instead of its figure.
    pub(super) typed: BTreeMap<usize, String>,
    /// False where the row must not be used.
    pub(super) used: bool,
}

/// A form filled in.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    pub(super) plan: &'a Plan,
    pub(super) form: &'a Form,
    pub(super) period: Period,
    /// The district that sends it.
    pub(super) district: &'a UnitVersion,
    pub(super) rows: Vec<Row>,
    /// Added to the right total of a column.
    pub(super) total_off: BTreeMap<usize, f64>,
}

impl<'a> Draft<'a> {
    /// The form of a district for a period, filled in without a fault.
    pub(super) fn new(
        plan: &'a Plan,
        register: &'a Register,
        figures: &Figures<'_>,
        form: &'a Form,
        district: &'a UnitVersion,
        period: Period,
    ) -> Self {
        let row = |unit: &UnitVersion| Row {
            code: unit.code.clone(),
            name: unit.name_vi.clone(),
            values: figures.row(form, &unit.code, period).into_iter().map(Some).collect(),
            typed: BTreeMap::new(),
            used: true,
        };
        let rows = match form.level {
            Level::Ward => register
                .children(&district.code, period.end())
                .filter(|unit| unit.level == Level::Ward)
                .map(row)
                .collect(),
            Level::District | Level::Province => vec![row(district)],
        };
        Self { plan, form, period, district, rows, total_off: BTreeMap::new() }
    }

    /// The form's own total of a column; none where a text stands in it.
    pub(super) fn total(&self, element: usize) -> Option<f64> {
        if self.rows.iter().any(|r| r.typed.contains_key(&element)) {
            return None;
        }
        let sum: f64 = self.rows.iter().filter_map(|r| r.values[element]).sum();
        Some(sum + self.total_off.get(&element).copied().unwrap_or_default())
    }
}
