//! What a job would do and why, told without doing it: `run --explain-plan`.
//!
//! In: the definition and the store as it stands. Out: by stage the parts that would be made anew, each with its reasons.
//! A stage that reads what an earlier one would make anew is told as following it, since only then is it known how far.

use jiff::Timestamp;

use super::{Stage, StageError};
use crate::model::Map;
use crate::plan::Definition;
use crate::store::{Stale, Store, StoreError};
use crate::{evaluate, normalize, publish};

/// What one stage would do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Ahead {
    /// The stage's word.
    pub stage: &'static str,
    /// The parts that it would make anew; none where everything stands.
    pub parts: Vec<Part>,
    /// What is only known once an earlier stage has run.
    pub note: Option<&'static str>,
}

/// A part that would be made anew.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// A province; empty for the only one.
    pub part: String,
    /// Why.
    pub why: Vec<String>,
}

/// What these stages would do, in order. Nothing is changed.
pub fn ahead(
    stages: &[Stage],
    definition: &Definition,
    store: &Store,
    now: Timestamp,
) -> Result<Vec<Ahead>, StageError> {
    let Definition { plan, register, .. } = definition;
    let mut all: Vec<Ahead> = Vec::new();
    for stage in stages {
        let follows = all.iter().any(|before| !before.parts.is_empty());
        let told = match stage {
            Stage::Pull => told(*stage, &[], Some("asks every source what is new; what came is read next")),
            Stage::Normalize => {
                let stale = normalize::ahead(plan, register, store, now).map_err(StageError::Normalize)?;
                told(*stage, &stale, None)
            }
            Stage::Evaluate => {
                let stale = known(evaluate::ahead(plan, register, store, Map::ALL, now))
                    .map_err(|error| StageError::Evaluate(error.into()))?;
                told(
                    *stage,
                    &stale,
                    follows.then_some("follows what normalize makes anew, from the first quarter that changes"),
                )
            }
            Stage::Publish => {
                let stale = known(publish::ahead(plan, register, store, now))
                    .map_err(|error| StageError::Publish(error.into()))?;
                told(*stage, &stale, follows.then_some("follows the tables that are made anew"))
            }
            Stage::Reply => told(*stage, &[], Some("writes the replies whose submissions or findings changed")),
        };
        all.push(told);
    }
    Ok(all)
}

/// Nothing stands where an earlier stage has made nothing yet.
fn known(stale: Result<Vec<Stale>, StoreError>) -> Result<Vec<Stale>, StoreError> {
    match stale {
        Err(StoreError::Missing { .. }) => Ok(vec![Stale { part: String::new(), ..Stale::default() }]),
        other => other,
    }
}

fn told(stage: Stage, stale: &[Stale], note: Option<&'static str>) -> Ahead {
    let parts = stale.iter().map(|stale| Part { part: stale.part.clone(), why: stale.why() }).collect();
    Ahead { stage: stage.as_str(), parts, note }
}

/// The same as people read it.
pub fn describe(all: &[Ahead]) -> String {
    let mut text = String::new();
    for Ahead { stage, parts, note } in all {
        let what = match (parts.as_slice(), note) {
            ([], Some(note)) => (*note).to_owned(),
            ([], None) => "nothing: all of it stands".to_owned(),
            (parts, None) => format!("{} to be made anew", count(parts)),
            (parts, Some(note)) => format!("{} to be made anew, and {note}", count(parts)),
        };
        text.push_str(&format!("{stage:<12}{what}\n"));
        for part in parts.iter().take(MOST) {
            let name = if part.part.is_empty() { "all" } else { &part.part };
            text.push_str(&format!("{:<12}{name}: {}\n", "", part.why.join("; ")));
        }
        if parts.len() > MOST {
            text.push_str(&format!("{:<12}and {} more\n", "", parts.len() - MOST));
        }
    }
    text
}

/// More parts than a screen holds are counted.
const MOST: usize = 20;

fn count(parts: &[Part]) -> String {
    if parts.len() == 1 { "1 part".to_owned() } else { format!("{} parts", parts.len()) }
}
