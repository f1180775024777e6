//! What would repair a form's contradictions: every slip that could have made one of the figures involved is undone on
//! paper, and the one that repairs the most without breaking anything is suggested.
//!
//! In: a form with its findings. Out: a likely cause for each finding, or none. A slip that repairs nothing but a total
//! is suggested only where no other repairs it as well.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::across::{address, observed};
use super::history::{History, Series};
use super::robust::Band;
use super::row::{Figures, spread};
use super::total::same;
use super::{Rules, slips};
use crate::model::{Cause, CauseKind, Code, Finding, Kind, Period, Plan, Repair, RuleKind};
use crate::normalize::reading::{Form, Observed};

/// A form counts as sent again where so many of its rows repeat the period before.
const REPEATED: f64 = 0.8;

/// A change of a figure by less may make a sum come out by coincidence.
const TELLING: f64 = 5.0;

/// The likely cause of each of a form's findings, those in `added` last; empty where there is nothing to explain.
pub(super) fn causes(
    plan: &Plan,
    rules: &Rules<'_>,
    history: &History<'_>,
    peers: &[f64],
    (at, form): (usize, &Form),
    added: &[Finding],
) -> Vec<Option<Cause>> {
    let explicable = |f: &Finding| {
        matches!(
            f.code,
            Code::PartExceedsWhole
                | Code::PartsDoNotSum
                | Code::TotalMismatch
                | Code::ValueOutOfRange
                | Code::Outlier
                | Code::ChangeImplausible
                | Code::CopiedForward
        )
    };
    let findings = || form.findings.iter().chain(added);
    if !findings().any(explicable) {
        return Vec::new();
    }
    let rows: Vec<&[Observed]> = form.values.chunk_by(|a, b| a.unit == b.unit).collect();
    let values = rows.iter().map(|row| {
        let mut values = vec![f64::NAN; plan.elements.len()];
        spread(row, &mut values);
        values
    });
    let values = values.collect();
    let series = rows.iter().map(|_| OnceCell::new()).collect();
    let sheet = Sheet { plan, rules, history, peers, at, form, rows, values, series, bands: RefCell::default() };
    let copied = findings().filter(|f| f.code == Code::CopiedForward).count();
    let again = copied >= 2 && copied as f64 >= REPEATED * form.units.len() as f64;
    let again =
        again.then(|| Cause { kind: CauseKind::FormRepeated, repairs: Vec::new(), repaired: copied, of: copied });
    findings()
        .map(|f| match f.code {
            Code::CopiedForward => again.clone(),
            _ if explicable(f) => {
                let of_row = |other: &&Finding| f.unit_code == other.unit_code && explicable(other);
                sheet.cause(f, findings().filter(of_row).count() > 1)
            }
            _ => None,
        })
        .collect()
}

/// Something that must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Check {
    /// A rule on one row, by its index, about an element where it is about each by itself.
    Row { row: usize, rule: usize, element: Option<usize> },
    /// A column's total.
    Total { element: usize },
    /// A figure against those of other periods or units.
    Time { row: usize, element: usize },
}

/// A figure put in the place of another.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Patch {
    row: usize,
    element: usize,
    to: f64,
}

/// A slip undone, with what that does.
struct Candidate {
    kind: CauseKind,
    patches: Vec<Patch>,
    repaired: usize,
    of: usize,
    /// All that it repairs is a total.
    total_alone: bool,
    /// Totals that agree with the figures as they stand; as a rule the spreadsheet made them, which proves nothing.
    disowned: usize,
    /// How far its figures lie from what is usual for the unit.
    far: f64,
}

/// A form laid out for trying things.
struct Sheet<'a> {
    plan: &'a Plan,
    rules: &'a Rules<'a>,
    history: &'a History<'a>,
    peers: &'a [f64],
    at: usize,
    form: &'a Form,
    rows: Vec<&'a [Observed]>,
    /// By row and element; NaN for what was not reported.
    values: Vec<Vec<f64>>,
    /// By row, made when needed.
    series: Vec<OnceCell<Option<(Series<'a>, usize)>>>,
    /// By row and element, made when needed.
    bands: RefCell<BTreeMap<(usize, usize), Option<Band>>>,
}

