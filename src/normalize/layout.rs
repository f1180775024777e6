//! A sheet → which form it is, where its header stands, which column is which element.
//!
//! Nothing is skipped by count: the header is where the plan's labels are, over one to three rows, in any column order.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::fold::{fold, fold_header, similarity};
use super::memo::Memo;
use super::read::{Cell, Content, Grid};
use crate::model::{Element, Form, Plan};

/// Rows above which a header must begin.
const TITLE_ROWS: u32 = 60;
/// Rows that a header may take.
const HEADER_ROWS: u32 = 4;

/// The folded labels of a form's elements (indices into the plan): to be looked up, and to be compared.
type FormLabels = (BTreeMap<String, usize>, Vec<(String, usize)>);

/// Labels of a plan, folded once, and what is known of headers by now.
pub(super) struct Labels {
    /// By form.
    forms: Vec<FormLabels>,
    marks: Vec<Vec<String>>,
    /// By form: the element of a header's text, exactly and nearly.
    exact: Vec<Memo<Option<usize>>>,
    near: Vec<Memo<Option<usize>>>,
    /// The form that a text of the title block names.
    marked: Memo<Option<usize>>,
    roles: Memo<Option<Role>>,
    /// Headers in which every column was recognised, by their first texts.
    headers: RwLock<HashMap<String, Vec<Arc<Header>>>>,
}

/// A header in which every column was recognised: wherever the same cells stand again, the layout is the same.
struct Header {
    /// As if the header began in row 0.
    layout: Layout,
    /// Row, column and text of each cell.
    cells: Vec<(u32, u32, String)>,
    merges: Vec<(u32, u32, u32, u32)>,
}

impl Labels {
    /// Folds the labels of every form.
    pub(super) fn new(plan: &Plan) -> Self {
        let of = |form: &Form| {
            let mut exact = BTreeMap::new();
            let mut own = Vec::new();
            for at in &form.elements {
                let Some(element) = plan.elements.get(*at) else { continue };
                for label in std::iter::once(&element.name_vi).chain(&element.headers) {
                    let folded = fold_header(label);
                    exact.entry(folded.clone()).or_insert(*at);
                    own.push((folded, *at));
                }
                if let Some(rest) = part_label(element) {
                    exact.entry(rest).or_insert(*at);
                }
            }
            (exact, own)
        };
        Self {
            forms: plan.forms.iter().map(of).collect(),
            marks: plan.forms.iter().map(|f| f.marks.iter().map(|m| fold(m)).collect()).collect(),
            exact: plan.forms.iter().map(|_| Memo::default()).collect(),
            near: plan.forms.iter().map(|_| Memo::default()).collect(),
            marked: Memo::default(),
            roles: Memo::default(),
            headers: RwLock::default(),
        }
    }

    fn role(&self, text: &str) -> Option<Role> {
        self.roles.get(text, || role(text))
    }

    /// The layout of a sheet whose header was seen before.
    fn seen(&self, grid: &Grid, marked: Option<usize>) -> Option<Layout> {
        let rows: Vec<&[Cell]> = grid.rows().take_while(|r| r[0].row < TITLE_ROWS).collect();
        let headers = self.headers.read().unwrap_or_else(PoisonError::into_inner);
        for row in rows.iter().rev() {
            let Some(known) = headers.get(&key(grid, row)) else { continue };
            let top = row[0].row;
            let found = known.iter().find(|h| marked.is_none_or(|m| m == h.layout.form) && h.stands(grid, top));
            let Some(header) = found else { continue };
            let layout = header.layout.moved(top);
            // A second header in the same sheet is a matter for the full search.
            let another = |row: &&&[Cell]| {
                !(layout.header..layout.first).contains(&row[0].row)
                    && row.iter().take(3).any(|c| self.role(grid.raw(c)).is_some())
            };
            return if rows.iter().any(|row| another(&row)) { None } else { Some(layout) };
        }
        None
    }

