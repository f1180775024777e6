//! Where a ward came from, in words.

use jiff::civil::Date;

use crate::register::history::Event;
use crate::register::{ChangeKind, Register};

/// A sentence in Vietnamese and English.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(super) struct Origin {
    pub(super) vi: String,
    pub(super) en: String,
}

/// The merges and splits that made a unit what it is on `day`, oldest first.
pub(super) fn of(register: &Register, code: &str, day: Date) -> Vec<Origin> {
    let made =
        |event: &Event<'_>| event.day <= day && event.rows.iter().any(|row| row.from_code.as_deref() != Some(code));
    register.origins(code).iter().filter(|event| made(event)).filter_map(|event| told(register, event)).collect()
}

fn told(register: &Register, event: &Event<'_>) -> Option<Origin> {
    let (vi, en) = match event.kind {
        ChangeKind::Merge => ("Hợp nhất từ", "merged from"),
        ChangeKind::Split => ("Nhận một phần của", "received a part of"),
        ChangeKind::Rename | ChangeKind::Reclassify | ChangeKind::Transfer => ("Tiếp nối", "continues"),
        ChangeKind::Create | ChangeKind::Abolish => return None,
    };
    let eve = event.day.yesterday().unwrap_or(event.day);
    let units = event.rows.iter().filter_map(|row| register.named(row.from_code.as_deref()?, eve));
    let names: Vec<String> = units.map(|unit| format!("{} {}", unit.kind, unit.bare_name())).collect();
    let names = names.join(", ");
    let law = event.instruments().join("; ");
    let by = |word: &str| if law.is_empty() { String::new() } else { format!(" {word} {law}") };
    let doubt = |words: &str| if event.certain() { String::new() } else { format!(" ({words})") };
    Some(Origin {
        vi: format!(
            "{vi} {names} từ {}{}{}",
            event.day.strftime("%d/%m/%Y"),
            by("theo"),
            doubt("nguồn chưa chắc chắn")
        ),
        en: format!("{en} {names} from {}{}{}", event.day, by("under"), doubt("the source is uncertain")),
    })
}
