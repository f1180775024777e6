//! What goes wrong with a form: each fault changes a draft in one place and knows which finding must come of it.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::draft::{Draft, Row};
use crate::model::{Code, Kind, Level, RuleKind};
use crate::register::Register;

/// Where the finding of a fault must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A cell: row of the draft, element of the form.
    Cell(usize, usize),
    /// The name of a row.
    Name(usize),
    /// The total of an element.
    Total(usize),
    /// A unit that has no row.
    Unit(String),
}

/// A fault as planted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planted {
    pub(super) code: Code,
    pub(super) place: Place,
}

/// Faults of a row or cell. A new one is a line here and an arm below.
const KINDS: [Code; 12] = [
    Code::NumberInvalid,
    Code::NumberNegative,
    Code::NumberNotWhole,
    Code::FlagInvalid,
    Code::NotReported,
    Code::PartExceedsWhole,
    Code::PartsDoNotSum,
    Code::TotalMismatch,
    Code::UnitUnknown,
    Code::UnitDuplicate,
    Code::UnitMissing,
    Code::UnitNotYours,
];

/// Plants one fault; none where the form has no place for the one that was drawn.
pub(super) fn plant(draft: &mut Draft<'_>, register: &Register, rng: &mut Rng) -> Option<Planted> {
    let code = KINDS[rng.usize(..KINDS.len())];
    let place = match code {
        Code::NumberInvalid | Code::NumberNegative | Code::NumberNotWhole | Code::FlagInvalid => {
            let flag = code == Code::FlagInvalid;
            let element = any_element(draft, rng, |kind, decimals| (kind == Kind::Flag) == flag && !decimals)?;
            let row = any_row(draft, rng)?;
            let text = match code {
                Code::NumberInvalid => ["chưa rõ", "12a", "1.23.4", "??"][rng.usize(..4)].to_owned(),
                Code::NumberNegative => format!("-{}", rng.u32(2..60)),
                Code::NumberNotWhole => format!("{},5", rng.u32(1..40)),
                _ => "đang chờ".to_owned(),
            };
            draft.rows[row].typed.insert(element, text);
            Place::Cell(row, element)
        }
        Code::NotReported => {
            let (row, element) = (any_row(draft, rng)?, any_element(draft, rng, |_, _| true)?);
            draft.rows[row].values[element] = None;
            Place::Cell(row, element)
        }
        Code::PartExceedsWhole => {
            let (part, whole) = draft.plan.rules.iter().find_map(|r| match &r.kind {
                RuleKind::PartExceedsWhole { part, whole } => Some((column(draft, *part)?, column(draft, *whole)?)),
                _ => None,
            })?;
            let row = any_row(draft, rng)?;
            let whole = draft.rows[row].values[whole]?;
            draft.rows[row].values[part] = Some(whole + f64::from(rng.u32(1..20)));
            Place::Cell(row, part)
        }
        Code::PartsDoNotSum => {
            let whole = draft.plan.rules.iter().find_map(|r| match &r.kind {
                RuleKind::PartsDoNotSum { whole, .. } => column(draft, *whole),
                _ => None,
            })?;
            let row = any_row(draft, rng)?;
            let value = draft.rows[row].values[whole]?;
            draft.rows[row].values[whole] = Some(value + f64::from(rng.u32(1..9)));
            Place::Cell(row, whole)
        }
        Code::TotalMismatch if draft.form.level == Level::Ward => {
            let element = any_element(draft, rng, |kind, _| kind != Kind::Flag)?;
            draft.total_off.insert(element, f64::from(rng.u32(1..90)));
            Place::Total(element)
        }
        Code::UnitMissing if draft.rows.len() > 1 => {
            let row = any_row(draft, rng)?;
            Place::Unit(draft.rows.remove(row).code)
        }
        Code::UnitDuplicate if draft.form.level == Level::Ward => {
            let row = any_row(draft, rng)?;
            let again = Row { used: false, ..draft.rows[row].clone() };
            draft.rows.insert(row + 1, again);
            Place::Name(row + 1)
        }
        Code::UnitUnknown if draft.form.level == Level::Ward => {
            let values = draft.rows.first()?.values.clone();
            let name = "Xã Không Tên Trong Danh Mục".to_owned();
            draft.rows.push(Row { code: String::new(), name, values, typed: BTreeMap::new(), used: false });
            Place::Name(draft.rows.len() - 1)
        }
        Code::UnitNotYours if draft.form.level == Level::Ward => {
            let day = draft.period.end();
            let other = register.in_force(Level::District, day).find(|d| d.code != draft.district.code)?;
            // A name that this district has too would be taken for its own.
            let own: Vec<&str> = register
                .children(&draft.district.code, day)
                .map(super::super::model::unit::UnitVersion::bare_name)
                .collect();
            let ward = register.children(&other.code, day).find(|u| !own.contains(&u.bare_name()))?;
            let values = draft.rows.first()?.values.clone();
            let (code, name) = (ward.code.clone(), ward.name_vi.clone());
            draft.rows.push(Row { code, name, values, typed: BTreeMap::new(), used: false });
            Place::Name(draft.rows.len() - 1)
        }
        _ => return None,
    };
    Some(Planted { code, place })
}

fn any_row(draft: &Draft<'_>, rng: &mut Rng) -> Option<usize> {
    (!draft.rows.is_empty()).then(|| rng.usize(..draft.rows.len()))
}

fn any_element(draft: &Draft<'_>, rng: &mut Rng, fits: impl Fn(Kind, bool) -> bool) -> Option<usize> {
    let all: Vec<usize> = (0..draft.form.elements.len())
        .filter(|at| {
            let element = &draft.plan.elements[draft.form.elements[*at]];
            fits(element.kind, element.decimals)
        })
        .collect();
    (!all.is_empty()).then(|| all[rng.usize(..all.len())])
}

/// Position of an element among the form's.
fn column(draft: &Draft<'_>, element: usize) -> Option<usize> {
    draft.form.elements.iter().position(|e| *e == element)
}
