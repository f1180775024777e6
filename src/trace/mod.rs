//! explain: one published figure back to its cells.
//!
//! In: a release, the definition, the kept bytes. Out: an [`Explanation`], whose parts are the steps of the way of one
//! figure. Nothing is computed anew: the figure is the release's row; that its cells make up its sums is checked.
//!
//! 1. [`question`]: which row is meant, or why there is none
//! 2. [`scope`]: which units, periods and elements it is made of
//! 3. [`cells`]: their observations, with what replaced them or was replaced
//! 4. [`files`]: the submissions that brought them, and the findings on the way
//! 5. [`found`]: the text in each cell, its header and its row's name, from the kept bytes
//! 6. [`sums`]: numerator and denominator from the cells, against the row
//! 7. [`maps`]: of another map, the reporting units with their shares and legal instruments
//! 8. [`target`]: the target's path, and why the status is what it is
//! 9. [`text`]: all of it for people
//!
//! [`mod@why`] leads from one figure to another: what made the difference.

mod cells;
mod definition;
mod files;
mod found;
mod maps;
mod question;
mod record;
mod scope;
mod sums;
mod target;
mod text;
mod why;

use std::path::PathBuf;

use serde::Serialize;

use crate::plan::Definition;
use crate::store::{Store, StoreError};

pub use cells::{Cell, Earlier, Missing};
pub use definition::{Defined, Formula, Formulas};
pub use files::File;
pub use maps::Piece;
pub use question::{Figure, Question};
pub use record::Record;
pub use sums::{Check, Leaf, Outcome, UnitPart};
pub use target::TargetPath;
pub use why::{Between, ChangedValue, Contribution, Point, Why, WhyQuestion, changed_values, why};

/// How many entries of a list are shown where not all are asked for.
pub const SHORT: usize = 20;

/// A list that may be shown in part.
#[derive(Debug, Clone, Serialize)]
pub struct Listing<T> {
    /// How many there are.
    pub count: usize,
    /// The first of them, or all.
    pub shown: Vec<T>,
}

impl<T> Listing<T> {
    fn of(mut all: Vec<T>, whole: bool) -> Self {
        let count = all.len();
        if !whole {
            all.truncate(SHORT);
        }
        Self { count, shown: all }
    }
}

/// One figure and all that led to it.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The figure, with its row as released.
    pub figure: Figure,
    /// Where it is defined and how.
    pub definition: Formulas,
    /// The files that its cells came in, and those that should have brought more.
    pub files: Listing<File>,
    /// Its cells.
    pub cells: Listing<Cell>,
    /// What was expected and has no value.
    pub missing: Listing<Missing>,
    /// What was found on the way.
    pub findings: Listing<Record>,
    /// The units that it sums.
    pub units: Listing<UnitPart>,
    /// Whether the cells make up the row's sums.
    pub check: Check,
    /// Of another map: the reporting units.
    pub pieces: Listing<Piece>,
    /// The target's path, where there is one.
    pub target: Option<TargetPath>,
    /// Why the status is what it is, in Vietnamese and English.
    pub why: (String, String),
    /// The page that shows it; none where it is in the tables alone.
    pub page: Option<PathBuf>,
    /// The table file that holds its row.
    pub table: PathBuf,
}

/// Why there is nothing to explain.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no release.
    #[error("there is no release{0}")]
    NoRelease(String),
    /// The release has no such figure.
    #[error("{what}")]
    NoFigure {
        /// What is missing.
        what: String,
        /// What may have been meant.
        hint: String,
    },
}

/// Explains a figure of a release.
pub fn explain(definition: &Definition, store: &Store, question: &Question<'_>) -> Result<Explanation, TraceError> {
    let Definition { plan, register, .. } = definition;
    let asked = question::Asked::new(plan, register, store, question)?;
    let scope = scope::Scope::new(&asked);
    let observed = cells::Observed::read(&asked, &scope)?;
    let parts = sums::parts(&asked, &scope, &observed);
    let mut cells = cells::cells(&asked, &scope, &parts, &observed)?;
    let mut files = files::Files::read(&asked, store, &scope, &cells)?;
    let missing = cells::missing(&asked, &scope, &parts, &observed, &files);
    files.keep(&asked, &cells, &missing);
    let check = sums::check(&asked, &parts, cells.len());
    let (count, total) = (cells.len(), if question.all { usize::MAX } else { SHORT });
    cells.truncate(total);
    let cells = Listing { count, shown: found::with_texts(&asked, store, &files, cells) };
    Ok(Explanation {
        definition: definition::formulas(&asked, &scope),
        pieces: Listing::of(scope.pieces.clone(), question.all),
        target: target::path(&asked),
        why: target::why(&asked),
        page: question::page(&asked)?,
        table: asked.table.clone(),
        figure: asked.figure,
        files: Listing::of(files.list, question.all),
        findings: Listing::of(files.findings, question.all),
        missing: Listing::of(missing, question.all),
        units: Listing::of(parts, question.all),
        cells,
        check,
    })
}

impl Explanation {
    /// The explanation for people: the steps of the way of one figure.
    pub fn text(&self, definition: &Definition) -> String {
        text::describe(self, &definition.plan)
    }
}
