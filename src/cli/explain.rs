//! `wardscore explain`: one published figure back to its cells.
#![expect(clippy::print_stdout, reason = "the explanation is the command's output")]

use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use jiff::civil::Date;

use super::{Common, Failure, units};
use crate::model::{Map, Period, Span};
use crate::plan::{Definition, nearest};
use crate::store::Store;
use crate::trace::{self, Question, TraceError};

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  wardscore explain --ward 19753 --indicator T5 --period 2018-Q2
  wardscore explain --unit 'Phu Vang' --indicator T7 --period 2019 --all
  wardscore explain --ward 19753 --indicator T6 --period 2020-Q4 --map current --json")]
pub(super) struct ExplainArguments {
    /// Code of a unit of any level, or its name with or without accents
    #[arg(long, visible_alias = "unit", value_name = "CODE|NAME")]
    ward: String,
    /// Code of the indicator, as T5
    #[arg(long, value_name = "CODE")]
    indicator: String,
    /// Quarter or year, as 2018-Q2 or 2018
    #[arg(long, value_name = "PERIOD")]
    period: Period,
    /// Stretch of time [default: year_to_date; of a year: year]
    #[arg(long, value_name = "SPAN", value_parser = span())]
    span: Option<Span>,
    /// Release [default: the newest]
    #[arg(long, value_name = "ID")]
    release: Option<String>,
    /// Show long lists whole, not their first 20 entries
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn span() -> impl clap::builder::TypedValueParser<Value = Span> {
    let words = Span::ALL.iter().map(|span| span.as_str());
    PossibleValuesParser::new(words).try_map(|word| Span::from_word(&word).ok_or("not a span"))
}

/// Explains a figure.
pub(super) fn run(common: &Common, arguments: &ExplainArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    let store = open(common, "explain")?;
    let period = arguments.period;
    let span = arguments.span.unwrap_or(if period.is_year() { Span::Year } else { Span::YearToDate });
    let map = definition.plan.settings.map.shown;
    let day = day(common, &definition, period);
    let unit = unit(&definition, "explain", &arguments.ward, day)?;
    let question = Question {
        unit: &unit,
        indicator: &arguments.indicator,
        period,
        span,
        map,
        release: arguments.release.as_deref(),
        all: arguments.all,
    };
    let told = trace::explain(&definition, &store, &question).map_err(|error| failure(common, "explain", error))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&told).unwrap_or_default());
    } else {
        print!("{}", told.text(&definition));
    }
    Ok(ExitCode::SUCCESS)
}

fn no_release(common: &Common, command: &str, named: &str) -> Failure {
    Failure::Run {
        what: format!("{command}: there is no release{named} in `{}`", common.store.display()),
        hint: "run `wardscore run` first, or name another store with `--store DIR`".to_owned(),
    }
}

/// The store, which must be there.
pub(super) fn open(common: &Common, command: &str) -> Result<Store, Failure> {
    if !common.store.is_dir() {
        return Err(no_release(common, command, ""));
    }
    Store::open(&common.store).map_err(|error| Failure::store(command, &error))
}

/// The day on which a unit is looked up: that of the map that is shown.
pub(super) fn day(common: &Common, definition: &Definition, period: Period) -> Date {
    match definition.plan.settings.map.shown {
        Map::AsReported => period.end(),
        Map::AsOf => definition.plan.as_of(),
        Map::Current => definition.plan.local_date(common.now()),
    }
}

/// Why nothing could be traced.
pub(super) fn failure(common: &Common, command: &str, error: TraceError) -> Failure {
    match error {
        TraceError::Store(error) => Failure::store(command, &error),
        TraceError::NoRelease(named) => no_release(common, command, &named),
        TraceError::NoFigure { what, hint } => Failure::usage(&format!("{command}: {what}"), &hint),
    }
}

/// The one unit that a code or name means on a day: of several those in force, of these those called so on that day.
pub(super) fn unit(definition: &Definition, command: &str, wanted: &str, day: Date) -> Result<String, Failure> {
    let register = &definition.register;
    let found: Vec<String> = units::find(register, wanted).into_iter().collect();
    let mut fit: Vec<&String> = found.iter().filter(|code| register.at(code, day).is_some()).collect();
    if fit.is_empty() {
        fit = found.iter().collect();
    }
    let called = |code: &&&String| register.at(code, day).is_some_and(|unit| units::is_called(unit, wanted));
    if fit.iter().any(|code| called(&code)) {
        fit.retain(|code| called(&code));
    }
    match fit.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names = register.versions().iter().flat_map(|u| [u.code.as_str(), u.name_vi.as_str(), &u.name_en]);
            let near = nearest(wanted, names).map_or(String::new(), |near| format!("did you mean `{near}`? "));
            Err(Failure::usage(
                &format!("{command}: no unit is called `{wanted}`"),
                &format!("{near}give its name with or without accents, or its code; `wardscore units` lists them"),
            ))
        }
        many => {
            let list: Vec<String> = many
                .iter()
                .filter_map(|code| register.named(code, day))
                .map(|unit| format!("{} {} ({})", unit.code, unit.name_vi, unit.level))
                .collect();
            Err(Failure::usage(
                &format!("{command}: {} units are called `{wanted}`", many.len()),
                &format!("give the code of one: {}", list.join(", ")),
            ))
        }
    }
}
