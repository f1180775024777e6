//! `interventions.toml`: what was begun where and when, and what it should, and should not, have moved.

use std::collections::BTreeMap;

use crate::model::{Expr, Frequency, Intervention, Kind, Level, Measure, Outcome, Plan, Start};
use crate::register::Register;

use super::check;
use super::problem::{Place, Problems};
use super::toml_reader::{Source, Table};

/// Reads the interventions in the order of the file.
pub(super) fn read(source: &Source, plan: &Plan, register: &Register, problems: &mut Problems) -> Vec<Intervention> {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let mut all: Vec<Intervention> = Vec::new();
    for mut entry in t.tables("intervention", problems) {
        let intervention = Intervention {
            code: entry.required("code", problems),
            name_vi: entry.required("name_vi", problems),
            name_en: entry.required("name_en", problems),
            outcomes: outcomes(&mut entry, plan, problems),
            starts: starts(&mut entry, plan, register, problems),
        };
        if all.iter().any(|other| other.code == intervention.code) {
            let what = format!("intervention `{}` is defined twice", intervention.code);
            problems.add(&entry.place_of("code"), what);
        }
        // The code names a file.
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !intervention.code.chars().all(plain) {
            let what = format!("code `{}` may hold letters without accents, digits, - and _ only", intervention.code);
            problems.add(&entry.place_of("code"), what);
        }
        wards_for_wards(&intervention, plan, register, &entry.place(), problems);
        entry.end(problems);
        all.push(intervention);
    }
    t.end(problems);
    all
}

fn outcomes(entry: &mut Table<'_>, plan: &Plan, problems: &mut Problems) -> Vec<Outcome> {
    let mut all: Vec<Outcome> = Vec::new();
    for (elements, indicators, placebo) in
        [("elements", "indicators", false), ("placebo_elements", "placebo_indicators", true)]
    {
        for code in entry.texts(elements, problems) {
            let place = entry.place_of(elements);
            check::element(plan, &code, &place, problems);
            if let Some(at) = plan.element_index(&code) {
                counted(plan, at, &place, problems);
                all.push(Outcome { measure: Measure::Element(at), placebo });
            }
        }
        for code in entry.texts(indicators, problems) {
            let place = entry.place_of(indicators);
            match plan.indicators.iter().position(|i| i.code == code) {
                Some(at) => {
                    quarterly(plan, at, &place, problems);
                    all.push(Outcome { measure: Measure::Indicator(at), placebo });
                }
                None => problems.unknown(&place, "indicator", &code, plan.indicators.iter().map(|i| i.code.as_str())),
            }
        }
    }
    for (at, outcome) in all.iter().enumerate() {
        if all[..at].iter().any(|other| other.measure == outcome.measure) {
            problems.add(&entry.place(), format!("`{}` stands twice", plan.measure_code(outcome.measure)));
        }
    }
    if all.iter().all(|outcome| outcome.placebo) {
        problems.add(&entry.place(), "there is neither `elements` nor `indicators`".to_owned());
    }
    all
}

/// An element whose quarterly counts make a series.
fn counted(plan: &Plan, at: usize, place: &Place, problems: &mut Problems) {
    let Some(element) = plan.elements.get(at) else { return };
    let quarterly = plan.form(&element.form).is_some_and(|form| form.frequency == Frequency::Quarter);
    if !quarterly || !matches!(element.kind, Kind::Flow | Kind::Stock) {
        let what = format!("`{}` is not a flow or stock of every quarter, so it makes no series", element.code);
        problems.add(place, what);
    }
}

/// An indicator whose value follows from one unit's elements of one quarter.
fn quarterly(plan: &Plan, at: usize, place: &Place, problems: &mut Problems) {
    let Some(indicator) = plan.indicators.get(at) else { return };
    let mut plain = true;
    for expr in std::iter::once(&indicator.numerator).chain(&indicator.denominator) {
        expr.visit(&mut |node| plain &= !matches!(node, Expr::Class(_) | Expr::Baseline(_)));
        for code in expr.elements() {
            if let Some(at) = plan.element_index(code) {
                let form = plan.elements.get(at).and_then(|e| plan.form(&e.form));
                plain &= form.is_some_and(|form| form.frequency == Frequency::Quarter);
            }
        }
    }
    if !plain {
        let what = format!("`{}` reads a class, a baseline or a yearly form, so it makes no series", indicator.code);
        problems.add(place, what);
    }
}

