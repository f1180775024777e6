//! `[settings]` with what the command line overrides, and `[releases]`.

use std::path::{Path, PathBuf};

use super::below;
use super::problem::{Place, Problems, nearest};
use super::toml_reader::Table;
use crate::model::{Channel, MapChoice, Retention, Settings, Span};

/// The spans that pages can show.
pub(super) const SPANS: [(&str, Span); 4] = {
    let [a, b, c, d] = Span::OF_QUARTERS;
    [(a.as_str(), a), (b.as_str(), b), (c.as_str(), c), (d.as_str(), d)]
};

/// The settings, and the register's folder. What is given on the command line decides.
pub(super) fn settings(
    t: &mut Table<'_>,
    folder: &Path,
    overrides: &[(String, String)],
    problems: &mut Problems,
) -> (Settings, PathBuf) {
    const KEYS: [&str; 9] = [
        "inbox",
        "baseline",
        "population",
        "corrections",
        "register",
        "max_file_bytes",
        "personal_data_retention_days",
        "map",
        "span",
    ];
    let table = t.table("settings", problems);
    let given = |key: &str| overrides.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    let command_line = Place { file: PathBuf::from("--set"), line: 0, column: 0 };
    for (key, _) in overrides {
        if !KEYS.contains(&key.as_str()) {
            let hint = nearest(key, KEYS).map(|n| format!("did you mean `{n}`?"));
            problems.add_hint(
                &command_line,
                format!("`{key}` is not a setting; expected one of {}", KEYS.join(", ")),
                hint,
            );
        }
    }
    let mut defaults = Settings {
        inbox: folder.join("inbox"),
        baseline: folder.join("baseline.csv"),
        population: folder.join("population.csv"),
        corrections: folder.join("corrections.csv"),
        register: folder.join("register"),
        max_file_bytes: 32 << 20,
        personal_data_retention_days: 30,
        map: MapChoice::default(),
        span: Span::YearToDate,
        channel: Channel::Nightly,
    };
    if let Some(mut s) = table {
        let mut path = |key: &'static str, to: &mut PathBuf| {
            if let Some(text) = s.text(key, problems) {
                *to = below(folder, &text);
            }
        };
        path("inbox", &mut defaults.inbox);
        path("baseline", &mut defaults.baseline);
        path("population", &mut defaults.population);
        path("corrections", &mut defaults.corrections);
        path("register", &mut defaults.register);
        if let Some(bytes) = s.number("max_file_bytes", problems) {
            defaults.max_file_bytes = bytes as u64;
        }
        if let Some(days) = s.number("personal_data_retention_days", problems) {
            defaults.personal_data_retention_days = days as u64;
        }
        if let Some(text) = s.text("map", problems) {
            match text.parse() {
                Ok(map) => defaults.map = map,
                Err(wrong) => problems.add(&s.place_of("map"), wrong),
            }
        }
        defaults.span = s.word("span", &SPANS, problems).unwrap_or(defaults.span);
        s.end(problems);
    }
    if let Some(text) = given("map") {
        match text.parse() {
            Ok(map) => defaults.map = map,
            Err(wrong) => problems.add(&Place { file: PathBuf::from("--map"), line: 0, column: 0 }, wrong),
        }
    }
    if let Some(text) = given("span") {
        match SPANS.iter().find(|(word, _)| *word == text) {
            Some((_, span)) => defaults.span = *span,
            None => problems
                .add(&command_line, format!("`span` is `{text}`, expected one of {}", SPANS.map(|s| s.0).join(", "))),
        }
    }
    for (key, to) in [
        ("inbox", &mut defaults.inbox),
        ("baseline", &mut defaults.baseline),
        ("population", &mut defaults.population),
        ("corrections", &mut defaults.corrections),
        ("register", &mut defaults.register),
    ] {
        if let Some(value) = given(key) {
            *to = PathBuf::from(value);
        }
    }
    for (key, what, to) in [
        ("max_file_bytes", "bytes", &mut defaults.max_file_bytes),
        ("personal_data_retention_days", "days", &mut defaults.personal_data_retention_days),
    ] {
        let Some(value) = given(key) else { continue };
        match value.parse() {
            Ok(number) => *to = number,
            Err(_) => problems.add(&command_line, format!("`{key}` is `{value}`, expected a number of {what}")),
        }
    }
    let register = defaults.register.clone();
    (defaults, register)
}

/// `[releases]`: how long they are kept.
pub(super) fn retention(t: &mut Table<'_>, problems: &mut Problems) -> Retention {
    let mut kept = Retention::default();
    let Some(mut table) = t.table("releases", problems) else { return kept };
    let mut whole = |key: &'static str, problems: &mut Problems| {
        let number = table.number(key, problems)?;
        if number < 0.0 || number.fract() != 0.0 || number > f64::from(u16::MAX) {
            problems.add(&table.place_of(key), format!("`{key}` is {number}, expected a whole number, 0 or more"));
            return None;
        }
        Some(number as u32)
    };
    kept.days = whole("keep_days", problems).unwrap_or(kept.days);
    kept.month_ends = whole("keep_month_ends", problems);
    kept.year_ends = whole("keep_year_ends", problems);
    table.end(problems);
    kept
}
