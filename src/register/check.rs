//! Whether versions and changes hold together: no gaps, no overlaps, no unit without parent or successor, shares that sum
//! to one, no cycles.
//!
//! In: the rows as they stand in their files. Out: every fault, with the row that it is about.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Change, Share};
use crate::model::{Level, UnitVersion};

/// The row that a fault is about, counted from 0 in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Row {
    /// A version of a unit.
    Version(usize),
    /// A change.
    Change(usize),
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// What is wrong, with what was found and expected.
    Wrong(Row, String),
    /// A code that no version has.
    Unknown(Row, String),
}

/// Predecessor → successors, each with its row.
type Edges<'a> = BTreeMap<&'a str, Vec<(&'a str, usize)>>;

/// Rows with their versions by code, in order of time.
struct Rows<'a> {
    versions: &'a [UnitVersion],
    changes: &'a [Change],
    of: BTreeMap<&'a str, Vec<usize>>,
    faults: Vec<Fault>,
}

/// Everything that does not hold.
pub fn check(versions: &[UnitVersion], changes: &[Change]) -> Vec<Fault> {
    let mut of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, unit) in versions.iter().enumerate() {
        of.entry(&unit.code).or_default().push(at);
    }
    for rows in of.values_mut() {
        rows.sort_by_key(|at| versions[*at].valid_from);
    }
    let mut rows = Rows { versions, changes, of, faults: Vec::new() };
    rows.intervals();
    rows.parents();
    rows.ends();
    rows.named();
    rows.shares();
    rows.cycles();
    rows.faults
}

/// Codes of every unit, for a hint.
pub fn codes(versions: &[UnitVersion]) -> impl Iterator<Item = &str> {
    versions.iter().map(|unit| unit.code.as_str())
}

impl<'a> Rows<'a> {
    fn wrong(&mut self, row: Row, what: String) {
        self.faults.push(Fault::Wrong(row, what));
    }

