//! The score of wards in one quarter: components placed between their posts, averaged in groups, groups averaged.
//!
//! Where the value of a component builds up from 1 January, fixed posts hold in part: by the quarter's share of the year.

use crate::evaluate::judge::{Judged, known};
use crate::evaluate::verdict::due;
use crate::model::{Aim, Averaging, Direction, Period, Plan, Posts, Scoring, State, Target};
use crate::stats::Coverage;
use crate::stats::composite::aggregate::{Framework, Method, Parent};
use crate::stats::composite::normalise::Goalposts;

/// What the score of the best is.
const FULL: f64 = 100.0;

/// How scores of one quarter are made.
pub(super) struct Setting<'a> {
    scoring: &'a Scoring,
    /// Components, then groups, then the score.
    pub(super) framework: Framework,
    methods: [Method; 2],
    /// Weight of every node.
    pub(super) weights: Vec<f64>,
    /// Posts of every component in this quarter; `None` where there is nothing to stand between.
    pub(super) posts: Vec<Option<Goalposts>>,
}

/// What is known of a component of one ward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// A value.
    Known(Known),
    /// Not reported here though by others: it may be anything.
    Open,
    /// Nothing to divide by, or nobody has a value yet.
    Absent,
}

/// A value and what it might be instead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Known {
    pub(super) value: f64,
    /// Least and most that it can be, given what is missing.
    pub(super) least: f64,
    /// See `least`.
    pub(super) most: f64,
    /// A standard error by chance downwards.
    pub(super) down: f64,
    /// And upwards: intervals of shares are skewed.
    pub(super) up: f64,
}

/// What lies between a target's baseline and what it requires now, and whether the way leads up; `None` where there is none.
fn way(plan: &Plan, target: &Target, quarter: Period) -> Option<((f64, f64), bool)> {
    let due = due(plan, target, quarter).low;
    match target.aim {
        Aim::Rise => Some(((target.start.unwrap_or(0.0), due), true)),
        Aim::Fall => target.start.map(|start| ((due, start), false)),
        Aim::Hold => None,
    }
}

impl<'a> Setting<'a> {
    /// The setting of a quarter.
    pub(super) fn new(plan: &'a Plan, quarter: Period) -> Self {
        let scoring = &plan.scoring;
        let leaves = scoring.components().count();
        let mut parents = Vec::new();
        let mut weights: Vec<f64> = scoring.components().map(|c| c.weight).collect();
        let mut first = 0;
        for group in &scoring.groups {
            let last = first + group.components.len();
            parents.push(Parent { level: 0, children: (first..last).collect() });
            first = last;
        }
        weights.extend(scoring.groups.iter().map(|g| g.weight));
        parents.push(Parent { level: 1, children: (leaves..leaves + parents.len()).collect() });
        weights.push(1.0);
        let part = f64::from(quarter.quarter().unwrap_or(4)) / 4.0;
        let posts = scoring.components().map(|component| {
            let indicator = &plan.indicators[component.indicator];
            let ((low, high), rising) = match component.posts {
                Posts::Fixed { low, high } => {
                    let part = if component.builds_within_year { part } else { 1.0 };
                    ((low * part, high * part), indicator.direction != Direction::Fall)
                }
                Posts::Pace => way(plan, plan.target(&indicator.code)?, quarter)?,
            };
            (high > low).then_some(Goalposts { low, high, rising, truncate: true, scale: FULL })
        });
        let method = |averaging| match averaging {
            Averaging::Arithmetic => Method::Arithmetic,
            Averaging::Geometric => Method::Geometric,
        };
        Self {
            scoring,
            framework: Framework { leaves, parents },
            methods: [scoring.within, scoring.between].map(method),
            weights,
            posts: posts.collect(),
        }
    }

    /// What is known, by ward then component.
    pub(super) fn readings<'j>(
        &self,
        plan: &Plan,
        wards: &[usize],
        of: impl Fn(usize, usize) -> Option<&'j Judged>,
    ) -> Vec<Reading> {
        let components: Vec<_> = self.scoring.components().collect();
        let has_value = |indicator| wards.iter().any(|w| of(indicator, *w).is_some_and(|j| !j.value.is_nan()));
        // What nobody has yet is no gap of one ward.
        let usable: Vec<bool> =
            components.iter().zip(&self.posts).map(|(c, posts)| posts.is_some() && has_value(c.indicator)).collect();
        let mut all = Vec::with_capacity(wards.len() * components.len());
        for ward in wards {
            all.extend(components.iter().zip(&usable).map(|(component, usable)| {
                let Some(judged) = of(component.indicator, *ward).filter(|_| *usable) else { return Reading::Absent };
                let Some(value) = known(judged.value) else {
                    let open = matches!(judged.state, State::NotReported | State::Rejected | State::NotDue);
                    return if open { Reading::Open } else { Reading::Absent };
                };
                let chance = judged.interval(&plan.indicators[component.indicator]).filter(|_| component.chance);
                let (down, up) = chance.map_or((0.0, 0.0), |(low, high)| (value - low, high - value));
                Reading::Known(Known {
                    value,
                    least: known(judged.low).unwrap_or(value),
                    most: known(judged.high).unwrap_or(value),
                    down: down.max(0.0) / Coverage::P95.z,
                    up: up.max(0.0) / Coverage::P95.z,
                })
            }));
        }
        all
    }

    /// Scores with everything as it is given.
    pub(super) fn scores(&self, readings: &[Reading]) -> Vec<Option<f64>> {
        let leaves = self.framework.leaves;
        let units = readings.len() / leaves.max(1);
        let mut nodes = vec![f64::NAN; self.framework.nodes() * units];
        for (at, reading) in readings.iter().enumerate() {
            let Reading::Known(known) = reading else { continue };
            let (unit, leaf) = (at / leaves, at % leaves);
            let placed = self.posts[leaf].and_then(|posts| posts.place(known.value));
            nodes[leaf * units + unit] = placed.unwrap_or(f64::NAN);
        }
        self.score_units(&mut nodes, units, &self.weights).iter().copied().map(known).collect()
    }

    /// The scores of many units side by side: `nodes` by node then unit, the components' places filled, NaN where there is
    /// nothing. Leaves the components no lower than the floor.
    pub(super) fn score_units<'n>(&self, nodes: &'n mut [f64], units: usize, weights: &[f64]) -> &'n [f64] {
        let floor = self.scoring.floor;
        for placed in &mut nodes[..self.framework.leaves * units] {
            *placed = if *placed < floor { floor } else { *placed };
        }
        self.framework.fill_units(nodes, units, weights, &self.methods, self.scoring.least_share);
        &nodes[nodes.len() - units..]
    }
}
