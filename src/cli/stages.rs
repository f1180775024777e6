//! `wardscore run` and the stages as commands of their own.
#![expect(clippy::print_stdout, reason = "the summary is the command's output")]

use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::job::{self, Report, Stage};
use crate::model::{Job, RunReport};
use crate::notify::{Channels, History, news};
use crate::plan::{self, Definition, nearest};
use crate::store::{Published, Store, file};
use crate::trace::{self, TraceError};

use super::progress::Bars;
use super::record::{self, Record};
use super::{Common, Failure, environment, releases};

/// Arguments of the commands that read forms.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct ReadArguments {
    /// End with 1 when a file was quarantined
    #[arg(long)]
    pub(super) strict: bool,
}

/// Arguments of the commands that make something of what stands.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct MakeArguments {
    /// Make everything anew, whatever stands
    #[arg(long)]
    pub(super) rebuild: bool,
}

/// Arguments of `run`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct RunArguments {
    #[command(flatten)]
    read: ReadArguments,
    /// Run a job of the pipeline's jobs.toml: its stages, for its channel
    #[arg(long, value_name = "NAME")]
    job: Option<String>,
    /// Leave out the last stage: no replies to the districts
    #[arg(long)]
    no_reply: bool,
    /// Tell what would be made anew and why, and do nothing
    #[arg(long)]
    explain_plan: bool,
    #[command(flatten)]
    make: MakeArguments,
    /// Write a report of the run, in JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write metrics for the node exporter's textfile collector [default: the one in jobs.toml]
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

/// What is to be run.
struct Task<'a> {
    /// The job's name, or the command.
    name: &'a str,
    job: Option<&'a str>,
    stages: &'a [Stage],
    /// Left out of a job, too.
    leave_out: Option<Stage>,
    strict: bool,
    /// Whether what stands is made anew.
    rebuild: bool,
}

/// How it went.
struct Outcome {
    report: RunReport,
    history: History,
    done: Result<String, Failure>,
}

/// Runs all stages, or a job's, and tells those who are to be told.
pub(super) fn run_all(common: &Common, arguments: &RunArguments) -> Result<ExitCode, Failure> {
    if arguments.explain_plan {
        return explain(common, arguments);
    }
    // Whom to tell is asked first: they hear of a broken definition, too.
    let jobs = common.pipeline().ok().and_then(|folder| plan::load_jobs(&folder)).unwrap_or_default();
    let mut channels = record::channels(&jobs.notify);
    if let Some(file) = &arguments.metrics {
        channels.metrics = Some(file.clone());
    }
    perform(common, &task(arguments), channels, arguments.report.as_deref())
}

/// What `run` was asked to do.
fn task(arguments: &RunArguments) -> Task<'_> {
    Task {
        name: arguments.job.as_deref().unwrap_or("run"),
        job: arguments.job.as_deref(),
        stages: Stage::ALL,
        leave_out: arguments.no_reply.then_some(Stage::Reply),
        strict: arguments.read.strict,
        rebuild: arguments.make.rebuild,
    }
}

/// Runs one stage as a command of its own, which nobody is told of.
pub(super) fn run(common: &Common, stage: Stage, strict: bool, rebuild: bool) -> Result<ExitCode, Failure> {
    let task = Task { name: stage.as_str(), job: None, stages: &[stage], leave_out: None, strict, rebuild };
    perform(common, &task, Channels::default(), None)
}

