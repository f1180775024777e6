//! The boxes at the head of a ward's page: its class with what decided it, its score with how sure it is.

use crate::model::Rubric;
use crate::publish::edition::Card;
use crate::publish::figure::{self, Figure};

/// Vietnamese and English.
pub(super) type Names<'a> = (&'a str, &'a str);

/// The class by the rubric.
#[derive(Debug, Default)]
pub(super) struct ClassBox<'a> {
    pub(super) class: Option<Names<'a>>,
    /// Points verified and claimed, and the most possible.
    pub(super) verified: Option<Figure>,
    pub(super) claimed: Option<Figure>,
    pub(super) most: Option<Figure>,
    /// The class that was claimed, where it is another.
    pub(super) class_claimed: Option<Names<'a>>,
    pub(super) failed: &'a [String],
    /// The criterion that decided: code and names.
    pub(super) decided_by: Option<(&'a str, Names<'a>)>,
    /// Points to a better class, and those that may be lost.
    pub(super) to_next: Option<Figure>,
    pub(super) above: Option<Figure>,
}

/// The score.
#[derive(Debug, Default)]
pub(super) struct ScoreBox {
    /// With its interval.
    pub(super) score: Option<(Figure, Figure, Figure)>,
    /// Best and worst rank, and of how many.
    pub(super) ranks: Option<(i32, i32, i32)>,
    /// Share of the draws within the intervals.
    pub(super) coverage: Option<Figure>,
}

/// Names of a class.
pub(super) fn class_names<'a>(rubric: &'a Rubric, code: Option<&String>) -> Option<Names<'a>> {
    let class = rubric.classes.iter().find(|c| Some(&c.code) == code)?;
    Some((&class.name_vi, &class.name_en))
}

/// The class box of a card.
pub(super) fn class_box<'a>(rubric: &'a Rubric, card: Option<&'a Card>) -> ClassBox<'a> {
    let Some(card) = card else { return ClassBox::default() };
    let criterion = rubric.criteria.iter().find(|c| Some(&c.code) == card.decided_by.as_ref());
    let points = |points: Option<f64>| points.map(|p| figure::number(p, 1));
    ClassBox {
        class: class_names(rubric, card.class.as_ref()),
        verified: points(card.points),
        claimed: points(card.claimed),
        most: points(Some(card.points_max)),
        class_claimed: class_names(rubric, card.class_claimed.as_ref().filter(|c| Some(*c) != card.class.as_ref())),
        failed: &card.failed,
        decided_by: criterion.map(|c| (c.code.as_str(), (c.name_vi.as_str(), c.name_en.as_str()))),
        to_next: points(card.to_next),
        above: points(card.above),
    }
}

/// The score box of a card.
pub(super) fn score_box(coverage: f64, card: Option<&Card>) -> ScoreBox {
    let Some(card) = card else { return ScoreBox::default() };
    let number = |n| figure::number(n, 1);
    ScoreBox {
        score: card.score.map(|(score, low, high)| (number(score), number(low), number(high))),
        ranks: card.ranks,
        coverage: Some(figure::percent(coverage)),
    }
}
