//! OpenLineage events: START and COMPLETE or FAIL of the run and of each stage, with the tables that a stage reads and
//! writes and how many rows, as far as its summary counts them. One line of JSON each in a file, or posted to an address.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::http::Poster;
use super::{Channel, Event};
use crate::model::{Events, RunReport, Stage, StageReport};
use crate::store::{Kept, raw::sha256};

/// Which run of which job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Code of the plan.
    pub plan: String,
    /// Name of the job.
    pub job: String,
    /// Folder of the store.
    pub store: String,
    /// Number of the run in its store.
    pub run: i64,
    /// When it started, UTC.
    pub started: Timestamp,
}

impl From<&RunReport> for Identity {
    fn from(report: &RunReport) -> Self {
        Self {
            plan: report.plan.clone(),
            job: report.job.clone(),
            store: report.store.clone(),
            run: report.run,
            started: report.started,
        }
    }
}

impl Identity {
    /// The UUID of the run, or of one of its stages: made of what it is, so that a report and its events agree.
    pub fn uuid(&self, stage: &str) -> String {
        let Self { plan, job, store, run, started } = self;
        let hex = sha256(format!("{plan}|{job}|{store}|{run}|{started}|{stage}").as_bytes());
        // Version 8: made by the maker's own rule; variant 10.
        let at = |from: usize, to: usize| hex.get(from..to).unwrap_or("").to_owned();
        let variant = ['8', '9', 'a', 'b'][usize::from(hex.as_bytes().get(16).copied().unwrap_or(0) % 4)];
        format!("{}-{}-8{}-{variant}{}-{}", at(0, 8), at(8, 12), at(13, 16), at(17, 20), at(20, 32))
    }
}

/// Version of the event's schema that is written.
const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// Versions of the facets.
const FACETS: &str = "https://openlineage.io/spec/facets";
/// Who writes: a name that leads nowhere, since the program has no address.
const PRODUCER: &str = concat!("urn:wardscore:", env!("CARGO_PKG_VERSION"));

/// Where forms come from: no place in the store.
const SOURCES: &str = "sources";

/// What a stage reads, and what it writes with the counts of its summary that tell the rows.
struct Flow {
    reads: &'static [Kept],
    writes: &'static [(Kept, &'static [&'static str])],
}

const fn flow(stage: Stage) -> Flow {
    use Kept::{Raw, Releases, Replies, Table};
    match stage {
        Stage::Pull => Flow { reads: &[], writes: &[(Raw, &["files"])] },
        Stage::Normalize => Flow {
            reads: &[Raw],
            writes: &[
                (Table("observations"), &["values"]),
                (Table("observations_history"), &[]),
                (Table("findings"), &["errors", "warnings", "infos"]),
                (Table("submissions"), &["accepted", "quarantined"]),
                (Table("reporting"), &[]),
            ],
        },
        Stage::Evaluate => Flow {
            reads: &[Table("observations"), Table("reporting")],
            writes: &[
                (Table("indicator_values"), &["indicator_values"]),
                (Table("scorecards"), &[]),
                (Table("assessments"), &[]),
                (Table("impact"), &[]),
            ],
        },
        Stage::Publish => Flow {
            reads: &[Table("observations"), Table("indicator_values"), Table("scorecards"), Table("findings")],
            writes: &[(Releases, &[])],
        },
        Stage::Reply => {
            Flow { reads: &[Table("submissions"), Table("findings"), Raw], writes: &[(Replies, &["replies"])] }
        }
    }
}

/// Where events go.
#[derive(Debug)]
pub(super) struct Lineage {
    to: Events,
    poster: Option<Poster>,
    identity: Option<Identity>,
}

impl Lineage {
    pub(super) fn new(to: Events) -> Self {
        Self { to, poster: None, identity: None }
    }

