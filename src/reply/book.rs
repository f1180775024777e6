//! A letter → a workbook: the summary sheet, then the form as it came.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, ProtectionOptions, Url, Workbook, Worksheet, XlsxError};

use super::form;
use super::letter::{Item, Letter};
use super::style::Styles;
use super::words::{self, Mark, lines};
use crate::model::{CellRef, Plan, Severity, Sheet, reply};

/// Most findings that are told one by one.
pub(super) const MOST_ITEMS: usize = 1000;
/// Longest text of a cell, in characters.
const LONGEST: usize = 2000;

/// Width of the merged cells that hold what is said above the table.
const FACT_WIDTH: f64 = 139.0;

/// Head and width of each column of the table.
const COLUMNS: [(&str, &str, f64); 11] = [
    ("STT", "", 5.0),
    ("Mức độ", "severity", 14.0),
    ("Vị trí", "where", 15.0),
    ("Đơn vị", "unit", 19.0),
    ("Chỉ tiêu", "element", 27.0),
    ("Vấn đề", "what", 25.0),
    ("Có", "found", 17.0),
    ("Cần", "expected", 29.0),
    ("Nguyên nhân có thể", "likely cause", 22.0),
    (reply::REASON, "your reason", 34.0),
    (reply::FINDING, "finding", 15.0),
];

/// The bytes of the workbook.
pub(super) fn write(
    letter: &Letter<'_>,
    shown: Option<&Sheet>,
    plan: &Plan,
    styles: &Styles,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    book.set_zip_compression_level(1);
    let (date, time) = (letter.received.date(), letter.received.time());
    let created =
        ExcelDateTime::from_ymd(date.year().clamp(1900, 9999).unsigned_abs(), date.month() as u8, date.day() as u8)?
            .and_hms(time.hour().unsigned_abs().into(), time.minute().unsigned_abs(), time.second().unsigned_abs())?;
    book.set_properties(
        &DocProperties::new().set_title(reply::TITLE).set_author("wardscore").set_creation_datetime(&created),
    );
    let name = shown.map(|sheet| form::sheet_name(sheet, letter));
    summary(book.add_worksheet(), letter, name.as_deref(), plan, styles)?;
    if let (Some(sheet), Some(name)) = (shown, &name) {
        form::write(book.add_worksheet(), sheet, name, letter, styles)?;
    }
    book.save_to_buffer()
}

/// Text that a cell can hold, whatever was received.
pub(super) fn capped(text: &str) -> String {
    let odd = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.len() <= LONGEST && !text.contains(odd) {
        return text.to_owned();
    }
    let mut kept: String = text.chars().filter(|c| !odd(*c)).take(LONGEST).collect();
    if text.len() > LONGEST {
        kept.push('…');
    }
    kept
}

