//! Replies and templates as a district meets them: what it gets back, fills in, explains and sends again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::Workbook;
use wardscore::model::{Element, Kind, Stamp, UnitVersion, reply};
use wardscore::plan::Definition;
use wardscore::template::{self, Entry, Slot};

use crate::tool::{copy, files, page as read, root, said, table, wardscore};

const NOW: &str = "2019-03-01T00:00:00Z";
/// A moment before NOW and after every period that is reported.
const SENT: &str = "2019-02-20T03:00:00Z";

/// An inbox with its store.
struct Case {
    _folder: tempfile::TempDir,
    inbox: PathBuf,
    store: PathBuf,
}

impl Case {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inbox = folder.path().join("inbox");
        std::fs::create_dir_all(&inbox).unwrap();
        Self { inbox, store: folder.path().join("store"), _folder: folder }
    }

    /// The shared inbox of two districts.
    fn small() -> Self {
        let case = Self::empty();
        copy(&root().join("tests/cases/inbox-small/inbox"), &case.inbox);
        case
    }

    fn run(&self) -> String {
        let set = format!("inbox={}", self.inbox.display());
        said(&wardscore(["run", "--now", NOW, "--set", &set, "--store", self.store.to_str().unwrap()]), 0)
    }

    /// Puts bytes into a district's folder, received at SENT and so many seconds.
    fn send(&self, name: &str, bytes: &[u8], seconds: u64) {
        let path = self.inbox.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let since = SENT.parse::<jiff::Timestamp>().unwrap().as_second().unsigned_abs() + seconds;
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(since);
        std::fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    }

    fn replies(&self) -> Vec<PathBuf> {
        files(&self.store.join("feedback")).into_iter().filter(|p| !p.ends_with(".index")).collect()
    }

    /// The reply to a submission.
    fn reply_to(&self, id: &str) -> PathBuf {
        self.replies().into_iter().find(|p| p.to_string_lossy().ends_with(&format!("{id}.xlsx"))).unwrap()
    }

    fn findings(&self) -> Vec<BTreeMap<&'static str, String>> {
        const COLUMNS: [&str; 12] = [
            "finding_id",
            "submission_id",
            "severity",
            "code",
            "sheet",
            "cell",
            "unit_code",
            "element",
            "found",
            "justification",
            "closed_by",
            "file_name",
        ];
        let rows = table(&self.store, "findings", &COLUMNS);
        rows.into_iter().map(|row| COLUMNS.into_iter().zip(row).collect()).collect()
    }
}

/// A sheet's cells by row and column, from 0.
type Cells = BTreeMap<(u32, u32), Data>;

fn sheets(path: &Path) -> Vec<(String, Cells)> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let names = book.sheet_names();
    names
        .into_iter()
        .map(|name| {
            let range = book.worksheet_range(&name).unwrap();
            let (top, left) = range.start().unwrap_or_default();
            let cells = range.used_cells().map(|(r, c, v)| ((r as u32 + top, c as u32 + left), v.clone())).collect();
            (name, cells)
        })
        .collect()
}

/// The workbook of these sheets, saved anew.
fn saved(sheets: &[(String, Cells)]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, cells) in sheets {
        let page = book.add_worksheet();
        page.set_name(name).unwrap().set_very_hidden(name == Stamp::SHEET);
        for ((row, column), value) in cells {
            let column = *column as u16;
            match value {
                Data::Int(n) => page.write_number(*row, column, *n as f64).unwrap(),
                Data::Float(n) => page.write_number(*row, column, *n).unwrap(),
                Data::Bool(b) => page.write_boolean(*row, column, *b).unwrap(),
                other => page.write_string(*row, column, other.to_string()).unwrap(),
            };
        }
    }
    book.save_to_buffer().unwrap()
}

/// Row of a finding on the summary, and the column for its reason.
fn reason_cell(summary: &Cells, finding: &str) -> (u32, u32) {
    let at = |text: &str| {
        let hit = summary.iter().find(|(_, v)| v.to_string().starts_with(text));
        *hit.unwrap_or_else(|| panic!("`{text}` is not on the summary")).0
    };
    (at(&reply::shown_id(finding)).0, at(reply::REASON).1)
}

