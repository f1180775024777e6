//! Who reports how much, and when: the senders side by side.

use serde::Serialize;

use super::{Link, Unit};
use crate::publish::figure::{self, Figure};

/// A sender.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    pub to: Link<'a>,
    /// Forms that were due within the last year, that came, and that came in time.
    pub forms: [i32; 3],
    /// Share of the values due that were accepted.
    pub complete: Option<Figure>,
    /// Share of the forms due that came in time.
    pub on_time: Option<Figure>,
    pub days_late: i32,
    /// The shares, which a table is sorted by.
    pub sort: [f64; 2],
}

/// The senders among units, the most complete first, then the most punctual, then by code.
pub fn league<'a>(units: impl Iterator<Item = &'a Unit>) -> Vec<Row<'a>> {
    let mut all: Vec<Row<'_>> = units
        .filter_map(|unit| {
            let sent = unit.reported.as_ref()?;
            let [due, came, in_time] = sent.forms;
            let [values, accepted] = sent.values.map(f64::from);
            let complete = figure::share(accepted, values);
            let on_time = figure::share(f64::from(in_time), f64::from(due));
            let sort = [accepted / values.max(1.0), f64::from(in_time) / f64::from(due.max(1))];
            Some(Row {
                to: Link::to(unit),
                forms: [due, came, in_time],
                complete,
                on_time,
                days_late: sent.days_late,
                sort,
            })
        })
        .collect();
    all.sort_by(|a, b| b.sort[0].total_cmp(&a.sort[0]).then(b.sort[1].total_cmp(&a.sort[1])));
    all
}
