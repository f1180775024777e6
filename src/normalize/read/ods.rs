//! ODS: the content part of a package → sheets of cells, streamed.
//!
//! The format repeats a cell or row by a number, so a few bytes may stand for a billion cells: what is empty is skipped
//! however often it is repeated, and what is not is counted.

use std::collections::HashSet;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader as Xml, XmlVersion};

use super::package::{Package, damaged};
use super::refusal::Excess;
use super::{Content, Grid, Refusal, Sheets, limits};

/// Elements nested deeper than this are no office program's.
const DEPTH: usize = 100;

/// Reads an ODS workbook.
pub(super) fn read(mut package: Package<'_>) -> Result<Sheets, Refusal> {
    let at = package.entries.iter().position(|e| e.name == "content.xml").ok_or(Refusal::Damaged)?;
    let bytes = package.unpack(at)?;
    let text = std::str::from_utf8(&bytes).map_err(damaged)?;
    let mut reading = Reading::default();
    let mut xml = Xml::from_str(text);
    let mut depth = 0usize;
    loop {
        match xml.read_event().map_err(damaged)? {
            Event::Start(e) => {
                depth += 1;
                if depth > DEPTH {
                    return Err(Refusal::Crafted("content.xml".to_owned()));
                }
                reading.open(&e)?;
            }
            Event::Empty(e) => {
                reading.open(&e)?;
                reading.close(e.name().as_ref())?;
            }
            Event::End(e) => {
                depth = depth.saturating_sub(1);
                reading.close(e.name().as_ref())?;
            }
            Event::Text(t) => reading.text(&t.xml10_content()),
            Event::GeneralRef(e) => {
                let known = quick_xml::escape::resolve_predefined_entity(&e);
                let named = known.map(str::to_owned);
                let of = named.or_else(|| e.resolve_char_ref().ok().flatten().map(String::from));
                reading.text(&of.unwrap_or_default());
            }
            Event::DocType(_) => return Err(Refusal::Crafted("content.xml".to_owned())),
            Event::Eof => return Ok(reading.sheets),
            _ => {}
        }
    }
}

/// A cell while it is read.
#[derive(Default)]
struct Open {
    repeated: u32,
    kind: String,
    value: Option<f64>,
    flag: bool,
    /// Text that stands in an attribute.
    said: Option<String>,
    /// Text that stands in the element.
    text: String,
    paragraphs: u32,
    error: bool,
    formula: bool,
    spans: (u32, u32),
}

#[derive(Default)]
struct Reading {
    sheets: Sheets,
    grid: Option<(Grid, bool)>,
    /// The style that is being read, and those that hide a sheet.
    style: String,
    hiding: HashSet<String>,
    row: u32,
    column: u32,
    /// How often the row is repeated.
    rows: u32,
    /// Rows as they stand in the file.
    elements: u32,
    cell: Option<Open>,
    /// Depth within something in a cell that is not its text: a comment or a drawing.
    aside: usize,
    note: String,
}