#[test]
fn every_submission_has_a_reply_that_marks_its_findings_and_a_second_night_makes_none() {
    let case = Case::small();
    let text = case.run();
    let submissions = table(&case.store, "submissions", &["submission_id", "status"]);
    assert!(text.contains(&format!("{} in", submissions.len())), "{text}");
    let replies = case.replies();
    assert_eq!(replies.len(), submissions.len() * 2);
    let mut marked = 0;
    for row in &submissions {
        // One that was refused unread has no id.
        if row[0].is_empty() {
            continue;
        }
        let path = case.reply_to(&row[0]);
        let page = std::fs::read_to_string(path.with_extension("html")).unwrap();
        let book = sheets(&path);
        assert_eq!(book[0].0, reply::SHEET);
        for finding in case.findings().iter().filter(|f| f["submission_id"] == row[0]) {
            let (row, _) = reason_cell(&book[0].1, &finding["finding_id"]);
            assert!(page.contains(&finding["finding_id"]), "{finding:?}");
            if book.len() > 1 && !finding["cell"].is_empty() && finding["found"].len() > 2 {
                let place = book[0].1[&(row, 2)].to_string();
                let cell = place.rsplit("ô ").next().unwrap().split(' ').next().unwrap();
                let wardscore::model::CellRef::Sheet { row, column } = cell.parse().unwrap() else { panic!("{place}") };
                assert!(book[1].1.contains_key(&(row, column)), "{finding:?} is not at {cell}");
                marked += 1;
            }
        }
    }
    assert!(marked > 10, "{marked}");
    let before: Vec<_> = replies.iter().map(|p| std::fs::metadata(p).unwrap().modified().unwrap()).collect();
    let again = case.run();
    assert!(again.contains(", 0 made anew, 0 files removed"), "{again}");
    let after: Vec<_> = replies.iter().map(|p| std::fs::metadata(p).unwrap().modified().unwrap()).collect();
    assert_eq!(before, after);

    // The same bytes again, from nothing and on one thread.
    let other = case.store.with_file_name("other");
    let set = format!("inbox={}", case.inbox.display());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wardscore"))
        .env("RAYON_NUM_THREADS", "1")
        .current_dir(root())
        .args(["run", "--now", NOW, "--set", &set, "--store", other.to_str().unwrap()])
        .output()
        .unwrap();
    said(&output, 0);
    for path in &replies {
        let twin = other.join(path.strip_prefix(&case.store).unwrap());
        assert!(std::fs::read(path).unwrap() == std::fs::read(&twin).unwrap(), "{} differs", path.display());
    }
}

#[test]
fn nothing_of_a_file_that_holds_persons_is_repeated_and_markup_stays_text() {
    let case = Case::small();
    let form = std::fs::read(root().join("tests/cases/inbox-small/inbox/482/bieu01_quy3_2018_phu_loc.xlsx"));
    let path = case.inbox.with_file_name("form.xlsx");
    std::fs::write(&path, form.unwrap()).unwrap();
    let mut book = sheets(&path);
    // A slash may not stand in a sheet's name.
    "<script>alert(1)<script>".clone_into(&mut book[0].0);
    let text = book[0].1.values().position(|v| *v == "Lăng Cô").unwrap();
    *book[0].1.values_mut().nth(text).unwrap() = Data::String("=cmd|' /C calc'!A0".into());
    case.send("482/<b>Biểu 01 - Quý III 2018.xlsx", &saved(&book), 0);
    case.run();
    let personal: Vec<String> =
        case.findings().iter().filter(|f| f["code"] == "personal-data").map(|f| f["submission_id"].clone()).collect();
    assert!(!personal.is_empty());
    for id in &personal {
        let path = case.reply_to(id);
        let book = sheets(&path);
        assert_eq!(book.len(), 1, "the file itself is shown");
        assert!(path.file_name().unwrap().to_string_lossy().starts_with("quarantine-"));
    }
    let hostile = case.findings().into_iter().find(|f| f["found"].starts_with("=cmd")).unwrap();
    let path = case.reply_to(&hostile["submission_id"]);
    let page = std::fs::read_to_string(path.with_extension("html")).unwrap();
    assert!(!page.contains("<script>") && !page.contains("<b>Bi"), "markup of a file became the page's");
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    for name in book.sheet_names() {
        let formulas = book.worksheet_formula(&name).unwrap();
        assert!(formulas.used_cells().all(|(_, _, f)| f.is_empty()), "{name} has a formula");
    }
}

