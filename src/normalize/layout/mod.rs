//! A sheet → which form it is, where its header stands, which column is which element.
//!
//! Nothing is skipped by count: the header is where the plan's labels are, over one to four rows, in any column order.

mod header;
mod labels;
mod roles;
mod words;

use std::collections::BTreeMap;

use super::read::{Cell, Content, Grid};
use crate::model::Plan;
use header::{Found, of_path, paths};
pub(super) use labels::Labels;
use roles::Role;
pub(super) use roles::is_numbering;

/// Rows above which a header must begin.
const TITLE_ROWS: u32 = 60;
/// Rows that a header may take.
const HEADER_ROWS: u32 = 4;

/// A column of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Column, from 0.
    pub(super) column: u32,
    /// Element index in the plan.
    pub(super) element: usize,
}

/// How a sheet is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Index of the form in the plan.
    pub(super) form: usize,
    /// First row of the header.
    pub(super) header: u32,
    /// First row of data.
    pub(super) first: u32,
    /// Columns that carry elements, by column.
    pub(super) columns: Vec<Column>,
    /// Column of the unit's code.
    pub(super) code: Option<u32>,
    /// Column of the unit's name.
    pub(super) name: Option<u32>,
    /// Whether a header says which column holds the names or codes.
    named: bool,
    /// Columns with a header that matches no element: cell and text.
    pub(super) unknown: Vec<(u32, u32, String)>,
    /// Elements that several columns match: the cells of their headers.
    pub(super) doubled: Vec<(usize, Vec<(u32, u32)>)>,
}

impl Layout {
    /// The layout of a header that begins in row `top` instead of row 0.
    fn moved(&self, top: u32) -> Self {
        Self { header: top, first: self.first + top, ..self.clone() }
    }

    /// Whether this reading of a header is better than another.
    fn beats(&self, other: &Self) -> bool {
        let merit = |l: &Self| (l.columns.len(), l.named, std::cmp::Reverse((l.doubled.len(), l.unknown.len())));
        match merit(self).cmp(&merit(other)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            // Of equals the lowest, as a row of the title above a header changes nothing; but a header that is printed
            // again on the next page is not the one below which the rows begin.
            std::cmp::Ordering::Equal => self.header > other.header && self.header < other.first,
        }
    }
}

/// The cells of these rows.
fn block(grid: &Grid, top: u32, end: u32) -> &[Cell] {
    let from = grid.cells.partition_point(|c| c.row < top);
    let to = grid.cells.partition_point(|c| c.row < end);
    grid.cells.get(from..to).unwrap_or(&[])
}

/// Finds the form and its layout; `None` where no form of the plan is recognised.
pub(super) fn find(grid: &Grid, plan: &Plan, labels: &Labels) -> Option<Layout> {
    let marked = labels.marked(grid);
    if let Some(layout) = labels.seen(grid, marked) {
        return Some(layout);
    }
    let found = search(grid, plan, labels, marked)?;
    labels.learn(grid, &found, plan);
    Some(found)
}

/// Finds the layout of a form that the sheet is known to hold, whatever its title block says.
pub(super) fn find_form(grid: &Grid, plan: &Plan, labels: &Labels, form: usize) -> Option<Layout> {
    search(grid, plan, labels, Some(form))
}

fn search(grid: &Grid, plan: &Plan, labels: &Labels, marked: Option<usize>) -> Option<Layout> {
    let mut best: Option<(usize, Layout)> = None;
    for form in 0..plan.forms.len() {
        if marked.is_some_and(|m| m != form) {
            continue;
        }
        let Some(layout) = layout(grid, form, labels) else { continue };
        let wanted = plan.forms[form].elements.len();
        // A few columns in common do not make a form.
        if layout.columns.len() * 3 < wanted.max(3) {
            continue;
        }
        if best.as_ref().is_none_or(|(n, _)| layout.columns.len() > *n) {
            best = Some((layout.columns.len(), layout));
        }
    }
    best.map(|(_, layout)| layout)
}

fn layout(grid: &Grid, form: usize, labels: &Labels) -> Option<Layout> {
    // Where the header begins: the row from which the most elements are found over the rows that a header may take.
    // Rows of data are no part of it, and their names are not worth a search among the labels.
    let rows = grid.rows().take_while(|r| r[0].row < TITLE_ROWS).filter(|r| !holds_figures(r, grid));
    let rows: Vec<u32> = rows.map(|r| r[0].row).collect();
    let hits: Vec<usize> = rows.iter().map(|row| direct_hits(grid, *row, form, labels)).collect();
    let mut best: Option<Layout> = None;
    for (at, row) in rows.iter().enumerate() {
        let near = hits.get(at..(at + HEADER_ROWS as usize).min(hits.len())).unwrap_or(&[]).iter().sum::<usize>();
        // The parents of a nested header match too, except on the rubric, where they are halves of a label.
        if near == 0 && !has_leaves(grid, *row, labels, form) {
            continue;
        }
        for height in 1..=HEADER_ROWS {
            let Some(candidate) = at_rows(grid, form, labels, *row, height) else { continue };
            if best.as_ref().is_none_or(|b| candidate.beats(b)) {
                best = Some(candidate);
            }
        }
    }
    best
}

