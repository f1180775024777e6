//! The submissions that a figure came in, those that should have brought more, and what was found in them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::TraceError;
use super::cells::{Cell, Missing};
use super::question::Asked;
use super::record::{Record, records};
use super::scope::Scope;
use crate::model::{Code, Period, SubmissionStatus};
use crate::store::Store;

/// How long after the end of a period a refused file may have been meant for it.
const MEANT: SignedDuration = SignedDuration::from_hours(24 * 92);

/// A received file, as the receipt and its reading say.
#[derive(Debug, Clone, Serialize)]
pub struct File {
    /// Its sign in this explanation.
    pub sign: String,
    /// The name of the district that sent it.
    pub sender: String,
    /// Its row of `submissions`.
    #[serde(flatten)]
    pub submission: Record,
    /// Whether its bytes are kept.
    pub kept: bool,
}

/// All files and findings of a figure.
pub(super) struct Files {
    pub(super) list: Vec<File>,
    pub(super) findings: Vec<Record>,
}

impl Files {
    pub(super) fn read(
        asked: &Asked<'_>,
        store: &Store,
        scope: &Scope<'_>,
        cells: &[Cell],
    ) -> Result<Self, TraceError> {
        let (plan, periods) = (asked.plan, scope.periods());
        let elements = scope.all_elements();
        let forms: BTreeSet<&str> =
            plan.elements.iter().filter(|e| elements.contains(e.code.as_str())).map(|e| e.form.as_str()).collect();
        let days = periods.iter().map(|period| period.end());
        let units = scope.units();
        let districts: BTreeSet<&str> =
            days.flat_map(|day| units.iter().filter_map(move |unit| asked.sender(unit, day))).collect();
        let brought = brought(cells);
        let keys = ["submission_id", "district_code"];
        let wanted = |texts: &[&str]| brought.contains(texts[0]) || districts.contains(texts[1]);
        let submissions = asked.release.read_where("submissions", &keys, wanted)?;
        let mut list: Vec<File> = Vec::new();
        for submission in records(&submissions) {
            let due = submission.text("period").parse::<Period>().is_ok_and(|p| periods.contains(&p))
                && forms.contains(submission.text("form"))
                && districts.contains(submission.text("district_code"));
            let refused = is_quarantined(&submission)
                && districts.contains(submission.text("district_code"))
                && meant(asked, &submission, &periods);
            if !due && !refused {
                continue;
            }
            let district = submission.text("district_code");
            list.push(File {
                sign: String::new(),
                sender: asked.name(district).to_owned(),
                kept: store.keeps_raw(submission.text("sha256")),
                submission,
            });
        }
        let order = |file: &File| {
            let submission = &file.submission;
            let of = |column: &str| submission.text(column).to_owned();
            [of("district_code"), of("period"), of("form"), of("received_at"), of("file_name"), of("member")]
        };
        list.sort_by_cached_key(order);
        let findings = findings(asked, scope, &list, &elements, &periods)?;
        Ok(Self { list, findings })
    }

    /// The file that brought a cell.
    pub(super) fn of(&self, submission: &str, member: Option<&str>) -> Option<&File> {
        let own = |file: &&File| file.submission.text("submission_id") == submission;
        self.list.iter().filter(own).find(|file| file.submission.text("member") == member.unwrap_or(""))
    }

    /// Keeps the files that brought a cell, those that should have brought what is missing, and what was found in them;
    /// refused ones only where a form is missing that they may have been. Each gets its sign.
    pub(super) fn keep(&mut self, asked: &Asked<'_>, cells: &[Cell], missing: &[Missing]) {
        let brought = brought(cells);
        let mut open: BTreeSet<(&str, String)> = BTreeSet::new();
        let mut without_row: BTreeSet<(&str, String)> = BTreeSet::new();
        let mut without_form: BTreeSet<&str> = BTreeSet::new();
        for one in missing {
            let Some(district) = asked.sender(&one.unit[0], one.period.end()) else { continue };
            open.insert((district, one.period.to_string()));
            match one.why {
                "no_form" => drop(without_form.insert(district)),
                "no_row" => drop(without_row.insert((district, one.period.to_string()))),
                _ => {}
            }
        }
        self.list.retain(|file| {
            let of = |column: &str| file.submission.text(column);
            if is_quarantined(&file.submission) {
                return without_form.contains(of("district_code"));
            }
            brought.contains(of("submission_id")) || open.contains(&(of("district_code"), of("period").to_owned()))
        });
        for (at, file) in self.list.iter_mut().enumerate() {
            file.sign = sign(at);
        }
        let of = |file: &File, column: &str| file.submission.text(column).to_owned();
        let senders: BTreeMap<String, String> =
            self.list.iter().map(|file| (of(file, "submission_id"), of(file, "district_code"))).collect();
        self.findings.retain(|finding| {
            let Some(district) = senders.get(finding.text("submission_id")) else { return false };
            let unknown_row = finding.text("unit_code").is_empty() && finding.text("code").starts_with("unit-");
            !unknown_row || without_row.contains(&(district.as_str(), finding.text("period").to_owned()))
        });
    }

