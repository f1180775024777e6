//! The definition that a release was made with, from its own tables; what of it changed; and what the units of one release
//! add under the definition of another.

use std::collections::BTreeMap;

use super::super::cells::Observed;
use super::super::question::{Asked, Question};
use super::super::record::{Record, records};
use super::super::scope::Scope;
use super::super::{TraceError, sums};
use super::figures::{Key, Member};
use crate::model::{
    Baseline, Chance, Class, Criterion, Direction, Expr, Indicator, Kind, OwnPart, Plan, Population, Requirement,
    ValueForm,
};
use crate::register::Register;
use crate::stats::decompose::Sums;
use crate::store::{Published, StoreError};

/// The plan with what the tables of a release say in place of its own.
pub(super) fn plan_of(plan: &Plan, release: &Published) -> Result<Plan, StoreError> {
    let table = |name: &'static str| -> Result<Vec<Record>, StoreError> {
        release.whole(name).map_or(Ok(Vec::new()), |file| Ok(records(&file.read(&[])?)))
    };
    let mut past = plan.clone();
    past.indicators = table("indicators")?.iter().filter_map(|row| indicator(plan, row)).collect();
    let kinds: BTreeMap<String, Option<Kind>> =
        table("elements")?.iter().map(|row| (row.text("element").to_owned(), kind(row.text("kind")))).collect();
    for element in &mut past.elements {
        if let Some(Some(kind)) = kinds.get(&element.code) {
            element.kind = *kind;
        }
    }
    past.populations.clear();
    for row in table("populations")? {
        let known =
            Population { persons: row.number("population").unwrap_or(f64::NAN), note: row.text("note").to_owned() };
        let of = past.populations.entry(row.text("unit_code").to_owned()).or_default();
        of.insert(row.whole("year") as i16, known);
    }
    past.baselines.clear();
    for row in table("baselines")? {
        let Ok(as_of) = row.text("as_of").parse() else { continue };
        let known = Baseline { as_of, value: row.number("value").unwrap_or(f64::NAN) };
        let of = past.baselines.entry(row.text("unit_code").to_owned()).or_default();
        of.insert(row.text("element").to_owned(), known);
    }
    past.rubric.criteria = table("rubric")?.iter().map(criterion).collect();
    past.rubric.classes = table("rubric_classes")?.iter().map(class).collect();
    Ok(past)
}

fn kind(word: &str) -> Option<Kind> {
    [Kind::Flow, Kind::Stock, Kind::Flag, Kind::Points].into_iter().find(|kind| kind.as_str() == word)
}

fn indicator(plan: &Plan, row: &Record) -> Option<Indicator> {
    let formula = |column: &str| row.known(column).and_then(|text| Expr::parse(&text).ok());
    // What no value is made of, is not in the table.
    let known = plan.indicator(row.text("indicator"));
    let own = row.text("own_level").parse().ok().zip(formula("own_numerator"));
    Some(Indicator {
        code: row.text("indicator").to_owned(),
        name_vi: row.text("name_vi").to_owned(),
        name_en: row.text("name_en").to_owned(),
        group: row.text("group").to_owned(),
        level: row.text("level").parse().ok()?,
        unit: row.known("unit_code"),
        form: match row.text("form") {
            "ratio" => ValueForm::Ratio,
            "reduction" => ValueForm::Reduction,
            _ => ValueForm::Count,
        },
        numerator: formula("numerator")?,
        denominator: formula("denominator"),
        factor: row.number("factor").unwrap_or(1.0),
        own: own.map(|(level, numerator)| OwnPart { level, numerator, denominator: formula("own_denominator") }),
        direction: match row.text("direction") {
            "rise" => Direction::Rise,
            "fall" => Direction::Fall,
            _ => Direction::None,
        },
        unit_label: row.text("unit_label").to_owned(),
        exact_interval: known.is_some_and(|known| known.exact_interval),
        watch_denominator: known.is_some_and(|known| known.watch_denominator),
        chance: known.map_or(Chance::None, |known| known.chance),
    })
}

fn criterion(row: &Record) -> Criterion {
    Criterion {
        code: row.text("criterion").to_owned(),
        name_vi: row.text("name_vi").to_owned(),
        name_en: row.text("name_en").to_owned(),
        max_points: row.number("max_points").unwrap_or_default(),
        claimed_element: row.text("claimed_element").to_owned(),
        verified_element: row.text("verified_element").to_owned(),
    }
}

fn class(row: &Record) -> Class {
    let requirement = |text: String| {
        let (criterion, points) = text.split_once(">=")?;
        Some(Requirement { criterion: criterion.to_owned(), min_points: points.parse().ok()? })
    };
    Class {
        code: row.text("class").to_owned(),
        name_vi: row.text("name_vi").to_owned(),
        name_en: row.text("name_en").to_owned(),
        min_points: row.number("min_points").unwrap_or_default(),
        requirements: row.texts("requirements").into_iter().filter_map(requirement).collect(),
    }
}

