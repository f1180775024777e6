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

    fn link(from: &str, to: &str, share: &str) -> Link {
        Link { from: from.to_owned(), to: to.to_owned(), share: share.parse().unwrap() }
    }

    #[test]
    fn a_total_is_kept_and_ties_go_to_the_lower_code() {
        let counts = BTreeMap::from([("A".to_owned(), Some(7)), ("B".to_owned(), None)]);
        let links = [link("A", "Y", "0.5"), link("A", "X", "0.5"), link("B", "Y", "0"), link("B", "Z", "1")];
        let new = apportion(&counts, &links).unwrap();
        let got: Vec<_> = new.iter().map(|(code, of)| (code.as_str(), of.decimal, of.whole, of.incomplete)).collect();
        assert_eq!(got, [("X", 3.5, 4, false), ("Y", 3.5, 3, false), ("Z", 0.0, 0, true)]);
        assert_eq!(apportion(&counts, &links[1..]).unwrap_err().0, ["A"]);
    }

    #[test]
    fn parts_sum_to_the_whole() {
        let parts = |total, weights: [i128; 3]| whole_parts(total, &weights.map(Share::whole));
        assert_eq!(parts(10, [1, 1, 1]), Some(vec![4, 3, 3]));
        assert_eq!(parts(0, [3, 4, 0]), Some(vec![0, 0, 0]));
        assert_eq!(parts(5, [0, 0, 0]), None);
    }
}
