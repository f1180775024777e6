//! A year in which the districts are abolished: the level exists for the quarters in which it existed, and what was
//! reported before goes on in the units that came after.

use std::collections::BTreeMap;

use crate::tool::{copy, csv, page, root, said, table, wardscore};

/// The shipped plan, moved to other quarters.
fn moved(folder: &std::path::Path, first_day: &str, first: &str, last: &str) -> String {
    let plan = folder.join("plan");
    copy(&root().join("pipelines/plan-50"), &plan);
    let path = plan.join("pipeline.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace("first_day = \"2016-01-01\"", &format!("first_day = \"{first_day}\""))
        .replace("first_period = \"2016-Q1\"", &format!("first_period = \"{first}\""))
        .replace("last_period = \"2020-Q4\"", &format!("last_period = \"{last}\""));
    std::fs::write(&path, text).unwrap();
    std::fs::remove_file(plan.join("interventions.toml")).unwrap();
    plan.to_str().unwrap().to_owned()
}

#[test]
fn a_province_without_districts_works_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let plan = moved(folder.path(), "2025-01-01", "2025-Q1", "2025-Q4");
    let sample = folder.path().join("sample");
    let made = ["sample", "--pipeline", &plan, "--scale", "province", "--seed", "3", "--out", sample.to_str().unwrap()];
    said(&wardscore(made), 0);
    assert!(sample.join("inbox/46").is_dir(), "the province sends for the wards directly below it");
    let store = folder.path().join("store");
    let inbox = format!("inbox={}", sample.join("inbox").display());
    let run = [
        "run",
        "--pipeline",
        &plan,
        "--set",
        &inbox,
        "--store",
        store.to_str().unwrap(),
        "--now",
        "2026-04-01T00:00:00Z",
    ];
    said(&wardscore(run), 0);

    // Every value came out, and the wards of a province without districts have none above them.
    let columns = ["unit_code", "period", "element", "value", "district_code"];
    let observations = table(&store, "observations", &columns);
    let truth = csv(&sample.join("truth/observations.csv"));
    assert_eq!(observations.len(), truth.len());
    for row in observations.iter().filter(|row| row[2] == "cases_detected") {
        assert_eq!(row[4].is_empty(), row[1].as_str() > "2025-Q2", "{row:?}");
    }
    let mut due: BTreeMap<String, BTreeMap<String, i32>> = BTreeMap::new();
    for row in table(&store, "reporting", &["period", "district_code", "form"]) {
        *due.entry(format!("{} {}", row[0], row[2])).or_default().entry(row[1].clone()).or_default() += 1;
    }
    assert_eq!(due["2025-Q3 01"], BTreeMap::from([("46".to_owned(), 40)]));
    assert_eq!(due["2025-Q2 01"].values().sum::<i32>(), 133);
    assert!(!due.contains_key("2025-Q3 02"), "nothing is due from a level that is gone");

    // A year's flow is all that was reported in it, by whatever units.
    let flow = "broadcasts";
    let sum: f64 = observations.iter().filter(|row| row[2] == flow).map(|row| row[3].parse::<f64>().unwrap()).sum();
    let columns = ["map", "level", "indicator", "period", "span", "numerator", "unit_code"];
    let values = table(&store, "indicator_values", &columns);
    let indicator = broadcasts();
    for map in ["as_reported", "as_of", "current"] {
        for level in ["ward", "province"] {
            let total: f64 = values
                .iter()
                .filter(|row| row[..5] == [map, level, &indicator, "2025-Q4", "year_to_date"].map(str::to_owned))
                .map(|row| row[5].parse::<f64>().unwrap_or(0.0))
                .sum();
            assert!((total - sum).abs() < 1e-6, "{map} {level}: {total}, reported {sum}");
        }
        let districts = values.iter().filter(|row| row[0] == map && row[1] == "district");
        let late = districts.filter(|row| row[3].as_str() > "2025-Q2" && row[3].contains('Q')).count();
        assert_eq!(late > 0, map == "as_of", "{map}");
    }
    // Pages of wards stand directly below the province's.
    let site = store.join("current/site");
    let province = page(&site.join("index.html"));
    assert_eq!(province.matches("<th scope=\"row\"><a href=\"ward/").count(), 40);
    assert_eq!(std::fs::read_dir(site.join("ward")).unwrap().count(), 40);
    assert!(!site.join("district").exists());
}

