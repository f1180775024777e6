//! Tables of impact → what the page of each intervention shows, measure by measure in the order of the plan.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{Array, RecordBatch};

use super::edition::{get, numbers};
use crate::model::{Outcome, Period, Plan};
use crate::store::columns::Words;
use crate::store::{Store, StoreError};

/// What was estimated of one intervention.
#[derive(Debug)]
pub(super) struct Study {
    /// Its position in the plan.
    pub(super) intervention: usize,
    pub(super) measures: Vec<Measured>,
}

/// What was estimated on one measure.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) outcome: Outcome,
    pub(super) lines: Vec<Line>,
    pub(super) points: Vec<Point>,
    pub(super) courses: Vec<Course>,
}

/// An estimate with its 95% limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) value: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// A row of `impact`.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) method: String,
    pub(super) estimand: String,
    /// Whether it is a ratio (1: no effect) rather than a difference (0: no effect).
    pub(super) ratio: bool,
    pub(super) since: Option<Period>,
    pub(super) interval: Option<Interval>,
    pub(super) p: Option<f64>,
    pub(super) p_adjusted: Option<f64>,
    pub(super) found: Option<bool>,
    /// Units with the intervention, units without, quarters.
    pub(super) sizes: [i32; 3],
    pub(super) pretrend: Option<f64>,
    pub(super) note: String,
}

/// A row of `impact_series`.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) method: String,
    pub(super) ratio: bool,
    pub(super) quarters_since: i32,
    pub(super) interval: Interval,
}

/// Rows of `impact_courses`: units that began together, or never did.
#[derive(Debug)]
pub(super) struct Course {
    pub(super) since: Option<Period>,
    pub(super) units: i32,
    pub(super) values: Vec<(Period, Option<f64>)>,
}

/// Every intervention of the plan; nothing is read where there is none.
pub(super) fn load(plan: &Plan, store: &Store) -> Result<Vec<Study>, StoreError> {
    let measured =
        |outcome: &Outcome| Measured { outcome: *outcome, lines: Vec::new(), points: Vec::new(), courses: Vec::new() };
    let mut all: Vec<Study> = plan
        .interventions
        .iter()
        .enumerate()
        .map(|(intervention, i)| Study { intervention, measures: i.outcomes.iter().map(measured).collect() })
        .collect();
    if !all.is_empty() {
        rows(plan, store, "impact", &mut all, |of, row| of.lines.push(row.line()))?;
        rows(plan, store, "impact_series", &mut all, |of, row| of.points.extend(row.point()))?;
        rows(plan, store, "impact_courses", &mut all, |of, row| row.course(&mut of.courses))?;
    }
    Ok(all)
}

/// Hands each row of a table to the measure that it is about.
fn rows(
    plan: &Plan,
    store: &Store,
    table: &'static str,
    all: &mut [Study],
    take: impl Fn(&mut Measured, &Row<'_>),
) -> Result<(), StoreError> {
    for batch in store.read_table(table, &[], true)? {
        for at in 0..batch.num_rows() {
            let row = Row { batch: &batch, at };
            let code = row.word("intervention");
            let study = all.iter_mut().find(|s| plan.interventions.get(s.intervention).is_some_and(|i| i.code == code));
            let code = row.word("measure");
            let of = study.and_then(|s| s.measures.iter_mut().find(|m| plan.measure_code(m.outcome.measure) == code));
            if let Some(of) = of {
                take(of, &row);
            }
        }
    }
    Ok(())
}

/// One row. These tables are small: columns are looked up by name anew.
struct Row<'a> {
    batch: &'a RecordBatch,
    at: usize,
}

impl Row<'_> {
    fn word(&self, name: &str) -> &str {
        Words::of(self.batch, name).map_or("", |words| words.get(self.at))
    }

    fn number(&self, name: &str) -> Option<f64> {
        get(numbers::<Float64Type>(self.batch, name), self.at)
    }

    fn whole(&self, name: &str) -> i32 {
        get(numbers::<Int32Type>(self.batch, name), self.at).unwrap_or_default()
    }

    fn since(&self) -> Option<Period> {
        self.word("since").parse().ok()
    }

    fn interval(&self) -> Option<Interval> {
        Some(Interval { value: self.number("estimate")?, low: self.number("ci_low")?, high: self.number("ci_high")? })
    }

    fn line(&self) -> Line {
        let found = self.batch.column_by_name("found").and_then(|c| c.as_boolean_opt());
        Line {
            method: self.word("method").to_owned(),
            estimand: self.word("estimand").to_owned(),
            ratio: self.word("scale") == "ratio",
            since: self.since(),
            interval: self.interval(),
            p: self.number("p"),
            p_adjusted: self.number("p_adjusted"),
            found: found.filter(|f| !f.is_null(self.at)).map(|f| f.value(self.at)),
            sizes: ["n_units", "n_controls", "n_periods"].map(|name| self.whole(name)),
            pretrend: self.number("pretrend_p"),
            note: self.word("note").to_owned(),
        }
    }

    fn point(&self) -> Option<Point> {
        Some(Point {
            method: self.word("method").to_owned(),
            ratio: self.word("scale") == "ratio",
            quarters_since: self.whole("quarters_since"),
            interval: self.interval()?,
        })
    }

    fn course(&self, all: &mut Vec<Course>) {
        let since = self.since();
        let Ok(period) = self.word("period").parse() else { return };
        let point = (period, self.number("value"));
        match all.iter_mut().find(|course| course.since == since) {
            Some(course) => course.values.push(point),
            None => all.push(Course { since, units: self.whole("n_units"), values: vec![point] }),
        }
    }
}
