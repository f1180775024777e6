//! Forms that come over a network, from real servers on loopback: what is kept, what is not fetched twice, and what is told
//! when a server fails.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use wardscore::store::{ReceiptRow, Store};

use crate::servers::{Answer, Breaker, Web, put, s3, ssh_key, sshd, user, webdav};
use crate::tool::{copy, root, said};

/// A place of one test: a plan with these sources, a store, and what the environment holds.
struct Place {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("pipelines/plan-50"), &folder.path().join("plan"));
        Self { folder, environment: Vec::new() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file below the place, as one that was not changed lately.
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.at(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_mins(25_000_000)).unwrap();
        path
    }

    /// Puts these sources in the place of the plan's own.
    fn sources(&self, sources: &[String]) {
        let file = self.at("plan/pipeline.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let mut text = text.split("[[source]]").next().unwrap().to_owned();
        for source in sources {
            // No test should wait long for a server that is not there.
            let _ = write!(text, "\n[[source]]\nretries = 1\ntimeout_seconds = 10\n{source}\n");
        }
        std::fs::write(file, text).unwrap();
    }

    fn run(&self, command: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wardscore"))
            .args([command, "--pipeline"])
            .arg(self.at("plan"))
            .arg("--store")
            .arg(self.at("store"))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(root())
            .output()
            .unwrap()
    }

    /// What pull said, having ended with this code.
    fn pull(&self, code: i32) -> String {
        said(&self.run("pull"), code)
    }

    /// Every receipt as `district/name refused`, sorted; the bytes of each are the ones that `sent` has under its name.
    fn receipts(&self, sent: &Path) -> Vec<String> {
        let store = Store::open(&self.at("store")).unwrap();
        let mut receipts: Vec<ReceiptRow> = store.ledger().unwrap().receipts().unwrap();
        receipts.sort_by(|a, b| (&a.district, &a.file_name).cmp(&(&b.district, &b.file_name)));
        for receipt in receipts.iter().filter(|receipt| receipt.refused.is_empty()) {
            let bytes = std::fs::read(sent.join(&receipt.district).join(&receipt.file_name)).unwrap();
            assert_eq!(store.read_raw(&receipt.sha256).unwrap(), bytes, "{}", receipt.file_name);
            assert_eq!(receipt.bytes, bytes.len() as u64);
        }
        receipts.iter().map(|r| format!("{}/{} {}", r.district, r.file_name, r.refused).trim().to_owned()).collect()
    }

    /// Files of two districts, one too large for a limit of 20 bytes; their folder.
    fn sent(&self) -> PathBuf {
        for (name, text) in [
            ("480/Biểu 01 - Quý I (Hương Trà).csv", "một"),
            ("480/gửi lại/Biểu 02 & 50%.csv", "hai"),
            ("480/lớn.csv", "far more than twenty bytes"),
            ("480/ảnh.jpg", "no form"),
            ("482/Biểu 01.csv", "ba"),
        ] {
            self.write(&format!("sent/{name}"), text.as_bytes());
        }
        self.at("sent")
    }
}

/// What comes of the files that every server below offers, whatever its kind.
const TAKEN: [&str; 4] = [
    "480/Biểu 01 - Quý I (Hương Trà).csv",
    "480/gửi lại/Biểu 02 & 50%.csv",
    "480/lớn.csv file-too-large",
    "482/Biểu 01.csv sender-unknown",
];

/// The keys that those servers' entries share.
const SHARED: &str = "districts = [\"480\"]\npattern = \"*.csv\"\nmax_file_bytes = 20";

/// The keys of an entry that takes all that a district sends.
const ALL: &str = "districts = [\"480\"]";

/// An entry of OpenSSH's server; `key` as TOML.
fn sftp(place: &Place, port: u16, known_hosts: &str, key: &str, more: &str) -> String {
    format!(
        "name = \"so\"\nkind = \"sftp\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"{}\"\npath = \"{}\"\n\
         known_hosts = \"../{known_hosts}\"\nkey = {key}\n{more}",
        user(),
        place.at("sent").display()
    )
}

