//! Texts of a workbook that are set in a font of TCVN3 or VNI: their bytes stand there as Western letters, and only the
//! font makes Vietnamese of them. They are decoded cell by cell, since a workbook may hold both kinds.
//!
//! A clean file costs one look for letters that Vietnamese does not have.

use std::collections::{BTreeMap, HashMap};

use super::encoding::{Encoding, Legacy, fares, share, winner};
use super::{Cell, Grid, Refusal};

/// Fonts of cells, as far as they are fonts of an encoding: by sheet, row and column; `None` for any other font.
pub(super) type Fonts = HashMap<(usize, u32, u32), Option<Legacy>>;

/// Words beyond ASCII that a file must hold before those that are no Vietnamese make it doubtful.
const DOUBTFUL: usize = 5;

/// The encoding that a font's name promises.
pub(super) fn of_font(name: &str) -> Option<Legacy> {
    let lower = name.to_ascii_lowercase();
    if lower.starts_with(".vn") {
        Some(Legacy::Tcvn3)
    } else if lower.starts_with("vni") {
        Some(Legacy::Vni)
    } else {
        None
    }
}

/// True where a text holds letters or signs that Vietnamese text hardly has.
pub(super) fn suspect(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr3_iter(0xC2, 0xC3, 0xEF, bytes).any(|at| match (bytes[at], bytes.get(at + 1), bytes.get(at + 2)) {
        // U+0080–U+00BF but for a space that does not break, quotes, degrees and powers.
        (0xC2, Some(b), _) => !matches!(b, 0xA0 | 0xAB | 0xB0..=0xB3 | 0xBB),
        // U+00C0–U+00FF but for the letters that Vietnamese shares with Western Europe, and ×.
        (0xC3, Some(b), _) => !matches!(
            b,
            0x80..=0x83 | 0x88..=0x8A | 0x8C | 0x8D | 0x92..=0x95 | 0x97 | 0x99 | 0x9A | 0x9D
                | 0xA0..=0xA3 | 0xA8..=0xAA | 0xAC | 0xAD | 0xB2..=0xB5 | 0xB9 | 0xBA | 0xBD
        ),
        // U+FFFD: something was lost.
        (0xEF, Some(0xBF), Some(0xBD)) => true,
        _ => false,
    })
}

/// How the words of a text fare as they stand and decoded.
#[derive(Debug, Clone, Copy, Default)]
struct Fares {
    words: usize,
    plain: usize,
    tcvn3: usize,
    vni: usize,
}

impl Fares {
    fn of(text: &str) -> Self {
        let mut fares_ = Self::default();
        let apart = |c: char| c.is_ascii() && !c.is_ascii_alphabetic() || c == '\u{a0}';
        // Wide digits, dashes and ticks are no words and bear no witness.
        let letter = |c: char| !c.is_ascii() && (c.is_alphabetic() || (c as u32) < 0x100);
        for word in text.split(apart).filter(|w| w.contains(letter)) {
            let right = |text: &str| usize::from(fares(text) != Some(false));
            // The mark of a footnote behind a word of Vietnamese.
            let unmarked = word.trim_end_matches(['¹', '²', '³', '\u{200b}']);
            let word = if !unmarked.is_ascii() && right(unmarked) == 1 { unmarked } else { word };
            fares_.words += 1;
            fares_.plain += right(word);
            // Letters that no single byte stands for were never bytes of these encodings.
            if word.chars().all(|c| (c as u32) < 0x100) {
                fares_.tcvn3 += right(&Legacy::Tcvn3.decode_marks(word));
                fares_.vni += right(&Legacy::Vni.decode_marks(word));
            }
        }
        fares_
    }

    fn as_legacy(&self, legacy: Legacy) -> usize {
        if legacy == Legacy::Vni { self.vni } else { self.tcvn3 }
    }

    fn add(&mut self, other: Self) {
        self.words += other.words;
        self.plain += other.plain;
        self.tcvn3 += other.tcvn3;
        self.vni += other.vni;
    }
}

