//! Findings that are still open: what a district is asked to mend.

use serde::Serialize;

use super::{Edition, Text, Unit};
use crate::publish::open::Finding;

/// As many as a page can hold; all are in the table.
const MOST: usize = 60;

/// Open findings, the gravest first.
#[derive(Debug, Default, Serialize)]
pub struct Open<'a> {
    pub shown: Vec<Told<'a>>,
    /// How many more there are.
    pub more: usize,
}

/// One finding.
#[derive(Debug, Serialize)]
pub struct Told<'a> {
    pub error: bool,
    pub code: &'a str,
    pub file: &'a str,
    pub sheet: &'a str,
    pub cell: &'a str,
    pub message: Text<'a>,
    /// The district's reason; empty where it gave none.
    pub reason: &'a str,
}

/// The open findings on what a unit sent.
pub fn open<'a>(edition: &'a Edition<'_>, unit: &Unit) -> Open<'a> {
    let all = edition.open.of(&unit.code);
    let told = |f: &'a Finding| Told {
        error: !f.warning,
        code: &f.code,
        file: &f.file,
        sheet: &f.sheet,
        cell: &f.cell,
        message: (f.message_vi.as_str(), f.message_en.as_str()).into(),
        reason: &f.reason,
    };
    Open { shown: all.iter().take(MOST).map(told).collect(), more: all.len().saturating_sub(MOST) }
}
