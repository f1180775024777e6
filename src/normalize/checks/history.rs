//! Every unit's rows of a form over time, and what a figure is held against there.
//!
//! In: all submissions with how they stand. Out: series of rows by unit and form, current and superseded ones. A baseline
//! is made of current values alone, and of none of the period under test. Units that were merged or split are compared
//! with themselves only since then.

use std::collections::HashMap;

use jiff::civil::Date;
use rayon::prelude::*;

use super::Rules;
use super::robust::{self, Band};
use crate::model::{Change, Outlier, Period, Plan, Rule, RuleKind};
use crate::normalize::Submission;
use crate::normalize::reading::Observed;
use crate::normalize::versions::Standing;
use crate::register::Register;
use crate::stats::order;

/// Fewer other values say nothing of a flow …
const FEWEST_FLOWS: usize = 3;
/// … nor of a stock.
const FEWEST_STOCKS: usize = 2;
/// So many units, taken evenly from all, tell what peers report.
const PEERS: usize = 2000;

/// One unit's row in one file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) unit: &'a str,
    pub(super) form: usize,
    pub(super) period: Period,
    /// Index of the submission.
    pub(super) at: usize,
    pub(super) current: bool,
    pub(super) values: &'a [Observed],
}

/// All rows, by unit, form and period.
pub(super) struct History<'a> {
    plan: &'a Plan,
    lines: Vec<Line<'a>>,
    /// Days from which on a unit is not what it was.
    turns: HashMap<&'a str, Vec<Date>>,
}

impl<'a> History<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        register: &'a Register,
        submissions: &'a [Submission],
        standing: &[Standing],
    ) -> Self {
        let mut lines = Vec::new();
        for (at, submission) in submissions.iter().enumerate() {
            let Ok(form) = &submission.outcome else { continue };
            let Some(period) = form.period else { continue };
            let current = standing[at] == Standing::Current;
            lines.extend(form.values.chunk_by(|a, b| a.unit == b.unit).map(|values| {
                let unit = form.units[values[0].unit as usize].as_str();
                Line { unit, form: form.form, period, at, current, values }
            }));
        }
        lines.par_sort_unstable_by_key(|l| (l.unit, l.form, l.period, !l.current, l.at));
        let mut turns: HashMap<&str, Vec<Date>> = HashMap::new();
        for change in register.changes().iter().filter(|c| c.moved().is_some()) {
            for code in change.from_code.iter().chain(&change.to_code) {
                turns.entry(code).or_default().push(change.effective_date);
            }
        }
        Self { plan, lines, turns }
    }

    /// The rows of one unit and form each.
    pub(super) fn lines(&self) -> Vec<&[Line<'a>]> {
        self.lines.chunk_by(|a, b| (a.unit, a.form) == (b.unit, b.form)).collect()
    }

    /// Rows of one unit and form, laid out for the checks.
    pub(super) fn series<'s>(&'s self, lines: &'s [Line<'a>]) -> Series<'s> {
        let elements = lines.first().map_or(&[][..], |line| &self.plan.forms[line.form].elements);
        let (first, width) = (elements.first().copied().unwrap_or(0), elements.len());
        let mut values = vec![f64::NAN; lines.len() * width];
        for (line, row) in lines.iter().zip(values.chunks_exact_mut(width.max(1))) {
            for observed in line.values {
                row[usize::from(observed.element) - first] = observed.value;
            }
        }
        let turns = lines.first().and_then(|line| self.turns.get(line.unit)).map_or(&[][..], Vec::as_slice);
        let era = |line: &Line<'_>| turns.iter().filter(|day| **day <= line.period.end()).count();
        Series { lines, first, width, values, eras: lines.iter().map(era).collect() }
    }

    /// The rows of this unit and form.
    pub(super) fn of(&self, unit: &str, form: usize) -> &[Line<'a>] {
        let from = self.lines.partition_point(|l| (l.unit, l.form) < (unit, form));
        let to = self.lines.partition_point(|l| (l.unit, l.form) <= (unit, form));
        &self.lines[from..to]
    }

    /// What nearly all units typically report of each element that a rule on outliers checks; NaN where too few tell.
    pub(super) fn peers(&self, rules: &[&Rule], lines: &[&[Line<'a>]]) -> Vec<f64> {
        let mut typical: Vec<Vec<f64>> = vec![Vec::new(); self.plan.elements.len()];
        let checked = rules.iter().filter_map(|r| if let RuleKind::Outlier(o) = &r.kind { Some(o) } else { None });
        let checked: Vec<usize> = checked.flat_map(|o| o.elements.iter().copied()).collect();
        for form in 0..self.plan.forms.len() {
            let all: Vec<&[Line<'_>]> = lines.iter().copied().filter(|lines| lines[0].form == form).collect();
            for lines in all.iter().step_by((all.len() / PEERS).max(1)) {
                let series = self.series(lines);
                for element in checked.iter().filter(|e| series.has(**e)) {
                    let pool = series.positive(*element, 0..lines.len());
                    if pool.len() >= FEWEST_FLOWS {
                        typical[*element].push(order::median(&pool));
                    }
                }
            }
        }
        typical.iter_mut().map(|values| robust::nearly_all(values).unwrap_or(f64::NAN)).collect()
    }
}

/// What a value was held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Against {
    /// So many other values of the unit.
    Own(usize),
    /// Its peers.
    Peers,
}

/// The rows of one unit and form, by period; of a period the current one first.
pub(super) struct Series<'s> {
    pub(super) lines: &'s [Line<'s>],
    first: usize,
    width: usize,
    values: Vec<f64>,
    /// By row: how often the unit was merged or split before its end.
    eras: Vec<usize>,
}

