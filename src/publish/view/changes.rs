//! What a release changed in figures that another had published, and why.

use serde::Serialize;

use super::{Edition, Link, Page, Text};
use crate::model::Period;
use crate::publish::figure::{self, Figure};
use crate::publish::news::Changed;

/// The page of what changed.
#[derive(Debug, Serialize)]
pub struct Changes<'a> {
    pub page: Page<'a>,
    /// The release that it is compared with, and its day; none for the first release.
    pub before: Option<(&'a str, Figure)>,
    pub rows: Vec<Row<'a>>,
    /// How many more there are: all are in `history/values.json`.
    pub more: usize,
}

/// A value that changed.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub to: Option<Link<'a>>,
    pub name: String,
    pub period: Text<'static>,
    pub indicator: Option<Link<'a>>,
    pub code: &'a str,
    pub before: Option<Figure>,
    pub after: Option<Figure>,
    /// The parts of the difference that are not nothing: what, and how much.
    pub parts: Vec<(Text<'static>, Figure)>,
    /// Why it cannot be split.
    pub reason: Option<Text<'a>>,
}

/// As many as a page can hold.
const MOST: usize = 400;

/// The page of what changed.
pub fn changes<'a>(edition: &'a Edition<'a>, before: Option<(&'a str, Figure)>, all: &'a [Changed]) -> Changes<'a> {
    let page = Page::at_root(edition, ("Những gì đã thay đổi", "What changed").into());
    let rows = all.iter().take(MOST).map(|changed| row(edition, changed)).collect();
    Changes { page, before, rows, more: all.len().saturating_sub(MOST) }
}

fn row<'a>(edition: &'a Edition<'a>, changed: &'a Changed) -> Row<'a> {
    let plan = edition.plan;
    let indicator = plan.indicators.iter().position(|i| i.code == changed.indicator);
    let label = indicator.map_or("", |at| plan.indicators[at].unit_label.as_str());
    let unit = edition.unit(&changed.unit_code);
    let period = changed.period.parse::<Period>().ok();
    let value = |value: Option<f64>| value.map(|v| figure::value(v, label));
    let parts = changed.parts.iter().flat_map(|parts| {
        [
            (("tử số", "numerator"), parts.numerator),
            (("mẫu số", "denominator"), parts.denominator),
            (("báo cáo thêm hoặc bớt", "reporting"), parts.reporting),
            (("địa giới", "boundaries"), parts.boundary),
            (("định nghĩa", "definition"), parts.definition),
        ]
    });
    let told = |(name, part): ((&'static str, &'static str), f64)| {
        let part = figure::signed(part, label);
        (part.en != "0" && part.en != "0 points").then(|| (name.into(), part))
    };
    Row {
        // A unit that is no more has no page.
        to: unit.map(Link::to),
        name: edition.name(&changed.unit_code, edition.day),
        period: period
            .map_or_else(|| (changed.period.clone(), changed.period.clone()), |p| (p.label_vi(), p.label_en()))
            .into(),
        indicator: indicator.map(|at| {
            let of = &plan.indicators[at];
            Link {
                href: super::indicator::href(&of.code, None),
                text: (of.name_vi.as_str(), of.name_en.as_str()).into(),
            }
        }),
        code: &changed.indicator,
        before: value(changed.before),
        after: value(changed.after),
        parts: parts.filter_map(told).collect(),
        reason: changed.reason.as_ref().map(Text::from),
    }
}
