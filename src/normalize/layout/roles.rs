//! Columns and rows of a form that carry no figures: the running number, the code, the name, remarks; the row that
//! numbers the columns.

use super::super::fold::fold_header;
use super::super::read::{Cell, Grid};

/// Columns that are not figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Number,
    Code,
    Name,
    Remark,
}

/// Words of which a header above names is made, and those of which it has at least one.
const NAME_WORDS: [&str; 28] = [
    "ten", "xa", "phuong", "thi", "tran", "tt", "don", "vi", "hanh", "chinh", "cap", "dia", "ban", "huien", "quan",
    "tx", "tp", "thanh", "pho", "cac", "danh", "sach", "bao", "cao", "thuoc", "va", "hoac", "truc",
];
const NAME_HEADS: [&str; 7] = ["xa", "phuong", "don vi", "dia phuong", "dia ban", "huien", "ten"];

/// What a header's text says that its column is, if it is no figure.
pub(super) fn role(header: &str) -> Option<Role> {
    // "Đơn vị báo cáo: Huyện Phú Vang" says what the unit is; a header only asks for it.
    if header.trim().trim_end_matches(':').contains(':') {
        return None;
    }
    let folded = fold_header(header);
    // "Tên xã (phường, thị trấn)" loses its brackets; a header that is all brackets is none.
    match folded.as_str() {
        "" => return None,
        "stt" | "tt" | "so tt" | "so thu tu" | "sott" | "thu tu" | "no" => return Some(Role::Number),
        "ghi chu" | "nhan xet" | "chu thich" | "giai trinh" | "ghi chu khac" | "li do" => return Some(Role::Remark),
        _ => {}
    }
    let words: Vec<&str> = folded.split(' ').collect();
    if words[0] == "ma" {
        const CODE_WORDS: [&str; 15] = [
            "ma", "so", "dvhc", "don", "vi", "xa", "phuong", "hanh", "chinh", "dbhc", "gso", "tctk", "tt", "thi",
            "tran",
        ];
        return words.iter().all(|w| CODE_WORDS.contains(w)).then_some(Role::Code);
    }
    let head = NAME_HEADS
        .iter()
        .any(|h| folded == *h || folded.starts_with(&format!("{h} ")) || folded.contains(&format!(" {h}")));
    (head && words.iter().all(|w| NAME_WORDS.contains(w))).then_some(Role::Name)
}

/// The row that numbers the columns below a header: "(A) (B) (1) (2) …", "A B 1 2 …", with sums as "3=4+5".
pub(in crate::normalize) fn is_numbering(cells: &[Cell], grid: &Grid) -> bool {
    let mut last = 0u32;
    let (mut numbers, mut rising, mut bracketed, mut marks) = (0, 0, 0, 0);
    for cell in cells {
        let text = grid.shown(cell);
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        marks += 1;
        let bare = text.trim_matches(['(', ')', '[', ']']);
        bracketed += usize::from(bare.len() < text.len());
        // "3=4+5" numbers column 3.
        let sum =
            |b: u8| b.is_ascii_digit() || matches!(b, b'=' | b'+' | b'-' | b'/' | b'*' | b'(' | b')' | b' ' | b'.');
        let number = bare.bytes().all(sum).then(|| bare.split(['=', '(']).next().unwrap_or("").trim());
        match number.and_then(|n| n.parse::<u32>().ok()) {
            Some(n) => {
                rising += usize::from(n == last + 1);
                (last, numbers) = (n, numbers + 1);
            }
            None if bare.chars().count() <= 2 && bare.chars().all(char::is_alphabetic) => {}
            None => return false,
        }
    }
    marks > 1 && numbers > 1 && (bracketed * 3 > marks * 2 || (numbers >= 3 && rising * 5 >= numbers * 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_without_figures() {
        for (text, want) in [
            ("Số\nTT", Some(Role::Number)),
            ("Xã, phường, thị trấn", Some(Role::Name)),
            ("Tên xã/phường/TT", Some(Role::Name)),
            ("Tên xã (phường, thị trấn)", Some(Role::Name)),
            ("ĐƠN VỊ HÀNH CHÍNH", Some(Role::Name)),
            ("Địa bàn", Some(Role::Name)),
            ("Huyện, thị xã, thành phố", Some(Role::Name)),
            ("Mã ĐVHC", Some(Role::Code)),
            ("Mã xã, phường", Some(Role::Code)),
            ("Ghi chú", Some(Role::Remark)),
            ("Mã đợt báo cáo", None),
            ("Đơn vị tính", None),
            ("Đơn vị báo cáo: Thành phố Thanh Ban", None),
            ("VII. Xã, phường lành mạnh", None),
        ] {
            assert_eq!(role(text), want, "{text}");
        }
    }
}
