//! What somebody undertook to do about a figure.

use std::collections::BTreeMap;

use jiff::civil::Date;

super::state::words! {
    /// How far an action has come.
    ActionState {
        /// Decided, not begun.
        Planned = "planned",
        /// Under way.
        Doing = "doing",
        /// Done.
        Done = "done",
        /// Given up.
        Dropped = "dropped",
    }
}

impl ActionState {
    /// True while something is still to be done.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Doing)
    }
}

/// What stood of an action from one day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionStep {
    /// The day on which it was noted.
    pub on: Date,
    /// What is to be done.
    pub what: String,
    /// Who does it.
    pub who: String,
    /// Until when.
    pub until: Date,
    /// How far it has come.
    pub state: ActionState,
    /// A remark; may be empty.
    pub note: String,
}

/// One action with its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its name in the list.
    pub id: String,
    /// Position of the indicator that it is about.
    pub indicator: usize,
    /// What stood, oldest first; at least one.
    pub steps: Vec<ActionStep>,
}

impl Action {
    /// What stands now.
    pub fn now(&self) -> Option<&ActionStep> {
        self.steps.last()
    }

    /// Whether its day has gone by and it is not done.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.now().is_some_and(|step| step.state.is_open() && step.until < today)
    }
}

/// All actions of a plan.
#[derive(Debug, Clone, Default)]
pub struct Actions {
    /// By unit, in the order of the list.
    pub by_unit: BTreeMap<String, Vec<Action>>,
    /// SHA-256 of the list; empty where there is none. No figure follows from it.
    pub digest: String,
}

impl Actions {
    /// What documents show of the list changes with the list, and with each day on which something is overdue.
    pub fn state(&self, today: Date) -> String {
        let overdue = self.by_unit.values().flatten().filter(|action| action.is_overdue(today)).count();
        format!("{} {overdue}", self.digest)
    }
}
