//! The CSV files of a definition: register, populations, baselines. A bad row is a problem with its line.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::problem::{Place, Problems};
use crate::model::{Baseline, Element, Level, Population, UnitVersion};
use crate::register::{Change, Register};

/// One row of a CSV, with the columns asked for in the order asked for.
struct Row<'r> {
    path: &'r Path,
    record: &'r csv::StringRecord,
    positions: &'r [usize],
}

impl Row<'_> {
    /// The fields asked for, without spaces around them.
    fn fields<const N: usize>(&self) -> [&str; N] {
        std::array::from_fn(|at| self.positions.get(at).and_then(|p| self.record.get(*p)).unwrap_or("").trim())
    }

    fn place(&self) -> Place {
        Place::line(self.path, self.record.position().map_or(0, |p| p.line() as usize))
    }
}

/// Hands every row of a CSV that has these columns to `each`.
fn rows(path: &Path, columns: &[&str], problems: &mut Problems, mut each: impl FnMut(&Row<'_>, &mut Problems)) {
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.add(&Place::file(path), format!("cannot be read: {error}"));
            return;
        }
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(error) => {
            problems.add(&Place::line(path, 1), error.to_string());
            return;
        }
    };
    let mut positions = Vec::new();
    for column in columns {
        match header.iter().position(|h| h == column) {
            Some(at) => positions.push(at),
            None => problems
                .add(&Place::line(path, 1), format!("there is no column `{column}`; expected {}", columns.join(", "))),
        }
    }
    if positions.len() < columns.len() {
        return;
    }
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return,
            Ok(true) => {
                let row = Row { path, record: &record, positions: &positions };
                if record.len() < header.len() {
                    problems.add(&row.place(), format!("has {} fields, expected {}", record.len(), header.len()));
                } else {
                    each(&row, problems);
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, |p| p.line() as usize);
                problems.add(&Place::line(path, line), "is not a row of UTF-8 text".to_owned());
            }
        }
    }
}

fn date(text: &str, row: &Row<'_>, what: &str, problems: &mut Problems) -> Option<Date> {
    if let Ok(date) = text.parse() {
        Some(date)
    } else {
        problems.add(&row.place(), format!("{what} is `{text}`, expected a date such as 2018-06-30"));
        None
    }
}

fn number(text: &str, row: &Row<'_>, what: &str, problems: &mut Problems) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(n) if n.is_finite() => Some(n),
        _ => {
            problems.add(&row.place(), format!("{what} is `{text}`, expected a number such as 1234.5"));
            None
        }
    }
}

/// Loads `population.csv`: `unit_code, year, population, note`.
pub(super) fn populations(path: &Path, problems: &mut Problems) -> BTreeMap<String, BTreeMap<i16, Population>> {
    let mut all: BTreeMap<String, BTreeMap<i16, Population>> = BTreeMap::new();
    rows(path, &["unit_code", "year", "population", "note"], problems, |row, problems| {
        let [unit, year, persons, note] = row.fields();
        let Ok(year) = year.parse::<i16>() else {
            problems.add(&row.place(), format!("year is `{year}`, expected a year such as 2018"));
            return;
        };
        let Some(persons) = number(persons, row, "population", problems) else { return };
        if persons < 0.0 {
            problems.add(&row.place(), format!("population is {persons}, expected 0 or more"));
        }
        let of_unit = all.entry(unit.to_owned()).or_default();
        if of_unit.insert(year, Population { persons, note: note.to_owned() }).is_some() {
            problems.add(&row.place(), format!("unit `{unit}` has two populations for {year}"));
        }
    });
    all
}

/// Loads `baseline.csv`: `unit_code, element, as_of, value`, of these elements.
pub(super) fn baselines(
    path: &Path,
    elements: &[Element],
    problems: &mut Problems,
) -> BTreeMap<String, BTreeMap<String, Baseline>> {
    let mut all: BTreeMap<String, BTreeMap<String, Baseline>> = BTreeMap::new();
    rows(path, &["unit_code", "element", "as_of", "value"], problems, |row, problems| {
        let [unit, element, as_of, value] = row.fields();
        if !elements.iter().any(|e| e.code == element) {
            problems.unknown(&row.place(), "element", element, elements.iter().map(|e| e.code.as_str()));
        }
        let as_of = date(as_of, row, "as_of", problems);
        let value = number(value, row, "value", problems);
        let (Some(as_of), Some(value)) = (as_of, value) else { return };
        let of_unit = all.entry(unit.to_owned()).or_default();
        if of_unit.insert(element.to_owned(), Baseline { as_of, value }).is_some() {
            problems.add(&row.place(), format!("unit `{unit}` has two baselines of `{element}`"));
        }
    });
    all
}

