//! Least squares and the intervals of its coefficients: what interrupted series, difference-in-differences and trends stand on.
//!
//! By QR decomposition, never by the normal equations; a column that the others explain makes the answer undefined instead of
//! arbitrary.

use nalgebra::{DMatrix, DVector};

use super::{Undefined, quantile};

/// A column whose part not explained by the columns before it is smaller than this share of it is explained by them.
pub const COLLINEAR: f64 = 1e-10;

/// A fitted linear model.
#[derive(Debug, Clone)]
pub struct Fit {
    /// Coefficients, in the order of the columns.
    pub coef: DVector<f64>,
    /// (X'WX)⁻¹.
    pub bread: DMatrix<f64>,
    /// y − Xb, unweighted.
    pub residuals: DVector<f64>,
}

/// Fits `y` on the columns of `x` by least squares, weighted where `weights` are given.
pub fn least_squares(x: &DMatrix<f64>, y: &DVector<f64>, weights: Option<&[f64]>) -> Result<Fit, Undefined> {
    if x.nrows() < x.ncols() || x.ncols() == 0 {
        return Err(Undefined::TooFewPeriods);
    }
    let (mut xw, mut yw) = (x.clone(), y.clone());
    if let Some(weights) = weights {
        for (row, weight) in weights.iter().enumerate() {
            let root = weight.sqrt();
            xw.row_mut(row).scale_mut(root);
            yw[row] *= root;
        }
    }
    let qr = xw.clone().qr();
    let r = qr.r();
    let explained = |j: usize| {
        let length = xw.column(j).norm();
        !(r[(j, j)].abs() > COLLINEAR * length && length.is_finite())
    };
    if (0..x.ncols()).any(explained) {
        return Err(Undefined::Collinear);
    }
    let inverse = r.solve_upper_triangular(&DMatrix::identity(x.ncols(), x.ncols())).ok_or(Undefined::Collinear)?;
    let coef = &inverse * (qr.q().transpose() * &yw);
    let residuals = y - x * &coef;
    Ok(Fit { coef, bread: &inverse * inverse.transpose(), residuals })
}

/// Variance of the coefficients where the errors of a cluster hang together: B·Σ_g s_g s_g'·B with the scores s_g = Σ w·x·u
/// of cluster g, unscaled.
pub fn clustered(fit: &Fit, x: &DMatrix<f64>, weights: Option<&[f64]>, cluster: &[usize]) -> DMatrix<f64> {
    let clusters = cluster.iter().max().map_or(0, |last| last + 1);
    let mut scores = DMatrix::<f64>::zeros(clusters, x.ncols());
    for (row, g) in cluster.iter().enumerate() {
        let weight = weights.map_or(1.0, |w| w[row]) * fit.residuals[row];
        for column in 0..x.ncols() {
            scores[(*g, column)] += x[(row, column)] * weight;
        }
    }
    &fit.bread * (scores.transpose() * scores) * &fit.bread
}

/// The factor G/(G−1)·(n−1)/(n−k) of clustered variances (CR1).
pub fn cr1(clusters: usize, n: usize, k: usize) -> f64 {
    let (g, n, k) = (clusters as f64, n as f64, k as f64);
    g / (g - 1.0) * (n - 1.0) / (n - k)
}

/// The distribution that a statistic is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reference {
    /// The normal distribution.
    Normal,
    /// Student's t with these degrees of freedom.
    T(f64),
}

impl Reference {
    /// Two-sided p of a statistic.
    pub fn p(self, statistic: f64) -> f64 {
        match self {
            Self::Normal => quantile::normal_two_sided(statistic),
            Self::T(df) => quantile::student_two_sided(df, statistic),
        }
    }

    /// The half width, in standard errors, of a two-sided interval of this level.
    pub fn quantile(self, level: f64) -> f64 {
        let upper = f64::midpoint(1.0, level);
        match self {
            Self::Normal => quantile::normal(upper),
            Self::T(df) => quantile::student(df, upper),
        }
    }

    /// P(X ≤ x).
    pub fn cdf(self, x: f64) -> f64 {
        let outside = self.p(x) / 2.0;
        if x > 0.0 { 1.0 - outside } else { outside }
    }
}

/// An estimated number with its error, 95% interval and p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// Estimate ÷ standard error.
    pub statistic: f64,
    /// Two-sided p of no effect.
    pub p: f64,
    /// Lower 95% limit.
    pub lower: f64,
    /// Upper 95% limit.
    pub upper: f64,
}

impl Estimate {
    /// From estimate and standard error.
    pub fn new(value: f64, se: f64, reference: Reference) -> Self {
        let half = reference.quantile(0.95) * se;
        let statistic = value / se;
        Self { value, se, statistic, p: reference.p(statistic), lower: value - half, upper: value + half }
    }

    /// Every coefficient with the square root of its variance.
    pub fn of(coef: &DVector<f64>, variance: &DMatrix<f64>, reference: Reference) -> Vec<Self> {
        coef.iter().enumerate().map(|(j, b)| Self::new(*b, variance[(j, j)].max(0.0).sqrt(), reference)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_points_on_it() {
        let x = DMatrix::from_row_slice(4, 2, &[1.0, 1.0, 1.0, 2.0, 1.0, 3.0, 1.0, 4.0]);
        let fit = least_squares(&x, &DVector::from_vec(vec![3.0, 5.0, 7.0, 9.0]), None).expect("a fit");
        assert!((fit.coef[0] - 1.0).abs() < 1e-12 && (fit.coef[1] - 2.0).abs() < 1e-12);
        assert!(fit.residuals.norm() < 1e-12);
    }

    #[test]
    fn a_column_that_others_explain_is_undefined() {
        let x = DMatrix::from_row_slice(3, 2, &[1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
        assert!(least_squares(&x, &DVector::from_vec(vec![1.0, 2.0, 3.0]), None).is_err());
    }

    #[test]
    fn known_quantiles() {
        assert!((Reference::Normal.quantile(0.95) - 1.959_963_984_540_054).abs() < 1e-9);
        // One degree of freedom is Cauchy's distribution; of two, p = 1 − t/√(2 + t²).
        assert!((Reference::T(1.0).quantile(0.5) - 1.0).abs() < 1e-9);
        assert!((Reference::T(2.0).p(-2.0) - (1.0 - 2.0 / 6f64.sqrt())).abs() < 1e-9);
        assert!((Reference::T(2.0).cdf(2.0) - (0.5 + 1.0 / 6f64.sqrt())).abs() < 1e-9);
        assert!((Reference::Normal.p(1.959_963_984_540_054) - 0.05).abs() < 1e-9);
    }
}
