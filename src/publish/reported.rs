//! What senders had to report within the last year, and what came of it.
//!
//! In: `reporting`, a row for each unit and form that was due. Out: by sender, its forms and their values, counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type};
use jiff::civil::Date;

use super::edition::{get, numbers};
use crate::model::Period;
use crate::store::columns::{Words, day_number};
use crate::store::{Store, StoreError};

/// A form that was due and did not come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Missing {
    pub(super) period: Period,
    pub(super) form: String,
}

/// What a sender reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reported {
    /// Forms that were due, that came, and that came in time.
    pub(super) forms: [i32; 3],
    /// Values that were due, and that were accepted.
    pub(super) values: [i32; 2],
    /// Most days that a form was late.
    pub(super) days_late: i32,
    pub(super) missing: BTreeSet<Missing>,
}

/// What became of one form.
#[derive(Debug, Clone, Copy)]
struct Sent {
    came: bool,
    in_time: bool,
}

/// Loads what was due by `today` for the year that ends with a period, by sender.
pub(super) fn load(
    store: &Store,
    folders: &[&str],
    period: Period,
    today: Date,
) -> Result<HashMap<String, Reported>, StoreError> {
    let (from, to) = (period.year_before().end(), period.end());
    let today = day_number(today);
    let mut forms: BTreeMap<(String, Missing), Sent> = BTreeMap::new();
    let mut all: HashMap<String, Reported> = HashMap::new();
    let columns =
        ["district_code", "form", "period", "due_on", "received_on", "on_time", "values_due", "values_accepted"];
    for part in store.partitions_below("reporting", folders)? {
        for batch in part.read(&columns)? {
            let words = |name| Words::of(&batch, name);
            let (Some(district), Some(form), Some(period)) = (words("district_code"), words("form"), words("period"))
            else {
                continue;
            };
            let period = period.look_up(|p| p.parse::<Period>().ok().filter(|p| p.end() > from && p.end() <= to));
            let [due, received] = ["due_on", "received_on"].map(|name| numbers::<Date32Type>(&batch, name));
            let values = ["values_due", "values_accepted"].map(|name| numbers::<Int32Type>(&batch, name));
            let on_time = batch.column_by_name("on_time").and_then(|c| c.as_boolean_opt());
            for row in 0..batch.num_rows() {
                let (Some(period), Some(due)) = (period.get(row), get(due, row)) else { continue };
                let received = get(received, row);
                if received.is_none() && due >= today {
                    continue;
                }
                let reported = all.entry(district.get(row).to_owned()).or_default();
                for (count, more) in reported.values.iter_mut().zip(values) {
                    *count += get(more, row).unwrap_or_default();
                }
                reported.days_late = reported.days_late.max(received.map_or(0, |received| received - due));
                let key = (district.get(row).to_owned(), Missing { period, form: form.get(row).to_owned() });
                let sent = forms.entry(key).or_insert(Sent { came: true, in_time: true });
                sent.came &= received.is_some();
                sent.in_time &= on_time.is_some_and(|on_time| on_time.is_valid(row) && on_time.value(row));
            }
        }
    }
    for ((district, form), sent) in forms {
        let Some(reported) = all.get_mut(&district) else { continue };
        for (count, more) in reported.forms.iter_mut().zip([true, sent.came, sent.came && sent.in_time]) {
            *count += i32::from(more);
        }
        if !sent.came {
            reported.missing.insert(form);
        }
    }
    Ok(all)
}