/// Loads the register's folder and checks that it holds together.
pub(super) fn register(folder: &Path, problems: &mut Problems) -> Register {
    let units = folder.join("units.csv");
    let columns = ["code", "name_vi", "name_en", "level", "kind", "parent_code", "valid_from", "valid_to", "source"];
    let mut versions = Vec::new();
    let mut places = Vec::new();
    rows(&units, &columns, problems, |row, problems| {
        let [code, name_vi, name_en, level, kind, parent, from, to, source] = row.fields();
        let level = level.parse::<Level>().map_err(|e| problems.add(&row.place(), e)).ok();
        let valid_from = date(from, row, "valid_from", problems);
        let valid_to = if to.is_empty() { Some(None) } else { date(to, row, "valid_to", problems).map(Some) };
        let (Some(level), Some(valid_from), Some(valid_to)) = (level, valid_from, valid_to) else { return };
        if valid_to.is_some_and(|to| to <= valid_from) {
            problems.add(&row.place(), format!("valid_to {to} is not after valid_from {valid_from}"));
        }
        versions.push(UnitVersion {
            code: code.to_owned(),
            name_vi: name_vi.to_owned(),
            name_en: name_en.to_owned(),
            level,
            kind: kind.to_owned(),
            parent_code: (!parent.is_empty()).then(|| parent.to_owned()),
            valid_from,
            valid_to,
            source: source.to_owned(),
        });
        places.push(row.place());
    });
    hold_together(&versions, &places, problems);
    let changes = changes(&folder.join("changes.csv"), problems);
    let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    rows(&folder.join("aliases.csv"), &["code", "alias"], problems, |row, _| {
        let [code, alias] = row.fields();
        aliases.entry(code.to_owned()).or_default().push(alias.to_owned());
    });
    Register::new(versions, changes, aliases)
}

/// Versions of a code must not overlap, and a unit's parent must exist through its whole life.
fn hold_together(versions: &[UnitVersion], places: &[Place], problems: &mut Problems) {
    let mut by_code: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, unit) in versions.iter().enumerate() {
        by_code.entry(&unit.code).or_default().push(at);
    }
    for rows in by_code.values_mut() {
        rows.sort_by_key(|at| versions[*at].valid_from);
        for pair in rows.windows(2) {
            let (a, b) = (&versions[pair[0]], &versions[pair[1]]);
            if a.valid_to.is_none_or(|to| to > b.valid_from) {
                problems.add(
                    &places[pair[1]],
                    format!("unit `{}` has two versions on {}; the earlier one must end by then", b.code, b.valid_from),
                );
            }
        }
    }
    for (at, unit) in versions.iter().enumerate() {
        let Some(parent) = &unit.parent_code else {
            if unit.level != Level::Province {
                problems.add(&places[at], format!("unit `{}` has no parent_code", unit.code));
            }
            continue;
        };
        let Some(rows) = by_code.get(parent.as_str()) else {
            problems.unknown(&places[at], "unit", parent, by_code.keys().copied());
            continue;
        };
        // Walk along the parent's versions from the unit's first day to its last.
        let mut day = unit.valid_from;
        let mut covered = false;
        for row in rows {
            let version = &versions[*row];
            if version.in_force(day) {
                match version.valid_to {
                    None => covered = true,
                    Some(to) if unit.valid_to.is_some_and(|end| end <= to) => covered = true,
                    Some(to) => day = to,
                }
            }
        }
        if !covered {
            problems
                .add(&places[at], format!("unit `{}` is in force on {day}, its parent `{parent}` is not", unit.code));
        }
    }
}

fn changes(path: &Path, problems: &mut Problems) -> Vec<Change> {
    let columns = ["effective_date", "change", "from_code", "to_code", "share", "legal_basis", "source", "confidence"];
    let mut all = Vec::new();
    rows(path, &columns, problems, |row, problems| {
        let [day, change, from, to, share, legal, source, confidence] = row.fields();
        let Some(effective_date) = date(day, row, "effective_date", problems) else { return };
        let share = if share.is_empty() { None } else { number(share, row, "share", problems) };
        if share.is_some_and(|s| !(0.0..=1.0).contains(&s)) {
            problems.add(&row.place(), format!("share is {}, expected 0 to 1", share.unwrap_or_default()));
        }
        all.push(Change {
            effective_date,
            change: change.to_owned(),
            from_code: (!from.is_empty()).then(|| from.to_owned()),
            to_code: (!to.is_empty()).then(|| to.to_owned()),
            share,
            legal_basis: legal.to_owned(),
            source: source.to_owned(),
            confidence: confidence.to_owned(),
        });
    });
    all
}
