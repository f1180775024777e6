//! Quantiles and tail probabilities of the distributions that the methods use.
//!
//! The gamma functions come from `statrs`. Its quantiles of the gamma and beta distributions are exact in absolute terms
//! only, useless for small rates, and its incomplete beta function gives up on large wholes: these are found here.

use statrs::distribution::{ContinuousCDF, StudentsT};
use statrs::function::erf::{erfc, erfc_inv};
use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};

/// After a step of Newton's as short as this the next would be lost in the last digit: each doubles the exact digits.
const SETTLED: f64 = 1e-9;

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
///
/// Newton's steps on the logarithm of the lower tail over the logit of x: as with [`gamma`] that curve is concave, and what
/// is reached is exact in relative terms, for the small shares of large wholes too.
pub fn beta(a: f64, b: f64, p: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite() && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p <= 0.0 || p >= 1.0 {
        return p;
    }
    // The upper half is the lower one of what is left.
    if p > 0.5 { 1.0 / (1.0 + beta_logit(b, a, 1.0 - p).exp()) } else { 1.0 / (1.0 + (-beta_logit(a, b, p)).exp()) }
}

/// Logit of a quantile of the beta distribution in its lower half.
fn beta_logit(a: f64, b: f64, p: f64) -> f64 {
    // Near zero only the first term of the series counts.
    let first_term = (p.ln() + a.ln() + ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)) / a;
    if first_term < -40.0 - b.ln().max(0.0) {
        return first_term;
    }
    let mut u = (a / b).ln() + normal(p) * (1.0 / a + 1.0 / b).sqrt();
    for _ in 0..200 {
        let (tail, density) = beta_lower(a, b, u);
        let step = (tail - p.ln()) * (tail - density).exp();
        if !step.is_finite() {
            break;
        }
        u -= step.clamp(-50.0, 50.0);
        if step.abs() <= SETTLED {
            break;
        }
    }
    u
}

/// Logarithms of the chance that a beta variable is at most x, given the logit of x, and of the density of that logit:
/// far from the middle neither can be told as it is.
fn beta_lower(a: f64, b: f64, logit: f64) -> (f64, f64) {
    // Logarithms of x and of 1 − x, neither by a difference.
    let (log_x, log_rest) = (-(-logit).exp().ln_1p(), -logit.exp().ln_1p());
    let density = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * log_x + b * log_rest;
    let x = log_x.exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        (density + (fraction(a, b, x) / a).ln(), density)
    } else {
        ((-density.exp() * fraction(b, a, log_rest.exp()) / b).ln_1p(), density)
    }
}

/// The continued fraction of the incomplete beta function, by Lentz' method. It settles after some √(a + b) terms, which is
/// more than a fixed number allows where wholes are large.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..100_000 {
        let m = f64::from(m);
        let of = a + 2.0 * m;
        let terms = [m * (b - m) * x / ((of - 1.0) * of), -(a + m) * (a + b + m) * x / (of * (of + 1.0))];
        let mut factor = 1.0;
        for term in terms {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            factor = c * d;
            value *= factor;
        }
        if (factor - 1.0).abs() <= 1e-15 {
            break;
        }
    }
    value
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
        if !next.is_finite() {
            break;
        }
        let moved = (next - x).abs();
        x = next;
        if moved <= SETTLED * x {
            break;
        }
    }
    x
}

/// Chance that a binomial count of `n` with share `p` is at most `r`.
pub fn binomial_at_most(r: f64, n: f64, p: f64) -> f64 {
    match () {
        () if r < 0.0 => 0.0,
        () if r >= n || p <= 0.0 => 1.0,
        () if p >= 1.0 => 0.0,
        () => beta_lower(n - r, r + 1.0, (-p).ln_1p() - p.ln()).0.exp(),
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
        assert!((got - want).abs() <= 1e-9 * want.abs(), "{got} {want}");
    }

    #[test]
    fn quantiles_equal_those_of_scipy() {
        near(normal(0.975), 1.959_963_984_540_054);
        near(normal(0.001), -3.090_232_306_167_813);
        near(beta(24.0, 1_232_001.0, 0.025), 1.248_133_187_819_175_2e-5);
        near(beta(0.4, 7.0, 0.001), 3.497_194_089_864_464_6e-9);
        near(beta(1928.0, 0.04, 0.001), 0.998_677_928_337_255_4);
        near(beta(4.0, 0.3, 0.999), 0.999_999_999_980_950_3);
        near(gamma(0.4, 0.001), 2.344_941_084_766_474_7e-8);
        near(gamma(2.0, 0.025), 0.242_209_278_543_964_96);
        near(gamma(1e5, 0.999), 100_980.067_791_959_23);
        assert!(beta(0.0, 1.0, 0.5).is_nan() && gamma(-1.0, 0.5).is_nan() && gamma(1.0, 2.0).is_nan());
        assert!(beta(2.0, 3.0, 0.0) <= 0.0 && beta(2.0, 3.0, 1.0) >= 1.0 && gamma(2.0, 1.0).is_infinite());
    }

    #[test]
    fn tails_equal_those_of_scipy() {
        near(binomial_at_most(150.0, 500.0, 0.33), 0.083_131_967_296_634_15);
        near(binomial_at_most(999_000.0, 2_000_000.0, 0.5), 0.078_753_423_661_467_37);
        near(binomial_at_most(3.0, 1e6, 1e-6), 0.981_011_904_437_096_6);
        near(poisson_at_most(4.0, 9.5), 0.040_262_682_340_609_96);
    }
}
