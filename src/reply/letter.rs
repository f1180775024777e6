//! What is said about one submission: the rows of `submissions` and `findings`, put together.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rayon::prelude::*;

use super::VERSION;
use crate::model::{CellRef, Code, Form, Period, Plan, Severity, SubmissionStatus, cause};
use crate::register::Register;
use crate::store::columns::{Words, day_of};
use crate::store::{Partition, Store, StoreError, raw};

/// One finding as a reply tells it.
#[derive(Debug)]
pub(super) struct Item<'a> {
    pub(super) id: &'a str,
    pub(super) severity: Severity,
    pub(super) code: Code,
    pub(super) sheet: &'a str,
    pub(super) cell: Option<CellRef>,
    /// Name of the unit; empty where it is about none.
    pub(super) unit: String,
    /// Labels of the element in both languages; empty where it is about none.
    pub(super) element: (String, String),
    pub(super) found: &'a str,
    /// In both languages.
    pub(super) expected: (&'a str, &'a str),
    /// In both languages; empty where none is likely.
    pub(super) cause: (&'a str, &'a str),
    /// The district's reason, where it closed the finding.
    pub(super) reason: &'a str,
}

/// One submission as its reply tells it.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    /// Path below the replies, without the ending.
    pub(super) path: String,
    pub(super) id: &'a str,
    pub(super) sha256: &'a str,
    pub(super) district: &'a str,
    pub(super) district_name: String,
    pub(super) form: Option<&'a Form>,
    pub(super) period: Option<Period>,
    pub(super) file_name: &'a str,
    /// Path inside an archive; empty for a plain file.
    pub(super) member: &'a str,
    pub(super) received: DateTime,
    pub(super) due_on: Option<Date>,
    pub(super) days_late: i32,
    pub(super) status: SubmissionStatus,
    pub(super) superseded_by: &'a str,
    pub(super) values: i32,
    /// Gravest first, then in the order of the form.
    pub(super) items: Vec<Item<'a>>,
}

impl Letter<'_> {
    /// Digest of all that the reply is made from.
    pub(super) fn key(&self, plan: &Plan) -> String {
        raw::sha256(format!("{VERSION} {} {} {self:?}", env!("CARGO_PKG_VERSION"), plan.digest).as_bytes())
    }

    pub(super) fn member(&self) -> Option<&str> {
        Some(self.member).filter(|m| !m.is_empty())
    }

    /// How many findings of a severity are open.
    pub(super) fn count(&self, severity: Severity) -> usize {
        self.items.iter().filter(|i| i.severity == severity && i.reason.is_empty()).count()
    }

    /// How many findings the district has explained.
    pub(super) fn closed(&self) -> usize {
        self.items.iter().filter(|i| !i.reason.is_empty()).count()
    }

    /// Whether anything of the file may be repeated: nothing of one that was refused unread, or that holds persons.
    pub(super) fn shows_content(&self) -> bool {
        const SILENT: [Code; 5] =
            [Code::PersonalData, Code::FileUnsafe, Code::FileTooLarge, Code::FileUnreadable, Code::EncodingUnknown];
        !self.sha256.is_empty() && !self.items.iter().any(|i| SILENT.contains(&i.code))
    }
}

/// The two tables, as read: those of each territory, since the same bytes may have come in several.
pub(super) struct Tables(Vec<[Vec<RecordBatch>; 2]>);

impl Tables {
    /// The tables from which replies are made.
    pub(super) const NAMES: [&'static str; 2] = ["submissions", "findings"];

    pub(super) fn read(store: &Store) -> Result<Self, StoreError> {
        // Each has one file for a territory, in the same order.
        let [submissions, findings] = Self::NAMES.map(|table| store.partitions(table));
        let pairs: Vec<_> = submissions?.into_iter().zip(findings?).collect();
        let read = |(one, other): &(Partition, Partition)| Ok([one.read(&[])?, other.read(&[])?]);
        Ok(Self(pairs.par_iter().map(read).collect::<Result<_, StoreError>>()?))
    }

    /// A letter for each submission, in the order of receipt by territory.
    pub(super) fn letters<'a>(&'a self, plan: &'a Plan, register: &Register) -> Vec<Letter<'a>> {
        self.0.iter().flat_map(|of_territory| Self::of_territory(of_territory, plan, register)).collect()
    }

    fn of_territory<'a>(
        [submissions, findings]: &'a [Vec<RecordBatch>; 2],
        plan: &'a Plan,
        register: &Register,
    ) -> Vec<Letter<'a>> {
        let submissions = submissions.iter().filter_map(Submissions::of);
        let mut letters: Vec<Letter<'_>> = submissions
            .flat_map(|of| (0..of.batch.num_rows()).map(|row| of.letter(row, plan, register)).collect::<Vec<_>>())
            .collect();
        let mut places: HashMap<(&str, &str), usize> = HashMap::new();
        let mut unread = Vec::new();
        for (at, letter) in letters.iter().enumerate() {
            if letter.id.is_empty() {
                unread.push(at);
            } else {
                places.insert((letter.id, letter.member), at);
                // What is said of an archive as a whole goes with its first member.
                places.entry((letter.id, "")).or_insert(at);
            }
        }
        let mut unread = unread.into_iter();
        for batch in findings.iter().filter_map(Findings::of) {
            for row in 0..batch.rows {
                let at = match batch.submission.get(row) {
                    // A file that was refused unread has no id, and exactly one finding; both tables keep one order.
                    "" => unread.next(),
                    id => places.get(&(id, batch.member.get(row))).or_else(|| places.get(&(id, ""))).copied(),
                };
                let Some(letter) = at.and_then(|at| letters.get_mut(at)) else { continue };
                let day = letter.period.map_or(letter.received.date(), Period::end);
                let named = |code: &str| register.named(code, day).map_or(code.to_owned(), |u| u.name_vi.clone());
                letter.items.extend(batch.item(row, plan, &named));
            }
        }
        for letter in &mut letters {
            letter.items.sort_by_key(|i| (i.severity, i.cell.map(|c| (c.row(), c.column()))));
        }
        letters
    }
}

