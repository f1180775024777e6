//! One file's bytes → its values with their cells, and everything that was wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::guard::Guard;
use super::justify::{self, Reason};
use super::layout::{self, Labels, Layout};
use super::memo::Memo;
use super::read::{self, Book, Cell, Content, Grid};
use super::units::{Match, Roll, Rolls};
use super::values::{Value, Wanted};
use super::{checks, kept, period, rows, stamp};
use crate::model::{Code, Finding, Frequency, Kind, Level, Period, Plan, Waiver};
use crate::register::Register;

/// What is known of a file before it is read. With the bytes and the desk it is all that a reading follows from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received<'a> {
    pub(super) submission_id: &'a str,
    pub(super) district: &'a str,
    pub(super) file_name: &'a str,
    /// Path inside an archive, where it is a member of one.
    pub(super) member: Option<&'a str>,
    /// Local date of receipt.
    pub(super) day: Date,
    /// What a person said of the file or its members where they were quarantined.
    pub(super) waivers: &'a [Waiver],
}

impl Received<'_> {
    /// What a person said of this very part.
    fn waiver(&self) -> Option<&Waiver> {
        self.waivers.iter().find(|waiver| waiver.member == self.member.unwrap_or(""))
    }

    /// Whether what a person said holds here: of the part, or of the sender of all parts.
    fn holds(&self, waiver: &Waiver) -> bool {
        waiver.member == self.member.unwrap_or("") || waiver.district.is_some()
    }

    /// The period in the file's name; of a member that in its own name, else in its folder's.
    pub(super) fn named_period(&self, frequency: Frequency) -> period::Said {
        let Some(member) = self.member else { return period::find(self.file_name, frequency) };
        let (folder, name) = member.rsplit_once('/').unwrap_or(("", member));
        let said = period::find(name, frequency);
        if said.period.is_some() { said } else { period::find(folder, frequency) }
    }
}

/// One value of a form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Observed {
    /// Index into [`Form::units`].
    pub(super) unit: u32,
    /// Element index in the plan.
    pub(super) element: u16,
    pub(super) column: u16,
    pub(super) row: u32,
    pub(super) value: f64,
}

/// A form that was read.
#[derive(Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Form {
    /// Index of the form in the plan.
    pub(super) form: usize,
    pub(super) period: Option<Period>,
    pub(super) sheet: Option<String>,
    /// Codes of the units with a usable row, in the form's order.
    pub(super) units: Vec<String>,
    /// Row and column of the cell that names each of these units.
    pub(super) named: Vec<(u32, u32)>,
    /// By row, then column.
    #[serde(with = "kept::lines")]
    pub(super) values: Vec<Observed>,
    /// What the form's own total row says, column by column.
    pub(super) totals: Vec<Total>,
    pub(super) findings: Vec<Finding>,
    /// What the district says of earlier findings.
    pub(super) reasons: Vec<Reason>,
    /// Of the values that a reviewed correction replaced, what the form says; by row, then column.
    #[serde(skip)]
    pub(super) replaced: Vec<Observed>,
    /// By unit and element: since when a reviewed correction holds, in microseconds since 1970.
    #[serde(skip)]
    pub(super) corrected: BTreeMap<(u32, u16), i64>,
}

/// A column's total as the form has it, and the sum of the readable numbers above it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Total {
    pub(super) element: u16,
    pub(super) said: f64,
    pub(super) sum: f64,
}

/// A file's outcome: a form, or the one finding for which it is quarantined.
pub(super) type Outcome = Result<Form, Box<Finding>>;

/// Whether anything came of a file: it is a form, and has values that are used.
pub(super) fn is_of_use(outcome: &Outcome) -> bool {
    outcome.as_ref().is_ok_and(|form| !form.values.is_empty())
}

/// A received file, or one member of a received archive, as it was read.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Part {
    /// Path inside the archive; none for a plain file.
    pub(super) member: Option<String>,
    /// SHA-256 of the member's bytes; empty for a plain file.
    pub(super) sha256: String,
    pub(super) outcome: Outcome,
}

impl Part {
    /// A file that is quarantined whole.
    pub(super) fn refused(finding: Finding) -> Self {
        Self { member: None, sha256: String::new(), outcome: Err(Box::new(finding)) }
    }
}

/// A row of figures, before it is known which rows are used.
pub(super) struct Row<'g> {
    pub(super) row: u32,
    /// The cell that names the unit.
    pub(super) named: (u32, u32),
    pub(super) name: String,
    pub(super) unit: Match,
    /// Per column of the layout: the cell, if there is one, and its value.
    pub(super) values: Vec<(Option<&'g Cell>, Value)>,
}

