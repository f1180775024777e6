//! The page of a province or a district, and the list of several provinces.

use serde::Serialize;

use super::action::{Undertaken, actions};
use super::boxes::{class_names, grade};
use super::findings::{Open, open};
use super::funnel::{Funnel, funnels};
use super::league::{Row as LeagueRow, league};
use super::line::{Line, find, line, lines, shown};
use super::map::{Map, by_class};
use super::mark::{Mark, mark};
use super::study::{Came, came};
use super::{Edition, Link, Page, Text, Unit, lineage};
use crate::model::Level;
use crate::publish::figure::{self, Figure};
use crate::publish::peers::Peers;
use crate::publish::sources::Source;

/// A province or a district.
#[derive(Debug, Serialize)]
pub struct Area<'a> {
    pub page: Page<'a>,
    /// None for the list of provinces.
    pub level: Option<&'static str>,
    pub code: &'a str,
    pub interventions: Vec<Came<'a>>,
    pub targets: Vec<Line<'a>>,
    pub process: Vec<Line<'a>>,
    pub matrix: Matrix<'a>,
    pub map: Option<Map<'a>>,
    pub funnels: Vec<Funnel<'a>>,
    /// Who reported how much, and when.
    pub league: Vec<LeagueRow<'a>>,
    /// Forms that are due and not in: whose, and which.
    pub missing: Vec<(&'a str, Text<'static>)>,
    pub findings: Open<'a>,
    /// What is undertaken here and below, with the unit.
    pub actions: Vec<(Link<'a>, Undertaken<'a>)>,
    /// Wards of a province with their district.
    pub wards: Vec<(&'a str, Vec<Link<'a>>)>,
    pub places: Vec<&'a Source>,
}

/// Units below by targets.
#[derive(Debug, Serialize)]
pub struct Matrix<'a> {
    /// The units are wards.
    pub of_wards: bool,
    /// Code, name and page of each target.
    pub heads: Vec<(&'a str, Text<'a>)>,
    pub rows: Vec<Row<'a>>,
}

/// A unit below.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub to: Link<'a>,
    pub code: &'a str,
    pub class: Option<Text<'a>>,
    pub grade: Option<usize>,
    pub score: Option<Figure>,
    pub ranks: Option<[i32; 3]>,
    pub completeness: Option<Figure>,
    pub cells: Vec<Option<Cell>>,
    /// Errors and warnings of the period shown.
    pub findings: [usize; 2],
}

/// A value with its status.
#[derive(Debug, Serialize)]
pub struct Cell {
    pub value: Figure,
    pub mark: Mark,
    /// The value, which a table is sorted by.
    pub sort: Option<f64>,
}

fn row<'a>(edition: &'a Edition<'a>, unit: &'a Unit, heads: &[usize]) -> Row<'a> {
    let (rubric, card) = (&edition.plan.rubric, unit.card.as_ref());
    let class = card.and_then(|c| c.class.as_ref());
    let cell = |i: &usize| {
        let value = find(unit, *i)?;
        let value_shown = shown(value, &edition.plan.indicators[*i]);
        Some(Cell { value: value_shown, mark: mark(value.status), sort: value.value })
    };
    Row {
        to: Link::to(unit),
        code: &unit.code,
        class: class_names(rubric, class),
        grade: grade(rubric, class),
        score: card.and_then(|c| c.score).map(|s| figure::number(s.0, 1)),
        ranks: card.and_then(|c| c.ranks).map(|(low, high, of)| [low, high, of]),
        completeness: card.and_then(|c| c.completeness).map(figure::percent),
        cells: heads.iter().map(cell).collect(),
        findings: unit.findings.into(),
    }
}

fn matrix<'a>(edition: &'a Edition<'a>, below: &[&'a Unit]) -> Matrix<'a> {
    let plan = edition.plan;
    let held = |i: &usize| edition.is_target(*i) && below.iter().any(|unit| find(unit, *i).is_some());
    let heads: Vec<usize> = (0..plan.indicators.len()).filter(held).collect();
    let head = |i: &usize| {
        let indicator = &plan.indicators[*i];
        (indicator.code.as_str(), (indicator.name_vi.as_str(), indicator.name_en.as_str()).into())
    };
    Matrix {
        of_wards: !below.is_empty() && below.iter().all(|unit| unit.level == Level::Ward),
        rows: below.iter().map(|unit| row(edition, unit, &heads)).collect(),
        heads: heads.iter().map(head).collect(),
    }
}

