//! What no form exceeds. A file that does is refused before it can cost memory or time.

/// Most bytes that the parts of a workbook, or the members of an archive together, may unpack to.
pub(super) const UNPACKED: u64 = 64 << 20;
/// Files larger than this, unpacked, are read one at a time.
pub(super) const LARGE: u64 = 4 << 20;
/// Most that a part may grow by unpacking; forms grow about tenfold.
pub(super) const RATIO: u64 = 200;
/// Parts smaller than this are never a bomb.
pub(super) const SMALL: u64 = 1 << 20;
/// Most members of an archive.
pub(super) const MEMBERS: usize = 500;
/// Most parts of a workbook.
pub(super) const PARTS: usize = 2_000;
/// Most sheets of a workbook.
pub(super) const SHEETS: usize = 200;
/// Most merged regions of a sheet.
pub(super) const MERGES: usize = 5_000;
/// Rows in which a cell may stand.
pub(super) const ROWS: u32 = 100_000;
/// Columns in which a cell may stand.
pub(super) const COLUMNS: u32 = 500;
/// Most cells of a file; a form has a few thousand.
pub(super) const CELLS: usize = 500_000;
/// Most bytes of text in a sheet or text file.
pub(super) const TEXT: usize = 8 << 20;
/// Longest text of one cell; the office programs allow no longer one.
pub(super) const LONGEST: usize = 32_767 * 4;
/// Most lines of a text file.
pub(super) const LINES: usize = 200_000;
