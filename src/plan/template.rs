//! A starter pipeline for another plan: small commented files that load without a problem.

use std::io;
use std::path::Path;

use fs_err as fs;

const FILES: &[(&str, &str)] = &[
    ("pipeline.toml", include_str!("starter/pipeline.toml")),
    ("forms/form-01.toml", include_str!("starter/forms/form-01.toml")),
    ("indicators.toml", include_str!("starter/indicators.toml")),
    ("targets.toml", include_str!("starter/targets.toml")),
    ("rubric.toml", include_str!("starter/rubric.toml")),
    ("score.toml", include_str!("starter/score.toml")),
    ("rules.toml", include_str!("starter/rules.toml")),
    ("jobs.toml", include_str!("starter/jobs.toml")),
    ("population.csv", include_str!("starter/population.csv")),
    ("baseline.csv", include_str!("starter/baseline.csv")),
    ("register/units.csv", include_str!("starter/register/units.csv")),
    ("register/changes.csv", include_str!("starter/register/changes.csv")),
    ("register/aliases.csv", include_str!("starter/register/aliases.csv")),
];

/// Writes the starter into a folder, which is made where it is missing.
pub fn write(folder: &Path) -> io::Result<()> {
    for (name, text) in FILES {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    fs::create_dir_all(folder.join("inbox"))
}
