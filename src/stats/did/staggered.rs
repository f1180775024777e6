//! Starts at different times: group-time effects and their aggregates after Callaway and Sant'Anna 2021, J Econometrics
//! 225:200, without covariates, against units that are never treated; errors from influence functions.
//!
//! ATT(g,t) = mean over group g of (Y_t − Y_b) less the same of the never treated, b the last time before g. On the ratio scale,
//! for counts whose trends are parallel in logarithms of means: ln[(Ȳ_gt/Ȳ_gb)/(Ȳ_ct/Ȳ_cb)], after Wooldridge 2023.

use std::collections::BTreeMap;

use crate::stats::Undefined;

/// What a value before the start is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// The time before it.
    Varying,
    /// The last time before the start, whose own effect is 0 by construction.
    Universal,
}

/// What becomes of units that were not seen at every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gaps {
    /// They are left out.
    DropUnit,
    /// They count wherever both times of a comparison were seen.
    Pairwise,
}

/// On which scale trends are parallel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// In the values.
    Difference,
    /// In the logarithms of the means.
    LogRatio,
}

/// A unit's values, one per time, and its first treated time.
#[derive(Debug, Clone)]
pub struct Unit {
    /// First treated time; none where it is never treated.
    pub start: Option<i32>,
    /// Values in the order of the times.
    pub y: Vec<Option<f64>>,
}

/// An effect and its error; no error where the effect is 0 by construction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    /// The effect.
    pub att: f64,
    /// Its standard error.
    pub se: Option<f64>,
}

/// Effect on group `group` at `time`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The group's start.
    pub group: i32,
    /// The time.
    pub time: i32,
    /// The effect.
    pub effect: Effect,
    /// What each unit kept contributes.
    influence: Vec<f64>,
}

/// Effects by some key, and over all.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Start, time since it, or time, with the effect.
    pub points: Vec<(i32, Effect)>,
    /// Over all points after the start.
    pub overall: Effect,
}

/// All group-time effects.
#[derive(Debug, Clone, PartialEq)]
pub struct Staggered {
    /// By group, then time.
    pub cells: Vec<Cell>,
    /// Indices of units left out, ascending.
    pub dropped: Vec<usize>,
    /// Units kept.
    pub n: usize,
    /// Each unit's group.
    member: Vec<Option<i32>>,
    /// Share of each group among the units kept.
    share: BTreeMap<i32, f64>,
}

/// Estimates every group-time effect. `times` ascend.
pub fn staggered(units: &[Unit], times: &[i32], base: Base, gaps: Gaps, scale: Scale) -> Result<Staggered, Undefined> {
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return Err(Undefined::NoValidUnits);
    };
    let incomplete = |u: &Unit| match gaps {
        Gaps::DropUnit => u.y.iter().any(Option::is_none),
        Gaps::Pairwise => u.y.iter().all(Option::is_none),
    };
    let leave = |u: &Unit| incomplete(u) || u.start.is_some_and(|g| g <= *first);
    let (dropped, kept): (Vec<usize>, Vec<usize>) = (0..units.len()).partition(|at| leave(&units[*at]));
    // A start after the last time has not happened yet.
    let member: Vec<Option<i32>> = kept.iter().map(|at| units[*at].start.filter(|g| g <= last)).collect();
    if member.iter().all(Option::is_some) {
        return Err(Undefined::NoNeverTreatedUnits);
    }
    let n = kept.len();
    let mut share: BTreeMap<i32, f64> = BTreeMap::new();
    for group in member.iter().flatten() {
        *share.entry(*group).or_default() += 1.0 / n as f64;
    }
    if share.is_empty() {
        return Err(Undefined::NoTreatmentVariation);
    }
    let mut cells = Vec::new();
    for group in share.keys() {
        let start = times.iter().position(|t| t >= group).unwrap_or(times.len());
        for (at, time) in times.iter().enumerate() {
            let from = match base {
                Base::Varying if at < start => at.checked_sub(1),
                _ => start.checked_sub(1),
            };
            let Some(from) = from else { continue };
            let values = |u: usize| units[kept[u]].y[at].zip(units[kept[u]].y[from]);
            if let Some(cell) = cell(*group, *time, &member, values, from == at, scale) {
                cells.push(cell);
            }
        }
    }
    Ok(Staggered { cells, dropped, n, member, share })
}

