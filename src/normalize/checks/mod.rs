//! The plan's checks on what was read. Each looks at something else:
//!
//! 1. [`mod@rows`]: which rows of a form are used, which units have none
//! 2. [`mod@total`]: the form's own total row
//! 3. [`mod@row`]: contradictions within one row
//! 4. [`mod@across`]: a unit's rows over time, once it is known which files are current; on [`history`] and [`robust`]
//! 5. [`cause`]: what would repair the contradictions that were found, on [`slips`]
//!
//! In: forms and the rules of the plan. Out: findings of those forms; no value is changed or left out here but for rows
//! of units that cannot be told.

mod across;
mod cause;
mod history;
mod receipt;
mod robust;
mod row;
mod rows;
mod slips;
#[cfg(test)]
mod tests;
mod total;

use crate::model::{Code, Plan, Rule, RuleKind};

pub(super) use across::{across, address};
pub(super) use receipt::findings_of;
pub(super) use row::{is_of_row, row};
pub(super) use rows::rows;
pub(super) use total::total;

/// The plan's rules, sorted by what they need.
pub(super) struct Rules<'a> {
    /// Those that one row can break.
    row: Vec<&'a Rule>,
    /// The elements of each of these.
    members: Vec<Vec<usize>>,
    /// Those that need a unit's rows over time.
    time: Vec<&'a Rule>,
    /// The one on totals, with the elements that it checks.
    total: Option<(&'a Rule, Vec<bool>)>,
    unit_missing: Option<&'a Rule>,
    /// Absent where the plan does not note what was not reported.
    pub(super) not_reported: Option<&'a Rule>,
    late: Option<&'a Rule>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(plan: &'a Plan) -> Self {
        let (mut row, mut time, mut total) = (Vec::new(), Vec::new(), None);
        for rule in &plan.rules {
            match &rule.kind {
                RuleKind::PartExceedsWhole { .. }
                | RuleKind::PartsDoNotSum { .. }
                | RuleKind::ValueOutOfRange { .. } => row.push(rule),
                RuleKind::Outlier(_)
                | RuleKind::ChangeImplausible(_)
                | RuleKind::StockConflict(_)
                | RuleKind::CopiedForward { .. } => time.push(rule),
                RuleKind::TotalMismatch { elements } => {
                    let (_, checked) = total.get_or_insert_with(|| (rule, vec![false; plan.elements.len()]));
                    for element in elements {
                        checked[*element] = true;
                    }
                }
                RuleKind::UnitMissing | RuleKind::Late | RuleKind::NotReported => {}
            }
        }
        Self {
            members: row.iter().map(|rule| row::members(&rule.kind)).collect(),
            row,
            time,
            total,
            unit_missing: plan.rule(Code::UnitMissing),
            not_reported: plan.rule(Code::NotReported),
            late: plan.rule(Code::Late),
        }
    }
}
