//! Composite scores after the OECD/JRC Handbook (2008) as COINr computes them: [`normalise`] indicators, [`impute`] what is
//! missing, [`aggregate`] in levels, and how much hangs on the choices: [`sensitivity`].

pub mod aggregate;
pub mod impute;
pub mod normalise;
pub mod sensitivity;

use super::order::ascending;

/// Ranks in descending order: 1 is the highest, ties share the best rank, missing values have none.
pub fn rank_descending(scores: &[Option<f64>]) -> Vec<Option<f64>> {
    let turned: Vec<Option<f64>> = scores.iter().map(|s| s.map(|s| -s)).collect();
    ascending(&turned, |first, _| (first + 1) as f64)
}
