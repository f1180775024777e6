//! Empirical Bayes: what is known of all units steadies what is known of one with few cases.
//!
//! Shares get a beta distribution between units, rates a gamma distribution, found by moments (quick, closed) or by maximum
//! likelihood. The posterior of a unit lies between its own value and that of all, the nearer to the latter the less is
//! known of it. Where units differ no more than chance there is no such distribution, and every unit's mean is that of all.

use statrs::function::gamma::{digamma, ln_gamma};

use super::{Coverage, Undefined, quantile};

/// A distribution of shares between units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beta {
    /// First shape.
    pub alpha: f64,
    /// Second shape.
    pub beta: f64,
}

/// A distribution of rates between units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gamma {
    /// Shape.
    pub shape: f64,
    /// Rate: the exposure that the distribution is worth.
    pub rate: f64,
}

/// What was found of all units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit<Prior> {
    /// Counts over denominators of all units.
    pub pooled: f64,
    /// The distribution between units; none where units differ no more than chance.
    pub prior: Option<Prior>,
    /// Of moments: the correlation within units (shares) or the variance between them (rates).
    pub between: Option<f64>,
    /// Of maximum likelihood: the log likelihood.
    pub log_likelihood: Option<f64>,
}

/// More cases than this in a prior are no variance between units at all.
const MOST_PRIOR: f64 = 1e6;

impl Beta {
    /// Mean.
    pub fn mean(self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// What is known of a unit once its `x` of `n` are seen.
    #[must_use]
    pub fn posterior(self, x: f64, n: f64) -> Self {
        Self { alpha: self.alpha + x, beta: self.beta + n - x }
    }

    /// Weight of a unit's own value in its posterior mean.
    pub fn weight(self, n: f64) -> f64 {
        n / (n + self.alpha + self.beta)
    }

    /// Interval with equal tails.
    pub fn interval(self, coverage: Coverage) -> (f64, f64) {
        let at = |p: f64| quantile::beta(self.alpha, self.beta, p);
        (at(coverage.tail), at(1.0 - coverage.tail))
    }
}

impl Gamma {
    /// Mean.
    pub fn mean(self) -> f64 {
        self.shape / self.rate
    }

    /// What is known of a unit once its `x` over an exposure are seen.
    #[must_use]
    pub fn posterior(self, x: f64, exposure: f64) -> Self {
        Self { shape: self.shape + x, rate: self.rate + exposure }
    }

    /// Weight of a unit's own value in its posterior mean.
    pub fn weight(self, exposure: f64) -> f64 {
        exposure / (exposure + self.rate)
    }

