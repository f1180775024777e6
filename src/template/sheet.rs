//! The form's sheet, laid out as the forms are, and the hidden stamp.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, IgnoreError, ProtectionOptions,
    Workbook, Worksheet, XlsxError,
};

use super::{Entries, Entry, Slot, rules};
use crate::model::element::capital;
use crate::model::{CellRef, Element, Kind, Level, Plan, Stamp, UnitVersion};

/// Columns before the figures: number, code, name.
const BEFORE: u16 = 3;
const STUB: [(&str, &str, f64); 3] = [("STT", "(A)", 5.0), ("Mã ĐVHC", "(B)", 10.0), ("", "(C)", 25.0)];
/// Lines of the title block, the header below it.
const HEADER: u32 = 7;

struct Formats {
    office: Format,
    mark: Format,
    title: Format,
    line: Format,
    hint: Format,
    head: Format,
    number: Format,
    place: Format,
    stub: Format,
    total: Format,
    count: Format,
    decimal: Format,
    flag: Format,
    free: Format,
}

impl Formats {
    fn new() -> Self {
        let centred = Format::new().set_align(FormatAlign::Center);
        let boxed = Format::new()
            .set_border(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x8A_94_A3))
            .set_align(FormatAlign::VerticalCenter);
        let data = boxed.clone().set_unlocked().set_background_color(Color::RGB(0xFF_FD_E7));
        let head = boxed.clone().set_bold().set_text_wrap().set_align(FormatAlign::Center);
        Self {
            office: Format::new().set_bold(),
            mark: Format::new().set_bold().set_align(FormatAlign::Right),
            title: centred.clone().set_bold().set_font_size(14),
            line: centred.clone(),
            hint: centred.set_italic().set_font_color(Color::RGB(0x5B_66_75)),
            head: head.set_background_color(Color::RGB(0xE8_EE_F6)),
            number: boxed.clone().set_italic().set_font_size(9).set_align(FormatAlign::Center),
            place: boxed.clone().set_align(FormatAlign::Center),
            stub: boxed.clone(),
            total: boxed
                .set_bold()
                .set_background_color(Color::RGB(0xF2_F4_F7))
                .set_num_format("#,##0.###;-#,##0.###;0"),
            count: data.clone().set_num_format("#,##0"),
            decimal: data.clone().set_num_format("#,##0.0##"),
            flag: data.set_align(FormatAlign::Center),
            free: Format::new().set_unlocked(),
        }
    }
}

pub(super) fn write(
    slot: &Slot<'_>,
    plan: &Plan,
    units: &[&UnitVersion],
    entries: &Entries<'_>,
) -> Result<Vec<u8>, XlsxError> {
    let elements: Vec<&Element> = slot.form.elements.iter().filter_map(|at| plan.elements.get(*at)).collect();
    let formats = Formats::new();
    let mut book = Workbook::new();
    let start = slot.period.start();
    let created = ExcelDateTime::from_ymd(start.year().unsigned_abs(), 1, 1)?;
    book.set_properties(
        &DocProperties::new().set_title(&slot.form.name_vi).set_author("wardscore").set_creation_datetime(&created),
    );
    let page = book.add_worksheet();
    let last = BEFORE + elements.len() as u16 - 1;
    let mark = capital(slot.form.marks.first().map_or("Sheet1", String::as_str));
    page.set_name(&mark)?.set_landscape().set_paper_size(if elements.len() > 15 { 8 } else { 9 });
    page.set_print_fit_to_pages(1, 0).set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3).set_footer("&L&F&R&P/&N");
    title(page, slot, plan, &mark, last, &formats)?;
    let first = headings(page, slot, &elements, &formats)?;
    body(page, units, &elements, first, entries, &formats)?;
    let end = first + units.len() as u32;
    if slot.form.level == Level::Ward && !units.is_empty() {
        totals(page, units, &elements, first, entries, &formats)?;
    }
    signatures(page, end + 2, last, &formats)?;
    for at in 0..elements.len() {
        validate(page, slot, plan, units, at, first)?;
    }
    page.set_freeze_panes(first, BEFORE)?.set_repeat_rows(HEADER, first - 1)?;
    // Code and name stay in sight when the form is scrolled.
    page.protect_with_options(&ProtectionOptions {
        format_columns: true,
        format_rows: true,
        ..ProtectionOptions::default()
    });
    stamp(book.add_worksheet(), slot, plan)?;
    book.save_to_buffer()
}

