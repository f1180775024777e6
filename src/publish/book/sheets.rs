//! The sheets of a workbook.

use rust_xlsxwriter::{ConditionalFormatFormula, Format, Worksheet, XlsxError};

use super::heading;
use super::style::{Styles, colour};
use crate::model::{Indicator, Level, Status};
use crate::publish::edition::{Edition, Unit};
use crate::publish::values::Value;
use crate::publish::view::{Area, Page, Text, defined, find, mark};

/// Rows above the head of a table.
const TOP: u32 = 4;
/// Height of a row with a text in both languages.
const TWO_LINES: f64 = 27.0;

/// Title, period and for whom; then the head of a table, which stays in sight.
fn begin(
    sheet: &mut Worksheet,
    name: &str,
    page: &Page<'_>,
    columns: &[(String, f64)],
    styles: &Styles,
) -> Result<(), XlsxError> {
    let [title, period, notice] = heading(page);
    sheet.set_name(name)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3).set_footer("&L&F · &A&R&P/&N").set_screen_gridlines(false);
    for (row, (text, format)) in
        [(title, &styles.title), (period, &styles.subtitle), (notice, &styles.notice)].into_iter().enumerate()
    {
        sheet.write_string_with_format(row as u32, 0, text, format)?;
    }
    for (at, (head, width)) in columns.iter().enumerate() {
        sheet.set_column_width(at as u16, *width)?;
        sheet.write_string_with_format(TOP, at as u16, head, &styles.head)?;
    }
    sheet.set_row_height(TOP, 45)?.set_repeat_rows(TOP, TOP)?.set_freeze_panes(TOP + 1, 1)?;
    Ok(())
}

/// The table's filter and what is printed of the sheet.
fn end(sheet: &mut Worksheet, last: u32, columns: usize) -> Result<(), XlsxError> {
    let right = columns as u16 - 1;
    sheet.autofilter(TOP, 0, last.max(TOP + 1), right)?.set_print_area(0, 0, last.max(TOP + 1), right)?;
    Ok(())
}

fn columns<const N: usize>(of: [(&str, &str, f64); N]) -> Vec<(String, f64)> {
    of.map(|(vi, en, width)| (if en.is_empty() { vi.to_owned() } else { format!("{vi}\n{en}") }, width)).into()
}

fn both(text: &Text<'_>) -> String {
    if text.vi == text.en { text.vi.to_string() } else { format!("{}\n{}", text.vi, text.en) }
}

/// A cell with a number; an empty one without.
fn number(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    value: Option<f64>,
    unit_label: &str,
    styles: &Styles,
) -> Result<(), XlsxError> {
    match value {
        Some(value) => sheet.write_number_with_format(row, column, value, styles.number(value, unit_label))?,
        None => sheet.write_blank(row, column, &styles.text)?,
    };
    Ok(())
}

/// Cells with numbers of one unit, side by side.
fn numbers<const N: usize>(
    sheet: &mut Worksheet,
    row: u32,
    first: u16,
    values: [Option<f64>; N],
    unit_label: &str,
    styles: &Styles,
) -> Result<(), XlsxError> {
    (first..).zip(values).try_for_each(|(column, value)| number(sheet, row, column, value, unit_label, styles))
}

/// Two limits as two cells.
fn ends(limits: Option<(f64, f64)>) -> [Option<f64>; 2] {
    limits.map_or([None; 2], |(low, high)| [Some(low), Some(high)])
}

/// Colours cells of `column` by the sign that stands in the column after it.
fn by_sign(sheet: &mut Worksheet, column: u16, sign: u16, last: u32) -> Result<(), XlsxError> {
    for status in Status::ALL {
        let Some(colour) = colour(*status) else { continue };
        let letters = rust_xlsxwriter::utility::column_number_to_name(sign);
        let formula = format!("=LEFT(${letters}{},1)=\"{}\"", TOP + 2, mark(*status).sign);
        let format = ConditionalFormatFormula::new()
            .set_rule(formula.as_str())
            .set_format(Format::new().set_background_color(colour));
        sheet.add_conditional_format(TOP + 1, column.min(sign), last.max(TOP + 1), column.max(sign), &format)?;
    }
    Ok(())
}

