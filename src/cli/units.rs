//! `wardscore units`: the units in force, one unit with its history, a new register against the present one.
#![expect(clippy::print_stdout, reason = "what is known of the units is the command's output")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;

use super::{Common, Failure};
use crate::model::{Level, UnitVersion};
use crate::plan::{self, Definition};
use crate::register::Register;
use crate::register::history::Event;
use crate::store::file;

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  wardscore units
  wardscore units --at 2019-12-31
  wardscore units --ward 'Phú Gia'
  wardscore units --ward 19954 --at 2018-06-30
  wardscore units import new/units.csv"
)]
pub(super) struct UnitsArguments {
    /// The day of the map [default: today, in the plan's zone]
    #[arg(long, value_name = "DATE")]
    at: Option<Date>,
    /// Name, with or without accents, or code of a unit: show its history
    #[arg(long, value_name = "NAME|CODE")]
    ward: Option<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// Check a new register against the present one and print the difference
    Import(ImportArguments),
}

/// Arguments of the import.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
A changes.csv beside FILE is taken with it; without one, the present changes are checked against the new units.

Examples:
  wardscore units import new/units.csv
  wardscore units import new/units.csv --write")]
struct ImportArguments {
    /// The new units.csv
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Put the new files in the place of the present ones
    #[arg(long)]
    write: bool,
}

