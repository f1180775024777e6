//! What interventions did: observations → `impact`, `impact_series` and `impact_courses`.
//!
//! 1. [`values`]: the quarterly values of the elements that interventions are about, without those that a check flags
//! 2. [`panel`]: units that stayed the same ground all along, each with its series and its start
//! 3. [`effects`]: interrupted series of the treated; difference-in-differences against wards of the province never treated
//! 4. [`rows`]: the tables

mod effects;
mod panel;
mod rows;
mod values;

use jiff::civil::Date;
use rayon::prelude::*;

use super::EvaluateError;
use crate::model::{Intervention, Outcome, Period, Plan};
use crate::register::Register;
use crate::store::{Store, Written};

/// Estimates every intervention of the plan and writes the tables, empty where there is none; with the files that they are.
pub(super) fn impact(
    plan: &Plan,
    register: &Register,
    store: &Store,
    today: Date,
) -> Result<Vec<Written>, EvaluateError> {
    let quarters: Vec<Period> = plan.quarters().into_iter().filter(|q| q.start() <= today).collect();
    let values = values::Values::read(plan, store)?;
    let wanted: Vec<(&Intervention, Outcome)> =
        plan.interventions.iter().flat_map(|i| i.outcomes.iter().map(move |o| (i, *o))).collect();
    let mut found: Vec<effects::Found> = wanted
        .par_iter()
        .map(|(intervention, outcome)| {
            let panel = panel::Panel::new(plan, register, &values, intervention, *outcome, &quarters);
            effects::estimate(&panel, &quarters)
        })
        .collect();
    for intervention in &plan.interventions {
        for placebo in [false, true] {
            let of = |(i, o): &(&Intervention, Outcome)| i.code == intervention.code && o.placebo == placebo;
            let own = wanted.iter().zip(&mut found).filter(|(wanted, _)| of(wanted));
            effects::correct(&mut own.flat_map(|(_, found)| &mut found.lines).collect::<Vec<_>>());
        }
    }
    rows::write(plan, store, &wanted, &found, &quarters)
}
