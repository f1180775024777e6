//! The statistics against their golden cases, as `verify-methods` tells it.

use std::path::Path;

use crate::tool::{copy, root, said, wardscore};

/// Families, how many cases each has, and how many of them there is no method for.
const FAMILIES: &[(&str, usize, usize)] = &[
    (" 1 ci", 56, 0),
    (" 2 funnel", 32, 0),
    (" 3 eb", 31, 0),
    (" 4 trend", 60, 0),
    (" 5 its", 39, 0),
    (" 6 did", 19, 0),
    (" 7 composite", 116, 0),
    (" 8 quality", 61, 0),
    (" 9 crosswalk", 19, 0),
    ("11 targets", 37, 0),
];

fn verify(folder: &Path, code: i32) -> String {
    said(&wardscore(["verify-methods".as_ref(), folder.as_os_str()]), code)
}

fn line(family: &str, cases: usize, agreeing: usize, without: usize) -> String {
    format!("{family:<18}{cases:>6}{agreeing:>7}{without:>11}  ")
}

#[test]
fn every_golden_case_agrees() {
    let text = verify(&root().join("tests/cases/methods"), 0);
    for (family, cases, without) in FAMILIES {
        let wanted = line(family, *cases, cases - without, *without);
        assert!(text.contains(&wanted), "{wanted}\n{text}");
    }
}

#[test]
fn a_spoiled_case_is_named() {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join("tests/cases/methods"), folder.path());
    let path = folder.path().join("01_ci.json");
    let cases = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, cases.replacen("0.30064184258240184", "0.30064185258240184", 1)).unwrap();
    let text = verify(folder.path(), 1);
    assert!(text.contains("disagrees: 01-wilson-x3n4, lower95: got 0.30064184"), "{text}");
    assert!(text.contains(&line(" 1 ci", 56, 55, 0)), "{text}");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_verified() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.json", "{");
    write("b.json", r#"{"schema": "golden-2", "family": 1, "cases": []}"#);
    let good = r#"{"id": "g", "kind": "wilson", "inputs": {"x": 0, "n": null}, "expected": {"status": "undefined"},
        "tol": {"abs": 0, "rel": 0}}"#;
    let cases = format!(r#"[{good}, {{"id": "h", "kind": "wilson"}}, 3]"#);
    write("c.json", &format!(r#"{{"schema": "golden-1", "family": 1, "name": "ci", "cases": {cases}}}"#));
    write("d.json", r#"{"schema": "golden-1", "family": 99, "cases": []}"#);
    let text = verify(folder.path(), 3);
    for wanted in [
        &line(" 1 ci", 1, 1, 0),
        "a.json`: is not JSON",
        "b.json`: expected the schema golden-1, found golden-2",
        "c.json`, case h: expected an object `inputs`",
        "c.json`, case number 3: expected a text `id`",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    assert!(verify(&folder.path().join("nowhere"), 3).contains("hint: name a folder with golden cases"));
}
