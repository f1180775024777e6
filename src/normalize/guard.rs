//! The guard against data about persons: a form holds counts, and a file that holds people is not kept.
//!
//! A number is a person's by the company it keeps: the header above it, its column, its leading zero. So each sheet, hidden
//! ones and comments too, is searched for cells that *look* personal, and only then their columns decide. Signers' names,
//! office lines, numbers of documents and amounts of money are none. A clean sheet costs one look at the length of its
//! texts.

mod marks;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::fold::fold;
use super::memo::Memo;
use super::read::{Book, Cell, Content, Grid};
use crate::register::Register;
use marks::{Header, Mark};

/// What is known of names that are no person's.
pub(super) struct Guard {
    /// Names of units that begin as a person's does, folded.
    units: HashSet<String>,
    /// What texts look like: the same stand in thousands of files.
    looks: Memo<(Option<Header>, Option<Mark>)>,
}

/// Texts shorter than this, in bytes, say nothing about a person.
const SHORT: usize = 4;
/// Texts longer than this are searched for numbers within.
const LONG: usize = 13;
/// Cells of a kind in a column that make a list.
const LIST: usize = 3;

/// What a sheet holds that looks personal.
#[derive(Default)]
struct Seen {
    /// By column: row and mark.
    columns: BTreeMap<u32, Vec<(u32, Mark)>>,
    /// Row, column and kind of headers.
    headers: Vec<(u32, u32, Header)>,
    /// Mobile numbers within texts.
    mobiles: usize,
}

impl Guard {
    pub(super) fn new(register: &Register) -> Self {
        let names = register.versions().iter().flat_map(|u| [u.bare_name(), u.name_vi.as_str()]);
        let units = names.filter(|n| marks::of_text(n) == Some(Mark::Name)).map(fold).collect();
        Self { units, looks: Memo::default() }
    }

    /// Whether a file holds persons.
    pub(super) fn finds_persons(&self, book: &Book) -> bool {
        book.grids.iter().chain(&book.hidden).any(|grid| self.in_sheet(grid)) || self.in_notes(&book.notes)
    }

    fn in_notes(&self, notes: &[String]) -> bool {
        let (mut mobiles, mut names) = (0, 0);
        for note in notes {
            let (identity, numbers) = marks::within(note);
            if identity {
                return true;
            }
            mobiles += numbers;
            names += usize::from(self.look(note).1 == Some(Mark::Name));
        }
        // One is who wrote the comment.
        mobiles >= 2 || names >= LIST
    }

    fn in_sheet(&self, grid: &Grid) -> bool {
        let mut seen = Seen::default();
        for cell in &grid.cells {
            let mark = match cell.content {
                Content::Number(n) if n >= 1e8 => marks::of_number(n),
                Content::Text { start, end } if (end - start) as usize >= SHORT => {
                    let text = grid.raw(cell);
                    if text.len() >= LONG && text.bytes().filter(u8::is_ascii_digit).count() >= 9 {
                        let (identity, mobiles) = marks::within(text);
                        if identity {
                            return true;
                        }
                        seen.mobiles += mobiles;
                    }
                    let (header, mark) = self.look(text);
                    seen.headers.extend(header.map(|kind| (cell.row, cell.column, kind)));
                    mark
                }
                _ => None,
            };
            match mark {
                // A citizen's number is unlike any other.
                Some(Mark::Citizen) => return true,
                Some(mark) => seen.columns.entry(cell.column).or_default().push((cell.row, mark)),
                None => {}
            }
        }
        seen.mobiles >= LIST
            || seen.headers.chunk_by(|a, b| a.0 == b.0).any(|row| self.below(grid, row))
            || seen.columns.iter().any(|(column, marks)| unheaded(grid, *column, marks))
    }

