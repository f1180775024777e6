//! The files of a definition, read in order, into the model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::model::{
    Actions, Chance, Class, Corrections, Criterion, Direction, Element, Expr, Form, Frequency, Geography, Indicator,
    Kind, Level, OverTime, OwnPart, Period, Plan, Requirement, Rubric, Scoring, Signers, ValueForm,
};
use crate::store::raw::sha256;

use super::problem::{Place, Problems};
use super::toml_reader::{Source, Table};
use super::{
    Definition, actions, check, corrections, csvs, geography, interventions, jobs, register, rules, score, settings,
    signers, sources, targets,
};

const LEVELS: &[(&str, Level)] = &[("ward", Level::Ward), ("district", Level::District), ("province", Level::Province)];
pub(super) const KINDS: &[(&str, Kind)] =
    &[("flow", Kind::Flow), ("stock", Kind::Stock), ("flag", Kind::Flag), ("points", Kind::Points)];

const OVER_TIME: &[(&str, OverTime)] =
    &[("sum", OverTime::Sum), ("last", OverTime::Last), ("mean", OverTime::Mean), ("max", OverTime::Max)];

/// Files that the reading of forms follows from, beside the main one and the lists.
const READING: &[&str] = &["forms/", "rubric.toml", "rules.toml"];

/// Tables of the main file that say where forms come from, when work is done and what it looks like, not what it finds.
const CIRCUMSTANCES: &[&str] = &["source", "releases", "signatures", "scorecards"];

