//! By which words the summary of a reply is known again when it comes back.

/// First text of the summary.
pub const TITLE: &str = "PHẢN HỒI VỀ BÁO CÁO ĐÃ NHẬN";
/// Name of the summary's sheet.
pub const SHEET: &str = "Phản hồi";
/// Head of the column in which the district may justify a finding.
pub const REASON: &str = "Giải trình của đơn vị";
/// Head of the column with the findings' ids.
pub const FINDING: &str = "Mã phát hiện";
/// Most characters of a reason that are kept.
pub const LONGEST_REASON: usize = 500;

/// An id as a workbook shows it, in groups of four: sixteen signs in a row may read as somebody's number.
pub fn shown_id(id: &str) -> String {
    let groups: Vec<String> =
        id.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    groups.join(":")
}

/// The id that a workbook shows; `None` where the text is none.
pub fn id_of(shown: &str) -> Option<String> {
    let id: String = shown.trim().split(':').collect();
    (id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back_as_it_was() {
        assert_eq!(shown_id("0123456789abcdef"), "0123:4567:89ab:cdef");
        assert_eq!(id_of(" 0123:4567:89ab:cdef ").as_deref(), Some("0123456789abcdef"));
        for none in ["", "0123", "0123:4567:89ab:cdeg", "finding"] {
            assert_eq!(id_of(none), None, "{none}");
        }
    }
}
