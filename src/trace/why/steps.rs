//! From the units of one figure to those of another: what each adds at both, and why it adds otherwise.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::figures::{Key, Made, Member, Row};
use crate::model::{Indicator, Level, Plan};
use crate::register::{Register, Share};
use crate::stats::decompose::{Cause, Moved, Sums};

/// What one unit adds at both points.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) key: Key,
    pub(super) before: Option<Sums>,
    pub(super) after: Option<Sums>,
    pub(super) cause: Cause,
}

impl Step {
    pub(super) fn moved(&self) -> Moved {
        let of = |sums: Option<Sums>| sums.unwrap_or_default();
        Moved { before: of(self.before), after: of(self.after), cause: self.cause }
    }
}

/// Units that bear the same code, where no boundary changed; a unit that is in one figure only was moved.
pub(super) fn by_code(before: &BTreeMap<Key, Member>, after: &BTreeMap<Key, Member>) -> Vec<Step> {
    let mut steps = Vec::new();
    let keys: BTreeSet<&Key> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (was, is) = (before.get(key), after.get(key));
        let sums = |member: Option<&Member>| member.and_then(|member| member.sums);
        let cause = if was.is_some() == is.is_some() { compared(was, is) } else { Cause::Boundary };
        push(&mut steps, key, sums(was), sums(is), cause);
    }
    steps
}

/// Only what was reported whole at both points is compared.
fn compared(was: Option<&Member>, is: Option<&Member>) -> Cause {
    let whole = |member: Option<&Member>| member.is_some_and(|member| member.full && member.sums.is_some());
    if whole(was) && whole(is) { Cause::Figures } else { Cause::Reporting }
}

fn push(steps: &mut Vec<Step>, key: &Key, before: Option<Sums>, after: Option<Sums>, cause: Cause) {
    if before.is_some() || after.is_some() {
        steps.push(Step { key: key.clone(), before, after, cause });
    }
}

/// The earlier rows laid on the units of a later day.
pub(super) struct Ground<'a> {
    pub(super) plan: &'a Plan,
    pub(super) register: &'a Register,
    pub(super) indicator: &'a Indicator,
    pub(super) rows: &'a [Row],
    pub(super) from: Date,
    pub(super) to: Date,
}

/// Why the same territory has no earlier figure: the reporting unit of which too little is known.
pub(super) struct Unknown(pub(super) String);

impl Ground<'_> {
    /// True where a unit of either figure changed between the two days, or wards went from one district to another.
    pub(super) fn changed(&self, before: Option<&Made<'_>>, after: &Made<'_>) -> bool {
        let codes = before.into_iter().chain([after]).flat_map(|made| made.of.keys());
        codes.chain([&(after.row.level, after.row.unit.clone())]).any(|(level, code)| {
            self.register.turned(code, self.from, self.to) || (*level == Level::District && self.moved(code))
        }) || before.is_none_or(|before| !before.of.keys().eq(after.of.keys()))
    }

    /// True where a district does not have the territory that it had: a ward came from another, or went there.
    fn moved(&self, district: &str) -> bool {
        let wards = |day: Date| self.register.children(district, day).filter(|unit| unit.level == Level::Ward);
        let here = |code: &str, day: Date| self.register.district_of(code, day) == Some(district);
        let came = wards(self.to)
            .flat_map(|ward| self.register.composition(Level::Ward, &ward.code, self.to, self.from, &self.near()));
        let mut went = wards(self.from).flat_map(|ward| self.becomes(&ward.code));
        came.into_iter().any(|part| !here(&part.code, self.from)) || went.any(|(later, _)| !here(&later, self.to))
    }

    fn near(&self) -> impl Fn(&str, i16) -> Option<f64> + Sync {
        |unit: &str, year: i16| self.plan.population_near(unit, year)
    }

    /// The later wards that an earlier one became, with the share of it that went there.
    fn becomes(&self, ward: &str) -> Vec<(String, Option<f64>)> {
        let all = self.register.crosswalk(Level::Ward, [ward], self.from, self.to, &self.near());
        let share = |share: Option<Share>| share.map(Share::number);
        all.into_iter()
            .flat_map(|(later, parts)| parts.into_iter().map(move |part| (later.clone(), share(part.share))))
            .collect()
    }

    /// From the earlier figure of the same territory to the later figure, and that earlier figure.
    pub(super) fn steps(&self, after: &Made<'_>) -> Result<(Vec<Step>, Option<Sums>), Unknown> {
        let (level, unit) = (after.row.level, after.row.unit.as_str());
        let counts = self.plan.counts_units(self.indicator);
        let mut territory = Territory::default();
        let inside = |later: &str| level == Level::Province || after.of.contains_key(&(Level::Ward, later.to_owned()));
        if self.indicator.level == Level::Ward {
            for row in self.rows.iter().filter(|row| row.level == Level::Ward) {
                let became = self.becomes(&row.unit);
                let here: Vec<&(String, Option<f64>)> = became.iter().filter(|(later, _)| inside(later)).collect();
                if here.is_empty() {
                    continue;
                }
                let area = match level {
                    // Above the ward a unit that is counted is counted once, where most of it went.
                    _ if counts && level != Level::Ward => {
                        let home = became.iter().rev().max_by(|a, b| a.1.unwrap_or(0.0).total_cmp(&b.1.unwrap_or(0.0)));
                        if home.is_some_and(|(later, _)| inside(later)) { 1.0 } else { 0.0 }
                    }
                    _ if counts || here.len() == became.len() => 1.0,
                    _ => here
                        .iter()
                        .try_fold(0.0, |sum, (_, share)| Some(sum + (*share)?))
                        .ok_or_else(|| Unknown(row.unit.clone()))?,
                };
                territory.add(row, area, &here, counts && level != Level::Ward);
            }
        }
        for (key, member) in after.of.iter().filter(|((of, _), _)| *of == Level::District) {
            if level != Level::Province && self.moved(&key.1) {
                return Err(Unknown(key.1.clone()));
            }
            territory.districts.push((key.clone(), *member));
        }
        Ok(territory.finish(after, self.earlier_districts(level, unit)))
    }

    /// What each earlier district added from its own form, or all of it where the indicator begins there.
    fn earlier_districts(&self, level: Level, unit: &str) -> BTreeMap<Key, Member> {
        let made = super::figures::made(self.rows, self.indicator, level, unit);
        let of = made.map(|made| made.of).unwrap_or_default();
        of.into_iter().filter(|((level, _), _)| *level == Level::District).collect()
    }
}

