//! Numeric targets: where a value should stand at each moment, how far it has come, and the bands of its verdict.
//!
//! The path goes in straight lines (or steps) from the baseline over the milestones. Bands are half-open and leave no gap:
//! from `on_track_from` of the way that is due it is on track, below that and from `at_risk_from` at risk, below that off
//! track.

use super::state::words;

words! {
    /// What is measured against the target.
    TargetKind {
        /// A level at a moment.
        Level = "level",
        /// Counted from 1 January: at a quarter's end only that quarter's share of the year is due.
        CumulativeFlow = "cumulative_flow",
        /// A share of units that meet a condition.
        ShareOfUnits = "share_of_units",
        /// A number of things.
        Count = "count",
    }
}

words! {
    /// Where the value is to go.
    Aim {
        /// Up to the target.
        Rise = "rise",
        /// Down to it.
        Fall = "fall",
        /// Stay between `low` and `high`.
        Hold = "hold",
    }
}

words! {
    /// How the required value moves between milestones.
    Pace {
        /// In a straight line.
        Linear = "linear",
        /// At once, when the milestone's year is over.
        Step = "step",
    }
}

/// A point of the path: at the end of `year`, at least `low` (required) and at best `high` (aspired).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Milestone {
    /// Year at whose end it must be reached.
    pub year: i16,
    /// Required value, as a fraction.
    pub low: f64,
    /// Aspired value; equal to `low` where the target is not a range.
    pub high: f64,
}

/// A numeric target of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Code of its indicator.
    pub indicator: String,
    /// What is measured.
    pub kind: TargetKind,
    /// Where the value is to go.
    pub aim: Aim,
    /// Milestones by year, at least one.
    pub milestones: Vec<Milestone>,
    /// The baseline: the value at the plan's first day, from which the path to the first milestone starts; `None` when
    /// every year demands the milestone itself (T5: 100% every year).
    pub start: Option<f64>,
    /// Where the baseline is taken from.
    pub start_source: String,
    /// How the required value moves.
    pub pace: Pace,
    /// Share of the way due from which it is on track.
    pub on_track_from: f64,
    /// Share of the way due below which it is off track rather than at risk.
    pub at_risk_from: f64,
    /// Whether the figure is a sample, so that its statistical interval counts where the verdict is undecided. A full count
    /// has no such chance.
    pub sampled: bool,
}

impl Target {
    /// The milestone that comes next, or the last one.
    pub fn next(&self, year: i16) -> Option<&Milestone> {
        self.milestones.iter().find(|milestone| milestone.year >= year).or(self.milestones.last())
    }

    /// Required and highest wanted value at a moment, in years; `first` is the plan's first day.
    pub fn required(&self, first: f64, at: f64) -> (f64, f64) {
        let mut before = self.start.map(|start| (first, (start, start)));
        for milestone in &self.milestones {
            let (end, value) = (f64::from(milestone.year) + 1.0, (milestone.low, milestone.high));
            if at <= end {
                return match before {
                    None => value,
                    Some((_, start)) if self.pace == Pace::Step => {
                        if at < end {
                            start
                        } else {
                            value
                        }
                    }
                    Some((from, start)) => {
                        let part = ((at - from) / (end - from)).clamp(0.0, 1.0);
                        (start.0 + (value.0 - start.0) * part, start.1 + (value.1 - start.1) * part)
                    }
                };
            }
            before = Some((end, value));
        }
        before.map_or((0.0, 0.0), |(_, value)| value)
    }

    /// Share of the way from the baseline to `goal` that is behind `value`: above 1 beyond the goal, negative on the way
    /// back. `None` where there is no way, or a fall without a baseline. Without a baseline a rise counts from 0.
    pub fn achieved(&self, value: f64, goal: f64) -> Option<f64> {
        let baseline = match (self.start, self.aim) {
            (Some(start), _) => start,
            (None, Aim::Fall) => return None,
            (None, _) => 0.0,
        };
        let way = goal - baseline;
        (way.abs() > 1e-10).then(|| (value - baseline) / way)
    }

    /// Whether a value is as good as a goal, in the target's direction.
    pub fn meets(&self, value: f64, goal: &Milestone) -> bool {
        match self.aim {
            Aim::Rise => value >= goal.low - 1e-10,
            Aim::Fall => value <= goal.low + 1e-10,
            Aim::Hold => value >= goal.low - 1e-10 && value <= goal.high + 1e-10,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A target that rises from 0 over these milestones.
    pub(crate) fn rising(milestones: &[(i16, f64)]) -> Target {
        Target {
            indicator: "T2".into(),
            kind: TargetKind::Level,
            aim: Aim::Rise,
            milestones: milestones.iter().map(|(year, low)| Milestone { year: *year, low: *low, high: *low }).collect(),
            start: Some(0.0),
            start_source: String::new(),
            pace: Pace::Linear,
            on_track_from: 1.0,
            at_risk_from: 0.8,
            sampled: false,
        }
    }

    #[test]
    fn the_path_is_linear_between_milestones() {
        let mut target = rising(&[(2017, 0.5), (2020, 1.0)]);
        for (at, want) in [(2016.25, 0.0625), (2018.0, 0.5), (2019.5, 0.75), (2021.0, 1.0), (2025.0, 1.0)] {
            assert!((target.required(2016.0, at).0 - want).abs() < 1e-12, "{at}");
        }
        target.pace = Pace::Step;
        for (at, want) in [(2016.25, 0.0), (2018.0, 0.5), (2020.75, 0.5), (2021.0, 1.0)] {
            assert!((target.required(2016.0, at).0 - want).abs() < 1e-12, "{at}");
        }
        target.start = None;
        assert!((target.required(2016.0, 2016.25).0 - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_way_is_measured_from_the_baseline_in_both_directions() {
        let mut target = rising(&[(2020, 80.0)]);
        target.start = Some(40.0);
        assert_eq!(target.achieved(60.0, 80.0), Some(0.5));
        // Overshoot and reversal keep their size.
        assert_eq!(target.achieved(90.0, 80.0), Some(1.25));
        assert_eq!(target.achieved(30.0, 80.0), Some(-0.25));
        // A baseline that equals the target leaves no way.
        assert_eq!(target.achieved(60.0, 40.0), None);
        target.aim = Aim::Fall;
        assert_eq!(target.achieved(25.0, 10.0), Some(0.5));
        assert!(target.meets(80.0, &target.milestones[0]) && !target.meets(81.0, &target.milestones[0]));
        target.start = None;
        assert_eq!(target.achieved(25.0, 10.0), None);
        target.aim = Aim::Hold;
        target.milestones[0].high = 90.0;
        assert!(target.meets(85.0, &target.milestones[0]) && !target.meets(91.0, &target.milestones[0]));
    }
}
