//! `wardscore sample`: write invented submissions of a chosen scale.
#![expect(clippy::print_stdout, reason = "where the sample is is the command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use super::progress::Bars;
use super::{Common, Failure};
use crate::sample::{self, Scale, Spec};

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  wardscore sample --scale province --seed 1 --out sample-data")]
pub(super) struct SampleArguments {
    /// How much: demo, province or nation
    #[arg(long, value_parser = scale, default_value = "demo")]
    scale: Scale,
    /// The same seed gives the same files
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

fn scale(text: &str) -> Result<Scale, String> {
    match text {
        "demo" => Ok(Scale::Demo),
        "province" => Ok(Scale::Province),
        "nation" => Ok(Scale::Nation),
        _ => Err("expected demo, province or nation".to_owned()),
    }
}

/// Writes the sample. All its figures are invented.
pub(super) fn run(common: &Common, arguments: &SampleArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    let spec = Spec { scale: arguments.scale, seed: arguments.seed };
    let summary = sample::generate(&spec, &definition, &arguments.out, &Bars::default()).map_err(|error| {
        Failure::Run { what: format!("sample: {error}"), hint: "name a folder that this user may write".to_owned() }
    })?;
    println!("{summary} in `{}`; every figure is invented", arguments.out.display());
    Ok(ExitCode::SUCCESS)
}
