//! Releases: which are kept, which lead, and that nothing of them can be altered unseen.

use std::path::{Path, PathBuf};

use crate::tool::{files, place, said, wardscore};

struct Case {
    folder: tempfile::TempDir,
    store: PathBuf,
}

impl Case {
    fn new() -> Self {
        let (folder, store) = place("tests/cases/inbox-small/inbox");
        Self { folder, store }
    }

    fn ask(&self, now: &str, what: &[&str], code: i32) -> String {
        let inbox = format!("inbox={}", self.folder.path().join("inbox").display());
        let store = self.store.to_str().unwrap();
        let now = format!("{now}T01:00:00Z");
        said(&wardscore([what, &["--store", store, "--now", &now, "--set", &inbox]].concat()), code)
    }

    /// Makes a release on a day; what pages show is another map each time.
    fn publish(&self, now: &str, map: &str) -> String {
        self.ask(now, &["publish", "--map", map], 0);
        led_to(&self.store.join("current"))
    }

    fn ids(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.store.join("releases")).unwrap();
        let mut all: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }
}

fn led_to(link: &Path) -> String {
    std::fs::read_link(link).unwrap().file_name().unwrap().to_str().unwrap().to_owned()
}

/// Alters a file while `then` looks.
fn tampered(path: &Path, alter: impl Fn(&mut Vec<u8>), then: impl Fn()) {
    let bytes = std::fs::read(path).unwrap();
    let mut other = bytes.clone();
    alter(&mut other);
    std::fs::write(path, &other).unwrap();
    then();
    std::fs::write(path, &bytes).unwrap();
}

fn flip(bytes: &mut [u8]) {
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
}

#[test]
fn releases_are_kept_by_policy_and_their_chain_can_be_followed() {
    let case = Case::new();
    case.ask("2018-12-31", &["run", "--no-reply"], 0);
    let first = led_to(&case.store.join("current"));
    let second = case.publish("2019-01-10", "current");
    let third = case.publish("2019-01-15", "as_reported");
    let fourth = case.publish("2019-01-31", "current");
    let fifth = case.publish("2019-03-01", "as_reported");
    let all = [&first, &second, &third, &fourth, &fifth].map(Clone::clone);
    assert_eq!(case.ids(), all);

    // A stable release leads until another does, and is not removed.
    assert!(
        case.ask("2019-03-01", &["promote", "20190101T000000Z-00000000"], 2)
            .contains(&format!("the newest are {fifth}"))
    );
    case.ask("2019-03-01", &["promote", &third], 0);
    assert_eq!(led_to(&case.store.join("stable")), third);
    let question = ["explain", "--unit", "480", "--indicator", "T5", "--period", "2018-Q3", "--release", "stable"];
    assert!(case.ask("2019-03-05", &question, 0).contains(&third));
    let dry = case.ask("2019-03-05", &["prune", "--dry-run"], 0);
    assert!(dry.contains(&format!("would go    {second}")) && dry.contains("kept        4"), "{dry}");
    assert_eq!(case.ids(), all);
    // What a killed run left half removed goes with the next.
    std::fs::create_dir_all(case.store.join("releases/.removed-x/site")).unwrap();
    case.ask("2019-03-05", &["prune"], 0);
    assert_eq!(case.ids(), [&first, &third, &fourth, &fifth].map(Clone::clone));
    let whole = case.ask("2019-03-05", &["verify", "--all"], 0);
    assert!(whole.contains("5 manifests, 1 of them of removed releases"), "{whole}");

    // At the end of a run, releases go by themselves.
    case.ask("2019-04-20", &["run", "--no-reply", "--map", "current"], 0);
    assert!(!case.ids().contains(&second) && case.ids().contains(&fifth), "the last of its month");
}