impl Series<'_> {
    /// Whether an element is one of the form's.
    pub(super) fn has(&self, element: usize) -> bool {
        (self.first..self.first + self.width).contains(&element)
    }

    /// A row's figures, NaN for what was not reported.
    pub(super) fn row(&self, line: usize) -> &[f64] {
        &self.values[line * self.width..(line + 1) * self.width]
    }

    /// A figure; NaN if it was not reported.
    pub(super) fn value(&self, line: usize, element: usize) -> f64 {
        self.values[line * self.width + element - self.first]
    }

    /// The current row of a period.
    pub(super) fn current(&self, period: Period) -> Option<usize> {
        let at = self.lines.partition_point(|l| l.period < period);
        self.lines.get(at).filter(|l| l.period == period && l.current).map(|_| at)
    }

    /// Rows between two changes of the unit.
    pub(super) fn eras(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let mut end = 0;
        self.eras.chunk_by(|a, b| a == b).map(move |era| {
            let start = end;
            end += era.len();
            start..end
        })
    }

    /// The current values above zero of these rows, sorted.
    pub(super) fn positive(&self, element: usize, rows: std::ops::Range<usize>) -> Vec<f64> {
        let current = rows.filter(|line| self.lines[*line].current).map(|line| self.value(line, element));
        let mut pool: Vec<f64> = current.filter(|v| *v > 0.0).collect();
        pool.sort_unstable_by(f64::total_cmp);
        pool
    }

    /// What a flow of this row may be; none where nothing is known that it could be held against. `pool` are the
    /// positive values of the row's era, the row's own among them if it has one.
    pub(super) fn flow_band(
        &self,
        rule: &Outlier,
        line: usize,
        element: usize,
        pool: &[f64],
        peers: f64,
    ) -> Option<(Band, Against)> {
        let own = self.current(self.lines[line].period).map(|at| self.value(at, element)).filter(|v| *v > 0.0);
        let skip = own.map(|v| pool.partition_point(|p| *p < v));
        let n = pool.len() - usize::from(skip.is_some());
        let upward = |band: Band| Band { low: f64::NEG_INFINITY, ..band };
        let of_peers = |times: f64| upward(Band::of(&[], peers, times, rule.spreads));
        if n < FEWEST_FLOWS {
            return (!peers.is_nan()).then(|| (of_peers(rule.times), Against::Peers));
        }
        let median = order::median_without(pool, skip);
        let others: Vec<f64> =
            pool.iter().enumerate().filter(|(at, _)| Some(*at) != skip).map(|(_, value)| *value).collect();
        let band = upward(Band::of(&others, median, rule.times, rule.spreads));
        if n >= rule.history {
            return Some((band, Against::Own(n)));
        }
        let wide = of_peers(rule.peer_times).high;
        (!peers.is_nan()).then_some((Band { high: band.high.max(wide), ..band }, Against::Own(n)))
    }

    /// What a stock of this row may be, by the values around it.
    pub(super) fn stock_band(&self, rule: &Change, line: usize, element: usize) -> Option<(Band, Against)> {
        let period = self.lines[line].period;
        let usable = |at: &usize| {
            self.lines[*at].current
                && self.eras[*at] == self.eras[line]
                && self.lines[*at].period != period
                && !self.value(*at, element).is_nan()
        };
        let before = (0..line).rev().filter(usable).take(rule.reach);
        let after = (line..self.lines.len()).filter(usable).take(rule.reach);
        let mut near: Vec<f64> = before.chain(after).map(|at| self.value(at, element)).collect();
        if near.len() < FEWEST_STOCKS {
            return None;
        }
        near.sort_unstable_by(f64::total_cmp);
        let band = Band::of(&near, order::median(&near), rule.times, rule.spreads);
        Some((band, Against::Own(near.len())))
    }

    /// What a figure of this row may be by the plan's rules; none where no rule checks it or nothing is known.
    pub(super) fn band(&self, rules: &Rules<'_>, line: usize, element: usize, peers: f64) -> Option<Band> {
        let found = rules.time.iter().find_map(|rule| match &rule.kind {
            RuleKind::Outlier(outlier) if outlier.elements.contains(&element) => {
                let era = self.eras().find(|era| era.contains(&line))?;
                self.flow_band(outlier, line, element, &self.positive(element, era), peers)
            }
            RuleKind::ChangeImplausible(change) if change.elements.contains(&element) => {
                self.stock_band(change, line, element)
            }
            _ => None,
        });
        found.map(|(band, _)| band)
    }

    /// Sum of the current figures of the year's earlier quarters; none where one of them is unknown, or for a first one.
    pub(super) fn year_before(&self, line: usize, element: usize) -> Option<f64> {
        let mut period = self.lines[line].period;
        let mut sum = None;
        while period.quarter()? > 1 {
            period = period.previous();
            let value = self.value(self.current(period)?, element);
            sum = Some(sum.unwrap_or(0.0) + Some(value).filter(|v| !v.is_nan())?);
        }
        sum
    }
}
