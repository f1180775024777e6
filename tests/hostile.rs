//! Files made to harm: each ends in a finding, in little memory and time, and the forms beside them are read.

use std::io::{Cursor, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use zip::write::SimpleFileOptions;

use crate::tool::{files, root, table};

const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="B" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const ROOT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

fn packed(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook of one sheet.
fn xlsx(sheet: &str, strings: &str) -> Vec<u8> {
    let parts = [
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", strings),
    ];
    packed(&parts.map(|(name, text)| (name, text.as_bytes())))
}

fn sheet(data: &str, behind: &str) -> String {
    let space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    format!(r#"<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{data}</sheetData>{behind}</worksheet>"#)
}

fn strings(attributes: &str, items: &str) -> String {
    format!(r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" {attributes}>{items}</sst>"#)
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet><table:table table:name="B">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    packed(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())])
}

/// A compound file with a workbook of these records.
fn xls(records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (kind, data) in records {
        stream.extend(kind.to_le_bytes());
        stream.extend((data.len() as u16).to_le_bytes());
        stream.extend(data);
    }
    // Short streams lie elsewhere.
    stream.resize(stream.len().max(4096).next_multiple_of(512), 0);
    let sectors = stream.len() / 512;
    let mut file = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    file.resize(512, 0);
    let put = |file: &mut Vec<u8>, at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    for (at, value) in [(24, 0x3Eu16), (26, 3), (28, 0xFFFE), (30, 9), (32, 6)] {
        put(&mut file, at, &value.to_le_bytes());
    }
    // One sector of chains, the directory in sector 1, no short streams, no further lists.
    for (at, value) in [(44, 1u32), (48, 1), (56, 4096), (60, !1), (68, !1), (76, 0)] {
        put(&mut file, at, &value.to_le_bytes());
    }
    file[80..512].fill(0xFF);
    let mut chains: Vec<u32> = vec![0xFFFF_FFFD, !1];
    chains.extend((0..sectors as u32).map(|s| if s + 1 == sectors as u32 { !1 } else { s + 3 }));
    chains.resize(128, !0);
    file.extend(chains.iter().flat_map(|c| c.to_le_bytes()));
    let mut entry = |name: &str, kind: u8, start: u32, size: u32| {
        let mut entry = vec![0u8; 128];
        for (at, unit) in name.encode_utf16().enumerate() {
            put(&mut entry, at * 2, &unit.to_le_bytes());
        }
        put(&mut entry, 64, &((name.len() as u16 + 1) * 2).to_le_bytes());
        entry[66] = kind;
        entry[68..80].fill(0xFF);
        put(&mut entry, 116, &start.to_le_bytes());
        put(&mut entry, 120, &size.to_le_bytes());
        file.extend(entry);
    };
    entry("Root Entry", 5, !1, 0);
    entry("Workbook", 2, 2, stream.len() as u32);
    entry("", 0, 0, 0);
    entry("", 0, 0, 0);
    file.extend(stream);
    file
}

/// A workbook whose one sheet has a number in its first and its last corner.
fn corners() -> Vec<u8> {
    let begin = |kind: u16| (0x809, [&0x600u16.to_le_bytes()[..], &kind.to_le_bytes(), &[0; 12]].concat());
    let number = |row: u16, column: u16| {
        (0x203, [&row.to_le_bytes()[..], &column.to_le_bytes(), &[0; 2], &1f64.to_le_bytes()].concat())
    };
    let bound = (0x85, [&40u32.to_le_bytes()[..], &[0, 0, 1, 0, b'B']].concat());
    xls(&[begin(5), bound, (0x0A, vec![]), begin(0x10), number(0, 0), number(65_535, 255), (0x0A, vec![])])
}

/// Bytes with every occurrence of a text replaced by another of the same length.
fn replaced(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at: Vec<usize> = bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(at, _)| at).collect();
    for at in at {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

/// Texts made of each number below `count`, run together.
fn each(count: usize, of: impl Fn(usize) -> String) -> String {
    (0..count).map(of).collect::<Vec<_>>().concat()
}

/// Every harmful file by name, with the code that it must end in.
fn harmful(form: &str) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let one = strings("", "<si><t>a</t></si>");
    let cell = |address: &str, value: &str| format!(r#"<row><c r="{address}"><v>{value}</v></c></row>"#);
    let zeros = vec![b' '; 80 << 20];
    let bomb = xlsx(&sheet(&String::from_utf8(zeros).unwrap(), ""), &one);
    let size = (sheet("", "").len() as u32 + (80 << 20)).to_le_bytes();
    let merges: String = (0..6_000).map(|_| r#"<mergeCell ref="A1:XFD1048576"/>"#).collect();
    let many: Vec<String> = (0..600).map(|n| format!("{n}.csv")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|n| (n.as_str(), &b"a"[..])).collect();
    let sheets = each(3_000, |n| format!(r#"<sheet name="{n}" sheetId="{n}" r:id="rId1"/>"#));
    let wide = BOOK.replace("<sheets>", &format!("<sheets>{sheets}"));
    let doctype = r#"<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>"#;
    let near = each(90_000, |n| format!("{n};Phường Hươngg Xuânn {n};1;2;3\n"));
    let labels = each(50, |r| each(480, |c| format!("Số buổi truyền thôn{r}{c};")) + "\n");
    vec![
        ("bomb.xlsx", bomb.clone(), "file-unsafe"),
        ("lying.xlsx", replaced(bomb, &size, &1_000u32.to_le_bytes()), "file-unreadable"),
        ("corner.xlsx", xlsx(&sheet(&cell("XFD1048576", "1"), ""), &one), "file-unsafe"),
        ("corner.xls", corners(), "file-unsafe"),
        (
            "corner.ods",
            ods(
                r#"<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row>"#,
            ),
            "file-unsafe",
        ),
        ("deep.xlsx", xlsx(&sheet(&("<c>".repeat(500_000) + &"</c>".repeat(500_000)), ""), &one), "file-unsafe"),
        ("rows.xlsx", xlsx(&sheet(&"<row/>".repeat(1_000_000), ""), &one), "file-unsafe"),
        ("rows.ods", ods(&"<table:table-row/>".repeat(1_000_000)), "file-unsafe"),
        ("rows.csv", "\n".repeat(1_000_000).into_bytes(), "file-unsafe"),
        (
            "strings.xlsx",
            xlsx(&sheet(&cell("A1", "1"), ""), &strings("", &"<si><t>ab</t></si>".repeat(3_000_000))),
            "file-unsafe",
        ),
        (
            "text.xlsx",
            xlsx(&sheet(&cell("A1", "1"), ""), &strings("", &format!("<si><t>{}</t></si>", "ab ".repeat(25_000_000)))),
            "file-unsafe",
        ),
        ("count.xlsx", xlsx(&sheet(&cell("A1", "1"), ""), &strings(r#"uniqueCount="4294967295""#, "")), "file-unsafe"),
        ("doctype.xlsx", xlsx(&(doctype.to_owned() + &sheet("", "")), &one), "file-unsafe"),
        (
            "merges.xlsx",
            xlsx(&sheet(&cell("A1", "1"), &format!("<mergeCells>{merges}</mergeCells>")), &one),
            "file-unsafe",
        ),
        ("sheets.xlsx", replaced_part("xl/workbook.xml", &wide), "file-unsafe"),
        (
            "twice.xlsx",
            replaced(packed(&[("xl/workbook.xml", b"a"), ("xl/workbook.xmk", b"b")]), b"workbook.xmk", b"workbook.xml"),
            "file-unsafe",
        ),
        ("cut.xlsx", xlsx(&sheet("", ""), &one)[..600].to_vec(), "file-unreadable"),
        ("reference.xlsx", xlsx(&sheet(&cell("ZZZZZZZ99999999999", "1"), ""), &one), "file-unsafe"),
        ("line.csv", vec![b'a'; 30 << 20], "file-too-large"),
        ("column.csv", b"ab\n".repeat(10 << 20), "file-too-large"),
        ("quotes.csv", vec![b'"'; 30 << 20], "file-too-large"),
        ("fields.csv", b"a;".repeat(3 << 20), "file-too-large"),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table></html>".to_vec(), "file-unreadable"),
        ("letter.xlsx", packed(&[("word/document.xml", b"<a/>")]), "file-unreadable"),
        ("many.zip", packed(&many), "file-unsafe"),
        ("nested.zip", packed(&[("inner.zip", &packed(&[("a.csv", b"a;b")]))]), "file-unsafe"),
        ("empty.zip", packed(&[]), "file-unreadable"),
        ("near.csv", (form.replace("2018", "2019") + &near).into_bytes(), ""),
        ("labels.csv", labels.into_bytes(), "form-unknown"),
    ]
}

/// A small workbook with one part exchanged.
fn replaced_part(part: &str, text: &str) -> Vec<u8> {
    let parts = [("_rels/.rels", ROOT), ("xl/_rels/workbook.xml.rels", RELATIONS), ("xl/worksheets/sheet1.xml", "")];
    let mut all: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    all.push((part, text.as_bytes()));
    packed(&all)
}

/// Runs the program over an inbox: how long it took, its peak memory in KiB.
fn run(inbox: &Path, store: &Path) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_wardscore"))
        .args(["run", "--now", "2021-03-01T00:00:00Z", "--set", &format!("inbox={}", inbox.display()), "--store"])
        .arg(store)
        .env("RAYON_NUM_THREADS", "2")
        .current_dir(root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(high.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    (start.elapsed(), peak)
}

#[test]
fn harmful_files_end_in_a_finding_within_bounds_and_the_others_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = folder.path().join("inbox/480");
    std::fs::create_dir_all(&inbox).unwrap();
    let name = "Bieu 01 - Quy III 2018.csv";
    let cases = files(&root().join("tests/cases/inbox-small/inbox/480"));
    let case = cases.iter().find(|p| p.to_string_lossy().contains("BC_PCTNXH_Q3.2018")).unwrap();
    let form = std::fs::read_to_string(case).unwrap();
    std::fs::write(inbox.join(name), &form).unwrap();
    let other = form.replace("2018", "2017");
    let half = packed(&[("quy 3 2017.csv", other.as_bytes()), ("hong.csv", b"STT;hong"), ("__MACOSX/x", b"")]);
    std::fs::write(inbox.join("half.zip"), replaced(half, b"STT;hong", b"STT;hung")).unwrap();
    let harmful = harmful(&form);
    for (name, bytes, _) in &harmful {
        std::fs::write(inbox.join(name), bytes).unwrap();
    }
    let store = folder.path().join("store");
    let (took, peak) = run(&folder.path().join("inbox"), &store);
    assert!(took < Duration::from_mins(1), "{took:?} for {} files", harmful.len());
    assert!(peak < 500 * 1024, "{peak} KiB");

    let found = table(&store, "findings", &["file_name", "code", "member"]);
    for (name, _, code) in harmful.iter().filter(|f| !f.2.is_empty()) {
        let of: Vec<&str> = found.iter().filter(|f| f[0] == *name).map(|f| f[1].as_str()).collect();
        assert_eq!(of, [*code], "{name}");
    }
    let status = table(&store, "submissions", &["file_name", "member", "status"]);
    let of = |file: &str, member: &str| status.iter().find(|s| s[0] == file && s[1] == member).map(|s| s[2].as_str());
    assert_eq!(of(name, ""), Some("accepted_with_findings"));
    // A broken member does not touch the other one.
    assert_eq!(of("half.zip", "quy 3 2017.csv"), Some("accepted_with_findings"));
    assert_eq!(of("half.zip", "hong.csv"), Some("quarantined"));
}
