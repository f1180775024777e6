//! The checks that a plan declares, as `rules.toml` has them.
//!
//! Elements are indices into [`super::Plan::elements`], forms into [`super::Plan::forms`]. A check that the file leaves
//! out is not run. A new kind is a variant here, a line in the reader of `rules.toml` and a function among the checks of
//! `normalize`; the compiler names every place that has to know it.

use super::finding::{Code, Severity};
use super::formula::Expr;

/// A check with how grave its findings are.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it looks for.
    pub kind: RuleKind,
    /// `warning` or `info`: a rule is about values that are used.
    pub severity: Severity,
    /// What the plan says about it, in Vietnamese and English; told behind what the check itself expects.
    pub text: Option<(String, String)>,
}

impl Rule {
    /// Code of its findings.
    pub const fn code(&self) -> Code {
        self.kind.code()
    }
}

/// What a rule looks for.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// `part` must not exceed `whole`.
    PartExceedsWhole {
        /// Element.
        part: usize,
        /// Element.
        whole: usize,
    },
    /// `parts` must sum to `whole`.
    PartsDoNotSum {
        /// Elements.
        parts: Vec<usize>,
        /// Element.
        whole: usize,
    },
    /// A form's own total row against the rows above it.
    TotalMismatch {
        /// Elements whose total is checked.
        elements: Vec<usize>,
    },
    /// A value outside its limits.
    ValueOutOfRange {
        /// Elements.
        elements: Vec<usize>,
        /// Smallest value.
        min: Option<Expr>,
        /// Largest value; without `min` and `max` the largest is the element's own.
        max: Option<Expr>,
    },
    /// A value far above the unit's own other values, or, where it has few, above its peers'.
    Outlier(Outlier),
    /// A value far from the unit's values of the periods around it.
    ChangeImplausible(Change),
    /// A stock that does not follow from the period before.
    StockConflict(Stock),
    /// A row that repeats the unit's row of the period before.
    CopiedForward {
        /// Forms.
        forms: Vec<usize>,
        /// A row with fewer values other than zero may be the same by chance.
        nonzero: usize,
    },
    /// A unit without a row.
    UnitMissing,
    /// A form that came after its due date.
    Late,
    /// An empty cell, or an element without a column.
    NotReported,
}

/// When a flow is an outlier. Zeros are left out: most small units have many, and they say nothing of size.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlier {
    /// Elements.
    pub elements: Vec<usize>,
    /// At least so many times the median of the unit's other values …
    pub times: f64,
    /// … and at least so many spreads above it (the MAD made comparable to a standard deviation, or chance).
    pub spreads: f64,
    /// So many other values are a history that speaks for itself.
    pub history: usize,
    /// With fewer, the value must also be so many times what nearly all peers report.
    pub peer_times: f64,
}

/// When a change of a stock is implausible.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Elements.
    pub elements: Vec<usize>,
    /// At least so many times, or at most one such part of, the median of the values around it …
    pub times: f64,
    /// … and so many spreads away.
    pub spreads: f64,
    /// How many values before and after it are looked at.
    pub reach: usize,
}

/// `stock` now = `before` in the period before + inflow − outflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Stock {
    /// The stock now; with an opening column, that column.
    pub stock: usize,
    /// The stock that it follows from; with a closing column, that column.
    pub before: usize,
    /// What came in during the period.
    pub inflow: Vec<usize>,
    /// What went out.
    pub outflow: Vec<usize>,
    /// Largest difference that is let pass.
    pub slack: f64,
}

impl RuleKind {
    /// Code of its findings.
    pub const fn code(&self) -> Code {
        match self {
            Self::PartExceedsWhole { .. } => Code::PartExceedsWhole,
            Self::PartsDoNotSum { .. } => Code::PartsDoNotSum,
            Self::TotalMismatch { .. } => Code::TotalMismatch,
            Self::ValueOutOfRange { .. } => Code::ValueOutOfRange,
            Self::Outlier(_) => Code::Outlier,
            Self::ChangeImplausible(_) => Code::ChangeImplausible,
            Self::StockConflict(_) => Code::StockConflict,
            Self::CopiedForward { .. } => Code::CopiedForward,
            Self::UnitMissing => Code::UnitMissing,
            Self::Late => Code::Late,
            Self::NotReported => Code::NotReported,
        }
    }
}
