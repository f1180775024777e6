//! The target's path, and why the status of a figure is what it is. The status is the release's; here it is put in words.

use serde::Serialize;

use super::question::Asked;
use crate::model::{Direction, Status, Target, TargetKind};
use crate::plan::locate::{self, Location};
use crate::publish::figure::{self, Figure};

/// A target with its path.
#[derive(Debug, Clone, Serialize)]
pub struct TargetPath {
    /// Where it is defined.
    pub at: Option<Location>,
    /// Day and value from which it moves; none where each year demands its milestone.
    pub start: Option<(String, f64)>,
    /// Year at whose end it is due, required and aspired value.
    pub milestones: Vec<(i16, f64, f64)>,
    /// Only the quarter's share of the year is due at its end.
    pub builds_within_year: bool,
    /// Share of what is required below which it is off track.
    pub at_risk_from: f64,
    /// What is required at the end of the period.
    pub expected_now: Option<f64>,
    /// Share of the way from the baseline to the next milestone.
    pub achieved_share: Option<f64>,
}

/// The path of the figure's target.
pub(super) fn path(asked: &Asked<'_>) -> Option<TargetPath> {
    let target = asked.plan.target(&asked.indicator.code)?;
    let row = &asked.figure.row;
    Some(TargetPath {
        at: locate::target(asked.plan, &asked.indicator.code),
        start: target.start.map(|value| (asked.plan.first_day.to_string(), value)),
        milestones: target.milestones.iter().map(|m| (m.year, m.low, m.high)).collect(),
        builds_within_year: target.kind == TargetKind::CumulativeFlow,
        at_risk_from: target.at_risk_from,
        expected_now: row.number("expected_now"),
        achieved_share: row.number("achieved_share"),
    })
}

/// Why the status is what it is, in Vietnamese and English.
pub(super) fn why(asked: &Asked<'_>) -> (String, String) {
    let row = &asked.figure.row;
    let status = Status::from_word(row.text("status")).unwrap_or(Status::NoTarget);
    let shown = |number: f64| figure::value(number, &asked.indicator.unit_label);
    let now = row.number("value").map_or_else(|| figure::number(0.0, 0), shown);
    let due = row.number("expected_now").map_or_else(|| figure::number(0.0, 0), shown);
    match asked.plan.target(&asked.indicator.code) {
        Some(target) if status != Status::NoTarget => told(asked, target, status, &now, &due),
        Some(_) => pair("khoảng này không so với mục tiêu", "figures of this span are not held against the target"),
        None => pair("chỉ số không có mục tiêu", "the indicator has no target"),
    }
}

fn pair(vi: impl Into<String>, en: impl Into<String>) -> (String, String) {
    (vi.into(), en.into())
}

fn told(asked: &Asked<'_>, target: &Target, status: Status, now: &Figure, due: &Figure) -> (String, String) {
    let row = &asked.figure.row;
    let shown = |number: f64| figure::value(number, &asked.indicator.unit_label);
    // In which direction it misses what is required.
    let (vi, en) = match asked.indicator.direction {
        Direction::Fall => ("cao hơn", "above"),
        _ => ("thấp hơn", "below"),
    };
    let band = figure::percent(target.at_risk_from);
    match status {
        Status::Achieved => {
            let last = target.milestones.last().map_or(due.clone(), |milestone| shown(milestone.low));
            let year = target.milestones.last().map_or(0, |milestone| milestone.year);
            pair(
                format!("{} đã đạt mức yêu cầu cuối cùng {} (năm {year})", now.vi, last.vi),
                format!("{} reaches the last required value {} ({year})", now.en, last.en),
            )
        }
        Status::OnTrack => pair(
            format!("{} đạt mức cần lúc này {}, chưa đạt mục tiêu cuối cùng", now.vi, due.vi),
            format!("{} reaches what is required now, {}, and not yet the last target", now.en, due.en),
        ),
        Status::AtRisk => pair(
            format!("{} {vi} mức cần lúc này {}, nhưng trong giới hạn {} của mức đó", now.vi, due.vi, band.vi),
            format!("{} is {en} what is required now, {}, yet within {} of it", now.en, due.en, band.en),
        ),
        Status::OffTrack => pair(
            format!("{} {vi} mức cần lúc này {} và ngoài giới hạn {} của mức đó", now.vi, due.vi, band.vi),
            format!("{} is {en} what is required now, {}, and not within {} of it", now.en, due.en, band.en),
        ),
        Status::Undecided => {
            let bound = |column: &str| row.number(column).map_or_else(|| figure::number(0.0, 0), shown);
            let (low, high) = (bound("value_low"), bound("value_high"));
            pair(
                format!("với số còn thiếu, giá trị có thể từ {} đến {}; mức cần lúc này {}", low.vi, high.vi, due.vi),
                format!("given what is missing it can be from {} to {}; required now is {}", low.en, high.en, due.en),
            )
        }
        Status::NotStarted => pair("chưa đến hạn báo cáo", "what it needs is not due yet"),
        Status::NotReported => pair("số liệu cần có chưa được báo cáo", "what it needs was not reported"),
        Status::Undefined => pair(
            "không tính được: mẫu số bằng 0, hoặc không có kỳ gốc hay dân số",
            "it cannot be computed: the denominator is 0, or there is no baseline or population",
        ),
        Status::NoTarget => pair("", ""),
    }
}
