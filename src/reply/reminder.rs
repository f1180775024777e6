//! Who has not sent what: forms of districts that are overdue or due soon, and units that a form which came says nothing of;
//! as a list, and as a text to send. From the plan's calendar, `submissions` and `reporting`.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use jiff::civil::Date;

use super::words::day;
use crate::model::{Form, Level, Period, Plan, SubmissionStatus};
use crate::register::Register;
use crate::store::columns::{Words, day_number};
use crate::store::{Store, StoreError};

/// A form that has not come.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Open {
    /// Code of the form.
    pub form: String,
    /// Its period.
    pub period: Period,
    /// The day on which it was or is due.
    pub due_on: Date,
    /// Days since then; below zero, days until then.
    pub days_late: i32,
}

/// Units that a form which came says nothing of.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Silent {
    /// Code of the form.
    pub form: String,
    /// Its period.
    pub period: Period,
    /// Names of the units.
    pub units: Vec<String>,
}

/// What a district is to be reminded of.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reminder {
    /// Code of the district.
    pub district: String,
    /// Its name today.
    pub name: String,
    /// Overdue and due soon, by form, then period.
    pub open: Vec<Open>,
    /// By form, then period.
    pub silent: Vec<Silent>,
}

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vietnamese,
    /// English.
    English,
}

/// A form of a district for a period.
type Slot = (String, usize, Period);

/// What has not come by `today`, or is due within so many days, by district.
pub fn reminders(
    plan: &Plan,
    register: &Register,
    store: &Store,
    today: Date,
    soon: i32,
) -> Result<Vec<Reminder>, StoreError> {
    let came = came(plan, store)?;
    let mut all: BTreeMap<String, Reminder> = BTreeMap::new();
    let of = |all: &mut BTreeMap<String, Reminder>, district: &str, add: &mut dyn FnMut(&mut Reminder)| {
        add(all.entry(district.to_owned()).or_insert_with(|| Reminder {
            district: district.to_owned(),
            name: register.named(district, today).map_or_else(String::new, |unit| unit.name_vi.clone()),
            ..Reminder::default()
        }));
    };
    for (at, form) in plan.forms.iter().enumerate() {
        for period in plan.periods_of(form).into_iter().filter(|period| period.end() < today) {
            let due_on = plan.due_on(form, period);
            let days_late = day_number(today) - day_number(due_on);
            if days_late < -soon {
                continue;
            }
            for district in register.senders(period.end()) {
                let asked = if form.level == Level::Ward {
                    register.children(&district.code, period.end()).any(|unit| unit.level == Level::Ward)
                } else {
                    form.level == district.level
                };
                if asked && !came.contains(&(district.code.clone(), at, period)) {
                    let open = Open { form: form.code.clone(), period, due_on, days_late };
                    of(&mut all, &district.code, &mut |reminder| reminder.open.push(open.clone()));
                }
            }
        }
    }
    for ((district, form, period), units) in silent(plan, register, store, today)? {
        let form = plan.forms[form].code.clone();
        let silent = Silent { form, period, units };
        of(&mut all, &district, &mut |reminder| reminder.silent.push(silent.clone()));
    }
    Ok(all.into_values().collect())
}

/// Forms that came and could be used.
fn came(plan: &Plan, store: &Store) -> Result<BTreeSet<Slot>, StoreError> {
    let mut all = BTreeSet::new();
    for batch in store.read_table("submissions", &["district_code", "form", "period", "status"], true)? {
        let of = |name| Words::of(&batch, name);
        let (Some(districts), Some(forms), Some(periods), Some(states)) =
            (of("district_code"), of("form"), of("period"), of("status"))
        else {
            continue;
        };
        for row in 0..batch.num_rows() {
            if states.get(row) == SubmissionStatus::Quarantined.as_str() {
                continue;
            }
            if let Some(form) = position(plan, forms.get(row))
                && let Ok(period) = periods.get(row).parse()
            {
                all.insert((districts.get(row).to_owned(), form, period));
            }
        }
    }
    Ok(all)
}

fn position(plan: &Plan, form: &str) -> Option<usize> {
    plan.forms.iter().position(|of| of.code == form)
}

