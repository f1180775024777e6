//! What a template sees: texts only, ready to be shown.

mod study;

use askama::Template;

use super::boxes::{ClassBox, ScoreBox, class_box, class_names, score_box};
use super::lineage::{self, Read};
use super::spark::{Spark, draw};
use crate::model::{Indicator, Level, Map, Span, Status};
use crate::publish::edition::{Edition, Unit};
use crate::publish::figure::{self, Figure};
use crate::publish::notes::Note;
use crate::publish::origin::Origin;
use crate::publish::sources::Source;
use crate::publish::values::Value;

pub(super) use study::intervention;
use study::{Link, links};

/// What stands on a page of any kind.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// Way from the page to the site's root.
    root: &'static str,
    title: &'a str,
    plan: (&'a str, &'a str),
    notice: (&'a str, &'a str),
    period: (String, String),
    /// The span.
    span: (&'static str, &'static str),
    /// The map, where it is not that of the reporting units.
    map: Option<(String, String)>,
    /// The period as commands write it, with map and span where these are others.
    code: String,
}

fn page<'a>(edition: &Edition<'a>, root: &'static str, title: &'a str) -> Page<'a> {
    let plan = edition.plan;
    Page {
        root,
        title,
        plan: (&plan.name_vi, &plan.name_en),
        notice: (&plan.notice_vi, &plan.notice_en),
        period: (edition.period.label_vi(), edition.period.label_en()),
        span: plan.settings.span.labels(),
        map: (plan.settings.map.shown != Map::AsReported).then(|| {
            let day = edition.day;
            (format!("theo đơn vị hành chính ngày {}", day.strftime("%d/%m/%Y")), format!("on the units of {day}"))
        }),
        code: {
            let mut code = edition.period.to_string();
            if plan.settings.map.shown != Map::AsReported {
                code.push_str(&format!(" --map {}", plan.settings.map.shown));
            }
            if plan.settings.span != Span::YearToDate {
                code.push_str(&format!(" --span {}", plan.settings.span));
            }
            code
        },
    }
}

/// A status with its sign, so that no meaning is in colour alone.
#[derive(Debug)]
struct Mark {
    class: &'static str,
    sign: &'static str,
    vi: &'static str,
    en: &'static str,
}

const fn mark(status: Status) -> Mark {
    let (sign, vi, en) = match status {
        Status::Achieved => ("★", "đã đạt", "achieved"),
        Status::OnTrack => ("✔", "đúng tiến độ", "on track"),
        Status::AtRisk => ("▲", "có nguy cơ", "at risk"),
        Status::OffTrack => ("✖", "chậm", "off track"),
        Status::Undecided => ("◐", "chưa xác định", "undecided"),
        Status::NotStarted => ("…", "chưa bắt đầu", "not started"),
        Status::NotReported => ("○", "chưa báo cáo", "not reported"),
        Status::Undefined => ("∅", "không xác định", "undefined"),
        Status::NoTarget => ("·", "không có mục tiêu", "no target"),
    };
    Mark { class: status.as_str(), sign, vi, en }
}

/// One indicator of a unit.
#[derive(Debug)]
struct Line<'a> {
    code: &'a str,
    vi: &'a str,
    en: &'a str,
    value: Figure,
    known: bool,
    parts: Option<(Figure, Figure)>,
    target: Option<(Figure, Option<Figure>)>,
    now: Option<Figure>,
    mark: Mark,
    arrow: Option<(&'static str, Figure)>,
    spark: Option<Spark>,
    outlook: &'a [Figure],
    reporting: (i32, i32),
    warnings: Vec<Figure>,
    district: Option<Figure>,
    province: Option<Figure>,
    from: Vec<Read<'a>>,
}

fn shown(value: &Value, indicator: &Indicator) -> Figure {
    value.value.map_or_else(|| figure::absence(value.state), |v| figure::value(v, &indicator.unit_label))
}

fn find(unit: &Unit, indicator: usize) -> Option<&Value> {
    unit.values.iter().find(|v| v.indicator == indicator)
}

