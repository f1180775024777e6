//! How a file is read, for people who ask why: container, encoding, sheets, header, columns, rows, findings.
//!
//! The same steps as in the stage, told instead of stored. Of a file that holds persons only that is said.

use jiff::civil::Date;
use serde::Serialize;

use super::fold::fold_name;
use super::layout::Layout;
use super::read::{self, Book, Cell, Container, Grid};
use super::reading::{self, Desk, Received};
use super::rows;
use super::units::{Match, Roll};
use crate::model::{Finding, Period, Plan, Waiver};
use crate::register::Register;

/// How one file, or one member of an archive, was read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Inspection {
    /// Path inside the archive; none for a plain file.
    pub member: Option<String>,
    /// What the file was told to be; none where it could not be opened.
    pub container: Option<&'static str>,
    /// The encoding of its text; none where it is all Unicode already.
    pub encoding: Option<&'static str>,
    /// How sure that is, from 0 to 1.
    pub confidence: Option<f64>,
    /// Its sheets; a text file has one without a name.
    pub sheets: Vec<SheetSeen>,
    /// Whether it would be quarantined.
    pub quarantined: bool,
    /// The form that was recognised.
    pub form: Option<FormSeen>,
    /// What was found wrong; of a quarantined file the one reason.
    pub findings: Vec<FindingSeen>,
}

/// A sheet.
#[derive(Debug, Clone, Serialize)]
pub struct SheetSeen {
    /// Its name.
    pub name: Option<String>,
    /// No form is read from a hidden sheet.
    pub hidden: bool,
    /// Cells that are not empty.
    pub cells: usize,
}

/// A form as it was recognised.
#[derive(Debug, Clone, Serialize)]
pub struct FormSeen {
    /// Code of the form.
    pub form: String,
    /// Its name.
    pub name: String,
    /// The sheet on which it stands.
    pub sheet: Option<String>,
    /// The period that its title names.
    pub period_in_title: Option<String>,
    /// The period that the file's name names.
    pub period_in_name: Option<String>,
    /// First and last row of the header, from 1.
    pub header: (u32, u32),
    /// Its columns, in the order of the sheet.
    pub columns: Vec<ColumnSeen>,
    /// Elements of the form that have no column.
    pub without_column: Vec<String>,
    /// Its rows of figures.
    pub rows: Vec<RowSeen>,
    /// The totals row, from 1.
    pub total_row: Option<u32>,
    /// Values that are used.
    pub values: usize,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnSeen {
    /// Address of its header.
    pub cell: String,
    /// The header's text.
    pub header: String,
    /// What it was taken for: an element, `unit code`, `unit name`, `doubled` or `unknown`.
    pub element: String,
}

/// A row of figures.
#[derive(Debug, Clone, Serialize)]
pub struct RowSeen {
    /// Row, from 1.
    pub row: u32,
    /// The name that stands in it.
    pub name: String,
    /// Code of its unit.
    pub unit: Option<String>,
    /// How the unit was found: `code`, `name`, `alias` or `close`; else the code of the finding.
    pub by: &'static str,
}

/// A finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingSeen {
    /// `error`, `warning` or `info`.
    pub severity: &'static str,
    /// Its code.
    pub code: &'static str,
    /// The cell, where it is about one.
    pub cell: Option<String>,
    /// What, found, expected, in Vietnamese.
    pub message_vi: String,
    /// The same in English.
    pub message_en: String,
}

/// Tells how the bytes of a file that a district sent would be read on a day, after what a person said of it.
pub fn inspect(
    plan: &Plan,
    register: &Register,
    bytes: Vec<u8>,
    district: &str,
    file_name: &str,
    day: Date,
    waivers: &[Waiver],
) -> Vec<Inspection> {
    let desk = Desk::new(plan, register);
    let received = Received { submission_id: "", district, file_name, member: None, day, waivers };
    let parts = read::read(bytes);
    if desk.any_persons(&parts) {
        return vec![refused(None, &reading::persons(""))];
    }
    parts.into_iter().map(|part| of_part(&part, &received, &desk, plan)).collect()
}

/// A file of which nothing can be told but why.
fn refused(member: Option<String>, finding: &Finding) -> Inspection {
    Inspection { member, quarantined: true, findings: vec![seen(finding)], ..Inspection::default() }
}

fn of_part(part: &read::Part, received: &Received<'_>, desk: &Desk<'_>, plan: &Plan) -> Inspection {
    let received = Received { member: part.member.as_deref(), ..*received };
    let book = match &part.book {
        Ok(book) => book,
        Err(refusal) => return refused(part.member.clone(), &refusal.finding("")),
    };
    let outcome = reading::form(book, &received, desk);
    let values = outcome.as_ref().map_or(0, |form| form.values.len());
    let findings = match &outcome {
        Ok(form) => form.findings.iter().map(seen).collect(),
        Err(finding) => vec![seen(finding)],
    };
    let form = desk.place(book, None).map(|(grid, layout)| of_form(grid, &layout, &received, desk, plan, values));
    Inspection {
        container: Some(match book.container {
            Container::Xlsx => "XLSX",
            Container::Xls => "XLS",
            Container::Ods => "ODS",
            Container::Text => "text",
        }),
        encoding: book.encoding.map(|e| e.name),
        confidence: book.encoding.map(|e| e.confidence),
        sheets: sheets(book),
        member: part.member.clone(),
        quarantined: outcome.is_err(),
        form,
        findings,
    }
}

