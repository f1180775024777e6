//! Signs: no meaning is in a colour alone.

use serde::Serialize;

use super::Text;
use crate::model::Status;

/// A status with its sign.
#[derive(Debug, Clone, Serialize)]
pub struct Mark {
    /// The word of the tables, which a style goes by.
    pub class: &'static str,
    pub sign: &'static str,
    pub text: Text<'static>,
}

/// The sign of a status.
pub fn mark(status: Status) -> Mark {
    let (sign, vi, en) = match status {
        Status::Achieved => ("★", "đã đạt", "achieved"),
        Status::OnTrack => ("✔", "đúng tiến độ", "on track"),
        Status::AtRisk => ("▲", "có nguy cơ", "at risk"),
        Status::OffTrack => ("✖", "chậm", "off track"),
        Status::Undecided => ("◐", "chưa xác định", "undecided"),
        Status::NotStarted => ("…", "chưa bắt đầu", "not started"),
        Status::NotReported => ("○", "chưa báo cáo", "not reported"),
        Status::Undefined => ("∅", "không xác định", "undefined"),
        Status::NoTarget => ("·", "không có mục tiêu", "no target"),
    };
    Mark { class: status.as_str(), sign, text: (vi, en).into() }
}

/// Every status that a page can show, in the order in which they are told.
pub fn legend() -> Vec<Mark> {
    Status::ALL.iter().filter(|status| **status != Status::NoTarget).map(|status| mark(*status)).collect()
}