#[test]
fn a_reason_closes_a_warning_here_and_in_the_next_file_and_never_an_error() {
    let case = Case::small();
    case.run();
    let current: BTreeSet<String> = table(&case.store, "submissions", &["submission_id", "status"])
        .into_iter()
        .filter(|r| r[1] == "accepted_with_findings")
        .map(|r| r[0].clone())
        .collect();
    let findings = case.findings();
    let of = |id: &str, severity: &str| {
        findings
            .iter()
            .find(|f| f["submission_id"] == id && f["severity"] == severity && !f["cell"].is_empty())
            .cloned()
    };
    let id = current.iter().find(|id| of(id, "warning").is_some() && of(id, "error").is_some()).unwrap();
    let (warning, error) = (of(id, "warning").unwrap(), of(id, "error").unwrap());

    // The reply comes back as it was sent, with a reason beside a warning and, wrongly, beside an error.
    let path = case.reply_to(id);
    let mut book = sheets(&path);
    let form_sheet = book[1].clone();
    for (finding, text) in [(&warning, "  Đã rà soát,\nsố đúng "), (&error, "Số này đúng")] {
        let cell = reason_cell(&book[0].1, &finding["finding_id"]);
        book[0].1.insert(cell, Data::String(text.into()));
    }
    let district = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
    case.send(&format!("{district}/tra loi.xlsx"), &saved(&book), 0);
    // Another district may not speak for it.
    let other = if district == "480" { "482" } else { "480" };
    let foreign = other_reason(&book, &findings, id);
    case.send(&format!("{other}/tra loi ho.xlsx"), &saved(&foreign), 1);
    case.run();
    let after = case.findings();
    let closed: Vec<_> = after.iter().filter(|f| !f["closed_by"].is_empty()).collect();
    assert!(!closed.is_empty());
    for f in &closed {
        assert_eq!(f["justification"], "Đã rà soát, số đúng", "{f:?}");
        assert_eq!((&f["code"], &f["unit_code"]), (&warning["code"], &warning["unit_code"]));
    }
    let brought = closed[0]["closed_by"].clone();
    assert!(closed.iter().any(|f| f["finding_id"] == warning["finding_id"]));
    assert!(closed.iter().any(|f| f["submission_id"] == brought), "not closed in the file that brought the reason");
    assert!(
        after.iter().any(|f| f["submission_id"] == brought && f["severity"] == "error" && f["closed_by"].is_empty())
    );

    // It stays closed in the file after that, which brings no summary; its reply shows the reason.
    case.send(&format!("{district}/lan 3.xlsx"), &saved(&[form_sheet]), 5);
    case.run();
    let last = case.findings();
    let still = last.iter().find(|f| f["file_name"] == "lan 3.xlsx" && !f["closed_by"].is_empty());
    let still = still.expect("the matter is open again in the next file");
    assert_eq!(still["closed_by"], brought);
    let page = std::fs::read_to_string(case.reply_to(&still["submission_id"]).with_extension("html")).unwrap();
    assert!(page.contains("Đã giải trình") && page.contains("Đã rà soát, số đúng"));
}