fn summary(
    page: &mut Worksheet,
    letter: &Letter<'_>,
    form: Option<&str>,
    plan: &Plan,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let last = COLUMNS.len() as u16 - 1;
    page.set_name(reply::SHEET)?.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    page.set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3).set_footer("&L&F&R&P/&N").set_screen_gridlines(false);
    for (column, (_, _, width)) in COLUMNS.iter().enumerate() {
        page.set_column_width(column as u16, *width)?;
    }
    page.write_string_with_format(0, 0, reply::TITLE, &styles.title)?;
    page.write_string_with_format(1, 0, lines(&plan.name_vi, &plan.name_en).replace('\n', " · "), &styles.subtitle)?;
    let mut row = 2;
    if !plan.notice_vi.is_empty() {
        let notice = format!("{} · {}", plan.notice_vi, plan.notice_en);
        page.merge_range(row, 0, row, 4, &notice, &styles.notice)?;
        row += 1;
    }
    row += 1;
    for ((label, label_en), (vi, en)) in words::facts(letter) {
        page.merge_range(row, 0, row, 2, &format!("{label} · {label_en}"), &styles.label)?;
        let strong = label_en == "result" || label_en == "what to do";
        let text = if en.is_empty() || en == vi {
            vi
        } else if strong {
            format!("{vi}\n{en}")
        } else {
            format!("{vi} · {en}")
        };
        page.merge_range(row, 3, row, 8, &capped(&text), if strong { &styles.strong } else { &styles.fact })?;
        // Merged cells do not grow by themselves.
        page.set_row_height(row, height(lines_in(&text, FACT_WIDTH)))?;
        row += 1;
    }
    row += 1;
    for (column, (vi, en, _)) in COLUMNS.iter().enumerate() {
        page.write_string_with_format(row, column as u16, lines(vi, en), &styles.head)?;
    }
    page.set_row_height(row, 32)?.set_repeat_rows(row, row)?;
    for (at, item) in letter.items.iter().take(MOST_ITEMS).enumerate() {
        row += 1;
        finding(page, row, at + 1, item, form, styles)?;
    }
    row += 1;
    if letter.items.is_empty() {
        page.merge_range(row, 0, row, last, "Không có phát hiện nào. · No findings.", &styles.cell)?;
    } else if letter.items.len() > MOST_ITEMS {
        let more = format!("… và {} phát hiện nữa · and so many more", letter.items.len() - MOST_ITEMS);
        page.merge_range(row, 0, row, last, &more, &styles.cell)?;
    }
    page.protect_with_options(&ProtectionOptions {
        format_cells: true,
        format_columns: true,
        format_rows: true,
        ..ProtectionOptions::default()
    });
    Ok(())
}

/// One row of the table.
fn finding(
    page: &mut Worksheet,
    row: u32,
    number: usize,
    item: &Item<'_>,
    form: Option<&str>,
    styles: &Styles,
) -> Result<(), XlsxError> {
    let mark = Mark::of(item);
    let (title_vi, title_en) = item.code.title();
    let (vi, en) = mark.words();
    let mut tallest = 2;
    page.write_number_with_format(row, 0, number as f64, &styles.centred)?;
    page.write_string_with_format(row, 1, format!("{} {vi}\n{en}", mark.sign()), styles.severity(mark))?;
    match (item.cell, form) {
        (Some(cell), Some(form)) => {
            let cell = CellRef::Sheet { row: cell.row(), column: cell.column() };
            let link = Url::new(format!("internal:'{}'!{cell}", form.replace('\'', "''")));
            let text = format!("{form}, ô {}", words::place(item));
            page.write_url_with_options(row, 2, link, text, "", Some(&styles.link))?;
        }
        _ => {
            page.write_string_with_format(row, 2, capped(&words::place(item)), &styles.cell)?;
        }
    }
    let mut text = |column: u16, text: String, format: &Format| -> Result<(), XlsxError> {
        tallest = tallest.max(lines_in(&text, COLUMNS[usize::from(column)].2));
        page.write_string_with_format(row, column, capped(&text), format)?;
        Ok(())
    };
    text(3, item.unit.clone(), &styles.cell)?;
    text(4, lines(&item.element.0, &item.element.1), &styles.cell)?;
    text(5, lines(title_vi, title_en), &styles.cell)?;
    // In quotes, a list of what was found is no list of names or numbers.
    text(6, words::quoted(item.found), &styles.cell)?;
    text(7, lines(item.expected.0, item.expected.1), &styles.cell)?;
    text(8, lines(item.cause.0, item.cause.1), &styles.cell)?;
    let reason = if item.severity == Severity::Error { &styles.shut } else { &styles.open };
    text(9, item.reason.to_owned(), reason)?;
    text(10, reply::shown_id(item.id), &styles.small)?;
    page.set_row_height(row, height(tallest.min(12)))?;
    Ok(())
}

/// How many lines a text takes in a column of this width.
fn lines_in(text: &str, width: f64) -> usize {
    // A character is about as wide as a column's unit; words at the end of a line leave some of it empty.
    text.lines().map(|line| (line.chars().count() as f64 * 1.1 / width).ceil().max(1.0) as usize).sum()
}

fn height(lines: usize) -> f64 {
    15.0 * lines.max(1) as f64 + 1.0
}
