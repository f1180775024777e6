//! The rules of the house, read off the source: who may name whom, and that each file says what it is.

use crate::tool::{files, root};

/// Rooms from the top of the house to its ground; a room names only those behind it. Rooms of one row do not name each
/// other.
const ROWS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["job", "trace", "verify"],
    &["pull", "normalize", "evaluate", "publish", "reply", "notify", "sample", "template"],
    &["plan"],
    &["register", "store", "stats"],
    &["model"],
];

fn row_of(room: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&room))
}

#[test]
fn every_file_says_what_it_is_and_names_only_rooms_below_its_own() {
    let src = root().join("src");
    let mut wrong = Vec::new();
    for path in files(&src) {
        if path.extension().is_none_or(|e| e != "rs") {
            continue;
        }
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        if !text.starts_with("//!") {
            wrong.push(format!("{name}: does not open with a `//!` comment"));
        }
        let room = name.split(['/', '.']).next().unwrap().to_owned();
        let Some(own) = row_of(&room) else {
            if room != "lib" {
                wrong.push(format!("{name}: `{room}` is not a room of the house"));
            }
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for part in code.split("crate::").skip(1) {
                let named: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                if named == room {
                    continue;
                }
                if row_of(&named).is_some_and(|below| below <= own) {
                    wrong.push(format!("{name}:{}: `{room}` names `{named}`", at + 1));
                }
            }
            for word in ["TODO", "FIXME", "XXX"] {
                if line.contains(word) {
                    wrong.push(format!("{name}:{}: `{word}`", at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
