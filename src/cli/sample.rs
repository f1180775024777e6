//! `wardscore sample`: invent submissions, with their truth.
#![expect(clippy::print_stdout, reason = "what was written is the command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use super::progress::Bars;
use super::{Common, Failure};
use crate::sample::{self, Scale, Spec};

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Below OUT: inbox/ (a folder per district), receipts.csv (when each file came), truth/ (what must come out, and the faults
planted); at the scales `region` and
`nation` also pipeline/, which reads it.

Example:
  wardscore sample --scale demo --seed 7 --out /tmp/demo
  wardscore run --set inbox=/tmp/demo/inbox --store /tmp/demo/store")]
pub(super) struct SampleArguments {
    /// How much to invent
    #[arg(long, default_value = "demo")]
    scale: Scale,
    /// Another seed gives other figures and faults
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Writes the sample and says how to use it.
pub(super) fn run(common: &Common, arguments: &SampleArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    let spec = Spec { scale: arguments.scale, seed: arguments.seed };
    let made =
        sample::generate(&spec, &definition, &arguments.out, &Bars::default()).map_err(|error| Failure::Run {
            what: format!("sample: {error}"),
            hint: "name a folder that this user may write, on a disk with room".to_owned(),
        })?;
    println!("{made}");
    match &made.pipeline {
        Some(pipeline) => println!("  wardscore run --pipeline {}", pipeline.display()),
        None => println!("  wardscore run --set inbox={}", made.folder.join("inbox").display()),
    }
    Ok(ExitCode::SUCCESS)
}