fn seen(finding: &Finding) -> FindingSeen {
    FindingSeen {
        severity: finding.severity.as_str(),
        code: finding.code.as_str(),
        cell: finding.cell.map(|c| c.to_string()),
        message_vi: finding.message_vi(),
        message_en: finding.message_en(),
    }
}

fn sheets(book: &Book) -> Vec<SheetSeen> {
    let of = |grid: &Grid, hidden| SheetSeen { name: grid.sheet.clone(), hidden, cells: grid.cells.len() };
    book.grids.iter().map(|g| of(g, false)).chain(book.hidden.iter().map(|g| of(g, true))).collect()
}

fn of_form(
    grid: &Grid,
    layout: &Layout,
    received: &Received<'_>,
    desk: &Desk<'_>,
    plan: &Plan,
    values: usize,
) -> FormSeen {
    let form = &plan.forms[layout.form];
    let title = desk.titled(grid, layout, form.frequency);
    let named = received.named_period(form.frequency).period;
    // Without a period the units are those of the day of receipt.
    let day = title.or(named).map_or(received.day, Period::end);
    let roll = desk.roll(form.level, received.district, day);
    let (found, total) = rows::find(grid, layout, plan, &roll);
    let has = |element: &usize| layout.columns.iter().any(|c| c.element == *element);
    FormSeen {
        form: form.code.clone(),
        name: form.name_vi.clone(),
        sheet: grid.sheet.clone(),
        period_in_title: title.map(|p| p.to_string()),
        period_in_name: named.map(|p| p.to_string()),
        header: (layout.header + 1, layout.first),
        columns: columns(grid, layout, plan),
        without_column: form.elements.iter().filter(|e| !has(e)).map(|e| plan.elements[*e].code.clone()).collect(),
        rows: found.iter().map(|row| of_row(row, grid, layout, &roll)).collect(),
        total_row: total.map(|t| t.row + 1),
        values,
    }
}

fn columns(grid: &Grid, layout: &Layout, plan: &Plan) -> Vec<ColumnSeen> {
    let mut all: Vec<(u32, String)> = Vec::new();
    all.extend(layout.code.map(|c| (c, "unit code".to_owned())));
    all.extend(layout.name.map(|c| (c, "unit name".to_owned())));
    let single = layout.columns.iter().filter(|c| layout.doubled.iter().all(|(element, _)| *element != c.element));
    all.extend(single.map(|c| (c.column, plan.elements[c.element].code.clone())));
    for (element, cells) in &layout.doubled {
        all.extend(cells.iter().map(|(_, column)| (*column, format!("doubled: {}", plan.elements[*element].code))));
    }
    all.extend(layout.unknown.iter().map(|(_, c, _)| (*c, "unknown".to_owned())));
    all.sort();
    let of = |(column, element): (u32, String)| {
        // The innermost text of the header.
        let within = |c: &&Cell| (layout.header..layout.first).contains(&c.row) && c.column == column;
        let bracketed = |text: &str| text.starts_with('(') && text.len() <= 5;
        let said = |c: &&Cell| !bracketed(grid.raw(c).trim()) && !grid.raw(c).trim().is_empty();
        let last = grid.cells.iter().rev().filter(within).find(said);
        ColumnSeen {
            cell: grid.address(last.map_or(layout.header, |c| c.row), column).to_string(),
            header: last.map(|c| grid.raw(c).split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default(),
            element,
        }
    };
    all.into_iter().map(of).collect()
}

fn of_row(row: &reading::Row<'_>, grid: &Grid, layout: &Layout, roll: &Roll<'_>) -> RowSeen {
    let (unit, by) = match &row.unit {
        Match::Unit(at, close) => {
            let unit = roll.own[*at];
            let said = |column: Option<u32>| {
                let cell = grid.cells.iter().find(|c| c.row == row.row && Some(c.column) == column);
                cell.map(|c| grid.shown(c)).unwrap_or_default()
            };
            let by = if close.is_some() {
                "close"
            } else if said(layout.code).trim().trim_start_matches('0') == unit.code.trim_start_matches('0') {
                "code"
            } else if [unit.name_vi.as_str(), unit.bare_name()].iter().any(|n| fold_name(n) == fold_name(&row.name)) {
                "name"
            } else {
                "alias"
            };
            (Some(unit.code.clone()), by)
        }
        Match::Other(code, unit) => (Some(unit.clone()), code.as_str()),
        Match::Bad(code) => (None, code.as_str()),
    };
    RowSeen { row: row.row + 1, name: row.name.trim().to_owned(), unit, by }
}