    fn send(&mut self, event: &Value) -> Result<(), String> {
        match &self.to {
            Events::File(path) => append(path, event),
            Events::Url(address) => {
                if self.poster.is_none() {
                    self.poster = Some(Poster::new()?);
                }
                let post = |poster: &Poster| poster.post(address, "application/json", event.to_string());
                self.poster.as_ref().map_or(Ok(()), post)
            }
        }
    }
}

/// Adds one line, in one write, so that lines of two stores that share a file do not mix.
fn append(path: &Path, event: &Value) -> Result<(), String> {
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(|e| e.to_string())?;
    file.write_all(format!("{event}\n").as_bytes()).map_err(|e| e.to_string())
}

impl Channel for Lineage {
    fn name(&self) -> &'static str {
        "lineage"
    }

    fn tell(&mut self, event: &Event) -> Result<(), String> {
        if let Event::Started { identity, .. } = event {
            self.identity = Some(identity.clone());
        }
        // A run that could not start has no events of lineage.
        let Some(identity) = &self.identity else { return Ok(()) };
        let event = match event {
            Event::Started { at, .. } => of_run(identity, "START", *at, None),
            Event::StageStarted { stage, at } => of_stage(identity, *stage, "START", *at, &BTreeMap::new()),
            Event::StageEnded(report) => {
                let Some(stage) = Stage::from_word(&report.stage) else { return Ok(()) };
                of_stage(identity, stage, if report.done { "COMPLETE" } else { "FAIL" }, ended(report), &report.counts)
            }
            Event::Ended { report, .. } => {
                let failure = report.failures.first().map(|failure| failure.what.as_str());
                let kind = if report.completed() { "COMPLETE" } else { "FAIL" };
                of_run(identity, kind, report.ended, failure)
            }
        };
        self.send(&event)
    }
}

fn ended(report: &StageReport) -> Timestamp {
    let span = jiff::SignedDuration::from_secs_f64(report.seconds.max(0.0));
    report.started.checked_add(span).unwrap_or(report.started)
}

fn facet(name: &str, mut of: Value) -> Value {
    if let Some(of) = of.as_object_mut() {
        of.insert("_producer".to_owned(), PRODUCER.into());
        of.insert("_schemaURL".to_owned(), format!("{FACETS}/{name}").into());
    }
    of
}

fn of_run(identity: &Identity, kind: &str, at: Timestamp, failure: Option<&str>) -> Value {
    let mut facets = serde_json::Map::new();
    if let Some(message) = failure {
        let name = "1-0-0/ErrorMessageRunFacet.json#/$defs/ErrorMessageRunFacet";
        facets.insert("errorMessage".into(), facet(name, json!({ "message": message, "programmingLanguage": "Rust" })));
    }
    event(identity, "", kind, at, &facets, &[], &[])
}

fn of_stage(identity: &Identity, stage: Stage, kind: &str, at: Timestamp, counts: &BTreeMap<String, f64>) -> Value {
    let name = "1-0-1/ParentRunFacet.json#/$defs/ParentRunFacet";
    let parent = json!({
        "run": { "runId": identity.uuid("") },
        "job": { "namespace": identity.plan, "name": identity.job },
    });
    let facets = [("parent".to_owned(), facet(name, parent))].into_iter().collect();
    let Flow { reads, writes } = flow(stage);
    let place = |kept: Kept| json!({ "namespace": "file", "name": kept.path(Path::new(&identity.store)) });
    let written = |(kept, rows): &(Kept, &[&str])| {
        let mut dataset = place(*kept);
        let rows: Option<Vec<f64>> = rows.iter().map(|count| counts.get(*count).copied()).collect();
        if let (Some(rows), Some(of)) = (rows.filter(|rows| !rows.is_empty()), dataset.as_object_mut()) {
            let name = "1-0-2/OutputStatisticsOutputDatasetFacet.json#/$defs/OutputStatisticsOutputDatasetFacet";
            let statistics = facet(name, json!({ "rowCount": rows.iter().sum::<f64>() as u64 }));
            of.insert("outputFacets".to_owned(), json!({ "outputStatistics": statistics }));
        }
        dataset
    };
    let sources = (stage == Stage::Pull).then(|| json!({ "namespace": identity.plan, "name": SOURCES }));
    let inputs: Vec<Value> = sources.into_iter().chain(reads.iter().map(|kept| place(*kept))).collect();
    let outputs: Vec<Value> = writes.iter().map(written).collect();
    event(identity, stage.as_str(), kind, at, &facets, &inputs, &outputs)
}

