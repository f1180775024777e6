//! A country of invented units, and a pipeline for it: the plan's own definition with another register.

use std::path::Path;

use fastrand::Rng;
use fs_err as fs;

use super::{SampleError, seed_of};
use crate::plan::Definition;

/// How many units are invented.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    provinces: usize,
    districts: usize,
    wards: usize,
}

/// As many as the country has.
pub(super) const NATION: Size = Size { provinces: 63, districts: 705, wards: 10_600 };
/// Enough for what only several provinces show.
pub(super) const REGION: Size = Size { provinces: 3, districts: 6, wards: 48 };

/// How often the score's weights, posts and values are drawn.
const DRAWS: i64 = 100;

/// Syllables of invented names.
const FIRST: [&str; 20] = [
    "An", "Bình", "Cẩm", "Đông", "Giang", "Hải", "Hòa", "Hưng", "Kim", "Long", "Mỹ", "Nam", "Phú", "Quảng", "Sơn",
    "Tân", "Thạnh", "Thủy", "Vĩnh", "Xuân",
];
const SECOND: [&str; 20] = [
    "Châu", "Dương", "Điền", "Đức", "Hà", "Hậu", "Khê", "Lâm", "Lộc", "Mai", "Ngọc", "Phong", "Phước", "Thành",
    "Thịnh", "Thọ", "Tiến", "Trạch", "Trung", "Yên",
];

/// Writes the pipeline into `folder`: forms, indicators, targets, rubric, rules and score as they are, the units anew.
pub(super) fn write(definition: &Definition, seed: u64, size: Size, folder: &Path) -> Result<(), SampleError> {
    let from = &definition.plan.folder;
    fs::create_dir_all(folder.join("forms"))?;
    fs::create_dir_all(folder.join("register"))?;
    for name in ["indicators.toml", "targets.toml", "rubric.toml", "rules.toml"] {
        fs::copy(from.join(name), folder.join(name))?;
    }
    if from.join("score.toml").exists() {
        fs::write(folder.join("score.toml"), score(&fs::read_to_string(from.join("score.toml"))?)?)?;
    }
    for entry in fs::read_dir(from.join("forms"))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join("forms").join(entry.file_name()))?;
    }
    fs::write(folder.join("pipeline.toml"), pipeline(&fs::read_to_string(from.join("pipeline.toml"))?)?)?;
    units(definition, seed, size, folder)
}

/// The plan's `score.toml` with fewer draws: of as many wards, the ends of an interval matter less than the night's length.
fn score(text: &str) -> Result<String, SampleError> {
    let mut table = parsed(text)?;
    if let Some(unsure) = table.get_mut("uncertainty").and_then(toml::Value::as_table_mut) {
        unsure.insert("draws".to_owned(), DRAWS.into());
    }
    toml::to_string(&table).map_err(|e| SampleError::Toml(e.to_string()))
}

fn parsed(text: &str) -> Result<toml::Table, SampleError> {
    text.parse().map_err(|e: toml::de::Error| SampleError::Toml(e.to_string()))
}

/// The plan's `pipeline.toml` with the settings of this sample.
fn pipeline(text: &str) -> Result<String, SampleError> {
    let mut table = parsed(text)?;
    if let Some(settings) = table.get_mut("settings").and_then(toml::Value::as_table_mut) {
        for (key, path) in [
            ("inbox", "../inbox"),
            ("baseline", "baseline.csv"),
            ("population", "population.csv"),
            ("register", "register"),
        ] {
            settings.insert(key.to_owned(), path.into());
        }
    }
    // Of so many wards, the pages alone: paper and workbooks take minutes.
    if let Some(scorecards) = table.get_mut("scorecards").and_then(toml::Value::as_table_mut) {
        scorecards.insert("formats".to_owned(), vec!["html"].into());
    }
    for source in table.get_mut("source").and_then(toml::Value::as_array_mut).into_iter().flatten() {
        if let Some(source) = source.as_table_mut() {
            source.insert("receipts".to_owned(), "../receipts.csv".into());
        }
    }
    toml::to_string(&table).map_err(|e| SampleError::Toml(e.to_string()))
}

/// A place around a middle, each further out than the one before: those of one middle lie evenly in a disc.
fn spiral(middle: [f64; 2], at: usize, apart: f64) -> [f64; 2] {
    let (angle, away) = (at as f64 * 2.399_963, apart * (at as f64).sqrt());
    [middle[0] + away * angle.cos(), middle[1] + away * angle.sin()]
}

