//! Golden cases of the funnel: JSON in, JSON out.

use serde_json::{Map, Value, json};

use super::ci::put_bounds;
use super::json::{list, number, result};
use crate::stats::funnel::{self, Limits, Of, Scale};
use crate::stats::{Coverage, Undefined, interval};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "prop_exact" => limits(inputs, Of::Shares, true),
        "prop_normal" => limits(inputs, Of::Shares, false),
        "rate_exact" => limits(inputs, Of::Rates, true),
        "rate_normal" => limits(inputs, Of::Rates, false),
        "poisson_by_events" => by_events(inputs),
        "overdispersion_prop_raw" => dispersion(inputs, Scale::Share),
        "overdispersion_prop_arcsine" => dispersion(inputs, Scale::ArcsineShare),
        "overdispersion_rate_sqrt" => dispersion(inputs, Scale::RootRate),
        _ => return None,
    };
    Some(result(outcome))
}

/// The count and the denominator of a unit; none where one is missing, or the two cannot be.
pub(super) fn unit(ward: &Value, of: Of) -> Option<(f64, f64)> {
    let x = number(ward, "x");
    let valid = match of {
        Of::Shares => interval::part_of_whole(x, number(ward, "n")),
        Of::Rates => interval::count_over(x, number(ward, "e")),
    };
    valid.ok()
}

/// The target of a case, given or made of its units; there must be a unit in either case.
fn target(inputs: &Value, of: Of) -> Result<(f64, Vec<(f64, f64)>), Undefined> {
    let units: Vec<_> = list(inputs, "wards").iter().filter_map(|ward| unit(ward, of)).collect();
    let pooled = funnel::target(&units)?;
    Ok((number(inputs, "target").unwrap_or(pooled), units))
}

fn put_limits(fields: &mut Map<String, Value>, limits: &Limits) {
    put_bounds(fields, |coverage| if coverage == Coverage::P95 { limits.p95 } else { limits.p998 });
}

fn limits(inputs: &Value, of: Of, exact: bool) -> Result<Value, Undefined> {
    let (target, units) = target(inputs, of)?;
    if exact && of == Of::Shares && units.iter().any(|(_, n)| n.fract() != 0.0) {
        return Err(Undefined::NonIntegerCount);
    }
    let wards = list(inputs, "wards").iter().map(|ward| {
        let mut fields = Map::from_iter([("id".to_owned(), ward["id"].clone())]);
        if let Some((x, n)) = unit(ward, of) {
            let limits = if exact { funnel::exact_limits(of, target, n) } else { funnel::normal_limits(of, target, n) };
            fields.insert("value".to_owned(), json!(x / n));
            put_limits(&mut fields, &limits);
            fields.insert("flag".to_owned(), json!(limits.flag(x / n).as_str()));
        } else {
            fields.insert("flag".to_owned(), json!("no_data"));
        }
        Value::Object(fields)
    });
    Ok(json!({ "target": target, "wards": wards.collect::<Vec<_>>() }))
}

fn by_events(inputs: &Value) -> Result<Value, Undefined> {
    let (events, _) = interval::count_over(number(inputs, "events"), Some(1.0))?;
    if events.fract() != 0.0 {
        return Err(Undefined::NonIntegerCount);
    }
    let mut fields = Map::new();
    for (level, coverage) in [("95", Coverage::P95), ("99.8", Coverage::P998)] {
        let (few, many) = funnel::expected_for(events, coverage);
        fields.insert(format!("expected_for_lower{level}"), json!(few));
        fields.insert(format!("expected_for_upper{level}"), json!(many));
        fields.insert(format!("ratio_lower{level}"), json!(events / few));
        fields.insert(format!("ratio_upper{level}"), json!(many.map(|many| events / many)));
    }
    Ok(Value::Object(fields))
}

fn dispersion(inputs: &Value, scale: Scale) -> Result<Value, Undefined> {
    let of = if scale == Scale::RootRate { Of::Rates } else { Of::Shares };
    let (target, units) = target(inputs, of)?;
    let found = funnel::dispersion(scale, target, &units, number(inputs, "trim").unwrap_or(0.1))?;
    let of_limits = |limits: &Limits| {
        let mut fields = Map::new();
        put_limits(&mut fields, limits);
        fields
    };
    let wards = list(inputs, "wards").iter().map(|ward| {
        let Some((x, n)) = unit(ward, of) else {
            return json!({ "id": ward["id"], "flag_additive": "no_data", "flag_multiplicative": "no_data" });
        };
        let (additive, multiplicative) = (found.limits_additive(n), found.limits_multiplicative(n));
        json!({
            "id": ward["id"],
            "value": x / n,
            "z": found.z(x, n),
            "z_winsorised": found.winsorised(found.z(x, n)),
            "z_additive": found.z_additive(x, n),
            "limits_additive": of_limits(&additive),
            "flag_additive": additive.flag(x / n).as_str(),
            "limits_multiplicative": of_limits(&multiplicative),
            "flag_multiplicative": multiplicative.flag(x / n).as_str(),
        })
    });
    Ok(json!({
        "target": target,
        "n_units": found.units,
        "winsor_low": found.winsor.0,
        "winsor_high": found.winsor.1,
        "phi_unwinsorised": found.phi_unwinsorised,
        "phi": found.phi,
        "overdispersed": found.overdispersed,
        "tau2": found.tau2,
        "wards": wards.collect::<Vec<_>>(),
    }))
}