/// The code of the indicator that counts broadcasts.
fn broadcasts() -> String {
    let text = std::fs::read_to_string(root().join("pipelines/plan-50/indicators.toml")).unwrap();
    let entry = text.split("[[indicator]]").find(|entry| entry.contains("numerator = \"broadcasts\"")).unwrap();
    entry.split('"').nth(1).unwrap().to_owned()
}

#[test]
fn a_ward_split_within_the_year_says_what_it_took_over() {
    let folder = tempfile::tempdir().unwrap();
    let plan = moved(folder.path(), "2021-01-01", "2021-Q1", "2021-Q4");
    let sample = folder.path().join("sample");
    said(&wardscore(["sample", "--pipeline", &plan, "--scale", "province", "--out", sample.to_str().unwrap()]), 0);
    let (inbox, store) = (format!("inbox={}", sample.join("inbox").display()), folder.path().join("store"));
    let at = ["--set", &inbox, "--store", store.to_str().unwrap(), "--now", "2022-03-01T00:00:00Z", "--no-reply"];
    said(&wardscore(["run", "--pipeline", &plan].iter().chain(&at)), 0);
    // On 1 July 2021 a part of 19744 came to 19750, told by a share; 19753 stayed as it was.
    let columns = ["map", "unit_code", "indicator", "period", "span", "flags"];
    let rows = table(&store, "indicator_values", &columns);
    let apportioned = |map: &str, unit: &str, indicator: &str, period: &str, span: &str| {
        let key = [map, unit, indicator, period, span].map(str::to_owned);
        rows.iter().find(|row| row[..5] == key).unwrap()[5].contains("apportioned")
    };
    let sum = broadcasts();
    for map in ["as_reported", "current"] {
        assert!(apportioned(map, "19750", &sum, "2021-Q4", "year_to_date"), "{map}");
        assert!(apportioned(map, "19750", &sum, "2021", "year"), "{map}");
    }
    assert!(!apportioned("as_reported", "19750", &sum, "2021-Q4", "quarter"));
    assert!(!apportioned("as_reported", "19750", &sum, "2021-Q2", "year_to_date"));
    assert!(!apportioned("as_reported", "19753", &sum, "2021-Q4", "year_to_date"));
    // A state is reported anew.
    assert!(!apportioned("as_reported", "19750", "T7", "2021-Q4", "year_to_date"));
}

#[test]
fn pages_show_the_map_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let run = |map: &str| {
        let run =
            ["run", "--no-reply", "--now", "2026-01-15T00:00:00Z", "--store", store.to_str().unwrap(), "--map", map];
        said(&wardscore(run), 0);
        let wards = std::fs::read_dir(store.join("current/site/ward")).unwrap().count();
        let manifest = std::fs::read_to_string(store.join("current/release.json")).unwrap();
        (wards, serde_json::from_str::<serde_json::Value>(&manifest).unwrap())
    };
    let (wards, manifest) = run("as_reported");
    assert_eq!((wards, &manifest["map"], &manifest["as_of"]), (145, &"as_reported".into(), &"2016-01-01".into()));
    let (wards, manifest) = run("as_of=2019-12-31");
    assert_eq!((wards, &manifest["map"], &manifest["as_of"]), (152, &"as_of".into(), &"2019-12-31".into()));
    let (wards, manifest) = run("current");
    assert_eq!((wards, &manifest["map"]), (40, &"current".into()));
    let page = page(&store.join("current/site/index.html"));
    assert!(page.contains("theo đơn vị hành chính ngày 15/01/2026"));
    let wrong = ["check", "--map", "today"];
    assert!(said(&wardscore(wrong), 2).contains("`today` is no map; expected as_reported, current, as_of"));
}
