//! The words of a reply, Vietnamese first.

use jiff::civil::{Date, DateTime};

use super::letter::{Item, Letter};
use crate::model::{CellRef, Code, Severity, SubmissionStatus, number, reply};

/// A text in Vietnamese and English.
pub(super) type Pair = (String, String);

fn pair(vi: &str, en: &str) -> Pair {
    (vi.to_owned(), en.to_owned())
}

/// How a finding is marked, by colour, sign and word alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Error,
    Warning,
    Info,
    Closed,
}

impl Mark {
    pub(super) const ALL: [Self; 4] = [Self::Error, Self::Warning, Self::Info, Self::Closed];

    pub(super) const fn of(item: &Item<'_>) -> Self {
        match item.severity {
            _ if !item.reason.is_empty() => Self::Closed,
            Severity::Error => Self::Error,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Info,
        }
    }

    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Error => "✖",
            Self::Warning => "▲",
            Self::Info => "ℹ",
            Self::Closed => "✔",
        }
    }

    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Error => ("Lỗi", "error"),
            Self::Warning => ("Cảnh báo", "warning"),
            Self::Info => ("Ghi chú", "note"),
            Self::Closed => ("Đã giải trình", "explained"),
        }
    }

    /// The class on a page.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Closed => "closed",
        }
    }
}

pub(super) fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

fn moment(time: DateTime) -> String {
    time.strftime("%H:%M ngày %d/%m/%Y").to_string()
}

/// Where a finding is, as people name it.
pub(super) fn place(item: &Item<'_>) -> String {
    match item.cell {
        None => String::new(),
        Some(CellRef::Text { row, column }) => {
            format!("{} (dòng {}, trường {})", CellRef::Sheet { row, column }, row + 1, column + 1)
        }
        Some(cell) => cell.to_string(),
    }
}

/// What became of the file.
pub(super) fn result(letter: &Letter<'_>) -> Pair {
    let (vi, en) = match letter.status {
        SubmissionStatus::Accepted => ("✔ Đã nhận, không có vấn đề", "accepted"),
        SubmissionStatus::AcceptedWithFindings if letter.count(Severity::Error) > 0 => {
            ("✖ Đã nhận, có số liệu không dùng được", "accepted in part: some rows or cells were not used")
        }
        SubmissionStatus::AcceptedWithFindings => ("▲ Đã nhận, có điểm cần xem lại", "accepted, with warnings"),
        SubmissionStatus::Quarantined => ("✖ Không sử dụng được tệp này", "not used"),
        SubmissionStatus::Superseded => ("Đã được thay bằng tệp gửi sau", "replaced by a later file"),
    };
    pair(vi, en)
}

/// What the district should do now.
pub(super) fn advice(letter: &Letter<'_>) -> Pair {
    let (errors, warnings) = (letter.count(Severity::Error), letter.count(Severity::Warning));
    let (vi, en) = match letter.status {
        SubmissionStatus::Quarantined => return refused(letter.items.first().map(|i| i.code)),
        SubmissionStatus::Superseded => ("Không cần làm gì thêm.", "Nothing more to do."),
        _ if errors > 0 && warnings > 0 => (
            "Sửa các ô có dấu ✖ ngay trên trang biểu của tệp này rồi gửi lại cả tệp. Ô có dấu ▲: nếu số sai thì sửa, nếu số \
             đúng thì ghi lý do vào cột “Giải trình của đơn vị” bên dưới.",
            "Correct the cells marked ✖ on the form's sheet of this workbook and send it again. Cells marked ▲: correct \
             them, or give the reason in the column “Giải trình của đơn vị” below.",
        ),
        _ if errors > 0 => (
            "Sửa các ô có dấu ✖ ngay trên trang biểu của tệp này rồi gửi lại cả tệp.",
            "Correct the cells marked ✖ on the form's sheet of this workbook and send it again.",
        ),
        _ if warnings > 0 => (
            "Xem lại các ô có dấu ▲: nếu số sai thì sửa trên trang biểu, nếu số đúng thì ghi lý do vào cột “Giải trình của đơn \
             vị” bên dưới; rồi gửi lại cả tệp này.",
            "Look at the cells marked ▲: correct them, or give the reason in the column “Giải trình của đơn vị” below; then \
             send this workbook again.",
        ),
        _ => ("Không cần làm gì thêm.", "Nothing more to do."),
    };
    pair(vi, en)
}

