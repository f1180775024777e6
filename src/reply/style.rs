//! How a reply looks: each format is made once and shared by all workbooks.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use super::words::Mark;

const INK: Color = Color::RGB(0x1C_24_30);
const SOFT: Color = Color::RGB(0x5B_66_75);
const LINE: Color = Color::RGB(0xB8_C2_CF);
const ACCENT: Color = Color::RGB(0x1D_4F_91);
const HEAD: Color = Color::RGB(0xE8_EE_F6);

/// Formats of the cells of a form, marked or not.
pub(super) struct Cells {
    pub(super) title: Format,
    pub(super) head: Format,
    pub(super) name: Format,
    pub(super) text: Format,
    pub(super) whole: Format,
    pub(super) decimal: Format,
}

/// Every format of a reply.
pub(super) struct Styles {
    pub(super) title: Format,
    pub(super) subtitle: Format,
    pub(super) notice: Format,
    pub(super) label: Format,
    pub(super) fact: Format,
    pub(super) strong: Format,
    pub(super) head: Format,
    pub(super) cell: Format,
    pub(super) centred: Format,
    pub(super) link: Format,
    pub(super) small: Format,
    /// The column for the district's reasons: to be written in, and closed.
    pub(super) open: Format,
    pub(super) shut: Format,
    /// By mark: the word for a severity.
    severity: [Format; 4],
    plain: Cells,
    marked: [Cells; 4],
}

const fn fill(mark: Mark) -> (Color, FormatBorder, Color) {
    match mark {
        Mark::Error => (Color::RGB(0xFA_DC_D6), FormatBorder::Medium, Color::RGB(0xB3_26_1E)),
        Mark::Warning => (Color::RGB(0xFD_F0_CF), FormatBorder::Dashed, Color::RGB(0x8A_5A_00)),
        Mark::Info => (Color::RGB(0xE3_F0_FB), FormatBorder::Dotted, Color::RGB(0x1D_4F_91)),
        Mark::Closed => (Color::RGB(0xD8_EF_E2), FormatBorder::Thin, Color::RGB(0x1E_6B_3C)),
    }
}

impl Cells {
    fn new(dress: impl Fn(Format) -> Format) -> Self {
        let boxed = Format::new().set_border(FormatBorder::Thin).set_border_color(LINE).set_font_color(INK);
        let head = boxed.clone().set_bold().set_text_wrap().set_align(FormatAlign::Center);
        let right = boxed.clone().set_align(FormatAlign::Right);
        Self {
            title: dress(Format::new().set_font_color(INK)),
            head: dress(head.set_align(FormatAlign::VerticalCenter).set_background_color(HEAD)),
            name: dress(boxed.clone()),
            text: dress(right),
            whole: dress(boxed.clone().set_num_format("#,##0")),
            decimal: dress(boxed.set_num_format("#,##0.0###")),
        }
    }
}

impl Styles {
    pub(super) fn new() -> Self {
        let base = Format::new().set_font_color(INK).set_align(FormatAlign::Top).set_text_wrap();
        let boxed = base.clone().set_border(FormatBorder::Thin).set_border_color(LINE);
        let severity = Mark::ALL.map(|mark| {
            let (ground, _, ink) = fill(mark);
            boxed.clone().set_bold().set_background_color(ground).set_font_color(ink)
        });
        let marked = Mark::ALL.map(|mark| {
            let (ground, border, line) = fill(mark);
            Cells::new(move |f| f.set_background_color(ground).set_border(border).set_border_color(line))
        });
        Self {
            title: Format::new().set_bold().set_font_size(16).set_font_color(ACCENT),
            subtitle: Format::new().set_font_color(SOFT),
            notice: base.clone().set_bold().set_background_color(fill(Mark::Warning).0),
            label: base.clone().set_font_color(SOFT),
            fact: base.clone(),
            strong: base.clone().set_bold(),
            head: boxed.clone().set_bold().set_background_color(HEAD).set_align(FormatAlign::VerticalCenter),
            centred: boxed.clone().set_align(FormatAlign::Center),
            link: boxed.clone().set_font_color(ACCENT).set_underline(rust_xlsxwriter::FormatUnderline::Single),
            small: boxed.clone().set_font_size(8).set_font_color(SOFT),
            open: boxed.clone().set_unlocked().set_background_color(Color::RGB(0xFF_FD_E7)),
            shut: boxed.clone().set_font_color(SOFT),
            cell: boxed,
            severity,
            plain: Cells::new(|f| f),
            marked,
        }
    }

    pub(super) const fn severity(&self, mark: Mark) -> &Format {
        &self.severity[mark as usize]
    }

    /// Formats of a form's cell with this mark.
    pub(super) const fn cells(&self, mark: Option<Mark>) -> &Cells {
        match mark {
            None => &self.plain,
            Some(mark) => &self.marked[mark as usize],
        }
    }
}
