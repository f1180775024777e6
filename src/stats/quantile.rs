//! Quantiles and tail probabilities of the distributions that the methods use.
//!
//! The incomplete functions come from `statrs`. Its quantile of the gamma distribution is exact to about 1e-9 in absolute
//! terms only, useless for small rates, so that one is found here.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::beta::{beta_reg, inv_beta_reg};
use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};

/// Quantile of the standard normal distribution.
pub fn normal(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// Chance of a normal deviate at least as far from zero as `z`.
pub fn normal_two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Quantile of Student's t; NaN without degrees of freedom.
pub fn student(freedom: f64, p: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| t.inverse_cdf(p.clamp(0.0, 1.0)))
}

/// Chance of Student's t being at least as far from zero as `t`; NaN without degrees of freedom.
pub fn student_two_sided(freedom: f64, t: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |d| 2.0 * d.cdf(-t.abs()))
}

/// Quantile of the beta distribution; NaN unless both shapes are above zero.
pub fn beta(a: f64, b: f64, p: f64) -> f64 {
    if a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite() { inv_beta_reg(a, b, p.clamp(0.0, 1.0)) } else { f64::NAN }
}

/// Quantile of the gamma distribution of rate 1; NaN unless the shape is above zero. Divide by the rate.
///
/// Newton's steps on the logarithm of the tail that is smaller, over the logarithm of x: that curve is concave, so that
/// the steps never run away, and what they reach is exact in relative terms.
pub fn gamma(shape: f64, p: f64) -> f64 {
    if !(shape > 0.0 && shape.is_finite() && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p <= 0.0 || p >= 1.0 {
        return if p <= 0.0 { 0.0 } else { f64::INFINITY };
    }
    let lower = p < 0.5;
    // Near zero only the first term of the series counts.
    let first_term = ((p.ln() + ln_gamma(shape + 1.0)) / shape).exp();
    if first_term < 1e-14 {
        return first_term;
    }
    // Wilson and Hilferty's cube, where it is one.
    let cube = 1.0 - 1.0 / (9.0 * shape) + normal(p) / (3.0 * shape.sqrt());
    let start = if cube > 0.0 { shape * cube.powi(3) } else { first_term };
    let mut x = start.max(first_term.min(f64::MAX)).max(f64::MIN_POSITIVE);
    for _ in 0..100 {
        let density = ((shape - 1.0) * x.ln() - x - ln_gamma(shape)).exp();
        let (tail, wanted) = if lower { (gamma_lr(shape, x), p) } else { (gamma_ur(shape, x), 1.0 - p) };
        let slope = density * x / tail;
        let step = (tail / wanted).ln() / slope;
        let next = x * (if lower { -step } else { step }).clamp(-2.0, 2.0).exp();
        if !next.is_finite() || (next - x).abs() <= 1e-15 * x {
            break;
        }
        x = next;
    }
    x
}

/// Chance that a binomial count of `n` with share `p` is at most `r`.
pub fn binomial_at_most(r: f64, n: f64, p: f64) -> f64 {
    match () {
        () if r < 0.0 => 0.0,
        () if r >= n || p <= 0.0 => 1.0,
        () if p >= 1.0 => 0.0,
        () => beta_reg(n - r, r + 1.0, 1.0 - p),
    }
}

/// Chance that a Poisson count of this mean is at most `r`.
pub fn poisson_at_most(r: f64, mean: f64) -> f64 {
    match () {
        () if r < 0.0 => 0.0,
        () if mean <= 0.0 => 1.0,
        () => gamma_ur(r + 1.0, mean),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-11 * want.abs(), "{got} {want}");
    }

    #[test]
    fn quantiles_equal_those_of_scipy() {
        near(normal(0.975), 1.959_963_984_540_054);
        near(normal(0.001), -3.090_232_306_167_813);
    }
}
