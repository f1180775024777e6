//! A whole plan definition, loaded and checked: what every stage works from.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;

use super::action::Actions;
use super::correction::Corrections;
use super::element::{Element, Form, Kind};
use super::finding::Code;
use super::formula::Expr;
use super::geography::Geography;
use super::indicator::Indicator;
use super::intervention::{Intervention, Measure};
use super::job::Channel;
use super::map::MapChoice;
use super::period::Period;
use super::retention::Retention;
use super::rubric::Rubric;
use super::rule::Rule;
use super::score::Scoring;
use super::scorecards::Scorecards;
use super::signer::Signers;
use super::source::Source;
use super::state::Span;
use super::target::Target;
use super::unit::Level;

/// Settings that `--set KEY=VALUE` may override; paths are absolute or relative to the working directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Parent of the district folders.
    pub inbox: PathBuf,
    /// CSV of baselines.
    pub baseline: PathBuf,
    /// CSV of populations.
    pub population: PathBuf,
    /// CSV of reviewed corrections; it need not be there.
    pub corrections: PathBuf,
    /// CSV of what is undertaken about figures; it need not be there.
    pub actions: PathBuf,
    /// Folder of the register (units.csv, changes.csv, aliases.csv).
    pub register: PathBuf,
    /// Largest file read, in bytes.
    pub max_file_bytes: u64,
    /// Days after which the bytes of a file that holds persons are erased.
    pub personal_data_retention_days: u64,
    /// The map that pages show, and the day of the `as_of` map.
    pub map: MapChoice,
    /// The span of the figures that pages show.
    pub span: Span,
    /// The channel of the release that is made.
    pub channel: Channel,
    /// What scorecards are made as.
    pub scorecards: Scorecards,
}

/// A baseline value of one unit and element.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Day on which it held.
    pub as_of: Date,
    /// The value.
    pub value: f64,
}

/// Population of one unit in one year, with its note on where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Population {
    /// Persons.
    pub persons: f64,
    /// Source or note.
    pub note: String,
}

/// A plan as loaded from its folder; every name in it has been checked.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Folder it was loaded from.
    pub folder: PathBuf,
    /// Code: `plan-50`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// A sentence shown on every page when the figures are invented; empty for real data.
    pub notice_vi: String,
    /// The same in English.
    pub notice_en: String,
    /// First day of the plan.
    pub first_day: Date,
    /// First reporting quarter.
    pub first_period: Period,
    /// Last reporting quarter.
    pub last_period: Period,
    /// Zone of due dates: `Asia/Ho_Chi_Minh`.
    pub time_zone: String,
    /// Settings after overrides.
    pub settings: Settings,
    /// How long releases are kept.
    pub retention: Retention,
    /// Sources of forms.
    pub sources: Vec<Source>,
    /// Who signs forms.
    pub signers: Signers,
    /// Elements, form by form in column order.
    pub elements: Vec<Element>,
    /// Forms by code.
    pub forms: Vec<Form>,
    /// Indicators: the targets' first, then the process indicators.
    pub indicators: Vec<Indicator>,
    /// Targets by indicator.
    pub targets: Vec<Target>,
    /// The rubric.
    pub rubric: Rubric,
    /// How the ward score is made.
    pub scoring: Scoring,
    /// Rules on reported values.
    pub rules: Vec<Rule>,
    /// Interventions whose effect is estimated.
    pub interventions: Vec<Intervention>,
    /// Population by unit code, then year.
    pub populations: BTreeMap<String, BTreeMap<i16, Population>>,
    /// Baselines by unit code, then element.
    pub baselines: BTreeMap<String, BTreeMap<String, Baseline>>,
    /// Reviewed corrections of reported values.
    pub corrections: Corrections,
    /// What is undertaken about figures.
    pub actions: Actions,
    /// Where wards lie.
    pub geography: Geography,
    /// SHA-256 (hex) over everything that the definition holds, with overrides; but for the corrections and the actions,
    /// which have their own, and for what changes no figure.
    pub digest: String,
    /// SHA-256 (hex) over what of it the reading of forms follows from.
    pub reading_digest: String,
}

impl Plan {
    /// Position of an element by code.
    pub fn element_index(&self, code: &str) -> Option<usize> {
        self.elements.iter().position(|e| e.code == code)
    }

    /// A form by code.
    pub fn form(&self, code: &str) -> Option<&Form> {
        self.forms.iter().find(|f| f.code == code)
    }

