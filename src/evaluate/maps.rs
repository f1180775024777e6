//! The figures of the reporting units on the map of another day.
//!
//! In: numerators and denominators as reported. Out: the same of the units of the map: each takes its share of every
//! reporting unit that it is made of, and ratios are computed from these sums. What counts units (flags, classes) is not
//! parted: it is stated as of the reporting unit, and above the ward each reporting unit counts once. The province is
//! the sum of what was reported on every map.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::grid::{Grid, Side};
use super::judge::{All2, judge_on, nodes};
use super::sums::{All, Sums};
use crate::model::{Expr, Indicator, Kind, Level, Plan, Span, State, ValueForm};
use crate::register::{Register, Share};

/// The span that is laid on other maps: from 1 January. A quarter alone stands as it was reported.
const TO_DATE: usize = 1;

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
pub(super) struct Mapped<'a> {
    /// `as_of` or `current`.
    pub(super) name: &'static str,
    pub(super) grid: Grid<'a>,
    /// Of one span: the year to date.
    pub(super) judged: All2,
    /// By quarter and node.
    pub(super) marks: Vec<Marks>,
    /// By indicator: whether it is stated as of the reporting unit.
    pub(super) whole: Vec<bool>,
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

/// Lays a province's figures on the map of `day`; `None` where no ward is in force on it.
pub(super) fn lay<'a>(
    plan: &Plan,
    register: &Register,
    reported: &Grid<'a>,
    (sums, judged): (&All, &All2),
    name: &'static str,
    day: Date,
) -> Option<Mapped<'a>> {
    let (codes, districts, above) = units(register, reported.province, day);
    if codes.is_empty() {
        return None;
    }
    let quarters = reported.quarters.len();
    let grid = Grid {
        province: reported.province,
        quarters: reported.quarters.clone(),
        wards: side(codes, &above, quarters),
        districts: side(districts.clone(), &(0..districts.len() as i32).collect::<Vec<_>>(), quarters),
        classes: Vec::new(),
        reporting: Vec::new(),
        today: reported.today,
    };
    let n = nodes(&grid);
    let mut marks = vec![Marks::default(); quarters * n];
    let mut pieces = Vec::with_capacity(quarters);
    for t in 0..quarters {
        pieces.push(of_quarter(plan, register, reported, &grid, t, day, &mut marks[t * n..(t + 1) * n]));
    }
    let whole: Vec<bool> = plan.indicators.iter().map(|indicator| counts_units(plan, indicator)).collect();
    let own_baseline = |code: &str, element: &str| {
        let as_of = plan.baselines.values().flat_map(|own| own.values()).map(|b| b.as_of).max()?;
        let near = |unit: &str, year: i16| plan.population_near(unit, year);
        register.carried(code, as_of, day, &near, &|unit| plan.baseline(unit, element))
    };
    let (Some(sums), Some(judged)) = (sums.get(TO_DATE), judged.get(TO_DATE)) else { return None };
    let on = |(i, sums): (usize, &Sums)| {
        let indicator = &plan.indicators[i];
        let mut out = moved(plan, reported, &grid, &pieces, sums, i, whole[i]);
        if let (ValueForm::Reduction, Some(Expr::Baseline(element))) = (indicator.form, &indicator.denominator) {
            rebase(&mut out, &grid, &pieces, &|code| own_baseline(code, element));
        }
        out
    };
    let mapped = [sums.iter().enumerate().map(on).collect::<Vec<Sums>>()];
    let (rw, rn) = (reported.wards.codes.len(), nodes(reported));
    // Why there is no value: the worst of what its parts say.
    let absence = |i: usize, at: usize| {
        let (t, node) = (at / n, at % n);
        let state = |from: usize| judged[i][t * rn + from].as_ref().map(|j| j.state);
        let parts: Vec<usize> = match node {
            node if node < grid.wards.codes.len() => pieces[t].wards[node].iter().map(|p| p.from).collect(),
            node if node < n - 1 => {
                let district = node - grid.wards.codes.len();
                let own = pieces[t].districts[district].iter().map(|p| rw + p.from);
                pieces[t].below[district].iter().map(|p| p.from).chain(own).collect()
            }
            _ => vec![rn - 1],
        };
        let states: Vec<State> = parts.into_iter().filter_map(state).collect();
        let worst = [State::Rejected, State::NotReported, State::NotDue];
        worst.into_iter().find(|s| states.contains(s)).unwrap_or(State::Undefined)
    };
    let judged = judge_on(plan, &grid, &mapped, &[Span::YearToDate], &absence);
    Some(Mapped { name, grid, judged, marks, whole })
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
struct Pieces {
    wards: Vec<Vec<Piece>>,
    /// Reporting wards below each district of the map.
    below: Vec<Vec<Piece>>,
    /// Reporting districts within each district of the map.
    districts: Vec<Vec<Piece>>,
}

