//! `score.toml`: what the ward score is made of.

use crate::model::score::counts_units;
use crate::model::{Averaging, Component, Direction, Level, Plan, Posts, ScoreGroup, Scoring, TargetKind, Uncertainty};

use super::problem::{Place, Problems};
use super::toml_reader::{Source, Table};

/// Most draws: far more than any quantile needs.
const MOST_DRAWS: f64 = 100_000.0;

/// Reads how the score is made.
pub(super) fn read(source: &Source, plan: &Plan, problems: &mut Problems) -> Scoring {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let ways = [("arithmetic", Averaging::Arithmetic), ("geometric", Averaging::Geometric)];
    let (within, between) = (t.word("within", &ways, problems), t.word("between", &ways, problems));
    let within = t.need("within", within, problems).unwrap_or(Averaging::Arithmetic);
    let between = t.need("between", between, problems).unwrap_or(Averaging::Arithmetic);
    let floor = within_limits(&mut t, "floor", 0.0, (0.0, 99.0), problems);
    if floor <= 0.0 && (within == Averaging::Geometric || between == Averaging::Geometric) {
        let what = "a geometric average needs a `floor` above 0, or one zero makes the score zero".to_owned();
        problems.add(&t.place_of("floor"), what);
    }
    let least_share = within_limits(&mut t, "least_share", 0.5, (0.0, 1.0), problems);
    let uncertainty = uncertainty(&mut t, problems);
    let mut groups: Vec<ScoreGroup> = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    for mut g in t.tables("group", problems) {
        let group = ScoreGroup {
            code: g.required("code", problems),
            name_vi: g.required("name_vi", problems),
            name_en: g.required("name_en", problems),
            weight: weight(&mut g, problems),
            components: {
                let all = g.tables("component", problems).into_iter();
                all.filter_map(|c| component(c, plan, &mut used, problems)).collect()
            },
        };
        if group.components.is_empty() && !g.has("component") {
            problems.add(&g.place(), format!("group `{}` has no `[[group.component]]`", group.code));
        }
        if groups.iter().any(|other| other.code == group.code) {
            problems.add(&g.place_of("code"), format!("group `{}` is defined twice", group.code));
        }
        groups.push(group);
        g.end(problems);
    }
    if groups.is_empty() {
        problems.add(&Place::file(&source.path), "there is no `[[group]]`".to_owned());
    }
    t.end(problems);
    Scoring { groups, within, between, floor, least_share, uncertainty }
}

fn component(mut c: Table<'_>, plan: &Plan, used: &mut Vec<usize>, problems: &mut Problems) -> Option<Component> {
    let code = c.required("indicator", problems);
    let (low, high) = (c.number("low", problems), c.number("high", problems));
    let (low, high) = (c.need("low", low, problems), c.need("high", high, problems));
    let weight = weight(&mut c, problems);
    let given = c.has("builds_within_year").then(|| c.flag("builds_within_year", problems));
    let chance = c.has("chance").then(|| c.flag("chance", problems));
    if let Some((low, high)) = low.zip(high).filter(|(low, high)| low >= high) {
        problems.add(&c.place_of("low"), format!("`low` {low} must be below `high` {high}"));
    }
    let place = c.place_of("indicator");
    c.end(problems);
    let Some(at) = plan.indicators.iter().position(|i| i.code == code) else {
        if !code.is_empty() {
            problems.unknown(&place, "indicator", &code, plan.indicators.iter().map(|i| i.code.as_str()));
        }
        return None;
    };
    let indicator = &plan.indicators[at];
    if indicator.level != Level::Ward || indicator.unit.is_some() {
        problems.add(&place, format!("`{code}` is not an indicator of every ward"));
    }
    if indicator.direction == Direction::None {
        problems.add(&place, format!("`{code}` has neither a good nor a bad direction"));
    }
    if used.contains(&at) {
        problems.add(&place, format!("`{code}` stands twice"));
    }
    used.push(at);
    Some(Component {
        indicator: at,
        posts: Posts::Fixed { low: low?, high: high? },
        builds_within_year: given.unwrap_or_else(|| builds(plan, &code)),
        chance: chance.unwrap_or_else(|| !counts_units(indicator)),
        weight,
    })
}

