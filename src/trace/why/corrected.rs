//! What of the values behind two figures was corrected, and why: the findings that say so.

use super::super::TraceError;
use super::super::question::{self, Asked, Question};
use super::super::record::records;
use super::super::scope::Scope;
use super::{Between, WhyQuestion, Words};
use crate::model::Code;
use crate::plan::Definition;
use crate::store::Store;

/// The corrections behind either figure, in Vietnamese and English, each once; one that holds in one release alone says so.
pub(super) fn notes(definition: &Definition, store: &Store, asked: &WhyQuestion<'_>) -> Result<Vec<Words>, TraceError> {
    let ends = match asked.between {
        Between::Periods { from, to, release } => [(release, from), (release, to)],
        Between::Releases { period, against, release } => [(Some(against), period), (release, period)],
    };
    let [before, after] = ends.map(|(release, period)| {
        let WhyQuestion { unit, indicator, span, map, .. } = *asked;
        of(definition, store, &Question { unit, indicator, period, span, map, release, all: true })
    });
    let (before, after) = (before?, after?);
    if matches!(asked.between, Between::Periods { .. }) {
        let own = after.into_iter().filter(|note| !before.contains(note)).collect::<Vec<Words>>();
        return Ok(before.iter().cloned().chain(own).collect());
    }
    let gone = before.iter().filter(|note| !after.contains(note));
    let gone = gone.map(|(vi, en)| (format!("chỉ ở bản trước: {vi}"), format!("in the earlier release alone: {en}")));
    let stands = after.iter().map(|note| {
        let (vi, en) = note;
        if before.contains(note) {
            note.clone()
        } else {
            (format!("mới ở bản sau: {vi}"), format!("in the later release alone: {en}"))
        }
    });
    Ok(gone.chain(stands).collect())
}

/// The corrections behind one figure; none where there is no such figure.
fn of(definition: &Definition, store: &Store, question: &Question<'_>) -> Result<Vec<Words>, TraceError> {
    let release = question::release(store, question.release)?;
    let Some(table) = release.whole("findings") else { return Ok(Vec::new()) };
    let asked = match Asked::of(&definition.plan, &definition.register, release, question) {
        Ok(asked) => asked,
        Err(TraceError::Store(error)) => return Err(error.into()),
        Err(TraceError::NoRelease(_) | TraceError::NoFigure { .. }) => return Ok(Vec::new()),
    };
    let scope = Scope::new(&asked);
    let (units, elements) = (scope.units(), scope.all_elements());
    let periods: Vec<String> = scope.periods().iter().map(ToString::to_string).collect();
    let wanted = |texts: &[&str]| {
        let [code, unit, element, period] = texts else { return false };
        *code == Code::Corrected.as_str()
            && units.contains(unit)
            && elements.contains(element)
            && periods.iter().any(|known| known == period)
    };
    let found = records(&table.read_where(&[], &["code", "unit_code", "element", "period"], wanted)?);
    let told = |finding: &super::super::Record| {
        let place = [finding.text("period"), finding.text("unit_code"), finding.text("element"), finding.text("cell")];
        let place = place.join(" ");
        (format!("{place}: {}", finding.text("message_vi")), format!("{place}: {}", finding.text("message_en")))
    };
    Ok(found.iter().map(told).collect())
}
