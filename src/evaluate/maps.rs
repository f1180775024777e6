//! The figures of the reporting units on the map of another day.
//!
//! In: numerators and denominators as reported. Out: the same of the units of the map: each takes its share of every
//! reporting unit that it is made of, and ratios are computed from these sums. What counts units (flags, classes) is not
//! parted: it is stated as of the reporting unit, and above the ward each reporting unit counts once. The province is
//! the sum of what was reported on every map.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rayon::prelude::*;

use super::grid::{Grid, Side};
use super::judge::{All2, Outlook, absence, judge, node, nodes};
use super::sums::{All, Sums};
use crate::model::{Expr, Level, Map, Plan, State, ValueForm};
use crate::register::{Register, Share};

/// What is to be known of a row beside its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Marks {
    /// A part is a share of a reporting unit.
    pub(super) apportioned: bool,
    /// A share was told by population, or rests on a doubtful row of the register.
    pub(super) uncertain: bool,
    /// A share is neither declared nor known by population.
    pub(super) unknown: bool,
}

/// One map with all its figures.
pub(super) struct OnMap<'a> {
    pub(super) map: Map,
    pub(super) grid: Grid<'a>,
    pub(super) judged: All2,
    /// By quarter and node; empty where every unit stands as it reported.
    pub(super) marks: Vec<Marks>,
    /// By indicator: whether it is stated as of the reporting unit.
    pub(super) whole: Vec<bool>,
    /// By span, quarter and ward: whether what was summed over the span holds a share of another unit's reports.
    pub(super) parted: Vec<Vec<bool>>,
    /// By quarter: whether the figures are those reported, to the last row. They may be absent here then.
    pub(super) same: Vec<bool>,
}

impl OnMap<'_> {
    /// What tells this map's files from those of the reporting units.
    pub(super) fn file_mark(&self) -> Option<&'static str> {
        (self.map != Map::AsReported).then_some(self.map.as_str())
    }
}

/// A reporting unit within a unit of the map.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: usize,
    /// NaN where it is not known.
    share: f64,
    /// The unit of the map that has the largest share: it counts the reporting unit where units are counted.
    home: bool,
}

/// The figures of the units as they stood when they reported.
pub(super) fn as_reported<'a>(plan: &Plan, register: &Register, reported: Grid<'a>, sums: &All) -> OnMap<'a> {
    let grid = &reported;
    let n = nodes(grid);
    let whole = whole(plan);
    // Compared is with the same territory a year before, which may have been other units then.
    let earlier = |t: usize| -> Option<Vec<Vec<Sums>>> {
        let before = t.checked_sub(4).filter(|_| t >= grid.from)?;
        let (from, to) = (grid.quarters[before].end(), grid.quarters[t].end());
        let mut codes = grid.wards.codes.iter().chain(&grid.districts.codes);
        codes.any(|code| register.turned(code, from, to)).then(|| {
            let pieces = of_quarter(plan, register, (grid, before), (grid, t), to, &mut vec![Marks::default(); n]);
            let moved = |(i, of): (usize, &Sums)| {
                let mut out = Sums::empty(n);
                moved(plan, (grid, before), (grid, 0), &pieces, of, (i, whole[i]), &mut out);
                out
            };
            sums.iter().map(|span| span.iter().enumerate().map(moved).collect()).collect()
        })
    };
    let earlier: Vec<Option<Vec<Vec<Sums>>>> = (0..grid.quarters.len()).map(earlier).collect();
    let outlook = Outlook {
        absence: &|span, i, at| absence(plan, grid, span, &plan.indicators[i], at),
        earlier: &|span, i, t| earlier[t].as_ref().map(|of| &of[span][i]),
        copied: &|_| false,
        copy: &|_, _, _| None,
    };
    let judged = judge(plan, grid, sums, &outlook);
    let parted = reported.wards.parted.clone();
    OnMap { map: Map::AsReported, grid: reported, judged, marks: Vec::new(), whole, parted, same: Vec::new() }
}

