//! The units over time: which unit was in force on which day, under which parent, by which names.
//!
//! In: rows of `units.csv`, `changes.csv` and `aliases.csv`, as the plan's loader read them. Out: look-ups by code and
//! day. A code may stand for different units at different times, so every question names a day.
//!
//! 1. [`check`]: whether versions and changes hold together
//! 2. [`crosswalk`]: the units of one day on the map of another
//! 3. [`mod@apportion`]: counts along a crosswalk
//! 4. [`history`]: where a unit came from and what became of it, for people
//! 5. [`start`]: when an intervention came to a unit
//! 6. [`territory`]: which units can have to do with one another

mod apportion;
mod change;
pub mod check;
mod crosswalk;
pub mod history;
mod share;
mod start;
mod territory;

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;

pub use apportion::{Apportioned, Link, Unbalanced, apportion, whole_parts};
pub use change::{Change, ChangeKind, Confidence};
pub use crosswalk::{Crosswalk, Part, Population};
pub use share::Share;
pub use territory::Territories;

use crate::model::{Level, Plan, UnitVersion};

/// All units and changes of a pipeline.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// Sorted by code, then first day.
    versions: Vec<UnitVersion>,
    changes: Vec<Change>,
    /// Other spellings by unit code.
    aliases: BTreeMap<String, Vec<String>>,
    /// Where the versions of a code begin and end.
    of_code: HashMap<String, (usize, usize)>,
    /// Versions by the code of the unit above.
    below: HashMap<String, Vec<usize>>,
    /// Days on which something of a code moved, sorted.
    turns: HashMap<String, Vec<Date>>,
    /// Changes by predecessor and by successor, where something moved.
    from: HashMap<String, Vec<usize>>,
    to: HashMap<String, Vec<usize>>,
    territories: Territories,
}

