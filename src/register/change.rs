//! A legal change of units, as a row of `changes.csv` tells it.

use jiff::civil::Date;

use super::Share;

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Several become one.
    Merge,
    /// One becomes several, or gives a part away.
    Split,
    /// Another unit above.
    Transfer,
    /// Another name.
    Rename,
    /// Another kind: a commune becomes a ward.
    Reclassify,
    /// New, from nothing.
    Create,
    /// Gone.
    Abolish,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Merge, Self::Split, Self::Transfer, Self::Rename, Self::Reclassify, Self::Create, Self::Abolish];

    /// The word used in the register and in every table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Transfer => "transfer",
            Self::Rename => "rename",
            Self::Reclassify => "reclassify",
            Self::Create => "create",
            Self::Abolish => "abolish",
        }
    }

    /// The kind that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// How far a row of the register may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Hardly.
    Low,
    /// From a list, not from the instrument.
    Medium,
    /// Read in the instrument, or in two sources that agree.
    High,
}

impl Confidence {
    /// Every degree.
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// The word used in the register and in every table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The degree that a word stands for.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|degree| degree.as_str() == word)
    }
}

/// A legal change of units: one predecessor → successor pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// First day of the new state.
    pub effective_date: Date,
    /// What it does.
    pub change: ChangeKind,
    /// Predecessor, if any.
    pub from_code: Option<String>,
    /// Successor, if any.
    pub to_code: Option<String>,
    /// Share of the predecessor that went to the successor, as declared; none where the register does not say.
    pub share: Option<Share>,
    /// Legal instrument.
    pub legal_basis: String,
    /// Where the row was taken from.
    pub source: String,
    /// How far it may be trusted.
    pub confidence: Confidence,
}

impl Change {
    /// Predecessor and successor, where what is counted moves from one to the other: a merge, a split, or any other
    /// change that gives a unit another code.
    pub fn moved(&self) -> Option<(&str, &str)> {
        let (from, to) = (self.from_code.as_deref()?, self.to_code.as_deref()?);
        match self.change {
            ChangeKind::Merge | ChangeKind::Split => Some((from, to)),
            ChangeKind::Transfer | ChangeKind::Rename | ChangeKind::Reclassify if from != to => Some((from, to)),
            _ => None,
        }
    }
}
