//! What may have gone wrong where a form contradicts itself: a suggestion, never applied by itself.

use std::fmt;

use super::observation::CellRef;
use super::state::words;

words! {
    /// A slip that would explain a contradiction; of two that explain as much, the earlier is the likelier.
    CauseKind {
        /// The whole form repeats the period before.
        FormRepeated = "form-repeated",
        /// A row stands one column beside where it belongs.
        RowShifted = "row-shifted",
        /// A zero too many or too few, or another unit of money.
        PowerOfTen = "power-of-ten",
        /// Two neighbouring digits changed places.
        DigitsSwapped = "digits-swapped",
        /// Two neighbouring cells changed places.
        CellsExchanged = "cells-exchanged",
        /// The year so far stands where the quarter belongs.
        YearToDate = "year-to-date",
    }
}

impl CauseKind {
    /// What happened, in Vietnamese and English.
    const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::FormRepeated => ("gửi lại biểu của kỳ trước", "the form of the period before was sent again"),
            Self::RowShifted => ("cả dòng lệch một cột", "the row is shifted by one column"),
            Self::PowerOfTen => ("thừa hoặc thiếu số 0", "a zero too many or too few"),
            Self::DigitsSwapped => ("hai chữ số cạnh nhau bị đổi chỗ", "two neighbouring digits were swapped"),
            Self::CellsExchanged => ("số liệu hai ô bị đổi chỗ", "two cells were exchanged"),
            Self::YearToDate => {
                ("ghi lũy kế từ đầu năm thay vì số trong quý", "the year so far instead of the quarter")
            }
        }
    }
}

/// A cell that a cause would change.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Repair {
    /// Where.
    pub cell: CellRef,
    /// What stands there.
    pub from: f64,
    /// What would stand there.
    pub to: f64,
}

/// A likely cause, with how much it explains.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Cause {
    /// What happened.
    pub kind: CauseKind,
    /// One or two cells; none where it is about a whole row or form.
    pub repairs: Vec<Repair>,
    /// Contradictions that it repairs …
    pub repaired: usize,
    /// … of those that concern the same cells.
    pub of: usize,
}

impl Cause {
    /// In Vietnamese: `thừa hoặc thiếu số 0: E12 800 → 80 (sửa được 2/2 mâu thuẫn)`.
    pub fn text_vi(&self) -> String {
        format!("{}{} (sửa được {}/{} mâu thuẫn)", self.kind.title().0, self.cells(), self.repaired, self.of)
    }

    /// The same in English.
    pub fn text_en(&self) -> String {
        format!("{}{} (repairs {} of {} contradictions)", self.kind.title().1, self.cells(), self.repaired, self.of)
    }

    fn cells(&self) -> String {
        let each = self.repairs.iter().map(|r| format!("{} {} → {}", r.cell, r.from, r.to));
        let list = each.collect::<Vec<_>>().join(", ");
        if list.is_empty() { list } else { format!(": {list}") }
    }
}

/// A cause's Vietnamese and English, of a text as the table of findings has it.
pub fn texts(stored: &str) -> (&str, &str) {
    let (_, text) = stored.split_once(": ").unwrap_or_default();
    text.split_once(" | ").unwrap_or((text, ""))
}

/// As the table of findings has it: `code: Vietnamese | English`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} | {}", self.kind, self.text_vi(), self.text_en())
    }
}
