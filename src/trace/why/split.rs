//! Two figures and what leads from one to the other, under one definition or under either of two.

use std::collections::BTreeMap;

use super::super::TraceError;
use super::super::question::Question;
use super::figures::{self, Key, Made, Member};
use super::steps::{self, Step};
use super::{Words, past, words};
use crate::model::{Indicator, Plan, ValueForm};
use crate::plan::Definition;
use crate::stats::Undefined;
use crate::stats::decompose::{self, Form, Parts, Sums, Weights};
use crate::store::Published;

/// The figures and what leads from one to the other.
pub(super) struct Split {
    pub(super) form: Form,
    pub(super) ends: [Option<Sums>; 2],
    pub(super) steps: Vec<Step>,
}

impl Split {
    /// The part of each step.
    pub(super) fn parts(&self) -> Result<Vec<(&Step, Parts)>, Undefined> {
        let missing = Undefined::MissingInput;
        let [before, after] = self.ends;
        let weights = Weights::between(self.form, before.ok_or(missing)?, after.ok_or(missing)?)?;
        Ok(self.steps.iter().map(|step| (step, weights.parts(&step.moved()))).collect())
    }

    fn values(&self) -> Option<[f64; 2]> {
        let value = |sums: Option<Sums>| self.form.value(sums?).ok();
        Some([value(self.ends[0])?, value(self.ends[1])?])
    }
}

/// How an indicator's value is made.
pub(super) fn form_of(indicator: &Indicator) -> Form {
    match indicator.form {
        ValueForm::Count => Form::Count,
        ValueForm::Ratio => Form::Quotient { start: 0.0, scale: indicator.factor },
        ValueForm::Reduction => Form::Quotient { start: 1.0, scale: -1.0 },
    }
}

/// Units of two figures of the same territory, or both figures whole where they are not made of these units.
pub(super) fn one_by_one(mut was: Made<'_>, mut is: Made<'_>) -> Vec<Step> {
    if !was.adds_up() || !is.adds_up() {
        was.as_one();
        is.as_one();
    }
    steps::by_code(&was.of, &is.of)
}

/// What each unit adds: by definition of the two releases, then by their data.
pub(super) type Sides = [[BTreeMap<Key, Member>; 2]; 2];

/// The units of a figure under both definitions and data.
pub(super) fn sides(
    definition: &Definition,
    plans: &[Plan; 2],
    releases: [&Published; 2],
    question: &Question<'_>,
) -> Result<Sides, TraceError> {
    let under = |plan: usize, data: usize| past::under(&plans[plan], &definition.register, releases[data], question);
    Ok([[under(0, 0)?, under(0, 1)?], [under(1, 0)?, under(1, 1)?]])
}

/// The change of data under the definition of either release; `None` where the cells do not make up what was released.
pub(super) fn under_both(
    plans: &[Plan; 2],
    code: &str,
    sides: &Sides,
    released: [Option<Sums>; 2],
) -> Option<[Split; 2]> {
    let split = |at: usize| {
        let ends = [0, 1].map(|data| figures::sum(sides[at][data].values()));
        // Under its own definition a release must come out as it was made.
        if !figures::near(ends[at].unwrap_or_default(), released[at].unwrap_or_default()) {
            return None;
        }
        let form = form_of(plans[at].indicator(code)?);
        Some(Split { form, ends, steps: steps::by_code(&sides[at][0], &sides[at][1]) })
    };
    Some([split(0)?, split(1)?])
}

/// The parts of a change between two values under one definition, or under either of two; else why there are none.
pub(super) fn parts_of(splits: &[Split], [before, after]: [f64; 2]) -> Result<Parts, Words> {
    let mut sums = Vec::new();
    for split in splits {
        let parts = split.parts().map_err(|_| words::no_value_under())?;
        sums.push(parts.into_iter().fold(Parts::default(), |sum, (_, parts)| sum.plus(parts)));
    }
    let values: Option<Vec<[f64; 2]>> = splits.iter().map(Split::values).collect();
    let parts = match (sums.as_slice(), values.as_deref()) {
        ([one], _) => *one,
        ([old, new], Some([under_old, under_new])) => decompose::with_definition(*old, *new, [*under_old, *under_new]),
        _ => return Err(words::no_value_under()),
    };
    let off = (parts.sum() - (after - before)).abs();
    if off <= 1e-9 * before.abs().max(after.abs()).max(1.0) { Ok(parts) } else { Err(words::not_of_cells()) }
}
