//! Workbooks: what pages show, as numbers to work with; in a release, of districts and provinces.
//!
//! In: an edition, and what `view` makes of it. Out: a workbook each with the scorecard, the units below by target, every
//! value, and notes. Numbers are numbers and texts are texts, whatever they begin with.

mod sheets;
mod style;

use rayon::prelude::*;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};

use super::edition::Unit;
use super::view::{self, Page};
use super::{Content, Pages, PublishError, Renderer};
use crate::model::Level;
use style::Styles;

/// The workbooks.
pub(super) struct Books;

impl Renderer for Books {
    fn units(&self, of: &Content<'_>, to: &Pages<'_>) -> Result<(), PublishError> {
        let units = of.units();
        // A ward's is made where somebody asks for it: in a release there would be a workbook to a page.
        let wanted = |unit: &&&Unit| unit.level != Level::Ward || of.only.is_some();
        units.par_iter().filter(wanted).try_for_each(|unit| {
            let name = format!("{}/{}.xlsx", unit.level, unit.code);
            let made = book(of, unit);
            to.write(&name, &made.map_err(|error| PublishError::Page { page: name.clone(), why: error.to_string() })?)
        })
    }
}

fn book(of: &Content<'_>, unit: &Unit) -> Result<Vec<u8>, XlsxError> {
    let (edition, styles) = (of.edition, Styles::new());
    let area = view::area(edition, &of.peers, unit, "../");
    let mut book = Workbook::new();
    book.set_zip_compression_level(1);
    // Not the clock's day: the same figures are the same bytes.
    let end = edition.period.end();
    let day = ExcelDateTime::from_ymd(end.year().clamp(1900, 9999).unsigned_abs(), end.month() as u8, end.day() as u8)?;
    let title = format!("{} – {}", unit.name, edition.period.label_vi());
    let properties = DocProperties::new().set_title(&title).set_author("wardscore").set_subject("nội bộ · internal");
    book.set_properties(&properties.set_creation_datetime(&day));
    sheets::card(book.add_worksheet(), &area, edition, unit, &styles)?;
    if !area.matrix.rows.is_empty() {
        sheets::matrix(book.add_worksheet(), &area, edition, unit, &styles)?;
    }
    sheets::values(book.add_worksheet(), &area.page, edition, unit, &styles)?;
    sheets::notes(book.add_worksheet(), &area.page, edition, &styles)?;
    book.save_to_buffer()
}

/// What stands at the head of a sheet.
fn heading(page: &Page<'_>) -> [String; 3] {
    let map = page.map.as_ref().map_or_else(String::new, |map| format!(", {} · {}", map.vi, map.en));
    let notice = page.notice.as_ref().map_or_else(String::new, |text| format!(" – {} · {}", text.vi, text.en));
    [
        page.title.vi.to_string(),
        format!("{} · {} – {} · {}{map}", page.period.vi, page.period.en, page.span.vi, page.span.en),
        format!("nội bộ · internal{notice}"),
    ]
}