/// One group-time effect; `None` where a side has no value.
fn cell(
    group: i32,
    time: i32,
    member: &[Option<i32>],
    values: impl Fn(usize) -> Option<(f64, f64)>,
    is_base: bool,
    scale: Scale,
) -> Option<Cell> {
    let n = member.len();
    if is_base {
        return Some(Cell { group, time, effect: Effect { att: 0.0, se: None }, influence: vec![0.0; n] });
    }
    let mut influence = vec![0.0; n];
    let mut side = |of: Option<i32>, sign: f64| -> Option<f64> {
        let own: Vec<(usize, f64, f64)> =
            (0..n).filter(|u| member[*u] == of).filter_map(|u| values(u).map(|(now, then)| (u, now, then))).collect();
        if own.is_empty() {
            return None;
        }
        let size = own.len() as f64;
        let (now, then) = own.iter().fold((0.0, 0.0), |(a, b), (_, x, y)| (a + x / size, b + y / size));
        // Each unit's change, such that the changes' mean is the side's.
        let (mean, scale_now, scale_then) = match scale {
            Scale::Difference => (now - then, 1.0, 1.0),
            Scale::LogRatio if now > 0.0 && then > 0.0 => ((now / then).ln(), 1.0 / now, 1.0 / then),
            Scale::LogRatio => return None,
        };
        for (u, y, z) in &own {
            influence[*u] = sign * n as f64 / size * ((y - now) * scale_now - (z - then) * scale_then);
        }
        Some(mean)
    };
    let att = side(Some(group), 1.0)? - side(None, -1.0)?;
    let se = se(&influence);
    Some(Cell { group, time, effect: Effect { att, se }, influence })
}

/// √(mean(ψ²)/n).
fn se(influence: &[f64]) -> Option<f64> {
    let squares: f64 = influence.iter().map(|x| x * x).sum();
    (squares > 0.0).then(|| squares.sqrt() / influence.len() as f64)
}

/// An effect with what each unit contributes to it.
type Part = (f64, Vec<f64>);

impl Staggered {
    /// All effects after the start, weighted by the size of their group.
    pub fn simple(&self) -> Option<Effect> {
        self.weighted(self.cells.iter().filter(|c| c.time >= c.group).map(|c| (c.group, part(c)))).map(|p| effect(&p))
    }

    /// By start: each group's mean over its times; over all by group size.
    pub fn by_group(&self) -> Option<Aggregate> {
        let of =
            |g: &i32| even(self.cells.iter().filter(|c| c.group == *g && c.time >= c.group).map(part)).map(|p| (*g, p));
        let groups: Vec<(i32, Part)> = self.share.keys().filter_map(of).collect();
        let overall = effect(&self.weighted(groups.iter().cloned())?);
        Some(Aggregate { points: groups.iter().map(|(g, p)| (*g, effect(p))).collect(), overall })
    }

    /// By time since the start, before it too; over all the mean of those from the start on.
    pub fn by_event(&self) -> Option<Aggregate> {
        self.by(|c| Some(c.time - c.group), |e| e >= 0)
    }

    /// By time.
    pub fn by_time(&self) -> Option<Aggregate> {
        self.by(|c| (c.time >= c.group).then_some(c.time), |_| true)
    }

    fn by(&self, key: impl Fn(&Cell) -> Option<i32>, counts: impl Fn(i32) -> bool) -> Option<Aggregate> {
        let mut by_key: BTreeMap<i32, Vec<&Cell>> = BTreeMap::new();
        for cell in &self.cells {
            if let Some(key) = key(cell) {
                by_key.entry(key).or_default().push(cell);
            }
        }
        let points: Vec<(i32, Part)> = by_key
            .into_iter()
            .filter_map(|(key, cells)| Some((key, self.weighted(cells.into_iter().map(|c| (c.group, part(c))))?)))
            .collect();
        let overall = effect(&even(points.iter().filter(|(key, _)| counts(*key)).map(|(_, p)| p.clone()))?);
        Some(Aggregate { points: points.iter().map(|(key, p)| (*key, effect(p))).collect(), overall })
    }