/// What is worked out once for all files.
pub(super) struct Desk<'a> {
    plan: &'a Plan,
    register: &'a Register,
    labels: Labels,
    rolls: Rolls<'a>,
    rules: checks::Rules<'a>,
    guard: Guard,
    /// What a line of a title block says of the period, on a quarterly and on a yearly form.
    titles: [Memo<period::Said>; 2],
}

impl<'a> Desk<'a> {
    /// A desk at which the plan's forms are read.
    pub(super) fn new(plan: &'a Plan, register: &'a Register) -> Self {
        let (rolls, guard) = rayon::join(|| Rolls::new(register), || Guard::new(register));
        let (labels, rules) = (Labels::new(plan), checks::Rules::new(plan));
        Self { plan, register, labels, rolls, rules, guard, titles: Default::default() }
    }

    /// Whether any part of a file holds persons.
    pub(super) fn any_persons(&self, parts: &[read::Part]) -> bool {
        parts.iter().any(|part| part.book.as_ref().is_ok_and(|book| self.guard.finds_persons(book)))
    }

    /// The units that a sender may report on.
    pub(super) fn roll(&self, level: Level, district: &str, day: Date) -> Arc<Roll<'a>> {
        self.rolls.of(level, district, day)
    }

    /// The period that the title block of a form names.
    pub(super) fn titled(&self, grid: &Grid, layout: &Layout, frequency: Frequency) -> Option<Period> {
        title_period(grid, layout, frequency, &self.titles)
    }

    /// The first visible sheet with a form, and how it is laid out; `stamped` is the form that a stamp names.
    pub(super) fn place<'b>(&self, book: &'b Book, stamped: Option<usize>) -> Option<(&'b Grid, Layout)> {
        let Self { plan, labels, .. } = self;
        let find = |grid| layout::find(grid, plan, labels).or_else(|| layout::find_form(grid, plan, labels, stamped?));
        justify::forms(&book.grids).find_map(|grid| Some((grid, find(grid)?)))
    }
}

/// Reads one received file: its outcome, or that of each member of an archive.
pub(super) fn read(bytes: Vec<u8>, received: &Received<'_>, desk: &Desk<'_>) -> Vec<Part> {
    let parts = read::read(bytes);
    // Where one member holds persons, the archive does: its bytes are not kept.
    if desk.any_persons(&parts) {
        return vec![Part::refused(persons(received.submission_id))];
    }
    let of = |part: read::Part| {
        let member = Received { member: part.member.as_deref(), ..*received };
        let book = part.book.map_err(|refusal| Box::new(refusal.finding(received.submission_id)));
        let outcome = book.and_then(|book| form(&book, &member, desk));
        Part { outcome, member: part.member, sha256: part.sha256 }
    };
    parts.into_iter().map(of).collect()
}

/// The finding for which a file that holds persons is quarantined; nothing of it is repeated.
pub(super) fn persons(submission_id: &str) -> Finding {
    let vi = "chỉ số liệu tổng hợp, không có thông tin cá nhân";
    Finding::new(Code::PersonalData, submission_id, "", vi, "counts only, nothing about a person")
}

