//! Fixed effects of units and of times, errors clustered by unit (CR1): one effect, an event study, and both for counts.
//!
//! Units' effects are taken out by (weighted) demeaning, times' stand as columns: exact on panels with gaps too. Degrees of
//! freedom as fixest counts them: "nested" (units' effects, being nested in the clusters, are not counted) and "full".
//! Counts: Poisson pseudo-maximum likelihood (Santos Silva and Tenreyro 2006; Wooldridge 2023, Econometrics J 26:C31), where
//! trends are parallel in the logarithm of the mean and zeros are no trouble.

use nalgebra::{DMatrix, DVector};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::gamma_ur;

use crate::stats::Undefined;
use crate::stats::linear::{COLLINEAR, Estimate, Fit, Reference, clustered, cr1, least_squares};

/// Values of units over time; rows in any order.
#[derive(Debug, Clone, Default)]
pub struct Panel {
    /// Index of each row's unit, 0..units without gaps.
    pub unit: Vec<usize>,
    /// Each row's time.
    pub time: Vec<i32>,
    /// Each row's value.
    pub y: Vec<f64>,
}

/// Coefficients on the regressors, the fixed effects aside.
#[derive(Debug, Clone)]
pub struct TwoWay {
    /// The coefficients.
    pub coef: DVector<f64>,
    /// Their variance, clustered by unit, with the nested rule.
    pub variance: DMatrix<f64>,
    /// Parameters counted by the nested rule.
    pub k_nested: usize,
    /// Parameters counted in full.
    pub k_full: usize,
    /// Rows.
    pub n: usize,
    /// Units.
    pub clusters: usize,
}

impl TwoWay {
    /// A coefficient with its nested error, against t(G−1).
    pub fn estimate(&self, column: usize) -> Estimate {
        Estimate::new(self.coef[column], self.se(column), Reference::T((self.clusters - 1) as f64))
    }

    /// A coefficient's error by the full rule.
    pub fn se_full(&self, column: usize) -> f64 {
        self.se(column) * ((self.n - self.k_nested) as f64 / (self.n as f64 - self.k_full as f64)).sqrt()
    }

    fn se(&self, column: usize) -> f64 {
        self.variance[(column, column)].max(0.0).sqrt()
    }

    /// Wald's χ² that these coefficients are all zero, with its degrees of freedom and p.
    pub fn wald(&self, columns: &[usize]) -> Option<(f64, usize, f64)> {
        let df = columns.len();
        let coef = DVector::from_fn(df, |i, _| self.coef[columns[i]]);
        let variance = DMatrix::from_fn(df, df, |i, j| self.variance[(columns[i], columns[j])]);
        let chi2 = coef.dot(&variance.cholesky()?.solve(&coef));
        (df > 0).then(|| (chi2, df, gamma_ur(df as f64 / 2.0, chi2 / 2.0)))
    }

    /// p that these coefficients are all zero, by Hotelling's T²: χ²·(G−q)/((G−1)q) against F(q, G−q). With many coefficients
    /// and not so many units the χ² alone finds too much.
    pub fn joint_p(&self, columns: &[usize]) -> Option<f64> {
        let (chi2, df, _) = self.wald(columns)?;
        let (q, rest) = (df as f64, self.clusters.checked_sub(df).filter(|rest| *rest > 0)? as f64);
        let f = chi2 * rest / ((self.clusters - 1) as f64 * q);
        Some(beta_reg(rest / 2.0, q / 2.0, rest / (rest + q * f)))
    }
}

/// The panel with its fixed effects as columns.
struct Design {
    units: usize,
    times: usize,
    /// Dummies of all times but the first, then the regressors.
    x: DMatrix<f64>,
}

impl Design {
    fn new(panel: &Panel, regressors: &[Vec<f64>]) -> Result<Self, Undefined> {
        let mut times = panel.time.clone();
        times.sort_unstable();
        times.dedup();
        let units = panel.unit.iter().max().map_or(0, |last| last + 1);
        if units < 2 || times.len() < 2 {
            return Err(Undefined::NoTreatmentVariation);
        }
        let dummies = times.len() - 1;
        let x = DMatrix::from_fn(panel.y.len(), dummies + regressors.len(), |i, j| match j.checked_sub(dummies) {
            Some(j) => regressors[j][i],
            None => f64::from(u8::from(panel.time[i] == times[j + 1])),
        });
        Ok(Self { units, times: times.len(), x })
    }