/// Lays a province's figures on the map of `day`; `None` where no ward is in force on it.
pub(super) fn lay<'a>(
    plan: &Plan,
    register: &Register,
    reported: &OnMap<'a>,
    sums: &All,
    map: Map,
    day: Date,
) -> Option<OnMap<'a>> {
    let from = &reported.grid;
    let (codes, districts, above) = units(register, from.province, day);
    if codes.is_empty() {
        return None;
    }
    let quarters = from.quarters.len();
    let grid = Grid {
        province: from.province,
        quarters: from.quarters.clone(),
        wards: side(codes, &above, quarters),
        districts: side(districts.clone(), &(0..districts.len() as i32).collect::<Vec<_>>(), quarters),
        classes: Vec::new(),
        reporting: Vec::new(),
        today: from.today,
        from: from.from,
    };
    let n = nodes(&grid);
    let mut marks = vec![Marks::default(); quarters * n];
    let mut pieces = Vec::with_capacity(quarters);
    // What a quarter that is wanted is compared with is wanted too.
    let wanted = |t: usize| t + 4 >= from.from;
    for t in 0..quarters {
        if !wanted(t) {
            pieces.push(Pieces::default());
            continue;
        }
        pieces.push(of_quarter(plan, register, (from, t), (&grid, t), day, &mut marks[t * n..(t + 1) * n]));
    }
    // Where no unit changed, neither this quarter nor the one it is compared with, the figures are those reported.
    let same: Vec<bool> = (0..quarters).map(|t| !wanted(t) || unchanged((from, t), (&grid, t), &pieces[t])).collect();
    let same: Vec<bool> =
        (0..quarters).map(|t| same[t] && t.checked_sub(4).is_none_or(|before| same[before])).collect();
    if same.iter().all(|same| *same) {
        return Some(OnMap {
            map,
            grid,
            judged: Vec::new(),
            marks,
            whole: reported.whole.clone(),
            parted: Vec::new(),
            same,
        });
    }
    let twin: Vec<Option<usize>> = (0..n).map(|at| twin(from, &grid, at)).collect();
    let own_baseline = |code: &str, element: &str| {
        let as_of = plan.baselines.values().flat_map(|own| own.values()).map(|b| b.as_of).max()?;
        let near = |unit: &str, year: i16| plan.population_near(unit, year);
        register.carried(code, as_of, day, &near, &|unit| plan.baseline(unit, element))
    };
    let on = |(i, of): (usize, &Sums)| {
        let indicator = &plan.indicators[i];
        let mut out = Sums::empty(quarters * n).with_parts();
        for t in (0..quarters).filter(|t| !same[*t]) {
            moved(plan, (from, t), (&grid, t), &pieces[t], of, (i, reported.whole[i]), &mut out);
        }
        match (indicator.form, &indicator.denominator) {
            (ValueForm::Reduction, Some(Expr::Baseline(element))) => {
                rebase(&mut out, &grid, &pieces, &|code| own_baseline(code, element));
            }
            // How many live where is known: only what was counted is uncertain.
            (_, Some(Expr::Population)) => out.sure_denominator(),
            _ => {}
        }
        out
    };
    let mapped: All = sums.iter().map(|span| span.par_iter().enumerate().map(on).collect()).collect();
    let (rw, rn) = (from.wards.codes.len(), nodes(from));
    let state = |span: usize, i: usize, t: usize, node: usize| {
        reported.judged.get(span)?.get(i)?.get(t * rn + node)?.as_ref().map(|judged| judged.state)
    };
    // Why there is no value: the worst of what its parts say.
    let absence = |span: usize, i: usize, at: usize| {
        let (t, node) = (at / n, at % n);
        let parts: Vec<usize> = match node {
            node if node < grid.wards.codes.len() => pieces[t].wards[node].iter().map(|p| p.from).collect(),
            node if node < n - 1 => {
                let district = node - grid.wards.codes.len();
                let own = pieces[t].districts[district].iter().map(|p| rw + p.from);
                pieces[t].below[district].iter().map(|p| p.from).chain(own).collect()
            }
            _ => vec![rn - 1],
        };
        let states: Vec<State> = parts.into_iter().filter_map(|from| state(span, i, t, from)).collect();
        let worst = [State::Rejected, State::NotReported, State::NotDue];
        worst.into_iter().find(|s| states.contains(s)).unwrap_or(State::Undefined)
    };
    let outlook = Outlook {
        absence: &absence,
        earlier: &|_, _, _| None,
        copied: &|t| same[t],
        // Only what a later quarter is compared with is wanted again.
        copy: &|span, i, at| {
            let wanted = same.get(at / n + 4) == Some(&false);
            wanted.then(|| reported.judged[span][i].get(at / n * rn + twin[at % n]?)?.clone()).flatten()
        },
    };
    let judged = judge(plan, &grid, &mapped, &outlook);
    let w = grid.wards.codes.len();
    let holds = |of: &Vec<bool>, t: usize, ward: usize| {
        let mut parts = pieces[t].wards.get(ward).into_iter().flatten();
        parts.any(|piece| of.get(t * rw + piece.from) == Some(&true))
    };
    let of_span = |of: &Vec<bool>| (0..quarters * w).map(|at| holds(of, at / w, at % w)).collect();
    let parted = reported.parted.iter().map(of_span).collect();
    Some(OnMap { map, grid, judged, marks, whole: reported.whole.clone(), parted, same })
}

