//! Reviewed corrections, from the list to the page: replayed on the form, told wherever the value is used, undone when the
//! list is.

use std::path::PathBuf;

use crate::tool::{files, place, said, table, wardscore};

const NOW: &str = "2026-01-15T00:00:00Z";
const HEAD: &str = "unit_code,period,element,from,to,reason,who,when\n";

struct Case {
    folder: tempfile::TempDir,
    store: PathBuf,
}

impl Case {
    fn new() -> Self {
        let (folder, store) = place("sample-data/inbox");
        Self { folder, store }
    }

    fn list(&self, rows: &str) {
        std::fs::write(self.folder.path().join("corrections.csv"), format!("{HEAD}{rows}")).unwrap();
    }

    /// Arguments of every command: where the inbox and the list are.
    fn set(&self) -> Vec<String> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        ["--store", &path("store"), "--now", NOW, "--set", &format!("inbox={}", path("inbox"))]
            .into_iter()
            .chain(["--set", &format!("corrections={}", path("corrections.csv"))])
            .map(str::to_owned)
            .collect()
    }

    fn ask(&self, what: &[&str], code: i32) -> String {
        said(&wardscore(what.iter().map(|part| (*part).to_owned()).chain(self.set())), code)
    }

    /// Runs all stages; gives the release's id.
    fn run(&self) -> String {
        self.ask(&["run"], 0);
        let release = std::fs::read_link(self.store.join("current")).unwrap();
        release.file_name().unwrap().to_str().unwrap().to_owned()
    }

    fn observation(&self, unit: &str, element: &str, period: &str) -> Option<Vec<String>> {
        let columns = ["unit_code", "element", "period", "value", "cell", "flags", "submission_id"];
        let rows = table(&self.store, "observations", &columns).into_iter();
        rows.filter(|row| row[..3] == [unit, element, period]).map(|row| row[3..].to_vec()).next()
    }

    fn finding(&self, unit: &str, element: &str, code: &str) -> Option<Vec<String>> {
        let columns = ["unit_code", "element", "code", "severity", "cell", "found", "message_vi", "message_en"];
        let rows = table(&self.store, "findings", &columns).into_iter();
        rows.filter(|row| row[..3] == [unit, element, code]).map(|row| row[3..].to_vec()).next()
    }
}

#[test]
fn a_correction_of_a_form_that_never_came_is_told() {
    let (folder, store) = place("tests/cases/inbox-small/inbox");
    let case = Case { folder, store };
    case.list("19753,2018-Q1,cases_handled,,1,theo công văn,Trần Thị Duyệt,2026-01-10\n");
    let told = case.ask(&["run"], 0);
    assert!(told.contains("waiting     1 of the reviewed corrections"), "{told}");
    assert!(told.contains("19753") && told.contains("waits for form 01 of district 474"), "{told}");
    let again = case.ask(&["run"], 0);
    assert!(again.contains("waiting     1 of the reviewed corrections"), "{again}");
}

