//! Where wards lie: boundaries from `GeoJSON`, or the middle of each from a CSV with `code, map_of, longitude, latitude`.

use std::collections::BTreeMap;
use std::path::Path;

use geojson::{Feature, FeatureReader, GeometryValue};

use super::csvs;
use super::problem::{Place, Problems};
use crate::model::{Geography, Ring, Scorecards};
use crate::store::raw::sha256;

/// Reads the files that are named.
pub(super) fn read(files: &Scorecards, problems: &mut Problems) -> Geography {
    let mut all = Geography::default();
    let digest = |path: &Path| fs_err::read(path).map(|bytes| sha256(&bytes)).unwrap_or_default();
    let digests: Vec<String> = files.boundaries.iter().chain(&files.centroids).map(|path| digest(path)).collect();
    all.digest = digests.join(" ");
    if let Some(path) = &files.boundaries {
        all.boundaries = boundaries(path, &files.boundaries_code, problems);
    }
    if let Some(path) = &files.centroids {
        csvs::rows(path, &["code", "map_of", "longitude", "latitude"], problems, |row, problems| {
            let [code, of, longitude, latitude] = row.fields();
            let of = csvs::date(of, row, "`map_of`", problems);
            let longitude = csvs::number(longitude, row, "longitude", problems);
            let latitude = csvs::number(latitude, row, "latitude", problems);
            if let (Some(of), Some(longitude), Some(latitude)) = (of, longitude, latitude) {
                all.centroids.entry(code.to_owned()).or_default().push((of, [longitude, latitude]));
            }
        });
    }
    all
}

fn boundaries(path: &Path, key: &str, problems: &mut Problems) -> BTreeMap<String, Vec<Ring>> {
    let mut all: BTreeMap<String, Vec<Ring>> = BTreeMap::new();
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.add(&Place::file(path), format!("cannot be read: {error}"));
            return all;
        }
    };
    let mut unnamed = 0;
    for feature in FeatureReader::from_reader(bytes.as_slice()).features() {
        let feature = match feature {
            Ok(feature) => feature,
            Err(error) => {
                problems
                    .add(&Place::file(path), format!("is not a collection of features as GeoJSON has them: {error}"));
                return all;
            }
        };
        match code(&feature, key) {
            Some(code) => all.entry(code).or_default().extend(rings(&feature)),
            None => unnamed += 1,
        }
    }
    if unnamed > 0 {
        let what =
            format!("{unnamed} features have no property `{key}` with a unit's code; `boundaries_code` names it");
        problems.add(&Place::file(path), what);
    }
    all
}

/// A code may have been written as a number.
fn code(feature: &Feature, key: &str) -> Option<String> {
    let value = feature.property(key)?;
    value.as_str().map(str::to_owned).or_else(|| value.as_u64().map(|number| number.to_string()))
}

fn rings(feature: &Feature) -> Vec<Ring> {
    let ring = |ring: &Vec<geojson::Position>| -> Ring {
        ring.iter().filter_map(|at| Some([*at.as_slice().first()?, *at.as_slice().get(1)?])).collect()
    };
    match feature.geometry.as_ref().map(|geometry| &geometry.value) {
        Some(GeometryValue::Polygon { coordinates }) => coordinates.iter().map(ring).collect(),
        Some(GeometryValue::MultiPolygon { coordinates }) => coordinates.iter().flatten().map(ring).collect(),
        _ => Vec::new(),
    }
}