impl Register {
    /// A register of these rows.
    pub fn new(mut versions: Vec<UnitVersion>, changes: Vec<Change>, aliases: BTreeMap<String, Vec<String>>) -> Self {
        versions.sort_by(|a, b| (&a.code, a.valid_from).cmp(&(&b.code, b.valid_from)));
        let mut below: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, version) in versions.iter().enumerate() {
            if let Some(parent) = &version.parent_code {
                below.entry(parent.clone()).or_default().push(at);
            }
        }
        let mut of_code = HashMap::new();
        for (at, version) in versions.iter().enumerate() {
            of_code.entry(version.code.clone()).or_insert((at, at)).1 = at + 1;
        }
        let mut register = Self { versions, changes, aliases, of_code, below, ..Self::default() };
        for (at, change) in register.changes.iter().enumerate() {
            let Some((from, to)) = change.moved() else { continue };
            register.from.entry(from.to_owned()).or_default().push(at);
            register.to.entry(to.to_owned()).or_default().push(at);
            for code in [from, to] {
                register.turns.entry(code.to_owned()).or_default().push(change.effective_date);
            }
        }
        // The order of the codes does not matter here: each list is put in its own order.
        register.turns.values_mut().for_each(|days| {
            days.sort();
            days.dedup();
        });
        register.territories = Territories::new(&register);
        register
    }

    /// Its territories.
    pub fn territories(&self) -> &Territories {
        &self.territories
    }

    /// Days on which something came to a code or went from it, sorted.
    fn turns(&self, code: &str) -> &[Date] {
        self.turns.get(code).map_or(&[], Vec::as_slice)
    }

    /// True where something came to a code or went from it after `from`, up to `to`.
    pub fn turned(&self, code: &str, from: Date, to: Date) -> bool {
        self.turns(code).iter().any(|day| *day > from && *day <= to)
    }

    fn moves_from(&self, code: &str, day: Date) -> impl Iterator<Item = &Change> {
        self.moves(&self.from, code, day)
    }

    fn moves_to(&self, code: &str, day: Date) -> impl Iterator<Item = &Change> {
        self.moves(&self.to, code, day)
    }

    fn moves<'a>(
        &'a self,
        by: &'a HashMap<String, Vec<usize>>,
        code: &str,
        day: Date,
    ) -> impl Iterator<Item = &'a Change> {
        let of = by.get(code).map_or(&[][..], Vec::as_slice);
        of.iter().filter_map(|at| self.changes.get(*at)).filter(move |change| change.effective_date == day)
    }

    /// Every version, by code and first day.
    pub fn versions(&self) -> &[UnitVersion] {
        &self.versions
    }

    /// Whether units of more than one province are known: then tables are parted by province too.
    pub fn has_several_provinces(&self) -> bool {
        let mut codes = self.versions.iter().filter(|u| u.level == Level::Province).map(|u| &u.code);
        codes.next().is_some_and(|first| codes.any(|code| code != first))
    }

    /// Every change, as loaded.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// Other spellings of a unit's name.
    pub fn aliases(&self, code: &str) -> &[String] {
        self.aliases.get(code).map_or(&[], Vec::as_slice)
    }

    /// Versions of one code, oldest first.
    pub fn versions_of(&self, code: &str) -> &[UnitVersion] {
        self.of_code.get(code).and_then(|(start, end)| self.versions.get(*start..*end)).unwrap_or(&[])
    }

    /// The version of a code in force on `day`.
    pub fn at(&self, code: &str, day: Date) -> Option<&UnitVersion> {
        self.versions_of(code).iter().find(|v| v.in_force(day))
    }

    /// The version in force on `day`, or the latest before it, or the first: a name for a heading.
    pub fn named(&self, code: &str, day: Date) -> Option<&UnitVersion> {
        let versions = self.versions_of(code);
        self.at(code, day).or_else(|| versions.iter().rev().find(|v| v.valid_from <= day)).or(versions.first())
    }

    /// Units of a level in force on `day`, by code.
    pub fn in_force(&self, level: Level, day: Date) -> impl Iterator<Item = &UnitVersion> {
        self.versions.iter().filter(move |v| v.level == level && v.in_force(day))
    }

    /// Units directly below `parent` on `day`, by code.
    pub fn children<'a>(&'a self, parent: &str, day: Date) -> impl Iterator<Item = &'a UnitVersion> + use<'a> {
        let below = self.below.get(parent).map_or(&[][..], Vec::as_slice);
        below.iter().filter_map(|at| self.versions.get(*at)).filter(move |v| v.in_force(day))
    }

    /// How far the plan's calendar and the register's have come: on two days of which this is the same, the same units are
    /// in force and the same is due.
    pub fn calendar(&self, plan: &Plan, today: Date) -> String {
        let days = self.versions.iter().flat_map(|v| std::iter::once(v.valid_from).chain(v.valid_to));
        let changes = self.changes.iter().map(|change| change.effective_date);
        format!("{} {}", plan.calendar(today), days.chain(changes).filter(|day| *day <= today).count())
    }

    /// Units of these provinces that send forms on `day`.
    pub fn senders_of<'a>(&'a self, provinces: &'a [String], day: Date) -> impl Iterator<Item = &'a UnitVersion> {
        let own = provinces.iter().filter_map(move |code| self.at(code, day));
        own.flat_map(move |province| std::iter::once(province).chain(self.children(&province.code, day)))
            .filter(move |unit| self.sends(unit, day))
    }

    /// True where a unit sends forms on `day`: a district, or a province for the wards directly below it.
    pub fn sends(&self, unit: &UnitVersion, day: Date) -> bool {
        match unit.level {
            Level::District => true,
            Level::Province => self.children(&unit.code, day).any(|below| below.level == Level::Ward),
            Level::Ward => false,
        }
    }

    /// Units that send forms on `day`, by code.
    pub fn senders(&self, day: Date) -> impl Iterator<Item = &UnitVersion> {
        self.versions.iter().filter(move |unit| unit.in_force(day) && self.sends(unit, day))
    }

    /// Code of the district above a ward on `day`; a district's own code for a district; `None` for a province, for a
    /// ward directly below one, and for a unit not in force.
    pub fn district_of(&self, code: &str, day: Date) -> Option<&str> {
        let unit = self.at(code, day)?;
        match unit.level {
            Level::District => Some(&unit.code),
            Level::Ward => {
                let parent = self.at(unit.parent_code.as_deref()?, day)?;
                (parent.level == Level::District).then_some(parent.code.as_str())
            }
            Level::Province => None,
        }
    }

    /// Code of the province above a unit on `day`, or the unit's own code for a province.
    pub fn province_of(&self, code: &str, day: Date) -> Option<&str> {
        let mut unit = self.at(code, day)?;
        while unit.level != Level::Province {
            unit = self.at(unit.parent_code.as_deref()?, day)?;
        }
        Some(&unit.code)
    }
}
