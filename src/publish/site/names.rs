//! The names that the search finds, as a script that a page loads when somebody searches.

use crate::publish::edition::Edition;

/// `names.js`: page, name and unit above of each unit, and of each indicator.
pub(super) fn script(edition: &Edition<'_>) -> Vec<u8> {
    let unit = |unit| {
        let unit: &crate::publish::edition::Unit = unit;
        let above = edition.above(unit).map_or("", |above| above.name.as_str());
        [format!("{}/{}", unit.level, unit.code), unit.name.clone(), above.to_owned()]
    };
    let indicators = edition.plan.indicators.iter();
    let indicators =
        indicators.map(|i| [format!("indicator/{}", i.code), format!("{} {}", i.code, i.name_vi), i.name_en.clone()]);
    let all: Vec<[String; 3]> = edition.units.iter().rev().map(unit).chain(indicators).collect();
    // A script element would end at its own end tag, wherever that stands.
    let json = serde_json::to_string(&all).unwrap_or_default().replace('<', "\\u003c");
    format!("const NAMES = {json};\n").into_bytes()
}
