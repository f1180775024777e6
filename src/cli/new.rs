//! `wardscore new`: start a pipeline for another plan.
#![expect(clippy::print_stdout, reason = "what to do next is the command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use super::Failure;
use crate::plan::template;

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  wardscore new pipelines/my-plan && wardscore check --pipeline pipelines/my-plan")]
pub(super) struct NewArguments {
    /// Folder to make; it must not hold anything yet
    dir: PathBuf,
}

/// Writes the starter and says what comes next.
pub(super) fn run(arguments: &NewArguments) -> Result<ExitCode, Failure> {
    let dir = &arguments.dir;
    if fs_err::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::usage(
            &format!("new: `{}` is not empty", dir.display()),
            "name a folder that does not exist yet",
        ));
    }
    template::write(dir).map_err(|error| Failure::Run {
        what: format!("new: {error}"),
        hint: "name a folder that this user may write".to_owned(),
    })?;
    println!("a starter pipeline is in `{}`; change it to your plan, then:", dir.display());
    println!("  wardscore check --pipeline {}", dir.display());
    Ok(ExitCode::SUCCESS)
}
