//! why: what made one published value differ from another of the same unit, between two periods or two releases.
//!
//! In: rows of one or two releases. Out: a [`Why`], whose parts sum to the difference (see [`crate::stats::decompose`]).
//!
//! 1. [`figures`]: the two rows, and the rows of the units that they are made of
//! 2. [`steps`]: what each unit adds at both points, the earlier ones laid on the later territory
//! 3. [`past`]: of two releases, what each would hold under the definition of the other
//! 4. [`split`]: the parts, by cause and by unit
//! 5. [`corrected`]: which of the values behind them were corrected
//! 6. [`words`]: all of it for people
//! 7. [`history`]: the same of every target that a new release changed
//!
//! A cause is told apart by what it is made of: what was sent (numerator, denominator), who sent it (reporting), to whom it
//! belongs (boundary), and what the pipeline's folder says (definition: formulas, populations, baselines, rubric).

mod corrected;
mod figures;
mod history;
mod past;
mod split;
mod steps;
mod words;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use self::figures::{Key, Row};
use self::split::{Split, form_of, one_by_one, parts_of, sides, under_both};
use self::steps::Ground;
use super::question::{self, Question};
use super::{Listing, TraceError, maps};
use crate::model::{Level, Map, Period, Span, State};
use crate::plan::Definition;
use crate::stats::decompose::{Parts, Sums};
use crate::store::{Published, Store};

pub use history::{ChangedValue, changed_values};

/// Units that are named where not all are asked for.
const TOP: usize = 5;

/// Two texts: Vietnamese and English.
type Words = (String, String);

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct WhyQuestion<'a> {
    /// Code of the unit.
    pub unit: &'a str,
    /// Code of the indicator.
    pub indicator: &'a str,
    /// The stretch of time.
    pub span: Span,
    /// The map.
    pub map: Map,
    /// The two points.
    pub between: Between<'a>,
    /// Whether long lists are wanted whole.
    pub all: bool,
}

/// The two points of a question.
#[derive(Debug, Clone, Copy)]
pub enum Between<'a> {
    /// Two periods of one release; none for the newest.
    Periods {
        /// From.
        from: Period,
        /// To.
        to: Period,
        /// The release.
        release: Option<&'a str>,
    },
    /// One period in two releases.
    Releases {
        /// The period.
        period: Period,
        /// The release that it is counted from.
        against: &'a str,
        /// The release that it is counted to; none for the newest.
        release: Option<&'a str>,
    },
}

/// One of the two figures.
#[derive(Debug, Clone, Serialize)]
pub struct Point {
    /// Release.
    pub release: String,
    /// When it was made.
    pub created: String,
    /// Period: code, Vietnamese and English label.
    pub period: [String; 3],
    /// Why there is a value or none.
    pub state: String,
    /// The value.
    pub value: Option<f64>,
    /// Numerator and denominator.
    pub sums: Option<Sums>,
    /// Units that reported, and that should have.
    pub units: [i32; 2],
    /// Flags of the row.
    pub flags: Vec<String>,
}

/// What one unit contributed.
#[derive(Debug, Clone, Serialize)]
pub struct Contribution {
    /// Unit: code, name, level; a district stands for its own form.
    pub unit: [String; 3],
    /// What it added at the first point; earlier units of a later one are summed.
    pub before: Option<Sums>,
    /// What it added at the second.
    pub after: Option<Sums>,
    /// Its parts.
    pub parts: Parts,
    /// Their sum.
    pub sum: f64,
}

/// Why a value is another.
#[derive(Debug, Clone, Serialize)]
pub struct Why {
    /// Indicator: code, Vietnamese and English name.
    pub indicator: [String; 3],
    /// Unit: code, name, level.
    pub unit: [String; 3],
    /// Span.
    pub span: &'static str,
    /// Map.
    pub map: &'static str,
    /// The figure that it is counted from.
    pub before: Point,
    /// The figure that it is counted to.
    pub after: Point,
    /// The difference of their values.
    pub change: Option<f64>,
    /// The difference in its parts; none where it cannot be split, see `reason`.
    pub parts: Option<Parts>,
    /// Why it cannot be split.
    pub reason: Option<Words>,
    /// What else is to be known: changes of boundaries with their legal instruments, what of the definition is another, what
    /// was corrected.
    pub notes: Vec<Words>,
    /// What the units contributed, the largest first.
    pub units: Listing<Contribution>,
    /// The earlier value of the same territory less the unit's own.
    #[serde(skip)]
    boundary: f64,
}