    /// Why a value is not there.
    pub(super) fn why(&self, asked: &Asked<'_>, unit: &str, element: &str, period: Period) -> &'static str {
        let own = |finding: &&Record| finding.text("unit_code") == unit && finding.text("period") == period.to_string();
        let mut why = "";
        for finding in self.findings.iter().filter(own) {
            let (about, code) = (finding.text("element"), finding.text("code"));
            let this = match finding.text("severity") {
                "error" if about == element => "rejected",
                "error" if about.is_empty() => "row_rejected",
                _ if about == element && code == Code::Corrected.as_str() => "taken_out",
                _ if about == element && code == "not-reported" => "empty",
                _ if about.is_empty() && code == "unit-missing" => "no_row",
                _ => continue,
            };
            if why.is_empty() || ["rejected", "taken_out"].contains(&this) {
                why = this;
            }
        }
        if !why.is_empty() {
            return why;
        }
        let plan = asked.plan;
        let form = plan.element_index(element).and_then(|at| plan.form(&plan.elements.get(at)?.form));
        let district = asked.sender(unit, period.end());
        let came = self.list.iter().any(|file| {
            let submission = &file.submission;
            submission.text("period") == period.to_string()
                && Some(submission.text("district_code")) == district
                && form.is_some_and(|form| form.code == submission.text("form"))
        });
        match form {
            _ if came => "no_value",
            Some(form) if plan.due_on(form, period) >= asked.today => "not_due",
            _ => "no_form",
        }
    }
}

/// Submissions that brought cells, or what stood there before.
fn brought(cells: &[Cell]) -> BTreeSet<&str> {
    let earlier = cells.iter().flat_map(|cell| &cell.earlier).map(|earlier| earlier.submission_id.as_str());
    cells.iter().map(|cell| cell.submission_id.as_str()).chain(earlier).collect()
}

fn is_quarantined(submission: &Record) -> bool {
    submission.text("status") == SubmissionStatus::Quarantined.as_str()
}

/// Whether a refused file came at a time at which one of these periods was reported.
fn meant(asked: &Asked<'_>, submission: &Record, periods: &[Period]) -> bool {
    let Ok(received) = submission.text("received_at").parse::<Timestamp>() else { return false };
    let day = asked.plan.local_date(received);
    periods.iter().any(|period| day > period.end() && day.duration_since(period.end()) <= MEANT)
}

/// A, B … Z, AA, AB …
fn sign(at: usize) -> String {
    let letter = |n: usize| char::from(b'A' + (n % 26) as u8);
    if at < 26 { letter(at).to_string() } else { sign(at / 26 - 1) + &letter(at).to_string() }
}

/// What was found about the figure's units, elements and files; not what is of other columns, nor of replaced files.
fn findings(
    asked: &Asked<'_>,
    scope: &Scope<'_>,
    files: &[File],
    elements: &BTreeSet<&str>,
    periods: &[Period],
) -> Result<Vec<Record>, TraceError> {
    let units = scope.units();
    let periods: BTreeSet<String> = periods.iter().map(ToString::to_string).collect();
    let stands = files.iter().filter(|file| file.submission.text("status") != SubmissionStatus::Superseded.as_str());
    let ids: BTreeMap<&str, usize> =
        stands.enumerate().map(|(at, file)| (file.submission.text("submission_id"), at)).collect();
    let keys = ["submission_id", "unit_code", "element", "period", "cell", "code"];
    let wanted = |texts: &[&str]| {
        let [submission, unit, element, period, cell, code] = texts else { return false };
        ids.contains_key(submission)
            && (period.is_empty() || periods.contains(*period))
            && match (unit.is_empty(), element.is_empty()) {
                // A row whose unit nobody knows may be the one that is missing.
                (true, true) => cell.is_empty() || code.starts_with("unit-"),
                (true, false) => elements.contains(element),
                (false, _) => units.contains(unit) && (element.is_empty() || elements.contains(element)),
            }
    };
    let mut all = records(&asked.release.read_where("findings", &keys, wanted)?);
    let grave = |finding: &Record| match finding.text("severity") {
        "error" => 0,
        "warning" => 1,
        _ => 2,
    };
    all.sort_by_key(|finding| (grave(finding), ids.get(finding.text("submission_id")).copied()));
    Ok(all)
}
