//! `wardscore run` and the stages as commands of their own.
#![expect(clippy::print_stdout, reason = "the summary is the command's output")]

use std::process::ExitCode;
use std::time::Instant;

use crate::job::{self, Report, Stage};
use crate::store::{Published, Store};
use crate::trace::{self, TraceError};

use super::progress::Bars;
use super::{Common, Failure, releases};

/// Arguments of the commands that read forms.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct ReadArguments {
    /// End with 1 when a file was quarantined
    #[arg(long)]
    pub(super) strict: bool,
}

/// Arguments of `run`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    read: ReadArguments,
    /// Leave out the last stage: no replies to the districts
    #[arg(long)]
    no_reply: bool,
}

/// Runs all stages.
pub(super) fn run_all(common: &Common, arguments: RunArguments) -> Result<ExitCode, Failure> {
    let wanted = |stage: &Stage| *stage != Stage::Reply || !arguments.no_reply;
    let stages: Vec<Stage> = Stage::ALL.into_iter().filter(wanted).collect();
    run(common, "run", &stages, arguments.read.strict)
}

/// Runs stages under the store's lock and prints a summary.
pub(super) fn run(common: &Common, command: &str, stages: &[Stage], strict: bool) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    // The definition first: one with an error is refused before any data is touched.
    let definition = common.definition()?;
    let store = common.open_store()?;
    let _lock = store.lock().map_err(|e| Failure::store(command, &e))?;
    let ledger = store.ledger().map_err(|e| Failure::store(command, &e))?;
    let now = common.now();
    let id = ledger.start_run(now.as_microsecond(), command).map_err(|e| Failure::store(command, &e))?;
    let values = |before: &Published, after: &Published| match trace::changed_values(&definition, before, after) {
        Ok(changed) => Ok(serde_json::to_value(changed).unwrap_or_default()),
        Err(TraceError::Store(error)) => Err(error),
        // What the release before does not hold is no reason to hold this one back.
        Err(TraceError::NoRelease(_) | TraceError::NoFigure { .. }) => Ok(serde_json::Value::Null),
    };
    let environment = |name: &str| std::env::var(name).ok();
    let result = job::run(stages, &definition, &store, &environment, &values, now, &Bars::default());
    let (code, report) = match result {
        Ok(report) => {
            // The release stands, whatever becomes of old ones. A stage by itself does nothing but its work.
            if stages.len() > 1
                && report.publish.is_some()
                && let Err(error) = releases::prune_after_run(&store, &definition.plan, now)
            {
                tracing::warn!(%error, "old releases were not removed; the next run tries again");
            }
            let quarantined = report.normalize.is_some_and(|n| n.quarantined > 0);
            let failed = report.pull.as_ref().is_some_and(|pull| !pull.failed.is_empty());
            (if failed { 4 } else { u8::from(strict && quarantined) }, Ok(report))
        }
        Err(error) => (3, Err(Failure::from(error))),
    };
    let summary = match &report {
        Ok(report) => serde_json::to_string(report).unwrap_or_default(),
        Err(Failure::Run { what, .. }) => what.clone(),
        Err(_) => String::new(),
    };
    ledger.end_run(id, i32::from(code), &summary).map_err(|e| Failure::store(command, &e))?;
    print!("{}", describe(&report?, &store, started.elapsed().as_secs_f64()));
    Ok(ExitCode::from(code))
}

/// The summary as people read it: one line per stage, where the outputs are, the time taken.
fn describe(report: &Report, store: &Store, seconds: f64) -> String {
    let mut text = String::new();
    let mut line = |label: &str, what: String| text.push_str(&format!("{label:<12}{what}\n"));
    if let Some(pull) = &report.pull {
        line(
            "received",
            format!("{} files in the sources, {} new, {} refused unread", pull.files, pull.received, pull.refused),
        );
        if pull.left_aside > 0 {
            line("left aside", format!("{} files that no source's pattern means", pull.left_aside));
        }
        for failed in &pull.failed {
            let missed = if failed.missed > 0 { format!(" ({} files missed)", failed.missed) } else { String::new() };
            line("FAILED", format!("source `{}`: {}{missed}", failed.source, failed.what));
        }
    }
    if let Some(n) = &report.normalize {
        line(
            "files",
            format!(
                "{} read, {} accepted ({} of them superseded), {} quarantined",
                n.files, n.accepted, n.superseded, n.quarantined
            ),
        );
        line("values", format!("{} current", n.values));
        line("findings", format!("{} errors, {} warnings, {} infos", n.errors, n.warnings, n.infos));
    }
    if let Some(e) = &report.evaluate {
        line("wards", format!("{} scored; {} indicator values", e.wards_scored, e.indicator_values));
    }
    if let Some(p) = &report.publish {
        let what = if p.unchanged { "nothing changed; it stands" } else { "new" };
        line("release", format!("{} ({what}; {} pages)", p.release, p.pages));
        line("scorecards", store.current().join("site/index.html").display().to_string());
        line("tables", store.current().join("data").display().to_string());
    }
    if let Some(r) = &report.reply {
        let place = store.feedback_folder().display().to_string();
        line("replies", format!("{} in {place}, {} made anew, {} files removed", r.replies, r.made, r.removed));
    }
    line("time", format!("{seconds:.2} s"));
    text
}
