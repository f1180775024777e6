//! Segmented regression of counts: Poisson with log link and offset ln(exposure), by iteratively reweighted least squares
//! (McCullagh and Nelder 1989). Quasi-Poisson widens the errors by √φ, φ = Pearson χ²/(n−k).

use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::ln_gamma;

use super::Segments;
use crate::stats::Undefined;
use crate::stats::linear::least_squares;

/// A fitted series of counts.
#[derive(Debug, Clone)]
pub struct Counts {
    /// Coefficients on the log scale, in the order of [`Segments::names`].
    pub coef: Vec<f64>,
    /// Standard errors if the counts were Poisson.
    pub se_poisson: Vec<f64>,
    /// φ: 1 for Poisson, above it for counts that spread more.
    pub dispersion: f64,
    /// Deviance.
    pub deviance: f64,
    /// Log likelihood under Poisson.
    pub log_likelihood: f64,
    /// Periods with a value.
    pub n: usize,
    /// Columns.
    pub k: usize,
}

impl Counts {
    /// Quasi-Poisson standard error of a coefficient.
    pub fn se_quasi(&self, column: usize) -> f64 {
        self.se_poisson[column] * self.dispersion.sqrt()
    }
}

/// Fits counts per exposure; periods without a count are left out.
pub fn counts(y: &[Option<f64>], exposure: &[Option<f64>], cut: Segments) -> Result<Counts, Undefined> {
    if y.iter().flatten().any(|v| *v < 0.0) {
        return Err(Undefined::NegativeCount);
    }
    if y.iter().zip(exposure).any(|(y, e)| y.is_some() && e.is_none_or(|e| e <= 0.0)) {
        return Err(Undefined::NonPositiveExposure);
    }
    let seen = cut.seen(y.iter().map(Option::is_some))?;
    let rows: Vec<f64> = seen.iter().flat_map(|t| cut.row(*t)).collect();
    let (n, k) = (seen.len(), cut.columns());
    let x = DMatrix::from_row_slice(n, k, &rows);
    let count = DVector::from_iterator(n, y.iter().flatten().copied());
    if count.sum() == 0.0 {
        return Err(Undefined::AllCountsZero);
    }
    let offset =
        DVector::from_iterator(n, seen.iter().map(|t| exposure.get(t - 1).copied().flatten().unwrap_or(1.0).ln()));
    let mean = count.mean();
    let mut mu = count.map(|c| f64::midpoint(c, mean));
    let mut coef: DVector<f64> = DVector::zeros(k);
    for _ in 0..100 {
        let eta = mu.map(f64::ln);
        let working = DVector::from_fn(n, |i, _| eta[i] - offset[i] + (count[i] - mu[i]) / mu[i]);
        let fit = least_squares(&x, &working, Some(mu.as_slice()))?;
        let step = (&fit.coef - &coef).amax();
        coef = fit.coef;
        mu = (&x * &coef + &offset).map(f64::exp);
        // A segment or season without a single event has no finite rate: its mean runs to zero.
        if mu.min() < 1e-10 {
            break;
        }
        if step <= 1e-12 * (1.0 + coef.amax()) {
            return fitted(&x, &count, &mu, &coef);
        }
    }
    Err(Undefined::NotConverged)
}

fn fitted(x: &DMatrix<f64>, y: &DVector<f64>, mu: &DVector<f64>, coef: &DVector<f64>) -> Result<Counts, Undefined> {
    let (n, k) = x.shape();
    let bread = least_squares(x, y, Some(mu.as_slice()))?.bread;
    let each = || y.iter().zip(mu.iter()).map(|(y, mu)| (*y, *mu));
    let surplus = |y: f64, mu: f64| if y > 0.0 { y * (y / mu).ln() } else { 0.0 };
    Ok(Counts {
        coef: coef.iter().copied().collect(),
        se_poisson: bread.diagonal().iter().map(|v| v.sqrt()).collect(),
        dispersion: each().map(|(y, mu)| (y - mu).powi(2) / mu).sum::<f64>() / (n - k) as f64,
        deviance: 2.0 * each().map(|(y, mu)| surplus(y, mu) - (y - mu)).sum::<f64>(),
        log_likelihood: each().map(|(y, mu)| y * mu.ln() - mu - ln_gamma(y + 1.0)).sum(),
        n,
        k,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUT: Segments = Segments { first_post: 4, season: 0, slope_change: false };

    #[test]
    fn a_rate_that_halves() {
        let y = [40.0, 44.0, 41.0, 20.0, 22.0, 20.5].map(Some);
        let fit = counts(&y, &[Some(1000.0); 6], CUT).expect("a fit");
        // The score equations: fitted and counted sums agree in each segment.
        assert!(fit.coef[2] < -0.4 && fit.coef[2] > -1.0, "{fit:?}");
        assert!(fit.se_poisson.iter().all(|se| *se > 0.0));
    }

    #[test]
    fn what_cannot_be_fitted() {
        let one = [Some(1.0); 6];
        assert!(counts(&[Some(0.0); 6], &one, CUT).is_err());
        assert!(counts(&one, &[Some(1.0), Some(0.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0)], CUT).is_err());
        let silent = [5.0, 6.0, 4.0, 0.0, 0.0, 0.0].map(Some);
        assert!(counts(&silent, &one, CUT).is_err());
    }
}