/// The node of the reporting units that bears the same code.
fn twin(reported: &Grid<'_>, grid: &Grid<'_>, at: usize) -> Option<usize> {
    let rw = reported.wards.codes.len();
    match node(grid, at) {
        (Level::Ward, u) => reported.wards.codes.binary_search(&grid.wards.codes[u]).ok(),
        (Level::District, u) => reported.districts.codes.binary_search(&grid.districts.codes[u]).ok().map(|d| rw + d),
        (Level::Province, _) => Some(nodes(reported) - 1),
    }
}

/// True where the units that reported in a quarter are those of the map, each below the same district.
fn unchanged((reported, t): (&Grid<'_>, usize), (grid, to): (&Grid<'_>, usize), pieces: &Pieces) -> bool {
    let (rw, rd) = (reported.wards.codes.len(), reported.districts.codes.len());
    let (w, d) = (grid.wards.codes.len(), grid.districts.codes.len());
    let above = |grid: &'_ Grid<'_>, district: i32| {
        usize::try_from(district).ok().and_then(|at| grid.districts.codes.get(at).cloned())
    };
    let reporting = reported.wards.district[t * rw..(t + 1) * rw].iter().filter(|d| **d >= 0).count();
    let districts = reported.districts.district[t * rd..(t + 1) * rd].iter().filter(|d| **d >= 0).count();
    reporting == w
        && districts == d
        && pieces.wards.iter().enumerate().all(|(ward, parts)| match parts.as_slice() {
            [one] => {
                one.share.total_cmp(&1.0).is_eq()
                    && reported.wards.codes[one.from] == grid.wards.codes[ward]
                    && above(reported, reported.wards.district[t * rw + one.from])
                        == above(grid, grid.wards.district[to * w + ward])
            }
            _ => false,
        })
}

/// Wards of a map, its districts, and the district of each ward; a ward directly below the province has the one after the
/// last.
fn units(register: &Register, province: &str, day: Date) -> (Vec<String>, Vec<String>, Vec<i32>) {
    let below = |code: &str, level| register.children(code, day).filter(move |unit| unit.level == level);
    let districts: Vec<String> = below(province, Level::District).map(|unit| unit.code.clone()).collect();
    let mut wards: BTreeMap<String, i32> = BTreeMap::new();
    for (d, district) in districts.iter().map(String::as_str).chain([province]).enumerate() {
        wards.extend(below(district, Level::Ward).map(|unit| (unit.code.clone(), d as i32)));
    }
    let (codes, above) = wards.into_iter().unzip();
    (codes, districts, above)
}

