//! What the documents claim is what the program does.

use crate::tool::{root, wardscore};

#[test]
fn the_dictionary_of_the_tables_is_true() {
    let path = root().join("TABLES.md");
    let made = wardscore::store::tables::dictionary();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), made, "run the tests once with UPDATE_DOCS=1");
}

#[test]
fn every_command_of_the_readme_exists() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (mut seen, mut fenced) = (0, false);
    for line in readme.lines() {
        fenced ^= line.starts_with("```");
        let Some(at) = line.find("wardscore ") else { continue };
        let code =
            line.starts_with("wardscore ") && fenced || line.contains("`wardscore ") || line.contains("/wardscore ");
        let word: String = line[at + 10..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
        if code && !word.is_empty() {
            let output = wardscore([word.as_str(), "--help"]);
            assert!(output.status.success(), "`{word}` in: {line}");
            seen += 1;
        }
    }
    assert!(seen > 5);
    for target in ["run", "test", "bench", "audit"] {
        let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
        assert!(makefile.contains(&format!("\n{target}: ")), "{target}");
    }
}
