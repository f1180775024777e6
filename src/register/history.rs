//! Where a unit came from and what became of it, in the register's own rows.

use jiff::civil::Date;

use super::{Change, ChangeKind, Register};

/// One legal event in the life of a unit: rows of one day and kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// First day of the new state.
    pub day: Date,
    /// What was done.
    pub kind: ChangeKind,
    /// The rows, in the order of the file.
    pub rows: Vec<&'a Change>,
}

impl Event<'_> {
    /// True where every row may be trusted.
    pub fn certain(&self) -> bool {
        self.rows.iter().all(|row| row.confidence == super::Confidence::High)
    }

    /// The instruments, each once.
    pub fn instruments(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !row.legal_basis.is_empty() && !all.contains(&row.legal_basis.as_str()) {
                all.push(&row.legal_basis);
            }
        }
        all
    }
}

impl Register {
    /// What made a unit what it is, oldest first.
    pub fn origins(&self, code: &str) -> Vec<Event<'_>> {
        self.events(|change| change.to_code.as_deref() == Some(code))
    }

    /// What became of a unit, oldest first.
    pub fn fates(&self, code: &str) -> Vec<Event<'_>> {
        self.events(|change| change.from_code.as_deref() == Some(code) && change.to_code.as_deref() != Some(code))
    }

    fn events(&self, wanted: impl Fn(&Change) -> bool) -> Vec<Event<'_>> {
        let mut rows: Vec<&Change> = self.changes().iter().filter(|change| wanted(change)).collect();
        rows.sort_by_key(|row| (row.effective_date, row.change));
        rows.chunk_by(|a, b| (a.effective_date, a.change) == (b.effective_date, b.change))
            .map(|rows| Event { day: rows[0].effective_date, kind: rows[0].change, rows: rows.to_vec() })
            .collect()
    }
}
