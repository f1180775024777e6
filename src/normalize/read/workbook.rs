//! Workbooks: the visible sheets of XLSX, XLS and ODS.
//!
//! XLSX is streamed cell by cell: a dense range would be as large as its farthest cell says.

use std::io::Cursor;

use calamine::{Data, DataRef, Ods, Range, Reader, SheetType, SheetVisible, Xls, Xlsx, open_workbook_from_rs};

use super::{Content, Grid, Refusal};
use crate::model::Code;

/// Most cells of one sheet; a form has a few thousand.
const CELLS_MAX: usize = 2_000_000;

fn unreadable(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(Code::FileUnreadable, format!("broken workbook ({error})"))
}

fn visible(sheets: &[calamine::Sheet]) -> Vec<String> {
    sheets
        .iter()
        .filter(|s| s.visible == SheetVisible::Visible && s.typ == SheetType::WorkSheet)
        .map(|s| s.name.clone())
        .collect()
}

/// Reads an XLSX workbook.
pub(super) fn xlsx(bytes: &[u8]) -> Result<Vec<Grid>, Refusal> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let mut grids = Vec::new();
    for name in visible(book.sheets_metadata()) {
        let mut grid = Grid::new(Some(name.clone()), String::new());
        let merges = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
        grid.merges = merges.iter().map(|d| (d.start.0, d.start.1, d.end.0, d.end.1)).collect();
        let mut reader = book.worksheet_cells_reader(&name).map_err(unreadable)?;
        while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(unreadable)? {
            let (row, column) = cell.pos;
            match cell.value {
                DataRef::Int(n) => grid.push(row, column, Content::Number(n as f64)),
                DataRef::Float(n) => grid.push(row, column, Content::Number(n)),
                DataRef::String(text) => grid.push_text(row, column, &text),
                DataRef::SharedString(text) => grid.push_text(row, column, text),
                DataRef::Bool(flag) => grid.push(row, column, Content::Flag(flag)),
                DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => {
                    grid.push(row, column, Content::Date);
                }
                DataRef::Error(_) => grid.push(row, column, Content::Error),
                DataRef::Empty if cell.formula.is_some() => grid.push(row, column, Content::Error),
                DataRef::Empty => {}
            }
            if grid.cells.len() > CELLS_MAX {
                return Err(Refusal::new(Code::FileTooLarge, format!("more than {CELLS_MAX} cells")));
            }
        }
        grid.sort();
        grids.push(grid);
    }
    Ok(grids)
}

/// Reads an XLS workbook; its sheets are bounded by the format.
pub(super) fn xls(bytes: &[u8]) -> Result<Vec<Grid>, Refusal> {
    let mut book: Xls<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let mut grids = Vec::new();
    for name in visible(book.sheets_metadata()) {
        let range = book.worksheet_range(&name).map_err(unreadable)?;
        let formulas = book.worksheet_formula(&name).ok();
        let mut grid = dense(&name, &range, formulas.as_ref());
        if let Ok(merges) = book.merge_cells_by_sheet_name(&name) {
            grid.merges = merges.iter().map(|d| (d.start.0, d.start.1, d.end.0, d.end.1)).collect();
        }
        grids.push(grid);
    }
    Ok(grids)
}

/// Reads an ODS workbook.
pub(super) fn ods(bytes: &[u8]) -> Result<Vec<Grid>, Refusal> {
    let mut book: Ods<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(unreadable)?;
    let mut grids = Vec::new();
    for name in visible(book.sheets_metadata()) {
        let range = book.worksheet_range(&name).map_err(unreadable)?;
        let formulas = book.worksheet_formula(&name).ok();
        grids.push(dense(&name, &range, formulas.as_ref()));
    }
    Ok(grids)
}

fn dense(name: &str, range: &Range<Data>, formulas: Option<&Range<String>>) -> Grid {
    let mut grid = Grid::new(Some(name.to_owned()), String::new());
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let (row, column) = (row as u32 + top, column as u32 + left);
        match value {
            Data::Int(n) => grid.push(row, column, Content::Number(*n as f64)),
            Data::Float(n) => grid.push(row, column, Content::Number(*n)),
            Data::String(text) => grid.push_text(row, column, text),
            Data::Bool(flag) => grid.push(row, column, Content::Flag(*flag)),
            Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => grid.push(row, column, Content::Date),
            Data::Error(_) => grid.push(row, column, Content::Error),
            Data::Empty => {}
        }
    }
    // A formula whose value was not stored is not an empty cell.
    if let Some(formulas) = formulas {
        let (top, left) = formulas.start().unwrap_or_default();
        for (row, column, formula) in formulas.used_cells() {
            let at = (row as u32 + top, column as u32 + left);
            let stored = range.get_value(at).is_some_and(|v| !matches!(v, Data::Empty));
            if !formula.is_empty() && !stored {
                grid.push(at.0, at.1, Content::Error);
            }
        }
    }
    grid.sort();
    grid
}
