//! A night from forms to scorecards: what comes out, what a second night does, and that threads do not matter.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tool::{csv, files, page, said, table, wardscore};

const NOW: &str = "2021-03-01T00:00:00Z";

fn sample(folder: &Path) -> PathBuf {
    let out = folder.join("sample");
    said(&wardscore(["sample", "--scale", "demo", "--seed", "7", "--out", out.to_str().unwrap()]), 0);
    out
}

fn run(sample: &Path, store: &Path, more: &[&str], code: i32) -> String {
    let inbox = format!("inbox={}", sample.join("inbox").display());
    let mut arguments = vec!["run", "--now", NOW, "--set", &inbox, "--store", store.to_str().unwrap()];
    arguments.extend(more);
    said(&wardscore(arguments), code)
}

fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(folder)
        .into_iter()
        .map(|p| (p.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&p).unwrap()))
        .collect()
}

#[test]
fn a_night_makes_tables_and_pages_and_a_second_one_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (sample, store) = (sample(folder.path()), folder.path().join("store"));
    let text = run(&sample, &store, &[], 0);
    assert!(text.contains("quarantined") && text.contains("site/index.html"), "{text}");

    // Received bytes are kept unaltered.
    for file in files(&sample.join("inbox")) {
        let bytes = std::fs::read(&file).unwrap();
        let digest = wardscore::store::raw::sha256(&bytes);
        assert_eq!(std::fs::read(store.join("raw").join(&digest[..2]).join(&digest)).unwrap(), bytes);
    }

    // Every current value is the sample's, at its cell, and no other.
    let file_of: BTreeMap<String, String> =
        table(&store, "submissions", &["submission_id", "district_code", "file_name"])
            .into_iter()
            .map(|r| (r[0].clone(), format!("{}/{}", r[1], r[2])))
            .collect();
    let columns = ["unit_code", "period", "form", "element", "submission_id", "sheet", "cell", "value"];
    let mut found: BTreeMap<Vec<String>, f64> = BTreeMap::new();
    for mut row in table(&store, "observations", &columns) {
        row[4] = file_of[&row[4]].clone();
        found.insert(row[..7].to_vec(), row[7].parse().unwrap());
    }
    let names = ["unit_code", "period", "form", "element", "file", "sheet", "cell"];
    let wanted: BTreeMap<Vec<String>, f64> = csv(&sample.join("truth/observations.csv"))
        .into_iter()
        .map(|r| (names.iter().map(|n| r[*n].clone()).collect(), r["value"].parse().unwrap()))
        .collect();
    let missing: Vec<_> = wanted.iter().filter(|(k, v)| found.get(*k) != Some(v)).take(5).collect();
    let extra: Vec<_> = found.iter().filter(|(k, _)| !wanted.contains_key(*k)).take(5).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing or wrong {missing:?}\nnot in the truth {extra:?}");
    assert!(found.len() > 1000);

    // A page per ward that has a scorecard, each marked as internal and as invented.
    let cards = table(&store, "scorecards", &["unit_code", "period"]);
    let wards: std::collections::BTreeSet<String> =
        cards.into_iter().filter(|r| r[1] == "2020-Q4").map(|r| r[0].clone()).collect();
    assert!(wards.len() > 10);
    for ward in &wards {
        let page = std::fs::read_to_string(store.join(format!("current/site/ward/{ward}.html"))).unwrap();
        assert!(page.contains("nội bộ · internal"), "{ward}");
        assert!(!page.contains("http://") && !page.contains("https://"), "{ward} leads off the disk");
    }

    // Every figure of a ward's page names its cells, and each cell leads to the file and sheet in which it stands.
    let code = wards.iter().next().unwrap();
    let page = page(&store.join(format!("current/site/ward/{code}.html")));
    assert_eq!(page.matches("<details class=\"from\">").count(), page.matches("<th scope=\"row\">").count());
    let anchors: std::collections::BTreeSet<&str> =
        page.split("href=\"#").skip(2).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(anchors.len() >= 4, "{anchors:?}");
    assert!(anchors.iter().all(|anchor| page.contains(&format!("<li id=\"{anchor}\">"))), "{anchors:?}");
    let mut named = 0;
    for row in table(&store, "observations", &["unit_code", "period", "element", "cell", "form"]) {
        if row[0] == *code && row[1].starts_with("2020-Q") && row[2] == "cases_detected" {
            assert!(page.contains(&format!("<a href=\"#{}-{}\">{}</a> {} = ", row[1], row[4], &row[1][5..], row[3])));
            named += 1;
        }
    }
    assert!(named >= 3 && page.len() < 60_000, "{named} {}", page.len());

    let release = std::fs::read_link(store.join("current")).unwrap();
    let again = run(&sample, &store, &[], 0);
    assert!(again.contains("nothing changed"), "{again}");
    assert_eq!(std::fs::read_link(store.join("current")).unwrap(), release);

    run(&sample, &store, &["--strict"], 1);
    assert!(said(&wardscore(["status", "--store", store.to_str().unwrap()]), 0).contains("exit code 1"));
}

#[test]
fn the_same_input_gives_the_same_bytes_with_one_thread_and_with_many() {
    let folder = tempfile::tempdir().unwrap();
    let sample = sample(folder.path());
    let mut releases = Vec::new();
    for threads in ["1", "4"] {
        let store = folder.path().join(threads);
        let inbox = format!("inbox={}", sample.join("inbox").display());
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_wardscore"))
            .env("RAYON_NUM_THREADS", threads)
            .env("POLARS_MAX_THREADS", threads)
            .current_dir(crate::tool::root())
            .args(["run", "--now", NOW, "--set", &inbox, "--store", store.to_str().unwrap()])
            .output()
            .unwrap();
        said(&output, 0);
        releases.push(bytes(&store.join("current/")));
    }
    assert_eq!(releases[0].keys().collect::<Vec<_>>(), releases[1].keys().collect::<Vec<_>>());
    assert!(releases[0].keys().any(|path| path.starts_with("data/scorecards")), "drawn intervals are compared too");
    for (path, bytes) in &releases[0] {
        assert!(releases[1][path] == *bytes, "{} differs", path.display());
    }
}

#[test]
fn a_broken_release_in_the_making_is_never_seen_and_the_next_night_completes() {
    let folder = tempfile::tempdir().unwrap();
    let (sample, store) = (sample(folder.path()), folder.path().join("store"));
    // What a killed run would have left: a draft of a release, drafts of files, a lock file that nobody holds.
    std::fs::create_dir_all(store.join("releases/.draft-x/site")).unwrap();
    std::fs::create_dir_all(store.join("tables/observations/2018")).unwrap();
    std::fs::write(store.join("tables/observations/2018/.2018-Q1.parquet.1-1.draft"), "half").unwrap();
    std::fs::write(store.join("lock"), "").unwrap();
    run(&sample, &store, &[], 0);
    let seen: Vec<_> = std::fs::read_dir(store.join("releases")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(files(&store.join("current/")).iter().all(|p| !p.to_string_lossy().ends_with(".draft")));
}