struct Findings<'a> {
    rows: usize,
    id: Words<'a>,
    submission: Words<'a>,
    member: Words<'a>,
    severity: Words<'a>,
    code: Words<'a>,
    sheet: Words<'a>,
    cell: Words<'a>,
    unit: Words<'a>,
    element: Words<'a>,
    found: Words<'a>,
    expected: (Words<'a>, Words<'a>),
    cause: Words<'a>,
    reason: Words<'a>,
}

impl<'a> Findings<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        let words = |name| Words::of(batch, name);
        Some(Self {
            rows: batch.num_rows(),
            id: words("finding_id")?,
            submission: words("submission_id")?,
            member: words("member")?,
            severity: words("severity")?,
            code: words("code")?,
            sheet: words("sheet")?,
            cell: words("cell")?,
            unit: words("unit_code")?,
            element: words("element")?,
            found: words("found")?,
            expected: (words("expected_vi")?, words("expected")?),
            cause: words("likely_cause")?,
            reason: words("justification")?,
        })
    }

    fn item(&self, row: usize, plan: &Plan, named: &dyn Fn(&str) -> String) -> Option<Item<'a>> {
        let unit = match self.unit.get(row) {
            "" => String::new(),
            code => named(code),
        };
        let element = plan.elements.iter().find(|e| e.code == self.element.get(row));
        Some(Item {
            id: self.id.get(row),
            severity: Severity::from_word(self.severity.get(row))?,
            code: Code::from_word(self.code.get(row))?,
            sheet: self.sheet.get(row),
            cell: self.cell.get(row).parse().ok(),
            unit,
            element: element.map(|e| (e.name_vi.clone(), e.name_en.clone())).unwrap_or_default(),
            found: self.found.get(row),
            expected: (self.expected.0.get(row), self.expected.1.get(row)),
            cause: cause::texts(self.cause.get(row)),
            reason: self.reason.get(row),
        })
    }
}

struct Submissions<'a> {
    batch: &'a RecordBatch,
    id: Words<'a>,
    sha256: Words<'a>,
    district: Words<'a>,
    form: Words<'a>,
    period: Words<'a>,
    file_name: Words<'a>,
    member: Words<'a>,
    status: Words<'a>,
    superseded_by: Words<'a>,
}

impl<'a> Submissions<'a> {
    fn of(batch: &'a RecordBatch) -> Option<Self> {
        let words = |name| Words::of(batch, name);
        Some(Self {
            batch,
            id: words("submission_id")?,
            sha256: words("sha256")?,
            district: words("district_code")?,
            form: words("form")?,
            period: words("period")?,
            file_name: words("file_name")?,
            member: words("member")?,
            status: words("status")?,
            superseded_by: words("superseded_by")?,
        })
    }

    fn letter(&self, row: usize, plan: &'a Plan, register: &Register) -> Letter<'a> {
        let column = |name| self.batch.column_by_name(name);
        let whole = |name| {
            let array = column(name).and_then(|c| c.as_primitive_opt::<Int32Type>());
            array.filter(|a| !a.is_null(row)).map_or(0, |a| a.value(row))
        };
        let due = column("due_on").and_then(|c| c.as_primitive_opt::<Date32Type>());
        let at = column("received_at").and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
        let at = at.and_then(|a| Timestamp::from_microsecond(a.value(row)).ok()).unwrap_or(Timestamp::UNIX_EPOCH);
        let received = plan.local_time(at);
        let period: Option<Period> = self.period.get(row).parse().ok();
        let district = self.district.get(row);
        let day = period.map_or(received.date(), Period::end);
        let mut letter = Letter {
            path: String::new(),
            id: self.id.get(row),
            sha256: self.sha256.get(row),
            district,
            district_name: register.named(district, day).map(|u| u.name_vi.clone()).unwrap_or_default(),
            form: plan.form(self.form.get(row)),
            period,
            file_name: self.file_name.get(row),
            member: self.member.get(row),
            received,
            due_on: due.filter(|d| !d.is_null(row)).map(|d| day_of(d.value(row))),
            days_late: whole("days_late"),
            status: SubmissionStatus::from_word(self.status.get(row)).unwrap_or(SubmissionStatus::Quarantined),
            superseded_by: self.superseded_by.get(row),
            values: whole("values_accepted"),
            items: Vec::new(),
        };
        letter.path = path(&letter);
        letter
    }
}

/// `478/2018-Q3-01-0123456789abcdef`, safe wherever it is copied to.
fn path(letter: &Letter<'_>) -> String {
    let digest = |text: &str| raw::sha256(text.as_bytes()).chars().take(16).collect::<String>();
    let safe = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let folder =
        if safe(letter.district) { letter.district.to_owned() } else { format!("_{}", digest(letter.district)) };
    let id = match letter.id {
        "" => digest(&format!("{}|{}|{}", letter.district, letter.file_name, letter.received)),
        id => id.to_owned(),
    };
    // One archive may hold several forms, and several that are none.
    let id = letter.member().map_or(id.clone(), |member| format!("{id}-{}", &digest(member)[..6]));
    match (letter.form, letter.period) {
        (Some(form), Some(period)) if safe(&form.code) => format!("{folder}/{period}-{}-{id}", form.code),
        _ => format!("{folder}/quarantine-{id}"),
    }
}
