//! The form's sheet in a reply: the received cells at their own addresses, with every finding marked in its cell.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Format, Note, Worksheet, XlsxError};

use super::book::capped;
use super::letter::{Item, Letter};
use super::style::Styles;
use super::words::{self, Mark};
use crate::model::{Sheet, SheetCell, Shown, reply};

/// Most cells of a form that are shown, and most notes on them; a form has a few hundred.
const MOST_CELLS: usize = 60_000;
const MOST_NOTES: usize = 2_000;
/// Limits of a workbook, and of a merged region that is taken over.
const ROWS: u32 = 1 << 20;
const COLUMNS: u32 = 1 << 14;
const MOST_MERGED: u32 = 5_000;

/// A name that a workbook's sheet may bear: the received one where it can, else the form's.
pub(super) fn sheet_name(sheet: &Sheet, letter: &Letter<'_>) -> String {
    let form = letter.form.map_or_else(|| "Biểu".to_owned(), |f| format!("Biểu {}", f.code));
    let name = sheet.name.as_deref().unwrap_or(&form);
    let mut room = 28;
    let fits = |c: &char| {
        room -= c.len_utf16() as i32;
        room >= 0
    };
    let kept: String = name.chars().filter(|c| !c.is_control() && !"[]:*?/\\".contains(*c)).take_while(fits).collect();
    let kept = kept.trim_matches(['\'', ' ']);
    match kept {
        "" => form,
        taken if taken.to_lowercase() == reply::SHEET.to_lowercase() => format!("{taken} 2"),
        // A name that Excel keeps for itself.
        taken if taken.eq_ignore_ascii_case("history") => format!("{taken} 2"),
        kept => kept.to_owned(),
    }
}

/// Writes the sheet.
pub(super) fn write(
    page: &mut Worksheet,
    sheet: &Sheet,
    name: &str,
    letter: &Letter<'_>,
    styles: &Styles,
) -> Result<(), XlsxError> {
    // A3 for the forms that fill it.
    let wide =
        sheet.cells.iter().filter(|c| c.row >= sheet.header && c.row < sheet.first).map(|c| c.column).max() > Some(15);
    page.set_name(name)?.set_landscape().set_paper_size(if wide { 8 } else { 9 }).set_print_fit_to_pages(1, 0);
    page.set_default_note_author("wardscore");
    let mut marks: BTreeMap<(u32, u32), Vec<&Item<'_>>> = BTreeMap::new();
    for item in &letter.items {
        if let Some(cell) = item.cell.filter(|c| c.row() < ROWS && c.column() < COLUMNS) {
            marks.entry((cell.row(), cell.column())).or_default().push(item);
        }
    }
    let mark_at = |row, column| marks.get(&(row, column)).and_then(|items| items.iter().map(|i| Mark::of(i)).min());
    let table = table_rows(sheet, &marks);
    let within = |row: u32| table.binary_search(&row).is_ok();
    for [top, left, bottom, right] in &sheet.merges {
        let area = bottom.saturating_sub(*top).saturating_add(1).saturating_mul(right.saturating_sub(*left) + 1);
        if *bottom < ROWS && *right < COLUMNS && (2..=MOST_MERGED).contains(&area) {
            let cells = styles.cells(mark_at(*top, *left));
            let head = *top >= sheet.header && *top < sheet.first;
            let format = if head {
                &cells.head
            } else if within(*top) {
                &cells.name
            } else {
                &cells.title
            };
            // Two regions that overlap come only from a broken file; the second is left out.
            let _ = page.merge_range(*top, *left as u16, *bottom, *right as u16, "", format);
        }
    }
    let shown = |cell: &&SheetCell| cell.row < ROWS && cell.column < COLUMNS;
    for cell in sheet.cells.iter().filter(shown).take(MOST_CELLS) {
        let (row, column) = (cell.row, cell.column as u16);
        let cells = styles.cells(mark_at(cell.row, cell.column));
        let zone = if row >= sheet.header && row < sheet.first {
            Zone::Head
        } else if within(row) {
            if sheet.names.is_some_and(|n| cell.column <= n) { Zone::Name } else { Zone::Figure }
        } else {
            Zone::Title
        };
        let format: &Format = match (zone, &cell.shown) {
            (Zone::Head, _) => &cells.head,
            (Zone::Name, _) => &cells.name,
            (Zone::Title, _) => &cells.title,
            (Zone::Figure, Shown::Number(n)) if n.fract() == 0.0 => &cells.whole,
            (Zone::Figure, Shown::Number(_)) => &cells.decimal,
            (Zone::Figure, _) => &cells.text,
        };
        match &cell.shown {
            // Always as text: what begins with `=` stays what it was.
            Shown::Text(text) => page.write_string_with_format(row, column, capped(text), format)?,
            Shown::Number(number) => page.write_number_with_format(row, column, *number, format)?,
            Shown::Flag(flag) => page.write_boolean_with_format(row, column, *flag, format)?,
        };
    }
    notes(page, sheet, &marks, styles)?;
    widths(page, sheet, &table)?;
    page.set_freeze_panes(sheet.first.min(ROWS - 1), sheet.names.filter(|n| *n < 4).map_or(0, |n| n as u16 + 1))?;
    if sheet.header < sheet.first && sheet.first < ROWS {
        page.set_repeat_rows(sheet.header, sheet.first - 1)?;
        for row in sheet.header..sheet.first {
            let labels = sheet.cells.iter().filter(|c| c.row == row);
            let longest = labels.map(|c| if let Shown::Text(t) = &c.shown { t.chars().count() } else { 0 }).max();
            page.set_row_height(row, if longest.unwrap_or(0) > 12 { 62.0 } else { 18.0 })?;
        }
    }
    Ok(())
}

