//! A quarantined file that a person let through: what it is to be read as, and who says so.

use super::period::Period;

/// What a person said of a quarantined file, or of one member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Waiver {
    /// Path inside an archive; empty for the whole file.
    pub member: String,
    /// The district that sent it.
    pub district: Option<String>,
    /// The period that it is about.
    pub period: Option<Period>,
    /// Code of the form that it is.
    pub form: Option<String>,
    /// The finding for which it was quarantined: its code, and what was found.
    pub quarantined: String,
    /// Why it was let through.
    pub reason: String,
    /// Who let it through.
    pub who: String,
    /// When: microseconds since 1970 UTC.
    pub at: i64,
}

impl Waiver {
    /// What holds and why, in Vietnamese and English.
    pub fn told(&self) -> (String, String) {
        let period = self.period.map(|period| period.to_string());
        let holds = [("đơn vị", "district", &self.district), ("kỳ", "period", &period), ("biểu", "form", &self.form)];
        let told = holds.into_iter().filter_map(|(vi, en, what)| Some((vi, en, what.as_ref()?)));
        let (vi, en): (Vec<String>, Vec<String>) =
            told.map(|(vi, en, what)| (format!("{vi} {what}"), format!("{en} {what}"))).unzip();
        let Self { reason, who, .. } = self;
        (
            format!("{} – lý do: {reason} ({who})", vi.join(", ")),
            format!("{} – reason: {reason} ({who})", en.join(", ")),
        )
    }
}
