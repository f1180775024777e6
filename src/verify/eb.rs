//! Golden cases of empirical Bayes: JSON in, JSON out.

use serde_json::{Map, Value, json};

use super::ci::put_bounds;
use super::json::{list, number, result};
use crate::stats::shrink::{self, Beta, Fit, Gamma};
use crate::stats::{Coverage, Undefined};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "betabinomial_moments" => shares(inputs, "rho", shrink::beta_binomial_moments),
        "betabinomial_ml" => shares(inputs, "loglik", shrink::beta_binomial_fit),
        "gammapoisson_marshall" => rates(inputs, "A", shrink::gamma_poisson_moments),
        "gammapoisson_ml" => rates(inputs, "loglik", shrink::gamma_poisson_fit),
        "beta_posterior" => beta_posterior(inputs),
        "gamma_posterior" => gamma_posterior(inputs),
        _ => return None,
    };
    Some(result(outcome))
}

/// What the posterior of a unit says.
struct Posterior<'a> {
    mean: f64,
    weight: f64,
    interval: &'a dyn Fn(Coverage) -> (f64, f64),
}

fn shares(
    inputs: &Value,
    measure: &str,
    fit: impl Fn(&[(f64, f64)]) -> Result<Fit<Beta>, Undefined>,
) -> Result<Value, Undefined> {
    let known = |ward: &Value| known(ward, "n").filter(|(x, n)| x <= n);
    let fit = fit(&valid(inputs, known))?;
    let mut fields = head(&fit, measure);
    fields.insert("alpha".to_owned(), json!(fit.prior.map(|prior| prior.alpha)));
    fields.insert("beta".to_owned(), json!(fit.prior.map(|prior| prior.beta)));
    let wards = list(inputs, "wards").iter().map(|ward| {
        let Some((x, n)) = known(ward) else { return no_data(ward) };
        let Some(prior) = fit.prior else { return one(ward, x, n, fit.pooled, None) };
        let posterior = prior.posterior(x, n);
        let interval = |coverage| posterior.interval(coverage);
        let told = Posterior { mean: posterior.mean(), weight: prior.weight(n), interval: &interval };
        one(ward, x, n, fit.pooled, Some(told))
    });
    fields.insert("wards".to_owned(), wards.collect());
    Ok(Value::Object(fields))
}

fn rates(
    inputs: &Value,
    measure: &str,
    fit: impl Fn(&[(f64, f64)]) -> Result<Fit<Gamma>, Undefined>,
) -> Result<Value, Undefined> {
    let known = |ward: &Value| known(ward, "e");
    let fit = fit(&valid(inputs, known))?;
    let mut fields = head(&fit, measure);
    fields.insert("shape".to_owned(), json!(fit.prior.map(|prior| prior.shape)));
    fields.insert("rate".to_owned(), json!(fit.prior.map(|prior| prior.rate)));
    let wards = list(inputs, "wards").iter().map(|ward| {
        let Some((x, exposure)) = known(ward) else { return no_data(ward) };
        let Some(prior) = fit.prior else { return one(ward, x, exposure, fit.pooled, None) };
        let posterior = prior.posterior(x, exposure);
        let interval = |coverage| posterior.interval(coverage);
        let told = Posterior { mean: posterior.mean(), weight: prior.weight(exposure), interval: &interval };
        one(ward, x, exposure, fit.pooled, Some(told))
    });
    fields.insert("wards".to_owned(), wards.collect());
    Ok(Value::Object(fields))
}

/// Count and denominator of a ward, which may be zero; none where one is missing or below zero.
fn known(ward: &Value, denominator: &str) -> Option<(f64, f64)> {
    let unit = number(ward, "x").zip(number(ward, denominator));
    unit.filter(|(x, n)| *x >= 0.0 && *n >= 0.0)
}

/// The units that a distribution is fitted on.
fn valid(inputs: &Value, known: impl Fn(&Value) -> Option<(f64, f64)>) -> Vec<(f64, f64)> {
    list(inputs, "wards").iter().filter_map(known).filter(|(_, n)| *n > 0.0).collect()
}

fn head<Prior>(fit: &Fit<Prior>, measure: &str) -> Map<String, Value> {
    let status = if fit.prior.is_some() { "ok" } else { "no_between_variance" };
    Map::from_iter([
        ("status".to_owned(), json!(status)),
        ("pooled".to_owned(), json!(fit.pooled)),
        (measure.to_owned(), json!(fit.between.or(fit.log_likelihood))),
    ])
}

fn no_data(ward: &Value) -> Value {
    json!({ "id": ward["id"], "status": "no_data" })
}

fn one(ward: &Value, x: f64, n: f64, pooled: f64, posterior: Option<Posterior<'_>>) -> Value {
    let raw = (n > 0.0).then(|| x / n);
    let (mean, weight) = posterior.as_ref().map_or((pooled, 0.0), |p| (p.mean, p.weight));
    let mut fields = Map::from_iter([
        ("id".to_owned(), ward["id"].clone()),
        ("raw".to_owned(), json!(raw)),
        ("mean".to_owned(), json!(mean)),
        ("shrink_weight".to_owned(), json!(weight)),
    ]);
    if let Some(posterior) = posterior {
        put_bounds(&mut fields, posterior.interval);
    }
    Value::Object(fields)
}

fn beta_posterior(inputs: &Value) -> Result<Value, Undefined> {
    let (x, n) = counted(inputs, "n")?;
    if x > n {
        return Err(Undefined::NumeratorExceedsDenominator);
    }
    let (alpha, beta) = positive(inputs, "alpha", "beta")?;
    let posterior = Beta { alpha, beta }.posterior(x, n);
    Ok(posterior_of(posterior.mean(), |coverage| posterior.interval(coverage)))
}

fn gamma_posterior(inputs: &Value) -> Result<Value, Undefined> {
    let (x, exposure) = counted(inputs, "exposure")?;
    let (shape, rate) = positive(inputs, "shape", "rate")?;
    let posterior = Gamma { shape, rate }.posterior(x, exposure);
    Ok(posterior_of(posterior.mean(), |coverage| posterior.interval(coverage)))
}

fn counted(inputs: &Value, denominator: &str) -> Result<(f64, f64), Undefined> {
    let (x, n) = number(inputs, "x").zip(number(inputs, denominator)).ok_or(Undefined::MissingInput)?;
    if x < 0.0 || n < 0.0 { Err(Undefined::NegativeCount) } else { Ok((x, n)) }
}

fn positive(inputs: &Value, first: &str, second: &str) -> Result<(f64, f64), Undefined> {
    let (a, b) = number(inputs, first).zip(number(inputs, second)).ok_or(Undefined::MissingInput)?;
    if a <= 0.0 || b <= 0.0 { Err(Undefined::NonPositiveValue) } else { Ok((a, b)) }
}

fn posterior_of(mean: f64, interval: impl Fn(Coverage) -> (f64, f64)) -> Value {
    let mut fields = Map::from_iter([("mean".to_owned(), json!(mean))]);
    put_bounds(&mut fields, interval);
    Value::Object(fields)
}