/// Decodes what is set in fonts of an encoding; says which one it was, where there was any. Text that is neither Vietnamese
/// as it stands nor decoded is refused.
pub(super) fn decode(grids: &mut [&mut Grid], fonts: &Fonts) -> Result<Option<Encoding>, Refusal> {
    let mut cells: Vec<(usize, usize, Fares)> = Vec::new();
    for (sheet, grid) in grids.iter().enumerate() {
        for (at, cell) in grid.cells.iter().enumerate() {
            let text = grid.raw(cell);
            if !text.is_ascii() {
                cells.push((sheet, at, Fares::of(text)));
            }
        }
    }
    // Only texts that are no Vietnamese as they stand bear witness.
    let (mut all, mut odd) = (Fares::default(), Fares::default());
    for (_, _, fares) in &cells {
        all.add(*fares);
        if fares.plain < fares.words {
            odd.add(*fares);
        }
    }
    let scored = vec![
        (None, "Unicode", share(odd.plain, odd.words)),
        (Some(Legacy::Tcvn3), Legacy::Tcvn3.name(), share(odd.tcvn3, odd.words)),
        (Some(Legacy::Vni), Legacy::Vni.name(), share(odd.vni, odd.words)),
    ];
    let (legacy, encoding) = match winner(scored) {
        Ok((Some(legacy), encoding)) => (legacy, encoding),
        Err(refusal) if odd.words >= DOUBTFUL && odd.plain * 2 < odd.words && odd.words * 5 > all.words => {
            return Err(refusal);
        }
        _ => return Ok(None),
    };
    let lean = |fares: &Fares| (fares.as_legacy(legacy) as i64 - fares.plain as i64).signum();
    let font = |sheet: usize, cell: &Cell| fonts.get(&(sheet, cell.row, cell.column)).map(|f| *f == Some(legacy));
    let (mut columns, mut file): (BTreeMap<(usize, u32), i64>, i64) = (BTreeMap::new(), 0);
    let (mut right, mut wrong) = (0, 0);
    for (sheet, at, fares) in &cells {
        let (cell, lean) = (&grids[*sheet].cells[*at], lean(fares));
        *columns.entry((*sheet, cell.column)).or_default() += lean;
        file += lean;
        if lean != 0
            && let Some(of_font) = font(*sheet, cell)
        {
            if of_font == (lean > 0) { right += 1 } else { wrong += 1 }
        }
    }
    // Text that was pasted keeps its letters and loses its font: fonts that are often wrong say nothing.
    let trusted = right > wrong * 4;
    for (sheet, at, fares) in &cells {
        let cell = grids[*sheet].cells[*at];
        let text = grids[*sheet].raw(&cell);
        let decoded = legacy.decode_marks(text);
        // What a cell's words leave open, the one answer that forms have decides, its font, its column, the file.
        let open = || {
            let of_font = font(*sheet, &cell).filter(|_| trusted).map_or(0, |legacy| if legacy { 1 } else { -1 });
            let of_column = columns.get(&(*sheet, cell.column)).copied().unwrap_or(0);
            [i64::from(is_yes(&decoded)) - i64::from(is_yes(text)), of_font, of_column, file]
        };
        // A text that holds letters of Unicode alone was never set in such a font.
        let possible = text.chars().all(|c| (c as u32) < 0x100);
        let lean = match lean(fares) {
            0 if possible => open().into_iter().find(|lean| *lean != 0).unwrap_or(0),
            lean => lean,
        };
        if lean > 0 {
            grids[*sheet].replace(*at, &decoded);
        }
    }
    Ok(Some(encoding))
}