/// What to do about a file that was not used.
fn refused(code: Option<Code>) -> Pair {
    let (vi, en) = match code {
        Some(Code::PersonalData) => (
            "Xóa mọi thông tin về từng người (họ tên, số định danh, ngày sinh, số điện thoại) và chỉ gửi số liệu tổng hợp. Nội \
             dung của tệp không được chép lại ở bất cứ đâu.",
            "Remove everything about single persons (names, identity numbers, dates of birth, telephone numbers) and send \
             counts only. Nothing of the file's content is repeated anywhere.",
        ),
        Some(Code::FileUnsafe) => (
            "Gửi lại một tệp Excel thường (.xlsx), không có macro, liên kết ngoài hay tệp nén lạ.",
            "Send an ordinary workbook (.xlsx) without macros, external links or odd archives.",
        ),
        Some(Code::FileUnreadable | Code::EncodingUnknown) => (
            "Mở tệp, lưu lại thành Excel (.xlsx), không đặt mật khẩu, rồi gửi lại.",
            "Open the file, save it as a workbook (.xlsx) without a password, and send it again.",
        ),
        Some(Code::FileTooLarge) => (
            "Chỉ giữ trang biểu báo cáo trong tệp rồi gửi lại.",
            "Keep only the form's sheet in the file and send it again.",
        ),
        Some(Code::FormUnknown) => (
            "Dùng đúng biểu mẫu của kế hoạch, giữ nguyên dòng tiêu đề cột, rồi gửi lại.",
            "Use the plan's form with its column headings as they are, and send it again.",
        ),
        Some(Code::PeriodMissing | Code::PeriodConflict | Code::PeriodFuture) => (
            "Ghi đúng một kỳ báo cáo ở đầu biểu (“Kỳ báo cáo: Quý … năm …”) và ở tên tệp, rồi gửi lại.",
            "State one and the same period in the title (“Kỳ báo cáo: Quý … năm …”) and in the file's name, and send it again.",
        ),
        _ => ("Sửa theo bảng bên dưới rồi gửi lại.", "Correct what the table below names and send it again."),
    };
    pair(vi, en)
}

/// The lines above the table of findings: label and text, both in two languages.
pub(super) fn facts(letter: &Letter<'_>) -> Vec<(Pair, Pair)> {
    let mut all = Vec::new();
    let mut add = |vi: &str, en: &str, text: Pair| all.push((pair(vi, en), text));
    let name = if letter.district_name.is_empty() { "(không rõ đơn vị)" } else { &letter.district_name };
    add("Đơn vị gửi", "sender", pair(&format!("{name} ({})", letter.district), ""));
    if let Some(form) = letter.form {
        add("Biểu mẫu", "form", pair(&format!("Biểu {} – {}", form.code, form.name_vi), &form.name_en));
    }
    if let Some(period) = letter.period {
        add("Kỳ báo cáo", "period", (period.label_vi(), period.label_en()));
    }
    let within = letter.member().map(|m| format!(" › {m}")).unwrap_or_default();
    add("Tệp đã nhận", "file", pair(&format!("{}{within}", letter.file_name), ""));
    let mut received = pair(&moment(letter.received), "");
    if let Some(due) = letter.due_on {
        received.0.push_str(&format!("; hạn nộp {}", day(due)));
        if letter.days_late > 0 {
            received.0.push_str(&format!(", muộn {} ngày", letter.days_late));
            received.1 = format!("{} days late", letter.days_late);
        }
    }
    add("Nhận lúc", "received", received);
    add("Kết quả", "result", result(letter));
    if letter.status == SubmissionStatus::Superseded {
        add("Thay bằng bài nộp", "replaced by", pair(&reply::shown_id(letter.superseded_by), ""));
    }
    if letter.form.is_some() {
        add("Số liệu được dùng", "values used", pair(&number::vietnamese(f64::from(letter.values)), ""));
    }
    add("Phát hiện", "findings", counts(letter));
    add("Việc cần làm", "what to do", advice(letter));
    if !letter.id.is_empty() {
        add("Mã bài nộp", "submission", pair(&reply::shown_id(letter.id), ""));
    }
    all
}

/// How many findings there are of each kind.
fn counts(letter: &Letter<'_>) -> Pair {
    let numbers = [
        (Mark::Error, letter.count(Severity::Error), "s"),
        (Mark::Warning, letter.count(Severity::Warning), "s"),
        (Mark::Info, letter.count(Severity::Info), "s"),
        (Mark::Closed, letter.closed(), ""),
    ];
    let some = || numbers.iter().filter(|(_, n, _)| *n > 0);
    let vi: Vec<String> =
        some().map(|(mark, n, _)| format!("{} {n} {}", mark.sign(), mark.words().0.to_lowercase())).collect();
    let en: Vec<String> =
        some().map(|(mark, n, s)| format!("{n} {}{}", mark.words().1, if *n == 1 { "" } else { s })).collect();
    if vi.is_empty() { pair("không có", "none") } else { (vi.join("  ·  "), en.join(" · ")) }
}

/// A text in both languages on two lines, once where they are the same.
pub(super) fn lines(vi: &str, en: &str) -> String {
    if en.is_empty() || vi == en { vi.to_owned() } else { format!("{vi}\n{en}") }
}

/// What the note on a cell says about one finding.
pub(super) fn note(item: &Item<'_>) -> String {
    let mark = Mark::of(item);
    let (vi, en) = item.code.title();
    let mut text = format!("{} {}: {vi}", mark.sign(), mark.words().0.to_uppercase());
    let mut add = |label: &str, what: &str| {
        if !what.is_empty() {
            text.push_str(&format!("\n{label}: {what}"));
        }
    };
    add("Có", &quoted(item.found));
    add("Cần", item.expected.0);
    add("Nguyên nhân có thể", item.cause.0);
    add("Giải trình", item.reason);
    let mut english = en.to_owned();
    if !item.found.is_empty() {
        english.push_str(&format!("; found {}", quoted(item.found)));
    }
    if !item.expected.1.is_empty() {
        english.push_str(&format!("; expected {}", item.expected.1));
    }
    text.push_str(&format!("\n[{}] {english}", mark.words().1));
    text
}

pub(super) fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("“{text}”") }
}
