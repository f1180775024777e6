//! The page of an intervention: what was begun where and when, and what can be said of what it did.

use serde::Serialize;

use super::chart::{self, Chart};
use super::{Edition, Link, Page, Text, Unit};
use crate::model::{Level, Measure, Period};
use crate::publish::figure::{self, Figure};
use crate::publish::impact::{Course, Interval, Line, Measured, Point, Study};

/// Words in both languages.
type Words = (String, String);

/// An intervention that came to a unit.
#[derive(Debug, Serialize)]
pub struct Came<'a> {
    pub to: Link<'a>,
    pub since: Option<Text<'a>>,
}

/// The interventions that came to a unit.
pub fn came<'a>(edition: &Edition<'a>, unit: &Unit) -> Vec<Came<'a>> {
    let of = |(at, since): &(usize, Option<Period>)| {
        let intervention = edition.plan.interventions.get(*at)?;
        let since = since.map(|p| (p.label_vi(), p.label_en()).into());
        Some(Came { to: Link::study(intervention), since })
    };
    unit.interventions.iter().filter_map(of).collect()
}

/// The page.
#[derive(Debug, Serialize)]
pub struct Intervention<'a> {
    page: Page<'a>,
    starts: Vec<Began<'a>>,
    outcomes: Vec<Outcome<'a>>,
    placebos: Vec<Outcome<'a>>,
    /// Whether no placebo moved.
    quiet: bool,
    /// Units left out because only a part of them had it.
    mixed: Option<&'a str>,
}

/// Units that began together.
#[derive(Debug, Serialize)]
struct Began<'a> {
    since: Text<'a>,
    /// The unit's page, where there is one, and its name.
    units: Vec<(Option<String>, String)>,
}

/// What can be said of one measure.
#[derive(Debug, Serialize)]
struct Outcome<'a> {
    name: Text<'a>,
    unit: Text<'static>,
    answer: Answer,
    pretrend: Text<'static>,
    forest: Vec<Estimate>,
    axis: Option<Chart>,
    events: Option<Chart>,
    /// Symbols of the methods, and of the quarter that all are compared to.
    dots: [Chart; 3],
    /// By quarters since the start: what each method says.
    event_rows: Vec<(i32, [Option<String>; 2])>,
    courses: Option<Chart>,
    keys: Vec<(Chart, Text<'static>)>,
    course_rows: Vec<(String, Vec<Option<String>>)>,
    rows: Vec<Row<'a>>,
}

/// The answer in one sentence.
#[derive(Debug, Serialize)]
struct Answer {
    class: &'static str,
    sign: &'static str,
    words: Text<'static>,
    told: Text<'static>,
    found: bool,
}

/// A row of a forest plot.
#[derive(Debug, Serialize)]
struct Estimate {
    what: Text<'static>,
    told: Option<String>,
    chart: Chart,
}

/// A row of the table of all estimates.
#[derive(Debug, Serialize)]
struct Row<'a> {
    since: Option<String>,
    sizes: [i32; 3],
    note: &'a str,
    method: String,
    estimand: &'static str,
    told: Option<String>,
    p: Option<Figure>,
    p_adjusted: Option<Figure>,
    found: Option<bool>,
}

const TWO_WAY: &str = "did_two_way";
const STAGGERED: &str = "did_callaway_santanna";

/// The page of an intervention; none where the plan no longer has it.
pub fn intervention<'a>(edition: &'a Edition<'a>, study: &'a Study) -> Option<Intervention<'a>> {
    let plan = edition.plan;
    let declared = plan.interventions.get(study.intervention)?;
    let mut starts: Vec<Began<'a>> = Vec::new();
    let mut all: Vec<_> = declared.starts.iter().collect();
    all.sort_by_key(|start| start.since);
    for start in all {
        let since: Text<'_> = (start.since.label_vi(), start.since.label_en()).into();
        let name = edition.name(&start.unit, start.since.end());
        let unit = (edition.unit(&start.unit).map(|u| Link::to(u).href), name);
        match starts.last_mut().filter(|last| last.since == since) {
            Some(last) => last.units.push(unit),
            None => starts.push(Began { since, units: vec![unit] }),
        }
    }
    let is_of = |unit: &&Unit| {
        unit.level == Level::Province && unit.interventions.iter().any(|(at, _)| *at == study.intervention)
    };
    let of = |placebo: bool| study.measures.iter().filter(move |m| m.outcome.placebo == placebo);
    let placebos: Vec<Outcome<'a>> = of(true).map(|m| outcome(edition, m)).collect();
    let mut notes = study.measures.iter().flat_map(|m| &m.lines).flat_map(|l| l.note.split("; "));
    let page = Page::below(edition, (declared.name_vi.as_str(), declared.name_en.as_str()).into());
    Some(Intervention {
        page: Page { above: edition.units.iter().find(is_of).map(Link::to).into_iter().collect(), ..page },
        starts,
        outcomes: of(false).map(|m| outcome(edition, m)).collect(),
        quiet: placebos.iter().all(|p| !p.answer.found),
        placebos,
        mixed: notes.find_map(|note| note.strip_prefix("partly_treated_units_left_out=")),
    })
}