/// The register, centroids, populations and baselines.
fn units(definition: &Definition, seed: u64, size: Size, folder: &Path) -> Result<(), SampleError> {
    let plan = &definition.plan;
    let mut measured: Vec<&str> = plan.baselines.values().flat_map(|own| own.keys()).map(String::as_str).collect();
    measured.sort_unstable();
    measured.dedup();
    let eve = plan.first_day.yesterday().unwrap_or(plan.first_day).to_string();

    let mut units = csv::Writer::from_path(folder.join("register/units.csv"))?;
    units.write_record([
        "code",
        "name_vi",
        "name_en",
        "level",
        "kind",
        "parent_code",
        "valid_from",
        "valid_to",
        "source",
    ])?;
    let mut populations = csv::Writer::from_path(folder.join("population.csv"))?;
    populations.write_record(["unit_code", "year", "population", "note"])?;
    let mut baselines = csv::Writer::from_path(folder.join("baseline.csv"))?;
    baselines.write_record(["unit_code", "element", "as_of", "value"])?;

    let mut centroids = csv::Writer::from_path(folder.join("register/centroids.csv"))?;
    centroids.write_record(["code", "map_of", "longitude", "latitude"])?;
    let mut unit = |code: &str, name: (&str, &str), level: &str, kind: (&str, &str), parent: &str| {
        let (vi, en) = (format!("{} {}", kind.0, name.0), format!("{} {}", kind.1, name.1));
        let word = kind.0.to_lowercase();
        units.write_record([code, &vi, &en, level, &word, parent, "2004-08-31", "", "invented"])
    };
    for province in 1..=size.provinces {
        let name = format!("Số {province}");
        unit(&format!("{province:02}"), (&name, &name.replace('ố', "o")), "province", ("Tỉnh", "Tinh"), "")?;
    }
    for district in 1..=size.districts {
        let (vi, en) = name(seed, &["district", &district.to_string()], 0);
        let parent = format!("{:02}", district % size.provinces + 1);
        unit(&format!("{district:03}"), (&vi, &en), "district", ("Huyện", "Huyen"), &parent)?;
    }
    for ward in 1..=size.wards {
        let code = format!("{ward:05}");
        let district = (ward - 1) % size.districts + 1;
        // Names differ within a district.
        let (vi, en) = name(seed, &["wards", &district.to_string()], (ward - 1) / size.districts);
        unit(&code, (&vi, &en), "ward", ("Xã", "Xa"), &format!("{district:03}"))?;
        let place = |at: usize| {
            let province = district % size.provinces;
            let of = spiral([3.0 * province as f64, 0.0], district / size.provinces, 0.18);
            spiral(of, (ward - 1) / size.districts, 0.04)[at]
        };
        let [longitude, latitude] = [100.0 + place(0), 15.0 + place(1)].map(|degrees| format!("{degrees:.4}"));
        centroids.write_record([code.as_str(), &plan.first_day.to_string(), &longitude, &latitude])?;
        let mut rng = Rng::with_seed(seed_of(seed, &["ward", &code]));
        let persons = rng.u32(2_000..16_000);
        for year in plan.years() {
            let grown = persons + persons / 250 * u32::from(year.year().abs_diff(plan.first_day.year()));
            populations.write_record([code.as_str(), &year.to_string(), &grown.to_string(), "invented"])?;
        }
        for element in &measured {
            baselines.write_record([code.as_str(), element, &eve, &rng.u32(0..25).to_string()])?;
        }
    }
    units.flush()?;
    centroids.flush()?;
    populations.flush()?;
    baselines.flush()?;
    let columns = "effective_date,change,from_code,to_code,share,legal_basis,source,confidence\n";
    fs::write(folder.join("register/changes.csv"), columns)?;
    fs::write(folder.join("register/aliases.csv"), "code,alias,kind\n")?;
    Ok(())
}

/// The `nth` of the names of one stock: each is a pair of syllables, with and without accents, and none comes twice.
fn name(seed: u64, stock: &[&str], nth: usize) -> (String, String) {
    let all = FIRST.len() * SECOND.len();
    // A step that shares no factor with 400 visits every pair.
    let at = (seed_of(seed, stock) as usize % all + nth * 147) % all;
    let vi = format!("{} {}", FIRST[at / SECOND.len()], SECOND[at % SECOND.len()]);
    let en: String = unicode_normalization::UnicodeNormalization::nfd(vi.as_str())
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| if c == 'Đ' { 'D' } else { c })
        .collect();
    (vi, en)
}
