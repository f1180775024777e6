//! What a run was: its stages with their times, its report, and those who are told. The clock is read here.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::{Failure, environment};
use crate::job::{Report, Watch};
use crate::model::{
    Address, FailureReport, FindingCounts, News, Notify, REPORT_VERSION, ReleaseReport, RunReport, Stage, StageReport,
};
use crate::notify::{Channels, Courier, Event, History, Identity};
use crate::pull::{Failed, Trouble, reveal};
use crate::store::Ledger;

/// A run while it goes.
pub(super) struct Record {
    now: Timestamp,
    clock: Instant,
    courier: Courier,
    identity: Identity,
    stages: Vec<StageReport>,
    open: Option<Stage>,
    opened: f64,
}

impl Record {
    /// Starts the clock at what counts as now.
    pub(super) fn new(now: Timestamp, job: &str, store: String, channels: Channels) -> Self {
        Self {
            now,
            clock: Instant::now(),
            courier: Courier::new(channels),
            identity: Identity { plan: String::new(), job: job.to_owned(), store, run: 0, started: now },
            stages: Vec::new(),
            open: None,
            opened: 0.0,
        }
    }

    fn seconds(&self) -> f64 {
        // To the microsecond: more says nothing.
        (self.clock.elapsed().as_secs_f64() * 1e6).round() / 1e6
    }

    fn at(&self, seconds: f64) -> Timestamp {
        self.now.checked_add(SignedDuration::from_secs_f64(seconds)).unwrap_or(self.now)
    }

    /// The run has a plan and a number: those who are told hear that it starts.
    pub(super) fn begin(&mut self, plan: &str, run: i64) {
        plan.clone_into(&mut self.identity.plan);
        self.identity.run = run;
        self.courier.tell(Event::Started { identity: self.identity.clone(), at: self.now });
    }

    fn end_stage(&mut self, done: bool, summary: &serde_json::Value) {
        let Some(stage) = self.open.take() else { return };
        let counted = summary.as_object().into_iter().flatten();
        let report = StageReport {
            stage: stage.as_str().to_owned(),
            started: self.at(self.opened),
            seconds: ((self.seconds() - self.opened) * 1e6).round() / 1e6,
            done,
            counts: counted.filter_map(|(name, value)| Some((name.clone(), value.as_f64()?))).collect(),
        };
        self.courier.tell(Event::StageEnded(report.clone()));
        self.stages.push(report);
    }

    /// The report of what was done, and what failed.
    pub(super) fn report(
        &mut self,
        exit_code: u8,
        done: Option<&Report>,
        news: Option<News>,
        failures: Vec<FailureReport>,
    ) -> RunReport {
        self.end_stage(false, &serde_json::Value::Null);
        let seconds = self.seconds();
        let findings = done.and_then(|d| d.normalize).map(|n| FindingCounts {
            errors: n.errors as u64,
            warnings: n.warnings as u64,
            infos: n.infos as u64,
        });
        let release = done.and_then(|d| d.publish.as_ref());
        let Identity { plan, job, store, run, started } = self.identity.clone();
        RunReport {
            report: REPORT_VERSION,
            run,
            plan,
            job,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            store,
            started,
            ended: self.at(seconds),
            seconds,
            exit_code,
            stages: self.stages.clone(),
            failures,
            findings,
            news,
            release: release.map(|p| ReleaseReport { id: p.release.clone(), unchanged: p.unchanged }),
        }
    }

    /// What the ledger knows of earlier runs, where anybody asks for it.
    pub(super) fn history(&self, ledger: &Ledger) -> History {
        if !self.courier.listens() {
            return History::default();
        }
        let reports = |code| -> Vec<RunReport> {
            let found = ledger.last_of_each(code).unwrap_or_default();
            found.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()
        };
        let last_success = reports(Some(0)).into_iter().map(|r| (r.job, r.ended)).collect();
        History { others: reports(None), last_success }
    }

    /// Tells how it ended, and waits until everybody has heard.
    pub(super) fn finish(self, report: &RunReport, history: History) {
        self.courier.tell(Event::Ended { report: Box::new(report.clone()), history: Box::new(history) });
        self.courier.finish();
    }
}

impl Watch for Record {
    fn started(&mut self, stage: Stage) {
        self.opened = self.seconds();
        self.open = Some(stage);
        self.courier.tell(Event::StageStarted { stage, at: self.at(self.opened) });
    }

    fn done(&mut self, _: Stage, summary: serde_json::Value) {
        self.end_stage(true, &summary);
    }
}

/// The channels that the settings name, with their secrets; one whose secret is not to be had stays off.
pub(super) fn channels(notify: &Notify) -> Channels {
    let known = |what: &str, secret| {
        let warn = |error: &Trouble| tracing::warn!(channel = what, %error, "not told; the run goes on");
        reveal(secret, &environment).inspect_err(warn).ok()
    };
    let ping = notify.ping.as_ref().and_then(|address| match address {
        Address::Plain(address) => Some(address.clone()),
        Address::Secret(secret) => known("ping", secret),
    });
    let mail = notify.mail.as_ref().and_then(|mail| {
        let password = match &mail.login {
            Some((_, secret)) => Some(known("mail", secret)?),
            None => None,
        };
        Some((mail.clone(), password))
    });
    Channels { metrics: notify.metrics.clone(), ping, lineage: notify.lineage.clone(), mail }
}

/// What a run that went on did not get.
pub(super) fn missed(done: &Report) -> Vec<FailureReport> {
    let of = |failed: &Failed| FailureReport {
        what: format!("pull: source `{}`: {}", failed.source, failed.what),
        hint: "the run went on without it; the next one asks again".to_owned(),
    };
    done.pull.iter().flat_map(|pull| pull.failed.iter().map(of)).collect()
}

/// A failure's exit code and what a report tells of it.
pub(super) fn failed(failure: &Failure) -> (u8, Vec<FailureReport>) {
    (failure.exit_code(), failure.told())
}
