//! Indicators, as a plan defines them.

use super::formula::Expr;
use super::unit::Level;

/// How a value is made of numerator and denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueForm {
    /// numerator ÷ denominator × factor.
    Ratio,
    /// 1 − numerator ÷ denominator: a reduction from a baseline.
    Reduction,
    /// The numerator alone.
    Count,
}

/// A part that a unit of a higher level adds from its own form to what its wards sum to.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnPart {
    /// Level of the unit that reports it.
    pub level: Level,
    /// Numerator over that unit's own elements.
    pub numerator: Expr,
    /// Denominator over that unit's own elements.
    pub denominator: Option<Expr>,
}

/// A figure computed from elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// Code: `T5`, `S2-03`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// Solution group (`S1` … `S7`), or `T` for a target.
    pub group: String,
    /// Lowest level at which it exists; above it, values come from sums.
    pub level: Level,
    /// Code of the one unit that it is about (T4), if so.
    pub unit: Option<String>,
    /// How the value is made.
    pub form: ValueForm,
    /// Numerator over the elements of `level`.
    pub numerator: Expr,
    /// Denominator; `None` for a count.
    pub denominator: Option<Expr>,
    /// Multiplier of the ratio (1 for a share; 1000 for "per thousand").
    pub factor: f64,
    /// What a unit of a higher level adds from its own form (T7).
    pub own: Option<OwnPart>,
    /// Whether more is better, for colours and arrows.
    pub direction: Direction,
    /// `share` is shown as a percentage; else as a plain number with this unit.
    pub unit_label: String,
    /// What chance can do to it.
    pub chance: Chance,
    /// Whether its interval is the exact one (Clopper and Pearson; Poisson) rather than that which holds on average.
    pub exact_interval: bool,
    /// Whether a value that rises because its denominator falls is told: 100% of the cases detected, for few were.
    pub watch_denominator: bool,
}

impl Indicator {
    /// A share of a whole: its numerator is a part of its denominator.
    pub fn is_share(&self) -> bool {
        self.form == ValueForm::Ratio && self.unit_label == "share"
    }
}

/// What chance can do to a figure, were the same circumstances to come again: which interval and test suit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chance {
    /// A part of a whole: binomial.
    Share,
    /// Events per inhabitants: Poisson over an exposure.
    Rate,
    /// A number of things or events: Poisson.
    Count,
    /// Money, differences, ratios of different things: no simple law.
    None,
}

/// Which way a value should move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More is better.
    Rise,
    /// Less is better.
    Fall,
    /// Neither; described only.
    None,
}
