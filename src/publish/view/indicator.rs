//! The page of an indicator, with its target where it has one: what it is, where it stands, how it is spread, how it went.

use serde::Serialize;

use super::chart::{Axis, Chart};
use super::definition::{Defined, defined};
use super::line::{find, shown};
use super::map::{Drawing, Map, by_indicator};
use super::mark::{Mark, mark};
use super::{Edition, Link, Page, Text, Unit};
use crate::model::Level;
use crate::publish::figure::{self, Figure};

/// An indicator's page.
#[derive(Debug, Serialize)]
pub struct Indicator<'a> {
    pub page: Page<'a>,
    pub defined: Defined<'a>,
    /// Where a pipeline holds several, the provinces' values and the pages about their wards.
    pub provinces: Vec<Row<'a>>,
    /// The one province that the page is about.
    pub within: Option<Within<'a>>,
}

/// An indicator within a province.
#[derive(Debug, Serialize)]
pub struct Within<'a> {
    pub province: Option<Row<'a>>,
    pub map: Option<Map<'a>>,
    pub spread: Option<Chart>,
    pub course: Option<Course<'a>>,
    pub districts: Vec<Row<'a>>,
    pub wards: Vec<Row<'a>>,
}

/// How the province and its districts went over the quarters.
#[derive(Debug, Serialize)]
pub struct Course<'a> {
    pub chart: Chart,
    /// Names of the columns.
    pub heads: Vec<&'a str>,
    /// Quarter, what was required, and the values.
    pub rows: Vec<(Text<'static>, Option<Figure>, Vec<Option<Figure>>)>,
}

/// A unit's value.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub to: Link<'a>,
    /// The unit above.
    pub above: Option<&'a str>,
    pub value: Figure,
    pub known: bool,
    pub parts: Option<[Figure; 2]>,
    pub chance: Option<Figure>,
    pub mark: Mark,
    /// The value, which a table is sorted by.
    pub sort: Option<f64>,
}

/// All indicators, for a list.
#[derive(Debug, Serialize)]
pub struct List<'a> {
    pub page: Page<'a>,
    /// Code, name, page, and whether it has a target.
    pub all: Vec<(&'a str, Link<'a>, bool)>,
}

/// The list of indicators.
pub fn list<'a>(edition: &Edition<'a>) -> List<'a> {
    let plan = edition.plan;
    let one = |i: &'a crate::model::Indicator| {
        let text = (i.name_vi.as_str(), i.name_en.as_str()).into();
        (i.code.as_str(), Link { href: href(&i.code, None), text }, plan.target(&i.code).is_some())
    };
    let page = Page::below(edition, ("Chỉ tiêu và chỉ số", "Targets and indicators").into());
    List { page, all: plan.indicators.iter().map(one).collect() }
}

/// The page of an indicator: of all provinces, or of the wards of one.
pub fn href(code: &str, province: Option<&str>) -> String {
    province.map_or_else(|| format!("indicator/{code}.html"), |of| format!("indicator/{code}-{of}.html"))
}

/// A province with its map.
pub struct Terrain<'a> {
    pub province: &'a Unit,
    pub wards: Vec<&'a Unit>,
    pub drawing: Option<Drawing<'a>>,
}

impl<'a> Terrain<'a> {
    /// Lays out the wards of a province, once for the pages of all indicators.
    pub fn of(edition: &'a Edition<'a>, province: &'a Unit) -> Self {
        let wards = edition.wards(province);
        Self { province, drawing: Drawing::of(edition, &wards), wards }
    }
}

/// The page of an indicator; about the wards of one province, or the list of all.
pub fn indicator<'a>(edition: &'a Edition<'a>, at: usize, terrain: Option<&Terrain<'a>>) -> Indicator<'a> {
    let province = terrain.map(|terrain| terrain.province);
    let indicator = &edition.plan.indicators[at];
    let mut page = Page::below(edition, (indicator.name_vi.as_str(), indicator.name_en.as_str()).into());
    page.above = vec![Link { href: "indicator/index.html".to_owned(), text: ("Chỉ tiêu", "indicators").into() }];
    let provinces = edition.units.iter().filter(|unit| province.is_none() && unit.level == Level::Province);
    let of_province = |unit: &'a Unit| {
        let row = row(edition, unit, at)?;
        Some(Row { to: Link { href: href(&indicator.code, Some(&unit.code)), ..row.to }, ..row })
    };
    Indicator {
        page,
        defined: defined(edition, indicator),
        provinces: provinces.filter_map(of_province).collect(),
        within: terrain.map(|terrain| within(edition, at, terrain)),
    }
}

fn within<'a>(edition: &'a Edition<'a>, at: usize, terrain: &Terrain<'a>) -> Within<'a> {
    let (province, wards) = (terrain.province, &terrain.wards);
    let districts: Vec<&Unit> = edition.below(province).filter(|unit| unit.level == Level::District).collect();
    let rows = |units: &[&'a Unit]| units.iter().filter_map(|unit| row(edition, unit, at)).collect::<Vec<_>>();
    let of_wards = rows(wards);
    Within {
        province: row(edition, province, at),
        map: terrain.drawing.as_ref().filter(|_| !of_wards.is_empty()).map(|d| by_indicator(edition, d, wards, at)),
        spread: spread(edition, wards, at),
        course: course(edition, province, &districts, at),
        districts: rows(&districts),
        wards: of_wards,
    }
}

