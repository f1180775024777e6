//! The method page: every formula, threshold and rule in use, generated from the definitions, so that it cannot disagree
//! with them.

use serde::Serialize;

use super::definition::{Defined, defined};
use super::{Edition, Page, Text};
use crate::model::{Averaging, Plan, Posts, Rule, RuleKind, chance};
use crate::publish::figure::{self, Figure};

/// The method page.
#[derive(Debug, Serialize)]
pub struct Method<'a> {
    pub page: Page<'a>,
    pub indicators: Vec<Defined<'a>>,
    pub criteria: Vec<Criterion<'a>>,
    pub classes: Vec<Class<'a>>,
    pub score: Score<'a>,
    pub forms: Vec<Form<'a>>,
    pub rules: Vec<(&'static str, &'static str, Text<'static>)>,
    /// How often chance may look like a change or a trend.
    pub level: Figure,
    /// How often a projection's interval holds it.
    pub coverage: Figure,
}

/// A criterion of the rubric.
#[derive(Debug, Serialize)]
pub struct Criterion<'a> {
    pub code: &'a str,
    pub name: Text<'a>,
    pub most: Figure,
}

/// A class.
#[derive(Debug, Serialize)]
pub struct Class<'a> {
    pub name: Text<'a>,
    pub least: Figure,
    /// Criterion and least points.
    pub requires: Vec<(&'a str, Figure)>,
}

/// How the score is made.
#[derive(Debug, Serialize)]
pub struct Score<'a> {
    pub groups: Vec<Group<'a>>,
    /// How components of a group are averaged, and how the groups are.
    pub averaging: [Text<'static>; 2],
    pub floor: Figure,
    pub least_share: Figure,
    pub draws: Figure,
    /// Shares by which weights and posts are drawn anew, and of the draws within an interval.
    pub uncertainty: [Figure; 3],
}

/// A group of components.
#[derive(Debug, Serialize)]
pub struct Group<'a> {
    pub name: Text<'a>,
    pub weight: Figure,
    /// Indicator, its weight, and its posts; none where these follow its target.
    pub components: Vec<(&'a str, Figure, Option<[Figure; 2]>)>,
}

/// A form.
#[derive(Debug, Serialize)]
pub struct Form<'a> {
    pub code: &'a str,
    pub name: Text<'a>,
    pub due_days: i32,
    pub yearly: bool,
    pub figures: usize,
}

/// The method page of a plan.
/// A level as it is spoken of.
fn whole_percent(share: f64) -> Figure {
    let text = format!("{:.0}%", share * 100.0);
    Figure { vi: text.clone(), en: text }
}

pub fn method<'a>(edition: &Edition<'a>) -> Method<'a> {
    let plan = edition.plan;
    let points = |p: f64| figure::number(p, 1);
    Method {
        level: whole_percent(chance::LEVEL),
        coverage: whole_percent(chance::COVERAGE),
        page: Page::at_root(edition, ("Phương pháp", "Method").into()),
        indicators: plan.indicators.iter().map(|indicator| defined(edition, indicator)).collect(),
        criteria: plan
            .rubric
            .criteria
            .iter()
            .map(|c| Criterion {
                code: &c.code,
                name: (c.name_vi.as_str(), c.name_en.as_str()).into(),
                most: points(c.max_points),
            })
            .collect(),
        classes: plan
            .rubric
            .classes
            .iter()
            .map(|c| Class {
                name: (c.name_vi.as_str(), c.name_en.as_str()).into(),
                least: points(c.min_points),
                requires: c.requirements.iter().map(|r| (r.criterion.as_str(), points(r.min_points))).collect(),
            })
            .collect(),
        score: score(plan),
        forms: plan
            .forms
            .iter()
            .map(|form| Form {
                code: &form.code,
                name: (form.name_vi.as_str(), form.name_en.as_str()).into(),
                due_days: form.due_days,
                yearly: form.frequency == crate::model::Frequency::Year,
                figures: form.elements.len(),
            })
            .collect(),
        rules: plan.rules.iter().map(|r| (r.code().as_str(), r.severity.as_str(), rule(plan, r))).collect(),
    }
}