    /// Whether a text is a header of personal data, and what else it looks like; a unit's name is no person's.
    fn look(&self, text: &str) -> (Option<Header>, Option<Mark>) {
        if text.bytes().next().is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'(')) {
            return (None, marks::of_text(text));
        }
        self.looks.get(text, || {
            let header = marks::header(text).filter(|h| *h != Header::Amount);
            let mark = marks::of_text(text).filter(|m| *m != Mark::Name || !self.units.contains(&fold(text)));
            (header, mark)
        })
    }

    /// Whether what stands below the headers of one row is what they say.
    fn below(&self, grid: &Grid, headers: &[(u32, u32, Header)]) -> bool {
        let kinds: BTreeSet<Header> = headers.iter().map(|h| h.2).collect();
        headers.iter().any(|(top, column, kind)| {
            let cells = || between(grid, *column, top + 1, top + 200);
            let mark = |cell: &Cell| match cell.content {
                Content::Number(n) => marks::of_number(n),
                _ => marks::of_text(grid.raw(cell)),
            };
            match kind {
                Header::Name => {
                    let names = cells().filter(|c| marks::may_be_name(grid.raw(c)) && !self.is_unit(grid.raw(c)));
                    names.count() >= if kinds.len() > 1 { 1 } else { 2 }
                }
                Header::Birth => cells().any(|c| match c.content {
                    Content::Date => true,
                    Content::Number(n) => (1920.0..=2012.0).contains(&n) && n.fract() == 0.0,
                    _ => marks::may_be_birth(grid.raw(c)),
                }),
                Header::Identity => cells().any(|c| matches!(mark(c), Some(Mark::Digits { .. }))),
                Header::Mobile => {
                    cells().any(|c| matches!(mark(c), Some(Mark::Mobile | Mark::Digits { round: false, .. })))
                }
                Header::Amount => false,
            }
        })
    }

    fn is_unit(&self, text: &str) -> bool {
        self.units.contains(&fold(text))
    }
}

/// Whether a column without a header that says so lists persons.
fn unheaded(grid: &Grid, column: u32, marks: &[(u32, Mark)]) -> bool {
    let list = |wanted: fn(Mark) -> bool, least: usize, percent: usize| {
        let rows: Vec<u32> = marks.iter().filter(|m| wanted(m.1)).map(|m| m.0).collect();
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return false };
        rows.len() >= least && rows.len() * 100 >= between(grid, column, *first, *last).count() * percent
    };
    if list(|m| m == Mark::Name, LIST, 60) || list(|m| m == Mark::Mobile, 2, 50) {
        return true;
    }
    let Some((top, _)) = marks.first() else { return false };
    // What stands above says what the column is: amounts, or days on which something was done.
    let above: Vec<&str> = between(grid, column, top.saturating_sub(8), top.saturating_sub(1))
        .map(|c| grid.raw(c))
        .filter(|text| !text.is_empty())
        .collect();
    if list(|m| m == Mark::Birth, LIST, 60) && !above.iter().any(|text| fold(text).starts_with("ngai ")) {
        return true;
    }
    let digits = marks
        .iter()
        .filter_map(|(_, m)| if let Mark::Digits { count, round } = m { Some((*count, *round)) } else { None });
    let (counts, round): (BTreeSet<u8>, Vec<bool>) = digits.unzip();
    list(|m| matches!(m, Mark::Digits { .. }), LIST, 90)
        && counts.len() == 1
        && round.iter().filter(|r| **r).count() * 10 < round.len()
        && !above.iter().any(|text| marks::header(text) == Some(Header::Amount))
}

/// Cells of a column between the first and the last of these rows.
fn between(grid: &Grid, column: u32, first: u32, last: u32) -> impl Iterator<Item = &Cell> {
    let from = grid.cells.partition_point(|c| c.row < first);
    grid.cells[from..].iter().take_while(move |c| c.row <= last).filter(move |c| c.column == column)
}

#[cfg(test)]
mod tests {
    use super::super::read::{self, Container};
    use super::*;

    fn guard() -> Guard {
        let units = ["duong hoa", "le loi"].map(str::to_owned).into();
        Guard { units, looks: Memo::default() }
    }

    /// A text file of these lines.
    fn book(text: &str) -> Book {
        let mut parts = read::read(text.as_bytes().to_vec());
        let book = parts.remove(0).book.unwrap();
        assert_eq!(book.container, Container::Text);
        book
    }

    fn persons(text: &str) -> bool {
        guard().finds_persons(&book(text))
    }

