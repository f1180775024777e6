//! Segmented least squares with errors after Newey and West 1987, whose lags run by the calendar: a missing period's score is
//! zero (Datta and Du 2012), and the small-sample factor counts what was seen.

use nalgebra::{DMatrix, DVector};

use super::Segments;
use crate::stats::Undefined;
use crate::stats::linear::{Estimate, Fit, Reference, least_squares};

/// How the errors are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// Highest lag at which errors may hang together; 0 allows for unequal variances only.
    pub max_lag: usize,
    /// Whether the variance is multiplied by n/(n−k).
    pub small_sample: bool,
    /// Student's t with n−k degrees of freedom, or the normal distribution.
    pub student: bool,
}

/// A fitted series.
#[derive(Debug, Clone)]
pub struct Series {
    /// Coefficients, in the order of [`Segments::names`].
    pub coefficients: Vec<Estimate>,
    /// Periods with a value.
    pub n: usize,
    /// Columns.
    pub k: usize,
    /// Σu².
    pub rss: f64,
    /// Durbin and Watson's statistic, over values that follow each other.
    pub durbin_watson: f64,
    /// Difference from the line continued, in the last period: level + slope change × periods since.
    pub effect_last: Estimate,
}

/// Fits with autocorrelation-robust errors: V = B·S·B, S = Γ₀ + Σ_{j≤L}(1−j/(L+1))(Γ_j+Γ_j').
pub fn robust(y: &[Option<f64>], cut: Segments, errors: Errors) -> Result<Series, Undefined> {
    let (seen, x, fit) = fit(y, cut)?;
    let (n, k) = x.shape();
    // Scores by calendar, zero where nothing was seen.
    let mut scores = DMatrix::<f64>::zeros(y.len(), k);
    for (row, t) in seen.iter().enumerate() {
        scores.row_mut(t - 1).copy_from(&(x.row(row) * fit.residuals[row]));
    }
    let mut meat = scores.transpose() * &scores;
    for lag in 1..=errors.max_lag.min(y.len() - 1) {
        let weight = 1.0 - lag as f64 / (errors.max_lag as f64 + 1.0);
        let gamma = scores.rows(lag, y.len() - lag).transpose() * scores.rows(0, y.len() - lag);
        meat += (&gamma + gamma.transpose()) * weight;
    }
    let mut variance = &fit.bread * meat * &fit.bread;
    if errors.small_sample {
        variance *= n as f64 / (n - k) as f64;
    }
    let reference = if errors.student { Reference::T((n - k) as f64) } else { Reference::Normal };
    Ok(series(y, cut, &seen, &fit, &variance, reference))
}

/// Fits with the errors of independent, equally spread residuals.
pub fn plain(y: &[Option<f64>], cut: Segments) -> Result<Series, Undefined> {
    let (seen, x, fit) = fit(y, cut)?;
    let df = (x.nrows() - x.ncols()) as f64;
    let variance = &fit.bread * (fit.residuals.norm_squared() / df);
    Ok(series(y, cut, &seen, &fit, &variance, Reference::T(df)))
}

fn fit(y: &[Option<f64>], cut: Segments) -> Result<(Vec<usize>, DMatrix<f64>, Fit), Undefined> {
    let seen = cut.seen(y.iter().map(Option::is_some))?;
    let rows: Vec<f64> = seen.iter().flat_map(|t| cut.row(*t)).collect();
    let x = DMatrix::from_row_slice(seen.len(), cut.columns(), &rows);
    let values = DVector::from_iterator(seen.len(), y.iter().flatten().copied());
    let fit = least_squares(&x, &values, None)?;
    Ok((seen, x, fit))
}

fn series(
    y: &[Option<f64>],
    cut: Segments,
    seen: &[usize],
    fit: &Fit,
    variance: &DMatrix<f64>,
    reference: Reference,
) -> Series {
    let mut contrast = DVector::zeros(cut.columns());
    contrast[2] = 1.0;
    if cut.slope_change {
        contrast[3] = (y.len() - cut.first_post) as f64;
    }
    let effect = contrast.dot(&fit.coef);
    let se = contrast.dot(&(variance * &contrast)).max(0.0).sqrt();
    let rss = fit.residuals.norm_squared();
    let steps: f64 = (1..seen.len())
        .filter(|at| seen[*at] == seen[at - 1] + 1)
        .map(|at| (fit.residuals[at] - fit.residuals[at - 1]).powi(2))
        .sum();
    Series {
        coefficients: Estimate::of(&fit.coef, variance, reference),
        n: seen.len(),
        k: cut.columns(),
        rss,
        durbin_watson: steps / rss,
        effect_last: Estimate::new(effect, se, reference),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_found() {
        let wobble = [0.1, -0.2, 0.15, -0.05, 0.0, 0.1, -0.1, 0.05, -0.1, 0.05];
        let y: Vec<Option<f64>> = wobble
            .iter()
            .enumerate()
            .map(|(t, e)| Some(10.0 + t as f64 + if t >= 5 { 4.0 } else { 0.0 } + e))
            .collect();
        let cut = Segments { first_post: 6, season: 0, slope_change: true };
        let errors = Errors { max_lag: 1, small_sample: true, student: true };
        let found = robust(&y, cut, errors).expect("a fit").coefficients[2];
        assert!(found.lower < 4.0 && found.upper > 4.0 && found.p < 0.001, "{found:?}");
        let mut gap = y.clone();
        gap[3] = None;
        let with_gap = robust(&gap, cut, errors).expect("a fit");
        assert_eq!(with_gap.n, 9);
        assert!((with_gap.coefficients[2].value - 4.0).abs() < 0.5);
    }

    #[test]
    fn too_little_is_undefined() {
        let errors = Errors { max_lag: 1, small_sample: true, student: true };
        let y = [1.0, 2.0, 3.0, 4.0, 5.0].map(Some);
        for first_post in [1, 2, 5, 6] {
            let cut = Segments { first_post, season: 0, slope_change: true };
            assert!(robust(&y, cut, errors).is_err(), "{first_post}");
        }
    }
}
