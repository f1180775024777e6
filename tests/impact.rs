//! The intervention that the plan declares, over a sample in which its effect was planted: tables and page.

use std::path::Path;

use crate::tool::{files, page, root, said, table, wardscore};

/// A run over the sample.
fn store(folder: &Path) -> std::path::PathBuf {
    let store = folder.join("store");
    said(&wardscore(["run", "--no-reply", "--now", "2026-01-15T00:00:00Z", "--store", store.to_str().unwrap()]), 0);
    store
}

#[test]
fn what_was_planted_lies_in_the_intervals_and_the_page_tells_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    the_planted_effect_is_estimated(&store);
    the_page_tells_it(&store.join("current/site"));
}

fn the_planted_effect_is_estimated(store: &Path) {
    let truth = std::fs::read_to_string(root().join("sample-data/truth/impact.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let ratio = |at: usize| truth[0]["effects"][at]["ratio"].as_f64().unwrap();
    // Of the stock, what a quarter takes mounts up: the mean over the quarters since the start.
    let mean = |quarters: i32| (1..=quarters).map(|k| ratio(1).powi(k)).sum::<f64>() / f64::from(quarters);
    let columns =
        ["measure", "role", "method", "since", "estimate", "ci_low", "ci_high", "found", "n_units", "n_controls"];
    let rows = table(store, "impact", &columns);
    let compared: Vec<_> = rows.iter().filter(|row| row[2].starts_with("did_")).collect();
    // Six measures; over all by two methods, and by one for each of two starts.
    assert_eq!(compared.len(), 6 * 4);
    for row in compared {
        let [estimate, low, high] = [4, 5, 6].map(|at| row[at].parse::<f64>().unwrap());
        assert!(low < estimate && estimate < high && low > 0.0, "{row:?}");
        let planted = match (row[0].as_str(), row[3].as_str()) {
            ("outreach_contacts", _) => ratio(0),
            ("venues_suspected", "2018-Q1") => mean(12),
            ("venues_suspected", "2019-Q1") => mean(8),
            ("venues_suspected", _) => f64::midpoint(mean(12), mean(8)),
            _ => 1.0,
        };
        if row[1] == "outcome" {
            assert!(low < planted && planted < high, "{planted}: {row:?}");
        } else {
            assert_eq!(row[7], "false", "{row:?}");
        }
        if row[0] == "outreach_contacts" && row[3].is_empty() {
            assert_eq!(row[7], "true", "{row:?}");
        }
        assert!(row[8].parse::<i32>().unwrap() > 30 && row[9].parse::<i32>().unwrap() > 30, "{row:?}");
    }
    let events = table(store, "impact_series", &["method", "quarters_since", "ci_low", "ci_high"]);
    for since in ["-2", "0", "11"] {
        assert_eq!(events.iter().filter(|row| row[1] == since).count(), 6 * 2, "{since}");
    }
    // The quarter before the start is what all others are held against.
    assert!(events.iter().all(|row| row[1] != "-1"));
    let courses = table(store, "impact_courses", &["measure", "since", "period", "n_units", "value"]);
    assert_eq!(courses.len(), 6 * 3 * 20);
}

fn the_page_tells_it(site: &Path) {
    let read = |name: &str| page(&site.join(name));
    let page = read("intervention/outreach.html");
    assert!(page.len() < 60_000, "{}", page.len());
    for told in [
        "tăng 33% (22% đến 45%)",
        "up by 33% (22% to 45%)",
        "không thấy tác động",
        "Không thấy ở chỉ tiêu nào, đúng như phải thế.",
        "Quý I năm 2018",
        "Số liệu minh họa, không phải số liệu thật",
        "<desc>",
        "Khác biệt kép, Callaway–Sant’Anna: tác động trung bình",
    ] {
        assert!(page.contains(told), "{told}");
    }
    // Two effects, each with its event study and its course; nothing comes from elsewhere, and no script is needed.
    assert_eq!(page.matches("class=\"chart plot\"").count(), 4);
    assert!(
        page.matches("<script").count() == 1
            && !page.contains("://")
            && !page.contains("style=")
            && !page.contains("NaN")
    );
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    for target in links.filter(|to| *to != "#main") {
        assert!(site.join("intervention").join(target).is_file(), "{target}");
    }
    for linked in ["index.html", "province/46.html", "district/474.html"] {
        assert!(read(linked).contains("intervention/outreach.html"), "{linked}");
    }
    assert!(!read("district/476.html").contains("intervention/"));
    let wards = files(&site.join("ward")).into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let since = |page: &String| page.contains("outreach.html\"") && page.contains(">Quý I năm 2018<");
    assert!(wards.filter(since).count() > 30);
}

#[test]
fn a_plan_without_interventions_has_no_page_and_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let pipeline = folder.path().join("plan");
    crate::tool::copy(&root().join("pipelines/plan-50"), &pipeline);
    std::fs::remove_file(pipeline.join("interventions.toml")).unwrap();
    let out = folder.path().join("demo");
    let [pipeline, out, store] = [pipeline, out, folder.path().join("store")].map(|p| p.to_str().unwrap().to_owned());
    said(&wardscore(["sample", "--scale", "demo", "--pipeline", &pipeline, "--out", &out]), 0);
    assert!(!Path::new(&out).join("truth/impact.json").exists());
    let inbox = format!("inbox={out}/inbox");
    let now = "2026-01-15T00:00:00Z";
    said(
        &wardscore(["run", "--no-reply", "--pipeline", &pipeline, "--now", now, "--set", &inbox, "--store", &store]),
        0,
    );
    let site = Path::new(&store).join("current/site");
    assert!(!site.join("intervention").exists());
    assert!(!std::fs::read_to_string(site.join("index.html")).unwrap().contains("intervention/"));
}
