//! Text files: encoding, delimiter, fields. Lines are physical lines, so that an address is what an editor shows.

use super::{Content, Grid, Refusal};

/// Reads a text file into one sheet.
pub(super) fn read(bytes: Vec<u8>) -> Result<Grid, Refusal> {
    let text = decode(bytes)?;
    let delimiter = delimiter(&text);
    let mut grid = Grid::new(None, String::new());
    let mut quoted = Vec::new();
    let mut cells = Vec::new();
    let bytes = text.as_bytes();
    let (mut row, mut column, mut start) = (0u32, 0u32, 0usize);
    let mut at = 0;
    while at <= bytes.len() {
        // A quoted field may hold delimiters and line ends; its address is where it starts.
        if at == start && bytes.get(at) == Some(&b'"') {
            let (end, field, lines) = quoted_field(&text, at);
            quoted.push((row, column, field));
            at = end;
            start = end;
            row += lines;
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
                cells.push((row, column, start as u32, end as u32));
            }
            if byte == Some(delimiter) {
                column += 1;
            } else {
                row += 1;
                column = 0;
            }
            start = at + 1;
        }
        at += 1;
    }
    // The buffer is the file's own text: no field is copied.
    let mut owned = Grid::new(None, text);
    for (row, column, start, end) in cells {
        owned.push(row, column, Content::Text { start, end });
    }
    for (row, column, field) in quoted {
        owned.push_text(row, column, &field);
    }
    owned.sort();
    std::mem::swap(&mut grid, &mut owned);
    Ok(grid)
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
    let most = |d: u8| text.lines().map(|line| line.bytes().filter(|b| *b == d).count()).max().unwrap_or(0);
    // A header's labels hold commas; so of equals the rarer sign wins.
    [b'\t', b';', b','].into_iter().rev().max_by_key(|d| most(*d)).unwrap_or(b',')
}

fn decode(bytes: Vec<u8>) -> Result<String, Refusal> {
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return utf16(rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return utf16(rest, u16::from_be_bytes);
    }
    let head = bytes.get(..bytes.len().min(2000)).unwrap_or(&[]);
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count() * 4;
    if zeros(1) > head.len() {
        return utf16(&bytes, u16::from_le_bytes);
    }
    if zeros(0) > head.len() {
        return utf16(&bytes, u16::from_be_bytes);
    }
    if head.contains(&0) {
        return Err(Refusal::Binary);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(Refusal::Encoding(format!("byte {at}")))
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Refusal> {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).map_err(|_| Refusal::Encoding("UTF-16".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(u32, u32, String)> {
        let grid = read(text.as_bytes().to_vec()).unwrap();
        grid.cells.iter().map(|c| (c.row, c.column, grid.raw(c).to_owned())).collect()
    }

    #[test]
    fn fields_keep_their_physical_line() {
        let found = cells("a;b;;\r\n\"x;\"\"y\nz\";q;c;d\n\nlast");
        let want =
            [(0, 0, "a"), (0, 1, "b"), (1, 0, "x;\"y\nz"), (2, 1, "q"), (2, 2, "c"), (2, 3, "d"), (4, 0, "last")];
        assert_eq!(found, want.map(|(r, c, t)| (r, c, t.to_owned())));
    }

    #[test]
    fn encodings_are_told_from_content() {
        for little in [true, false] {
            for mark in [true, false] {
                let units = mark.then_some(0xFEFF).into_iter().chain("Kỳ báo cáo;1;2;3;4".encode_utf16());
                let bytes: Vec<u8> =
                    units.flat_map(|u| if little { u.to_le_bytes() } else { u.to_be_bytes() }).collect();
                let grid = read(bytes).unwrap();
                assert_eq!(grid.raw(&grid.cells[0]), "Kỳ báo cáo", "{little} {mark}");
            }
        }
        assert_eq!(read(vec![b'a', 0xE1, b'b']).unwrap_err().code(), crate::model::Code::EncodingUnknown);
    }
}
