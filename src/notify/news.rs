//! Findings that were not in the release before, by their id. Only the files of `findings` that differ between the two
//! releases are read: a night without news reads none.

use std::collections::{HashMap, HashSet};

use crate::model::{NewFinding, News, Severity};
use crate::store::columns::Words;
use crate::store::{Partition, Published, Store, StoreError};

/// How many are told in full.
const SHOWN: usize = 50;
/// What is told of each.
const COLUMNS: [&str; 9] =
    ["finding_id", "submission_id", "file_name", "severity", "code", "sheet", "cell", "message_vi", "message_en"];

/// The news of a release against its parent. Without a parent every finding is new; one that is no longer there tells
/// nothing.
pub fn news(store: &Store, release: &Published) -> Result<Option<News>, StoreError> {
    let parent = match release.text("parent") {
        "" => None,
        id => match store.published(Some(id))? {
            Some(parent) => Some(parent),
            None => return Ok(None),
        },
    };
    let now = release.files_besides("findings", parent.as_ref());
    let before = parent.map(|parent| parent.files_besides("findings", Some(release))).unwrap_or_default();
    let known = ids(&before)?;
    let mut new: Vec<(u8, String)> = Vec::new();
    for file in &now {
        for batch in file.read(&["finding_id", "severity"])? {
            let (Some(ids), Some(severities)) = (Words::of(&batch, "finding_id"), Words::of(&batch, "severity")) else {
                continue;
            };
            let rows = (0..batch.num_rows()).filter(|row| !known.contains(ids.get(*row)));
            new.extend(rows.map(|row| (gravity(severities.get(row)), ids.get(row).to_owned())));
        }
    }
    new.sort_unstable();
    let count = new.len() as u64;
    new.truncate(SHOWN);
    Ok(Some(News { count, shown: tell(&now, &new, release)? }))
}

fn gravity(severity: &str) -> u8 {
    let order = [Severity::Error, Severity::Warning, Severity::Info];
    order.iter().position(|s| s.as_str() == severity).unwrap_or(order.len()) as u8
}

fn ids(files: &[Partition]) -> Result<HashSet<String>, StoreError> {
    let mut all = HashSet::new();
    for file in files {
        for batch in file.read(&["finding_id"])? {
            if let Some(ids) = Words::of(&batch, "finding_id") {
                all.extend((0..batch.num_rows()).map(|row| ids.get(row).to_owned()));
            }
        }
    }
    Ok(all)
}

/// The findings of these ids in full, in the order of the list.
fn tell(files: &[Partition], wanted: &[(u8, String)], release: &Published) -> Result<Vec<NewFinding>, StoreError> {
    let place: HashMap<&str, usize> = wanted.iter().enumerate().map(|(at, (_, id))| (id.as_str(), at)).collect();
    let mut told: Vec<(usize, String, NewFinding)> = Vec::new();
    for file in files {
        for batch in file.read_where(&COLUMNS, &["finding_id"], |id| place.contains_key(id[0]))? {
            let columns: Vec<Words<'_>> = COLUMNS.iter().filter_map(|name| Words::of(&batch, name)).collect();
            let [id, submission, file, severity, code, sheet, cell, vi, en] = columns.as_slice() else { continue };
            for row in 0..batch.num_rows() {
                let of = |words: &Words<'_>| words.get(row).to_owned();
                let place_of = match (sheet.get(row), cell.get(row)) {
                    ("", cell) => cell.to_owned(),
                    (sheet, "") => sheet.to_owned(),
                    (sheet, cell) => format!("{sheet}!{cell}"),
                };
                let finding = NewFinding {
                    finding: of(id),
                    district: String::new(),
                    file: of(file),
                    place: place_of,
                    severity: of(severity),
                    code: of(code),
                    message_vi: of(vi),
                    message_en: of(en),
                };
                let at = place.get(id.get(row)).copied().unwrap_or(usize::MAX);
                told.push((at, of(submission), finding));
            }
        }
    }
    told.sort();
    let districts = districts(&told.iter().map(|(_, id, _)| id.as_str()).collect(), release)?;
    let with_district = |(_, submission, finding): (usize, String, NewFinding)| NewFinding {
        district: districts.get(&submission).cloned().unwrap_or_default(),
        ..finding
    };
    Ok(told.into_iter().map(with_district).collect())
}

/// Who sent these submissions.
fn districts(wanted: &HashSet<&str>, release: &Published) -> Result<HashMap<String, String>, StoreError> {
    let mut all = HashMap::new();
    if wanted.is_empty() {
        return Ok(all);
    }
    for file in release.files_besides("submissions", None) {
        for batch in
            file.read_where(&["submission_id", "district_code"], &["submission_id"], |id| wanted.contains(id[0]))?
        {
            let (Some(ids), Some(districts)) = (Words::of(&batch, "submission_id"), Words::of(&batch, "district_code"))
            else {
                continue;
            };
            all.extend((0..batch.num_rows()).map(|row| (ids.get(row).to_owned(), districts.get(row).to_owned())));
        }
    }
    Ok(all)
}
