//! TOML read loosely, with the place of every value, so that one error does not hide the others.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Place, Problems, nearest};

/// A file's text and path, to turn spans into lines.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    pub(super) fn place(&self, offset: usize) -> Place {
        Place::offset(&self.path, &self.text, offset)
    }

    /// Reads a file; a problem where it is missing or not text.
    pub(super) fn open(path: &Path, problems: &mut Problems) -> Option<Self> {
        match fs_err::read_to_string(path) {
            Ok(text) => Some(Self { path: path.to_owned(), text }),
            Err(error) => {
                problems.add(&Place::file(path), format!("cannot be read: {error}"));
                None
            }
        }
    }

    /// Parses the text; syntax errors become problems (the first few: they cascade).
    pub(super) fn parse(&self, problems: &mut Problems) -> Spanned<DeTable<'_>> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        for error in errors.iter().take(3) {
            let at = error.span().map_or(0, |s| s.start);
            problems.add(&self.place(at), error.message().to_owned());
        }
        table
    }
}

/// One table whose keys are taken one by one; what is left at the end is unknown.
pub(super) struct Table<'a> {
    pub(super) source: &'a Source,
    table: &'a DeTable<'a>,
    at: usize,
    asked: Vec<&'static str>,
}

impl<'a> Table<'a> {
    pub(super) fn new(source: &'a Source, table: &'a DeTable<'a>, at: usize) -> Self {
        Self { source, table, at, asked: Vec::new() }
    }

    /// Where the table starts.
    pub(super) fn place(&self) -> Place {
        self.source.place(self.at)
    }

    /// Where a key's value stands; the table's place when it has none.
    pub(super) fn place_of(&self, key: &str) -> Place {
        self.table.get(key).map_or_else(|| self.place(), |v| self.source.place(v.span().start))
    }

    /// Byte offset of a key's value.
    pub(super) fn offset_of(&self, key: &str) -> usize {
        self.table.get(key).map_or(self.at, |v| v.span().start)
    }

    fn raw(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn wrong(&self, value: &Spanned<DeValue<'_>>, key: &str, expected: &str, problems: &mut Problems) {
        let place = self.source.place(value.span().start);
        problems.add(&place, format!("`{key}` is {}, expected {expected}", kind_of(value.get_ref())));
    }

    /// A key that must be there.
    pub(super) fn need<T>(&self, key: &'static str, got: Option<T>, problems: &mut Problems) -> Option<T> {
        if got.is_none() && !self.table.contains_key(key) {
            problems.add(&self.place(), format!("`{key}` is missing"));
        }
        got
    }

    pub(super) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<String> {
        let value = self.raw(key)?;
        if let DeValue::String(text) = value.get_ref() {
            Some(text.to_string())
        } else {
            self.wrong(value, key, "a text in quotes", problems);
            None
        }
    }

    pub(super) fn required(&mut self, key: &'static str, problems: &mut Problems) -> String {
        let got = self.text(key, problems);
        self.need(key, got, problems).unwrap_or_default()
    }

    pub(super) fn number(&mut self, key: &'static str, problems: &mut Problems) -> Option<f64> {
        let value = self.raw(key)?;
        let got = number_of(value.get_ref());
        if got.is_none() {
            self.wrong(value, key, "a number", problems);
        }
        got
    }

    pub(super) fn flag(&mut self, key: &'static str, problems: &mut Problems) -> bool {
        let Some(value) = self.raw(key) else { return false };
        if let DeValue::Boolean(flag) = value.get_ref() {
            return *flag;
        }
        self.wrong(value, key, "true or false", problems);
        false
    }

    /// Whether a key is there and holds a text.
    pub(super) fn holds_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| matches!(value.get_ref(), DeValue::String(_)))
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// A list of texts; empty where the key is not there.
    pub(super) fn texts(&mut self, key: &'static str, problems: &mut Problems) -> Vec<String> {
        let Some(value) = self.raw(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, key, "a list of texts", problems);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(text) => texts.push(text.to_string()),
                _ => self.wrong(item, key, "a list of texts", problems),
            }
        }
        texts
    }

    /// A table within.
    pub(super) fn table(&mut self, key: &'static str, problems: &mut Problems) -> Option<Table<'a>> {
        let value = self.raw(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            Some(Table::new(self.source, table, value.span().start))
        } else {
            self.wrong(value, key, "a table", problems);
            None
        }
    }

    /// A list of tables; empty where the key is not there.
    pub(super) fn tables(&mut self, key: &'static str, problems: &mut Problems) -> Vec<Table<'a>> {
        let Some(value) = self.raw(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, key, "a list of tables", problems);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => tables.push(Table::new(self.source, table, item.span().start)),
                _ => self.wrong(item, key, "a list of tables", problems),
            }
        }
        tables
    }

    /// Every key with its number, for a table whose keys are names (`requires`, `example`).
    pub(super) fn numbers(&self, problems: &mut Problems) -> Vec<(String, f64, Place)> {
        let mut all = Vec::new();
        for (key, value) in self.table {
            match number_of(value.get_ref()) {
                Some(n) => all.push((key.get_ref().to_string(), n, self.source.place(key.span().start))),
                None => self.wrong(value, key.get_ref(), "a number", problems),
            }
        }
        all
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(key, problems)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let list = words.iter().map(|(w, _)| format!("`{w}`")).collect::<Vec<_>>().join(", ");
            let hint = nearest(&text, words.iter().map(|(w, _)| *w)).map(|n| format!("did you mean `{n}`?"));
            problems.add_hint(&self.place_of(key), format!("`{key}` is `{text}`, expected one of {list}"), hint);
        }
        found
    }

    /// Keys that nobody asked for are unknown.
    pub(super) fn end(self, problems: &mut Problems) {
        for (key, _) in self.table {
            if !self.asked.contains(&key.get_ref().as_ref()) {
                let place = self.source.place(key.span().start);
                let hint = nearest(key.get_ref(), self.asked.iter().copied()).map(|n| format!("did you mean `{n}`?"));
                problems.add_hint(&place, format!("`{}` is not a key here", key.get_ref()), hint);
            }
        }
    }
}

fn number_of(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(n) => n.as_str().replace('_', "").parse().ok(),
        DeValue::Float(n) => n.as_str().replace('_', "").parse().ok(),
        _ => None,
    }
}

const fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
