//! The blank form for a district and period: its units prefilled, and nothing enterable that the plan's rules refuse.
//!
//! 1. [`sheet`]: title block, nested header, rows of units, total, hidden stamp
//! 2. [`rules`]: the plan's rules as the sheet's own validation
//!
//! In: the plan, the register and a slot. Out: a workbook, the same bytes for the same slot.

mod rules;
mod sheet;

use rust_xlsxwriter::XlsxError;

use crate::model::{Element, Form, Level, Period, Plan, Stamp, UnitVersion};
use crate::register::Register;
use crate::store::raw;

/// What stands in a cell for figures.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A number.
    Number(f64),
    /// A flag or any other text.
    Text(String),
}

/// What a unit enters for an element; a blank form has none.
pub type Entries<'a> = dyn Fn(&UnitVersion, &Element) -> Option<Entry> + 'a;

/// The slot that a form is for.
#[derive(Debug, Clone, Copy)]
pub struct Slot<'a> {
    /// The form.
    pub form: &'a Form,
    /// The district that sends it.
    pub district: &'a UnitVersion,
    /// The period that it is about.
    pub period: Period,
}

impl Slot<'_> {
    /// A name for its file, by which form and period are known to people and programs.
    pub fn file_name(&self) -> String {
        let period = match self.period.quarter() {
            Some(quarter) => {
                format!("Quy {} {}", ["I", "II", "III", "IV"][usize::from(quarter) - 1], self.period.year())
            }
            None => format!("Nam {}", self.period.year()),
        };
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { ' ' };
        let name: String = self.district.name_en.chars().map(safe).collect();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("Bieu {} - {period} - {name} ({}).xlsx", self.form.code, self.district.code)
    }

    /// What the hidden sheet says.
    pub fn stamp(&self, plan: &Plan) -> Stamp {
        Stamp {
            form: self.form.code.clone(),
            version: version(plan, self.form),
            district: self.district.code.clone(),
            period: self.period,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The units of its rows, in force on the period's last day.
    fn units<'r>(&self, register: &'r Register) -> Vec<&'r UnitVersion> {
        let day = self.period.end();
        match self.form.level {
            Level::Ward => register.children(&self.district.code, day).filter(|u| u.level == Level::Ward).collect(),
            Level::District | Level::Province => register.at(&self.district.code, day).into_iter().collect(),
        }
    }
}

/// The bytes of a form; blank where `entries` gives nothing.
pub fn write(slot: &Slot<'_>, plan: &Plan, register: &Register, entries: &Entries<'_>) -> Result<Vec<u8>, XlsxError> {
    sheet::write(slot, plan, &slot.units(register), entries)
}

/// Digest of a form's definition: whatever the district sees or may enter.
fn version(plan: &Plan, form: &Form) -> String {
    let mut text = format!("{} {} {:?} {:?}\n", form.code, form.name_vi, form.level, form.frequency);
    for element in form.elements.iter().filter_map(|at| plan.elements.get(*at)) {
        let Element { code, kind, name_vi, decimals, max, .. } = element;
        text.push_str(&format!("{code} {} {decimals} {max:?} {name_vi}\n", kind.as_str()));
    }
    for rule in &plan.rules {
        text.push_str(&format!("{:?}\n", rule.kind));
    }
    raw::sha256(text.as_bytes()).chars().take(16).collect()
}
