//! Judged values and cards → `indicator_values` and `scorecards`, a file per period.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::EvaluateError;
use super::assess::{self, Assessed, Projected};
use super::cards::Card;
use super::grid::Grid;
use super::judge::{Judged, known, node, nodes};
use super::maps::OnMap;
use super::spans::SPANS;
use super::verdict;
use crate::model::chance::LEVEL;
use crate::model::{Expr, Indicator, Level, OverTime, Period, Plan, Span, State, Status, Warning};
use crate::stats::funnel::Limits;
use crate::stats::trend::{Direction, MannKendall};
use crate::store::{Store, StoreError, TableWriter, Written, columns};

/// The tables of the stage that have a file for a period.
pub(super) const NAMES: [&str; 3] = ["indicator_values", "scorecards", "assessments"];

/// The tables of a province while they are written.
pub(super) struct Writer<'a> {
    values: TableWriter,
    cards: TableWriter,
    assessments: TableWriter,
    /// The province's folder, where there are several.
    folder: Option<&'a str>,
}

/// One row of `indicator_values`, by indices.
struct Line<'a> {
    node: usize,
    span: Span,
    indicator: usize,
    judged: &'a Judged,
}

impl<'a> Writer<'a> {
    /// Starts the tables.
    pub(super) fn new(plan: &Plan, store: &Store, folder: Option<&'a str>) -> Result<Self, EvaluateError> {
        Ok(Self {
            values: store.write_table("indicator_values", &plan.digest)?,
            cards: store.write_table("scorecards", &plan.digest)?,
            assessments: store.write_table("assessments", &plan.digest)?,
            folder,
        })
    }

    /// Ends the tables, with files that stand from an earlier time, and says which files there are.
    pub(super) fn finish(self, standing: &[Written]) -> Result<Vec<Written>, EvaluateError> {
        let mut all = Vec::new();
        for table in [self.values, self.cards, self.assessments] {
            table.keep(standing.iter().cloned());
            all.extend(table.finish(&[self.folder.unwrap_or("")])?);
        }
        Ok(all)
    }

    /// Writes the scorecards of a province and says how many wards have one in the newest quarter.
    pub(super) fn write_cards(&self, plan: &Plan, grid: &Grid<'_>, cards: &[Card]) -> Result<usize, EvaluateError> {
        grid.quarters.par_iter().enumerate().try_for_each(|(t, quarter)| {
            let of: Vec<&Card> = cards.iter().filter(|c| c.quarter == t).collect();
            if of.is_empty() {
                return Ok(());
            }
            self.cards.write_period(self.folder, *quarter, &cards_batch(plan, grid, t, *quarter, &of)?)
        })?;
        let newest = grid.quarters.len().saturating_sub(1);
        Ok(cards.iter().filter(|c| c.quarter == newest).count())
    }

    /// Writes the assessments of a province's newest quarter.
    pub(super) fn write_assessments(
        &self,
        plan: &Plan,
        map: &OnMap<'_>,
        t: usize,
        all: &[Assessed],
    ) -> Result<(), EvaluateError> {
        let quarter = map.grid.quarters[t];
        let batch = assessments_batch(plan, map, t, quarter, all)?;
        Ok(self.assessments.write_period(self.folder, quarter, &batch)?)
    }