/// A point with its rows.
struct End {
    release: Published,
    period: Period,
    quarter: Period,
    rows: Vec<Row>,
}

impl End {
    fn new(
        definition: &Definition,
        store: &Store,
        question: &WhyQuestion<'_>,
        id: Option<&str>,
        period: Period,
    ) -> Result<Self, TraceError> {
        let quarter = question::quarter(period, question.span)?;
        let release = question::release(store, id)?;
        let day = question::map_day(&definition.plan, &release, question.map, quarter);
        // The province is the sum of what was reported on every map.
        let register = &definition.register;
        let of_province = register.at(question.unit, day).is_some_and(|unit| unit.level == Level::Province);
        let map = if of_province { Map::AsReported } else { question.map };
        let province = register.has_several_provinces().then(|| {
            register.province_of(question.unit, day).or_else(|| {
                let known = register.named(question.unit, day)?;
                register.province_of(&known.code, known.valid_from)
            })
        });
        let file = question::file(&release, province.flatten(), period, map)?;
        let span = question.span.as_str();
        let rows = figures::rows(&file, |of, indicator| of == span && indicator == question.indicator)?;
        Ok(Self { release, period, quarter, rows: rows.into_values().next().unwrap_or_default() })
    }

    fn point(&self, row: Option<&Row>) -> Point {
        Point {
            release: self.release.text("id").to_owned(),
            created: self.release.text("created").to_owned(),
            period: [self.period.to_string(), self.period.label_vi(), self.period.label_en()],
            state: row.map_or("not_applicable", |row| &row.state).to_owned(),
            value: row.and_then(|row| row.value),
            sums: row.and_then(|row| row.sums),
            units: row.map_or([0, 0], |row| [row.reporting, row.expected]),
            flags: row.map_or(Vec::new(), |row| row.flags.clone()),
        }
    }
}

/// Why a value changed between two periods or releases.
pub fn why(definition: &Definition, store: &Store, question: &WhyQuestion<'_>) -> Result<Why, TraceError> {
    let mut told = match question.between {
        Between::Periods { from, to, .. } if from > to => {
            // The later territory is the one that both are laid on, whichever is asked for first.
            between_periods(definition, store, question, [to, from])?.turned()
        }
        Between::Periods { from, to, .. } => between_periods(definition, store, question, [from, to])?,
        Between::Releases { period, .. } => between_releases(definition, store, question, period)?,
    };
    told.notes.extend(corrected::notes(definition, store, question)?);
    Ok(told)
}

fn between_periods(
    definition: &Definition,
    store: &Store,
    question: &WhyQuestion<'_>,
    [from, to]: [Period; 2],
) -> Result<Why, TraceError> {
    let Definition { plan, register, .. } = definition;
    let indicator = question::indicator(plan, question.indicator)?;
    let Between::Periods { release, .. } = question.between else { return Err(TraceError::NoRelease(String::new())) };
    let before = End::new(definition, store, question, release, from)?;
    let after = End::new(definition, store, question, release, to)?;
    let day = question::map_day(plan, &after.release, question.map, after.quarter);
    let level =
        register.at(question.unit, day).ok_or_else(|| question::not_in_force(register, question.unit, day))?.level;
    let Some(is) = figures::made(&after.rows, indicator, level, question.unit) else {
        return Err(question::no_row(
            register,
            indicator,
            (question.unit, day),
            to,
            (question.span, question.map),
            String::new(),
        ));
    };
    let was = figures::made(&before.rows, indicator, level, question.unit);
    let mut told = Why::new(
        definition,
        question,
        level,
        [before.point(was.as_ref().map(|made| made.row)), after.point(Some(is.row))],
    );
    let days = [before.quarter.end(), after.quarter.end()];
    let ground = Ground { plan, register, indicator, rows: &before.rows, from: days[0], to: days[1] };
    let reported = question.map == Map::AsReported || level == Level::Province;
    let mut split = Split { form: form_of(indicator), ends: [told.before.sums, told.after.sums], steps: Vec::new() };
    if reported && ground.changed(was.as_ref(), &is) {
        match ground.steps(&is) {
            Ok((steps, territory)) => {
                split.steps = steps;
                told.territory(&mut split, was.is_some(), territory);
                let own = |code: &str| is.of.contains_key(&(Level::Ward, code.to_owned()));
                told.notes.extend(laws(definition, &own, days));
            }
            Err(steps::Unknown(unit)) => {
                told.reason = Some(words::share_unknown(&unit, &named(definition, &unit, days[0])));
            }
        }
    } else if let Some(was) = was {
        split.steps = one_by_one(was, is);
    }
    told.finish(definition, question, &[split]);
    Ok(told)
}

