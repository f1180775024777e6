//! A received file as its sender sees it, for the reply: the cells of the sheet on which its form was read.

use super::justify;
use super::layout::{self, Labels};
use super::read::{self, Content, Grid};
use crate::model::{Plan, Sheet, SheetCell, Shown};

/// Shows received files again.
pub struct Viewer<'a> {
    plan: &'a Plan,
    labels: Labels,
}

impl<'a> Viewer<'a> {
    /// A viewer of files that may hold the plan's forms.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, labels: Labels::new(plan) }
    }

    /// The sheet with the form of a file, or of a member of an archive; `None` where there is none.
    pub fn sheet(&self, bytes: Vec<u8>, member: Option<&str>) -> Option<Sheet> {
        let part = read::read(bytes).into_iter().find(|part| part.member.as_deref() == member)?;
        let book = part.book.ok()?;
        let found = |grid| Some((grid, layout::find(grid, self.plan, &self.labels)?));
        let (grid, layout) = justify::forms(&book.grids).find_map(found)?;
        Some(Sheet {
            name: grid.sheet.clone(),
            cells: cells(grid),
            merges: grid.merges.iter().map(|m| [m.0, m.1, m.2, m.3]).collect(),
            header: layout.header,
            first: layout.first,
            names: layout.name.or(layout.code),
        })
    }
}

fn cells(grid: &Grid) -> Vec<SheetCell> {
    let shown = |content| match content {
        Content::Number(number) => Some(Shown::Number(number)),
        Content::Flag(flag) => Some(Shown::Flag(flag)),
        _ => None,
    };
    let all = grid.cells.iter().map(|cell| SheetCell {
        row: cell.row,
        column: cell.column,
        shown: shown(cell.content).unwrap_or_else(|| Shown::Text(grid.shown(cell))),
    });
    all.collect()
}
