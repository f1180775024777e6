//! Whether two counts differ by more than chance: the change of a share, and of a count or rate, between two times or places.
//!
//! Both tests are two-sided and give the chance of a difference that is at least as unlikely as the one seen, where nothing
//! changed. Rates are tested exactly. Shares are tested exactly (Fisher) where a count of the four would be expected to be
//! below five, else by the score test, which holds there and costs a fraction. Counts that are not whole, as re-apportioned
//! ones, are tested by the normal deviate alone.

use statrs::function::gamma::ln_gamma;

use super::interval::{count_over, part_of_whole};
use super::{Undefined, quantile};

/// Below this expected count the normal deviate does not hold.
const FEW: f64 = 5.0;
/// Two outcomes as likely as each other but for the arithmetic.
const ALIKE: f64 = 1.0 + 1e-7;

/// The chance p of shares as different as x1 of n1 and x2 of n2, if the true ones are equal.
pub fn two_proportions(x1: f64, n1: f64, x2: f64, n2: f64) -> Result<f64, Undefined> {
    part_of_whole(Some(x1), Some(n1))?;
    part_of_whole(Some(x2), Some(n2))?;
    let (with, all) = (x1 + x2, n1 + n2);
    let without = all - with;
    if with <= 0.0 || without <= 0.0 {
        return Ok(1.0);
    }
    let fewest = with.min(without) * n1.min(n2) / all;
    if fewest < FEW && [x1, n1, x2, n2].iter().all(|count| count.fract() == 0.0) {
        return Ok(fisher(x1, n1, with, all));
    }
    let pooled = with / all;
    let error = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    Ok(quantile::normal_two_sided((x1 / n1 - x2 / n2) / error))
}

/// Fisher's exact test: of `all` cases `with` have the property, and x of the n in the first group.
fn fisher(x: f64, n: f64, with: f64, all: f64) -> f64 {
    let (lowest, highest) = ((with + n - all).max(0.0), with.min(n));
    // How much more likely one more in the first group is.
    let up = |k: f64| (with - k) * (n - k) / ((k + 1.0) * (all - with - n + k + 1.0));
    // Likelihoods relative to the most likely count, so that none can overflow.
    let mode = ((with + 1.0) * (n + 1.0) / (all + 2.0)).floor().clamp(lowest, highest);
    let mut seen = 1.0;
    let mut k = mode;
    while k < x {
        seen *= up(k);
        k += 1.0;
    }
    while k > x {
        seen /= up(k - 1.0);
        k -= 1.0;
    }
    let (mut sum, mut as_unlikely) = (0.0, 0.0);
    let mut take = |weight: f64| {
        sum += weight;
        as_unlikely += if weight <= seen * ALIKE { weight } else { 0.0 };
        // What is left is lost in the sum's last digit, and in that of the part.
        weight > as_unlikely * 1e-17 && weight > 0.0
    };
    let (mut weight, mut k) = (1.0, mode);
    while take(weight) && k < highest {
        weight *= up(k);
        k += 1.0;
    }
    (weight, k) = (1.0, mode);
    while k > lowest {
        weight /= up(k - 1.0);
        k -= 1.0;
        if !take(weight) {
            break;
        }
    }
    (as_unlikely / sum).min(1.0)
}

/// The chance p of rates as different as x1 over e1 and x2 over e2, if the true ones are equal. With equal exposures it
/// compares two counts.
pub fn two_rates(x1: f64, e1: f64, x2: f64, e2: f64) -> Result<f64, Undefined> {
    count_over(Some(x1), Some(e1))?;
    count_over(Some(x2), Some(e2))?;
    let (all, share) = (x1 + x2, e1 / (e1 + e2));
    if all <= 0.0 {
        return Ok(1.0);
    }
    if x1.fract() != 0.0 || x2.fract() != 0.0 {
        return Ok(quantile::normal_two_sided((x1 - all * share) / (all * share * (1.0 - share)).sqrt()));
    }
    Ok(binomial(x1, all, share))
}

/// The exact chance of a count of `all` at least as unlikely as x.
fn binomial(x: f64, all: f64, share: f64) -> f64 {
    // By symmetry the count seen lies at or above the most likely one.
    let mode = ((all + 1.0) * share).floor().min(all);
    if x < mode {
        return binomial(all - x, all, 1.0 - share);
    }
    let log = |k: f64| k * share.ln() + (all - k) * (-share).ln_1p() - ln_gamma(k + 1.0) - ln_gamma(all - k + 1.0);
    let seen = log(x) + ALIKE.ln();
    if log(mode) <= seen {
        return 1.0;
    }
    // The highest count below the most likely one that is as unlikely: likelihoods rise up to it.
    let (mut low, mut high) = (-1.0, mode);
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if log(middle) <= seen { low = middle } else { high = middle }
    }
    let above = quantile::binomial_at_most(all - x, all, 1.0 - share);
    (quantile::binomial_at_most(low, all, share) + above).min(1.0)
}
