//! A draft laid out as districts lay out their forms, and written as a workbook or a text file.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook};

use super::SampleError;
use super::draft::Draft;
use super::faults::Place;
use crate::model::element::capital;
use crate::model::number::vietnamese;
use crate::model::{CellRef, Kind, Level};

/// How one file looks.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent habits")]
pub(super) struct Style {
    /// A workbook, else a text file.
    pub(super) workbook: bool,
    /// A column with the units' codes.
    pub(super) codes: bool,
    /// Numbers typed as text with Vietnamese separators, in a workbook; in a text file they always are.
    pub(super) as_text: bool,
    /// A zero is written `-`.
    pub(super) dashes: bool,
    /// Field separator of a text file.
    pub(super) separator: u8,
    /// A byte order mark before a text file.
    pub(super) mark: bool,
    /// Fewer lines in the title block.
    pub(super) short_title: bool,
}

#[derive(Debug, Clone)]
enum Content {
    Blank,
    Text(String),
    Number(f64),
}

/// Cells, and where things stand among them.
pub(super) struct Sheet {
    name: String,
    cells: Vec<Vec<Content>>,
    merges: Vec<[usize; 4]>,
    header: (usize, usize),
    name_column: usize,
    first_column: usize,
    first_row: usize,
    total: Option<usize>,
    style: Style,
}

/// The two lines of a header: a group that spans columns, and the label below it.
fn labels<'a>(draft: &Draft<'a>) -> Vec<(Option<&'a str>, String)> {
    draft.form.elements.iter().map(|at| draft.plan.elements[*at].heading()).collect()
}

impl Sheet {
    /// Lays a draft out. `period` is the line that names it, if any; `day` the line above the signatures.
    pub(super) fn new(draft: &Draft<'_>, style: Style, period: Option<&str>, day: &str) -> Self {
        let name_column = if style.codes { 2 } else { 1 };
        let first_column = name_column + 1;
        let mut sheet = Self {
            name: capital(draft.form.marks.first().map_or("Sheet1", String::as_str)),
            cells: Vec::new(),
            merges: Vec::new(),
            header: (0, 0),
            name_column,
            first_column,
            first_row: 0,
            total: None,
            style,
        };
        sheet.title(draft, period);
        sheet.headings(draft);
        sheet.body(draft);
        sheet.footer(day);
        // As a spreadsheet saves it: every line of a text file has all the fields.
        let width = first_column + draft.form.elements.len();
        for row in &mut sheet.cells {
            row.resize(width.max(row.len()), Content::Blank);
        }
        sheet
    }

    fn title(&mut self, draft: &Draft<'_>, period: Option<&str>) {
        let text = |s: &str| Content::Text(s.to_owned());
        let width = self.first_column + draft.form.elements.len() - 1;
        let mark = self.name.clone();
        if !self.style.short_title {
            let office = format!("ỦY BAN NHÂN DÂN {}", draft.district.name_vi.to_uppercase());
            self.cells.push(vec![text(&office)]);
            self.cells.push(vec![text("PHÒNG LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI")]);
        }
        self.cells.push(vec![text(&mark)]);
        self.cells.push(vec![text(&draft.form.name_vi)]);
        self.merges.push([self.cells.len() - 1, 0, self.cells.len() - 1, width]);
        if let Some(period) = period {
            self.cells.push(vec![text(&format!("Kỳ báo cáo: {period}"))]);
        }
        self.cells.push(vec![text(&format!("Đơn vị báo cáo: {}", draft.district.name_vi))]);
        self.cells.push(Vec::new());
    }

    fn headings(&mut self, draft: &Draft<'_>) {
        let unit = if draft.form.level == Level::Ward { "Xã, phường, thị trấn" } else { "Tên đơn vị" };
        let labels = labels(draft);
        let nested = labels.iter().any(|(group, _)| group.is_some());
        let top = self.cells.len();
        let mut upper = vec![Content::Text("STT".to_owned())];
        if self.style.codes {
            upper.push(Content::Text("Mã ĐVHC".to_owned()));
        }
        upper.push(Content::Text(unit.to_owned()));
        let mut lower = vec![Content::Blank; upper.len()];
        for column in 0..upper.len() {
            if nested {
                self.merges.push([top, column, top + 1, column]);
            }
        }
        let mut at = 0;
        while at < labels.len() {
            let column = self.first_column + at;
            match &labels[at].0 {
                None => {
                    upper.push(Content::Text(labels[at].1.clone()));
                    lower.push(Content::Blank);
                    if nested {
                        self.merges.push([top, column, top + 1, column]);
                    }
                    at += 1;
                }
                Some(group) => {
                    let same = labels[at..].iter().take_while(|(g, _)| g.as_ref() == Some(group)).count();
                    upper.push(Content::Text((*group).to_owned()));
                    upper.resize(upper.len() + same - 1, Content::Blank);
                    lower.extend(labels[at..at + same].iter().map(|(_, leaf)| Content::Text(leaf.clone())));
                    if same > 1 {
                        self.merges.push([top, column, top, column + same - 1]);
                    }
                    at += same;
                }
            }
        }
        self.cells.push(upper);
        if nested {
            self.cells.push(lower);
        }
        let letters = (0..self.first_column).map(|c| Content::Text(format!("({})", ["A", "B", "C"][c])));
        let numbers = (1..=labels.len()).map(|n| Content::Text(format!("({n})")));
        self.header = (top, self.cells.len());
        self.cells.push(letters.chain(numbers).collect());
        self.first_row = self.cells.len();
    }

    fn number(&self, value: f64) -> Content {
        if self.style.workbook && !self.style.as_text {
            return Content::Number(value);
        }
        if value == 0.0 && self.style.dashes {
            return Content::Text("-".to_owned());
        }
        Content::Text(vietnamese(value))
    }