fn between_releases(
    definition: &Definition,
    store: &Store,
    question: &WhyQuestion<'_>,
    period: Period,
) -> Result<Why, TraceError> {
    let Definition { plan, register, .. } = definition;
    let Between::Releases { against, release, .. } = question.between else {
        return Err(TraceError::NoRelease(String::new()));
    };
    let ends = [
        End::new(definition, store, question, Some(against), period)?,
        End::new(definition, store, question, release, period)?,
    ];
    let [before, after] = &ends;
    let day = question::map_day(plan, &after.release, question.map, after.quarter);
    let level =
        register.at(question.unit, day).ok_or_else(|| question::not_in_force(register, question.unit, day))?.level;
    let same = before.release.text("definitions") == after.release.text("definitions");
    let plans =
        if same { None } else { Some([past::plan_of(plan, &before.release)?, past::plan_of(plan, &after.release)?]) };
    let known = |at: usize| plans.as_ref().map_or(plan, |plans| &plans[at]);
    let of = [question::indicator(known(0), question.indicator)?, question::indicator(known(1), question.indicator)?];
    let none = || {
        question::no_row(register, of[1], (question.unit, day), period, (question.span, question.map), String::new())
    };
    let was = figures::made(&before.rows, of[0], level, question.unit).ok_or_else(none)?;
    let is = figures::made(&after.rows, of[1], level, question.unit).ok_or_else(none)?;
    let mut told = Why::new(definition, question, level, [before.point(Some(was.row)), after.point(Some(is.row))]);
    let other = plans.as_ref().map_or(Vec::new(), |[old, new]| past::differences(old, new, question.indicator));
    if let Some(plans) = plans.as_ref().filter(|_| !other.is_empty()) {
        told.notes.extend(words::definition(&other));
        // On another map shares stand between the cells and the figure.
        let splits = if question.map == Map::AsReported || level == Level::Province {
            let asked = Question {
                unit: question.unit,
                indicator: question.indicator,
                period,
                span: question.span,
                map: Map::AsReported,
                release: None,
                all: false,
            };
            let sides = sides(definition, plans, [&before.release, &after.release], &asked)?;
            under_both(plans, question.indicator, &sides, [was.row.sums, is.row.sums])
        } else {
            None
        };
        match splits {
            Some(splits) => told.finish(definition, question, &splits),
            None => told.reason = Some(words::not_of_cells()),
        }
        return Ok(told);
    }
    let split = Split { form: form_of(of[1]), ends: [told.before.sums, told.after.sums], steps: one_by_one(was, is) };
    told.finish(definition, question, &[split]);
    Ok(told)
}

/// The changes of boundaries that made the later wards, with their legal instruments.
fn laws(definition: &Definition, own: &dyn Fn(&str) -> bool, [from, to]: [Date; 2]) -> Vec<Words> {
    let register = &definition.register;
    let moved = register.changes().iter().filter(|change| change.effective_date > from && change.effective_date <= to);
    let moved = moved.filter_map(|change| change.moved());
    let mut told: Vec<String> = moved
        .filter(|(_, later)| own(later))
        .flat_map(|(earlier, later)| maps::instruments(register, earlier, later, from, to))
        .collect();
    told.sort();
    told.dedup();
    told.into_iter().map(|law| (law.clone(), law)).collect()
}

fn named(definition: &Definition, code: &str, day: Date) -> String {
    definition.register.named(code, day).map_or(String::new(), |unit| unit.name_vi.clone())
}

