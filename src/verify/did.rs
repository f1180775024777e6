//! Golden cases of difference-in-differences: JSON in, JSON out.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::{list, number, numbers, result, word};
use crate::stats::Undefined;
use crate::stats::did::simple::{Row, two_by_two};
use crate::stats::did::staggered::{Aggregate, Base, Effect, Gaps, Scale, Staggered, Unit, staggered};
use crate::stats::did::two_way::{Panel, event_dummies, linear};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "did_2x2" => simple(inputs),
        "twfe_cr1" => two_way(inputs),
        "event_study" => event_study(inputs),
        "callaway_santanna" => callaway_santanna(inputs),
        _ => return None,
    };
    Some(result(outcome))
}

/// A case's long table: rows with a value, and the units' names by index.
struct Long {
    names: Vec<String>,
    rows: Vec<usize>,
    panel: Panel,
}

fn long(inputs: &Value) -> Long {
    let name = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let unit: Vec<String> = list(inputs, "unit").iter().map(name).collect();
    let (time, y) = (numbers(inputs, "time"), numbers(inputs, "y"));
    let seen = |row: &usize| time.get(*row).copied().flatten().zip(y.get(*row).copied().flatten());
    let rows: Vec<usize> = (0..unit.len()).filter(|row| seen(row).is_some()).collect();
    let mut names: Vec<String> = rows.iter().map(|row| unit[*row].clone()).collect();
    names.sort();
    names.dedup();
    let mut panel = Panel::default();
    for row in &rows {
        if let (Some((time, y)), Ok(at)) = (seen(row), names.binary_search(&unit[*row])) {
            panel.unit.push(at);
            panel.time.push(time as i32);
            panel.y.push(y);
        }
    }
    Long { names, rows, panel }
}

impl Long {
    /// A column of the rows that have a value.
    fn column(&self, inputs: &Value, key: &str) -> Vec<Option<f64>> {
        let all: Vec<Option<f64>> = list(inputs, key)
            .iter()
            .map(|v| v.as_bool().map_or_else(|| v.as_f64(), |is| Some(f64::from(u8::from(is)))))
            .collect();
        self.rows.iter().map(|row| all.get(*row).copied().flatten()).collect()
    }

    fn whole(&self, inputs: &Value, key: &str) -> Result<Vec<f64>, Undefined> {
        self.column(inputs, key).into_iter().collect::<Option<_>>().ok_or(Undefined::MissingInput)
    }

    /// First treated time per row: 0, missing or infinite for the never treated.
    fn starts(&self, inputs: &Value) -> Vec<Option<i32>> {
        self.column(inputs, "cohort").into_iter().map(|g| g.filter(|g| *g != 0.0).map(|g| g as i32)).collect()
    }
}

fn simple(inputs: &Value) -> Result<Value, Undefined> {
    let long = long(inputs);
    let (treated, post) = (long.whole(inputs, "treat")?, long.whole(inputs, "post")?);
    let rows: Vec<Row> = (0..long.rows.len())
        .map(|i| Row { unit: long.panel.unit[i], treated: treated[i] != 0.0, post: post[i] != 0.0, y: long.panel.y[i] })
        .collect();
    let found = two_by_two(&rows)?;
    let (effect, [treat_pre, treat_post, control_pre, control_post]) = (found.effect, found.means);
    Ok(json!({
        "mean_treat_pre": treat_pre,
        "mean_treat_post": treat_post,
        "mean_control_pre": control_pre,
        "mean_control_post": control_post,
        "att": effect.value,
        "se_cr1": effect.se,
        "n_clusters": found.clusters,
        "df": found.clusters - 1,
        "t": effect.statistic,
        "p": effect.p,
        "lower": effect.lower,
        "upper": effect.upper,
        "se_welch_first_difference": found.welch.map(|(se, _)| se),
        "p_welch": found.welch.map(|(_, p)| p),
    }))
}