    /// Takes the units' means out of `x` and `y`, and fits.
    fn fit(&self, panel: &Panel, y: &DVector<f64>, weights: Option<&[f64]>) -> Result<(DMatrix<f64>, Fit), Undefined> {
        let mut x = self.x.clone();
        for column in self.times - 1..x.ncols() {
            let before = x.column(column).norm();
            demean(x.column_mut(column).as_mut_slice(), panel, self.units, weights);
            if x.column(column).norm() <= COLLINEAR * before {
                return Err(Undefined::NoTreatmentVariation);
            }
        }
        for column in 0..self.times - 1 {
            demean(x.column_mut(column).as_mut_slice(), panel, self.units, weights);
        }
        let mut within = y.clone();
        demean(within.as_mut_slice(), panel, self.units, weights);
        let fit = least_squares(&x, &within, weights).map_err(|_| Undefined::NoTreatmentVariation)?;
        Ok((x, fit))
    }

    /// The regressors' part of a fit.
    fn two_way(
        &self,
        panel: &Panel,
        x: &DMatrix<f64>,
        fit: &Fit,
        weights: Option<&[f64]>,
    ) -> Result<TwoWay, Undefined> {
        let (n, first) = (panel.y.len(), self.times - 1);
        let p = x.ncols() - first;
        let (k_nested, k_full) = (p + self.times, p + self.units + first);
        if n <= k_nested {
            return Err(Undefined::TooFewPeriods);
        }
        let variance = clustered(fit, x, weights, &panel.unit) * cr1(self.units, n, k_nested);
        Ok(TwoWay {
            coef: fit.coef.rows(first, p).into_owned(),
            variance: variance.view((first, first), (p, p)).into_owned(),
            k_nested,
            k_full,
            n,
            clusters: self.units,
        })
    }
}

/// Takes each unit's (weighted) mean out of a column.
fn demean(column: &mut [f64], panel: &Panel, units: usize, weights: Option<&[f64]>) {
    let mut sums = vec![(0.0, 0.0); units];
    for (row, value) in column.iter().enumerate() {
        let weight = weights.map_or(1.0, |w| w[row]);
        let (sum, total) = &mut sums[panel.unit[row]];
        *sum += weight * value;
        *total += weight;
    }
    for (row, value) in column.iter_mut().enumerate() {
        let (sum, total) = sums[panel.unit[row]];
        *value -= sum / total;
    }
}

/// Least squares with both fixed effects.
pub fn linear(panel: &Panel, regressors: &[Vec<f64>], weights: Option<&[f64]>) -> Result<TwoWay, Undefined> {
    let design = Design::new(panel, regressors)?;
    let (x, fit) = design.fit(panel, &DVector::from_column_slice(&panel.y), weights)?;
    design.two_way(panel, &x, &fit, weights)
}

/// Poisson with both fixed effects: coefficients are logarithms of rate ratios. A unit without a single count tells nothing
/// and must be left out by the caller.
pub fn poisson(panel: &Panel, regressors: &[Vec<f64>], exposure: &[f64]) -> Result<TwoWay, Undefined> {
    let design = Design::new(panel, regressors)?;
    let y = DVector::from_column_slice(&panel.y);
    let mean = y.mean();
    if mean.is_nan() || mean <= 0.0 {
        return Err(Undefined::AllCountsZero);
    }
    let offset = DVector::from_iterator(y.len(), exposure.iter().map(|e| e.ln()));
    let mut mu = y.map(|y| f64::midpoint(y, mean));
    let mut deviance = f64::INFINITY;
    for _ in 0..200 {
        let working = DVector::from_fn(y.len(), |i, _| mu[i].ln() - offset[i] + (y[i] - mu[i]) / mu[i]);
        let (x, fit) = design.fit(panel, &working, Some(mu.as_slice()))?;
        // What is fitted is the working value less its residual.
        let fitted = (&working - &fit.residuals + &offset).map(|eta| eta.clamp(-40.0, 40.0).exp());
        let surplus = |y: f64, mu: f64| if y > 0.0 { y * (y / mu).ln() } else { 0.0 };
        let now: f64 = y.iter().zip(fitted.iter()).map(|(y, mu)| 2.0 * (surplus(*y, *mu) - (y - mu))).sum();
        if (deviance - now).abs() <= 1e-11 * (1.0 + now.abs()) {
            return design.two_way(panel, &x, &fit, Some(mu.as_slice()));
        }
        (mu, deviance) = (fitted, now);
    }
    Err(Undefined::NotConverged)
}

