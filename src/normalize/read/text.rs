//! Text files: encoding, delimiter, fields. Lines are physical lines, so that an address is what an editor shows; of a
//! record that runs over several it is the first.

use super::encoding::{self, Encoding};
use super::refusal::Excess;
use super::{Content, Grid, Refusal, limits};

/// Reads a text file into one sheet, and says how it was encoded.
pub(super) fn read(bytes: Vec<u8>) -> Result<(Grid, Encoding), Refusal> {
    let (mut text, encoding) = decode(bytes)?;
    if text.len() > limits::TEXT {
        return Err(Refusal::TooManyCells);
    }
    // Lines that end as on old Macintoshes, all of them or some; one return too many before a line end is no line.
    let alone = |at: usize| !matches!(text.as_bytes().get(at + 1), Some(b'\n' | b'\r'));
    if memchr::memchr_iter(b'\r', text.as_bytes()).any(alone) {
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace('\r', "\n");
    }
    if memchr::memchr_iter(b'\n', text.as_bytes()).take(limits::LINES + 1).count() > limits::LINES {
        return Err(Refusal::TooWide(Excess::Rows));
    }
    let (fields, quoted) = fields(&text)?;
    // The buffer is the file's own text: no field is copied.
    let mut grid = Grid::new(None, text);
    for (row, column, start, end) in fields {
        grid.push(row, column, Content::Text { start, end });
        grid.bounded(row, column, limits::CELLS)?;
    }
    for (row, column, field) in quoted {
        grid.push_text(row, column, &field);
        grid.bounded(row, column, limits::CELLS)?;
    }
    Ok((grid, encoding))
}

/// A field that is not quoted: row, column, where it begins and ends.
type Plain = (u32, u32, u32, u32);
/// A quoted field: row, column, its text.
type Quoted = (u32, u32, String);

/// Fields that are not quoted by place, quoted ones by text; empty ones are none.
fn fields(text: &str) -> Result<(Vec<Plain>, Vec<Quoted>), Refusal> {
    let delimiter = delimiter(text);
    let (mut fields, mut quoted) = (Vec::new(), Vec::new());
    let bytes = text.as_bytes();
    let (mut row, mut column, mut start) = (0u32, 0u32, 0usize);
    // Line ends within the record: its fields stand in one row, the line on which it begins.
    let mut broken = 0;
    let mut at = 0;
    while at <= bytes.len() {
        // A quoted field may hold delimiters and line ends.
        if at == start && bytes.get(at) == Some(&b'"') {
            let (end, field, lines) = quoted_field(text, at);
            quoted.push((row, column, field));
            at = end;
            start = end;
            broken += lines;
            // What follows the closing quote up to the delimiter is dropped.
            while at < bytes.len() && bytes[at] != delimiter && bytes[at] != b'\n' {
                at += 1;
            }
            start = start.max(at);
        }
        let byte = bytes.get(at).copied();
        if byte.is_none() || byte == Some(delimiter) || byte == Some(b'\n') {
            let mut end = at;
            if end > start && byte != Some(delimiter) && bytes[end - 1] == b'\r' {
                end -= 1;
            }
            if end > start {
                fields.push((row, column, start as u32, end as u32));
            }
            if byte == Some(delimiter) {
                column += 1;
            } else {
                row += 1 + std::mem::take(&mut broken);
                column = 0;
            }
            start = at + 1;
            if fields.len() + quoted.len() > limits::CELLS {
                return Err(Refusal::TooManyCells);
            }
        }
        at += 1;
    }
    Ok((fields, quoted))
}

/// The text of a quoted field, where it ends, and how many line ends it holds.
fn quoted_field(text: &str, open: usize) -> (usize, String, u32) {
    let bytes = text.as_bytes();
    let mut at = open + 1;
    let mut from = at;
    let mut field = String::new();
    while at < bytes.len() {
        if bytes[at] == b'"' {
            field.push_str(text.get(from..at).unwrap_or(""));
            if bytes.get(at + 1) != Some(&b'"') {
                let lines = field.matches('\n').count() as u32;
                return (at + 1, field, lines);
            }
            field.push('"');
            at += 1;
            from = at + 1;
        }
        at += 1;
    }
    field.push_str(text.get(from..).unwrap_or(""));
    let lines = field.matches('\n').count() as u32;
    (bytes.len(), field, lines)
}

