//! The labels of a plan's forms, folded once, and what is known of headers by now: the same texts come again and again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use super::super::fold::{edits, fold, fold_header};
use super::super::memo::Memo;
use super::super::read::{Cell, Content, Grid};
use super::roles::{Role, role};
use super::{Layout, TITLE_ROWS, block, holds_figures, row_cells, words};
use crate::model::{Element, Form, Plan};

/// Largest share of words that may differ, and by how much the next label must differ more.
const FAR: f64 = 0.201;
const MARGIN: f64 = 0.1;

/// The labels of one form; elements are indices into the plan.
struct FormLabels {
    /// Folded labels.
    exact: BTreeMap<String, usize>,
    all: Vec<Label>,
    /// Elements that stand below another, with that one.
    wholes: BTreeMap<usize, usize>,
}

/// One wording of an element's label.
struct Label {
    folded: String,
    /// The words that count.
    words: Vec<String>,
    element: usize,
}

/// Labels of a plan, and what is remembered of headers.
pub(in crate::normalize) struct Labels {
    forms: Vec<FormLabels>,
    marks: Vec<Vec<String>>,
    /// By form: the element of a header's text, exactly; nearly, and then whether in all its words.
    exact: Vec<Memo<Option<usize>>>,
    near: Vec<Memo<Option<(usize, bool)>>>,
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
    pub(in crate::normalize) fn new(plan: &Plan) -> Self {
        Self {
            forms: plan.forms.iter().map(|form| of_form(form, plan)).collect(),
            marks: plan.forms.iter().map(|f| f.marks.iter().map(|m| fold(m)).collect()).collect(),
            exact: plan.forms.iter().map(|_| Memo::default()).collect(),
            near: plan.forms.iter().map(|_| Memo::default()).collect(),
            marked: Memo::default(),
            roles: Memo::default(),
            headers: RwLock::default(),
        }
    }

    pub(super) fn role(&self, text: &str) -> Option<Role> {
        self.roles.get(text, || role(text))
    }

    /// The form whose mark ("Biểu 01") stands in the title block; of several the first.
    pub(super) fn marked(&self, grid: &Grid) -> Option<usize> {
        let title = grid.cells.iter().take_while(|c| c.row < TITLE_ROWS).take(40);
        let mut texts = title.filter(|c| matches!(c.content, Content::Text { .. })).map(|c| grid.raw(c));
        texts.find_map(|text| self.marked.get(text, || self.named(text)))
    }

    /// The form that a text of the title block names.
    fn named(&self, text: &str) -> Option<usize> {
        let text = fold(text);
        let hit = |m: &String| text == *m || text.starts_with(&format!("{m} ")) || text.ends_with(&format!(" {m}"));
        self.marks.iter().position(|marks| marks.iter().any(hit))
    }