/// Dummies of the times since each row's start, one of them left out; rows of units that never start have none.
///
/// The never-treated must exist: they tell what would have come to pass.
pub fn event_dummies(
    panel: &Panel,
    start: &[Option<i32>],
    omitted: i32,
) -> Result<(Vec<i32>, Vec<Vec<f64>>), Undefined> {
    if start.iter().all(Option::is_some) {
        return Err(Undefined::NoNeverTreatedUnits);
    }
    let since: Vec<Option<i32>> = start.iter().zip(&panel.time).map(|(g, t)| g.map(|g| t - g)).collect();
    let mut times: Vec<i32> = since.iter().flatten().copied().filter(|e| *e != omitted).collect();
    times.sort_unstable();
    times.dedup();
    if times.is_empty() {
        return Err(Undefined::NoTreatmentVariation);
    }
    let column = |e: &i32| since.iter().map(|s| f64::from(u8::from(*s == Some(*e)))).collect();
    let columns = times.iter().map(column).collect();
    Ok((times, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Six units, six times, the first three treated from time 3 on with an effect of 2.
    fn panel(noise: &[f64]) -> (Panel, Vec<f64>, Vec<Option<i32>>) {
        let (mut panel, mut treated, mut start) = (Panel::default(), Vec::new(), Vec::new());
        for unit in 0..6 {
            for time in 0..6 {
                let on = unit < 3 && time >= 3;
                let at = panel.y.len();
                panel.unit.push(unit);
                panel.time.push(time);
                panel
                    .y
                    .push(unit as f64 * 3.0 + f64::from(time) + if on { 2.0 } else { 0.0 } + noise[at % noise.len()]);
                treated.push(f64::from(u8::from(on)));
                start.push((unit < 3).then_some(3));
            }
        }
        (panel, treated, start)
    }

    #[test]
    fn the_effect_without_noise() {
        let (panel, treated, start) = panel(&[0.0]);
        let fit = linear(&panel, &[treated], None).expect("a fit");
        assert!((fit.coef[0] - 2.0).abs() < 1e-10);
        assert_eq!((fit.k_nested, fit.k_full, fit.clusters), (7, 12, 6));
        let (times, dummies) = event_dummies(&panel, &start, -1).expect("dummies");
        assert_eq!(times, [-3, -2, 0, 1, 2]);
        let fit = linear(&panel, &dummies, None).expect("a fit");
        assert!(fit.coef.iter().zip([0.0, 0.0, 2.0, 2.0, 2.0]).all(|(a, b)| (a - b).abs() < 1e-10));
    }

    #[test]
    fn counts_find_the_rate_ratio() {
        let (mut panel, treated, _) = panel(&[0.0]);
        for (row, y) in panel.y.iter_mut().enumerate() {
            let mean = f64::from(panel.time[row] + 2) * (panel.unit[row] + 1) as f64 * 10.0;
            *y = mean * if treated[row] > 0.0 { 1.5 } else { 1.0 };
        }
        let exposure = vec![1.0; panel.y.len()];
        let fit = poisson(&panel, &[treated], &exposure).expect("a fit");
        assert!((fit.coef[0].exp() - 1.5).abs() < 1e-6, "{}", fit.coef[0]);
    }

    #[test]
    fn what_never_varies_is_undefined() {
        let (panel, treated, start) = panel(&[0.0, 0.3, -0.2, 0.1, 0.4]);
        assert!(linear(&panel, &[vec![1.0; treated.len()]], None).is_err());
        assert!(linear(&panel, &[vec![0.0; treated.len()]], None).is_err());
        let by_time = panel.time.iter().map(|t| f64::from(*t)).collect();
        assert!(linear(&panel, &[by_time], None).is_err());
        let all: Vec<Option<i32>> = start.iter().map(|_| Some(3)).collect();
        assert!(event_dummies(&panel, &all, -1).is_err());
    }
}
