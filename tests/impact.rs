//! The intervention that the plan declares, over a sample in which it moved nothing.

use crate::tool::{said, table, wardscore};

#[test]
fn where_nothing_was_planted_nothing_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    said(&wardscore(["run", "--no-reply", "--now", "2026-01-15T00:00:00Z", "--store", store.to_str().unwrap()]), 0);
    let columns =
        ["measure", "role", "method", "since", "estimate", "ci_low", "ci_high", "found", "n_units", "n_controls"];
    let rows = table(&store, "impact", &columns);
    let compared: Vec<_> = rows.iter().filter(|row| row[2].starts_with("did_")).collect();
    // Six measures; over all by two methods, and by one for each of two starts.
    assert_eq!(compared.len(), 6 * 4);
    for row in compared {
        let [estimate, low, high] = [4, 5, 6].map(|at| row[at].parse::<f64>().unwrap());
        assert!(low < estimate && estimate < high && low > 0.0, "{row:?}");
        assert_eq!(row[7], "false", "{row:?}");
        assert!(row[8].parse::<i32>().unwrap() > 30 && row[9].parse::<i32>().unwrap() > 30, "{row:?}");
    }
    let events = table(&store, "impact_series", &["method", "quarters_since", "ci_low", "ci_high"]);
    for since in ["-2", "0", "11"] {
        assert_eq!(events.iter().filter(|row| row[1] == since).count(), 6 * 2, "{since}");
    }
    // The quarter before the start is what all others are held against.
    assert!(events.iter().all(|row| row[1] != "-1"));
}
