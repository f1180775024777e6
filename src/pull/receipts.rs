//! Times of receipt that are known from elsewhere: a CSV of `file, received_at, sha256`.
//!
//! A copy of an inbox loses its modification times (version control does not keep them). Where a source's entry names
//! such a list, it decides, and only for the very bytes that it names.

use std::collections::BTreeMap;

use fs_err as fs;
use jiff::Timestamp;

use super::PullError;
use crate::model::Source as Entry;

/// Known times by `district/file` and digest.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<(String, String), i64>);

impl Known {
    /// Microseconds since 1970 UTC at which these bytes came under this name.
    pub(super) fn time(&self, district: &str, file_name: &str, sha256: &str) -> Option<i64> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&(format!("{district}/{file_name}"), sha256.to_owned())).copied()
    }
}

#[derive(serde::Deserialize)]
struct Row {
    file: String,
    received_at: String,
    sha256: String,
}

/// Loads the list of a source's entry; empty where it names none.
pub(super) fn load(entry: &Entry) -> Result<Known, PullError> {
    let Some(path) = &entry.receipts else { return Ok(Known::default()) };
    let fail = |what: String| PullError::Receipts { name: entry.name.clone(), what };
    let text = fs::read(path).map_err(|e| fail(e.to_string()))?;
    let mut known = BTreeMap::new();
    for (at, row) in csv::Reader::from_reader(text.as_slice()).deserialize::<Row>().enumerate() {
        let place = |what: String| fail(format!("`{}` line {}: {what}", path.display(), at + 2));
        let row = row.map_err(|e| place(e.to_string()))?;
        let time: Timestamp = row
            .received_at
            .parse()
            .map_err(|e| place(format!("`{}` is not a time such as 2018-07-10T03:00:00Z ({e})", row.received_at)))?;
        known.insert((row.file, row.sha256), time.as_microsecond());
    }
    Ok(Known(known))
}
