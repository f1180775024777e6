//! `wardscore completions`: what a shell needs to complete the commands.

use clap::CommandFactory;

/// Arguments of the command.
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(after_help = "Example:\n  wardscore completions bash > /etc/bash_completion.d/wardscore")]
pub(super) struct CompletionsArguments {
    /// The shell
    shell: clap_complete::Shell,
}

/// Prints the completions.
pub(super) fn run(arguments: CompletionsArguments) {
    clap_complete::generate(arguments.shell, &mut super::Arguments::command(), "wardscore", &mut std::io::stdout());
}
