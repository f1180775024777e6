//! Corrections as data: what a reviewer decided that a form should have said. The form itself stays as it came.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::period::Period;

/// One reviewed correction of one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// The unit whose value it is.
    pub unit: String,
    /// The unit that sends its form for the period.
    pub sender: String,
    /// Position of the element in the plan.
    pub element: usize,
    /// What the form says; `None` where it says nothing.
    pub from: Option<String>,
    /// What holds instead; `None` takes the value out.
    pub to: Option<f64>,
    /// Why.
    pub reason: String,
    /// Who decided it.
    pub who: String,
    /// When.
    pub when: Date,
}

/// All corrections of a plan.
#[derive(Debug, Clone, Default)]
pub struct Corrections {
    /// By form (its position in the plan) and period, in the order of the list.
    pub by_form: BTreeMap<(usize, Period), Vec<Correction>>,
    /// SHA-256 of the list; empty where there is none. It is no part of [`Plan::digest`](super::Plan::digest): a correction
    /// is data, and a definition stays the same under it. What is made of forms follows from both.
    pub digest: String,
}

impl Correction {
    /// What holds instead and why, in Vietnamese and English.
    pub fn told(&self) -> (String, String) {
        let day = self.when.strftime("%d/%m/%Y");
        let (vi, en) = match self.to {
            Some(to) => (super::number::vietnamese(to), to.to_string()),
            None => ("không có số liệu".to_owned(), "no value".to_owned()),
        };
        let Self { reason, who, when, .. } = self;
        (format!("{vi} – lý do: {reason} ({who}, {day})"), format!("{en} – reason: {reason} ({who}, {when})"))
    }
}
