//! Stage 5: tables → a release: site, tables, manifest.
//!
//! 1. [`edition`], [`values`]: the tables, grouped per unit for the newest period
//! 2. [`impact`]: the tables on interventions, grouped per measure
//! 3. [`figure`]: numbers as people read them; the only place that rounds
//! 4. [`origin`]: where a ward came from, in words
//! 5. [`sources`], [`notes`]: the cells that figures come from; warnings, reasons and corrections
//! 6. [`site`]: pages from the edition
//! 7. [`parts`]: which pages are rendered anew, and which stand
//! 8. the release: tables beside the site, `release.json`, `history/`, made visible whole

mod edition;
pub mod figure;
mod impact;
mod notes;
mod origin;
mod outlook;
mod parts;
mod site;
mod sources;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::model::{Channel, Plan, Progress};
use crate::register::Register;
use crate::store::{Published, Stale, Store, StoreError, raw};
use edition::Edition;
use parts::Pages;

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
    #[error("page `{page}`: {source}")]
    Page {
        /// The page.
        page: String,
        /// What the template engine said.
        source: askama::Error,
    },
    /// A page could not be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Makes one kind of document from an edition. A new kind is one more file and one line in [`renderers`].
trait Renderer: Sync {
    /// Writes the documents of the edition's units.
    fn units(&self, edition: &Edition<'_>, to: &Pages<'_>) -> Result<(), PublishError>;
    /// Writes what leads to them and what is about none of them alone.
    fn front(&self, edition: &Edition<'_>, to: &Pages<'_>) -> Result<(), PublishError>;
}

fn renderers() -> Vec<Box<dyn Renderer>> {
    vec![Box::new(site::Site)]
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
    let mut content = format!("{}\n{}\n{shown} {span} {as_of} {calendar}\n", crate::PROGRAM, plan.digest);
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
    if let Some(before) = store.published(None)? {
        let changed = values(&before, &draft.read(manifest.clone()))?;
        draft.write("history/values.json", &json(&changed))?;
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