    /// Writes a province's figures on a map, a file per quarter and per year that is over, and says how many rows each
    /// quarter has.
    pub(super) fn write_values(&self, plan: &Plan, map: &OnMap<'_>) -> Result<Vec<usize>, EvaluateError> {
        let grid = &map.grid;
        let of_quarters: Vec<(usize, Span)> = SPANS.iter().copied().enumerate().collect();
        let to_date = SPANS.iter().position(|span| *span == Span::YearToDate).unwrap_or_default();
        let one = |(t, quarter): (usize, &Period)| -> Result<usize, EvaluateError> {
            if t < grid.from {
                return Ok(0);
            }
            if map.same.get(t) == Some(&true) {
                let year = (quarter.quarter() == Some(4)).then(|| Period::year_of(quarter.year()));
                let copies = std::iter::once(*quarter).chain(year).map(|period| {
                    let column = ("map", map.map.as_str());
                    self.values.copy_period(self.folder, period, map.file_mark(), column)
                });
                return Ok(copies.sum::<Result<usize, StoreError>>()?);
            }
            let mut files = vec![(*quarter, lines(map, t, &of_quarters))];
            // A year is its last quarter to date, once it is over.
            if quarter.quarter() == Some(4) && quarter.end() < grid.today {
                files.push((Period::year_of(quarter.year()), lines(map, t, &[(to_date, Span::Year)])));
            }
            let mut rows = 0;
            for (period, lines) in files.iter().filter(|(_, lines)| !lines.is_empty()) {
                rows += lines.len();
                let batch = values_batch(plan, map, t, *period, lines)?;
                self.values.write_period_of(self.folder, *period, map.file_mark(), &batch)?;
            }
            Ok(rows)
        };
        grid.quarters.par_iter().enumerate().map(one).collect()
    }
}

