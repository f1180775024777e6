//! Scores by hand, and what must hold of every score and interval.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::draws::Spread;
use super::score::{Known, Reading, Setting};
use super::{Draws, hold};
use crate::model::{Averaging, Component, Plan, Posts, ScoreGroup, Scoring};
use crate::stats::composite::rank_descending;

/// The shipped plan with this score.
fn plan(scoring: Scoring) -> Plan {
    static SHIPPED: OnceLock<Plan> = OnceLock::new();
    let load = || crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap().plan;
    Plan { scoring, ..SHIPPED.get_or_init(load).clone() }
}

fn component(indicator: usize, low: f64, high: f64, weight: f64) -> Component {
    let builds_within_year = indicator == T1;
    Component { indicator, posts: Posts::Fixed { low, high }, builds_within_year, chance: true, weight }
}

const T1: usize = 0;
const T5: usize = 4;
const T7: usize = 6;
/// Violations per inspection: the fewer the better.
const FALLING: &str = "S5-03";

/// T1 and T5 in one group, T7 in another with three times its weight.
fn two_groups(between: Averaging, least_share: f64) -> Scoring {
    let group = |code: &str, weight, components| ScoreGroup {
        code: code.to_owned(),
        name_vi: String::new(),
        name_en: String::new(),
        weight,
        components,
    };
    let first = vec![component(T1, 0.0, 1.0, 2.0), component(T5, 0.5, 1.0, 1.0)];
    Scoring {
        groups: vec![group("a", 1.0, first), group("b", 3.0, vec![component(T7, 0.0, 1.0, 1.0)])],
        within: Averaging::Arithmetic,
        between,
        floor: 5.0,
        least_share,
        uncertainty: crate::model::Uncertainty { draws: 60, ..Default::default() },
    }
}

fn value(value: f64) -> Reading {
    Reading::Known(Known { value, least: value, most: value, down: 0.0, up: 0.0 })
}

fn scores(scoring: Scoring, readings: &[Reading]) -> Vec<Option<f64>> {
    let plan = plan(scoring);
    Setting::new(&plan, "2018-Q2".parse().unwrap()).scores(readings)
}

fn near(got: Option<f64>, want: f64) -> bool {
    got.is_some_and(|got| (got - want).abs() < 1e-9)
}

#[test]
fn scores_by_hand() {
    // By midyear half of T1's posts hold: 25% is half way.
    let ward = [value(0.25), value(1.0), value(0.4)];
    let first = (2.0 * 50.0 + 100.0) / 3.0;
    let plain = |least| two_groups(Averaging::Arithmetic, least);
    assert!(near(scores(plain(0.5), &ward)[0], (first + 3.0 * 40.0) / 4.0));
    // Beyond the posts is at them; the floor is the least that counts.
    let beyond = [value(0.9), value(0.1), value(0.4)];
    assert!(near(scores(plain(0.5), &beyond)[0], ((2.0 * 100.0 + 5.0) / 3.0 + 3.0 * 40.0) / 4.0));
    // A missing component leaves its weight to its group, a missing group to the others.
    assert!(near(scores(plain(0.5), &[value(0.25), Reading::Absent, value(0.4)])[0], (50.0 + 3.0 * 40.0) / 4.0));
    let no_group = [value(0.25), value(1.0), Reading::Open];
    assert!(near(scores(plain(0.5), &no_group)[0], first));
    assert_eq!(scores(plain(0.6), &no_group)[0], None, "half of the groups is too few");
    assert_eq!(scores(plain(0.0), &[Reading::Absent; 3])[0], None);
    let geometric = scores(two_groups(Averaging::Geometric, 0.5), &[value(0.25), value(1.0), value(0.0)]);
    assert!(near(geometric[0], ((first.ln() + 3.0 * 5.0_f64.ln()) / 4.0).exp()));
}

#[test]
fn where_less_is_better_the_lower_post_is_the_good_one() {
    let mut scoring = two_groups(Averaging::Arithmetic, 0.0);
    let shipped = plan(scoring.clone());
    let falling = shipped.indicators.iter().position(|i| i.code == FALLING).unwrap();
    assert_eq!(shipped.indicators[falling].direction, crate::model::Direction::Fall);
    scoring.groups.remove(0);
    scoring.groups[0].components[0] = component(falling, 0.0, 0.4, 1.0);
    assert!(near(scores(scoring.clone(), &[value(0.1)])[0], 75.0));
}

#[test]
fn without_a_definition_targets_count_equally_by_what_is_required_now() {
    let shipped = plan(two_groups(Averaging::Arithmetic, 0.0));
    let scoring = Scoring::of_targets(&shipped.indicators, &shipped.targets);
    let codes: Vec<&str> = scoring.components().map(|c| shipped.indicators[c.indicator].code.as_str()).collect();
    assert_eq!(codes, ["T1", "T5", "T6", "T7", "T8"]);
    // T5 demands all every year; T6 by mid-2018 half of its 60%; T7 half of all, and more than required counts no more.
    let ward = [Reading::Absent, value(0.5), value(0.15), value(0.75), Reading::Open];
    assert!(near(scores(scoring, &ward)[0], (50.0 + 50.0 + 100.0) / 3.0));
}

