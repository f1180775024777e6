//! Maps of wards: from boundaries where the plan has them, else a sketch of equal circles near where wards lie.
//!
//! A ward is a shape with a sign inside, so that a map can be read in grey. A circle has the same size for every ward: towns
//! are small on the ground and many live there. A map is drawn once, by class; how its wards look by each indicator is told
//! apart from it, so that a reader can have it repainted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::indicator::href;
use super::line::{find, shown};
use super::mark::{legend, mark};
use super::{Edition, Link, Text, Unit};
use crate::model::{Direction, Ring};
use crate::publish::figure::{self, Figure};

/// Width of a drawing of a province; its height follows from the ground. That of a few wards is smaller.
const WIDTH: f64 = 640.0;
/// Wards that fill it.
const MANY: f64 = 130.0;
/// Room around the shapes.
const EDGE: f64 = 12.0;

/// A drawn map.
#[derive(Debug, Serialize)]
pub struct Map<'a> {
    pub width: f64,
    pub height: f64,
    /// Drawn from the middle of each ward alone.
    pub sketch: bool,
    pub shapes: Vec<Shape<'a>>,
    /// Style, sign and meaning.
    pub legend: Key<'a>,
    /// Wards of which it is not known where they lie.
    pub unplaced: Vec<Link<'a>>,
    /// What else it can be painted by.
    pub others: Option<Others<'a>>,
}

/// What a map by class can be painted by instead.
#[derive(Debug, Serialize)]
pub struct Others<'a> {
    /// Where it is told how wards look.
    pub from: String,
    /// Indicators: code, and the page that has the same map.
    pub indicators: Vec<(&'a str, Link<'a>)>,
}

/// How wards look by an indicator.
#[derive(Debug, Serialize)]
pub struct Painted<'a> {
    pub code: &'a str,
    pub name: Text<'a>,
    /// Style, sign and meaning.
    pub legend: Key<'a>,
    /// Of each ward, by code: its place in the legend, and what is said of it.
    pub wards: BTreeMap<&'a str, (usize, Figure)>,
}

/// A ward.
#[derive(Debug, Serialize)]
pub struct Shape<'a> {
    pub to: Link<'a>,
    /// Boundary, or empty where it is a circle.
    pub path: String,
    /// Its middle.
    pub at: [String; 2],
    pub class: String,
    pub sign: String,
    /// What is said of it.
    pub told: Figure,
}

/// What a ward looks like: style, sign, and what is said.
type Look = (String, String, Figure);
/// What looks mean: style, sign and meaning.
type Key<'a> = Vec<(String, String, Text<'a>)>;
/// A key, and what each ward looks like.
type Looks<'a> = (Key<'a>, Box<dyn Fn(&Unit) -> Look + 'a>);

/// Wards by class; `of` is the unit that they are of.
pub fn by_class<'a>(edition: &'a Edition<'a>, wards: &[&'a Unit], of: &'a Unit) -> Option<Map<'a>> {
    let mut map = Drawing::of(edition, wards)?.painted(looks_by_class(edition));
    map.others = edition.own_province(of).map(|province| {
        let of_wards = |at: &usize| edition.wards(province).iter().any(|ward| find(ward, *at).is_some());
        let all = (0..edition.plan.indicators.len()).filter(of_wards).map(|at| &edition.plan.indicators[at]);
        // Where there are several provinces each has its own pages of indicators.
        let own = edition.register.has_several_provinces().then_some(province.code.as_str());
        let indicators = all.map(|i| {
            let text = (i.name_vi.as_str(), i.name_en.as_str()).into();
            (i.code.as_str(), Link { href: href(&i.code, own), text })
        });
        Others { from: painted_at(province), indicators: indicators.collect() }
    });
    map.others.take_if(|others| others.indicators.is_empty());
    Some(map)
}

/// Wards by an indicator: by its status where it has a target, else in five groups of as many wards each.
pub fn by_indicator<'a>(
    edition: &'a Edition<'a>,
    drawing: &Drawing<'a>,
    wards: &[&'a Unit],
    indicator: usize,
) -> Map<'a> {
    drawing.painted(looks_by_indicator(edition, wards, indicator))
}

