//! One thing wrong with a definition, and the list that gathers them all.

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File.
    pub file: PathBuf,
    /// Line, from 1; 0 where the file itself is missing.
    pub line: usize,
    /// Column, from 1; 0 where it is about the line.
    pub column: usize,
    /// What is wrong, with what was found and expected.
    pub what: String,
    /// What would mend it, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        write!(f, ": {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Where in a file something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// A whole file.
    pub(super) fn file(path: &Path) -> Self {
        Self { file: path.to_owned(), line: 0, column: 0 }
    }

    /// A line of a file, from 1.
    pub(super) fn line(path: &Path, line: usize) -> Self {
        Self { file: path.to_owned(), line, column: 0 }
    }

    /// A byte offset in a file's text.
    pub(super) fn offset(path: &Path, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(start..).unwrap_or("").chars().count() + 1;
        Self { file: path.to_owned(), line, column }
    }
}

/// All problems so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, place: &Place, what: impl Into<String>) {
        self.add_hint(place, what, None);
    }

    pub(super) fn add_hint(&mut self, place: &Place, what: impl Into<String>, hint: Option<String>) {
        self.0.push(Problem {
            file: place.file.clone(),
            line: place.line,
            column: place.column,
            what: what.into(),
            hint,
        });
    }

    /// A name that should be one of `known`, with the nearest as a hint.
    pub(super) fn unknown<'a>(
        &mut self,
        place: &Place,
        kind: &str,
        name: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        let hint = nearest(name, known).map(|near| format!("the nearest that is defined is `{near}`"));
        self.add_hint(place, format!("{kind} `{name}` is not defined"), hint);
    }

    /// Takes over the problems of another list.
    pub(super) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn sorted(mut self) -> Vec<Problem> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

/// The known name nearest to `name`, if one is near enough to have been meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|k| (distance(name, k), k))
        .min()
        .filter(|(d, k)| *d <= (k.chars().count() / 3).max(2))
        .map(|(_, k)| k)
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
