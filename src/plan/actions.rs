//! `actions.csv`: `id, unit_code, indicator, on, what, who, until, state, note`; a plan need not have one.
//!
//! A row says what stood of an action from the day `on`; rows of one `id` are its history. A row is never taken back: what
//! changed is a further row.

use super::csvs::{self, Row};
use super::problem::Problems;
use crate::model::{Action, ActionState, ActionStep, Actions, Plan};
use crate::register::Register;
use crate::store::raw::sha256;

const COLUMNS: [&str; 9] = ["id", "unit_code", "indicator", "on", "what", "who", "until", "state", "note"];

/// Loads the list.
pub(super) fn read(plan: &Plan, register: &Register, problems: &mut Problems) -> Actions {
    let path = &plan.settings.actions;
    let mut all = Actions::default();
    if !path.exists() {
        return all;
    }
    all.digest = fs_err::read(path).map(|bytes| sha256(&bytes)).unwrap_or_default();
    csvs::rows(path, &COLUMNS, problems, |row, problems| {
        let Some((unit, indicator, step)) = step(plan, register, row, problems) else { return };
        let [id] = row.fields();
        let known = all.by_unit.iter_mut().find_map(|(of, actions)| {
            let action = actions.iter_mut().find(|action| action.id == id)?;
            Some((of.clone(), action))
        });
        let Some((of, action)) = known else {
            let action = Action { id: id.to_owned(), indicator, steps: vec![step] };
            all.by_unit.entry(unit.to_owned()).or_default().push(action);
            return;
        };
        if of != unit || action.indicator != indicator {
            let about = &plan.indicators[action.indicator].code;
            problems.add(
                &row.place(),
                format!("action `{id}` is about `{about}` of unit `{of}`; another has another `id`"),
            );
        }
        if action.now().is_some_and(|before| before.on > step.on) {
            let what = format!("action `{id}` goes back to {}; its rows stand in the order of `on`", step.on);
            problems.add(&row.place(), what);
        }
        action.steps.push(step);
    });
    all
}

fn step<'r>(
    plan: &Plan,
    register: &Register,
    row: &'r Row<'_>,
    problems: &mut Problems,
) -> Option<(&'r str, usize, ActionStep)> {
    let [id, unit, indicator, on, what, who, until, state, note] = row.fields();
    for (name, text) in [("id", id), ("what", what), ("who", who)] {
        if text.is_empty() {
            problems.add(&row.place(), format!("`{name}` is empty; an action says what is to be done and who does it"));
        }
    }
    if register.versions_of(unit).is_empty() {
        problems.unknown(&row.place(), "unit", unit, register.versions().iter().map(|v| v.code.as_str()));
        return None;
    }
    let at = plan.indicators.iter().position(|known| known.code == indicator);
    if at.is_none() {
        problems.unknown(&row.place(), "indicator", indicator, plan.indicators.iter().map(|i| i.code.as_str()));
    }
    let known = ActionState::from_word(state);
    if known.is_none() {
        problems.unknown(&row.place(), "state", state, ActionState::ALL.iter().map(|s| s.as_str()));
    }
    let (on, until) = (csvs::date(on, row, "`on`", problems), csvs::date(until, row, "`until`", problems));
    let (what, who, note) = (what.to_owned(), who.to_owned(), note.to_owned());
    Some((unit, at?, ActionStep { on: on?, what, who, until: until?, state: known?, note }))
}
