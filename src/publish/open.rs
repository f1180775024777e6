//! Findings that nobody has answered yet, by the unit whose file they are about.
//!
//! In: `submissions` and `findings`. Out: errors and warnings of the period shown, and those of files of which not even the
//! period is known; not of a file that was replaced, nor one that a later file closed.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Period, Severity};
use crate::store::columns::Words;
use crate::store::{Store, StoreError};

/// An open finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    /// False for a warning; errors come first.
    pub(super) warning: bool,
    pub(super) file: String,
    pub(super) sheet: String,
    pub(super) cell: String,
    pub(super) code: String,
    pub(super) message_vi: String,
    pub(super) message_en: String,
    /// The district's reason; empty where it gave none.
    pub(super) reason: String,
}

/// Open findings by sender, the gravest first, then by file and cell.
#[derive(Debug, Default)]
pub(super) struct Open(BTreeMap<String, Vec<Finding>>);

const COLUMNS: [&str; 12] = [
    "severity",
    "period",
    "closed_by",
    "submission_id",
    "member",
    "file_name",
    "code",
    "sheet",
    "cell",
    "message_vi",
    "message_en",
    "justification",
];

impl Open {
    /// Loads those of a territory; an empty name is the whole table.
    pub(super) fn load(store: &Store, territory: &str, period: Period) -> Result<Self, StoreError> {
        let senders = senders(store, territory)?;
        let replaced = store.replaced(&[territory])?;
        let shown = period.to_string();
        let grave = [Severity::Error.as_str(), Severity::Warning.as_str()];
        let wanted = |texts: &[&str]| {
            let [severity, period, closed] = texts else { return false };
            grave.contains(severity) && (period.is_empty() || *period == shown) && closed.is_empty()
        };
        let mut all: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
        for part in store.partitions_below("findings", &[territory])? {
            for batch in part.read_where(&COLUMNS, &COLUMNS[..3], wanted)? {
                let words: Vec<Words<'_>> = COLUMNS.iter().filter_map(|name| Words::of(&batch, name)).collect();
                let [severity, _, _, id, member, file, code, sheet, cell, vi, en, reason] = words.as_slice() else {
                    continue;
                };
                for row in 0..batch.num_rows() {
                    let Some(sender) = senders.get(&(id.get(row).to_owned(), member.get(row).to_owned())) else {
                        continue;
                    };
                    if replaced.holds(id.get(row), member.get(row)) {
                        continue;
                    }
                    let text = |words: &Words<'_>| words.get(row).to_owned();
                    all.entry(sender.clone()).or_default().push(Finding {
                        warning: severity.get(row) != grave[0],
                        file: text(file),
                        sheet: text(sheet),
                        cell: text(cell),
                        code: text(code),
                        message_vi: text(vi),
                        message_en: text(en),
                        reason: text(reason),
                    });
                }
            }
        }
        for findings in all.values_mut() {
            findings.sort();
        }
        Ok(Self(all))
    }

    /// Those of a sender.
    pub(super) fn of(&self, sender: &str) -> &[Finding] {
        self.0.get(sender).map_or(&[], Vec::as_slice)
    }
}

/// Submission and member → sender.
fn senders(store: &Store, territory: &str) -> Result<HashMap<(String, String), String>, StoreError> {
    let mut all = HashMap::new();
    for part in store.partitions_below("submissions", &[territory])? {
        for batch in part.read(&["submission_id", "member", "district_code"])? {
            let words = |name| Words::of(&batch, name);
            let (Some(id), Some(member), Some(district)) =
                (words("submission_id"), words("member"), words("district_code"))
            else {
                continue;
            };
            for row in 0..batch.num_rows() {
                let key = (id.get(row).to_owned(), member.get(row).to_owned());
                all.entry(key).or_insert_with(|| district.get(row).to_owned());
            }
        }
    }
    Ok(all)
}
