//! What each stage last made, part by part, and from what: so that a night does only what something changed for.
//!
//! A part is what a stage makes by itself, nearly always a province. Its inputs are named digests: of the program, of the
//! definitions, of the calendar, of what came in. Where they are the same the part stands. A part is forgotten before its
//! first file is touched and noted again when all its files are on disk, so that what a killed run left half done is made
//! again, whatever the inputs are by then.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;

use super::{Ledger, Result, Store, StoreError, raw};

/// Named digests of what a part was made from.
pub type Inputs = BTreeMap<String, String>;

/// Inputs of these names. The program itself is one of all.
pub fn inputs(of: &[(&str, String)]) -> Inputs {
    let program = ("program", crate::PROGRAM.to_owned());
    of.iter().chain([&program]).map(|(name, digest)| ((*name).to_owned(), digest.clone())).collect()
}

/// A file below `tables/`, as `observations/2018/2018-Q2.parquet`, with its SHA-256.
pub type Written = (String, String);

/// A part that stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Made {
    /// What it was made from.
    pub inputs: Inputs,
    /// SHA-256 over its files.
    pub digest: String,
    /// What the stage says of it, in JSON.
    pub summary: String,
}

/// A part that was just made.
#[derive(Debug)]
pub struct Fresh {
    /// Its name.
    pub part: String,
    /// What it was made from.
    pub inputs: Inputs,
    /// What the stage says of it, in JSON.
    pub summary: String,
    /// All its files.
    pub files: Vec<Written>,
}

/// Why a part is made again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stale {
    /// The part.
    pub part: String,
    /// Each input that is not what it was, by name: before and now. Empty where the part was never finished.
    pub changed: BTreeMap<String, (String, String)>,
}

impl Stale {
    /// Why, in words.
    pub fn why(&self) -> Vec<String> {
        if self.changed.is_empty() {
            return vec!["it was not made yet, or not finished".to_owned()];
        }
        let words = |(name, (before, now)): (&String, &(String, String))| match name.as_str() {
            "program" => "the program is another".to_owned(),
            "definitions" => "the definition changed".to_owned(),
            "calendar" => "a day has come on which a period ends, a form is due or a unit changes".to_owned(),
            "maps" => "other maps are wanted".to_owned(),
            "period" => format!("the newest quarter is {now}, it was {before}"),
            "receipts" => came(before, now),
            "corrections" => "the reviewed corrections changed".to_owned(),
            "scorecards" => "what scorecards are made as, their maps or the actions on them changed".to_owned(),
            "tables" => "tables that it follows from changed".to_owned(),
            other => format!("{other} changed"),
        };
        self.changed.iter().map(words).collect()
    }
}

/// How many receipts are new, and how many are gone.
fn came(before: &str, now: &str) -> String {
    let of = |text: &str| text.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, now) = (of(before), of(now));
    let (came, gone) = (now.difference(&before).count(), before.difference(&now).count());
    let gone = if gone > 0 { format!(", {gone} changed or gone") } else { String::new() };
    format!("{came} new receipts{gone}")
}

/// The parts of one stage.
#[derive(Debug)]
pub struct Parts {
    store: Store,
    ledger: Ledger,
    stage: &'static str,
    known: BTreeMap<String, Made>,
    /// Parts whose making began and has not ended.
    open: BTreeSet<String>,
}

/// The stage that reads files.
const READS: &str = "normalize";
/// Stages that make tables, each with the one that it is known by.
const TABLES: &[(&str, &str)] = &[("normalize", "observations"), ("evaluate", "indicator_values")];

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS made (
        stage TEXT NOT NULL, part TEXT NOT NULL, inputs TEXT NOT NULL, digest TEXT NOT NULL, summary TEXT NOT NULL,
        files TEXT NOT NULL, PRIMARY KEY (stage, part)
    ) WITHOUT ROWID;
";

impl Store {
    /// The parts of a stage that stand.
    pub fn parts(&self, stage: &'static str) -> Result<Parts> {
        let ledger = self.ledger()?;
        let read = || -> rusqlite::Result<BTreeMap<String, Made>> {
            let mut select =
                ledger.connection.prepare("SELECT part, inputs, digest, summary FROM made WHERE stage = ?")?;
            let rows = select.query_map([stage], |r| {
                let inputs = serde_json::from_str(&r.get::<_, String>(1)?).unwrap_or_default();
                Ok((r.get(0)?, Made { inputs, digest: r.get(2)?, summary: r.get(3)? }))
            })?;
            rows.collect()
        };
        let mut known = read().map_err(ledger.fail())?;
        let open: BTreeSet<String> =
            known.iter().filter(|(_, made)| made.digest.is_empty()).map(|(part, _)| part.clone()).collect();
        known.retain(|part, _| !open.contains(part));
        Ok(Parts { store: self.clone(), ledger, stage, known, open })
    }

