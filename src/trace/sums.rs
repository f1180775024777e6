//! Numerator and denominator of each unit from its cells, and whether they make up the sums of the row.
//!
//! The formula is the definition's own tree; over time a flow is summed over the quarters that were reported, of a state
//! the last known value stands. A unit counts where both its numerator and its denominator are known.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::cells::{Key, Observed};
use super::question::Asked;
use super::scope::{Before, Member, Scope};
use crate::model::{Expr, Kind, Level, Map, Period};
use crate::plan::locate::{self, Location};

/// One unit that reports, with what it adds.
#[derive(Debug, Clone, Serialize)]
pub struct UnitPart {
    /// Code.
    pub unit: String,
    /// Name.
    pub name: String,
    /// Level.
    pub level: Level,
    /// Whether it is in the sums: numerator and denominator are known.
    pub counted: bool,
    /// Its numerator.
    pub numerator: Option<f64>,
    /// Its denominator.
    pub denominator: Option<f64>,
    /// What its formulas read.
    pub leaves: Vec<Leaf>,
}

/// One thing that a formula reads of a unit.
#[derive(Debug, Clone, Serialize)]
pub struct Leaf {
    /// As the formula writes it: `cases_handled`, `population`, `baseline(venues_suspected)`, `class(healthy)`.
    pub name: String,
    /// Its value over the span; none where it is not known.
    pub value: Option<f64>,
    /// Numbers of the cells that it is made of.
    pub cells: Vec<usize>,
    /// What it is taken from, where that is no cell.
    pub source: Option<String>,
    /// Where that stands.
    pub at: Vec<Location>,
    #[serde(skip)]
    pub(super) keys: Vec<Key>,
}

/// How the cells compare to the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// They make up the same sums.
    Equal,
    /// They do not.
    Differs,
    /// On another map shares stand between them; nothing is compared.
    NotCompared,
}

/// The sums that the cells make up, beside those of the row.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Whether they are the same.
    pub outcome: Outcome,
    /// Cells that were summed.
    pub cells: usize,
    /// Numerator from the cells.
    pub numerator: Option<f64>,
    /// Denominator from the cells; none for a count.
    pub denominator: Option<f64>,
    /// Units that counted.
    pub units_reporting: usize,
    /// Units that should have.
    pub units_expected: usize,
}

/// Lines of the lists that a definition gives: populations of the year, baselines by element.
struct Lines {
    populations: BTreeMap<String, Location>,
    baselines: BTreeMap<String, BTreeMap<String, Location>>,
}

/// Every unit of the scope with what its formulas read.
pub(super) fn parts(asked: &Asked<'_>, scope: &Scope<'_>, observed: &Observed) -> Vec<UnitPart> {
    let lines = lines(asked, scope);
    let mut number = 0;
    let part = |member: &Member<'_>| {
        let mut leaves: Vec<Leaf> = Vec::new();
        for expr in std::iter::once(member.numerator).chain(member.denominator) {
            expr.visit(&mut |node| {
                if let Some(mut leaf) = leaf(asked, scope, observed, member, node, &lines)
                    && leaves.iter().all(|known| known.name != leaf.name)
                {
                    leaf.cells = (number + 1..=number + leaf.keys.len()).collect();
                    number += leaf.keys.len();
                    leaves.push(leaf);
                }
            });
        }
        let known = |node: &Expr| {
            let name = node.to_string();
            leaves.iter().find(|leaf| leaf.name == name).and_then(|leaf| leaf.value).ok_or(())
        };
        let value = |expr: &Expr| expr.value(&known).ok().filter(|value| !value.is_nan());
        let numerator = value(member.numerator);
        let denominator = member.denominator.and_then(value);
        UnitPart {
            unit: member.code.clone(),
            name: asked.name(&member.code).to_owned(),
            level: member.level,
            counted: numerator.is_some() && (member.denominator.is_none() || denominator.is_some()),
            numerator,
            denominator,
            leaves,
        }
    };
    scope.members.iter().map(part).collect()
}

