//! What a routine got against what a golden case expects, field by field.

use serde_json::{Map, Value};

use super::Disagreement;

/// How far a number may lie from the expected one: `abs` + `rel` · |expected|.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tolerance {
    abs: f64,
    rel: f64,
}

impl Tolerance {
    /// Reads `{"abs": …, "rel": …}`.
    pub(super) fn read(value: &Value) -> Option<Self> {
        Some(Self { abs: value.get("abs")?.as_f64()?, rel: value.get("rel")?.as_f64()? })
    }

    /// The distance as a part of what is allowed: agreeing up to 1.
    fn share(self, got: f64, expected: f64) -> f64 {
        let (distance, allowed) = ((got - expected).abs(), self.abs + self.rel * expected.abs());
        if distance == 0.0 { 0.0 } else { distance / allowed }
    }
}

/// Tolerances of a case: one of all fields, and those of single fields by name.
pub(super) struct Tolerances {
    pub(super) all: Tolerance,
    pub(super) fields: Vec<(String, Tolerance)>,
}

/// One case's comparison as it goes.
pub(super) struct Comparison<'a> {
    case: &'a str,
    tolerances: &'a Tolerances,
    /// Largest deviation as a part of what is allowed.
    pub(super) worst: f64,
    pub(super) disagreements: Vec<Disagreement>,
}

impl<'a> Comparison<'a> {
    /// Compares everything that is expected. Of what is undefined only the status counts.
    pub(super) fn of(case: &'a str, tolerances: &'a Tolerances, got: &Value, expected: &Map<String, Value>) -> Self {
        let mut comparison = Self { case, tolerances, worst: 0.0, disagreements: Vec::new() };
        let undefined = expected.get("status").is_some_and(|status| status == "undefined");
        for (key, value) in expected.iter().filter(|(key, _)| !undefined || *key == "status") {
            comparison.value(key, tolerances.of(key).unwrap_or(tolerances.all), got.get(key), value);
        }
        comparison
    }

    fn value(&mut self, field: &str, tolerance: Tolerance, got: Option<&Value>, expected: &Value) {
        match (got, expected) {
            (Some(Value::Object(got)), Value::Object(expected)) => {
                for (key, value) in expected {
                    let own = self.tolerances.of(key).unwrap_or(tolerance);
                    self.value(&format!("{field}.{key}"), own, got.get(key), value);
                }
            }
            (Some(Value::Array(got)), Value::Array(expected)) if got.len() == expected.len() => {
                for (at, (got, expected)) in got.iter().zip(expected).enumerate() {
                    self.value(&format!("{field}[{at}]"), tolerance, Some(got), expected);
                }
            }
            (Some(Value::Number(a)), Value::Number(b)) => {
                let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
                let share = tolerance.share(a, b);
                self.worst = self.worst.max(share);
                if share.is_nan() || share > 1.0 {
                    self.disagrees(field, got, expected);
                }
            }
            _ if got == Some(expected) => {}
            _ => self.disagrees(field, got, expected),
        }
    }

    fn disagrees(&mut self, field: &str, got: Option<&Value>, expected: &Value) {
        self.disagreements.push(Disagreement {
            case: self.case.to_owned(),
            field: field.to_owned(),
            got: got.map_or_else(|| "nothing".to_owned(), Value::to_string),
            expected: expected.to_string(),
        });
    }
}

impl Tolerances {
    fn of(&self, key: &str) -> Option<Tolerance> {
        self.fields.iter().find(|(name, _)| name == key).map(|(_, tolerance)| *tolerance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(got: &Value, expected: &Value) -> Vec<String> {
        let tolerance = |abs, rel| Tolerance { abs, rel };
        let fields = vec![("loose".to_owned(), tolerance(1.0, 0.0))];
        let tolerances = Tolerances { all: tolerance(1e-9, 1e-8), fields };
        let compared = Comparison::of("case", &tolerances, got, expected.as_object().unwrap());
        compared.disagreements.into_iter().map(|d| format!("{} {} {}", d.field, d.got, d.expected)).collect()
    }

    #[test]
    fn numbers_agree_within_tolerance_and_all_else_exactly() {
        let expected = json!({"a": 1.0, "b": [1, null, true], "c": {"loose": 3}, "d": "x"});
        assert!(
            fields(&json!({"a": 1.000_000_001, "b": [1.0, null, true], "c": {"loose": 4}, "d": "x"}), &expected)
                .is_empty()
        );
        assert_eq!(
            fields(&json!({"a": 1.1, "b": [1, 0, "true"], "c": {"loose": 4.5}}), &expected),
            ["a 1.1 1.0", "b[1] 0 null", "b[2] \"true\" true", "c.loose 4.5 3", "d nothing \"x\""]
        );
        assert_eq!(fields(&json!({"a": 1, "b": [1], "c": 1, "d": "x"}), &expected).len(), 2);
    }

    #[test]
    fn of_what_is_undefined_only_the_status_counts() {
        let expected = json!({"status": "undefined", "reason": "missing_input", "units": ["B"]});
        assert!(fields(&json!({"status": "undefined", "reason": "other"}), &expected).is_empty());
        assert_eq!(fields(&json!({"status": "ok"}), &expected), ["status \"ok\" \"undefined\""]);
    }
}
