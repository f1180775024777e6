//! A pipeline's folder, loaded and checked: every problem at once, each with its file and line.
//!
//! In: `pipeline.toml`, `forms/*.toml`, `indicators.toml`, `targets.toml`, `rubric.toml`, `rules.toml`, where there are any
//! `score.toml`, `interventions.toml`, `corrections.csv`, `actions.csv`, `signers.toml` and `jobs.toml`, the register and the CSVs of populations and
//! baselines. Out: a [`Definition`] in which every name has been checked, or all the problems.

mod actions;
mod check;
mod corrections;
mod csvs;
mod files;
mod geography;
mod interventions;
mod jobs;
pub mod locate;
mod problem;
mod register;
mod rules;
mod score;
mod settings;
mod signers;
mod sources;
mod targets;
pub mod template;
mod toml_reader;

use std::path::{Path, PathBuf};

use crate::model::Plan;
use crate::register::Register;

pub use jobs::Jobs;
pub use problem::{Problem, nearest};

/// A definition that can be worked from.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The plan.
    pub plan: Plan,
    /// Its units.
    pub register: Register,
    /// Its jobs, and whom a run tells.
    pub jobs: Jobs,
}

/// Loads and checks a pipeline. `overrides` are `KEY=VALUE` pairs of `[settings]`. All problems are returned at once,
/// sorted by file and line.
pub fn load(folder: &Path, overrides: &[(String, String)]) -> Result<Definition, Vec<Problem>> {
    let mut problems = problem::Problems::default();
    let loaded = files::load(folder, overrides, &mut problems);
    match loaded {
        Some(definition) if problems.is_empty() => Ok(definition),
        _ => Err(problems.sorted()),
    }
}

/// The jobs of a pipeline, where they can be read: whom a run tells is wanted even where the rest of the definition is broken.
pub fn load_jobs(folder: &Path) -> Option<Jobs> {
    let mut problems = problem::Problems::default();
    let jobs = jobs::load(folder, &mut problems);
    problems.is_empty().then_some(jobs)
}

/// Loads versions and changes of units from these files and checks that they hold together.
pub fn read_register(units: &Path, changes: &Path) -> Result<Register, Vec<Problem>> {
    let mut problems = problem::Problems::default();
    let register = register::read(units, changes, std::collections::BTreeMap::new(), &mut problems);
    if problems.is_empty() { Ok(register) } else { Err(problems.sorted()) }
}

/// A path of a definition: relative to the pipeline's folder.
fn below(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}
