//! Which rows of a form are used: one for each unit of the sender; and which units have none.

use std::collections::BTreeMap;

use super::Rules;
use crate::model::{Code, Finding};
use crate::normalize::read::Grid;
use crate::normalize::reading::{Form, Received, Row};
use crate::normalize::units::{Match, Roll};

/// Which rows are used; findings for those that are not, and for units without a row.
pub(in crate::normalize) fn rows(
    rules: &Rules<'_>,
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
    if let Some(rule) = rules.unit_missing {
        for (_, unit) in roll.own.iter().enumerate().filter(|(at, _)| !first.contains_key(at)) {
            let (vi, en) = (format!("một dòng cho “{}”", unit.name_vi), format!("a row for “{}”", unit.name_vi));
            let mut f = Finding::of_rule(rule, received.submission_id, "", &vi, &en);
            f.unit_code = Some(unit.code.clone());
            out.findings.push(f);
        }
    }
    used
}
