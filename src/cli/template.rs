//! `wardscore template`: the blank form of a district and period.
#![expect(clippy::print_stdout, reason = "where the forms are is the command's output")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Common, Failure};
use crate::model::{Form, Frequency, Period, Plan, UnitVersion};
use crate::plan::Definition;
use crate::register::Register;
use crate::store::file;
use crate::template::{self, Slot};

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  wardscore template --form 01 --district 478 --period 2018-Q3
  wardscore template --form 03 --period 2018 --out forms/")]
pub(super) struct TemplateArguments {
    /// Code of the form
    #[arg(long, value_name = "CODE")]
    form: String,
    /// Code of the district [default: every district, into a folder]
    #[arg(long, value_name = "CODE")]
    district: Option<String>,
    /// The period that the form is about, as 2018-Q3 or 2018
    #[arg(long, value_name = "PERIOD")]
    period: String,
    /// File, or folder in which the file gets a name of its own
    #[arg(long, value_name = "FILE|DIR", default_value = ".")]
    out: PathBuf,
}

/// Writes the forms and says where they are.
pub(super) fn run(common: &Common, arguments: &TemplateArguments) -> Result<ExitCode, Failure> {
    let Definition { plan, register, .. } = common.definition()?;
    let form = form_of(&plan, &arguments.form)?;
    let period = period_of(&plan, form, &arguments.period)?;
    let districts = match &arguments.district {
        Some(code) => vec![district_of(&register, code, period)?],
        None => register.senders(period.end()).collect(),
    };
    let one = arguments.district.is_some();
    let folder = !one || arguments.out.is_dir() || arguments.out.as_os_str().to_string_lossy().ends_with('/');
    for district in districts {
        let slot = Slot { form, district, period };
        let path = if folder { arguments.out.join(slot.file_name()) } else { arguments.out.clone() };
        let bytes = template::write(&slot, &plan, &register, &|_, _| None).map_err(|error| Failure::Run {
            what: format!("template: `{}`: {error}", path.display()),
            hint: "shorten the form's labels in the definition; a workbook has limits".to_owned(),
        })?;
        save(&path, &bytes)?;
        println!("{}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn save(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder).map_err(|error| Failure::store("template", &error.into()))?;
    }
    file::replace(path, bytes).map_err(|error| Failure::Run {
        what: format!("template: {error}"),
        hint: "name a file or folder that this user may write with `--out`".to_owned(),
    })
}

fn form_of<'p>(plan: &'p Plan, code: &str) -> Result<&'p Form, Failure> {
    plan.form(code).ok_or_else(|| {
        let known: Vec<&str> = plan.forms.iter().map(|f| f.code.as_str()).collect();
        Failure::usage(&format!("template: there is no form `{code}`"), &format!("the plan has {}", known.join(", ")))
    })
}

fn period_of(plan: &Plan, form: &Form, text: &str) -> Result<Period, Failure> {
    let example = match form.frequency {
        Frequency::Quarter => plan.last_period.to_string(),
        Frequency::Year => plan.last_period.year().to_string(),
    };
    let period: Period = text.parse().map_err(|error| {
        Failure::usage(&format!("template: {error}"), &format!("name one, as `--period {example}`"))
    })?;
    if period.is_year() != (form.frequency == Frequency::Year) {
        let due = if period.is_year() { "every quarter" } else { "once a year" };
        return Err(Failure::usage(
            &format!("template: form {} is due {due}, and `{text}` is none of its periods", form.code),
            &format!("name one, as `--period {example}`"),
        ));
    }
    let periods = plan.periods_of(form);
    match (periods.first(), periods.last()) {
        (Some(first), Some(last)) if !(*first..=*last).contains(&period) => Err(Failure::usage(
            &format!("template: `{text}` is not a period of the plan"),
            &format!("the plan runs from {first} to {last}"),
        )),
        _ => Ok(period),
    }
}

fn district_of<'r>(register: &'r Register, code: &str, period: Period) -> Result<&'r UnitVersion, Failure> {
    let day = period.end();
    register.at(code, day).filter(|unit| register.sends(unit, day)).ok_or_else(|| {
        let known: Vec<String> = register.senders(day).take(20).map(|u| format!("{} {}", u.code, u.name_vi)).collect();
        Failure::usage(
            &format!("template: `{code}` is not the code of a district in force on {day}"),
            &format!("districts are {}", known.join(", ")),
        )
    })
}
