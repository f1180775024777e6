//! The register's folder: `units.csv`, `changes.csv`, `aliases.csv` → units over time, with every fault at its line.

use std::collections::BTreeMap;
use std::path::Path;

use super::csvs::{Row, date, rows};
use super::problem::{Place, Problems};
use crate::model::{Level, UnitVersion};
use crate::register::check::{self, Fault};
use crate::register::{Change, ChangeKind, Confidence, Register};

/// Loads the register's folder and checks that it holds together.
pub(super) fn register(folder: &Path, problems: &mut Problems) -> Register {
    let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
    rows(&folder.join("aliases.csv"), &["code", "alias"], problems, |row, _| {
        let [code, alias] = row.fields();
        aliases.entry(code.to_owned()).or_default().push(alias.to_owned());
    });
    read(&folder.join("units.csv"), &folder.join("changes.csv"), aliases, problems)
}

/// Loads versions and changes from these files and checks that they hold together.
pub(super) fn read(
    units: &Path,
    changes: &Path,
    aliases: BTreeMap<String, Vec<String>>,
    problems: &mut Problems,
) -> Register {
    let (versions, of_versions) = versions(units, problems);
    let (changes, of_changes) = self::changes(changes, problems);
    let place = |row: check::Row| match row {
        check::Row::Version(at) => &of_versions[at],
        check::Row::Change(at) => &of_changes[at],
    };
    for fault in check::check(&versions, &changes) {
        match fault {
            Fault::Wrong(row, what) => problems.add(place(row), what),
            Fault::Unknown(row, code) => problems.unknown(place(row), "unit", &code, check::codes(&versions)),
        }
    }
    Register::new(versions, changes, aliases)
}

fn versions(path: &Path, problems: &mut Problems) -> (Vec<UnitVersion>, Vec<Place>) {
    let columns = ["code", "name_vi", "name_en", "level", "kind", "parent_code", "valid_from", "valid_to", "source"];
    let (mut versions, mut places) = (Vec::new(), Vec::new());
    rows(path, &columns, problems, |row, problems| {
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
    (versions, places)
}

fn changes(path: &Path, problems: &mut Problems) -> (Vec<Change>, Vec<Place>) {
    let columns = ["effective_date", "change", "from_code", "to_code", "share", "legal_basis", "source", "confidence"];
    let (mut all, mut places) = (Vec::new(), Vec::new());
    rows(path, &columns, problems, |row, problems| {
        let [day, kind, from, to, share, legal, source, confidence] = row.fields();
        let day = date(day, row, "effective_date", problems);
        let kinds = ChangeKind::ALL.map(ChangeKind::as_str);
        let kind = word("change", kind, &kinds, ChangeKind::from_word, row, problems);
        let degrees = Confidence::ALL.map(Confidence::as_str);
        let confidence = word("confidence", confidence, &degrees, Confidence::from_word, row, problems);
        let share = (!share.is_empty()).then(|| share.parse().map_err(|what: String| problems.add(&row.place(), what)));
        let (Some(effective_date), Some(change), Some(confidence)) = (day, kind, confidence) else { return };
        let code = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        all.push(Change {
            effective_date,
            change,
            from_code: code(from),
            to_code: code(to),
            share: share.and_then(Result::ok),
            legal_basis: legal.to_owned(),
            source: source.to_owned(),
            confidence,
        });
        places.push(row.place());
    });
    (all, places)
}

fn word<T>(
    what: &str,
    text: &str,
    known: &[&str],
    parse: fn(&str) -> Option<T>,
    row: &Row<'_>,
    problems: &mut Problems,
) -> Option<T> {
    let parsed = parse(text);
    if parsed.is_none() {
        problems.add(&row.place(), format!("{what} is `{text}`, expected {}", known.join(", ")));
    }
    parsed
}
