//! Trends of short series: tests by Mann and Kendall, slopes by Theil and Sen and by least squares.
//!
//! Series come without what is missing, except where a method looks at the distance between values; then `None` keeps the
//! place.

use super::{Coverage, Undefined, order, quantile};

/// A test of trend.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannKendall {
    /// Values.
    pub n: usize,
    /// Pairs that rise less pairs that fall.
    pub s: f64,
    /// Variance of S where there is no trend.
    pub variance: f64,
    /// S in standard errors, corrected for its steps.
    pub z: f64,
    /// Two-sided chance of such a z where there is no trend.
    pub p: f64,
    /// S over the number of pairs.
    pub tau: f64,
}

/// Which way a series goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Up, by more than chance.
    Increasing,
    /// Down, by more than chance.
    Decreasing,
    /// Neither.
    NoTrend,
}

impl MannKendall {
    fn of(n: usize, s: f64, variance: f64, pairs: f64) -> Self {
        let z = if variance <= 0.0 || s == 0.0 { 0.0 } else { (s - s.signum()) / variance.sqrt() };
        Self { n, s, variance, z, p: quantile::normal_two_sided(z), tau: s / pairs }
    }

    /// The trend at a level of significance, as 0.05.
    pub fn direction(&self, level: f64) -> Direction {
        match self.z {
            _ if self.p >= level => Direction::NoTrend,
            z if z > 0.0 => Direction::Increasing,
            _ => Direction::Decreasing,
        }
    }
}

/// Pairs that rise less pairs that fall.
fn score(values: &[f64]) -> f64 {
    let mut s = 0_i64;
    for (at, earlier) in values.iter().enumerate() {
        for later in &values[at + 1..] {
            s += i64::from(later > earlier) - i64::from(later < earlier);
        }
    }
    s as f64
}

fn pairs(n: f64) -> f64 {
    n * (n - 1.0) / 2.0
}

fn cubic(n: f64) -> f64 {
    n * (n - 1.0) * (2.0 * n + 5.0)
}

/// Sum of a function of the sizes of groups of equal values.
fn over_ties(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // In order, so that no difference is below zero; 0 and −0 are tied too.
    sorted.chunk_by(|a, b| b - a <= 0.0).map(|group| of(group.len() as f64)).sum()
}

fn variance(values: &[f64]) -> f64 {
    (cubic(values.len() as f64) - over_ties(values, cubic)) / 18.0
}

/// Mann and Kendall's test; of at least four values.
pub fn mann_kendall(values: &[f64]) -> Result<MannKendall, Undefined> {
    if values.len() < 4 {
        return Err(Undefined::FewerThan4Values);
    }
    Ok(MannKendall::of(values.len(), score(values), variance(values), pairs(values.len() as f64)))
}

/// The exact two-sided chance of the order of values where there is no trend; none where values tie, or of a single one.
pub fn mann_kendall_exact(values: &[f64]) -> Option<f64> {
    let n = values.len();
    if n < 2 || over_ties(values, |t| t - 1.0) > 0.0 {
        return None;
    }
    // Falling pairs of a random order: the k-th value falls behind 0 to k − 1 earlier ones, all alike.
    let most = n * (n - 1) / 2;
    let mut chance = vec![0.0; most + 1];
    chance[0] = 1.0;
    for k in 2..=n {
        let reached = k * (k - 1) / 2;
        let mut window = 0.0;
        let before = chance.clone();
        for falling in 0..=reached {
            window += before[falling];
            if falling >= k {
                window -= before[falling - k];
            }
            chance[falling] = window / k as f64;
        }
    }
    let falling = ((most as f64 - score(values)) / 2.0) as usize;
    let fewer = falling.min(most - falling);
    if 2 * fewer == most {
        return Some(1.0);
    }
    Some((2.0 * chance[..=fewer].iter().sum::<f64>()).min(1.0))
}

/// Kendall's τ-b of values against time; none where all are equal.
pub fn kendall_tau_b(values: &[f64]) -> Option<f64> {
    let all = pairs(values.len() as f64);
    let untied = all - over_ties(values, pairs);
    (untied > 0.0).then(|| score(values) / (untied * all).sqrt())
}