impl Why {
    fn new(definition: &Definition, question: &WhyQuestion<'_>, level: Level, [before, after]: [Point; 2]) -> Self {
        let known = definition.plan.indicator(question.indicator);
        let names = known.map(|known| [known.name_vi.clone(), known.name_en.clone()]).unwrap_or_default();
        let [vi, en] = names;
        let quarter = after.period[0].parse::<Period>().map_or(definition.plan.first_day, Period::end);
        Self {
            indicator: [question.indicator.to_owned(), vi, en],
            unit: [question.unit.to_owned(), named(definition, question.unit, quarter), level.to_string()],
            span: question.span.as_str(),
            map: question.map.as_str(),
            change: before.value.zip(after.value).map(|(before, after)| after - before),
            before,
            after,
            parts: None,
            reason: None,
            notes: Vec::new(),
            units: Listing::of(Vec::new(), true),
            boundary: 0.0,
        }
    }

    /// Lets the earlier figure of the same territory stand where the unit has none of its own; else the difference between
    /// the two is what the boundary made.
    fn territory(&mut self, split: &mut Split, had_row: bool, territory: Option<Sums>) {
        split.ends[0] = territory;
        let value = territory.and_then(|sums| split.form.value(sums).ok());
        if had_row {
            match (self.before.value, value) {
                (Some(own), Some(value)) => self.boundary = value - own,
                (Some(_), None) => self.reason = Some(words::no_territory()),
                (None, _) => {}
            }
            return;
        }
        self.before.sums = territory;
        self.before.value = value;
        let state = if value.is_some() { State::Reported } else { State::NotReported };
        self.before.state = state.to_string();
        self.change = value.zip(self.after.value).map(|(before, after)| after - before);
        self.notes.push(words::stands_for());
    }

    /// Splits the change, under one definition or under either of two.
    fn finish(&mut self, definition: &Definition, question: &WhyQuestion<'_>, splits: &[Split]) {
        if self.reason.is_some() {
            return;
        }
        let Some(values) = self.before.value.zip(self.after.value) else {
            self.reason = Some(words::no_value(&self.before, &self.after));
            return;
        };
        // The boundary made its part before what was reported made the others.
        match parts_of(splits, [values.0 + self.boundary, values.1]) {
            Ok(parts) => self.parts = Some(parts.plus(Parts { boundary: self.boundary, ..Parts::default() })),
            Err(reason) => {
                self.reason = Some(reason);
                return;
            }
        }
        let day = self.after.period[0].parse::<Period>().map_or(definition.plan.first_day, Period::end);
        let mut units: BTreeMap<&Key, Contribution> = BTreeMap::new();
        for (at, split) in splits.iter().enumerate() {
            for (step, parts) in split.parts().into_iter().flatten() {
                let key = &step.key;
                let one = units.entry(key).or_insert_with(|| Contribution {
                    unit: [key.1.clone(), named(definition, &key.1, day), key.0.to_string()],
                    before: step.before,
                    after: None,
                    parts: Parts::default(),
                    sum: 0.0,
                });
                if at + 1 == splits.len() {
                    one.after = step.after;
                }
                // Either definition counts for half.
                one.parts = one.parts.plus(if splits.len() > 1 { parts.mean(Parts::default()) } else { parts });
            }
        }
        let mut units: Vec<Contribution> = units.into_values().collect();
        for one in &mut units {
            one.sum = one.parts.sum();
        }
        units.retain(|one| one.parts.all().iter().any(|part| *part != 0.0));
        units.sort_by(|a, b| b.sum.abs().total_cmp(&a.sum.abs()).then_with(|| a.unit[0].cmp(&b.unit[0])));
        let count = units.len();
        if !question.all {
            units.truncate(TOP);
        }
        self.units = Listing { count, shown: units };
    }

    /// The same from the other end.
    fn turned(mut self) -> Self {
        let back = |parts: Parts| Parts::default().minus(parts);
        std::mem::swap(&mut self.before, &mut self.after);
        self.change = self.change.map(|change| -change);
        self.parts = self.parts.map(back);
        for one in &mut self.units.shown {
            std::mem::swap(&mut one.before, &mut one.after);
            one.parts = back(one.parts);
            one.sum = -one.sum;
        }
        self
    }

    /// It for people.
    pub fn text(&self, definition: &Definition) -> String {
        words::describe(self, &definition.plan)
    }
}