    fn body(&mut self, draft: &Draft<'_>) {
        for (at, row) in draft.rows.iter().enumerate() {
            let mut cells = vec![Content::Text((at + 1).to_string())];
            if self.style.codes {
                cells.push(Content::Text(row.code.clone()));
            }
            cells.push(Content::Text(row.name.clone()));
            for (element, value) in row.values.iter().enumerate() {
                cells.push(match (row.typed.get(&element), value) {
                    (Some(text), _) => Content::Text(text.clone()),
                    (None, None) => Content::Blank,
                    (None, Some(value)) => {
                        let flag = draft.plan.elements[draft.form.elements[element]].kind == Kind::Flag;
                        match (flag && self.style.dashes, *value > 0.0) {
                            (true, true) => Content::Text("có".to_owned()),
                            (true, false) => Content::Text("không".to_owned()),
                            (false, _) => self.number(*value),
                        }
                    }
                });
            }
            self.cells.push(cells);
        }
        if draft.form.level == Level::Ward {
            let mut cells = vec![Content::Blank; self.first_column];
            cells[self.name_column] = Content::Text("Tổng cộng".to_owned());
            cells.extend(
                (0..draft.form.elements.len()).map(|e| draft.total(e).map_or(Content::Blank, |t| self.number(t))),
            );
            self.total = Some(self.cells.len());
            self.cells.push(cells);
        }
    }

    fn footer(&mut self, day: &str) {
        let at = |column: usize, text: &str| {
            let mut cells = vec![Content::Blank; column];
            cells.push(Content::Text(text.to_owned()));
            cells
        };
        self.cells.push(Vec::new());
        self.cells.push(at(self.first_column, day));
        self.cells.push(at(1, "Người lập biểu"));
        self.cells.push(at(self.first_column, "TRƯỞNG PHÒNG (ký, đóng dấu)"));
    }

    /// A letter that is not a form.
    pub(super) fn letter(style: Style, district: &str, day: &str) -> Self {
        let lines = [district, day, "V/v đăng ký lịch họp giao ban", "Kính gửi: Sở Lao động - Thương binh và Xã hội"];
        Self {
            name: "Sheet1".to_owned(),
            cells: lines.iter().map(|line| vec![Content::Text((*line).to_owned())]).collect(),
            merges: Vec::new(),
            header: (0, 0),
            name_column: 0,
            first_column: 0,
            first_row: lines.len(),
            total: None,
            style,
        }
    }

    /// Name of the sheet; empty for a text file.
    pub(super) fn name(&self) -> &str {
        if self.style.workbook { &self.name } else { "" }
    }

    /// The cell of a place; the empty text where it has none.
    pub(super) fn cell(&self, place: &Place) -> String {
        let (row, column) = match place {
            Place::Unit(_) => return String::new(),
            Place::Cell(row, element) => (self.first_row + row, self.first_column + element),
            Place::Name(row) => (self.first_row + row, self.name_column),
            Place::Total(element) => match self.total {
                Some(total) => (total, self.first_column + element),
                None => return String::new(),
            },
        };
        let (row, column) = (row as u32, column as u32);
        if self.style.workbook { CellRef::Sheet { row, column } } else { CellRef::Text { row, column } }.to_string()
    }

    /// The file's bytes.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, SampleError> {
        if self.style.workbook { self.workbook() } else { self.text() }
    }

    fn text(&self) -> Result<Vec<u8>, SampleError> {
        let mut out = if self.style.mark { vec![0xef, 0xbb, 0xbf] } else { Vec::new() };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.style.separator)
            .terminator(csv::Terminator::CRLF)
            .from_writer(&mut out);
        for row in &self.cells {
            for cell in row {
                match cell {
                    Content::Blank => writer.write_field("")?,
                    Content::Text(text) => writer.write_field(text)?,
                    Content::Number(number) => writer.write_field(number.to_string())?,
                }
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()?;
        drop(writer);
        Ok(out)
    }

    fn workbook(&self) -> Result<Vec<u8>, SampleError> {
        let mut book = Workbook::new();
        // The same bytes on every day.
        let created = ExcelDateTime::from_ymd(2016, 1, 1)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let heading =
            Format::new().set_bold().set_text_wrap().set_border(FormatBorder::Thin).set_align(FormatAlign::Center);
        let (plain, boxed) = (Format::new(), Format::new().set_border(FormatBorder::Thin));
        let bold = Format::new().set_bold();
        let page = book.add_worksheet();
        page.set_name(&self.name)?.set_landscape().set_paper_size(9);
        page.set_column_width(self.name_column as u16, 24)?;
        for [top, left, bottom, right] in &self.merges {
            let format = if *top < self.header.0 { &bold } else { &heading };
            page.merge_range(*top as u32, *left as u16, *bottom as u32, *right as u16, "", format)?;
        }
        for (row, cells) in self.cells.iter().enumerate() {
            let in_body = row >= self.first_row && row <= self.total.unwrap_or(self.first_row);
            let format = match row {
                _ if row < self.header.0 => &bold,
                _ if row <= self.header.1 => &heading,
                _ if in_body => &boxed,
                _ => &plain,
            };
            for (column, cell) in cells.iter().enumerate() {
                match cell {
                    Content::Blank => {}
                    Content::Text(text) => {
                        page.write_string_with_format(row as u32, column as u16, text, format)?;
                    }
                    Content::Number(number) => {
                        page.write_number_with_format(row as u32, column as u16, *number, format)?;
                    }
                }
            }
        }
        Ok(book.save_to_buffer()?)
    }
}
