//! Sums and order statistics of short series: mean, standard deviation, median, quantile, spread by MAD, ranks.

use super::steady;

/// The mean; NaN of none.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Standard deviation with divisor n − `ddof`; NaN where that is not above zero.
pub fn standard_deviation(values: &[f64], ddof: usize) -> f64 {
    if values.len() <= ddof {
        return f64::NAN;
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (squares / (values.len() - ddof) as f64).sqrt()
}

/// The median of sorted values; NaN of none.
pub fn median(sorted: &[f64]) -> f64 {
    median_without(sorted, None)
}

/// The median of sorted values but the one at `skip`.
pub fn median_without(sorted: &[f64], skip: Option<usize>) -> f64 {
    let n = sorted.len() - usize::from(skip.is_some());
    if n == 0 {
        return f64::NAN;
    }
    let at = |i: usize| sorted[i + usize::from(skip.is_some_and(|skip| i >= skip))];
    f64::midpoint(at((n - 1) / 2), at(n / 2))
}

/// Median of the distances from the median.
pub fn mad(values: &[f64], median: f64) -> f64 {
    let mut far: Vec<f64> = values.iter().map(|v| (v - median).abs()).collect();
    far.sort_unstable_by(f64::total_cmp);
    self::median(&far)
}

/// Quantile of sorted values, linear between them (type 7 of R: position (n − 1)·p); NaN of none.
pub fn quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = last as f64 * p.clamp(0.0, 1.0);
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// [`quantile`] of values in any order, which are moved about: cheaper than sorting them where only a few are asked for.
pub fn quantile_of(values: &mut [f64], p: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else { return f64::NAN };
    let place = last as f64 * p.clamp(0.0, 1.0);
    let (_, below, above) = values.select_nth_unstable_by(place.floor() as usize, f64::total_cmp);
    let above = above.iter().copied().min_by(f64::total_cmp).unwrap_or(*below);
    *below + place.fract() * (above - *below)
}

/// Ranks of values, steadied, in ascending order; missing values have none. `rank` makes them of how many stand below a
/// group of equal values and how many are in it.
pub fn ascending(values: &[Option<f64>], rank: impl Fn(usize, usize) -> f64) -> Vec<Option<f64>> {
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

/// The mean of the ranks, from 1, that a group of equal values shares.
pub fn mean_rank(below: usize, tied: usize) -> f64 {
    f64::midpoint((below + 1) as f64, (below + tied) as f64)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_tested_value_is_not_its_own_baseline() {
        let sorted = [1.0, 2.0, 4.0, 9.0, 800.0];
        assert!((median(&sorted) - 4.0).abs() < 1e-12);
        assert!((median_without(&sorted, Some(4)) - 3.0).abs() < 1e-12);
        assert!((median_without(&sorted, Some(0)) - 6.5).abs() < 1e-12);
        assert!((median_without(&sorted, Some(2)) - 5.5).abs() < 1e-12);
        assert!(median_without(&[1.0], Some(0)).is_nan());
    }

    #[test]
    fn quantiles_are_linear_between_values() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (p, want) in [(0.0, 1.0), (0.1, 1.3), (0.5, 3.0), (0.9, 6.8), (1.0, 8.0)] {
            assert!((quantile(&sorted, p) - want).abs() < 1e-12, "{p}");
        }
        assert!(quantile(&[], 0.5).is_nan());
    }

    proptest! {
        #[test]
        fn a_quantile_of_unsorted_values_is_that_of_the_sorted(values in vec(-9.0..9.0, 0..40), p in 0.0..=1.0) {
            let (mut moved, mut sorted) = (values.clone(), values);
            sorted.sort_by(f64::total_cmp);
            prop_assert_eq!(quantile_of(&mut moved, p).to_bits(), quantile(&sorted, p).to_bits());
        }
    }
}
