//! Judged values and cards → `indicator_values` and `scorecards`, a file per period.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::cards::Card;
use super::grid::Grid;
use super::judge::{All2, Judged, node, nodes};
use super::maps::Mapped;
use super::{EvaluateError, Summary};
use crate::model::{Level, Period, Plan, Span, State, Status};
use crate::store::{Store, StoreError, TableWriter, columns};

/// The two tables while they are written.
pub(super) struct Writer {
    values: TableWriter,
    cards: TableWriter,
    several: bool,
}

/// One row of `indicator_values`, by indices.
struct Line<'a> {
    node: usize,
    span: Span,
    indicator: usize,
    judged: &'a Judged,
}

impl Writer {
    /// Starts both tables.
    pub(super) fn new(plan: &Plan, store: &Store, several: bool) -> Result<Self, EvaluateError> {
        Ok(Self {
            values: store.write_table("indicator_values", &plan.digest)?,
            cards: store.write_table("scorecards", &plan.digest)?,
            several,
        })
    }

    /// Ends both tables.
    pub(super) fn finish(self) -> Result<(), EvaluateError> {
        self.values.finish()?;
        self.cards.finish()?;
        Ok(())
    }

    /// Writes the files of one province.
    pub(super) fn write(
        &self,
        plan: &Plan,
        province: &str,
        grid: &Grid<'_>,
        judged: &All2,
        cards: &[Card],
    ) -> Result<Summary, EvaluateError> {
        let one = |(t, quarter): (usize, &Period)| -> Result<usize, EvaluateError> {
            let lines = lines(grid, judged, t, &[(0, Span::Quarter), (1, Span::YearToDate)]);
            let mut rows = lines.len();
            self.put(plan, province, grid, t, *quarter, &lines)?;
            // A year is its last quarter to date, once it is over.
            if quarter.quarter() == Some(4) && quarter.end() < grid.today {
                let lines = self::lines(grid, judged, t, &[(1, Span::Year)]);
                rows += lines.len();
                self.put(plan, province, grid, t, Period::year_of(quarter.year()), &lines)?;
            }
            let of: Vec<&Card> = cards.iter().filter(|c| c.quarter == t).collect();
            if !of.is_empty() {
                self.cards.write_period(
                    self.folder(province),
                    *quarter,
                    &cards_batch(plan, grid, t, *quarter, &of)?,
                )?;
            }
            Ok(rows)
        };
        // Several provinces are already worked on side by side; more of them at once would only take memory.
        let rows: Result<Vec<usize>, EvaluateError> = if self.several {
            grid.quarters.iter().enumerate().map(one).collect()
        } else {
            grid.quarters.par_iter().enumerate().map(one).collect()
        };
        let rows = rows?.into_iter().sum();
        let newest = grid.quarters.len().saturating_sub(1);
        let wards_scored = cards.iter().filter(|c| c.quarter == newest).count();
        Ok(Summary { indicator_values: rows, wards_scored })
    }

    /// Writes another day's map of a province: what stands at the end of each quarter, and of each year.
    pub(super) fn write_map(&self, plan: &Plan, province: &str, map: &Mapped<'_>) -> Result<usize, EvaluateError> {
        let one = |(t, quarter): (usize, &Period)| -> Result<usize, EvaluateError> {
            let mut spans = vec![(Span::YearToDate, *quarter)];
            if quarter.quarter() == Some(4) && quarter.end() < map.grid.today {
                spans.push((Span::Year, Period::year_of(quarter.year())));
            }
            let mut rows = 0;
            for (span, period) in spans {
                let lines = lines(&map.grid, &map.judged, t, &[(0, span)]);
                rows += lines.len();
                if !lines.is_empty() {
                    let batch = values_batch(plan, province, &map.grid, t, period, &lines, Some(map))?;
                    self.values.write_period_of(self.folder(province), period, map.name, &batch)?;
                }
            }
            Ok(rows)
        };
        let rows: Result<Vec<usize>, EvaluateError> = if self.several {
            map.grid.quarters.iter().enumerate().map(one).collect()
        } else {
            map.grid.quarters.par_iter().enumerate().map(one).collect()
        };
        Ok(rows?.into_iter().sum())
    }

