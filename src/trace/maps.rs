//! Of a figure on another day's map: the reporting units that it is made of, with share and legal instrument.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::question::Asked;
use crate::model::{Level, Map};
use crate::register::{Change, Register, Share};

/// A reporting unit within the unit of the map.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Piece {
    /// Code of the reporting unit.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// Its level.
    pub level: Level,
    /// Share of it that belongs here; none where the register does not tell it.
    pub share: Option<f64>,
    /// True where the register's own rows say so and may be trusted.
    pub certain: bool,
    /// The changes between the two days, each with its legal instrument.
    pub by: Vec<String>,
}

/// The reporting units of a figure on another map; empty for the units that report, and for a province, which is the
/// same sum on every map.
pub(super) fn pieces(asked: &Asked<'_>) -> Vec<Piece> {
    if asked.map == Map::AsReported || asked.level == Level::Province {
        return Vec::new();
    }
    let (register, day, map_day) = (asked.register, asked.quarter.end(), asked.map_day);
    let near = |unit: &str, year: i16| asked.plan.population_near(unit, year);
    let inside = |ward: &str| ward == asked.unit || register.district_of(ward, map_day) == Some(asked.unit);
    let reporting = register.in_force(Level::Ward, day).map(|unit| unit.code.as_str());
    let crosswalk = register.crosswalk(Level::Ward, reporting, day, map_day, &near);
    // Shares of one reporting unit in several wards of a district add up.
    let mut all: BTreeMap<String, (Option<Share>, bool, Vec<String>)> = BTreeMap::new();
    for (ward, parts) in crosswalk.iter().filter(|(ward, _)| inside(ward)) {
        for part in parts {
            let by = instruments(register, &part.code, ward, day, map_day);
            match all.get_mut(&part.code) {
                None => drop(all.insert(part.code.clone(), (part.share, part.certain, by))),
                Some((share, certain, known)) => {
                    *share = share.zip(part.share).and_then(|(a, b)| a.plus(b));
                    *certain &= part.certain;
                    known.extend(by);
                    known.sort();
                    known.dedup();
                }
            }
        }
    }
    let districts: BTreeSet<&str> = all.keys().filter_map(|ward| register.district_of(ward, day)).collect();
    let wards = all.iter().map(|(code, (share, certain, by))| Piece {
        unit: code.clone(),
        name: asked.name(code).to_owned(),
        level: Level::Ward,
        share: share.map(Share::number),
        certain: *certain,
        by: by.clone(),
    });
    let from_districts = asked.indicator.level == Level::District || asked.indicator.own.is_some();
    let districts = districts.into_iter().filter(|_| from_districts && asked.level == Level::District);
    let districts = districts.map(|code| Piece {
        unit: code.to_owned(),
        name: asked.name(code).to_owned(),
        level: Level::District,
        // A district that goes on goes over by the persons of its wards; that share is evaluate's alone.
        share: None,
        certain: false,
        by: Vec::new(),
    });
    wards.chain(districts).collect()
}

/// The changes by which one unit became (a part of) another, told with their instruments, in either direction of time.
pub(super) fn instruments(
    register: &Register,
    reporting: &str,
    on_map: &str,
    reported: Date,
    map: Date,
) -> Vec<String> {
    let (earlier, later) = if map < reported { (on_map, reporting) } else { (reporting, on_map) };
    let (from, to) = (reported.min(map), reported.max(map));
    let mut rows: Vec<(&Change, &str, &str)> = register
        .changes()
        .iter()
        .filter(|change| change.effective_date > from && change.effective_date <= to)
        .filter_map(|change| change.moved().map(|(from, to)| (change, from, to)))
        .collect();
    rows.sort_by_key(|(change, ..)| change.effective_date);
    // What the earlier unit became, and what the later one was made of: the way leads through both.
    let mut became: BTreeSet<&str> = BTreeSet::from([earlier]);
    let mut ahead = Vec::with_capacity(rows.len());
    for (_, from, to) in &rows {
        ahead.push(became.contains(from));
        if became.contains(from) {
            became.insert(to);
        }
    }
    let mut made: BTreeSet<&str> = BTreeSet::from([later]);
    let mut told = Vec::new();
    for ((change, from, to), ahead) in rows.iter().zip(ahead).rev() {
        if made.contains(to) {
            made.insert(from);
            if ahead {
                let share = change.share.map_or(String::new(), |share| format!(", share {share}"));
                told.push(format!(
                    "{} {} {from} → {to}{share}: {}",
                    change.effective_date,
                    change.change.as_str(),
                    change.legal_basis
                ));
            }
        }
    }
    told.sort();
    told.dedup();
    told
}
