//! Checks within one form: its rows, its total, the plan's rules. One function each.

use std::collections::BTreeMap;

use super::layout::Layout;
use super::read::Grid;
use super::reading::{Form, Observed, Received, Row};
use super::units::{Match, Roll};
use super::values::Value;
use crate::model::{Code, Finding, Plan, RuleKind};

/// Which rows are used; findings for those that are not, and for units without a row.
pub(super) fn rows(
    grid: &Grid,
    roll: &Roll<'_>,
    rows: &[Row<'_>],
    received: &Received<'_>,
    out: &mut Form,
) -> Vec<bool> {
    let mut used = vec![false; rows.len()];
    let mut add = |row: &Row<'_>, code: Code, unit: Option<&str>, vi: &str, en: &str| {
        let mut f = Finding::new(code, received.submission_id, row.name.trim(), vi, en);
        f.cell = Some(grid.address(row.named.0, row.named.1));
        f.unit_code = unit.map(str::to_owned);
        out.findings.push(f);
    };
    let mut first: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        match &row.unit {
            Match::Bad(code) | Match::Other(code, _) => {
                let (vi, en) = match code {
                    Code::UnitNotYours => ("một đơn vị của huyện gửi", "a unit of the sending district"),
                    Code::UnitNotInForce => ("một đơn vị tồn tại trong kỳ", "a unit in force in the period"),
                    Code::UnitAmbiguous => ("tên đầy đủ hoặc mã đơn vị", "the full name or the unit's code"),
                    _ => ("tên một đơn vị trong danh mục", "the name of a unit of the register"),
                };
                let unit = if let Match::Other(_, unit) = &row.unit { Some(unit.as_str()) } else { None };
                add(row, *code, unit, vi, en);
            }
            Match::Unit(unit, close) => {
                let code = roll.own[*unit].code.as_str();
                if let Some(close) = close {
                    add(row, Code::UnitCloseMatch, Some(code), &format!("“{close}”"), &format!("“{close}”"));
                }
                match first.get(unit) {
                    None => {
                        first.insert(*unit, at);
                        used[at] = true;
                    }
                    Some(&earlier) => {
                        let vi = "mỗi đơn vị một dòng";
                        let en = "one row for each unit";
                        let same =
                            |a: &Row<'_>, b: &Row<'_>| a.values.iter().map(|v| v.1).eq(b.values.iter().map(|v| v.1));
                        if !same(&rows[earlier], row) && used[earlier] {
                            // Which of two that differ is right cannot be told: neither is used.
                            used[earlier] = false;
                            add(&rows[earlier], Code::UnitDuplicate, Some(code), vi, en);
                        }
                        add(row, Code::UnitDuplicate, Some(code), vi, en);
                    }
                }
            }
        }
    }
    for (at, unit) in roll.own.iter().enumerate() {
        if !first.contains_key(&at) {
            let mut f = Finding::new(
                Code::UnitMissing,
                received.submission_id,
                "",
                &format!("một dòng cho “{}”", unit.name_vi),
                &format!("a row for “{}”", unit.name_vi),
            );
            f.unit_code = Some(unit.code.clone());
            out.findings.push(f);
        }
    }
    used
}

/// The form's own total row against every readable number above it.
pub(super) fn total(
    grid: &Grid,
    layout: &Layout,
    plan: &Plan,
    rows: &[Row<'_>],
    total: &Row<'_>,
    received: &Received<'_>,
    out: &mut Form,
) {
    for (at, column) in layout.columns.iter().enumerate() {
        let Some((Some(cell), Value::Number(said))) = total.values.get(at) else { continue };
        let sum: f64 =
            rows.iter().filter_map(|r| if let Value::Number(n) = r.values[at].1 { Some(n) } else { None }).sum();
        if (sum - said).abs() > 1e-6 {
            let text = format!("{sum}");
            let mut f = Finding::new(Code::TotalMismatch, received.submission_id, grid.shown(cell), &text, &text);
            f.cell = Some(grid.address(total.row, column.column));
            f.element = Some(plan.elements[column.element].code.clone());
            out.findings.push(f);
        }
    }
}

/// A rule of the plan over element indices.
pub(super) enum Rule {
    PartExceedsWhole { part: usize, whole: usize },
    PartsDoNotSum { parts: Vec<usize>, whole: usize },
}

/// The rules that can be judged within one form.
pub(super) fn compile(plan: &Plan) -> Vec<Rule> {
    let of = |rule: &crate::model::Rule| match &rule.kind {
        RuleKind::PartExceedsWhole { part, whole } => {
            Some(Rule::PartExceedsWhole { part: plan.element_index(part)?, whole: plan.element_index(whole)? })
        }
        RuleKind::PartsDoNotSum { parts, whole } => Some(Rule::PartsDoNotSum {
            parts: parts.iter().map(|p| plan.element_index(p)).collect::<Option<_>>()?,
            whole: plan.element_index(whole)?,
        }),
        RuleKind::Outlier { .. } => None,
    };
    plan.rules.iter().filter_map(of).collect()
}

/// The plan's rules, unit by unit.
pub(super) fn rules(grid: &Grid, plan: &Plan, rules: &[Rule], received: &Received<'_>, out: &mut Form) {
    let mut found = Vec::new();
    let mut known: Vec<Option<Observed>> = vec![None; plan.elements.len()];
    for of_unit in out.values.chunk_by(|a, b| a.unit == b.unit) {
        known.fill(None);
        for value in of_unit {
            known[usize::from(value.element)] = Some(*value);
        }
        for rule in rules {
            let (code, at, wanted) = match rule {
                Rule::PartExceedsWhole { part, whole } => {
                    let (Some(part), Some(whole)) = (known[*part], known[*whole]) else { continue };
                    if part.value <= whole.value {
                        continue;
                    }
                    (Code::PartExceedsWhole, part, format!("≤ {}", whole.value))
                }
                Rule::PartsDoNotSum { parts, whole } => {
                    let Some(whole) = known[*whole] else { continue };
                    let sum = parts.iter().try_fold(0.0, |sum, part| known[*part].map(|v| sum + v.value));
                    let Some(sum) = sum.filter(|sum| (sum - whole.value).abs() > 1e-6) else { continue };
                    (Code::PartsDoNotSum, whole, sum.to_string())
                }
            };
            let mut f = Finding::new(code, received.submission_id, at.value.to_string(), &wanted, &wanted);
            f.cell = Some(grid.address(at.row, u32::from(at.column)));
            f.unit_code = out.units.get(at.unit as usize).cloned();
            f.element = Some(plan.elements[usize::from(at.element)].code.clone());
            found.push(f);
        }
    }
    out.findings.extend(found);
}
