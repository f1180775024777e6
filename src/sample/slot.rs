//! What a district sends for one form and period: a file, perhaps with a fault; before it perhaps a broken one; after it
//! perhaps a correction or a copy; or nothing at all.

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::draft::Draft;
use super::faults::{self, Place, Planted};
use super::figures::Figures;
use super::sheet::{Sheet, Style};
use super::{SampleError, Scale, Spec, seed_of};
use crate::model::{Code, Form, Period, Plan, UnitVersion};
use crate::register::Register;

/// A value that must come out.
#[derive(Debug)]
pub(super) struct Truth {
    pub(super) unit_code: String,
    pub(super) period: String,
    pub(super) form: String,
    pub(super) element: String,
    pub(super) value: f64,
    pub(super) sheet: String,
    pub(super) cell: String,
}

/// A finding that must come out.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) sheet: String,
    pub(super) cell: String,
    pub(super) unit_code: String,
    pub(super) element: String,
    pub(super) period: String,
}

/// A file as sent.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) district: String,
    pub(super) name: String,
    pub(super) received_at: Timestamp,
    pub(super) content: Vec<u8>,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    /// Current values that come from this file.
    pub(super) truth: Vec<Truth>,
    /// How many; known also where they are not listed.
    pub(super) values: usize,
    pub(super) faults: Vec<Fault>,
}

/// Invents what is sent.
pub(super) struct Inventor<'a> {
    pub(super) plan: &'a Plan,
    pub(super) register: &'a Register,
    pub(super) figures: &'a Figures<'a>,
    pub(super) spec: &'a Spec,
}

/// Ways in which a whole file is useless.
const BROKEN: [Code; 4] = [Code::FileUnreadable, Code::FormUnknown, Code::PeriodMissing, Code::PeriodFuture];

