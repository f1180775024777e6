//! Nights as they come: files that arrive, are corrected and go; definitions that change; a clock that jumps; runs that are
//! killed, a disk that is full. Whatever happened, what stands then is what one undisturbed run makes of the same input.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::servers::program;
use crate::tool::{copy, files, root, said, wardscore};

/// An inbox that fills, its pipeline, and the store that a run works in.
struct Place {
    folder: tempfile::TempDir,
    /// Files that have not come yet.
    pool: Vec<PathBuf>,
    now: jiff::Timestamp,
}

impl Place {
    /// A sample of which no file has come yet.
    fn new(scale: &str, seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("sample");
        let seed = seed.to_string();
        said(&wardscore(["sample", "--scale", scale, "--seed", &seed, "--out", out.to_str().unwrap()]), 0);
        if scale == "demo" {
            copy(&root().join("pipelines/plan-50"), &out.join("pipeline"));
            let path = out.join("pipeline/pipeline.toml");
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("../../sample-data/receipts.csv", "../receipts.csv")).unwrap();
        }
        std::fs::rename(out.join("inbox"), out.join("pool")).unwrap();
        std::fs::create_dir(out.join("inbox")).unwrap();
        let pool = files(&out.join("pool"));
        Self { folder, pool, now: "2021-03-01T00:00:00Z".parse().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("sample").join(name)
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// So many files come, from all over the pool.
    fn arrive(&mut self, many: usize, turn: usize) {
        for n in 0..many.min(self.pool.len()) {
            let from = self.pool.swap_remove((turn * 31 + n * 17) % self.pool.len());
            let to = self.path("inbox").join(from.strip_prefix(self.path("pool")).unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, to).unwrap();
        }
    }

    /// A text file is sent again with another figure, under the same name.
    fn correct(&self, turn: usize) {
        let texts: Vec<PathBuf> =
            files(&self.path("inbox")).into_iter().filter(|f| f.extension().is_some_and(|e| e == "csv")).collect();
        let Some(path) = texts.get(turn % texts.len().max(1)) else { return };
        let mut bytes = std::fs::read(path).unwrap();
        let digits: Vec<usize> = (bytes.len() / 2..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
        if let Some(at) = digits.get(turn % digits.len().max(1)) {
            bytes[*at] = if bytes[*at] == b'9' { b'1' } else { bytes[*at] + 1 };
            std::fs::write(path, bytes).unwrap();
        }
    }

    /// One of the packs of what was read before is not what it was.
    fn damage(&self, at: usize) {
        let packs = files(&self.store().join("readings"));
        let Some(pack) = packs.get(at % packs.len().max(1)) else { return };
        let mut bytes = std::fs::read(pack).unwrap();
        let at = at % bytes.len();
        bytes[at] ^= 1;
        std::fs::write(pack, bytes).unwrap();
    }

    /// A night, and how many files it received in all and how many it read.
    fn read(&self, more: &[&str]) -> (u64, u64) {
        let report = self.path("report.json");
        let mut command = self.command(&self.store());
        said(&command.arg("--report").arg(&report).args(more).output().unwrap(), 0);
        let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
        let stages = report["stages"].as_array().unwrap();
        let normalize = stages.iter().find(|stage| stage["stage"] == "normalize").unwrap();
        let count = |name: &str| normalize["counts"][name].as_f64().unwrap() as u64;
        (count("files"), count("read"))
    }

    /// Changes a file of the definition.
    fn redefine(&self, name: &str, from: &str, to: &str) {
        let path = self.path("pipeline").join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let other = if text.contains(from) { text.replacen(from, to, 1) } else { text.replacen(to, from, 1) };
        assert_ne!(text, other, "{name} holds neither `{from}` nor `{to}`");
        std::fs::write(path, other).unwrap();
    }

    fn command(&self, store: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardscore"));
        let inbox = format!("inbox={}", self.path("inbox").display());
        command.current_dir(root()).args(["run", "--set", &inbox, "--now", &self.now.to_string()]);
        command.arg("--pipeline").arg(self.path("pipeline")).arg("--store").arg(store);
        command
    }

    fn night(&self, store: &Path) -> String {
        said(&self.command(store).output().unwrap(), 0)
    }

    /// The store of one undisturbed run over all that this store has received.
    fn rebuilt(&self) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        copy(&self.store().join("raw"), &store.join("raw"));
        for name in ["ledger.sqlite", "ledger.sqlite-wal", "version"] {
            if self.store().join(name).exists() {
                std::fs::copy(self.store().join(name), store.join(name)).unwrap();
            }
        }
        // There are no tables: all is made anew.
        self.night(&store);
        folder
    }
}

/// What people see of a store: tables, pages, replies; not the page of what changed, which follows from the release before.
fn seen(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for part in ["tables", "current/data", "current/site", "feedback"] {
        let folder = store.join(part);
        for path in
            files(&folder).into_iter().filter(|p| !p.ends_with(".index") && !p.ends_with("current/site/changes.html"))
        {
            all.insert(Path::new(part).join(path.strip_prefix(&folder).unwrap()), std::fs::read(&path).unwrap());
        }
    }
    all
}

fn assert_same(found: &Path, wanted: &Path, when: &str) {
    let (found, wanted) = (seen(found), seen(wanted));
    let names = |of: &BTreeMap<PathBuf, Vec<u8>>| of.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&wanted), "{when}");
    assert!(found.len() > 50, "{when}: {} files", found.len());
    for (path, bytes) in &found {
        assert!(wanted[path] == *bytes, "{when}: {} differs", path.display());
    }
}

