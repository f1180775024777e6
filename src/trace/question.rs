//! Which row of a release is meant, or why there is none.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::TraceError;
use super::record::{Record, records};
use crate::model::{Indicator, Level, Map, Period, Plan, Span};
use crate::plan::nearest;
use crate::register::Register;
use crate::store::{Partition, Published, Store};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Code of the unit.
    pub unit: &'a str,
    /// Code of the indicator.
    pub indicator: &'a str,
    /// A quarter, or a year.
    pub period: Period,
    /// The stretch of time.
    pub span: Span,
    /// The map.
    pub map: Map,
    /// The release's id; none for the newest.
    pub release: Option<&'a str>,
    /// Whether long lists are wanted whole.
    pub all: bool,
}

/// The figure that is explained.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Release.
    pub release: String,
    /// When the release was made.
    pub created: String,
    /// Indicator: code, Vietnamese and English name.
    pub indicator: [String; 3],
    /// Unit: code, name, level.
    pub unit: [String; 3],
    /// Code and name of the unit above.
    pub above: Option<[String; 2]>,
    /// Period: code, Vietnamese and English label.
    pub period: [String; 3],
    /// Span.
    pub span: &'static str,
    /// Map.
    pub map: &'static str,
    /// Day of the map; none for the units that reported.
    pub map_day: Option<String>,
    /// The row of `indicator_values` as released.
    pub row: Record,
}

/// A question with its release, row and what they rest on.
pub(super) struct Asked<'a> {
    pub(super) plan: &'a Plan,
    pub(super) register: &'a Register,
    pub(super) release: Published,
    pub(super) indicator: &'a Indicator,
    pub(super) unit: &'a str,
    pub(super) level: Level,
    /// The quarter at whose end it stands.
    pub(super) quarter: Period,
    pub(super) period: Period,
    pub(super) span: Span,
    pub(super) map: Map,
    /// Day on which the release was made.
    pub(super) today: Date,
    /// Day of the map.
    pub(super) map_day: Date,
    /// Folder of the province, where a pipeline holds several.
    pub(super) province: Option<String>,
    pub(super) table: PathBuf,
    pub(super) figure: Figure,
}

fn none(what: String, hint: impl Into<String>) -> TraceError {
    TraceError::NoFigure { what, hint: hint.into() }
}

/// The newest release, or the one of this id.
pub(super) fn release(store: &Store, id: Option<&str>) -> Result<Published, TraceError> {
    let named = id.map_or(String::new(), |id| format!(" `{id}`"));
    store.published(id)?.ok_or(TraceError::NoRelease(named))
}

/// An indicator by its code.
pub(super) fn indicator<'a>(plan: &'a Plan, code: &str) -> Result<&'a Indicator, TraceError> {
    let known = || plan.indicators.iter().map(|i| i.code.as_str());
    plan.indicator(code).ok_or_else(|| {
        let near = nearest(&code.to_uppercase(), known()).map(|n| format!("did you mean `{n}`? "));
        let all = known().collect::<Vec<_>>().join(", ");
        none(
            format!("indicator `{code}` is not defined"),
            format!("{}the plan defines {all}", near.unwrap_or_default()),
        )
    })
}

/// The quarter at whose end a period stands, if the span is one of its.
pub(super) fn quarter(period: Period, span: Span) -> Result<Period, TraceError> {
    if period.is_year() != (span == Span::Year) {
        let hint = format!(
            "a year has the span `year` and a quarter the others: `--period {}`, or `--period {}-Q4 --span {}`",
            period.year(),
            period.year(),
            if span == Span::Year { Span::YearToDate } else { span }
        );
        return Err(none(format!("`{period}` has no span `{span}`"), hint));
    }
    Ok(Period::quarter_of(period.year(), period.quarter().unwrap_or(4)).unwrap_or(period))
}

