//! The store kept in order: files let through, a backup and its way back, stores of other versions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tool::{files, place, said, table, wardscore};

struct Case {
    folder: tempfile::TempDir,
    store: PathBuf,
}

impl Case {
    fn new() -> Self {
        let (folder, store) = place("tests/cases/inbox-small/inbox");
        Self { folder, store }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Asks for something of a store.
    fn of(&self, store: &str, what: &[&str], code: i32) -> String {
        let (inbox, store) = (format!("inbox={}", self.path("inbox")), self.path(store));
        let common = ["--store", &store, "--now", "2019-03-01T01:00:00Z", "--set", &inbox];
        said(&wardscore([what, &common].concat()), code)
    }

    fn ask(&self, what: &[&str], code: i32) -> String {
        self.of("store", what, code)
    }

    fn row(&self, name: &str, columns: &[&str], submission: &str) -> Vec<Vec<String>> {
        let rows = table(&self.store, name, &[&["submission_id"], columns].concat()).into_iter();
        rows.filter(|row| row[0] == submission).map(|row| row[1..].to_vec()).collect()
    }
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |path: &PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
    files(folder).iter().map(|path| (name(path), std::fs::read(path).unwrap())).collect()
}

#[test]
fn a_file_is_let_through_with_a_reason_that_stays() {
    let case = Case::new();
    // The last of its period, so that it is the one that counts.
    let last = files(&case.folder.path().join("inbox/999")).remove(0);
    let later = std::time::SystemTime::now() + std::time::Duration::from_hours(1);
    std::fs::File::options().write(true).open(last).unwrap().set_modified(later).unwrap();
    case.ask(&["run", "--no-reply"], 0);
    let (sender, conflict, persons) = ("1f27a269d04ef1e7", "01a6d2ad294e0fb9", "9c10977990fd8e86");
    let list = case.ask(&["quarantine", "list"], 0);
    assert!(list.contains(&format!("{sender}  sender-unknown")) && list.contains("999/UBND"), "{list}");
    let show = case.ask(&["quarantine", "show", &conflict[..6]], 0);
    assert!(show.contains("Kỳ báo cáo mâu thuẫn") && show.contains("--period …"), "{show}");

    let release = |id: &str, more: &[&str], code: i32| {
        let reason = ["--by", "Trần Thị Duyệt", "--reason", "đã gọi điện hỏi huyện"];
        case.ask(&[&["quarantine", "release", id], more, &reason].concat(), code)
    };
    assert!(release(persons, &["--district", "482"], 2).contains("cannot be let through"));
    assert!(release(sender, &[], 2).contains("say what holds with `--district`"));
    assert!(release(sender, &["--district", "999"], 2).contains("`999` sends no forms"));
    assert!(release("00", &["--district", "480"], 2).contains("is not in quarantine"));
    release(sender, &["--district", "480"], 0);
    release(conflict, &["--period", "2017-Q3"], 0);
    assert!(case.ask(&["quarantine", "list"], 0).contains("let through; the next run reads it"));
    case.ask(&["run"], 0);

    let columns = ["district_code", "period", "status"];
    let read = case.row("submissions", &columns, sender).remove(0);
    assert_eq!(read[..2], ["480", "2017-Q4"]);
    let second = case.row("submissions", &columns, conflict).remove(0);
    assert_eq!(second[..2], ["480", "2017-Q3"]);
    assert!([&read[2], &second[2]].iter().all(|status| *status != "quarantined"));
    let found = case.row("findings", &["code", "severity", "message_vi"], sender);
    let told = found.iter().find(|row| row[0] == "released").unwrap();
    assert_eq!(told[1], "info");
    assert!(told[2].contains("sender-unknown: 999") && told[2].contains("đã gọi điện hỏi huyện (Trần Thị Duyệt)"));
    let ward =
        table(&case.store, "observations", &["unit_code", "submission_id"]).into_iter().find(|row| row[1] == sender);
    let ward = ward.unwrap().remove(0);
    let told =
        case.ask(&["explain", "--unit", &ward, "--indicator", "T5", "--period", "2017-Q4", "--span", "quarter"], 0);
    assert!(told.contains("info released") && told.contains("column “"), "{told}");
    assert!(!case.ask(&["quarantine", "list"], 0).contains(sender));
    let reply = files(&case.store.join("feedback/480"));
    assert!(reply.iter().any(|path| path.to_string_lossy().contains(sender)));
}

#[test]
fn a_store_comes_back_from_its_backup_and_goes_on_as_it_was() {
    let case = Case::new();
    case.ask(&["run"], 0);
    case.ask(&["promote"], 0);
    let kept = "/kept.tar.zst";
    let file = case.path(&kept[1..]);
    assert!(case.ask(&["backup", &case.path("store/b.tar.zst")], 2).contains("lies in the store itself"));
    case.ask(&["backup", &file], 0);
    let (release, raw) = (bytes(&case.store.join("current/")), bytes(&case.store.join("raw")));
    let link = std::fs::read_link(case.store.join("current")).unwrap();

    // Half a backup, and one into a store that is there, change nothing.
    let whole = std::fs::read(&file).unwrap();
    let half = case.path("half.tar.zst");
    std::fs::write(&half, &whole[..whole.len() / 2]).unwrap();
    assert!(case.of("other", &["restore", &half], 3).contains("is no whole backup"));
    assert!(!case.folder.path().join("other").exists());
    assert!(case.ask(&["restore", &file], 3).contains("there is something in"));

    std::fs::remove_dir_all(&case.store).unwrap();
    let told = case.ask(&["restore", &file], 0);
    assert!(told.contains("as published"), "{told}");
    assert_eq!(std::fs::read_link(case.store.join("current")).unwrap(), link);
    assert_eq!(std::fs::read_link(case.store.join("stable")).unwrap(), link);
    assert!(bytes(&case.store.join("raw")) == raw);
    let told = case.ask(&["run"], 0);
    assert!(told.contains("nothing changed; it stands"), "{told}");
    assert!(bytes(&case.store.join("current/")) == release);
    case.ask(&["verify", "--all"], 0);

    // From what was received and the ledger alone the same tables come again.
    std::fs::remove_dir_all(case.store.join("tables")).unwrap();
    let told = case.ask(&["run"], 0);
    assert!(told.contains("nothing changed; it stands"), "{told}");
}

#[test]
fn a_store_of_a_newer_program_is_refused() {
    let case = Case::new();
    std::fs::create_dir_all(&case.store).unwrap();
    std::fs::write(case.store.join("version"), "9999\n").unwrap();
    for command in ["run", "status", "explain --unit 480 --indicator T5 --period 2018-Q3"] {
        let command: Vec<&str> = command.split(' ').collect();
        let told = case.ask(&command, 3);
        assert!(told.contains("is of version 9999") && told.contains("hint: use the newer wardscore"), "{told}");
    }
    assert_eq!(std::fs::read_dir(&case.store).unwrap().count(), 1, "nothing was touched");
}
