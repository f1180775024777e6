//! What a page loads when a reader asks for it, as scripts, since a page that is opened from disk may load nothing else: the
//! names that the search finds, and how wards look on a map by each indicator.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::publish::edition::Edition;
use crate::publish::view::Painted;

/// `names.js`: page, name and unit above of each unit, and of each indicator.
pub(super) fn names(edition: &Edition<'_>) -> Vec<u8> {
    let unit = |unit| {
        let unit: &crate::publish::edition::Unit = unit;
        let above = edition.above(unit).map_or("", |above| above.name.as_str());
        [format!("{}/{}", unit.level, unit.code), unit.name.clone(), above.to_owned()]
    };
    let indicators = edition.plan.indicators.iter();
    let indicators =
        indicators.map(|i| [format!("indicator/{}", i.code), format!("{} {}", i.code, i.name_vi), i.name_en.clone()]);
    let all: Vec<[String; 3]> = edition.units.iter().rev().map(unit).chain(indicators).collect();
    constant("NAMES", &all)
}

/// `map/79.js`: by indicator its name, the key, and of each ward its place in the key and what is said of it.
pub(super) fn maps(painted: &[Painted<'_>]) -> Vec<u8> {
    let of = |p: &Painted<'_>| {
        let wards = p.wards.iter().map(|(code, (place, told))| ((*code).to_owned(), json!([place, told.vi, told.en])));
        let key = p.legend.iter().map(|(class, sign, text)| json!([class, sign, text.vi, text.en]));
        let named = json!([p.name.vi, p.name.en]);
        (
            p.code.to_owned(),
            json!({ "name": named, "key": key.collect::<Value>(), "wards": wards.collect::<Map<_, _>>() }),
        )
    };
    constant("MAPS", &painted.iter().map(of).collect::<Map<_, _>>())
}

fn constant(name: &str, value: &impl Serialize) -> Vec<u8> {
    // A script element would end at its own end tag, wherever that stands.
    let json = serde_json::to_string(value).unwrap_or_default().replace('<', "\\u003c");
    format!("const {name} = {json};\n").into_bytes()
}
