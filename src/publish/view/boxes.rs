//! The boxes at the head of a ward's page: its class with what decided it, its score with how sure it is.

use serde::Serialize;

use super::Text;
use crate::model::Rubric;
use crate::publish::card::Card;
use crate::publish::figure::{self, Figure};

/// The class by the rubric.
#[derive(Debug, Default, Serialize)]
pub struct ClassBox<'a> {
    /// Its place among the classes, from 1, the best first.
    pub grade: Option<usize>,
    pub class: Option<Text<'a>>,
    /// Points verified and claimed, and the most possible.
    pub verified: Option<Figure>,
    pub claimed: Option<Figure>,
    pub most: Option<Figure>,
    /// The class that was claimed, where it is another.
    pub class_claimed: Option<Text<'a>>,
    /// Criteria that held the class back: what they require.
    pub failed: &'a [String],
    /// The criterion that decided: code and names.
    pub decided_by: Option<(&'a str, Text<'a>)>,
    /// Points to a better class, and those that may be lost.
    pub to_next: Option<Figure>,
    pub above: Option<Figure>,
}

/// The score.
#[derive(Debug, Default, Serialize)]
pub struct ScoreBox {
    /// With its interval.
    pub score: Option<(Figure, Figure, Figure)>,
    /// Best and worst rank, and of how many.
    pub ranks: Option<(i32, i32, i32)>,
    /// Share of the draws within the intervals.
    pub coverage: Option<Figure>,
}

/// Names of a class.
pub fn class_names<'a>(rubric: &'a Rubric, code: Option<&String>) -> Option<Text<'a>> {
    let class = rubric.classes.iter().find(|c| Some(&c.code) == code)?;
    Some((class.name_vi.as_str(), class.name_en.as_str()).into())
}

/// Place of a class among all, from 1, the best first.
pub fn grade(rubric: &Rubric, code: Option<&String>) -> Option<usize> {
    rubric.classes.iter().position(|c| Some(&c.code) == code).map(|at| at + 1)
}

/// The class box of a card.
pub fn class_box<'a>(rubric: &'a Rubric, card: Option<&'a Card>) -> ClassBox<'a> {
    let Some(card) = card else { return ClassBox::default() };
    let criterion = rubric.criteria.iter().find(|c| Some(&c.code) == card.decided_by.as_ref());
    let points = |points: Option<f64>| points.map(|p| figure::number(p, 1));
    ClassBox {
        grade: grade(rubric, card.class.as_ref()),
        class: class_names(rubric, card.class.as_ref()),
        verified: points(card.points),
        claimed: points(card.claimed),
        most: points(Some(card.points_max)),
        class_claimed: class_names(rubric, card.class_claimed.as_ref().filter(|c| Some(*c) != card.class.as_ref())),
        failed: &card.failed,
        decided_by: criterion.map(|c| (c.code.as_str(), (c.name_vi.as_str(), c.name_en.as_str()).into())),
        to_next: points(card.to_next),
        above: points(card.above),
    }
}

/// The score box of a card.
pub fn score_box(coverage: f64, card: Option<&Card>) -> ScoreBox {
    let Some(card) = card else { return ScoreBox::default() };
    let number = |n| figure::number(n, 1);
    ScoreBox {
        score: card.score.map(|(score, low, high)| (number(score), number(low), number(high))),
        ranks: card.ranks,
        coverage: Some(figure::percent(coverage)),
    }
}