/// An entry of S3-compatible storage.
fn storage(port: u16, more: &str) -> String {
    format!(
        "name = \"kho\"\nkind = \"s3\"\nendpoint = \"http://127.0.0.1:{port}\"\nbucket = \"forms\"\npath = \"k50\"\n\
         access_key = {{ env = \"WARD_KEY\" }}\nsecret_key = {{ env = \"WARD_SECRET\" }}\n{more}"
    )
}

/// An entry of a WebDAV server.
fn cloud(port: u16, more: &str) -> String {
    format!(
        "name = \"mây\"\nkind = \"webdav\"\nurl = \"http://127.0.0.1:{port}/\"\nuser = \"phòng\"\n\
         password = {{ env = \"WARD_PASSWORD\" }}\n{more}"
    )
}

#[test]
fn sftp_brings_files_once_and_only_from_the_server_that_it_knows() {
    let mut place = Place::new();
    place.sent();
    let Some(server) = sshd(place.folder.path()) else { return };
    let entry = |known_hosts: &str, key: &str| sftp(&place, server.port, known_hosts, key, SHARED);
    let key = "{ file = \"../key\" }";
    place.sources(&[entry("known_hosts", key)]);
    let told = place.pull(0);
    assert!(told.contains("4 files in the sources, 4 new, 2 refused unread"), "{told}\n{}", server.said());
    assert!(told.contains("1 files that no source's pattern means"), "{told}");
    assert_eq!(place.receipts(&place.at("sent")), TAKEN);
    // Other bytes that look the same from outside are not seen: nothing is fetched again.
    place.write("sent/480/Biểu 01 - Quý I (Hương Trà).csv", "MOT".as_bytes());
    place.write("sent/480/Biểu 01 - Quý I (Hương Trà).csv", "M\u{1ed9}T".as_bytes());
    assert!(place.pull(0).contains(" 0 new"));
    place.write("sent/480/gửi lại/Biểu 02 & 50%.csv", "hai, mới".as_bytes());
    assert!(place.pull(0).contains(" 1 new"));

    // Another host key: nothing is asked. Another user's key: refused. A credential of systemd: found where it says.
    let (other, stranger) = (ssh_key(&place.at("other")), ssh_key(&place.at("stranger")));
    std::fs::write(place.at("other_hosts"), format!("[127.0.0.1]:{} {other}\n", server.port)).unwrap();
    place.sources(&[entry("other_hosts", key)]);
    assert!(place.pull(3).contains("is not the one in"));
    place.sources(&[entry("known_hosts", "{ file = \"../stranger\" }")]);
    let told = place.pull(3);
    assert!(told.contains("refuses the user") && !told.contains(&stranger), "{told}");
    place.sources(&[entry("known_hosts", "{ credential = \"key\" }")]);
    assert!(place.pull(3).contains("CREDENTIALS_DIRECTORY"));
    place.environment.push(("CREDENTIALS_DIRECTORY", place.folder.path().display().to_string()));
    assert!(place.pull(0).contains(" 0 new"));
}

#[test]
fn s3_brings_files_once_and_a_refused_key_is_told_without_it() {
    let mut place = Place::new();
    let sent = place.sent();
    let Some(server) = s3(place.folder.path(), true) else { return };
    put(&server, "forms", b"");
    for path in crate::tool::files(&sent) {
        let name = path.strip_prefix(&sent).unwrap().to_string_lossy().into_owned();
        put(&server, &format!("forms/k50/{}", encoded(&name)), &std::fs::read(&path).unwrap());
    }
    place.sources(&[storage(server.port, SHARED)]);
    assert!(place.pull(3).contains("`WARD_KEY` of the environment is not set"));
    place.environment = vec![("WARD_KEY", "AKIDEXAMPLE".to_owned()), ("WARD_SECRET", "very-secret".to_owned())];
    let told = place.pull(0);
    assert!(told.contains("4 files in the sources, 4 new, 2 refused unread"), "{told}\n{}", server.said());
    assert_eq!(place.receipts(&sent), TAKEN);
    let fetched = || server.said().matches("GET /forms/k50/480/").count();
    assert_eq!(fetched(), 2, "{}", server.said());
    assert!(place.pull(0).contains(" 0 new"));
    assert_eq!(fetched(), 2, "{}", server.said());

    let Some(closed) = s3(place.folder.path(), false) else { return };
    place.sources(&[storage(closed.port, SHARED)]);
    let told = place.pull(3);
    assert!(told.contains("refuses this login") && !told.contains("very-secret") && !told.contains("AKID"), "{told}");
}

