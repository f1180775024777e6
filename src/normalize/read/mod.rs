//! Bytes → sheets of cells that know their address. The only room that knows workbooks and encodings.
//!
//! The container is told by its content, never by its name. What cannot be read gives the code of a finding and a reason.

mod container;
mod grid;
mod text;
mod workbook;

use crate::model::Code;

pub(super) use grid::{Cell, Content, Grid};

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    /// What was found, as told to the district.
    pub(super) found: String,
}

impl Refusal {
    fn new(code: Code, found: impl Into<String>) -> Self {
        Self { code, found: found.into() }
    }
}

/// Reads the visible sheets of a file, in order; a text file is one sheet without a name.
pub(super) fn read(bytes: Vec<u8>) -> Result<Vec<Grid>, Refusal> {
    match container::tell(&bytes)? {
        container::Kind::Xlsx => workbook::xlsx(&bytes),
        container::Kind::Ods => workbook::ods(&bytes),
        container::Kind::Xls => workbook::xls(&bytes),
        container::Kind::Text => Ok(vec![text::read(bytes)?]),
    }
}
