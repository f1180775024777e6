//! What a unit would report: a figure per element, unit and period, that keeps to the plan's rules.
//!
//! In: the elements with their kind, typical size and largest value, the rules, populations and baselines. Out: a row of
//! figures. Wards differ in size and in zeal, the state of things moves over the years of the plan, and interventions that
//! the plan declares move what they should.

use fastrand::Rng;

use super::seed_of;
use crate::model::{Element, Form, Intervention, Kind, Measure, Period, Plan, RuleKind};
use crate::register::Register;

/// A flow or stock of which a definition says nothing.
const TYPICAL: f64 = 6.0;

/// What an intervention multiplies a flow by, from its first quarter on.
const FLOW_EFFECT: f64 = 1.35;

/// What an intervention multiplies a stock by, once more in each quarter from its first.
const STOCK_EFFECT: f64 = 0.95;

/// What an intervention does to the elements that it should move, by their position in the plan; nothing to others.
pub(super) fn effects<'a>(
    plan: &'a Plan,
    intervention: &'a Intervention,
) -> impl Iterator<Item = (usize, &'a Element, f64)> {
    intervention.outcomes.iter().filter(|outcome| !outcome.placebo).filter_map(|outcome| {
        let Measure::Element(at) = outcome.measure else { return None };
        let element = plan.elements.get(at)?;
        match element.kind {
            Kind::Flow => Some((at, element, FLOW_EFFECT)),
            Kind::Stock => Some((at, element, STOCK_EFFECT)),
            Kind::Flag | Kind::Points => None,
        }
    })
}

/// Invents figures for a plan.
pub(super) struct Figures<'a> {
    plan: &'a Plan,
    register: &'a Register,
    seed: u64,
    /// By element: the elements that it may not exceed.
    wholes: Vec<Vec<usize>>,
    /// By element: the whole of which it is what the others leave, and those others.
    rest_of: Vec<Option<(usize, Vec<usize>)>>,
}

/// One unit in one period.
struct Case<'a> {
    unit: &'a str,
    period: Period,
    /// 0 at the plan's first quarter, 1 at its last.
    elapsed: f64,
    /// 0.3 to 1: how much this unit does.
    zeal: f64,
    persons: f64,
    /// Elements that an intervention moved, and how many times as much they are for it.
    moved: Vec<(usize, f64)>,
}

impl<'a> Figures<'a> {
    pub(super) fn new(plan: &'a Plan, register: &'a Register, seed: u64) -> Self {
        let mut wholes = vec![Vec::new(); plan.elements.len()];
        let mut rest_of = vec![None; plan.elements.len()];
        for rule in &plan.rules {
            match &rule.kind {
                RuleKind::PartExceedsWhole { part, whole } => wholes[*part].push(*whole),
                RuleKind::PartsDoNotSum { parts, whole } => {
                    if let Some((last, others)) = parts.split_last() {
                        rest_of[*last] = Some((*whole, others.to_vec()));
                    }
                }
                _ => {}
            }
        }
        Self { plan, register, seed, wholes, rest_of }
    }

    /// A figure for each element of `form`, in its order.
    pub(super) fn row(&self, form: &Form, unit: &str, period: Period) -> Vec<f64> {
        let quarters = self.plan.quarters();
        let at = quarters.iter().filter(|q| q.end() <= period.end()).count().saturating_sub(1);
        let mut of_unit = Rng::with_seed(seed_of(self.seed, &["unit", unit]));
        let case = Case {
            unit,
            period,
            elapsed: at as f64 / (quarters.len().max(2) - 1) as f64,
            zeal: 0.3 + 0.7 * of_unit.f64().sqrt(),
            persons: self.plan.population(unit, period.year()).unwrap_or(5000.0),
            moved: self.moved(unit, at),
        };
        let mut known = vec![None; self.plan.elements.len()];
        form.elements.iter().map(|element| self.figure(*element, &case, &mut known)).collect()
    }