/// Units of the map, the same in every quarter.
fn side(codes: Vec<String>, above: &[i32], quarters: usize) -> Side {
    Side { district: above.repeat(quarters), codes, ..Side::default() }
}

/// What the units of the map are made of in one quarter.
#[derive(Default)]
struct Pieces {
    wards: Vec<Vec<Piece>>,
    /// Reporting wards below each district of the map.
    below: Vec<Vec<Piece>>,
    /// Reporting districts within each district of the map.
    districts: Vec<Vec<Piece>>,
}

/// What reported in one quarter, on the units of `day`; their districts are those of a quarter of their own grid.
fn of_quarter(
    plan: &Plan,
    register: &Register,
    (reported, t): (&Grid<'_>, usize),
    (grid, to): (&Grid<'_>, usize),
    day: Date,
    marks: &mut [Marks],
) -> Pieces {
    let (rw, w, d) = (reported.wards.codes.len(), grid.wards.codes.len(), grid.districts.codes.len());
    let rd = reported.districts.codes.len();
    let end = reported.quarters[t].end();
    let near = |unit: &str, year: i16| plan.population_near(unit, year);
    let in_force = (0..rw).filter(|u| reported.wards.district[t * rw + u] >= 0);
    let codes = in_force.map(|u| reported.wards.codes[u].as_str());
    let crosswalk = register.crosswalk(Level::Ward, codes, end, day, &near);
    let mut all = Pieces { wards: vec![Vec::new(); w], below: vec![Vec::new(); d], districts: vec![Vec::new(); d] };
    // Reporting ward → what goes to each district of the map, and persons of reporting districts by that.
    let mut onto: Vec<BTreeMap<i32, f64>> = vec![BTreeMap::new(); rw];
    for (ward, code) in grid.wards.codes.iter().enumerate() {
        let district = grid.wards.district[to * w + ward];
        for part in crosswalk.get(code).into_iter().flatten() {
            let Ok(from) = reported.wards.codes.binary_search(&part.code) else { continue };
            let share = part.share.map_or(f64::NAN, Share::number);
            all.wards[ward].push(Piece { from, share, home: true });
            *onto[from].entry(district).or_default() += share;
            let own = [ward]
                .into_iter()
                .chain((usize::try_from(district).ok()).filter(|d| *d < grid.districts.codes.len()).map(|d| w + d));
            for node in own {
                marks[node].uncertain |= !part.certain;
                marks[node].unknown |= part.share.is_none();
            }
            marks[ward].apportioned |= part.apportioned();
        }
    }
    let mut persons: Vec<BTreeMap<i32, f64>> = vec![BTreeMap::new(); rd];
    for (from, shares) in onto.iter().enumerate() {
        let home = largest(shares);
        let people = plan.population_near(&reported.wards.codes[from], end.year()).unwrap_or(f64::NAN);
        for (district, share) in shares {
            // A ward that is parted within one district goes to it whole.
            let share = if shares.len() == 1 && !share.is_nan() { 1.0 } else { *share };
            if let Some(below) = usize::try_from(*district).ok().and_then(|d| all.below.get_mut(d)) {
                below.push(Piece { from, share, home: Some(*district) == home });
                marks[w + *district as usize].apportioned |= shares.len() > 1;
            }
            if let Some(of) =
                usize::try_from(reported.wards.district[t * rw + from]).ok().and_then(|d| persons.get_mut(d))
            {
                *of.entry(*district).or_default() += share * people;
            }
        }
    }
    for (from, of) in persons.iter().enumerate() {
        let (home, total): (Option<i32>, f64) = (largest(of), of.values().sum());
        for (district, people) in of {
            let Some(within) = usize::try_from(*district).ok().and_then(|d| all.districts.get_mut(d)) else { continue };
            let share = if of.len() == 1 { 1.0 } else { people / total };
            within.push(Piece { from, share, home: Some(*district) == home });
            let mark = &mut marks[w + *district as usize];
            mark.apportioned |= of.len() > 1;
            mark.uncertain |= of.len() > 1;
        }
    }
    all
}

/// Where most of it goes; the first of equals.
fn largest(shares: &BTreeMap<i32, f64>) -> Option<i32> {
    let mut best: Option<(i32, f64)> = None;
    for (to, share) in shares {
        if best.is_none_or(|(_, most)| *share > most) {
            best = Some((*to, *share));
        }
    }
    best.map(|(to, _)| to)
}

/// By indicator: whether it is stated as of the reporting unit.
fn whole(plan: &Plan) -> Vec<bool> {
    plan.indicators.iter().map(|indicator| plan.counts_units(indicator)).collect()
}

/// Adds what was reported in one quarter to the units of the map, for one indicator.
fn moved(
    plan: &Plan,
    (reported, from): (&Grid<'_>, usize),
    (grid, to): (&Grid<'_>, usize),
    pieces: &Pieces,
    sums: &Sums,
    (i, whole): (usize, bool),
    out: &mut Sums,
) {
    let indicator = &plan.indicators[i];
    let (rw, rd, rn) = (reported.wards.codes.len(), reported.districts.codes.len(), nodes(reported));
    let (w, n) = (grid.wards.codes.len(), nodes(grid));
    let share = |piece: &Piece| if whole { 1.0 } else { piece.share };
    if indicator.level == Level::Ward {
        for (ward, parts) in pieces.wards.iter().enumerate() {
            for piece in parts {
                out.add(to * n + ward, sums, from * rn + piece.from, share(piece));
            }
        }
    }
    let own = indicator.level == Level::District || indicator.own.is_some();
    let mut own_sums = Sums::empty(if own { rd } else { 0 });
    if own {
        for district in 0..rd {
            own_sums.add(district, sums, from * rn + rw + district, 1.0);
        }
        // What a district adds from its own form is its sum less its wards.
        for ward in (0..rw).filter(|_| indicator.level == Level::Ward) {
            if let Ok(district) = usize::try_from(reported.wards.district[from * rw + ward])
                && district < rd
            {
                own_sums.add(district, sums, from * rn + ward, -1.0);
            }
        }
    }
    for (district, code) in grid.districts.codes.iter().enumerate() {
        let at = to * n + w + district;
        if indicator.unit.as_ref().is_some_and(|unit| unit != code) {
            continue;
        }
        if indicator.level == Level::Ward {
            for piece in pieces.below[district].iter().filter(|piece| !whole || piece.home) {
                out.add(at, sums, from * rn + piece.from, share(piece));
            }
        }
        for piece in pieces.districts[district].iter().filter(|piece| own && (!whole || piece.home)) {
            out.add(at, &own_sums, piece.from, share(piece));
        }
    }
    out.add(to * n + n - 1, sums, from * rn + rn - 1, 1.0);
}

/// A ward that is part of one merged reporting unit has a baseline of its own: it is known, and need not be apportioned.
fn rebase(sums: &mut Sums, grid: &Grid<'_>, pieces: &[Pieces], own: &dyn Fn(&str) -> Option<f64>) {
    let n = nodes(grid);
    let baselines: Vec<Option<f64>> = grid.wards.codes.iter().map(|code| own(code)).collect();
    for (t, pieces) in pieces.iter().enumerate() {
        for (ward, parts) in pieces.wards.iter().enumerate() {
            let at = t * n + ward;
            if let ([piece], Some(baseline)) = (parts.as_slice(), baselines[ward])
                && piece.share < 1.0
                && !sums.denominator[at].is_nan()
            {
                sums.denominator[at] = baseline;
                sums.sure(at);
            }
        }
    }
}