fn perform(common: &Common, task: &Task<'_>, channels: Channels, to: Option<&Path>) -> Result<ExitCode, Failure> {
    let place = std::path::absolute(&common.store).unwrap_or_else(|_| common.store.clone());
    let mut record = Record::new(common.now(), task.name, place.display().to_string(), channels);
    let outcome = match work(common, task, &mut record) {
        Ok(outcome) => outcome,
        // Whoever works in the store tells how that went.
        Err(busy @ Failure::Busy { .. }) => return Err(busy),
        Err(failure) => {
            let (code, told) = record::failed(&failure);
            let mut report = record.report(code, None, None, told);
            // Other jobs, and this one's last success, are told as they were.
            let ledger = Store::open_existing(&common.store).and_then(|store| store.ledger().ok());
            let history = ledger.map_or_else(History::default, |ledger| record.history(&ledger));
            if let Some(last) = history.others.iter().find(|other| other.job == report.job) {
                report.plan.clone_from(&last.plan);
            }
            Outcome { report, history, done: Err(failure) }
        }
    };
    let Outcome { report, history, done } = outcome;
    if let Some(path) = to {
        let text = serde_json::to_string_pretty(&report).unwrap_or_default();
        if let Err(error) = file::replace(path, format!("{text}\n").as_bytes()) {
            tracing::warn!(%error, "the report was not written; the run goes on");
        }
    }
    record.finish(&report, history);
    let text = done?;
    if !common.quiet {
        // A disk that is full is no reason to fail at the very end.
        let _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
    }
    Ok(ExitCode::from(report.exit_code))
}

/// The definition as the job wants it, and the stages to run.
fn wanted(common: &Common, task: &Task<'_>) -> Result<(Definition, Vec<Stage>), Failure> {
    let mut definition = common.definition()?;
    let mut stages = task.stages.to_vec();
    if let Some(name) = task.job {
        let job = job_of(&definition, name)?.clone();
        if let (Some(map), false) = (job.map, common.map.is_some() || common.sets("map")) {
            definition.plan.settings.map = map;
        }
        if let (Some(span), false) = (job.span, common.sets("span")) {
            definition.plan.settings.span = span;
        }
        if let Some(channel) = job.channel {
            definition.plan.settings.channel = channel;
        }
        stages = job.stages;
    }
    stages.retain(|stage| Some(*stage) != task.leave_out);
    Ok((definition, stages))
}

/// Tells what the run would do. Nothing is changed but what opening a store makes.
fn explain(common: &Common, arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let task = task(arguments);
    let (definition, stages) = wanted(common, &task)?;
    let store = common.open_store()?;
    let ahead = job::ahead(&stages, &definition, &store, common.now())?;
    print!("{}", job::describe(&ahead));
    Ok(ExitCode::SUCCESS)
}

/// Runs stages under the store's lock. An error is one from before the run was noted.
fn work(common: &Common, task: &Task<'_>, record: &mut Record) -> Result<Outcome, Failure> {
    // The definition first: one with an error is refused before any data is touched. The process ends with its work, so the
    // long lists of a nation are not taken down piece by piece.
    let (definition, stages) = wanted(common, task)?;
    let definition = ManuallyDrop::new(definition);
    let fail = |error| Failure::store(task.name, &error);
    let store = common.open_store()?;
    let _lock = store.lock().map_err(fail)?;
    if task.rebuild {
        for stage in task.stages {
            store.forget_stage(stage.as_str()).map_err(fail)?;
        }
    }
    let ledger = store.ledger().map_err(fail)?;
    let now = common.now();
    if ledger.last_runs(1).map_err(fail)?.first().is_some_and(|run| run.exit_code.is_none()) {
        tracing::warn!("the run before did not end: it was killed, or the machine stopped; this one completes it");
    }
    let id = ledger.start_run(now.as_microsecond(), task.name).map_err(fail)?;
    record.begin(&definition.plan.code, id);
    let values = |before: &Published, after: &Published| match trace::changed_values(&definition, before, after) {
        Ok(changed) => Ok(serde_json::to_value(changed).unwrap_or_default()),
        Err(TraceError::Store(error)) => Err(error),
        // What the release before does not hold is no reason to hold this one back.
        Err(TraceError::NoRelease(_) | TraceError::NoFigure { .. }) => Ok(serde_json::Value::Null),
    };
    let given = job::Given { environment: &environment, values: &values, now, progress: &Bars::default() };
    let result = job::run(&stages, &definition, &store, &given, record);
    let (mut report, result) = match result {
        Ok(done) => {
            let missed = record::missed(&done);
            let strict = task.strict && done.normalize.is_some_and(|n| n.quarantined > 0);
            let code = if missed.is_empty() { u8::from(strict) } else { 4 };
            let news = done.publish.as_ref().and_then(|release| of_release(&store, release));
            // The release stands, whatever becomes of old ones. A stage by itself does nothing but its work.
            if stages.len() > 1
                && done.publish.is_some()
                && let Err(error) = releases::prune_after_run(&store, &definition.plan, now)
            {
                tracing::warn!(%error, "old releases were not removed; the next run tries again");
            }
            (record.report(code, Some(&done), news, missed), Ok(done))
        }
        Err(error) => {
            let failure = Failure::from(error);
            let (code, told) = record::failed(&failure);
            (record.report(code, None, None, told), Err(failure))
        }
    };
    let history = record.history(&ledger);
    let summary = serde_json::to_string(&report).unwrap_or_default();
    let noted = ledger.end_run(id, i32::from(report.exit_code), &summary).map_err(fail);
    let result = match (result, noted) {
        // What is told and the exit code say the same.
        (Ok(_), Err(failure)) => {
            (report.exit_code, report.failures) = record::failed(&failure);
            Err(failure)
        }
        (result, _) => result,
    };
    let done = result.map(|done| describe(&done, &report, &store));
    Ok(Outcome { report, history, done })
}

