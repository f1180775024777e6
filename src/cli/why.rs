//! `wardscore why`: what made a published value another, between two periods or two releases.
#![expect(clippy::print_stdout, reason = "the answer is the command's output")]

use std::process::ExitCode;

use super::{Common, Failure, explain};
use crate::model::{Period, Span};
use crate::trace::{self, Between, WhyQuestion};

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  wardscore why --ward 19753 --indicator T5 --from 2018-Q2 --to 2019-Q2
  wardscore why --unit 'Phu Vang' --indicator T7 --from 2018 --to 2019 --all
  wardscore why --unit 46 --indicator T1 --period 2019-Q4 --against 20200203T190000Z-1a2b3c4d --json")]
pub(super) struct WhyArguments {
    /// Code of a unit of any level, or its name with or without accents
    #[arg(long, visible_alias = "unit", value_name = "CODE|NAME")]
    ward: String,
    /// Code of the indicator, as T5
    #[arg(long, value_name = "CODE")]
    indicator: String,
    /// The earlier quarter or year, as 2018-Q2 or 2018
    #[arg(long, value_name = "PERIOD", requires = "to", conflicts_with_all = ["period", "against"])]
    from: Option<Period>,
    /// The later quarter or year
    #[arg(long, value_name = "PERIOD", requires = "from", conflicts_with_all = ["period", "against"])]
    to: Option<Period>,
    /// The period to be compared between two releases
    #[arg(long, value_name = "PERIOD", requires = "against", required_unless_present = "from")]
    period: Option<Period>,
    /// The release that the other is compared with
    #[arg(long, value_name = "ID", requires = "period")]
    against: Option<String>,
    /// Release [default: the newest]
    #[arg(long, value_name = "ID")]
    release: Option<String>,
    /// Stretch of time [default: year_to_date; of a year: year]
    #[arg(long, value_name = "SPAN", value_parser = explain::span())]
    span: Option<Span>,
    /// Show every unit, not the five that contributed most
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Tells why a value changed.
pub(super) fn run(common: &Common, arguments: &WhyArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    let store = explain::open(common, "why")?;
    let release = arguments.release.as_deref();
    let between = match (arguments.from.zip(arguments.to), arguments.period, arguments.against.as_deref()) {
        (Some((from, to)), ..) => Between::Periods { from, to, release },
        (None, Some(period), Some(against)) => Between::Releases { period, against, release },
        _ => {
            let hint = "give `--from PERIOD --to PERIOD`, or `--period PERIOD --against RELEASE`";
            return Err(Failure::usage("why: there are no two points to compare", hint));
        }
    };
    let latest = match between {
        Between::Periods { from, to, .. } => from.max(to),
        Between::Releases { period, .. } => period,
    };
    let unit = explain::unit(&definition, "why", &arguments.ward, explain::day(common, &definition, latest))?;
    let question = WhyQuestion {
        unit: &unit,
        indicator: &arguments.indicator,
        span: arguments.span.unwrap_or(if latest.is_year() { Span::Year } else { Span::YearToDate }),
        map: definition.plan.settings.map.shown,
        between,
        all: arguments.all,
    };
    let told = trace::why(&definition, &store, &question).map_err(|error| explain::failure(common, "why", error))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&told).unwrap_or_default());
    } else {
        print!("{}", told.text(&definition));
    }
    Ok(ExitCode::SUCCESS)
}
