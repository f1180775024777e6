//! Statistics: plain functions of numbers and slices. No input or output, no tables, no knowledge of the plan.
//!
//! What cannot be computed is [`Undefined`] and says why; a number is right or absent. The pipeline and
//! `wardscore verify-methods` call the same functions, so what the golden cases prove is what the release holds.

pub mod change;
pub mod composite;
pub mod decompose;
pub mod did;
pub mod funnel;
pub mod interval;
pub mod its;
pub mod linear;
pub mod multiple;
pub mod order;
pub mod quality;
pub mod quantile;
pub mod shrink;
pub mod target;
pub mod trend;

/// How much an interval or the limits of a funnel cover; the rest is parted equally between both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coverage {
    /// What lies outside on one side.
    pub tail: f64,
    /// The normal deviate that leaves `tail` above it.
    pub z: f64,
}

impl Coverage {
    /// 95%.
    pub const P95: Self = Self { tail: 0.025, z: 1.959_963_984_540_054 };
    /// 99.8%.
    pub const P998: Self = Self { tail: 0.001, z: 3.090_232_306_167_813 };

    /// Any other, as 0.9.
    pub fn of(share: f64) -> Self {
        let tail = (1.0 - share) / 2.0;
        Self { tail, z: -quantile::normal(tail) }
    }
}

/// Why there is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Undefined {
    /// An input is missing.
    #[error("missing_input")]
    MissingInput,
    /// A column of the design is explained by the others.
    #[error("collinear")]
    Collinear,
    /// The fit has no finite answer, as where one side has no event at all.
    #[error("not_converged")]
    NotConverged,
    /// A count is below zero.
    #[error("negative_count")]
    NegativeCount,
    /// The denominator or exposure is zero.
    #[error("zero_denominator")]
    ZeroDenominator,
    /// The numerator is more than its whole.
    #[error("numerator_exceeds_denominator")]
    NumeratorExceedsDenominator,
    /// A count that must be whole is not.
    #[error("non_integer_count")]
    NonIntegerCount,
    /// No unit has both a count and a denominator.
    #[error("no_valid_units")]
    NoValidUnits,
    /// One unit says nothing of how units differ.
    #[error("fewer_than_two_units")]
    FewerThanTwoUnits,
    /// Every unit has none, or every unit has all.
    #[error("degenerate_all_zero_or_all_full")]
    AllZeroOrAllFull,
    /// Units differ more than any distribution of shares allows.
    #[error("rho_ge_1")]
    RhoAtLeastOne,
    /// Too few values for a line.
    #[error("fewer_than_3_values")]
    FewerThan3Values,
    /// Too few values for a test of trend.
    #[error("fewer_than_4_values")]
    FewerThan4Values,
    /// The correction for autocorrelation leaves no variance.
    #[error("non_positive_corrected_variance")]
    NonPositiveCorrectedVariance,
    /// Too few periods before the intervention.
    #[error("fewer_than_2_pre_periods")]
    FewerThan2PrePeriods,
    /// Too few periods since the intervention.
    #[error("fewer_than_2_post_periods")]
    FewerThan2PostPeriods,
    /// No more periods than coefficients.
    #[error("too_few_periods_n_le_k")]
    TooFewPeriods,
    /// An exposure is zero or below.
    #[error("non_positive_exposure")]
    NonPositiveExposure,
    /// Every count is zero.
    #[error("all_counts_zero")]
    AllCountsZero,
    /// A cell of the design has no unit.
    #[error("empty_cell")]
    EmptyCell,
    /// All units are treated alike.
    #[error("no_treatment_variation")]
    NoTreatmentVariation,
    /// No unit stays untreated.
    #[error("no_never_treated_units")]
    NoNeverTreatedUnits,
    /// No range to scale by.
    #[error("zero_range_or_too_few_values")]
    ZeroRangeOrTooFewValues,
    /// A value that must be above zero is not.
    #[error("non_positive_value")]
    NonPositiveValue,
    /// The output never varies.
    #[error("zero_output_variance")]
    ZeroOutputVariance,
    /// No values at all.
    #[error("no_values")]
    NoValues,
    /// No report was expected.
    #[error("no_expected_reports")]
    NoExpectedReports,
    /// More was received than expected.
    #[error("received_exceeds_expected")]
    ReceivedExceedsExpected,
    /// Shares of an old unit do not sum to one.
    #[error("shares_do_not_sum_to_one")]
    SharesDoNotSumToOne,
    /// Weights sum to nothing.
    #[error("zero_weight_sum")]
    ZeroWeightSum,
    /// The target is not after the baseline.
    #[error("target_time_not_after_baseline")]
    TargetTimeNotAfterBaseline,
    /// The baseline is zero.
    #[error("zero_baseline")]
    ZeroBaseline,
}

/// Rounded to ten decimals: before a value is ranked or held against a threshold, so that noise of the arithmetic cannot
/// flip the outcome.
pub fn steady(value: f64) -> f64 {
    let rounded = (value * 1e10).round() / 1e10;
    // A value too large to be scaled has no decimals to lose.
    if rounded.is_finite() { rounded } else { value }
}
