//! Which files were replaced by a later one, as `submissions` says: what was found wrong in them is wrong no more.

use std::collections::HashSet;

use super::columns::Words;
use super::{Result, Store};
use crate::model::SubmissionStatus;

/// Submissions, each with the member of its archive or the empty text.
#[derive(Debug, Clone, Default)]
pub struct Replaced(HashSet<(String, String)>);

impl Store {
    /// Those of the submissions below these folders of the table that were replaced.
    pub fn replaced(&self, folders: &[&str]) -> Result<Replaced> {
        let mut all = HashSet::new();
        let superseded = SubmissionStatus::Superseded.as_str();
        for part in self.partitions_below("submissions", folders)? {
            let columns = ["submission_id", "member"];
            for batch in part.read_where(&columns, &["status"], |status| status == [superseded])? {
                let [Some(id), Some(member)] = columns.map(|name| Words::of(&batch, name)) else { continue };
                all.extend((0..batch.num_rows()).map(|row| (id.get(row).to_owned(), member.get(row).to_owned())));
            }
        }
        Ok(Replaced(all))
    }
}

impl Replaced {
    /// Whether a submission, or a member of one, was replaced.
    pub fn holds(&self, submission: &str, member: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&(submission.to_owned(), member.to_owned()))
    }
}