    /// What interventions did to a unit by the quarter at a position.
    fn moved(&self, unit: &str, quarter: usize) -> Vec<(usize, f64)> {
        let mut all = Vec::new();
        for intervention in &self.plan.interventions {
            let Some(start) = self.register.began(intervention, unit) else { continue };
            let start = self.plan.quarters().iter().position(|q| *q == start);
            let Some(since) = start.and_then(|start| quarter.checked_sub(start)) else { continue };
            all.extend(effects(self.plan, intervention).map(|(at, element, effect)| match element.kind {
                Kind::Stock => (at, effect.powi(since as i32 + 1)),
                _ => (at, effect),
            }));
        }
        all
    }

    fn figure(&self, at: usize, case: &Case<'_>, known: &mut [Option<f64>]) -> f64 {
        if let Some(value) = known[at] {
            return value;
        }
        // Rules that lead in a circle find 0 here.
        known[at] = Some(0.0);
        let element = &self.plan.elements[at];
        let value = if let Some((whole, others)) = &self.rest_of[at] {
            let whole = self.figure(*whole, case, known);
            whole - others.iter().map(|o| self.figure(*o, case, known)).sum::<f64>()
        } else {
            let wholes: Vec<f64> = self.wholes[at].iter().map(|w| self.figure(*w, case, known)).collect();
            let effect = case.moved.iter().filter(|(moved, _)| *moved == at).map(|(_, effect)| effect).product();
            self.drawn(element, case, wholes.into_iter().reduce(f64::min), effect)
        };
        let step = if element.decimals { 0.5 } else { 1.0 };
        let value = ((value / step).round() * step).max(0.0);
        known[at] = Some(value);
        value
    }

    fn drawn(&self, element: &Element, case: &Case<'_>, whole: Option<f64>, effect: f64) -> f64 {
        let mut of_unit = Rng::with_seed(seed_of(self.seed, &["element", case.unit, &element.code]));
        let period = case.period.to_string();
        let mut of_period = Rng::with_seed(seed_of(self.seed, &["figure", case.unit, &element.code, &period]));
        let size = element.typical.or(element.typical_per_1000.map(|t| t * case.persons / 1000.0));
        let free = match element.kind {
            Kind::Flag => return f64::from(case.elapsed >= of_unit.f64() * 1.3 - 0.3 * case.zeal),
            Kind::Points => {
                let share = 0.35 + 0.6 * case.zeal + 0.1 * case.elapsed + 0.2 * (of_period.f64() - 0.5);
                return (element.max.unwrap_or(10.0) * share.min(1.0)).floor();
            }
            Kind::Stock => match self.plan.baseline(case.unit, &element.code) {
                Some(start) => Some(start * (1.0 - (0.25 + 0.75 * case.zeal) * case.elapsed)),
                None => size.map(|s| s * (0.5 + of_unit.f64())),
            },
            Kind::Flow => size.map(|s| s * (0.5 + case.zeal) * 2.0 * of_period.f64()),
        };
        match (free.map(|free| free * effect), whole) {
            (Some(free), Some(whole)) => free.min(whole),
            (Some(free), None) => free,
            (None, None) => TYPICAL * 2.0 * of_period.f64(),
            (None, Some(whole)) if element.kind == Kind::Flow => {
                whole * (case.zeal * (0.6 + 0.8 * of_period.f64())).min(1.0)
            }
            (None, Some(whole)) => whole * (0.2 + (0.3 + case.zeal) * case.elapsed).min(1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_to_the_rules_and_come_out_the_same() {
        let definition = crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap();
        let plan = &definition.plan;
        let new = |seed| Figures::new(plan, &definition.register, seed);
        let (figures, again) = (new(3), new(3));
        let form = plan.form("01").unwrap();
        let of =
            |row: &[f64], code: &str| row[form.elements.iter().position(|e| plan.elements[*e].code == code).unwrap()];
        for period in plan.quarters() {
            let row = figures.row(form, "19753", period);
            assert_eq!(row, again.row(form, "19753", period));
            assert!(of(&row, "people_reached_female") <= of(&row, "people_reached"));
            let parts = of(&row, "persons_handled_admin") + of(&row, "persons_handled_criminal");
            assert!((parts - of(&row, "persons_handled")).abs() < 1e-9);
        }
        assert_ne!(figures.row(form, "19753", plan.first_period), new(4).row(form, "19753", plan.first_period));
    }
}
