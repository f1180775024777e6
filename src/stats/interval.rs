//! Confidence intervals of one count: of a share by Wilson or Clopper and Pearson, of a count by Byar or exactly.
//!
//! Bounds of a count become those of a rate when divided by the exposure. The functions expect counts that
//! [`part_of_whole`] or [`count_over`] let pass.

use std::sync::LazyLock;

use super::{Coverage, Undefined, quantile};

/// From this count on the hybrid takes Byar's approximation.
pub const BYAR_FROM: usize = 10;

/// How an interval was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// From the distribution itself.
    Exact,
    /// By Byar's approximation.
    Byar,
}

/// A count and the whole that it is a part of, if an interval of the share can be computed.
pub fn part_of_whole(x: Option<f64>, n: Option<f64>) -> Result<(f64, f64), Undefined> {
    let (x, n) = count_over(x, n)?;
    if x > n { Err(Undefined::NumeratorExceedsDenominator) } else { Ok((x, n)) }
}

/// A count and what it is divided by, if an interval of the rate can be computed.
pub fn count_over(x: Option<f64>, exposure: Option<f64>) -> Result<(f64, f64), Undefined> {
    match (x.filter(|x| x.is_finite()), exposure.filter(|e| e.is_finite())) {
        (Some(x), Some(exposure)) if x < 0.0 || exposure < 0.0 => Err(Undefined::NegativeCount),
        (Some(_), Some(0.0)) => Err(Undefined::ZeroDenominator),
        (Some(x), Some(exposure)) => Ok((x, exposure)),
        _ => Err(Undefined::MissingInput),
    }
}

/// Wilson's score interval of the share x of n (fractional counts allowed); exact at both ends.
pub fn wilson(x: f64, n: f64, coverage: Coverage) -> (f64, f64) {
    let z = coverage.z;
    let z2 = z * z;
    let spread = z * (z2 + 4.0 * x * (1.0 - x / n)).sqrt();
    let low = if x <= 0.0 { 0.0 } else { (2.0 * x + z2 - spread) / (2.0 * (n + z2)) };
    let high = if x >= n { 1.0 } else { (2.0 * x + z2 + spread) / (2.0 * (n + z2)) };
    (low, high)
}

/// Clopper and Pearson's exact interval of the share x of n, both whole.
pub fn clopper_pearson(x: f64, n: f64, coverage: Coverage) -> (f64, f64) {
    let low = if x <= 0.0 { 0.0 } else { quantile::beta(x, n - x + 1.0, coverage.tail) };
    let high = if x >= n { 1.0 } else { quantile::beta(x + 1.0, n - x, 1.0 - coverage.tail) };
    (low, high)
}

/// Byar's approximate interval of a count; a lower bound below zero is zero.
pub fn byar(x: f64, coverage: Coverage) -> (f64, f64) {
    let cube = |x: f64, z: f64| x * (1.0 - 1.0 / (9.0 * x) + z / (3.0 * x.sqrt())).powi(3);
    let low = if x <= 0.0 { 0.0 } else { cube(x, -coverage.z).max(0.0) };
    (low, cube(x + 1.0, coverage.z))
}

/// The exact interval of a count that follows Poisson.
pub fn exact_poisson(x: f64, coverage: Coverage) -> (f64, f64) {
    let low = if x <= 0.0 { 0.0 } else { quantile::gamma(x, coverage.tail) };
    (low, quantile::gamma(x + 1.0, 1.0 - coverage.tail))
}

/// The interval of a count that serves rates: exact below ten, else Byar's.
pub fn hybrid(x: f64, coverage: Coverage) -> ((f64, f64), Method) {
    if x < BYAR_FROM as f64 { (few(x, coverage), Method::Exact) } else { (byar(x, coverage), Method::Byar) }
}

/// Exact intervals of small counts; those of whole ones at the usual coverages are kept, since nearly every cell has one.
fn few(x: f64, coverage: Coverage) -> (f64, f64) {
    static KEPT: LazyLock<[[(f64, f64); BYAR_FROM]; 2]> =
        LazyLock::new(|| [Coverage::P95, Coverage::P998].map(|c| std::array::from_fn(|x| exact_poisson(x as f64, c))));
    let of = [Coverage::P95, Coverage::P998].iter().position(|kept| *kept == coverage);
    let kept = of.filter(|_| x.fract() == 0.0).and_then(|of| KEPT[of].get(x as usize));
    kept.copied().unwrap_or_else(|| exact_poisson(x, coverage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_equals_published_values() {
        // 15 of 50: 0.1910, 0.4375; exact at both ends.
        let (low, high) = wilson(15.0, 50.0, Coverage::P95);
        assert!((low - 0.191_037).abs() < 1e-5 && (high - 0.437_513).abs() < 1e-5, "{low} {high}");
        assert!(wilson(0.0, 10.0, Coverage::P95).0.abs() < 1e-12);
        assert!((wilson(10.0, 10.0, Coverage::P95).1 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn inputs_are_refused_in_their_order() {
        let refused = |x, n| part_of_whole(x, n).unwrap_err();
        assert_eq!(refused(None, Some(-1.0)), Undefined::MissingInput);
        assert_eq!(refused(Some(f64::NAN), Some(1.0)), Undefined::MissingInput);
        assert_eq!(refused(Some(-1.0), Some(0.0)), Undefined::NegativeCount);
        assert_eq!(refused(Some(1.0), Some(0.0)), Undefined::ZeroDenominator);
        assert_eq!(refused(Some(5.0), Some(4.0)), Undefined::NumeratorExceedsDenominator);
        assert_eq!(count_over(Some(5.0), Some(4.0)), Ok((5.0, 4.0)));
    }

    #[test]
    fn a_hybrid_is_exact_below_ten() {
        assert_eq!(hybrid(9.0, Coverage::P95), (exact_poisson(9.0, Coverage::P95), Method::Exact));
        assert_eq!(hybrid(2.5, Coverage::P998), (exact_poisson(2.5, Coverage::P998), Method::Exact));
        assert_eq!(hybrid(10.0, Coverage::P95), (byar(10.0, Coverage::P95), Method::Byar));
    }
}
