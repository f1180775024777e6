//! `make bench`: every stage on a province and on an invented nation, beside the floor under it measured in the same run.
//!
//! A stage is timed as a whole process. A floor is the least that any program must do for the same result: read and split
//! the bytes, let the workbook reader read, compute bare sums, write the same tables or pages. Shown are medians, peak
//! memory and how cost grows as the work doubles. Nothing here passes or fails: machines differ, ratios less so.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench speaks, and stops where it cannot measure")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use wardscore::evaluate::evaluate;
use wardscore::model::{Map, Silent};
use wardscore::store::Store;

const NOW: &str = "2021-03-01T00:00:00Z";

fn main() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let runs = if std::env::args().any(|a| a == "--quick") { 1 } else { 3 };
    let province = Case::new(&folder, "province", None);
    // `-- province` leaves out the nation, which takes minutes.
    let alone = std::env::args().any(|a| a == "province");
    let nation = (!alone).then(|| Case::new(&folder, "nation", Some("pipeline")));
    println!("{:<34} {:>9} {:>9} {:>7} {:>8}", "", "seconds", "floor", "ratio", "MB");
    for case in std::iter::once(&province).chain(&nation) {
        case.stages(runs);
    }
    province.replies(runs);
    province.night(runs);
    if let Some(nation) = nation {
        nation.half().growth(&nation, runs);
    }
}

/// Median of several measurements.
fn median(runs: usize, mut once: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..runs).map(|_| once()).collect();
    all.sort();
    all[all.len() / 2]
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn line(name: &str, took: Duration, floor: Option<Duration>, peak: u64) {
    let (took, floor) = (took.as_secs_f64(), floor.map(|f| f.as_secs_f64()));
    let shown = floor.map_or_else(|| format!("{:>9} {:>7}", "", ""), |f| format!("{f:>9.2} {:>7.1}", took / f));
    println!("{name:<34} {took:>9.2} {shown} {:>8}", peak / 1024);
}

/// A sample with the store made from it.
struct Case {
    name: String,
    root: PathBuf,
    pipeline: PathBuf,
}

impl Case {
    fn new(folder: &Path, scale: &str, pipeline: Option<&str>) -> Self {
        let root = folder.join(scale);
        let case = Self {
            name: scale.to_owned(),
            pipeline: pipeline.map_or_else(|| PathBuf::from("pipelines/plan-50"), |p| root.join(p)),
            root,
        };
        if !case.root.join("receipts.csv").is_file() {
            let out = case.root.to_str().unwrap();
            run(Command::new(env!("CARGO_BIN_EXE_wardscore")).args(["sample", "--scale", scale, "--out", out]));
        }
        case.stage("run", "store");
        case
    }

