//! Findings: what was wrong with data, in stable codes and two languages.
//!
//! A finding is a value, not an error of the program: the run goes on and the finding is an output.

use super::cause::Cause;
use super::observation::CellRef;
use super::period::Period;
use super::rule::Rule;
use super::state::words;

words! {
    /// How grave a finding is.
    Severity {
        /// The value, row or file was not used.
        Error = "error",
        /// Used and flagged.
        Warning = "warning",
        /// Noted; changes nothing.
        Info = "info",
    }
}

words! {
    /// Stable codes of findings.
    Code {
        /// The bytes are not a form that can be read.
        FileUnreadable = "file-unreadable",
        /// Larger than the limits allow.
        FileTooLarge = "file-too-large",
        /// Zip bomb, macros, external links, symlink.
        FileUnsafe = "file-unsafe",
        /// Text in an encoding that could not be told.
        EncodingUnknown = "encoding-unknown",
        /// No form of the plan was recognised.
        FormUnknown = "form-unknown",
        /// No period in the title.
        PeriodMissing = "period-missing",
        /// Title and file name disagree.
        PeriodConflict = "period-conflict",
        /// The period begins after receipt.
        PeriodFuture = "period-future",
        /// The folder is not a district of the register.
        SenderUnknown = "sender-unknown",
        /// Signature missing or wrong.
        SignatureInvalid = "signature-invalid",
        /// The file holds persons.
        PersonalData = "personal-data",
        /// The same bytes came before.
        AlreadyReceived = "already-received",
        /// Came after its due date.
        Late = "late",
        /// The row's unit was not found.
        UnitUnknown = "unit-unknown",
        /// The row's name fits several units.
        UnitAmbiguous = "unit-ambiguous",
        /// A unit has two rows.
        UnitDuplicate = "unit-duplicate",
        /// Another district's unit.
        UnitNotYours = "unit-not-yours",
        /// Not yet created or already dissolved in that period.
        UnitNotInForce = "unit-not-in-force",
        /// Expected and absent.
        UnitMissing = "unit-missing",
        /// Matched by a close name.
        UnitCloseMatch = "unit-close-match",
        /// Two columns match one element.
        ColumnDuplicate = "column-duplicate",
        /// A column that matches no element.
        ColumnUnknown = "column-unknown",
        /// Not a number.
        NumberInvalid = "number-invalid",
        /// A number that can be read in two ways.
        NumberAmbiguous = "number-ambiguous",
        /// Below zero.
        NumberNegative = "number-negative",
        /// A count with decimals.
        NumberNotWhole = "number-not-whole",
        /// Not a yes or no.
        FlagInvalid = "flag-invalid",
        /// A formula that failed or has no stored value.
        FormulaError = "formula-error",
        /// An empty cell.
        NotReported = "not-reported",
        /// A part above its whole.
        PartExceedsWhole = "part-exceeds-whole",
        /// Parts that do not add up.
        PartsDoNotSum = "parts-do-not-sum",
        /// The form's own total differs from its rows.
        TotalMismatch = "total-mismatch",
        /// Far from its peers.
        Outlier = "outlier",
        /// Far from the unit's own history.
        ChangeImplausible = "change-implausible",
        /// A stock that does not follow from the one before.
        StockConflict = "stock-conflict",
        /// Outside the allowed range.
        ValueOutOfRange = "value-out-of-range",
        /// A whole row identical to the previous period's.
        CopiedForward = "copied-forward",
        /// A reviewed correction holds in place of what the form says.
        Corrected = "corrected",
        /// A file was let through that had been quarantined.
        Released = "released",
        /// A reviewed correction that the form no longer fits.
        CorrectionStale = "correction-stale",
    }
}

