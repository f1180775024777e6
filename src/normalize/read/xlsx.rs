//! XLSX: parts of a package → sheets of cells.
//!
//! The parts are unpacked once, under a cap, looked at, and handed to the workbook reader in a package of their own that
//! holds nothing else. Cells are streamed: a dense range would be as large as its farthest cell says.

use std::collections::HashMap;
use std::io::{Cursor, Write};

use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx};
use memchr::memmem;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader as Xml, XmlVersion};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::encoding::Legacy;
use super::legacy::{self, Fonts};
use super::package::{Package, damaged};
use super::refusal::Excess;
use super::{Content, Grid, Refusal, Sheets, limits};

/// A merged region: first row, first column, last row, last column.
type Merge = (u32, u32, u32, u32);

/// What is known of the parts before the workbook reader sees them.
#[derive(Default)]
struct Parts {
    /// The package that the reader gets.
    bytes: Vec<u8>,
    /// Merged regions by the sheet's part.
    merges: HashMap<String, Vec<Merge>>,
    /// The part of each sheet, by its name.
    sheets: HashMap<String, String>,
    /// Texts of comments.
    notes: Vec<String>,
}

/// Reads an XLSX workbook.
pub(super) fn read(package: Package<'_>) -> Result<Sheets, Refusal> {
    let mut parts = parts(package)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(parts.bytes.as_slice())).map_err(damaged)?;
    let listed: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .filter(|s| s.typ == SheetType::WorkSheet)
        .map(|s| (s.name.clone(), s.visible == SheetVisible::Visible))
        .collect();
    let mut sheets = Sheets::default();
    for (name, visible) in &listed {
        let mut grid = Grid::new(Some(name.clone()), String::new());
        if let Some(merges) = parts.sheets.get(name).and_then(|part| parts.merges.get_mut(part)) {
            grid.merges = std::mem::take(merges);
        }
        cells(&mut book, name, &mut grid, limits::CELLS.saturating_sub(sheets.cells()))?;
        sheets.push(grid, *visible);
    }
    sheets.notes = parts.notes;
    if sheets.suspect() {
        sheets.fonts = fonts(&mut book, &listed);
    }
    Ok(sheets)
}

fn cells<R: std::io::Read + std::io::Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    grid: &mut Grid,
    most: usize,
) -> Result<(), Refusal> {
    let mut reader = book.worksheet_cells_reader(name).map_err(damaged)?;
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(damaged)? {
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
            DataRef::Empty => continue,
        }
        grid.bounded(row, column, most)?;
    }
    Ok(())
}

/// The fonts of all cells, sheets counted as visible ones first; in a second pass, which few files need.
fn fonts<R: std::io::Read + std::io::Seek>(book: &mut Xlsx<R>, listed: &[(String, bool)]) -> Fonts {
    let mut fonts = Fonts::new();
    let order = listed.iter().filter(|s| s.1).chain(listed.iter().filter(|s| !s.1));
    for (sheet, (name, _)) in order.enumerate() {
        let Ok(mut reader) = book.worksheet_cells_reader(name) else { continue };
        let of_style: Vec<Option<Legacy>> = reader
            .styles()
            .iter()
            .map(|style| legacy::of_font(style.font.as_ref().and_then(|f| f.name.as_deref()).unwrap_or("")))
            .collect();
        while let Ok(Some((cell, style))) = reader.next_cell_with_style_id() {
            if let Some(font) = of_style.get(style) {
                let (row, column) = cell.get_position();
                fonts.insert((sheet, row, column), *font);
            }
        }
    }
    fonts
}

/// Unpacks the parts that are read, looks at each, and packs them anew without compression.
fn parts(mut package: Package<'_>) -> Result<Parts, Refusal> {
    let mut parts = Parts::default();
    let mut packed = ZipWriter::new(Cursor::new(Vec::with_capacity(64 << 10)));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let (mut workbook, mut relations) = (String::new(), String::new());
    for at in 0..package.entries.len() {
        let name = package.entries[at].name.clone();
        let lower = name.to_ascii_lowercase();
        let comments = lower.starts_with("xl/comments") || lower.starts_with("xl/threadedcomments/");
        if !comments && !is_read(&lower) {
            continue;
        }
        let bytes = package.unpack(at)?;
        let text = std::str::from_utf8(&bytes).map_err(damaged)?;
        look(&name, text)?;
        if comments {
            parts.notes.extend(texts(text));
            continue;
        }
        match lower.as_str() {
            "[content_types].xml" if text.contains("macroEnabled") => return Err(Refusal::Macros(name)),
            "xl/workbook.xml" => text.clone_into(&mut workbook),
            "xl/_rels/workbook.xml.rels" => text.clone_into(&mut relations),
            "xl/sharedstrings.xml" => strings(&name, text)?,
            sheet if is_sheet(sheet) => {
                let merges = merges(text)?;
                if !merges.is_empty() {
                    parts.merges.insert(name.clone(), merges);
                }
            }
            _ => {}
        }
        packed.start_file(name, stored).map_err(damaged)?;
        packed.write_all(&bytes).map_err(damaged)?;
    }
    parts.bytes = packed.finish().map_err(damaged)?.into_inner();
    parts.sheets = sheets(&workbook, &relations)?;
    Ok(parts)
}

/// True for the parts that the workbook reader needs.
fn is_read(lower: &str) -> bool {
    let base = ["[content_types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"];
    base.contains(&lower) || lower == "xl/sharedstrings.xml" || lower == "xl/styles.xml" || is_sheet(lower)
}

