//! Where a value should stand by now, and whether it does: the straight path to a target, ranges of reductions and of shares
//! of units, compound growth as in SDG progress reports, and the line through what was seen carried on to the target's time.
//!
//! Every comparison is made after rounding to ten decimals.

use super::linear::Reference;
use super::{Undefined, steady, trend};

/// A straight path from a baseline to a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// Where it starts.
    pub baseline: f64,
    /// When it starts.
    pub start: f64,
    /// Where it should end.
    pub target: f64,
    /// When it should end.
    pub end: f64,
}

/// How a value stands to a target's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The target is met.
    Achieved,
    /// The path has not begun.
    NotStarted,
    /// At or near the pace.
    OnTrack,
    /// Behind it.
    AtRisk,
    /// Far behind it.
    OffTrack,
    /// Target and baseline are equal: there is no way to go.
    Maintain,
}

/// A value on a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OnPath {
    /// Where the value should be.
    pub milestone: f64,
    /// Share of the way that should be behind it.
    pub expected: f64,
    /// Change per period from here to the target; none at or after its time.
    pub required_pace: Option<f64>,
    /// Change per period of the whole path.
    pub original_pace: f64,
    /// Change per period so far; none at the start.
    pub actual_pace: Option<f64>,
    /// Share of the way that is behind it; none where there is no way.
    pub achieved: Option<f64>,
    /// Whether the target is met.
    pub met: bool,
    /// How far ahead of the milestone, in the target's direction.
    pub gap: f64,
    /// Share achieved ÷ share expected; none at the start.
    pub ratio: Option<f64>,
    /// The verdict.
    pub standing: Standing,
}

impl Path {
    /// Whether the value is to rise.
    pub fn rises(&self) -> bool {
        self.target > self.baseline
    }

    /// Places a value. `bands` are the least ratios to be on track and at risk.
    pub fn place(&self, time: f64, value: f64, bands: (f64, f64)) -> Result<OnPath, Undefined> {
        let (way, duration) = (self.target - self.baseline, self.end - self.start);
        if duration <= 0.0 {
            return Err(Undefined::TargetTimeNotAfterBaseline);
        }
        let expected = ((time - self.start) / duration).clamp(0.0, 1.0);
        let milestone = self.baseline + way * expected;
        let sign = if self.rises() { 1.0 } else { -1.0 };
        let met = steady((value - self.target) * sign) >= 0.0;
        let achieved = (steady(way) != 0.0).then(|| (value - self.baseline) / way);
        let ratio = achieved.filter(|_| expected > 0.0).map(|share| share / expected);
        let standing = match ratio.map(steady) {
            _ if achieved.is_none() => Standing::Maintain,
            _ if met => Standing::Achieved,
            None => Standing::NotStarted,
            Some(ratio) => band(ratio, bands),
        };
        Ok(OnPath {
            milestone,
            expected,
            required_pace: (time < self.end).then(|| (self.target - value) / (self.end - time)),
            original_pace: way / duration,
            actual_pace: (time > self.start).then(|| (value - self.baseline) / (time - self.start)),
            achieved,
            met,
            gap: (value - milestone) * sign,
            ratio,
            standing,
        })
    }

    /// Compound growth per period: so far, required on the whole, their ratio, and required from here.
    pub fn growth(&self, time: f64, value: f64) -> Result<[Option<f64>; 4], Undefined> {
        if self.baseline <= 0.0 || self.target <= 0.0 || value <= 0.0 {
            return Err(Undefined::NonPositiveValue);
        }
        let rate = |from: f64, to: f64, periods: f64| (periods > 0.0).then(|| (to / from).powf(1.0 / periods) - 1.0);
        let Some(required) = rate(self.baseline, self.target, self.end - self.start) else {
            return Err(Undefined::TargetTimeNotAfterBaseline);
        };
        let actual = rate(self.baseline, value, time - self.start);
        let ratio = actual.filter(|_| steady(required) != 0.0).map(|actual| actual / required);
        Ok([actual, Some(required), ratio, rate(value, self.target, self.end - time)])
    }
}

/// The band of a share of what is expected; `bands` are the least ratios to be on track and at risk.
pub fn band(ratio: f64, bands: (f64, f64)) -> Standing {
    match ratio {
        ratio if ratio >= bands.0 => Standing::OnTrack,
        ratio if ratio >= bands.1 => Standing::AtRisk,
        _ => Standing::OffTrack,
    }
}

/// Where a value stands to a range; its edges belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InRange {
    /// Below the lower edge.
    Below,
    /// From edge to edge.
    Within,
    /// Above the upper edge.
    Above,
}

