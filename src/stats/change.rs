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

/// Which pairs of counts over equal exposures differ by more than chance, looked up: for millions of pairs.
#[derive(Debug, Clone)]
pub struct EqualExposures {
    /// By the sum of both: the largest that the smaller one may be and still differ; none where no pair does.
    most: Vec<Option<u32>>,
    level: f64,
}

impl EqualExposures {
    /// Counts whose sum is below this are looked up, others told by the normal deviate.
    const KNOWN: u32 = 1000;

    /// For tests at this level of chance, as 0.05.
    pub fn new(level: f64) -> Self {
        let mut most = Vec::with_capacity(Self::KNOWN as usize);
        let mut last: Option<u32> = None;
        for all in 0..Self::KNOWN {
            // With one more in all, the limit stays or rises by one.
            let next = last.map_or(0, |k| k + 1);
            let differs = 2 * next < all && binomial(f64::from(next), f64::from(all), 0.5) < level;
            last = if differs { Some(next) } else { last };
            most.push(last);
        }
        Self { most, level }
    }

    /// Whether two counts differ.
    pub fn differ(&self, a: f64, b: f64) -> bool {
        let all = a + b;
        if a.fract() == 0.0 && b.fract() == 0.0 && all < f64::from(Self::KNOWN) {
            return self.most.get(all as usize).copied().flatten().is_some_and(|most| a.min(b) <= f64::from(most));
        }
        all > 0.0 && quantile::normal_two_sided((a - b) / all.sqrt()) < self.level
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Test = fn(f64, f64, f64, f64) -> Result<f64, Undefined>;

    fn equal(test: Test, cases: &[([f64; 4], f64)]) {
        for ([x1, n1, x2, n2], want) in cases {
            let got = test(*x1, *n1, *x2, *n2).unwrap();
            assert!((got - want).abs() <= 1e-9 + 1e-7 * want, "{x1} {n1} {x2} {n2}: {got} {want}");
        }
    }

    #[test]
    fn what_is_looked_up_is_what_the_exact_test_says() {
        let known = EqualExposures::new(0.05);
        for all in (0..300).chain([600, 999]) {
            for a in 0..=all {
                let (a, b) = (f64::from(a), f64::from(all - a));
                assert_eq!(known.differ(a, b), two_rates(a, 1.0, b, 1.0).unwrap() < 0.05, "{a} {b}");
            }
        }
        assert!(known.differ(2000.0, 2200.0) && !known.differ(2000.0, 2100.0));
    }

    #[test]
    fn tests_equal_those_of_scipy() {
        // fisher_exact where a count is expected below five, else chi2_contingency without correction.
        let shares = [
            ([3.0, 40.0, 9.0, 50.0], 0.145_368_290_225_411_8),
            ([0.0, 20.0, 5.0, 22.0], 0.049_182_524_792_280_9),
            ([1.0, 7.0, 6.0, 8.0], 0.040_559_440_559_440_565),
            ([2.0, 5000.0, 12.0, 4000.0], 0.001_870_783_337_451_763_6),
            ([30.0, 200.0, 55.0, 210.0], 0.005_207_332_683_565_733),
            ([400.0, 1000.0, 450.0, 1010.0], 0.038_771_730_241_683_906),
        ];
        equal(two_proportions, &shares);
        // binomtest of the first count of both, by its share of the exposure.
        let rates = [
            ([3.0, 100.0, 12.0, 110.0], 0.038_192_594_824_236_537),
            ([0.0, 5.0, 6.0, 5.0], 0.031_25),
            ([25.0, 1000.0, 40.0, 900.0], 0.025_036_540_537_082_052),
            ([120.0, 1.0, 150.0, 1.0], 0.077_389_398_980_218_49),
            ([100_000.0, 3.0, 34000.0, 1.0], 0.001_643_260_791_373_242_2),
            ([7.0, 2.5, 1.0, 9.0], 0.000_148_646_131_296_017_22),
            ([1.0, 1.0, 1.0, 1.0], 1.0),
            ([10.0, 3.0, 2.0, 7.0], 0.000_206_376_254_999_999_88),
        ];
        equal(two_rates, &rates);
    }

    #[test]
    fn what_cannot_be_is_undefined_and_nothing_is_no_change() {
        assert_eq!(two_proportions(3.0, 2.0, 0.0, 5.0), Err(Undefined::NumeratorExceedsDenominator));
        assert_eq!(two_rates(3.0, 0.0, 0.0, 5.0), Err(Undefined::ZeroDenominator));
        let none: [Result<f64, Undefined>; 3] =
            [two_proportions(0.0, 5.0, 0.0, 9.0), two_proportions(5.0, 5.0, 9.0, 9.0), two_rates(0.0, 1.0, 0.0, 2.0)];
        assert_eq!(none, [Ok(1.0); 3]);
    }

    /// Chance that a test at 5% alarms where nothing changed.
    #[test]
    fn tests_hold_their_level() {
        for (n1, n2) in [(8, 8), (10, 40), (30, 30), (25, 120)] {
            for share in [0.02, 0.1, 0.3, 0.5, 0.8] {
                let chance = |x: i32, n: i32| {
                    let at_most = |x: i32| quantile::binomial_at_most(f64::from(x), f64::from(n), share);
                    at_most(x) - at_most(x - 1)
                };
                let mut level = 0.0;
                for (x1, x2) in (0..=n1).flat_map(|x1| (0..=n2).map(move |x2| (x1, x2))) {
                    let counts = [x1, n1, x2, n2].map(f64::from);
                    if two_proportions(counts[0], counts[1], counts[2], counts[3]).unwrap() <= 0.05 {
                        level += chance(x1, n1) * chance(x2, n2);
                    }
                }
                // The score test may pass its level by a little; Fisher's never does.
                assert!(level < 0.065, "{n1} {n2} {share}: {level}");
            }
        }
        for (e1, e2) in [(1.0, 1.0), (3.0, 1.0), (10.0, 1.0)] {
            for all in [1, 5, 12, 60] {
                let share = e1 / (e1 + e2);
                let level: f64 = (0..=all)
                    .filter(|x| two_rates(f64::from(*x), e1, f64::from(all - x), e2).unwrap() <= 0.05)
                    .map(|x| {
                        let at_most = |x: i32| quantile::binomial_at_most(f64::from(x), f64::from(all), share);
                        at_most(x) - at_most(x - 1)
                    })
                    .sum();
                assert!(level <= 0.05 + 1e-9, "{e1} {e2} {all}: {level}");
            }
        }
    }

    proptest! {
        #[test]
        fn tests_do_not_care_which_comes_first(x1 in 0..400u32, x2 in 0..400u32, more1 in 1..2000u32, more2 in 1..2000u32) {
            let [x1, x2, more1, more2] = [x1, x2, more1, more2].map(f64::from);
            for test in [two_proportions as Test, two_rates] {
                let (n1, n2) = (x1 + more1, x2 + more2);
                let (there, back) = (test(x1, n1, x2, n2).unwrap(), test(x2, n2, x1, n1).unwrap());
                prop_assert!((0.0..=1.0).contains(&there));
                prop_assert!((there - back).abs() <= 1e-9 + 1e-6 * there, "{there} {back}");
            }
            // The counter-event changes as much as the event.
            let (events, others) = (two_proportions(x1, x1 + more1, x2, x2 + more2).unwrap(),
                two_proportions(more1, x1 + more1, more2, x2 + more2).unwrap());
            prop_assert!((events - others).abs() <= 1e-9 + 1e-6 * events, "{events} {others}");
        }
    }
}
