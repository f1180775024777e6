//! Golden cases of composite scores: JSON in, JSON out.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Map, Value, json};

use super::json::{list, number, numbers, result, word};
use crate::stats::Undefined;
use crate::stats::composite::aggregate::{Framework, Method, Parent, mean};
use crate::stats::composite::impute::{Filling, impute};
use crate::stats::composite::normalise::{Goalposts, distance_to_target, min_max, percent_ranks, ranks, z_score};
use crate::stats::composite::rank_descending;
use crate::stats::composite::sensitivity::{Sobol, rank_draws, sobol};

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    let outcome = match kind {
        "norm_minmax" | "norm_zscore" | "norm_goalposts" | "norm_dist2targ" => normalise(kind, inputs),
        "norm_rank" => Ok(norm_rank(inputs)),
        "aggregate" => aggregate(inputs),
        "nested_aggregate" => nested(inputs),
        "rank_desc" => Ok(json!({ "rank": rank_descending(&numbers(inputs, "scores")) })),
        "impute" => fill(inputs),
        "effective_weights" => effective_weights(inputs),
        "weights_monte_carlo" => monte_carlo(inputs),
        "sobol_indices" => sobol_indices(inputs),
        "sobol_analytic" => return ishigami(word(inputs, "model")).map(result),
        _ => return None,
    };
    Some(result(outcome))
}

fn given(inputs: &Value, key: &str) -> Result<f64, Undefined> {
    number(inputs, key).ok_or(Undefined::MissingInput)
}

fn rising(inputs: &Value) -> bool {
    number(inputs, "direction").unwrap_or(1.0) >= 0.0
}