/// Where it is told how the wards of a province look by each indicator.
pub fn painted_at(province: &Unit) -> String {
    format!("map/{}.js", province.code)
}

/// How the wards of a province look by each indicator that they have.
pub fn painted<'a>(edition: &'a Edition<'a>, province: &'a Unit) -> Vec<Painted<'a>> {
    let wards = edition.wards(province);
    let of = |at: usize| {
        let indicator = &edition.plan.indicators[at];
        wards.iter().find_map(|ward| find(ward, at))?;
        let (key, look) = looks_by_indicator(edition, &wards, at);
        let looks: Vec<Look> = wards.iter().map(|ward| look(ward)).collect();
        let legend = legend_of(key, &|class| looks.iter().any(|look| look.0 == class));
        let place = |class: &str| legend.iter().position(|(of, ..)| of == class).unwrap_or_default();
        let told = wards.iter().zip(&looks).map(|(ward, look)| (ward.code.as_str(), (place(&look.0), look.2.clone())));
        let name = (indicator.name_vi.as_str(), indicator.name_en.as_str()).into();
        Some(Painted { code: &indicator.code, name, wards: told.collect(), legend })
    };
    (0..edition.plan.indicators.len()).filter_map(of).collect()
}

fn looks_by_class<'a>(edition: &'a Edition<'a>) -> Looks<'a> {
    let classes = &edition.plan.rubric.classes;
    let style = move |at: usize| format!("g{}", if classes.len() < 2 { 1 } else { 1 + at * 4 / (classes.len() - 1) });
    let look = move |unit: &Unit| -> Look {
        let class = unit.card.as_ref().and_then(|card| card.class.as_ref());
        match classes.iter().position(|known| Some(&known.code) == class) {
            Some(at) => {
                let told = Figure { vi: classes[at].name_vi.clone(), en: classes[at].name_en.clone() };
                (style(at), (at + 1).to_string(), told)
            }
            None => unknown(),
        }
    };
    let key = classes.iter().enumerate();
    let key = key
        .map(|(at, class)| (style(at), (at + 1).to_string(), (class.name_vi.as_str(), class.name_en.as_str()).into()));
    (key.collect(), Box::new(look))
}

fn looks_by_indicator<'a>(edition: &'a Edition<'a>, wards: &[&'a Unit], indicator: usize) -> Looks<'a> {
    let defined = &edition.plan.indicators[indicator];
    if edition.is_target(indicator) {
        let look = move |unit: &Unit| -> Look {
            let Some(value) = find(unit, indicator) else { return unknown() };
            let mark = mark(value.status);
            (mark.class.to_owned(), mark.sign.to_owned(), shown(value, defined))
        };
        let key = legend().into_iter().map(|mark| (mark.class.to_owned(), mark.sign.to_owned(), mark.text));
        return (key.collect(), Box::new(look));
    }
    let mut values: Vec<f64> = wards.iter().filter_map(|unit| find(unit, indicator)?.value).collect();
    values.sort_by(f64::total_cmp);
    let bounds = fifths(&values);
    let groups = bounds.len() + 1;
    // The best group looks like the best class.
    let style = move |group: usize| match defined.direction {
        Direction::Rise => format!("g{}", groups - group),
        _ => format!("g{}", group + 1),
    };
    let ends = std::iter::once(values.first()).chain(bounds.iter().map(Some)).chain([values.last()]);
    let ends: Vec<f64> = ends.flatten().copied().collect();
    let key = ends.windows(2).enumerate().map(|(at, ends)| {
        let of = |v| figure::value(v, &defined.unit_label);
        let (from, to) = (of(ends[0]), of(ends[1]));
        let text = if at == 0 {
            (format!("{} đến {}", from.vi, to.vi), format!("{} to {}", from.en, to.en))
        } else {
            (format!("trên {} đến {}", from.vi, to.vi), format!("above {} to {}", from.en, to.en))
        };
        (style(at), (at + 1).to_string(), text.into())
    });
    let key = key.collect();
    let look = move |unit: &Unit| -> Look {
        let Some(value) = find(unit, indicator) else { return unknown() };
        let Some(known) = value.value else { return ("g0".to_owned(), "○".to_owned(), shown(value, defined)) };
        let group = bounds.iter().filter(|bound| known > **bound).count();
        (style(group), (group + 1).to_string(), shown(value, defined))
    };
    (key, Box::new(look))
}

