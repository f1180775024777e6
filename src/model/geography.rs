//! Where wards lie, for maps; no figure follows from it.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// A ring of places, as longitude and latitude.
pub type Ring = Vec<[f64; 2]>;

/// Where wards lie.
#[derive(Debug, Clone, Default)]
pub struct Geography {
    /// Rings by unit code.
    pub boundaries: BTreeMap<String, Vec<Ring>>,
    /// By unit code: the middle, with the day of the map that it was taken from.
    pub centroids: BTreeMap<String, Vec<(Date, [f64; 2])>>,
    /// SHA-256 of each of the files; empty where there are none.
    pub digest: String,
}

impl Geography {
    /// The middle of a unit on the newest map up to a day, else on the oldest.
    pub fn centroid(&self, code: &str, day: Date) -> Option<[f64; 2]> {
        let all = self.centroids.get(code)?;
        let known = all.iter().filter(|(of, _)| *of <= day).max_by_key(|(of, _)| *of);
        known.or_else(|| all.iter().min_by_key(|(of, _)| *of)).map(|(_, at)| *at)
    }
}