/// What a formula reads at a leaf; `None` for an operation or a constant.
fn leaf(
    asked: &Asked<'_>,
    scope: &Scope<'_>,
    observed: &Observed,
    member: &Member<'_>,
    node: &Expr,
    lines: &Lines,
) -> Option<Leaf> {
    let unit = member.code.as_str();
    let mut leaf =
        Leaf { name: node.to_string(), value: None, cells: Vec::new(), source: None, at: Vec::new(), keys: Vec::new() };
    let key = |element: &str, period: Period| (unit.to_owned(), element.to_owned(), period);
    match node {
        Expr::Element(code) => over_time(asked, scope, observed, unit, code, &mut leaf),
        Expr::Population => {
            let year = asked.quarter.year();
            let known = asked.plan.populations.get(unit).and_then(|of| of.get(&year));
            let known = known.filter(|_| member.level == Level::Ward);
            leaf.value = known.map(|known| known.persons);
            leaf.source = known.map(|known| format!("{year}: {}", known.note));
            leaf.at = lines.populations.get(unit).cloned().into_iter().collect();
        }
        Expr::Units => leaf.value = Some(1.0),
        Expr::Baseline(element) => baseline(asked, unit, element, lines, &mut leaf),
        Expr::Class(wanted) => {
            let keys: Vec<Key> = scope.points.iter().map(|element| key(element, scope.class_year)).collect();
            let points: Vec<Option<f64>> = keys.iter().map(|key| observed.value(key)).collect();
            let classed = asked.plan.rubric.class_of(&points);
            leaf.value = classed.as_ref().map(|classed| f64::from(u8::from(classed.class.code == *wanted)));
            leaf.source = classed.map(|classed| {
                let held = classed.failed.iter().map(|r| format!("{} >= {}", r.criterion, r.min_points));
                let held: Vec<String> = held.collect();
                let held = if held.is_empty() { String::new() } else { format!(", held back by {}", held.join(", ")) };
                format!("{}: {} points, class {}{held}", scope.class_year, classed.points, classed.class.code)
            });
            leaf.at = locate::class(asked.plan, wanted).into_iter().collect();
            leaf.keys = keys.into_iter().filter(|key| observed.value(key).is_some()).collect();
        }
        _ => return None,
    }
    Some(leaf)
}

/// An element over the span: flows summed, of a state the last that is known; of units merged or split within the span what
/// their predecessors reported, by its share.
fn over_time(asked: &Asked<'_>, scope: &Scope<'_>, observed: &Observed, unit: &str, code: &str, leaf: &mut Leaf) {
    let kind = Scope::kind(asked, code);
    let (mut sum, mut carried): (Option<f64>, Vec<String>) = (None, Vec::new());
    for period in scope.window.iter().rev() {
        let parts = scope.parts(unit, *period);
        let of = |part: &Before| observed.value(&(part.0.clone(), code.to_owned(), *period));
        let value = |part: &Before| {
            let value = of(part)?;
            // Of nothing every share is nothing.
            if value == 0.0 { Some(0.0) } else { Some(part.1.unwrap_or(f64::NAN) * value) }
        };
        let known: Vec<&Before> = parts.iter().filter(|part| of(part).is_some()).collect();
        let here = match kind {
            Kind::Flow => known.iter().filter_map(|part| value(part)).reduce(|a, b| a + b),
            // A flag has no parts.
            Kind::Flag => {
                if let [one] = parts.as_slice() {
                    of(one)
                } else {
                    None
                }
            }
            _ if known.len() < parts.len() => None,
            _ => known.iter().filter_map(|part| value(part)).reduce(|a, b| a + b),
        };
        let Some(here) = here else { continue };
        sum = Some(sum.map_or(here, |sum| sum + here));
        for (part, share) in known.into_iter().filter(|(part, share)| part != unit || *share != Some(1.0)) {
            let share = share.map_or("an unknown share".to_owned(), |share| format!("share {share}"));
            carried.push(format!("{part} in {period} ({share})"));
        }
        let keys = parts.iter().map(|(part, _)| (part.clone(), code.to_owned(), *period));
        leaf.keys.extend(keys.filter(|key| observed.value(key).is_some()));
        if kind != Kind::Flow {
            break;
        }
    }
    leaf.value = sum.filter(|sum| !sum.is_nan());
    leaf.keys.sort_by(|a, b| (a.2, &a.0).cmp(&(b.2, &b.0)));
    carried.sort();
    leaf.source = (!carried.is_empty()).then(|| format!("with {}", carried.join(", ")));
}

