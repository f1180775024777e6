//! Golden cases of interrupted series: JSON in, JSON out.

use serde_json::{Value, json};

use super::json::{number, numbers, result, word};
use crate::stats::its::ols::{Errors, Series, plain, robust};
use crate::stats::its::poisson::counts;
use crate::stats::its::{Segments, lag_newey_west, lag_stock_watson};
use crate::stats::linear::{Estimate, Reference};
use crate::stats::{Coverage, Undefined};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "segmented_ols_hac" | "segmented_ols_hac_gap" => hac(inputs),
        "segmented_ols_plain" => ordinary(inputs),
        "segmented_poisson" => poisson(inputs),
        "hac_auto_lag" => number(inputs, "n")
            .ok_or(Undefined::MissingInput)
            .map(|n| json!({ "nw94": lag_newey_west(n as usize), "stock_watson": lag_stock_watson(n as usize) })),
        _ => return None,
    };
    Some(result(outcome))
}

fn segments(inputs: &Value) -> Result<Segments, Undefined> {
    let first_post = number(inputs, "first_post_index_1based").ok_or(Undefined::MissingInput)?;
    Ok(Segments {
        first_post: first_post.max(0.0) as usize,
        season: number(inputs, "season_period").unwrap_or(0.0) as usize,
        slope_change: inputs.get("slope_change").and_then(Value::as_bool).unwrap_or(true),
    })
}

fn column(series: &Series, f: impl Fn(&Estimate) -> f64) -> Value {
    series.coefficients.iter().map(f).collect()
}

fn hac(inputs: &Value) -> Result<Value, Undefined> {
    let (y, cut) = (numbers(inputs, "y"), segments(inputs)?);
    let seen = y.iter().flatten().count();
    let errors = Errors {
        max_lag: number(inputs, "max_lag").map_or_else(|| lag_newey_west(seen), |lag| lag as usize),
        small_sample: inputs.get("small_sample_correction").and_then(Value::as_bool).unwrap_or(true),
        student: word(inputs, "inference") != "normal",
    };
    let fit = robust(&y, cut, errors)?;
    let last = fit.effect_last;
    Ok(json!({
        "names": cut.names(),
        "coef": column(&fit, |c| c.value),
        "se": column(&fit, |c| c.se),
        "stat": column(&fit, |c| c.statistic),
        "p": column(&fit, |c| c.p),
        "lower": column(&fit, |c| c.lower),
        "upper": column(&fit, |c| c.upper),
        "n": fit.n,
        "n_obs": fit.n,
        "k": fit.k,
        "rss": fit.rss,
        "effect_last": last.value,
        "effect_last_se": last.se,
        "effect_last_lower": last.lower,
        "effect_last_upper": last.upper,
    }))
}

fn ordinary(inputs: &Value) -> Result<Value, Undefined> {
    let cut = segments(inputs)?;
    let fit = plain(&numbers(inputs, "y"), cut)?;
    let df = (fit.n - fit.k) as f64;
    Ok(json!({
        "names": cut.names(),
        "coef": column(&fit, |c| c.value),
        "se": column(&fit, |c| c.se),
        "p": column(&fit, |c| c.p),
        "sigma2": fit.rss / df,
        "durbin_watson": fit.durbin_watson,
        "df": df,
    }))
}

fn poisson(inputs: &Value) -> Result<Value, Undefined> {
    let cut = segments(inputs)?;
    let fit = counts(&numbers(inputs, "y"), &numbers(inputs, "exposure"), cut)?;
    let student = Reference::T((fit.n - fit.k) as f64);
    let each = |f: &dyn Fn(f64, f64, f64) -> f64| -> Value {
        (0..fit.k).map(|j| f(fit.coef[j], fit.se_poisson[j], fit.se_quasi(j))).collect()
    };
    Ok(json!({
        "names": cut.names(),
        "coef": fit.coef,
        "se_poisson": fit.se_poisson,
        "dispersion_pearson": fit.dispersion,
        "se_quasi": each(&|_, _, se| se),
        "deviance": fit.deviance,
        "loglik": fit.log_likelihood,
        "rr": each(&|b, _, _| b.exp()),
        "rr_lower_quasi_normal": each(&|b, _, se| (b - Coverage::P95.z * se).exp()),
        "rr_upper_quasi_normal": each(&|b, _, se| (b + Coverage::P95.z * se).exp()),
        "p_quasi_t": each(&|b, _, se| student.p(b / se)),
        "p_poisson_z": each(&|b, se, _| Reference::Normal.p(b / se)),
    }))
}
