//! The cells of a figure: their observations, what they replaced, and what was expected and has none.

use std::collections::BTreeMap;

use serde::Serialize;

use super::TraceError;
use super::files::Files;
use super::question::Asked;
use super::record::{Record, records};
use super::scope::Scope;
use super::sums::UnitPart;
use crate::model::{Expr, Kind, Period};

/// Unit, element and period.
pub(super) type Key = (String, String, Period);

/// One cell that a figure is made of.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// Its number in this explanation.
    pub number: usize,
    /// Unit: code and name.
    pub unit: [String; 2],
    /// Element.
    pub element: String,
    /// Period.
    pub period: Period,
    /// Value.
    pub value: f64,
    /// The file that it came in, by its sign in this explanation.
    pub file: String,
    /// Submission.
    pub submission_id: String,
    /// Path inside an archive.
    pub member: Option<String>,
    /// Sheet; none in a text file.
    pub sheet: Option<String>,
    /// Address.
    pub cell: String,
    /// The text as it stands in the kept file.
    pub found: Option<String>,
    /// The header of its column.
    pub header: Option<String>,
    /// The name in its row.
    pub row_name: Option<String>,
    /// How that name was matched.
    pub by: Option<&'static str>,
    /// Codes of warnings on it.
    pub flags: Vec<String>,
    /// What stood in its place before.
    pub earlier: Vec<Earlier>,
}

/// A value that was replaced.
#[derive(Debug, Clone, Serialize)]
pub struct Earlier {
    /// Value.
    pub value: f64,
    /// Submission.
    pub submission_id: String,
    /// Sheet; none in a text file.
    pub sheet: Option<String>,
    /// Address.
    pub cell: String,
    /// Known from.
    pub known_from: String,
    /// Replaced at.
    pub known_to: String,
}

/// A value that was expected and is not there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    /// Unit: code and name.
    pub unit: [String; 2],
    /// Element, or what else the formula reads.
    pub element: String,
    /// Period.
    pub period: Period,
    /// `taken_out` (by a correction), `rejected`, `row_rejected`, `empty`, `no_row`, `no_value`, `no_form`, `not_due`, `no_population`, `no_baseline`.
    pub why: &'static str,
    /// The earlier quarter whose value stands, where one does.
    pub stands: Option<Period>,
}

/// Observations of the scope.
pub(super) struct Observed(BTreeMap<Key, Record>);

impl Observed {
    /// Reads them, of each period the file alone.
    pub(super) fn read(asked: &Asked<'_>, scope: &Scope<'_>) -> Result<Self, TraceError> {
        let mut all = BTreeMap::new();
        for (key, record) in read(asked, scope, "observations")? {
            all.insert(key, record);
        }
        Ok(Self(all))
    }

    pub(super) fn value(&self, key: &Key) -> Option<f64> {
        self.0.get(key)?.number("value")
    }
}

fn read(asked: &Asked<'_>, scope: &Scope<'_>, table: &'static str) -> Result<Vec<(Key, Record)>, TraceError> {
    let units = scope.units();
    let elements = scope.all_elements();
    let mut all = Vec::new();
    for period in scope.periods() {
        let Some(file) = asked.release.of_period(table, asked.province.as_deref(), period, None) else { continue };
        let wanted = |texts: &[&str]| units.contains(texts[0]) && elements.contains(texts[1]);
        for record in records(&file.read_where(&[], &["unit_code", "element"], wanted)?) {
            let key = (record.text("unit_code").to_owned(), record.text("element").to_owned(), period);
            all.push((key, record));
        }
    }
    Ok(all)
}

