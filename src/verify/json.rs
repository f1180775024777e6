//! Inputs of a golden case out of JSON, and results into it. What is missing or of another kind is `None`.

use serde_json::{Value, json};

use crate::stats::Undefined;

/// A number.
pub(super) fn number(inputs: &Value, key: &str) -> Option<f64> {
    inputs.get(key)?.as_f64()
}

/// A word; the empty one if it is missing.
pub(super) fn word<'a>(inputs: &'a Value, key: &str) -> &'a str {
    inputs.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The values of a list; empty if it is missing.
pub(super) fn list<'a>(inputs: &'a Value, key: &str) -> &'a [Value] {
    inputs.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list of numbers, some of which may be missing.
pub(super) fn numbers(inputs: &Value, key: &str) -> Vec<Option<f64>> {
    list(inputs, key).iter().map(Value::as_f64).collect()
}

/// A result, or what is undefined and why.
pub(super) fn result(outcome: Result<Value, Undefined>) -> Value {
    outcome.unwrap_or_else(|why| json!({ "status": "undefined", "reason": why.to_string() }))
}
