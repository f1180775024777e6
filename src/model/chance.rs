//! What is left to chance: the levels at which changes, trends and projections are judged. The stages compute with them and the
//! method page tells them, so that neither can disagree with the other.

/// A change, a trend or an effect is real where chance alone would make it less often than this.
pub const LEVEL: f64 = 0.05;

/// How often an interval holds what it is of.
pub const COVERAGE: f64 = 0.95;