/// What is needed of a key, with what a ward without a figure looks like.
fn legend_of<'a>(mut key: Key<'a>, occurs: &dyn Fn(&str) -> bool) -> Key<'a> {
    key.push(("g0".to_owned(), "○".to_owned(), ("không có số liệu", "no figure").into()));
    key.retain(|(class, ..)| occurs(class));
    key
}

/// Upper ends of the groups but the last; fewer where many values are the same.
fn fifths(values: &[f64]) -> Vec<f64> {
    let end = |fifth: usize| values.get((values.len() * fifth).div_ceil(5).saturating_sub(1)).copied();
    let mut bounds: Vec<f64> = (1..5).filter_map(end).collect();
    bounds.dedup();
    bounds.retain(|bound| values.last().is_some_and(|most| bound < most));
    bounds
}

fn unknown() -> Look {
    ("g0".to_owned(), "○".to_owned(), Figure { vi: "không có số liệu".to_owned(), en: "no figure".to_owned() })
}

/// Where wards lie on a map, whatever it is painted by.
pub struct Drawing<'a> {
    width: f64,
    height: f64,
    sketch: bool,
    /// Each ward with its boundary and its middle, as in [`Shape`].
    placed: Vec<(&'a Unit, String, [String; 2])>,
    unplaced: Vec<&'a Unit>,
}

impl<'a> Drawing<'a> {
    /// Lays wards out; `None` where fewer than two can be.
    pub fn of(edition: &'a Edition<'a>, wards: &[&'a Unit]) -> Option<Self> {
        let geography = &edition.plan.geography;
        let boundaries = |unit: &Unit| geography.boundaries.get(&unit.code).filter(|rings| !rings.is_empty());
        let sketch = !wards.iter().any(|unit| boundaries(unit).is_some());
        let middle = |unit: &Unit| match boundaries(unit) {
            Some(rings) => Some(middle(&rings[0])),
            None => geography.centroid(&unit.code, edition.day),
        };
        let (placed, unplaced): (Vec<&Unit>, Vec<&Unit>) = wards.iter().partition(|unit| middle(unit).is_some());
        if placed.len() < 2 {
            return None;
        }
        let mut places: Vec<[f64; 2]> = placed.iter().filter_map(|unit| middle(unit)).collect();
        let width = (WIDTH * (placed.len() as f64 / MANY).sqrt()).clamp(0.4 * WIDTH, WIDTH);
        let corners = placed.iter().filter_map(|unit| boundaries(unit)).flatten().flatten();
        let ground = Ground::of(width, &corners.chain(&places));
        for at in &mut places {
            *at = ground.at(*at);
        }
        if sketch {
            spread(&mut places, 2.0 * RADIUS + 1.5, [width, ground.height]);
        }
        let path = |unit: &Unit| {
            boundaries(unit).map_or_else(String::new, |rings| rings.iter().map(|ring| ground.path(ring)).collect())
        };
        let at = |at: &[f64; 2]| at.map(|v| format!("{v:.0}"));
        let placed = placed.into_iter().zip(&places).map(|(unit, place)| (unit, path(unit), at(place))).collect();
        Some(Self { width, height: ground.height, sketch, placed, unplaced })
    }

    fn painted(&self, (key, look): Looks<'a>) -> Map<'a> {
        let shape = |(unit, path, at): &(&'a Unit, String, [String; 2])| {
            let (class, sign, told) = look(unit);
            Shape { to: Link::to(unit), path: path.clone(), at: at.clone(), class, sign, told }
        };
        let shapes: Vec<Shape<'_>> = self.placed.iter().map(shape).collect();
        let legend = legend_of(key, &|class| shapes.iter().any(|shape| shape.class == class));
        let unplaced = self.unplaced.iter().map(|unit| Link::to(unit)).collect();
        Map { width: self.width, height: self.height, sketch: self.sketch, shapes, legend, unplaced, others: None }
    }
}

/// Radius of a ward's circle.
const RADIUS: f64 = 9.0;

/// From longitude and latitude to a drawing.
struct Ground {
    west: f64,
    north: f64,
    /// Units of the drawing by degree of latitude; a degree of longitude is shorter.
    scale: f64,
    squeeze: f64,
    height: f64,
}

impl Ground {
    fn of<'p>(width: f64, places: &(impl Iterator<Item = &'p [f64; 2]> + Clone)) -> Self {
        let least = |axis: usize| places.clone().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
        let most = |axis: usize| places.clone().map(|p| p[axis]).fold(f64::NEG_INFINITY, f64::max);
        let (west, east, south, north) = (least(0), most(0), least(1), most(1));
        let squeeze = f64::midpoint(south, north).to_radians().cos();
        let scale = (width - 2.0 * EDGE) / ((east - west) * squeeze).max(1e-6);
        // A province that is much longer than wide must not fill a page.
        let scale = scale.min(1.2 * width / (north - south).max(1e-6));
        Self { west, north, scale, squeeze, height: (north - south) * scale + 2.0 * EDGE }
    }