#[test]
fn a_correction_is_replayed_and_told_wherever_the_value_is_used() {
    let case = Case::new();
    let first = case.run();
    let raw = || files(&case.store.join("raw")).into_iter().map(|p| std::fs::read(p).unwrap()).collect::<Vec<_>>();
    let bytes = raw();
    let newest =
        table(&case.store, "observations", &["period"]).into_iter().flatten().filter(|p| p.contains('Q')).max();
    let newest = newest.unwrap();
    let of = |element: &str| {
        let columns = ["element", "period", "value", "unit_code", "cell", "flags"];
        let rows = table(&case.store, "observations", &columns).into_iter();
        let of = rows.filter(|r| r[0] == element && r[1] == newest && r[5] == "[]");
        of.filter(|r| r[2].parse::<f64>().unwrap() > 2.0).collect::<Vec<_>>()
    };
    let handled = &of("cases_handled")[0];
    let leaflets = &of("leaflets")[1];
    let broadcasts = &of("broadcasts")[2];
    // A cell that could not be read, and one that was empty.
    let columns = ["code", "unit_code", "element", "period", "found", "submission_id", "cell"];
    let current: Vec<String> = table(&case.store, "submissions", &["submission_id", "status"])
        .into_iter()
        .filter(|r| r[1].starts_with("accepted"))
        .map(|r| r[0].clone())
        .collect();
    let found = |code: &str| {
        let mut rows = table(&case.store, "findings", &columns).into_iter();
        rows.find(|r| r[0] == code && !r[2].is_empty() && current.contains(&r[5])).unwrap()
    };
    let (unread, empty) = (found("number-invalid"), found("not-reported"));
    let value: f64 = handled[2].parse().unwrap();
    case.list(&format!(
        "{u},{newest},cases_handled,{value},{less},\"gõ nhầm, sổ ghi khác\",Trần Thị Duyệt,2026-01-10\n\
         {l},{newest},leaflets,{lv},,báo nhầm,Trần Thị Duyệt,2026-01-10\n\
         {b},{newest},broadcasts,123456,1,đã gửi lại,Trần Thị Duyệt,2026-01-10\n\
         {iu},{ip},{ie},\"{it}\",1,theo công văn,Trần Thị Duyệt,2026-01-11\n\
         {eu},{ep},{ee},,1,theo công văn,Trần Thị Duyệt,2026-01-11\n",
        u = handled[3],
        less = value - 1.0,
        l = leaflets[3],
        lv = leaflets[2],
        b = broadcasts[3],
        iu = unread[1],
        ip = unread[3],
        ie = unread[2],
        it = unread[4],
        eu = empty[1],
        ep = empty[3],
        ee = empty[2],
    ));
    let second = case.run();
    assert_ne!(first, second);
    assert_eq!(raw(), bytes, "the received bytes stay");

    let now = case.observation(&handled[3], "cases_handled", &newest).unwrap();
    assert_eq!(now[..3], [format!("{:.1}", value - 1.0), handled[4].clone(), "[corrected]".to_owned()]);
    let told = case.finding(&handled[3], "cases_handled", "corrected").unwrap();
    assert_eq!(told[..3], ["info", &handled[4], &value.to_string()]);
    assert!(
        told[3].contains("dùng") && told[3].contains("gõ nhầm, sổ ghi khác (Trần Thị Duyệt, 10/01/2026)"),
        "{told:?}"
    );
    assert!(told[4].contains("used ") && told[4].contains("2026-01-10"), "{told:?}");
    assert_eq!(case.observation(&leaflets[3], "leaflets", &newest), None);
    // What stood there is history from the day of the correction on, and what holds is known from then.
    let columns = ["unit_code", "element", "period", "value", "cell"];
    let history = table(&case.store, "observations_history", &columns);
    for (of, element) in [(handled, "cases_handled"), (leaflets, "leaflets")] {
        let row = [&of[3], element, &newest, &of[2], &of[4]].map(str::to_owned).to_vec();
        assert!(history.contains(&row), "{row:?}");
    }
    assert!(!history.iter().any(|row| row[0] == broadcasts[3] && row[1] == "broadcasts" && row[2] == newest));
    let stays = case.observation(&broadcasts[3], "broadcasts", &newest).unwrap();
    assert_eq!(stays[..2], [broadcasts[2].clone(), broadcasts[4].clone()]);
    assert_eq!(case.finding(&broadcasts[3], "broadcasts", "correction-stale").unwrap()[0], "warning");
    let read = case.observation(&unread[1], &unread[2], &unread[3]).unwrap();
    assert_eq!(read[..2], ["1.0".to_owned(), unread[6].clone()]);
    let given = case.observation(&empty[1], &empty[2], &empty[3]).unwrap();
    assert_eq!(given[..2], ["1.0".to_owned(), empty[6].clone()]);

    // Wherever the value is used it is told.
    let question = ["--unit", handled[3].as_str(), "--indicator", "T5", "--period", newest.as_str()];
    let explained = case.ask(&[&["explain"][..], &question].concat(), 0);
    assert!(explained.contains("▲ corrected") && explained.contains("sổ ghi khác"), "{explained}");
    assert!(explained.contains(&format!("before 2026-01-10 00:00: {value} (file ")), "{explained}");
    assert!(!explained.contains("is not the one that the release was made with"), "{explained}");
    let why = case.ask(&[&["why", "--against", &first][..], &question].concat(), 0);
    assert!(why.contains("in the later release alone") && why.contains("sổ ghi khác"), "{why}");
    assert!(why.contains("numerator") && !why.contains("another definition"), "{why}");
    let page = case.store.join(format!("current/site/ward/{}.html", handled[3]));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains("✎") && page.contains("sổ ghi khác"), "{page}");
    let replies = files(&case.store.join("feedback"));
    let own = replies.iter().find(|p| p.to_string_lossy().ends_with(&format!("{}.html", now[3]))).unwrap();
    assert!(std::fs::read_to_string(own).unwrap().contains("sổ ghi khác"));

    // The list taken back, everything is as it was.
    case.list("");
    case.run();
    let back = case.observation(&handled[3], "cases_handled", &newest).unwrap();
    assert_eq!(back[..2], [handled[2].clone(), handled[4].clone()]);
    assert_eq!(case.finding(&handled[3], "cases_handled", "corrected"), None);
}

#[test]
fn a_correction_of_what_nobody_knows_is_an_error_with_its_line() {
    let case = Case::new();
    case.list(
        "19753,2018-Q2,cases_handled,3,2,x,y,2026-01-10\n\
         00001,2018-Q2,cases_handled,3,2,x,y,2026-01-10\n\
         19753,2018-Q2,cases_handed,3,2,x,y,2026-01-10\n\
         19753,2018,cases_handled,3,2,x,y,2026-01-10\n\
         19753,1999-Q2,cases_handled,3,2,x,y,2026-01-10\n\
         474,2018-Q2,cases_handled,3,2,x,y,2026-01-10\n\
         19753,2018-Q3,cases_handled,3,2.5,x,y,2026-01-10\n\
         19753,2018-Q4,school_coordination,1,5,x,y,2026-01-10\n\
         19753,2018-Q4,cases_handled,3,3,x,y,2026-01-10\n\
         19753,2018-Q2,cases_handled,3,1,x,y,2026-01-10\n\
         19753,2017-Q2,cases_handled,3,1,,y,yesterday\n",
    );
    let told = case.ask(&["check"], 2);
    for (line, what) in [
        (3, "unit `00001` is not defined"),
        (4, "element `cases_handed` is not defined"),
        (5, "period is `2018`"),
        (6, "period is `1999-Q2`"),
        (7, "unit `474` is a district, expected a ward"),
        (8, "`to` is `2.5`, expected a whole number"),
        (9, "`to` is `5`, expected 0 or 1"),
        (10, "nothing would be corrected"),
        (11, "two corrections of `cases_handled` in 2018-Q2"),
        (12, "`reason` is empty"),
        (12, "`when` is `yesterday`"),
    ] {
        assert!(
            told.lines().any(|l| l.contains(&format!("corrections.csv:{line}:")) && l.contains(what)),
            "{line} {what}\n{told}"
        );
    }
    assert!(!told.contains("corrections.csv:2:"), "{told}");
}
