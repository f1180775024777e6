//! `corrections.csv`: `unit_code, period, element, from, to, reason, who, when`; a plan need not have one.
//!
//! What a form says is not known here: whether `from` fits is seen when the form is read. All else is checked: a unit,
//! element or period that nobody knows, a value that the element cannot have, two corrections of one value.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::csvs::{self, Row};
use super::problem::Problems;
use crate::model::{Correction, Corrections, Element, Frequency, Kind, Level, Period, Plan};
use crate::register::Register;
use crate::store::raw::sha256;

const COLUMNS: [&str; 8] = ["unit_code", "period", "element", "from", "to", "reason", "who", "when"];

/// Loads the list.
pub(super) fn read(plan: &Plan, register: &Register, problems: &mut Problems) -> Corrections {
    let path = &plan.settings.corrections;
    let mut all = Corrections::default();
    if !path.exists() {
        return all;
    }
    all.digest = fs_err::read(path).map(|bytes| sha256(&bytes)).unwrap_or_default();
    let mut known: BTreeSet<(String, usize, Period)> = BTreeSet::new();
    csvs::rows(path, &COLUMNS, problems, |row, problems| {
        let Some((form, period, correction)) = correction(plan, register, row, problems) else { return };
        if !known.insert((correction.unit.clone(), correction.element, period)) {
            let element = &plan.elements[correction.element].code;
            let what = format!("unit `{}` has two corrections of `{element}` in {period}", correction.unit);
            problems.add(&row.place(), what);
        }
        all.by_form.entry((form, period)).or_default().push(correction);
    });
    all
}

fn correction(
    plan: &Plan,
    register: &Register,
    row: &Row<'_>,
    problems: &mut Problems,
) -> Option<(usize, Period, Correction)> {
    let [unit, period, element, from, to, reason, who, when] = row.fields();
    for (what, text) in [("reason", reason), ("who", who)] {
        if text.is_empty() {
            problems.add(&row.place(), format!("`{what}` is empty; a correction says why and who decided it"));
        }
    }
    let when = csvs::date(when, row, "`when`", problems);
    let at = plan.element_index(element);
    if at.is_none() {
        problems.unknown(&row.place(), "element", element, plan.elements.iter().map(|e| e.code.as_str()));
    }
    let at = at?;
    let element = &plan.elements[at];
    let form = plan.forms.iter().position(|form| form.code == element.form)?;
    let (level, frequency) = (plan.forms[form].level, plan.forms[form].frequency);
    let period = self::period(plan, period, frequency, element, row, problems);
    let to = value(to, element, row, problems);
    if from.is_empty() && to.is_some_and(|to| to.is_none()) {
        problems.add(&row.place(), "`from` and `to` are both empty; nothing would be corrected".to_owned());
    }
    if let Some(Some(to)) = to
        && from.parse() == Ok(to)
    {
        problems.add(&row.place(), format!("`from` and `to` are both {to}; nothing would be corrected"));
    }
    let sender = sender(register, unit, level, period?.end(), row, problems);
    Some((
        form,
        period?,
        Correction {
            unit: unit.to_owned(),
            sender: sender?,
            element: at,
            from: (!from.is_empty()).then(|| from.to_owned()),
            to: to?,
            reason: reason.to_owned(),
            who: who.to_owned(),
            when: when?,
        },
    ))
}

fn period(
    plan: &Plan,
    text: &str,
    frequency: Frequency,
    element: &Element,
    row: &Row<'_>,
    problems: &mut Problems,
) -> Option<Period> {
    let year = frequency == Frequency::Year;
    let known = text.parse::<Period>().ok().filter(|period| period.is_year() == year);
    let within = |period: &Period| (plan.first_period.year()..=plan.last_period.year()).contains(&period.year());
    if known.is_none_or(|period| !within(&period)) {
        let example = if year { plan.first_period.year().to_string() } else { plan.first_period.to_string() };
        let what = format!("period is `{text}`, expected one of the plan's for `{}`, such as {example}", element.code);
        problems.add(&row.place(), what);
    }
    known.filter(within)
}

/// The value that holds instead, `Some(None)` for none.
#[expect(clippy::option_option, reason = "no value is an answer, a wrong one is none")]
fn value(text: &str, element: &Element, row: &Row<'_>, problems: &mut Problems) -> Option<Option<f64>> {
    if text.is_empty() {
        return Some(None);
    }
    let fits = |n: &f64| match element.kind {
        Kind::Flag => [0.0, 1.0].contains(n),
        _ => {
            n.is_finite()
                && *n >= 0.0
                && (element.decimals || n.fract() == 0.0)
                && element.max.is_none_or(|max| *n <= max)
        }
    };
    let number = text.parse::<f64>().ok().filter(fits);
    if number.is_none() {
        let what = if element.kind == Kind::Flag {
            "0 or 1".to_owned()
        } else {
            let most = element.max.map_or(String::new(), |max| format!(", {max} at most"));
            let example = if element.decimals { "a number such as 1234.5" } else { "a whole number such as 1234" };
            format!("{example}, not below 0{most}; or nothing, which takes the value out")
        };
        problems.add(&row.place(), format!("`to` is `{text}`, expected {what}"));
    }
    number.map(Some)
}

/// The unit that sends the forms of `unit`, a unit of the level of its form.
fn sender(
    register: &Register,
    unit: &str,
    level: Level,
    day: Date,
    row: &Row<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let Some(version) = register.at(unit, day) else {
        let known = register.versions().iter().filter(|v| v.level == level && v.in_force(day));
        if register.versions_of(unit).is_empty() {
            problems.unknown(&row.place(), "unit", unit, known.map(|v| v.code.as_str()));
        } else {
            problems.add(&row.place(), format!("unit `{unit}` is not in force on {day}"));
        }
        return None;
    };
    if version.level != level {
        problems.add(&row.place(), format!("unit `{unit}` is a {}, expected a {level}", version.level));
        return None;
    }
    let above = register.district_of(unit, day).or(version.parent_code.as_deref());
    if above.is_none() {
        problems.add(&row.place(), format!("nobody sends the forms of unit `{unit}` on {day}"));
    }
    above.map(str::to_owned)
}
