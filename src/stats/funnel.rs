//! Funnel limits: between which a unit's share or rate may lie if it differs from the target by chance alone, and how much
//! more than chance units differ.
//!
//! Limits follow the size of a unit: exact ones from the binomial or Poisson distribution (interpolated between counts), or
//! the normal approximation. Where units differ more than chance allows, an additive variance between units or a factor
//! widens the limits, found from z-scores whose extremes are drawn in.

use super::{Coverage, Undefined, order, quantile, steady};

/// What a funnel is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Shares: a count in a whole.
    Shares,
    /// Rates: a count over an exposure.
    Rates,
}

/// Limits of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// 95%.
    pub p95: (f64, f64),
    /// 99.8%.
    pub p998: (f64, f64),
}

/// Where a value lies in the funnel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Below the limits of 99.8%.
    Low998,
    /// Below the limits of 95%.
    Low95,
    /// Within.
    InControl,
    /// Above the limits of 95%.
    High95,
    /// Above the limits of 99.8%.
    High998,
}

impl Flag {
    /// The flag's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low998 => "low_99.8",
            Self::Low95 => "low_95",
            Self::InControl => "in_control",
            Self::High95 => "high_95",
            Self::High998 => "high_99.8",
        }
    }
}

impl Limits {
    fn both(of: impl Fn(Coverage) -> (f64, f64)) -> Self {
        Self { p95: of(Coverage::P95), p998: of(Coverage::P998) }
    }

    /// Where a value lies; on a limit is within.
    pub fn flag(&self, value: f64) -> Flag {
        let value = steady(value);
        let (low, high) =
            (|limits: (f64, f64)| value < steady(limits.0), |limits: (f64, f64)| value > steady(limits.1));
        match () {
            () if low(self.p998) => Flag::Low998,
            () if high(self.p998) => Flag::High998,
            () if low(self.p95) => Flag::Low95,
            () if high(self.p95) => Flag::High95,
            () => Flag::InControl,
        }
    }
}

/// Counts over denominators of all units: what a funnel is drawn around if no target is given.
pub fn target(units: &[(f64, f64)]) -> Result<f64, Undefined> {
    let (x, n) = units.iter().fold((0.0, 0.0), |sum, unit| (sum.0 + unit.0, sum.1 + unit.1));
    if n > 0.0 { Ok(x / n) } else { Err(Undefined::NoValidUnits) }
}

/// Limits by the normal approximation, around a target, of a unit with this denominator.
pub fn normal_limits(of: Of, target: f64, n: f64) -> Limits {
    let deviation = match of {
        Of::Shares => (target * (1.0 - target) / n).sqrt(),
        Of::Rates => (target / n).sqrt(),
    };
    Limits::both(|coverage| within(of, (target - coverage.z * deviation, target + coverage.z * deviation)))
}

/// Exact limits, interpolated between counts. The whole of a share must be a whole number.
pub fn exact_limits(of: Of, target: f64, n: f64) -> Limits {
    Limits::both(|coverage| {
        let at = |p: f64, z: f64| interpolated(of, target, n, p, z) / n;
        within(of, (at(coverage.tail, -coverage.z), at(1.0 - coverage.tail, coverage.z)))
    })
}

fn within(of: Of, (low, high): (f64, f64)) -> (f64, f64) {
    match of {
        Of::Shares => (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)),
        Of::Rates => (low.max(0.0), high.max(0.0)),
    }
}

/// The count at which the distribution reaches `p`, parted evenly between a count and the one below. `z` is the normal
/// deviate of `p`, from which the search starts.
fn interpolated(of: Of, target: f64, n: f64, p: f64, z: f64) -> f64 {
    let (mean, skew) = (n * target, if of == Of::Shares { 1.0 - 2.0 * target } else { 1.0 });
    let deviation = if of == Of::Shares { (mean * (1.0 - target)).sqrt() } else { mean.sqrt() };
    let reached = |r: f64| match of {
        Of::Shares => quantile::binomial_at_most(r, n, target),
        Of::Rates => quantile::poisson_at_most(r, mean),
    };
    let mut r = (mean + z * deviation + skew * (z * z - 1.0) / 6.0).floor().max(0.0);
    let (mut at, mut below) = (reached(r), reached(r - 1.0));
    while at < p {
        r += 1.0;
        (below, at) = (at, reached(r));
    }
    while below >= p {
        r -= 1.0;
        (at, below) = (below, reached(r - 1.0));
    }
    r - (at - p) / (at - below)
}

/// Expected counts at which so many events are just too few, and just too many: limits of a funnel drawn over expected
/// counts. No expected count makes zero events too many.
pub fn expected_for(events: f64, coverage: Coverage) -> (f64, Option<f64>) {
    let too_many = (events > 0.0).then(|| quantile::gamma(events, coverage.tail));
    (quantile::gamma(events + 1.0, 1.0 - coverage.tail), too_many)
}

/// On which scale units are compared when their dispersion is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Shares as they are.
    Share,
    /// Shares by the arcsine of their root, which steadies the variance.
    ArcsineShare,
    /// Rates by their root, likewise.
    RootRate,
}