impl Reading {
    fn open(&mut self, e: &BytesStart<'_>) -> Result<(), Refusal> {
        let name = e.name();
        let name = name.as_ref();
        if self.aside > 0 {
            self.aside += 1;
            return Ok(());
        }
        match name {
            "style:style" => self.style = attribute(e, "style:name").unwrap_or_default(),
            "style:table-properties" if attribute(e, "table:display").as_deref() == Some("false") => {
                self.hiding.insert(self.style.clone());
            }
            "table:table-source" | "table:cell-range-source" | "table:dde-link" => {
                return Err(Refusal::ExternalLinks(name.to_owned()));
            }
            "table:table" if self.cell.is_none() => {
                let shown = attribute(e, "table:style-name").is_none_or(|style| !self.hiding.contains(&style));
                let grid = Grid::new(Some(attribute(e, "table:name").unwrap_or_default()), String::new());
                self.grid = Some((grid, shown));
                (self.row, self.column, self.rows) = (0, 0, 1);
            }
            "table:table-row" => {
                self.elements += 1;
                if self.elements > limits::ROWS {
                    return Err(Refusal::TooWide(Excess::Rows));
                }
                self.rows = number(e, "table:number-rows-repeated");
                self.column = 0;
            }
            "table:table-cell" | "table:covered-table-cell" => self.cell = Some(cell(e)?),
            "office:annotation" => self.aside = 1,
            _ if name.starts_with("draw:") => self.aside = 1,
            _ => {
                if let Some(cell) = &mut self.cell {
                    match name {
                        "text:p" if cell.paragraphs > 0 => cell.text.push('\n'),
                        "text:s" => {
                            let spaces = number(e, "text:c").min(1_000);
                            cell.text.extend(std::iter::repeat_n(' ', spaces as usize));
                        }
                        "text:tab" => cell.text.push('\t'),
                        "text:line-break" => cell.text.push('\n'),
                        _ => {}
                    }
                    cell.paragraphs += u32::from(name == "text:p");
                }
            }
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if self.aside > 0 {
            self.note.push_str(text);
        } else if let Some(cell) = self.cell.as_mut().filter(|c| c.paragraphs > 0) {
            cell.text.push_str(text);
        }
    }

    fn close(&mut self, name: &str) -> Result<(), Refusal> {
        if self.aside > 0 {
            self.aside -= 1;
            if self.aside == 0 && !self.note.is_empty() {
                self.sheets.notes.push(std::mem::take(&mut self.note));
            }
            return Ok(());
        }
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                if let Some(cell) = self.cell.take() {
                    self.place(&cell)?;
                }
            }
            "table:table-row" => self.row = self.row.saturating_add(self.rows),
            "table:table" if self.cell.is_none() => {
                if let Some((grid, shown)) = self.grid.take() {
                    self.sheets.push(grid, shown);
                    if self.sheets.count() > limits::SHEETS {
                        return Err(Refusal::TooWide(Excess::Sheets));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts a cell into the sheet, as often as it and its row are repeated.
    fn place(&mut self, cell: &Open) -> Result<(), Refusal> {
        let (row, column, rows) = (self.row, self.column, self.rows);
        self.column = column.saturating_add(cell.repeated);
        let most = limits::CELLS.saturating_sub(self.sheets.cells());
        let Some((grid, _)) = &mut self.grid else { return Ok(()) };
        if cell.spans != (1, 1) && grid.merges.len() < limits::MERGES {
            grid.merges.push((row, column, row + cell.spans.0 - 1, column + cell.spans.1 - 1));
        }
        let said = cell.said.as_deref().filter(|s| !s.is_empty()).unwrap_or(&cell.text);
        let content = match cell.kind.as_str() {
            _ if cell.error => Some(Content::Error),
            "float" | "percentage" | "currency" => cell.value.map(Content::Number),
            "date" | "time" => Some(Content::Date),
            "boolean" => Some(Content::Flag(cell.flag)),
            // A formula whose value was not stored is not an empty cell.
            "" if cell.formula => Some(Content::Error),
            _ if said.is_empty() => return Ok(()),
            _ => None,
        };
        for row in row..row.saturating_add(rows) {
            for column in column..column.saturating_add(cell.repeated) {
                match content {
                    Some(content) => grid.push(row, column, content),
                    None => grid.push_text(row, column, said),
                }
                grid.bounded(row, column, most)?;
            }
        }
        Ok(())
    }
}

/// A cell's attributes.
fn cell(e: &BytesStart<'_>) -> Result<Open, Refusal> {
    let mut cell = Open { repeated: 1, spans: (1, 1), ..Open::default() };
    for a in e.attributes().with_checks(false).flatten() {
        let value =
            || a.normalized_value(XmlVersion::Implicit1_0).map(std::borrow::Cow::into_owned).unwrap_or_default();
        let whole = || a.value.parse::<u32>().unwrap_or(1).max(1);
        match a.key.as_ref() {
            "table:number-columns-repeated" => cell.repeated = whole(),
            "table:number-columns-spanned" => cell.spans.1 = whole().min(limits::COLUMNS),
            "table:number-rows-spanned" => cell.spans.0 = whole().min(limits::ROWS),
            "office:value-type" => cell.kind = value(),
            "calcext:value-type" => cell.error = a.value == "error",
            "office:value" => cell.value = a.value.parse().ok(),
            "office:boolean-value" => cell.flag = a.value.eq_ignore_ascii_case("true"),
            "office:string-value" => cell.said = Some(value()),
            "table:formula" => {
                cell.formula = !a.value.is_empty();
                if a.value.contains("file:") {
                    return Err(Refusal::ExternalLinks("table:formula".to_owned()));
                }
            }
            _ => {}
        }
    }
    Ok(cell)
}

fn attribute(e: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = e.try_get_attribute(name).ok()??;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// A number that an attribute gives; one where it gives none.
fn number(e: &BytesStart<'_>, name: &str) -> u32 {
    e.try_get_attribute(name).ok().flatten().and_then(|a| a.value.parse().ok()).unwrap_or(1)
}
