//! How a workbook looks: each format is made once.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

use crate::model::Status;

const INK: Color = Color::RGB(0x17_20_2B);
const SOFT: Color = Color::RGB(0x4D_59_67);
const LINE: Color = Color::RGB(0xC3_CB_D5);
const ACCENT: Color = Color::RGB(0x17_50_8F);
const HEAD: Color = Color::RGB(0xE6_EC_F4);

/// Every format of a workbook.
pub(super) struct Styles {
    pub(super) title: Format,
    pub(super) subtitle: Format,
    pub(super) notice: Format,
    pub(super) head: Format,
    pub(super) text: Format,
    pub(super) soft: Format,
    pub(super) centred: Format,
    percent: Format,
    whole: Format,
    decimal: Format,
}

impl Styles {
    pub(super) fn new() -> Self {
        let plain = || Format::new().set_font_name("Calibri").set_font_size(10).set_font_color(INK);
        let cell = || plain().set_border(FormatBorder::Hair).set_border_color(LINE).set_align(FormatAlign::Top);
        Self {
            title: plain().set_bold().set_font_size(16).set_font_color(ACCENT),
            subtitle: plain().set_font_color(SOFT),
            notice: plain().set_bold(),
            head: cell().set_bold().set_background_color(HEAD).set_text_wrap().set_border(FormatBorder::Thin),
            text: cell().set_text_wrap(),
            soft: cell().set_text_wrap().set_font_color(SOFT),
            centred: cell().set_align(FormatAlign::Center),
            percent: cell().set_num_format("0.0%"),
            whole: cell().set_num_format("#,##0"),
            decimal: cell().set_num_format("#,##0.00"),
        }
    }

    /// The format of a number in an indicator's unit.
    pub(super) fn number(&self, value: f64, unit_label: &str) -> &Format {
        match unit_label {
            "share" => &self.percent,
            _ if value.fract() == 0.0 => &self.whole,
            _ => &self.decimal,
        }
    }
}

/// The colour behind a status; its sign and word stand beside it.
pub(super) fn colour(status: Status) -> Option<Color> {
    Some(Color::RGB(match status {
        Status::Achieved => 0xC9_EB_DC,
        Status::OnTrack => 0xD9_E9_F8,
        Status::AtRisk => 0xFD_EB_C0,
        Status::OffTrack => 0xF8_D3_C6,
        Status::Undecided => 0xE6_E0_F4,
        Status::NotStarted | Status::NotReported | Status::Undefined => 0xEC_EF_F3,
        Status::NoTarget => return None,
    }))
}
