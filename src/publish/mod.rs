//! Stage 5: tables → a release: site, tables, manifest.
//!
//! 1. [`edition`], [`values`], [`card`]: the tables, grouped per unit for the newest period
//! 2. [`impact`]: the tables on interventions, grouped per measure
//! 3. [`figure`]: numbers as people read them; the only place that rounds
//! 4. [`origin`], [`peers`], [`reported`]: where a ward came from, how it stands among its like, what its district sent
//! 5. [`sources`], [`notes`], [`open`]: the cells that figures come from; warnings, reasons and corrections; what is unanswered
//! 6. [`view`]: what a document shows, as texts and drawings
//! 7. the documents: [`site`], [`pdf`], [`book`]
//! 8. [`parts`]: which documents are rendered anew, and which stand
//! 9. the release: tables beside the site, `release.json`, `history/` with its page [`news`], made visible whole

mod book;
mod card;
mod edition;
pub mod figure;
mod impact;
mod news;
mod notes;
mod only;
mod open;
mod origin;
mod outlook;
mod parts;
mod pdf;
mod peers;
mod reported;
mod site;
mod sources;
mod values;
mod view;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::{Channel, Format, Level, Plan, Progress};
use crate::register::Register;
use crate::store::{Published, Stale, Store, StoreError, raw};
use edition::{Edition, Unit};
use parts::Pages;
use peers::Peers;

pub use only::documents;

/// What publish did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Release id.
    pub release: String,
    /// Folder of the release.
    pub folder: PathBuf,
    /// Pages rendered; the others stand as they were, all of them where nothing changed.
    pub pages: usize,
    /// True when nothing changed.
    pub unchanged: bool,
}

/// Why publish could not go on.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A page could not be made.
    #[error("page `{page}`: {why}")]
    Page {
        /// The page.
        page: String,
        /// What the template engine said.
        why: String,
    },
    /// A document was asked for of a unit that is not shown.
    #[error("there is no scorecard of {level} `{code}`")]
    NoUnit {
        /// Level.
        level: Level,
        /// Code.
        code: String,
    },
    /// A page could not be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// All that documents are made from.
struct Content<'a> {
    edition: &'a Edition<'a>,
    peers: Peers<'a>,
    /// The edition holds every unit of the pipeline.
    is_one: bool,
    /// Codes of the units of which documents are wanted; all where none are named.
    only: Option<&'a [String]>,
}

impl<'a> Content<'a> {
    /// The units of which documents are wanted.
    fn units(&self) -> Vec<&'a Unit> {
        let wanted = |unit: &&Unit| self.only.is_none_or(|only| only.contains(&unit.code));
        self.edition.units.iter().filter(wanted).collect()
    }
}

/// Makes one kind of document from an edition. A new kind is one more file and one line in [`renderers`].
trait Renderer: Sync {
    /// Writes the documents of the edition's units.
    fn units(&self, of: &Content<'_>, to: &Pages<'_>) -> Result<(), PublishError>;
    /// Writes what they need beside them.
    fn assets(&self, _of: &Content<'_>, _to: &Pages<'_>) -> Result<(), PublishError> {
        Ok(())
    }
    /// Writes what leads to them and what is about none of them alone.
    fn front(&self, _of: &Content<'_>, _to: &Pages<'_>) -> Result<(), PublishError> {
        Ok(())
    }
}

/// The renderers of formats.
fn renderers(formats: &[Format]) -> Vec<Box<dyn Renderer>> {
    let of = |format: &Format| -> Box<dyn Renderer> {
        match format {
            Format::Html => Box::new(site::Site),
            Format::Pdf => Box::new(pdf::Paper),
            Format::Xlsx => Box::new(book::Books),
        }
    };
    formats.iter().map(of).collect()
}

/// `release.json`.
#[derive(Debug, serde::Serialize)]
struct Manifest<'a> {
    id: &'a str,
    created: String,
    channel: &'static str,
    /// Day of the `as_of` map.
    as_of: String,
    /// The map that pages show.
    map: &'static str,
    /// The span of the figures that pages show.
    span: &'static str,
    content: &'a str,
    definitions: &'a str,
    version: &'static str,
    parent: Option<String>,
    /// SHA-256 of the parent's `release.json`: each release vouches for all before it.
    parent_sha256: Option<String>,
    tables: BTreeMap<&'a str, &'a str>,
}

/// What a release changed in the values of another that came before: `history/values.json`.
pub type Values<'a> = dyn Fn(&Published, &Published) -> Result<serde_json::Value, StoreError> + 'a;