#[test]
fn nothing_of_a_release_can_be_altered_unseen() {
    let case = Case::new();
    case.ask("2018-12-31", &["run", "--no-reply"], 0);
    let first = led_to(&case.store.join("current"));
    case.publish("2019-02-10", "current");
    case.publish("2019-02-15", "as_reported");
    case.ask("2019-04-15", &["prune"], 0);
    let newest = led_to(&case.store.join("current"));
    let release = case.store.join("releases").join(&newest);
    case.ask("2019-03-01", &["verify"], 0);
    let mut sums = std::process::Command::new("sha256sum");
    sums.args(["--check", "--quiet", "SHA256SUMS"]).current_dir(&release);
    assert!(sums.status().unwrap().success());

    let wrong = |what: &str| {
        let told = case.ask("2019-03-01", &["verify"], 1);
        assert!(told.contains("FAULT") && told.contains(what), "{what}\n{told}");
    };
    let table = files(&release.join("data/observations"))[0].clone();
    tampered(&table, |bytes| flip(bytes), || wrong("observations/"));
    let ward = files(&release.join("site/ward"))[0].clone();
    tampered(&ward, |bytes| flip(bytes), || wrong("site/ward/"));
    tampered(&release.join("history/changes.json"), |bytes| bytes.push(b' '), || wrong("history/changes.json"));
    tampered(&release.join("SHA256SUMS"), |bytes| flip(bytes), || wrong("SHA256SUMS"));
    // A page and its digest in the list.
    tampered(
        &ward,
        |bytes| bytes.push(b' '),
        || {
            let text = std::fs::read(&ward).unwrap();
            let digest = wardscore::store::raw::sha256(&text);
            let name = ward.strip_prefix(&release).unwrap().display().to_string();
            let list = |bytes: &mut Vec<u8>| {
                let text = String::from_utf8(bytes.clone()).unwrap();
                let line =
                    |line: &str| if line.ends_with(&name) { format!("{digest}  {name}") } else { line.to_owned() };
                *bytes = text.lines().map(|l| line(l) + "\n").collect::<String>().into_bytes();
            };
            tampered(&release.join("SHA256SUMS"), list, || wrong("SHA256SUMS is not the list that the manifest names"));
        },
    );
    // The newest manifest, which the ledger vouches for, and earlier ones, for which the next does.
    let created = |bytes: &mut Vec<u8>| {
        *bytes =
            String::from_utf8(bytes.clone()).unwrap().replace("\"created\": \"20", "\"created\": \"21").into_bytes();
    };
    tampered(&release.join("release.json"), created, || wrong("the ledger noted"));
    let old = case.store.join("releases").join(&first).join("release.json");
    tampered(&old, created, || wrong("the next release was made after"));
    let removed = files(&case.store.join("manifests"))[0].clone();
    tampered(&removed, created, || wrong("the next release was made after"));
    // Files that went or came.
    // A release of an earlier version is held against what it listed, its tables.
    let older = case.store.join("releases").join(&first);
    std::fs::remove_file(older.join("SHA256SUMS")).unwrap();
    let unlisted = |bytes: &mut Vec<u8>| {
        let lines = String::from_utf8(bytes.clone()).unwrap();
        let lines = lines.lines().filter(|line| !line.contains("\"checksums\""));
        *bytes = lines.collect::<Vec<_>>().join("\n").replace("},\n}", "}\n}").into_bytes();
    };
    tampered(&older.join("release.json"), unlisted, || {
        let told = case.ask("2019-03-01", &["verify", &first], 1);
        assert!(told.contains("tables; its pages were published without digests"), "{told}");
        assert_eq!(told.matches("FAULT").count(), 2, "the chain and the ledger tell: {told}");
    });
    case.ask("2019-03-01", &["verify", &first], 1);
    std::fs::remove_dir_all(&older).unwrap();
    let away = release.join("site/ward/away");
    std::fs::rename(&ward, &away).unwrap();
    wrong("was not published");
    wrong("is missing");
    case.ask("2019-03-01", &["promote"], 3);
    std::fs::rename(&away, &ward).unwrap();
    wrong("the chain breaks here");
    std::fs::remove_file(&removed).unwrap();
    wrong("the chain breaks here");
}
