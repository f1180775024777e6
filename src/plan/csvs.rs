//! The CSV files of a definition: how rows are read, populations, baselines. A bad row is a problem with its line.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::problem::{Place, Problems};
use crate::model::{Baseline, Element, Population};

/// One row of a CSV, with the columns asked for in the order asked for.
pub(super) struct Row<'r> {
    path: &'r Path,
    lines: &'r Lines<'r>,
    record: &'r csv::StringRecord,
    positions: &'r [usize],
}

impl Row<'_> {
    /// The fields asked for, without spaces around them.
    pub(super) fn fields<const N: usize>(&self) -> [&str; N] {
        std::array::from_fn(|at| self.positions.get(at).and_then(|p| self.record.get(*p)).unwrap_or("").trim())
    }

    pub(super) fn place(&self) -> Place {
        Place::line(self.path, self.lines.of(self.record.position()))
    }
}

/// The lines of a file, asked for from its start to its end.
struct Lines<'r> {
    bytes: &'r [u8],
    /// A place, and the line ends before it: a long list is counted through once.
    known: Cell<(usize, usize)>,
}

impl<'r> Lines<'r> {
    fn new(bytes: &'r [u8]) -> Self {
        Self { bytes, known: Cell::new((0, 0)) }
    }

    /// The line, from 1, on which a record begins. The reader's own count stands before the line ends that are still to be
    /// passed: the second half of CR LF, and blank lines.
    fn of(&self, position: Option<&csv::Position>) -> usize {
        let start = position.map_or(0, |p| p.byte() as usize).min(self.bytes.len());
        let ends = self.bytes[start..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let end = start + ends;
        let (from, before) = match self.known.get() {
            (from, before) if from <= end => (from, before),
            _ => (0, 0),
        };
        let lines = before + memchr::memchr_iter(b'\n', &self.bytes[from..end]).count();
        self.known.set((end, lines));
        1 + lines
    }
}

/// Hands every row of a CSV that has these columns to `each`.
pub(super) fn rows(
    path: &Path,
    columns: &[&str],
    problems: &mut Problems,
    mut each: impl FnMut(&Row<'_>, &mut Problems),
) {
    let bytes = match fs_err::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            problems.add(&Place::file(path), format!("cannot be read: {error}"));
            return;
        }
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect(),
        Err(error) => {
            problems.add(&Place::line(path, 1), error.to_string());
            return;
        }
    };
    let mut positions = Vec::new();
    for column in columns {
        match header.iter().position(|h| h == column) {
            Some(at) => positions.push(at),
            None => problems
                .add(&Place::line(path, 1), format!("there is no column `{column}`; expected {}", columns.join(", "))),
        }
    }
    if positions.len() < columns.len() {
        return;
    }
    let lines = Lines::new(&bytes);
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(false) => return,
            Ok(true) => {
                let row = Row { path, lines: &lines, record: &record, positions: &positions };
                if record.len() < header.len() {
                    problems.add(&row.place(), format!("has {} fields, expected {}", record.len(), header.len()));
                } else {
                    each(&row, problems);
                }
            }
            Err(error) => {
                problems.add(&Place::line(path, lines.of(error.position())), "is not a row of UTF-8 text".to_owned());
            }
        }
    }
}

pub(super) fn date(text: &str, row: &Row<'_>, what: &str, problems: &mut Problems) -> Option<Date> {
    if let Ok(date) = text.parse() {
        Some(date)
    } else {
        problems.add(&row.place(), format!("{what} is `{text}`, expected a date such as 2018-06-30"));
        None
    }
}

pub(super) fn number(text: &str, row: &Row<'_>, what: &str, problems: &mut Problems) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(n) if n.is_finite() => Some(n),
        _ => {
            problems.add(&row.place(), format!("{what} is `{text}`, expected a number such as 1234.5"));
            None
        }
    }
}

/// Loads `population.csv`: `unit_code, year, population, note`.
pub(super) fn populations(path: &Path, problems: &mut Problems) -> BTreeMap<String, BTreeMap<i16, Population>> {
    let mut all: BTreeMap<String, BTreeMap<i16, Population>> = BTreeMap::new();
    let mut open: Option<(String, BTreeMap<i16, Population>)> = None;
    rows(path, &["unit_code", "year", "population", "note"], problems, |row, problems| {
        let [unit, year, persons, note] = row.fields();
        let Ok(year) = year.parse::<i16>() else {
            problems.add(&row.place(), format!("year is `{year}`, expected a year such as 2018"));
            return;
        };
        let Some(persons) = number(persons, row, "population", problems) else { return };
        if persons < 0.0 {
            problems.add(&row.place(), format!("population is {persons}, expected 0 or more"));
        }
        // Rows of a unit mostly follow one another.
        if open.as_ref().is_none_or(|(code, _)| code != unit) {
            let next = (unit.to_owned(), all.remove(unit).unwrap_or_default());
            all.extend(open.replace(next));
        }
        let Some((_, of_unit)) = &mut open else { return };
        if of_unit.insert(year, Population { persons, note: note.to_owned() }).is_some() {
            problems.add(&row.place(), format!("unit `{unit}` has two populations for {year}"));
        }
    });
    all.extend(open);
    all
}

/// Loads `baseline.csv`: `unit_code, element, as_of, value`, of these elements.
pub(super) fn baselines(
    path: &Path,
    elements: &[Element],
    problems: &mut Problems,
) -> BTreeMap<String, BTreeMap<String, Baseline>> {
    let mut all: BTreeMap<String, BTreeMap<String, Baseline>> = BTreeMap::new();
    rows(path, &["unit_code", "element", "as_of", "value"], problems, |row, problems| {
        let [unit, element, as_of, value] = row.fields();
        if !elements.iter().any(|e| e.code == element) {
            problems.unknown(&row.place(), "element", element, elements.iter().map(|e| e.code.as_str()));
        }
        let as_of = date(as_of, row, "as_of", problems);
        let value = number(value, row, "value", problems);
        let (Some(as_of), Some(value)) = (as_of, value) else { return };
        let of_unit = all.entry(unit.to_owned()).or_default();
        if of_unit.insert(element.to_owned(), Baseline { as_of, value }).is_some() {
            problems.add(&row.place(), format!("unit `{unit}` has two baselines of `{element}`"));
        }
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_line_however_lines_end() {
        for end in ["\n", "\r\n", "\r\n\r\n"] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("population.csv");
            let rows = ["unit_code,year,population,note", "1,x,5,", "2,2018,5,", "3,2018,-1,", "4,2018"];
            std::fs::write(&path, rows.join(end)).unwrap();
            let mut problems = Problems::default();
            populations(&path, &mut problems);
            let lines: Vec<usize> = problems.sorted().iter().map(|p| p.line).collect();
            let step = end.matches('\n').count();
            assert_eq!(lines, [1 + step, 1 + 3 * step, 1 + 4 * step], "{end:?}");
        }
    }
}