fn starts(entry: &mut Table<'_>, plan: &Plan, register: &Register, problems: &mut Problems) -> Vec<Start> {
    let mut all: BTreeMap<String, Start> = BTreeMap::new();
    let mut province = None;
    for mut group in entry.tables("units", problems) {
        let text = group.required("since", problems);
        let since = text.parse().ok().filter(|p| plan.quarters().contains(p));
        if since.is_none() && !text.is_empty() {
            let what =
                format!("`since` is `{text}`, expected a quarter from {} to {}", plan.first_period, plan.last_period);
            problems.add(&group.place_of("since"), what);
        }
        let codes = group.texts("codes", problems);
        let place = group.place_of("codes");
        if codes.is_empty() {
            problems.add(&place, "`codes` names no unit".to_owned());
        }
        for unit in codes {
            let Some(since) = since else { continue };
            if register.at(&unit, since.end()).is_none_or(|u| u.level == Level::Province) {
                problems.add(&place, format!("`{unit}` is no ward or district in {since}"));
                continue;
            }
            let of = register.province_of(&unit, since.end());
            if *province.get_or_insert(of) != of {
                problems.add(&place, format!("`{unit}` is of another province than the units before it"));
            }
            if all.insert(unit.clone(), Start { unit: unit.clone(), since }).is_some() {
                problems.add(&place, format!("unit `{unit}` stands twice"));
            }
        }
        group.end(problems);
    }
    if !entry.has("units") {
        problems.add(&entry.place(), "there is no `[[intervention.units]]`".to_owned());
    }
    all.into_values().collect()
}

/// What districts report cannot be moved in one ward.
fn wards_for_wards(of: &Intervention, plan: &Plan, register: &Register, place: &Place, problems: &mut Problems) {
    let Some(outcome) = of.outcomes.iter().find(|o| plan.measure_level(o.measure) != Level::Ward) else { return };
    for Start { unit, since } in &of.starts {
        if register.at(unit, since.end()).is_some_and(|u| u.level == Level::Ward) {
            let code = plan.measure_code(outcome.measure);
            problems.add(place, format!("`{code}` is reported by districts, and `{unit}` is a ward"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_at_once_with_its_line() {
        let definition = crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap();
        let text = r#"
[[intervention]]
code = "a"
name_vi = "A"
name_en = "A"
elements = ["outreach_contact", "school_coordination", "budget_spent"]
placebo_indicators = ["T8"]
[[intervention.units]]
codes = ["474", "474", "99999", "19753"]
since = "2018-Q1"
[[intervention.units]]
codes = ["476"]
since = "2018"
"#;
        let source = Source { path: "interventions.toml".into(), text: text.to_owned() };
        let mut problems = Problems::default();
        read(&source, &definition.plan, &definition.register, &mut problems);
        let found: Vec<String> = problems.sorted().iter().map(ToString::to_string).collect();
        for (line, wanted) in [
            (6, "element `outreach_contact` is not defined"),
            (6, "`school_coordination` is not a flow or stock"),
            (7, "`T8` reads a class"),
            (9, "unit `474` stands twice"),
            (9, "`99999` is no ward or district in 2018-Q1"),
            (13, "`since` is `2018`, expected a quarter from 2016-Q1 to 2020-Q4"),
            (2, "`budget_spent` is reported by districts, and `19753` is a ward"),
        ] {
            let place = format!("interventions.toml:{line}:");
            let told = found.iter().any(|problem| problem.starts_with(&place) && problem.contains(wanted));
            assert!(told, "{line}: {wanted}: {found:#?}");
        }
        assert_eq!(found.len(), 7, "{found:#?}");
    }
}
