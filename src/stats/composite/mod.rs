//! Composite scores after the OECD/JRC Handbook (2008) as COINr computes them: [`normalise`] indicators, [`impute`] what is
//! missing, [`aggregate`] in levels, and how much hangs on the choices: [`sensitivity`].

pub mod aggregate;
pub mod impute;
pub mod normalise;
pub mod sensitivity;

use super::steady;

/// Ranks of values in ascending order, 1 the lowest; missing values have none.
fn ascending(values: &[Option<f64>], rank: impl Fn(usize, usize) -> f64) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, usize)> =
        values.iter().enumerate().filter_map(|(at, v)| v.map(|v| (steady(v), at))).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut ranks = vec![None; values.len()];
    let mut first = 0;
    // In order, so that no difference is below zero; 0 and −0 are tied too.
    for tied in order.chunk_by(|a, b| b.0 - a.0 <= 0.0) {
        for (_, at) in tied {
            ranks[*at] = Some(rank(first, tied.len()));
        }
        first += tied.len();
    }
    ranks
}

/// Ranks in descending order: 1 is the highest, ties share the best rank, missing values have none.
pub fn rank_descending(scores: &[Option<f64>]) -> Vec<Option<f64>> {
    let turned: Vec<Option<f64>> = scores.iter().map(|s| s.map(|s| -s)).collect();
    ascending(&turned, |first, _| (first + 1) as f64)
}
