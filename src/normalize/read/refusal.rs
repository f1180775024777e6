//! Why a file could not be read, as a district is told: in Vietnamese and English, never in a library's words.

use crate::model::{Code, Finding};

/// Why a file, or a member of an archive, could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::normalize) enum Refusal {
    /// No bytes at all.
    Empty,
    /// Protected by a password.
    Encrypted,
    /// Cut off or broken; the reader's own words go to the log alone.
    Damaged,
    /// Neither a workbook nor text.
    Binary,
    /// Another kind of file, by its name.
    Foreign(&'static str),
    /// A workbook in a kind that is not read, by its name.
    OtherWorkbook(&'static str),
    /// An archive without any form.
    NoMembers,
    /// Macros; the part that holds them.
    Macros(String),
    /// Links to other files; the part that holds them.
    ExternalLinks(String),
    /// Unpacks to more than is allowed; the part.
    Bomb(String),
    /// An archive within an archive's member.
    Nested,
    /// More members, sheets, merged regions, rows or columns than any form has; which of them.
    TooWide(Excess),
    /// More cells or text than any form has.
    TooManyCells,
    /// A structure that no office program writes; the part that holds it.
    Crafted(String),
    /// An encoding that is not certain; the candidates with their scores.
    Encoding(String),
}

/// What a file has more of than any form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::normalize) enum Excess {
    Members,
    Sheets,
    Merges,
    Rows,
    Columns,
}

impl Refusal {
    pub(in crate::normalize) const fn code(&self) -> Code {
        match self {
            Self::Macros(_)
            | Self::ExternalLinks(_)
            | Self::Bomb(_)
            | Self::Nested
            | Self::TooWide(_)
            | Self::Crafted(_) => Code::FileUnsafe,
            Self::TooManyCells => Code::FileTooLarge,
            Self::Encoding(_) => Code::EncodingUnknown,
            _ => Code::FileUnreadable,
        }
    }

    /// What was found, in no language: a name or a figure.
    fn found(&self) -> &str {
        match self {
            Self::Foreign(what) | Self::OtherWorkbook(what) => what,
            Self::Macros(what)
            | Self::ExternalLinks(what)
            | Self::Bomb(what)
            | Self::Crafted(what)
            | Self::Encoding(what) => what,
            Self::Empty => "0 byte",
            _ => "",
        }
    }

    /// What was expected, in Vietnamese and English.
    const fn expected(&self) -> (&'static str, &'static str) {
        match self {
            Self::Empty => ("một tệp có nội dung", "a file with content"),
            Self::Encrypted => ("một tệp không đặt mật khẩu", "a file without a password"),
            Self::Damaged => (
                "một tệp nguyên vẹn; tệp này hỏng hoặc thiếu phần cuối, hãy lưu và gửi lại",
                "a whole file; this one is damaged or cut off, save it anew and send it again",
            ),
            Self::Binary | Self::Foreign(_) => (
                "một sổ tính xlsx, xls, ods, một tệp csv, hoặc tệp zip chứa các tệp đó",
                "an xlsx, xls or ods workbook, a csv file, or a zip archive of these",
            ),
            Self::OtherWorkbook(_) => (
                "sổ tính lưu lại dưới dạng xlsx (Lưu dưới dạng → Excel Workbook)",
                "the workbook saved as xlsx (Save as → Excel Workbook)",
            ),
            Self::NoMembers => ("một tệp zip chứa biểu mẫu", "a zip archive that holds forms"),
            Self::Macros(_) => {
                ("một sổ tính không có macro, lưu dưới dạng xlsx", "a workbook without macros, saved as xlsx")
            }
            Self::ExternalLinks(_) => (
                "một sổ tính không liên kết tới tệp khác; hãy dán giá trị thay cho công thức liên kết",
                "a workbook without links to other files; paste values in place of linked formulas",
            ),
            Self::Bomb(_) => {
                ("một tệp có dung lượng sau giải nén bình thường", "a file of ordinary size once it is unpacked")
            }
            Self::Nested => (
                "một tệp zip chứa thẳng các biểu mẫu, không chứa tệp zip khác",
                "a zip archive that holds the forms themselves, not further archives",
            ),
            Self::TooWide(Excess::Members) => {
                ("không quá 500 tệp trong một tệp zip", "at most 500 files in one archive")
            }
            Self::TooWide(Excess::Sheets) => ("không quá 200 trang tính", "at most 200 sheets"),
            Self::TooWide(Excess::Merges) => ("không quá 5.000 vùng ô gộp", "at most 5,000 merged regions"),
            Self::TooWide(Excess::Rows) => (
                "một biểu không quá 100.000 dòng; hãy xóa các dòng trống ở cuối",
                "a form of at most 100,000 rows; delete the empty rows at its end",
            ),
            Self::TooWide(Excess::Columns) => (
                "một biểu không quá 500 cột; hãy xóa các cột thừa bên phải",
                "a form of at most 500 columns; delete what stands far to the right",
            ),
            Self::TooManyCells => {
                ("không quá 500.000 ô và 8 MB chữ trong một biểu", "at most 500,000 cells and 8 MB of text in a form")
            }
            Self::Crafted(_) => (
                "một tệp lưu từ Excel hoặc LibreOffice; cấu trúc tệp này bất thường",
                "a file saved by Excel or LibreOffice; this one's structure is not theirs",
            ),
            Self::Encoding(_) => {
                ("văn bản UTF-8 (trong Excel: Lưu dưới dạng → CSV UTF-8)", "UTF-8 text (in Excel: Save as → CSV UTF-8)")
            }
        }
    }

    /// The finding for which the file is quarantined.
    pub(in crate::normalize) fn finding(&self, submission_id: &str) -> Finding {
        let (vi, en) = self.expected();
        Finding::new(self.code(), submission_id, self.found(), vi, en)
    }
}
