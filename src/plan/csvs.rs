//! The CSV files of a definition: register, populations, baselines. A bad row is a problem with its line.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::problem::{Place, Problems};
use crate::model::{Baseline, Level, Population, UnitVersion};
use crate::register::{Change, Register};

/// Rows of a CSV with the columns asked for, and where each stands.
struct Rows {
    rows: Vec<(Place, Vec<String>)>,
}

fn rows(path: &Path, columns: &[&str], problems: &mut Problems) -> Rows {
    let mut out = Rows { rows: Vec::new() };
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.add(&Place::file(path), format!("cannot be read: {error}"));
            return out;
        }
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(error) => {
            problems.add(&Place::line(path, 1), error.to_string());
            return out;
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
        return out;
    }
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, |p| p.line() as usize);
                let place = Place::line(path, line);
                if record.len() < header.len() {
                    problems.add(&place, format!("has {} fields, expected {}", record.len(), header.len()));
                    continue;
                }
                let fields = positions.iter().map(|at| record.get(*at).unwrap_or("").trim().to_owned()).collect();
                out.rows.push((place, fields));
            }
            Err(error) => {
                let line = error.position().map_or(0, |p| p.line() as usize);
                problems.add(&Place::line(path, line), "is not a row of UTF-8 text".to_owned());
            }
        }
    }
    out
}

fn date(text: &str, place: &Place, what: &str, problems: &mut Problems) -> Option<Date> {
    if let Ok(date) = text.parse() {
        Some(date)
    } else {
        problems.add(place, format!("{what} is `{text}`, expected a date such as 2018-06-30"));
        None
    }
}

fn number(text: &str, place: &Place, what: &str, problems: &mut Problems) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(n) if n.is_finite() => Some(n),
        _ => {
            problems.add(place, format!("{what} is `{text}`, expected a number such as 1234.5"));
            None
        }
    }
}

/// Loads `population.csv`: `unit_code, year, population, note`.
pub(super) fn populations(path: &Path, problems: &mut Problems) -> BTreeMap<(String, i16), Population> {
    let mut all = BTreeMap::new();
    for (place, f) in rows(path, &["unit_code", "year", "population", "note"], problems).rows {
        let [unit, year, persons, note] = f.as_slice() else { continue };
        let Ok(year) = year.parse::<i16>() else {
            problems.add(&place, format!("year is `{year}`, expected a year such as 2018"));
            continue;
        };
        let Some(persons) = number(persons, &place, "population", problems) else { continue };
        if persons < 0.0 {
            problems.add(&place, format!("population is {persons}, expected 0 or more"));
        }
        let key = (unit.clone(), year);
        if all.insert(key, Population { persons, note: note.clone() }).is_some() {
            problems.add(&place, format!("unit `{unit}` has two populations for {year}"));
        }
    }
    all
}

/// Loads `baseline.csv`: `unit_code, element, as_of, value`.
pub(super) fn baselines(path: &Path, problems: &mut Problems) -> BTreeMap<(String, String), (Baseline, Place)> {
    let mut all = BTreeMap::new();
    for (place, f) in rows(path, &["unit_code", "element", "as_of", "value"], problems).rows {
        let [unit, element, as_of, value] = f.as_slice() else { continue };
        let as_of = date(as_of, &place, "as_of", problems);
        let value = number(value, &place, "value", problems);
        let (Some(as_of), Some(value)) = (as_of, value) else { continue };
        let key = (unit.clone(), element.clone());
        if all.insert(key, (Baseline { as_of, value }, place.clone())).is_some() {
            problems.add(&place, format!("unit `{unit}` has two baselines of `{element}`"));
        }
    }
    all
}

/// Loads the register's folder and checks that it holds together.
pub(super) fn register(folder: &Path, problems: &mut Problems) -> Register {
    let units = folder.join("units.csv");
    let columns = ["code", "name_vi", "name_en", "level", "kind", "parent_code", "valid_from", "valid_to", "source"];
    let mut versions = Vec::new();
    let mut places = Vec::new();
    for (place, f) in rows(&units, &columns, problems).rows {
        let [code, name_vi, name_en, level, kind, parent, from, to, source] = f.as_slice() else { continue };
        let level = level.parse::<Level>().map_err(|e| problems.add(&place, e)).ok();
        let valid_from = date(from, &place, "valid_from", problems);
        let valid_to = if to.is_empty() { Some(None) } else { date(to, &place, "valid_to", problems).map(Some) };
        let (Some(level), Some(valid_from), Some(valid_to)) = (level, valid_from, valid_to) else { continue };
        if valid_to.is_some_and(|to| to <= valid_from) {
            problems.add(&place, format!("valid_to {to} is not after valid_from {valid_from}"));
        }
        let unit = UnitVersion {
            code: code.clone(),
            name_vi: name_vi.clone(),
            name_en: name_en.clone(),
            level,
            kind: kind.clone(),
            parent_code: (!parent.is_empty()).then(|| parent.clone()),
            valid_from,
            valid_to,
            source: source.clone(),
        };
        versions.push(unit);
        places.push(place);
    }
    hold_together(&versions, &places, problems);
    let changes = changes(&folder.join("changes.csv"), problems);
    let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, f) in rows(&folder.join("aliases.csv"), &["code", "alias"], problems).rows {
        if let [code, alias] = f.as_slice() {
            aliases.entry(code.clone()).or_default().push(alias.clone());
        }
    }
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
    for (place, f) in rows(path, &columns, problems).rows {
        let [day, change, from, to, share, legal, source, confidence] = f.as_slice() else { continue };
        let Some(effective_date) = date(day, &place, "effective_date", problems) else { continue };
        let share = if share.is_empty() { None } else { number(share, &place, "share", problems) };
        if share.is_some_and(|s| !(0.0..=1.0).contains(&s)) {
            problems.add(&place, format!("share is {}, expected 0 to 1", share.unwrap_or_default()));
        }
        all.push(Change {
            effective_date,
            change: change.clone(),
            from_code: (!from.is_empty()).then(|| from.clone()),
            to_code: (!to.is_empty()).then(|| to.clone()),
            share,
            legal_basis: legal.clone(),
            source: source.clone(),
            confidence: confidence.clone(),
        });
    }
    all
}
