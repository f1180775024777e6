//! `wardscore reminders`: who has not sent what, as a list, as texts to send, or as files beside the replies.
#![expect(clippy::print_stdout, reason = "the reminders are the command's output")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use super::{Common, Failure};
use crate::plan::Definition;
use crate::reply::{Language, Open, Reminder, reminders};

/// Arguments of `reminders`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ReminderArguments {
    /// Districts to tell of [default: all]
    #[arg(value_name = "DISTRICT")]
    districts: Vec<String>,
    /// How many days ahead a form counts as due soon
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    soon: u16,
    /// Print texts to send, in Vietnamese (vi) or English (en)
    #[arg(long, value_name = "LANGUAGE", num_args = 0..=1, require_equals = true, default_missing_value = "vi")]
    text: Option<Written>,
    /// Put the text of each district beside its replies, and take away those that nothing is left of
    #[arg(long, conflicts_with = "json")]
    write: bool,
    /// Print everything as JSON
    #[arg(long, conflicts_with = "text")]
    json: bool,
}

/// The language of a text, as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Written {
    /// Vietnamese
    Vi,
    /// English
    En,
}

/// Prints or writes the reminders.
pub(super) fn run(common: &Common, arguments: &ReminderArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    let plan = &definition.plan;
    let today = plan.local_date(common.now());
    let mut all = of_store(common, &definition, arguments.soon)?;
    for code in &arguments.districts {
        let register = &definition.register;
        if !register.versions_of(code).iter().any(|unit| register.sends(unit, unit.valid_from)) {
            return Err(Failure::usage(
                &format!("reminders: `{code}` sends no forms"),
                "`wardscore reminders` lists the districts that owe any",
            ));
        }
    }
    if !arguments.districts.is_empty() {
        all.retain(|reminder| arguments.districts.contains(&reminder.district));
    }
    let language = match arguments.text {
        Some(Written::En) => Language::English,
        Some(Written::Vi) | None => Language::Vietnamese,
    };
    let text = |reminder: &Reminder| reminder.text(plan, today, language);
    if arguments.write {
        let texts: BTreeMap<String, String> = all.iter().map(|r| (r.district.clone(), text(r))).collect();
        let written = common.open_store()?.write_reminders(&texts, &arguments.districts);
        let written = written.map_err(|e| Failure::store("reminders", &e))?;
        for path in written {
            println!("{}", path.display());
        }
    } else if arguments.json {
        println!("{}", serde_json::to_string_pretty(&all).unwrap_or_default());
    } else if arguments.text.is_some() {
        print!("{}", all.iter().map(text).collect::<Vec<_>>().join("\n----\n\n"));
    } else {
        print!("{}", list(&all));
    }
    Ok(ExitCode::SUCCESS)
}

/// The reminders of a store that was worked in before.
pub(super) fn of_store(common: &Common, definition: &Definition, soon: u16) -> Result<Vec<Reminder>, Failure> {
    let store = common.standing_store("reminders")?;
    let today = definition.plan.local_date(common.now());
    reminders(&definition.plan, &definition.register, &store, today, i32::from(soon))
        .map_err(|error| Failure::store("reminders", &error))
}

/// A line per district and form, with the periods, then the units that a form says nothing of.
fn list(all: &[Reminder]) -> String {
    if all.is_empty() {
        return "everything that was due has come\n".to_owned();
    }
    let mut text = String::new();
    for reminder in all {
        text.push_str(&format!("{} {}\n", reminder.district, reminder.name));
        for (word, late) in [("overdue", true), ("due soon", false)] {
            let mut forms: BTreeMap<&str, Vec<&Open>> = BTreeMap::new();
            for open in reminder.open.iter().filter(|open| (open.days_late > 0) == late) {
                forms.entry(&open.form).or_default().push(open);
            }
            for (form, open) in forms {
                let of = |o: &&Open| match o.days_late {
                    0 => format!("{} (today)", o.period),
                    late @ 1.. => format!("{} ({late} days)", o.period),
                    left => format!("{} (in {} days)", o.period, -left),
                };
                text.push_str(&format!(
                    "  {word:<9} form {form}: {}\n",
                    open.iter().map(of).collect::<Vec<_>>().join(", ")
                ));
            }
        }
        for silent in &reminder.silent {
            let units = silent.units.join(", ");
            text.push_str(&format!("  {:<9} form {} of {}: {units}\n", "no figures", silent.form, silent.period));
        }
    }
    text
}
