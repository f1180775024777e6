//! Golden cases of target tracking: JSON in, JSON out.

use serde_json::{Value, json};

use super::json::{number, numbers, result};
use crate::stats::Undefined;
use crate::stats::target::{InRange, Path, Standing, project, reduction, units_needed};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "linear_path" => linear_path(inputs),
        "cagr_ratio" => growth(inputs),
        "reduction_range" => reduction_range(inputs),
        "share_of_units_range" => share_of_units(inputs),
        "ols_projection" => projection(inputs),
        _ => return None,
    };
    Some(result(outcome))
}

fn given(inputs: &Value, key: &str) -> Result<f64, Undefined> {
    number(inputs, key).ok_or(Undefined::MissingInput)
}

fn path(inputs: &Value) -> Result<(Path, f64), Undefined> {
    let (baseline, start) = (given(inputs, "baseline")?, given(inputs, "baseline_time")?);
    let (target, end) = (given(inputs, "target")?, given(inputs, "target_time")?);
    Ok((Path { baseline, start, target, end }, given(inputs, "time")?))
}

fn linear_path(inputs: &Value) -> Result<Value, Undefined> {
    let (path, time) = path(inputs)?;
    let bands = (number(inputs, "on_track_min").unwrap_or(0.95), number(inputs, "at_risk_min").unwrap_or(0.75));
    let Some(value) = number(inputs, "value") else { return Ok(json!({ "status": "no_data" })) };
    let at = path.place(time, value, bands)?;
    let status = match at.standing {
        Standing::Achieved => "achieved",
        Standing::NotStarted => "not_started",
        Standing::OnTrack => "on_track",
        Standing::AtRisk => "at_risk",
        Standing::OffTrack => "off_track",
        Standing::Maintain => "maintain",
    };
    Ok(json!({
        "milestone": at.milestone,
        "expected_progress_pct": at.expected * 100.0,
        "required_pace_per_period": at.required_pace,
        "original_pace_per_period": at.original_pace,
        "actual_pace_per_period": at.actual_pace,
        "direction": if path.rises() { "increase" } else { "decrease" },
        "achievement_pct": at.achieved.map(|share| share * 100.0),
        "target_met": at.met,
        "gap_to_milestone": at.gap,
        "progress_ratio": at.ratio,
        "status": status,
    }))
}

fn growth(inputs: &Value) -> Result<Value, Undefined> {
    let (path, time) = path(inputs)?;
    let [actual, required, ratio, from_now] = path.growth(time, given(inputs, "value")?)?;
    Ok(json!({
        "cagr_actual": actual,
        "cagr_required": required,
        "ratio": ratio,
        "required_cagr_from_now": from_now,
    }))
}

fn word(place: InRange) -> &'static str {
    match place {
        InRange::Below => "below_range",
        InRange::Within => "within_range",
        InRange::Above => "above_range",
    }
}

fn reduction_range(inputs: &Value) -> Result<Value, Undefined> {
    let (baseline, value) = (given(inputs, "baseline")?, given(inputs, "value")?);
    let (low, high) = (given(inputs, "low")?, given(inputs, "high")?);
    let share = reduction(baseline, value)?;
    Ok(json!({
        "reduction_pct": share * 100.0,
        "target_value_low_edge": baseline * (1.0 - low),
        "target_value_high_edge": baseline * (1.0 - high),
        "achievement_of_low_edge_pct": share / low * 100.0,
        "achievement_of_high_edge_pct": share / high * 100.0,
        "range_status": word(InRange::of(share, low, high)),
    }))
}

fn share_of_units(inputs: &Value) -> Result<Value, Undefined> {
    let (meeting, units) = (given(inputs, "units_meeting")?, given(inputs, "units_with_data")?);
    let (low, high) = (given(inputs, "low")?, given(inputs, "high")?);
    if meeting < 0.0 || units < 0.0 {
        return Err(Undefined::NegativeCount);
    }
    if units == 0.0 {
        return Err(Undefined::ZeroDenominator);
    }
    if meeting > units {
        return Err(Undefined::NumeratorExceedsDenominator);
    }
    if meeting.fract() != 0.0 || units.fract() != 0.0 {
        return Err(Undefined::NonIntegerCount);
    }
    let needed = units_needed(low, units);
    Ok(json!({
        "share_pct": meeting / units * 100.0,
        "range_status": word(InRange::of(meeting / units, low, high)),
        "wards_needed_low": needed,
        "wards_needed_high": units_needed(high, units),
        "wards_short_of_low": (needed - meeting).max(0.0),
    }))
}

fn projection(inputs: &Value) -> Result<Value, Undefined> {
    let (time, target) = (given(inputs, "target_time")?, given(inputs, "target")?);
    let level = number(inputs, "level").unwrap_or(0.95);
    let seen = numbers(inputs, "t").into_iter().zip(numbers(inputs, "y")).filter_map(|(t, y)| t.zip(y));
    let (t, y): (Vec<f64>, Vec<f64>) = seen.unzip();
    let line = project(&t, &y, time, target, level)?;
    Ok(json!({
        "predicted": line.predicted,
        "ci_lower": line.predicted - line.line,
        "ci_upper": line.predicted + line.line,
        "pi_lower": line.predicted - line.value,
        "pi_upper": line.predicted + line.value,
        "prob_target_met": line.probability,
        "target_inside_pi": line.inside,
        "slope": line.slope,
        "time_when_line_meets_target": line.meets,
    }))
}