#[test]
fn webdav_brings_files_once_and_a_refused_password_is_told_without_it() {
    let mut place = Place::new();
    let sent = place.sent();
    let Some(server) = webdav(place.folder.path(), &sent, "phòng", "mật khẩu") else { return };
    place.sources(&[cloud(server.port, SHARED)]);
    place.environment = vec![("WARD_PASSWORD", "not-the-one".to_owned())];
    let told = place.pull(3);
    assert!(told.contains("refuses") && !told.contains("not-the-one"), "{told}");
    place.environment = vec![("WARD_PASSWORD", "mật khẩu".to_owned())];
    let told = place.pull(0);
    assert!(told.contains("4 files in the sources, 4 new, 2 refused unread"), "{told}\n{}", server.said());
    assert_eq!(place.receipts(&sent), TAKEN);
    let fetched = || server.said().matches("\"GET ").count();
    let before = fetched();
    assert_eq!(before, 2, "{}", server.said());
    assert!(place.pull(0).contains(" 0 new"));
    assert_eq!(fetched(), before, "{}", server.said());
}

#[test]
fn a_web_server_is_asked_for_what_is_newer_alone() {
    let mut place = Place::new();
    // `secret:word`
    let web = Web::start(Some("Basic c2VjcmV0OndvcmQ="));
    let sent = place.at("sent");
    let (one, two) = (b"mot".to_vec(), b"hai".to_vec());
    place.write("sent/480/Biểu 01.csv", &one);
    place.write("sent/480/b.csv", &two);
    web.answer("/k50/index.txt", Answer::Tagged("# forms\n480/Biểu 01.csv\n480/b.csv\n482/c.csv\n".into(), "\"i\""));
    let first = format!("/k50/{}", encoded("480/Biểu 01.csv"));
    web.answer(&first, Answer::Tagged(one, "\"one\""));
    web.answer("/k50/480/b.csv", Answer::Dated(two, "Tue, 10 Jul 2018 03:00:00 GMT"));
    let entry = |index: &str| {
        format!(
            "name = \"web\"\nkind = \"https\"\nindex = \"http://127.0.0.1:{}{index}\"\nuser = \"secret\"\n\
             password = {{ env = \"WARD_PASSWORD\" }}\nreceived = \"modified\"\n{SHARED}",
            web.port
        )
    };
    place.sources(&[entry("/k50/index.txt")]);
    place.environment = vec![("WARD_PASSWORD", "wrong-word".to_owned())];
    let told = place.pull(3);
    assert!(told.contains("refuses this login (status 401)") && !told.contains("wrong-word"), "{told}");
    place.environment = vec![("WARD_PASSWORD", "word".to_owned())];
    assert!(place.pull(0).contains("3 files in the sources, 3 new, 1 refused unread"));
    assert_eq!(place.receipts(&sent), ["480/Biểu 01.csv", "480/b.csv", "482/c.csv sender-unknown"]);
    let store = Store::open(&place.at("store")).unwrap();
    let times = store.ledger().unwrap().receipts().unwrap();
    assert_eq!(times.iter().find(|r| r.file_name == "b.csv").unwrap().received_at, 1_531_191_600_000_000);
    web.asked();
    assert!(place.pull(0).contains(" 0 new"));
    assert_eq!(web.asked(), ["200 /k50/index.txt", format!("304 {first}").as_str(), "304 /k50/480/b.csv"]);
    web.answer(&first, Answer::Tagged(b"moi".to_vec(), "\"two\""));
    place.write("sent/480/Biểu 01.csv", b"moi");
    assert!(place.pull(0).contains(" 1 new"));

    // Too large, whether the server says so before or not; a file that is gone is missed and told, the others come.
    web.answer("/k50/480/b.csv", Answer::Endless);
    assert!(place.pull(0).contains(" 1 new, 2 refused unread"));
    web.answer("/k50/480/b.csv", Answer::Status(404));
    let told = place.pull(4);
    assert!(
        told.contains("FAILED") && told.contains("`480/b.csv`: it is not there") && told.contains("1 files missed")
    );
    // An index leads nowhere else.
    web.answer("/k50/away.txt", Answer::Tagged(b"../other/a.csv\n".to_vec(), "\"i\""));
    place.sources(&[entry("/k50/away.txt")]);
    assert!(place.pull(3).contains("does not lie in the index's folder"));
}