    #[test]
    fn files_that_hold_persons_are_found() {
        for (what, text) in [
            ("a list", "STT;Họ và tên;Ngày sinh;Số CCCD\n1;Hoàng Văn Hùng;10/04/1981;046181278816\n"),
            ("two headers", "Họ tên;Năm sinh\nA Viết Nga;1985\n"),
            ("a header with names", "STT;Họ và tên;Địa chỉ\n1;A Viết Nga;Xã Hồng Hạ\n2;Kăn Thị Linh;Xã Hồng Hạ\n"),
            ("names alone", "1;Nguyễn Văn An\n2;Trần Thị Bé\n3;Lê Hoài Nam\n"),
            ("names in capitals", "NGUYỄN VĂN AN\nTRẦN THỊ BÉ\nLÊ HOÀI NAM\n"),
            ("names without accents", "Nguyen Van An;1\nTran Thi Be;2\nLe Hoai Nam;3\n"),
            (
                "a column of names beside counts",
                "Xã Phú An;12;Nguyễn Văn An\nXã Phú Mỹ;3;Trần Thị Bé\nXã Phú Hồ;4;Lê Hoài Nam\n",
            ),
            ("one citizen's number", "Ghi chú;046181278816\n"),
            ("a citizen's number in a text", "Ghi chú: đối tượng CCCD 046181278816 đã học nghề\n"),
            ("an old identity number in a text", "Ghi chú: CMND số 191234567\n"),
            ("old identity numbers with a header", "Mã;Số CMND\n1;191234567\n"),
            ("old identity numbers without one", "1;191234567\n2;191876543\n3;190112358\n"),
            ("mobile numbers", "1;0905667276\n2;0914.026.668\n"),
            ("a mobile number below its header", "Đơn vị;SĐT\nTổ 1;+84 905 667 276\n"),
            ("mobile numbers in a text", "Đã gọi 0905667276, 0914026668 và 0773316854\n"),
            ("days of birth", "A;10/04/1981\nB;07/03/1983\nC;24/05/1975\n"),
            ("years of birth below their header", "Đối tượng;Năm sinh\nA;1985\n"),
        ] {
            assert!(persons(text), "{what}");
        }
    }

    #[test]
    fn forms_are_not_taken_for_persons() {
        for (what, text) in [
            (
                "signers",
                "Người lập biểu;;Trưởng phòng\n(Ký, ghi rõ họ tên);;(Ký tên, đóng dấu)\n\nLê Quang Vinh;;Trần Văn Hải\n",
            ),
            (
                "signers below each other",
                "NGƯỜI LẬP BIỂU\n(Ký, ghi rõ họ tên)\nLê Quang Vinh\nTRƯỞNG PHÒNG\n(Ký tên)\nTrần Văn Hải\n",
            ),
            ("office lines", "ĐT: 0234.3822123;Fax: 0234.3822124\nĐiện thoại: (0234) 3822 125\n"),
            ("one who may be asked", "Người liên hệ: ông Hùng, ĐT 0905 667 276\n"),
            ("money in dong", "Xã;Số tiền vay (đồng)\nA;150000000\nB;123456789\nC;987654321\n"),
            ("round money", "A;150.000.000\nB;120.000.000\nC;90.000.000\n"),
            ("money of several lengths", "A;123456789\nB;12345678\nC;1234567\nD;234567891\nE;345678912\n"),
            ("days of papers", "Số văn bản;Ngày ban hành\n12/KH;10/04/2003\n13/KH;07/03/2006\n14/KH;24/05/2011\n"),
            ("days of the plan", "10/04/2016\n07/03/2017\n24/05/2018\n"),
            ("numbers of papers", "Kèm theo Công văn số 226/LĐTBXH ngày 12/07/2018, số hồ sơ 123456789\n"),
            ("units that are called like persons", "1;Dương Hòa;2\n2;Lê Lợi;3\n3;Dương Hòa;4\n"),
            ("kinds before names", "Xã Dương Hòa\nPhường Phú Hội\nThị trấn Khe Tre\nXã Hồ Xá\n"),
            ("a count of men", "Nam sinh viên;Nữ\n2010;1950\n"),
            ("an empty list", "STT;Họ và tên;Ngày sinh\n"),
            ("codes and counts", "Mã;Đơn vị;Số người\n19753;Phường Phú Hội;1.204\n19756;Phường Phú Nhuận;12.345.678\n"),
            ("a mail address", "Email: phongldtbxh.phuvang@thuathienhue.gov.vn\n"),
        ] {
            assert!(!persons(text), "{what}");
        }
    }

    #[test]
    fn comments_are_searched() {
        let mut form = book("Đơn vị;1\n");
        form.notes = vec!["Lê Quang Vinh".to_owned(), "xem lại".to_owned()];
        assert!(!guard().finds_persons(&form));
        form.notes.push("CCCD 046181278816".to_owned());
        assert!(guard().finds_persons(&form));
    }
}
