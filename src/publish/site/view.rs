//! What a template sees: texts only, ready to be shown.

use serde::Serialize;

use super::spark::{Spark, draw};
use crate::model::{Indicator, Level, Status};
use crate::publish::edition::{Edition, Unit, Value};
use crate::publish::figure::{self, Figure};

/// A page of any kind.
#[derive(Debug, Serialize)]
pub(super) struct Page<'a, B: Serialize> {
    root: &'static str,
    title: String,
    plan: (&'a str, &'a str),
    notice: (&'a str, &'a str),
    period: (String, String),
    #[serde(flatten)]
    body: B,
}

fn page<'a, B: Serialize>(edition: &Edition<'a>, root: &'static str, title: &str, body: B) -> Page<'a, B> {
    let plan = edition.plan;
    Page {
        root,
        title: title.to_owned(),
        plan: (&plan.name_vi, &plan.name_en),
        notice: (&plan.notice_vi, &plan.notice_en),
        period: (edition.period.label_vi(), edition.period.label_en()),
        body,
    }
}

/// A status with its sign, so that no meaning is in colour alone.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
struct Line<'a> {
    code: &'a str,
    group: &'a str,
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
    reporting: (i32, i32),
    district: Option<Figure>,
    province: Option<Figure>,
}

fn shown(value: &Value, indicator: &Indicator) -> Figure {
    value.value.map_or_else(|| figure::absence(value.state), |v| figure::value(v, &indicator.unit_label))
}

fn find(unit: &Unit, indicator: usize) -> Option<&Value> {
    unit.values.iter().find(|v| v.indicator == indicator)
}

fn line<'a>(edition: &Edition<'a>, unit: &Unit, value: &Value, above: &[Option<&Unit>; 2]) -> Line<'a> {
    let indicator = &edition.plan.indicators[value.indicator];
    let of = |v: f64| figure::value(v, &indicator.unit_label);
    let context = |unit: &Option<&Unit>| {
        unit.and_then(|u| find(u, value.indicator)).map(|v| shown(v, indicator))
    };
    Line {
        code: &indicator.code,
        group: &indicator.group,
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
            .map(|c| (if c > 0.0 { "↑" } else { "↓" }, of(c))),
        spark: unit.series.get(&value.indicator).and_then(|s| draw(s, value.target.map(|t| t.0))),
        reporting: (value.reporting, value.expected),
        district: context(&above[0]),
        province: context(&above[1]),
    }
}

/// A ward's scorecard.
#[derive(Debug, Serialize)]
pub(super) struct Ward<'a> {
    code: &'a str,
    district: Option<(&'a str, &'a str)>,
    class: Option<(&'a str, &'a str, &'a str)>,
    points: Option<(Figure, Figure)>,
    failed: Vec<String>,
    score: Option<Figure>,
    ranks: Option<(i32, i32, i32)>,
    completeness: Option<Figure>,
    days_late: i32,
    findings: (usize, usize),
    targets: Vec<Line<'a>>,
    context: Vec<Line<'a>>,
    process: Vec<Line<'a>>,
}

/// The page of a ward.
pub(super) fn ward<'a>(edition: &'a Edition<'a>, unit: &'a Unit) -> Page<'a, Ward<'a>> {
    let unit_of = |code: Option<&str>| code.and_then(|c| edition.index.get(c)).map(|at| &edition.units[*at]);
    let district = unit_of(unit.district.as_deref());
    let province = edition.units.iter().find(|u| u.level == Level::Province);
    let above = [district, province];
    let plan = edition.plan;
    let has_target = |v: &&Value| plan.target(&plan.indicators[v.indicator].code).is_some();
    let lines = |of: &'a Unit, above: &[Option<&Unit>; 2], wanted: &dyn Fn(&&Value) -> bool| {
        of.values.iter().filter(|v| wanted(v)).map(|v| line(edition, of, v, above)).collect::<Vec<_>>()
    };
    let card = unit.card.clone().unwrap_or_default();
    let class = card.class.as_ref().and_then(|code| plan.rubric.classes.iter().find(|c| c.code == *code));
    let body = Ward {
        code: &unit.code,
        district: district.map(|d| (d.code.as_str(), d.name.as_str())),
        class: class.map(|c| (c.code.as_str(), c.name_vi.as_str(), c.name_en.as_str())),
        points: card.points.map(|p| (figure::number(p, 1), figure::number(card.points_max, 0))),
        failed: card.failed,
        score: card.score.map(|s| figure::number(s, 1)),
        ranks: card.ranks,
        completeness: card.completeness.map(figure::percent),
        days_late: card.days_late,
        findings: unit.findings,
        targets: lines(unit, &above, &has_target),
        // Targets that exist only above the ward are its district's, shown as context.
        context: district.map_or_else(Vec::new, |d| {
            lines(d, &[None, province], &|v| has_target(v) && find(unit, v.indicator).is_none())
        }),
        process: lines(unit, &above, &|v| !has_target(v)),
    };
    page(edition, "../", &unit.name, body)
}

