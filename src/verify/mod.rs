//! Golden cases → how far the methods agree with them.
//!
//! In: files of the format golden-1, each a family of cases with inputs, expected values and tolerances. Out: per family
//! how many cases agree, the largest deviation, every disagreement, and what has no routine here. The mathematics is in
//! [`crate::stats`] and [`crate::register`], where the pipeline uses it; a family's file here only translates JSON.

mod ci;
mod compare;
mod composite;
mod crosswalk;
mod did;
mod eb;
mod funnel;
mod its;
mod json;
mod quality;
mod targets;
mod trend;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use compare::{Comparison, Tolerance, Tolerances};

/// The routine of a case's kind, by the family's number.
const ROUTINES: &[(u64, Routine)] = &[
    (1, ci::run),
    (2, funnel::run),
    (3, eb::run),
    (4, trend::run),
    (5, its::run),
    (6, did::run),
    (7, composite::run),
    (8, quality::run),
    (9, crosswalk::run),
    (11, targets::run),
];

type Routine = fn(&str, &Value) -> Option<Value>;

/// The format that is read.
const SCHEMA: &str = "golden-1";

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The folder cannot be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// There is nothing to verify.
    #[error("`{}` holds no file *.json", .0.display())]
    Empty(PathBuf),
}

/// Agreement of all families, by number, and what could not be read.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// By number.
    pub families: Vec<Family>,
    /// Files and cases that are not what the format says.
    pub unreadable: Vec<Unreadable>,
}

/// Agreement of one family.
#[derive(Debug, Default, PartialEq)]
pub struct Family {
    /// Its number.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Cases that were read.
    pub cases: usize,
    /// Cases of which every field agrees.
    pub agreeing: usize,
    /// Largest deviation as a part of what is allowed.
    pub worst: f64,
    /// Kinds without a routine, and their cases.
    pub without: BTreeMap<String, usize>,
    /// Fields that disagree.
    pub disagreements: Vec<Disagreement>,
}

/// A field that is not what a case expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// The case.
    pub case: String,
    /// Path of the field within the result.
    pub field: String,
    /// What came out, as JSON.
    pub got: String,
    /// What should have come out, as JSON.
    pub expected: String,
}

/// A file or a case that is not what the format says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The file.
    pub file: PathBuf,
    /// The case, by its id or its place in the file.
    pub case: Option<String>,
    /// What is wrong with it.
    pub what: String,
}

/// One case as it stands in a file.
struct Case<'a> {
    id: &'a str,
    kind: &'a str,
    inputs: &'a Value,
    expected: &'a Map<String, Value>,
    tolerances: Tolerances,
}

/// Verifies every file `*.json` of a folder.
pub fn verify(folder: &Path) -> Result<Report, VerifyError> {
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(VerifyError::Empty(folder.to_owned()));
    }
    paths.sort();
    let mut families = BTreeMap::new();
    let mut unreadable = Vec::new();
    for path in paths {
        let mut wrong = |case, what| unreadable.push(Unreadable { file: path.clone(), case, what });
        match read(&path) {
            Ok(document) => file(&document, &mut families, &mut wrong),
            Err(what) => wrong(None, what),
        }
    }
    Ok(Report { families: families.into_values().collect(), unreadable })
}

fn read(path: &Path) -> Result<Value, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| format!("is not JSON: {error}"))
}

/// Verifies the cases of one file.
fn file(document: &Value, families: &mut BTreeMap<u64, Family>, wrong: &mut dyn FnMut(Option<String>, String)) {
    let schema = document.get("schema").and_then(Value::as_str).unwrap_or("none");
    if schema != SCHEMA {
        return wrong(None, format!("expected the schema {SCHEMA}, found {schema}"));
    }
    let number = document.get("family").and_then(Value::as_u64);
    let cases = document.get("cases").and_then(Value::as_array);
    let (Some(number), Some(cases)) = (number, cases) else {
        return wrong(None, "expected a number `family` and a list `cases`".to_owned());
    };
    let family = families.entry(number).or_insert_with(|| Family { number, ..Family::default() });
    if let Some(name) = document.get("name").and_then(Value::as_str) {
        name.clone_into(&mut family.name);
    }
    let routine = ROUTINES.iter().find(|(of, _)| *of == number).map(|(_, routine)| *routine);
    for (at, value) in cases.iter().enumerate() {
        match Case::read(value) {
            Ok(case) => family.take(&case, routine),
            Err(what) => {
                let id = value.get("id").and_then(Value::as_str);
                wrong(Some(id.map_or_else(|| format!("number {}", at + 1), str::to_owned)), what);
            }
        }
    }
}

impl Family {
    /// Runs a case and adds how it came out.
    fn take(&mut self, case: &Case<'_>, routine: Option<Routine>) {
        self.cases += 1;
        let Some(got) = routine.and_then(|routine| routine(case.kind, case.inputs)) else {
            *self.without.entry(case.kind.to_owned()).or_default() += 1;
            return;
        };
        let compared = Comparison::of(case.id, &case.tolerances, &got, case.expected);
        self.agreeing += usize::from(compared.disagreements.is_empty());
        self.worst = self.worst.max(compared.worst);
        self.disagreements.extend(compared.disagreements);
    }
}

impl<'a> Case<'a> {
    fn read(value: &'a Value) -> Result<Self, String> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).ok_or(format!("expected a text `{key}`"));
        let object = |key: &str| value.get(key).filter(|v| v.is_object()).ok_or(format!("expected an object `{key}`"));
        let tolerance = |value: &Value, key: &str| {
            Tolerance::read(value).ok_or(format!("expected numbers `abs` and `rel` in `{key}`"))
        };
        let own = value.get("tol_fields").and_then(Value::as_object);
        let fields: Result<Vec<_>, String> =
            own.into_iter().flatten().map(|(name, value)| Ok((name.clone(), tolerance(value, name)?))).collect();
        Ok(Self {
            id: text("id")?,
            kind: text("kind")?,
            inputs: object("inputs")?,
            expected: object("expected")?.as_object().ok_or("expected an object `expected`")?,
            tolerances: Tolerances { all: tolerance(object("tol")?, "tol")?, fields: fields? },
        })
    }
}
