//! `wardscore check`: validate a definition and report every error at once.
#![expect(clippy::print_stdout, reason = "the verdict is the command's output")]

use std::process::ExitCode;

use super::{Common, Failure};

/// Loads the definition; its errors are told by the caller.
pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let folder = common.pipeline()?;
    let definition = common.definition()?;
    let plan = &definition.plan;
    println!(
        "ok: `{}` defines {} forms, {} elements, {} indicators, {} targets, {} rules, {} versions of units",
        folder.display(),
        plan.forms.len(),
        plan.elements.len(),
        plan.indicators.len(),
        plan.targets.len(),
        plan.rules.len(),
        definition.register.versions().len()
    );
    Ok(ExitCode::SUCCESS)
}
