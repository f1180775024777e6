//! A pipeline's folder, loaded and checked: every problem at once, each with its file and line.

use std::path::{Path, PathBuf};

use crate::model::Plan;
use crate::register::Register;

/// One thing wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File.
    pub file: PathBuf,
    /// Line, from 1; 0 where the file itself is missing.
    pub line: usize,
    /// Column, from 1; 0 where it is about the line.
    pub column: usize,
    /// What is wrong, with what was found and expected.
    pub what: String,
    /// What would mend it, where that is known.
    pub hint: Option<String>,
}

/// A definition that can be worked from.
#[derive(Debug, Clone)]
pub struct Definition {
    /// The plan.
    pub plan: Plan,
    /// Its units.
    pub register: Register,
}

/// Loads and checks a pipeline. `overrides` are `KEY=VALUE` pairs of `[settings]`. All problems are returned at once,
/// sorted by file and line.
pub fn load(_folder: &Path, _overrides: &[(String, String)]) -> Result<Definition, Vec<Problem>> {
    Err(Vec::new())
}
