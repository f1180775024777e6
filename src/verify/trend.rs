//! Golden cases of trends: JSON in, JSON out.

use serde_json::{Value, json};

use super::json::{number, numbers, result};
use crate::stats::trend::{self, Direction, MannKendall};
use crate::stats::{Coverage, Undefined};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "mann_kendall" => mann_kendall(inputs),
        "mann_kendall_exact" => Ok(json!({ "p_exact": trend::mann_kendall_exact(&series(inputs).1) })),
        "kendall_tau_b" => Ok(json!({ "tau_b": trend::kendall_tau_b(&series(inputs).1) })),
        "mann_kendall_hamed_rao" => hamed_rao(inputs),
        "mann_kendall_seasonal" => seasonal(inputs),
        "theil_sen" => theil_sen(inputs),
        "ols_slope" => least_squares(inputs),
        _ => return None,
    };
    Some(result(outcome))
}

/// Times and values without what is missing; times are 0, 1, 2, … unless given.
fn series(inputs: &Value) -> (Vec<f64>, Vec<f64>) {
    let given = inputs.get("t").filter(|t| t.is_array()).map(|_| numbers(inputs, "t"));
    let time = |at: usize| given.as_ref().map_or(Some(at as f64), |times| times.get(at).copied().flatten());
    let values = numbers(inputs, "y");
    values.into_iter().enumerate().filter_map(|(at, value)| time(at).zip(value)).unzip()
}

fn level(inputs: &Value) -> f64 {
    number(inputs, "alpha").unwrap_or(0.05)
}

fn coverage(inputs: &Value) -> Coverage {
    number(inputs, "conf").map_or(Coverage::P95, Coverage::of)
}

fn direction(test: &MannKendall, inputs: &Value) -> &'static str {
    match test.direction(level(inputs)) {
        Direction::Increasing => "increasing",
        Direction::Decreasing => "decreasing",
        Direction::NoTrend => "no trend",
    }
}

fn mann_kendall(inputs: &Value) -> Result<Value, Undefined> {
    // Places in the series count, not the times.
    let places = numbers(inputs, "y").into_iter().enumerate();
    let (times, values): (Vec<f64>, Vec<f64>) = places.filter_map(|(at, value)| Some((at as f64, value?))).unzip();
    let test = trend::mann_kendall(&values)?;
    let sen = trend::theil_sen(&times, &values, Coverage::P95)?;
    Ok(json!({
        "n": test.n,
        "s": test.s,
        "var_s": test.variance,
        "z": test.z,
        "p": test.p,
        "tau_a": test.tau,
        "trend": direction(&test, inputs),
        "sen_slope": sen.slope,
        "sen_intercept": sen.intercept,
    }))
}

fn hamed_rao(inputs: &Value) -> Result<Value, Undefined> {
    let values: Option<Vec<f64>> = numbers(inputs, "y").into_iter().collect();
    let values = values.ok_or(Undefined::MissingInput)?;
    let longest = number(inputs, "max_lag").map(|lag| lag as usize);
    let (test, correction) = trend::hamed_rao(&values, level(inputs), longest)?;
    Ok(json!({
        "s": test.s,
        "correction": correction,
        "var_s": test.variance,
        "z": test.z,
        "p": test.p,
        "trend": direction(&test, inputs),
    }))
}

fn seasonal(inputs: &Value) -> Result<Value, Undefined> {
    let period = number(inputs, "period").filter(|p| *p >= 1.0).ok_or(Undefined::MissingInput)?;
    let (test, slope) = trend::seasonal(&numbers(inputs, "y"), period as usize)?;
    Ok(json!({
        "s": test.s,
        "var_s": test.variance,
        "z": test.z,
        "p": test.p,
        "tau": test.tau,
        "trend": direction(&test, inputs),
        "seasonal_sen_slope_per_year": slope,
    }))
}

fn theil_sen(inputs: &Value) -> Result<Value, Undefined> {
    let (times, values) = series(inputs);
    let line = trend::theil_sen(&times, &values, coverage(inputs))?;
    let (lower, upper) = line.interval;
    Ok(json!({ "slope": line.slope, "intercept": line.intercept, "lower": lower, "upper": upper }))
}

fn least_squares(inputs: &Value) -> Result<Value, Undefined> {
    let (times, values) = series(inputs);
    let line = trend::least_squares(&times, &values)?;
    let (test, interval) = (line.test(), line.interval(coverage(inputs)));
    Ok(json!({
        "slope": line.slope,
        "intercept": line.intercept,
        "se": line.error,
        "df": line.freedom(),
        "t": test.map(|(t, _)| t),
        "p": test.map(|(_, p)| p),
        "r2": line.r2,
        "lower": interval.map(|(lower, _)| lower),
        "upper": interval.map(|(_, upper)| upper),
    }))
}