impl Sheet<'_> {
    /// The likeliest cause of a finding; `several` where its row has others.
    fn cause(&self, finding: &Finding, several: bool) -> Option<Cause> {
        let check = self.check(finding)?;
        let mut all: Vec<Candidate> = Vec::new();
        for (row, element) in self.cells(check) {
            for (kind, patches) in self.undone(row, element) {
                all.extend(self.candidate(kind, patches, check));
            }
        }
        if let Check::Row { row, .. } | Check::Time { row, .. } = check
            && several
        {
            all.extend(self.shifted(row, check));
        }
        let of_total = self.slip_of_total(check, finding);
        all.sort_by(|a, b| {
            let rank = |c: &Candidate| (std::cmp::Reverse(c.repaired), c.of - c.repaired, c.disowned, c.kind);
            rank(a).cmp(&rank(b)).then(a.far.total_cmp(&b.far))
        });
        let Some(best) = all.first() else { return of_total };
        if best.total_alone {
            let rivals = all.iter().filter(|c| c.repaired == best.repaired && c.patches != best.patches).count();
            if rivals > 0 || of_total.is_some() {
                return None;
            }
        }
        let shown = if best.kind == CauseKind::RowShifted { &[][..] } else { &best.patches };
        let repair = |p: &Patch| {
            let at = observed(self.rows[p.row], p.element)?;
            let cell = address(self.form, at.row, u32::from(at.column));
            Some(Repair { cell, from: at.value, to: p.to })
        };
        let repairs = shown.iter().filter_map(repair).collect();
        Some(Cause { kind: best.kind, repairs, repaired: best.repaired, of: best.of })
    }

    /// The check that a finding is about.
    fn check(&self, finding: &Finding) -> Option<Check> {
        let element = self.plan.element_index(finding.element.as_deref()?)?;
        if finding.code == Code::TotalMismatch {
            return Some(Check::Total { element });
        }
        let unit = finding.unit_code.as_deref()?;
        let row = self.rows.iter().position(|row| self.form.units[row[0].unit as usize] == unit)?;
        if matches!(finding.code, Code::Outlier | Code::ChangeImplausible) {
            return Some(Check::Time { row, element });
        }
        let broken = |check: &Check| self.state(*check, &[]) == Some(false);
        let of_row = self.checks(&[Patch { row, element, to: 0.0 }]).into_iter();
        let mut fits = of_row.filter(|check| match check {
            Check::Row { rule, .. } => self.rules.row[*rule].code() == finding.code,
            _ => false,
        });
        fits.find(broken)
    }

    /// The figures that a check is about.
    fn cells(&self, check: Check) -> Vec<(usize, usize)> {
        match check {
            Check::Row { row, element: Some(element), .. } | Check::Time { row, element } => vec![(row, element)],
            Check::Row { row, rule, .. } => self.rules.members[rule].iter().map(|element| (row, *element)).collect(),
            Check::Total { element } => (0..self.rows.len()).map(|row| (row, element)).collect(),
        }
    }

    /// Every slip that could have made this figure, undone.
    fn undone(&self, row: usize, element: usize) -> Vec<(CauseKind, Vec<Patch>)> {
        let value = self.values[row][element];
        if value.is_nan() {
            return Vec::new();
        }
        let kind = self.plan.elements[element].kind;
        let mut all: Vec<(CauseKind, Vec<Patch>)> = Vec::new();
        if kind == Kind::Flag {
            return all;
        }
        let decimals = self.plan.elements[element].decimals;
        let single = |(kind, to)| (kind, vec![Patch { row, element, to }]);
        all.extend(slips::undone(value, decimals).into_iter().map(single));
        if let Some(before) = self.year_before(row, element).filter(|b| kind == Kind::Flow && *b > 0.0 && *b <= value) {
            all.push(single((CauseKind::YearToDate, value - before)));
        }
        let beside = self.rows[row].iter().position(|o| usize::from(o.element) == element).unwrap_or(0);
        let beside = [beside.checked_sub(1), Some(beside + 1)].into_iter().flatten();
        let beside = beside.filter_map(|at| Some((row, usize::from(self.rows[row].get(at)?.element))));
        let above = [row.checked_sub(1), Some(row + 1)].into_iter().flatten();
        let above = above.filter(|r| *r < self.rows.len()).map(|r| (r, element));
        for (other_row, other) in beside.chain(above) {
            let theirs = self.values[other_row][other];
            if !theirs.is_nan() && !same(theirs, value) && self.plan.elements[other].kind != Kind::Flag {
                let there = Patch { row: other_row, element: other, to: value };
                all.push((CauseKind::CellsExchanged, vec![Patch { row, element, to: theirs }, there]));
            }
        }
        all
    }

    /// What these patches do; none unless they repair `wanted`, break nothing, and are more than a coincidence.
    fn candidate(&self, kind: CauseKind, patches: Vec<Patch>, wanted: Check) -> Option<Candidate> {
        if self.state(wanted, &patches) == Some(false) {
            return None;
        }
        let (mut repaired, mut totals, mut sums, mut of, mut disowned) = (0, 0, 0, 0, 0);
        for check in self.checks(&patches) {
            let total = matches!(check, Check::Total { .. });
            match (self.state(check, &[]), self.state(check, &patches)) {
                (Some(false), after) => {
                    of += 1;
                    // The figure of a cell that a shift leaves empty belongs to its neighbour.
                    let left = after.is_none() && matches!(check, Check::Time { .. });
                    if after == Some(true) || left {
                        repaired += 1;
                        totals += usize::from(total);
                        sums += usize::from(self.is_sum(check));
                    }
                }
                (_, Some(false)) if total => disowned += 1,
                (_, Some(false)) => return None,
                _ => {}
            }
        }
        let (far, before) = (self.far(&patches), self.far_now(&patches));
        let known = kind == CauseKind::RowShifted || patches.iter().all(|p| self.band(p.row, p.element).is_some());
        let total_alone = repaired == totals;
        let likely = if total_alone {
            totals > disowned && far <= before
        } else if totals + sums > 0 {
            // To make a sum come out is telling, unless the figures are small or the cure is odd.
            far <= before + std::f64::consts::LN_2 && (repaired > 1 || self.moves(&patches) >= TELLING)
        } else {
            // A limit is kept by many figures: the cure must bring them near to what is usual.
            known && far <= before / 2.0
        };
        let likely = likely && (kind != CauseKind::CellsExchanged || self.moves(&patches) >= TELLING);
        (likely && (repaired == of || repaired > 1)).then_some(Candidate {
            kind,
            patches,
            repaired,
            of,
            total_alone,
            disowned,
            far,
        })
    }

    fn is_sum(&self, check: Check) -> bool {
        matches!(check, Check::Row { rule, .. } if matches!(self.rules.row[rule].kind, RuleKind::PartsDoNotSum { .. }))
    }

    /// How far figures lie from the medians that they are held against, as the logarithm of a ratio.
    fn far(&self, patches: &[Patch]) -> f64 {
        let of = |p: &Patch| self.band(p.row, p.element).map_or(0.0, |b| ((p.to + 1.0) / (b.median + 1.0)).ln().abs());
        patches.iter().filter(|p| !p.to.is_nan()).map(of).sum()
    }

    /// The same of the figures as they stand.
    fn far_now(&self, patches: &[Patch]) -> f64 {
        let now = |p: &Patch| Patch { to: self.values[p.row][p.element], ..*p };
        self.far(&patches.iter().map(now).collect::<Vec<_>>())
    }

    /// By how much the first figure changes.
    fn moves(&self, patches: &[Patch]) -> f64 {
        patches.first().map_or(0.0, |p| (p.to - self.values[p.row][p.element]).abs())
    }

    /// The row with its figures moved by one column, from some column on; it must repair more than one thing.
    fn shifted(&self, row: usize, wanted: Check) -> Option<Candidate> {
        let columns: Vec<usize> = self.rows[row].iter().map(|o| usize::from(o.element)).collect();
        let moved = |columns: Vec<usize>| {
            let pairs = columns.windows(2).map(|w| Patch { row, element: w[0], to: self.values[row][w[1]] });
            let last = columns.last().map(|element| Patch { row, element: *element, to: f64::NAN });
            pairs.chain(last).collect::<Vec<_>>()
        };
        let tails = (0..columns.len().saturating_sub(2)).flat_map(|from| {
            let tail = columns[from..].to_vec();
            let back = tail.iter().rev().copied().collect();
            [moved(tail), moved(back)]
        });
        let tried = tails.filter_map(|patches| self.candidate(CauseKind::RowShifted, patches, wanted));
        tried.filter(|c| c.repaired > 1).max_by_key(|c| c.repaired)
    }

    /// A slip in the total itself.
    fn slip_of_total(&self, check: Check, finding: &Finding) -> Option<Cause> {
        let Check::Total { element } = check else { return None };
        let total = self.form.totals.iter().find(|t| usize::from(t.element) == element)?;
        let decimals = self.plan.elements[element].decimals;
        let (kind, to) = slips::undone(total.said, decimals).into_iter().find(|(_, to)| same(*to, total.sum))?;
        let repairs = vec![Repair { cell: finding.cell?, from: total.said, to }];
        Some(Cause { kind, repairs, repaired: 1, of: 1 })
    }

    /// Every check that these patches touch.
    fn checks(&self, patches: &[Patch]) -> BTreeSet<Check> {
        let mut all = BTreeSet::new();
        for Patch { row, element, .. } in patches.iter().copied() {
            for (rule, of) in self.rules.row.iter().enumerate() {
                let alone = matches!(of.kind, RuleKind::ValueOutOfRange { .. });
                if self.rules.members[rule].contains(&element) {
                    all.insert(Check::Row { row, rule, element: alone.then_some(element) });
                }
            }
            if self.form.totals.iter().any(|t| usize::from(t.element) == element) {
                all.insert(Check::Total { element });
            }
            if self.band(row, element).is_some() {
                all.insert(Check::Time { row, element });
            }
        }
        all
    }

    /// Whether a check holds with these patches; none where a figure that it needs is not known.
    fn state(&self, check: Check, patches: &[Patch]) -> Option<bool> {
        let value = |row: usize, element: usize| {
            let patch = patches.iter().find(|p| (p.row, p.element) == (row, element));
            Some(patch.map_or(self.values[row][element], |p| p.to)).filter(|v| !v.is_nan())
        };
        match check {
            Check::Row { row, rule, element } => {
                let kind = &self.rules.row[rule].kind;
                let needed = element.as_ref().map_or(&self.rules.members[rule][..], std::slice::from_ref);
                let mut values = self.values[row].clone();
                for element in needed {
                    values[*element] = value(row, *element)?;
                }
                let unit = &self.form.units[self.rows[row][0].unit as usize];
                let year = self.form.period.map_or(0, Period::year);
                let figures = Figures { plan: self.plan, unit, year, values: &values };
                let mut holds = true;
                figures.breaches(kind, |at, _| holds &= element.is_some_and(|element| element != at));
                Some(holds)
            }
            Check::Total { element } => {
                let total = self.form.totals.iter().find(|t| usize::from(t.element) == element)?;
                let mut sum = total.sum;
                for patch in patches.iter().filter(|p| p.element == element) {
                    sum += value(patch.row, element)? - self.values[patch.row][element];
                }
                Some(same(sum, total.said))
            }
            Check::Time { row, element } => Some(self.band(row, element)?.holds(value(row, element)?)),
        }
    }

    fn series(&self, row: usize) -> Option<&(Series<'_>, usize)> {
        let unit = &self.form.units[self.rows[row][0].unit as usize];
        let made = self.series[row].get_or_init(|| {
            let lines = self.history.of(unit, self.form.form);
            let line = lines.iter().position(|line| line.at == self.at)?;
            Some((self.history.series(lines), line))
        });
        made.as_ref()
    }

    fn band(&self, row: usize, element: usize) -> Option<Band> {
        if let Some(known) = self.bands.borrow().get(&(row, element)) {
            return *known;
        }
        let (series, line) = self.series(row)?;
        let band = series.band(self.rules, *line, element, self.peers[element]);
        self.bands.borrow_mut().insert((row, element), band);
        band
    }

    fn year_before(&self, row: usize, element: usize) -> Option<f64> {
        let (series, line) = self.series(row)?;
        series.year_before(*line, element)
    }
}
