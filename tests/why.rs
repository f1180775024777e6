//! `wardscore why`: what made a value another, between periods, across merges, and between releases.

use std::path::{Path, PathBuf};

use wardscore::model::{Level, Map, Span};
use wardscore::plan::Definition;
use wardscore::stats::decompose::Parts;
use wardscore::store::Store;
use wardscore::trace::{Between, Why, WhyQuestion};

use crate::tool::{copy, root, said, table, wardscore};

const NOW: &str = "2026-01-15T00:00:00Z";

/// The sample's inbox in a folder of its own, and its store.
struct Sample {
    _folder: tempfile::TempDir,
    inbox: PathBuf,
    store: PathBuf,
}

fn sample() -> Sample {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, store) = (folder.path().join("inbox"), folder.path().join("store"));
    copy(&root().join("sample-data/inbox"), &inbox);
    Sample { inbox, store, _folder: folder }
}

impl Sample {
    /// Runs the program and gives the release's id.
    fn run(&self, more: &[&str]) -> String {
        let inbox = format!("inbox={}", self.inbox.display());
        let store = self.store.to_str().unwrap();
        said(&wardscore(["run", "--no-reply", "--now", NOW, "--store", store, "--set", &inbox].iter().chain(more)), 0);
        let release = std::fs::read_link(self.store.join("current")).unwrap();
        release.file_name().unwrap().to_str().unwrap().to_owned()
    }

    fn ask(&self, question: &[&str], code: i32) -> String {
        let store = ["why", "--store", self.store.to_str().unwrap()];
        said(&wardscore(store.iter().chain(question)), code)
    }

    fn why(
        &self,
        definition: &Definition,
        unit: &str,
        indicator: &str,
        span: Span,
        between: Between<'_>,
    ) -> Option<Why> {
        let store = Store::open(&self.store).unwrap();
        let question = WhyQuestion { unit, indicator, span, map: Map::AsReported, between, all: true };
        wardscore::trace::why(definition, &store, &question).ok()
    }