/// A province's or a district's page, or the list of provinces.
#[derive(Debug, Serialize)]
pub(super) struct Overview<'a> {
    level: &'static str,
    targets: Vec<Line<'a>>,
    process: Vec<Line<'a>>,
    heads: Vec<(&'a str, &'a str, &'a str)>,
    children: Vec<Child<'a>>,
    wards: Vec<(&'a str, &'a str)>,
}

/// A row of the matrix: a unit below, and its targets.
#[derive(Debug, Serialize)]
struct Child<'a> {
    link: String,
    name: &'a str,
    class: Option<(&'a str, &'a str)>,
    score: Option<Figure>,
    completeness: Option<Figure>,
    cells: Vec<Option<(Figure, Mark)>>,
}

fn child<'a>(edition: &'a Edition<'a>, unit: &'a Unit, heads: &[usize], root: &str) -> Child<'a> {
    let card = unit.card.as_ref();
    let class = card.and_then(|c| c.class.as_ref());
    let class = class.and_then(|code| edition.plan.rubric.classes.iter().find(|c| c.code == *code));
    Child {
        link: format!("{root}{}/{}.html", unit.level, unit.code),
        name: &unit.name,
        class: class.map(|c| (c.name_vi.as_str(), c.name_en.as_str())),
        score: card.and_then(|c| c.score).map(|s| figure::number(s, 1)),
        completeness: card.and_then(|c| c.completeness).map(figure::percent),
        cells: heads
            .iter()
            .map(|i| find(unit, *i).map(|v| (shown(v, &edition.plan.indicators[*i]), mark(v.status))))
            .collect(),
    }
}

/// The page of a province or district.
pub(super) fn overview<'a>(edition: &'a Edition<'a>, unit: &'a Unit, root: &'static str) -> Page<'a, Overview<'a>> {
    let plan = edition.plan;
    let is_target = |v: &&Value| plan.target(&plan.indicators[v.indicator].code).is_some();
    let below: Vec<&Unit> = match unit.level {
        Level::Province => edition.units.iter().filter(|u| u.level == Level::District).collect(),
        _ => edition.units.iter().filter(|u| u.level == Level::Ward && u.district.as_deref() == Some(&unit.code)).collect(),
    };
    let heads: Vec<usize> = (0..plan.indicators.len())
        .filter(|i| plan.target(&plan.indicators[*i].code).is_some() && below.iter().any(|u| find(u, *i).is_some()))
        .collect();
    let none = [None, None];
    let lines = |wanted: &dyn Fn(&&Value) -> bool| {
        unit.values.iter().filter(|v| wanted(v)).map(|v| line(edition, unit, v, &none)).collect::<Vec<_>>()
    };
    let body = Overview {
        level: unit.level.as_str(),
        targets: lines(&is_target),
        process: lines(&|v| !is_target(v)),
        heads: heads.iter().map(|i| &plan.indicators[*i]).map(|i| (i.code.as_str(), i.name_vi.as_str(), i.name_en.as_str())).collect(),
        children: below.iter().map(|u| child(edition, u, &heads, root)).collect(),
        wards: if unit.level == Level::Province { wards(edition) } else { Vec::new() },
    };
    page(edition, root, &unit.name, body)
}

fn wards<'a>(edition: &'a Edition<'a>) -> Vec<(&'a str, &'a str)> {
    edition.units.iter().filter(|u| u.level == Level::Ward).map(|u| (u.code.as_str(), u.name.as_str())).collect()
}

/// The front page of a pipeline that holds several provinces.
pub(super) fn provinces<'a>(edition: &'a Edition<'a>, all: &[&'a Unit]) -> Page<'a, Overview<'a>> {
    let plan = edition.plan;
    let heads: Vec<usize> = (0..plan.indicators.len())
        .filter(|i| plan.target(&plan.indicators[*i].code).is_some() && all.iter().any(|u| find(u, *i).is_some()))
        .collect();
    let body = Overview {
        level: "nation",
        targets: Vec::new(),
        process: Vec::new(),
        heads: heads.iter().map(|i| &plan.indicators[*i]).map(|i| (i.code.as_str(), i.name_vi.as_str(), i.name_en.as_str())).collect(),
        children: all.iter().map(|u| child(edition, u, &heads, "")).collect(),
        wards: Vec::new(),
    };
    page(edition, "", &plan.name_vi, body)
}