/// The cells of every part, numbered in the order of the parts.
pub(super) fn cells(
    asked: &Asked<'_>,
    scope: &Scope<'_>,
    parts: &[UnitPart],
    observed: &Observed,
) -> Result<Vec<Cell>, TraceError> {
    let mut replaced: BTreeMap<Key, Vec<Earlier>> = BTreeMap::new();
    for (key, record) in read(asked, scope, "observations_history")? {
        replaced.entry(key).or_default().push(Earlier {
            value: record.number("value").unwrap_or_default(),
            submission_id: record.text("submission_id").to_owned(),
            sheet: record.known("sheet"),
            cell: record.text("cell").to_owned(),
            known_from: record.text("known_from").to_owned(),
            known_to: record.text("known_to").to_owned(),
        });
    }
    for earlier in replaced.values_mut() {
        earlier.sort_by(|a, b| a.known_from.cmp(&b.known_from));
    }
    let keys = parts.iter().flat_map(|part| &part.leaves).flat_map(|leaf| leaf.cells.iter().zip(&leaf.keys));
    let cell = |(number, key): (&usize, &Key)| {
        let record = observed.0.get(key)?;
        Some(Cell {
            number: *number,
            unit: [key.0.clone(), asked.name(&key.0).to_owned()],
            element: key.1.clone(),
            period: key.2,
            value: record.number("value")?,
            file: String::new(),
            submission_id: record.text("submission_id").to_owned(),
            member: record.known("member"),
            sheet: record.known("sheet"),
            cell: record.text("cell").to_owned(),
            found: None,
            header: None,
            row_name: None,
            by: None,
            flags: record.texts("flags"),
            earlier: replaced.remove(key).unwrap_or_default(),
        })
    };
    Ok(keys.filter_map(cell).collect())
}

/// What the units of the scope should have brought and did not.
pub(super) fn missing(
    asked: &Asked<'_>,
    scope: &Scope<'_>,
    parts: &[UnitPart],
    observed: &Observed,
    files: &Files,
) -> Vec<Missing> {
    let mut all = Vec::new();
    for (part, member) in parts.iter().zip(&scope.members) {
        let mut add = |unit: &str, element: &str, period, why, stands| {
            let unit = [unit.to_owned(), asked.name(unit).to_owned()];
            let missing = Missing { unit, element: element.to_owned(), period, why, stands };
            if !all.contains(&missing) {
                all.push(missing);
            }
        };
        let has = |unit: &str, element: &str, period: Period| {
            observed.value(&(unit.to_owned(), element.to_owned(), period)).is_some()
        };
        let leaf = |name: &str| part.leaves.iter().find(|leaf| leaf.name == name);
        for expr in std::iter::once(member.numerator).chain(member.denominator) {
            expr.visit(&mut |node| match node {
                Expr::Element(code) => {
                    let state = Scope::kind(asked, code) != Kind::Flow;
                    let known = leaf(code).filter(|_| state).and_then(|leaf| leaf.keys.last());
                    let stands = known.map(|key| key.2);
                    for period in scope.window.iter().filter(|p| stands.is_none_or(|known| **p > known)) {
                        let units = scope.parts(&part.unit, *period).into_iter().map(|(unit, _)| unit);
                        let in_force = |unit: &String| {
                            let there = asked.register.at(unit, period.end());
                            there.is_some_and(|unit| unit.level == part.level)
                        };
                        for unit in units.filter(in_force).filter(|unit| !has(unit, code, *period)) {
                            add(&unit, code, *period, files.why(asked, &unit, code, *period), stands);
                        }
                    }
                }
                Expr::Class(_) if leaf(&node.to_string()).is_some_and(|leaf| leaf.value.is_none()) => {
                    for code in scope.points.iter().filter(|code| !has(&part.unit, code, scope.class_year)) {
                        let why = files.why(asked, &part.unit, code, scope.class_year);
                        add(&part.unit, code, scope.class_year, why, None);
                    }
                }
                Expr::Population | Expr::Baseline(_) => {
                    let name = node.to_string();
                    let unknown = leaf(&name).is_some_and(|leaf| leaf.value.is_none());
                    let why = if *node == Expr::Population { "no_population" } else { "no_baseline" };
                    if unknown {
                        add(&part.unit, &name, asked.period, why, None);
                    }
                }
                _ => {}
            });
        }
    }
    all
}