/// The earlier units within a territory.
#[derive(Default)]
struct Territory {
    /// By later ward: its parts, with the share that is taken for it; none where that is not known.
    parts: BTreeMap<String, Vec<(String, Member, Option<f64>)>>,
    /// By earlier ward: what of it is within the territory.
    within: BTreeMap<String, (Sums, f64)>,
    districts: Vec<(Key, Member)>,
}

impl Territory {
    fn add(&mut self, row: &Row, area: f64, here: &[&(String, Option<f64>)], once: bool) {
        let member = Member { sums: row.sums, full: row.reporting == row.expected };
        if let Some(sums) = row.sums.filter(|_| area > 0.0) {
            self.within.insert(row.unit.clone(), (sums, area));
        }
        for (later, share) in here {
            let share = match here.len() {
                1 => Some(area),
                _ if once => None,
                _ => *share,
            };
            self.parts.entry(later.clone()).or_default().push((row.unit.clone(), member, share));
        }
    }

    fn finish(mut self, after: &Made<'_>, mut earlier: BTreeMap<Key, Member>) -> (Vec<Step>, Option<Sums>) {
        let mut steps = Vec::new();
        for (key, member) in after.of.iter().filter(|((level, _), _)| *level == Level::Ward) {
            let parts = self.parts.remove(&key.1).unwrap_or_default();
            let whole = |(_, member, share): &(String, Member, Option<f64>)| {
                member.full && member.sums.is_some() && share.is_some_and(|share| share > 0.0)
            };
            if parts.is_empty() || !parts.iter().all(whole) || !member.full || member.sums.is_none() {
                push(&mut steps, key, None, member.sums, Cause::Reporting);
                continue;
            }
            let mut before = Sums::default();
            for (code, part, share) in parts {
                let share = share.unwrap_or_default();
                before += part.sums.unwrap_or_default() * share;
                if let Some((_, left)) = self.within.get_mut(&code) {
                    *left -= share;
                }
            }
            push(&mut steps, key, Some(before), member.sums, Cause::Figures);
        }
        // What stood here earlier and is compared with nothing.
        for (code, (sums, left)) in self.within.into_iter().filter(|(_, (_, left))| left.abs() > 1e-9) {
            push(&mut steps, &(Level::Ward, code), Some(sums * left), None, Cause::Reporting);
        }
        for (key, is) in self.districts {
            let was = earlier.remove(&key);
            push(&mut steps, &key, was.and_then(|was| was.sums), is.sums, compared(was.as_ref(), Some(&is)));
        }
        for (key, was) in earlier {
            push(&mut steps, &key, was.sums, None, Cause::Reporting);
        }
        let mut sum = None;
        for before in steps.iter().filter_map(|step| step.before) {
            *sum.get_or_insert_with(Sums::default) += before;
        }
        (steps, sum)
    }
}
