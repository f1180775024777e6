//! What a run reports of itself: read by people, by monitors and by the next run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::job::Stage;

/// Version of the report's fields.
pub const REPORT_VERSION: u32 = 1;

/// A run: which job, in which store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Version of these fields.
    pub report: u32,
    /// Number of the run in its store; 0 where it ended before it could be noted.
    pub run: i64,
    /// Code of the plan; empty where the definition could not be read.
    pub plan: String,
    /// Name of the job, or the command that was given.
    pub job: String,
    /// Version of the program.
    pub version: String,
    /// Folder of the store.
    pub store: String,
    /// When it started, UTC.
    pub started: Timestamp,
    /// When it ended, UTC.
    pub ended: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// The exit code.
    pub exit_code: u8,
    /// The stages that were begun, in order.
    pub stages: Vec<StageReport>,
    /// What failed.
    pub failures: Vec<FailureReport>,
    /// Findings that stand, by severity; none where nothing was read.
    pub findings: Option<FindingCounts>,
    /// Findings that were not in the release before; none where no release was looked at.
    pub news: Option<News>,
    /// The release that stands after the run; none where none was made.
    pub release: Option<ReleaseReport>,
}

/// One stage of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// The stage's word.
    pub stage: String,
    /// When it started, UTC.
    pub started: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// Whether it ended well.
    pub done: bool,
    /// What it counted, as its summary names it.
    pub counts: BTreeMap<String, f64>,
}

/// Something that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReport {
    /// Place and cause.
    pub what: String,
    /// Remedy.
    pub hint: String,
}

/// Findings that stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingCounts {
    /// Left something out.
    pub errors: u64,
    /// Flag a value.
    pub warnings: u64,
    /// Notes.
    pub infos: u64,
}

/// Findings that were not in the release before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct News {
    /// How many.
    pub count: u64,
    /// The gravest of them.
    pub shown: Vec<NewFinding>,
}

/// A new finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NewFinding {
    /// Its id.
    pub finding: String,
    /// District folder that the file came from.
    pub district: String,
    /// The file.
    pub file: String,
    /// Sheet and cell, as far as known.
    pub place: String,
    /// error, warning or info.
    pub severity: String,
    /// The code.
    pub code: String,
    /// In Vietnamese.
    pub message_vi: String,
    /// In English.
    pub message_en: String,
}

/// A release as a run leaves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseReport {
    /// Its id.
    pub id: String,
    /// Whether it stood before, since nothing changed.
    pub unchanged: bool,
}

impl RunReport {
    /// Whether all went well.
    pub fn succeeded(&self) -> bool {
        self.exit_code == 0
    }

    /// Whether every stage did its work, though a source may have failed or a file been quarantined.
    pub fn completed(&self) -> bool {
        matches!(self.exit_code, 0 | 1 | 4)
    }

    /// A count of a stage; none where it did not run or does not count so.
    pub fn count(&self, stage: Stage, name: &str) -> Option<f64> {
        self.stages.iter().find(|s| s.stage == stage.as_str())?.counts.get(name).copied()
    }
}
