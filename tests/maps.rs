//! The three maps of the sample: one total, whatever the units.

use std::collections::BTreeMap;

use crate::tool::{root, said, table, wardscore};

#[test]
fn the_province_is_the_sum_of_its_wards_on_every_map() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    said(&wardscore(["run", "--no-reply", "--now", "2026-01-15T00:00:00Z", "--store", store.to_str().unwrap()]), 0);
    let columns = [
        "map",
        "level",
        "unit_code",
        "indicator",
        "period",
        "span",
        "numerator",
        "units_reporting",
        "units_expected",
        "flags",
    ];
    let rows = table(&store, "indicator_values", &columns);
    let mut sums: BTreeMap<(&str, &str, &str, &str), f64> = BTreeMap::new();
    let mut units: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row[5] == "year_to_date" && ["T1", "T5", "T6"].contains(&row[3].as_str())) {
        let key = (row[0].as_str(), row[1].as_str(), row[3].as_str(), row[4].as_str());
        *sums.entry(key).or_default() += row[6].parse::<f64>().unwrap_or(0.0);
        assert!(row[7].parse::<i32>().unwrap() <= row[8].parse::<i32>().unwrap(), "{row:?}");
        if row[1] == "ward" {
            units.entry(&row[0]).or_default().push(&row[2]);
        }
        // The merges of 2020 part a ward's figures on the map of the plan's first day, and only there.
        let parted = row[0] == "as_of" && row[4].starts_with("2020") && ["19951", "19954"].contains(&row[2].as_str());
        assert!(!parted || row[9].contains("apportioned"), "{row:?}");
        assert!(row[0] == "as_of" || !row[9].contains("apportioned"), "{row:?}");
    }
    for ((map, level, indicator, period), sum) in &sums {
        let total = sums[&("as_reported", "province", *indicator, *period)];
        assert!((sum - total).abs() < 1e-6, "{map} {level} {indicator} {period}: {sum} {total}");
    }
    let count = |map: &str| {
        let mut of = units[map].clone();
        of.sort_unstable();
        of.dedup();
        of.len()
    };
    assert_eq!((count("as_reported"), count("as_of"), count("current")), (152, 152, 40));
    // Today's province has no districts.
    assert!(rows.iter().all(|row| row[0] != "current" || row[1] != "district"));
    for row in table(&store, "reporting", &["unit_code", "period", "complete_share"]) {
        assert!(row[2].parse::<f64>().unwrap() <= 1.0, "{row:?}");
    }
}

#[test]
fn a_form_about_units_that_were_merged_is_a_finding_and_no_figure() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = folder.path().join("inbox/478");
    std::fs::create_dir_all(&inbox).unwrap();
    // The last form before the merges of 2020, filled in again by its old list for the first quarter after.
    let old = root().join("sample-data/inbox/478/BC KH50 Q4.2019 (Phu Vang) B01.csv");
    let text = std::fs::read_to_string(old).unwrap().replace("Quý IV năm 2019", "Quý I năm 2020");
    std::fs::write(inbox.join("BC KH50 Q1.2020 B01.csv"), text).unwrap();
    let store = folder.path().join("store");
    let inbox = format!("inbox={}", folder.path().join("inbox").display());
    let run =
        ["run", "--no-reply", "--set", &inbox, "--store", store.to_str().unwrap(), "--now", "2020-04-10T00:00:00Z"];
    said(&wardscore(run), 0);
    let findings = table(&store, "findings", &["code", "unit_code", "severity"]);
    let not_in_force: Vec<&str> =
        findings.iter().filter(|f| f[0] == "unit-not-in-force").map(|f| f[1].as_str()).collect();
    assert_eq!(not_in_force, ["19951", "19954"]);
    let observed = table(&store, "observations", &["unit_code", "period"]);
    assert!(observed.iter().any(|row| row[0] == "19900" && row[1] == "2020-Q1"));
    assert!(observed.iter().all(|row| !["19951", "19954"].contains(&row[0].as_str())));
    let due = table(&store, "reporting", &["unit_code", "period"]);
    assert!(!due.iter().any(|row| row[0] == "19951" && row[1] == "2020-Q1"));
}
