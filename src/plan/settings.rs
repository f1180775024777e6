//! `[settings]` and `[scorecards]` with what the command line overrides, and `[releases]`.

use std::path::{Path, PathBuf};

use super::below;
use super::problem::{Place, Problems, nearest};
use super::toml_reader::Table;
use crate::model::{Channel, Format, MapChoice, Retention, Scorecards, Settings, Span};

/// The spans that pages can show.
pub(super) const SPANS: [(&str, Span); 4] = {
    let [a, b, c, d] = Span::OF_QUARTERS;
    [(a.as_str(), a), (b.as_str(), b), (c.as_str(), c), (d.as_str(), d)]
};

/// The settings that are paths.
fn paths(settings: &mut Settings) -> [(&'static str, &mut PathBuf); 6] {
    [
        ("inbox", &mut settings.inbox),
        ("baseline", &mut settings.baseline),
        ("population", &mut settings.population),
        ("corrections", &mut settings.corrections),
        ("actions", &mut settings.actions),
        ("register", &mut settings.register),
    ]
}

/// The settings, and the register's folder. What is given on the command line decides.
pub(super) fn settings(
    t: &mut Table<'_>,
    folder: &Path,
    overrides: &[(String, String)],
    problems: &mut Problems,
) -> (Settings, PathBuf) {
    const KEYS: [&str; 11] = [
        "inbox",
        "baseline",
        "population",
        "corrections",
        "actions",
        "register",
        "max_file_bytes",
        "personal_data_retention_days",
        "map",
        "span",
        "formats",
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
        actions: folder.join("actions.csv"),
        register: folder.join("register"),
        max_file_bytes: 32 << 20,
        personal_data_retention_days: 30,
        map: MapChoice::default(),
        span: Span::YearToDate,
        channel: Channel::Nightly,
        scorecards: scorecards(t, folder, problems),
    };
    if let Some(mut s) = table {
        for (key, to) in paths(&mut defaults) {
            if let Some(text) = s.text(key, problems) {
                *to = below(folder, &text);
            }
        }
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
    if let Some(text) = given("formats") {
        let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
        defaults.scorecards.formats = formats(&words, &command_line, problems);
    }
    for (key, to) in paths(&mut defaults) {
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

/// `[scorecards]`: what they are made as.
fn scorecards(t: &mut Table<'_>, folder: &Path, problems: &mut Problems) -> Scorecards {
    let mut all = Scorecards::default();
    let Some(mut table) = t.table("scorecards", problems) else { return all };
    if table.has("formats") {
        let words = table.texts("formats", problems);
        all.formats = formats(&words, &table.place_of("formats"), problems);
    }
    all.boundaries = table.text("boundaries", problems).map(|path| below(folder, &path));
    all.boundaries_code = table.text("boundaries_code", problems).unwrap_or(all.boundaries_code);
    all.centroids = table.text("centroids", problems).map(|path| below(folder, &path));
    table.end(problems);
    all
}

/// Kinds of documents, each once, in the order of [`Format::ALL`].
fn formats(words: &[String], place: &Place, problems: &mut Problems) -> Vec<Format> {
    for word in words.iter().filter(|word| Format::from_word(word).is_none()) {
        problems.unknown(place, "format", word, Format::ALL.iter().map(|format| format.as_str()));
    }
    let wanted = |format: &&Format| words.iter().any(|word| word == format.as_str());
    let all: Vec<Format> = Format::ALL.iter().filter(wanted).copied().collect();
    if words.is_empty() {
        problems.add(place, "`formats` is empty; expected one or more of html, pdf, xlsx".to_owned());
    }
    all
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
