//! From the units that reported to the units of another day's map.
//!
//! In: the changes of the register and populations. Out: of each unit of the map the reporting units that it is made of,
//! with the share of each. Forward in time the declared shares decide, chained through every merge and split; backward a
//! unit that was merged is parted by the population that its predecessors had. A share that is neither declared nor known
//! by population is absent, never guessed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{ChangeKind, Confidence, Register, Share};
use crate::model::Level;

/// Population of a unit in a year, or the nearest known.
pub type Population<'a> = dyn Fn(&str, i16) -> Option<f64> + Sync + 'a;

/// One reporting unit within a unit of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Code of the reporting unit.
    pub code: String,
    /// Share of its counts that belongs here; none where it is not known.
    pub share: Option<Share>,
    /// True where the register's own rows say so and may be trusted; false where a population decided or a row is doubtful.
    pub certain: bool,
}

impl Part {
    /// True where less than the whole of the reporting unit belongs here.
    pub fn apportioned(&self) -> bool {
        self.share != Some(Share::ONE)
    }
}

/// Unit of the map → its parts, by code.
pub type Crosswalk = BTreeMap<String, Vec<Part>>;

impl Register {
    /// What the units of `level` that reported on `reported` are on the map of `map`.
    pub fn crosswalk<'a>(
        &self,
        level: Level,
        reporting: impl IntoIterator<Item = &'a str>,
        reported: Date,
        map: Date,
        population: &Population<'_>,
    ) -> Crosswalk {
        let mut all = Crosswalk::new();
        for code in reporting {
            let onto = if map < reported {
                self.backward(level, code, reported, map, population)
            } else {
                self.forward(level, code, reported, map, population)
            };
            for part in onto {
                let own = Part { code: code.to_owned(), share: part.share, certain: part.certain };
                all.entry(part.code).or_default().push(own);
            }
        }
        all
    }

    /// The units of `map` that a unit became, each with the share of it that went there.
    fn forward(&self, level: Level, code: &str, from: Date, map: Date, population: &Population<'_>) -> Vec<Part> {
        let next = self.turns(code).iter().find(|day| **day > from && **day <= map);
        let Some(day) = next else {
            let lasts = self.at(code, map).is_some_and(|unit| unit.level == level);
            return if lasts { vec![whole(code)] } else { Vec::new() };
        };
        let onward = self.successors(level, code, *day, population).into_iter().flat_map(|step| {
            let further = self.forward(level, &step.code, *day, map, population);
            further.into_iter().map(move |end| along(&step, &end))
        });
        gathered(onward)
    }

    /// The units of the earlier day `from` that a unit is made of, each with the share of it that came here.
    pub fn composition(
        &self,
        level: Level,
        code: &str,
        day: Date,
        from: Date,
        population: &Population<'_>,
    ) -> Vec<Part> {
        let last = self.turns(code).iter().rev().find(|turn| **turn > from && **turn <= day);
        let Some(turn) = last else {
            let was = self.at(code, from).is_some_and(|unit| unit.level == level);
            return if was { vec![whole(code)] } else { Vec::new() };
        };
        let Ok(before) = turn.yesterday() else { return Vec::new() };
        let earlier = self.predecessors(level, code, *turn, population).into_iter().flat_map(|step| {
            let parts = self.composition(level, &step.code, before, from, population);
            parts.into_iter().map(move |start| along(&step, &start))
        });
        gathered(earlier)
    }

    /// A unit of `day` on the earlier map: whole where it has one predecessor, else by the population of each.
    fn backward(&self, level: Level, code: &str, day: Date, map: Date, population: &Population<'_>) -> Vec<Part> {
        let mut parts = self.composition(level, code, day, map, population);
        if let [one] = parts.as_mut_slice() {
            one.share = Some(Share::ONE);
            return parts;
        }
        let weights: Option<Vec<Share>> =
            parts.iter().map(|p| p.share?.times(persons(population, &p.code, map.year())?)).collect();
        let all = weights.as_ref().and_then(|w| Share::sum(w.iter().copied()));
        for (at, part) in parts.iter_mut().enumerate() {
            part.share = weights.as_ref().and_then(|w| w.get(at)?.by(all?));
            part.certain = false;
        }
        parts
    }

    /// What a unit became on the day of a change, itself included where it goes on.
    fn successors(&self, level: Level, code: &str, day: Date, population: &Population<'_>) -> Vec<Part> {
        let was = |code: &str| day.yesterday().ok().and_then(|d| self.at(code, d)).is_some_and(|u| u.level == level);
        let is = |code: &str| self.at(code, day).is_some_and(|unit| unit.level == level);
        if !was(code) {
            return Vec::new();
        }
        let mut out: Vec<Part> = Vec::new();
        for change in self.moves_from(code, day) {
            let Some((_, to)) = change.moved() else { continue };
            if is(to) && out.iter().all(|part| part.code != to) {
                // What is merged goes over whole, unless the register says otherwise.
                let share = change.share.or((change.change != ChangeKind::Split).then_some(Share::ONE));
                out.push(Part { code: to.to_owned(), share, certain: change.confidence == Confidence::High });
            }
        }
        if out.is_empty() {
            return if is(code) { vec![whole(code)] } else { out };
        }
        let declared = Share::sum(out.iter().filter_map(|part| part.share));
        let left = declared.and_then(|sum| Share::ONE.minus(sum));
        let unknown = out.iter().any(|part| part.share.is_none());
        // A unit that goes on keeps what it does not give away.
        if is(code) && out.iter().all(|part| part.code != code) && (unknown || left != Some(Share::ZERO)) {
            out.push(Part { code: code.to_owned(), share: left.filter(|_| !unknown), certain: !unknown });
        }
        if unknown {
            let open = |part: &Part| part.share.is_none();
            let weight = |part: &Part| persons(population, &part.code, day.year());
            let all: Option<Vec<Share>> = out.iter().filter(|p| open(p)).map(weight).collect();
            let all = all.and_then(Share::sum);
            for part in out.iter_mut().filter(|part| part.share.is_none()) {
                part.share = left.and_then(|left| left.times(persons(population, &part.code, day.year())?.by(all?)?));
                part.certain = false;
            }
        }
        out.retain(|part| part.share.is_none_or(|share| !share.is_zero()));
        out
    }

    /// What a unit was made of on the day of a change: each predecessor with the share of it that came.
    fn predecessors(&self, level: Level, code: &str, day: Date, population: &Population<'_>) -> Vec<Part> {
        let from = self.moves_to(code, day).filter_map(|change| change.moved()).map(|(from, _)| from);
        let all: BTreeSet<&str> = from.chain([code]).collect();
        let share_of = |from: &str| {
            let step = self.successors(level, from, day, population).into_iter().find(|part| part.code == code)?;
            Some(Part { code: from.to_owned(), ..step })
        };
        all.into_iter().filter_map(share_of).collect()
    }

    /// A figure that held on `as_of` per unit, carried to the units of `day`: merged units are summed, split ones take
    /// their share. Absent where a part of it is unknown. `known` gives the figure of a unit of `as_of`.
    pub fn carried(
        &self,
        code: &str,
        as_of: Date,
        day: Date,
        population: &Population<'_>,
        known: &dyn Fn(&str) -> Option<f64>,
    ) -> Option<f64> {
        if self.turns(code).iter().all(|turn| *turn <= as_of || *turn > day) {
            return known(code);
        }
        let level = self.at(code, day)?.level;
        let parts = self.composition(level, code, day, as_of, population);
        if parts.is_empty() {
            return None;
        }
        parts.iter().try_fold(0.0, |sum, part| Some(sum + part.share?.number() * known(&part.code)?))
    }
}