    /// Remembers a header in which every column was recognised.
    fn learn(&self, grid: &Grid, layout: &Layout, plan: &Plan) {
        let whole = layout.columns.len() == plan.forms[layout.form].elements.len();
        if !whole || !layout.doubled.is_empty() || !layout.unknown.is_empty() || layout.name.is_none() {
            return;
        }
        let top = layout.header;
        let within: Vec<&Cell> = block(grid, top, layout.first).iter().collect();
        if within.iter().any(|c| !matches!(c.content, Content::Text { .. })) {
            return;
        }
        let header = Header {
            layout: Layout { header: 0, first: layout.first - top, ..layout.clone() },
            cells: within.iter().map(|c| (c.row - top, c.column, grid.raw(c).to_owned())).collect(),
            merges: merges(grid, top, layout.first).collect(),
        };
        let mut headers = self.headers.write().unwrap_or_else(PoisonError::into_inner);
        let known = headers.entry(key(grid, row_cells(grid, top))).or_default();
        if !known.iter().any(|h| h.cells == header.cells && h.merges == header.merges) && known.len() < 100 {
            known.push(Arc::new(header));
        }
    }

    /// The element of a header's text, exactly or nearly; near only where one is clearly nearest.
    fn element(&self, form: usize, text: &str) -> Option<usize> {
        self.exact(form, text).or_else(|| self.near(form, text))
    }

    fn exact(&self, form: usize, text: &str) -> Option<usize> {
        self.exact[form].get(text, || self.forms[form].0.get(&fold_header(text)).copied())
    }

    fn near(&self, form: usize, text: &str) -> Option<usize> {
        self.near[form].get(text, || self.nearest(form, text))
    }

    fn nearest(&self, form: usize, text: &str) -> Option<usize> {
        let folded = fold_header(text);
        let (_, own) = &self.forms[form];
        if folded.len() < 10 {
            return None;
        }
        let mut best: BTreeMap<usize, f64> = BTreeMap::new();
        for (label, at) in own {
            // Texts of very different length cannot be near; most pairs end here.
            if label.len().abs_diff(folded.len()) * 5 > label.len() {
                continue;
            }
            let s = similarity(label, &folded);
            let entry = best.entry(*at).or_insert(s);
            *entry = entry.max(s);
        }
        let mut near: Vec<(f64, usize)> = best.into_iter().map(|(at, s)| (s, at)).filter(|(s, _)| *s >= 0.86).collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        match near.as_slice() {
            [(_, at)] => Some(*at),
            [(best, at), (next, _), ..] if best - next > 0.06 => Some(*at),
            _ => None,
        }
    }
}

/// "Trong đó: nữ" stands below its whole as "Nữ".
fn part_label(element: &Element) -> Option<String> {
    element.part_of.as_ref()?;
    let folded = fold_header(&element.name_vi);
    folded.strip_prefix("trong do ").map(str::to_owned)
}

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
    /// Columns with a header that matches no element: cell and text.
    pub(super) unknown: Vec<(u32, u32, String)>,
    /// Columns that match the same element as an earlier one: cell, text, element.
    pub(super) doubled: Vec<(u32, u32, usize)>,
}

impl Layout {
    /// The layout of a header that begins in row `top` instead of row 0.
    fn moved(&self, top: u32) -> Self {
        Self { header: top, first: self.first + top, ..self.clone() }
    }
}

impl Header {
    /// Whether these very cells stand in `grid` from row `top` on.
    fn stands(&self, grid: &Grid, top: u32) -> bool {
        let end = top + self.layout.first;
        let cells = block(grid, top, end);
        cells.len() == self.cells.len()
            && cells.iter().zip(&self.cells).all(|(cell, (row, column, text))| {
                cell.row - top == *row && cell.column == *column && grid.raw(cell) == text
            })
            && merges(grid, top, end).eq(self.merges.iter().copied())
    }
}

/// The cells of these rows.
fn block(grid: &Grid, top: u32, end: u32) -> &[Cell] {
    let from = grid.cells.partition_point(|c| c.row < top);
    let to = grid.cells.partition_point(|c| c.row < end);
    grid.cells.get(from..to).unwrap_or(&[])
}

/// Merged regions that begin in these rows, as if the first were row 0.
fn merges(grid: &Grid, top: u32, end: u32) -> impl Iterator<Item = (u32, u32, u32, u32)> {
    let within = grid.merges.iter().filter(move |m| (top..end).contains(&m.0));
    within.map(move |m| (m.0 - top, m.1, m.2 - top, m.3))
}

