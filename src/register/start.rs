//! When an intervention came to a unit.

use super::Register;
use crate::model::{Intervention, Period};

impl Register {
    /// The unit's first period with an intervention: by its own code, or by that of its district on the day it began there.
    pub fn began(&self, intervention: &Intervention, code: &str) -> Option<Period> {
        let here = |unit: &str, since: Period| {
            // A unit that was not there yet, or no longer, belongs where it belonged when it was.
            let day = since.end();
            let day = self.named(code, day).map(|v| if v.in_force(day) { day } else { v.valid_from });
            unit == code || day.is_some_and(|day| self.district_of(code, day) == Some(unit))
        };
        intervention.starts.iter().filter(|start| here(&start.unit, start.since)).map(|start| start.since).min()
    }
}