fn whole(code: &str) -> Part {
    Part { code: code.to_owned(), share: Some(Share::ONE), certain: true }
}

/// Two steps as one: where the second ends, with the share that comes through both.
fn along(step: &Part, end: &Part) -> Part {
    Part {
        code: end.code.clone(),
        share: step.share.zip(end.share).and_then(|(a, b)| a.times(b)),
        certain: step.certain && end.certain,
    }
}

/// Ways to the same unit are one part.
fn gathered(ways: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut all: BTreeMap<String, Part> = BTreeMap::new();
    for way in ways {
        match all.get_mut(&way.code) {
            Some(part) => {
                part.share = part.share.zip(way.share).and_then(|(a, b)| a.plus(b));
                part.certain &= way.certain;
            }
            None => drop(all.insert(way.code.clone(), way)),
        }
    }
    all.into_values().collect()
}

fn persons(population: &Population<'_>, code: &str, year: i16) -> Option<Share> {
    let persons = population(code, year)?;
    (0.0..1e12).contains(&persons).then(|| Share::whole(persons.round() as i128))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::UnitVersion;
    use crate::register::{Change, check};
    use proptest::prelude::*;

    const START: Date = Date::constant(2010, 1, 1);

    fn year(year: i16) -> Date {
        Date::constant(year, 1, 1)
    }

    fn version(code: &str, from: Date, to: Option<Date>) -> UnitVersion {
        UnitVersion {
            code: code.to_owned(),
            name_vi: format!("Xã {code}"),
            name_en: format!("Xa {code}"),
            level: Level::Ward,
            kind: "xã".to_owned(),
            parent_code: None,
            valid_from: from,
            valid_to: to,
            source: String::new(),
        }
    }

    fn change(day: Date, kind: ChangeKind, from: &str, to: &str, share: Option<&str>) -> Change {
        Change {
            effective_date: day,
            change: kind,
            from_code: Some(from.to_owned()),
            to_code: Some(to.to_owned()),
            share: share.map(|s| s.parse().unwrap()),
            legal_basis: String::new(),
            source: String::new(),
            confidence: Confidence::High,
        }
    }

    fn shares(all: &Crosswalk) -> Vec<(&str, &str, f64, bool)> {
        all.iter()
            .flat_map(|(to, parts)| {
                parts
                    .iter()
                    .map(move |p| (to.as_str(), p.code.as_str(), p.share.map_or(f64::NAN, Share::number), p.certain))
            })
            .collect()
    }

    /// 2012: A and B merge into A. 2014: A is split into A and C, by population. 2016: C takes the code of D.
    fn register() -> Register {
        let (merged, split, coded) = (year(2012), year(2014), year(2016));
        let versions = vec![
            version("A", START, None),
            version("B", START, Some(merged)),
            version("C", split, Some(coded)),
            version("D", coded, None),
        ];
        let changes = vec![
            change(merged, ChangeKind::Merge, "A", "A", None),
            change(merged, ChangeKind::Merge, "B", "A", Some("1")),
            change(split, ChangeKind::Split, "A", "C", None),
            change(coded, ChangeKind::Reclassify, "C", "D", None),
        ];
        let parentless =
            |fault: &check::Fault| matches!(fault, check::Fault::Wrong(_, what) if what.contains("parent"));
        assert!(check::check(&versions, &changes).iter().all(parentless));
        Register::new(versions, changes, BTreeMap::new())
    }

    #[test]
    fn chains_are_followed_forward_and_backward() {
        let register = register();
        let persons = |code: &str, _: i16| match code {
            "A" => Some(300.0),
            "B" | "C" => Some(100.0),
            _ => None,
        };
        let on = |units: &[&str], from, to| register.crosswalk(Level::Ward, units.iter().copied(), from, to, &persons);
        assert_eq!(
            shares(&on(&["A", "B"], year(2011), year(2020))),
            [("A", "A", 0.75, false), ("A", "B", 0.75, false), ("D", "A", 0.25, false), ("D", "B", 0.25, false)]
        );
        assert_eq!(shares(&on(&["A", "B"], year(2011), year(2013))), [("A", "A", 1.0, true), ("A", "B", 1.0, true)]);
        // Back before the merge, what A reports belongs to A and B by their populations.
        assert_eq!(shares(&on(&["A"], year(2013), year(2011))), [("A", "A", 0.75, false), ("B", "A", 0.25, false)]);
        assert_eq!(shares(&on(&["A", "D"], year(2020), year(2015))), [("A", "A", 1.0, true), ("C", "D", 1.0, true)]);
    }

    #[test]
    fn a_share_that_nobody_knows_is_absent() {
        let on = register().crosswalk(Level::Ward, ["A", "B"], year(2011), year(2015), &|_, _| None);
        assert!(on.values().flatten().all(|part| part.share.is_none() && !part.certain), "{on:?}");
    }

    /// A random history: each year some units merge and one is split.
    fn history(units: usize, picks: &[(usize, usize, u32)]) -> (Register, Date) {
        let mut open: BTreeMap<String, Date> = (0..units).map(|at| (format!("{at:03}"), START)).collect();
        let (mut versions, mut changes, mut next) = (Vec::new(), Vec::new(), units);
        let mut day = START;
        for (first, second, share) in picks {
            day = Date::constant(day.year() + 1, 1, 1);
            let codes: Vec<String> = open.keys().cloned().collect();
            let (a, b) = (&codes[first % codes.len()], &codes[second % codes.len()]);
            if a == b {
                // Part of it becomes a new unit; it goes on with the rest.
                let new = format!("{next:03}");
                next += 1;
                let share = format!("0.{share:04}");
                changes.push(change(day, ChangeKind::Split, a, &new, Some(&share)));
                open.insert(new, day);
            } else {
                changes.push(change(day, ChangeKind::Merge, a, b, None));
                changes.push(change(day, ChangeKind::Merge, b, b, None));
                versions.push(version(a, open.remove(a).unwrap(), Some(day)));
            }
        }
        versions.extend(open.iter().map(|(code, from)| version(code, *from, None)));
        (Register::new(versions, changes, BTreeMap::new()), day)
    }

    proptest! {
        #[test]
        fn the_total_is_the_same_on_every_map_to_the_last_unit(
            units in 2usize..8,
            picks in prop::collection::vec((0usize..9, 0usize..9, 1u32..9999), 0..7),
            counts in prop::collection::vec(0i32..5000, 20),
        ) {
            let (register, last) = history(units, &picks);
            let persons = |code: &str, _: i16| Some(100.0 + code.parse::<f64>().unwrap() * 7.0);
            for (from, to) in [(START, last), (last, START)] {
                let reporting: Vec<String> =
                    register.in_force(Level::Ward, from).map(|unit| unit.code.clone()).collect();
                let on = register.crosswalk(Level::Ward, reporting.iter().map(String::as_str), from, to, &persons);
                let mut links = Vec::new();
                for (to, parts) in &on {
                    for part in parts {
                        let link = crate::register::Link {
                            from: part.code.clone(), to: to.clone(), share: part.share.unwrap(),
                        };
                        links.push(link);
                    }
                }
                let old: BTreeMap<String, Option<i128>> =
                    reporting.iter().zip(&counts).map(|(code, count)| (code.clone(), Some((*count).into()))).collect();
                let new = crate::register::apportion(&old, &links).unwrap();
                let total: i128 = old.values().flatten().sum();
                prop_assert_eq!(new.values().map(|unit| unit.whole).sum::<i128>(), total);
                let decimal: f64 = new.values().map(|unit| unit.decimal).sum();
                prop_assert!((decimal - total as f64).abs() < 1e-6);
            }
        }
    }
}
