//! The hidden stamp of a blank form: keys and values on a very hidden sheet → which form, district and period it is for.

use super::read::{Book, Grid};
use crate::model::Stamp;

/// More rows than any stamp has.
const MOST: usize = 50;

/// The stamp of a workbook, where it has one.
pub(super) fn of(book: &Book) -> Option<Stamp> {
    let grid = book.hidden_sheet(Stamp::SHEET)?;
    let pairs: Vec<(String, String)> = grid.rows().take(MOST).filter_map(|row| pair(grid, row)).collect();
    Stamp::from_pairs(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

fn pair(grid: &Grid, row: &[super::read::Cell]) -> Option<(String, String)> {
    let text = |column| row.iter().find(|c| c.column == column).map(|c| grid.shown(c).trim().to_owned());
    Some((text(0)?, text(1)?))
}