    /// Weighted by group size; that the sizes are estimated too enters the error.
    fn weighted(&self, parts: impl Iterator<Item = (i32, Part)>) -> Option<Part> {
        let parts: Vec<(f64, i32, Part)> = parts.map(|(g, p)| (self.share[&g], g, p)).collect();
        let total: f64 = parts.iter().map(|(share, ..)| share).sum();
        if parts.is_empty() {
            return None;
        }
        let att = parts.iter().map(|(share, _, (att, _))| share / total * att).sum();
        let influence = (0..self.n).map(|u| {
            let off = |group: i32, share: f64| f64::from(u8::from(self.member[u] == Some(group))) - share;
            let all: f64 = parts.iter().map(|(share, group, _)| off(*group, *share)).sum();
            let one = |(share, group, (att, own)): &(f64, i32, Part)| {
                let weight = (off(*group, *share) - all * share / total) / total;
                share / total * own[u] + weight * att
            };
            parts.iter().map(one).sum()
        });
        Some((att, influence.collect()))
    }
}

fn part(cell: &Cell) -> Part {
    (cell.effect.att, cell.influence.clone())
}

fn effect((att, influence): &Part) -> Effect {
    Effect { att: *att, se: se(influence) }
}

/// The plain mean.
fn even(parts: impl Iterator<Item = Part>) -> Option<Part> {
    let parts: Vec<Part> = parts.collect();
    let size = parts.len() as f64;
    let mut sum = vec![0.0; parts.first()?.1.len()];
    for (_, influence) in &parts {
        sum.iter_mut().zip(influence).for_each(|(s, x)| *s += x / size);
    }
    Some((parts.iter().map(|(att, _)| att / size).sum(), sum))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(start: Option<i32>, y: &[f64]) -> Unit {
        Unit { start, y: y.iter().copied().map(Some).collect() }
    }

    #[test]
    fn by_hand() {
        let units = [
            unit(Some(3), &[1.0, 2.0, 6.0, 9.0]),
            unit(Some(3), &[2.0, 3.0, 8.0, 9.0]),
            unit(None, &[5.0, 6.0, 7.0, 8.0]),
            unit(None, &[4.0, 6.0, 8.0, 9.0]),
        ];
        let all = staggered(&units, &[1, 2, 3, 4], Base::Varying, Gaps::DropUnit, Scale::Difference).expect("effects");
        // At 3: (4+5)/2 − (1+2)/2; at 4: (7+6)/2 − (2+3)/2; at 2: 1 − 1.5.
        let att: Vec<(i32, f64)> = all.cells.iter().map(|c| (c.time, c.effect.att)).collect();
        assert_eq!(att, [(2, -0.5), (3, 3.0), (4, 4.0)]);
        assert!((all.simple().expect("an effect").att - 3.5).abs() < 1e-12);
        let events = all.by_event().expect("events");
        assert_eq!(events.points.iter().map(|(e, _)| *e).collect::<Vec<_>>(), [-1, 0, 1]);
        let base =
            staggered(&units, &[1, 2, 3, 4], Base::Universal, Gaps::DropUnit, Scale::Difference).expect("effects");
        assert_eq!((base.cells[1].effect.att, base.cells[1].effect.se), (0.0, None));
    }

    #[test]
    fn ratios_and_gaps() {
        let mut units = vec![
            unit(Some(2), &[10.0, 30.0]),
            unit(Some(2), &[20.0, 60.0]),
            unit(None, &[7.0, 10.5]),
            unit(None, &[9.0, 13.5]),
        ];
        units[3].y[1] = None;
        let pairs = staggered(&units, &[1, 2], Base::Varying, Gaps::Pairwise, Scale::LogRatio).expect("effects");
        assert!((pairs.cells[0].effect.att - 2f64.ln()).abs() < 1e-12);
        let whole = staggered(&units, &[1, 2], Base::Varying, Gaps::DropUnit, Scale::LogRatio).expect("effects");
        assert_eq!(whole.dropped, [3]);
    }

    #[test]
    fn without_the_never_treated_it_is_undefined() {
        let units = [unit(Some(2), &[1.0, 2.0]), unit(Some(2), &[1.0, 3.0])];
        assert!(staggered(&units, &[1, 2], Base::Varying, Gaps::DropUnit, Scale::Difference).is_err());
    }
}
