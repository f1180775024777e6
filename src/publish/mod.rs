//! Stage 5: tables → a release: site, tables, manifest.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::{Plan, Progress};
use crate::register::Register;
use crate::store::{Store, StoreError};

/// What publish did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Release id.
    pub release: String,
    /// Folder of the release.
    pub folder: PathBuf,
    /// Pages written; 0 when nothing changed and the last release stands.
    pub pages: usize,
    /// True when nothing changed.
    pub unchanged: bool,
}

/// Why publish could not go on.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A page could not be made.
    #[error("page `{page}`: {source}")]
    Page { page: String, source: minijinja::Error },
}

/// Renders the pages and publishes a release whole.
pub fn publish(
    _plan: &Plan,
    _register: &Register,
    _store: &Store,
    _now: Timestamp,
    _progress: &dyn Progress,
) -> Result<Summary, PublishError> {
    Ok(Summary::default())
}
