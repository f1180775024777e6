//! Organisation units: one row of the register is one version of a unit.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// Level of an organisation unit. "Ward" is the commune level as a whole (xã, phường, thị trấn).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Commune level.
    Ward,
    /// Huyện, quận, thị xã, thành phố under a province.
    District,
    /// Tỉnh or city under the central government.
    Province,
}

impl Level {
    /// The word used in every table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ward => "ward",
            Self::District => "district",
            Self::Province => "province",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ward" => Ok(Self::Ward),
            "district" => Ok(Self::District),
            "province" => Ok(Self::Province),
            other => Err(format!("`{other}` is not a level; expected ward, district or province")),
        }
    }
}

/// One version of a unit: what it was called and where it belonged from one day to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitVersion {
    /// Code of the General Statistics Office, as text with its leading zeros.
    pub code: String,
    /// Full Vietnamese name with its kind, as `Phường Thuận Lộc`.
    pub name_vi: String,
    /// Name without accents.
    pub name_en: String,
    /// Level of the unit.
    pub level: Level,
    /// Kind: xã, phường, thị trấn, huyện, thị xã, thành phố, quận, tỉnh.
    pub kind: String,
    /// Code of the unit above; none for a province.
    pub parent_code: Option<String>,
    /// First day in force.
    pub valid_from: Date,
    /// First day no longer in force; none while it lasts.
    pub valid_to: Option<Date>,
    /// Where this row was taken from.
    pub source: String,
}

impl UnitVersion {
    /// True when this version is in force on `day`.
    pub fn in_force(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day < to)
    }

    /// The name without its kind, as `Thuận Lộc`.
    pub fn bare_name(&self) -> &str {
        let kind = self.kind.chars().count();
        let mut chars = self.name_vi.chars();
        let head: String = chars.by_ref().take(kind).collect();
        if head.to_lowercase() == self.kind.to_lowercase() { chars.as_str().trim_start() } else { &self.name_vi }
    }
}
