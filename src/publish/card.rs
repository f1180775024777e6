//! `scorecards` → a ward's card: those of the units that reported.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type};

use super::edition::{get, numbers};
use crate::model::Period;
use crate::store::columns::Words;
use crate::store::{Store, StoreError};

/// A ward's card.
#[derive(Debug, Clone, Default)]
pub(super) struct Card {
    pub(super) class: Option<String>,
    pub(super) points: Option<f64>,
    pub(super) points_max: f64,
    pub(super) failed: Vec<String>,
    pub(super) decided_by: Option<String>,
    pub(super) to_next: Option<f64>,
    pub(super) above: Option<f64>,
    pub(super) claimed: Option<f64>,
    pub(super) class_claimed: Option<String>,
    /// With its interval.
    pub(super) score: Option<(f64, f64, f64)>,
    /// Best and worst rank, and of how many.
    pub(super) ranks: Option<(i32, i32, i32)>,
    pub(super) completeness: Option<f64>,
    pub(super) days_late: i32,
}

/// The cards of a period, by code.
pub(super) fn load(store: &Store, folders: &[&str], period: Period) -> Result<Vec<(String, Card)>, StoreError> {
    let mut all = Vec::new();
    let wanted = period.to_string();
    for part in store.partitions_below("scorecards", folders)?.iter().filter(|p| p.name == wanted) {
        for batch in part.read(&[])? {
            let Some(unit) = Words::of(&batch, "unit_code") else { continue };
            let number = |name| numbers::<Float64Type>(&batch, name);
            let whole = |name| numbers::<Int32Type>(&batch, name);
            let (points, max) = (number("rubric_points"), number("rubric_points_max"));
            let (next, above, claimed) = (number("points_to_next"), number("points_above"), number("rubric_claimed"));
            let score = ["score", "score_low", "score_high"].map(number);
            let word = |name, row| {
                let text = Words::of(&batch, name).map(|words| words.get(row).to_owned());
                text.filter(|text| !text.is_empty())
            };
            let (low, high, of) = (whole("rank_low"), whole("rank_high"), whole("rank_of"));
            let (complete, late) = (number("completeness"), whole("days_late"));
            let failed = batch.column_by_name("failed_requirements").and_then(|f| f.as_list_opt::<i32>());
            for row in 0..batch.num_rows() {
                let failed = failed.map(|f| f.value(row));
                let failed = failed.as_ref().and_then(|f| f.as_string_opt::<i32>());
                let card = Card {
                    class: word("class", row),
                    points: get(points, row),
                    points_max: get(max, row).unwrap_or_default(),
                    failed: failed.map_or_else(Vec::new, |f| f.iter().flatten().map(str::to_owned).collect()),
                    decided_by: word("decided_by", row),
                    to_next: get(next, row),
                    above: get(above, row),
                    claimed: get(claimed, row),
                    class_claimed: word("class_claimed", row),
                    score: get(score[0], row)
                        .zip(get(score[1], row).zip(get(score[2], row)))
                        .map(|(score, (low, high))| (score, low, high)),
                    ranks: get(low, row).zip(get(high, row)).zip(get(of, row)).map(|((a, b), c)| (a, b, c)),
                    completeness: get(complete, row),
                    days_late: get(late, row).unwrap_or_default(),
                };
                all.push((unit.get(row).to_owned(), card));
            }
        }
    }
    Ok(all)
}