impl Inventor<'_> {
    /// What a district sends for a form and period, in the order of receipt.
    pub(super) fn slot(&self, form: &Form, district: &str, period: Period) -> Result<Vec<Sent>, SampleError> {
        let mut rng = Rng::with_seed(seed_of(self.spec.seed, &["slot", &form.code, district, &period.to_string()]));
        let Some(unit) = self.register.at(district, period.end()) else { return Ok(Vec::new()) };
        let style = self.style(district, &mut rng);
        let mut draft = Draft::new(self.plan, self.register, self.figures, form, unit, period);
        // A demonstration shows more trouble in fewer files.
        let trouble = if self.spec.scale == Scale::Demo { 3.5 } else { 1.0 };
        let (fate, late) = (rng.f64() / trouble, rng.f64() < 0.08);
        let due = self.plan.due_on(form, period).at(rng.i8(1..10), rng.i8(0..60), rng.i8(0..60), 0);
        let due = jiff::tz::TimeZone::UTC.to_timestamp(due).unwrap_or(Timestamp::UNIX_EPOCH);
        let day = |days: i64| due.checked_add(SignedDuration::from_hours(24 * days)).unwrap_or(due);
        let received = day(if late { rng.i64(2..30) } else { rng.i64(-12..0) });
        let mut sent = Vec::new();
        match fate {
            // Silence.
            f if f < 0.01 => return Ok(sent),
            // A broken file; after some days the good one.
            f if f < 0.04 => {
                let code = BROKEN[rng.usize(..BROKEN.len())];
                sent.push(self.broken(&draft, style, code, &mut rng, day(-13))?);
                sent.push(self.file(&draft, style, None, received, "")?);
            }
            // A correction, which replaces the whole of what came before.
            f if f < 0.07 => {
                let mut first = self.file(&draft, style, None, received, "")?;
                (first.truth, first.values) = (Vec::new(), 0);
                sent.push(first);
                for row in &mut draft.rows {
                    let at = rng.usize(..row.values.len());
                    row.values[at] = row.values[at].map(|v| (v - 1.0).max(0.0));
                }
                let again = received.checked_add(SignedDuration::from_hours(24 * rng.i64(5..40))).unwrap_or(received);
                sent.push(self.file(&draft, style, None, again, " (điều chỉnh)")?);
            }
            // The same file twice.
            f if f < 0.08 => {
                let first = self.file(&draft, style, None, received, "")?;
                let again = received.checked_add(SignedDuration::from_hours(3)).unwrap_or(received);
                let copy = self.file(&draft, style, None, again, " - Copy")?;
                sent.extend([first, Sent { truth: Vec::new(), values: 0, ..copy }]);
            }
            f if f < 0.24 => {
                let fault = faults::plant(&mut draft, self.register, &mut rng);
                sent.push(self.file(&draft, style, fault.as_ref(), received, "")?);
            }
            _ => sent.push(self.file(&draft, style, None, received, "")?),
        }
        Ok(sent)
    }

    /// A district keeps to its template, but not always to one program.
    fn style(&self, district: &str, rng: &mut Rng) -> Style {
        let mut habit = Rng::with_seed(seed_of(self.spec.seed, &["style", district]));
        let nation = self.spec.scale == Scale::Nation;
        Style {
            workbook: !nation && rng.f64() < 0.55,
            codes: habit.bool(),
            as_text: habit.bool(),
            dashes: habit.bool(),
            separator: [b';', b',', b'\t'][habit.usize(..3)],
            mark: habit.bool(),
            short_title: habit.bool(),
        }
    }

    fn name(&self, draft: &Draft<'_>, style: Style, period: Option<Period>, suffix: &str) -> String {
        let (form, unit) = (&draft.form.code, draft.district);
        let plain = plain_name(unit);
        let end = if style.workbook { "xlsx" } else { "csv" };
        let habit = seed_of(self.spec.seed, &["name", &unit.code]) % 3;
        let when = |quarterly: &dyn Fn(i16, u8) -> String, yearly: &dyn Fn(i16) -> String| match period {
            None => String::new(),
            Some(p) => p.quarter().map_or_else(|| yearly(p.year()), |q| quarterly(p.year(), q)),
        };
        match habit {
            0 => {
                let when = period.map_or_else(String::new, |p| format!(" - {}", p.label_vi()));
                format!("Biểu {form}{when} - {}{suffix}.{end}", unit.bare_name())
            }
            1 => {
                let when = when(&|y, q| format!("_quy{q}_{y}"), &|y| format!("_{y}"));
                let unit = plain.to_lowercase().replace(' ', "_");
                format!("bieu{form}{when}_{unit}{suffix}.{end}")
            }
            _ => {
                let when = when(&|y, q| format!("Q{q}.{y} "), &|y| format!("nam {y} "));
                format!("BC KH50 {when}({plain}) B{form}{suffix}.{end}")
            }
        }
    }

    fn file(
        &self,
        draft: &Draft<'_>,
        style: Style,
        fault: Option<&Planted>,
        received_at: Timestamp,
        suffix: &str,
    ) -> Result<Sent, SampleError> {
        let sheet = Sheet::new(draft, style, Some(&draft.period.label_vi()), &signed_on(received_at));
        let period = draft.period.to_string();
        let element = |at: usize| self.plan.elements[draft.form.elements[at]].code.clone();
        let mut truth = Vec::new();
        let mut values = 0;
        for (at, row) in draft.rows.iter().enumerate().filter(|(_, r)| r.used) {
            for (column, value) in row.values.iter().enumerate() {
                let Some(value) = value.filter(|_| !row.typed.contains_key(&column)) else { continue };
                values += 1;
                if self.spec.scale != Scale::Nation {
                    truth.push(Truth {
                        unit_code: row.code.clone(),
                        period: period.clone(),
                        form: draft.form.code.clone(),
                        element: element(column),
                        value,
                        sheet: sheet.name().to_owned(),
                        cell: sheet.cell(&Place::Cell(at, column)),
                    });
                }
            }
        }
        let faults = fault.map(|f| {
            let (unit_code, element) = match &f.place {
                Place::Cell(row, column) => (draft.rows[*row].code.clone(), element(*column)),
                Place::Name(row) => (draft.rows[*row].code.clone(), String::new()),
                Place::Total(column) => (String::new(), element(*column)),
                Place::Unit(code) => (code.clone(), String::new()),
            };
            let cell = sheet.cell(&f.place);
            Fault { code: f.code, sheet: sheet.name().to_owned(), cell, unit_code, element, period }
        });
        Ok(Sent {
            district: draft.district.code.clone(),
            name: self.name(draft, style, Some(draft.period), suffix),
            received_at,
            content: sheet.bytes()?,
            bytes: 0,
            sha256: String::new(),
            truth,
            values,
            faults: faults.into_iter().collect(),
        })
    }

    fn broken(
        &self,
        draft: &Draft<'_>,
        style: Style,
        code: Code,
        rng: &mut Rng,
        received_at: Timestamp,
    ) -> Result<Sent, SampleError> {
        let style = if code == Code::FileUnreadable { Style { workbook: true, ..style } } else { style };
        let mut named = Some(draft.period);
        let title = match code {
            Code::PeriodMissing => {
                named = None;
                None
            }
            Code::PeriodFuture => {
                let mut later = draft.period;
                for _ in 0..8 {
                    later = later.next();
                }
                named = Some(later);
                Some(later.label_vi())
            }
            _ => Some(draft.period.label_vi()),
        };
        let day = signed_on(received_at);
        let mut content = Sheet::new(draft, style, title.as_deref(), &day).bytes()?;
        match code {
            // A transfer that broke off.
            Code::FileUnreadable => content.truncate(content.len() / 2 + rng.usize(..64)),
            // Something else altogether.
            Code::FormUnknown => {
                let other = Style { workbook: false, ..style };
                let mut letter = Sheet::letter(other, &draft.district.name_vi, &day).bytes()?;
                std::mem::swap(&mut content, &mut letter);
            }
            _ => {}
        }
        let style = if code == Code::FormUnknown { Style { workbook: false, ..style } } else { style };
        Ok(Sent {
            district: draft.district.code.clone(),
            name: self.name(draft, style, named, " gui lan dau"),
            received_at,
            content,
            bytes: 0,
            sha256: String::new(),
            truth: Vec::new(),
            values: 0,
            faults: vec![Fault {
                code,
                sheet: String::new(),
                cell: String::new(),
                unit_code: String::new(),
                element: String::new(),
                period: String::new(),
            }],
        })
    }
}

/// The unit's name without its kind and without accents.
fn plain_name(unit: &UnitVersion) -> String {
    let kind = unit.name_vi.split(' ').count().saturating_sub(unit.bare_name().split(' ').count());
    unit.name_en.split(' ').skip(kind).collect::<Vec<_>>().join(" ")
}

fn signed_on(at: Timestamp) -> String {
    let day = at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    format!("Ngày {} tháng {} năm {}", day.day(), day.month(), day.year())
}
