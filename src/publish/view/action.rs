//! What is undertaken about a unit's figures, with its history.

use serde::Serialize;

use super::{Edition, Text, Unit};
use crate::model::{Action, ActionState, ActionStep};
use crate::publish::figure::{self, Figure};

/// An action.
#[derive(Debug, Serialize)]
pub struct Undertaken<'a> {
    pub id: &'a str,
    /// Code of the indicator that it is about.
    pub indicator: &'a str,
    pub now: Step<'a>,
    /// Its day has gone by.
    pub overdue: bool,
    /// What stood before, newest first.
    pub before: Vec<Step<'a>>,
}

/// What stood from one day on.
#[derive(Debug, Serialize)]
pub struct Step<'a> {
    pub on: Figure,
    pub what: &'a str,
    pub who: &'a str,
    pub until: Figure,
    /// Word of the state, which a style goes by.
    pub class: &'static str,
    pub sign: &'static str,
    pub state: Text<'static>,
    pub note: &'a str,
}

fn step(step: &ActionStep) -> Step<'_> {
    let (sign, vi, en) = match step.state {
        ActionState::Planned => ("□", "dự kiến", "planned"),
        ActionState::Doing => ("▶", "đang làm", "under way"),
        ActionState::Done => ("☑", "đã xong", "done"),
        ActionState::Dropped => ("☒", "đã bỏ", "given up"),
    };
    Step {
        on: figure::day(step.on),
        what: &step.what,
        who: &step.who,
        until: figure::day(step.until),
        class: step.state.as_str(),
        sign,
        state: (vi, en).into(),
        note: &step.note,
    }
}

/// The actions of a unit.
pub fn actions<'a>(edition: &Edition<'a>, unit: &Unit) -> Vec<Undertaken<'a>> {
    let plan = edition.plan;
    let told = |action: &'a Action| {
        let (now, before) = action.steps.split_last()?;
        Some(Undertaken {
            id: &action.id,
            indicator: &plan.indicators[action.indicator].code,
            now: step(now),
            overdue: action.is_overdue(edition.today),
            before: before.iter().rev().map(step).collect(),
        })
    };
    plan.actions.by_unit.get(&unit.code).into_iter().flatten().filter_map(told).collect()
}
