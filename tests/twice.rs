//! The same bytes from several senders, under several names, in several provinces: what was refused to one does not keep out
//! who sends it rightly.

use std::path::{Path, PathBuf};

use crate::tool::{copy, files, root, said, table, wardscore};

const FORM: &str = "tests/cases/inbox-small/inbox/480/Bieu 01 - Quy I 2018 - Huong Tra.xlsx";

struct Inbox {
    folder: tempfile::TempDir,
    pipeline: PathBuf,
}

impl Inbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inbox")).unwrap();
        Self { folder, pipeline: root().join("pipelines/plan-50") }
    }

    /// A file comes, at noon of this day.
    fn comes(&self, from: &Path, to: &str, day: &str) {
        let path = self.folder.path().join("inbox").join(to);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(from, &path).unwrap();
        let at: jiff::Timestamp = format!("{day}T05:00:00Z").parse().unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        let since = std::time::Duration::from_secs(at.as_second().unsigned_abs());
        file.set_modified(std::time::UNIX_EPOCH + since).unwrap();
    }

    /// The district, file name and status of every submission after a night.
    fn night(&self, now: &str) -> Vec<[String; 3]> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let (inbox, store) = (format!("inbox={}", path("inbox")), path("store"));
        let pipeline = self.pipeline.display().to_string();
        let now = format!("{now}T00:00:00Z");
        let arguments = ["run", "--pipeline", &pipeline, "--store", &store, "--set", &inbox, "--now", &now];
        said(&wardscore(arguments), 0);
        let rows = table(Path::new(&store), "submissions", &["district_code", "file_name", "status"]);
        rows.into_iter().map(|row| row.try_into().unwrap()).collect()
    }

    fn values(&self) -> usize {
        let store = self.folder.path().join("store");
        // Where nothing was accepted there is no file.
        if store.join("current/data/observations").is_dir() {
            table(&store, "observations", &["value"]).len()
        } else {
            0
        }
    }

    fn told(&self, code: &str) -> Vec<Vec<String>> {
        let columns = ["file_name", "code", "submission_id"];
        table(&self.folder.path().join("store"), "findings", &columns)
            .into_iter()
            .filter(|row| row[1] == code)
            .collect()
    }
}

fn row(district: &str, name: &str, status: &str) -> [String; 3] {
    [district, name, status].map(str::to_owned)
}

#[test]
fn a_form_that_another_district_sent_first_is_its_own_districts_all_the_same() {
    let inbox = Inbox::new();
    let form = root().join(FORM);
    inbox.comes(&form, "482/a.xlsx", "2018-04-10");
    assert_eq!(inbox.night("2018-04-11"), [row("482", "a.xlsx", "accepted_with_findings")]);
    assert!(inbox.told("unit-not-yours").len() > 10 && inbox.values() == 0);
    inbox.comes(&form, "480/b.xlsx", "2018-04-12");
    let wanted = [row("480", "b.xlsx", "accepted_with_findings")];
    assert_eq!(inbox.night("2018-04-13"), wanted);
    assert!(inbox.told("unit-not-yours").is_empty() && inbox.values() > 100);
    assert_eq!(inbox.told("already-received").iter().map(|f| f[0].as_str()).collect::<Vec<_>>(), ["a.xlsx"]);
    // Once more by the wrong one: the right one stands.
    inbox.comes(&form, "482/c.xlsx", "2018-04-14");
    assert_eq!(inbox.night("2018-04-15"), wanted);
    assert_eq!(inbox.told("already-received").len(), 2);
}

#[test]
fn a_form_that_came_under_a_wrong_name_is_taken_under_the_right_one() {
    let inbox = Inbox::new();
    let form = root().join(FORM);
    inbox.comes(&form, "480/Bieu 01 Quy III 2018.xlsx", "2018-04-10");
    assert_eq!(inbox.night("2018-04-11"), [row("480", "Bieu 01 Quy III 2018.xlsx", "quarantined")]);
    inbox.comes(&form, "480/Bieu 01 Quy I 2018.xlsx", "2018-04-12");
    assert_eq!(inbox.night("2018-04-13"), [row("480", "Bieu 01 Quy I 2018.xlsx", "accepted_with_findings")]);
}

#[test]
fn so_it_is_where_the_other_district_is_of_another_province() {
    let mut inbox = Inbox::new();
    let sample = inbox.folder.path().join("sample");
    said(&wardscore(["sample", "--scale", "region", "--seed", "4", "--out", sample.to_str().unwrap()]), 0);
    copy(&sample.join("pipeline"), &inbox.folder.path().join("pipeline"));
    inbox.pipeline = inbox.folder.path().join("pipeline");
    // What is accepted of a district of the first province, sent by one of another province before.
    let all = files(&sample.join("inbox"));
    let district = |path: &Path| path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
    let of = |path: &Path| path.strip_prefix(sample.join("inbox")).unwrap().to_str().unwrap().to_owned();
    let form = all.iter().find(|path| path.extension().is_some_and(|e| e == "csv")).unwrap();
    let other = district(all.last().unwrap());
    assert_ne!(district(form), other);
    inbox.comes(form, &format!("{other}/x.csv"), "2021-01-10");
    inbox.comes(form, &of(form), "2021-01-11");
    let name = form.file_name().unwrap().to_str().unwrap();
    let mut rows = inbox.night("2021-02-01");
    rows.sort();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().any(|r| r[..2] == [other.clone(), "x.csv".to_owned()]), "{rows:?}");
    assert!(rows.iter().any(|r| r[0] == district(form) && r[1] == name && r[2].starts_with("accepted")), "{rows:?}");
    assert!(inbox.values() > 0);
    // Each is told of its own: the one of another's units, the other of what was found in its form.
    let feedback = files(&inbox.folder.path().join("store/feedback"));
    let reply = |of: &str| {
        let own = |path: &&PathBuf| district(path) == of && path.extension().is_some_and(|e| e == "html");
        feedback.iter().find(own).map(|path| std::fs::read_to_string(path).unwrap()).unwrap()
    };
    assert!(reply(&other).contains("Đơn vị thuộc huyện khác"));
    assert!(!reply(&district(form)).contains("Đơn vị thuộc huyện khác"));
}