fn score(plan: &Plan) -> Score<'_> {
    let scoring = &plan.scoring;
    let averaging = |averaging| match averaging {
        Averaging::Arithmetic => ("trung bình cộng có trọng số", "weighted mean").into(),
        Averaging::Geometric => ("trung bình nhân có trọng số", "weighted geometric mean").into(),
    };
    let groups = scoring.groups.iter().map(|group| Group {
        name: (group.name_vi.as_str(), group.name_en.as_str()).into(),
        weight: figure::number(group.weight, 2),
        components: group
            .components
            .iter()
            .map(|component| {
                let indicator = &plan.indicators[component.indicator];
                let posts = match component.posts {
                    Posts::Fixed { low, high } => Some([low, high].map(|v| figure::value(v, &indicator.unit_label))),
                    Posts::Pace => None,
                };
                (indicator.code.as_str(), figure::number(component.weight, 2), posts)
            })
            .collect(),
    });
    let drawn = &scoring.uncertainty;
    Score {
        groups: groups.collect(),
        averaging: [averaging(scoring.within), averaging(scoring.between)],
        floor: figure::number(scoring.floor, 1),
        least_share: figure::percent(scoring.least_share),
        draws: figure::number(f64::from(drawn.draws), 0),
        uncertainty: [drawn.weights, drawn.posts, drawn.coverage].map(figure::percent),
    }
}

/// A rule in words.
fn rule(plan: &Plan, rule: &Rule) -> Text<'static> {
    let name = |at: usize| {
        let element = &plan.elements[at];
        (format!("“{}”", element.name_vi), format!("“{}”", element.name_en))
    };
    let list = |all: &[usize]| {
        let (vi, en): (Vec<String>, Vec<String>) = all.iter().map(|at| name(*at)).unzip();
        (vi.join(" + "), en.join(" + "))
    };
    let n = |value: f64| figure::number(value, 2);
    let (vi, en) = match &rule.kind {
        RuleKind::PartExceedsWhole { part, whole } => {
            let (part, whole) = (name(*part), name(*whole));
            (format!("{} không được lớn hơn {}", part.0, whole.0), format!("{} is at most {}", part.1, whole.1))
        }
        RuleKind::PartsDoNotSum { parts, whole } => {
            let (parts, whole) = (list(parts), name(*whole));
            (format!("{} = {}", parts.0, whole.0), format!("{} = {}", parts.1, whole.1))
        }
        RuleKind::TotalMismatch { elements } => (
            format!("dòng tổng cộng của biểu bằng tổng các dòng trên ({} cột)", elements.len()),
            format!("a form’s total row is the sum of the rows above it ({} columns)", elements.len()),
        ),
        RuleKind::ValueOutOfRange { elements, .. } => (
            format!("giá trị nằm trong giới hạn cho phép ({} cột)", elements.len()),
            format!("a value lies within its limits ({} columns)", elements.len()),
        ),
        RuleKind::Outlier(o) => (
            format!(
                "bất thường: từ {} lần trung vị của chính đơn vị và cao hơn ít nhất {} độ lệch",
                n(o.times).vi,
                n(o.spreads).vi
            ),
            format!(
                "outlier: {} times the median of the unit’s other values or more, and {} spreads above it",
                n(o.times).en,
                n(o.spreads).en
            ),
        ),
        RuleKind::ChangeImplausible(c) => (
            format!(
                "thay đổi đột ngột: từ {} lần (hoặc 1/{}) trung vị các kỳ lân cận và lệch ít nhất {} độ lệch",
                n(c.times).vi,
                n(c.times).vi,
                n(c.spreads).vi
            ),
            format!(
                "change: {} times (or 1/{} of) the median of the periods around it, and {} spreads away",
                n(c.times).en,
                n(c.times).en,
                n(c.spreads).en
            ),
        ),
        RuleKind::StockConflict(s) => {
            let (stock, inflow, outflow) = (name(s.stock), list(&s.inflow), list(&s.outflow));
            (
                format!("{} = kỳ trước + {} − {}", stock.0, inflow.0, outflow.0),
                format!("{} = the period before + {} − {}", stock.1, inflow.1, outflow.1),
            )
        }
        RuleKind::CopiedForward { nonzero, .. } => (
            format!("dòng giống hệt kỳ trước, có từ {nonzero} giá trị khác 0"),
            format!("a row identical to that of the period before, with {nonzero} values or more that are not 0"),
        ),
        RuleKind::UnitMissing => ("đơn vị không có dòng nào trong biểu".to_owned(), "a unit without a row".to_owned()),
        RuleKind::Late => ("nộp sau hạn".to_owned(), "a form that came after its due date".to_owned()),
        RuleKind::NotReported => ("ô để trống".to_owned(), "an empty cell".to_owned()),
    };
    match &rule.text {
        Some((more_vi, more_en)) => (format!("{vi}. {more_vi}"), format!("{en}. {more_en}")),
        None => (vi, en),
    }
    .into()
}
