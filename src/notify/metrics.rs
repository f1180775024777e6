//! A file in Prometheus' text format, for the node exporter's textfile collector. It holds the last run of every job, so
//! that a quarterly run does not hide the nightly one, and is written whole.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use jiff::Timestamp;

use super::{Channel, Event};
use crate::model::{RunReport, Stage};
use crate::store::file;

/// What the store knows of earlier runs.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The last report of every other job.
    pub others: Vec<RunReport>,
    /// When each job last ended well; this run is not yet among them.
    pub last_success: BTreeMap<String, Timestamp>,
}

/// The file.
#[derive(Debug)]
pub(super) struct Metrics {
    file: PathBuf,
}

impl Metrics {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file }
    }
}

impl Channel for Metrics {
    fn name(&self) -> &'static str {
        "metrics"
    }

    fn tell(&mut self, event: &Event) -> Result<(), String> {
        let Event::Ended { report, history } = event else { return Ok(()) };
        file::replace(&self.file, text(report, history).as_bytes()).map_err(|e| e.to_string())?;
        // The node exporter is another user.
        let readable = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&self.file, readable).map_err(|e| e.to_string())
    }
}

/// Values of one metric: labels beside plan and job, value.
type Samples = Vec<(&'static str, String, f64)>;
/// A metric: name, help, what a run has of it.
type Metric = (&'static str, &'static str, fn(&RunReport, &History) -> Samples);

fn one(value: f64) -> Samples {
    vec![("", String::new(), value)]
}

fn some(value: Option<f64>) -> Samples {
    value.map(one).unwrap_or_default()
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

fn last_success(report: &RunReport, history: &History) -> Samples {
    let before = history.last_success.get(&report.job).copied();
    some(if report.succeeded() { Some(report.ended) } else { before }.map(seconds))
}

fn findings(report: &RunReport) -> Samples {
    let of = |f: crate::model::FindingCounts| [("error", f.errors), ("warning", f.warnings), ("info", f.infos)];
    let label = |(severity, count): (&str, u64)| ("severity", severity.to_owned(), count as f64);
    report.findings.into_iter().flat_map(of).map(label).collect()
}

fn completeness(report: &RunReport) -> Samples {
    let count = |name| report.count(Stage::Normalize, name);
    let share = count("values").zip(count("values_due"));
    some(share.filter(|(_, due)| *due > 0.0).map(|(got, due)| got / due))
}

const METRICS: &[Metric] = &[
    ("run_success", "Whether the last run ended with exit code 0.", |r, _| one(f64::from(u8::from(r.succeeded())))),
    ("run_exit_code", "Exit code of the last run.", |r, _| one(f64::from(r.exit_code))),
    ("run_start_timestamp_seconds", "When the last run started.", |r, _| one(seconds(r.started))),
    ("run_end_timestamp_seconds", "When the last run ended.", |r, _| one(seconds(r.ended))),
    ("run_duration_seconds", "How long the last run took.", |r, _| one(r.seconds)),
    ("last_success_timestamp_seconds", "When a run last ended with exit code 0.", last_success),
    ("stage_duration_seconds", "How long each stage of the last run took.", |r, _| {
        r.stages.iter().map(|s| ("stage", s.stage.clone(), s.seconds)).collect()
    }),
    ("failures", "What failed in the last run.", |r, _| one(r.failures.len() as f64)),
    ("files_received", "Files that were new in the last run.", |r, _| some(r.count(Stage::Pull, "received"))),
    ("files", "Files received so far.", |r, _| some(r.count(Stage::Normalize, "files"))),
    ("files_quarantined", "Files in quarantine.", |r, _| some(r.count(Stage::Normalize, "quarantined"))),
    ("values", "Values that are current.", |r, _| some(r.count(Stage::Normalize, "values"))),
    ("findings", "Findings that stand, by severity.", |r, _| findings(r)),
    ("findings_new", "Findings that were not in the release before.", |r, _| {
        some(r.news.as_ref().map(|n| n.count as f64))
    }),
    ("completeness_ratio", "Values received of those due so far.", |r, _| completeness(r)),
    ("forms_due", "Forms of districts that were due so far.", |r, _| some(r.count(Stage::Normalize, "forms_due"))),
    ("forms_late", "Of them not received.", |r, _| some(r.count(Stage::Normalize, "forms_late"))),
    ("release_changed", "Whether the last run made a release.", |r, _| {
        some(r.release.as_ref().map(|of| f64::from(u8::from(!of.unchanged))))
    }),
    ("build_info", "The program that ran.", |r, _| vec![("version", r.version.clone(), 1.0)]),
];

fn text(report: &RunReport, history: &History) -> String {
    let mut runs: Vec<&RunReport> = history.others.iter().filter(|r| r.job != report.job).collect();
    runs.push(report);
    runs.sort_by(|a, b| a.job.cmp(&b.job));
    let mut text = String::new();
    for (name, help, samples) in METRICS {
        let mut lines = String::new();
        for run in &runs {
            for (label, word, value) in samples(run, history) {
                let more = if label.is_empty() { String::new() } else { format!(",{label}=\"{}\"", escaped(&word)) };
                let (plan, job) = (escaped(&run.plan), escaped(&run.job));
                // Writing to a text cannot fail.
                let _ = writeln!(lines, "wardscore_{name}{{plan=\"{plan}\",job=\"{job}\"{more}}} {value}");
            }
        }
        if !lines.is_empty() {
            let _ = write!(text, "# HELP wardscore_{name} {help}\n# TYPE wardscore_{name} gauge\n{lines}");
        }
    }
    text
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::super::tests::report;
    use super::*;

    #[test]
    fn every_job_keeps_its_last_run_and_its_last_success() {
        let mut other = report(0);
        other.job = "annual".into();
        let earlier = "2021-02-28T00:00:00Z".parse().unwrap();
        let history = History { others: vec![other], last_success: [("nightly".to_owned(), earlier)].into() };
        let text = text(&report(3), &history);
        for line in [
            "# TYPE wardscore_run_success gauge",
            "wardscore_run_success{plan=\"plan-50\",job=\"annual\"} 1",
            "wardscore_run_success{plan=\"plan-50\",job=\"nightly\"} 0",
            "wardscore_run_exit_code{plan=\"plan-50\",job=\"nightly\"} 3",
            "wardscore_last_success_timestamp_seconds{plan=\"plan-50\",job=\"annual\"} 1614556802.5",
            "wardscore_last_success_timestamp_seconds{plan=\"plan-50\",job=\"nightly\"} 1614470400",
            "wardscore_stage_duration_seconds{plan=\"plan-50\",job=\"nightly\",stage=\"normalize\"} 1.25",
            "wardscore_files_quarantined{plan=\"plan-50\",job=\"nightly\"} 2",
            "wardscore_findings{plan=\"plan-50\",job=\"nightly\",severity=\"warning\"} 4",
            "wardscore_findings_new{plan=\"plan-50\",job=\"nightly\"} 1",
            "wardscore_completeness_ratio{plan=\"plan-50\",job=\"nightly\"} 0.9",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
        // Each metric is described once, and all its lines stand together.
        let described = text.lines().filter(|l| l.starts_with("# HELP wardscore_run_success ")).count();
        assert_eq!(described, 1);
    }

    #[test]
    fn the_file_is_whole_or_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wardscore.prom");
        let event = Event::Ended { report: Box::new(report(0)), history: Box::default() };
        Metrics::new(file.clone()).tell(&event).unwrap();
        assert!(std::fs::read_to_string(&file).unwrap().ends_with('\n'));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(Metrics::new(folder.path().join("gone/x.prom")).tell(&event).is_err());
    }
}
