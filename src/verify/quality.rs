//! Golden cases of the quality of data: JSON in, JSON out.

use serde_json::{Value, json};

use super::json::{list, number, numbers, result};
use crate::stats::Undefined;
use crate::stats::quality::{self, Baseline, Consistency, OutlierClass};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "dhis2_zscore" => zscore(inputs),
        "dhis2_modified_zscore" => modified_zscore(inputs),
        "dqr_outlier_class" => classes(inputs),
        "dhis2_minmax" => Ok(minmax(inputs)),
        "completeness" => completeness(inputs),
        "indicator_completeness" => indicator_completeness(inputs),
        "consistency_over_time" => Ok(over_time(inputs)),
        "consistency_related" => Ok(related(inputs)),
        "external_comparison" => external(inputs),
        _ => return None,
    };
    Some(result(outcome))
}

/// Values as they stand, and those that are there.
fn values(inputs: &Value) -> (Vec<Option<f64>>, Vec<f64>) {
    let values = numbers(inputs, "values");
    let known = values.iter().flatten().copied().collect();
    (values, known)
}

fn needed(inputs: &Value, key: &str) -> Result<f64, Undefined> {
    number(inputs, key).ok_or(Undefined::MissingInput)
}

/// Distances and outliers of values from a baseline; bounds only where there is a spread.
fn outliers(
    values: &[Option<f64>],
    baseline: &Baseline,
    threshold: f64,
) -> (Vec<Option<f64>>, Vec<bool>, Value, Value) {
    let z = values.iter().map(|value| value.map(|v| baseline.z(v).abs())).collect();
    let outlier = values.iter().map(|value| value.is_some_and(|v| baseline.is_outlier(v, threshold))).collect();
    let bounds = (baseline.spread > 0.0).then(|| baseline.bounds(threshold));
    (z, outlier, json!(bounds.map(|(low, _)| low)), json!(bounds.map(|(_, high)| high)))
}

fn zscore(inputs: &Value) -> Result<Value, Undefined> {
    let (values, known) = values(inputs);
    let baseline = Baseline::mean(&known, 0)?;
    let (z, outlier, low, high) = outliers(&values, &baseline, needed(inputs, "threshold")?);
    Ok(json!({ "mean": baseline.centre, "std_dev": baseline.spread, "z": z, "lower_bound": low, "upper_bound": high,
        "outlier": outlier }))
}

fn modified_zscore(inputs: &Value) -> Result<Value, Undefined> {
    let (values, known) = values(inputs);
    let baseline = Baseline::median(&known)?;
    let (z, outlier, low, high) = outliers(&values, &baseline, needed(inputs, "threshold")?);
    Ok(json!({ "median": baseline.centre, "mad": baseline.spread, "mod_z": z, "lower_bound": low, "upper_bound": high,
        "outlier": outlier, "mad_zero": baseline.spread <= 0.0 }))
}

fn classes(inputs: &Value) -> Result<Value, Undefined> {
    let (values, known) = values(inputs);
    let ddof = number(inputs, "ddof").map_or(1, |ddof| ddof as usize);
    let baseline = Baseline::mean(&known, ddof)?;
    let class = |value: f64| quality::outlier_class(baseline.z(value));
    let word = |value: &Option<f64>| match value.map(class) {
        None => "missing",
        Some(OutlierClass::None) => "none",
        Some(OutlierClass::Moderate) => "moderate",
        Some(OutlierClass::Extreme) => "extreme",
    };
    let count = |wanted: OutlierClass| known.iter().filter(|v| class(**v) == wanted).count();
    Ok(json!({
        "z": values.iter().map(|value| value.map(|v| baseline.z(v))).collect::<Vec<_>>(),
        "class": values.iter().map(word).collect::<Vec<_>>(),
        "n_extreme": count(OutlierClass::Extreme),
        "n_moderate": count(OutlierClass::Moderate),
        "max_possible_abs_z": quality::largest_possible_z(known.len(), ddof),
    }))
}

fn minmax(inputs: &Value) -> Value {
    let range = number(inputs, "min").zip(number(inputs, "max"));
    let outside = |value: &Option<f64>| value.zip(range).is_some_and(|(v, range)| quality::is_outside(v, range));
    json!({ "outlier": numbers(inputs, "values").iter().map(outside).collect::<Vec<_>>() })
}