/// Reads one workbook or text as a form.
pub(super) fn form(book: &Book, received: &Received<'_>, desk: &Desk<'_>) -> Outcome {
    let Desk { plan, register, rolls, rules, .. } = desk;
    let refuse = |code: Code, found: String, vi: &str, en: &str| {
        Box::new(Finding::new(code, received.submission_id, found, vi, en))
    };
    let stamp = stamp::of(book).filter(|s| plan.form(&s.form).is_some());
    if let Some(stamp) = stamp.as_ref().filter(|s| s.district != received.district) {
        let name = register.named(&stamp.district, stamp.period.end());
        return Err(refuse(
            Code::UnitNotYours,
            name.map_or_else(|| stamp.district.clone(), |u| u.name_vi.clone()),
            "biểu mẫu cấp cho huyện gửi",
            "a form that was made for the sending district",
        ));
    }
    let waiver = received.waiver();
    let said = waiver.and_then(|waiver| plan.forms.iter().position(|form| Some(&form.code) == waiver.form.as_ref()));
    let stamped = stamp.as_ref().and_then(|s| plan.forms.iter().position(|f| f.code == s.form));
    let Some((grid, layout)) = desk.place(book, said.or(stamped)) else {
        return Err(refuse(Code::FormUnknown, String::new(), "một biểu mẫu của kế hoạch", "a form of the plan"));
    };
    let form = &plan.forms[layout.form];
    // A form that stands under another's stamp was copied into it; the stamp says nothing of that one.
    let stamp = stamp.filter(|_| stamped == Some(layout.form)).map(|s| s.period);
    let title = desk.titled(grid, &layout, form.frequency);
    let named = received.named_period(form.frequency);
    let agreed = match (title, stamp) {
        (Some(title), Some(stamp)) if title != stamp => Err(Code::PeriodConflict),
        _ => period::agree(title.or(stamp), named),
    };
    let said = waiver.and_then(|waiver| waiver.period);
    let agreed = said.filter(|period| period.is_year() == (form.frequency == Frequency::Year)).map_or(agreed, Ok);
    let period = agreed.map_err(|code| {
        let shown = |p: Option<Period>| p.map_or("-".to_owned(), |p| p.to_string());
        match code {
            Code::PeriodConflict => {
                let quarter = || named.quarter.map(|q| format!("Q{q}"));
                let other = stamp.filter(|s| Some(*s) != title).or(named.period);
                let other = other.map(|p| p.to_string()).or_else(quarter).unwrap_or_default();
                let found = format!("{} / {other}", shown(title.or(stamp)));
                refuse(
                    code,
                    found,
                    "cùng một kỳ trong biểu và tên tệp",
                    "one period in the form and in the file's name",
                )
            }
            _ => refuse(code, String::new(), "dòng “Kỳ báo cáo: Quý … năm …”", "a line “Kỳ báo cáo: Quý … năm …”"),
        }
    })?;
    if period.start() > received.day {
        let en = format!("a period that had begun by {}", received.day);
        return Err(refuse(Code::PeriodFuture, period.to_string(), "kỳ đã bắt đầu khi nộp", &en));
    }
    if register.at(received.district, period.end()).is_none_or(|unit| !register.sends(unit, period.end())) {
        return Err(refuse(
            Code::SenderUnknown,
            received.district.to_owned(),
            "thư mục mang mã của một huyện",
            "a folder named by a district's code",
        ));
    }
    let roll = rolls.of(form.level, received.district, period.end());
    let sheet = grid.sheet.clone();
    let mut out = Form { form: layout.form, period: Some(period), sheet, ..Form::default() };
    out.reasons = justify::reasons(&book.grids);
    out.findings.extend(received.waivers.iter().filter(|w| received.holds(w)).map(|w| released(received, w)));
    columns(rules, grid, &layout, plan, received, &mut out);
    let (mut rows, total) = rows::find(grid, &layout, plan, &roll);
    rows::of_another(&mut rows, grid, &layout, &roll, period.end(), register, rolls);
    let used = checks::rows(rules, grid, &roll, &rows, received, &mut out);
    if let Some(total) = &total {
        checks::total(rules, grid, &layout, plan, &rows, total, received, &mut out);
    }
    accept(rules, grid, &layout, plan, &roll, &rows, &used, received, &mut out);
    checks::row(rules, plan, received.submission_id, &|_| true, &mut out);
    for finding in &mut out.findings {
        finding.period = Some(period);
        finding.sheet.clone_from(&grid.sheet);
    }
    out.findings.sort_by_key(|f| f.cell.map(|c| (c.row(), c.column())));
    Ok(out)
}

/// A note that a person let the file through.
fn released(received: &Received<'_>, waiver: &Waiver) -> Finding {
    let (vi, en) = waiver.told();
    Finding::new(Code::Released, received.submission_id, waiver.quarantined.clone(), &vi, &en)
}

/// Findings about the columns, and elements that have none.
fn columns(
    rules: &checks::Rules<'_>,
    grid: &Grid,
    layout: &Layout,
    plan: &Plan,
    received: &Received<'_>,
    out: &mut Form,
) {
    for (row, column, text) in &layout.unknown {
        let mut f = Finding::new(Code::ColumnUnknown, received.submission_id, text.clone(), "", "");
        f.cell = Some(grid.address(*row, *column));
        out.findings.push(f);
    }
    for (element, cells) in &layout.doubled {
        let element = &plan.elements[*element];
        // Each of them is wrong, and each finding names them all.
        let named: Vec<String> = cells.iter().map(|(row, column)| grid.address(*row, *column).to_string()).collect();
        let named = named.join(", ");
        let vi = format!("mỗi chỉ tiêu một cột; không dùng cột nào trong {named}");
        let en = format!("one column for each element; none of {named} is used");
        for (row, column) in cells {
            let mut f = Finding::new(Code::ColumnDuplicate, received.submission_id, element.name_vi.clone(), &vi, &en);
            f.cell = Some(grid.address(*row, *column));
            f.element = Some(element.code.clone());
            out.findings.push(f);
        }
    }
    for at in &plan.forms[layout.form].elements {
        if let Some(rule) = rules.not_reported
            && !layout.columns.iter().any(|c| c.element == *at)
        {
            let element = &plan.elements[*at];
            let vi = format!("cột “{}”", element.name_vi);
            let en = format!("a column “{}”", element.name_vi);
            let mut f = Finding::of_rule(rule, received.submission_id, "", &vi, &en);
            f.element = Some(element.code.clone());
            out.findings.push(f);
        }
    }
}

