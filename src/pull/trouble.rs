//! What went wrong with a source, in words that hold no secret and no library's message.

use std::fmt;

/// Why a source, or one of its files, could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    what: String,
    /// Whether it may well succeed if it is tried again.
    pub passing: bool,
    /// Whether the source's other files would fare no better.
    pub whole: bool,
}

impl Trouble {
    /// The source as a whole, for good: a refused login, a wrong address.
    pub fn source(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: false, whole: true }
    }

    /// The server cannot be reached or does not answer now.
    pub fn passing(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: true, whole: true }
    }

    /// One file alone.
    pub fn file(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: false, whole: false }
    }

    /// The same, as one of the source as a whole.
    #[must_use]
    pub fn of_source(self) -> Self {
        Self { whole: true, ..self }
    }

    /// The same, told of something.
    #[must_use]
    pub fn about(self, thing: &str) -> Self {
        Self { what: format!("{thing}: {}", self.what), ..self }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}