    /// The parts of the stage that makes a table.
    pub fn parts_of_table(&self, table: &str) -> Result<Parts> {
        match TABLES.iter().find(|(_, made)| *made == table) {
            Some((stage, _)) => self.parts(stage),
            None => Err(StoreError::Missing { table: table.to_owned(), store: self.root.clone() }),
        }
    }

    /// The digest of each part of the tables that stands, by stage and part; an error where a stage has made nothing yet or
    /// left something half made.
    pub fn tables_made(&self) -> Result<BTreeMap<(&'static str, String), String>> {
        let mut all = BTreeMap::new();
        for (stage, table) in TABLES {
            let parts = self.parts(stage)?;
            if parts.all().is_empty() || !parts.open.is_empty() {
                return Err(StoreError::Missing { table: (*table).to_owned(), store: self.root.clone() });
            }
            all.extend(parts.known.into_iter().map(|(part, made)| ((*stage, part), made.digest)));
        }
        Ok(all)
    }

    /// Every file of the tables that stand, in order.
    pub fn table_digests(&self) -> Result<Vec<Written>> {
        let mut all = Vec::new();
        for (stage, _) in TABLES {
            all.extend(self.parts(stage)?.all_files()?);
        }
        all.sort();
        Ok(all)
    }

    /// Forgets what every stage made and what files were read as, so that all is made anew.
    pub fn forget_parts(&self) -> Result<()> {
        self.sweep_readings(std::iter::empty())?;
        let ledger = self.ledger()?;
        ledger.connection.execute("DELETE FROM made", []).map_err(ledger.fail())?;
        Ok(())
    }

    /// Forgets what one stage made, and what files were read as if that is what it made it from.
    pub fn forget_stage(&self, stage: &str) -> Result<()> {
        if stage == READS {
            self.sweep_readings(std::iter::empty())?;
        }
        let ledger = self.ledger()?;
        ledger.connection.execute("DELETE FROM made WHERE stage = ?1", [stage]).map_err(ledger.fail())?;
        Ok(())
    }
}

impl Parts {
    /// A part that stands.
    pub fn get(&self, part: &str) -> Option<&Made> {
        self.known.get(part)
    }

    /// All parts that stand, by name.
    pub fn all(&self) -> &BTreeMap<String, Made> {
        &self.known
    }

    /// Which of these parts are to be made, and why.
    pub fn stale(&self, wanted: &BTreeMap<String, Inputs>) -> Vec<Stale> {
        let changed = |(part, inputs): (&String, &Inputs)| {
            let Some(made) = self.known.get(part) else {
                return Some(Stale { part: part.clone(), changed: BTreeMap::new() });
            };
            let names = inputs.keys().chain(made.inputs.keys());
            let of = |inputs: &Inputs, name: &String| inputs.get(name).cloned().unwrap_or_default();
            let changed: BTreeMap<String, (String, String)> = names
                .map(|name| (name.clone(), (of(&made.inputs, name), of(inputs, name))))
                .filter(|(_, (before, now))| before != now)
                .collect();
            (!changed.is_empty()).then(|| Stale { part: part.clone(), changed })
        };
        wanted.iter().filter_map(changed).collect()
    }

    /// Parts of which something may be there and that are not wanted any more.
    pub fn gone(&self, wanted: &BTreeMap<String, Inputs>) -> Vec<String> {
        self.known.keys().chain(&self.open).filter(|part| !wanted.contains_key(*part)).cloned().collect()
    }

    /// The files of a part, in order.
    pub fn files(&self, part: &str) -> Result<Vec<Written>> {
        let select = "SELECT files FROM made WHERE stage = ? AND part = ?";
        let files = self.ledger.connection.query_row(select, params![self.stage, part], |r| r.get::<_, String>(0));
        match files {
            Ok(files) => Ok(serde_json::from_str(&files).unwrap_or_default()),
            Err(rusqlite::Error::QueryReturnedNoRows) => Ok(Vec::new()),
            Err(source) => Err(self.ledger.fail()(source)),
        }
    }