#[derive(Debug, Clone, Copy)]
enum Zone {
    Title,
    Head,
    Name,
    Figure,
}

/// The rows of figures: those below the header with several cells. Signatures and notes have one or two.
fn table_rows(sheet: &Sheet, marks: &BTreeMap<(u32, u32), Vec<&Item<'_>>>) -> Vec<u32> {
    let start = sheet.cells.partition_point(|c| c.row < sheet.first);
    let below = sheet.cells.get(start..).unwrap_or(&[]);
    let mut rows: Vec<u32> =
        below.chunk_by(|a, b| a.row == b.row).filter(|row| row.len() > 3).map(|row| row[0].row).collect();
    rows.extend(marks.keys().map(|(row, _)| *row).filter(|row| *row >= sheet.first));
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// A note on each marked cell; a marked cell that was empty is shown by its colour too.
fn notes(
    page: &mut Worksheet,
    sheet: &Sheet,
    marks: &BTreeMap<(u32, u32), Vec<&Item<'_>>>,
    styles: &Styles,
) -> Result<(), XlsxError> {
    for (at, ((row, column), items)) in marks.iter().enumerate() {
        let filled = sheet.cells.binary_search_by_key(&(*row, *column), |c| (c.row, c.column)).is_ok();
        if !filled {
            let mark = items.iter().map(|i| Mark::of(i)).min();
            page.write_blank(*row, *column as u16, &styles.cells(mark).text)?;
        }
        if at < MOST_NOTES {
            let text: Vec<String> = items.iter().map(|i| words::note(i)).collect();
            let text = capped(&text.join("\n\n"));
            let height: usize = text.lines().map(|line| line.chars().count() / 46 + 1).sum();
            let note =
                Note::new(text).add_author_prefix(false).set_width(300).set_height(16 * height.min(30) as u32 + 10);
            page.insert_note(*row, *column as u16, &note)?;
        }
    }
    Ok(())
}

/// Widths by what stands in the rows of figures.
fn widths(page: &mut Worksheet, sheet: &Sheet, table: &[u32]) -> Result<(), XlsxError> {
    let mut longest: BTreeMap<u32, usize> = BTreeMap::new();
    let in_table = |c: &&SheetCell| table.binary_search(&c.row).is_ok() && c.column < COLUMNS.min(200);
    for cell in sheet.cells.iter().filter(in_table).take(MOST_CELLS) {
        let length = match &cell.shown {
            Shown::Text(text) => text.chars().count(),
            Shown::Number(number) => number.to_string().len(),
            Shown::Flag(_) => 5,
        };
        let known = longest.entry(cell.column).or_default();
        *known = length.max(*known);
    }
    for (column, length) in longest {
        let least = if sheet.names.is_some_and(|n| column < n) { 5 } else { 10 };
        page.set_column_width(column as u16, length.clamp(least, 30) as f64 + 1.5)?;
    }
    Ok(())
}
