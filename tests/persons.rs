//! A file that holds persons: quarantined, put apart, erased in time, never brought back, and repeated nowhere.

use std::path::{Path, PathBuf};

use crate::tool::{files, said, table, wardscore};

const LIST: &str = "STT;Họ và tên;Ngày sinh;Số CCCD\n1;Hoàng Văn Hùng;10/04/1981;046181278816\n";

fn inbox(folder: &Path) -> PathBuf {
    let district = folder.join("inbox/482");
    std::fs::create_dir_all(&district).unwrap();
    std::fs::write(district.join("danh sach.csv"), LIST).unwrap();
    folder.join("inbox")
}

fn run(folder: &Path, day: &str, more: &[&str]) -> String {
    let (inbox, store) = (format!("inbox={}", inbox(folder).display()), folder.join("store"));
    let now = format!("{day}T00:00:00Z");
    let mut arguments = vec!["run", "--now", &now, "--set", &inbox, "--store", store.to_str().unwrap()];
    arguments.extend(more);
    said(&wardscore(arguments), 0)
}

/// Every file of the store that holds a text, those put apart left out.
fn holding(store: &Path, text: &str) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(text.len()).any(|w| w == text.as_bytes())
    };
    files(store).into_iter().filter(|p| p.is_file() && !p.starts_with(store.join("restricted"))).filter(holds).collect()
}

#[test]
fn persons_are_kept_apart_and_erased_and_the_receipt_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let apart = store.join("restricted").join(wardscore::store::raw::sha256(LIST.as_bytes()));
    for (day, kept) in [("2021-03-01", true), ("2021-03-30", true), ("2021-03-31", false), ("2021-05-01", false)] {
        let text = run(folder.path(), day, &[]);
        assert!(!text.contains("Hùng") && !text.contains("046181278816"), "{text}");
        assert_eq!(apart.exists(), kept, "{day}");
        let found = table(&store, "findings", &["code", "found", "file_name"]);
        assert_eq!(found, [["personal-data", "", "danh sach.csv"].map(str::to_owned)], "{day}");
        let submissions = table(&store, "submissions", &["status", "sha256"]);
        assert_eq!(submissions[0][0], "quarantined");
        assert!(apart.ends_with(&submissions[0][1]));
        assert_eq!(holding(&store, "Hoàng Văn Hùng"), Vec::<PathBuf>::new());
        assert_eq!(holding(&store, "046181278816"), Vec::<PathBuf>::new());
    }
}

#[test]
fn the_time_until_persons_are_erased_is_a_setting() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), "2021-03-01", &["--set", "personal_data_retention_days=2"]);
    assert_eq!(files(&folder.path().join("store/restricted")).len(), 1);
    run(folder.path(), "2021-03-03", &["--set", "personal_data_retention_days=2"]);
    assert_eq!(files(&folder.path().join("store/restricted")), Vec::<PathBuf>::new());
}

#[test]
fn one_member_with_persons_is_reason_enough_not_to_keep_an_archive() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let district = folder.path().join("inbox/482");
    std::fs::create_dir_all(&district).unwrap();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(district.join("bao cao.zip")).unwrap());
    for (name, text) in [("ghi chu.csv", "a;b\n"), ("danh sach.csv", LIST)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    run(folder.path(), "2021-03-01", &[]);
    let store = folder.path().join("store");
    let found = table(&store, "findings", &["code", "file_name", "member"]);
    assert!(found.contains(&["personal-data", "bao cao.zip", ""].map(str::to_owned).to_vec()), "{found:?}");
    assert_eq!(files(&store.join("restricted")).len(), 2, "the list by itself, and in its archive");
    assert_eq!(files(&store.join("raw")), Vec::<PathBuf>::new());
}
