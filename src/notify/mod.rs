//! Whom a run tells how it goes: events in, words to each channel out.
//!
//! 1. [`mod@news`]: findings that were not in the release before
//! 2. [`metrics`]: a file for the node exporter's textfile collector
//! 3. [`ping`]: a healthchecks-style monitor
//! 4. [`lineage`]: OpenLineage events, to a file or an address
//! 5. [`mail`]: the summary, with new findings
//! 6. [`http`]: one way to post
//!
//! A courier takes the events on a thread of its own, so that a monitor that does not answer holds up nothing before the
//! run has ended. What fails is logged, and the run goes on.

mod http;
mod lineage;
mod mail;
mod metrics;
mod news;
mod ping;

use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use jiff::Timestamp;

use crate::model::{Events, Mail, RunReport, Stage, StageReport};

pub use lineage::Identity;
pub use metrics::History;
pub use news::news;

/// What happens in a run.
#[derive(Debug, Clone)]
pub enum Event {
    /// The run starts.
    Started {
        /// Its plan, job and number.
        identity: Identity,
        /// When, UTC.
        at: Timestamp,
    },
    /// A stage starts.
    StageStarted {
        /// Which.
        stage: Stage,
        /// When, UTC.
        at: Timestamp,
    },
    /// A stage ended, well or not.
    StageEnded(StageReport),
    /// The run ended.
    Ended {
        /// How.
        report: Box<RunReport>,
        /// What the store knows of earlier runs.
        history: Box<History>,
    },
}

/// Where a run tells, with every secret at hand.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    /// File for the node exporter.
    pub metrics: Option<PathBuf>,
    /// Address of the monitor.
    pub ping: Option<String>,
    /// Where OpenLineage events go.
    pub lineage: Option<Events>,
    /// The summary by mail, with the password.
    pub mail: Option<(Mail, Option<String>)>,
}

/// One way to tell. A new one is one more file with an implementation, and one line in [`Channels::open`].
trait Channel: Send {
    /// Its word in the log.
    fn name(&self) -> &'static str;
    /// Tells an event, or says why it could not; most are of no interest to most.
    fn tell(&mut self, event: &Event) -> Result<(), String>;
}

impl Channels {
    fn open(self) -> Vec<Box<dyn Channel>> {
        let mut all: Vec<Box<dyn Channel>> = Vec::new();
        if let Some(file) = self.metrics {
            all.push(Box::new(metrics::Metrics::new(file)));
        }
        if let Some(address) = self.ping {
            all.push(Box::new(ping::Ping::new(&address)));
        }
        if let Some(to) = self.lineage {
            all.push(Box::new(lineage::Lineage::new(to)));
        }
        if let Some((mail, password)) = self.mail {
            all.push(Box::new(mail::Post::new(mail, password)));
        }
        all
    }
}

/// Takes events and tells them in their order.
#[derive(Debug)]
pub struct Courier {
    thread: Option<(Sender<Event>, JoinHandle<()>)>,
}

impl Courier {
    /// Sets out. Without a channel there is nothing to do, and no thread.
    pub fn new(channels: Channels) -> Self {
        Self::of(channels.open())
    }

    fn of(mut channels: Vec<Box<dyn Channel>>) -> Self {
        if channels.is_empty() {
            return Self { thread: None };
        }
        let (sender, events) = channel::<Event>();
        let work = move || {
            // A channel that failed is tried again only for the end: a dead address must not cost its patience each time.
            let mut failed = vec![false; channels.len()];
            for event in events {
                let last = matches!(event, Event::Ended { .. });
                for (channel, failed) in channels.iter_mut().zip(&mut failed) {
                    if *failed && !last {
                        continue;
                    }
                    if let Err(error) = channel.tell(&event) {
                        *failed = true;
                        tracing::warn!(channel = channel.name(), %error, "not told; the run goes on");
                    }
                }
            }
        };
        match std::thread::Builder::new().name("courier".to_owned()).spawn(work) {
            Ok(thread) => Self { thread: Some((sender, thread)) },
            Err(error) => {
                tracing::warn!(%error, "nobody is told of this run");
                Self { thread: None }
            }
        }
    }

    /// Whether anybody is told.
    pub fn listens(&self) -> bool {
        self.thread.is_some()
    }

    /// Takes an event.
    pub fn tell(&self, event: Event) {
        if let Some((sender, _)) = &self.thread {
            // The thread ends only when this sender is gone.
            let _ = sender.send(event);
        }
    }

    /// Waits until all is told.
    pub fn finish(self) {
        if let Some((sender, thread)) = self.thread {
            drop(sender);
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{FailureReport, FindingCounts, NewFinding, News, REPORT_VERSION, ReleaseReport};

    /// A run's report, for the tests of each channel.
    pub(crate) fn report(exit_code: u8) -> RunReport {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let counts = [("files", 42.0), ("quarantined", 2.0), ("values", 900.0), ("values_due", 1000.0)];
        RunReport {
            report: REPORT_VERSION,
            run: 7,
            plan: "plan-50".into(),
            job: "nightly".into(),
            version: "0.1.0".into(),
            store: "/srv/store".into(),
            started: at("2021-03-01T00:00:00Z"),
            ended: at("2021-03-01T00:00:02.5Z"),
            seconds: 2.5,
            exit_code,
            stages: vec![StageReport {
                stage: "normalize".into(),
                started: at("2021-03-01T00:00:00Z"),
                seconds: 1.25,
                done: exit_code == 0,
                counts: counts.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect(),
            }],
            failures: if exit_code == 0 {
                Vec::new()
            } else {
                vec![FailureReport { what: "publish: disk full".into(), hint: "free some space".into() }]
            },
            findings: Some(FindingCounts { errors: 3, warnings: 4, infos: 5 }),
            news: Some(News {
                count: 1,
                shown: vec![NewFinding {
                    finding: "0123456789abcdef".into(),
                    district: "474".into(),
                    file: "Bieu 01.xlsx".into(),
                    place: "Biểu 01!F12".into(),
                    severity: "error".into(),
                    code: "number-invalid".into(),
                    message_vi: "không phải là số".into(),
                    message_en: "is not a number".into(),
                }],
            }),
            release: Some(ReleaseReport { id: "20210301T000000Z-0a1b2c3d".into(), unchanged: false }),
        }
    }

    struct Broken(std::sync::Arc<std::sync::Mutex<Vec<&'static str>>>);

    impl Channel for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }

        fn tell(&mut self, event: &Event) -> Result<(), String> {
            let word = match event {
                Event::Started { .. } => "start",
                Event::StageStarted { .. } | Event::StageEnded(_) => "stage",
                Event::Ended { .. } => "end",
            };
            self.0.lock().unwrap().push(word);
            Err("no".to_owned())
        }
    }

    #[test]
    fn a_channel_that_failed_is_tried_again_for_the_end_alone() {
        let tried = std::sync::Arc::default();
        let courier = Courier::of(vec![Box::new(Broken(std::sync::Arc::clone(&tried)))]);
        let at = report(0).started;
        courier.tell(Event::StageStarted { stage: Stage::Pull, at });
        courier.tell(Event::StageStarted { stage: Stage::Normalize, at });
        courier.tell(Event::Ended { report: Box::new(report(0)), history: Box::default() });
        courier.finish();
        assert_eq!(*tried.lock().unwrap(), ["stage", "end"]);
    }

    #[test]
    fn without_a_channel_there_is_no_thread() {
        assert!(!Courier::new(Channels::default()).listens());
    }
}