fn two_way(inputs: &Value) -> Result<Value, Undefined> {
    let long = long(inputs);
    let treated = long.whole(inputs, "treated")?;
    let weighted = inputs.get("weights").is_some_and(Value::is_array);
    let weights = if weighted { Some(long.whole(inputs, "weights")?) } else { None };
    let fit = linear(&long.panel, &[treated], weights.as_deref())?;
    let effect = fit.estimate(0);
    Ok(json!({
        "att": effect.value,
        "se_cr1_nested": effect.se,
        "k_nested": fit.k_nested,
        "se_cr1_full": fit.se_full(0),
        "k_full": fit.k_full,
        "n": fit.n,
        "n_clusters": fit.clusters,
        "df": fit.clusters - 1,
        "p_nested": effect.p,
        "lower_nested": effect.lower,
        "upper_nested": effect.upper,
    }))
}

fn event_study(inputs: &Value) -> Result<Value, Undefined> {
    let long = long(inputs);
    let omitted = number(inputs, "omitted_relative_time").unwrap_or(-1.0) as i32;
    let (times, dummies) = event_dummies(&long.panel, &long.starts(inputs), omitted)?;
    let fit = linear(&long.panel, &dummies, None)?;
    let leads: Vec<usize> = (0..times.len()).filter(|at| times[*at] < 0).collect();
    let wald = fit.wald(&leads);
    let each = |f: &dyn Fn(usize) -> f64| -> Value { (0..times.len()).map(f).collect() };
    Ok(json!({
        "relative_time": times,
        "coef": each(&|at| fit.estimate(at).value),
        "se_cr1_nested": each(&|at| fit.estimate(at).se),
        "k_nested": fit.k_nested,
        "pretrend_wald_chi2": wald.map(|(chi2, ..)| chi2),
        "pretrend_df": leads.len(),
        "pretrend_p_chi2": wald.map(|(.., p)| p),
    }))
}

fn callaway_santanna(inputs: &Value) -> Result<Value, Undefined> {
    let long = long(inputs);
    let mut times = long.panel.time.clone();
    times.sort_unstable();
    times.dedup();
    let blank = Unit { start: None, y: vec![None; times.len()] };
    let mut units = vec![blank; long.names.len()];
    for (row, start) in long.starts(inputs).into_iter().enumerate() {
        let unit = &mut units[long.panel.unit[row]];
        unit.start = start;
        if let Ok(at) = times.binary_search(&long.panel.time[row]) {
            unit.y[at] = Some(long.panel.y[row]);
        }
    }
    let base = if word(inputs, "base_period") == "universal" { Base::Universal } else { Base::Varying };
    let found = staggered(&units, &times, base, Gaps::DropUnit, Scale::Difference)?;
    let att_gt: Vec<Value> = found
        .cells
        .iter()
        .map(|c| json!({ "group": c.group, "time": c.time, "att": c.effect.att, "se": c.effect.se }))
        .collect();
    Ok(json!({
        "dropped_units": found.dropped.iter().map(|at| long.names[*at].as_str()).collect::<Vec<_>>(),
        "att_gt": att_gt,
        "aggregations": aggregations(&found),
    }))
}

fn aggregations(found: &Staggered) -> Value {
    let mut all = Map::new();
    if let Some(Effect { att, se }) = found.simple() {
        all.insert("simple".to_owned(), json!({ "att": att, "se": se }));
    }
    let by: BTreeMap<&str, (&str, Option<Aggregate>)> = BTreeMap::from([
        ("group", ("groups", found.by_group())),
        ("dynamic", ("event_time", found.by_event())),
        ("calendar", ("time", found.by_time())),
    ]);
    for (name, (key, aggregate)) in by {
        let Some(Aggregate { points, overall }) = aggregate else { continue };
        let one = json!({
            key: points.iter().map(|(key, _)| *key).collect::<Vec<_>>(),
            "att": points.iter().map(|(_, e)| e.att).collect::<Vec<_>>(),
            "se": points.iter().map(|(_, e)| e.se).collect::<Vec<_>>(),
            "overall": overall.att,
            "overall_se": overall.se,
        });
        all.insert(name.to_owned(), one);
    }
    Value::Object(all)
}