/// The targets of the unit, and its process indicators.
pub(super) fn card(
    sheet: &mut Worksheet,
    area: &Area<'_>,
    edition: &Edition<'_>,
    unit: &Unit,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let columns = columns([
        ("Mã", "code", 8.0),
        ("Chỉ tiêu", "indicator", 46.0),
        ("Kết quả", "value", 12.0),
        ("Vì sao không có", "why there is none", 16.0),
        ("Cận dưới 95%", "lower limit", 11.0),
        ("Cận trên 95%", "upper limit", 11.0),
        ("Mục tiêu", "target", 11.0),
        ("Mục tiêu cao", "aspired", 11.0),
        ("Cần lúc này", "required now", 11.0),
        ("Đánh giá", "status", 22.0),
        ("So với năm trước", "change", 12.0),
        ("Đã báo cáo", "reporting", 9.0),
        ("Phải báo cáo", "expected", 9.0),
    ]);
    begin(sheet, "Phiếu điểm", &area.page, &columns, styles)?;
    let mut row = TOP;
    for value in &unit.values {
        row += 1;
        let indicator = &edition.plan.indicators[value.indicator];
        let label = &indicator.unit_label;
        name(sheet, row, 0, indicator, styles)?;
        number(sheet, row, 2, value.value, label, styles)?;
        absence(sheet, row, 3, value, styles)?;
        let [low, high] = ends(value.chance);
        let [target, aspired] = ends(value.target);
        numbers(sheet, row, 4, [low, high, target, aspired, value.expected_now], label, styles)?;
        status(sheet, row, 9, value, styles)?;
        number(sheet, row, 10, value.change.filter(|_| value.change_is_real), label, styles)?;
        numbers(sheet, row, 11, [value.reporting, value.expected].map(|n| Some(n.into())), "", styles)?;
    }
    by_sign(sheet, 9, 9, row)?;
    end(sheet, row, columns.len())
}

fn name(sheet: &mut Worksheet, row: u32, column: u16, indicator: &Indicator, styles: &Styles) -> Result<(), XlsxError> {
    sheet.write_string_with_format(row, column, &indicator.code, &styles.text)?;
    let text = format!("{}\n{}", indicator.name_vi, indicator.name_en);
    sheet.write_string_with_format(row, column + 1, text, &styles.text)?;
    sheet.set_row_height(row, TWO_LINES)?;
    Ok(())
}

fn absence(sheet: &mut Worksheet, row: u32, column: u16, value: &Value, styles: &Styles) -> Result<(), XlsxError> {
    let why = crate::publish::figure::absence(value.state);
    let text = if why.vi.is_empty() { String::new() } else { format!("{}\n{}", why.vi, why.en) };
    sheet.write_string_with_format(row, column, text, &styles.soft)?;
    Ok(())
}

fn status(sheet: &mut Worksheet, row: u32, column: u16, value: &Value, styles: &Styles) -> Result<(), XlsxError> {
    let mark = mark(value.status);
    let text = if value.status == Status::NoTarget {
        String::new()
    } else {
        format!("{} {}\n{}", mark.sign, mark.text.vi, mark.text.en)
    };
    sheet.write_string_with_format(row, column, text, &styles.text)?;
    Ok(())
}

/// Units below by target: a value and its sign for each.
pub(super) fn matrix(
    sheet: &mut Worksheet,
    area: &Area<'_>,
    edition: &Edition<'_>,
    unit: &Unit,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let matrix = &area.matrix;
    let mut columns = columns([("Đơn vị", "unit", 28.0), ("Mã", "code", 8.0)]);
    let first = if matrix.of_wards { 8 } else { 2 };
    if matrix.of_wards {
        for (vi, en, width) in [
            ("Phân loại", "class", 14.0),
            ("Điểm", "score", 8.0),
            ("Hạng tốt nhất", "best rank", 9.0),
            ("Hạng kém nhất", "worst rank", 9.0),
            ("Trong số", "of", 8.0),
            ("Đầy đủ", "complete", 9.0),
        ] {
            columns.push((format!("{vi}\n{en}"), width));
        }
    }
    for (code, _) in &matrix.heads {
        columns.push(((*code).to_owned(), 10.0));
        columns.push((format!("{code}\nđánh giá"), 5.0));
    }
    begin(sheet, "Theo đơn vị", &area.page, &columns, styles)?;
    let below: Vec<&Unit> = edition.below(unit).collect();
    let heads =
        matrix.heads.iter().filter_map(|(code, _)| edition.plan.indicators.iter().position(|i| i.code == *code));
    let heads: Vec<usize> = heads.collect();
    let mut row = TOP;
    for (shown, below) in matrix.rows.iter().zip(&below) {
        row += 1;
        sheet.write_string_with_format(row, 0, &*below.name, &styles.text)?;
        sheet.write_string_with_format(row, 1, &*below.code, &styles.text)?;
        if matrix.of_wards {
            let class = shown.class.as_ref().map_or_else(String::new, both);
            sheet.set_row_height(row, TWO_LINES)?;
            sheet.write_string_with_format(row, 2, class, &styles.text)?;
            let card = below.card.as_ref();
            let ranks = card.and_then(|card| card.ranks);
            number(sheet, row, 3, card.and_then(|card| card.score).map(|score| score.0), "", styles)?;
            let ranks = ranks.map_or([None; 3], |(best, worst, of)| [best, worst, of].map(|rank| Some(rank.into())));
            numbers(sheet, row, 4, ranks, "", styles)?;
            number(sheet, row, 7, card.and_then(|card| card.completeness), "share", styles)?;
        }
        for (at, indicator) in heads.iter().enumerate() {
            let column = first + 2 * at as u16;
            let value = find(below, *indicator);
            let label = &edition.plan.indicators[*indicator].unit_label;
            number(sheet, row, column, value.and_then(|value| value.value), label, styles)?;
            let sign = value.map_or("", |value| mark(value.status).sign);
            sheet.write_string_with_format(row, column + 1, sign, &styles.centred)?;
        }
    }
    for at in 0..heads.len() as u16 {
        by_sign(sheet, first + 2 * at, first + 2 * at + 1, row)?;
    }
    end(sheet, row, columns.len())
}

