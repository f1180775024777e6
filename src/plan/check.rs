//! Checks that need the whole plan: names in formulas, levels, worked examples.

use std::collections::BTreeMap;

use crate::model::{Expr, Indicator, Level, Plan, ValueForm};

use super::problem::{Place, Problems};
use super::toml_reader::Table;

/// An element that must be defined.
pub(super) fn element(plan: &Plan, code: &str, place: &Place, problems: &mut Problems) {
    if !code.is_empty() && plan.element_index(code).is_none() {
        problems.unknown(place, "element", code, plan.elements.iter().map(|e| e.code.as_str()));
    }
}

/// Parses and type-checks a formula: its elements exist, at this level; its classes are the rubric's.
pub(super) fn formula(
    t: &mut Table<'_>,
    key: &'static str,
    plan: &Plan,
    level: Level,
    problems: &mut Problems,
) -> Option<Expr> {
    let text = t.text(key, problems)?;
    let place = t.place_of(key);
    let expr = match Expr::parse(&text) {
        Ok(expr) => expr,
        Err(error) => {
            // The formula's text starts one byte after its opening quote.
            let place = t.source.place(t.offset_of(key) + 1 + error.at);
            problems.add(&place, format!("`{key}`: {error}"));
            return None;
        }
    };
    for code in expr.elements() {
        match plan.element_index(code).and_then(|at| plan.elements.get(at)) {
            None => problems.unknown(&place, "element", code, plan.elements.iter().map(|e| e.code.as_str())),
            Some(e) if e.level != level => {
                let what = format!("element `{code}` is of a {}, but the formula is of a {level}", e.level);
                problems.add(&place, what);
            }
            Some(_) => {}
        }
    }
    expr.visit(&mut |node| {
        if let Expr::Class(code) = node
            && !plan.rubric.classes.iter().any(|c| c.code == *code)
        {
            problems.unknown(&place, "class", code, plan.rubric.classes.iter().map(|c| c.code.as_str()));
        }
    });
    Some(expr)
}

/// Runs an indicator's worked example.
pub(super) fn example(indicator: &Indicator, table: &Table<'_>, problems: &mut Problems) {
    let place = table.place();
    let mut inputs: BTreeMap<String, f64> = BTreeMap::new();
    let mut wanted = None;
    for (name, value, _) in table.numbers(problems) {
        if name == "value" {
            wanted = Some(value);
        } else {
            inputs.insert(name, value);
        }
    }
    let Some(wanted) = wanted else {
        problems.add(&place, "the example has no `value`".to_owned());
        return;
    };
    let known = |name: String| inputs.get(&name).copied().ok_or(name);
    let leaf = |leaf: &Expr| match leaf {
        Expr::Units => Ok(inputs.get("units").copied().unwrap_or(1.0)),
        other => known(other.to_string()),
    };
    let value = |expr: &Expr| expr.value(&leaf);
    let got = value(&indicator.numerator).and_then(|n| match (indicator.form, &indicator.denominator) {
        (ValueForm::Count, _) | (_, None) => Ok(n),
        (form, Some(d)) => {
            let d = value(d)?;
            let ratio = if d == 0.0 { f64::NAN } else { n / d };
            Ok(if form == ValueForm::Reduction { 1.0 - ratio } else { ratio * indicator.factor })
        }
    });
    match got {
        Err(name) => problems.add(&place, format!("the example of `{}` does not give `{name}`", indicator.code)),
        Ok(got) if (got - wanted).abs() > 1e-9 => {
            let what = format!("the example of `{}` says {wanted}, the formula gives {got}", indicator.code);
            problems.add(&place, what);
        }
        Ok(_) => {}
    }
}
