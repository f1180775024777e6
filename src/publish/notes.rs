//! What is to be known of the figures of the period shown: warnings, with the reason that a district gave, and corrections.
//!
//! In: `findings` of the quarters of the span shown and of the year whose classes hold. Out: notes by unit and element.

use std::collections::HashMap;

use crate::model::{Code, Period, Plan, Severity};
use crate::store::columns::Words;
use crate::store::{Store, StoreError};

/// One thing to be known of a figure, or of a whole row.
#[derive(Debug, Clone, serde::Serialize)]
pub(super) struct Note {
    #[serde(skip)]
    pub(super) period: Period,
    /// The period in short: `Q2`, or the year.
    pub(super) label: String,
    /// Its cell; empty where it is about none.
    pub(super) cell: String,
    /// True for a correction, false for a warning.
    pub(super) corrected: bool,
    pub(super) vi: String,
    pub(super) en: String,
    /// The district's reason; empty where it gave none.
    pub(super) reason: String,
}

/// All notes, by unit and position of the element in the plan; none for a whole row.
#[derive(Debug, Default)]
pub(super) struct Notes(HashMap<(usize, Option<usize>), Vec<Note>>);

const COLUMNS: [&str; 11] = [
    "unit_code",
    "element",
    "period",
    "code",
    "severity",
    "cell",
    "message_vi",
    "message_en",
    "justification",
    "submission_id",
    "member",
];

impl Notes {
    /// Loads the notes of these units, by code, in these periods.
    pub(super) fn load(
        plan: &Plan,
        store: &Store,
        territory: &str,
        periods: &[String],
        units: &HashMap<String, usize>,
    ) -> Result<Self, StoreError> {
        let mut all: HashMap<(usize, Option<usize>), Vec<Note>> = HashMap::new();
        let (warning, corrected) = (Severity::Warning.as_str(), Code::Corrected.as_str());
        let wanted = |texts: &[&str]| {
            let [severity, code, period, unit] = texts else { return false };
            (*severity == warning || *code == corrected)
                && periods.iter().any(|p| p == period)
                && units.contains_key(*unit)
        };
        let replaced = store.replaced(&[territory])?;
        for part in store.partitions_below("findings", &[territory])? {
            for batch in part.read_where(&COLUMNS, &["severity", "code", "period", "unit_code"], wanted)? {
                let words: Vec<Words<'_>> = COLUMNS.iter().filter_map(|name| Words::of(&batch, name)).collect();
                let [unit, element, period, code, _, cell, vi, en, reason, id, member] = words.as_slice() else {
                    continue;
                };
                for row in 0..batch.num_rows() {
                    let Some(&at) = units.get(unit.get(row)) else { continue };
                    if replaced.holds(id.get(row), member.get(row)) {
                        continue;
                    }
                    let Ok(period) = period.get(row).parse::<Period>() else { continue };
                    let element = plan.element_index(element.get(row));
                    all.entry((at, element)).or_default().push(Note {
                        period,
                        label: period.quarter().map_or_else(|| period.to_string(), |quarter| format!("Q{quarter}")),
                        cell: cell.get(row).to_owned(),
                        corrected: code.get(row) == corrected,
                        vi: vi.get(row).to_owned(),
                        en: en.get(row).to_owned(),
                        reason: reason.get(row).to_owned(),
                    });
                }
            }
        }
        Ok(Self(all))
    }

    /// The notes on a unit's element, or on its rows as a whole, from a period on.
    pub(super) fn of(&self, unit: usize, element: Option<usize>, from: Option<Period>) -> Vec<&Note> {
        let all = self.0.get(&(unit, element)).into_iter().flatten();
        let mut notes: Vec<&Note> = all.filter(|note| from.is_none_or(|from| note.period >= from)).collect();
        notes.sort_by_key(|note| note.period);
        notes
    }
}