/// Every value of the unit and of all below it.
pub(super) fn values(
    sheet: &mut Worksheet,
    page: &Page<'_>,
    edition: &Edition<'_>,
    unit: &Unit,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let columns = columns([
        ("Đơn vị", "unit", 26.0),
        ("Mã", "code", 8.0),
        ("Cấp", "level", 10.0),
        ("Thuộc", "of", 22.0),
        ("Chỉ tiêu", "indicator", 9.0),
        ("Tình trạng", "state", 13.0),
        ("Tử số", "numerator", 12.0),
        ("Mẫu số", "denominator", 12.0),
        ("Giá trị", "value", 12.0),
        ("Cận dưới 95%", "lower limit", 11.0),
        ("Cận trên 95%", "upper limit", 11.0),
        ("Mục tiêu", "target", 11.0),
        ("Cần lúc này", "required now", 11.0),
        ("Đánh giá", "status", 13.0),
        ("Đã báo cáo", "reporting", 9.0),
        ("Phải báo cáo", "expected", 9.0),
    ]);
    begin(sheet, "Số liệu", page, &columns, styles)?;
    let below = edition.below(unit).filter(|unit| unit.level != Level::Ward);
    let mut row = TOP;
    for of in std::iter::once(unit).chain(below).chain(edition.wards(unit)) {
        let above = edition.above(of).map_or("", |above| above.name.as_str());
        for value in &of.values {
            row += 1;
            let indicator = &edition.plan.indicators[value.indicator];
            let texts = [&of.name, &of.code, of.level.as_str(), above, &indicator.code, value.state.as_str()];
            for (column, text) in texts.into_iter().enumerate() {
                sheet.write_string_with_format(row, column as u16, text, &styles.text)?;
            }
            numbers(sheet, row, 6, [value.numerator, value.denominator], "", styles)?;
            let ([low, high], [target, _]) = (ends(value.chance), ends(value.target));
            let known = [value.value, low, high, target, value.expected_now];
            numbers(sheet, row, 8, known, &indicator.unit_label, styles)?;
            sheet.write_string_with_format(row, 13, value.status.as_str(), &styles.text)?;
            numbers(sheet, row, 14, [value.reporting, value.expected].map(|n| Some(n.into())), "", styles)?;
        }
    }
    end(sheet, row, columns.len())
}

/// What each indicator is, and how to read the sheets.
pub(super) fn notes(
    sheet: &mut Worksheet,
    page: &Page<'_>,
    edition: &Edition<'_>,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let columns = columns([
        ("Mã", "code", 9.0),
        ("Chỉ tiêu", "indicator", 44.0),
        ("Cách tính", "form", 26.0),
        ("Tử số", "numerator", 48.0),
        ("Mẫu số", "denominator", 48.0),
    ]);
    begin(sheet, "Ghi chú", page, &columns, styles)?;
    let mut row = TOP;
    for indicator in &edition.plan.indicators {
        row += 1;
        let defined = defined(edition, indicator);
        name(sheet, row, 0, indicator, styles)?;
        sheet.write_string_with_format(row, 2, both(&defined.form), &styles.text)?;
        sheet.write_string_with_format(row, 3, both(&defined.numerator.words), &styles.text)?;
        let denominator = defined.denominator.as_ref().map_or_else(String::new, |formula| both(&formula.words));
        sheet.write_string_with_format(row, 4, denominator, &styles.text)?;
    }
    end(sheet, row, columns.len())?;
    row += 2;
    for (vi, en) in [
        (
            "Ô trống không phải là 0: cột “Vì sao không có” hoặc “Tình trạng” nói lý do.",
            "An empty cell is no zero: the column “why there is none” or “state” says why.",
        ),
        (
            "Giá trị của cấp trên tính từ tổng tử số và tổng mẫu số, không phải trung bình các tỷ lệ.",
            "A value above the ward is made from summed numerators and denominators, not from a mean of ratios.",
        ),
        (
            "Thay đổi so với năm trước chỉ ghi khi lớn hơn mức ngẫu nhiên.",
            "A change on the year before stands only where it is more than chance.",
        ),
    ] {
        sheet.write_string_with_format(row, 0, format!("{vi} {en}"), &styles.subtitle)?;
        row += 1;
    }
    Ok(())
}