impl InRange {
    /// Places a value.
    pub fn of(value: f64, low: f64, high: f64) -> Self {
        match steady(value) {
            value if value < steady(low) => Self::Below,
            value if value > steady(high) => Self::Above,
            _ => Self::Within,
        }
    }
}

/// The reduction from a baseline as a share of it.
pub fn reduction(baseline: f64, value: f64) -> Result<f64, Undefined> {
    if baseline < 0.0 || value < 0.0 {
        return Err(Undefined::NegativeCount);
    }
    if baseline == 0.0 {
        return Err(Undefined::ZeroBaseline);
    }
    Ok((baseline - value) / baseline)
}

/// Least number of `units` whose share is at least `share`.
pub fn units_needed(share: f64, units: f64) -> f64 {
    steady(share * units).ceil()
}

/// The line through values over time, carried on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Projection {
    /// Where the line is at the target's time.
    pub predicted: f64,
    /// Half width of the line's interval there.
    pub line: f64,
    /// Half width of a value's interval there.
    pub value: f64,
    /// Change per period.
    pub slope: f64,
    /// When the line meets the target; none for a level line.
    pub meets: Option<f64>,
    /// Probability that a value meets the target; none where all values lie on the line.
    pub probability: Option<f64>,
    /// Whether the target lies in the value's interval.
    pub inside: bool,
}

/// Projects values on a straight line. The target is one to rise to where it is not below the first value.
pub fn project(t: &[f64], y: &[f64], time: f64, target: f64, level: f64) -> Result<Projection, Undefined> {
    let line = trend::least_squares(t, y)?;
    let ahead = time - line.mean_time;
    let predicted = line.mean_value + line.slope * ahead;
    let size = y.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    // What is left of a level line is the noise of the computation.
    let slope = if (line.slope * ahead).abs() <= 1e-12 * size { 0.0 } else { line.slope };
    let spread = line.residual;
    let leverage = 1.0 / line.n as f64 + ahead * ahead / line.time_squares;
    let reference = Reference::T(line.freedom());
    let half = reference.quantile(level) * spread;
    let value = half * (1.0 + leverage).sqrt();
    let sign = if y.first().is_some_and(|first| target < *first) { -1.0 } else { 1.0 };
    let statistic = (predicted - target) * sign / (spread * (1.0 + leverage).sqrt());
    Ok(Projection {
        predicted,
        line: half * leverage.sqrt(),
        value,
        slope,
        meets: (slope != 0.0).then(|| line.mean_time + (target - line.mean_value) / slope),
        probability: (spread > 0.0).then(|| reference.cdf(statistic)),
        inside: steady((target - predicted).abs() - value) <= 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_path() {
        let path = Path { baseline: 0.0, start: 0.0, target: 100.0, end: 8.0 };
        let of = |time, value| path.place(time, value, (0.95, 0.75)).expect("a path").standing;
        assert_eq!(of(4.0, 37.5), Standing::AtRisk);
        assert_eq!(of(4.0, 47.5), Standing::OnTrack);
        assert_eq!(of(4.0, 37.4), Standing::OffTrack);
        assert_eq!(of(0.0, 0.0), Standing::NotStarted);
        assert_eq!(of(2.0, 100.0), Standing::Achieved);
        let falling = Path { target: -50.0, ..path }.place(4.0, -25.0, (0.95, 0.75)).expect("a path");
        assert_eq!((falling.milestone, falling.gap, falling.ratio), (-25.0, 0.0, Some(1.0)));
        let level = Path { target: 0.0, ..path }.place(4.0, 3.0, (0.95, 0.75)).expect("a path");
        assert_eq!(level.standing, Standing::Maintain);
        assert!(Path { end: 0.0, ..path }.place(0.0, 0.0, (0.95, 0.75)).is_err());
    }

    #[test]
    fn ranges() {
        assert_eq!(InRange::of(0.1 + 0.2 + 0.3, 0.6, 0.8), InRange::Within);
        assert_eq!([0.75, 0.8].map(|share| units_needed(share, 152.0) as i32), [114, 122]);
        assert!(reduction(0.0, 3.0).is_err());
    }

    #[test]
    fn a_projection() {
        let line = project(&[1.0, 2.0, 3.0, 4.0], &[2.0, 4.0, 6.0, 8.0], 10.0, 20.0, 0.95).expect("a line");
        assert!((line.predicted - 20.0).abs() < 1e-9 && line.probability.is_none() && line.inside);
        assert!((line.meets.expect("a slope") - 10.0).abs() < 1e-9);
        assert!(project(&[1.0, 2.0], &[2.0, 4.0], 10.0, 20.0, 0.95).is_err());
    }
}
