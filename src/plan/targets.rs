//! `targets.toml`: what each indicator should reach, by when, from where.

use super::problem::Problems;
use super::toml_reader::{Source, Table};
use crate::model::{Aim, Milestone, Pace, Plan, Target, TargetKind};

/// Reads `targets.toml`.
pub(super) fn read(source: &Source, plan: &Plan, problems: &mut Problems) -> Vec<Target> {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let mut all = Vec::new();
    for mut g in t.tables("target", problems) {
        let mut milestones: Vec<Milestone> = Vec::new();
        for mut m in g.tables("milestones", problems) {
            let (year, low) = (m.number("year", problems), m.number("low", problems));
            let low = m.need("low", low, problems).unwrap_or_default();
            let milestone = Milestone {
                year: m.need("year", year, problems).unwrap_or_default() as i16,
                low,
                high: m.number("high", problems).unwrap_or(low),
            };
            if milestone.high < milestone.low {
                problems
                    .add(&m.place_of("high"), format!("`high` {} is below `low` {}", milestone.high, milestone.low));
            }
            if milestones.last().is_some_and(|before| before.year >= milestone.year) {
                problems.add(&m.place_of("year"), "milestones must stand in the order of their years".to_owned());
            }
            m.end(problems);
            milestones.push(milestone);
        }
        let kinds = [
            ("level", TargetKind::Level),
            ("cumulative_flow", TargetKind::CumulativeFlow),
            ("share_of_units", TargetKind::ShareOfUnits),
            ("count", TargetKind::Count),
        ];
        let target = Target {
            indicator: g.required("indicator", problems),
            kind: g.word("kind", &kinds, problems).unwrap_or(TargetKind::Level),
            aim: g
                .word("direction", &[("rise", Aim::Rise), ("fall", Aim::Fall), ("hold", Aim::Hold)], problems)
                .unwrap_or(Aim::Rise),
            start: g.number("baseline", problems),
            start_source: g.text("baseline_source", problems).unwrap_or_default(),
            pace: g.word("pace", &[("linear", Pace::Linear), ("step", Pace::Step)], problems).unwrap_or(Pace::Linear),
            on_track_from: g.number("on_track_from", problems).unwrap_or(1.0),
            at_risk_from: g.number("at_risk_from", problems).unwrap_or(0.8),
            sampled: g.flag("sampled", problems),
            milestones,
        };
        if target.at_risk_from > target.on_track_from {
            let (risk, track) = (target.at_risk_from, target.on_track_from);
            problems
                .add(&g.place_of("at_risk_from"), format!("`at_risk_from` {risk} is above `on_track_from` {track}"));
        }
        if target.start.is_some() && target.start_source.is_empty() {
            problems.add(&g.place_of("baseline"), "`baseline` has no `baseline_source`".to_owned());
        }
        if target.aim == Aim::Fall && target.start.is_none() {
            problems.add(&g.place(), format!("the target of `{}` falls, and has no `baseline`", target.indicator));
        }
        if plan.indicator(&target.indicator).is_none() {
            let known = plan.indicators.iter().map(|i| i.code.as_str());
            problems.unknown(&g.place_of("indicator"), "indicator", &target.indicator, known);
        }
        if target.milestones.is_empty() {
            problems.add(&g.place(), format!("the target of `{}` has no milestone", target.indicator));
        }
        g.end(problems);
        all.push(target);
    }
    t.end(problems);
    all
}
