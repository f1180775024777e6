//! The commands: the only place that reads the clock, the environment, the terminal.
//!
//! One file per command. A command returns a [`Failure`] or an exit code; printing a failure happens once, here.

mod backup;
mod check;
mod completions;
mod explain;
mod failure;
mod inspect;
mod log;
mod new;
mod progress;
mod publish;
mod quarantine;
mod record;
mod releases;
mod reminders;
mod sample;
mod schedule;
mod stages;
mod status;
mod template;
mod units;
mod verify_methods;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use jiff::Timestamp;

use crate::job::Stage;
use crate::plan::{self, Definition};
use crate::store::Store;

pub use failure::Failure;

const AFTER_HELP: &str = "\
Exit codes:
  0  done
  1  done, but files were quarantined and --strict was given; a method disagrees with a golden case, or a release is not
     as it was published
  2  the arguments or the definition are wrong; nothing was touched
  3  the run could not go on (no source, disk, permissions); the last release stands
  4  done with what came, but a source could not be read or not in full; the next run asks again
  5  another run is at work in the store; nothing was done

Examples:
  wardscore run
  wardscore run --job quarterly
  wardscore run --pipeline pipelines/plan-50 --set inbox=/srv/inbox --store /var/lib/wardscore
  wardscore check --pipeline my-plan
  wardscore status";

/// Ward scorecards from the forms that districts send.
#[derive(Debug, Parser)]
#[command(name = "wardscore", version, about, after_help = AFTER_HELP, propagate_version = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Arguments of every command.
#[derive(Debug, Clone, clap::Args)]
struct Common {
    /// Folder of the plan's definition [default: the one in ./pipelines]
    #[arg(long, global = true, value_name = "DIR")]
    pipeline: Option<PathBuf>,
    /// Folder in which everything is kept
    #[arg(long, global = true, value_name = "DIR", default_value = "store")]
    store: PathBuf,
    /// The time that counts as now, as 2021-02-01T00:00:00Z [default: the clock]
    #[arg(long, global = true, value_name = "TIMESTAMP")]
    now: Option<Timestamp>,
    /// Override a setting of the pipeline; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = setting)]
    set: Vec<(String, String)>,
    /// The map that is shown: as_reported, current, or as_of=YYYY-MM-DD; tables hold all three
    #[arg(long, global = true, value_name = "MAP")]
    map: Option<String>,
    /// How the log is written to standard error
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: log::Format,
    /// Say nothing but warnings and errors: what cron would mail
    #[arg(long, short, global = true)]
    quiet: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, as inbox=/srv/inbox".to_owned()),
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do all stages in order: pull, normalize, evaluate, publish, reply
    Run(stages::RunArguments),
    /// Stage 1: keep every file that the sources offer, with a receipt
    Pull,
    /// Stage 2: read the kept files into observations and findings
    Normalize {
        #[command(flatten)]
        read: stages::ReadArguments,
        #[command(flatten)]
        make: stages::MakeArguments,
    },
    /// Stage 3: compute indicators, statuses, classes and scores
    Evaluate(stages::MakeArguments),
    /// Stage 5: render the scorecards and publish a release; or render some of them into a folder
    Publish(publish::PublishArguments),
    /// Last stage: write a reply to each district about what it sent
    Reply,
    /// Validate a pipeline definition and report every error at once
    Check,
    /// Show the last runs, what is late, the current release and what it changed
    Status,
    /// Hold releases against the digests that they were published with
    Verify(releases::VerifyArguments),
    /// Let the channel `stable` lead to a release
    Promote(releases::PromoteArguments),
    /// Remove releases whose time is over
    Prune(releases::PruneArguments),
    /// List files that were not used, and let one through
    Quarantine(quarantine::QuarantineArguments),
    /// Write everything that is kept to one file
    Backup(backup::BackupArguments),
    /// Make a store of a backup
    Restore(backup::RestoreArguments),
    /// Tell who has not sent what: a list, or texts to send
    Reminders(reminders::ReminderArguments),
    /// Print the pipeline's jobs as a crontab, or as systemd's services and timers
    Schedule(schedule::ScheduleArguments),
    /// Show how one published figure came about, back to its cells
    Explain(explain::ExplainArguments),
    /// Show what made a published value another, between two periods or two releases
    Why(why::WhyArguments),
    /// Show how a file is read, without storing anything
    Inspect(inspect::InspectArguments),
    /// Start a pipeline for another plan in DIR
    New(new::NewArguments),
    /// Write the blank form of a district and period, to be filled in
    Template(template::TemplateArguments),
    /// Look units up, with their history; check a new register
    Units(units::UnitsArguments),
    /// Invent submissions, with their truth and planted faults
    Sample(sample::SampleArguments),
    /// Run the statistics on golden cases and tell how far they agree
    VerifyMethods(verify_methods::VerifyArguments),
    /// Print completions for a shell
    Completions(completions::CompletionsArguments),
}