/// What may happen by day.
#[derive(Debug, Clone, Copy)]
enum Day {
    Arrive(usize),
    Correct(usize),
    Target,
    Rule,
    Population,
    Jump(i64),
    /// What is kept of earlier nights loses a bit.
    Damage(usize),
    Nothing,
}

fn day() -> impl Strategy<Value = Day> {
    prop_oneof![
        4 => (1usize..12).prop_map(Day::Arrive),
        3 => (0usize..1000).prop_map(Day::Correct),
        1 => Just(Day::Target),
        1 => Just(Day::Rule),
        1 => Just(Day::Population),
        // Days; a clock that was set back, too.
        2 => (-200i64..200).prop_map(Day::Jump),
        1 => (0usize..100_000).prop_map(Day::Damage),
        1 => Just(Day::Nothing),
    ]
}

fn nights(scale: &str, cases: u32) {
    let config = Config { cases, max_shrink_iters: 8, failure_persistence: None, ..Config::default() };
    let strategy = (1u64..1000, proptest::collection::vec(day(), 3..7));
    let ran = TestRunner::new(config).run(&strategy, |(seed, days)| {
        let mut place = Place::new(scale, seed);
        place.arrive(20, 1);
        place.night(&place.store());
        for (turn, day) in days.iter().enumerate() {
            match *day {
                Day::Arrive(many) => place.arrive(many, turn),
                Day::Correct(which) => place.correct(which),
                Day::Target => place.redefine("targets.toml", "low = 1.0", "low = 0.99"),
                Day::Rule => place.redefine("rules.toml", "times = 20", "times = 19"),
                Day::Population => place.redefine("population.csv", ",2016,", ",2015,"),
                Day::Jump(days) => place.now += jiff::SignedDuration::from_hours(24 * days),
                Day::Damage(at) => place.damage(at),
                Day::Nothing => {}
            }
            place.night(&place.store());
        }
        assert_same(&place.store(), &place.rebuilt().path().join("store"), &format!("{seed} {days:?}"));
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
}

#[test]
fn any_sequence_of_nights_leaves_what_one_full_run_makes_of_it() {
    nights("demo", 4);
}

#[test]
fn so_does_one_of_several_provinces() {
    nights("region", 3);
}

#[test]
fn a_file_that_was_read_is_not_read_again() {
    let mut place = Place::new("demo", 3);
    place.arrive(20, 0);
    let (files, read) = place.read(&[]);
    assert!(files >= 20 && read >= 15, "{read} of {files}");
    let all = read;
    place.correct(1);
    place.arrive(1, 1);
    let read = place.read(&[]).1;
    assert!((1..=2).contains(&read), "{read} of two");
    let all = all + read;
    // A period ends: tables are made anew, no file is.
    place.now += jiff::SignedDuration::from_hours(24 * 90);
    assert_eq!(place.read(&[]).1, 0);
    place.redefine("targets.toml", "low = 1.0", "low = 0.99");
    assert_eq!(place.read(&[]).1, 0, "what is wanted of figures is no matter of reading");
    place.damage(1000);
    assert_eq!(place.read(&[]).1, 0, "nothing else changed");
    place.arrive(1, 2);
    let read = place.read(&[]).1;
    assert!(read >= all, "{read}: a damaged pack is none");
    place.redefine("rules.toml", "times = 20", "times = 19");
    assert_eq!(place.read(&[]).1, read);
    assert_eq!(place.read(&["--rebuild"]).1, read);
    assert_same(&place.store(), &place.rebuilt().path().join("store"), "with what was kept");
}

/// Numbers that look random: a test of chance that is the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

#[test]
fn a_run_may_be_killed_at_any_moment() {
    // At least 200 times in all, in two stores side by side.
    std::thread::scope(|scope| {
        for seed in [5, 6] {
            scope.spawn(move || killed(seed, 100));
        }
    });
}

/// Kills so many runs in one store, and looks at what it holds.
fn killed(seed: u64, times: u32) {
    let mut place = Place::new("region", seed);
    // A plan of one year has every kind of table and page, and is soon made.
    place.redefine("pipeline.toml", "first_period = \"2016-Q1\"", "first_period = \"2020-Q1\"");
    place.redefine("pipeline.toml", "first_day = \"2016-01-01\"", "first_day = \"2020-01-01\"");
    let store = place.store();
    let mut dice = Dice(seed);
    place.arrive(12, 0);
    let began = Instant::now();
    place.night(&tempfile::tempdir().unwrap().path().join("store"));
    // Up to where a run ends, as far as that is known: beyond it nothing would be killed.
    let mut whole = began.elapsed().as_micros() as u64;
    let (mut killed, mut turn) = (0, 0);
    while killed < times {
        turn += 1;
        // By day more comes; what was left half done by night is still open.
        if turn % 12 == 0 {
            place.arrive(2, turn);
        }
        let mut child = place.command(&store).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(dice.below(whole)));
        // SIGKILL: the program is told nothing.
        child.kill().unwrap();
        match child.wait().unwrap().code() {
            None => {
                killed += 1;
                whole += whole / 16;
            }
            Some(code) => {
                assert_eq!(code, 0);
                whole -= whole / 16;
                // Else the next one would have nothing to do.
                place.correct(turn);
            }
        }
        assert!(turn < 5000, "{killed} of {turn} runs were killed");
        // Whatever is seen is whole.
        if turn % 10 == 0 && store.join("current").exists() {
            said(&wardscore(["verify", "--store", store.to_str().unwrap()]), 0);
        }
    }
    place.night(&store);
    for file in files(&store.join("raw")).iter().filter(|f| !f.to_string_lossy().ends_with(".draft")) {
        let digest = wardscore::store::raw::sha256(&std::fs::read(file).unwrap());
        assert_eq!(file.file_name().unwrap().to_str(), Some(digest.as_str()), "kept bytes are as they came");
    }
    for file in files(&place.path("inbox")) {
        let digest = wardscore::store::raw::sha256(&std::fs::read(file).unwrap());
        assert!(store.join("raw").join(&digest[..2]).join(&digest).is_file(), "nothing that came is lost");
    }
    assert_same(&store, &place.rebuilt().path().join("store"), "after it was killed");
}

#[test]
fn no_release_is_made_of_what_is_half_made() {
    let mut place = Place::new("region", 11);
    place.arrive(12, 0);
    let store = place.store();
    place.night(&store);
    let current = || std::fs::read_link(store.join("current")).unwrap();
    let before = current();
    let stage = |name: &str, code: i32| {
        let mut run = place.command(&store);
        let all: Vec<_> = run.get_args().skip(1).map(ToOwned::to_owned).collect();
        run = Command::new(env!("CARGO_BIN_EXE_wardscore"));
        said(&run.current_dir(root()).arg(name).args(all).output().unwrap(), code)
    };
    // Killed while a province's tables were written.
    wardscore::store::Store::open(&store).unwrap().parts("normalize").unwrap().begin(["02"]).unwrap();
    assert!(stage("publish", 3).contains("wardscore normalize"));
    assert_eq!(current(), before);
    stage("normalize", 0);
    assert!(stage("publish", 0).contains("nothing changed"));
    // Stopped between two stages.
    place.correct(3);
    place.correct(8);
    stage("pull", 0);
    stage("normalize", 0);
    assert!(stage("publish", 3).contains("wardscore evaluate"));
    assert_eq!(current(), before);
    place.night(&store);
    assert_ne!(current(), before);
    assert_same(&store, &place.rebuilt().path().join("store"), "after stages by themselves");
}

/// Calls of the system that fail, by kind, with the error that they fail with, and from which on. A `+`: all from then on,
/// as a disk that is full stays full.
const FAULTS: [(&str, &str, &[&str]); 6] = [
    ("write", "ENOSPC", &["2", "5", "12", "30", "80"]),
    ("pwrite64", "ENOSPC", &["1+", "3+", "8+", "21+", "55+"]),
    ("rename,renameat,renameat2", "EIO", &["1+", "2+", "8+", "21+", "55+"]),
    ("fsync,fdatasync,syncfs", "EIO", &["1+", "3+", "5+", "8+"]),
    ("mkdir,mkdirat", "ENOSPC", &["1+", "5+", "13+", "34+"]),
    ("symlink,symlinkat", "EROFS", &["1+"]),
];

#[test]
fn a_call_that_fails_is_told_and_the_next_run_completes() {
    let Some(strace) = program("strace") else { return };
    let mut place = Place::new("demo", 9);
    place.arrive(9, 0);
    let wanted = tempfile::tempdir().unwrap();
    place.night(&wanted.path().join("store"));
    let mut failed = 0;
    for (calls, error, whens) in FAULTS {
        for when in whens {
            let folder = tempfile::tempdir().unwrap();
            let store = folder.path().join("store");
            let run = place.command(&store);
            let mut faulty = Command::new(&strace);
            faulty.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")]);
            faulty.args(["-e", &format!("inject={calls}:error={error}:when={when}")]);
            faulty.arg(run.get_program()).args(run.get_args()).current_dir(root());
            let out = faulty.env("RAYON_NUM_THREADS", "2").env("POLARS_MAX_THREADS", "1").output().unwrap();
            let told = String::from_utf8_lossy(&out.stderr);
            assert!(matches!(out.status.code(), Some(0..=5)), "{calls} {error} {when}: {:?}\n{told}", out.status);
            assert!(!told.contains("panicked"), "{calls} {error} {when}: {told}");
            failed += usize::from(out.status.code() != Some(0));
            if store.join("current").exists() {
                said(&wardscore(["verify", "--store", store.to_str().unwrap()]), 0);
            }
            place.night(&store);
            assert_same(&store, &wanted.path().join("store"), &format!("{calls} {error} {when}"));
        }
    }
    assert!(failed > 12, "only {failed} runs failed");
}
