//! What a release changed in figures that were published before: `history/values.json` → the page `changes.html`.
//!
//! The page is a part of the history, not of the documents: it follows from the release before too.

use serde::Deserialize;

use super::parts::Scope;
use super::{PublishError, edition, figure, site, view};

/// A value that a release changed.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Changed {
    pub(super) unit_code: String,
    pub(super) period: String,
    pub(super) indicator: String,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
    /// The difference in its parts; none where it cannot be split.
    pub(super) parts: Option<Parts>,
    /// Why it cannot, in Vietnamese and English.
    pub(super) reason: Option<(String, String)>,
}

/// A difference in its parts.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Parts {
    pub(super) numerator: f64,
    pub(super) denominator: f64,
    pub(super) reporting: f64,
    pub(super) boundary: f64,
    pub(super) definition: f64,
}

/// The page, of what changed against the release before; `None` for the first release.
pub(super) fn page(
    scope: &Scope<'_>,
    parent: Option<&serde_json::Value>,
    changed: Option<serde_json::Value>,
) -> Result<Vec<u8>, PublishError> {
    let edition = scope.edition(&edition::Of::Front)?;
    let all: Vec<Changed> = changed.and_then(|values| serde_json::from_value(values).ok()).unwrap_or_default();
    let text = |key: &str| parent.and_then(|parent| parent.get(key)?.as_str());
    let day = |text: &str| text.get(..10)?.parse().ok().map(figure::day);
    let before = text("id").zip(text("created").and_then(day));
    site::render("changes.html", "changes.html", &view::changes(&edition, before, &all))
}