impl Code {
    /// Severity that the data contract gives the code.
    pub const fn severity(self) -> Severity {
        match self {
            Self::AlreadyReceived
            | Self::Late
            | Self::UnitCloseMatch
            | Self::ColumnUnknown
            | Self::NotReported
            | Self::Corrected
            | Self::Released => Severity::Info,
            Self::UnitMissing
            | Self::PartExceedsWhole
            | Self::PartsDoNotSum
            | Self::TotalMismatch
            | Self::Outlier
            | Self::ChangeImplausible
            | Self::StockConflict
            | Self::ValueOutOfRange
            | Self::CopiedForward
            | Self::CorrectionStale => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Whether what was expected is what holds by now, since a person said so.
    const fn holds(self) -> bool {
        matches!(self, Self::Corrected | Self::Released)
    }

    /// What happened, in Vietnamese and English, as the head of a message.
    pub const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::FileUnreadable => ("Không đọc được tệp", "The file cannot be read"),
            Self::FileTooLarge => ("Tệp quá lớn", "The file is too large"),
            Self::FileUnsafe => ("Tệp không an toàn", "The file is unsafe"),
            Self::EncodingUnknown => ("Không nhận ra bảng mã chữ", "The text encoding is unknown"),
            Self::FormUnknown => ("Không nhận ra biểu mẫu", "The form was not recognised"),
            Self::PeriodMissing => ("Thiếu kỳ báo cáo", "The reporting period is missing"),
            Self::PeriodConflict => ("Kỳ báo cáo mâu thuẫn", "The reporting periods disagree"),
            Self::PeriodFuture => ("Kỳ báo cáo ở tương lai", "The reporting period is in the future"),
            Self::SenderUnknown => ("Không rõ đơn vị gửi", "The sender is unknown"),
            Self::SignatureInvalid => ("Chữ ký không hợp lệ", "The signature is invalid"),
            Self::PersonalData => ("Tệp có dữ liệu cá nhân", "The file holds personal data"),
            Self::AlreadyReceived => ("Tệp đã nhận trước đó", "The file was received before"),
            Self::Late => ("Nộp muộn", "Received late"),
            Self::UnitUnknown => ("Không nhận ra đơn vị", "The unit was not recognised"),
            Self::UnitAmbiguous => ("Tên đơn vị không rõ ràng", "The unit's name is ambiguous"),
            Self::UnitDuplicate => ("Đơn vị bị lặp", "The unit is listed twice"),
            Self::UnitNotYours => ("Đơn vị thuộc huyện khác", "The unit belongs to another district"),
            Self::UnitNotInForce => ("Đơn vị không tồn tại trong kỳ", "The unit is not in force in the period"),
            Self::UnitMissing => ("Thiếu đơn vị", "A unit is missing"),
            Self::UnitCloseMatch => ("Tên đơn vị gần đúng", "The unit's name was matched closely"),
            Self::ColumnDuplicate => ("Cột bị lặp", "Two columns match one element"),
            Self::ColumnUnknown => ("Cột không nhận ra", "The column was not recognised"),
            Self::NumberInvalid => ("Số không hợp lệ", "Not a number"),
            Self::NumberAmbiguous => ("Số có hai cách đọc", "The number can be read in two ways"),
            Self::NumberNegative => ("Số âm", "The number is negative"),
            Self::NumberNotWhole => ("Số đếm có phần lẻ", "A count that is not whole"),
            Self::FlagInvalid => ("Không phải có/không", "Not a yes or no"),
            Self::FormulaError => ("Công thức lỗi", "The formula has no value"),
            Self::NotReported => ("Chưa có số liệu", "Not reported"),
            Self::PartExceedsWhole => ("Phần lớn hơn tổng", "A part exceeds its whole"),
            Self::PartsDoNotSum => ("Các phần không bằng tổng", "The parts do not sum to the whole"),
            Self::TotalMismatch => ("Dòng tổng không khớp", "The total row does not match"),
            Self::Outlier => ("Giá trị bất thường", "An unusual value"),
            Self::ChangeImplausible => ("Thay đổi bất thường", "An implausible change"),
            Self::StockConflict => ("Số hiện có mâu thuẫn kỳ trước", "The stock contradicts the last period"),
            Self::ValueOutOfRange => ("Ngoài khoảng cho phép", "The value is out of range"),
            Self::CopiedForward => ("Chép lại số kỳ trước", "Copied from the previous period"),
            Self::Corrected => ("Đã hiệu chỉnh", "Corrected"),
            Self::Released => ("Đã cho qua sau khi kiểm tra", "Released from quarantine"),
            Self::CorrectionStale => ("Hiệu chỉnh không còn phù hợp", "A correction no longer applies"),
        }
    }
}

/// One finding about a submission.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// Stable code.
    pub code: Code,
    /// Severity; the code's default unless the plan says otherwise.
    pub severity: Severity,
    /// Submission id (16 hex digits).
    pub submission_id: String,
    /// Sheet, for a workbook.
    pub sheet: Option<String>,
    /// Cell, where it is about one.
    pub cell: Option<CellRef>,
    /// Unit, where known.
    pub unit_code: Option<String>,
    /// Element, where it is about one.
    pub element: Option<String>,
    /// Period, where known.
    pub period: Option<Period>,
    /// The text as it stood; empty for personal data.
    pub found: String,
    /// What was expected, in Vietnamese.
    pub expected_vi: String,
    /// What was expected, in English.
    pub expected_en: String,
    /// A cause that would repair it, where one is likely.
    pub likely_cause: Option<Cause>,
    /// The district's reason, where it justified a warning, and the submission that brought it.
    pub closed: Option<Closed>,
}

/// A finding that its district has explained.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Closed {
    /// The district's reason.
    pub justification: String,
    /// The submission that brought it.
    pub by: String,
}

impl Finding {
    /// A finding with the code's default severity and no place yet.
    pub fn new(code: Code, submission_id: &str, found: impl Into<String>, vi: &str, en: &str) -> Self {
        Self {
            code,
            severity: code.severity(),
            submission_id: submission_id.to_owned(),
            sheet: None,
            cell: None,
            unit_code: None,
            element: None,
            period: None,
            found: found.into(),
            expected_vi: vi.to_owned(),
            expected_en: en.to_owned(),
            likely_cause: None,
            closed: None,
        }
    }

    /// A finding of a rule, with the rule's severity; the plan's own words stand behind what was expected.
    pub fn of_rule(rule: &Rule, submission_id: &str, found: impl Into<String>, vi: &str, en: &str) -> Self {
        let mut finding = Self::new(rule.code(), submission_id, found, vi, en);
        finding.severity = rule.severity;
        if let Some((vi, en)) = &rule.text {
            for (expected, text) in [(&mut finding.expected_vi, vi), (&mut finding.expected_en, en)] {
                let between = if expected.is_empty() { "" } else { " – " };
                expected.push_str(between);
                expected.push_str(text);
            }
        }
        finding
    }

    /// One sentence in Vietnamese: what, where, found, expected.
    pub fn message_vi(&self) -> String {
        message(
            self.code.title().0,
            &self.found,
            &self.expected_vi,
            "có",
            if self.code.holds() { "dùng" } else { "cần" },
        )
    }

    /// The same in English.
    pub fn message_en(&self) -> String {
        message(
            self.code.title().1,
            &self.found,
            &self.expected_en,
            "found",
            if self.code.holds() { "used" } else { "expected" },
        )
    }
}

fn message(title: &str, found: &str, expected: &str, found_word: &str, expected_word: &str) -> String {
    let mut text = title.to_owned();
    if !found.is_empty() {
        text.push_str(&format!(": {found_word} “{found}”"));
    }
    if !expected.is_empty() {
        text.push_str(&format!("; {expected_word} {expected}"));
    }
    text
}