fn flag(inputs: &Value, key: &str) -> bool {
    inputs.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn normalise(kind: &str, inputs: &Value) -> Result<Value, Undefined> {
    let (x, rising) = (numbers(inputs, "x"), rising(inputs));
    let or = |key: &str, default: f64| number(inputs, key).unwrap_or(default);
    let y = match kind {
        "norm_minmax" => min_max(&x, rising, or("lower", 0.0), or("upper", 100.0)),
        "norm_zscore" => z_score(&x, rising, or("mean", 0.0), or("sd", 1.0), or("ddof", 1.0) as usize),
        "norm_goalposts" => {
            let (low, high) = (given(inputs, "low")?, given(inputs, "high")?);
            Goalposts { low, high, rising, truncate: flag(inputs, "truncate"), scale: or("scale", 1.0) }.all(&x)
        }
        _ => distance_to_target(&x, given(inputs, "target")?, rising, flag(inputs, "cap")),
    };
    Ok(json!({ "y": y? }))
}

fn norm_rank(inputs: &Value) -> Value {
    let ranks = ranks(&numbers(inputs, "x"), rising(inputs), word(inputs, "ties") == "average");
    json!({
        "rank_ascending": ranks,
        "borda": ranks.iter().map(|r| r.map(|r| r - 1.0)).collect::<Vec<_>>(),
        "percent_rank": percent_ranks(&ranks),
    })
}

fn method(name: &str) -> Method {
    match name {
        "geometric" => Method::Geometric,
        "harmonic" => Method::Harmonic,
        _ => Method::Arithmetic,
    }
}

/// One word for all levels, or one per level.
fn methods(value: Option<&Value>) -> Vec<Method> {
    match value {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(method).collect(),
        other => vec![method(other.and_then(Value::as_str).unwrap_or_default())],
    }
}

fn aggregate(inputs: &Value) -> Result<Value, Undefined> {
    let (x, weights) = (numbers(inputs, "x"), numbers(inputs, "weights"));
    let weight = |at: usize| if weights.is_empty() { Some(1.0) } else { weights.get(at).copied().flatten() };
    let all: Option<Vec<(Option<f64>, f64)>> = x.iter().enumerate().map(|(at, v)| Some((*v, weight(at)?))).collect();
    let all = all.ok_or(Undefined::MissingInput)?;
    let threshold = number(inputs, "data_threshold").unwrap_or(0.0);
    let value = mean(all.into_iter(), method(word(inputs, "method")), threshold)?;
    Ok(json!({ "value": value }))
}

/// A case's tree with the names and weights of its nodes.
struct Tree {
    framework: Framework,
    names: Vec<String>,
    weights: Vec<f64>,
}

impl Tree {
    fn read(inputs: &Value) -> Result<Self, Undefined> {
        let given = inputs.get("framework").ok_or(Undefined::MissingInput)?;
        let texts =
            |values: &[Value]| -> Vec<String> { values.iter().filter_map(Value::as_str).map(str::to_owned).collect() };
        let mut names = texts(list(given, "indicators"));
        let mut framework = Framework { leaves: names.len(), parents: Vec::new() };
        for (level, parents) in list(given, "levels").iter().filter_map(Value::as_object).enumerate() {
            for (name, children) in parents {
                let children = texts(children.as_array().map_or(&[], Vec::as_slice));
                let at = |child: &String| names.iter().position(|name| name == child);
                let children = children.iter().map(at).collect::<Option<_>>().ok_or(Undefined::MissingInput)?;
                framework.parents.push(Parent { level, children });
                names.push(name.clone());
            }
        }
        let none = Value::Null;
        let mut tree = Self { framework, names, weights: Vec::new() };
        tree.weights = tree.weights(given.get("weights").unwrap_or(&none));
        Ok(tree)
    }

    /// Weights by node; 1 where none is given.
    fn weights(&self, by_name: &Value) -> Vec<f64> {
        self.names.iter().map(|name| number(by_name, name).unwrap_or(1.0)).collect()
    }

    fn units(&self, inputs: &Value) -> Result<Vec<Vec<Option<f64>>>, Undefined> {
        let unit = |row: &Value| -> Option<Vec<Option<f64>>> {
            let values: Vec<Option<f64>> = row.as_array()?.iter().map(Value::as_f64).collect();
            (values.len() == self.framework.leaves).then_some(values)
        };
        list(inputs, "scores").iter().map(unit).collect::<Option<_>>().ok_or(Undefined::MissingInput)
    }
}

fn nested(inputs: &Value) -> Result<Value, Undefined> {
    let tree = Tree::read(inputs)?;
    let (leaves, methods) = (tree.framework.leaves, methods(inputs.get("method_per_level")));
    let threshold = number(inputs, "data_threshold").unwrap_or(0.0);
    let units: Vec<Vec<Option<f64>>> = tree
        .units(inputs)?
        .into_iter()
        .map(|mut nodes| {
            nodes.resize(tree.framework.nodes(), None);
            tree.framework.fill(&mut nodes, &tree.weights, &methods, threshold);
            nodes
        })
        .collect();
    let of = |node: usize| -> Vec<Option<f64>> { units.iter().map(|nodes| nodes[node]).collect() };
    let mut fields: Map<String, Value> =
        (leaves..tree.names.len()).map(|node| (tree.names[node].clone(), json!(of(node)))).collect();
    fields.insert("rank".to_owned(), json!(rank_descending(&of(tree.names.len() - 1))));
    Ok(Value::Object(fields))
}

fn fill(inputs: &Value) -> Result<Value, Undefined> {
    let x = numbers(inputs, "x");
    let (filling, grouped) = match word(inputs, "method") {
        "mean" => (Filling::Mean, false),
        "group_mean" => (Filling::Mean, true),
        "group_median" => (Filling::Median, true),
        _ => (Filling::Median, false),
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let group: Vec<usize> = (0..x.len())
        .map(|at| {
            let name = if grouped { list(inputs, "group").get(at).map(Value::to_string) } else { None };
            let next = seen.len();
            *seen.entry(name.unwrap_or_default()).or_insert(next)
        })
        .collect();
    let y = impute(&x, &group, filling)?;
    let imputed: Vec<bool> = x.iter().zip(&y).map(|(x, y)| x.is_none() && y.is_some()).collect();
    Ok(json!({ "y": y, "imputed": imputed }))
}

fn effective_weights(inputs: &Value) -> Result<Value, Undefined> {
    let tree = Tree::read(inputs)?;
    let weights = tree.framework.effective_weights(&tree.weights)?;
    Ok(tree.names.iter().zip(weights).map(|(name, weight)| (name.clone(), json!(weight))).collect())
}

fn monte_carlo(inputs: &Value) -> Result<Value, Undefined> {
    let tree = Tree::read(inputs)?;
    let units = tree.units(inputs)?;
    let draws: Vec<Vec<f64>> = list(inputs, "weight_draws").iter().map(|draw| tree.weights(draw)).collect();
    let methods = methods(inputs.get("method"));
    let threshold = number(inputs, "data_threshold").unwrap_or(0.0);
    let found = rank_draws(&tree.framework, &units, &tree.weights, &draws, &methods, threshold);
    Ok(json!({
        "nominal_rank": found.nominal,
        "mean_rank": found.mean,
        "median_rank": found.median,
        "rank_q05": found.low,
        "rank_q95": found.high,
        "share_in_top5": found.top_five,
        "mean_abs_rank_shift": found.shift,
    }))
}

fn sobol_indices(inputs: &Value) -> Result<Value, Undefined> {
    let whole = |values: &[Value]| -> Option<Vec<f64>> { values.iter().map(Value::as_f64).collect() };
    let runs = |key| whole(list(inputs, key)).ok_or(Undefined::MissingInput);
    let (a, b) = (runs("yA")?, runs("yB")?);
    let ab: Option<Vec<Vec<f64>>> = list(inputs, "yAB").iter().map(|own| whole(own.as_array()?)).collect();
    let ab = ab.ok_or(Undefined::MissingInput)?;
    let (centred, uncentred) = (sobol(&a, &b, &ab, true)?, sobol(&a, &b, &ab, false)?);
    Ok(json!({
        "S1": centred.first,
        "ST": centred.total,
        "S1_uncentred_coinr": uncentred.first,
        "ST_uncentred_coinr": uncentred.total,
    }))
}

/// A function whose indices are known, `Ishigami a=7 b=0.1 …`: sin x₁ + a·sin² x₂ + b·x₃⁴·sin x₁ on [−π, π]³, sampled.
fn ishigami(model: &str) -> Option<Result<Value, Undefined>> {
    const RUNS: usize = 1 << 17;
    let after = |key: &str| model.split_whitespace().find_map(|word| word.strip_prefix(key)?.parse::<f64>().ok());
    if !model.starts_with("Ishigami") {
        return None;
    }
    let (a, b) = (after("a=")?, after("b=")?);
    let y = |x: &[f64; 3]| x[0].sin() + a * x[1].sin().powi(2) + b * x[2].powi(4) * x[0].sin();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut draw = || [0; 3].map(|_: i32| (f64::from(random.next_u32()) / f64::from(u32::MAX) * 2.0 - 1.0) * PI);
    let runs: Vec<([f64; 3], [f64; 3])> = (0..RUNS).map(|_| (draw(), draw())).collect();
    let mixed = |(a, b): &([f64; 3], [f64; 3]), input: usize| {
        let mut x = *a;
        x[input] = b[input];
        y(&x)
    };
    let of_a: Vec<f64> = runs.iter().map(|(a, _)| y(a)).collect();
    let of_b: Vec<f64> = runs.iter().map(|(_, b)| y(b)).collect();
    let ab: Vec<Vec<f64>> = (0..3).map(|input| runs.iter().map(|run| mixed(run, input)).collect()).collect();
    Some(sobol(&of_a, &of_b, &ab, true).map(|Sobol { first, total }| json!({ "S1": first, "ST": total })))
}