fn job_of<'a>(definition: &'a Definition, name: &str) -> Result<&'a Job, Failure> {
    let jobs = &definition.jobs.jobs;
    let names = || jobs.iter().map(|job| job.name.as_str());
    jobs.iter().find(|job| job.name == name).ok_or_else(|| {
        let known = names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if jobs.is_empty() => "declare jobs in the pipeline's jobs.toml".to_owned(),
            None => format!("the pipeline has {known}"),
        };
        Failure::usage(&format!("there is no job `{name}`"), &hint)
    })
}

/// What is new in a release; nothing is read where it stood before.
fn of_release(store: &Store, release: &crate::publish::Summary) -> Option<crate::model::News> {
    if release.unchanged {
        return Some(crate::model::News::default());
    }
    let read = store.published(Some(&release.release)).and_then(|r| r.map_or(Ok(None), |r| news(store, &r)));
    read.inspect_err(|error| tracing::warn!(%error, "what is new could not be told; the run goes on")).ok().flatten()
}

/// The summary as people read it: one line per stage, where the outputs are, the time taken.
fn describe(report: &Report, run: &RunReport, store: &Store) -> String {
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
        if let Some(news) = &run.news {
            line("new", format!("{} findings that were not in the release before", news.count));
        }
        if n.corrections_waiting > 0 {
            let n = n.corrections_waiting;
            line(
                "waiting",
                format!("{n} of the reviewed corrections, for forms that have not come; the log names them"),
            );
        }
        if n.forms_late > 0 {
            line("late", format!("{} of {} forms due; `wardscore reminders` tells whose", n.forms_late, n.forms_due));
        }
    }
    if let Some(e) = &report.evaluate {
        line("wards", format!("{} scored; {} indicator values", e.wards_scored, e.indicator_values));
    }
    if let Some(p) = &report.publish {
        let what = if p.unchanged { "nothing changed; it stands" } else { "new" };
        line("release", format!("{} ({what}; {} pages)", p.release, p.pages));
        let site = store.current().join("site");
        // Without pages there is no first one.
        let first = Some(site.join("index.html")).filter(|page| page.exists()).unwrap_or(site);
        line("scorecards", first.display().to_string());
        line("tables", store.current().join("data").display().to_string());
    }
    if let Some(r) = &report.reply {
        let place = store.feedback_folder().display().to_string();
        line("replies", format!("{} in {place}, {} made anew, {} files removed", r.replies, r.made, r.removed));
    }
    line("time", format!("{:.2} s", run.seconds));
    text
}
