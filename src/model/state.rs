//! Why there is a value or none, over which time, and how it stands to its target.

use super::period::Period;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every variant, in the order of their discriminants.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in every table.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The variant of a word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Why an indicator has a value or none. `value` is null unless `Reported` or `Zero`.
    State {
        /// A value other than zero.
        Reported = "reported",
        /// A value that is zero.
        Zero = "zero",
        /// What it needs was due and did not come.
        NotReported = "not_reported",
        /// What it needs came and could not be used.
        Rejected = "rejected",
        /// The indicator does not exist for this unit.
        NotApplicable = "not_applicable",
        /// What it needs is not due yet.
        NotDue = "not_due",
        /// A denominator of zero, or no baseline.
        Undefined = "undefined",
        /// Withheld so that nobody can be singled out.
        Suppressed = "suppressed",
    }
}

words! {
    /// A flag of a value whose reader could be misled.
    Warning {
        /// A share is more than its whole.
        CoverageAboveOne = "coverage_above_one",
        /// A share is no worse than one year before, although less was counted: its denominator fell.
        FewerDetected = "fewer_detected",
    }
}

words! {
    /// The stretch of time that a value is about.
    Span {
        /// One quarter.
        Quarter = "quarter",
        /// From 1 January to the end of the quarter.
        YearToDate = "year_to_date",
        /// The four quarters that end with this one.
        RollingYear = "rolling_year",
        /// A calendar year.
        Year = "year",
        /// From the plan's first day to the end of the quarter.
        PlanToDate = "plan_to_date",
    }
}

impl Span {
    /// The spans of a quarter's rows; those of [`Self::Year`] bear a year.
    pub const OF_QUARTERS: [Self; 4] = [Self::YearToDate, Self::Quarter, Self::RollingYear, Self::PlanToDate];

    /// Labels in Vietnamese and English.
    pub const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Quarter => ("trong quý", "the quarter"),
            Self::YearToDate => ("lũy kế từ đầu năm", "year to date"),
            Self::RollingYear => ("bốn quý liên tiếp", "rolling four quarters"),
            Self::Year => ("cả năm", "the year"),
            Self::PlanToDate => ("lũy kế từ đầu kế hoạch", "plan to date"),
        }
    }

    /// The first quarter of the span that ends with a quarter, in a plan that began with another.
    pub fn first_quarter(self, last: Period, plan: Period) -> Period {
        match self {
            Self::Quarter => last,
            Self::YearToDate | Self::Year => Period::quarter_of(last.year(), 1).unwrap_or(last),
            Self::RollingYear => last.year_before().next(),
            Self::PlanToDate => plan,
        }
    }
}

words! {
    /// How a value stands to its target.
    Status {
        /// The final target is reached.
        Achieved = "achieved",
        /// At or above the required pace.
        OnTrack = "on_track",
        /// Behind the pace, within the plan's band.
        AtRisk = "at_risk",
        /// Further behind.
        OffTrack = "off_track",
        /// What is missing could move it to either side of the pace.
        Undecided = "undecided",
        /// The first milestone's path has not begun.
        NotStarted = "not_started",
        /// No report.
        NotReported = "not_reported",
        /// The value cannot be computed.
        Undefined = "undefined",
        /// The indicator has no target.
        NoTarget = "no_target",
    }
}
