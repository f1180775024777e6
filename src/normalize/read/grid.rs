//! A sheet as sparse cells in reading order; their texts lie in one buffer.

use unicode_normalization::UnicodeNormalization;

use super::refusal::Excess;
use super::{Refusal, limits};
use crate::model::CellRef;

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::normalize) enum Content {
    /// A typed number.
    Number(f64),
    /// Text, in the grid's buffer.
    Text { start: u32, end: u32 },
    /// A typed yes or no.
    Flag(bool),
    /// A date or time.
    Date,
    /// An error, or a formula without a stored value.
    Error,
}

/// One cell that is not empty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::normalize) struct Cell {
    pub(in crate::normalize) row: u32,
    pub(in crate::normalize) column: u32,
    pub(in crate::normalize) content: Content,
}

/// One sheet.
#[derive(Debug, Clone, Default)]
pub(in crate::normalize) struct Grid {
    /// Name of the sheet; none for a text file.
    pub(in crate::normalize) sheet: Option<String>,
    /// By row, then column.
    pub(in crate::normalize) cells: Vec<Cell>,
    /// Merged regions: first row, first column, last row, last column.
    pub(in crate::normalize) merges: Vec<(u32, u32, u32, u32)>,
    text: String,
}

impl Grid {
    pub(super) fn new(sheet: Option<String>, text: String) -> Self {
        Self { sheet, text, ..Self::default() }
    }

    /// Appends a text cell whose text is not in the buffer yet; an empty one is no cell.
    pub(super) fn push_text(&mut self, row: u32, column: u32, text: &str) {
        if text.is_empty() {
            return;
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        self.push(row, column, Content::Text { start, end: self.text.len() as u32 });
    }

    pub(super) fn push(&mut self, row: u32, column: u32, content: Content) {
        self.cells.push(Cell { row, column, content });
    }

    /// Refuses a cell that stands where no form has one, and more than `most` cells.
    pub(super) fn bounded(&self, row: u32, column: u32, most: usize) -> Result<(), Refusal> {
        if row >= limits::ROWS {
            return Err(Refusal::TooWide(Excess::Rows));
        }
        if column >= limits::COLUMNS {
            return Err(Refusal::TooWide(Excess::Columns));
        }
        let long =
            |c: &Cell| matches!(c.content, Content::Text { start, end } if (end - start) as usize > limits::LONGEST);
        if self.cells.len() > most || self.text.len() > limits::TEXT || self.cells.last().is_some_and(long) {
            return Err(Refusal::TooManyCells);
        }
        Ok(())
    }

    /// Gives a cell another text.
    pub(super) fn replace(&mut self, at: usize, text: &str) {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        if let Some(cell) = self.cells.get_mut(at) {
            cell.content = Content::Text { start, end: self.text.len() as u32 };
        }
    }

    /// Everything that stands in the sheet, run together.
    pub(super) fn all_text(&self) -> &str {
        &self.text
    }

    /// Composes letters and marks that stand apart.
    pub(super) fn compose(&mut self) {
        // The marks of Vietnamese letters begin with one of two bytes that composed Vietnamese text does not have.
        if memchr::memchr2(0xCC, 0xCD, self.text.as_bytes()).is_none() {
            return;
        }
        for at in 0..self.cells.len() {
            let cell = self.cells[at];
            let text = self.raw(&cell);
            if !unicode_normalization::is_nfc(text) {
                let text: String = text.nfc().collect();
                self.replace(at, &text);
            }
        }
    }

    /// Puts cells in order; of two at one address the last stands.
    pub(super) fn sort(&mut self) {
        if !self.cells.is_sorted_by_key(|c| (c.row, c.column)) {
            self.cells.sort_by_key(|c| (c.row, c.column));
        }
        self.cells.reverse();
        self.cells.dedup_by_key(|c| (c.row, c.column));
        self.cells.reverse();
    }

    /// A cell's text as it stands; empty for a cell that holds none.
    pub(in crate::normalize) fn raw(&self, cell: &Cell) -> &str {
        match cell.content {
            Content::Text { start, end } => self.text.get(start as usize..end as usize).unwrap_or(""),
            _ => "",
        }
    }

    /// A cell as people would read it aloud.
    pub(in crate::normalize) fn shown(&self, cell: &Cell) -> String {
        match cell.content {
            Content::Number(n) => n.to_string(),
            Content::Text { .. } => self.raw(cell).to_owned(),
            Content::Flag(flag) => flag.to_string(),
            Content::Date => "date".to_owned(),
            Content::Error => "#".to_owned(),
        }
    }

    /// The rows that hold cells, in order.
    pub(in crate::normalize) fn rows(&self) -> impl Iterator<Item = &[Cell]> {
        self.cells.chunk_by(|a, b| a.row == b.row)
    }

    /// Address of a cell.
    pub(in crate::normalize) fn address(&self, row: u32, column: u32) -> CellRef {
        match self.sheet {
            Some(_) => CellRef::Sheet { row, column },
            None => CellRef::Text { row, column },
        }
    }
}
