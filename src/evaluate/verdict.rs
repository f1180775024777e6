//! A value and what it can still be → its status against the target.

use crate::model::{Aim, Milestone, Period, Plan, State, Status, Target, TargetKind};
use crate::stats::steady;
use crate::stats::target::{Standing, band};

/// What a target requires at the end of a quarter: the required value, and the highest that is wanted.
pub(super) fn due(plan: &Plan, target: &Target, period: Period) -> Milestone {
    let first = f64::from(plan.first_day.year());
    let part = f64::from(period.quarter().unwrap_or(4)) / 4.0;
    let year = f64::from(period.year());
    let (low, high) = if target.kind == TargetKind::CumulativeFlow {
        // Counted from 1 January: only the quarter's share of what the year's end requires.
        let (low, high) = target.required(first, year + 1.0);
        (low * part, high * part)
    } else {
        target.required(first, year + part)
    };
    Milestone { year: period.year(), low, high }
}

/// The status of a value that lies between `low` and `high`, given what is missing; NaN where they are not known.
pub(super) fn status(target: &Target, due: &Milestone, state: State, value: f64, (low, high): (f64, f64)) -> Status {
    if value.is_nan() {
        return match state {
            State::Undefined => Status::Undefined,
            State::NotDue => Status::NotStarted,
            _ => Status::NotReported,
        };
    }
    let bounds = if low.is_nan() || high.is_nan() { [value, value] } else { [low, high] };
    let on_track = |value: f64| standing(target, due, value) == Standing::OnTrack;
    if on_track(bounds[0]) != on_track(bounds[1]) {
        return Status::Undecided;
    }
    let last = target.milestones.last();
    // A state that is to be held is achieved when its time is over.
    let over = target.aim != Aim::Hold || last.is_some_and(|last| due.year > last.year);
    if over && last.is_some_and(|last| [value, bounds[0], bounds[1]].iter().all(|v| target.meets(*v, last))) {
        return Status::Achieved;
    }
    match standing(target, due, value) {
        Standing::AtRisk => Status::AtRisk,
        Standing::OffTrack => Status::OffTrack,
        _ => Status::OnTrack,
    }
}

/// Where a value stands to what is due: by the share of the way due that is behind it, or by how far it is from the range
/// that is to be held.
fn standing(target: &Target, due: &Milestone, value: f64) -> Standing {
    let ratio = match target.aim {
        Aim::Hold => {
            let edge = if value < due.low { due.low } else { due.high };
            let inside = target.meets(value, due);
            if inside || edge == 0.0 { f64::from(u8::from(inside)) } else { 1.0 - ((value - edge) / edge).abs() }
        }
        // No way is due yet: whoever is not behind the start is on track.
        _ => target.achieved(value, due.low).unwrap_or_else(|| f64::from(u8::from(target.meets(value, due)))),
    };
    let bands = (target.on_track_from, target.at_risk_from);
    // A range that was left is never on track, however near.
    match band(steady(ratio), bands) {
        Standing::OnTrack if target.aim == Aim::Hold && !target.meets(value, due) => Standing::AtRisk,
        standing => standing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::target::tests::rising;
    use crate::stats::target::Path;

    fn at(target: &Target, due: f64, value: f64) -> Status {
        let due = Milestone { year: 2018, low: due, high: due };
        status(target, &due, State::Reported, value, (value, value))
    }

    #[test]
    fn bands_are_half_open_and_without_gaps() {
        let mut target = rising(&[(2020, 1.0)]);
        target.on_track_from = 0.95;
        target.at_risk_from = 0.75;
        for (value, want) in [
            (1.0, Status::Achieved),
            (0.57, Status::OnTrack),
            (0.5699, Status::AtRisk),
            (0.45, Status::AtRisk),
            (0.4499, Status::OffTrack),
            (-0.1, Status::OffTrack),
        ] {
            assert_eq!(at(&target, 0.6, value), want, "{value}");
        }
    }

    #[test]
    fn a_falling_target_is_the_mirror_of_a_rising_one() {
        let mut target = rising(&[(2020, 10.0)]);
        (target.aim, target.start) = (Aim::Fall, Some(40.0));
        for (value, want) in [
            (9.0, Status::Achieved),
            (25.0, Status::OnTrack),
            (28.0, Status::AtRisk),
            (28.1, Status::OffTrack),
            (45.0, Status::OffTrack),
        ] {
            assert_eq!(at(&target, 25.0, value), want, "{value}");
        }
    }

    #[test]
    fn a_range_is_held_until_its_time_is_over() {
        let mut target = rising(&[(2020, 0.9)]);
        (target.aim, target.milestones[0].high) = (Aim::Hold, 1.1);
        let at = |year, value| {
            let due = Milestone { year, low: 0.9, high: 1.1 };
            status(&target, &due, State::Reported, value, (value, value))
        };
        assert_eq!((at(2018, 1.0), at(2021, 1.0)), (Status::OnTrack, Status::Achieved));
        assert_eq!((at(2018, 0.85), at(2018, 1.2), at(2018, 0.5)), (Status::AtRisk, Status::AtRisk, Status::OffTrack));
    }

    #[test]
    fn what_is_missing_leaves_it_undecided() {
        let target = rising(&[(2020, 1.0)]);
        let due = Milestone { year: 2018, low: 0.5, high: 0.5 };
        let of = |value, bounds| status(&target, &due, State::Reported, value, bounds);
        assert_eq!(of(0.6, (0.4, 0.7)), Status::Undecided);
        assert_eq!(of(0.6, (0.5, 0.7)), Status::OnTrack);
        assert_eq!(of(0.4, (0.3, 0.49)), Status::AtRisk);
        // Reached by those that reported, not by all: the pace is kept, the target not yet certain.
        assert_eq!(of(1.0, (0.8, 1.0)), Status::OnTrack);
        assert_eq!(of(0.6, (f64::NAN, f64::NAN)), Status::OnTrack);
        let missing = |state| status(&target, &due, state, f64::NAN, (f64::NAN, f64::NAN));
        assert_eq!(missing(State::Undefined), Status::Undefined);
        assert_eq!(missing(State::NotDue), Status::NotStarted);
        assert_eq!(missing(State::Rejected), Status::NotReported);
    }

    #[test]
    fn on_a_single_straight_way_it_says_what_the_path_says() {
        let mut target = rising(&[(2019, 80.0)]);
        (target.start, target.on_track_from, target.at_risk_from) = (Some(40.0), 0.95, 0.75);
        let path = Path { baseline: 40.0, start: 2016.0, target: 80.0, end: 2020.0 };
        for (time, value) in [(2017.0, 50.0), (2018.5, 63.5), (2018.5, 58.0), (2018.5, 45.0), (2019.0, 81.0)] {
            let (low, high) = target.required(2016.0, time);
            let due = Milestone { year: 2018, low, high };
            let placed = path.place(time, value, (0.95, 0.75)).unwrap();
            assert!((placed.milestone - low).abs() < 1e-9);
            let want = match placed.standing {
                Standing::Achieved => Status::Achieved,
                Standing::OnTrack => Status::OnTrack,
                Standing::AtRisk => Status::AtRisk,
                _ => Status::OffTrack,
            };
            assert_eq!(status(&target, &due, State::Reported, value, (value, value)), want, "{time} {value}");
        }
    }
}