/// True for the part of a sheet; its relations lie in a folder below.
fn is_sheet(lower: &str) -> bool {
    lower.strip_prefix("xl/worksheets/").is_some_and(|rest| !rest.contains('/'))
}

/// Refuses what no office program writes, and a sheet blown up with rows.
fn look(name: &str, text: &str) -> Result<(), Refusal> {
    // A declaration stands at the start; looking at all of a large part costs little.
    if memmem::find(text.as_bytes(), b"<!").is_some_and(|_| text.contains("<!DOCTYPE") || text.contains("<!ENTITY")) {
        return Err(Refusal::Crafted(name.to_owned()));
    }
    if text.len() < limits::SMALL as usize {
        return Ok(());
    }
    let rows = memmem::find_iter(text.as_bytes(), b"<row").take(limits::ROWS as usize + 1).count();
    if rows > limits::ROWS as usize {
        return Err(Refusal::TooWide(Excess::Rows));
    }
    let mut xml = Xml::from_str(text);
    let mut depth = 0usize;
    loop {
        match xml.read_event().map_err(damaged)? {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof => return Ok(()),
            _ => {}
        }
        if depth > 100 {
            return Err(Refusal::Crafted(name.to_owned()));
        }
    }
}

/// Refuses a list of shared strings that claims more of them than its bytes can hold: the reader makes room for so many.
fn strings(name: &str, text: &str) -> Result<(), Refusal> {
    let head = text.get(..text.len().min(2_000)).unwrap_or(text);
    let Some((_, after)) = head.split_once("uniqueCount=") else { return Ok(()) };
    let digits: String = after.chars().skip(1).take_while(char::is_ascii_digit).collect();
    // An empty string takes five bytes, `<si/>`.
    if digits.parse::<usize>().map_or(!digits.is_empty(), |n| n > text.len() / 5 + 1) {
        return Err(Refusal::Crafted(name.to_owned()));
    }
    Ok(())
}

/// An attribute's value with its entities resolved.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.attributes().with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

/// The part of each sheet, by its name.
fn sheets(workbook: &str, relations: &str) -> Result<HashMap<String, String>, Refusal> {
    let mut targets: HashMap<String, String> = HashMap::new();
    each(relations, "Relationship", |e| {
        if let (Some(id), Some(target)) = (attribute(e, "Id"), attribute(e, "Target")) {
            let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
            targets.insert(id, path);
        }
    })?;
    let mut sheets = HashMap::new();
    each(workbook, "sheet", |e| {
        if let (Some(name), Some(id)) = (attribute(e, "name"), attribute(e, "id"))
            && let Some(path) = targets.get(&id)
        {
            sheets.insert(name, path.clone());
        }
    })?;
    if sheets.len() > limits::SHEETS {
        return Err(Refusal::TooWide(Excess::Sheets));
    }
    Ok(sheets)
}

/// Calls `with` for each element of this local name.
fn each(text: &str, name: &str, mut with: impl FnMut(&BytesStart<'_>)) -> Result<(), Refusal> {
    let mut xml = Xml::from_str(text);
    // A part's end may be looked at alone.
    xml.config_mut().check_end_names = false;
    xml.config_mut().allow_unmatched_ends = true;
    loop {
        match xml.read_event().map_err(damaged)? {
            Event::Start(e) | Event::Empty(e) if e.local_name().as_ref() == name => with(&e),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The merged regions of a sheet; they stand behind its cells.
fn merges(text: &str) -> Result<Vec<Merge>, Refusal> {
    let mut merges = Vec::new();
    let Some(end) = memmem::rfind(text.as_bytes(), b"mergeCells") else { return Ok(merges) };
    let start = memmem::find(text.as_bytes(), b"mergeCells").unwrap_or(end);
    let from = text.get(..start).and_then(|t| t.rfind('<')).unwrap_or(start);
    let until = text.get(..end).and_then(|t| t.rfind('<')).unwrap_or(end).max(from);
    if memmem::find_iter(&text.as_bytes()[from..until], b"mergeCell ").count() > limits::MERGES {
        return Err(Refusal::TooWide(Excess::Merges));
    }
    each(text.get(from..until).unwrap_or(""), "mergeCell", |e| {
        merges.extend(attribute(e, "ref").as_deref().and_then(region));
    })?;
    Ok(merges)
}

/// `B2:D4` as rows and columns from 0.
fn region(text: &str) -> Option<Merge> {
    let (from, to) = text.split_once(':')?;
    let ((top, left), (bottom, right)) = (cell(from)?, cell(to)?);
    Some((top, left, bottom, right))
}

fn cell(text: &str) -> Option<(u32, u32)> {
    let split = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, digits) = text.split_at(split);
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let column = letters.bytes().try_fold(0u32, |n, b| {
        b.is_ascii_alphabetic().then(|| n * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1)
    })?;
    Some((digits.parse::<u32>().ok()?.checked_sub(1)?, column - 1))
}

/// The texts of a part's `t` elements, as comments have them.
fn texts(text: &str) -> Vec<String> {
    let mut xml = Xml::from_str(text);
    let (mut found, mut open) = (Vec::new(), false);
    while let Ok(event) = xml.read_event() {
        match event {
            Event::Start(e) if matches!(e.local_name().as_ref(), "t" | "text") => {
                open = true;
                found.push(String::new());
            }
            Event::End(e) if matches!(e.local_name().as_ref(), "t" | "text") => open = false,
            Event::Text(t) if open => {
                if let Some(last) = found.last_mut() {
                    last.push_str(&t.xml10_content());
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    found
}