    /// The files of all parts, by name.
    pub fn all_files(&self) -> Result<Vec<Written>> {
        let mut all = Vec::new();
        for part in self.known.keys() {
            all.extend(self.files(part)?);
        }
        all.sort();
        Ok(all)
    }

    /// Forgets parts whose files are about to be touched; until they are noted again, or forgotten, they are open.
    pub fn begin<'p>(&mut self, parts: impl IntoIterator<Item = &'p str>) -> Result<()> {
        let forget = || -> rusqlite::Result<()> {
            let transaction = self.ledger.connection.unchecked_transaction()?;
            for part in parts {
                transaction.execute(
                    "INSERT OR REPLACE INTO made (stage, part, inputs, digest, summary, files) VALUES (?,?,'{}','','','[]')",
                    params![self.stage, part],
                )?;
                self.known.remove(part);
                self.open.insert(part.to_owned());
            }
            transaction.commit()
        };
        forget().map_err(self.ledger.fail())
    }

    /// Ends parts that are not wanted any more, once none of their files is left.
    pub fn forget(&mut self, parts: &[String]) -> Result<()> {
        for part in parts {
            let done = self
                .ledger
                .connection
                .execute("DELETE FROM made WHERE stage = ? AND part = ?", params![self.stage, part]);
            done.map_err(self.ledger.fail())?;
            self.open.remove(part);
        }
        Ok(())
    }

    /// Notes parts as made, once all that was written is on disk.
    pub fn end(&mut self, fresh: Vec<Fresh>) -> Result<()> {
        if fresh.is_empty() {
            return Ok(());
        }
        self.store.sync()?;
        let note = || -> rusqlite::Result<()> {
            let transaction = self.ledger.connection.unchecked_transaction()?;
            for mut part in fresh {
                part.files.sort();
                let made = Made { inputs: part.inputs, digest: digest(&part.files), summary: part.summary };
                transaction.execute(
                    "INSERT OR REPLACE INTO made (stage, part, inputs, digest, summary, files) VALUES (?,?,?,?,?,?)",
                    params![self.stage, part.part, json(&made.inputs), made.digest, made.summary, json(&part.files)],
                )?;
                self.open.remove(&part.part);
                self.known.insert(part.part, made);
            }
            transaction.commit()
        };
        note().map_err(self.ledger.fail())
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn digest(files: &[Written]) -> String {
    let mut text = String::new();
    for (file, sha256) in files {
        text.push_str(file);
        text.push(' ');
        text.push_str(sha256);
        text.push('\n');
    }
    raw::sha256(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(of: &[(&str, &str)]) -> Inputs {
        of.iter().map(|(name, digest)| ((*name).to_owned(), (*digest).to_owned())).collect()
    }

    #[test]
    fn a_part_stands_until_an_input_changes_and_not_while_it_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut parts = store.parts("normalize").unwrap();
        let mut wanted = BTreeMap::from([("46".to_owned(), inputs(&[("receipts", "a"), ("definitions", "d")]))]);
        assert_eq!(parts.stale(&wanted), [Stale { part: "46".into(), changed: BTreeMap::new() }]);
        let made = Fresh {
            part: "46".into(),
            inputs: wanted["46"].clone(),
            summary: "{}".into(),
            files: vec![("b".into(), "2".into()), ("a".into(), "1".into())],
        };
        parts.end(vec![made]).unwrap();
        let mut parts = store.parts("normalize").unwrap();
        assert!(parts.stale(&wanted).is_empty());
        assert_eq!(parts.files("46").unwrap()[0].0, "a");
        wanted.insert("46".into(), inputs(&[("receipts", "b"), ("definitions", "d")]));
        let changed = BTreeMap::from([("receipts".to_owned(), ("a".to_owned(), "b".to_owned()))]);
        assert_eq!(parts.stale(&wanted), [Stale { part: "46".into(), changed }]);
        assert_eq!(parts.gone(&BTreeMap::new()), ["46"]);
        // Killed after this, it is made again even where the inputs are those of before, and what is gone is not forgotten.
        parts.begin(["46"]).unwrap();
        wanted.insert("46".into(), inputs(&[("receipts", "a"), ("definitions", "d")]));
        let mut parts = store.parts("normalize").unwrap();
        assert_eq!((parts.stale(&wanted).len(), parts.gone(&BTreeMap::new())), (1, vec!["46".to_owned()]));
        parts.forget(&["46".to_owned()]).unwrap();
        assert!(store.parts("normalize").unwrap().gone(&BTreeMap::new()).is_empty());
    }
}