fn title(
    page: &mut Worksheet,
    slot: &Slot<'_>,
    plan: &Plan,
    mark: &str,
    last: u16,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let district = &slot.district.name_vi;
    page.write_string_with_format(0, 0, format!("ỦY BAN NHÂN DÂN {}", district.to_uppercase()), &formats.office)?;
    page.write_string_with_format(1, 0, "PHÒNG LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", &formats.office)?;
    page.write_string_with_format(0, last, mark, &formats.mark)?;
    page.merge_range(2, 0, 2, last, &slot.form.name_vi, &formats.title)?;
    page.merge_range(3, 0, 3, last, &plan.name_vi, &formats.hint)?;
    page.merge_range(4, 0, 4, last, &format!("Kỳ báo cáo: {}", slot.period.label_vi()), &formats.line)?;
    page.merge_range(5, 0, 5, last, &format!("Đơn vị báo cáo: {district}"), &formats.line)?;
    let hint = "Chỉ nhập vào các ô nền vàng. Không phát sinh ghi 0; chưa có số liệu để trống.";
    page.merge_range(6, 0, 6, last, hint, &formats.hint)?;
    Ok(())
}

/// The nested header and the row that numbers the columns. Returns the first row of figures.
fn headings(page: &mut Worksheet, slot: &Slot<'_>, elements: &[&Element], formats: &Formats) -> Result<u32, XlsxError> {
    let labels: Vec<(Option<&str>, String)> = elements.iter().map(|e| e.heading()).collect();
    let nested = labels.iter().any(|(group, _)| group.is_some());
    let (top, leaf) = (HEADER, HEADER + u32::from(nested));
    let tall = |page: &mut Worksheet, column: u16, text: &str| -> Result<(), XlsxError> {
        if nested {
            page.merge_range(top, column, leaf, column, text, &formats.head)?;
        } else {
            page.write_string_with_format(top, column, text, &formats.head)?;
        }
        Ok(())
    };
    let name = if slot.form.level == Level::Ward { "Xã, phường, thị trấn" } else { "Tên đơn vị" };
    for (column, (label, number, width)) in STUB.iter().enumerate() {
        let column = column as u16;
        tall(page, column, if label.is_empty() { name } else { label })?;
        page.write_string_with_format(leaf + 1, column, *number, &formats.number)?;
        page.set_column_width(column, *width)?;
    }
    let mut column = BEFORE;
    for of_group in labels.chunk_by(|a, b| a.0.is_some() && a.0 == b.0) {
        let right = column + of_group.len() as u16 - 1;
        match of_group[0].0 {
            None => tall(page, column, &of_group[0].1)?,
            Some(group) if right > column => {
                page.merge_range(top, column, top, right, group, &formats.head)?;
            }
            Some(group) => {
                page.write_string_with_format(top, column, group, &formats.head)?;
            }
        }
        for (at, (group, label)) in of_group.iter().enumerate() {
            if group.is_some() {
                page.write_string_with_format(leaf, column + at as u16, label, &formats.head)?;
            }
        }
        column = right + 1;
    }
    for (at, _) in elements.iter().enumerate() {
        let column = BEFORE + at as u16;
        page.write_string_with_format(leaf + 1, column, format!("({})", at + 1), &formats.number)?;
        page.set_column_width(column, 11.5)?;
    }
    if nested {
        page.set_row_height(top, 36)?;
    }
    page.set_row_height(leaf, if nested { 62 } else { 92 })?;
    Ok(leaf + 2)
}

