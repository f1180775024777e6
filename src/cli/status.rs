//! `wardscore status`: the last runs, what is late, the current release and what it changed, what was received.
#![expect(clippy::print_stdout, reason = "the status is the command's output")]

use std::process::ExitCode;

use jiff::Timestamp;

use super::{Common, Failure, reminders};
use crate::model::RunReport;
use crate::store::{RunRow, Store};

/// How many runs are shown.
const RUNS: usize = 10;
/// How many late forms are shown.
const LATE: usize = 10;

/// Prints the status of the store. A store that is not there yet is an error, and none is made.
pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let fail = |error| Failure::store("status", &error);
    let store = common.standing_store("status")?;
    let ledger = store.ledger().map_err(fail)?;
    let receipts = ledger.receipts().map_err(fail)?;
    let newest = receipts.iter().map(|r| r.received_at).max();
    println!("received    {} files, the newest at {}", receipts.len(), newest.map_or("-".to_owned(), time));
    release(&store)?;
    late(common);
    let runs = ledger.last_runs(RUNS).map_err(fail)?;
    // Whoever is at work holds the lock; the system takes it back however a run ends. It is asked for only then, since a run
    // that starts at this moment would find it taken.
    let at_work = runs.first().is_some_and(|run| run.exit_code.is_none()) && store.lock().is_err();
    println!("last runs");
    for (at, run) in runs.iter().enumerate() {
        println!("  {}  {}", time(run.started_at), of_run(run, at_work && at == 0));
    }
    Ok(ExitCode::SUCCESS)
}

fn of_run(run: &RunRow, at_work: bool) -> String {
    let name = format!("{:<12}", run.command);
    let Some(code) = run.exit_code else {
        let what = if at_work { "is at work" } else { "was killed, or the machine stopped; the next run completes it" };
        return format!("{name}{what}");
    };
    let Ok(report) = serde_json::from_str::<RunReport>(&run.summary) else {
        return format!("{name}exit code {code}");
    };
    let mut text = format!("{name}{:>8.2} s  exit code {code}", report.seconds);
    if let Some(release) = &report.release {
        text.push_str(&format!("  {}{}", release.id, if release.unchanged { " (stood)" } else { "" }));
    }
    if let Some(news) = report.news.as_ref().filter(|news| news.count > 0) {
        text.push_str(&format!("  {} new findings", news.count));
    }
    for failure in &report.failures {
        text.push_str(&format!("\n    {}", failure.what));
    }
    text
}

/// The newest release, and how it differs from the one before.
fn release(store: &Store) -> Result<(), Failure> {
    let Some(release) = store.published(None).map_err(|e| Failure::store("status", &e))? else {
        println!("release     none yet");
        return Ok(());
    };
    println!("release     {} of {}", release.text("id"), release.text("created"));
    println!("scorecards  {}", store.current().join("site/index.html").display());
    if let Some(files) = release.history("changes") {
        let count = |key: &str| files.get(key).and_then(|all| all.as_array()).map_or(0, Vec::len);
        let (added, changed, removed) = (count("added"), count("changed"), count("removed"));
        println!("changed     {added} table files added, {changed} changed, {removed} removed");
    }
    if let Some(values) =
        release.history("values").as_ref().and_then(|all| all.as_array()).filter(|all| !all.is_empty())
    {
        println!("            {} values of targets; `wardscore why` tells what moved one", values.len());
    }
    Ok(())
}

/// What is late, where the pipeline can be read and the store was worked in.
fn late(common: &Common) {
    let Ok(definition) = common.definition() else {
        println!("late        not known: the pipeline cannot be read");
        return;
    };
    let Ok(reminders) = reminders::of_store(common, &definition, 0) else {
        println!("late        not known yet");
        return;
    };
    let late: Vec<String> = reminders
        .iter()
        .flat_map(|of| of.late().map(move |open| format!("{} form {} of {}", of.district, open.form, open.period)))
        .collect();
    let districts = reminders.iter().filter(|of| of.late().next().is_some()).count();
    if late.is_empty() {
        println!("late        nothing");
        return;
    }
    println!("late        {} forms of {districts} districts; `wardscore reminders` tells all", late.len());
    // The newest are what one can still ask for.
    let mut shown = late.iter().map(String::as_str).rev().take(LATE).collect::<Vec<_>>();
    shown.sort_unstable();
    for line in shown {
        println!("            {line}");
    }
}

fn time(microseconds: i64) -> String {
    Timestamp::from_microsecond(microseconds).map_or("-".to_owned(), |t| t.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}
