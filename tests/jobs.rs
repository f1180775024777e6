//! Jobs: their schedule for cron and systemd, a run in a bare environment, its report, and those who are told of it.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::tool::{copy, files, page, root, said, wardscore};

const NOW: &str = "2021-03-01T00:00:00Z";

/// A copy of the plan with this added to its jobs.
fn plan(folder: &Path, more: &str) -> PathBuf {
    let plan = folder.join("plan");
    copy(&root().join("pipelines/plan-50"), &plan);
    let file = plan.join("jobs.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(file, format!("{text}\n{more}")).unwrap();
    plan
}

fn sample(folder: &Path) -> String {
    let out = folder.join("sample");
    said(&wardscore(["sample", "--scale", "demo", "--seed", "7", "--out", out.to_str().unwrap()]), 0);
    format!("inbox={}", out.join("inbox").display())
}

/// A monitor that answers so many times and hands back the first lines of what it was asked, with the bodies.
fn monitor(count: usize) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/uuid", listener.local_addr().unwrap());
    let answer = move || {
        let mut stream = listener.accept().unwrap().0;
        let mut text = String::new();
        while !text.contains("\r\n\r\n") || text.ends_with("\r\n\r\n") {
            let mut buffer = [0; 4096];
            let n = stream.read(&mut buffer).unwrap();
            text.push_str(&String::from_utf8_lossy(&buffer[..n]));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        format!("{} {}", head.lines().next().unwrap(), body.lines().next().unwrap())
    };
    (address, std::thread::spawn(move || (0..count).map(|_| answer()).collect()))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn a_crontab_has_absolute_paths_and_the_machines_times() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("50% done");
    let arguments = ["schedule", "--cron", "--zone", "UTC", "--now", NOW, "--store", store.to_str().unwrap()];
    let text = said(&wardscore(arguments), 0);
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
    let program = env!("CARGO_BIN_EXE_wardscore");
    for (line, (time, job)) in
        lines.iter().zip([("30 18 * * *", "nightly"), ("0 20 19 1,4,7,10 *", "quarterly"), ("0 21 4 2 *", "annual")])
    {
        assert!(line.starts_with(&format!("{time} {program} run --job {job} --pipeline /")), "{line}");
        assert!(line.contains("50\\% done'") && line.ends_with(" --quiet"), "{line}");
    }
    assert_eq!(lines.len(), 3, "{text}");
    let same = said(&wardscore(["schedule", "--cron", "--zone", "Asia/Ho_Chi_Minh"]), 0);
    assert!(same.contains("\n30 1 * * * /") && same.contains("\n0 3 20 1,4,7,10 * /"), "{same}");
    assert!(said(&wardscore(["schedule", "--cron", "--zone", "Europe/Paris"]), 0).contains("changes its clocks"));
    said(&wardscore(["schedule"]), 2);
}

#[test]
fn systemd_finds_no_fault_with_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let plan =
        plan(folder.path(), "[notify]\nping = { credential = \"ping\" }\nmetrics = \"/var/lib/node/wardscore.prom\"\n");
    let (units, store) = (folder.path().join("units"), folder.path().join("50% done"));
    let [plan, to, store] = [&plan, &units, &store].map(|path| path.to_str().unwrap());
    let text = said(&wardscore(["schedule", "--systemd", to, "--pipeline", plan, "--store", store]), 0);
    assert_eq!(text.lines().count(), 6, "{text}");
    let service = std::fs::read_to_string(units.join("wardscore-plan-50-nightly.service")).unwrap();
    for line in ["LoadCredential=ping:/etc/credstore/ping", "ProtectSystem=strict", "User=wardscore", "Type=oneshot"] {
        assert!(service.lines().any(|l| l == line), "{line}\n{service}");
    }
    assert!(service.contains("50%% done\" /var/lib/node\n") && service.contains("ExecStart=/"), "{service}");
    let timer = std::fs::read_to_string(units.join("wardscore-plan-50-quarterly.timer")).unwrap();
    assert!(timer.contains("OnCalendar=*-01,04,07,10-20 03:00:00 Asia/Ho_Chi_Minh\n"), "{timer}");
    let printed = said(&wardscore(["schedule", "--systemd"]), 0);
    assert!(printed.contains("# wardscore-plan-50-annual.timer\n[Unit]"), "{printed}");

    let required = std::env::var_os("WARDSCORE_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg("--man=no").args(files(&units)).output() else {
        assert!(!required, "systemd-analyze is not there");
        eprintln!("NOT TESTED: systemd-analyze is not on this machine; the units were not verified");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    // What it says of other units of the machine is none of ours.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("wardscore")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}

#[test]
fn a_job_runs_in_an_empty_environment_and_everybody_hears_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = sample(folder.path());
    let (address, monitor) = monitor(4);
    let told = format!("[notify]\nping = \"{address}\"\nmetrics = \"w.prom\"\nlineage = \"lineage.ndjson\"\n");
    let plan = plan(folder.path(), &told);
    let (store, report) = (folder.path().join("store"), folder.path().join("report.json"));
    let run = |job: &str, more: &[&str], code: i32| {
        let output = Command::new(env!("CARGO_BIN_EXE_wardscore"))
            .env_clear()
            .current_dir("/")
            .args(["run", "--job", job, "--now", NOW, "--set", &inbox, "--quiet"])
            .args(["--pipeline", plan.to_str().unwrap(), "--store", store.to_str().unwrap()])
            .args(["--report", report.to_str().unwrap()])
            .args(more)
            .output()
            .unwrap();
        said(&output, code)
    };
    let text = run("nightly", &[], 0);
    assert!(text.is_empty(), "a run that went well is silent: {text}");

    let first = json(&report);
    assert_eq!((&first["plan"], &first["job"], &first["exit_code"]), (&"plan-50".into(), &"nightly".into(), &0.into()));
    let stages: Vec<&str> = first["stages"].as_array().unwrap().iter().map(|s| s["stage"].as_str().unwrap()).collect();
    assert_eq!(stages, ["pull", "normalize", "evaluate", "publish", "reply"]);
    let findings = &first["findings"];
    let count = |of: &Value, key: &str| of[key].as_u64().unwrap();
    let all: u64 = ["errors", "warnings", "infos"].iter().map(|key| count(findings, key)).sum();
    assert_eq!(count(&first["news"], "count"), all, "of a first release every finding is new");
    let shown = &first["news"]["shown"][0];
    assert_eq!(shown["severity"], "error");
    assert!(shown["district"].as_str().unwrap().len() >= 3 && !shown["message_vi"].as_str().unwrap().is_empty());
    let metrics = std::fs::read_to_string(plan.join("w.prom")).unwrap();
    let ended = NOW.parse::<jiff::Timestamp>().unwrap().as_second();
    assert!(metrics.contains("wardscore_run_success{plan=\"plan-50\",job=\"nightly\"} 1\n"), "{metrics}");
    assert!(metrics.contains(&format!(
        "wardscore_last_success_timestamp_seconds{{plan=\"plan-50\",job=\"nightly\"}} {}",
        ended / 100
    )));
    let share =
        metrics.lines().find_map(|l| l.strip_prefix("wardscore_completeness_ratio{plan=\"plan-50\",job=\"nightly\"} "));
    assert!((0.01..=1.0).contains(&share.unwrap().parse::<f64>().unwrap()), "{metrics}");

    // A second night has no news; a job that cannot go on is told of as failed, and keeps when it last went well.
    run("quarterly", &[], 0);
    let second = json(&report);
    assert_eq!((&second["news"]["count"], &second["release"]["unchanged"]), (&0.into(), &true.into()));
    std::fs::remove_dir_all(folder.path().join("sample/inbox")).unwrap();
    let text = run("nightly", &[], 3);
    assert!(text.contains("error: pull:"), "{text}");
    let metrics = std::fs::read_to_string(plan.join("w.prom")).unwrap();
    for line in [
        "wardscore_run_success{plan=\"plan-50\",job=\"nightly\"} 0\n",
        "wardscore_run_exit_code{plan=\"plan-50\",job=\"nightly\"} 3\n",
        "wardscore_run_success{plan=\"plan-50\",job=\"quarterly\"} 1\n",
        "wardscore_last_success_timestamp_seconds{plan=\"plan-50\",job=\"nightly\"}",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    let events = std::fs::read_to_string(plan.join("lineage.ndjson")).unwrap();
    let kinds: Vec<String> = events
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["eventType"].as_str().unwrap().to_owned())
        .collect();
    // Two runs of five stages, and one that failed in its first.
    assert_eq!(kinds.iter().filter(|kind| *kind == "START").count(), 6 + 6 + 2);
    assert_eq!(kinds.iter().filter(|kind| *kind == "FAIL").count(), 2);
    // Start and end of two runs were heard; the third found nobody and went on.
    let heard = monitor.join().unwrap();
    assert!(heard[0].starts_with("POST /uuid/start ") && heard[1] == "POST /uuid HTTP/1.1 exit code 0", "{heard:?}");

    let status = said(&wardscore(["status", "--store", store.to_str().unwrap(), "--now", NOW]), 0);
    assert!(status.contains("nightly") && status.contains("exit code 3") && status.contains("(stood)"), "{status}");
    assert!(status.contains("late        ") && status.contains("form 0"), "{status}");
}

#[test]
fn a_job_chooses_what_its_pages_show_and_whom_its_release_is_for() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = sample(folder.path());
    let job = "[[job]]\nname = \"quarter\"\nlabel_vi = \"a\"\nlabel_en = \"a\"\nwhen = \"daily 02:00\"\n\
               channel = \"stable\"\nspan = \"quarter\"\nstages = [\"publish\"]\n";
    let plan = plan(folder.path(), job);
    let store = folder.path().join("store");
    let run = |job: &str| {
        let (plan, store) = (plan.to_str().unwrap(), store.to_str().unwrap());
        said(&wardscore(["run", "--job", job, "--now", NOW, "--set", &inbox, "--pipeline", plan, "--store", store]), 0)
    };
    run("nightly");
    assert!(!store.join("stable").exists());
    let page = || page(&store.join("current/site/index.html"));
    assert!(page().contains(">year to date</span>"));
    run("quarter");
    assert!(page().contains(">the quarter</span>") && page().contains(">trong quý<"));
    let manifest = json(&store.join("stable/release.json"));
    assert_eq!((&manifest["channel"], &manifest["span"]), (&"stable".into(), &"quarter".into()));
    // What stands already is what the next stable job promotes.
    run("nightly");
    run("annual");
    assert_eq!(json(&store.join("stable/release.json"))["id"], json(&store.join("current/release.json"))["id"]);
    assert!(page().contains(">year to date</span>"));
}

