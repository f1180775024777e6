//! What scorecards are made as, and what their maps are drawn from.

use std::path::PathBuf;

super::state::words! {
    /// A kind of document.
    Format {
        /// The site.
        Html = "html",
        /// Paper: a document for each ward, district and province.
        Pdf = "pdf",
        /// Workbooks for each district and province.
        Xlsx = "xlsx",
    }
}

/// `[scorecards]`: nothing of it changes a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scorecards {
    /// Kinds of documents that a release holds.
    pub formats: Vec<Format>,
    /// `GeoJSON` with the boundaries of wards.
    pub boundaries: Option<PathBuf>,
    /// The property of a boundary that holds the unit's code.
    pub boundaries_code: String,
    /// CSV with the middle of each ward, from which a sketch is drawn where there are no boundaries.
    pub centroids: Option<PathBuf>,
}

impl Default for Scorecards {
    fn default() -> Self {
        Self { formats: vec![Format::Html], boundaries: None, boundaries_code: "code".to_owned(), centroids: None }
    }
}
