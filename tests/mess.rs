//! Forms that are written in every other way: headers over several rows or lines, printed again, with twins and parts of
//! other columns; groups and subtotals; names, periods and numbers as people write them.

use std::collections::{BTreeMap, BTreeSet};

use crate::tool::{copy, csv, files, root, said, table, wardscore};

#[test]
fn every_value_is_read_with_its_cell_and_every_fault_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (inbox, store) = (folder.path().join("inbox"), folder.path().join("store"));
    let case = root().join("tests/cases/mess");
    copy(&case.join("inbox"), &inbox);
    // Received after every period of the plan.
    let day = std::time::UNIX_EPOCH + std::time::Duration::from_hours(447_816);
    for file in files(&inbox) {
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(day).unwrap();
    }
    let set = format!("inbox={}", inbox.display());
    let arguments = ["run", "--now", "2021-03-01T00:00:00Z", "--store", store.to_str().unwrap(), "--set", &set];
    said(&wardscore(arguments), 0);

    let file_of: BTreeMap<String, String> =
        table(&store, "submissions", &["submission_id", "district_code", "file_name"])
            .into_iter()
            .map(|r| (r[0].clone(), format!("{}/{}", r[1], r[2])))
            .collect();
    let columns = ["submission_id", "unit_code", "period", "form", "element", "cell", "value"];
    let found: BTreeMap<Vec<String>, f64> = table(&store, "observations", &columns)
        .into_iter()
        .map(|mut r| {
            r[0] = file_of[&r[0]].clone();
            (r[..6].to_vec(), r[6].parse().unwrap())
        })
        .collect();
    let names = ["file", "unit_code", "period", "form", "element", "cell"];
    let wanted: BTreeMap<Vec<String>, f64> = csv(&case.join("truth/observations.csv"))
        .into_iter()
        .map(|r| (names.iter().map(|n| r[*n].clone()).collect(), r["value"].parse().unwrap()))
        .collect();
    let missing: Vec<_> = wanted.iter().filter(|(k, v)| found.get(*k) != Some(v)).take(5).collect();
    let extra: Vec<_> = found.iter().filter(|(k, _)| !wanted.contains_key(*k)).take(5).collect();
    assert!(missing.is_empty() && extra.is_empty(), "missing or wrong {missing:?}\nnot in the truth {extra:?}");

    let findings: BTreeSet<[String; 3]> = table(&store, "findings", &["submission_id", "code", "cell"])
        .into_iter()
        .filter_map(|r| Some([file_of.get(&r[0])?.clone(), r[1].clone(), r[2].clone()]))
        .collect();
    for row in csv(&case.join("truth/findings.csv")) {
        let planted = [row["file"].clone(), row["code"].clone(), row["cell"].clone()];
        assert!(findings.contains(&planted), "{planted:?}");
    }
}
