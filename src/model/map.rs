//! On which units a figure is stated: as they stood when they reported, on the map of a day, on today's.

use std::str::FromStr;

use jiff::civil::Date;

super::state::words! {
    /// A map of the units.
    Map {
        /// The units as they stood when they reported.
        AsReported = "as_reported",
        /// The units of one day, by default the plan's first.
        AsOf = "as_of",
        /// Today's units.
        Current = "current",
    }
}

/// The map that pages show, and the day of [`Map::AsOf`] where it is not the plan's first. Tables hold all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapChoice {
    /// The map that pages show.
    pub shown: Map,
    /// Day of the `as_of` map.
    pub as_of: Option<Date>,
}

impl Default for MapChoice {
    fn default() -> Self {
        Self { shown: Map::AsReported, as_of: None }
    }
}

impl FromStr for MapChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no map; expected as_reported, current, as_of or as_of=YYYY-MM-DD");
        let (word, day) = text.split_once('=').map_or((text, None), |(word, day)| (word, Some(day)));
        let shown = Map::from_word(word).ok_or_else(wrong)?;
        match day {
            None => Ok(Self { shown, as_of: None }),
            Some(day) if shown == Map::AsOf => Ok(Self { shown, as_of: Some(day.parse().map_err(|_| wrong())?) }),
            Some(_) => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_a_word_and_for_one_of_them_a_day() {
        let day = Date::constant(2019, 12, 31);
        assert_eq!("as_of=2019-12-31".parse(), Ok(MapChoice { shown: Map::AsOf, as_of: Some(day) }));
        assert_eq!("current".parse(), Ok(MapChoice { shown: Map::Current, as_of: None }));
        for text in ["today", "current=2019-12-31", "as_of=31/12/2019", ""] {
            assert!(text.parse::<MapChoice>().unwrap_err().contains("expected as_reported, current, as_of"));
        }
    }
}
