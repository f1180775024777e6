//! The wardscore program: parse arguments, run, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    wardscore::cli::main()
}