fn event(
    identity: &Identity,
    stage: &str,
    kind: &str,
    at: Timestamp,
    facets: &serde_json::Map<String, Value>,
    inputs: &[Value],
    outputs: &[Value],
) -> Value {
    let name = if stage.is_empty() { identity.job.clone() } else { format!("{}.{stage}", identity.job) };
    json!({
        "eventTime": at.to_string(),
        "eventType": kind,
        "run": { "runId": identity.uuid(stage), "facets": facets },
        "job": { "namespace": identity.plan, "name": name, "facets": {} },
        "inputs": inputs,
        "outputs": outputs,
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
    })
}

#[cfg(test)]
mod tests {
    use super::super::http::tests::serve;
    use super::super::tests::report;
    use super::*;

    /// A night as its events.
    fn events(code: u8) -> Vec<Event> {
        let report = report(code);
        vec![
            Event::Started { identity: (&report).into(), at: report.started },
            Event::StageStarted { stage: Stage::Normalize, at: report.started },
            Event::StageEnded(report.stages[0].clone()),
            Event::Ended { report: Box::new(report), history: Box::default() },
        ]
    }

    /// What the specification asks of a run event.
    fn check(event: &Value) {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        assert!(text("/eventTime").parse::<Timestamp>().is_ok(), "{event}");
        assert!(["START", "COMPLETE", "FAIL"].contains(&text("/eventType").as_str()));
        assert!(text("/producer").starts_with("urn:wardscore:") && text("/schemaURL").ends_with("#/$defs/RunEvent"));
        let uuid = text("/run/runId");
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{uuid}");
        assert!(uuid[14..].starts_with('8') && "89ab".contains(&uuid[19..20]), "{uuid}");
        assert!(!text("/job/namespace").is_empty() && !text("/job/name").is_empty());
        for dataset in ["inputs", "outputs"].iter().flat_map(|k| event[*k].as_array().unwrap()) {
            assert!(dataset["namespace"].is_string() && dataset["name"].is_string(), "{dataset}");
        }
        let of_run = event["run"]["facets"].as_object().unwrap().values();
        let of_outputs = event["outputs"].as_array().unwrap().iter().filter_map(|o| o["outputFacets"].as_object());
        for facet in of_run.chain(of_outputs.flat_map(|facets| facets.values())) {
            assert!(facet["_producer"].is_string() && facet["_schemaURL"].is_string(), "{facet}");
        }
    }

    #[test]
    fn each_run_and_stage_starts_and_ends_once_with_its_tables() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lineage.ndjson");
        for code in [0, 3] {
            let mut lineage = Lineage::new(Events::File(file.clone()));
            for event in events(code) {
                lineage.tell(&event).unwrap();
            }
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.iter().for_each(check);
        let kinds: Vec<&str> = lines.iter().map(|e| e["eventType"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["START", "START", "COMPLETE", "COMPLETE", "START", "START", "FAIL", "FAIL"]);
        assert_eq!(lines[1]["job"]["name"], "nightly.normalize");
        assert_eq!(lines[1]["run"]["facets"]["parent"]["run"]["runId"], lines[0]["run"]["runId"]);
        assert_eq!(lines[1]["run"]["runId"], lines[2]["run"]["runId"]);
        let observations = &lines[2]["outputs"][0];
        assert_eq!(observations["name"], "/srv/store/tables/observations");
        assert_eq!(observations["outputFacets"]["outputStatistics"]["rowCount"], 900);
        assert_eq!(lines[7]["run"]["facets"]["errorMessage"]["message"], "publish: disk full");
    }

    #[test]
    fn events_are_posted_one_by_one() {
        let (address, server) = serve(4, "201 Created");
        let mut lineage = Lineage::new(Events::Url(format!("{address}/api/v1/lineage")));
        for event in events(0) {
            lineage.tell(&event).unwrap();
        }
        let got = server.join().unwrap();
        assert!(got.iter().all(|(head, _)| head == "POST /api/v1/lineage HTTP/1.1"));
        for (_, body) in got {
            check(&serde_json::from_str(&body).unwrap());
        }
    }
}