fn direct_hits(grid: &Grid, row: u32, form: usize, labels: &Labels) -> usize {
    row_cells(grid, row)
        .iter()
        .filter(|c| matches!(c.content, Content::Text { .. }) && labels.element(form, grid.raw(c)).is_some())
        .count()
}

/// True when a row holds the first halves of labels such as "criterion - points claimed".
fn has_leaves(grid: &Grid, row: u32, labels: &Labels, form: usize) -> bool {
    row_cells(grid, row).iter().any(|c| labels.begins(form, grid.raw(c)))
}

fn row_cells(grid: &Grid, row: u32) -> &[Cell] {
    let start = grid.cells.partition_point(|c| c.row < row);
    let end = grid.cells.partition_point(|c| c.row <= row);
    grid.cells.get(start..end).unwrap_or(&[])
}

/// Reads the header as standing in these rows.
fn at_rows(grid: &Grid, form: usize, labels: &Labels, top: u32, height: u32) -> Option<Layout> {
    let bottom = top + height - 1;
    if (top..=bottom).any(|row| holds_figures(row_cells(grid, row), grid)) {
        return None;
    }
    let mut layout = Layout {
        form,
        header: top,
        first: bottom + 1,
        columns: Vec::new(),
        code: None,
        name: None,
        named: false,
        unknown: Vec::new(),
        doubled: Vec::new(),
    };
    let mut of_element: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
    for (column, path) in paths(grid, top, bottom) {
        let Some((row, leaf)) = path.last() else { continue };
        let whole = || path.iter().map(|p| p.1.as_str()).collect::<Vec<_>>().join(" ");
        if let Some((element, exact)) = of_path(&path, form, labels) {
            of_element.entry(element).or_default().push(Found { row: *row, column, exact, text: leaf.clone() });
            continue;
        }
        match labels.role(&whole()).or_else(|| labels.role(leaf)) {
            Some(Role::Code) if layout.code.is_none() => layout.code = Some(column),
            Some(Role::Name) if layout.name.is_none() => layout.name = Some(column),
            Some(Role::Number | Role::Remark) => {}
            _ => layout.unknown.push((*row, column, whole())),
        }
    }
    settle(&mut layout, of_element, labels);
    layout.named = layout.name.is_some() || layout.code.is_some();
    if layout.name.is_none() {
        nameless(&mut layout, grid, top..=bottom, labels);
    }
    if layout.columns.is_empty() || (layout.name.is_none() && layout.code.is_none()) {
        return None;
    }
    if is_numbering(row_cells(grid, layout.first), grid) {
        layout.first += 1;
    }
    Some(layout)
}

/// One column for each element: where several match one, those in the label's own words, then the one that stands beside
/// its whole; what is left are doubled columns.
fn settle(layout: &mut Layout, of_element: BTreeMap<usize, Vec<Found>>, labels: &Labels) {
    let column_of: BTreeMap<u32, usize> =
        of_element.iter().flat_map(|(element, found)| found.iter().map(|f| (f.column, *element))).collect();
    for (element, mut found) in of_element {
        let mut narrow = |keep: &dyn Fn(&Found) -> bool| {
            if found.len() > 1 && found.iter().any(keep) {
                let (kept, others): (Vec<Found>, Vec<Found>) = std::mem::take(&mut found).into_iter().partition(keep);
                layout.unknown.extend(others.into_iter().map(|f| (f.row, f.column, f.text)));
                found = kept;
            }
        };
        narrow(&|f: &Found| f.exact);
        if let Some(whole) = labels.whole(layout.form, element) {
            let beside = |f: &Found| {
                let before = f.column.checked_sub(1).and_then(|c| column_of.get(&c).copied());
                before.is_some_and(|b| b == whole || labels.whole(layout.form, b) == Some(whole) && b != element)
            };
            narrow(&beside);
        }
        let Some(first) = found.first() else { continue };
        layout.columns.push(Column { column: first.column, element });
        if found.len() > 1 {
            layout.doubled.push((element, found.iter().map(|f| (f.row, f.column)).collect()));
        }
    }
    layout.columns.sort_by_key(|c| c.column);
    layout.unknown.sort();
}

/// A form without a header above its names: they stand in the last column before the figures.
fn nameless(layout: &mut Layout, grid: &Grid, rows: std::ops::RangeInclusive<u32>, labels: &Labels) {
    let Some(first) = layout.columns.first().map(|c| c.column) else { return };
    let other = |column: u32| {
        let mut heads = grid.cells.iter().filter(|c| rows.contains(&c.row) && c.column == column);
        layout.code == Some(column) || heads.any(|c| labels.role(grid.raw(c)).is_some())
    };
    layout.name = (0..first).rev().find(|column| !other(*column));
    if let Some(name) = layout.name {
        layout.unknown.retain(|u| u.1 != name);
    }
}

/// A row of data read as part of the header would leave figures among its texts.
fn holds_figures(cells: &[Cell], grid: &Grid) -> bool {
    let figure = |c: &&Cell| match c.content {
        Content::Text { .. } => {
            let text = grid.raw(c).trim();
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'-' | b' '))
        }
        _ => true,
    };
    cells.iter().filter(figure).count() > 2
}
