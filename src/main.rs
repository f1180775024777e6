//! The wardscore program: parse arguments, run, exit code.

use std::process::ExitCode;

/// Many short columns come and go on several threads: this allocator keeps the memory that it has been given, where the
/// system's hands it back and asks for it again. Musl's is slower still.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wardscore::cli::main()
}