fn uncertainty(t: &mut Table<'_>, problems: &mut Problems) -> Uncertainty {
    let usual = Uncertainty::default();
    let Some(mut u) = t.table("uncertainty", problems) else { return usual };
    let read = Uncertainty {
        draws: whole(&mut u, "draws", f64::from(usual.draws), (1.0, MOST_DRAWS), problems) as u32,
        // Larger whole numbers are not all told apart by what reads them.
        seed: whole(&mut u, "seed", usual.seed as f64, (0.0, 9e15), problems) as u64,
        weights: within_limits(&mut u, "weights", usual.weights, (0.0, 0.99), problems),
        // At a half the two posts could meet.
        posts: within_limits(&mut u, "posts", usual.posts, (0.0, 0.49), problems),
        coverage: within_limits(&mut u, "coverage", usual.coverage, (0.5, 0.999), problems),
    };
    u.end(problems);
    read
}

/// Whether the indicator's target is due by quarters of the year.
fn builds(plan: &Plan, code: &str) -> bool {
    plan.target(code).is_some_and(|target| target.kind == TargetKind::CumulativeFlow)
}

/// A weight above 0; 1 where none is given.
fn weight(t: &mut Table<'_>, problems: &mut Problems) -> f64 {
    let weight = t.number("weight", problems).unwrap_or(1.0);
    if weight <= 0.0 || !weight.is_finite() {
        problems.add(&t.place_of("weight"), format!("`weight` is {weight}, expected a number above 0"));
    }
    weight
}

fn within_limits(
    t: &mut Table<'_>,
    key: &'static str,
    usual: f64,
    (least, most): (f64, f64),
    problems: &mut Problems,
) -> f64 {
    let number = t.number(key, problems).unwrap_or(usual);
    if !(least..=most).contains(&number) {
        problems.add(&t.place_of(key), format!("`{key}` is {number}, expected a number from {least} to {most}"));
    }
    number
}

fn whole(t: &mut Table<'_>, key: &'static str, usual: f64, limits: (f64, f64), problems: &mut Problems) -> f64 {
    let number = within_limits(t, key, usual, limits, problems);
    if number.fract() != 0.0 {
        problems.add(&t.place_of(key), format!("`{key}` is {number}, expected a whole number"));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_at_once_with_its_line() {
        let definition = crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap();
        let text = r#"within = "arithmetic"
between = "geometric"
least_share = 1.5
[uncertainty]
draws = 10.5
weights = 1
[[group]]
code = "a"
name_vi = "A"
name_en = "A"
weight = 0
[[group.component]]
indicator = "T1"
low = 1
high = 0
[[group.component]]
indicator = "T2"
low = 0
high = 1
[[group.component]]
indicator = "S2-02"
low = 0
high = 1
[[group.component]]
indicator = "T1"
low = 0
high = 1
wieght = 2
[[group.component]]
indicator = "T55"
low = 0
high = 1
[[group]]
code = "a"
name_vi = "A"
name_en = "A"
"#;
        let source = Source { path: "score.toml".into(), text: text.to_owned() };
        let mut problems = Problems::default();
        read(&source, &definition.plan, &mut problems);
        let found: Vec<String> = problems.sorted().iter().map(ToString::to_string).collect();
        for (line, wanted) in [
            (1, "needs a `floor` above 0"),
            (3, "`least_share` is 1.5"),
            (5, "`draws` is 10.5, expected a whole number"),
            (6, "`weights` is 1, expected a number from 0 to 0.99"),
            (11, "`weight` is 0"),
            (14, "`low` 1 must be below `high` 0"),
            (17, "`T2` is not an indicator of every ward"),
            (21, "`S2-02` has neither"),
            (25, "`T1` stands twice"),
            (28, "`wieght` is not a key here"),
            (30, "indicator `T55` is not defined"),
            (33, "has no `[[group.component]]`"),
            (34, "group `a` is defined twice"),
        ] {
            let place = format!("score.toml:{line}:");
            let told = found.iter().any(|problem| problem.starts_with(&place) && problem.contains(wanted));
            assert!(told, "{line}: {wanted}: {found:#?}");
        }
        assert_eq!(found.len(), 13, "{found:#?}");
    }

    #[test]
    fn what_is_not_said_follows_from_the_plan() {
        let plan = crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap().plan;
        let of = |code: &str| {
            let at = plan.indicators.iter().position(|i| i.code == code).unwrap();
            plan.scoring.components().find(|c| c.indicator == at).unwrap()
        };
        assert!(of("T1").builds_within_year && !of("T5").builds_within_year);
        assert!(of("T5").chance && !of("T8").chance, "a ward's own class is no sample");
    }
}
