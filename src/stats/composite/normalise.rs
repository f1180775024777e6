//! Indicators on one scale. Every rule turns them first so that more is better (COINr: `n_minmax`, `n_zscore`, `n_rank`,
//! `n_goalposts`, `n_dist2targ`). Missing stays missing.

use crate::stats::order::{ascending, mean_rank};
use crate::stats::{Undefined, steady};

/// Values, missing ones among them.
pub type Values = Vec<Option<f64>>;

fn each(x: &[Option<f64>], f: impl Fn(f64) -> f64) -> Values {
    x.iter().map(|v| v.map(&f)).collect()
}

fn turned(x: &[Option<f64>], rising: bool) -> Values {
    each(x, |v| if rising { v } else { -v })
}

/// Least and greatest of at least two values.
fn range(x: &[Option<f64>]) -> Result<(f64, f64), Undefined> {
    let seen = || x.iter().flatten().copied();
    if seen().count() < 2 {
        return Err(too_little());
    }
    Ok((seen().fold(f64::INFINITY, f64::min), seen().fold(f64::NEG_INFINITY, f64::max)))
}

fn too_little() -> Undefined {
    Undefined::ZeroRangeOrTooFewValues
}

/// A span to divide by.
fn span(width: f64) -> Result<f64, Undefined> {
    if steady(width) == 0.0 { Err(too_little()) } else { Ok(width) }
}

/// From `lower` for the worst to `upper` for the best value.
pub fn min_max(x: &[Option<f64>], rising: bool, lower: f64, upper: f64) -> Result<Values, Undefined> {
    let x = turned(x, rising);
    let (least, most) = range(&x)?;
    let width = span(most - least)?;
    Ok(each(&x, |v| (v - least) / width * (upper - lower) + lower))
}

/// Standardised, then spread as `sd` around `mean`; the deviation divides by n − `ddof`.
pub fn z_score(x: &[Option<f64>], rising: bool, mean: f64, sd: f64, ddof: usize) -> Result<Values, Undefined> {
    let x = turned(x, rising);
    let (least, most) = range(&x)?;
    span(most - least)?;
    let n = x.iter().flatten().count();
    let own = x.iter().flatten().sum::<f64>() / n as f64;
    let squares: f64 = x.iter().flatten().map(|v| (v - own).powi(2)).sum();
    if n <= ddof {
        return Err(too_little());
    }
    let deviation = (squares / (n - ddof) as f64).sqrt();
    Ok(each(&x, |v| (v - own) / deviation * sd + mean))
}

/// Ascending ranks: 1 the worst.
pub fn ranks(x: &[Option<f64>], rising: bool, average_ties: bool) -> Values {
    ascending(&turned(x, rising), |first, tied| if average_ties { mean_rank(first, tied) } else { (first + 1) as f64 })
}

/// Share of the others that a rank stands above: (rank − 1)/(n − 1); missing where there are no others.
pub fn percent_ranks(ranks: &[Option<f64>]) -> Values {
    let n = ranks.iter().flatten().count();
    ranks.iter().map(|r| r.filter(|_| n > 1).map(|r| (r - 1.0) / (n as f64 - 1.0))).collect()
}

/// Posts between which a value is placed; they do not move with the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Goalposts {
    /// Lower post.
    pub low: f64,
    /// Upper post.
    pub high: f64,
    /// Whether the upper post is the good one.
    pub rising: bool,
    /// Whether values beyond a post stand at it.
    pub truncate: bool,
    /// What the good post is worth.
    pub scale: f64,
}

impl Goalposts {
    /// A value between the posts.
    pub fn place(&self, x: f64) -> Option<f64> {
        Some(self.placing()?.of(x))
    }

    /// What places many values; `None` where the posts do not stand apart.
    pub fn placing(&self) -> Option<Placing> {
        let width = span(self.high - self.low).ok()?;
        let (bad, width) = if self.rising { (self.low, width) } else { (self.high, -width) };
        let (least, most) = if self.truncate { (0.0, self.scale) } else { (f64::NEG_INFINITY, f64::INFINITY) };
        Some(Placing { bad, by: self.scale / width, least, most })
    }

    /// All values between the posts.
    pub fn all(&self, x: &[Option<f64>]) -> Result<Values, Undefined> {
        span(self.high - self.low)?;
        Ok(x.iter().map(|v| v.and_then(|v| self.place(v))).collect())
    }
}

/// Goalposts, made ready.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placing {
    bad: f64,
    by: f64,
    /// Least that a value is worth.
    pub least: f64,
    /// Most that it is worth.
    pub most: f64,
}

impl Placing {
    /// What a value is worth.
    pub fn of(&self, x: f64) -> f64 {
        ((x - self.bad) * self.by).clamp(self.least, self.most)
    }
}

/// How far from the worst value seen to the target; beyond it 1 where `cap`.
pub fn distance_to_target(x: &[Option<f64>], target: f64, rising: bool, cap: bool) -> Result<Values, Undefined> {
    let (least, most) = range(x)?;
    let worst = if rising { least } else { most };
    let way = span(target - worst)?;
    Ok(each(x, |v| {
        let share = (v - worst) / way;
        if cap { share.min(1.0) } else { share }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let x = [Some(2.0), None, Some(6.0), Some(4.0)];
        assert_eq!(min_max(&x, false, 0.0, 100.0).expect("a range"), [Some(100.0), None, Some(0.0), Some(50.0)]);
        assert_eq!(z_score(&x, true, 0.0, 1.0, 1).expect("a range"), [Some(-1.0), None, Some(1.0), Some(0.0)]);
        assert_eq!(percent_ranks(&ranks(&x, true, false)), [Some(0.0), None, Some(1.0), Some(0.5)]);
        assert_eq!(distance_to_target(&x, 5.0, true, true).expect("a way")[2], Some(1.0));
        assert!(min_max(&[Some(1.0), Some(1.0)], true, 0.0, 1.0).is_err());
        let posts = Goalposts { low: 20.0, high: 80.0, rising: false, truncate: true, scale: 100.0 };
        assert_eq!(posts.place(35.0), Some(75.0));
        assert_eq!(posts.place(95.0), Some(0.0));
    }
}