/// What of an indicator's definition is not the same, in Vietnamese and English; nothing where it is.
pub(super) fn differences(before: &Plan, after: &Plan, code: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let (Some(was), Some(is)) = (before.indicator(code), after.indicator(code)) else { return all };
    let mut say = |vi: &str, en: &str, was: String, is: String| {
        if was != is {
            all.push((format!("{vi}: {was} → {is}"), format!("{en}: {was} → {is}")));
        }
    };
    let text = |expr: Option<&Expr>| expr.map_or("—".to_owned(), Expr::to_string);
    let own = |of: &Indicator| {
        of.own
            .as_ref()
            .map_or("—".to_owned(), |own| format!("{} ÷ {}", own.numerator, text(own.denominator.as_ref())))
    };
    say("tử số", "numerator", was.numerator.to_string(), is.numerator.to_string());
    say("mẫu số", "denominator", text(was.denominator.as_ref()), text(is.denominator.as_ref()));
    say("phần của huyện", "the district's own part", own(was), own(is));
    say("cấp", "level", was.level.to_string(), is.level.to_string());
    say("dạng", "form", format!("{:?}", was.form).to_lowercase(), format!("{:?}", is.form).to_lowercase());
    say("hệ số", "factor", was.factor.to_string(), is.factor.to_string());
    let (mut population, mut class, mut elements, mut baselines) = (false, false, Vec::new(), Vec::new());
    let own_formulas = |of: &'_ Indicator| {
        of.own
            .iter()
            .flat_map(|own| [Some(own.numerator.clone()), own.denominator.clone()])
            .flatten()
            .collect::<Vec<Expr>>()
    };
    for of in [was, is] {
        let formulas =
            [Some(of.numerator.clone()), of.denominator.clone()].into_iter().flatten().chain(own_formulas(of));
        for formula in formulas {
            formula.visit(&mut |node| match node {
                Expr::Population => population = true,
                Expr::Class(_) => class = true,
                Expr::Element(code) => elements.push(code.clone()),
                Expr::Baseline(code) => baselines.push(code.clone()),
                _ => {}
            });
        }
    }
    elements.sort();
    elements.dedup();
    for element in &elements {
        let kind = |plan: &Plan| {
            let at = plan.element_index(element).and_then(|at| plan.elements.get(at));
            at.map_or("—", |element| element.kind.as_str()).to_owned()
        };
        say(&format!("loại của {element}"), &format!("kind of {element}"), kind(before), kind(after));
    }
    let changed = |vi: &str, en: &str, units: usize| {
        (units > 0).then(|| (format!("{vi} của {units} đơn vị"), format!("{en} of {units} units")))
    };
    let persons = |plan: &Plan, unit: &str| {
        let of = plan.populations.get(unit);
        of.map(|of| of.iter().map(|(year, of)| (*year, of.persons.to_bits())).collect::<Vec<_>>())
    };
    let units = |of: fn(&Plan) -> Vec<&String>| {
        let mut units: Vec<&String> = of(before).into_iter().chain(of(after)).collect();
        units.sort();
        units.dedup();
        units
    };
    if population {
        let all_units = units(|plan| plan.populations.keys().collect());
        let other = all_units.iter().filter(|unit| persons(before, unit) != persons(after, unit)).count();
        all.extend(changed("dân số", "population", other));
    }
    let all_units = units(|plan| plan.baselines.keys().collect());
    let other = |unit: &&&String| {
        baselines.iter().any(|element| before.baseline(unit, element) != after.baseline(unit, element))
    };
    all.extend(changed("kỳ gốc", "baseline", all_units.iter().filter(other).count()));
    if class && before.rubric != after.rubric {
        all.push(("bộ tiêu chí phân loại".to_owned(), "the rubric of classes".to_owned()));
    }
    all
}

/// What each unit of a release adds under a definition, from its cells.
pub(super) fn under(
    definition: &Plan,
    register: &Register,
    release: &Published,
    question: &Question<'_>,
) -> Result<BTreeMap<Key, Member>, TraceError> {
    let asked = Asked::of(definition, register, release.clone(), question)?;
    let scope = Scope::new(&asked);
    let observed = Observed::read(&asked, &scope)?;
    let member = |part: sums::UnitPart| {
        let sums = Sums { numerator: part.numerator.unwrap_or(f64::NAN), denominator: part.denominator.unwrap_or(0.0) };
        ((part.level, part.unit), Member { sums: part.counted.then_some(sums), full: true })
    };
    Ok(sums::parts(&asked, &scope, &observed).into_iter().map(member).collect())
}