impl Scale {
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Share => value,
            Self::ArcsineShare => value.sqrt().asin(),
            Self::RootRate => value.sqrt(),
        }
    }

    fn back(self, value: f64) -> f64 {
        match self {
            Self::Share => value.clamp(0.0, 1.0),
            Self::ArcsineShare => value.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2),
            Self::RootRate => value.max(0.0).powi(2),
        }
    }

    /// Standard error of a unit around the target by chance alone.
    fn error(self, target: f64, n: f64) -> f64 {
        match self {
            Self::Share => (target * (1.0 - target) / n).sqrt(),
            Self::ArcsineShare | Self::RootRate => 0.5 / n.sqrt(),
        }
    }
}

/// How much units differ from the target beyond chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dispersion {
    scale: Scale,
    target: f64,
    /// Number of units.
    pub units: usize,
    /// To where the lowest and the highest z-scores are drawn in.
    pub winsor: (f64, f64),
    /// Mean square of the z-scores as they are.
    pub phi_unwinsorised: f64,
    /// Mean square of the z-scores drawn in: 1 by chance alone.
    pub phi: f64,
    /// Variance between units, on the scale.
    pub tau2: f64,
    /// Whether units differ more than chance makes likely. For information: the limits do not depend on it.
    pub overdispersed: bool,
}

/// Measures the dispersion of units (count, denominator) around a target; `trim` is the part of the z-scores on each side
/// that is drawn in.
pub fn dispersion(scale: Scale, target: f64, units: &[(f64, f64)], trim: f64) -> Result<Dispersion, Undefined> {
    if units.is_empty() {
        return Err(Undefined::NoValidUnits);
    }
    if scale == Scale::Share && (target <= 0.0 || target >= 1.0) {
        return Err(Undefined::AllZeroOrAllFull);
    }
    let mut dispersion = Dispersion {
        scale,
        target,
        units: units.len(),
        winsor: (f64::NEG_INFINITY, f64::INFINITY),
        phi_unwinsorised: 0.0,
        phi: 0.0,
        tau2: 0.0,
        overdispersed: false,
    };
    let mut z: Vec<f64> = units.iter().map(|(x, n)| dispersion.z(*x, *n)).collect();
    z.sort_unstable_by(f64::total_cmp);
    let count = units.len() as f64;
    dispersion.winsor = (order::quantile(&z, trim), order::quantile(&z, 1.0 - trim));
    dispersion.phi_unwinsorised = z.iter().map(|z| z * z).sum::<f64>() / count;
    dispersion.phi = z.iter().map(|z| dispersion.winsorised(*z).powi(2)).sum::<f64>() / count;
    dispersion.overdispersed = steady(dispersion.phi) > steady(1.0 + 2.0 * (2.0 / count).sqrt());
    if units.len() > 1 {
        let weights = || units.iter().map(|(_, n)| scale.error(target, *n).powi(-2));
        let (sum, squares) = (weights().sum::<f64>(), weights().map(|w| w * w).sum::<f64>());
        dispersion.tau2 = ((count * dispersion.phi - (count - 1.0)) / (sum - squares / sum)).max(0.0);
    }
    Ok(dispersion)
}

impl Dispersion {
    fn distance(&self, x: f64, n: f64) -> f64 {
        self.scale.of(x / n) - self.scale.of(self.target)
    }

    /// Distance of a unit from the target in standard errors.
    pub fn z(&self, x: f64, n: f64) -> f64 {
        self.distance(x, n) / self.scale.error(self.target, n)
    }

    /// A z-score drawn in.
    pub fn winsorised(&self, z: f64) -> f64 {
        z.max(self.winsor.0).min(self.winsor.1)
    }

    /// Distance of a unit from the target in standard errors that include the variance between units.
    pub fn z_additive(&self, x: f64, n: f64) -> f64 {
        self.distance(x, n) / self.error_additive(n)
    }

    fn error_additive(&self, n: f64) -> f64 {
        (self.scale.error(self.target, n).powi(2) + self.tau2).sqrt()
    }

    /// Limits widened by the variance between units.
    pub fn limits_additive(&self, n: f64) -> Limits {
        self.limits(self.error_additive(n))
    }

    /// Limits widened by the root of φ.
    pub fn limits_multiplicative(&self, n: f64) -> Limits {
        self.limits(self.scale.error(self.target, n) * self.phi.max(1.0).sqrt())
    }

    fn limits(&self, error: f64) -> Limits {
        let centre = self.scale.of(self.target);
        Limits::both(|coverage| {
            (self.scale.back(centre - coverage.z * error), self.scale.back(centre + coverage.z * error))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Flag::{High95, High998, InControl, Low95, Low998};

    #[test]
    fn on_a_limit_is_within_and_the_wider_limit_speaks_first() {
        let limits = Limits { p95: (0.2, 0.4), p998: (0.1, 0.5) };
        let flags = [0.05, 0.1, 0.15, 0.2, 0.1 + 0.2, 0.4, 0.45, 0.5, 0.55].map(|v| limits.flag(v));
        assert_eq!(flags, [Low998, Low95, Low95, InControl, InControl, InControl, High95, High95, High998]);
    }

    #[test]
    fn exact_limits_hold_at_the_edges_of_what_can_be() {
        for n in [1.0, 7.0, 1e6] {
            for target in [0.0, 1e-9, 0.5, 1.0 - 1e-9, 1.0] {
                for of in [Of::Shares, Of::Rates] {
                    let Limits { p95, p998 } = exact_limits(of, target, n);
                    assert!(0.0 <= p998.0 && p998.0 <= p95.0 && p95.0 <= p95.1 && p95.1 <= p998.1, "{n} {target}");
                }
            }
        }
    }
}