/// "có": the other reading of its letters is a syllable too, and no answer.
fn is_yes(text: &str) -> bool {
    matches!(text.trim(), "có" | "Có" | "CÓ" | "Có.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(texts: &[&str]) -> Grid {
        let mut grid = Grid::new(Some("Biểu 01".into()), String::new());
        for (at, text) in texts.iter().enumerate() {
            grid.push_text(at as u32 / 2, at as u32 % 2, text);
        }
        grid
    }

    fn texts(grid: &Grid) -> Vec<&str> {
        grid.cells.iter().map(|c| grid.raw(c)).collect()
    }

    #[test]
    fn cells_in_fonts_of_an_encoding_are_decoded_and_the_others_kept() {
        let mut mixed =
            grid(&["Sè v¨n b¶n chØ ®¹o", "Tên đơn vị", "Phó Léc", "Phường Phú Hội", "Sè cuéc häp", "Thủy Xuân"]);
        assert!(suspect("Sè v¨n b¶n"));
        let encoding = decode(&mut [&mut mixed], &Fonts::default()).unwrap().unwrap();
        assert_eq!(encoding.name, "TCVN3 (ABC)");
        let want = ["Số văn bản chỉ đạo", "Tên đơn vị", "Phú Lộc", "Phường Phú Hội", "Số cuộc họp", "Thủy Xuân"];
        assert_eq!(texts(&mixed), want);

        let mut vni = grid(&["Soá vuï vieäc phaùt hieän", "Xaõ Loäc Thuûy", "UBND HUYEÄN", "Phú"]);
        assert_eq!(decode(&mut [&mut vni], &Fonts::default()).unwrap().unwrap().name, "VNI-Windows");
        assert_eq!(texts(&vni)[..3], ["Số vụ việc phát hiện", "Xã Lộc Thủy", "UBND HUYỆN"]);
    }

    #[test]
    fn a_font_decides_what_the_words_leave_open() {
        let open = ["Sè v¨n b¶n chØ ®¹o", "Phó", "Sè cuéc häp", "Phó", "Cã", "có"];
        let set = |first| Fonts::from([((0, 0, 0), first), ((0, 0, 1), Some(Legacy::Tcvn3)), ((0, 1, 1), None)]);
        let mut trusted = grid(&open);
        decode(&mut [&mut trusted], &set(Some(Legacy::Tcvn3))).unwrap();
        assert_eq!(texts(&trusted), ["Số văn bản chỉ đạo", "Phú", "Số cuộc họp", "Phó", "Có", "có"]);
        // Where the fonts contradict what is clear, the file decides.
        let mut pasted = grid(&open);
        decode(&mut [&mut pasted], &set(None)).unwrap();
        assert_eq!(texts(&pasted), ["Số văn bản chỉ đạo", "Phú", "Số cuộc họp", "Phú", "Có", "có"]);
        assert_eq!(of_font(".VnTimeH"), Some(Legacy::Tcvn3));
        assert_eq!(of_font("VNI-Times"), Some(Legacy::Vni));
        assert_eq!(of_font("Times New Roman"), None);
    }

    #[test]
    fn signs_and_marks_of_footnotes_bear_no_witness() {
        let texts = ["Số vụ vi phạm¹", "Số hộ²", "１２", "３", "４", "５", "６", "✓", "− 5", "‑", "Xã¹"];
        let mut grid = grid(&texts);
        assert_eq!(decode(&mut [&mut grid], &Fonts::new()), Ok(None));
    }

    #[test]
    fn text_that_is_nothing_is_refused_and_clean_text_is_not_even_looked_at() {
        for text in ["Tên đơn vị: Huyện Phú Lộc, xã Hà, 25°C, 12 m², «Huế»", "Bieu 01"] {
            assert!(!suspect(text), "{text}");
        }
        // UTF-8 that was taken for Western text and saved again.
        let mut broken =
            grid(&["Sá»‘ vÄƒn báº£n chá»‰ Ä‘áº¡o ban hÃ nh", "Ká»³ bÃ¡o cÃ¡o: QuÃ½ II nÄƒm 2018", "Huyá»‡n PhÃº Vang"]);
        assert!(decode(&mut [&mut broken], &Fonts::default()).is_err());
        // One word of another language is no reason.
        let mut fine = grid(&["Tên đơn vị", "Số cuộc họp Ban Chỉ đạo", "Ghi chú: Müller"]);
        assert_eq!(decode(&mut [&mut fine], &Fonts::default()), Ok(None));
    }
}