/// Parses the arguments, runs the command, tells a failure, returns the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    log::start(arguments.common.log_format, arguments.common.quiet);
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            failure.print();
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Run(run) => stages::run_all(common, run),
        Command::Pull => stages::run(common, Stage::Pull, false, false),
        Command::Normalize { read, make } => stages::run(common, Stage::Normalize, read.strict, make.rebuild),
        Command::Evaluate(make) => stages::run(common, Stage::Evaluate, false, make.rebuild),
        Command::Publish(publish) => publish::run(common, publish),
        Command::Reply => stages::run(common, Stage::Reply, false, false),
        Command::Check => check::run(common),
        Command::Status => status::run(common),
        Command::Verify(verify) => releases::verify(common, verify),
        Command::Promote(promote) => releases::promote(common, promote),
        Command::Prune(prune) => releases::prune(common, *prune),
        Command::Quarantine(quarantine) => quarantine::run(common, quarantine),
        Command::Backup(backup) => backup::backup(common, backup),
        Command::Restore(restore) => backup::restore(common, restore),
        Command::Reminders(reminders) => reminders::run(common, reminders),
        Command::Schedule(schedule) => schedule::run(common, schedule),
        Command::Explain(explain) => explain::run(common, explain),
        Command::Why(why) => why::run(common, why),
        Command::Inspect(inspect) => inspect::run(common, inspect),
        Command::New(new) => new::run(new),
        Command::Template(template) => template::run(common, template),
        Command::Units(units) => units::run(common, units),
        Command::Sample(sample) => sample::run(common, sample),
        Command::VerifyMethods(verify) => verify_methods::run(verify),
        Command::Completions(completions) => {
            completions::run(*completions);
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A variable of the environment.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Common {
    /// The pipeline's folder: the one given, else the only one in `./pipelines`.
    fn pipeline(&self) -> Result<PathBuf, Failure> {
        if let Some(folder) = &self.pipeline {
            return Ok(folder.clone());
        }
        let mut found: Vec<PathBuf> = fs_err::read_dir("pipelines")
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join("pipeline.toml").is_file())
            .collect();
        found.sort();
        match found.as_slice() {
            [one] => Ok(one.clone()),
            [] => Err(Failure::usage(
                "there is no pipeline in `./pipelines`",
                "name one with `--pipeline DIR`, or start one with `wardscore new DIR`",
            )),
            many => Err(Failure::usage(
                &format!("there are {} pipelines in `./pipelines`", many.len()),
                &format!("name one, as `--pipeline {}`", many[0].display()),
            )),
        }
    }

    fn definition(&self) -> Result<Definition, Failure> {
        let map = self.map.iter().map(|map| ("map".to_owned(), map.clone()));
        let overrides: Vec<(String, String)> = self.set.iter().cloned().chain(map).collect();
        plan::load(&self.pipeline()?, &overrides).map_err(Failure::Definition)
    }

    /// Whether the command line overrides a setting.
    fn sets(&self, key: &str) -> bool {
        self.set.iter().any(|(set, _)| set == key)
    }

    fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    /// The store, which must be there already: none is made.
    fn standing_store(&self, command: &str) -> Result<Store, Failure> {
        if !self.store.is_dir() {
            return Err(Failure::Run {
                what: format!("{command}: there is no store at `{}`", self.store.display()),
                hint: "run `wardscore run` first, or name another with `--store DIR`".to_owned(),
            });
        }
        Store::open(&self.store).map_err(|error| Failure::store(command, &error))
    }

    fn open_store(&self) -> Result<Store, Failure> {
        Store::open(&self.store).map_err(|error| Failure::store("store", &error))
    }
}