/// Renders the pages and publishes a release whole. Where nothing changed since the last one, that one stands.
pub fn publish(
    plan: &Plan,
    register: &Register,
    store: &Store,
    values: &Values<'_>,
    now: Timestamp,
    progress: &dyn Progress,
) -> Result<Summary, PublishError> {
    let made = store.tables_made()?;
    let shown = plan.settings.map.shown;
    let span = plan.settings.span;
    let (as_of, calendar) = (plan.as_of(), register.calendar(plan, plan.local_date(now)));
    let look = parts::look(plan, plan.local_date(now));
    let mut content = format!("{}\n{}\n{shown} {span} {as_of} {calendar}\n{look}\n", crate::PROGRAM, plan.digest);
    for ((stage, part), digest) in &made {
        content.push_str(&format!("{stage} {part} {digest}\n"));
    }
    let content = raw::sha256(content.as_bytes());
    let before = store.current_manifest()?;
    let parent: Option<serde_json::Value> = before.as_ref().and_then(|bytes| serde_json::from_slice(bytes).ok());
    let of_parent = |key: &str| parent.as_ref().and_then(|p| p.get(key)?.as_str().map(str::to_owned));
    if of_parent("content").as_deref() == Some(&content) {
        let release = of_parent("id").unwrap_or_default();
        if plan.settings.channel == Channel::Stable {
            store.promote(&release)?;
        }
        return Ok(Summary { release, folder: store.current(), pages: 0, unchanged: true });
    }
    let id = format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), content.get(..8).unwrap_or(&content));
    let (draft, channel) = (store.draft_release(&id)?, plan.settings.channel);
    let mut fresh = Vec::new();
    let mut known = store.parts(parts::STAGE)?;
    parts::follow(register, store)?;
    let scope = parts::Scope::new(plan, register, store, &made, plan.local_date(now))?;
    let pages = parts::render(&scope, &draft, &mut known, &mut fresh, progress)?;
    let digests = store.table_digests()?;
    draft.add_tables(&digests)?;
    let manifest = Manifest {
        id: &id,
        created: now.to_string(),
        channel: channel.as_str(),
        as_of: plan.as_of().to_string(),
        map: shown.as_str(),
        span: span.as_str(),
        content: &content,
        definitions: &plan.digest,
        version: env!("CARGO_PKG_VERSION"),
        parent: of_parent("id"),
        parent_sha256: before.as_ref().map(|bytes| raw::sha256(bytes)),
        tables: digests.iter().map(|(f, d)| (f.as_str(), d.as_str())).collect(),
    };
    let json = |value: &serde_json::Value| serde_json::to_vec_pretty(value).unwrap_or_default();
    let changes = changes(parent.as_ref(), &digests);
    draft.write("history/changes.json", &json(&changes))?;
    let mut manifest = serde_json::to_value(&manifest).unwrap_or_default();
    let mut changed = None;
    if let Some(before) = store.published(None)? {
        let values = values(&before, &draft.read(manifest.clone()))?;
        draft.write("history/values.json", &json(&values))?;
        changed = Some(values);
    }
    if plan.settings.scorecards.formats.contains(&Format::Html) {
        draft.write("site/changes.html", &news::page(&scope, parent.as_ref(), changed)?)?;
    }
    manifest["checksums"] = draft.seal()?.into();
    let folder = draft.publish(&json(&manifest), channel)?;
    known.end(fresh)?;
    Ok(Summary { release: id, folder, pages, unchanged: false })
}

/// What [`publish`] would render anew as the tables stand, and why.
pub fn ahead(plan: &Plan, register: &Register, store: &Store, now: Timestamp) -> Result<Vec<Stale>, StoreError> {
    parts::Scope::new(plan, register, store, &store.tables_made()?, plan.local_date(now))?.stale()
}

/// Table files added, changed and removed against the release before.
fn changes(parent: Option<&serde_json::Value>, digests: &[(String, String)]) -> serde_json::Value {
    let before: BTreeMap<&str, &str> = parent
        .and_then(|p| p.get("tables")?.as_object())
        .into_iter()
        .flatten()
        .filter_map(|(file, digest)| Some((file.as_str(), digest.as_str()?)))
        .collect();
    let now: BTreeMap<&str, &str> = digests.iter().map(|(f, d)| (f.as_str(), d.as_str())).collect();
    let added: Vec<_> = now.keys().filter(|f| !before.contains_key(*f)).collect();
    let changed: Vec<_> = now.iter().filter(|(f, d)| before.get(*f).is_some_and(|b| b != *d)).map(|(f, _)| f).collect();
    let removed: Vec<_> = before.keys().filter(|f| !now.contains_key(*f)).collect();
    serde_json::json!({ "added": added, "changed": changed, "removed": removed })
}
