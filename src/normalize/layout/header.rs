//! The texts above each column, and which element they name together.

use std::collections::BTreeMap;

use super::super::fold::fold_header;
use super::super::read::{Content, Grid};
use super::{Labels, row_cells, words};

/// A column whose header names an element.
pub(super) struct Found {
    /// Where its innermost text stands.
    pub(super) row: u32,
    pub(super) column: u32,
    /// Whether the text is the label's own, or differs from it by no word.
    pub(super) exact: bool,
    pub(super) text: String,
}

/// The texts above one column, from the outermost to the innermost, each with its row.
pub(super) type Path = Vec<(u32, String)>;

/// The texts above each column.
pub(super) fn paths(grid: &Grid, rows: &[u32]) -> BTreeMap<u32, Path> {
    let (Some(&top), Some(&bottom)) = (rows.first(), rows.last()) else { return BTreeMap::new() };
    let mut paths: BTreeMap<u32, Path> = BTreeMap::new();
    let merges: Vec<_> = grid.merges.iter().filter(|m| m.0 <= bottom && m.2 >= top).collect();
    let merged =
        |row: u32, column: u32| merges.iter().find(|m| (m.0..=m.2).contains(&row) && (m.1..=m.3).contains(&column));
    let has = |row: u32, column: u32| {
        let cells = row_cells(grid, row);
        let at = cells.binary_search_by_key(&column, |c| c.column);
        at.is_ok_and(|at| !grid.raw(&cells[at]).trim().is_empty())
    };
    let width = grid.cells.iter().filter(|c| (top..=bottom).contains(&c.row)).map(|c| c.column + 1).max().unwrap_or(0);
    for (at, &row) in rows.iter().enumerate() {
        // A record of a text file may take several lines; the next row is the next that holds anything.
        let below = rows.get(at + 1).copied();
        for cell in row_cells(grid, row) {
            let Content::Text { .. } = cell.content else { continue };
            let text = grid.raw(cell).trim();
            // Numbers of columns say nothing.
            if !text.contains(char::is_alphabetic) {
                continue;
            }
            // A label spans the columns of its merged region, or, where nothing is merged, the blank columns on its
            // right that carry something in the next row.
            let last = match merged(row, cell.column) {
                Some(m) => m.3,
                None if below.is_some_and(|below| has(below, cell.column)) => {
                    let filled = |c: u32| below.is_some_and(|below| has(below, c));
                    let blank = |c: u32| !has(row, c) && filled(c) && merged(row, c).is_none();
                    (cell.column + 1..width).take_while(|c| blank(*c)).last().unwrap_or(cell.column)
                }
                None => cell.column,
            };
            for column in cell.column..=last.min(cell.column + 60) {
                paths.entry(column).or_default().push((row, text.to_owned()));
            }
        }
    }
    paths
}

/// The element of a column's path, and whether in the label's own words: by its leaf, by the texts of several rows put
/// together, by its leaf below a parent ("criterion" over "points claimed"), or by its parent where the leaf only says
/// that this is the figure itself ("Tổng số").
pub(super) fn of_path(path: &[(u32, String)], form: usize, labels: &Labels) -> Option<(usize, bool)> {
    let ((_, leaf), parents) = path.split_last()?;
    let folded = fold_header(leaf);
    // "Lũy kế" above or below a label makes another measure of it.
    if parents.iter().any(|p| words::turns(&fold_header(&p.1))) {
        return None;
    }
    if is_itself(&folded) {
        let of = |text: &str| labels.exact(form, text).map(|e| (e, true)).or_else(|| labels.near(form, text));
        let above = parents.iter().rev().find_map(|(_, parent)| of(parent)).or_else(|| of(&joined(parents)));
        if above.is_some() {
            return above;
        }
    }
    // A part stands below its whole, or beside it; below another element it is a part of that one.
    let fits = |element: &usize| {
        let strange = |p: &(u32, String)| {
            labels
                .exact(form, &p.1)
                .is_some_and(|above| above != *element && labels.whole(form, *element) != Some(above))
        };
        !parents.iter().any(strange)
    };
    let exact = labels.exact(form, leaf).or_else(|| together(path).find_map(|text| labels.exact(form, &text)));
    if let Some(element) = exact {
        return Some((element, true)).filter(|(element, _)| fits(element));
    }
    if words::turns(&folded) {
        return None;
    }
    let near = labels.near(form, leaf).or_else(|| {
        // A part that stands below its whole is not that whole, however alike the two texts together are.
        let itself = |near: &(usize, bool)| {
            folded.len() >= 8 || !parents.iter().any(|p| labels.element(form, &p.1) == Some(near.0))
        };
        together(path).find_map(|text| labels.near(form, &text).filter(itself))
    });
    near.filter(|near| fits(&near.0))
}

/// The last two texts of a path together, the last three, …; then the leaf below each parent alone.
fn together(path: &[(u32, String)]) -> impl Iterator<Item = String> {
    let longer = (0..path.len().saturating_sub(1)).rev().map(|from| joined(path.get(from..).unwrap_or(&[])));
    let alone = path
        .split_last()
        .into_iter()
        .flat_map(|(leaf, parents)| parents.iter().rev().skip(1).map(move |parent| format!("{} {}", parent.1, leaf.1)));
    longer.chain(alone)
}

fn joined(path: &[(u32, String)]) -> String {
    path.iter().map(|p| p.1.as_str()).collect::<Vec<_>>().join(" ")
}

/// True for a text that says no more than that this column is the figure which the header above it names.
fn is_itself(folded: &str) -> bool {
    matches!(
        folded,
        "tong so"
            | "tong"
            | "chung"
            | "tong cong"
            | "so luong"
            | "sl"
            | "trong ki"
            | "trong qui"
            | "qui nai"
            | "ki nai"
            | "thuc hien"
            | "thuc hien trong ki"
            | "thuc hien trong qui"
            | "phat sinh trong ki"
            | "so lieu"
            | "trong ki bao cao"
    )
}
