//! Scores in levels: weighted means inside each parent over the children that are there, weights renormalised (COINr
//! `Aggregate`); too few children, and the parent is missing too.

use crate::stats::{Undefined, steady};

/// How children are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Weighted sum: a good child makes up for a bad one.
    Arithmetic,
    /// Weighted product: less so.
    Geometric,
    /// Weighted mean of reciprocals: hardly.
    Harmonic,
}

/// Averages children and their weights. `None` where the share of children present is below `threshold`, or there is none.
pub fn mean(
    children: impl Iterator<Item = (Option<f64>, f64)>,
    method: Method,
    threshold: f64,
) -> Result<Option<f64>, Undefined> {
    let (mut all, mut there, mut weights, mut sum, mut least) = (0, 0, 0.0, 0.0, f64::INFINITY);
    for (value, weight) in children {
        all += 1;
        let Some(value) = value else { continue };
        there += 1;
        weights += weight;
        least = least.min(value);
        sum += weight
            * match method {
                Method::Arithmetic => value,
                Method::Geometric => value.ln(),
                Method::Harmonic => value.recip(),
            };
    }
    if there < least_there(all, threshold) {
        return Ok(None);
    }
    if method != Method::Arithmetic && least <= 0.0 {
        return Err(Undefined::NonPositiveValue);
    }
    if weights == 0.0 {
        return Err(Undefined::ZeroWeightSum);
    }
    Ok(Some(match method {
        Method::Arithmetic => sum / weights,
        Method::Geometric => (sum / weights).exp(),
        Method::Harmonic => weights / sum,
    }))
}

/// How many of `all` children must be there at least, and one in any case: where all are there no share is too small.
fn least_there(all: usize, threshold: f64) -> usize {
    let enough = |there: &usize| *there == all || steady(*there as f64 / all as f64) >= steady(threshold);
    (1..=all).find(enough).unwrap_or(usize::MAX)
}

/// How many units are averaged side by side: so few that their sums stay in the processor's nearest memory.
const BLOCK: usize = 32;

/// [`mean`] of many units at once, NaN standing for what is missing. `children` gives a weight and the units' values;
/// `counted` is what is summed of a value, `back` the mean of a sum and its weights.
fn means<'a>(
    children: &(impl Iterator<Item = (f64, &'a [f64])> + Clone),
    least: usize,
    means: &mut [f64],
    counted: impl Fn(f64) -> f64,
    back: impl Fn(f64, f64) -> f64,
) {
    for (block, means) in means.chunks_mut(BLOCK).enumerate() {
        let (mut sums, mut weights, mut there) = ([0.0; BLOCK], [0.0; BLOCK], [0.0; BLOCK]);
        for (weight, values) in children.clone() {
            let values = &values[block * BLOCK..][..means.len()];
            for (((sum, total), there), value) in sums.iter_mut().zip(&mut weights).zip(&mut there).zip(values) {
                let missing = value.is_nan();
                *sum += if missing { 0.0 } else { weight * counted(*value) };
                *total += if missing { 0.0 } else { weight };
                *there += if missing { 0.0 } else { 1.0 };
            }
        }
        for (((mean, sum), total), there) in means.iter_mut().zip(sums).zip(weights).zip(there) {
            *mean = if there < least as f64 || total == 0.0 { f64::NAN } else { back(sum, total) };
        }
    }
}

/// A node above the indicators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// Its level, 0 being the one next to the indicators.
    pub level: usize,
    /// Indices of its children: indicators first, then parents in their order.
    pub children: Vec<usize>,
}

impl Parent {
    /// How its children are averaged, of the methods by level.
    fn method(&self, methods: &[Method]) -> Method {
        methods.get(self.level).or(methods.last()).copied().unwrap_or(Method::Arithmetic)
    }
}

/// The tree of a score: `leaves` indicators, then parents, children before their parents, the last of them the score itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Framework {
    /// How many indicators.
    pub leaves: usize,
    /// The nodes above them.
    pub parents: Vec<Parent>,
}

impl Framework {
    /// Indicators and parents.
    pub fn nodes(&self) -> usize {
        self.leaves + self.parents.len()
    }

    /// Fills the parents' places of `nodes`, in which the indicators stand. `weights` by node; `methods` by level, the last
    /// standing for those above. A parent that cannot be averaged is missing.
    pub fn fill(&self, nodes: &mut [Option<f64>], weights: &[f64], methods: &[Method], threshold: f64) {
        for (at, parent) in self.parents.iter().enumerate() {
            let method = parent.method(methods);
            let children = parent.children.iter().map(|c| (nodes[*c], weights[*c]));
            let value = mean(children, method, threshold).unwrap_or(None);
            nodes[self.leaves + at] = value;
        }
    }

