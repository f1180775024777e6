//! Which pages are rendered anew: those of each territory of which anything changed that they are made from, and the front
//! pages. Whatever stands is taken over from the newest release; so is a document that is dear to make and says that it would
//! be made from the same as before.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use jiff::civil::Date;

use super::edition::{self, Edition};
use super::peers::Peers;
use super::{Content, PublishError, renderers};
use crate::model::{Format, Map, Period, Plan, Progress};
use crate::register::{Register, Territories};
use crate::store::{Fresh, Inputs, Parts, ReleaseDraft, Stale, Store, StoreError, Written, file, made, raw};

/// The stage's word.
pub(super) const STAGE: &str = "publish";
/// The part of what is about no territory alone, where there are several.
const FRONT: &str = "front";

/// Where documents are written to.
enum Shelf<'a> {
    Release(&'a ReleaseDraft),
    Folder(&'a Path),
}

/// The documents of a part while they are written.
pub(super) struct Pages<'a> {
    to: Shelf<'a>,
    written: Mutex<Vec<Written>>,
    /// Of dear documents, by name, what the one of the release before was made from, and its digest.
    before: BTreeMap<String, (String, String)>,
    /// Of dear documents, by name, what they are made from.
    made_from: Mutex<BTreeMap<String, String>>,
}

/// What the ledger keeps of a part: what its dear documents were made from.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
struct Memory {
    made_from: BTreeMap<String, String>,
}

/// The dear documents of a part as the ledger knows them.
fn before(known: &Parts, part: &str) -> Result<BTreeMap<String, (String, String)>, StoreError> {
    let made = known.get(part).map_or("", |made| made.summary.as_str());
    let mut memory: Memory = serde_json::from_str(made).unwrap_or_default();
    let files = if memory.made_from.is_empty() { Vec::new() } else { known.files(part)? };
    let of = |(name, digest)| memory.made_from.remove(&name).map(|from| (name, (from, digest)));
    Ok(files.into_iter().filter_map(of).collect())
}

impl<'a> Pages<'a> {
    /// Documents that go into a folder.
    pub(super) fn into_folder(folder: &'a Path) -> Self {
        Self::new(Shelf::Folder(folder), BTreeMap::new())
    }

    fn new(to: Shelf<'a>, before: BTreeMap<String, (String, String)>) -> Self {
        Self { to, written: Mutex::default(), before, made_from: Mutex::default() }
    }

    /// How many were written, but for what only goes with them.
    pub(super) fn documents(&self) -> usize {
        self.written.lock().map_or(0, |written| written.iter().filter(|(name, _)| is_document(name)).count())
    }

    /// Writes a document, as `ward/19753.html`. May be called from several threads, for different ones.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), PublishError> {
        let digest = match self.to {
            Shelf::Release(draft) => draft.write_page(name, bytes)?,
            Shelf::Folder(folder) => {
                let path = folder.join(name);
                fs_err::create_dir_all(path.parent().unwrap_or(folder))?;
                file::replace(&path, bytes)?;
                raw::sha256(bytes)
            }
        };
        self.note((name.to_owned(), digest));
        Ok(())
    }

    fn note(&self, written: Written) {
        if let Ok(mut all) = self.written.lock() {
            all.push(written);
        }
    }

    /// Takes over a document of the release before that was made from the same, given by a digest; false where there is none.
    pub(super) fn keep(&self, name: &str, from: &str) -> Result<bool, PublishError> {
        let Shelf::Release(draft) = self.to else { return Ok(false) };
        let Some((_, digest)) = self.before.get(name).filter(|(of, _)| of == from) else { return Ok(false) };
        let page = [(name.to_owned(), digest.clone())];
        let kept = draft.keep_pages(&page)?;
        if kept {
            for page in page {
                self.note(page);
            }
            self.remember(name, from);
        }
        Ok(kept)
    }

    /// Writes a document that [`Pages::keep`] may take over the next time.
    pub(super) fn write_dear(&self, name: &str, from: &str, bytes: &[u8]) -> Result<(), PublishError> {
        self.write(name, bytes)?;
        self.remember(name, from);
        Ok(())
    }

    fn remember(&self, name: &str, from: &str) {
        if let Ok(mut all) = self.made_from.lock() {
            all.insert(name.to_owned(), from.to_owned());
        }
    }
}

/// What documents follow from beside tables and definitions: what they are made as, what maps are drawn from, what is
/// undertaken about figures.
pub(super) fn look(plan: &Plan, today: Date) -> String {
    let made = &plan.settings.scorecards;
    let formats: Vec<&str> = made.formats.iter().map(|format| format.as_str()).collect();
    let (places, actions) = (&plan.geography.digest, plan.actions.state(today));
    format!("{} {} {places} {actions}", formats.join(","), made.boundaries_code)
}

/// What there is to publish.
pub(super) struct Scope<'a> {
    plan: &'a Plan,
    register: &'a Register,
    store: &'a Store,
    pub(super) territories: &'a Territories,
    /// With one territory its pages and the front pages are one part.
    is_one: bool,
    today: Date,
    /// The newest quarter that has observations.
    newest: Period,
    /// What the pages of each part follow from.
    inputs: BTreeMap<String, Inputs>,
}

