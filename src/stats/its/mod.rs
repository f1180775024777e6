//! Interrupted time series: did a series change its level or its slope when something began?
//!
//! [`ols`] for values, [`poisson`] for counts; both on the same [`Segments`]. Lopez Bernal, Cummins and Gasparrini 2017, Int J
//! Epidemiol 46:348.

pub mod ols;
pub mod poisson;

use super::Undefined;

/// How the series is cut: time runs 1..n.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// First period with the intervention, counted from 1.
    pub first_post: usize,
    /// Periods in a season's round: 4 for quarters; below 2, no seasons.
    pub season: usize,
    /// Whether the slope may change too.
    pub slope_change: bool,
}

impl Segments {
    /// Names of the columns: const, time, level, slope_change, then seasons 2..s.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = ["const", "time", "level"].map(str::to_owned).to_vec();
        names.extend(self.slope_change.then(|| "slope_change".to_owned()));
        names.extend((2..=self.season).map(|s| format!("season{s}")));
        names
    }

    /// The row of period `t` (from 1). The slope change is 0 in the first period after.
    pub fn row(&self, t: usize) -> Vec<f64> {
        let flag = |is: bool| f64::from(u8::from(is));
        let mut row = vec![1.0, t as f64, flag(t >= self.first_post)];
        if self.slope_change {
            row.push(t.saturating_sub(self.first_post) as f64);
        }
        row.extend((2..=self.season).map(|s| flag((t - 1) % self.season + 1 == s)));
        row
    }

    /// How many columns there are.
    pub fn columns(&self) -> usize {
        3 + usize::from(self.slope_change) + self.season.saturating_sub(1)
    }

    /// Periods (from 1) that have a value, where they suffice: two before, two after, more than columns.
    fn seen(&self, present: impl Iterator<Item = bool>) -> Result<Vec<usize>, Undefined> {
        let seen: Vec<usize> = present.enumerate().filter_map(|(at, is)| is.then_some(at + 1)).collect();
        let before = seen.iter().filter(|t| **t < self.first_post).count();
        if before < 2 {
            Err(Undefined::FewerThan2PrePeriods)
        } else if seen.len() - before < 2 {
            Err(Undefined::FewerThan2PostPeriods)
        } else if seen.len() <= self.columns() {
            Err(Undefined::TooFewPeriods)
        } else {
            Ok(seen)
        }
    }
}

/// Lag rule of Newey and West 1994: ⌊4(n/100)^(2/9)⌋.
pub fn lag_newey_west(n: usize) -> usize {
    (4.0 * (n as f64 / 100.0).powf(2.0 / 9.0) + 1e-10).floor() as usize
}

/// Lag rule of Stock and Watson: ⌊0.75·n^(1/3)⌋.
pub fn lag_stock_watson(n: usize) -> usize {
    (0.75 * (n as f64).cbrt() + 1e-10).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lags() {
        let of = |n| (lag_newey_west(n), lag_stock_watson(n));
        assert_eq!([8, 20, 40, 64, 100, 152].map(of), [(2, 1), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4)]);
    }

    #[test]
    fn columns() {
        let cut = Segments { first_post: 3, season: 4, slope_change: true };
        assert_eq!(cut.names().join(" "), "const time level slope_change season2 season3 season4");
        assert_eq!(cut.row(5), [1.0, 5.0, 1.0, 2.0, 0.0, 0.0, 0.0]);
        assert_eq!(cut.row(2), [1.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(cut.columns(), 7);
    }
}
