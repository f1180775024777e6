//! Where the figures of a page come from, ready to be shown: cells with a way to the sheet in which they stand.

use serde::Serialize;

use super::Text;
use crate::model::{Expr, Indicator, Kind, Map, number};
use crate::publish::edition::{Edition, Unit};
use crate::publish::notes::Note;
use crate::publish::sources::Source;

/// One thing that an indicator reads of a unit, with its cells.
#[derive(Debug, Serialize)]
pub struct Read<'a> {
    pub text: Text<'a>,
    pub cells: Vec<Seen<'a>>,
    /// Warnings on them, and what was corrected.
    pub notes: Vec<&'a Note>,
}

/// A cell.
#[derive(Debug, Serialize)]
pub struct Seen<'a> {
    /// The sheet in which it stands, told further down the page.
    pub of: &'a Source,
    pub cell: String,
    /// The value, digit for digit.
    pub value: String,
}

/// What an indicator reads of a unit itself, with its cells; nothing where it is a sum over others.
pub fn reads<'a>(edition: &'a Edition<'a>, unit: &Unit, at: usize, indicator: &'a Indicator) -> Vec<Read<'a>> {
    let (plan, sources) = (edition.plan, &edition.sources);
    let Some(position) = edition.position(unit).filter(|_| plan.settings.map.shown == Map::AsReported) else {
        return Vec::new();
    };
    let read = |element: &usize| {
        let defined = plan.elements.get(*element)?;
        let of = sources.of(plan, position, *element);
        // Of a state only the last known value counts, and what is to be known of that.
        let last = of.last().and_then(|cell| Some(sources.source(cell)?.period));
        let notes = sources.notes.of(position, Some(*element), last.filter(|_| defined.kind != Kind::Flow));
        let cells = of.iter().filter_map(|cell| {
            Some(Seen { of: sources.source(cell)?, cell: cell.cell.to_string(), value: number::vietnamese(cell.value) })
        });
        let text = (defined.name_vi.as_str(), defined.name_en.as_str()).into();
        Some(Read { text, cells: cells.collect(), notes })
    };
    let mut all: Vec<Read<'_>> = sources.elements(at, unit.level).iter().filter_map(read).collect();
    // What stands in the plan's own lists has no cell.
    let formulas = std::iter::once(&indicator.numerator).chain(&indicator.denominator);
    for expr in formulas.filter(|_| indicator.level == unit.level) {
        expr.visit(&mut |leaf| {
            let (vi, en) = match leaf {
                Expr::Population => ("dân số: danh sách của kế hoạch", "population: the plan's list"),
                Expr::Baseline(_) => ("kỳ gốc: danh sách của kế hoạch", "baseline: the plan's list"),
                _ => return,
            };
            all.push(Read { text: (vi, en).into(), cells: Vec::new(), notes: Vec::new() });
        });
    }
    all
}

/// What is to be known of a unit's rows as a whole.
pub fn notes<'a>(edition: &'a Edition<'a>, unit: &Unit) -> Vec<&'a Note> {
    edition.position(unit).map_or(Vec::new(), |at| edition.sources.notes.of(at, None, None))
}

/// The sheets in which the cells of units stand, by period and form.
pub fn places<'a>(edition: &'a Edition<'a>, units: [Option<&Unit>; 2]) -> Vec<&'a Source> {
    edition.sources.of_units(units.into_iter().flatten().filter_map(|unit| edition.position(unit)))
}
