//! How much a ranking hangs on the choices behind it: ranks under many sets of weights, and Sobol's shares of variance
//! (Saltelli et al. 2010, Comput Phys Commun 181:259; Jansen 1999). The draws are handed in: nothing here is random.

use super::aggregate::{Framework, Method};
use super::rank_descending;
use crate::stats::Undefined;
use crate::stats::order::{mean, quantile};

/// Ranks of each unit over all draws.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranks {
    /// With the weights as given.
    pub nominal: Vec<Option<f64>>,
    /// Mean over the draws.
    pub mean: Vec<Option<f64>>,
    /// Median.
    pub median: Vec<Option<f64>>,
    /// 5% quantile (type 7).
    pub low: Vec<Option<f64>>,
    /// 95% quantile.
    pub high: Vec<Option<f64>>,
    /// Share of draws in which it is among the first five.
    pub top_five: Vec<Option<f64>>,
    /// Of each draw, by how many ranks the units moved on average.
    pub shift: Vec<f64>,
}

/// Ranks units under every set of weights.
pub fn rank_draws(
    framework: &Framework,
    scores: &[Vec<Option<f64>>],
    weights: &[f64],
    draws: &[Vec<f64>],
    methods: &[Method],
    threshold: f64,
) -> Ranks {
    let ranked = |weights: &[f64]| {
        let all: Vec<Option<f64>> =
            scores.iter().map(|unit| framework.score(unit, weights, methods, threshold)).collect();
        rank_descending(&all)
    };
    let nominal = ranked(weights);
    let mut of_unit: Vec<Vec<f64>> = vec![Vec::with_capacity(draws.len()); scores.len()];
    let mut shift = Vec::with_capacity(draws.len());
    for draw in draws {
        let ranks = ranked(draw);
        let moved: Vec<f64> = ranks.iter().zip(&nominal).filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
        shift.push(moved.iter().map(|m| m.abs()).sum::<f64>() / moved.len() as f64);
        for (unit, rank) in of_unit.iter_mut().zip(ranks) {
            unit.extend(rank);
        }
    }
    for ranks in &mut of_unit {
        ranks.sort_by(f64::total_cmp);
    }
    let each = |f: &dyn Fn(&[f64]) -> f64| of_unit.iter().map(|r| (!r.is_empty()).then(|| f(r))).collect();
    Ranks {
        mean: each(&|r| mean(r)),
        median: each(&|r| quantile(r, 0.5)),
        low: each(&|r| quantile(r, 0.05)),
        high: each(&|r| quantile(r, 0.95)),
        top_five: each(&|r| r.iter().filter(|r| **r <= 5.0).count() as f64 / r.len() as f64),
        nominal,
        shift,
    }
}

/// Shares of the variance of a result that its inputs explain.
#[derive(Debug, Clone, PartialEq)]
pub struct Sobol {
    /// Each input alone.
    pub first: Vec<f64>,
    /// Each input with all it takes part in.
    pub total: Vec<f64>,
}

/// From results of the runs A, B and, per input i, A with i from B. S_i = mean(y_B(y_AB − y_A))/V, ST_i =
/// mean((y_A − y_AB)²)/(2V).
///
/// `centred`: by the mean of all runs, V the population variance of A and B (`SALib`); otherwise uncentred with V over n − 1
/// (COINr).
pub fn sobol(a: &[f64], b: &[f64], ab: &[Vec<f64>], centred: bool) -> Result<Sobol, Undefined> {
    let n = a.len() as f64;
    let both = || a.iter().chain(b);
    let average = both().sum::<f64>() / (2.0 * n);
    let squares: f64 = both().map(|y| (y - average).powi(2)).sum();
    let variance = squares / if centred { 2.0 * n } else { 2.0 * n - 1.0 };
    if variance <= 1e-20 {
        return Err(Undefined::ZeroOutputVariance);
    }
    let runs = (2 + ab.len()) as f64 * n;
    let centre = if centred { both().chain(ab.iter().flatten()).sum::<f64>() / runs } else { 0.0 };
    let of = |f: &dyn Fn(f64, f64, f64) -> f64| {
        let one = |own: &Vec<f64>| a.iter().zip(b).zip(own).map(|((a, b), ab)| f(*a, *b, *ab)).sum::<f64>() / n;
        ab.iter().map(|own| one(own) / variance).collect()
    };
    Ok(Sobol { first: of(&|a, b, ab| (b - centre) * (ab - a)), total: of(&|a, _, ab| (a - ab).powi(2) / 2.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::composite::aggregate::Parent;

    #[test]
    fn ranks_move_with_weights() {
        let tree = Framework { leaves: 2, parents: vec![Parent { level: 0, children: vec![0, 1] }] };
        let scores = [vec![Some(10.0), Some(90.0)], vec![Some(80.0), Some(30.0)]];
        let draws = [vec![1.0, 9.0, 1.0], vec![9.0, 1.0, 1.0], vec![8.0, 2.0, 1.0]];
        let ranks = rank_draws(&tree, &scores, &[5.0, 5.0, 1.0], &draws, &[Method::Arithmetic], 0.0);
        assert_eq!(ranks.nominal, [Some(2.0), Some(1.0)]);
        assert_eq!(ranks.median, [Some(2.0), Some(1.0)]);
        assert_eq!(ranks.shift, [1.0, 0.0, 0.0]);
    }

    #[test]
    fn a_sum_is_explained_by_its_terms() {
        // y = 2u + v on a grid: shares 4:1, no interaction.
        let at = |i: usize| ((i * 7919) % 1009) as f64 / 1009.0;
        let draw = |k: usize| -> Vec<f64> { (0..4000).map(|i| at(i * 5 + k * 131 + 1)).collect() };
        let (ua, va, ub, vb) = (draw(0), draw(1), draw(2), draw(3));
        let y = |u: &[f64], v: &[f64]| -> Vec<f64> { u.iter().zip(v).map(|(u, v)| 2.0 * u + v).collect() };
        let got = sobol(&y(&ua, &va), &y(&ub, &vb), &[y(&ub, &va), y(&ua, &vb)], true).expect("variance");
        assert!(got.first[0] > got.first[1] && got.total[0] > got.total[1], "{got:?}");
        assert!(sobol(&[1.0, 1.0], &[1.0, 1.0], &[vec![1.0, 1.0]], true).is_err());
    }
}
