//! Workbooks of a release: what they hold, that hostile names are text, that other programs open them.

use std::path::{Path, PathBuf};
use std::process::Command;

use calamine::{Data, Range, Reader, Xlsx, open_workbook};

use crate::servers::program;
use crate::tool::{copy, files, place, root, said, table, wardscore};

const NOW: &str = "2026-01-15T00:00:00Z";

/// A release with workbooks, of a plan in which one ward has a hostile name.
fn release() -> (tempfile::TempDir, PathBuf) {
    let (folder, store) = place("sample-data/inbox");
    let pipeline = folder.path().join("pipeline");
    copy(&root().join("pipelines/plan-50"), &pipeline);
    let receipts = root().join("sample-data/receipts.csv").display().to_string();
    for (file, from, with) in [
        ("register/units.csv", "Phường Thuận Lộc", "=cmd|' /C calc'!A0"),
        ("pipeline.toml", "../../sample-data/receipts.csv", &receipts),
    ] {
        let text = std::fs::read_to_string(pipeline.join(file)).unwrap();
        std::fs::write(pipeline.join(file), text.replace(from, with)).unwrap();
    }
    let inbox = format!("inbox={}", folder.path().join("inbox").display());
    let fixed = ["run", "--no-reply", "--now", NOW, "--set", "formats=xlsx", "--set", &inbox].map(str::to_owned);
    let rest = ["--pipeline".to_owned(), pipeline.display().to_string(), "--store".to_owned()];
    said(&wardscore(fixed.into_iter().chain(rest).chain([store.display().to_string()])), 0);
    (folder, store)
}

fn sheet(path: &Path, name: &str) -> Range<Data> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    assert_eq!(book.sheet_names(), ["Phiếu điểm", "Theo đơn vị", "Số liệu", "Ghi chú"], "{}", path.display());
    book.worksheet_range(name).unwrap()
}

/// Rows below the head of a table, with the columns found by the first line of their heads.
fn rows(range: &Range<Data>, columns: &[&str]) -> Vec<Vec<Data>> {
    let head: Vec<String> = range.rows().nth(4).unwrap().iter().map(ToString::to_string).collect();
    let at = |name: &&str| head.iter().position(|h| h.lines().next() == Some(name)).unwrap_or_else(|| panic!("{name}"));
    let at: Vec<usize> = columns.iter().map(at).collect();
    range.rows().skip(5).map(|row| at.iter().map(|column| row[*column].clone()).collect()).collect()
}

#[test]
fn a_workbook_holds_every_figure_of_its_district_as_a_number_and_every_name_as_a_text() {
    let (_folder, store) = release();
    let site = store.join("current/site");
    let books = files(&site);
    assert_eq!(books.len(), 10, "nine districts and a province: {books:?}");
    let values = sheet(&site.join("district/474.xlsx"), "Số liệu");
    let shown = rows(&values, &["Mã", "Chỉ tiêu", "Tình trạng", "Giá trị", "Tử số"]);
    let columns =
        ["map", "span", "period", "district_code", "level", "unit_code", "indicator", "state", "value", "numerator"];
    let wanted = table(&store, "indicator_values", &columns);
    let newest = wanted.iter().map(|row| row[2].clone()).filter(|p| p.contains('Q')).max().unwrap();
    let mut compared = 0;
    for row in wanted.iter().filter(|r| r[0] == "as_reported" && r[1] == "year_to_date" && r[2] == newest) {
        if row[3] != "474" || row[4] == "province" {
            continue;
        }
        let own = shown.iter().find(|own| own[0].to_string() == row[5] && own[1].to_string() == row[6]);
        let own = own.unwrap_or_else(|| panic!("{row:?} is not in the workbook"));
        assert_eq!(own[2].to_string(), row[7], "{row:?}");
        match &own[3] {
            Data::Float(value) => assert_eq!(value.to_string(), row[8].parse::<f64>().unwrap().to_string(), "{row:?}"),
            other => assert!(row[8].is_empty() && *other == Data::Empty, "{row:?} is {other:?}"),
        }
        compared += 1;
    }
    assert!(compared > 800, "{compared}");
    let matrix = sheet(&site.join("district/474.xlsx"), "Theo đơn vị");
    let named = rows(&matrix, &["Đơn vị", "Mã", "T5", "Điểm"]);
    let hostile = named.iter().find(|row| row[1] == Data::String("19753".to_owned())).unwrap();
    assert_eq!(hostile[0], Data::String("=cmd|' /C calc'!A0".to_owned()));
    assert!(matches!(hostile[2], Data::Float(_)) && matches!(hostile[3], Data::Float(_)), "{hostile:?}");
    let mut book: Xlsx<_> = open_workbook(site.join("district/474.xlsx")).unwrap();
    for name in book.sheet_names() {
        assert!(book.worksheet_formula(&name).unwrap().used_cells().next().is_none(), "{name} holds a formula");
        let notice = book.worksheet_range(&name).unwrap().get((2, 0)).unwrap().to_string();
        assert!(notice.starts_with("nội bộ · internal – Số liệu minh họa"), "{notice}");
    }
}

#[test]
fn other_programs_open_a_workbook() {
    let (folder, store) = release();
    let book = store.join("current/site/province/46.xlsx");
    if let Some(servers) = program("moto_server") {
        let read = "import sys, openpyxl; b = openpyxl.load_workbook(sys.argv[1]); s = b['Theo đơn vị']; \
                    print(b.sheetnames, s.freeze_panes, s.auto_filter.ref, s.print_area, len(s.conditional_formatting))";
        let done = Command::new(servers.with_file_name("python")).args(["-c", read]).arg(&book).output().unwrap();
        let told = said(&done, 0);
        assert!(told.contains("B6") && told.contains("A5:") && told.contains("$A$1"), "{told}");
    }
    if let Some(office) = program("soffice") {
        let home = format!("-env:UserInstallation=file://{}", folder.path().join("home").display());
        let mut convert = Command::new(office);
        convert.args([
            home.as_str(),
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2",
        ]);
        convert.arg("--outdir").arg(folder.path()).arg(&book);
        said(&convert.output().unwrap(), 0);
        let written = files(folder.path()).into_iter().find(|p| p.extension().is_some_and(|e| e == "csv")).unwrap();
        let text = std::fs::read_to_string(written).unwrap();
        assert!(text.contains("Thành phố Huế") && text.contains('★'), "{text}");
    }
}
