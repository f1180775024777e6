//! A failure as a person reads it: place, cause and remedy, told once.

use std::io::Write;

use crate::evaluate::EvaluateError;
use crate::job::StageError;
use crate::model::FailureReport;
use crate::plan::Problem;
use crate::publish::PublishError;
use crate::pull::PullError;
use crate::reply::ReplyError;
use crate::store::StoreError;

/// Why a command ended without doing its work.
#[derive(Debug)]
pub enum Failure {
    /// The definition has errors; nothing was touched.
    Definition(Vec<Problem>),
    /// The arguments ask for something that cannot be.
    Usage {
        /// Place and cause.
        what: String,
        /// Remedy.
        hint: String,
    },
    /// Another run works in the store; nothing was done.
    Busy {
        /// Place and cause.
        what: String,
        /// Remedy.
        hint: String,
    },
    /// The run could not go on.
    Run {
        /// Place and cause.
        what: String,
        /// Remedy.
        hint: String,
    },
}

impl Failure {
    /// Wrong arguments.
    pub fn usage(what: &str, hint: &str) -> Self {
        Self::Usage { what: what.to_owned(), hint: hint.to_owned() }
    }

    /// The store refused, in a stage or a command.
    pub fn store(stage: &str, error: &StoreError) -> Self {
        let (what, hint) = (format!("{stage}: {error}"), store_hint(error));
        match error {
            StoreError::Locked(_) => Self::Busy { what, hint },
            _ => Self::Run { what, hint },
        }
    }

    /// 2 for the user's input, 3 for the run, 5 where another run is at work.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Definition(_) | Self::Usage { .. } => 2,
            Self::Run { .. } => 3,
            Self::Busy { .. } => 5,
        }
    }

    /// The failure as a run's report tells it.
    pub fn told(&self) -> Vec<FailureReport> {
        let of = |what: String, hint: &str| FailureReport { what, hint: hint.to_owned() };
        match self {
            Self::Definition(problems) => problems.iter().map(|problem| of(problem.to_string(), "")).collect(),
            Self::Usage { what, hint } | Self::Run { what, hint } | Self::Busy { what, hint } => {
                vec![of(what.clone(), hint)]
            }
        }
    }

    /// Writes the failure to standard error. Where that cannot be written either, the exit code still tells.
    pub fn print(&self) {
        let mut text = String::new();
        match self {
            Self::Definition(problems) => {
                for problem in problems {
                    text.push_str(&format!("error: {problem}\n"));
                }
                let s = if problems.len() == 1 { "" } else { "s" };
                text.push_str(&format!("{} error{s} in the definition; nothing was touched\n", problems.len()));
            }
            Self::Usage { what, hint } | Self::Run { what, hint } | Self::Busy { what, hint } => {
                text.push_str(&format!("error: {what}\n"));
                if !hint.is_empty() {
                    text.push_str(&format!("hint: {hint}\n"));
                }
            }
        }
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

impl From<StageError> for Failure {
    fn from(error: StageError) -> Self {
        let hint = match &error {
            StageError::Pull(PullError::Sources(failed)) if failed.iter().any(|f| f.folder) => {
                "expected a folder with one folder per district; set it with `--set inbox=DIR`".to_owned()
            }
            StageError::Pull(PullError::Sources(_)) => {
                "mend the source's entry or wait for its server, and run again; nothing received is lost".to_owned()
            }
            StageError::Pull(PullError::Receipts { .. }) => {
                "mend the file, or take `receipts` out of the source's entry".to_owned()
            }
            StageError::Normalize(store)
            | StageError::Pull(PullError::Store(store))
            | StageError::Evaluate(EvaluateError::Store(store))
            | StageError::Publish(PublishError::Store(store))
            | StageError::Reply(ReplyError::Store(store)) => store_hint(store),
            StageError::Publish(PublishError::NoUnit { .. }) => {
                "`wardscore units` finds a unit's code; a dissolved one has no scorecard on the map that is shown"
                    .to_owned()
            }
            StageError::Publish(PublishError::Io(io)) => io_hint(io),
            StageError::Evaluate(EvaluateError::Engine { .. })
            | StageError::Publish(PublishError::Page { .. })
            | StageError::Reply(ReplyError::Workbook { .. } | ReplyError::Page { .. }) => {
                "this is a fault of wardscore, not of the data; please report it with this message".to_owned()
            }
        };
        Self::Run { what: error.to_string(), hint }
    }
}

fn io_hint(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::StorageFull => "free some space and run again; nothing received is lost",
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            "the store must be writable; give the folder to this user or name another with `--store DIR`"
        }
        _ => "mend the cause and run again; the last release stands",
    }
    .to_owned()
}

fn store_hint(error: &StoreError) -> String {
    match error {
        StoreError::Io(io) => io_hint(io),
        StoreError::Locked(_) => "wait until it has ended; a run that was killed leaves no lock behind".to_owned(),
        StoreError::Missing { table, .. } => {
            let stage = match table.as_str() {
                "indicator_values" | "scorecards" => "evaluate",
                _ => "normalize",
            };
            format!("run `wardscore {stage}` first, or `wardscore run`")
        }
        StoreError::Behind { .. } => "run `wardscore evaluate` first, or `wardscore run`".to_owned(),
        StoreError::Newer { .. } => {
            "use the newer wardscore that wrote it, or name another store with `--store DIR`".to_owned()
        }
        StoreError::Occupied(_) => {
            "move it away, or name a folder that is not there yet with `--store DIR`; nothing was changed".to_owned()
        }
        StoreError::NoBackup { .. } => {
            "name a file that `wardscore backup` wrote, copied whole; nothing was restored".to_owned()
        }
        StoreError::Ledger { .. } => "the ledger must be readable and writable by this user".to_owned(),
        StoreError::Table { .. } => {
            "remove the file and run `wardscore run`: it is made again from what was received".to_owned()
        }
        StoreError::Schema { .. } => "this is a fault of wardscore; please report it with this message".to_owned(),
    }
}