    /// The province's folder, where there are several.
    fn folder<'p>(&self, province: &'p str) -> Option<&'p str> {
        self.several.then_some(province)
    }

    fn put(
        &self,
        plan: &Plan,
        province: &str,
        grid: &Grid<'_>,
        t: usize,
        period: Period,
        lines: &[Line<'_>],
    ) -> Result<(), EvaluateError> {
        if lines.is_empty() {
            return Ok(());
        }
        let batch = values_batch(plan, province, grid, t, period, lines, None)?;
        self.values.write_period(self.folder(province), period, &batch)?;
        Ok(())
    }
}

/// The rows of a quarter: by unit, span, indicator.
fn lines<'a>(grid: &Grid<'_>, judged: &'a All2, t: usize, spans: &[(usize, Span)]) -> Vec<Line<'a>> {
    let n = nodes(grid);
    let mut lines = Vec::new();
    for node in 0..n {
        for (from, span) in spans {
            for (indicator, values) in judged.get(*from).into_iter().flatten().enumerate() {
                if let Some(judged) = values.get(t * n + node).and_then(Option::as_ref) {
                    lines.push(Line { node, span: *span, indicator, judged });
                }
            }
        }
    }
    lines
}

fn values_batch(
    plan: &Plan,
    province: &str,
    grid: &Grid<'_>,
    t: usize,
    period: Period,
    lines: &[Line<'_>],
    map: Option<&Mapped<'_>>,
) -> Result<arrow::array::RecordBatch, StoreError> {
    let n = nodes(grid);
    let levels = [Level::Ward, Level::District, Level::Province];
    let code = |at: usize| match node(grid, at) {
        (Level::Ward, u) => grid.wards.codes[u].as_str(),
        (Level::District, u) => grid.districts.codes[u].as_str(),
        (Level::Province, _) => province,
    };
    let codes = columns::values((0..n).map(code));
    let districts = columns::values(grid.districts.codes.iter());
    let district_of = |at: usize| match node(grid, at) {
        // Directly below the province there is no district.
        (Level::Ward, u) => match grid.wards.district[t * grid.wards.codes.len() + u] {
            d if usize::try_from(d).is_ok_and(|d| d < grid.districts.codes.len()) => d,
            _ => -1,
        },
        (Level::District, u) => u as i32,
        (Level::Province, _) => -1,
    };
    let number = |pick: fn(&Judged) -> Option<f64>| columns::numbers(lines.iter().map(|l| pick(l.judged)));
    let keys = |pick: &dyn Fn(&Line<'_>) -> i32| lines.iter().map(pick).collect::<Vec<i32>>();
    let level_of = |l: &Line<'_>| levels.iter().position(|v| *v == node(grid, l.node).0).unwrap_or(0) as i32;
    Store::batch(
        "indicator_values",
        vec![
            columns::constant(map.map_or("as_reported", |m| m.name), lines.len()),
            columns::keyed(keys(&level_of), &columns::values(levels.map(Level::as_str))),
            columns::keyed(keys(&|l| l.node as i32), &codes),
            columns::keyed(keys(&|l| district_of(l.node)), &districts),
            columns::constant(&period.to_string(), lines.len()),
            columns::keyed(keys(&|l| l.span as i32), &columns::values(Span::ALL.iter().map(|s| s.as_str()))),
            columns::keyed(keys(&|l| l.indicator as i32), &columns::values(plan.indicators.iter().map(|i| &i.code))),
            columns::keyed(keys(&|l| l.judged.state as i32), &columns::values(State::ALL.iter().map(|s| s.as_str()))),
            number(|j| j.numerator),
            number(|j| j.denominator),
            number(|j| j.value),
            number(|j| j.low),
            number(|j| j.high),
            number(|j| j.ci.map(|c| c.0)),
            number(|j| j.ci.map(|c| c.1)),
            number(|j| j.previous),
            number(|j| Some(j.value? - j.previous?)),
            columns::flags(lines.iter().map(|l| l.judged.change_is_real)),
            number(|j| j.baseline),
            number(|j| j.target.map(|t| t.0)),
            number(|j| j.target.map(|t| t.1)),
            number(|j| j.expected_now),
            number(|j| j.achieved_share),
            columns::keyed(keys(&|l| l.judged.status as i32), &columns::values(Status::ALL.iter().map(|s| s.as_str()))),
            columns::wholes(lines.iter().map(|l| Some(l.judged.reporting))),
            columns::wholes(lines.iter().map(|l| Some(l.judged.expected))),
            columns::wholes(lines.iter().map(|l| l.judged.rank.map(|r| r.0))),
            columns::wholes(lines.iter().map(|l| l.judged.rank.map(|r| r.1))),
            columns::lists(lines.iter().map(|l| map.map_or_else(Vec::new, |map| flags(map, t, l)))),
        ],
    )
}

/// What is to be known of a row of another day's map.
fn flags(map: &Mapped<'_>, t: usize, line: &Line<'_>) -> Vec<&'static str> {
    let n = nodes(&map.grid);
    if line.node + 1 == n {
        return Vec::new();
    }
    let marks = map.marks[t * n + line.node];
    let parted = !map.whole[line.indicator];
    let all = [
        ("apportioned", parted && marks.apportioned),
        ("incomplete", line.judged.reporting < line.judged.expected),
        ("share_unknown", parted && marks.unknown),
        ("uncertain", marks.uncertain),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(flag, _)| flag).collect()
}

fn cards_batch(
    plan: &Plan,
    grid: &Grid<'_>,
    t: usize,
    period: Period,
    cards: &[&Card],
) -> Result<arrow::array::RecordBatch, StoreError> {
    let w = grid.wards.codes.len();
    let class = |c: &&Card| grid.classes[t * w + c.ward].as_ref();
    let count = |slot: usize| columns::wholes(cards.iter().map(move |c| Some(c.counts[slot])));
    let reporting: BTreeMap<usize, (i32, i32, i32)> =
        cards.iter().map(|c| (c.ward, grid.reporting[t * w + c.ward])).collect();
    Store::batch(
        "scorecards",
        vec![
            columns::plain(cards.iter().map(|c| &grid.wards.codes[c.ward])),
            columns::plain(cards.iter().map(|c| {
                usize::try_from(grid.wards.district[t * w + c.ward]).map_or("", |d| grid.districts.codes[d].as_str())
            })),
            columns::constant(&period.to_string(), cards.len()),
            columns::text(cards.iter().map(|c| class(c).map(|(at, ..)| plan.rubric.classes[*at].code.as_str()))),
            columns::numbers(cards.iter().map(|c| class(c).map(|(_, points, _)| *points))),
            columns::numbers(cards.iter().map(|_| Some(plan.rubric.max_points()))),
            columns::lists(cards.iter().map(|c| class(c).map(|(_, _, failed)| failed.clone()).unwrap_or_default())),
            columns::numbers(cards.iter().map(|c| c.score)),
            columns::numbers(cards.iter().map(|c| c.low)),
            columns::numbers(cards.iter().map(|c| c.high)),
            columns::wholes(cards.iter().map(|c| c.rank.map(|r| r.0))),
            columns::wholes(cards.iter().map(|c| c.rank.map(|r| r.1))),
            columns::wholes(cards.iter().map(|c| c.rank.map(|r| r.2))),
            columns::wholes(cards.iter().map(|c| c.rank.map(|r| r.3))),
            count(0),
            count(1),
            count(2),
            count(3),
            count(4),
            count(5),
            columns::numbers(cards.iter().map(|c| {
                let (due, accepted, _) = reporting[&c.ward];
                (due > 0).then(|| f64::from(accepted) / f64::from(due))
            })),
            columns::wholes(cards.iter().map(|c| Some(reporting[&c.ward].2))),
        ],
    )
}
