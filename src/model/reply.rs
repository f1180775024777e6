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