fn body(
    page: &mut Worksheet,
    units: &[&UnitVersion],
    elements: &[&Element],
    first: u32,
    entries: &Entries<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    for (at, unit) in units.iter().enumerate() {
        let row = first + at as u32;
        page.write_number_with_format(row, 0, (at + 1) as f64, &formats.place)?;
        page.set_row_height(row, 18)?;
        page.write_string_with_format(row, 1, &unit.code, &formats.stub)?;
        page.write_string_with_format(row, 2, &unit.name_vi, &formats.stub)?;
        for (at, element) in elements.iter().enumerate() {
            let column = BEFORE + at as u16;
            let format = match element.kind {
                Kind::Flag => &formats.flag,
                _ if element.decimals => &formats.decimal,
                _ => &formats.count,
            };
            match entries(unit, element) {
                None => page.write_blank(row, column, format)?,
                Some(Entry::Number(number)) => page.write_number_with_format(row, column, number, format)?,
                Some(Entry::Text(text)) => page.write_string_with_format(row, column, text, format)?,
            };
        }
    }
    if let Some(end) = (units.len() as u32).checked_sub(1) {
        // A code is text and stays so.
        page.ignore_error_range(first, 1, first + end, 1, IgnoreError::NumberStoredAsText)?;
    }
    Ok(())
}

/// What may be entered in a column; row by row where it depends on the unit.
fn validate(
    page: &mut Worksheet,
    slot: &Slot<'_>,
    plan: &Plan,
    units: &[&UnitVersion],
    at: usize,
    first: u32,
) -> Result<(), XlsxError> {
    let (element, column) = (slot.form.elements[at], BEFORE + at as u16);
    let step = if rules::is_of_unit(plan, element) { 1 } else { units.len().max(1) };
    for (turn, of) in units.chunks(step).enumerate() {
        let row = first + (turn * step) as u32;
        let cell = |element: usize| {
            let at = slot.form.elements.iter().position(|e| *e == element)? as u32;
            Some(CellRef::Sheet { row, column: u32::from(BEFORE) + at }.to_string())
        };
        let place = rules::Place { plan, element, unit: &of[0].code, year: slot.period.year(), cell: &cell };
        page.add_data_validation(row, column, row + of.len() as u32 - 1, column, &place.validation()?)?;
    }
    Ok(())
}

/// The total row: formulas with the value that they have now, so that a reader that does not compute has it too.
fn totals(
    page: &mut Worksheet,
    units: &[&UnitVersion],
    elements: &[&Element],
    first: u32,
    entries: &Entries<'_>,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let row = first + units.len() as u32;
    page.set_row_height(row, 18)?;
    for column in 0..BEFORE {
        page.write_string_with_format(row, column, if column == 2 { "Tổng cộng" } else { "" }, &formats.total)?;
    }
    for (at, element) in elements.iter().enumerate() {
        let column = u32::from(BEFORE) + at as u32;
        let (from, to) = (CellRef::Sheet { row: first, column }, CellRef::Sheet { row: row - 1, column });
        let (formula, worth): (String, fn(Entry) -> f64) = if element.kind == Kind::Flag {
            (format!("=COUNTIF({from}:{to},\"x\")"), |e| f64::from(u8::from(e == Entry::Text("x".to_owned()))))
        } else {
            (format!("=SUM({from}:{to})"), |e| if let Entry::Number(n) = e { n } else { 0.0 })
        };
        let sum: f64 = units.iter().filter_map(|unit| entries(unit, element)).map(worth).sum();
        let formula = Formula::new(formula).set_result(sum.to_string());
        page.write_formula_with_format(row, column as u16, formula, &formats.total)?;
    }
    Ok(())
}

/// Place, date and who signs: to be filled in by hand.
fn signatures(page: &mut Worksheet, row: u32, last: u16, formats: &Formats) -> Result<(), XlsxError> {
    let right = last.saturating_sub(3).max(BEFORE);
    for line in 0..6 {
        for column in [2, right] {
            page.write_blank(row + line, column, &formats.free)?;
        }
    }
    page.write_string_with_format(row, right, "……, ngày …… tháng …… năm ……", &formats.free)?;
    page.write_string_with_format(row + 1, 2, "Người lập biểu", &formats.free)?;
    page.write_string_with_format(row + 1, right, "TRƯỞNG PHÒNG (ký, đóng dấu)", &formats.free)?;
    Ok(())
}

fn stamp(page: &mut Worksheet, slot: &Slot<'_>, plan: &Plan) -> Result<(), XlsxError> {
    page.set_name(Stamp::SHEET)?.set_very_hidden(true);
    for (row, (key, value)) in slot.stamp(plan).pairs().iter().enumerate() {
        page.write_string(row as u32, 0, *key)?;
        page.write_string(row as u32, 1, value)?;
    }
    page.protect();
    Ok(())
}