/// The delimiter that most evenly cuts the lines: the one that occurs most on any line.
fn delimiter(text: &str) -> u8 {
    const KNOWN: [u8; 4] = [b'\t', b';', b',', b'|'];
    // A line by which some programs say it.
    if let Some(said) = text.strip_prefix("sep=").and_then(|rest| rest.bytes().next())
        && KNOWN.contains(&said)
    {
        return said;
    }
    let most = |d: u8| text.lines().map(|line| memchr::memchr_iter(d, line.as_bytes()).count()).max().unwrap_or(0);
    // A header's labels hold commas; so of equals the rarer sign wins.
    KNOWN.into_iter().rev().max_by_key(|d| most(*d)).unwrap_or(b',')
}

fn decode(bytes: Vec<u8>) -> Result<(String, Encoding), Refusal> {
    // The longest text as UTF-16.
    if bytes.len() > limits::TEXT * 2 {
        return Err(Refusal::TooManyCells);
    }
    let (little, big) = (("UTF-16LE", u16::from_le_bytes as fn([u8; 2]) -> u16), ("UTF-16BE", u16::from_be_bytes as _));
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return utf16(rest, little);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest, big);
    }
    let head = bytes.get(..bytes.len().min(2000)).unwrap_or(&[]);
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count() * 4;
    if zeros(1) > head.len() {
        return utf16(&bytes, little);
    }
    if zeros(0) > head.len() {
        return utf16(&bytes, big);
    }
    if memchr::memchr(0, &bytes).is_some() {
        return Err(Refusal::Binary);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => (rest.to_owned(), Encoding::certain("UTF-8 BOM")),
            None => (text, Encoding::certain("UTF-8")),
        }),
        Err(error) => encoding::decode(error.as_bytes()),
    }
}

fn utf16(bytes: &[u8], (name, unit): (&'static str, fn([u8; 2]) -> u16)) -> Result<(String, Encoding), Refusal> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok((text, Encoding::certain(name))),
        _ => Err(Refusal::Encoding(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(u32, u32, String)> {
        let mut grid = read(text.as_bytes().to_vec()).unwrap().0;
        grid.sort();
        grid.cells.iter().map(|c| (c.row, c.column, grid.raw(c).to_owned())).collect()
    }

    #[test]
    fn records_keep_the_physical_line_they_begin_on() {
        let found = cells("a;b;;\r\n\"x;\"\"y\nz\";q;c;d\n\nlast");
        let want =
            [(0, 0, "a"), (0, 1, "b"), (1, 0, "x;\"y\nz"), (1, 1, "q"), (1, 2, "c"), (1, 3, "d"), (4, 0, "last")];
        assert_eq!(found, want.map(|(r, c, t)| (r, c, t.to_owned())));
    }

    #[test]
    fn encodings_are_told_from_content() {
        for little in [true, false] {
            for mark in [true, false] {
                let units = mark.then_some(0xFEFF).into_iter().chain("Kỳ báo cáo;1;2;3;4".encode_utf16());
                let bytes: Vec<u8> =
                    units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect();
                let (grid, encoding) = read(bytes).unwrap();
                assert_eq!(encoding.name, if little { "UTF-16LE" } else { "UTF-16BE" });
                assert_eq!(grid.raw(&grid.cells[0]), "Kỳ báo cáo", "{little} {mark}");
            }
        }
        assert_eq!(read(vec![b'a', 0xE1, b'b']).unwrap_err().code(), crate::model::Code::EncodingUnknown);
        assert_eq!(read(b"a;b\0;c".to_vec()).unwrap_err(), Refusal::Binary);
    }

    #[test]
    fn lines_and_delimiters_of_every_program() {
        assert_eq!(cells("a;b\rc;d\r"), cells("a;b\nc;d\n"));
        assert_eq!(cells("a;\"b\nc\";d\re;f\r"), cells("a;\"b\nc\";d\ne;f\n"));
        assert_eq!(cells("a;b\r\nc;d\re;f\n"), cells("a;b\nc;d\ne;f\n"));
        assert_eq!(cells("a;b\r\r\nc;d\re"), cells("a;b\nc;d\ne"));
        assert_eq!(cells("sep=|\na|b;c,d;e"), [(0, 0, "sep="), (1, 0, "a"), (1, 1, "b;c,d;e")].map(own));
        assert_eq!(cells("a\tb\n\n\nc"), [(0, 0, "a"), (0, 1, "b"), (3, 0, "c")].map(own));
    }

    fn own((row, column, text): (u32, u32, &str)) -> (u32, u32, String) {
        (row, column, text.to_owned())
    }
}
