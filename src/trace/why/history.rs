//! What a new release changed in the targets of districts and provinces, each change in its parts: `history/values.json`.
//!
//! Only files of `indicator_values` that differ from those of the release before are read, and only values that differ are
//! split. A period that is new is no change.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::super::TraceError;
use super::super::question::Question;
use super::figures::{self, Key, Member, Row};
use super::split::{Sides, Split, form_of, one_by_one, parts_of, sides, under_both};
use super::{Words, past, words};
use crate::model::{Level, Map, Period, Plan, Span};
use crate::plan::Definition;
use crate::stats::decompose::Parts;
use crate::store::Published;

/// A value that a release changed.
#[derive(Debug, Clone, Serialize)]
pub struct ChangedValue {
    /// Level of the unit.
    pub level: Level,
    /// The unit.
    pub unit_code: String,
    /// Period.
    pub period: String,
    /// Span: to date, or the year.
    pub span: String,
    /// Indicator.
    pub indicator: String,
    /// Value in the release before.
    pub before: Option<f64>,
    /// Value now.
    pub after: Option<f64>,
    /// The difference in its parts; none where it cannot be split.
    pub parts: Option<Parts>,
    /// Why it cannot, in Vietnamese and English.
    pub reason: Option<Words>,
}

/// Two releases with their definitions, where these are not the same.
struct Releases<'a> {
    definition: &'a Definition,
    before: &'a Published,
    after: &'a Published,
    plans: Option<[Plan; 2]>,
}

/// The values of targets, year to date and of years, of districts and provinces that are not those of the release before.
pub fn changed_values(
    definition: &Definition,
    before: &Published,
    after: &Published,
) -> Result<Vec<ChangedValue>, TraceError> {
    let same = before.text("definitions") == after.text("definitions");
    let plan = &definition.plan;
    let plans = if same { None } else { Some([past::plan_of(plan, before)?, past::plan_of(plan, after)?]) };
    let of = Releases { definition, before, after, plans };
    let files = after.changed_since(before, "indicator_values");
    let all: Result<Vec<Vec<ChangedValue>>, TraceError> =
        files.par_iter().map(|(province, period)| of.file(province.as_deref(), *period)).collect();
    Ok(all?.into_iter().flatten().collect())
}

impl Releases<'_> {
    fn file(&self, province: Option<&str>, period: Period) -> Result<Vec<ChangedValue>, TraceError> {
        let of = |release: &Published| release.of_period("indicator_values", province, period, None);
        let (Some(old), Some(new)) = (of(self.before), of(self.after)) else { return Ok(Vec::new()) };
        let spans = [Span::YearToDate.as_str(), Span::Year.as_str()];
        let plan = &self.definition.plan;
        let wanted = |span: &str, indicator: &str| spans.contains(&span) && plan.target(indicator).is_some();
        let (was, is) = (figures::rows(&old, wanted)?, figures::rows(&new, wanted)?);
        let mut all = Vec::new();
        for (key, rows) in &is {
            if let Some(earlier) = was.get(key) {
                all.extend(self.indicator(period, key, earlier, rows)?);
            }
        }
        Ok(all)
    }

    fn indicator(
        &self,
        period: Period,
        (span, code): &figures::Of,
        was: &[Row],
        is: &[Row],
    ) -> Result<Vec<ChangedValue>, TraceError> {
        let twin = |row: &Row| was.iter().find(|other| other.level == row.level && other.unit == row.unit);
        let other =
            |row: &&Row| twin(row).is_some_and(|twin| twin.value.map(f64::to_bits) != row.value.map(f64::to_bits));
        let changed: Vec<&Row> = is.iter().filter(|row| row.level != Level::Ward).filter(other).collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let redefined = self.plans.as_ref().filter(|[old, new]| !past::differences(old, new, code).is_empty());
        let sides = redefined.and_then(|plans| self.sides(plans, period, span, code, is).transpose()).transpose()?;
        let district: BTreeMap<&str, &str> = is
            .iter()
            .filter(|row| row.level == Level::Ward)
            .map(|row| (row.unit.as_str(), row.district.as_str()))
            .collect();
        let mut all = Vec::new();
        for row in changed {
            let earlier = twin(row).and_then(|twin| twin.value);
            let inside = |(level, unit): &Key| match level {
                _ if row.level == Level::Province => true,
                Level::Ward => district.get(unit.as_str()) == Some(&row.unit.as_str()),
                _ => *unit == row.unit,
            };
            let splits = match (redefined, &sides) {
                (None, _) => self.split(code, row, was, is).map(|split| vec![split]),
                (Some(plans), Some(sides)) => {
                    let of = |side: &BTreeMap<Key, Member>| {
                        side.iter().filter(|(key, _)| inside(key)).map(|(key, member)| (key.clone(), *member)).collect()
                    };
                    let sides: Sides = sides.each_ref().map(|data| data.each_ref().map(of));
                    let released = [twin(row).and_then(|twin| twin.sums), row.sums];
                    under_both(plans, code, &sides, released).map(Vec::from)
                }
                (Some(_), None) => None,
            };
            let parts = match (earlier.zip(row.value), splits) {
                (None, _) => Err(words::no_value_in_one()),
                (Some(_), None) => Err(words::not_of_cells()),
                (Some(values), Some(splits)) => parts_of(&splits, values.into()),
            };
            all.push(ChangedValue {
                level: row.level,
                unit_code: row.unit.clone(),
                period: period.to_string(),
                span: span.clone(),
                indicator: code.clone(),
                before: earlier,
                after: row.value,
                parts: parts.as_ref().ok().copied(),
                reason: parts.err(),
            });
        }
        Ok(all)
    }

    fn split(&self, code: &str, row: &Row, was: &[Row], is: &[Row]) -> Option<Split> {
        let indicator = self.definition.plan.indicator(code)?;
        let was = figures::made(was, indicator, row.level, &row.unit)?;
        let is = figures::made(is, indicator, row.level, &row.unit)?;
        Some(Split { form: form_of(indicator), ends: [was.row.sums, is.row.sums], steps: one_by_one(was, is) })
    }

    /// The units of the whole province under both definitions; `None` where the figure cannot be made of cells.
    fn sides(
        &self,
        plans: &[Plan; 2],
        period: Period,
        span: &str,
        code: &str,
        rows: &[Row],
    ) -> Result<Option<Sides>, TraceError> {
        let only = plans[1].indicator(code).and_then(|indicator| indicator.unit.as_deref());
        let province = rows.iter().find(|row| row.level == Level::Province).map(|row| row.unit.as_str());
        let (Some(unit), Some(span)) = (only.or(province), Span::from_word(span)) else { return Ok(None) };
        let asked = Question { unit, indicator: code, period, span, map: Map::AsReported, release: None, all: false };
        match sides(self.definition, plans, [self.before, self.after], &asked) {
            Err(TraceError::NoFigure { .. }) => Ok(None),
            sides => sides.map(Some),
        }
    }
}