fn outcome<'a>(edition: &'a Edition<'a>, measured: &'a Measured) -> Outcome<'a> {
    let plan = edition.plan;
    let (vi, en, unit_label, unit) = match measured.outcome.measure {
        Measure::Element(at) => {
            let element = &plan.elements[at];
            (element.name_vi.as_str(), element.name_en.as_str(), "", ("trên 1.000 dân", "per 1,000 inhabitants"))
        }
        Measure::Indicator(at) => {
            let indicator = &plan.indicators[at];
            (indicator.name_vi.as_str(), indicator.name_en.as_str(), indicator.unit_label.as_str(), ("", ""))
        }
    };
    let two_way = measured.lines.iter().find(|l| l.method == TWO_WAY && l.since.is_none());
    let compared: Vec<&Line> = measured.lines.iter().filter(|l| l.estimand == "att").collect();
    // One axis holds one scale: that of the comparisons.
    let ratio = compared.iter().any(|l| l.ratio);
    let shown: Vec<&Line> = compared
        .iter()
        .copied()
        .chain(measured.lines.iter().filter(|l| l.estimand == "level_change" && l.ratio == ratio))
        .collect();
    let intervals: Vec<Option<Interval>> = shown.iter().map(|l| l.interval).collect();
    let mut charts = chart::forest(&intervals, ratio, unit_label);
    let axis = charts.pop();
    let told = |line: &Line| line.interval.map(|i| interval(i, line.ratio, unit_label).0);
    let forest =
        shown.iter().zip(charts).map(|(line, chart)| Estimate { what: what(line).into(), told: told(line), chart });
    let points = [TWO_WAY, STAGGERED]
        .map(|method| measured.points.iter().filter(|p| p.method == method).collect::<Vec<&Point>>());
    let mut groups: Vec<&Course> = measured.courses.iter().collect();
    groups.sort_by_key(|g| g.since);
    let row = |line: &'a Line| Row {
        since: line.since.map(|since| since.to_string()),
        sizes: line.sizes,
        note: &line.note,
        found: line.found,
        method: method(&line.method).0,
        estimand: estimand(&line.estimand),
        told: told(line),
        p: line.p.map(figure::probability),
        p_adjusted: line.p_adjusted.map(figure::probability),
    };
    Outcome {
        name: (vi, en).into(),
        unit: unit.into(),
        answer: answer(measured, unit_label),
        pretrend: pretrend(two_way).into(),
        forest: forest.collect(),
        axis,
        events: chart::events(&points, unit_label),
        dots: [1, 2, 0].map(|series| chart::key(series, false)),
        event_rows: event_rows(&points, unit_label),
        courses: chart::courses(&groups),
        keys: groups.iter().enumerate().map(|(series, g)| (chart::key(series, true), group(g).into())).collect(),
        course_rows: course_rows(&groups),
        rows: measured.lines.iter().map(row).collect(),
    }
}

/// What is said of a measure. An effect counts as found only where both comparisons find it, and to the same side.
fn answer(measured: &Measured, unit_label: &str) -> Answer {
    let of = |method: &str| {
        let mut lines = measured.lines.iter().filter(|l| l.method == method && l.since.is_none());
        lines.find_map(|l| Some((l, l.interval?, l.found?)))
    };
    let up = |l: &Line, i: Interval| i.value > if l.ratio { 1.0 } else { 0.0 };
    let Some((line, first, found)) = of(TWO_WAY).or_else(|| of(STAGGERED)) else {
        let told = ("số liệu không đủ để ước lượng".to_owned(), "there are too few figures for an estimate".to_owned());
        return untold(told);
    };
    let same = |other: &Line, i: Interval, also: bool| also == found && (!found || up(other, i) == up(line, first));
    if let Some((other, second, _)) = of(STAGGERED).filter(|(other, i, also)| !same(other, *i, *also)) {
        let (a, b) = (interval(first, line.ratio, unit_label), interval(second, other.ratio, unit_label));
        return untold((
            format!("hai phương pháp không thống nhất: {} và {}", a.0, b.0),
            format!("the two methods disagree: {} and {}", a.1, b.1),
        ));
    }
    if !found {
        let (vi, en) = interval(first, line.ratio, unit_label);
        return Answer {
            class: "",
            sign: "○",
            words: ("không thấy tác động", "no effect found").into(),
            told: (vi, en).into(),
            found,
        };
    }
    let rose = up(line, first);
    // How much less is told without a sign, the lesser loss first.
    let ends = if rose { [first.value, first.low, first.high] } else { [first.value, first.high, first.low] };
    let [value, from, to] = ends.map(|v| figure::effect(v, line.ratio, unit_label)).map(|f| {
        let bare = |text: &str| text.trim_start_matches(['+', '−']).to_owned();
        (bare(&f.vi), bare(&f.en))
    });
    let (vi, en) = if rose { ("tăng", "up by") } else { ("giảm", "down by") };
    Answer {
        class: "on_track",
        sign: if rose { "▲" } else { "▼" },
        words: ("thấy tác động", "an effect was found").into(),
        told: (
            format!("{vi} {} ({} đến {})", value.0, from.0, to.0),
            format!("{en} {} ({} to {})", value.1, from.1, to.1),
        )
            .into(),
        found,
    }
}

