//! The spread of a short series, and the band outside which a value is implausible.
//!
//! The value under test is never part of its own baseline: in a short series it would hide itself (with four values no
//! value is more than 1.5 standard deviations from the mean).

use crate::stats::{order, quality};

/// How far the values usually lie from their median, made comparable to a standard deviation; not less than chance makes
/// of a count, so that a series which never moved still has a spread.
pub(super) fn spread(values: &[f64], median: f64) -> f64 {
    let mad = order::mad(values, median);
    (mad / quality::MAD_TO_Z).max((median + 1.0).sqrt())
}

/// Between `low` and `high` a value is plausible; at and beyond them it is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Median of what the value was held against.
    pub(super) median: f64,
}

impl Band {
    /// What other values make plausible: less than `times` their median, or less than `spreads` spreads from it. One is
    /// added on both sides of a ratio, so that 0 and 1 are not infinitely far apart.
    pub(super) fn of(others: &[f64], median: f64, times: f64, spreads: f64) -> Self {
        let far = spreads * spread(others, median);
        let high = (times * (median + 1.0) - 1.0).max(median + far);
        let low = ((median + 1.0) / times - 1.0).min(median - far);
        Self { low, high, median }
    }

    pub(super) fn holds(&self, value: f64) -> bool {
        value > self.low && value < self.high
    }
}

/// The value that 99 of 100 do not exceed; none where there are fewer than five.
pub(super) fn nearly_all(values: &mut [f64]) -> Option<f64> {
    if values.len() < 5 {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    values.get(((values.len() - 1) as f64 * 0.99).ceil() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_is_the_mad_or_chance() {
        // Median 22.5, MAD 1.5; chance makes ±4.8 of a count of 22.5.
        let values = [21.0, 25.0, 19.0, 23.0, 22.0, 24.0, 20.0, 26.0, 22.0, 21.0, 23.0, 88.0];
        assert!((spread(&values, 22.5) - 23.5_f64.sqrt()).abs() < 1e-12);
        // MAD 40 of money is far more than chance.
        assert!((spread(&[60.0, 100.0, 140.0], 100.0) - 40.0 / 0.6745).abs() < 1e-9);
        // A stock that never moved.
        assert!((spread(&[3.0, 3.0, 3.0], 3.0) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn small_counts_never_alarm_and_slips_of_a_digit_do() {
        let band = |others: &[f64], median: f64| Band::of(others, median, 4.0, 5.0);
        // A stock of 1 may become 5 or 8, not 12; one of 195 is not 19.
        let ones = band(&[1.0, 1.0, 1.0], 1.0);
        assert!(ones.holds(0.0) && ones.holds(8.0) && !ones.holds(12.0));
        let many = band(&[190.0, 195.0, 196.0], 195.0);
        assert!(many.holds(60.0) && many.holds(700.0) && !many.holds(19.0) && !many.holds(1950.0));
    }

    #[test]
    fn nearly_all_needs_a_few() {
        assert_eq!(nearly_all(&mut [1.0; 4]), None);
        let mut hundred: Vec<f64> = (0..101).map(f64::from).collect();
        assert_eq!(nearly_all(&mut hundred), Some(99.0));
    }
}