    /// The layout of a sheet whose header was seen before.
    pub(super) fn seen(&self, grid: &Grid, marked: Option<usize>) -> Option<Layout> {
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
                    && !holds_figures(row, grid)
            };
            return if rows.iter().any(|row| another(&row)) { None } else { Some(layout) };
        }
        None
    }

    /// Remembers a header in which every column was recognised.
    pub(super) fn learn(&self, grid: &Grid, layout: &Layout, plan: &Plan) {
        let whole = layout.columns.len() == plan.forms[layout.form].elements.len();
        if !whole || !layout.doubled.is_empty() || !layout.unknown.is_empty() || !layout.named {
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
    pub(super) fn element(&self, form: usize, text: &str) -> Option<usize> {
        self.exact(form, text).or_else(|| self.near(form, text).map(|near| near.0))
    }

    pub(super) fn exact(&self, form: usize, text: &str) -> Option<usize> {
        self.exact[form].get(text, || self.forms[form].exact.get(&measure(text)?).copied())
    }

    /// The element whose label says nearly the same, and whether in all its words.
    pub(super) fn near(&self, form: usize, text: &str) -> Option<(usize, bool)> {
        self.near[form].get(text, || self.forms[form].nearest(&measure(text)?))
    }

    /// The element that an element stands below, if any.
    pub(super) fn whole(&self, form: usize, element: usize) -> Option<usize> {
        self.forms[form].wholes.get(&element).copied()
    }

    /// True for a part whose labels are a single word, such as "Trong đó: nữ": any column may have such a part.
    pub(super) fn generic(&self, form: usize, element: usize) -> bool {
        let mut own = self.forms[form].all.iter().filter(|label| label.element == element);
        self.whole(form, element).is_some() && own.all(|label| label.words.len() <= 1)
    }

    /// True where a label begins with this text, as the first half of "criterion - points claimed" does.
    pub(super) fn begins(&self, form: usize, text: &str) -> bool {
        let folded = fold_header(text);
        let longer = |label: &str| label.strip_prefix(folded.as_str()).is_some_and(|rest| rest.starts_with(' '));
        !folded.is_empty() && self.forms[form].all.iter().any(|label| longer(&label.folded))
    }
}

/// A header folded; none where its brackets say that it is another measure: "(lũy kế)".
fn measure(text: &str) -> Option<String> {
    let folded = fold_header(text);
    let bracketed = text.contains(['(', '[']);
    (!bracketed || words::turns(&folded) || !words::turns(&fold(text))).then_some(folded)
}

impl FormLabels {
    /// The element whose label says the same in nearly the same words, where one is clearly nearest.
    fn nearest(&self, folded: &str) -> Option<(usize, bool)> {
        let text = words::of(folded);
        if folded.len() < 6 || text.is_empty() {
            return None;
        }
        let mut best: BTreeMap<usize, f64> = BTreeMap::new();
        for label in &self.all {
            // Most labels share too few words to be near.
            let shared = text.iter().filter(|word| label.words.iter().any(|w| w == *word)).count();
            let fewer = text.len().min(label.words.len());
            if fewer > 1 && shared * 2 < fewer {
                continue;
            }
            let by_words = words::difference(&text, &label.words);
            // A slip may also run two words together, or come twice.
            let slips = folded.len().min(label.folded.len()) / 10;
            let close = slips > 0
                && by_words < 100.0
                && label.folded.len().abs_diff(folded.len()) <= slips
                && edits(&label.folded, folded) <= slips.min(2);
            let difference = if close { by_words.min(FAR - 0.001) } else { by_words };
            let entry = best.entry(label.element).or_insert(difference);
            *entry = entry.min(difference);
        }
        let mut near: Vec<(f64, usize)> =
            best.into_iter().map(|(at, d)| (d, at)).filter(|n| n.0 <= FAR + MARGIN).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        match near.as_slice() {
            [(d, at)] if *d <= FAR => Some((*at, *d < MARGIN)),
            [(d, at), (next, _), ..] if *d <= FAR && next - d >= MARGIN => Some((*at, *d < MARGIN)),
            _ => None,
        }
    }
}

fn of_form(form: &Form, plan: &Plan) -> FormLabels {
    let mut labels = FormLabels { exact: BTreeMap::new(), all: Vec::new(), wholes: BTreeMap::new() };
    for at in &form.elements {
        let Some(element) = plan.elements.get(*at) else { continue };
        for label in std::iter::once(&element.name_vi).chain(&element.headers) {
            let folded = fold_header(label);
            labels.exact.entry(folded.clone()).or_insert(*at);
            let words = words::of(&folded).into_iter().map(str::to_owned).collect();
            labels.all.push(Label { folded, words, element: *at });
        }
        if let Some(rest) = part_label(element) {
            labels.exact.entry(rest).or_insert(*at);
        }
        if let Some(whole) = element.part_of.as_ref().and_then(|code| plan.element_index(code)) {
            labels.wholes.insert(*at, whole);
        }
    }
    labels
}

/// "Trong đó: nữ" stands below its whole as "Nữ".
fn part_label(element: &Element) -> Option<String> {
    element.part_of.as_ref()?;
    let folded = fold_header(&element.name_vi);
    folded.strip_prefix("trong do ").map(str::to_owned)
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