fn untold(told: Words) -> Answer {
    let words = ("không kết luận được", "cannot be told").into();
    Answer { class: "undecided", sign: "◐", words, told: told.into(), found: false }
}

/// An estimate with its limits.
fn interval(of: Interval, ratio: bool, unit_label: &str) -> Words {
    let [value, low, high] = [of.value, of.low, of.high].map(|v| figure::effect(v, ratio, unit_label));
    (format!("{} ({} đến {})", value.vi, low.vi, high.vi), format!("{} ({} to {})", value.en, low.en, high.en))
}

/// Whether both groups went the same way before the start.
fn pretrend(line: Option<&Line>) -> Words {
    let Some(p) = line.and_then(|l| l.pretrend) else {
        return (
            "Không kiểm tra được hai nhóm có diễn biến như nhau trước khi bắt đầu hay không.".to_owned(),
            "Whether both groups went the same way before the start cannot be tested.".to_owned(),
        );
    };
    let told = figure::probability(p);
    if p < 0.05 {
        (
            format!(
                "Trước khi bắt đầu hai nhóm đã diễn biến khác nhau (p: {}): cần thận trọng với so sánh này.",
                told.vi
            ),
            format!(
                "Before the start the groups already went different ways (p: {}): take this comparison with care.",
                told.en
            ),
        )
    } else {
        (
            format!("Trước khi bắt đầu không thấy hai nhóm diễn biến khác nhau (p: {}).", told.vi),
            format!("Before the start no difference in course was found between the groups (p: {}).", told.en),
        )
    }
}

fn method(word: &str) -> Words {
    let (vi, en) = match word {
        TWO_WAY => ("Khác biệt kép, tác động cố định hai chiều", "difference-in-differences, two-way fixed effects"),
        STAGGERED => ("Khác biệt kép, Callaway–Sant’Anna", "difference-in-differences, Callaway–Sant’Anna"),
        "its_newey_west" => ("Chuỗi gián đoạn, Newey–West", "interrupted series, Newey–West errors"),
        _ => ("Chuỗi gián đoạn, tựa Poisson", "interrupted series, quasi-Poisson"),
    };
    (vi.to_owned(), en.to_owned())
}

fn estimand(word: &str) -> &'static str {
    match word {
        "level_change" => "thay đổi mức",
        "slope_change" => "thay đổi độ dốc mỗi quý",
        "effect_last" => "tác động ở quý cuối",
        _ => "tác động trung bình",
    }
}

/// What a row of a forest plot is about.
fn what(line: &Line) -> Words {
    let (vi, en) = method(&line.method);
    match line.since {
        Some(since) => (format!("{vi}; từ {}", since.label_vi()), format!("{en}; since {}", since.label_en())),
        None => (format!("{vi}; chung"), format!("{en}; all")),
    }
}

fn group(course: &Course) -> Words {
    let n = course.units;
    match course.since {
        Some(since) => (
            format!("can thiệp từ {} ({n} đơn vị)", since.label_vi()),
            format!("with it since {} ({n} units)", since.label_en()),
        ),
        None => (format!("không can thiệp ({n} đơn vị)"), format!("without it ({n} units)")),
    }
}

fn event_rows(points: &[Vec<&Point>; 2], unit_label: &str) -> Vec<(i32, [Option<String>; 2])> {
    let mut times: Vec<i32> = points.iter().flatten().map(|p| p.quarters_since).collect();
    times.sort_unstable();
    times.dedup();
    let told = |method: &[&Point], time: i32| {
        let point = method.iter().find(|p| p.quarters_since == time)?;
        Some(interval(point.interval, point.ratio, unit_label).0)
    };
    times.into_iter().map(|time| (time, [told(&points[0], time), told(&points[1], time)])).collect()
}

fn course_rows(groups: &[&Course]) -> Vec<(String, Vec<Option<String>>)> {
    let Some(first) = groups.first() else { return Vec::new() };
    let cell = |group: &Course, at: usize| group.values.get(at)?.1.map(|v| figure::number(v, 3).vi);
    let row = |(at, (period, _)): (usize, &(Period, Option<f64>))| {
        (period.label_vi(), groups.iter().map(|g| cell(g, at)).collect())
    };
    first.values.iter().enumerate().map(row).collect()
}