    /// What the newest release changed.
    fn changed(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.store.join("current/history/values.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

fn definition() -> Definition {
    wardscore::plan::load(&root().join("pipelines/plan-50"), &[]).unwrap()
}

fn periods<'a>(from: &str, to: &str) -> Between<'a> {
    Between::Periods { from: from.parse().unwrap(), to: to.parse().unwrap(), release: None }
}

/// The parts of a change, which sum to it.
fn parts(why: &Why) -> Option<Parts> {
    let parts = why.parts?;
    let change = why.change.unwrap();
    assert!((parts.sum() - change).abs() <= 1e-11, "{why:?}");
    let units: f64 = why.units.shown.iter().map(|unit| unit.sum).sum();
    assert!((units - (parts.sum() - parts.boundary - parts.definition)).abs() <= 1e-9, "{why:?}");
    Some(parts)
}

/// The part of a changed value by its name.
fn part(value: &serde_json::Value, name: &str) -> f64 {
    value["parts"][name].as_f64().unwrap_or(0.0)
}

fn sums(value: &serde_json::Value) -> bool {
    let all = ["numerator", "denominator", "reporting", "boundary", "definition"];
    let sum: f64 = all.iter().map(|name| part(value, name)).sum();
    value["parts"].is_null() == value["reason"].is_array()
        && (value["parts"].is_null()
            || (value["after"].as_f64().unwrap() - value["before"].as_f64().unwrap() - sum).abs() < 1e-11)
}

#[test]
fn between_periods_the_parts_sum_and_turn_with_the_question() {
    let sample = sample();
    sample.run(&[]);
    let definition = definition();
    let columns = ["unit_code", "indicator", "period", "span", "map", "value", "previous"];
    let previous = table(&sample.store, "indicator_values", &columns);
    let (mut split, mut moved) = (0, 0);
    for unit in ["46", "474", "482", "19954", "20122", "20143", "19753"] {
        for indicator in ["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "S1-01"] {
            for (from, to, span) in [
                ("2018-Q2", "2019-Q2", Span::YearToDate),
                ("2019-Q2", "2020-Q2", Span::YearToDate),
                ("2019", "2020", Span::Year),
                ("2016-Q4", "2020-Q3", Span::PlanToDate),
            ] {
                let Some(there) = sample.why(&definition, unit, indicator, span, periods(from, to)) else { continue };
                let Some(of) = parts(&there) else {
                    assert!(there.reason.is_some(), "{there:?}");
                    continue;
                };
                assert!(of.definition == 0.0, "{there:?}");
                let back = sample.why(&definition, unit, indicator, span, periods(to, from)).unwrap();
                assert_eq!(Some(Parts::default().minus(of)), parts(&back), "{unit} {indicator}");
                // The row's own comparison is with the same territory a year before.
                let row = [unit, indicator, to, span.as_str(), "as_reported"];
                let row = previous.iter().find(|line| line[..5] == row).unwrap();
                if let (Ok(value), Ok(before)) = (row[5].parse::<f64>(), row[6].parse::<f64>())
                    && span != Span::PlanToDate
                {
                    assert!((of.sum() - of.boundary - (value - before)).abs() < 1e-9, "{row:?} {there:?}");
                }
                split += 1;
                moved += usize::from(of.boundary != 0.0);
                assert!(
                    of.boundary == 0.0 || (["19954", "20122"].contains(&unit) && to.starts_with("2020")),
                    "{there:?}"
                );
            }
        }
    }
    assert!(split > 100 && moved > 5, "{split} {moved}");

    let text = sample.ask(&["--ward", "20122", "--indicator", "T1", "--from", "2019-Q2", "--to", "2020-Q2"], 0);
    insta::assert_snapshot!(text);
    let text = sample.ask(&["--unit", "482", "--indicator", "T7", "--from", "2019-Q2", "--to", "2020-Q2"], 0);
    insta::assert_snapshot!(text);
    let json = sample.ask(&["--unit", "482", "--indicator", "T7", "--from", "2019", "--to", "2020", "--json"], 0);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(json["parts"]["numerator"].is_number() && json["units"]["shown"].is_array(), "{json}");
    let other = ["--map", "current", "--unit", "46", "--indicator", "T5", "--from", "2019-Q2", "--to", "2020-Q2"];
    assert!(sample.ask(&other, 0).contains("tổng · sum"));

    for (question, code, hint) in [
        ("--ward 20122 --indicator T5 --from 2019-Q2", 2, "--to"),
        ("--ward 20122 --indicator T5", 2, "--period"),
        ("--ward 20122 --indicator T5 --from 2019 --to 2020-Q2", 2, "has no span"),
        ("--ward 20122 --indicator T5 --period 2019-Q2 --against none", 3, "there is no release `none`"),
        ("--ward 20119 --indicator T5 --from 2019-Q2 --to 2020-Q2", 2, "became 20122 Xã Giang Hải"),
        ("--ward 20122 --indicator T2 --from 2019-Q2 --to 2020-Q2", 2, "measured from the district up"),
    ] {
        let text = sample.ask(&question.split(' ').collect::<Vec<_>>(), code);
        assert!(text.contains(hint), "{question}\n{text}");
    }
}

fn take(inbox: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(inbox).unwrap() {
        let file = file.unwrap();
        if wanted(file.file_name().to_str().unwrap()) {
            std::fs::rename(file.path(), to.join(file.file_name())).unwrap();
        }
    }
}

#[test]
fn between_releases_what_came_late_and_what_was_defined_anew_are_told_apart() {
    let sample = sample();
    let (hue, late) = (sample.inbox.join("474"), sample.inbox.with_file_name("late"));
    // A form of 2019 and a correction of 2018 come after the first release.
    let is_late = |name: &str| name.contains("Q2.2019") || name == "BC KH50 Q1.2018 (Hue) B02 (điều chỉnh).csv";
    take(&hue, &late, &is_late);
    let first = sample.run(&[]);
    assert!(!sample.store.join("current/history/values.json").exists());
    take(&late, &hue, &|_| true);
    let second = sample.run(&[]);
    let changed = sample.changed();
    assert!(changed.iter().all(sums) && changed.iter().all(|value| part(value, "definition") == 0.0));
    let province = |value: &&serde_json::Value| value["unit_code"] == "46";
    let of = |period: &str, indicator: &str| {
        changed
            .iter()
            .filter(province)
            .find(|value| value["period"] == period && value["indicator"] == indicator)
            .cloned()
    };
    let reported = of("2019-Q2", "T5").unwrap();
    assert!(part(&reported, "reporting") != 0.0 || part(&reported, "numerator") != 0.0, "{reported}");
    let corrected = changed.iter().find(|value| value["period"] == "2018-Q1").unwrap();
    assert!(part(corrected, "reporting") == 0.0 && part(corrected, "boundary") == 0.0, "{corrected}");

    let definition = definition();
    let between = |period: &str, against| Between::Releases { period: period.parse().unwrap(), against, release: None };
    let told = sample.why(&definition, "46", "T5", Span::YearToDate, between("2019-Q2", &first)).unwrap();
    let same = parts(&told).unwrap();
    assert_eq!(serde_json::to_value(same).unwrap(), reported["parts"]);

    // Other baselines and another formula: a part of their own, beside a form that is taken away again.
    let folder = sample.inbox.with_file_name("plan");
    copy(&root().join("pipelines/plan-50"), &folder);
    let path = folder.join("indicators.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.replace("numerator = \"cases_handled\"", "numerator = \"cases_handled * 2 / 4\"");
    std::fs::write(&path, text.replace("cases_detected = 4, value = 0.75", "cases_detected = 4, value = 0.375"))
        .unwrap();
    let path = folder.join("baseline.csv");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let more = |line: &mut String| line.push('0');
    let value = lines[0].split(',').next_back().unwrap() == "value";
    assert!(value, "{}", lines[0]);
    lines.iter_mut().skip(1).take(60).for_each(more);
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    sample.run(&["--pipeline", folder.to_str().unwrap()]);
    let changed = sample.changed();
    assert!(changed.iter().all(sums));
    let defined = |indicator: &str| {
        let of = changed.iter().filter(|value| value["indicator"] == indicator && value["parts"].is_object());
        of.map(|value| part(value, "definition")).collect::<Vec<f64>>()
    };
    for indicator in ["T5", "T6"] {
        let parts = defined(indicator);
        assert!(parts.len() > 20 && parts.iter().all(|part| *part != 0.0), "{indicator} {parts:?}");
    }
    assert!(defined("T1").is_empty());
    for unit in ["46", "482", "20122"] {
        // Against the first release data and definition changed both.
        for against in [&first, &second] {
            let told = sample.why(&definition, unit, "T5", Span::YearToDate, between("2019-Q2", against)).unwrap();
            let of = parts(&told).unwrap_or_else(|| panic!("{told:?}"));
            assert!(of.definition < 0.0, "{told:?}");
            let data = of.reporting != 0.0 || of.numerator != 0.0;
            assert_eq!(data, unit == "46" && *against == first, "{told:?}");
            assert_eq!(told.unit[2] == Level::Ward.as_str(), unit == "20122");
        }
    }
    let asked = ["--unit", "46", "--indicator", "T5", "--period", "2019-Q2", "--against", &first];
    let text = sample.ask(&asked, 0);
    let release = std::fs::read_link(sample.store.join("current")).unwrap();
    let text = text.replace(&first, "FIRST").replace(release.file_name().unwrap().to_str().unwrap(), "NEWEST");
    insta::assert_snapshot!(text);
}
