//! Which units, periods and elements a figure is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::maps::{self, Piece};
use super::question::Asked;
use crate::model::{Expr, Kind, Level, Map, Period, Span};
use crate::register::Share;

/// A unit that reports, with the formulas that it enters by.
#[derive(Debug, Clone)]
pub(super) struct Member<'a> {
    pub(super) code: String,
    pub(super) level: Level,
    pub(super) numerator: &'a Expr,
    pub(super) denominator: Option<&'a Expr>,
}

/// What a figure is made of.
pub(super) struct Scope<'a> {
    /// Units, each of which reports on its own.
    pub(super) members: Vec<Member<'a>>,
    /// Quarters of the span, oldest first.
    pub(super) window: Vec<Period>,
    /// The year of which a ward's class holds at the end of the quarter.
    pub(super) class_year: Period,
    /// Codes of the elements read, in the order of the formulas.
    pub(super) elements: Vec<&'a str>,
    /// Elements of the rubric that a class is made of; empty where no class is counted.
    pub(super) points: Vec<&'a str>,
    /// Of another map: the reporting units with their shares.
    pub(super) pieces: Vec<Piece>,
    /// Of a unit that came out of others within the span: those of an earlier quarter, with the share of each.
    before: BTreeMap<(String, Period), Vec<Before>>,
}

/// A unit of an earlier quarter, and the share of it that belongs to a later one; none where it is not known.
pub(super) type Before = (String, Option<f64>);

impl<'a> Scope<'a> {
    pub(super) fn new(asked: &Asked<'a>) -> Self {
        let (indicator, plan) = (asked.indicator, asked.plan);
        let pieces = maps::pieces(asked);
        let mut members = Vec::new();
        let levels = [(indicator.level, &indicator.numerator, indicator.denominator.as_ref())];
        let own = indicator.own.as_ref().map(|own| (own.level, &own.numerator, own.denominator.as_ref()));
        for (level, numerator, denominator) in levels.into_iter().chain(own) {
            let codes: Vec<String> = match asked.map {
                // The province is the sum of what was reported on every map.
                Map::AsReported => below(asked, level),
                _ if asked.level == Level::Province => below(asked, level),
                _ => pieces.iter().filter(|piece| piece.level == level).map(|piece| piece.unit.clone()).collect(),
            };
            members.extend(codes.into_iter().map(|code| Member { code, level, numerator, denominator }));
        }
        let (mut elements, mut points): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        for member in &members {
            for expr in std::iter::once(member.numerator).chain(member.denominator) {
                expr.visit(&mut |leaf| match leaf {
                    Expr::Element(code) if !elements.contains(&code.as_str()) => elements.push(code),
                    Expr::Class(_) => {
                        points = plan.rubric.criteria.iter().map(|c| c.verified_element.as_str()).collect();
                    }
                    _ => {}
                });
            }
            if members.last().is_some_and(|last| std::ptr::eq(last.numerator, member.numerator)) {
                break;
            }
        }
        let mut scope = Self {
            members,
            window: window(asked),
            class_year: asked.quarter.class_year(),
            elements,
            points,
            pieces,
            before: BTreeMap::new(),
        };
        scope.before = before(asked, &scope);
        scope
    }

    /// The units that reported in an earlier quarter what now belongs to a unit.
    pub(super) fn parts(&self, unit: &str, period: Period) -> Vec<Before> {
        let known = self.before.get(&(unit.to_owned(), period)).cloned();
        known.unwrap_or_else(|| vec![(unit.to_owned(), Some(1.0))])
    }

    /// Every unit from which a value is read.
    pub(super) fn units(&self) -> BTreeSet<&str> {
        let before = self.before.values().flatten().map(|(unit, _)| unit.as_str());
        self.members.iter().map(|member| member.code.as_str()).chain(before).collect()
    }

    /// How an element behaves over time.
    pub(super) fn kind(asked: &Asked<'_>, element: &str) -> Kind {
        let at = asked.plan.element_index(element).and_then(|at| asked.plan.elements.get(at));
        at.map_or(Kind::Flow, |element| element.kind)
    }

    /// Every element, those of the rubric included.
    pub(super) fn all_elements(&self) -> BTreeSet<&'a str> {
        self.elements.iter().chain(&self.points).copied().collect()
    }

    /// Every period from which a value is read.
    pub(super) fn periods(&self) -> Vec<Period> {
        let year = Some(self.class_year).filter(|_| !self.points.is_empty());
        let window = self.window.iter().copied().filter(|_| !self.elements.is_empty());
        year.into_iter().chain(window).collect()
    }
}

/// What the units of the scope were made of in the earlier quarters of the span, where that changed.
fn before(asked: &Asked<'_>, scope: &Scope<'_>) -> BTreeMap<(String, Period), Vec<Before>> {
    let (register, last) = (asked.register, asked.quarter.end());
    let near = |unit: &str, year: i16| asked.plan.population_near(unit, year);
    let mut all = BTreeMap::new();
    for member in &scope.members {
        for period in scope.window.iter().filter(|period| register.turned(&member.code, period.end(), last)) {
            let parts = register.composition(member.level, &member.code, last, period.end(), &near);
            let parts = parts.into_iter().map(|part| (part.code, part.share.map(Share::number)));
            all.insert((member.code.clone(), *period), parts.collect());
        }
    }
    all
}

/// Quarters of a span.
fn window(asked: &Asked<'_>) -> Vec<Period> {
    let last = asked.quarter;
    let first = asked.span.first_quarter(last, asked.plan.first_period);
    // The plan is younger than the span.
    if asked.span == Span::RollingYear && first < asked.plan.first_period {
        return Vec::new();
    }
    first.max(asked.plan.first_period).through(last)
}

/// Units of a level at or below the unit asked for at the end of the quarter.
fn below(asked: &Asked<'_>, level: Level) -> Vec<String> {
    let day = asked.quarter.end();
    if asked.level == level {
        return vec![asked.unit.to_owned()];
    }
    let children = |code: &str, level: Level| {
        let all = asked.register.children(code, day).filter(move |unit| unit.level == level);
        all.map(|unit| unit.code.clone()).collect::<Vec<String>>()
    };
    let districts = match asked.level {
        Level::Province => children(asked.unit, Level::District),
        Level::District => vec![asked.unit.to_owned()],
        Level::Ward => Vec::new(),
    };
    if level == Level::District {
        return districts;
    }
    // Wards directly below the province count as well.
    let direct = if asked.level == Level::Province { children(asked.unit, level) } else { Vec::new() };
    let mut wards: Vec<String> =
        districts.iter().flat_map(|district| children(district, level)).chain(direct).collect();
    wards.sort();
    wards
}
