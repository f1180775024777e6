//! XLS: a compound file with a stream of records → sheets of cells.

use std::io::Cursor;

use calamine::{Data, Range, Reader, SheetType, SheetVisible, Xls};

use super::package::damaged;
use super::refusal::Excess;
use super::{Content, Grid, Refusal, Sheets, biff, limits};

/// Reads an XLS workbook.
pub(super) fn read(bytes: &[u8]) -> Result<Sheets, Refusal> {
    biff::look(bytes)?;
    let mut book: Xls<_> = Xls::new(Cursor::new(bytes)).map_err(damaged)?;
    let listed: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet)
        .map(|s| (s.name.clone(), s.visible == SheetVisible::Visible))
        .collect();
    let mut sheets = Sheets::default();
    for (name, visible) in listed {
        let range = book.worksheet_range(&name).map_err(damaged)?;
        let formulas = book.worksheet_formula(&name).ok();
        let mut grid = Grid::new(Some(name.clone()), String::new());
        fill(&mut grid, &range, formulas.as_ref(), limits::CELLS.saturating_sub(sheets.cells()))?;
        if let Ok(merges) = book.merge_cells_by_sheet_name(&name) {
            if merges.len() > limits::MERGES {
                return Err(Refusal::TooWide(Excess::Merges));
            }
            grid.merges = merges.iter().map(|d| (d.start.0, d.start.1, d.end.0, d.end.1)).collect();
        }
        sheets.push(grid, visible);
    }
    Ok(sheets)
}

fn fill(grid: &mut Grid, range: &Range<Data>, formulas: Option<&Range<String>>, most: usize) -> Result<(), Refusal> {
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
        grid.bounded(row, column, most)?;
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
    Ok(())
}
