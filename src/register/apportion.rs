//! Counts of old units over new ones: decimal, and whole by largest remainder.
//!
//! In: counts of old units and links with shares. Out: counts of new units whose total is that of the old, to the last
//! unit. Shares of an old unit that do not sum to one are refused rather than mended.

use std::collections::{BTreeMap, BTreeSet};

use super::Share;

/// A share of an old unit that belongs to a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Old unit.
    pub from: String,
    /// New unit.
    pub to: String,
    /// Share of the old unit.
    pub share: Share,
}

/// The count of a new unit.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Apportioned {
    /// Sum over the parts that are known, unrounded.
    pub decimal: f64,
    /// The same in whole units, by largest remainder inside each old unit.
    pub whole: i128,
    /// True where the count of a part is not known.
    pub incomplete: bool,
}

/// Old units whose shares do not sum to one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("shares of {} do not sum to one", .0.join(", "))]
pub struct Unbalanced(pub Vec<String>);

/// Parts a whole number by weights: each gets its quota rounded down, what is left goes to the largest remainders, equal
/// ones to the earlier. `None` where the weights sum to nothing or do not fit.
pub fn whole_parts(total: i128, weights: &[Share]) -> Option<Vec<i128>> {
    let sum = Share::sum(weights.iter().copied())?;
    let mut parts = Vec::with_capacity(weights.len());
    let mut rests = Vec::with_capacity(weights.len());
    for (at, weight) in weights.iter().enumerate() {
        let (whole, rest) = Share::whole(total).times(weight.by(sum)?)?.split()?;
        parts.push(whole);
        rests.push((rest, at));
    }
    let left = usize::try_from(total - parts.iter().sum::<i128>()).ok()?;
    rests.sort_by(|a, b| b.0.against(a.0).unwrap_or(std::cmp::Ordering::Equal).then(a.1.cmp(&b.1)));
    for (_, at) in rests.into_iter().take(left) {
        parts[at] += 1;
    }
    Some(parts)
}

/// Counts of the new units. A count that is not known makes every unit that it would have reached incomplete.
pub fn apportion(
    counts: &BTreeMap<String, Option<i128>>,
    links: &[Link],
) -> Result<BTreeMap<String, Apportioned>, Unbalanced> {
    // By new code within an old unit: ties go to the lower.
    let mut of: BTreeMap<&str, BTreeMap<&str, Share>> = counts.keys().map(|c| (c.as_str(), BTreeMap::new())).collect();
    for link in links {
        of.entry(&link.from).or_default().insert(&link.to, link.share);
    }
    let bad = |shares: &BTreeMap<&str, Share>| Share::sum(shares.values().copied()) != Some(Share::ONE);
    let unbalanced: BTreeSet<&str> = of.iter().filter(|(_, shares)| bad(shares)).map(|(code, _)| *code).collect();
    if !unbalanced.is_empty() {
        return Err(Unbalanced(unbalanced.into_iter().map(str::to_owned).collect()));
    }
    let mut new: BTreeMap<String, Apportioned> = BTreeMap::new();
    for (old, shares) in &of {
        let count = counts.get(*old).copied().flatten();
        let weights: Vec<Share> = shares.values().copied().collect();
        let wholes = count.and_then(|count| whole_parts(count, &weights));
        for (at, (to, share)) in shares.iter().enumerate() {
            let unit = new.entry((*to).to_owned()).or_default();
            match (count, wholes.as_ref().and_then(|w| w.get(at))) {
                (Some(count), Some(whole)) => {
                    unit.decimal += Share::whole(count).times(*share).map_or(0.0, Share::number);
                    unit.whole += whole;
                }
                _ => unit.incomplete |= !share.is_zero(),
            }
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn near(got: f64, want: &Value) {
        let want = want.as_f64().unwrap();
        assert!((got - want).abs() <= 1e-9 + 1e-12 * want.abs(), "{got} {want}");
    }

    fn counts(case: &Value, key: &str) -> BTreeMap<String, Option<i128>> {
        let old = case["inputs"]["old"].as_object().unwrap();
        old.iter().map(|(code, of)| (code.clone(), of[key].as_i64().map(i128::from))).collect()
    }

    fn apportioned(case: &Value) {
        let link = |link: &Value| {
            let text = |key: &str| link[key].as_str().unwrap().to_owned();
            Link { from: text("from"), to: text("to"), share: text("share").parse().unwrap() }
        };
        let links: Vec<Link> = case["inputs"]["links"].as_array().unwrap().iter().map(link).collect();
        let (num, den) = (counts(case, "num"), counts(case, "den"));
        let expected = &case["expected"];
        if expected["status"] == "undefined" {
            let units: Vec<&str> = expected["units"].as_array().unwrap().iter().map(|u| u.as_str().unwrap()).collect();
            assert_eq!(apportion(&num, &links).unwrap_err().0, units);
            return;
        }
        let (num, den) = (apportion(&num, &links).unwrap(), apportion(&den, &links).unwrap());
        let new = expected["new"].as_array().unwrap();
        assert_eq!(num.len(), new.len());
        for unit in new {
            let code = unit["code"].as_str().unwrap();
            let (n, d) = (num[code], den[code]);
            if n.incomplete || d.incomplete {
                assert_eq!(unit["status"], "incomplete", "{code}");
                continue;
            }
            assert_eq!(unit["status"], "ok", "{code}");
            near(n.decimal, &unit["num"]);
            near(d.decimal, &unit["den"]);
            assert_eq!((Some(n.whole), Some(d.whole)), (whole(unit, "num_int"), whole(unit, "den_int")), "{code}");
            if d.decimal != 0.0 {
                near(n.decimal / d.decimal, &unit["rate"]);
            }
        }
        if expected["conserved"] == true {
            assert_eq!(num.values().map(|u| u.whole).sum::<i128>(), whole(expected, "old_total_num").unwrap());
            assert_eq!(den.values().map(|u| u.whole).sum::<i128>(), whole(expected, "old_total_den").unwrap());
        }
    }

    fn whole(of: &Value, key: &str) -> Option<i128> {
        of[key].as_i64().map(i128::from)
    }

    fn parted(case: &Value) {
        let weights: Vec<Share> = case["inputs"]["weights"]
            .as_array()
            .unwrap()
            .iter()
            .map(|w| Share::whole(w.as_i64().unwrap().into()))
            .collect();
        let parts = whole_parts(whole(&case["inputs"], "total").unwrap(), &weights);
        let want = case["expected"]["parts"].as_array();
        assert_eq!(
            parts,
            want.map(|parts| parts.iter().map(|p| p.as_i64().unwrap().into()).collect()),
            "{}",
            case["id"]
        );
    }

    #[test]
    fn every_golden_case_of_a_crosswalk_comes_out() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/methods/09_crosswalk.json");
        let golden: Value = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
        let cases = golden["cases"].as_array().unwrap();
        for case in cases {
            match case["kind"].as_str().unwrap() {
                "apportion" => apportioned(case),
                _ => parted(case),
            }
        }
        assert_eq!(cases.len(), 19);
    }
}