    /// One stage as a process: how long it took and its peak memory in KiB.
    fn stage(&self, stage: &str, store: &str) -> (Duration, u64) {
        let inbox = format!("inbox={}", self.root.join("inbox").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardscore"));
        command.args([stage, "--now", NOW, "--set", &inbox, "--pipeline"]).arg(&self.pipeline);
        // A stage that nothing changed for has nothing to do.
        if ["normalize", "evaluate"].contains(&stage) {
            command.arg("--rebuild");
        }
        // Replies are measured apart, and as a part of a night.
        if stage == "run" && store == "store" {
            command.arg("--no-reply");
        }
        run(command.arg("--store").arg(self.root.join(store)))
    }

    fn stages(&self, runs: usize) {
        let store = Store::open(&self.root.join("store")).unwrap();
        let stage = |name: &str| {
            let mut peak = 0;
            let took = median(runs, || {
                // Only a publish whose release is gone has all of its work to do.
                if name == "publish" {
                    std::fs::remove_file(self.root.join("store/current")).unwrap();
                }
                let (took, memory) = self.stage(name, "store");
                peak = memory;
                took
            });
            (took, peak)
        };
        let label = |what: &str| format!("{}: {what}", self.name);
        let (took, peak) = stage("normalize");
        let floor = median(runs, || self.read_and_split()) + rewrite(&store, &["observations", "reporting"]);
        line(&label("normalize"), took, Some(floor), peak);
        let (took, peak) = stage("evaluate");
        let floor = self.arithmetic() + rewrite(&store, &["indicator_values", "scorecards"]);
        line(&label("evaluate"), took, Some(floor), peak);
        let (one, all) =
            (median(runs, || self.maps(&store, &[Map::AsReported])), median(runs, || self.maps(&store, Map::ALL)));
        println!("{}: three maps cost {:.2} times one", self.name, all.as_secs_f64() / one.as_secs_f64());
        let (one, all) = (median(runs, || self.scores(&store, Some(1))), median(runs, || self.scores(&store, None)));
        line(&label("the score's draws"), all.saturating_sub(one), None, 0);
        let (took, peak) = stage("publish");
        line(&label("publish"), took, Some(median(runs, || self.write_pages())), peak);
    }

    /// Evaluates on some maps only.
    fn maps(&self, store: &Store, maps: &[Map]) -> Duration {
        let definition = wardscore::plan::load(&self.pipeline, &[]).unwrap();
        let now = NOW.parse().unwrap();
        store.forget_stage("evaluate").unwrap();
        timed(|| assert!(evaluate(&definition.plan, &definition.register, store, maps, now, &Silent).is_ok()))
    }

    /// Evaluates with other than the plan's number of draws for the intervals of scores.
    fn scores(&self, store: &Store, draws: Option<u32>) -> Duration {
        let mut definition = wardscore::plan::load(&self.pipeline, &[]).unwrap();
        let unsure = &mut definition.plan.scoring.uncertainty;
        unsure.draws = draws.unwrap_or(unsure.draws);
        let (plan, now) = (&definition.plan, NOW.parse().unwrap());
        store.forget_stage("evaluate").unwrap();
        timed(|| assert!(evaluate(plan, &definition.register, store, &[Map::AsReported], now, &Silent).is_ok()))
    }

    /// Every file read; text split into fields, workbooks read by the workbook reader and nothing else.
    fn read_and_split(&self) -> Duration {
        let files = files(&self.root.join("inbox"));
        timed(|| {
            files.par_iter().for_each(|path| {
                let bytes = std::fs::read(path).unwrap();
                if path.extension().is_some_and(|e| e == "xlsx") {
                    use calamine::Reader;
                    let Ok(mut book) = calamine::Xlsx::new(std::io::Cursor::new(bytes)) else { return };
                    black_box(book.worksheet_range_at(0).map(|r| r.map(|r| r.cells().count())).transpose().ok());
                } else {
                    let is_end = |b: &u8| matches!(b, b';' | b',' | b'\t' | b'\n');
                    black_box(bytes.split(is_end).filter(|field| !field.is_empty()).count());
                }
            });
        })
    }

    /// Sums and quotients of as many indicators over as many units and quarters, in plain loops.
    fn arithmetic(&self) -> Duration {
        let definition = wardscore::plan::load(&self.pipeline, &[]).unwrap();
        let (plan, register) = (&definition.plan, &definition.register);
        let wards = register.in_force(wardscore::model::Level::Ward, plan.last_day()).count();
        let cells = wards * plan.quarters().len();
        let columns: Vec<Vec<f64>> =
            (0..8u32).map(|c| (0..cells).map(|at| f64::from(at as u32 % (97 + c))).collect()).collect();
        let work: Vec<(usize, usize)> = (0..plan.indicators.len() * 2).map(|i| (i % 8, (i * 3 + 1) % 8)).collect();
        timed(|| {
            work.par_iter().for_each(|(n, d)| {
                let (n, d) = (&columns[*n], &columns[*d]);
                let values: Vec<f64> = n.iter().zip(d).map(|(n, d)| n / d).collect();
                let sums: Vec<(f64, f64)> =
                    n.chunks(15).zip(d.chunks(15)).map(|(n, d)| (n.iter().sum(), d.iter().sum())).collect();
                let change: Vec<f64> = values.iter().zip(values.iter().skip(wards * 4)).map(|(a, b)| b - a).collect();
                black_box((values, sums, change));
            });
        })
    }

    /// The bytes of the pages, written once more.
    fn write_pages(&self) -> Duration {
        let site = self.root.join("store/current/site");
        let pages: Vec<(String, Vec<u8>)> = files(&site)
            .into_par_iter()
            .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(p).unwrap()))
            .collect();
        let to = self.root.join("pages");
        std::fs::create_dir_all(&to).unwrap();
        let took = timed(|| pages.par_iter().for_each(|(name, bytes)| std::fs::write(to.join(name), bytes).unwrap()));
        std::fs::remove_dir_all(to).unwrap();
        took
    }

    /// A whole night from an empty store, and one after which nothing is new.
    fn night(&self, runs: usize) {
        let store = self.root.join("night");
        let mut peak = 0;
        let took = median(runs, || {
            let _ = std::fs::remove_dir_all(&store);
            let (took, memory) = self.stage("run", "night");
            peak = memory;
            took
        });
        line(&format!("{}: a whole night", self.name), took, None, peak);
        let took = median(runs, || self.stage("run", "night").0);
        line(&format!("{}: a night without news", self.name), took, None, peak);
    }

    /// The reply to every submission, and a night on which none has changed.
    fn replies(&self, runs: usize) {
        let feedback = self.root.join("store/feedback");
        let mut peak = 0;
        let took = median(runs, || {
            let _ = std::fs::remove_dir_all(&feedback);
            let (took, memory) = self.stage("reply", "store");
            peak = memory;
            took
        });
        line(&format!("{}: replies, all new", self.name), took, None, peak);
        let took = median(runs, || self.stage("reply", "store").0);
        line(&format!("{}: replies, nothing new", self.name), took, None, peak);
    }

    /// The same with every other district.
    fn half(&self) -> Self {
        let root = self.root.with_file_name(format!("{}-half", self.name));
        let half = Self { name: format!("half a {}", self.name), pipeline: self.pipeline.clone(), root };
        for path in files(&self.root.join("inbox")) {
            let district = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
            let to = half.root.join("inbox").join(&district);
            if district.ends_with(['0', '2', '4', '6', '8']) && !to.join(path.file_name().unwrap()).exists() {
                std::fs::create_dir_all(&to).unwrap();
                std::fs::hard_link(&path, to.join(path.file_name().unwrap())).unwrap();
            }
        }
        half.stage("run", "store");
        half
    }

    /// Cost against `whole`, which is twice the work.
    fn growth(&self, whole: &Self, runs: usize) {
        let work = |case: &Self| files(&case.root.join("inbox")).len() as f64;
        let took = |case: &Self| median(runs, || case.stage("normalize", "store").0).as_secs_f64();
        let (work, cost) = (work(whole) / work(self), took(whole) / took(self));
        println!("normalize: {work:.2} times the files cost {cost:.2} times the time");
    }
}

/// Reads tables file by file and writes them again elsewhere: the time of the writing alone, shared by all threads.
fn rewrite(store: &Store, tables: &[&'static str]) -> Duration {
    let folder = tempfile::tempdir_in(store.root()).unwrap();
    let to = Store::open(folder.path()).unwrap();
    let mut total = Duration::ZERO;
    for table in tables {
        let writer = to.write_table(table, "bench").unwrap();
        let parts: Vec<Duration> = store
            .partitions(table)
            .unwrap()
            .par_iter()
            .enumerate()
            .map(|(at, part)| {
                let batches = part.read(&[]).unwrap();
                timed(|| writer.write(Path::new(&at.to_string()), &batches).unwrap())
            })
            .collect();
        total += parts.iter().sum::<Duration>() / rayon::current_num_threads() as u32;
    }
    total
}

/// Runs a command to its end: how long it took and its peak memory in KiB, as the kernel counts it.
fn run(command: &mut Command) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let high = text.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(high.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = start.elapsed();
    assert!(child.wait().unwrap().success(), "{command:?}");
    (took, peak)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
