//! What stands in a cell, above it and at the head of its row, read again from the kept bytes.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::cells::Cell;
use super::files::Files;
use super::question::Asked;
use crate::model::{CellRef, Shown, Waiver};
use crate::normalize::{self, FormSeen, Viewer};
use crate::store::Store;

/// What a file says about its cells.
struct Reading {
    texts: BTreeMap<(u32, u32), String>,
    form: Option<FormSeen>,
}

/// Cells with the signs of their files and the texts that stand in them. A file is read once, however many cells it has;
/// one that is kept no longer adds nothing.
pub(super) fn with_texts(asked: &Asked<'_>, store: &Store, files: &Files, mut cells: Vec<Cell>) -> Vec<Cell> {
    let mut wanted: BTreeMap<(String, Option<String>), Option<Reading>> =
        cells.iter().map(|cell| ((cell.submission_id.clone(), cell.member.clone()), None)).collect();
    let viewer = Viewer::new(asked.plan);
    let waivers = store.ledger().and_then(|ledger| ledger.waivers()).unwrap_or_default();
    wanted.par_iter_mut().for_each(|((submission, member), reading)| {
        *reading = read(asked, store, files, &viewer, &waivers, (submission, member.as_deref()));
    });
    for cell in &mut cells {
        cell.file = files.of(&cell.submission_id, cell.member.as_deref()).map_or(String::new(), |f| f.sign.clone());
        let key = (cell.submission_id.clone(), cell.member.clone());
        let (Some(Some(reading)), Ok(at)) = (wanted.get(&key), cell.cell.parse::<CellRef>()) else { continue };
        cell.found = reading.texts.get(&(at.row(), at.column())).cloned();
        let Some(form) = &reading.form else { continue };
        let column = form.columns.iter().find(|column| column.element == cell.element);
        cell.header = column.map(|column| column.header.split_whitespace().collect::<Vec<_>>().join(" "));
        if let Some(row) = form.rows.iter().find(|row| row.row == at.row() + 1) {
            (cell.row_name, cell.by) = (Some(row.name.clone()), Some(row.by));
        }
    }
    cells
}

fn read(
    asked: &Asked<'_>,
    store: &Store,
    files: &Files,
    viewer: &Viewer<'_>,
    waivers: &[(String, Waiver)],
    (submission, member): (&str, Option<&str>),
) -> Option<Reading> {
    let file = &files.of(submission, member)?.submission;
    let bytes = store.read_raw(file.text("sha256")).ok()?;
    let sheet = viewer.sheet(bytes.clone(), member)?;
    let texts = sheet.cells.into_iter().map(|cell| {
        let text = match cell.shown {
            Shown::Number(number) => number.to_string(),
            Shown::Text(text) => text,
            Shown::Flag(flag) => flag.to_string(),
        };
        ((cell.row, cell.column), text)
    });
    let texts = texts.collect();
    let (district, name) = (file.text("district_code"), file.text("file_name"));
    let received = file.text("received_at").parse().unwrap_or_default();
    // The last word holds.
    let own = waivers.iter().rev().filter(|(sha256, _)| sha256 == file.text("sha256"));
    let own: Vec<Waiver> = own.map(|(_, waiver)| waiver.clone()).collect();
    let day = asked.plan.local_date(received);
    let seen = normalize::inspect(asked.plan, asked.register, bytes, district, name, day, &own);
    let form = seen.into_iter().find(|part| part.member.as_deref() == member).and_then(|part| part.form);
    Some(Reading { texts, form })
}