fn of_quarter(
    plan: &Plan,
    register: &Register,
    reported: &Grid<'_>,
    grid: &Grid<'_>,
    t: usize,
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
        let district = grid.wards.district[t * w + ward];
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

/// True where an indicator counts units: their flags, their classes, themselves.
fn counts_units(plan: &Plan, indicator: &Indicator) -> bool {
    let mut counts = false;
    for expr in std::iter::once(&indicator.numerator).chain(&indicator.denominator) {
        expr.visit(&mut |e| {
            counts |= match e {
                Expr::Units | Expr::Class(_) => true,
                Expr::Element(code) => plan.elements.iter().any(|e| e.code == *code && e.kind == Kind::Flag),
                _ => false,
            };
        });
    }
    counts
}

/// The sums of one indicator on the map.
fn moved(
    plan: &Plan,
    reported: &Grid<'_>,
    grid: &Grid<'_>,
    pieces: &[Pieces],
    sums: &Sums,
    i: usize,
    whole: bool,
) -> Sums {
    let indicator = &plan.indicators[i];
    let (rw, rd, rn) = (reported.wards.codes.len(), reported.districts.codes.len(), nodes(reported));
    let (w, n) = (grid.wards.codes.len(), nodes(grid));
    let mut out = Sums::empty(grid.quarters.len() * n);
    for (t, pieces) in pieces.iter().enumerate() {
        let share = |piece: &Piece| if whole { 1.0 } else { piece.share };
        if indicator.level == Level::Ward {
            for (ward, parts) in pieces.wards.iter().enumerate() {
                for piece in parts {
                    out.add(t * n + ward, sums, t * rn + piece.from, share(piece));
                }
            }
        }
        let own = indicator.level == Level::District || indicator.own.is_some();
        let mut own_sums = Sums::empty(if own { rd } else { 0 });
        if own {
            for district in 0..rd {
                own_sums.add(district, sums, t * rn + rw + district, 1.0);
            }
            // What a district adds from its own form is its sum less its wards.
            for ward in (0..rw).filter(|_| indicator.level == Level::Ward) {
                if let Ok(district) = usize::try_from(reported.wards.district[t * rw + ward])
                    && district < rd
                {
                    own_sums.add(district, sums, t * rn + ward, -1.0);
                }
            }
        }
        for district in 0..grid.districts.codes.len() {
            let at = t * n + w + district;
            if indicator.unit.as_ref().is_some_and(|unit| *unit != grid.districts.codes[district]) {
                continue;
            }
            if indicator.level == Level::Ward {
                for piece in pieces.below[district].iter().filter(|piece| !whole || piece.home) {
                    out.add(at, sums, t * rn + piece.from, share(piece));
                }
            }
            for piece in pieces.districts[district].iter().filter(|piece| own && (!whole || piece.home)) {
                out.add(at, &own_sums, piece.from, share(piece));
            }
        }
        out.add(t * n + n - 1, sums, t * rn + rn - 1, 1.0);
    }
    out
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
            }
        }
    }
}