fn completeness(inputs: &Value) -> Result<Value, Undefined> {
    let (expected, received) = (needed(inputs, "expected")?, needed(inputs, "received")?);
    let found = quality::completeness(expected, received, needed(inputs, "on_time")?)?;
    Ok(json!({
        "completeness_pct": 100.0 * found.received,
        "timeliness_pct_of_expected": 100.0 * found.on_time,
        "timeliness_pct_of_received": found.on_time_of_received.map(|share| 100.0 * share),
    }))
}

fn indicator_completeness(inputs: &Value) -> Result<Value, Undefined> {
    let (values, known) = values(inputs);
    if values.is_empty() {
        return Err(Undefined::NoValues);
    }
    let zeros = known.iter().filter(|v| **v == 0.0).count();
    let percent = |count: usize| 100.0 * count as f64 / values.len() as f64;
    Ok(json!({
        "n": values.len(),
        "n_missing": values.len() - known.len(),
        "n_zero": zeros,
        "nonmissing_pct": percent(known.len()),
        "nonzero_nonmissing_pct": percent(known.len() - zeros),
    }))
}

fn over_time(inputs: &Value) -> Value {
    let units = list(inputs, "units");
    let threshold = number(inputs, "threshold").unwrap_or(0.33);
    let pair = |unit: &Value| number(unit, "current").zip(quality::mean_of_known(&numbers(unit, "previous")));
    // Only units with every year make up the total, or it would move with what is missing.
    let whole = |unit: &&Value| numbers(unit, "previous").iter().all(Option::is_some) && pair(unit).is_some();
    let total = quality::ratio_of_sums(units.iter().filter(whole).filter_map(pair));
    let told: Vec<_> = units.iter().map(|unit| (unit, against(pair(unit), total, threshold))).collect();
    let far = told.iter().filter(|(_, (.., far))| *far == Some(true)).count();
    let told = told.iter().map(|(unit, (ratio, deviation, far))| {
        json!({ "id": unit["id"], "ratio": ratio, "deviation_from_total": deviation, "flag": far })
    });
    json!({ "total_ratio": total, "n_units_in_total": units.iter().filter(whole).count(),
        "units": told.collect::<Vec<_>>(), "n_flagged": far })
}

fn related(inputs: &Value) -> Value {
    let units = list(inputs, "units");
    let threshold = number(inputs, "threshold").unwrap_or(0.33);
    let pair = |unit: &Value| number(unit, "a").zip(number(unit, "b"));
    let total = quality::ratio_of_sums(units.iter().filter_map(pair));
    let told = units.iter().map(|unit| {
        let (ratio, deviation, far) = against(pair(unit), total, threshold);
        json!({ "id": unit["id"], "ratio": ratio, "deviation_from_total": deviation, "flag": far,
            "a_below_b": pair(unit).map(|(a, b)| a < b) })
    });
    json!({ "total_ratio": total, "units": told.collect::<Vec<_>>() })
}

type Against = (Option<f64>, Option<f64>, Option<bool>);

/// Ratio, deviation and flag of a unit against all.
fn against(pair: Option<(f64, f64)>, total: Option<f64>, threshold: f64) -> Against {
    let found = pair.and_then(|(over, under)| Consistency::of(over, under, total));
    (found.map(|f| f.ratio), found.and_then(|f| f.deviation), found.and_then(|f| f.is_far(threshold)))
}

fn external(inputs: &Value) -> Result<Value, Undefined> {
    let (reported, reference) = (needed(inputs, "reported")?, needed(inputs, "reference")?);
    if reported < 0.0 || reference < 0.0 {
        return Err(Undefined::NegativeCount);
    }
    let found = Consistency::of(reported, reference, Some(1.0)).ok_or(Undefined::ZeroDenominator)?;
    Ok(json!({
        "ratio": found.ratio,
        "percent_difference": found.deviation.map(|deviation| 100.0 * deviation),
        "verification_factor": Consistency::of(reference, reported, None).map(|f| f.ratio),
    }))
}