/// The same reply with a reason beside another warning, to be sent by a district that it does not concern.
fn other_reason(
    book: &[(String, Cells)],
    findings: &[BTreeMap<&'static str, String>],
    id: &str,
) -> Vec<(String, Cells)> {
    let mut book = book.to_vec();
    let warnings = findings.iter().filter(|f| f["submission_id"] == id && f["severity"] == "warning");
    for finding in warnings {
        let cell = reason_cell(&book[0].1, &finding["finding_id"]);
        book[0].1.insert(cell, Data::String("không phải việc của mình".into()));
    }
    book
}

#[test]
fn a_reply_is_gone_with_its_submission_and_no_reply_leaves_them_out() {
    let case = Case::small();
    let set = format!("inbox={}", case.inbox.display());
    let arguments = ["run", "--no-reply", "--now", NOW, "--set", &set, "--store", case.store.to_str().unwrap()];
    said(&wardscore(arguments), 0);
    assert!(!case.store.join("feedback").exists());
    case.run();
    // A reply that was removed by hand is made again, and only it.
    let gone = case.replies().into_iter().find(|p| p.extension().unwrap() == "html").unwrap();
    std::fs::remove_file(&gone).unwrap();
    let text = case.run();
    assert!(text.contains(", 1 made anew, 0 files removed"), "{text}");
    assert!(gone.exists());
}

/// What a ward enters that keeps every rule of the plan.
fn entry(unit: &UnitVersion, element: &Element) -> Entry {
    let turn = unit.code.bytes().map(f64::from).sum::<f64>() % 7.0;
    match (element.kind, element.code.as_str()) {
        (Kind::Flag, _) => Entry::Text(if turn > 3.0 { "x" } else { "không" }.to_owned()),
        (Kind::Points, _) => Entry::Number(element.max.unwrap() - turn / 2.0 % 3.0),
        (_, "persons_handled") => Entry::Number(100.0),
        (_, "persons_handled_admin") => Entry::Number(60.0),
        (_, "licences_revoked") => Entry::Number(turn),
        _ if element.decimals => Entry::Number(1234.5 + turn),
        (_, code) => {
            let part =
                ["_female", "_criminal", "_trained", "_handled", "_resolved", "_committed", "_suspected", "_violating"];
            Entry::Number(if part.iter().any(|p| code.ends_with(p)) { 40.0 } else { 100.0 + turn })
        }
    }
}

fn definition() -> Definition {
    wardscore::plan::load(&root().join("pipelines/plan-50"), &[]).unwrap()
}

/// The bytes of a form for district 478, and its name.
fn form(definition: &Definition, code: &str, period: &str, entries: &template::Entries<'_>) -> (String, Vec<u8>) {
    let Definition { plan, register, .. } = definition;
    let period: wardscore::model::Period = period.parse().unwrap();
    let district = register.at("478", period.end()).unwrap();
    let slot = Slot { form: plan.form(code).unwrap(), district, period };
    (slot.file_name(), template::write(&slot, plan, register, entries).unwrap())
}

#[test]
fn a_filled_template_comes_back_without_a_finding() {
    let case = Case::empty();
    let definition = definition();
    for (code, period) in [("01", "2018-Q3"), ("02", "2018-Q3"), ("03", "2017")] {
        let (name, bytes) = form(&definition, code, period, &|unit, element| Some(entry(unit, element)));
        case.send(&format!("478/{name}"), &bytes, 0);
        // A blank one says that nothing is known yet, and nothing worse.
        let (name, bytes) = form(&definition, code, if period == "2017" { "2016" } else { "2018-Q2" }, &|_, _| None);
        case.send(&format!("478/{name}"), &bytes, 1);
    }
    case.run();
    let bad: Vec<_> = case.findings().into_iter().filter(|f| f["severity"] != "info").collect();
    assert!(bad.is_empty(), "{bad:?}");
    let infos: BTreeSet<String> = case.findings().into_iter().map(|f| f["code"].clone()).collect();
    assert!(infos.iter().all(|code| ["late", "not-reported"].contains(&code.as_str())), "{infos:?}");
    let values = table(&case.store, "observations", &["form", "period"]);
    let wards = definition.register.children("478", "2018-09-30".parse().unwrap()).count();
    let of = |form: &str| values.iter().filter(|r| r[0] == form).count();
    assert_eq!((of("01"), of("02"), of("03")), (wards * 36, 7, wards * 20));
}

#[test]
fn a_stamp_stands_in_for_a_damaged_title_and_contradicts_a_wrong_one() {
    let case = Case::empty();
    let definition = definition();
    let (_, bytes) = form(&definition, "01", "2018-Q3", &|unit, element| Some(entry(unit, element)));
    let path = case.inbox.with_file_name("form.xlsx");
    std::fs::write(&path, bytes).unwrap();
    let whole = sheets(&path);
    let changed = |old: &str, new: &str| {
        let mut book = whole.clone();
        for value in book[0].1.values_mut().filter(|v| v.to_string().contains(old)) {
            *value = Data::String(new.into());
        }
        saved(&book)
    };
    case.send("478/a.xlsx", &changed("Kỳ báo cáo", " "), 0);
    case.send("478/b.xlsx", &changed("Biểu 01", "Biểu 02"), 1);
    case.send("478/c.xlsx", &changed("Kỳ báo cáo", "Kỳ báo cáo: Quý II năm 2018"), 2);
    case.send("478/Biểu 01 Quý I 2018.xlsx", &changed("Kỳ báo cáo", ""), 3);
    case.send("480/d.xlsx", &saved(&whole), 4);
    case.run();
    let came: BTreeMap<String, Vec<String>> =
        table(&case.store, "submissions", &["file_name", "form", "period", "status"])
            .into_iter()
            .map(|r| (r[0].clone(), r[1..].to_vec()))
            .collect();
    assert_eq!(came["a.xlsx"][..2], ["01", "2018-Q3"]);
    assert_eq!(came["b.xlsx"][..2], ["01", "2018-Q3"]);
    let codes: BTreeMap<String, String> = case
        .findings()
        .into_iter()
        .filter(|f| f["severity"] == "error")
        .map(|f| (f["file_name"].clone(), f["code"].clone()))
        .collect();
    let want =
        [("Biểu 01 Quý I 2018.xlsx", "period-conflict"), ("c.xlsx", "period-conflict"), ("d.xlsx", "unit-not-yours")];
    assert_eq!(codes, want.map(|(file, code)| (file.to_owned(), code.to_owned())).into());
}

#[test]
fn templates_are_written_where_they_are_wanted_and_a_wrong_wish_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let to = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let ask = |more: &[&str], code: i32| {
        let mut arguments = vec!["template"];
        arguments.extend(more);
        said(&wardscore(arguments), code)
    };
    let file = to("one.xlsx");
    ask(&["--form", "01", "--district", "478", "--period", "2018-Q3", "--out", &file], 0);
    let first = std::fs::read(&file).unwrap();
    ask(&["--form", "01", "--district", "478", "--period", "2018-Q3", "--out", &file], 0);
    assert!(first == std::fs::read(&file).unwrap(), "the same form has other bytes");
    let all = to("all");
    ask(&["--form", "03", "--period", "2018", "--out", &all], 0);
    assert_eq!(files(Path::new(&all)).len(), 9);
    for (wish, told) in [
        (["--form", "09", "--district", "478", "--period", "2018-Q3"], "the plan has 01, 02, 03"),
        (["--form", "01", "--district", "4", "--period", "2018-Q3"], "478 Huyện Phú Vang"),
        (["--form", "01", "--district", "478", "--period", "2018"], "every quarter"),
        (["--form", "03", "--district", "478", "--period", "2018-Q3"], "once a year"),
        (["--form", "01", "--district", "478", "--period", "2031-Q1"], "from 2016-Q1 to 2020-Q4"),
        (["--form", "01", "--district", "478", "--period", "soon"], "2020-Q4"),
    ] {
        let text = ask(&wish, 2);
        assert!(text.contains(told) && text.contains("hint:"), "{text}");
    }
}

#[test]
fn each_form_of_an_archive_has_a_reply_of_its_own() {
    let case = Case::empty();
    let definition = definition();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for code in ["01", "02"] {
        let (name, bytes) = form(&definition, code, "2018-Q3", &|_, _| None);
        archive.start_file(format!("quy 3/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, &bytes).unwrap();
    }
    archive.start_file("doc.txt", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut archive, "xin gửi các biểu".as_bytes()).unwrap();
    case.send("478/bao cao.zip", &archive.finish().unwrap().into_inner(), 0);
    case.run();
    let names: Vec<String> =
        case.replies().iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let of = |start: &str| names.iter().filter(|n| n.starts_with(start)).count();
    assert_eq!((of("2018-Q3-01-"), of("2018-Q3-02-"), of("quarantine-"), names.len()), (2, 2, 2, 6), "{names:?}");
    let page = case.replies().into_iter().find(|p| p.to_string_lossy().contains("2018-Q3-02-")).unwrap();
    assert!(read(&page.with_extension("html")).contains("bao cao.zip › quy 3/Bieu 02"));
    assert_eq!(sheets(&page.with_extension("xlsx")).len(), 2);
}
