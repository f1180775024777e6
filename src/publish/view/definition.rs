//! What an indicator is, in words and as a formula: generated from its definition, so that no text can disagree with it.

use serde::Serialize;

use super::{Edition, Text};
use crate::model::{Aim, Chance, Direction, Expr, Indicator, Level, Pace, Plan, Target, TargetKind, ValueForm};
use crate::publish::figure::{self, Figure};
use crate::stats::interval::BYAR_FROM;

/// An indicator as it is defined.
#[derive(Debug, Serialize)]
pub struct Defined<'a> {
    pub code: &'a str,
    pub name: Text<'a>,
    pub level: Text<'static>,
    /// How the value is made of numerator and denominator.
    pub form: Text<'static>,
    pub numerator: Formula,
    pub denominator: Option<Formula>,
    /// What a unit of a higher level adds from its own form: the level, and its formulas.
    pub own: Option<(Text<'static>, Formula, Option<Formula>)>,
    /// Name of the one unit that it is about.
    pub only: Option<String>,
    pub direction: Text<'static>,
    pub unit: Option<&'a str>,
    pub interval: Text<'static>,
    /// What the formulas read.
    pub elements: Vec<Element<'a>>,
    pub target: Option<Aimed<'a>>,
}

/// A formula as it is written, and in words.
#[derive(Debug, Serialize)]
pub struct Formula {
    pub code: String,
    pub words: Text<'static>,
}

/// An element that a formula reads.
#[derive(Debug, Serialize)]
pub struct Element<'a> {
    pub code: &'a str,
    pub name: Text<'a>,
    pub form: &'a str,
    /// Its number among the form's figures.
    pub column: u16,
}

/// A target as it is defined.
#[derive(Debug, Serialize)]
pub struct Aimed<'a> {
    pub kind: Text<'static>,
    pub aim: Text<'static>,
    pub pace: Text<'static>,
    pub baseline: Option<Figure>,
    pub baseline_source: &'a str,
    /// Year and what is wanted by its end.
    pub milestones: Vec<(i16, Figure)>,
    /// Shares of the way that is due from which it is on track, and at risk.
    pub bands: [Figure; 2],
    pub sampled: bool,
}

/// Names of the levels.
pub fn level(level: Level) -> Text<'static> {
    match level {
        Level::Ward => ("xã, phường, thị trấn", "ward"),
        Level::District => ("huyện, thị xã, thành phố", "district"),
        Level::Province => ("tỉnh", "province"),
    }
    .into()
}

/// An indicator with all that its value follows from.
pub fn defined<'a>(edition: &Edition<'a>, indicator: &'a Indicator) -> Defined<'a> {
    let plan = edition.plan;
    let formula = |expr: &Expr| Formula { code: bare(&expr.to_string()), words: words(plan, expr) };
    let form: Text<'static> = match indicator.form {
        ValueForm::Ratio if (indicator.factor - 1.0).abs() < f64::EPSILON => {
            ("tử số ÷ mẫu số", "numerator ÷ denominator").into()
        }
        ValueForm::Ratio => {
            let factor = figure::number(indicator.factor, 0);
            (format!("tử số ÷ mẫu số × {}", factor.vi), format!("numerator ÷ denominator × {}", factor.en)).into()
        }
        ValueForm::Reduction => ("1 − tử số ÷ mẫu số", "1 − numerator ÷ denominator").into(),
        ValueForm::Count => ("tử số", "the numerator").into(),
    };
    let direction = match indicator.direction {
        Direction::Rise => ("càng cao càng tốt", "more is better"),
        Direction::Fall => ("càng thấp càng tốt", "less is better"),
        Direction::None => ("chỉ mô tả", "described only"),
    };
    let interval: Text<'static> = match (indicator.chance, indicator.exact_interval) {
        (Chance::Share, false) => ("Wilson, 95%", "Wilson, 95%").into(),
        (Chance::Share, true) => {
            ("Clopper–Pearson, 95% (số lẻ: Wilson)", "Clopper–Pearson, 95% (parts of a count: Wilson)").into()
        }
        (Chance::Rate | Chance::Count, true) => ("Poisson chính xác, 95%", "exact Poisson, 95%").into(),
        (Chance::Rate | Chance::Count, false) => (
            format!("Poisson, 95%: chính xác dưới {BYAR_FROM}, từ đó theo Byar"),
            format!("Poisson, 95%: exact below {BYAR_FROM}, Byar’s from there"),
        )
            .into(),
        (Chance::None, _) => ("không có", "none").into(),
    };
    let own = indicator.own.as_ref();
    Defined {
        code: &indicator.code,
        name: (indicator.name_vi.as_str(), indicator.name_en.as_str()).into(),
        level: level(indicator.level),
        form,
        numerator: formula(&indicator.numerator),
        denominator: indicator.denominator.as_ref().map(&formula),
        own: own.map(|own| (level(own.level), formula(&own.numerator), own.denominator.as_ref().map(&formula))),
        only: indicator.unit.as_ref().map(|code| edition.name(code, edition.day)),
        direction: direction.into(),
        unit: Some(indicator.unit_label.as_str()).filter(|label| !label.is_empty() && *label != "share"),
        interval,
        elements: elements(plan, indicator),
        target: plan.target(&indicator.code).map(|target| aimed(target, &indicator.unit_label)),
    }
}

