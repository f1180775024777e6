//! A look at an XLS workbook's records before the workbook reader sees them: that reader makes room for as many cells as a
//! sheet's dimensions and its farthest cell claim.
//!
//! Only what decides whether the file may be opened is read here: the compound file's chains, and of the records their
//! kinds and addresses.

use super::refusal::Excess;
use super::{Refusal, limits};

/// Most cells that the rectangles of all sheets may span; those of forms span a few thousand.
const AREA: u64 = 2_000_000;
/// Rows and columns that the format has.
const FORMAT: (u64, u64) = (65_536, 256);

/// Sectors above this number are marks, not places.
const MARKS: u32 = 0xFFFF_FFFA;

/// Refuses what may not be opened.
pub(super) fn look(bytes: &[u8]) -> Result<(), Refusal> {
    let stream = stream(bytes).ok_or(Refusal::Damaged)?;
    let mut area = Area::default();
    let (mut sheets, mut widest) = (0, 0);
    for (kind, data) in records(&stream) {
        let at = |offset: usize| short(data, offset).unwrap_or(0);
        match kind {
            // A password.
            0x2F => return Err(Refusal::Encrypted),
            // A sheet: its kind, 1 for macros.
            0x85 => {
                sheets += 1;
                if data.get(5) == Some(&1) {
                    return Err(Refusal::Macros("XLM".to_owned()));
                }
            }
            // A book that formulas refer to; 0x0401 is this very one, 0x3A01 the functions of an add-in.
            0x1AE if data.len() > 4 && !matches!(at(2), 0x0401 | 0x3A01) => {
                return Err(Refusal::ExternalLinks("SUPBOOK".to_owned()));
            }
            // The beginning of a sheet.
            0x809 => area = Area::default(),
            // Its dimensions as it declares them, formatted cells included: first and last row, first and last column.
            0x200 if data.len() >= 14 => {
                let row = |offset| u64::from(at(offset)) + (u64::from(at(offset + 2)) << 16);
                let within = row(0) <= row(4) && row(4) <= FORMAT.0 && at(8) <= at(10) && u64::from(at(10)) <= FORMAT.1;
                if !within {
                    return Err(Refusal::Crafted("DIMENSIONS".to_owned()));
                }
            }
            // Cells: number, label, error, formula, rich label, short number, shared string.
            0x203 | 0x204 | 0x205 | 0x06 | 0xD6 | 0x27E | 0xFD => area.reach(at(0), at(2)),
            // Many short numbers: the last column stands at the end.
            0xBD => {
                area.reach(at(0), at(2));
                area.reach(at(0), at(data.len().saturating_sub(2)));
            }
            _ => {}
        }
        widest = widest.max(area.cells());
    }
    if sheets > limits::SHEETS as u64 {
        return Err(Refusal::TooWide(Excess::Sheets));
    }
    // Several sheets may be said to begin at the same place.
    if widest * sheets.max(1) > AREA { Err(Refusal::TooWide(Excess::Rows)) } else { Ok(()) }
}

/// The rectangle that a sheet's cells span.
#[derive(Default)]
struct Area(Option<(u64, u64, u64, u64)>);

impl Area {
    fn reach(&mut self, row: u16, column: u16) {
        let (row, column) = (u64::from(row), u64::from(column));
        let (top, left, bottom, right) = self.0.unwrap_or((row, column, row, column));
        self.0 = Some((top.min(row), left.min(column), bottom.max(row), right.max(column)));
    }

    fn cells(&self) -> u64 {
        self.0.map_or(0, |(top, left, bottom, right)| (bottom - top + 1) * (right - left + 1))
    }
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// Kind and data of each record.
fn records(stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (kind, length) = (short(stream, at)?, short(stream, at + 2)? as usize);
        let data = stream.get(at + 4..at + 4 + length)?;
        at += 4 + length;
        Some((kind, data))
    })
}

/// The workbook's stream out of a compound file; `None` where the file is broken.
fn stream(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = 1usize << short(bytes, 30)?.clamp(6, 12);
    let sector = |id: u32| bytes.get((id as usize + 1).checked_mul(size)?..(id as usize + 2).checked_mul(size)?);
    let sector_or_rest = |id: u32| sector(id).or_else(|| bytes.get((id as usize + 1).checked_mul(size)?..));
    let most = bytes.len() / size + 1;
    // The table of chains: the first 109 sectors of it are listed in the header, the others in a chain of lists.
    let mut listed: Vec<u32> = (0..109).filter_map(|at| long(bytes, 76 + at * 4)).collect();
    let mut next = long(bytes, 68)?;
    for _ in 0..most {
        if next >= MARKS {
            break;
        }
        let list = sector(next)?;
        listed.extend((0..size / 4 - 1).filter_map(|at| long(list, at * 4)));
        next = long(list, size - 4)?;
    }
    let mut table = Vec::new();
    for id in listed.into_iter().filter(|id| *id < MARKS).take(most) {
        let of = sector_or_rest(id)?;
        table.extend((0..size / 4).map_while(|at| long(of, at * 4)));
    }
    let chain = |start: u32, length: usize| {
        let (mut all, mut at) = (Vec::new(), start);
        for _ in 0..most {
            if at >= MARKS || all.len() >= length {
                break;
            }
            all.extend_from_slice(sector_or_rest(at)?);
            at = *table.get(at as usize)?;
        }
        all.truncate(length);
        Some(all)
    };
    let directory = chain(long(bytes, 48)?, usize::MAX)?;
    let entry = |wanted: &str| {
        directory.chunks_exact(128).find(|entry| {
            let name = entry.chunks_exact(2).take(32).map_while(|c| match u16::from_le_bytes([c[0], c[1]]) {
                0 => None,
                unit => char::from_u32(u32::from(unit)),
            });
            name.collect::<String>().eq_ignore_ascii_case(wanted)
        })
    };
    let book = entry("Workbook").or_else(|| entry("Book"))?;
    let (start, length) = (long(book, 116)?, long(book, 120)? as usize);
    if length >= 4096 {
        return chain(start, length);
    }
    // Short streams lie in pieces of 64 bytes within the root's stream.
    let root = directory.get(..128)?;
    let pieces = chain(long(root, 116)?, long(root, 120)? as usize)?;
    let links = chain(long(bytes, 60)?, usize::MAX)?;
    let (mut all, mut at) = (Vec::new(), start);
    while at < MARKS && all.len() < length {
        all.extend_from_slice(pieces.get(at as usize * 64..(at as usize * 64 + 64).min(pieces.len()))?);
        at = long(&links, at as usize * 4)?;
    }
    all.truncate(length);
    Some(all)
}
