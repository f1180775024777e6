//! Formulas → expressions of the engine: the one place that lowers the tree of the model.

use polars::prelude::{DataType, Expr as Polars, NULL, col, lit, when};

use crate::model::{Comparison, Expr};

/// Name of the column that carries a leaf of a formula.
pub(super) fn column(leaf: &Expr) -> String {
    leaf.to_string()
}

/// Lowers a formula. A quotient by zero is null: undefined, not infinite.
pub(super) fn lower(expr: &Expr) -> Polars {
    match expr {
        Expr::Element(_) | Expr::Population | Expr::Units | Expr::Baseline(_) | Expr::Class(_) => col(column(expr)),
        Expr::Number(n) => lit(*n),
        Expr::Add(a, b) => lower(a) + lower(b),
        Expr::Sub(a, b) => lower(a) - lower(b),
        Expr::Mul(a, b) => lower(a) * lower(b),
        Expr::Div(a, b) => {
            let divisor = lower(b);
            when(divisor.clone().neq(lit(0.0))).then(lower(a) / divisor).otherwise(lit(NULL))
        }
        Expr::Test(a, comparison, b) => {
            let (a, b) = (lower(a), lower(b));
            let holds = match comparison {
                Comparison::AtLeast => a.gt_eq(b),
                Comparison::Above => a.gt(b),
                Comparison::AtMost => a.lt_eq(b),
                Comparison::Below => a.lt(b),
                Comparison::Equal => a.eq(b),
            };
            // Null where either side is.
            holds.cast(DataType::Float64)
        }
    }
}