/// Units without a value in a form that came.
fn silent(
    plan: &Plan,
    register: &Register,
    store: &Store,
    today: Date,
) -> Result<BTreeMap<Slot, Vec<String>>, StoreError> {
    const COLUMNS: [&str; 6] = ["unit_code", "district_code", "form", "period", "received_on", "values_accepted"];
    let mut all: BTreeMap<Slot, Vec<String>> = BTreeMap::new();
    for batch in store.read_table("reporting", &COLUMNS, true)? {
        let of = |name| Words::of(&batch, name);
        let (Some(units), Some(districts), Some(forms), Some(periods)) =
            (of("unit_code"), of("district_code"), of("form"), of("period"))
        else {
            continue;
        };
        let accepted = batch.column_by_name("values_accepted").and_then(|c| c.as_primitive_opt::<Int32Type>().cloned());
        let (Some(received), Some(accepted)) = (batch.column_by_name("received_on"), accepted) else { continue };
        for row in (0..batch.num_rows()).filter(|row| accepted.value(*row) == 0 && !received.is_null(*row)) {
            let (Some(form), Ok(period)) = (position(plan, forms.get(row)), periods.get(row).parse::<Period>()) else {
                continue;
            };
            let code = units.get(row);
            let name = register.named(code, period.end().min(today)).map_or(code, |unit| &unit.name_vi);
            all.entry((districts.get(row).to_owned(), form, period)).or_default().push(name.to_owned());
        }
    }
    Ok(all)
}

impl Reminder {
    /// Forms that are overdue.
    pub fn late(&self) -> impl Iterator<Item = &Open> {
        self.open.iter().filter(|open| open.days_late > 0)
    }

    /// Forms that are due soon.
    pub fn soon(&self) -> impl Iterator<Item = &Open> {
        self.open.iter().filter(|open| open.days_late <= 0)
    }

    /// A text to send to the district.
    pub fn text(&self, plan: &Plan, today: Date, language: Language) -> String {
        match language {
            Language::Vietnamese => self.vietnamese(plan, today),
            Language::English => self.english(plan, today),
        }
    }

    fn vietnamese(&self, plan: &Plan, today: Date) -> String {
        let line = |open: &Open| {
            let state = match open.days_late {
                late @ 1.. => format!("quá hạn {late} ngày"),
                0 => "đến hạn hôm nay".to_owned(),
                left => format!("còn {} ngày", -left),
            };
            let form = name_of(plan, &open.form, |form| &form.name_vi);
            format!("  - Biểu {form}, {}: hạn nộp {} ({state})\n", open.period.label_vi(), day(open.due_on))
        };
        let silent = |of: &Silent| format!("  - Biểu {}, {}: {}\n", of.form, of.period.label_vi(), of.units.join(", "));
        let heads = [
            "Đã quá hạn, chưa nhận được:",
            "Sắp đến hạn:",
            "Đã nhận biểu nhưng chưa có số liệu dùng được của các đơn vị:",
        ];
        let head = format!(
            "Kính gửi: {} ({})\nV/v nộp báo cáo thực hiện {}\n\nTính đến ngày {}:\n",
            self.name,
            self.district,
            plan.name_vi,
            day(today)
        );
        self.letter(
            head,
            &heads,
            &line,
            &silent,
            "Đề nghị đơn vị gửi các biểu còn thiếu theo cách gửi thường lệ. Nếu đã gửi, xin báo lại để đối chiếu.\n",
        )
    }

    fn english(&self, plan: &Plan, today: Date) -> String {
        let line = |open: &Open| {
            let state = match open.days_late {
                1 => "1 day overdue".to_owned(),
                late @ 2.. => format!("{late} days overdue"),
                0 => "due today".to_owned(),
                -1 => "1 day left".to_owned(),
                left => format!("{} days left", -left),
            };
            let form = name_of(plan, &open.form, |form| &form.name_en);
            format!("  - Form {form}, {}: due on {} ({state})\n", open.period.label_en(), open.due_on)
        };
        let silent = |of: &Silent| format!("  - Form {}, {}: {}\n", of.form, of.period.label_en(), of.units.join(", "));
        let heads =
            ["Overdue, not received:", "Due soon:", "Form received, but without usable figures of these units:"];
        let head = format!("To: {} ({})\nReports for {}\n\nAs of {today}:\n", self.name, self.district, plan.name_en);
        let close = "Please send the missing forms in the usual way. If you have sent them, please let us know.\n";
        self.letter(head, &heads, &line, &silent, close)
    }

    fn letter(
        &self,
        mut text: String,
        heads: &[&str; 3],
        line: &dyn Fn(&Open) -> String,
        silent: &dyn Fn(&Silent) -> String,
        close: &str,
    ) -> String {
        let late: String = self.late().map(line).collect();
        let soon: String = self.soon().map(line).collect();
        let silent: String = self.silent.iter().map(silent).collect();
        for (head, lines) in heads.iter().zip([late, soon, silent]) {
            if !lines.is_empty() {
                text.push_str(&format!("\n{head}\n{lines}"));
            }
        }
        text.push_str(&format!("\n{close}"));
        text
    }
}

fn name_of<'a>(plan: &'a Plan, form: &str, name: impl Fn(&'a Form) -> &'a String) -> String {
    plan.form(form).map_or_else(|| form.to_owned(), |of| format!("{form} “{}”", name(of)))
}