/// Shows units, or imports them.
pub(super) fn run(common: &Common, arguments: &UnitsArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    if let Some(Action::Import(import)) = &arguments.action {
        return self::import(&definition, import);
    }
    let day = arguments.at.unwrap_or_else(|| definition.plan.local_date(common.now()));
    let register = &definition.register;
    let text = match &arguments.ward {
        None => list(register, day),
        Some(wanted) => {
            let codes = find(register, wanted);
            if codes.is_empty() {
                return Err(Failure::usage(
                    &format!("units: no unit is called `{wanted}`"),
                    "give its name with or without accents, or its code; `wardscore units` lists those in force",
                ));
            }
            codes.iter().map(|code| history(register, code, day)).collect::<Vec<_>>().join("\n")
        }
    };
    print!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// Units in force, below the units above them, then how many there are of each kind.
fn list(register: &Register, day: Date) -> String {
    let mut text = format!("units in force on {day}\n");
    let mut kinds: BTreeMap<(Level, &str), usize> = BTreeMap::new();
    for level in [Level::Province, Level::District, Level::Ward] {
        for unit in register.in_force(level, day) {
            *kinds.entry((level, unit.kind.as_str())).or_default() += 1;
        }
    }
    for province in register.in_force(Level::Province, day) {
        below(register, province, day, 0, &mut text);
    }
    for level in [Level::Province, Level::District, Level::Ward] {
        let of: Vec<String> =
            kinds.iter().filter(|((l, _), _)| *l == level).map(|((_, kind), n)| format!("{n} {kind}")).collect();
        let total: usize = kinds.iter().filter(|((l, _), _)| *l == level).map(|(_, n)| n).sum();
        text.push_str(&format!("{:<10}{total:>6}  {}\n", level.as_str(), of.join(", ")));
    }
    text
}

fn below(register: &Register, unit: &UnitVersion, day: Date, depth: usize, text: &mut String) {
    text.push_str(&format!("{}{} {}\n", "  ".repeat(depth), unit.code, unit.name_vi));
    for child in register.children(&unit.code, day) {
        below(register, child, day, depth + 1, text);
    }
}

/// A name for comparison: composed, lower case.
fn plain(text: &str) -> String {
    text.trim().nfc().collect::<String>().to_lowercase()
}

/// What a version of a unit is called, its aliases aside.
fn own_names(unit: &UnitVersion) -> Vec<String> {
    let own = [unit.code.as_str(), &unit.name_vi, &unit.name_en, unit.bare_name()].map(plain);
    // The name without accents, without as many words as the kind has.
    let bare = unit.name_en.split_whitespace().skip(unit.kind.split_whitespace().count());
    own.into_iter().chain([plain(&bare.collect::<Vec<_>>().join(" "))]).collect()
}

/// Whether a version of a unit bears this name itself.
pub(super) fn is_called(unit: &UnitVersion, name: &str) -> bool {
    own_names(unit).contains(&plain(name))
}

/// Codes of the units that bear a code or name; where none bears it whole, those whose name holds it. A code means its own
/// unit, whoever else is called so.
pub(super) fn find(register: &Register, wanted: &str) -> BTreeSet<String> {
    if !register.versions_of(wanted.trim()).is_empty() {
        return BTreeSet::from([wanted.trim().to_owned()]);
    }
    let wanted = plain(wanted);
    let names = |unit: &UnitVersion| {
        let aliases = register.aliases(&unit.code).iter().map(|alias| plain(alias));
        own_names(unit).into_iter().chain(aliases).collect::<Vec<String>>()
    };
    let with = |fits: &dyn Fn(&str) -> bool| {
        let all = register.versions().iter().filter(|unit| names(unit).iter().any(|name| fits(name)));
        all.map(|unit| unit.code.clone()).collect::<BTreeSet<String>>()
    };
    let whole = with(&|name| name == wanted);
    if whole.is_empty() && !wanted.is_empty() { with(&|name| name.contains(&wanted)) } else { whole }
}

/// One line of a tree and what hangs below it.
struct Branch {
    text: String,
    below: Vec<Branch>,
}

/// A unit with its versions, where it came from and what became of it.
fn history(register: &Register, code: &str, day: Date) -> String {
    let mut text = String::new();
    let named = register.named(code, day);
    if let Some(unit) = named {
        let state = if unit.in_force(day) { format!("in force on {day}") } else { format!("not in force on {day}") };
        text.push_str(&format!("{} {} ({}), {state}\n", unit.code, unit.name_vi, unit.level));
    }
    let mut branches = Vec::new();
    for unit in register.versions_of(code) {
        let above = unit.parent_code.as_deref().and_then(|p| register.named(p, unit.valid_from));
        let above = above.map_or(String::new(), |p| format!(", {} {}", p.code, p.name_vi));
        let to = unit.valid_to.map_or("…".to_owned(), |to| to.to_string());
        branches
            .push(Branch { text: format!("{} to {to}: {}{above}", unit.valid_from, unit.name_vi), below: Vec::new() });
    }
    branches.extend(origins(register, code, None));
    for event in register.fates(code) {
        let ends = event.rows.iter().filter_map(|row| {
            let to = row.to_code.as_deref()?;
            Some(Branch { text: line(register, to, event.day, row), below: Vec::new() })
        });
        branches.push(Branch { text: heading("became", &event), below: ends.collect() });
    }
    draw(&branches, "", &mut text);
    text
}

/// What made a unit, before a day; predecessors of another code with what made them.
fn origins(register: &Register, code: &str, before: Option<Date>) -> Vec<Branch> {
    let events = register.origins(code).into_iter().filter(|event| before.is_none_or(|day| event.day < day));
    let branch = |event: Event<'_>| {
        let from = event.rows.iter().filter_map(|row| {
            let from = row.from_code.as_deref()?;
            let eve = event.day.yesterday().unwrap_or(event.day);
            let below = if from == code { Vec::new() } else { origins(register, from, Some(event.day)) };
            Some(Branch { text: line(register, from, eve, row), below })
        });
        Branch { text: heading("made by", &event), below: from.collect() }
    };
    events.map(branch).collect()
}

fn line(register: &Register, code: &str, day: Date, row: &crate::register::Change) -> String {
    let name = register.named(code, day).map_or("", |unit| unit.name_vi.as_str());
    let share = row.share.map(crate::register::Share::number).filter(|share| *share < 1.0);
    let share = share.map_or(String::new(), |share| format!(", share {share}"));
    format!("{code} {name}{share}")
}