fn spread(scoring: &Scoring, readings: &[Reading]) -> Vec<Option<Spread>> {
    let plan = plan(scoring.clone());
    let quarter = "2018-Q2".parse().unwrap();
    let setting = Setting::new(&plan, quarter);
    Draws::new(&plan).spread(&setting, readings, &setting.scores(readings), ("46", quarter))
}

#[test]
fn only_what_is_open_is_drawn() {
    let mut scoring = two_groups(Averaging::Arithmetic, 0.5);
    (scoring.uncertainty.weights, scoring.uncertainty.posts) = (0.0, 0.0);
    let known = [value(0.25), value(1.0), value(0.4)];
    let open = [value(0.25), value(1.0), Reading::Open];
    let got = spread(&scoring, &[known, open].concat());
    let (sure, open) = (got[0].unwrap(), got[1].unwrap());
    let score = ((2.0 * 50.0 + 100.0) / 3.0 + 3.0 * 40.0) / 4.0;
    assert!((sure.score.0 - score).abs() < 1e-9 && (sure.score.1 - score).abs() < 1e-9, "{sure:?}");
    // The open group weighs three quarters: nine tenths of its draws lie between about 5 and 95.
    assert!(open.score.0 < 30.0 && open.score.1 > 78.0, "{open:?}");
    assert_eq!((sure.rank, open.rank), ((1, 2), (1, 2)));
}

#[test]
fn no_ward_s_interval_hangs_on_what_another_reported() {
    let scoring = two_groups(Averaging::Geometric, 0.5);
    let unsure = Reading::Known(Known { value: 0.8, least: 0.6, most: 0.9, down: 0.1, up: 0.05 });
    let own = [value(0.25), unsure, value(0.4)];
    let beside = |other: [Reading; 3]| spread(&scoring, &[other, own].concat())[1].unwrap().score;
    assert_eq!(beside([value(0.1), unsure, unsure]), beside([Reading::Absent; 3]));
    assert_eq!(beside([Reading::Open, value(0.7), value(0.2)]), beside([value(0.3); 3]));
}

fn reading() -> impl Strategy<Value = Reading> {
    let known = (-0.5..1.5, 0.0..0.3, 0.0..0.3, 0.0..0.2, 0.0..0.2).prop_map(|(value, less, more, down, up)| {
        Reading::Known(Known { value, least: value - less, most: value + more, down, up })
    });
    prop_oneof![8 => known, 1 => Just(Reading::Open), 1 => Just(Reading::Absent)]
}

fn scoring() -> impl Strategy<Value = Scoring> {
    let between = prop_oneof![Just(Averaging::Arithmetic), Just(Averaging::Geometric)];
    (between, 0.0..1.0).prop_map(|(between, least_share)| two_groups(between, least_share))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn scores_and_ranks_lie_within_their_bounds(
        scoring in scoring(),
        readings in proptest::collection::vec(reading(), 15),
    ) {
        let scores = scores(scoring.clone(), &readings);
        let spread = spread(&scoring, &readings);
        let ranked = scores.iter().flatten().count() as i32;
        for ((score, rank), spread) in scores.iter().zip(rank_descending(&scores)).zip(spread) {
            prop_assert_eq!(score.is_some(), rank.is_some() && spread.is_some());
            let (Some(score), Some(rank), Some(spread)) = (score, rank, spread) else { continue };
            prop_assert!((0.0..=100.0 + 1e-9).contains(score));
            let (score, rank) = (hold(*score, spread.score), hold(rank as i32, spread.rank));
            prop_assert!(score.low <= score.at && score.at <= score.high && score.low >= 0.0);
            prop_assert!(score.high <= 100.0 + 1e-9);
            prop_assert!(1 <= rank.low && rank.low <= rank.at && rank.at <= rank.high && rank.high <= ranked);
        }
    }

    #[test]
    fn a_better_value_never_lowers_the_score(
        scoring in scoring(),
        readings in proptest::collection::vec(reading(), 3),
        at in 0_usize..3,
        more in 0.0..1.0,
    ) {
        let before = scores(scoring.clone(), &readings)[0];
        let mut better = readings;
        if let Reading::Known(known) = &mut better[at] {
            known.value += more;
        }
        let after = scores(scoring, &better)[0];
        prop_assert!(before.zip(after).is_none_or(|(before, after)| after >= before - 1e-9));
    }

    #[test]
    fn the_same_seed_gives_the_same_draws(readings in proptest::collection::vec(reading(), 9), seed in 0_u64..1000) {
        let mut scoring = two_groups(Averaging::Geometric, 0.0);
        scoring.uncertainty.seed = seed;
        prop_assert_eq!(spread(&scoring, &readings), spread(&scoring, &readings));
    }
}