#[test]
fn a_server_that_is_down_or_breaks_off_stops_no_other_and_the_next_run_completes() {
    let place = Place::new();
    let web = Web::start(None);
    place.write("inbox/480/a.csv", b"a");
    let of =
        |name: &str, urls: &str| format!("name = \"{name}\"\nkind = \"https\"\nurls = [{urls}]\ndistrict = \"482\"");
    let at = |path: &str| format!("\"http://127.0.0.1:{}/{path}\"", web.port);
    let folder = format!("name = \"inbox\"\nfolder = \"{}\"\nreceived = \"now\"", place.at("inbox").display());
    let down = "\"http://127.0.0.1:9/x.csv\"".to_owned();
    place.sources(&[of("down", &down), of("broken", &[at("b.csv"), at("c.csv"), at("d.csv")].join(",")), folder]);
    web.answer("/b.csv", Answer::Tagged(b"bb".to_vec(), "\"b\""));
    web.answer("/c.csv", Answer::Half(b"cccc".to_vec()));
    web.answer("/d.csv", Answer::Status(503));
    let output = place.run("run");
    let told = said(&output, 4);
    assert!(told.contains("source `down`: `x.csv`: the server cannot be reached"), "{told}");
    assert!(told.contains("source `broken`") && told.contains("2 files missed"), "{told}");
    // The run went on with what came, and a release stands.
    assert!(told.contains("release"), "{told}");
    // The one that came whole is not fetched again.
    web.answer("/c.csv", Answer::Tagged(b"cccc".to_vec(), "\"c\""));
    web.answer("/d.csv", Answer::Tagged(b"d".to_vec(), "\"d\""));
    web.asked();
    let told = place.pull(4);
    assert!(told.contains(" 2 new") && !told.contains("`broken`"), "{told}");
    assert_eq!(web.asked(), ["200 /c.csv", "200 /d.csv", "304 /b.csv"]);
    let names: Vec<String> = Store::open(&place.at("store"))
        .unwrap()
        .ledger()
        .unwrap()
        .receipts()
        .unwrap()
        .into_iter()
        .map(|r| format!("{} {}/{} {}", r.source, r.district, r.file_name, r.bytes))
        .collect();
    let mut names = names;
    names.sort();
    assert_eq!(names, ["broken 482/b.csv 2", "broken 482/c.csv 4", "broken 482/d.csv 1", "inbox 480/a.csv 1"]);
}

/// A large file and a small one, from a server whose connections break off in the middle of the large one: nothing is kept
/// of it, and it is asked for again, in the same night and in the next. The small one comes unless it shares the connection.
fn comes_whole_or_not_at_all(place: &Place, server: u16, entry: impl Fn(u16) -> String) {
    let breaker = Breaker::before(server, 200_000);
    place.sources(&[entry(breaker.port)]);
    breaker.breaks(usize::MAX);
    let told = place.pull(4);
    assert!(told.contains("`480/large.csv`") && told.contains("FAILED"), "{told}");
    let came = place.receipts(&place.at("sent"));
    assert!(came.is_empty() || came == ["480/small.csv"], "{came:?}");
    breaker.breaks(1);
    let told = place.pull(0);
    assert!(!told.contains("FAILED"), "{told}");
    assert_eq!(place.receipts(&place.at("sent")), ["480/large.csv", "480/small.csv"]);
}

/// The two files of [`comes_whole_or_not_at_all`].
fn large_and_small(place: &Place) -> PathBuf {
    let large: Vec<u8> = (0..40_000).flat_map(|line| format!("{line:09}\n").into_bytes()).collect();
    place.write("sent/480/large.csv", &large);
    place.write("sent/480/small.csv", b"one");
    place.at("sent")
}