impl<'a> Scope<'a> {
    /// `digests` are those of the tables' parts, by stage and part.
    pub(super) fn new(
        plan: &'a Plan,
        register: &'a Register,
        store: &'a Store,
        digests: &BTreeMap<(&'static str, String), String>,
        today: Date,
    ) -> Result<Self, StoreError> {
        let periods = store.partitions("observations")?;
        let periods = periods.iter().filter_map(|p| p.name.parse::<Period>().ok()).filter(|p| !p.is_year());
        let newest = periods.max().unwrap_or(plan.first_period);
        let territories = register.territories();
        let shown = plan.settings.map.shown;
        let day = if shown == Map::Current { today.to_string() } else { String::new() };
        let inputs = |tables: String| -> Inputs {
            made::inputs(&[
                ("definitions", plan.digest.clone()),
                ("calendar", register.calendar(plan, today)),
                ("maps", format!("{shown} {} {day} {}", plan.as_of(), plan.settings.span)),
                ("period", newest.to_string()),
                ("scorecards", look(plan, today)),
                ("tables", raw::sha256(tables.as_bytes())),
            ])
        };
        let is_one = territories.names().count() == 1;
        let of = |territory: &str| -> Inputs {
            let own =
                |part: &str| is_one || part == territory || territories.provinces(territory).iter().any(|p| p == part);
            inputs(digests.iter().filter(|((_, part), _)| own(part)).map(|(_, digest)| digest.as_str()).collect())
        };
        let mut all: BTreeMap<String, Inputs> = territories.names().map(|name| (name.to_owned(), of(name))).collect();
        if !is_one {
            all.insert(FRONT.to_owned(), inputs(digests.values().map(String::as_str).collect()));
        }
        Ok(Self { plan, register, store, territories, is_one, today, newest, inputs: all })
    }

    /// The parts to be rendered anew, and why.
    pub(super) fn stale(&self) -> Result<Vec<Stale>, StoreError> {
        Ok(self.store.parts(STAGE)?.stale(&self.inputs))
    }

    /// Names of the territories.
    pub(super) fn territories(&self) -> impl Iterator<Item = &str> {
        self.territories.names()
    }

    pub(super) fn edition(&self, of: &edition::Of<'_>) -> Result<Edition<'a>, StoreError> {
        Edition::load(self.plan, self.register, self.store, self.today, self.newest, of)
    }
}

/// An error where the figures of a province were not computed from the observations that stand: a release of both would
/// contradict itself.
pub(super) fn follow(register: &Register, store: &Store) -> Result<(), StoreError> {
    let (observed, computed) = (store.parts_of_table("observations")?, store.parts_of_table("indicator_values")?);
    let territories = register.territories();
    let provinces = territories.names().flat_map(|name| territories.provinces(name).iter().map(move |p| (name, p)));
    for (territory, province) in provinces {
        let from = computed.get(province).and_then(|made| made.inputs.get("tables"));
        if from.is_some_and(|from| observed.get(territory).is_none_or(|made| made.digest != *from)) {
            return Err(StoreError::Behind { table: "indicator_values" });
        }
    }
    Ok(())
}

/// Renders what is to be rendered into the draft, takes over the rest, and says how many pages were rendered. `fresh` are
/// the parts to be noted once the release stands.
pub(super) fn render(
    scope: &Scope<'_>,
    draft: &ReleaseDraft,
    known: &mut Parts,
    fresh: &mut Vec<Fresh>,
    progress: &dyn Progress,
) -> Result<usize, PublishError> {
    let mut stale: Vec<String> = known.stale(&scope.inputs).into_iter().map(|stale| stale.part).collect();
    let mut standing: Vec<(String, Vec<Written>)> = Vec::new();
    for part in scope.inputs.keys().filter(|part| !stale.contains(part)) {
        standing.push((part.clone(), known.files(part)?));
    }
    for (part, pages) in standing {
        if !draft.keep_pages(&pages)? {
            stale.push(part);
        }
    }
    stale.sort();
    let gone = known.gone(&scope.inputs);
    // Pages lie in the release alone: of a part that is gone nothing is left.
    known.forget(&gone)?;
    // While a part is open nothing is known of it.
    let mut memories: BTreeMap<&str, _> = BTreeMap::new();
    for part in &stale {
        memories.insert(part.as_str(), before(known, part)?);
    }
    known.begin(stale.iter().map(String::as_str))?;
    progress.start(STAGE, stale.len() as u64);
    let mut count = 0;
    // One territory at a time, which bounds the memory; its pages are rendered side by side.
    for part in &stale {
        let pages = Pages::new(Shelf::Release(draft), memories.remove(part.as_str()).unwrap_or_default());
        let front = part == FRONT;
        let of = if front { edition::Of::Front } else { edition::Of::Territory(scope.territories, part) };
        let edition = scope.edition(&of)?;
        let content = Content { edition: &edition, peers: Peers::of(&edition), is_one: scope.is_one, only: None };
        for renderer in renderers(&scope.plan.settings.scorecards.formats) {
            if !front {
                renderer.units(&content, &pages)?;
            }
            if front || scope.is_one {
                renderer.assets(&content, &pages)?;
                renderer.front(&content, &pages)?;
            }
        }
        let files = pages.written.into_inner().unwrap_or_default();
        count += files.iter().filter(|(name, _)| is_document(name)).count();
        let inputs = scope.inputs.get(part).cloned().unwrap_or_default();
        let memory = Memory { made_from: pages.made_from.into_inner().unwrap_or_default() };
        let summary = serde_json::to_string(&memory).unwrap_or_default();
        fresh.push(Fresh { part: part.clone(), inputs, summary, files });
        progress.advance(1);
    }
    progress.finish();
    Ok(count)
}

fn is_document(name: &str) -> bool {
    let format = Path::new(name).extension().and_then(|ending| Format::from_word(ending.to_str()?));
    format.is_some()
}