#[test]
fn a_broken_definition_and_an_unknown_job_are_told_and_a_second_start_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (store, metrics) = (folder.path().join("store"), folder.path().join("w.prom"));
    let plan = plan(folder.path(), "");
    let run = |more: &[&str], code: i32| {
        let mut arguments = vec!["run", "--pipeline", plan.to_str().unwrap(), "--store", store.to_str().unwrap()];
        arguments.extend(["--metrics", metrics.to_str().unwrap()]);
        arguments.extend(more);
        said(&wardscore(arguments), code)
    };
    assert!(run(&["--job", "nigthly"], 2).contains("did you mean `nightly`?"));
    assert!(
        std::fs::read_to_string(&metrics).unwrap().contains("wardscore_run_exit_code{plan=\"\",job=\"nigthly\"} 2\n")
    );
    assert!(!store.exists());
    // Another run holds the lock.
    std::fs::remove_file(&metrics).unwrap();
    std::fs::create_dir_all(&store).unwrap();
    let lock = std::fs::File::create(store.join("lock")).unwrap();
    lock.try_lock().unwrap();
    assert!(run(&["--job", "nightly"], 5).contains("another run is working"));
    assert!(!metrics.exists(), "the run that is at work tells");
}

#[test]
fn a_run_that_was_killed_shows_and_the_next_one_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = sample(folder.path());
    let store = folder.path().join("store");
    let arguments = ["--now", NOW, "--set", &inbox, "--store", store.to_str().unwrap()];
    let opened = wardscore::store::Store::open(&store).unwrap();
    let id = opened.ledger().unwrap().start_run(0, "nightly").unwrap();
    let lock = opened.lock().unwrap();
    let status = || said(&wardscore(["status", "--store", store.to_str().unwrap()]), 0);
    assert!(status().contains("nightly     is at work"));
    drop(lock);
    assert!(id == 1 && status().contains("nightly     was killed"));
    assert!(said(&wardscore(["run"].iter().chain(&arguments)), 0).contains("the run before did not end"));
    assert!(!said(&wardscore(["run"].iter().chain(&arguments)), 0).contains("the run before did not end"));
}

