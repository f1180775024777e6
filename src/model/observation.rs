//! Where a value came from, and what became of the file that brought it.

use std::fmt;
use std::str::FromStr;

/// Address of one cell, so that a published figure leads back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum CellRef {
    /// Row and column of a worksheet, both from 0; printed as `F12`.
    Sheet {
        /// From 0.
        row: u32,
        /// From 0.
        column: u32,
    },
    /// Physical line and field of a text file, both from 0; printed as `R12C6` from 1.
    Text {
        /// From 0.
        row: u32,
        /// From 0.
        column: u32,
    },
}

impl CellRef {
    /// Row, from 0.
    pub const fn row(self) -> u32 {
        match self {
            Self::Sheet { row, .. } | Self::Text { row, .. } => row,
        }
    }

    /// Column, from 0.
    pub const fn column(self) -> u32 {
        match self {
            Self::Sheet { column, .. } | Self::Text { column, .. } => column,
        }
    }
}

impl FromStr for CellRef {
    type Err = CellError;

    fn from_str(text: &str) -> Result<Self, CellError> {
        let bad = || CellError(text.to_owned());
        let number = |digits: &str| digits.parse::<u32>().ok().and_then(|n| n.checked_sub(1)).ok_or_else(bad);
        if let Some((row, column)) = text.strip_prefix('R').and_then(|rest| rest.split_once('C')) {
            return Ok(Self::Text { row: number(row)?, column: number(column)? });
        }
        let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
        let (name, row) = text.split_at(letters);
        if name.is_empty() || name.len() > 6 {
            return Err(bad());
        }
        let column = name.bytes().fold(0u32, |n, b| n * 26 + u32::from(b - b'A') + 1) - 1;
        Ok(Self::Sheet { row: number(row)?, column })
    }
}

/// The text is not of the form `F12` or `R12C6`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cell; expected `F12` or `R12C6`")]
pub struct CellError(pub String);

impl fmt::Display for CellRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Hundreds of thousands are written a night: digits without the formatter.
        let mut digits = itoa::Buffer::new();
        match *self {
            Self::Text { row, column } => {
                f.write_str("R")?;
                f.write_str(digits.format(row + 1))?;
                f.write_str("C")?;
                f.write_str(digits.format(column + 1))
            }
            Self::Sheet { row, column } => {
                let mut letters = [0u8; 8];
                let (mut n, mut at) = (column + 1, letters.len());
                while n > 0 {
                    at -= 1;
                    letters[at] = b'A' + ((n - 1) % 26) as u8;
                    n = (n - 1) / 26;
                }
                f.write_str(std::str::from_utf8(&letters[at..]).unwrap_or_default())?;
                f.write_str(digits.format(row + 1))
            }
        }
    }
}

/// What became of a received file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubmissionStatus {
    /// Every value used, nothing worse than an info.
    Accepted,
    /// Used, with warnings or with rows or cells left out.
    AcceptedWithFindings,
    /// Not used; a file-level finding says why.
    Quarantined,
    /// Replaced by a later file for the same district, form and period.
    Superseded,
}

impl SubmissionStatus {
    /// The status of a word of `submissions`.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Accepted, Self::AcceptedWithFindings, Self::Quarantined, Self::Superseded]
            .into_iter()
            .find(|s| s.as_str() == word)
    }

    /// The word used in `submissions`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::AcceptedWithFindings => "accepted_with_findings",
            Self::Quarantined => "quarantined",
            Self::Superseded => "superseded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CellRef;

    #[test]
    fn cells_are_named_as_people_name_them() {
        for (column, name) in [(0, "A12"), (25, "Z12"), (26, "AA12"), (27, "AB12"), (701, "ZZ12"), (702, "AAA12")] {
            let cell = CellRef::Sheet { row: 11, column };
            assert_eq!(cell.to_string(), name);
            assert_eq!(name.parse(), Ok(cell));
        }
        let cell = CellRef::Text { row: 11, column: 5 };
        assert_eq!(cell.to_string(), "R12C6");
        assert_eq!("R12C6".parse(), Ok(cell));
        for bad in ["", "12", "F", "F0", "R1C", "f1", "RC"] {
            assert!(bad.parse::<CellRef>().is_err(), "{bad}");
        }
    }
}
