//! The submissions of two districts over five quarters, in every container that districts use, against their truth.
//!
//! The figures are invented on real units.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use crate::tool::{copy, csv, root, said, table, wardscore};

type Row = BTreeMap<String, String>;

/// A run over the inbox with its truth.
pub struct Case {
    _folder: tempfile::TempDir,
    pub store: PathBuf,
    truth: PathBuf,
}

/// Copies the inbox, gives its files their times of receipt, runs the program over it.
pub fn run() -> Case {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("case");
    copy(&root().join("tests/cases/inbox-small"), &case);
    for row in csv(&case.join("receipts.csv")) {
        let path = case.join("inbox").join(&row["file"]);
        let time: jiff::Timestamp = row["received_at"].parse().unwrap();
        if !path.is_symlink() {
            std::fs::File::options().write(true).open(&path).unwrap().set_modified(moment(time)).unwrap();
        }
    }
    let store = folder.path().join("store");
    let set = |key: &str, file: &str| format!("{key}={}", case.join(file).display());
    let output = wardscore([
        "run",
        "--now",
        "2019-03-01T00:00:00Z",
        "--store",
        store.to_str().unwrap(),
        "--set",
        &set("inbox", "inbox"),
        "--set",
        &set("baseline", "reference/baseline.csv"),
    ]);
    said(&output, 0);
    Case { truth: case.join("truth"), store, _folder: folder }
}

impl Case {
    /// A file of the case's reference data.
    pub fn reference(&self, name: &str) -> PathBuf {
        self.truth.with_file_name("reference").join(name)
    }
}

fn moment(time: jiff::Timestamp) -> std::time::SystemTime {
    let since = std::time::Duration::from_micros(time.as_microsecond().unsigned_abs());
    std::time::SystemTime::UNIX_EPOCH + since
}

fn key(row: &Row, names: &[&str]) -> Vec<String> {
    names.iter().map(|n| row[*n].clone()).collect()
}

#[test]
fn every_value_stands_with_its_cell_and_every_broken_file_is_quarantined() {
    let case = run();
    let file_of: BTreeMap<String, String> =
        table(&case.store, "submissions", &["submission_id", "district_code", "file_name"])
            .into_iter()
            .map(|r| (r[0].clone(), format!("{}/{}", r[1], r[2])))
            .collect();
    let columns = ["unit_code", "period", "form", "element", "value", "submission_id", "sheet", "cell"];
    let mut found: BTreeMap<Vec<String>, (f64, String)> = BTreeMap::new();
    for r in table(&case.store, "observations", &columns) {
        let file = file_of[&r[5]].clone();
        let place = format!("{file}|{}|{}", r[6], r[7]);
        let before = found.insert(r[..4].to_vec(), (r[4].parse().unwrap(), place));
        assert!(before.is_none(), "two current values of {:?}", &r[..4]);
    }
    let mut compared = 0;
    for row in csv(&case.truth.join("observations.csv")) {
        let got = found.remove(&key(&row, &["unit_code", "period", "form", "element"]));
        let place = format!("{}|{}|{}", row["file"], row["sheet"], row["cell"]);
        assert_eq!(got, Some((row["value"].parse().unwrap(), place)), "{row:?}");
        compared += 1;
    }
    assert!(found.is_empty(), "values that the truth does not have: {found:?}");
    assert!(compared > 7000, "{compared}");

    let status: BTreeMap<String, String> = table(&case.store, "submissions", &["district_code", "file_name", "status"])
        .into_iter()
        .map(|r| (format!("{}/{}", r[0], r[1]), r[2].clone()))
        .collect();
    for row in csv(&case.truth.join("submissions.csv")) {
        if row["status"] == "quarantined" {
            assert_eq!(status[&row["file"]], "quarantined", "{}", row["file"]);
        }
    }
}

#[test]
fn the_targets_equal_the_truth() {
    let case = run();
    let columns = ["indicator", "unit_code", "period", "span", "state", "numerator", "denominator", "value", "map"];
    let values: BTreeMap<Vec<String>, Vec<String>> = table(&case.store, "indicator_values", &columns)
        .into_iter()
        .filter(|r| r[8] == "as_reported")
        .map(|r| (r[..4].to_vec(), r[4..].to_vec()))
        .collect();
    let mut compared = 0;
    for row in csv(&case.truth.join("indicators.csv")) {
        let got = &values[&key(&row, &["indicator", "unit_code", "period", "span"])];
        match row["status"].as_str() {
            "ok" => {
                let (want, is): (f64, f64) = (row["value"].parse().unwrap(), got[3].parse().unwrap());
                assert!((want - is).abs() < 1e-9, "{row:?} {got:?}");
                let (want, is): (f64, f64) = (row["numerator"].parse().unwrap(), got[1].parse().unwrap());
                assert!((want - is).abs() < 1e-9, "{row:?} {got:?}");
            }
            "undefined" => assert_eq!((got[0].as_str(), got[3].as_str()), ("undefined", ""), "{row:?}"),
            _ => assert_eq!(got[3], "", "{row:?}"),
        }
        compared += 1;
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn contradictions_are_found_where_they_were_planted_and_nowhere_else() {
    let case = run();
    let codes = ["outlier", "change-implausible", "copied-forward", "part-exceeds-whole", "parts-do-not-sum"];
    let truth = csv(&case.truth.join("findings.csv"));
    let truth: Vec<&Row> = truth.iter().filter(|r| codes.contains(&r["code"].as_str())).collect();
    let file_of: BTreeMap<String, String> =
        table(&case.store, "submissions", &["submission_id", "district_code", "file_name"])
            .into_iter()
            .map(|r| (r[0].clone(), format!("{}/{}", r[1], r[2])))
            .collect();
    let found: BTreeSet<(String, String, String)> =
        table(&case.store, "findings", &["submission_id", "cell", "code", "severity"])
            .into_iter()
            .filter(|r| {
                codes.contains(&r[2].as_str()) || ["value-out-of-range", "stock-conflict"].contains(&r[2].as_str())
            })
            .map(|r| (file_of[&r[0]].clone(), r[1].clone(), r[2].clone()))
            .collect();
    let mut compared = 0;
    for row in truth.iter().filter(|r| r["grade"] == "must") {
        let named = std::iter::once(row["code"].as_str()).chain(row["alt"].split('|'));
        let mut keys = named.map(|code| (row["file"].clone(), row["cell"].clone(), code.to_owned()));
        assert!(keys.any(|key| found.contains(&key)), "{row:?}");
        compared += 1;
    }
    assert!(compared > 5, "{compared}");
    let known: BTreeSet<(&str, &str)> = truth.iter().map(|r| (r["file"].as_str(), r["cell"].as_str())).collect();
    let extra: Vec<_> = found.iter().filter(|f| !known.contains(&(f.0.as_str(), f.1.as_str()))).collect();
    assert!(extra.is_empty(), "{extra:?}");
}

#[test]
fn a_warning_of_a_file_that_was_replaced_is_told_no_more() {
    let case = run();
    // 19000 tests of one ward, in a form that the district sent again with 9.
    let findings = table(&case.store, "findings", &["unit_code", "cell", "code"]);
    assert!(findings.iter().any(|row| row[..] == ["20110", "R15C16", "outlier"]));
    let page = std::fs::read_to_string(case.store.join("current/site/ward/20110.html")).unwrap();
    assert!(page.contains("R13C16") && !page.contains("R15C16"));
}
