//! Scorecards: a ward's class, score and standing in one quarter.
//!
//! The score is 100 times the mean, over the ward's own targets with a value, of the share of the required value that is
//! achieved, no share above 1. Its bounds put the targets without a value at 0 and at 1; ranks follow from them.

use super::grid::Grid;
use super::judge::{All2, known, nodes};
use crate::model::{Level, Plan, Status};
use crate::stats::steady;

/// One ward and quarter.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub(super) quarter: usize,
    pub(super) ward: usize,
    pub(super) score: Option<f64>,
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) rank: Option<(i32, i32, i32, i32)>,
    /// Targets achieved, on track, at risk, off track, undecided, without a value.
    pub(super) counts: [i32; 6],
}

/// Cards of every ward in force, by quarter then ward.
pub(super) fn cards(plan: &Plan, grid: &Grid<'_>, judged: &All2) -> Vec<Card> {
    let w = grid.wards.codes.len();
    let n = nodes(grid);
    let targets: Vec<usize> = plan
        .indicators
        .iter()
        .enumerate()
        .filter(|(_, i)| i.level == Level::Ward && plan.target(&i.code).is_some())
        .map(|(at, _)| at)
        .collect();
    let mut all = Vec::new();
    for t in 0..grid.quarters.len() {
        let start = all.len();
        for u in (0..w).filter(|u| grid.wards.district[t * w + u] >= 0) {
            let mut counts = [0; 6];
            let (mut sum, mut told, mut open) = (0.0, 0.0, 0.0);
            for target in &targets {
                let Some(j) = judged.get(1).and_then(|s| s[*target][t * n + u].as_ref()) else { continue };
                let slot = match j.status {
                    Status::Achieved => 0,
                    Status::OnTrack => 1,
                    Status::AtRisk => 2,
                    Status::OffTrack => 3,
                    Status::Undecided => 4,
                    _ => 5,
                };
                counts[slot] += 1;
                match known(j.achieved_share) {
                    Some(share) => {
                        sum += share.clamp(0.0, 1.0);
                        told += 1.0;
                    }
                    // Undefined is no gap in what was sent: there was nothing to divide by.
                    None if j.status == Status::Undefined => {}
                    None => open += 1.0,
                }
            }
            let score = (told > 0.0).then(|| 100.0 * sum / told);
            let (low, high) = if told > 0.0 {
                (Some(100.0 * sum / (told + open)), Some(100.0 * (sum + open) / (told + open)))
            } else {
                (None, None)
            };
            all.push(Card { quarter: t, ward: u, score, low, high, rank: None, counts });
        }
        rank(&mut all[start..]);
    }
    all
}

/// The rank by score, and the best and worst that the bounds allow.
fn rank(cards: &mut [Card]) {
    let bounds: Vec<(f64, f64, f64)> =
        cards.iter().filter_map(|c| Some((steady(c.score?), steady(c.low?), steady(c.high?)))).collect();
    // Sorted once; a rank is then one more than how many stand above.
    let sorted = |pick: fn(&(f64, f64, f64)) -> f64| {
        let mut all: Vec<f64> = bounds.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        all
    };
    let (scores, lows, highs) = (sorted(|b| b.0), sorted(|b| b.1), sorted(|b| b.2));
    let above = |all: &[f64], value: f64| (all.len() - all.partition_point(|v| *v <= value)) as i32;
    let of = bounds.len() as i32;
    for card in cards {
        if let (Some(score), Some(low), Some(high)) = (card.score, card.low, card.high) {
            let (score, low, high) = (steady(score), steady(low), steady(high));
            // A ward that could itself stand above its own low is not another's.
            let own = i32::from(high > low);
            card.rank = Some((above(&scores, score) + 1, above(&lows, high) + 1, above(&highs, low) + 1 - own, of));
        }
    }
}