fn aimed<'a>(target: &'a Target, label: &str) -> Aimed<'a> {
    let kind = match target.kind {
        TargetKind::Level => ("mức đạt được ở một thời điểm", "a level at a moment"),
        TargetKind::CumulativeFlow => (
            "số lũy kế từ 1/1: đến cuối mỗi quý chỉ cần phần của quý đó",
            "counted from 1 January: at a quarter’s end only its share of the year is due",
        ),
        TargetKind::ShareOfUnits => ("tỷ lệ đơn vị đạt điều kiện", "a share of units that meet a condition"),
        TargetKind::Count => ("số lượng", "a number of things"),
    };
    let aim = match target.aim {
        Aim::Rise => ("tăng đến mục tiêu", "up to the target"),
        Aim::Fall => ("giảm đến mục tiêu", "down to the target"),
        Aim::Hold => ("giữ trong khoảng", "stay within the range"),
    };
    let pace = match target.pace {
        Pace::Linear => ("theo đường thẳng giữa các mốc", "in a straight line between milestones"),
        Pace::Step => ("một lần, khi hết năm của mốc", "at once, when the milestone’s year is over"),
    };
    Aimed {
        kind: kind.into(),
        aim: aim.into(),
        pace: pace.into(),
        baseline: target.start.map(|start| figure::value(start, label)),
        baseline_source: &target.start_source,
        milestones: target.milestones.iter().map(|m| (m.year, figure::range(m.low, m.high, label))).collect(),
        bands: [target.on_track_from, target.at_risk_from].map(figure::percent),
        sampled: target.sampled,
    }
}

fn elements<'a>(plan: &'a Plan, indicator: &Indicator) -> Vec<Element<'a>> {
    let own = indicator.own.iter().flat_map(|own| std::iter::once(&own.numerator).chain(&own.denominator));
    let formulas = std::iter::once(&indicator.numerator).chain(&indicator.denominator).chain(own);
    let mut all: Vec<usize> = Vec::new();
    for expr in formulas {
        expr.visit(&mut |node| {
            if let Expr::Element(code) | Expr::Baseline(code) = node {
                all.extend(plan.element_index(code).filter(|at| !all.contains(at)));
            }
        });
    }
    let told = |at: usize| {
        let element = &plan.elements[at];
        let name = (element.name_vi.as_str(), element.name_en.as_str()).into();
        Element { code: &element.code, name, form: &element.form, column: element.column }
    };
    all.into_iter().map(told).collect()
}

/// A formula without the parentheses around the whole of it.
fn bare(text: &str) -> String {
    let inner = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let closed = |inner: &str| {
        let mut depth = 0;
        inner.chars().all(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth >= 0
        })
    };
    inner.filter(|inner| closed(inner)).unwrap_or(text).to_owned()
}

/// A formula in words.
fn words(plan: &Plan, expr: &Expr) -> Text<'static> {
    let mut both = [false, true].map(|english| {
        let mut text = String::new();
        say(plan, expr, english, false, &mut text);
        text
    });
    (std::mem::take(&mut both[0]), std::mem::take(&mut both[1])).into()
}

fn say(plan: &Plan, expr: &Expr, english: bool, inside: bool, to: &mut String) {
    let name = |code: &str| {
        let element = plan.elements.iter().find(|e| e.code == code);
        element.map_or_else(|| code.to_owned(), |e| if english { e.name_en.clone() } else { e.name_vi.clone() })
    };
    let of = |vi: &'static str, en: &'static str| if english { en } else { vi };
    match expr {
        Expr::Element(code) => to.push_str(&format!("“{}”", name(code))),
        Expr::Population => to.push_str(of("dân số", "population")),
        Expr::Units => to.push_str(of("số đơn vị", "number of units")),
        Expr::Baseline(code) => to.push_str(&format!("“{}” {}", name(code), of("ở kỳ gốc", "at the baseline"))),
        Expr::Class(code) => {
            let class = plan.rubric.classes.iter().find(|class| class.code == *code);
            let class = class.map_or(code.as_str(), |c| if english { &c.name_en } else { &c.name_vi });
            to.push_str(&format!("{} “{class}”", of("số đơn vị xếp loại", "units of class")));
        }
        Expr::Number(number) => {
            let figure = figure::number(*number, 4);
            to.push_str(if english { &figure.en } else { &figure.vi });
        }
        Expr::Add(a, b) | Expr::Sub(a, b) | Expr::Mul(a, b) | Expr::Div(a, b) | Expr::Test(a, _, b) => {
            let sign = match expr {
                Expr::Add(..) => "+",
                Expr::Sub(..) => "−",
                Expr::Mul(..) => "×",
                Expr::Div(..) => "÷",
                Expr::Test(_, comparison, _) => comparison.sign(),
                _ => "",
            };
            // Sums within sums need no parentheses.
            let sum = |of: &Expr| matches!((expr, of), (Expr::Add(..), Expr::Add(..)));
            if inside {
                to.push('(');
            }
            say(plan, a, english, !sum(a), to);
            to.push_str(&format!(" {sign} "));
            say(plan, b, english, !sum(b), to);
            if inside {
                to.push(')');
            }
        }
    }
}
