//! Golden cases of the intervals: JSON in, JSON out.

use serde_json::{Map, Value, json};

use super::json::{number, result};
use crate::stats::interval::{self, Method};
use crate::stats::{Coverage, Undefined};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "wilson" => share(inputs, false),
        "clopper_pearson" => share(inputs, true),
        "rate_byar" => rate(inputs, |x, coverage| (interval::byar(x, coverage), None)),
        "rate_exact_poisson" => rate(inputs, |x, coverage| (interval::exact_poisson(x, coverage), None)),
        "rate_phe_hybrid" => rate(inputs, |x, coverage| {
            let (bounds, method) = interval::hybrid(x, coverage);
            (bounds, Some(if method == Method::Exact { "exact" } else { "byar" }))
        }),
        _ => return None,
    };
    Some(result(outcome))
}

fn share(inputs: &Value, exact: bool) -> Result<Value, Undefined> {
    let (x, n) = (number(inputs, "x"), number(inputs, "n"));
    let (x, n) = interval::part_of_whole(x, n)?;
    if exact && (x.fract() != 0.0 || n.fract() != 0.0) {
        return Err(Undefined::NonIntegerCount);
    }
    let mut fields = Map::from_iter([("p".to_owned(), json!(x / n))]);
    put_bounds(&mut fields, |coverage| {
        if exact { interval::clopper_pearson(x, n, coverage) } else { interval::wilson(x, n, coverage) }
    });
    Ok(Value::Object(fields))
}

type Bounds = ((f64, f64), Option<&'static str>);

fn rate(inputs: &Value, of_count: impl Fn(f64, Coverage) -> Bounds) -> Result<Value, Undefined> {
    let (x, exposure) = interval::count_over(number(inputs, "x"), number(inputs, "exposure"))?;
    let per = number(inputs, "per").unwrap_or(1.0);
    let scaled = |bound: f64| bound / exposure * per;
    let mut fields = Map::from_iter([("rate".to_owned(), json!(scaled(x)))]);
    if let (_, Some(method)) = of_count(x, Coverage::P95) {
        fields.insert("method".to_owned(), json!(method));
    }
    put_bounds(&mut fields, |coverage| {
        let ((low, high), _) = of_count(x, coverage);
        (scaled(low), scaled(high))
    });
    Ok(Value::Object(fields))
}

/// Adds the bounds at both levels.
pub(super) fn put_bounds(fields: &mut Map<String, Value>, of: impl Fn(Coverage) -> (f64, f64)) {
    for (level, coverage) in [("95", Coverage::P95), ("99.8", Coverage::P998)] {
        let (low, high) = of(coverage);
        fields.insert(format!("lower{level}"), json!(low));
        fields.insert(format!("upper{level}"), json!(high));
    }
}
