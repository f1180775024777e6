//! Which of several files for one district, form and period is current.
//!
//! A correction replaces the whole form from the moment it was received, also where it has fewer values. A quarantined
//! file replaces nothing.

use std::collections::BTreeMap;

use super::Submission;

/// How a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not used.
    Quarantined,
    /// In force.
    Current,
    /// Replaced by the submission at this index.
    Superseded(usize),
}

/// The standing of each submission; they come in the order of receipt.
pub(super) fn resolve(submissions: &[Submission]) -> Vec<Standing> {
    let mut standing = vec![Standing::Quarantined; submissions.len()];
    let mut current: BTreeMap<(&str, usize, _), usize> = BTreeMap::new();
    for (at, submission) in submissions.iter().enumerate() {
        let Ok(form) = &submission.outcome else { continue };
        let key = (submission.receipt.district.as_str(), form.form, form.period);
        standing[at] = Standing::Current;
        if let Some(earlier) = current.insert(key, at) {
            standing[earlier] = Standing::Superseded(at);
        }
    }
    standing
}
