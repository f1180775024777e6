//! What follows from a submission's receipts: bytes that came again, and a form that came late.

use super::Rules;
use crate::model::{Code, Finding};
use crate::normalize::Submission;
use crate::store::raw;

/// A submission's findings, with those that follow from its receipts; `lateness` is its due date and how many days after
/// that it came.
pub(in crate::normalize) fn findings_of(
    rules: &Rules<'_>,
    submission: &Submission,
    lateness: Option<(jiff::civil::Date, i32)>,
) -> Vec<Finding> {
    let form = match &submission.outcome {
        Err(finding) => return vec![finding.as_ref().clone()],
        Ok(form) => form,
    };
    let mut all = form.findings.clone();
    let id = raw::submission_id(&submission.receipt.sha256);
    for again in &submission.again {
        let mut f = Finding::new(Code::AlreadyReceived, id, again.receipt.file_name.clone(), "", "");
        f.period = form.period;
        all.push(f);
    }
    if let (Some((due, late)), Some(rule)) = (lateness, rules.late)
        && late > 0
    {
        let (vi, en) = (format!("trước hết ngày {}", due.strftime("%d/%m/%Y")), format!("by {due}"));
        let mut f = Finding::of_rule(rule, id, format!("{late}"), &vi, &en);
        f.period = form.period;
        all.push(f);
    }
    all
}