fn line<'a>(edition: &'a Edition<'a>, unit: &'a Unit, value: &Value, above: &[Option<&Unit>; 2]) -> Line<'a> {
    let indicator = &edition.plan.indicators[value.indicator];
    let of = |v: f64| figure::value(v, &indicator.unit_label);
    let context = |unit: Option<&Unit>| unit.and_then(|u| find(u, value.indicator)).map(|v| shown(v, indicator));
    Line {
        code: &indicator.code,
        vi: &indicator.name_vi,
        en: &indicator.name_en,
        value: shown(value, indicator),
        known: value.value.is_some(),
        parts: value.numerator.zip(value.denominator).map(|(n, d)| (figure::number(n, 1), figure::number(d, 1))),
        target: value.target.map(|(low, high)| (of(low), (high > low).then(|| of(high)))),
        now: value.expected_now.map(of),
        mark: mark(value.status),
        // An arrow is drawn only where the change is more than noise.
        arrow: value
            .change
            .filter(|c| value.change_is_real && *c != 0.0)
            .map(|c| (if c > 0.0 { "↑" } else { "↓" }, figure::change(c.abs(), &indicator.unit_label))),
        spark: draw(edition.series(unit, value.indicator), value.target.map(|t| t.0)),
        outlook: unit.outlook(value.indicator),
        reporting: (value.reporting, value.expected),
        warnings: value.warnings.iter().copied().map(figure::warning).collect(),
        district: context(above[0]),
        province: context(above[1]),
        from: lineage::reads(edition, unit, value.indicator, indicator),
    }
}

/// A ward's scorecard.
#[derive(Debug, Template)]
#[template(path = "ward.html", config = "src/publish/site/askama.toml")]
pub(super) struct Ward<'a> {
    page: Page<'a>,
    code: &'a str,
    district: Option<(&'a str, &'a str)>,
    origins: &'a [Origin],
    interventions: Vec<Link<'a>>,
    class: ClassBox<'a>,
    score: ScoreBox,
    completeness: Option<Figure>,
    days_late: i32,
    findings: (usize, usize),
    /// Warnings on its rows as a whole.
    notes: Vec<&'a Note>,
    targets: Vec<Line<'a>>,
    context: Vec<Line<'a>>,
    process: Vec<Line<'a>>,
    /// The sheets in which the cells stand.
    places: Vec<&'a Source>,
}

/// The page of a ward.
pub(super) fn ward<'a>(edition: &'a Edition<'a>, unit: &'a Unit) -> Ward<'a> {
    // Directly below the province there is none.
    let district = edition.above(unit).filter(|above| above.level == Level::District);
    let province = edition.province(unit);
    let above = [district, province];
    let has_target = |v: &&Value| edition.is_target(v.indicator);
    let lines = |of: &'a Unit, above: &[Option<&Unit>; 2], wanted: &dyn Fn(&&Value) -> bool| {
        of.values.iter().filter(|v| wanted(v)).map(|v| line(edition, of, v, above)).collect::<Vec<_>>()
    };
    let card = unit.card.as_ref();
    Ward {
        page: page(edition, "../", &unit.name),
        code: &unit.code,
        district: district.map(|d| (d.code.as_str(), d.name.as_str())),
        origins: &unit.origins,
        interventions: links(edition, unit),
        class: class_box(&edition.plan.rubric, card),
        score: score_box(edition.plan.scoring.uncertainty.coverage, card),
        completeness: card.and_then(|c| c.completeness).map(figure::percent),
        days_late: card.map_or(0, |c| c.days_late),
        findings: unit.findings,
        notes: lineage::notes(edition, unit),
        targets: lines(unit, &above, &has_target),
        // Targets that exist only above the ward are its district's, shown as context.
        context: district.map_or_else(Vec::new, |d| {
            lines(d, &[None, province], &|v| has_target(v) && find(unit, v.indicator).is_none())
        }),
        process: lines(unit, &above, &|v| !has_target(v)),
        places: lineage::places(edition, [Some(unit), district]),
    }
}

/// A province's or a district's page, or the list of provinces.
#[derive(Debug, Template)]
#[template(path = "overview.html", config = "src/publish/site/askama.toml")]
pub(super) struct Overview<'a> {
    page: Page<'a>,
    /// Code and name of the unit above.
    above: Option<(&'a str, &'a str)>,
    /// The units below are wards.
    of_wards: bool,
    interventions: Vec<Link<'a>>,
    targets: Vec<Line<'a>>,
    process: Vec<Line<'a>>,
    heads: Vec<(&'a str, &'a str, &'a str)>,
    children: Vec<Child<'a>>,
    /// Forms that are due from here and not in: form and period, and how many units lack them.
    late: Vec<(String, String, String)>,
    wards: Vec<(&'a str, &'a str)>,
    code: &'a str,
    places: Vec<&'a Source>,
}