/// The main file's text without its circumstances.
fn made_of(text: &str) -> String {
    let mut skipped = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        if let Some(header) = line.trim_start().strip_prefix('[') {
            let key: &str = header.trim_start_matches('[').split([']', '.']).next().unwrap_or_default();
            skipped = CIRCUMSTANCES.contains(&key.trim());
        }
        if !skipped {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

/// Loads everything; `None` where the main file is missing.
pub(super) fn load(folder: &Path, overrides: &[(String, String)], problems: &mut Problems) -> Option<Definition> {
    let mut digest = String::new();
    let main = Source::open(&folder.join("pipeline.toml"), problems)?;
    let mut named = sources::Named::new();
    let (mut plan, register_folder) = pipeline(&main, folder, overrides, &mut named, problems);
    let made_of = made_of(&main.text);
    digest.push_str(&made_of);
    let mut reading = made_of;
    let mut open = |name: &str, problems: &mut Problems| {
        let source = Source::open(&folder.join(name), problems);
        if let Some(source) = &source {
            if READING.iter().any(|of| name.starts_with(of)) {
                reading.push_str(&source.text);
            }
            digest.push_str(&source.text);
        }
        source
    };
    let mut names: Vec<PathBuf> = fs_err::read_dir(folder.join("forms"))
        .map_err(|e| problems.add(&Place::file(&folder.join("forms")), format!("cannot be read: {e}")))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    names.sort();
    for path in names {
        if let Some(source) = open(&path.strip_prefix(folder).unwrap_or(&path).to_string_lossy(), problems) {
            form(&source, &mut plan, problems);
        }
    }
    if let Some(source) = open("rubric.toml", problems) {
        plan.rubric = rubric(&source, &plan, problems);
    }
    if let Some(source) = open("indicators.toml", problems) {
        plan.indicators = indicators(&source, &plan, problems);
    }
    if let Some(source) = open("targets.toml", problems) {
        plan.targets = targets::read(&source, &plan, problems);
    }
    // Not every plan weighs its targets.
    plan.scoring = if folder.join("score.toml").exists()
        && let Some(source) = open("score.toml", problems)
    {
        score::read(&source, &plan, problems)
    } else {
        Scoring::of_targets(&plan.indicators, &plan.targets)
    };
    if let Some(source) = open("rules.toml", problems) {
        plan.rules = rules::read(&source, &plan, problems);
    }
    // Not every plan has forms signed. What signatures are worth is told by receipts, so figures do not depend on the file.
    if folder.join("signers.toml").exists()
        && let Some(source) = Source::open(&folder.join("signers.toml"), problems)
    {
        plan.signers = signers::read(&source, &plan, &mut named, problems);
    }
    // Not every plan has interventions to evaluate.
    let of_interventions =
        if folder.join("interventions.toml").exists() { open("interventions.toml", problems) } else { None };
    // The lists are the long part of a definition, and none needs another.
    let mut of_lists: [Problems; 3] = Default::default();
    let [of_register, of_baselines, of_geography] = &mut of_lists;
    let (population, baseline) = (&plan.settings.population, &plan.settings.baseline);
    let ((populations, baselines), (register, geography)) = rayon::join(
        || {
            rayon::join(
                || csvs::populations(population, problems),
                || csvs::baselines(baseline, &plan.elements, of_baselines),
            )
        },
        || {
            rayon::join(
                || register::register(&register_folder, of_register),
                || geography::read(&plan.settings.scorecards, of_geography),
            )
        },
    );
    for of in of_lists {
        problems.append(of);
    }
    sources::check(&named, &register, problems);
    if let Some(source) = of_interventions {
        plan.interventions = interventions::read(&source, &plan, &register, problems);
    }
    let lists = [
        population.clone(),
        baseline.clone(),
        register_folder.join("units.csv"),
        register_folder.join("changes.csv"),
        register_folder.join("aliases.csv"),
    ];
    let digests = lists.par_iter().map(|path| fs_err::read(path).map(|bytes| sha256(&bytes)).unwrap_or_default());
    let digests: Vec<String> = digests.collect();
    reading.extend(digests.iter().map(String::as_str));
    digest.extend(digests);
    plan.reading_digest = sha256(reading.as_bytes());
    (plan.populations, plan.baselines) = (populations, baselines);
    plan.digest = sha256(digest.as_bytes());
    plan.corrections = corrections::read(&plan, &register, problems);
    plan.actions = actions::read(&plan, &register, problems);
    plan.geography = geography;
    let jobs = jobs::load(folder, problems);
    Some(Definition { plan, register, jobs })
}

fn pipeline(
    source: &Source,
    folder: &Path,
    overrides: &[(String, String)],
    named: &mut sources::Named,
    problems: &mut Problems,
) -> (Plan, PathBuf) {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let code = t.required("code", problems);
    let name_vi = t.required("name_vi", problems);
    let name_en = t.required("name_en", problems);
    let notice_vi = t.text("notice_vi", problems).unwrap_or_default();
    let notice_en = t.text("notice_en", problems).unwrap_or_default();
    let first_day = t.required("first_day", problems);
    let first_day = first_day.parse().unwrap_or_else(|_| {
        if !first_day.is_empty() {
            problems.add(
                &t.place_of("first_day"),
                format!("`first_day` is `{first_day}`, expected a date such as 2016-01-01"),
            );
        }
        jiff::civil::Date::constant(2000, 1, 1)
    });
    let first_period = quarter(&mut t, "first_period", problems);
    let last_period = quarter(&mut t, "last_period", problems);
    if last_period < first_period {
        problems.add(
            &t.place_of("last_period"),
            format!("`last_period` {last_period} is before `first_period` {first_period}"),
        );
    }
    let time_zone = t.required("time_zone", problems);
    if !time_zone.is_empty() && jiff::tz::TimeZone::get(&time_zone).is_err() {
        problems.add(
            &t.place_of("time_zone"),
            format!("`{time_zone}` is not a time zone; expected one such as Asia/Ho_Chi_Minh"),
        );
    }
    let retention = settings::retention(&mut t, problems);
    let (settings, register) = settings::settings(&mut t, folder, overrides, problems);
    let sources = sources::read(&mut t, folder, &settings, named, problems);
    if sources.is_empty() {
        problems.add(&Place::file(&source.path), "there is no `[[source]]`".to_owned());
    }
    t.end(problems);
    let plan = Plan {
        folder: folder.to_owned(),
        code,
        name_vi,
        name_en,
        notice_vi,
        notice_en,
        first_day,
        first_period,
        last_period,
        time_zone,
        settings,
        retention,
        sources,
        signers: Signers::default(),
        elements: Vec::new(),
        forms: Vec::new(),
        indicators: Vec::new(),
        targets: Vec::new(),
        rubric: Rubric::default(),
        scoring: Scoring::of_targets(&[], &[]),
        rules: Vec::new(),
        interventions: Vec::new(),
        populations: BTreeMap::new(),
        baselines: BTreeMap::new(),
        corrections: Corrections::default(),
        actions: Actions::default(),
        geography: Geography::default(),
        digest: String::new(),
        reading_digest: String::new(),
    };
    (plan, register)
}

fn quarter(t: &mut Table<'_>, key: &'static str, problems: &mut Problems) -> Period {
    let text = t.required(key, problems);
    match text.parse::<Period>() {
        Ok(period) if !period.is_year() => period,
        _ => {
            if !text.is_empty() {
                problems.add(&t.place_of(key), format!("`{key}` is `{text}`, expected a quarter such as 2016-Q1"));
            }
            Period::quarter_containing(jiff::civil::Date::constant(2000, 1, 1))
        }
    }
}

fn form(source: &Source, plan: &mut Plan, problems: &mut Problems) {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let code = t.required("code", problems);
    let level = t.word("level", LEVELS, problems);
    let level = t.need("level", level, problems).unwrap_or(Level::Ward);
    let frequency = t.word("frequency", &[("quarter", Frequency::Quarter), ("year", Frequency::Year)], problems);
    let due = t.number("due_days", problems);
    let mut form = Form {
        code: code.clone(),
        name_vi: t.required("name_vi", problems),
        name_en: t.required("name_en", problems),
        level,
        frequency: t.need("frequency", frequency, problems).unwrap_or(Frequency::Quarter),
        due_days: t.need("due_days", due, problems).unwrap_or_default() as i32,
        marks: t.texts("marks", problems),
        elements: Vec::new(),
    };
    for (column, mut e) in t.tables("element", problems).into_iter().enumerate() {
        let kind = e.word("kind", KINDS, problems);
        let element = Element {
            code: e.required("code", problems),
            form: code.clone(),
            column: column as u16 + 1,
            kind: e.need("kind", kind, problems).unwrap_or(Kind::Flow),
            over_time: e
                .word("over_time", OVER_TIME, problems)
                .unwrap_or_else(|| kind.unwrap_or(Kind::Flow).over_time()),
            level,
            name_vi: e.required("name_vi", problems),
            name_en: e.required("name_en", problems),
            headers: e.texts("headers", problems),
            part_of: e.text("part_of", problems),
            decimals: e.flag("decimals", problems),
            unit: e.text("unit", problems).unwrap_or_default(),
            max: e.number("max", problems),
            typical: e.number("typical", problems),
            typical_per_1000: e.number("typical_per_1000", problems),
        };
        if plan.element_index(&element.code).is_some() {
            problems.add(&e.place_of("code"), format!("element `{}` is defined twice", element.code));
        }
        form.elements.push(plan.elements.len());
        plan.elements.push(element);
        e.end(problems);
    }
    if plan.form(&code).is_some() {
        problems.add(&t.place_of("code"), format!("form `{code}` is defined twice"));
    }
    plan.forms.push(form);
    t.end(problems);
}

fn rubric(source: &Source, plan: &Plan, problems: &mut Problems) -> Rubric {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let mut rubric = Rubric::default();
    for mut c in t.tables("criterion", problems) {
        let max = c.number("max_points", problems);
        let criterion = Criterion {
            code: c.required("code", problems),
            name_vi: c.required("name_vi", problems),
            name_en: c.required("name_en", problems),
            max_points: c.need("max_points", max, problems).unwrap_or_default(),
            claimed_element: c.required("claimed", problems),
            verified_element: c.required("verified", problems),
        };
        if max.is_some_and(|most| most <= 0.0) {
            let text = format!("`max_points` of `{}` must be above 0", criterion.code);
            problems.add(&c.place_of("max_points"), text);
        }
        for (key, code) in [("claimed", &criterion.claimed_element), ("verified", &criterion.verified_element)] {
            check::element(plan, code, &c.place_of(key), problems);
        }
        rubric.criteria.push(criterion);
        c.end(problems);
    }
    for mut c in t.tables("class", problems) {
        let min = c.number("min_points", problems);
        let mut class = Class {
            code: c.required("code", problems),
            name_vi: c.required("name_vi", problems),
            name_en: c.required("name_en", problems),
            min_points: c.need("min_points", min, problems).unwrap_or_default(),
            requirements: Vec::new(),
        };
        if let Some(requires) = c.table("requires", problems) {
            for (criterion, min_points, place) in requires.numbers(problems) {
                if !rubric.criteria.iter().any(|k| k.code == criterion) {
                    problems.unknown(&place, "criterion", &criterion, rubric.criteria.iter().map(|k| k.code.as_str()));
                }
                class.requirements.push(Requirement { criterion, min_points });
            }
        }
        if rubric.classes.last().is_some_and(|better| better.min_points <= class.min_points) {
            let what = format!("class `{}` must have fewer points than the one before it", class.code);
            problems.add(&c.place_of("min_points"), what);
        }
        rubric.classes.push(class);
        c.end(problems);
    }
    if rubric.classes.last().is_some_and(|last| last.min_points > 0.0 || !last.requirements.is_empty()) {
        problems
            .add(&Place::file(&source.path), "the last class must start at 0 points and require nothing".to_owned());
    }
    t.end(problems);
    rubric
}

fn indicators(source: &Source, plan: &Plan, problems: &mut Problems) -> Vec<Indicator> {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let mut all: Vec<Indicator> = Vec::new();
    for mut i in t.tables("indicator", problems) {
        let level = i.word("level", LEVELS, problems);
        let forms = [("ratio", ValueForm::Ratio), ("reduction", ValueForm::Reduction), ("count", ValueForm::Count)];
        let form = i.word("form", &forms, problems);
        let directions = [("rise", Direction::Rise), ("fall", Direction::Fall), ("none", Direction::None)];
        let direction = i.word("direction", &directions, problems);
        let level = i.need("level", level, problems).unwrap_or(Level::Ward);
        let form = i.need("form", form, problems).unwrap_or(ValueForm::Count);
        let numerator = check::formula(&mut i, "numerator", plan, level, problems);
        let denominator = check::formula(&mut i, "denominator", plan, level, problems);
        if (form == ValueForm::Count) == denominator.is_some() {
            let what =
                if form == ValueForm::Count { "a count has no `denominator`" } else { "`denominator` is missing" };
            problems.add(&i.place_of("denominator"), what.to_owned());
        }
        let own = i.table("own", problems).and_then(|mut o| {
            let level = o.word("level", LEVELS, problems)?;
            let numerator = check::formula(&mut o, "numerator", plan, level, problems)?;
            let denominator = check::formula(&mut o, "denominator", plan, level, problems);
            o.end(problems);
            Some(OwnPart { level, numerator, denominator })
        });
        let numerator_place = i.place();
        let indicator = Indicator {
            code: i.required("code", problems),
            name_vi: i.required("name_vi", problems),
            name_en: i.required("name_en", problems),
            group: i.required("group", problems),
            level,
            unit: i.text("unit", problems),
            form,
            numerator: i.need("numerator", numerator, problems).unwrap_or(Expr::Units),
            denominator,
            factor: i.number("factor", problems).unwrap_or(1.0),
            own,
            direction: i.need("direction", direction, problems).unwrap_or(Direction::None),
            unit_label: i.required("unit_label", problems),
            chance: Chance::None,
            exact_interval: i.word("interval", &[("usual", false), ("exact", true)], problems).unwrap_or(false),
            watch_denominator: i.flag("watch_denominator", problems),
        };
        let indicator = Indicator { chance: chance(&indicator, plan), ..indicator };
        if let Some(example) = i.table("example", problems) {
            check::example(&indicator, &example, problems);
        }
        if all.iter().any(|other| other.code == indicator.code) {
            problems.add(&numerator_place, format!("indicator `{}` is defined twice", indicator.code));
        }
        i.end(problems);
        all.push(indicator);
    }
    t.end(problems);
    all
}

/// Which law of chance suits an indicator: told from what it is made of.
fn chance(indicator: &Indicator, plan: &Plan) -> Chance {
    let whole = |expr: &Expr| {
        let mut whole = true;
        expr.visit(&mut |node| {
            whole &= match node {
                Expr::Element(code) => plan.elements.iter().any(|e| e.code == *code && !e.decimals),
                Expr::Add(..) | Expr::Class(_) | Expr::Test(..) | Expr::Units | Expr::Population => true,
                Expr::Number(_) | Expr::Sub(..) | Expr::Mul(..) | Expr::Div(..) | Expr::Baseline(_) => false,
            };
        });
        whole
    };
    let events = |expr: &Expr| {
        expr.elements().iter().all(|code| plan.elements.iter().any(|e| e.code == *code && e.kind == Kind::Flow))
    };
    match (indicator.form, &indicator.denominator) {
        _ if !whole(&indicator.numerator) => Chance::None,
        // Of what stood at the baseline a part is left.
        (ValueForm::Reduction, _) => Chance::Share,
        // What is there is counted in full; only events come by chance.
        (ValueForm::Count, _) if events(&indicator.numerator) => Chance::Count,
        (ValueForm::Count, _) => Chance::None,
        (_, Some(Expr::Population)) if !indicator.is_share() && events(&indicator.numerator) => Chance::Rate,
        (_, Some(denominator)) if indicator.is_share() && whole(denominator) => Chance::Share,
        _ => Chance::None,
    }
}
