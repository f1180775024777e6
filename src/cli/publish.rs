//! `wardscore publish`: the stage, or some documents into a folder.
#![expect(clippy::print_stdout, reason = "the output is the command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Common, Failure, stages};
use crate::job::{Stage, StageError};
use crate::model::{Format, Level};
use crate::publish;

const AFTER_HELP: &str = "\
Examples:
  wardscore publish
  wardscore publish --format html,pdf,xlsx
  wardscore publish --only ward:19753 --format pdf,html,xlsx
  wardscore publish --only district:474,province:46 --format pdf --out /tmp/hue

With --only no release is made: the documents are rendered from the tables as they stand into the folder --out. In a release
only districts and provinces have workbooks; named by --only, a ward has one too.";

/// Arguments of `publish`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct PublishArguments {
    /// Render the documents of these units alone, as ward:19753
    #[arg(long, value_name = "LEVEL:CODE", value_delimiter = ',', value_parser = unit)]
    only: Vec<(Level, String)>,
    /// Kinds of documents: html, pdf, xlsx [default: those of the pipeline]
    #[arg(long, value_name = "FORMAT", value_delimiter = ',', value_parser = format)]
    format: Vec<Format>,
    /// Folder into which documents named by --only go
    #[arg(long, value_name = "DIR", default_value = "scorecards", requires = "only")]
    out: PathBuf,
}

fn unit(text: &str) -> Result<(Level, String), String> {
    let (level, code) = text.split_once(':').ok_or("expected a level and a code, as ward:19753")?;
    Ok((level.parse()?, code.to_owned()))
}

fn format(text: &str) -> Result<Format, String> {
    Format::from_word(text).ok_or_else(|| format!("`{text}` is not a format; expected html, pdf or xlsx"))
}

/// Runs the stage, or renders what is asked for.
pub(super) fn run(common: &Common, arguments: &PublishArguments) -> Result<ExitCode, Failure> {
    let mut common = common.clone();
    if !arguments.format.is_empty() {
        let words: Vec<&str> = arguments.format.iter().map(|format| format.as_str()).collect();
        common.set.push(("formats".to_owned(), words.join(",")));
    }
    if arguments.only.is_empty() {
        return stages::run(&common, Stage::Publish, false, false);
    }
    let definition = common.definition()?;
    let store = common.standing_store("publish")?;
    let (plan, formats) = (&definition.plan, &definition.plan.settings.scorecards.formats);
    let (now, to) = (common.now(), &arguments.out);
    let done = publish::documents(plan, &definition.register, &store, now, &arguments.only, formats, to);
    let count = done.map_err(|error| Failure::from(StageError::Publish(error)))?;
    println!("{count} documents in {}", to.display());
    Ok(ExitCode::SUCCESS)
}
