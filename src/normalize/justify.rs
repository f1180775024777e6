//! What a district writes in the reply's column “Giải trình” → the findings that it closes.
//!
//! In: the sheets of a workbook, among them the summary of an earlier reply. Out: reasons by finding; later, with every
//! file read, the warnings that they close: the very finding that the reply named, and the same matter in the files that
//! the district sends from then on for the same form and period. An error is never closed, nor another's finding.

use std::collections::BTreeMap;

use super::Submission;
use super::fold::fold;
use super::read::Grid;
use super::tables::finding_id;
use crate::model::finding::Closed;
use crate::model::{Finding, Period, Severity, reply};
use crate::store::raw;

/// A reason for one finding.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Reason {
    pub(super) finding_id: String,
    pub(super) text: String,
}

/// The sheets that may hold a form: all but the summary of a reply.
pub(super) fn forms(grids: &[Grid]) -> impl Iterator<Item = &Grid> {
    grids.iter().filter(|grid| columns(grid).is_none())
}

/// The reasons on the summary of a reply, where it is among a workbook's sheets.
pub(super) fn reasons(grids: &[Grid]) -> Vec<Reason> {
    grids.iter().filter_map(|grid| Some((grid, columns(grid)?))).flat_map(|(grid, at)| read(grid, at)).collect()
}

/// Row of the summary's header, column of the reasons, column of the findings' ids.
fn columns(grid: &Grid) -> Option<(u32, u32, u32)> {
    // Only a sheet that opens as a reply does is looked through.
    if grid.cells.first().is_none_or(|c| grid.raw(c) != reply::TITLE) {
        return None;
    }
    grid.rows().find_map(|row| {
        let of = |label: &str| row.iter().find(|c| grid.raw(c).starts_with(label)).map(|c| c.column);
        Some((row[0].row, of(reply::REASON)?, of(reply::FINDING)?))
    })
}

fn read(grid: &Grid, (header, reasons, ids): (u32, u32, u32)) -> impl Iterator<Item = Reason> {
    grid.rows().filter(move |row| row[0].row > header).filter_map(move |row| {
        let text = |column| row.iter().find(|c| c.column == column).map(|c| grid.shown(c));
        let (id, reason) = (text(ids)?, text(reasons)?);
        Some(Reason { finding_id: reply::id_of(&id)?, text: tidy(&reason)? })
    })
}

/// A reason as it is kept: one line, no longer than may be shown; `None` where there is none, or where it looks like data
/// about a person.
fn tidy(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().filter(|c| !c.is_control()).take(reply::LONGEST_REASON).collect();
    // A dash or a mark of the reply itself says nothing.
    let says = !fold(&text).is_empty();
    (says && !names_a_person(&text)).then_some(text)
}

/// True for a text with an identity or telephone number: nine digits or more in a row, or nine to twelve that begin with a
/// zero, parted by spaces, points or dashes.
fn names_a_person(text: &str) -> bool {
    text.split(|c: char| !(c.is_ascii_digit() || " .-".contains(c))).any(|number| {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let unbroken = number.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() >= 9);
        unbroken || (digits.starts_with('0') && (9..=12).contains(&digits.len()))
    })
}

/// What makes two findings the same matter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Matter<'a> {
    slot: (&'a str, usize, Option<Period>),
    code: &'static str,
    unit: Option<String>,
    element: Option<String>,
    found: String,
}

fn matter<'a>(submission: &'a Submission, finding: &Finding) -> Option<Matter<'a>> {
    Some(Matter {
        slot: slot(submission)?,
        code: finding.code.as_str(),
        unit: finding.unit_code.clone(),
        element: finding.element.clone(),
        found: finding.found.clone(),
    })
}

fn slot(submission: &Submission) -> Option<(&str, usize, Option<Period>)> {
    let form = submission.outcome.as_ref().ok()?;
    Some((submission.receipt.district.as_str(), form.form, form.period))
}

/// Closes what the submissions' reasons speak of. Submissions come in the order of receipt, `all` are their findings.
pub(super) fn close(submissions: &[Submission], all: &mut [Vec<Finding>]) {
    let reasons_of = |s: &Submission| s.outcome.as_ref().is_ok_and(|form| !form.reasons.is_empty());
    let mut bringing = submissions.iter().enumerate().filter(|(_, s)| reasons_of(s)).peekable();
    if bringing.peek().is_none() {
        return;
    }
    let mut by_id: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let bringing: Vec<(usize, &Submission)> = bringing.collect();
    for (at, submission) in submissions.iter().enumerate() {
        if bringing.iter().any(|(_, b)| b.receipt.district == submission.receipt.district) {
            by_id.extend(all[at].iter().enumerate().map(|(n, f)| (finding_id(submission, f), (at, n))));
        }
    }
    // The last reason for a matter stands; it holds from the submission that brought it.
    let mut matters: BTreeMap<Matter<'_>, Vec<(usize, Closed)>> = BTreeMap::new();
    let mut named: Vec<((usize, usize), Closed)> = Vec::new();
    for (by, submission) in bringing {
        let Ok(form) = &submission.outcome else { continue };
        for reason in &form.reasons {
            let Some(&(at, n)) = by_id.get(&reason.finding_id) else { continue };
            let finding = &all[at][n];
            let own = submissions[at].receipt.district == submission.receipt.district;
            if !own || finding.severity == Severity::Error {
                continue;
            }
            let id = raw::submission_id(&submission.receipt.sha256).to_owned();
            let closed = Closed { justification: reason.text.clone(), by: id };
            if let Some(matter) = matter(&submissions[at], finding) {
                matters.entry(matter).or_default().push((by, closed.clone()));
            }
            named.push(((at, n), closed));
        }
    }
    for (at, submission) in submissions.iter().enumerate().filter(|_| !matters.is_empty()) {
        for finding in all[at].iter_mut().filter(|f| f.severity != Severity::Error) {
            let Some(known) = matter(submission, finding).and_then(|m| matters.get(&m)) else { continue };
            if let Some((_, closed)) = known.iter().rev().find(|(by, _)| *by <= at) {
                finding.closed = Some(closed.clone());
            }
        }
    }
    for ((at, n), closed) in named {
        all[at][n].closed = Some(closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_about_figures() {
        assert_eq!(tidy("  đã rà soát,\n số đúng ").as_deref(), Some("đã rà soát, số đúng"));
        for nothing in ["", "  ", "-", "…", "Nguyễn A, CCCD 046 098 001 234", "gọi 0905.123.456", "số 191234567"]
        {
            assert_eq!(tidy(nothing), None, "{nothing}");
        }
        for fine in
            ["tăng từ 1.234 lên 15.000 do chiến dịch 2018", "các năm 2016 - 2017 - 2018", "chi 1.234.567.000 đồng"]
        {
            assert_eq!(tidy(fine).as_deref(), Some(fine));
        }
        assert_eq!(tidy(&"a".repeat(5000)).unwrap().len(), reply::LONGEST_REASON);
    }
}