/// The first texts of a row, by which a header is looked up.
fn key(grid: &Grid, row: &[Cell]) -> String {
    let mut key = String::new();
    for cell in row.iter().take(2) {
        key.push_str(grid.raw(cell));
        key.push('\n');
    }
    key
}

/// Finds the form and its layout; `None` where no form of the plan is recognised.
pub(super) fn find(grid: &Grid, plan: &Plan, labels: &Labels) -> Option<Layout> {
    let marked = marked(grid, labels);
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

/// The form whose mark ("Biểu 01") stands in the title block; of several the first.
fn marked(grid: &Grid, labels: &Labels) -> Option<usize> {
    let title = grid.cells.iter().take_while(|c| c.row < TITLE_ROWS).take(40);
    let mut texts = title.filter(|c| matches!(c.content, Content::Text { .. })).map(|c| grid.raw(c));
    texts.find_map(|text| labels.marked.get(text, || named(text, labels)))
}

/// The form that a text of the title block names.
fn named(text: &str, labels: &Labels) -> Option<usize> {
    let text = fold(text);
    let hit = |m: &String| text == *m || text.starts_with(&format!("{m} ")) || text.ends_with(&format!(" {m}"));
    labels.marks.iter().position(|marks| marks.iter().any(hit))
}

fn layout(grid: &Grid, form: usize, labels: &Labels) -> Option<Layout> {
    // Where the header begins: the row from which the most elements are found over the rows that a header may take.
    let rows: Vec<u32> = grid.rows().map(|r| r[0].row).take_while(|r| *r < TITLE_ROWS).collect();
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
            let better = best.as_ref().is_none_or(|b| {
                // Of equals the lowest: a row of the title above a header changes nothing.
                let named = |l: &Layout| usize::from(l.name.is_some()) + usize::from(l.code.is_some());
                (candidate.columns.len(), named(&candidate), b.doubled.len(), b.unknown.len(), candidate.header)
                    > (b.columns.len(), named(b), candidate.doubled.len(), candidate.unknown.len(), b.header)
            });
            if better {
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
    row_cells(grid, row).iter().any(|c| {
        let folded = fold_header(grid.raw(c));
        !folded.is_empty() && labels.forms[form].1.iter().any(|(label, _)| label.starts_with(&format!("{folded} ")))
    })
}

fn row_cells(grid: &Grid, row: u32) -> &[Cell] {
    let start = grid.cells.partition_point(|c| c.row < row);
    let end = grid.cells.partition_point(|c| c.row <= row);
    grid.cells.get(start..end).unwrap_or(&[])
}

/// Reads the header as standing in these rows.
fn at_rows(grid: &Grid, form: usize, labels: &Labels, top: u32, height: u32) -> Option<Layout> {
    let bottom = top + height - 1;
    let mut paths = paths(grid, top, bottom);
    let mut layout = Layout {
        form,
        header: top,
        first: bottom + 1,
        columns: Vec::new(),
        code: None,
        name: None,
        unknown: Vec::new(),
        doubled: Vec::new(),
    };
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    for (column, path) in &mut paths {
        let Some((row, leaf)) = path.last().cloned() else { continue };
        let element = of_path(path, form, labels);
        match element {
            Some(element) => {
                if seen.insert(element) {
                    layout.columns.push(Column { column: *column, element });
                } else {
                    layout.doubled.push((row, *column, element));
                }
            }
            None => match labels.role(&leaf) {
                Some(Role::Code) if layout.code.is_none() => layout.code = Some(*column),
                Some(Role::Name) if layout.name.is_none() => layout.name = Some(*column),
                Some(Role::Number) => {}
                _ => layout.unknown.push((row, *column, leaf)),
            },
        }
    }
    if layout.columns.is_empty() || (layout.name.is_none() && layout.code.is_none()) {
        return None;
    }
    // A row of data read as part of the header would leave numbers among its texts.
    let swallowed = (top..=bottom).any(|row| {
        let cells = row_cells(grid, row);
        cells.iter().filter(|c| !matches!(c.content, Content::Text { .. })).count() > 2
    });
    if swallowed {
        return None;
    }
    if is_numbering(row_cells(grid, layout.first), grid) {
        layout.first += 1;
    }
    Some(layout)
}

/// The texts above each column, from the outermost to the innermost, with the row of each.
fn paths(grid: &Grid, top: u32, bottom: u32) -> BTreeMap<u32, Vec<(u32, String)>> {
    let mut paths: BTreeMap<u32, Vec<(u32, String)>> = BTreeMap::new();
    let width = grid.cells.iter().filter(|c| c.row >= top && c.row <= bottom).map(|c| c.column + 1).max().unwrap_or(0);
    for row in top..=bottom {
        let cells = row_cells(grid, row);
        for cell in cells {
            let Content::Text { .. } = cell.content else { continue };
            let text = grid.raw(cell).trim();
            if text.is_empty() {
                continue;
            }
            // A label spans the columns of its merged region; where regions are not known (a text file), the blank
            // columns on its right that carry something in the next row.
            let merged = grid.merges.iter().find(|m| m.0 == row && m.1 == cell.column);
            let last = match merged {
                Some(m) => m.3,
                None if grid.merges.is_empty() && row < bottom => {
                    let below = row_cells(grid, row + 1);
                    let has = |cells: &[Cell], column: u32| {
                        cells.iter().any(|c| c.column == column && !grid.raw(c).trim().is_empty())
                    };
                    let mut last = cell.column;
                    while has(below, cell.column) && last + 1 < width && !has(cells, last + 1) && has(below, last + 1) {
                        last += 1;
                    }
                    last
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

/// The element of a column's path: by its leaf, else by its leaf below a parent ("criterion" over "points claimed").
fn of_path(path: &[(u32, String)], form: usize, labels: &Labels) -> Option<usize> {
    let ((_, leaf), parents) = path.split_last()?;
    let folded = fold_header(leaf);
    if matches!(folded.as_str(), "tong so" | "tong" | "chung") {
        return parents.iter().rev().find_map(|(_, parent)| labels.element(form, parent));
    }
    let below = || parents.iter().rev().map(|(_, parent)| format!("{parent} - {leaf}"));
    labels
        .exact(form, leaf)
        .or_else(|| below().find_map(|text| labels.exact(form, &text)))
        .or_else(|| labels.near(form, leaf))
        // A part that stands below its whole is not that whole, however alike the two texts together are.
        .or_else(|| below().find_map(|text| labels.near(form, &text)).filter(|_| folded.len() >= 8))
}

/// Columns that are not figures.
#[derive(Debug, Clone, Copy)]
enum Role {
    Number,
    Code,
    Name,
}

fn role(header: &str) -> Option<Role> {
    match fold_header(header).as_str() {
        "stt" | "tt" | "so tt" | "so thu tu" => Some(Role::Number),
        "ma" | "ma so" | "ma dvhc" | "ma don vi" | "ma xa" | "ma don vi hanh chinh" => Some(Role::Code),
        "ten"
        | "ten don vi"
        | "don vi"
        | "xa phuong thi tran"
        | "ten xa phuong thi tran"
        | "huien thi xa thanh pho"
        | "ten huien thi xa thanh pho"
        | "xa phuong"
        | "don vi hanh chinh"
        | "ten don vi hanh chinh"
        | "dia phuong" => Some(Role::Name),
        _ => None,
    }
}

/// The row "(A) (B) (1) (2) …" or "A B 1 2 …" below a header.
fn is_numbering(cells: &[Cell], grid: &Grid) -> bool {
    let bracketed = |c: &Cell| {
        let text = grid.raw(c).trim();
        text.starts_with('(') && text.ends_with(')') && text.chars().count() <= 5
    };
    if cells.len() > 1 && cells.iter().filter(|c| bracketed(c)).count() * 3 > cells.len() * 2 {
        return true;
    }
    // Letters, then every number one more than the one before it.
    let mut last = 0u32;
    let mut numbers = 0;
    for cell in cells {
        let text = grid.shown(cell);
        let text = text.trim();
        match text.parse::<u32>() {
            Ok(n) if n == last + 1 => (last, numbers) = (n, numbers + 1),
            Err(_) if last == 0 && text.chars().count() == 1 && text.chars().all(char::is_alphabetic) => {}
            _ => return false,
        }
    }
    numbers >= 3
}
