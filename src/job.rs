//! Which stages a job runs, in order, and what each said.

mod ahead;

use jiff::Timestamp;

use crate::model::{Map, Progress};
use crate::plan::Definition;
use crate::store::Store;
use crate::{evaluate, normalize, publish, pull, reply};

pub use crate::model::Stage;
pub use ahead::{Ahead, ahead, describe};

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

/// Hears when a stage starts and what it counted when it is done; who listens has the clock.
pub trait Watch {
    /// A stage starts.
    fn started(&mut self, stage: Stage);
    /// It is done; `summary` is a stage's own, as a JSON object.
    fn done(&mut self, stage: Stage, summary: serde_json::Value);
}

/// What a run is given from outside.
#[expect(missing_debug_implementations, reason = "what it is given are functions")]
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// Where secrets of sources are looked up.
    pub environment: &'a pull::Environment<'a>,
    /// Tells what a release changed.
    pub values: &'a publish::Values<'a>,
    /// The time that counts as now.
    pub now: Timestamp,
    /// Hears how far a stage is.
    pub progress: &'a dyn Progress,
}

/// Runs the stages in order; the first that fails ends the job, and the last release stands.
pub fn run(
    stages: &[Stage],
    definition: &Definition,
    store: &Store,
    given: &Given<'_>,
    watch: &mut dyn Watch,
) -> Result<Report, StageError> {
    let Definition { plan, register, .. } = definition;
    let Given { environment, values, now, progress } = *given;
    let mut report = Report::default();
    for stage in stages {
        tracing::info!(stage = stage.as_str(), "start");
        watch.started(*stage);
        let summary = match stage {
            Stage::Pull => json(report.pull.insert(pull::pull(plan, store, environment, now, progress)?)),
            Stage::Normalize => {
                let done = normalize::normalize(plan, register, store, now, progress);
                json(report.normalize.insert(done.map_err(StageError::Normalize)?))
            }
            Stage::Evaluate => {
                let done = evaluate::evaluate(plan, register, store, Map::ALL, now, progress)?;
                json(report.evaluate.insert(done))
            }
            Stage::Publish => {
                let done = publish::publish(plan, register, store, values, now, progress)?;
                json(report.publish.insert(done))
            }
            Stage::Reply => {
                let viewer = normalize::Viewer::new(plan);
                let show = |bytes: Vec<u8>, member: Option<&str>| viewer.sheet(bytes, member);
                json(report.reply.insert(reply::reply(plan, register, store, &show, progress)?))
            }
        };
        watch.done(*stage, summary);
        tracing::info!(stage = stage.as_str(), "done");
    }
    Ok(report)
}

fn json(summary: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(summary).unwrap_or_default()
}
