//! Where in a definition's files something is defined: file and line, for those who ask where a figure comes from.
//!
//! The files are read again: a loaded plan keeps no places, since nothing but this asks for them.

use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeValue;

use super::csvs;
use super::problem::Problems;
use super::toml_reader::Source;
use crate::model::Plan;

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// File.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

impl serde::Serialize for Location {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where an indicator is defined; with a `key`, where that stands in it.
pub fn indicator(plan: &Plan, code: &str, key: Option<&str>) -> Option<Location> {
    entry(&plan.folder.join("indicators.toml"), "indicator", "code", code, key)
}

/// Where the target of an indicator is defined.
pub fn target(plan: &Plan, indicator: &str) -> Option<Location> {
    entry(&plan.folder.join("targets.toml"), "target", "indicator", indicator, None)
}

/// Where a class of the rubric is defined.
pub fn class(plan: &Plan, code: &str) -> Option<Location> {
    entry(&plan.folder.join("rubric.toml"), "class", "code", code, None)
}

/// Where an element is defined.
pub fn element(plan: &Plan, code: &str) -> Option<Location> {
    let folder = fs_err::read_dir(plan.folder.join("forms")).ok()?;
    let mut files: Vec<PathBuf> = folder.filter_map(|file| Some(file.ok()?.path())).collect();
    files.sort();
    files.iter().find_map(|path| entry(path, "element", "code", code, None))
}

/// Where the populations of units in a year stand: by unit, in the order of the file.
pub fn populations(plan: &Plan, year: i16, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Location)> {
    let year = year.to_string();
    rows(&plan.settings.population, "year", &year, wanted)
}

/// Where the baselines of an element stand: by unit, in the order of the file.
pub fn baselines(plan: &Plan, element: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Location)> {
    rows(&plan.settings.baseline, "element", element, wanted)
}

fn rows(path: &Path, column: &str, value: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<(String, Location)> {
    let mut found = Vec::new();
    csvs::rows(path, &["unit_code", column], &mut Problems::default(), |row, _| {
        let [unit, key] = row.fields();
        if key == value && wanted(unit) {
            found.push((unit.to_owned(), Location { file: path.to_owned(), line: row.place().line }));
        }
    });
    found
}

/// The entry of a list of tables whose `name` is `value`.
fn entry(path: &Path, list: &str, name: &str, value: &str, key: Option<&str>) -> Option<Location> {
    let source = Source::open(path, &mut Problems::default())?;
    let parsed = source.parse(&mut Problems::default());
    let DeValue::Array(items) = parsed.get_ref().get(list)?.get_ref() else { return None };
    items.iter().find_map(|item| {
        let DeValue::Table(table) = item.get_ref() else { return None };
        let named = table.get(name)?;
        let DeValue::String(text) = named.get_ref() else { return None };
        let at = key.map_or(Some(named), |key| table.get(key))?.span().start;
        (text.as_ref() == value).then(|| Location { file: path.to_owned(), line: source.place(at).line })
    })
}
