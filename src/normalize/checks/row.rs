//! The plan's rules that one row can break: a part above its whole, parts that do not add up, a value out of range.

use super::Rules;
use super::across::address;
use super::total::same;
use crate::model::{Code, Expr, Finding, Plan, RuleKind};
use crate::normalize::reading::{Form, Observed};

/// The figures of one unit's row.
pub(super) struct Figures<'a> {
    pub(super) plan: &'a Plan,
    pub(super) unit: &'a str,
    pub(super) year: i16,
    /// By element; NaN for what was not reported.
    pub(super) values: &'a [f64],
}

/// What a figure should have been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
    Equal(f64),
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(n) => write!(f, "≤ {n}"),
            Self::AtLeast(n) => write!(f, "≥ {n}"),
            Self::Equal(n) => write!(f, "{n}"),
        }
    }
}

impl Figures<'_> {
    fn of(&self, element: usize) -> Option<f64> {
        Some(self.values[element]).filter(|value| !value.is_nan())
    }

    /// The value of a limit; none where something that it needs was not reported.
    fn limit(&self, limit: &Expr) -> Option<f64> {
        let leaf = |leaf: &Expr| match leaf {
            Expr::Element(code) => self.plan.element_index(code).and_then(|at| self.of(at)).ok_or(()),
            Expr::Population => self.plan.population(self.unit, self.year).ok_or(()),
            Expr::Baseline(code) => self.plan.baseline(self.unit, code).ok_or(()),
            Expr::Units => Ok(1.0),
            _ => Err(()),
        };
        limit.value(&leaf).ok().filter(|value| value.is_finite())
    }

    /// Every element that breaks the rule, with what it should have been.
    pub(super) fn breaches(&self, rule: &RuleKind, mut found: impl FnMut(usize, Limit)) {
        match rule {
            RuleKind::PartExceedsWhole { part, whole } => {
                if let (Some(value), Some(limit)) = (self.of(*part), self.of(*whole))
                    && value > limit
                {
                    found(*part, Limit::AtMost(limit));
                }
            }
            RuleKind::PartsDoNotSum { parts, whole } => {
                let Some(value) = self.of(*whole) else { return };
                let sum = parts.iter().try_fold(0.0, |sum, part| Some(sum + self.of(*part)?));
                if let Some(sum) = sum.filter(|sum| !same(*sum, value)) {
                    found(*whole, Limit::Equal(sum));
                }
            }
            RuleKind::ValueOutOfRange { elements, min, max } => {
                for (element, value) in elements.iter().filter_map(|at| Some((*at, self.of(*at)?))) {
                    let own = || self.plan.elements[element].max.filter(|_| min.is_none());
                    let low = min.as_ref().and_then(|limit| self.limit(limit)).filter(|low| value < *low);
                    let high = max.as_ref().map_or_else(own, |limit| self.limit(limit)).filter(|high| value > *high);
                    if let Some(limit) = low.map(Limit::AtLeast).or(high.map(Limit::AtMost)) {
                        found(element, limit);
                    }
                }
            }
            _ => {}
        }
    }
}

/// True for the code of a rule that one row can break.
pub(in crate::normalize) const fn is_of_row(code: Code) -> bool {
    matches!(code, Code::PartExceedsWhole | Code::PartsDoNotSum | Code::ValueOutOfRange)
}

/// The rules that one row can break, unit by unit, of the units that are wanted by their position on the form.
pub(in crate::normalize) fn row(
    rules: &Rules<'_>,
    plan: &Plan,
    submission_id: &str,
    wanted: &dyn Fn(u32) -> bool,
    out: &mut Form,
) {
    let mut findings = Vec::new();
    let mut values = vec![f64::NAN; plan.elements.len()];
    for of_unit in out.values.chunk_by(|a, b| a.unit == b.unit).filter(|of_unit| wanted(of_unit[0].unit)) {
        spread(of_unit, &mut values);
        let unit = out.units[of_unit[0].unit as usize].as_str();
        let year = out.period.map_or(0, crate::model::Period::year);
        let figures = Figures { plan, unit, year, values: &values };
        for rule in &rules.row {
            figures.breaches(&rule.kind, |element, limit| {
                let Some(at) = of_unit.iter().find(|v| usize::from(v.element) == element) else { return };
                let wanted = limit.to_string();
                let mut f = Finding::of_rule(rule, submission_id, at.value.to_string(), &wanted, &wanted);
                f.cell = Some(address(out, at.row, u32::from(at.column)));
                f.unit_code = Some(unit.to_owned());
                f.element = Some(plan.elements[element].code.clone());
                findings.push(f);
            });
        }
    }
    out.findings.extend(findings);
}

/// A row's values by element.
pub(super) fn spread(row: &[Observed], values: &mut [f64]) {
    values.fill(f64::NAN);
    for observed in row {
        values[usize::from(observed.element)] = observed.value;
    }
}

/// The elements of a rule on one row.
pub(super) fn members(rule: &RuleKind) -> Vec<usize> {
    match rule {
        RuleKind::PartExceedsWhole { part, whole } => vec![*part, *whole],
        RuleKind::PartsDoNotSum { parts, whole } => parts.iter().chain([whole]).copied().collect(),
        RuleKind::ValueOutOfRange { elements, .. } => elements.clone(),
        _ => Vec::new(),
    }
}