/// The rows of a quarter: by unit, span, indicator.
fn lines<'a>(map: &'a OnMap<'_>, t: usize, spans: &[(usize, Span)]) -> Vec<Line<'a>> {
    let n = nodes(&map.grid);
    let mut lines = Vec::new();
    for node in 0..n {
        for (from, span) in spans {
            for (indicator, values) in map.judged.get(*from).into_iter().flatten().enumerate() {
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
    map: &OnMap<'_>,
    t: usize,
    period: Period,
    lines: &[Line<'_>],
) -> Result<arrow_array::RecordBatch, StoreError> {
    let grid = &map.grid;
    let n = nodes(grid);
    let levels = [Level::Ward, Level::District, Level::Province];
    let code = |at: usize| match node(grid, at) {
        (Level::Ward, u) => grid.wards.codes[u].as_str(),
        (Level::District, u) => grid.districts.codes[u].as_str(),
        (Level::Province, _) => grid.province,
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
    let number = |pick: fn(&Judged) -> f64| columns::numbers(lines.iter().map(|l| known(pick(l.judged))));
    let intervals: Vec<Option<(f64, f64)>> =
        lines.iter().map(|l| l.judged.interval(&plan.indicators[l.indicator])).collect();
    // Required and aspired at the next milestone, and required now; the same for every unit.
    let aims: Vec<Option<(f64, f64, f64)>> =
        plan.indicators.iter().map(|i| aim_of(plan, i, grid.quarters[t])).collect();
    let summed: Vec<bool> = plan.indicators.iter().map(|i| is_summed(plan, i)).collect();
    let aim = |l: &Line<'_>| aims[l.indicator].filter(|_| matches!(l.span, Span::YearToDate | Span::Year));
    let keys = |pick: &dyn Fn(&Line<'_>) -> i32| lines.iter().map(pick).collect::<Vec<i32>>();
    let level_of = |l: &Line<'_>| levels.iter().position(|v| *v == node(grid, l.node).0).unwrap_or(0) as i32;
    Store::batch(
        "indicator_values",
        vec![
            columns::constant(map.map.as_str(), lines.len()),
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
            columns::numbers(intervals.iter().map(|ci| Some(ci.as_ref()?.0))),
            columns::numbers(intervals.iter().map(|ci| Some(ci.as_ref()?.1))),
            number(|j| j.previous),
            number(|j| j.value - j.previous),
            columns::flags(lines.iter().map(|l| l.judged.change_is_real)),
            columns::numbers(lines.iter().map(|l| l.judged.baseline(&plan.indicators[l.indicator]))),
            columns::numbers(lines.iter().map(|l| Some(aim(l)?.0))),
            columns::numbers(lines.iter().map(|l| Some(aim(l)?.1))),
            columns::numbers(lines.iter().map(|l| Some(aim(l)?.2))),
            number(|j| j.achieved_share),
            columns::keyed(keys(&|l| l.judged.status as i32), &columns::values(Status::ALL.iter().map(|s| s.as_str()))),
            columns::wholes(lines.iter().map(|l| Some(l.judged.reporting))),
            columns::wholes(lines.iter().map(|l| Some(l.judged.expected))),
            columns::wholes(lines.iter().map(|l| Some(l.judged.rank.0).filter(|_| l.judged.rank.1 > 0))),
            columns::wholes(lines.iter().map(|l| Some(l.judged.rank.1).filter(|of| *of > 0))),
            columns::lists(lines.iter().map(|l| flags(map, t, l, &plan.indicators[l.indicator], summed[l.indicator]))),
        ],
    )
}

/// What an indicator's target requires and aspires to at the next milestone, and what it requires at a quarter's end.
fn aim_of(plan: &Plan, indicator: &Indicator, quarter: Period) -> Option<(f64, f64, f64)> {
    let target = plan.target(&indicator.code)?;
    let next = target.next(quarter.year())?;
    Some((next.low, next.high, verdict::due(plan, target, quarter).low))
}

/// Whether an indicator's figures over a span hold those of earlier quarters, and not only the last.
fn is_summed(plan: &Plan, indicator: &Indicator) -> bool {
    let elements = std::iter::once(&indicator.numerator).chain(&indicator.denominator).flat_map(Expr::elements);
    elements.filter_map(|code| plan.element_index(code)).any(|at| plan.elements[at].over_time != OverTime::Last)
}

/// What is to be known of a row.
fn flags(map: &OnMap<'_>, t: usize, line: &Line<'_>, indicator: &Indicator, summed: bool) -> Vec<&'static str> {
    let n = nodes(&map.grid);
    let marks = map.marks.get(t * n + line.node).copied().filter(|_| line.node + 1 < n).unwrap_or_default();
    let parted = !map.whole[line.indicator];
    // A year is its last quarter to date.
    let span = if line.span == Span::Year { Span::YearToDate } else { line.span };
    let wards = map.grid.wards.codes.len();
    let of_span = SPANS.iter().position(|s| *s == span).and_then(|s| map.parted.get(s));
    let taken_over = line.node < wards && summed && of_span.and_then(|of| of.get(t * wards + line.node)) == Some(&true);
    let all = [
        ("apportioned", parted && (marks.apportioned || taken_over)),
        (Warning::CoverageAboveOne.as_str(), line.judged.above_one(indicator)),
        (Warning::FewerDetected.as_str(), line.judged.fewer_detected),
        ("incomplete", line.judged.reporting < line.judged.expected),
        ("share_unknown", parted && marks.unknown),
        ("uncertain", marks.uncertain),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(flag, _)| flag).collect()
}

fn assessments_batch(
    plan: &Plan,
    map: &OnMap<'_>,
    t: usize,
    period: Period,
    all: &[Assessed],
) -> Result<arrow_array::RecordBatch, StoreError> {
    let places: Vec<_> = all.iter().map(|a| assess::place(map, t, a.node)).collect();
    let limit = |pick: fn(&Limits) -> f64| columns::numbers(all.iter().map(|a| Some(pick(&a.funnel.as_ref()?.0))));
    let trend = |pick: fn(&(MannKendall, f64, usize)) -> f64| {
        columns::numbers(all.iter().map(|a| Some(pick(a.trend.as_ref()?))))
    };
    let projected =
        |pick: fn(&Projected) -> Option<f64>| columns::numbers(all.iter().map(|a| pick(a.projection.as_ref()?)));
    Store::batch(
        "assessments",
        vec![
            columns::plain(places.iter().map(|(level, ..)| level.as_str())),
            columns::plain(places.iter().map(|(_, code, _)| *code)),
            columns::text(places.iter().map(|(.., district)| *district)),
            columns::constant(&period.to_string(), all.len()),
            columns::plain(all.iter().map(|a| &plan.indicators[a.indicator].code)),
            columns::numbers(all.iter().map(|a| Some(a.shrunk?.0))),
            columns::numbers(all.iter().map(|a| Some(a.shrunk?.1.0))),
            columns::numbers(all.iter().map(|a| Some(a.shrunk?.1.1))),
            columns::numbers(all.iter().map(|a| Some(a.shrunk?.2))),
            limit(|l| l.p95.0),
            limit(|l| l.p95.1),
            limit(|l| l.p998.0),
            limit(|l| l.p998.1),
            columns::text(all.iter().map(|a| Some(a.funnel.as_ref()?.1.as_str()))),
            columns::text(all.iter().map(|a| {
                Some(match a.trend.as_ref()?.0.direction(LEVEL) {
                    Direction::Increasing => "increasing",
                    Direction::Decreasing => "decreasing",
                    Direction::NoTrend => "no_trend",
                })
            })),
            trend(|(test, ..)| test.p),
            trend(|(_, slope, _)| *slope),
            columns::wholes(all.iter().map(|a| Some(a.trend.as_ref()?.2 as i32))),
            columns::wholes(all.iter().map(|a| Some(i32::from(a.projection.as_ref()?.year)))),
            projected(|p| Some(p.value)),
            projected(|p| Some(p.low)),
            projected(|p| Some(p.high)),
            projected(|p| p.probability),
        ],
    )
}

fn cards_batch(
    plan: &Plan,
    grid: &Grid<'_>,
    t: usize,
    period: Period,
    cards: &[&Card],
) -> Result<arrow_array::RecordBatch, StoreError> {
    let w = grid.wards.codes.len();
    let standing = |c: &&Card| &grid.classes[t * w + c.ward];
    let verified = |c: &&Card| standing(c).verified.as_ref();
    let class = |at: usize| plan.rubric.classes.get(at).map(|class| class.code.as_str());
    let count = |slot: usize| columns::wholes(cards.iter().map(move |c| Some(c.counts[slot])));
    let reporting: BTreeMap<usize, (i32, i32, i32)> =
        cards.iter().map(|c| (c.ward, grid.reporting[t * w + c.ward])).collect();
    Store::batch(
        "scorecards",
        vec![
            columns::plain(cards.iter().map(|c| &grid.wards.codes[c.ward])),
            columns::plain(cards.iter().map(|c| {
                let district = usize::try_from(grid.wards.district[t * w + c.ward]).ok();
                district.and_then(|d| grid.districts.codes.get(d)).map_or("", String::as_str)
            })),
            columns::constant(&period.to_string(), cards.len()),
            columns::text(cards.iter().map(|c| class(verified(c)?.class))),
            columns::numbers(cards.iter().map(|c| Some(verified(c)?.points))),
            columns::numbers(cards.iter().map(|_| Some(plan.rubric.max_points()))),
            columns::lists(cards.iter().map(|c| verified(c).map(|v| v.failed.clone()).unwrap_or_default())),
            columns::text(cards.iter().map(|c| Some(plan.rubric.criteria[verified(c)?.decided_by?].code.as_str()))),
            columns::numbers(cards.iter().map(|c| verified(c)?.to_next)),
            columns::numbers(cards.iter().map(|c| Some(verified(c)?.above))),
            columns::numbers(cards.iter().map(|c| Some(standing(c).claimed?.1))),
            columns::text(cards.iter().map(|c| class(standing(c).claimed?.0))),
            columns::numbers(cards.iter().map(|c| Some(c.score?.at))),
            columns::numbers(cards.iter().map(|c| Some(c.score?.low))),
            columns::numbers(cards.iter().map(|c| Some(c.score?.high))),
            columns::wholes(cards.iter().map(|c| Some(c.rank?.at))),
            columns::wholes(cards.iter().map(|c| Some(c.rank?.low))),
            columns::wholes(cards.iter().map(|c| Some(c.rank?.high))),
            columns::wholes(cards.iter().map(|c| Some(c.rank_of).filter(|of| *of > 0))),
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
