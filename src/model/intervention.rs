//! Interventions: what was begun where and when, and what it should have moved.

use super::period::Period;

/// Something begun in some units, whose effect is to be estimated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intervention {
    /// Code, unique in the plan.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// What it should have moved, then what it should not have.
    pub outcomes: Vec<Outcome>,
    /// Where it began, and when.
    pub starts: Vec<Start>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// An element, counted per inhabitant: its position in the plan.
    Element(usize),
    /// An indicator, by its quarterly value: its position in the plan.
    Indicator(usize),
}

/// A measure on which an intervention is held to the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// The measure.
    pub measure: Measure,
    /// Whether the intervention should *not* have moved it: an effect found here speaks against the method.
    pub placebo: bool,
}

/// A unit and its first period with the intervention. A district stands for its wards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Ward or district.
    pub unit: String,
    /// First period.
    pub since: Period,
}
