//! `wardscore verify-methods`: run the statistics on golden cases and tell how far they agree.
#![expect(clippy::print_stdout, reason = "the agreement is the command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use super::Failure;
use crate::verify::{self, Report};

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Reads every *.json of the folder, in the format golden-1: cases with inputs, expected values and tolerances. Ends with 1
when a case disagrees, with 3 when a file or a case cannot be read. Kinds without a method here are listed and do not fail.
The deviation is told as a part of what the case allows: up to 1 it agrees.

Example:
  wardscore verify-methods tests/cases/methods")]
pub(super) struct VerifyArguments {
    /// Folder of golden cases
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Verifies the folder and prints the agreement.
pub(super) fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let report = verify::verify(&arguments.folder).map_err(|error| Failure::Run {
        what: format!("verify-methods: {error}"),
        hint: "name a folder with golden cases, as `tests/cases/methods`".to_owned(),
    })?;
    print!("{}", describe(&report));
    if !report.unreadable.is_empty() {
        let each = report.unreadable.iter().map(|u| {
            let case = u.case.as_ref().map(|case| format!(", case {case}")).unwrap_or_default();
            format!("verify-methods: `{}`{case}: {}", u.file.display(), u.what)
        });
        return Err(Failure::Run {
            what: each.collect::<Vec<_>>().join("\nerror: "),
            hint: "mend what is named; all else was verified".to_owned(),
        });
    }
    let disagrees = report.families.iter().any(|family| !family.disagreements.is_empty());
    Ok(ExitCode::from(u8::from(disagrees)))
}

/// The agreement as people read it: one line per family, then what has no method, then what disagrees.
fn describe(report: &Report) -> String {
    let mut text = format!("{:<18}{:>6}{:>7}{:>11}  largest deviation\n", "family", "cases", "agree", "no method");
    for family in &report.families {
        let without: usize = family.without.values().sum();
        let name = format!("{:>2} {}", family.number, family.name);
        let (cases, agreeing) = (family.cases, family.agreeing);
        let worst = if cases == without { "-".to_owned() } else { format!("{:.1e}", family.worst) };
        text += &format!("{name:<18}{cases:>6}{agreeing:>7}{without:>11}  {worst}\n");
    }
    for family in &report.families {
        for (kind, cases) in &family.without {
            text += &format!("no method: {kind} of {}, {cases} cases\n", family.name);
        }
    }
    for d in report.families.iter().flat_map(|family| &family.disagreements) {
        text += &format!("disagrees: {}, {}: got {}, expected {}\n", d.case, d.field, d.got, d.expected);
    }
    text
}