    /// [`Framework::fill`] for many units at once: `nodes` by node then unit, NaN standing for what is missing.
    pub fn fill_units(&self, nodes: &mut [f64], units: usize, weights: &[f64], methods: &[Method], threshold: f64) {
        for (at, parent) in self.parents.iter().enumerate() {
            let (below, own) = nodes.split_at_mut((self.leaves + at) * units);
            let children = &parent.children.iter().map(|c| (weights[*c], &below[c * units..][..units]));
            let (least, own) = (least_there(parent.children.len(), threshold), &mut own[..units]);
            let positive = |value: f64| if value > 0.0 { value } else { f64::NAN };
            match parent.method(methods) {
                Method::Arithmetic => means(children, least, own, |v| v, |sum, weights| sum / weights),
                Method::Geometric => {
                    means(children, least, own, |v| positive(v).ln(), |sum, weights| (sum / weights).exp());
                }
                Method::Harmonic => {
                    means(children, least, own, |v| positive(v).recip(), |sum, weights| weights / sum);
                }
            }
        }
    }

    /// The score of one unit.
    pub fn score(&self, scores: &[Option<f64>], weights: &[f64], methods: &[Method], threshold: f64) -> Option<f64> {
        let mut nodes = vec![None; self.nodes()];
        nodes[..self.leaves].copy_from_slice(&scores[..self.leaves]);
        self.fill(&mut nodes, weights, methods, threshold);
        nodes.last().copied().flatten()
    }

    /// What each node weighs in the score: its share of its parent times the parent's own; the score weighs 1.
    pub fn effective_weights(&self, weights: &[f64]) -> Result<Vec<f64>, Undefined> {
        let mut own = vec![0.0; self.nodes()];
        if let Some(top) = own.last_mut() {
            *top = 1.0;
        }
        for (at, parent) in self.parents.iter().enumerate().rev() {
            let total: f64 = parent.children.iter().map(|c| weights[*c]).sum();
            if total == 0.0 {
                return Err(Undefined::ZeroWeightSum);
            }
            for child in &parent.children {
                own[*child] = own[self.leaves + at] * weights[*child] / total;
            }
        }
        Ok(own)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option::weighted;
    use proptest::prelude::*;

    use super::*;

    const METHODS: [Method; 3] = [Method::Arithmetic, Method::Geometric, Method::Harmonic];

    #[test]
    fn means_by_hand() {
        let of = |x: &[Option<f64>], method, threshold| mean(x.iter().map(|v| (*v, 1.0)), method, threshold);
        let x = [Some(1.0), None, Some(4.0)];
        assert_eq!(of(&x, Method::Arithmetic, 0.0).expect("a mean"), Some(2.5));
        assert!((of(&x, Method::Geometric, 0.0).expect("a mean").expect("two values") - 2.0).abs() < 1e-12);
        assert_eq!(of(&x, Method::Harmonic, 0.0).expect("a mean"), Some(1.6));
        assert_eq!(of(&x, Method::Arithmetic, 2.0 / 3.0).expect("just enough"), Some(2.5));
        assert_eq!(of(&x, Method::Arithmetic, 0.7).expect("too few"), None);
        assert!(of(&[Some(0.0), Some(4.0)], Method::Geometric, 0.0).is_err());
    }

    #[test]
    fn a_tree() {
        let tree = Framework {
            leaves: 3,
            parents: vec![Parent { level: 0, children: vec![0, 1] }, Parent { level: 1, children: vec![3, 2] }],
        };
        let weights = [1.0, 3.0, 1.0, 1.0, 1.0];
        let score = tree.score(&[Some(10.0), Some(20.0), Some(40.0)], &weights, &[Method::Arithmetic], 0.0);
        assert_eq!(score, Some(28.75));
        assert_eq!(tree.effective_weights(&weights).expect("weights"), [0.125, 0.375, 0.5, 0.5, 1.0]);
    }

    proptest! {
        #[test]
        fn many_units_side_by_side_score_as_each_alone(
            units in vec(vec(weighted(0.7, -1.0..9.0), 5), 1..80),
            weights in vec(0.0..3.0, 8),
            (within, between) in (0..3_usize, 0..3_usize),
            threshold in 0.0..=1.0,
        ) {
            let parent = |level, children| Parent { level, children };
            let parents = vec![parent(0, vec![0, 1, 2]), parent(0, vec![3, 4]), parent(1, vec![5, 6])];
            let tree = Framework { leaves: 5, parents };
            let methods = [METHODS[within], METHODS[between]];
            let mut nodes = vec![f64::NAN; tree.nodes() * units.len()];
            for (at, unit) in units.iter().enumerate() {
                for (leaf, value) in unit.iter().enumerate() {
                    nodes[leaf * units.len() + at] = value.unwrap_or(f64::NAN);
                }
            }
            tree.fill_units(&mut nodes, units.len(), &weights, &methods, threshold);
            for (unit, got) in units.iter().zip(&nodes[7 * units.len()..]) {
                let alone = tree.score(unit, &weights, &methods, threshold);
                prop_assert_eq!((!got.is_nan()).then_some(*got), alone);
            }
        }
    }
}
