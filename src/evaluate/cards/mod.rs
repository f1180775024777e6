//! Scorecards: a ward's class, score and standing in one quarter.
//!
//! 1. [`score`]: values of the year to date → components between their posts → groups → the score
//! 2. [`draws`]: the same again under other weights, posts and values → intervals of score and rank

mod draws;
mod score;
#[cfg(test)]
mod tests;

pub(super) use draws::Draws;

use rayon::prelude::*;

use super::grid::Grid;
use super::judge::{All2, Judged, nodes};
use super::spans::SPANS;
use crate::model::{Level, Plan, Span, Status};
use crate::stats::composite::rank_descending;
use score::Setting;

/// One ward and quarter.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub(super) quarter: usize,
    pub(super) ward: usize,
    /// Score and its interval.
    pub(super) score: Option<Interval<f64>>,
    /// Rank by score and its interval.
    pub(super) rank: Option<Interval<i32>>,
    /// How many wards were ranked; 0 where this one was not.
    pub(super) rank_of: i32,
    /// Targets achieved, on track, at risk, off track, undecided, without a value.
    pub(super) counts: [i32; 6],
}

/// A number with the ends of its interval, between which it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval<T> {
    pub(super) at: T,
    pub(super) low: T,
    pub(super) high: T,
}

/// Cards of every ward in force, by quarter then ward.
pub(super) fn cards(plan: &Plan, grid: &Grid<'_>, judged: &All2, draws: &Draws) -> Vec<Card> {
    let to_date = SPANS.iter().position(|span| *span == Span::YearToDate);
    let Some(judged) = to_date.and_then(|at| judged.get(at)) else { return Vec::new() };
    let targets: Vec<usize> = plan
        .indicators
        .iter()
        .enumerate()
        .filter(|(_, i)| i.level == Level::Ward && plan.target(&i.code).is_some())
        .map(|(at, _)| at)
        .collect();
    let of_quarters: Vec<Vec<Card>> = (grid.from..grid.quarters.len())
        .into_par_iter()
        .map(|t| of_quarter(plan, grid, judged, &targets, draws, t))
        .collect();
    of_quarters.into_iter().flatten().collect()
}

fn of_quarter(
    plan: &Plan,
    grid: &Grid<'_>,
    judged: &[Vec<Option<Judged>>],
    targets: &[usize],
    draws: &Draws,
    t: usize,
) -> Vec<Card> {
    let (w, n) = (grid.wards.codes.len(), nodes(grid));
    let wards: Vec<usize> = (0..w).filter(|u| grid.wards.district[t * w + u] >= 0).collect();
    let of = |indicator: usize, ward: usize| judged[indicator][t * n + ward].as_ref();
    let setting = Setting::new(plan, grid.quarters[t]);
    let readings = setting.readings(plan, &wards, of);
    let scores = setting.scores(&readings);
    let spread = draws.spread(&setting, &readings, &scores, (grid.province, grid.quarters[t]));
    let ranked = scores.iter().flatten().count() as i32;
    let card = |(at, rank): (usize, Option<f64>)| {
        let ward = wards[at];
        let mut counts = [0; 6];
        for judged in targets.iter().filter_map(|target| of(*target, ward)) {
            let slot = match judged.status {
                Status::Achieved => 0,
                Status::OnTrack => 1,
                Status::AtRisk => 2,
                Status::OffTrack => 3,
                Status::Undecided => 4,
                _ => 5,
            };
            counts[slot] += 1;
        }
        // What stands on a card lies within its interval, however skewed the draws are.
        let spread = spread[at].as_ref();
        let score = scores[at].zip(spread).map(|(at, s)| hold(at, s.score));
        let rank = rank.zip(spread).map(|(rank, s)| hold(rank as i32, s.rank));
        Card { quarter: t, ward, score, rank, rank_of: if rank.is_some() { ranked } else { 0 }, counts }
    };
    rank_descending(&scores).into_iter().enumerate().map(card).collect()
}

/// A number and its interval, widened where need be to hold it.
fn hold<T: PartialOrd + Copy>(at: T, (low, high): (T, T)) -> Interval<T> {
    Interval { at, low: if at < low { at } else { low }, high: if at > high { at } else { high } }
}
