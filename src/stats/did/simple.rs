//! Two groups, before and after: the difference of the mean changes (Angrist and Pischke 2009, 5.2), with errors clustered by
//! unit (CR1) and, beside them, Welch's test on the units' own changes.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector};

use crate::stats::Undefined;
use crate::stats::linear::{Estimate, Reference, clustered, cr1, least_squares};
use crate::stats::order::mean;

/// One value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Index of the unit.
    pub unit: usize,
    /// Whether the unit is of the treated group.
    pub treated: bool,
    /// Whether it is after the start.
    pub post: bool,
    /// The value.
    pub y: f64,
}

/// The comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoByTwo {
    /// Means: treated before and after, others before and after.
    pub means: [f64; 4],
    /// The effect on the treated, with clustered errors and t(G−1).
    pub effect: Estimate,
    /// Units.
    pub clusters: usize,
    /// Welch's standard error and p on the units' changes; null where a group has one unit only.
    pub welch: Option<(f64, f64)>,
}

/// Compares the changes.
pub fn two_by_two(rows: &[Row]) -> Result<TwoByTwo, Undefined> {
    let mean_of = |treated: bool, post: bool| {
        let cell: Vec<f64> = rows.iter().filter(|r| r.treated == treated && r.post == post).map(|r| r.y).collect();
        if cell.is_empty() { Err(Undefined::EmptyCell) } else { Ok(mean(&cell)) }
    };
    let means = [mean_of(true, false)?, mean_of(true, true)?, mean_of(false, false)?, mean_of(false, true)?];
    let mut units: Vec<usize> = rows.iter().map(|r| r.unit).collect();
    units.sort_unstable();
    units.dedup();
    let clusters = units.len();
    let (n, k) = (rows.len(), 4);
    if clusters < 2 || n <= k {
        return Err(Undefined::TooFewPeriods);
    }
    let flag = |is: bool| f64::from(u8::from(is));
    let x = DMatrix::from_fn(n, k, |i, j| match j {
        0 => 1.0,
        1 => flag(rows[i].treated),
        2 => flag(rows[i].post),
        _ => flag(rows[i].treated && rows[i].post),
    });
    let fit = least_squares(&x, &DVector::from_iterator(n, rows.iter().map(|r| r.y)), None)?;
    let cluster: Vec<usize> = rows.iter().filter_map(|r| units.binary_search(&r.unit).ok()).collect();
    let variance = clustered(&fit, &x, None, &cluster) * cr1(clusters, n, k);
    let effect = Estimate::new(fit.coef[3], variance[(3, 3)].max(0.0).sqrt(), Reference::T((clusters - 1) as f64));
    Ok(TwoByTwo { means, effect, clusters, welch: welch(rows) })
}

/// Welch's t on the units' changes.
fn welch(rows: &[Row]) -> Option<(f64, f64)> {
    let mut of_unit: BTreeMap<usize, (bool, Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for row in rows {
        let (_, before, after) = of_unit.entry(row.unit).or_insert((row.treated, Vec::new(), Vec::new()));
        if row.post { after.push(row.y) } else { before.push(row.y) }
    }
    let changes = |wanted: bool| -> Vec<f64> {
        let both = of_unit
            .values()
            .filter(|(treated, before, after)| *treated == wanted && !before.is_empty() && !after.is_empty());
        both.map(|(_, before, after)| mean(after) - mean(before)).collect()
    };
    // Mean, and variance of the mean with its degrees of freedom.
    let spread = |v: &[f64]| {
        let (m, df) = (mean(v), v.len() as f64 - 1.0);
        (m, v.iter().map(|x| (x - m).powi(2)).sum::<f64>() / df / v.len() as f64, df)
    };
    let (ours, theirs) = (changes(true), changes(false));
    if ours.len() < 2 || theirs.len() < 2 {
        return None;
    }
    let ((a, va, da), (b, vb, db)) = (spread(&ours), spread(&theirs));
    let se = (va + vb).sqrt();
    let df = (va + vb).powi(2) / (va * va / da + vb * vb / db);
    Some((se, Reference::T(df).p((a - b) / se)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let row = |unit, treated, post, y| Row { unit, treated, post, y };
        let mut rows = Vec::new();
        for (unit, treated, before, after) in
            [(7, true, 10.0, 16.0), (8, true, 12.0, 16.0), (9, false, 20.0, 21.0), (10, false, 22.0, 25.0)]
        {
            rows.extend([row(unit, treated, false, before), row(unit, treated, true, after)]);
        }
        let found = two_by_two(&rows).expect("a comparison");
        assert!(found.means.iter().zip([11.0, 16.0, 21.0, 23.0]).all(|(a, b)| (a - b).abs() < 1e-12));
        assert!((found.effect.value - 3.0).abs() < 1e-12);
        // Changes 6, 4 and 1, 3: both with variance 2, so the error of the difference is √2.
        let (se, _) = found.welch.expect("two units on each side");
        assert!((se - 2f64.sqrt()).abs() < 1e-12);
        rows.retain(|r| !(r.treated && r.post));
        assert!(two_by_two(&rows).is_err());
    }
}
