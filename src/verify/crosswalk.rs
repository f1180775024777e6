//! Golden cases of the crosswalk: JSON in, JSON out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::json::{list, result, word};
use crate::register::{Link, Share, apportion, whole_parts};
use crate::stats::Undefined;

/// Runs the routine of a kind; none where there is no routine.
pub(super) fn run(kind: &str, inputs: &Value) -> Option<Value> {
    match kind {
        "apportion" => Some(result(apportioned(inputs))),
        "largest_remainder" => Some(result(parted(inputs))),
        _ => None,
    }
}

fn apportioned(inputs: &Value) -> Result<Value, Undefined> {
    let links: Result<Vec<Link>, Undefined> = list(inputs, "links")
        .iter()
        .map(|link| {
            let share = word(link, "share").parse().map_err(|_| Undefined::MissingInput)?;
            Ok(Link { from: word(link, "from").to_owned(), to: word(link, "to").to_owned(), share })
        })
        .collect();
    let links = links?;
    let old = inputs.get("old").and_then(Value::as_object).ok_or(Undefined::MissingInput)?;
    let counts = |key: &str| -> Result<BTreeMap<String, Option<i128>>, Undefined> {
        old.iter().map(|(code, of)| Ok((code.clone(), whole(of.get(key).unwrap_or(&Value::Null))?))).collect()
    };
    let (nums, dens) = (counts("num")?, counts("den")?);
    let over = |counts: &BTreeMap<_, _>| apportion(counts, &links).map_err(|_| Undefined::SharesDoNotSumToOne);
    let (num, den) = (over(&nums)?, over(&dens)?);
    let mut conserved = [nums.values(), dens.values()].into_iter().flatten().all(Option::is_some);
    let new: Vec<Value> = num
        .iter()
        .filter_map(|(code, n)| Some((code, n, den.get(code)?)))
        .map(|(code, n, d)| {
            if n.incomplete || d.incomplete {
                return json!({ "code": code, "status": "incomplete", "num": null, "den": null, "num_int": null,
                    "den_int": null, "rate": null });
            }
            let rate = (d.decimal != 0.0).then(|| n.decimal / d.decimal);
            json!({ "code": code, "status": "ok", "num": n.decimal, "den": d.decimal, "num_int": n.whole as i64,
                "den_int": d.whole as i64, "rate": rate })
        })
        .collect();
    let total = |counts: &BTreeMap<String, Option<i128>>| counts.values().flatten().sum::<i128>();
    conserved &= total(&nums) == num.values().map(|n| n.whole).sum::<i128>();
    conserved &= total(&dens) == den.values().map(|n| n.whole).sum::<i128>();
    Ok(json!({ "new": new, "old_total_num": total(&nums) as i64, "old_total_den": total(&dens) as i64,
        "conserved": conserved }))
}

fn parted(inputs: &Value) -> Result<Value, Undefined> {
    let total = whole(inputs.get("total").unwrap_or(&Value::Null))?.ok_or(Undefined::MissingInput)?;
    let weights: Result<Vec<i128>, Undefined> =
        list(inputs, "weights").iter().map(|weight| whole(weight)?.ok_or(Undefined::MissingInput)).collect();
    let weights: Vec<Share> = weights?.into_iter().map(Share::whole).collect();
    let parts = whole_parts(total, &weights).ok_or(Undefined::ZeroWeightSum)?;
    Ok(json!({ "parts": parts.into_iter().map(|part| part as i64).collect::<Vec<_>>() }))
}

/// A count: whole, not below zero, or missing.
fn whole(value: &Value) -> Result<Option<i128>, Undefined> {
    match value.as_f64() {
        None => Ok(None),
        Some(count) if count < 0.0 => Err(Undefined::NegativeCount),
        Some(count) if count.fract() != 0.0 => Err(Undefined::NonIntegerCount),
        Some(count) => Ok(Some(count as i128)),
    }
}