fn heading(word: &str, event: &Event<'_>) -> String {
    let doubt = if event.certain() { "" } else { " (uncertain)" };
    format!("{word} {} on {}{doubt}: {}", event.kind.as_str(), event.day, event.instruments().join("; "))
}

fn draw(branches: &[Branch], indent: &str, text: &mut String) {
    for (at, branch) in branches.iter().enumerate() {
        let last = at + 1 == branches.len();
        let (fork, stem) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        text.push_str(&format!("{indent}{fork}{}\n", branch.text));
        draw(&branch.below, &format!("{indent}{stem}"), text);
    }
}

/// Checks a new register, prints how it differs and puts it in place where that is asked for.
fn import(definition: &Definition, arguments: &ImportArguments) -> Result<ExitCode, Failure> {
    let folder = &definition.plan.settings.register;
    let beside = arguments.file.with_file_name("changes.csv");
    let with_changes = beside.is_file();
    let changes = if with_changes { beside } else { folder.join("changes.csv") };
    let new = plan::read_register(&arguments.file, &changes).map_err(Failure::Definition)?;
    print!("{}", difference(&definition.register, &new));
    if !arguments.write {
        println!("nothing was written; `--write` puts the new files in `{}`", folder.display());
        return Ok(ExitCode::SUCCESS);
    }
    let mut files = vec![(arguments.file.as_path(), folder.join("units.csv"))];
    if with_changes {
        files.push((&changes, folder.join("changes.csv")));
    }
    for (from, to) in files {
        replace(from, &to)?;
        println!("wrote {}", to.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn replace(from: &Path, to: &Path) -> Result<(), Failure> {
    let fail = |what: String| Failure::Run {
        what: format!("units: {what}"),
        hint: "the register's folder must be writable by this user".to_owned(),
    };
    let bytes = fs_err::read(from).map_err(|error| fail(error.to_string()))?;
    file::replace(to, &bytes).map_err(|error| fail(error.to_string()))
}

/// How a new register differs: codes that came and went, versions that were closed, renamed, moved or added.
fn difference(old: &Register, new: &Register) -> String {
    let codes = |register: &Register| register.versions().iter().map(|u| u.code.clone()).collect::<BTreeSet<String>>();
    let (before, after) = (codes(old), codes(new));
    let mut lines = Vec::new();
    let name = |register: &Register, code: &str| {
        register.versions_of(code).last().map_or(String::new(), |unit| unit.name_vi.clone())
    };
    for code in after.difference(&before) {
        lines.push(format!("added    {code} {}", name(new, code)));
    }
    for code in before.difference(&after) {
        lines.push(format!("missing  {code} {}", name(old, code)));
    }
    for code in before.intersection(&after) {
        for unit in new.versions_of(code) {
            let was = old.versions_of(code).iter().find(|v| v.valid_from == unit.valid_from);
            // A version that is new is held against the one that it follows.
            let held = was.or_else(|| old.versions_of(code).iter().rev().find(|v| v.valid_from < unit.valid_from));
            let Some(held) = held else {
                lines.push(format!("earlier  {code} {} from {}", unit.name_vi, unit.valid_from));
                continue;
            };
            let on = unit.valid_from;
            if held.name_vi != unit.name_vi {
                lines.push(format!("renamed  {code} {} → {} from {on}", held.name_vi, unit.name_vi));
            }
            if held.parent_code != unit.parent_code {
                let parent = |v: &UnitVersion| v.parent_code.clone().unwrap_or_else(|| "none".to_owned());
                lines.push(format!("moved    {code} {}: {} → {} from {on}", unit.name_vi, parent(held), parent(unit)));
            }
            if let (Some(was), Some(end)) = (was, unit.valid_to)
                && was.valid_to != Some(end)
            {
                lines.push(format!("closed   {code} {} on {end}", unit.name_vi));
            }
        }
    }
    let changes = |register: &Register| register.changes().len();
    lines.push(format!(
        "{} units and {} changes before, {} and {} after",
        before.len(),
        changes(old),
        after.len(),
        changes(new)
    ));
    lines.join("\n") + "\n"
}