/// A baseline: the unit's own, or carried over the merges and splits since.
fn baseline(asked: &Asked<'_>, unit: &str, element: &str, lines: &Lines, leaf: &mut Leaf) {
    let (plan, register, day) = (asked.plan, asked.register, asked.quarter.end());
    let Some(as_of) = plan.baselines.values().flat_map(|own| own.values()).map(|b| b.as_of).max() else { return };
    let near = |unit: &str, year: i16| plan.population_near(unit, year);
    let known = |unit: &str| plan.baseline(unit, element);
    leaf.value = register.carried(unit, as_of, day, &near, &known);
    let parts = register.composition(Level::Ward, unit, day, as_of, &near);
    let of = |code: &str| known(code).map_or("unknown".to_owned(), |value| value.to_string());
    leaf.source = match parts.as_slice() {
        [] => leaf.value.map(|_| as_of.to_string()),
        [one] if one.code == unit && !one.apportioned() => Some(as_of.to_string()),
        many => {
            let many: Vec<String> = many
                .iter()
                .map(|part| match part.share {
                    Some(share) if part.apportioned() => format!("{share} of {} ({})", of(&part.code), part.code),
                    Some(_) => format!("{} ({})", of(&part.code), part.code),
                    None => format!("an unknown share of {} ({})", of(&part.code), part.code),
                })
                .collect();
            Some(format!("{as_of}, carried from {}", many.join(" + ")))
        }
    };
    if let Some(lines) = lines.baselines.get(element) {
        let codes = parts.iter().map(|part| part.code.as_str());
        let codes: BTreeSet<&str> = codes.chain([unit]).collect();
        leaf.at = codes.into_iter().filter_map(|code| lines.get(code).cloned()).collect();
    }
}

fn lines(asked: &Asked<'_>, scope: &Scope<'_>) -> Lines {
    let (mut population, mut elements) = (false, BTreeSet::new());
    for member in scope.members.iter().take(1).chain(scope.members.last()) {
        for expr in std::iter::once(member.numerator).chain(member.denominator) {
            expr.visit(&mut |node| match node {
                Expr::Population => population = true,
                Expr::Baseline(element) => drop(elements.insert(element.clone())),
                _ => {}
            });
        }
    }
    let units: BTreeSet<&str> = scope.members.iter().map(|member| member.code.as_str()).collect();
    let mut lines = Lines { populations: BTreeMap::new(), baselines: BTreeMap::new() };
    if population {
        let found = locate::populations(asked.plan, asked.quarter.year(), &|unit| units.contains(unit));
        lines.populations = found.into_iter().collect();
    }
    for element in elements {
        let found = locate::baselines(asked.plan, &element, &|_| true);
        lines.baselines.insert(element, found.into_iter().collect());
    }
    lines
}

/// Holds what the cells make up against the row.
pub(super) fn check(asked: &Asked<'_>, parts: &[UnitPart], cells: usize) -> Check {
    let row = &asked.figure.row;
    let counted = || parts.iter().filter(|part| part.counted);
    let sum = |of: fn(&UnitPart) -> Option<f64>| counted().filter_map(of).reduce(|a, b| a + b);
    let check = Check {
        outcome: Outcome::NotCompared,
        cells,
        numerator: sum(|part| part.numerator),
        denominator: sum(|part| part.denominator),
        units_reporting: counted().count(),
        units_expected: parts.len(),
    };
    if asked.map != Map::AsReported && asked.level != Level::Province {
        return check;
    }
    let same = |made: Option<f64>, released: Option<f64>| match (made, released) {
        (None, None) => true,
        // Sums of fractions depend on their order in the last digit.
        (Some(made), Some(released)) => (made - released).abs() <= 1e-9 * made.abs().max(released.abs()).max(1.0),
        _ => false,
    };
    let equal = same(check.numerator, row.number("numerator"))
        && same(check.denominator, row.number("denominator"))
        && check.units_reporting as i64 == row.whole("units_reporting")
        && check.units_expected as i64 == row.whole("units_expected");
    Check { outcome: if equal { Outcome::Equal } else { Outcome::Differs }, ..check }
}