#[test]
fn a_district_is_reminded_of_what_it_did_not_send() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = sample(folder.path());
    let store = folder.path().join("store");
    let with = |arguments: &[&str], now: &str| {
        let more = ["--now", now, "--set", &inbox, "--store", store.to_str().unwrap()];
        said(&wardscore(arguments.iter().copied().chain(more)), 0)
    };
    with(&["run", "--no-reply"], NOW);
    let all: Value = serde_json::from_str(&with(&["reminders", "--json"], NOW)).unwrap();
    let late = |of: &Value| of["open"].as_array().unwrap().iter().any(|o| o["days_late"].as_i64().unwrap() > 0);
    let of = all.as_array().unwrap().iter().find(|of| late(of)).unwrap_or_else(|| panic!("{all}"));
    let district = of["district"].as_str().unwrap();
    let list = with(&["reminders", district], NOW);
    assert!(list.starts_with(district) && list.contains("overdue   form 0"), "{list}");
    let text = with(&["reminders", district, "--text"], NOW);
    assert!(text.starts_with("Kính gửi: ") && text.contains("Đã quá hạn, chưa nhận được:"), "{text}");
    let text = with(&["reminders", district, "--text=en"], NOW);
    assert!(text.starts_with("To: ") && text.contains("days overdue)"), "{text}");
    // Form 01 of the fourth quarter is due on 15 January.
    let last = "2021-01-10T00:00:00Z";
    let written = with(&["reminders", "--write"], last);
    assert_eq!(written.lines().count(), with(&["reminders"], last).lines().filter(|l| !l.starts_with(' ')).count());
    let path = PathBuf::from(written.lines().next().unwrap());
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("Kính gửi: "));
    // A folder whose reminder no longer holds is cleared.
    let stale = store.join("feedback/000");
    std::fs::create_dir_all(&stale).unwrap();
    std::fs::write(stale.join("nhac-nop-bao-cao.txt"), "").unwrap();
    with(&["reminders", "--write"], last);
    assert!(!stale.exists() && path.exists());
}
