//! What documents show: texts and drawings, ready to be set.
//!
//! In: an edition. Out: one structure per document, which a page (`site`), paper (`pdf`) and a workbook (`book`) are all made
//! from, so that they cannot disagree. Every figure is a text already; a template only places it.

mod action;
mod area;
mod boxes;
mod changes;
mod chart;
mod definition;
mod findings;
mod funnel;
mod indicator;
mod league;
mod line;
mod lineage;
mod map;
mod mark;
mod method;
mod spark;
mod study;
mod ward;

use std::borrow::Cow;

use serde::Serialize;

use super::edition::{Edition, Unit};
use super::figure::Figure;
use crate::model::{Format, Intervention, Level, Map, Span};

pub use area::{Area, area, provinces};
pub use changes::changes;
pub use definition::defined;
pub use indicator::{Terrain, href, indicator, list};
pub use line::find;
pub use map::{Painted, painted, painted_at};
pub use mark::{Mark, mark};
pub use method::method;
pub use study::intervention;
pub use ward::ward;

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text<'a> {
    /// In Vietnamese.
    pub vi: Cow<'a, str>,
    /// In English.
    pub en: Cow<'a, str>,
}

impl<'a> From<(&'a str, &'a str)> for Text<'a> {
    fn from((vi, en): (&'a str, &'a str)) -> Self {
        Self { vi: Cow::Borrowed(vi), en: Cow::Borrowed(en) }
    }
}

impl<'a> From<&'a (String, String)> for Text<'a> {
    fn from((vi, en): &'a (String, String)) -> Self {
        (vi.as_str(), en.as_str()).into()
    }
}

impl From<(String, String)> for Text<'_> {
    fn from((vi, en): (String, String)) -> Self {
        Self { vi: Cow::Owned(vi), en: Cow::Owned(en) }
    }
}

impl From<Figure> for Text<'_> {
    fn from(figure: Figure) -> Self {
        (figure.vi, figure.en).into()
    }
}

/// A way to another document of the release.
#[derive(Debug, Clone, Serialize)]
pub struct Link<'a> {
    /// From the site's root: `ward/19753.html`.
    pub href: String,
    /// What it says.
    pub text: Text<'a>,
}

impl<'a> Link<'a> {
    /// A way to a unit's page. Names of units are not translated.
    pub fn to(unit: &'a Unit) -> Self {
        Self {
            href: format!("{}/{}.html", unit.level, unit.code),
            text: (unit.name.as_str(), unit.name.as_str()).into(),
        }
    }

    /// A way to the page of an intervention.
    fn study(of: &'a Intervention) -> Self {
        let text = (of.name_vi.as_str(), of.name_en.as_str()).into();
        Link { href: format!("intervention/{}.html", of.code), text }
    }
}

/// The English word for a kind of ward.
fn kind(vi: &str) -> Text<'_> {
    let en = match vi {
        "phường" => "urban ward",
        "xã" => "commune",
        "thị trấn" => "township",
        other => other,
    };
    (vi, en).into()
}

/// What stands on a document of any kind.
#[derive(Debug, Serialize)]
pub struct Page<'a> {
    /// Way from the page to the site's root.
    pub root: &'static str,
    pub title: Text<'a>,
    pub plan: Text<'a>,
    /// Where figures are invented, that they are.
    pub notice: Option<Text<'a>>,
    pub period: Text<'a>,
    pub span: Text<'static>,
    /// The map, where it is not that of the reporting units.
    pub map: Option<Text<'a>>,
    /// The period as commands write it, with map and span where these are others.
    pub code: String,
    /// Documents above this one, from the top.
    pub above: Vec<Link<'a>>,
    /// The same on paper and in a workbook, where the release has these.
    pub others: Vec<Link<'a>>,
    /// Every status with its sign.
    pub legend: Vec<Mark>,
    /// Interventions that were studied.
    pub studies: Vec<Link<'a>>,
}

impl<'a> Page<'a> {
    /// A document one folder below the root.
    pub fn below(edition: &Edition<'a>, title: Text<'a>) -> Self {
        Self::new(edition, "../", title)
    }

    /// A document at the root.
    pub fn at_root(edition: &Edition<'a>, title: Text<'a>) -> Self {
        Self::new(edition, "", title)
    }

    fn new(edition: &Edition<'a>, root: &'static str, title: Text<'a>) -> Self {
        let (plan, settings) = (edition.plan, &edition.plan.settings);
        let mut code = edition.period.to_string();
        if settings.map.shown != Map::AsReported {
            code.push_str(&format!(" --map {}", settings.map.shown));
        }
        if settings.span != Span::YearToDate {
            code.push_str(&format!(" --span {}", settings.span));
        }
        let study = |study: &super::impact::Study| plan.interventions.get(study.intervention).map(Link::study);
        Self {
            root,
            title,
            plan: (plan.name_vi.as_str(), plan.name_en.as_str()).into(),
            notice: (!plan.notice_vi.is_empty()).then(|| (plan.notice_vi.as_str(), plan.notice_en.as_str()).into()),
            period: (edition.period.label_vi(), edition.period.label_en()).into(),
            span: settings.span.labels().into(),
            map: (settings.map.shown != Map::AsReported).then(|| {
                let day = edition.day;
                (
                    format!("theo đơn vị hành chính ngày {}", day.strftime("%d/%m/%Y")),
                    format!("on the units of {}", day.strftime("%-d %B %Y")),
                )
                    .into()
            }),
            code,
            above: Vec::new(),
            others: Vec::new(),
            legend: mark::legend(),
            studies: edition.studies.iter().filter_map(study).collect(),
        }
    }

    /// The same with the documents above the page of a unit, and with its other formats.
    fn of(mut self, edition: &'a Edition<'a>, unit: &'a Unit) -> Self {
        let mut at = edition.above(unit);
        while let Some(above) = at {
            self.above.insert(0, Link::to(above));
            at = edition.above(above);
        }
        for format in &edition.plan.settings.scorecards.formats {
            let text = match format {
                Format::Html => continue,
                Format::Pdf => ("PDF", "PDF"),
                Format::Xlsx if unit.level == Level::Ward => continue,
                Format::Xlsx => ("Excel", "Excel"),
            };
            let href = format!("{}/{}.{format}", unit.level, unit.code);
            self.others.push(Link { href, text: text.into() });
        }
        self
    }
}
