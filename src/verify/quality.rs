//! Golden cases of the quality of data: JSON in, JSON out.

use serde_json::{Value, json};

use super::json::{number, numbers};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    match kind {
        "dhis2_minmax" => Some(minmax(inputs)),
        _ => None,
    }
}

fn minmax(inputs: &Value) -> Value {
    let range = number(inputs, "min").zip(number(inputs, "max"));
    let outside = |value: &Option<f64>| value.zip(range).is_some_and(|(v, (min, max))| v < min || v > max);
    json!({ "outlier": numbers(inputs, "values").iter().map(outside).collect::<Vec<_>>() })
}
