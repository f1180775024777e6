//! Checks that need a unit's rows over time: outliers, implausible changes, stocks that do not follow, rows copied
//! forward. They run when it is known which files are current; a superseded file is held against the current ones too.

use rayon::prelude::*;

use super::history::{Against, History, Line, Series};
use super::robust::Band;
use super::total::same;
use super::{Rules, cause};
use crate::model::{CellRef, Change, Finding, Outlier, Plan, Rule, RuleKind, Stock};
use crate::normalize::Submission;
use crate::normalize::reading::{Form, Observed};
use crate::normalize::versions::Standing;
use crate::register::Register;
use crate::store::raw;

/// Adds the findings across files, and to all findings their likely causes.
pub(in crate::normalize) fn across(
    plan: &Plan,
    register: &Register,
    submissions: &mut [Submission],
    standing: &[Standing],
) {
    let rules = Rules::new(plan);
    let history = History::new(plan, register, submissions, standing);
    let lines = history.lines();
    let peers = history.peers(&rules.time, &lines);
    let desk = Desk { plan, register, submissions, peers: &peers };
    let found: Vec<(usize, Finding)> = lines
        .par_iter()
        .flat_map_iter(|lines| {
            let series = history.series(lines);
            let mut found = Vec::new();
            for rule in &rules.time {
                desk.judge(rule, &series, &mut found);
            }
            found
        })
        .collect();
    let mut added: Vec<Vec<Finding>> = vec![Vec::new(); submissions.len()];
    for (at, finding) in found {
        added[at].push(finding);
    }
    let causes: Vec<Vec<Option<crate::model::Cause>>> = submissions
        .par_iter()
        .zip(&added)
        .enumerate()
        .map(|(at, (submission, added))| match &submission.outcome {
            Ok(form) => cause::causes(plan, &rules, &history, &peers, (at, form), added),
            Err(_) => Vec::new(),
        })
        .collect();
    for ((submission, added), causes) in submissions.iter_mut().zip(added).zip(causes) {
        let Ok(form) = &mut submission.outcome else { continue };
        let sorted = added.is_empty();
        form.findings.extend(added);
        for (finding, cause) in form.findings.iter_mut().zip(causes) {
            finding.likely_cause = cause;
        }
        if !sorted {
            form.findings.sort_by_key(|f| f.cell.map(|c| (c.row(), c.column())));
        }
    }
}

/// What the checks share.
struct Desk<'a> {
    plan: &'a Plan,
    register: &'a Register,
    submissions: &'a [Submission],
    peers: &'a [f64],
}

type Found = Vec<(usize, Finding)>;