    /// An indicator by code.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|i| i.code == code)
    }

    /// Code of the element or indicator that is measured.
    pub fn measure_code(&self, measure: Measure) -> &str {
        match measure {
            Measure::Element(at) => self.elements.get(at).map_or("", |e| &e.code),
            Measure::Indicator(at) => self.indicators.get(at).map_or("", |i| &i.code),
        }
    }

    /// Level of the units that report it.
    pub fn measure_level(&self, measure: Measure) -> Level {
        match measure {
            Measure::Element(at) => self.elements.get(at).map_or(Level::Ward, |e| e.level),
            Measure::Indicator(at) => self.indicators.get(at).map_or(Level::Ward, |i| i.level),
        }
    }

    /// True where an indicator counts units: their flags, their classes, themselves. Of a part of a unit it has no value.
    pub fn counts_units(&self, indicator: &Indicator) -> bool {
        let mut counts = false;
        for expr in std::iter::once(&indicator.numerator).chain(&indicator.denominator) {
            expr.visit(&mut |node| {
                counts |= match node {
                    Expr::Units | Expr::Class(_) | Expr::Test(..) => true,
                    Expr::Element(code) => self.elements.iter().any(|e| e.code == *code && e.kind == Kind::Flag),
                    _ => false,
                };
            });
        }
        counts
    }

    /// The target of an indicator.
    pub fn target(&self, indicator: &str) -> Option<&Target> {
        self.targets.iter().find(|t| t.indicator == indicator)
    }

    /// The rule whose findings bear this code; the first, where several do.
    pub fn rule(&self, code: Code) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.code() == code)
    }

    /// The day on which a form for a period is due.
    pub fn due_on(&self, form: &Form, period: Period) -> Date {
        period.end().saturating_add(jiff::Span::new().days(form.due_days))
    }

    /// How far the plan's calendar has come: what is said of periods and due dates is the same on two days of one calendar.
    pub fn calendar(&self, today: Date) -> String {
        let count = |of: &dyn Fn(Period) -> bool, periods: &[Period]| periods.iter().filter(|p| of(**p)).count();
        let mut text = format!("{}", count(&|q| q.start() <= today, &self.quarters()));
        for form in &self.forms {
            let periods = self.periods_of(form);
            let ended = count(&|p| p.end() < today, &periods);
            let due = count(&|p| self.due_on(form, p) <= today, &periods);
            let over = count(&|p| self.due_on(form, p) < today, &periods);
            text.push_str(&format!(" {}:{ended}/{due}/{over}", form.code));
        }
        text
    }

    /// The periods that a form is about, first to last.
    pub fn periods_of(&self, form: &Form) -> Vec<Period> {
        match form.frequency {
            super::element::Frequency::Quarter => self.quarters(),
            super::element::Frequency::Year => self.years(),
        }
    }

    /// The local date of a moment, in the plan's zone.
    pub fn local_date(&self, at: jiff::Timestamp) -> Date {
        self.local_time(at).date()
    }

    /// The local time of a moment, in the plan's zone.
    pub fn local_time(&self, at: jiff::Timestamp) -> jiff::civil::DateTime {
        at.to_zoned_datetime(self.zone()).datetime()
    }

    /// The moment at which a day begins in the plan's zone.
    pub fn start_of(&self, day: Date) -> jiff::Timestamp {
        day.to_zoned_datetime(self.zone()).map(|zoned| zoned.timestamp()).unwrap_or_default()
    }

    fn zone(&self) -> jiff::tz::TimeZone {
        jiff::tz::TimeZone::get(&self.time_zone).unwrap_or(jiff::tz::TimeZone::UTC)
    }

    /// Population of a unit in a year.
    pub fn population(&self, unit: &str, year: i16) -> Option<f64> {
        self.populations.get(unit)?.get(&year).map(|p| p.persons)
    }

    /// Population of a unit in a year, else of the nearest year that is known, the earlier of two as near.
    pub fn population_near(&self, unit: &str, year: i16) -> Option<f64> {
        let known = self.populations.get(unit)?;
        known.iter().min_by_key(|(y, _)| (y.abs_diff(year), **y)).map(|(_, p)| p.persons)
    }

    /// Baseline of a unit's element.
    pub fn baseline(&self, unit: &str, element: &str) -> Option<f64> {
        self.baselines.get(unit)?.get(element).map(|b| b.value)
    }

    /// Last day of the plan.
    pub fn last_day(&self) -> Date {
        self.last_period.end()
    }

    /// Day of the `as_of` map: the one chosen, else the plan's first.
    pub fn as_of(&self) -> Date {
        self.settings.map.as_of.unwrap_or(self.first_day)
    }

    /// All quarters of the plan.
    pub fn quarters(&self) -> Vec<Period> {
        self.first_period.through(self.last_period)
    }

    /// All calendar years of the plan.
    pub fn years(&self) -> Vec<Period> {
        (self.first_period.year()..=self.last_period.year()).map(Period::year_of).collect()
    }
}