/// A row of the matrix: a unit below, and its targets.
#[derive(Debug)]
struct Child<'a> {
    level: &'static str,
    code: &'a str,
    name: &'a str,
    class: Option<(&'a str, &'a str)>,
    score: Option<Figure>,
    completeness: Option<Figure>,
    cells: Vec<Option<(Figure, Mark)>>,
}

fn child<'a>(edition: &'a Edition<'a>, unit: &'a Unit, heads: &[usize]) -> Child<'a> {
    let card = unit.card.as_ref();
    Child {
        level: unit.level.as_str(),
        code: &unit.code,
        name: &unit.name,
        class: class_names(&edition.plan.rubric, card.and_then(|c| c.class.as_ref())),
        score: card.and_then(|c| c.score).map(|s| figure::number(s.0, 1)),
        completeness: card.and_then(|c| c.completeness).map(figure::percent),
        cells: heads
            .iter()
            .map(|i| find(unit, *i).map(|v| (shown(v, &edition.plan.indicators[*i]), mark(v.status))))
            .collect(),
    }
}

/// The page of a province or district.
pub(super) fn overview<'a>(edition: &'a Edition<'a>, unit: &'a Unit, root: &'static str) -> Overview<'a> {
    let below: Vec<&Unit> = edition.below(unit).collect();
    let of_wards = below.iter().all(|unit| unit.level == Level::Ward);
    let none = [None, None];
    let lines = |with_target: bool| {
        let wanted = unit.values.iter().filter(|v| edition.is_target(v.indicator) == with_target);
        wanted.map(|v| line(edition, unit, v, &none)).collect::<Vec<_>>()
    };
    let above = edition.above(unit).map(|p| (p.code.as_str(), p.name.as_str()));
    let wards = match unit.level {
        Level::Province => {
            let wards = below.iter().flat_map(|unit| match unit.level {
                Level::Ward => vec![*unit],
                _ => edition.below(unit).collect(),
            });
            wards.map(|u| (u.code.as_str(), u.name.as_str())).collect()
        }
        _ => Vec::new(),
    };
    Overview {
        page: page(edition, root, &unit.name),
        above,
        of_wards,
        interventions: links(edition, unit),
        targets: lines(true),
        process: lines(false),
        late: missing(std::iter::once(unit).chain(below.iter().copied())),
        wards,
        code: &unit.code,
        places: lineage::places(edition, [Some(unit), None]),
        ..matrix(edition, root, &unit.name, &below)
    }
}

/// The front page of a pipeline that holds several provinces.
pub(super) fn provinces<'a>(edition: &'a Edition<'a>, all: &[&'a Unit]) -> Overview<'a> {
    matrix(edition, "", &edition.plan.name_vi, all)
}

/// A page with nothing but the units below and their targets.
fn matrix<'a>(edition: &'a Edition<'a>, root: &'static str, title: &'a str, below: &[&'a Unit]) -> Overview<'a> {
    let plan = edition.plan;
    let heads: Vec<usize> = (0..plan.indicators.len())
        .filter(|i| edition.is_target(*i) && below.iter().any(|u| find(u, *i).is_some()))
        .collect();
    Overview {
        page: page(edition, root, title),
        above: None,
        of_wards: false,
        interventions: Vec::new(),
        targets: Vec::new(),
        process: Vec::new(),
        heads: heads
            .iter()
            .map(|i| &plan.indicators[*i])
            .map(|i| (i.code.as_str(), i.name_vi.as_str(), i.name_en.as_str()))
            .collect(),
        children: below.iter().map(|u| child(edition, u, &heads)).collect(),
        late: Vec::new(),
        wards: Vec::new(),
        code: "",
        places: Vec::new(),
    }
}

/// Units below that lack reports of the period shown.
fn missing<'a>(units: impl Iterator<Item = &'a Unit>) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for unit in units {
        for m in &unit.missing {
            let what = (
                format!("{} – biểu {}", m.period.label_vi(), m.form),
                format!("{}, form {}", m.period.label_en(), m.form),
            );
            all.push((unit.name.clone(), what.0, what.1));
        }
    }
    all
}
