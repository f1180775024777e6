//! `wardscore inspect`: what is told of a file, and that nothing is kept of it.

use std::path::{Path, PathBuf};

use crate::tool::{files, root, said, wardscore};

/// A file of the shared inbox whose name holds this text.
fn case(part: &str) -> PathBuf {
    let all = files(&root().join("tests/cases/inbox-small/inbox"));
    all.into_iter().find(|p| p.to_string_lossy().contains(part)).unwrap()
}

fn inspect(file: &Path, more: &[&str]) -> String {
    let mut arguments = vec!["inspect", "--now", "2019-03-01T00:00:00Z", file.to_str().unwrap()];
    arguments.extend(more);
    said(&wardscore(arguments), 0)
}

#[test]
fn a_file_in_an_old_encoding_is_told_column_by_column_and_row_by_row() {
    insta::assert_snapshot!(inspect(&case("482_B03_2018.csv"), &[]));
}

#[test]
fn hidden_sheets_are_named_and_json_says_the_same() {
    let json: serde_json::Value = serde_json::from_str(&inspect(&case("BC_PCTNXH_Q4.2017 (Ph"), &["--json"])).unwrap();
    let part = &json["parts"][0];
    assert_eq!((part["container"].as_str(), json["district"].as_str()), (Some("XLSX"), Some("482")), "{json}");
    assert!(part["sheets"].as_array().unwrap().iter().any(|s| s["hidden"] == true), "{part}");
    assert_eq!(part["form"]["period_in_title"], "2017-Q4");
}

#[test]
fn of_persons_only_that_is_said_and_the_folder_can_be_overruled() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list.csv");
    std::fs::write(&list, "Họ và tên;Số CCCD\nHoàng Văn Hùng;046181278816\n").unwrap();
    let text = inspect(&list, &["--district", "482"]);
    assert!(text.contains("personal data") && text.contains("district    482"), "{text}");
    assert!(!text.contains("Hùng") && !text.contains("0461") && !text.contains("container"), "{text}");
    assert!(said(&wardscore(["inspect", "no-such-file"]), 3).contains("hint:"));
}
