//! The quality of reported values: outliers of a series, completeness, consistency between years and between figures.
//!
//! A value that is missing is `None`, or was left out of a series. The usual z-scores hold a value in its own baseline and so
//! never fire on a short series; a spread of zero flags nothing. Both are told rather than mended here: what the pipeline
//! itself alarms on is the band of [`super::order`]'s medians with the tested value left out.

use super::{Undefined, order, steady};

/// What makes the MAD of normal values comparable to their standard deviation, as the modified z-score counts.
pub const MAD_TO_Z: f64 = 0.6745;

/// A centre and a spread that values are held against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Baseline {
    /// Mean or median.
    pub centre: f64,
    /// Standard deviation or MAD; zero where the values do not differ.
    pub spread: f64,
    /// The spread that counts as one z.
    unit: f64,
}

impl Baseline {
    /// Mean and standard deviation with divisor n − `ddof`.
    pub fn mean(values: &[f64], ddof: usize) -> Result<Self, Undefined> {
        if values.is_empty() {
            return Err(Undefined::NoValues);
        }
        let centre = order::mean(values);
        let deviation = order::standard_deviation(values, ddof);
        // What the arithmetic leaves of equal values is nothing; of a single one there is no deviation.
        let spread = if deviation > centre.abs() * 1e-13 { deviation } else { 0.0 };
        Ok(Self { centre, spread, unit: spread })
    }

    /// Median and MAD.
    pub fn median(values: &[f64]) -> Result<Self, Undefined> {
        if values.is_empty() {
            return Err(Undefined::NoValues);
        }
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let centre = order::median(&sorted);
        let mad = order::mad(values, centre);
        let spread = if mad > centre.abs() * 1e-13 { mad } else { 0.0 };
        Ok(Self { centre, spread, unit: spread / MAD_TO_Z })
    }

    /// Distance from the centre in spreads, with its sign; zero where there is no spread.
    pub fn z(&self, value: f64) -> f64 {
        if self.spread > 0.0 { (value - self.centre) / self.unit } else { 0.0 }
    }

    /// Whether a value is at least so many z from the centre; never where there is no spread.
    pub fn is_outlier(&self, value: f64, threshold: f64) -> bool {
        self.spread > 0.0 && steady(self.z(value).abs()) >= steady(threshold)
    }

    /// The values that are just so many z from the centre.
    pub fn bounds(&self, threshold: f64) -> (f64, f64) {
        (self.centre - threshold * self.unit, self.centre + threshold * self.unit)
    }
}

/// How far a value lies out by its z-score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlierClass {
    /// Less than 2.
    None,
    /// From 2 to less than 3.
    Moderate,
    /// 3 and more.
    Extreme,
}

/// The class of a z-score.
pub fn outlier_class(z: f64) -> OutlierClass {
    match steady(z.abs()) {
        far if far >= 3.0 => OutlierClass::Extreme,
        far if far >= 2.0 => OutlierClass::Moderate,
        _ => OutlierClass::None,
    }
}

/// The largest z-score that any of n values can have, their standard deviation with divisor n − `ddof`.
pub fn largest_possible_z(n: usize, ddof: usize) -> f64 {
    let (n, others) = (n as f64, n.saturating_sub(1) as f64);
    if n > ddof as f64 { (others * (n - ddof as f64) / n).sqrt() } else { 0.0 }
}

/// Whether a value lies outside of a range, the edges being inside.
pub fn is_outside(value: f64, (low, high): (f64, f64)) -> bool {
    value < low || value > high
}

/// How many reports came of those expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Completeness {
    /// Received of expected.
    pub received: f64,
    /// On time of expected.
    pub on_time: f64,
    /// On time of received; none where none was.
    pub on_time_of_received: Option<f64>,
}

/// Completeness and timeliness, as shares.
pub fn completeness(expected: f64, received: f64, on_time: f64) -> Result<Completeness, Undefined> {
    match () {
        () if expected < 0.0 || received < 0.0 || on_time < 0.0 => Err(Undefined::NegativeCount),
        () if expected <= 0.0 => Err(Undefined::NoExpectedReports),
        () if received > expected => Err(Undefined::ReceivedExceedsExpected),
        () if on_time > received => Err(Undefined::NumeratorExceedsDenominator),
        () => Ok(Completeness {
            received: received / expected,
            on_time: on_time / expected,
            on_time_of_received: (received > 0.0).then(|| on_time / received),
        }),
    }
}

/// A unit's ratio against that of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Consistency {
    /// The unit's ratio.
    pub ratio: f64,
    /// How far it is from the ratio of all, as a part of that; none where that is unknown or zero.
    pub deviation: Option<f64>,
}

impl Consistency {
    /// Holds a ratio against that of all.
    pub fn of(over: f64, under: f64, total: Option<f64>) -> Option<Self> {
        let ratio = (under != 0.0).then(|| over / under)?;
        Some(Self { ratio, deviation: total.filter(|t| *t != 0.0).map(|total| ratio / total - 1.0) })
    }

    /// Whether the deviation is at least this.
    pub fn is_far(&self, threshold: f64) -> Option<bool> {
        self.deviation.map(|deviation| steady(deviation.abs()) >= steady(threshold))
    }
}

/// The ratio of sums; none where there is nothing to divide by.
pub fn ratio_of_sums(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (over, under) = pairs.fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    (under != 0.0).then(|| over / under)
}

/// The mean of what is there; none of nothing.
pub fn mean_of_known(values: &[Option<f64>]) -> Option<f64> {
    let (sum, n) = values.iter().flatten().fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_decimals_have_no_spread() {
        for baseline in [Baseline::mean(&[0.1; 3], 0).unwrap(), Baseline::median(&[0.1; 3]).unwrap()] {
            assert!(baseline.spread == 0.0 && !baseline.is_outlier(5.0, 2.0) && baseline.z(5.0) == 0.0);
        }
        assert!(Baseline::mean(&[5.0], 1).unwrap().spread == 0.0);
    }

    #[test]
    fn four_values_hide_any_outlier() {
        let baseline = Baseline::mean(&[0.0, 0.0, 0.0, 1e6], 1).unwrap();
        assert!((baseline.z(1e6) - largest_possible_z(4, 1)).abs() < 1e-12);
        assert!((largest_possible_z(4, 1) - 1.5).abs() < 1e-12);
        assert!((largest_possible_z(10, 0) - 3.0).abs() < 1e-12);
    }
}