/// The period of the title block: of the line that says so, with the line below it where it breaks off, else of any
/// line above the header that names one.
fn title_period(
    grid: &Grid,
    layout: &Layout,
    frequency: Frequency,
    titles: &[Memo<period::Said>; 2],
) -> Option<Period> {
    let memo = &titles[usize::from(frequency == Frequency::Year)];
    let said = |text: &str| memo.get(text, || period::find(text, frequency));
    let mut other = None;
    let mut broken_off: Option<String> = None;
    for row in grid.rows().take_while(|r| r[0].row < layout.header) {
        let mut text = String::new();
        for cell in row {
            match cell.content {
                Content::Text { .. } => text.push_str(grid.raw(cell)),
                _ => text.push_str(&grid.shown(cell)),
            }
            text.push(' ');
        }
        let line = said(&text);
        if let Some(begun) = broken_off.take() {
            let period = said(&format!("{begun} {text}")).period;
            if period.is_some() {
                return period;
            }
        }
        match (line.labelled, line.period) {
            (true, Some(period)) => return Some(period),
            (true, None) => broken_off = Some(text),
            (false, _) => other = other.or(line.of_title()),
        }
    }
    other
}

/// What a column's element allows.
pub(super) fn wanted(plan: &Plan, element: usize) -> Wanted {
    let element = &plan.elements[element];
    match element.kind {
        Kind::Flag => Wanted::Flag,
        _ if element.decimals => Wanted::Decimal { max: element.max.unwrap_or(f64::INFINITY) },
        _ => Wanted::Count,
    }
}

/// Takes over the values of the rows that are used; a cell that cannot be used gets a finding and leaves its row.
#[expect(clippy::too_many_arguments, reason = "what a row needs to become values")]
fn accept(
    rules: &checks::Rules<'_>,
    grid: &Grid,
    layout: &Layout,
    plan: &Plan,
    roll: &Roll<'_>,
    rows: &[Row<'_>],
    used: &[bool],
    received: &Received<'_>,
    out: &mut Form,
) {
    let doubled: Vec<usize> = layout.doubled.iter().map(|d| d.0).collect();
    for (row, _) in rows.iter().zip(used).filter(|(_, used)| **used) {
        let Match::Unit(at, _) = &row.unit else { continue };
        let unit = out.units.len() as u32;
        out.units.push(roll.own[*at].code.clone());
        out.named.push(row.named);
        for (column, (cell, value)) in layout.columns.iter().zip(&row.values) {
            if doubled.contains(&column.element) {
                continue;
            }
            match value {
                Value::Number(value) => out.values.push(Observed {
                    unit,
                    element: column.element as u16,
                    column: column.column as u16,
                    row: row.row,
                    value: *value,
                }),
                Value::Missing | Value::Bad(_) => {
                    let code = if let Value::Bad(code) = value { *code } else { Code::NotReported };
                    let element = &plan.elements[column.element];
                    let found = cell.map(|c| grid.shown(c)).unwrap_or_default();
                    let (vi, en) = expected(code, wanted(plan, column.element));
                    let mut f = match rules.not_reported {
                        Some(rule) if code == Code::NotReported => {
                            Finding::of_rule(rule, received.submission_id, found, vi, en)
                        }
                        None if code == Code::NotReported => continue,
                        _ => Finding::new(code, received.submission_id, found, vi, en),
                    };
                    f.cell = Some(grid.address(row.row, column.column));
                    f.unit_code = Some(roll.own[*at].code.clone());
                    f.element = Some(element.code.clone());
                    out.findings.push(f);
                }
            }
        }
    }
}

const fn expected(code: Code, wanted: Wanted) -> (&'static str, &'static str) {
    match (code, wanted) {
        (Code::NumberAmbiguous, _) => (
            "một số chỉ có một cách đọc, như 1.234 hoặc 1.234,5",
            "a number that reads in one way, as 1.234 or 1.234,5",
        ),
        (Code::FormulaError, _) => ("một giá trị, không phải công thức lỗi", "a value, not a failed formula"),
        (Code::NotReported, _) => ("số liệu, hoặc 0 nếu không phát sinh", "a figure, or 0 where there was none"),
        (_, Wanted::Flag) => ("x, có hoặc không", "x, có or không"),
        (_, Wanted::Decimal { .. }) => ("một số không âm, như 1.234,5", "a number not below zero, as 1.234,5"),
        (_, Wanted::Count) => ("một số nguyên không âm, như 1.234", "a whole number not below zero, as 1.234"),
    }
}
