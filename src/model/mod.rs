//! The nouns of monitoring: no I/O, no data frames, no clock.
//!
//! Everything that two stages must agree on stands here; the stages know these types and the store,
//! never each other.

pub mod action;
pub mod cause;
pub mod chance;
pub mod correction;
pub mod element;
pub mod finding;
pub mod formula;
pub mod geography;
pub mod indicator;
pub mod intervention;
pub mod job;
pub mod map;
pub mod notify;
pub mod number;
pub mod observation;
pub mod period;
pub mod plan;
pub mod progress;
pub mod reply;
pub mod retention;
pub mod rubric;
pub mod rule;
pub mod run;
pub mod score;
pub mod scorecards;
pub mod sheet;
pub mod signer;
pub mod source;
pub mod stamp;
pub mod state;
pub mod target;
pub mod unit;
pub mod waiver;

pub use action::{Action, ActionState, ActionStep, Actions};
pub use cause::{Cause, CauseKind, Repair};
pub use correction::{Correction, Corrections};
pub use element::{Element, Form, Frequency, Kind, OverTime};
pub use finding::{Code, Finding, Severity};
pub use formula::{Comparison, Expr, FormulaError};
pub use geography::{Geography, Ring};
pub use indicator::{Chance, Direction, Indicator, OwnPart, ValueForm};
pub use intervention::{Intervention, Measure, Outcome, Start};
pub use job::{Calendar, Channel, Days, Job, Stage};
pub use map::{Map, MapChoice};
pub use notify::{Address, Events, Mail, Notify, Occasion, Security};
pub use observation::{CellRef, SubmissionStatus};
pub use period::Period;
pub use plan::{Baseline, Plan, Population, Settings};
pub use progress::{Progress, Silent};
pub use retention::Retention;
pub use rubric::{Class, Criterion, Requirement, Rubric};
pub use rule::{Change, Outlier, Rule, RuleKind, Stock};
pub use run::{FailureReport, FindingCounts, NewFinding, News, REPORT_VERSION, ReleaseReport, RunReport, StageReport};
pub use score::{Averaging, Component, Posts, ScoreGroup, Scoring, Uncertainty};
pub use scorecards::{Format, Scorecards};
pub use sheet::{Sheet, SheetCell, Shown};
pub use signer::{
    Judgement, NAMESPACE, SIGNATURE_ENDINGS, Signature, SignatureText, Signer, SignerKey, Signers, Signing, signed_name,
};
pub use source::{Login, Pattern, Place, Receipt, S3, Secret, Senders, Sftp, Source, WebFiles};
pub use stamp::Stamp;
pub use state::{Span, State, Status, Warning};
pub use target::{Aim, Milestone, Pace, Target, TargetKind};
pub use unit::{Level, UnitVersion};
pub use waiver::Waiver;