impl Desk<'_> {
    fn judge(&self, rule: &Rule, series: &Series<'_>, found: &mut Found) {
        match &rule.kind {
            RuleKind::Outlier(outlier) => self.outliers(rule, outlier, series, found),
            RuleKind::ChangeImplausible(change) => self.changes(rule, change, series, found),
            RuleKind::StockConflict(stock) => self.stocks(rule, stock, series, found),
            RuleKind::CopiedForward { forms, nonzero } if forms.contains(&series.lines[0].form) => {
                self.copies(rule, *nonzero, series, found);
            }
            _ => {}
        }
    }

    fn outliers(&self, rule: &Rule, outlier: &Outlier, series: &Series<'_>, found: &mut Found) {
        for element in outlier.elements.iter().copied().filter(|e| series.has(*e)) {
            let peers = self.peers[element];
            for era in series.eras() {
                let pool = series.positive(element, era.clone());
                // The median without one value is not below the value that stands half-way to it.
                let least = pool.get(pool.len().saturating_sub(2) / 2).copied().unwrap_or(f64::NAN).min(peers);
                for line in era {
                    let value = series.value(line, element);
                    if value + 1.0 >= outlier.times * (least + 1.0)
                        && let Some((band, against)) = series.flow_band(outlier, line, element, &pool, peers)
                        && !band.holds(value)
                    {
                        self.add(rule, series.lines[line], element, value, &bounds(&band, against), found);
                    }
                }
            }
        }
    }

    fn changes(&self, rule: &Rule, change: &Change, series: &Series<'_>, found: &mut Found) {
        for element in change.elements.iter().copied().filter(|e| series.has(*e)) {
            let all = || (0..series.lines.len()).map(|line| series.value(line, element));
            let (low, high) = (all().fold(f64::NAN, f64::min), all().fold(f64::NAN, f64::max));
            // Most stocks hardly move.
            let moved = high + 1.0 >= change.times * (low + 1.0);
            for line in (0..series.lines.len()).filter(|_| moved) {
                let value = series.value(line, element);
                if !value.is_nan()
                    && let Some((band, against)) = series.stock_band(change, line, element)
                    && !band.holds(value)
                {
                    self.add(rule, series.lines[line], element, value, &bounds(&band, against), found);
                }
            }
        }
    }

    fn stocks(&self, rule: &Rule, stock: &Stock, series: &Series<'_>, found: &mut Found) {
        if !series.has(stock.stock) {
            return;
        }
        for line in 0..series.lines.len() {
            let Some(before) = series.current(series.lines[line].period.previous()) else { continue };
            let sum = |elements: &[usize]| elements.iter().map(|e| series.value(line, *e)).sum::<f64>();
            let now = series.value(line, stock.stock);
            let wanted = series.value(before, stock.before) + sum(&stock.inflow) - sum(&stock.outflow);
            if (now - wanted).abs() > stock.slack && !same(now, wanted) {
                let period = series.lines[before].period;
                let vi = format!("{wanted}, theo số của {}", period.label_vi());
                let en = format!("{wanted}, by the figures of {}", period.label_en());
                self.add(rule, series.lines[line], stock.stock, now, &(vi, en), found);
            }
        }
    }

    fn copies(&self, rule: &Rule, nonzero: usize, series: &Series<'_>, found: &mut Found) {
        for line in 0..series.lines.len() {
            let Some(before) = series.current(series.lines[line].period.previous()) else { continue };
            let (row, earlier) = (series.row(line), series.row(before));
            let repeats = row.iter().zip(earlier).all(|(a, b)| a.to_bits() == b.to_bits());
            if !repeats || row.iter().filter(|v| **v > 0.0).count() < nonzero {
                continue;
            }
            let of = series.lines[line];
            let Some(form) = self.form(of.at) else { continue };
            let at = of.values[0].unit as usize;
            let period = series.lines[before].period;
            let vi = format!("số liệu của kỳ này, không phải của {}", period.label_vi());
            let en = format!("this period's figures, not those of {}", period.label_en());
            let name = form.period.and_then(|p| self.register.named(of.unit, p.end())).map_or("", |u| &u.name_vi);
            let mut f = Finding::of_rule(rule, self.id(of.at), name, &vi, &en);
            f.cell = form.named.get(at).map(|(row, column)| address(form, *row, *column));
            f.unit_code = Some(of.unit.to_owned());
            f.sheet.clone_from(&form.sheet);
            f.period = form.period;
            found.push((of.at, f));
        }
    }

    /// A finding about one figure of a row.
    fn add(
        &self,
        rule: &Rule,
        line: Line<'_>,
        element: usize,
        value: f64,
        (vi, en): &(String, String),
        found: &mut Found,
    ) {
        let Some(form) = self.form(line.at) else { return };
        let mut f = Finding::of_rule(rule, self.id(line.at), value.to_string(), vi, en);
        f.cell = observed(line.values, element).map(|o| address(form, o.row, u32::from(o.column)));
        f.unit_code = Some(line.unit.to_owned());
        f.element = Some(self.plan.elements[element].code.clone());
        f.sheet.clone_from(&form.sheet);
        f.period = form.period;
        found.push((line.at, f));
    }

    fn form(&self, at: usize) -> Option<&Form> {
        self.submissions[at].outcome.as_ref().ok()
    }

    fn id(&self, at: usize) -> &str {
        raw::submission_id(&self.submissions[at].receipt.sha256)
    }
}

/// An element's value in a row.
pub(super) fn observed(row: &[Observed], element: usize) -> Option<&Observed> {
    row.iter().find(|o| usize::from(o.element) == element)
}

/// Address of a form's cell.
pub(in crate::normalize) fn address(form: &Form, row: u32, column: u32) -> CellRef {
    match form.sheet {
        Some(_) => CellRef::Sheet { row, column },
        None => CellRef::Text { row, column },
    }
}

/// What was plausible, and by what, in Vietnamese and English.
fn bounds(band: &Band, against: Against) -> (String, String) {
    let (low, high) = (band.low.floor().max(-1.0) + 1.0, band.high.ceil() - 1.0);
    let (vi, en) = if band.low >= 0.0 {
        (format!("từ {low} đến {high}"), format!("between {low} and {high}"))
    } else {
        (format!("không quá {high}"), format!("at most {high}"))
    };
    let median = band.median;
    match against {
        Against::Own(n) => (
            format!("{vi} (trung vị {n} kỳ khác của đơn vị: {median})"),
            format!("{en} (median of {n} other periods of the unit: {median})"),
        ),
        Against::Peers => (
            format!("{vi} (99% đơn vị thường báo không quá {median})"),
            format!("{en} (99% of units typically report at most {median})"),
        ),
    }
}