/// The page of a province or a district.
pub fn area<'a>(edition: &'a Edition<'a>, peers: &Peers<'a>, unit: &'a Unit, root: &'static str) -> Area<'a> {
    let below: Vec<&Unit> = edition.below(unit).collect();
    let wards = edition.wards(unit);
    let province = unit.level == Level::Province;
    let of = |with_target: bool| {
        lines(edition, peers, unit, &[None, None], &|v| edition.is_target(v.indicator) == with_target)
    };
    // What is about one unit alone has no sum: that unit's target stands in its province's tracker.
    let own = |at: usize| edition.unit(edition.plan.indicators[at].unit.as_ref()?);
    let alone = (0..edition.plan.indicators.len()).filter(|at| province && edition.is_target(*at)).filter_map(|at| {
        let own = own(at)
            .filter(|own| find(unit, at).is_none() && edition.province(own).is_some_and(|p| p.code == unit.code))?;
        // Its cells are told on its own page.
        Some(Line { from: Vec::new(), ..line(edition, peers, own, find(own, at)?, &[None, None]) })
    });
    let mut targets = of(true);
    targets.extend(alone);
    targets.sort_by_key(|line| edition.plan.indicators.iter().position(|indicator| indicator.code == line.code));
    let title = (unit.name.as_str(), unit.name.as_str()).into();
    let page = Page { root, ..Page::below(edition, title).of(edition, unit) };
    let acting =
        std::iter::once(unit).chain(if province { below.clone() } else { Vec::new() }).chain(wards.iter().copied());
    let mut by_district: Vec<(&str, Vec<Link<'_>>)> = Vec::new();
    for ward in if province { &wards[..] } else { &[] } {
        let above = edition.above(ward).map_or("", |above| above.name.as_str());
        match by_district.last_mut().filter(|(name, _)| *name == above) {
            Some((_, links)) => links.push(Link::to(ward)),
            None => by_district.push((above, vec![Link::to(ward)])),
        }
    }
    Area {
        page,
        level: Some(unit.level.as_str()),
        code: &unit.code,
        interventions: came(edition, unit),
        targets,
        process: of(false),
        matrix: matrix(edition, &below),
        map: by_class(edition, &wards, unit),
        funnels: if province { Vec::new() } else { funnels(edition, unit) },
        league: league(std::iter::once(unit).chain(below.iter().copied())),
        missing: missing(std::iter::once(unit).chain(below.iter().copied())),
        findings: open(edition, unit),
        actions: acting.flat_map(|of| actions(edition, of).into_iter().map(move |a| (Link::to(of), a))).collect(),
        wards: by_district,
        places: lineage::places(edition, [Some(unit), None]),
    }
}

/// The front page of a pipeline that holds several provinces.
pub fn provinces<'a>(edition: &'a Edition<'a>, all: &[&'a Unit]) -> Area<'a> {
    let plan = edition.plan;
    Area {
        page: Page::at_root(edition, (plan.name_vi.as_str(), plan.name_en.as_str()).into()),
        level: None,
        code: "",
        interventions: Vec::new(),
        targets: Vec::new(),
        process: Vec::new(),
        matrix: matrix(edition, all),
        map: None,
        funnels: Vec::new(),
        league: Vec::new(),
        missing: Vec::new(),
        findings: Open::default(),
        actions: Vec::new(),
        wards: Vec::new(),
        places: Vec::new(),
    }
}

/// Forms that units lack.
fn missing<'a>(units: impl Iterator<Item = &'a Unit>) -> Vec<(&'a str, Text<'static>)> {
    let told = |unit: &'a Unit| {
        unit.reported.iter().flat_map(|reported| &reported.missing).map(|m| {
            let vi = format!("{} – biểu {}", m.period.label_vi(), m.form);
            (unit.name.as_str(), (vi, format!("{}, form {}", m.period.label_en(), m.form)).into())
        })
    };
    units.flat_map(told).collect()
}