    fn at(&self, [longitude, latitude]: [f64; 2]) -> [f64; 2] {
        [EDGE + (longitude - self.west) * self.squeeze * self.scale, EDGE + (self.north - latitude) * self.scale]
    }

    fn path(&self, ring: &Ring) -> String {
        let mut path = String::with_capacity(ring.len() * 9);
        let mut last = String::new();
        for place in ring {
            let [x, y] = self.at(*place);
            let point = format!("{x:.0} {y:.0}");
            if point != last {
                path.push(if path.is_empty() { 'M' } else { 'L' });
                path.push_str(&point);
                last = point;
            }
        }
        path.push('z');
        path
    }
}

/// Middle of a ring's corners.
fn middle(ring: &Ring) -> [f64; 2] {
    let n = ring.len().max(1) as f64;
    [0, 1].map(|axis| ring.iter().map(|place| place[axis]).sum::<f64>() / n)
}

/// Moves places apart until none is nearer to another than `apart`, as little as that takes.
fn spread(places: &mut [[f64; 2]], apart: f64, size: [f64; 2]) {
    let near = (apart - 0.01).powi(2);
    for _ in 0..400 {
        let mut moved = false;
        for a in 0..places.len() {
            for b in a + 1..places.len() {
                let [dx, dy] = [places[b][0] - places[a][0], places[b][1] - places[a][1]];
                if dx * dx + dy * dy >= near {
                    continue;
                }
                let distance = dx.hypot(dy);
                moved = true;
                // Two on one spot part along the line of their numbers, so that every run draws the same.
                let along =
                    if distance < 1e-6 { [(a as f64).cos(), (a as f64).sin()] } else { [dx / distance, dy / distance] };
                let push = (apart - distance) / 2.0;
                for axis in 0..2 {
                    places[a][axis] -= along[axis] * push;
                    places[b][axis] += along[axis] * push;
                }
            }
        }
        for place in places.iter_mut() {
            for axis in 0..2 {
                place[axis] = place[axis].clamp(EDGE, (size[axis] - EDGE).max(EDGE));
            }
        }
        if !moved {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_do_not_cover_each_other() {
        let mut places: Vec<[f64; 2]> =
            (0..40).map(|at| [300.0 + f64::from(at % 5), 200.0 + f64::from(at / 20)]).collect();
        spread(&mut places, 19.5, [640.0, 400.0]);
        for (at, a) in places.iter().enumerate() {
            for b in &places[at + 1..] {
                assert!((a[0] - b[0]).hypot(a[1] - b[1]) > 18.0, "{a:?} {b:?}");
            }
        }
    }

    #[test]
    fn groups_have_as_many_wards_each_and_equal_values_stay_together() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(fifths(&values), [2.0, 4.0, 6.0, 8.0]);
        assert_eq!(fifths(&[0.0, 0.0, 0.0, 0.0, 5.0]), [0.0]);
        assert_eq!(fifths(&[1.0; 4]), [] as [f64; 0]);
        assert_eq!(fifths(&[]), [] as [f64; 0]);
    }
}
