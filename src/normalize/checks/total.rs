//! The form's own total row against every readable number above it, rows left out for other reasons included.

use super::Rules;
use crate::model::{Finding, Plan};
use crate::normalize::layout::Layout;
use crate::normalize::read::Grid;
use crate::normalize::reading::{Form, Received, Row, Total};
use crate::normalize::values::Value;

/// Notes what the total row says of each column, and where it says something else than the rows.
#[expect(clippy::too_many_arguments, reason = "what a total is held against")]
pub(in crate::normalize) fn total(
    rules: &Rules<'_>,
    grid: &Grid,
    layout: &Layout,
    plan: &Plan,
    rows: &[Row<'_>],
    total: &Row<'_>,
    received: &Received<'_>,
    out: &mut Form,
) {
    let Some((rule, checked)) = &rules.total else { return };
    for (at, column) in layout.columns.iter().enumerate().filter(|(_, column)| checked[column.element]) {
        let Some((Some(cell), Value::Number(said))) = total.values.get(at) else { continue };
        let sum: f64 =
            rows.iter().filter_map(|r| if let Value::Number(n) = r.values[at].1 { Some(n) } else { None }).sum();
        out.totals.push(Total { element: column.element as u16, said: *said, sum });
        if !same(sum, *said) {
            let text = format!("{sum}");
            let mut f = Finding::of_rule(rule, received.submission_id, grid.shown(cell), &text, &text);
            f.cell = Some(grid.address(total.row, column.column));
            f.element = Some(plan.elements[column.element].code.clone());
            out.findings.push(f);
        }
    }
}

/// Sums of money with decimals differ by what a double cannot hold.
pub(super) fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6
}