fn row<'a>(edition: &'a Edition<'a>, unit: &'a Unit, at: usize) -> Option<Row<'a>> {
    let (indicator, value) = (&edition.plan.indicators[at], find(unit, at)?);
    let label = &indicator.unit_label;
    Some(Row {
        to: Link::to(unit),
        above: edition.above(unit).map(|above| above.name.as_str()),
        value: shown(value, indicator),
        known: value.value.is_some(),
        parts: value.numerator.zip(value.denominator).map(|(n, d)| [n, d].map(|v| figure::number(v, 1))),
        chance: value.chance.map(|(low, high)| figure::range(low, high, label)),
        mark: mark(value.status),
        sort: value.value,
    })
}

/// Every ward as a dot above its value, those of like values on top of each other.
fn spread(edition: &Edition<'_>, wards: &[&Unit], at: usize) -> Option<Chart> {
    const BINS: usize = 56;
    let label = &edition.plan.indicators[at].unit_label;
    let values: Vec<f64> = wards.iter().filter_map(|unit| find(unit, at)?.value).collect();
    let required = wards.iter().find_map(|unit| find(unit, at)?.expected_now);
    let all = || values.iter().chain(&required).copied();
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if values.len() < 5 || high - low < 1e-9 {
        return None;
    }
    let frame = [20.0, 22.0, 690.0, 150.0];
    let axis = Axis { low, high, from: frame[0] + 8.0, to: frame[2] - 8.0, log: false };
    let width = (axis.to - axis.from) / BINS as f64;
    let mut bins = vec![0_usize; BINS];
    for value in &values {
        bins[(((axis.at(*value) - axis.from) / width) as usize).min(BINS - 1)] += 1;
    }
    let most = bins.iter().copied().max().unwrap_or(1);
    let step = ((frame[3] - frame[1] - 6.0) / most as f64).min(width * 0.95);
    let mut dots = String::new();
    for (bin, count) in bins.iter().enumerate() {
        for above in 0..*count {
            let x = axis.from + (bin as f64 + 0.5) * width;
            dots.push_str(&format!("M{x:.0} {:.1}h0", frame[3] - 5.0 - step * above as f64));
        }
    }
    Some(Chart {
        width: 700.0,
        height: 175.0,
        frame,
        along: axis.ticks(8.0).iter().map(|v| (format!("{:.1}", axis.at(*v)), figure::value(*v, label).vi)).collect(),
        null: format!("M{} {}H{}", frame[0], frame[3], frame[2]),
        marks: required
            .map(|v| (format!("{:.1}", axis.at(v)), ("cần lúc này", "required now").into()))
            .into_iter()
            .collect(),
        strokes: vec![("disc own".to_owned(), dots)],
        ..Chart::default()
    })
}

/// The province over the quarters, with what was required, and its districts behind it.
fn course<'a>(edition: &'a Edition<'a>, province: &'a Unit, districts: &[&'a Unit], at: usize) -> Option<Course<'a>> {
    let label = &edition.plan.indicators[at].unit_label;
    let required = edition.path(province, at);
    let units: Vec<&Unit> = districts
        .iter()
        .copied()
        .chain([province])
        .filter(|unit| edition.series(unit, at).iter().any(Option::is_some))
        .collect();
    let all = units.iter().flat_map(|unit| edition.series(unit, at)).chain(required).flatten().copied();
    let (low, high) = all.fold((0.0, f64::NEG_INFINITY), |(low, high), v: f64| (f64::min(low, v), f64::max(high, v)));
    if units.is_empty() || high - low < 1e-9 {
        return None;
    }
    let frame = [64.0, 14.0, 690.0, 230.0];
    let up = Axis { low, high: high + 0.05 * (high - low), from: frame[3], to: frame[1], log: false };
    let step = (frame[2] - frame[0]) / edition.quarters.len() as f64;
    let line = |values: &[Option<f64>]| {
        let (mut path, mut pen) = (String::new(), 'M');
        for (quarter, value) in values.iter().enumerate() {
            match value {
                None => pen = 'M',
                Some(v) => {
                    let x = frame[0] + (quarter as f64 + 0.5) * step;
                    path.push_str(&format!("{pen}{x:.0} {:.1}", up.at(*v)));
                    pen = 'L';
                }
            }
        }
        path
    };
    let behind: String =
        units.iter().filter(|unit| unit.level != Level::Province).map(|unit| line(edition.series(unit, at))).collect();
    let strokes =
        [("line others", behind), ("line goal", line(required)), ("line main", line(edition.series(province, at)))];
    let told = |value: Option<f64>| value.map(|v| figure::value(v, label));
    let rows = edition.quarters.iter().enumerate().map(|(quarter, period)| {
        let of = |unit: &&Unit| told(edition.series(unit, at).get(quarter).copied().flatten());
        let goal = told(required.get(quarter).copied().flatten());
        ((period.label_vi(), period.label_en()).into(), goal, units.iter().map(of).collect())
    });
    Some(Course {
        chart: Chart {
            width: 700.0,
            height: 255.0,
            frame,
            up: up.ticks(5.0).iter().map(|v| (format!("{:.1}", up.at(*v)), figure::value(*v, label).vi)).collect(),
            along: edition
                .quarters
                .iter()
                .enumerate()
                .filter(|(_, q)| q.quarter() == Some(1))
                .map(|(at, q)| (format!("{:.1}", frame[0] + (at as f64 + 0.5) * step), format!("I/{}", q.year())))
                .collect(),
            null: format!("M{} {}H{}", frame[0], frame[3], frame[2]),
            strokes: strokes.map(|(class, path)| (class.to_owned(), path)).into(),
            ..Chart::default()
        },
        heads: units.iter().map(|unit| unit.name.as_str()).collect(),
        rows: rows.collect(),
    })
}