    fn at(&self, code: &str, day: Date) -> Option<&'a UnitVersion> {
        let of = self.of.get(code)?;
        of.iter().map(|at| &self.versions[*at]).find(|unit| unit.in_force(day))
    }

    /// Versions of a code follow each other without overlap and without gap.
    fn intervals(&mut self) {
        let pairs: Vec<(usize, usize)> =
            self.of.values().flat_map(|rows| rows.windows(2).map(|pair| (pair[0], pair[1]))).collect();
        for (earlier, later) in pairs {
            let (a, b) = (&self.versions[earlier], &self.versions[later]);
            match a.valid_to {
                Some(to) if to == b.valid_from => {}
                Some(to) if to < b.valid_from => {
                    let what = format!(
                        "unit `{}` has a gap from {to} to {}; a version must begin on the day that the one before ends",
                        b.code, b.valid_from
                    );
                    self.wrong(Row::Version(later), what);
                }
                _ => {
                    let what = format!(
                        "unit `{}` has two versions on {}; the earlier one must end by then",
                        b.code, b.valid_from
                    );
                    self.wrong(Row::Version(later), what);
                }
            }
        }
    }

    /// A unit has a parent of a higher level through its whole life.
    fn parents(&mut self) {
        for (at, unit) in self.versions.iter().enumerate() {
            let row = Row::Version(at);
            let Some(parent) = &unit.parent_code else {
                if unit.level != Level::Province {
                    self.wrong(row, format!("unit `{}` has no parent_code", unit.code));
                }
                continue;
            };
            let Some(of) = self.of.get(parent.as_str()) else {
                self.faults.push(Fault::Unknown(row, parent.clone()));
                continue;
            };
            // Along the parent's versions from the unit's first day to its last.
            let (mut day, mut covered, mut below) = (unit.valid_from, false, true);
            for version in of.iter().map(|row| &self.versions[*row]) {
                if version.in_force(day) {
                    below &= version.level > unit.level;
                    match version.valid_to {
                        None => covered = true,
                        Some(to) if unit.valid_to.is_some_and(|end| end <= to) => covered = true,
                        Some(to) => day = to,
                    }
                }
                if covered {
                    break;
                }
            }
            if !below {
                let what =
                    format!("unit `{}` is a {}, and its parent `{parent}` is not above that", unit.code, unit.level);
                self.wrong(row, what);
            } else if !covered {
                self.wrong(row, format!("unit `{}` is in force on {day}, its parent `{parent}` is not", unit.code));
            }
        }
    }

    /// What is closed goes on under its own code or has a successor.
    fn ends(&mut self) {
        let followed: BTreeSet<(&str, Date)> =
            self.changes.iter().filter_map(|c| Some((c.from_code.as_deref()?, c.effective_date))).collect();
        let mut faults = Vec::new();
        for rows in self.of.values() {
            for (place, at) in rows.iter().enumerate() {
                let unit = &self.versions[*at];
                let Some(end) = unit.valid_to else { continue };
                let goes_on = rows.get(place + 1).is_some();
                if !goes_on && !followed.contains(&(unit.code.as_str(), end)) {
                    let what = format!(
                        "unit `{}` ends on {end} without a successor; changes.csv has no row from it on that day",
                        unit.code
                    );
                    faults.push(Fault::Wrong(Row::Version(*at), what));
                }
            }
        }
        self.faults.extend(faults);
    }

    /// A change names units that are in force: the predecessor on the eve, the successor on the day.
    fn named(&mut self) {
        for (at, change) in self.changes.iter().enumerate() {
            let (row, day, word) = (Row::Change(at), change.effective_date, change.change.as_str());
            let needed = match change.change {
                super::ChangeKind::Create => [false, true],
                super::ChangeKind::Abolish => [true, false],
                _ => [true, true],
            };
            let eve = day.yesterday().unwrap_or(day);
            let sides = [("from_code", &change.from_code, eve), ("to_code", &change.to_code, day)];
            for ((name, code, day), needed) in sides.into_iter().zip(needed) {
                match code {
                    None if needed => self.wrong(row, format!("a {word} needs a {name}")),
                    Some(code) if !self.of.contains_key(code.as_str()) => {
                        self.faults.push(Fault::Unknown(row, code.clone()));
                    }
                    Some(code) if self.at(code, day).is_none() => {
                        self.wrong(row, format!("{name} `{code}` is not in force on {day}"));
                    }
                    None | Some(_) => {}
                }
            }
        }
    }

    /// Declared shares of one predecessor on one day sum to one, or to less where it goes on with the rest.
    fn shares(&mut self) {
        let mut of: BTreeMap<(Date, &str), Vec<(usize, &str)>> = BTreeMap::new();
        for (at, change) in self.changes.iter().enumerate() {
            if let Some(share) = change.share.filter(|share| !share.is_part()) {
                self.wrong(Row::Change(at), format!("share is {share}, expected 0 to 1"));
            }
            if let Some((from, to)) = change.moved() {
                of.entry((change.effective_date, from)).or_default().push((at, to));
            }
        }
        for ((day, from), mut rows) in of {
            rows.sort_by_key(|(at, to)| (*to, *at));
            for pair in rows.windows(2).filter(|pair| pair[0].1 == pair[1].1) {
                let what = format!("`{from}` goes to `{}` on {day} in another row already", pair[1].1);
                self.wrong(Row::Change(pair[1].0), what);
            }
            let share = |at: usize| {
                let change = &self.changes[at];
                change.share.or((change.change != super::ChangeKind::Split).then_some(Share::ONE))
            };
            // A missing share of a split is told by population, and so are the others with it.
            let declared: Option<Vec<Share>> = rows.iter().map(|(at, _)| share(*at)).collect();
            let Some(sum) = declared.and_then(Share::sum) else { continue };
            let goes_on = self.at(from, day).is_some() && rows.iter().all(|(_, to)| *to != from);
            if sum != Share::ONE && !(goes_on && sum.is_part()) {
                let first = rows.iter().map(|(at, _)| *at).min().unwrap_or(0);
                self.wrong(Row::Change(first), format!("shares of `{from}` on {day} sum to {sum}, expected 1"));
            }
        }
    }

    /// On one day nothing comes back to where it went from.
    fn cycles(&mut self) {
        let mut of: BTreeMap<Date, Edges<'_>> = BTreeMap::new();
        for (at, change) in self.changes.iter().enumerate() {
            if let Some((from, to)) = change.moved().filter(|(from, to)| from != to) {
                of.entry(change.effective_date).or_default().entry(from).or_default().push((to, at));
            }
        }
        for (day, edges) in of {
            let mut told: BTreeSet<&str> = BTreeSet::new();
            for (start, first) in &edges {
                let (mut seen, mut open) = (BTreeSet::new(), vec![*start]);
                while let Some(code) = open.pop() {
                    open.extend(edges.get(code).into_iter().flatten().map(|(to, _)| *to).filter(|to| seen.insert(*to)));
                }
                if seen.contains(start) && !told.contains(start) {
                    told.extend(seen.iter().copied());
                    let at = first.iter().map(|(_, at)| *at).min().unwrap_or(0);
                    self.wrong(Row::Change(at), format!("`{start}` comes back to itself through the changes of {day}"));
                }
            }
        }
    }
}
