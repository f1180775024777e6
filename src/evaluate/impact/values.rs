//! The quarterly values that interventions are about. A value that a check flags as implausible is left out: one slip of the
//! keyboard in a series of twenty would be taken for an effect.

use std::collections::{BTreeSet, HashMap};

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{ListArray, StringArray};
use rayon::prelude::*;

use crate::model::{Code, Measure, Period, Plan};
use crate::store::columns::Words;
use crate::store::{Partition, Store, StoreError};

/// Flags that speak against a value itself.
const DOUBTFUL: [Code; 4] = [Code::Outlier, Code::ChangeImplausible, Code::CopiedForward, Code::ValueOutOfRange];

/// Values by unit, period and element.
pub(super) struct Values(HashMap<String, HashMap<(Period, usize), f64>>);

impl Values {
    /// Reads what the plan's interventions need; nothing where there are none.
    pub(super) fn read(plan: &Plan, store: &Store) -> Result<Self, StoreError> {
        let mut wanted: BTreeSet<usize> = BTreeSet::new();
        for outcome in plan.interventions.iter().flat_map(|i| &i.outcomes) {
            match outcome.measure {
                Measure::Element(at) => wanted.extend([at]),
                Measure::Indicator(at) => {
                    let exprs = plan.indicators.get(at).map(|i| std::iter::once(&i.numerator).chain(&i.denominator));
                    let codes = exprs.into_iter().flatten().flat_map(|expr| expr.elements());
                    wanted.extend(codes.filter_map(|code| plan.element_index(code)));
                }
            }
        }
        let mut all: HashMap<String, HashMap<(Period, usize), f64>> = HashMap::new();
        if !wanted.is_empty() {
            let parts: Result<Vec<Vec<Value>>, StoreError> =
                store.partitions("observations")?.par_iter().map(|part| read(part, plan, &wanted)).collect();
            for (unit, period, element, value) in parts?.into_iter().flatten() {
                all.entry(unit).or_default().insert((period, element), value);
            }
        }
        Ok(Self(all))
    }

    /// A unit's value.
    pub(super) fn get(&self, unit: &str, period: Period, element: usize) -> Option<f64> {
        self.0.get(unit)?.get(&(period, element)).copied()
    }
}

/// Unit, period, element, value.
type Value = (String, Period, usize, f64);

fn read(part: &Partition, plan: &Plan, wanted: &BTreeSet<usize>) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for batch in part.read(&["unit_code", "period", "element", "value", "flags"])? {
        let words = |name| Words::of(&batch, name);
        let (Some(unit), Some(period), Some(element)) = (words("unit_code"), words("period"), words("element")) else {
            continue;
        };
        let number = batch.column(3).as_primitive::<Float64Type>();
        let Some(flags) = batch.column(4).as_list_opt::<i32>() else { continue };
        let element = element.look_up(|code| plan.element_index(code).filter(|at| wanted.contains(at)));
        let period = period.look_up(|text| text.parse::<Period>().ok());
        for row in 0..batch.num_rows() {
            let (Some(element), Some(period)) = (element.get(row), period.get(row)) else { continue };
            if !doubtful(flags, row) {
                all.push((unit.get(row).to_owned(), period, element, number.value(row)));
            }
        }
    }
    Ok(all)
}

fn doubtful(flags: &ListArray, row: usize) -> bool {
    if flags.value_length(row) == 0 {
        return false;
    }
    let of = flags.value(row);
    let texts: Option<&StringArray> = of.as_string_opt::<i32>();
    texts.is_some_and(|texts| texts.iter().flatten().any(|flag| DOUBTFUL.iter().any(|code| code.as_str() == flag)))
}
