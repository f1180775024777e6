//! Scorecards on paper: whole, archivable, with every letter; a document whose content stands is not made anew.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::servers::program;
use crate::tool::{files, said, wardscore};

/// Names that a template, a page or a shell could take for something else.
const NAMES: [&str; 3] = ["Xã Ngũ Hành Sơn", "Xã <script>alert(1)</script>", "Xã #panic() $x$ *đậm* _[a](b) @c \\ 村"];

/// A plan of one district with the wards above, and what it sent.
fn desk() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (plan, sample) = (folder.path().join("plan"), folder.path().join("sample"));
    said(&wardscore(["new", plan.to_str().unwrap()]), 0);
    let units = plan.join("register/units.csv");
    let mut text = std::fs::read_to_string(&units).unwrap();
    text = text.split_inclusive('\n').filter(|line| !line.starts_with("99001,")).collect();
    for (at, name) in NAMES.iter().enumerate() {
        text.push_str(&format!("9900{at},{name},,ward,xã,990,2026-01-01,,test\n"));
    }
    std::fs::write(&units, text).unwrap();
    let made = ["sample", "--pipeline", plan.to_str().unwrap(), "--scale", "province", "--seed", "5", "--out"];
    said(&wardscore(made.into_iter().chain([sample.to_str().unwrap()])), 0);
    (folder, plan, sample)
}

/// Runs everything into a store, with these formats.
fn run(plan: &Path, sample: &Path, store: &Path, now: &str, formats: &str) {
    let (inbox, formats) = (format!("inbox={}", sample.join("inbox").display()), format!("formats={formats}"));
    let [plan, store] = [plan, store].map(|path| path.to_str().unwrap());
    said(
        &wardscore(["run", "--pipeline", plan, "--store", store, "--now", now, "--set", &inbox, "--set", &formats]),
        0,
    );
}

/// The documents of the newest release by name, with their bytes.
fn documents(store: &Path) -> Vec<(String, Vec<u8>)> {
    let site = store.join("current/site");
    let all = files(&site).into_iter().filter(|path| path.extension().is_some_and(|e| e == "pdf"));
    all.map(|path| (path.strip_prefix(&site).unwrap().display().to_string(), std::fs::read(&path).unwrap())).collect()
}

#[test]
fn every_document_is_whole_archivable_and_readable() {
    let (folder, plan, sample) = desk();
    let store = folder.path().join("store");
    run(&plan, &sample, &store, "2031-03-01T00:00:00Z", "pdf,html");
    let all = documents(&store);
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["district/990.pdf", "province/99.pdf", "ward/99000.pdf", "ward/99001.pdf", "ward/99002.pdf"]);
    for (name, bytes) in &all {
        let text = String::from_utf8_lossy(bytes);
        for wanted in ["<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"] {
            assert!(text.contains(wanted), "{name} does not say {wanted}");
        }
        assert!(store.join("current/site").join(name).with_extension("html").is_file(), "{name} has no page beside it");
    }
    let [Some(qpdf), Some(fonts), Some(text), Some(info)] = ["qpdf", "pdffonts", "pdftotext", "pdfinfo"].map(program)
    else {
        return;
    };
    let told = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for (name, _) in &all {
        let path = store.join("current/site").join(name);
        let path = path.to_str().unwrap();
        let (whole, said) = told(&qpdf, &["--check", path]);
        assert!(whole, "{name}: {said}");
        for font in told(&fonts, &[path]).1.lines().skip(2) {
            // Embedded, a part of it, and with a way back to letters.
            assert!(font.contains(" yes yes yes "), "{name}: {font}");
        }
        let info = told(&info, &[path]).1;
        let of = |key: &str| info.lines().find_map(|line| line.strip_prefix(key)).map_or("", str::trim).to_owned();
        assert_eq!((of("Tagged:").as_str(), of("Page size:").contains("A4")), ("yes", true), "{name}");
        if name.starts_with("ward/") {
            assert_eq!(of("Pages:"), "1", "{name}");
        }
        let text = told(&text, &[path, "-"]).1;
        for wanted in ["Chỉ tiêu của kế hoạch", "NỘI BỘ · INTERNAL", "Kế hoạch của tôi"] {
            assert!(text.contains(wanted), "{name} does not say “{wanted}”:\n{text}");
        }
    }
    for (at, name) in NAMES.iter().enumerate() {
        let path = store.join(format!("current/site/ward/9900{at}.pdf"));
        let text = told(&text, &[path.to_str().unwrap(), "-"]).1;
        // What no font has is shown as such.
        let wanted = name.replace('村', "□");
        assert!(text.replace('\n', " ").contains(&wanted), "{wanted}:\n{text}");
    }
}

#[test]
fn a_document_whose_content_stands_is_not_made_anew_and_is_what_a_full_rebuild_makes() {
    let (folder, plan, sample) = desk();
    let (store, other) = (folder.path().join("store"), folder.path().join("other"));
    run(&plan, &sample, &store, "2031-03-01T00:00:00Z", "pdf");
    let place = |name: &str| std::fs::metadata(store.join("current/site").join(name)).unwrap().ino();
    let names = ["ward/99000.pdf", "ward/99001.pdf", "district/990.pdf"];
    let before = names.map(place);
    let header = "id,unit_code,indicator,on,what,who,until,state,note\n";
    let action = "A1,99001,T1,2031-02-01,Họp với các thôn,Phòng Văn hóa,2031-06-30,doing,\n";
    std::fs::write(plan.join("actions.csv"), format!("{header}{action}")).unwrap();
    run(&plan, &sample, &store, "2031-03-02T00:00:00Z", "pdf");
    let after = names.map(place);
    assert_eq!(before[0], after[0], "nothing of this ward changed");
    assert!(before[1] != after[1] && before[2] != after[2], "an action came to this ward of the district");
    run(&plan, &sample, &other, "2031-03-03T00:00:00Z", "pdf");
    assert!(documents(&store) == documents(&other), "a full rebuild makes other bytes");
}
