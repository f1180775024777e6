//! Which units can have to do with one another: the connected parts of the register.
//!
//! Two units belong to one territory where one lay below the other at any time, or where something moved from one to the
//! other. What is reported in one territory cannot change a figure of another, so each is worked on by itself. Nearly
//! always a territory is a province.

use std::collections::{BTreeMap, HashMap};

use super::Register;
use crate::model::Level;

/// The territories of a register.
#[derive(Debug, Clone, Default)]
pub struct Territories {
    /// Territory by unit code; empty where there is one only.
    of: HashMap<String, String>,
    /// Provinces by territory.
    provinces: BTreeMap<String, Vec<String>>,
}

impl Territories {
    /// What is said of a sender that the register does not know.
    pub const UNKNOWN: &str = "unknown";

    /// The territories of a register. Where it has one province only there is one, whose name is empty and to which
    /// whatever is sent belongs.
    pub(super) fn new(register: &Register) -> Self {
        let mut codes: Vec<&str> =
            register.versions().iter().filter(|v| v.level == Level::Province).map(|v| v.code.as_str()).collect();
        codes.dedup();
        if !register.has_several_provinces() {
            let all = codes.into_iter().map(str::to_owned).collect();
            return Self { of: HashMap::new(), provinces: BTreeMap::from([(String::new(), all)]) };
        }
        let mut groups = Groups::default();
        for version in register.versions() {
            let own = groups.of(&version.code);
            if let Some(parent) = &version.parent_code {
                let above = groups.of(parent);
                groups.join(own, above);
            }
        }
        for (from, to) in register.changes().iter().filter_map(super::Change::moved) {
            let (from, to) = (groups.of(from), groups.of(to));
            groups.join(from, to);
        }
        // Sorted codes: a territory is named by the first of its provinces.
        let mut names: HashMap<usize, &str> = HashMap::new();
        let mut provinces: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for code in codes {
            let group = groups.of(code);
            let name = *names.entry(groups.root(group)).or_insert(code);
            provinces.entry(name.to_owned()).or_default().push(code.to_owned());
        }
        let mut of = HashMap::with_capacity(register.versions().len());
        for version in register.versions() {
            let group = groups.of(&version.code);
            if let Some(name) = names.get(&groups.root(group)) {
                of.insert(version.code.clone(), (*name).to_owned());
            }
        }
        Self { of, provinces }
    }

    /// Names of the territories, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.provinces.keys().map(String::as_str)
    }

    /// Provinces of a territory, by code.
    pub fn provinces(&self, territory: &str) -> &[String] {
        self.provinces.get(territory).map_or(&[], Vec::as_slice)
    }

    /// The territory of a unit; [`Self::UNKNOWN`] for what is no unit, where there are several territories.
    pub fn of(&self, code: &str) -> &str {
        match self.of.get(code) {
            Some(territory) => territory,
            None if self.of.is_empty() => "",
            None => Self::UNKNOWN,
        }
    }
}

/// Codes that were joined, as a forest.
#[derive(Default)]
struct Groups<'a> {
    index: HashMap<&'a str, usize>,
    above: Vec<usize>,
}

impl<'a> Groups<'a> {
    fn of(&mut self, code: &'a str) -> usize {
        let next = self.above.len();
        let at = *self.index.entry(code).or_insert(next);
        if at == next {
            self.above.push(at);
        }
        at
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.above[at] != at {
            // Halving the way keeps it short.
            self.above[at] = self.above[self.above[at]];
            at = self.above[at];
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.above[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnitVersion;
    use jiff::civil::date;

    fn unit(code: &str, level: Level, parent: Option<&str>) -> UnitVersion {
        UnitVersion {
            code: code.into(),
            name_vi: code.into(),
            name_en: code.into(),
            level,
            kind: String::new(),
            parent_code: parent.map(str::to_owned),
            valid_from: date(2004, 1, 1),
            valid_to: None,
            source: String::new(),
        }
    }

    #[test]
    fn a_district_that_moved_joins_two_provinces_and_a_third_stays_apart() {
        let mut versions = vec![
            unit("01", Level::Province, None),
            unit("28", Level::Province, None),
            unit("46", Level::Province, None),
            unit("474", Level::District, Some("46")),
            unit("19753", Level::Ward, Some("474")),
            unit("268", Level::District, Some("28")),
        ];
        versions[5].valid_to = Some(date(2008, 8, 1));
        versions.push(UnitVersion { valid_from: date(2008, 8, 1), ..unit("268", Level::District, Some("01")) });
        let all = Territories::new(&Register::new(versions, Vec::new(), BTreeMap::new()));
        assert_eq!(all.names().collect::<Vec<_>>(), ["01", "46"]);
        assert_eq!(all.provinces("01"), ["01", "28"]);
        assert_eq!([all.of("268"), all.of("28"), all.of("19753"), all.of("999")], ["01", "01", "46", "unknown"]);
    }

    #[test]
    fn one_province_is_one_territory_to_which_everything_belongs() {
        let all =
            Territories::new(&Register::new(vec![unit("46", Level::Province, None)], Vec::new(), BTreeMap::new()));
        assert_eq!(all.names().collect::<Vec<_>>(), [""]);
        assert_eq!([all.of("46"), all.of("999")], ["", ""]);
        assert_eq!(all.provinces(""), ["46"]);
    }
}