/// Day on which a release was made.
fn made_on(plan: &Plan, release: &Published) -> Date {
    plan.local_date(release.text("created").parse().unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Day of a map in a release.
pub(super) fn map_day(plan: &Plan, release: &Published, map: Map, quarter: Period) -> Date {
    match map {
        Map::AsReported => quarter.end(),
        Map::AsOf => release.text("as_of").parse().unwrap_or(plan.first_day),
        Map::Current => made_on(plan, release),
    }
}

/// The file that holds a period's figures on a map.
pub(super) fn file(
    release: &Published,
    province: Option<&str>,
    period: Period,
    map: Map,
) -> Result<Partition, TraceError> {
    let name = (map != Map::AsReported).then_some(map.as_str());
    if let Some(file) = release.of_period("indicator_values", province, period, name) {
        return Ok(file);
    }
    let all = release.periods("indicator_values")?;
    let hint = match (all.first(), all.last()) {
        (Some(first), Some(last)) => format!("it holds {first} to {last}"),
        _ => "run `wardscore run`".to_owned(),
    };
    Err(none(format!("the release has no figures of `{period}` on the map `{map}`"), hint))
}

impl<'a> Asked<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        register: &'a Register,
        store: &Store,
        question: &Question<'a>,
    ) -> Result<Self, TraceError> {
        Self::of(plan, register, release(store, question.release)?, question)
    }

    /// The same of a release that is open.
    pub(super) fn of(
        plan: &'a Plan,
        register: &'a Register,
        release: Published,
        question: &Question<'a>,
    ) -> Result<Self, TraceError> {
        let Question { unit, period, span, map, .. } = *question;
        let indicator = indicator(plan, question.indicator)?;
        let quarter = quarter(period, span)?;
        let today = made_on(plan, &release);
        let map_day = map_day(plan, &release, map, quarter);
        let version = register.at(unit, map_day).ok_or_else(|| not_in_force(register, unit, map_day))?;
        let province = register.has_several_provinces().then(|| register.province_of(unit, map_day)).flatten();
        let file = file(&release, province, period, map)?;
        let keys = ["unit_code", "span", "indicator"];
        let wanted = [unit, span.as_str(), &indicator.code];
        let rows = records(&file.read_where(&[], &keys, |texts| texts == wanted)?);
        let mut asked = Self {
            plan,
            register,
            indicator,
            unit,
            level: version.level,
            quarter,
            period,
            span,
            map,
            today,
            map_day,
            province: province.map(str::to_owned),
            table: file.path().to_owned(),
            figure: Figure {
                release: release.text("id").to_owned(),
                created: release.text("created").to_owned(),
                indicator: [indicator.code.clone(), indicator.name_vi.clone(), indicator.name_en.clone()],
                unit: [unit.to_owned(), version.name_vi.clone(), version.level.to_string()],
                above: None,
                period: [period.to_string(), period.label_vi(), period.label_en()],
                span: span.as_str(),
                map: map.as_str(),
                map_day: (map != Map::AsReported).then(|| map_day.to_string()),
                row: Record::default(),
            },
            release,
        };
        let above = version.parent_code.as_deref().and_then(|code| register.at(code, map_day));
        asked.figure.above = above.map(|unit| [unit.code.clone(), unit.name_vi.clone()]);
        asked.figure.row = rows.into_iter().next().ok_or_else(|| asked.no_row())?;
        Ok(asked)
    }

    /// Why a unit has no row of an indicator.
    fn no_row(&self) -> TraceError {
        let table = format!("the table is `{}`", self.table.display());
        no_row(self.register, self.indicator, (self.unit, self.map_day), self.period, (self.span, self.map), table)
    }

    /// Who sends a unit's forms on a day: its district, or the province for a ward directly below it.
    pub(super) fn sender(&self, code: &str, day: Date) -> Option<&'a str> {
        self.register.district_of(code, day).or_else(|| self.register.province_of(code, day))
    }

    /// A unit's name at the end of the quarter.
    pub(super) fn name(&self, code: &str) -> &'a str {
        self.register.named(code, self.quarter.end()).map_or("", |unit| unit.name_vi.as_str())
    }
}

/// Why a unit has no row of an indicator; `else_hint` where nothing tells.
pub(super) fn no_row(
    register: &Register,
    indicator: &Indicator,
    (unit, day): (&str, Date),
    period: Period,
    (span, map): (Span, Map),
    else_hint: String,
) -> TraceError {
    let code = &indicator.code;
    let name = |code: &str| register.named(code, day).map_or("", |unit| unit.name_vi.as_str());
    let version = register.at(unit, day);
    let hint = if let Some(only) = indicator.unit.as_ref().filter(|only| only.as_str() != unit) {
        format!("`{code}` is about {only} {} alone", name(only))
    } else if version.is_some_and(|version| indicator.level > version.level) {
        let above = version.and_then(|version| version.parent_code.as_deref());
        let above = above.map_or(String::new(), |above| format!(": {above} {}", name(above)));
        format!("`{code}` is measured from the {} up{above}", indicator.level)
    } else if span == Span::RollingYear {
        "the plan's first rolling year ends with its fourth quarter".to_owned()
    } else {
        else_hint
    };
    let what = format!("the release has no `{code}` of {unit} {} for {period}", name(unit));
    none(format!("{what}, span `{span}`, map `{map}`"), hint)
}

/// A unit that is not in force on the map's day, with what it was made from or became.
pub(super) fn not_in_force(register: &Register, unit: &str, day: Date) -> TraceError {
    let name = register.named(unit, day).map_or("", |unit| unit.name_vi.as_str());
    let became = register.fates(unit).into_iter().filter(|event| event.day <= day).flat_map(|event| {
        let to = event.rows.iter().filter_map(|row| row.to_code.as_deref());
        to.map(|code| (code, event.day)).collect::<Vec<_>>()
    });
    let became: Vec<String> = became
        .map(|(code, day)| {
            format!("{code} {} from {day}", register.named(code, day).map_or("", |unit| unit.name_vi.as_str()))
        })
        .collect();
    let hint = if became.is_empty() {
        format!("`wardscore units --ward {unit}` shows its history")
    } else {
        format!("it became {}; or lay the figure on another map with `--map as_of`", became.join(", "))
    };
    none(format!("{unit} {name} is not in force on {day}"), hint)
}

/// The page that shows the figure: pages show the newest quarter on one map and for one span.
pub(super) fn page(asked: &Asked<'_>) -> Result<Option<PathBuf>, TraceError> {
    let newest = asked.release.periods("observations")?.into_iter().rev().find(|period| !period.is_year());
    let settings = &asked.plan.settings;
    let shown = asked.map == settings.map.shown && asked.span == settings.span && newest == Some(asked.period);
    Ok(asked.release.page(&format!("{}/{}.html", asked.level, asked.unit)).filter(|_| shown))
}
