//! Which stages a job runs, in order, and what each said.

use jiff::Timestamp;

use crate::model::{Map, Progress};
use crate::plan::Definition;
use crate::store::Store;
use crate::{evaluate, normalize, publish, pull, reply};

/// A stage of the pipeline; the word is its folder, its command and its label in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Sources → raw bytes and receipts.
    Pull,
    /// Raw bytes → observations and findings.
    Normalize,
    /// Observations → indicator values and scorecards.
    Evaluate,
    /// Tables → a release.
    Publish,
    /// Findings → a reply to each district.
    Reply,
}

impl Stage {
    /// Every stage in its order.
    pub const ALL: [Self; 5] = [Self::Pull, Self::Normalize, Self::Evaluate, Self::Publish, Self::Reply];

    /// The stage's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Normalize => "normalize",
            Self::Evaluate => "evaluate",
            Self::Publish => "publish",
            Self::Reply => "reply",
        }
    }
}

/// Why a stage could not go on.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Stage 1.
    #[error("pull: {0}")]
    Pull(#[from] pull::PullError),
    /// Stage 2.
    #[error("normalize: {0}")]
    Normalize(crate::store::StoreError),
    /// Stage 3.
    #[error("evaluate: {0}")]
    Evaluate(#[from] evaluate::EvaluateError),
    /// Stage 5.
    #[error("publish: {0}")]
    Publish(#[from] publish::PublishError),
    /// The last stage.
    #[error("reply: {0}")]
    Reply(#[from] reply::ReplyError),
}

/// What the stages of a job did; `None` for a stage that did not run.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Stage 1.
    pub pull: Option<pull::Summary>,
    /// Stage 2.
    pub normalize: Option<normalize::Summary>,
    /// Stage 3.
    pub evaluate: Option<evaluate::Summary>,
    /// Stage 5.
    pub publish: Option<publish::Summary>,
    /// The last stage.
    pub reply: Option<reply::Summary>,
}

/// Runs the stages in order; the first that fails ends the job, and the last release stands. Secrets of
/// sources are looked up in `environment`; `values` tells what a release changed.
pub fn run(
    stages: &[Stage],
    definition: &Definition,
    store: &Store,
    environment: &pull::Environment<'_>,
    values: &publish::Values<'_>,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Report, StageError> {
    let Definition { plan, register } = definition;
    let mut report = Report::default();
    for stage in stages {
        tracing::info!(stage = stage.as_str(), "start");
        match stage {
            Stage::Pull => report.pull = Some(pull::pull(plan, store, environment, now, progress)?),
            Stage::Normalize => {
                let done = normalize::normalize(plan, register, store, now, progress);
                report.normalize = Some(done.map_err(StageError::Normalize)?);
            }
            Stage::Evaluate => {
                report.evaluate = Some(evaluate::evaluate(plan, register, store, Map::ALL, now, progress)?);
            }
            Stage::Publish => {
                let done = publish::publish(plan, register, store, values, now, progress)?;
                report.publish = Some(done);
            }
            Stage::Reply => {
                let viewer = normalize::Viewer::new(plan);
                let show = |bytes: Vec<u8>, member: Option<&str>| viewer.sheet(bytes, member);
                report.reply = Some(reply::reply(plan, register, store, &show, progress)?);
            }
        }
        tracing::info!(stage = stage.as_str(), "done");
    }
    Ok(report)
}