    /// Interval with equal tails.
    pub fn interval(self, coverage: Coverage) -> (f64, f64) {
        let at = |p: f64| quantile::gamma(self.shape, p) / self.rate;
        (at(coverage.tail), at(1.0 - coverage.tail))
    }
}

/// Sums of counts and denominators of units, of which there must be two.
fn sums(units: &[(f64, f64)]) -> Result<(f64, f64), Undefined> {
    if units.len() < 2 {
        return Err(Undefined::FewerThanTwoUnits);
    }
    let (x, n) = units.iter().fold((0.0, 0.0), |sum, unit| (sum.0 + unit.0, sum.1 + unit.1));
    if x <= 0.0 { Err(Undefined::AllZeroOrAllFull) } else { Ok((x, n)) }
}

fn shares(units: &[(f64, f64)]) -> Result<(f64, f64), Undefined> {
    let (x, n) = sums(units)?;
    if x >= n { Err(Undefined::AllZeroOrAllFull) } else { Ok((x / n, n)) }
}

/// The beta distribution between units (count, whole above zero) by moments weighted with the wholes.
pub fn beta_binomial_moments(units: &[(f64, f64)]) -> Result<Fit<Beta>, Undefined> {
    let (p, n) = shares(units)?;
    let between = units.iter().map(|(x, n)| n * (x / n - p).powi(2)).sum::<f64>();
    let squares = units.iter().map(|(_, n)| n * n).sum::<f64>();
    let others = units.len() as f64 - 1.0;
    let rho = (between / (p * (1.0 - p)) - others) / (n - squares / n - others);
    let prior = match rho {
        rho if rho >= 1.0 => return Err(Undefined::RhoAtLeastOne),
        rho if rho > 0.0 => Some(Beta { alpha: p * (1.0 / rho - 1.0), beta: (1.0 - p) * (1.0 / rho - 1.0) }),
        // Wholes of one case each tell nothing of how units differ: that rho is not a number.
        _ => None,
    };
    Ok(Fit { pooled: p, prior, between: Some(rho), log_likelihood: None })
}

/// The gamma distribution between units (count, exposure above zero) by moments weighted with the exposures.
pub fn gamma_poisson_moments(units: &[(f64, f64)]) -> Result<Fit<Gamma>, Undefined> {
    let (x, exposure) = sums(units)?;
    let m = x / exposure;
    let variance = units.iter().map(|(x, e)| e * (x / e - m).powi(2)).sum::<f64>() / exposure;
    let between = variance - m / (exposure / units.len() as f64);
    let prior = (between > 0.0).then(|| Gamma { shape: m * m / between, rate: m / between });
    Ok(Fit { pooled: m, prior, between: Some(between), log_likelihood: None })
}

/// The beta distribution between units (count, whole above zero) by maximum likelihood.
pub fn beta_binomial_fit(units: &[(f64, f64)]) -> Result<Fit<Beta>, Undefined> {
    let (p, _) = shares(units)?;
    let constant: f64 = units.iter().map(|(x, n)| ln_choose(*n, *x)).sum();
    let limit: f64 = units.iter().map(|(x, n)| x * p.ln() + (n - x) * (1.0 - p).ln()).sum();
    let prior_of = |at: [f64; 2]| {
        let (mean, cases) = (1.0 / (1.0 + (-at[0]).exp()), at[1].exp());
        Beta { alpha: mean * cases, beta: (1.0 - mean) * cases }
    };
    let start = beta_binomial_moments(units).ok().and_then(|fit| fit.prior);
    let cases = start.map_or(10.0, |prior| (prior.alpha + prior.beta).clamp(0.1, 1e4));
    let found = climb([(p / (1.0 - p)).ln(), cases.ln()], |at| beta_surface(units, prior_of(at)));
    let fit = |prior, likelihood| Fit { pooled: p, prior, between: None, log_likelihood: Some(constant + likelihood) };
    Ok(match found {
        Some((at, height)) if height > limit => fit(Some(prior_of(at)), height),
        _ => fit(None, limit),
    })
}

/// The gamma distribution between units (count, exposure above zero) by maximum likelihood.
pub fn gamma_poisson_fit(units: &[(f64, f64)]) -> Result<Fit<Gamma>, Undefined> {
    let (x, exposure) = sums(units)?;
    let m = x / exposure;
    let constant: f64 = -units.iter().map(|(x, _)| ln_gamma(x + 1.0)).sum::<f64>();
    let limit: f64 = units.iter().map(|(x, e)| x * (m * e).ln() - m * e).sum();
    let prior_of = |at: [f64; 2]| Gamma { shape: at[1].exp(), rate: (at[1] - at[0]).exp() };
    let start = gamma_poisson_moments(units)?.prior.map_or(1.0, |prior| prior.shape.clamp(0.01, 1e4));
    let found = climb([m.ln(), start.ln()], |at| gamma_surface(units, prior_of(at)));
    let fit = |prior, likelihood| Fit { pooled: m, prior, between: None, log_likelihood: Some(constant + likelihood) };
    Ok(match found {
        Some((at, height)) if height > limit => fit(Some(prior_of(at)), height),
        _ => fit(None, limit),
    })
}

/// Height, gradient and curvature (of the first, both, the second) of a log likelihood at a place.
type Surface = (f64, [f64; 2], [f64; 3]);

/// Climbs to the top of a log likelihood by Newton's steps, halved while they lead down; none where it rises for ever in
/// the second direction, the logarithm of the cases that a prior is worth.
fn climb(start: [f64; 2], surface: impl Fn([f64; 2]) -> Surface) -> Option<([f64; 2], f64)> {
    let mut at = start;
    let (mut height, mut slope, mut curve) = surface(at);
    for _ in 0..200 {
        let bend = curve[0] * curve[2] - curve[1] * curve[1];
        let newton =
            [(curve[1] * slope[1] - curve[2] * slope[0]) / bend, (curve[1] * slope[0] - curve[0] * slope[1]) / bend];
        // Where the surface is no dome it still bends along the mean; the other slope says where to, not how far.
        let dome = curve[0] < 0.0 && bend > 0.0;
        let step = if dome { newton } else { [slope[0] / curve[0].abs().max(1.0), slope[1].signum()] };
        let longest = step[0].abs().max(step[1].abs());
        let mut part = if longest > 2.0 { 2.0 / longest } else { 1.0 };
        let next = loop {
            let to = [at[0] + part * step[0], at[1] + part * step[1]];
            let there = surface(to);
            if there.0 >= height {
                break Some((to, there));
            }
            part /= 2.0;
            if part * longest < 1e-12 {
                break None;
            }
        };
        let Some((to, there)) = next else { break };
        at = to;
        (height, slope, curve) = there;
        if at[1] > MOST_PRIOR.ln() {
            return None;
        }
        if dome && part * longest < 1e-10 {
            break;
        }
    }
    height.is_finite().then_some((at, height))
}

/// The likelihood of a beta distribution over the logit of its mean and the logarithm of its cases.
fn beta_surface(units: &[(f64, f64)], prior: Beta) -> Surface {
    let Beta { alpha, beta } = prior;
    let cases = alpha + beta;
    let at = |v: f64| [ln_gamma(v), digamma(v), trigamma(v)];
    let (of_alpha, of_beta, of_cases) = (at(alpha), at(beta), at(cases));
    // Height, first and second derivative of one logarithm of gamma, summed over the units.
    let mut sum = [[0.0; 3]; 3];
    for (x, n) in units {
        let to = [(alpha + x, of_alpha), (beta + n - x, of_beta), (cases + n, of_cases)];
        for (sum, (moved, still)) in sum.iter_mut().zip(to) {
            let moved = at(moved);
            for order in 0..3 {
                sum[order] += moved[order] - still[order];
            }
        }
    }
    let [a, b, c] = sum;
    let mean = alpha / cases;
    // By the chain rule: how the shapes move with the logit of the mean.
    let tilt = cases * mean * (1.0 - mean);
    let slope = [tilt * (a[1] - b[1]), alpha * a[1] + beta * b[1] - cases * c[1]];
    let curve = [
        tilt * tilt * (a[2] + b[2]) + tilt * (1.0 - 2.0 * mean) * (a[1] - b[1]),
        tilt * (alpha * a[2] - beta * b[2]) + tilt * (a[1] - b[1]),
        alpha * alpha * a[2] + beta * beta * b[2] - cases * cases * c[2] + slope[1],
    ];
    (a[0] + b[0] - c[0], slope, curve)
}

/// The likelihood of a gamma distribution over the logarithms of its mean and its shape.
fn gamma_surface(units: &[(f64, f64)], prior: Gamma) -> Surface {
    let Gamma { shape, rate } = prior;
    let mean = shape / rate;
    let still = [ln_gamma(shape), digamma(shape), trigamma(shape)];
    let (mut height, mut slope, mut curve) = (0.0, [0.0; 2], [0.0; 3]);
    for (x, exposure) in units {
        let expected = mean * exposure;
        let both = shape + expected;
        let share = shape / both;
        height += ln_gamma(shape + x) - still[0] + shape * share.ln() + x * (expected / both).ln();
        slope[0] += shape * (x - expected) / both;
        let of_shape = digamma(shape + x) - still[1] + share.ln() + (expected - x) / both;
        slope[1] += shape * of_shape;
        curve[0] -= shape * expected * (shape + x) / (both * both);
        curve[1] += shape * expected * (x - expected) / (both * both);
        let second = trigamma(shape + x) - still[2] + 1.0 / shape - 1.0 / both - (expected - x) / (both * both);
        curve[2] += shape * shape * second + shape * of_shape;
    }
    (height, slope, curve)
}

/// Logarithm of the number of ways to choose x of n.
fn ln_choose(n: f64, x: f64) -> f64 {
    ln_gamma(n + 1.0) - ln_gamma(x + 1.0) - ln_gamma(n - x + 1.0)
}

/// Second derivative of the logarithm of gamma: moved up by its recurrence to where its asymptotic series is exact.
fn trigamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 15.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = 1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square * (1.0 / 30.0)));
    sum + 1.0 / x + square / 2.0 + square / x * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigamma_equals_known_values() {
        let sixth = std::f64::consts::PI.powi(2) / 6.0;
        for (x, want) in [(1.0, sixth), (2.0, sixth - 1.0), (0.5, 3.0 * sixth), (100.0, 0.010_050_166_663_333_57)] {
            assert!((trigamma(x) - want).abs() < 1e-13 * want, "{x}");
        }
    }

    #[test]
    fn curvatures_are_the_slopes_of_slopes() {
        let units = [(3.0, 30.0), (10.0, 60.0), (0.0, 12.0), (25.0, 50.0)];
        let beta = |a: [f64; 2]| {
            let (mean, cases) = (1.0 / (1.0 + (-a[0]).exp()), a[1].exp());
            beta_surface(&units, Beta { alpha: mean * cases, beta: (1.0 - mean) * cases })
        };
        let gamma = |a: [f64; 2]| gamma_surface(&units, Gamma { shape: a[1].exp(), rate: (a[1] - a[0]).exp() });
        let check = |surface: &dyn Fn([f64; 2]) -> Surface| {
            let (at, d) = ([-1.2, 1.5], 1e-5);
            let (_, slope, curve) = surface(at);
            for (axis, curves) in [[curve[0], curve[1]], [curve[1], curve[2]]].iter().enumerate() {
                let moved = |by: f64| {
                    let mut to = at;
                    to[axis] += by;
                    surface(to)
                };
                let (up, down) = (moved(d), moved(-d));
                assert!(((up.0 - down.0) / (2.0 * d) - slope[axis]).abs() < 1e-6);
                for (other, curve) in curves.iter().enumerate() {
                    assert!(((up.1[other] - down.1[other]) / (2.0 * d) - curve).abs() < 1e-6);
                }
            }
        };
        check(&beta);
        check(&gamma);
    }

    #[test]
    fn units_that_differ_by_chance_alone_have_no_prior() {
        let alike: Vec<(f64, f64)> = (0..8).map(|i| (10.0 + f64::from(i % 2), 100.0)).collect();
        assert_eq!(beta_binomial_fit(&alike).unwrap().prior, None);
        assert_eq!(gamma_poisson_fit(&alike).unwrap().prior, None);
        assert_eq!(beta_binomial_moments(&alike).unwrap().prior, None);
        assert_eq!(gamma_poisson_moments(&alike).unwrap().prior, None);
    }
}
