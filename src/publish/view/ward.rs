//! A ward's scorecard.

use serde::Serialize;

use super::action::{Undertaken, actions};
use super::boxes::{ClassBox, ScoreBox, class_box, score_box};
use super::line::{Line, find, lines};
use super::study::{Came, came};
use super::{Edition, Page, Text, Unit, kind, lineage};
use crate::model::Level;
use crate::publish::figure::{self, Figure};
use crate::publish::notes::Note;
use crate::publish::origin::Origin;
use crate::publish::peers::Peers;
use crate::publish::sources::Source;

/// A ward's scorecard.
#[derive(Debug, Serialize)]
pub struct Ward<'a> {
    pub page: Page<'a>,
    pub code: &'a str,
    pub kind: Text<'a>,
    pub origins: &'a [Origin],
    pub interventions: Vec<Came<'a>>,
    pub class: ClassBox<'a>,
    pub score: ScoreBox,
    pub completeness: Option<Figure>,
    pub days_late: i32,
    /// Errors and warnings of the period shown.
    pub findings: [usize; 2],
    /// Warnings on its rows as a whole.
    pub notes: Vec<&'a Note>,
    pub targets: Vec<Line<'a>>,
    /// Targets that exist only above the ward: its district's.
    pub context: Vec<Line<'a>>,
    pub process: Vec<Line<'a>>,
    pub actions: Vec<Undertaken<'a>>,
    /// The sheets in which the cells stand.
    pub places: Vec<&'a Source>,
    /// Figures are sums over the units that reported.
    pub summed: bool,
}

/// The scorecard of a ward.
pub fn ward<'a>(edition: &'a Edition<'a>, peers: &Peers<'a>, unit: &'a Unit) -> Ward<'a> {
    // Directly below the province there is none.
    let district = edition.above(unit).filter(|above| above.level == Level::District);
    let province = edition.province(unit);
    let above = [district, province];
    let card = unit.card.as_ref();
    let page = Page::below(edition, (unit.name.as_str(), unit.name.as_str()).into()).of(edition, unit);
    Ward {
        summed: page.map.is_some(),
        page,
        code: &unit.code,
        kind: kind(&unit.kind),
        origins: &unit.origins,
        interventions: came(edition, unit),
        class: class_box(&edition.plan.rubric, card),
        score: score_box(edition.plan.scoring.uncertainty.coverage, card),
        completeness: card.and_then(|c| c.completeness).map(figure::percent),
        days_late: card.map_or(0, |c| c.days_late),
        findings: unit.findings.into(),
        notes: lineage::notes(edition, unit),
        targets: lines(edition, peers, unit, &above, &|v| edition.is_target(v.indicator)),
        context: district.map_or_else(Vec::new, |d| {
            let only_there = |indicator| edition.is_target(indicator) && find(unit, indicator).is_none();
            lines(edition, peers, d, &[None, province], &|v| only_there(v.indicator))
        }),
        process: lines(edition, peers, unit, &above, &|v| !edition.is_target(v.indicator)),
        actions: actions(edition, unit),
        places: lineage::places(edition, [Some(unit), district]),
    }
}