#[test]
fn over_sftp_a_file_comes_whole_or_not_at_all() {
    let place = Place::new();
    large_and_small(&place);
    let Some(server) = sshd(place.folder.path()) else { return };
    let known = std::fs::read_to_string(place.at("known_hosts")).unwrap();
    comes_whole_or_not_at_all(&place, server.port, |port| {
        std::fs::write(place.at("known_hosts"), known.replace(&server.port.to_string(), &port.to_string())).unwrap();
        sftp(&place, port, "known_hosts", "{ file = \"../key\" }", ALL)
    });
}

#[test]
fn from_s3_a_file_comes_whole_or_not_at_all() {
    let mut place = Place::new();
    let sent = large_and_small(&place);
    let Some(server) = s3(place.folder.path(), true) else { return };
    put(&server, "forms", b"");
    for name in ["480/large.csv", "480/small.csv"] {
        put(&server, &format!("forms/k50/{name}"), &std::fs::read(sent.join(name)).unwrap());
    }
    place.environment = vec![("WARD_KEY", "AKIDEXAMPLE".to_owned()), ("WARD_SECRET", "very-secret".to_owned())];
    comes_whole_or_not_at_all(&place, server.port, |port| storage(port, ALL));
}

#[test]
fn from_webdav_a_file_comes_whole_or_not_at_all() {
    let mut place = Place::new();
    let sent = large_and_small(&place);
    let Some(server) = webdav(place.folder.path(), &sent, "phòng", "mật khẩu") else { return };
    place.environment = vec![("WARD_PASSWORD", "mật khẩu".to_owned())];
    comes_whole_or_not_at_all(&place, server.port, |port| cloud(port, ALL));
}

#[test]
fn an_entry_with_a_secret_in_clear_or_a_wrong_word_is_refused_with_its_line() {
    let place = Place::new();
    let wrong = |entry: &str, expected: &[&str]| {
        place.sources(&[entry.to_owned()]);
        let told = said(&place.run("check"), 2);
        assert!(expected.iter().all(|text| told.contains(text)), "{entry}\n{told}");
        assert!(!told.contains("s3cr3t") && told.contains("pipeline.toml:"), "{told}");
    };
    let webdav = "name = \"a\"\nkind = \"webdav\"\nurl = \"https://x.vn/\"\nuser = \"u\"\n";
    wrong(&format!("{webdav}password = \"s3cr3t\""), &["stands here in clear", "env ="]);
    wrong(&format!("{webdav}password = {{ envi = \"X\" }}"), &["`envi` is not a key here", "did you mean `env`?"]);
    wrong(
        &format!("{webdav}district = \"48O\"\npassword = {{ env = \"X\" }}"),
        &["district `48O` is not defined", "`480`"],
    );
    wrong("name = \"a\"\nkind = \"webdav\"\nurl = \"https://u:s3cr3t@x.vn/\"", &["keys of their own"]);
    wrong(
        "name = \"a\"\nkind = \"webdav\"\nurl = \"http://x.vn/\"\ntoken = { env = \"X\" }",
        &["would travel in clear", "https://"],
    );
    wrong("name = \"a\"\nkind = \"sfpt\"", &["expected one of `folder`, `sftp`", "did you mean `sftp`?"]);
    wrong(
        "name = \"a\"\nkind = \"sftp\"\nhost = \"-oProxyCommand=x\"\nuser = \"u\"\nknown_hosts = \"none\"",
        &["expected a plain name", "there is no file", "ssh-keyscan"],
    );
    wrong("name = \"a\"\nkind = \"https\"\nurls = [\"https://x.vn/a.csv\"]", &["`district` is missing"]);
    wrong(
        "name = \"a\"\nkind = \"https\"\ndistrict = \"480\"\nurls = [\"https://x.vn/1/a.csv\", \"https://x.vn/2/a.csv?b\"]",
        &["two of the `urls` name a file `a.csv`"],
    );
    wrong("name = \"a\"\nkind = \"s3\"\nendpoint = \"https://x.vn\"\nbucket = \"b\"\npattern = \"a[\"", &["`a[`"]);
    let key = "name = \"a\"\nkind = \"s3\"\nendpoint = \"https://x.vn\"\nbucket = \"b\"\naccess_key = { env = \"X\" }";
    wrong(key, &["belong together"]);
}

/// A path as an address has it.
fn encoded(path: &str) -> String {
    percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2F", "/")
        .replace("%2E", ".")
}