/// Mann and Kendall's test of a complete series, its variance corrected for autocorrelation by Hamed and Rao; and the
/// correction. `level` is that at which an autocorrelation counts, `max_lag` the longest looked at.
pub fn hamed_rao(values: &[f64], level: f64, max_lag: Option<usize>) -> Result<(MannKendall, f64), Undefined> {
    let plain = mann_kendall(values)?;
    let n = values.len();
    let times: Vec<f64> = (0..n).map(|t| t as f64).collect();
    let slope = order::median(&slopes(&times, values));
    let detrended: Vec<Option<f64>> = times.iter().zip(values).map(|(t, v)| Some(v - slope * t)).collect();
    let ranks: Vec<f64> = order::ascending(&detrended, order::mean_rank).into_iter().flatten().collect();
    let mean = order::mean(&ranks);
    let total: f64 = ranks.iter().map(|r| (r - mean).powi(2)).sum();
    let bound = Coverage::of(1.0 - level).z / (n as f64).sqrt();
    let mut sum = 0.0;
    for lag in 1..=max_lag.unwrap_or(n - 1).min(n - 1) {
        let product: f64 = ranks.iter().zip(&ranks[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum();
        let correlation = if total > 0.0 { product / total } else { 0.0 };
        if correlation.abs() > bound {
            let left = (n - lag) as f64;
            sum += left * (left - 1.0) * (left - 2.0) * correlation;
        }
    }
    let n = n as f64;
    let correction = 1.0 + 2.0 / (n * (n - 1.0) * (n - 2.0)) * sum;
    let variance = plain.variance * correction;
    if variance <= 0.0 {
        return Err(Undefined::NonPositiveCorrectedVariance);
    }
    Ok((MannKendall::of(plain.n, plain.s, variance, pairs(n)), correction))
}

/// Mann and Kendall's test within each season of `period`, summed; and the median slope within seasons, a period of time.
pub fn seasonal(values: &[Option<f64>], period: usize) -> Result<(MannKendall, f64), Undefined> {
    let (mut n, mut s, mut var, mut all) = (0, 0.0, 0.0, 0.0);
    let mut slopes = Vec::new();
    for season in 0..period.max(1) {
        let of_season = values.iter().skip(season).step_by(period.max(1)).enumerate();
        let (times, own): (Vec<f64>, Vec<f64>) =
            of_season.filter_map(|(year, value)| Some((year as f64, (*value)?))).unzip();
        n += own.len();
        if !own.is_empty() {
            s += score(&own);
            var += variance(&own);
            all += pairs(own.len() as f64);
            slopes.extend(self::slopes(&times, &own));
        }
    }
    if n < 4 || slopes.is_empty() {
        return Err(Undefined::FewerThan4Values);
    }
    slopes.sort_unstable_by(f64::total_cmp);
    Ok((MannKendall::of(n, s, var, all), order::median(&slopes)))
}

/// Slopes of all pairs of values at different times, sorted.
fn slopes(times: &[f64], values: &[f64]) -> Vec<f64> {
    let mut slopes = Vec::with_capacity(values.len() * values.len().saturating_sub(1) / 2);
    for at in 0..values.len() {
        for later in at + 1..values.len() {
            let apart = times[later] - times[at];
            if apart != 0.0 {
                slopes.push((values[later] - values[at]) / apart);
            }
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    slopes
}

/// A line by Theil and Sen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TheilSen {
    /// Median of the slopes of all pairs.
    pub slope: f64,
    /// Value at time zero of the line through the medians.
    pub intercept: f64,
    /// Interval of the slope.
    pub interval: (f64, f64),
}

/// Theil and Sen's line through values at times; of at least three. The interval is Sen's.
pub fn theil_sen(times: &[f64], values: &[f64], coverage: Coverage) -> Result<TheilSen, Undefined> {
    if values.len() < 3 {
        return Err(Undefined::FewerThan3Values);
    }
    let slopes = slopes(times, values);
    if slopes.is_empty() {
        return Err(Undefined::ZeroRangeOrTooFewValues);
    }
    let slope = order::median(&slopes);
    let middle = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        order::median(&sorted)
    };
    let ties = over_ties(values, cubic) + over_ties(times, cubic);
    let spread = coverage.z * ((cubic(values.len() as f64) - ties).max(0.0) / 18.0).sqrt();
    let count = slopes.len() as f64;
    let low = (((count - spread) / 2.0).round_ties_even() - 1.0).max(0.0);
    let high = f64::midpoint(count, spread).round_ties_even().min(count - 1.0);
    Ok(TheilSen {
        slope,
        intercept: middle(values) - slope * middle(times),
        interval: (slopes[low as usize], slopes[high as usize]),
    })
}

/// A line by least squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Values.
    pub n: usize,
    /// Slope.
    pub slope: f64,
    /// Value at time zero.
    pub intercept: f64,
    /// Mean of the times; there the line passes through the mean of the values.
    pub mean_time: f64,
    /// Mean of the values.
    pub mean_value: f64,
    /// Sum of squares of the times around their mean.
    pub time_squares: f64,
    /// Standard deviation of the values around the line.
    pub residual: f64,
    /// Standard error of the slope; zero where all values lie on the line.
    pub error: f64,
    /// Share of the variance that the line explains; none where the values do not vary or all lie on the line.
    pub r2: Option<f64>,
}

/// The line of least squares through values at times; of at least three.
pub fn least_squares(times: &[f64], values: &[f64]) -> Result<Line, Undefined> {
    if values.len() < 3 {
        return Err(Undefined::FewerThan3Values);
    }
    let (mean_time, mean) = (order::mean(times), order::mean(values));
    let centred = || times.iter().zip(values).map(|(t, v)| (t - mean_time, v - mean));
    let time_squares: f64 = centred().map(|(t, _)| t * t).sum();
    if time_squares <= 0.0 {
        return Err(Undefined::ZeroRangeOrTooFewValues);
    }
    let slope = centred().map(|(t, v)| t * v).sum::<f64>() / time_squares;
    let value_squares: f64 = centred().map(|(_, v)| v * v).sum();
    let squares: f64 = centred().map(|(t, v)| (v - slope * t).powi(2)).sum();
    // What the arithmetic leaves of a perfect line is nothing.
    let size = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    let perfect = squares <= values.len() as f64 * (size * 1e-13).powi(2);
    let squares = if perfect { 0.0 } else { squares };
    let residual = (squares / (values.len() - 2) as f64).sqrt();
    Ok(Line {
        n: values.len(),
        slope,
        intercept: mean - slope * mean_time,
        mean_time,
        mean_value: mean,
        time_squares,
        residual,
        error: residual / time_squares.sqrt(),
        r2: (!perfect).then(|| 1.0 - squares / value_squares),
    })
}

impl Line {
    /// Degrees of freedom.
    pub fn freedom(&self) -> f64 {
        (self.n - 2) as f64
    }

    /// Slope over its standard error and the two-sided chance of that; none on a perfect line.
    pub fn test(&self) -> Option<(f64, f64)> {
        let t = self.slope / self.error;
        (self.error > 0.0).then(|| (t, quantile::student_two_sided(self.freedom(), t)))
    }

    /// Interval of the slope; none on a perfect line.
    pub fn interval(&self, coverage: Coverage) -> Option<(f64, f64)> {
        let far = -quantile::student(self.freedom(), coverage.tail) * self.error;
        (self.error > 0.0).then_some((self.slope - far, self.slope + far))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_of_decimals_is_perfect() {
        let times: Vec<f64> = (0..12).map(f64::from).collect();
        let values: Vec<f64> = times.iter().map(|t| 0.1 + 0.3 * t).collect();
        let line = least_squares(&times, &values).unwrap();
        assert!(line.error == 0.0 && line.r2.is_none() && line.test().is_none(), "{line:?}");
        let level = least_squares(&times, &[0.1; 12]).unwrap();
        assert!(level.slope.abs() < 1e-15 && level.test().is_none());
    }

    #[test]
    fn times_that_do_not_differ_have_no_slope() {
        let (times, values) = ([2.0; 4], [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(least_squares(&times, &values).unwrap_err(), Undefined::ZeroRangeOrTooFewValues);
        let sen = theil_sen(&times, &values, Coverage::P95);
        assert_eq!(sen.unwrap_err(), Undefined::ZeroRangeOrTooFewValues);
    }

    #[test]
    fn a_series_of_one_value_has_no_corrected_test() {
        assert_eq!(hamed_rao(&[7.0; 8], 0.05, None).unwrap_err(), Undefined::NonPositiveCorrectedVariance);
        // A line of decimals leaves only noise once its slope is taken out.
        let line: Vec<f64> = (0..10).map(|t| 0.1 * f64::from(t)).collect();
        assert!((hamed_rao(&line, 0.05, None).unwrap().1 - 1.0).abs() < 1e-12);
    }
}
