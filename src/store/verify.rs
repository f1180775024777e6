//! Whether what was published is still what was published.
//!
//! In: releases, the manifests of removed ones, the ledger. Out: everything that is not as it was. A release's files are
//! held against its list of digests, the list against the manifest, the manifest against the one that came after it and
//! against the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;

use fs_err as fs;
use rayon::prelude::*;

use super::{Result, Store, checksums, file, raw};

/// Something that is not as it was published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The release.
    pub release: String,
    /// The file below the release's folder.
    pub file: String,
    /// What is wrong with it.
    pub what: &'static str,
}

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files that were looked at.
    pub files: usize,
    /// True for a release of an earlier version, which listed the digests of its tables alone.
    pub tables_alone: bool,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// The chain of manifests, from the newest release back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// The newest release with the SHA-256 of its manifest; whoever keeps it elsewhere can hold the whole chain to it.
    pub head: Option<(String, String)>,
    /// Manifests that were followed, those of removed releases included.
    pub links: usize,
    /// How many of them are of removed releases.
    pub removed: usize,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// Digests of files that several releases share, by device and number, so that each is read once.
#[derive(Debug, Default)]
pub struct Read(Mutex<BTreeMap<(u64, u64), String>>);

impl Store {
    /// The id of a release by its id or by the link that leads to it, `current` or `stable`; `None` where there is none.
    pub fn release_id(&self, name: &str) -> Option<String> {
        let id = match name {
            "current" => Self::led_to(&self.current())?,
            super::release::STABLE => Self::led_to(&self.stable())?,
            id if id.contains(['/', '\\']) || id.starts_with('.') => return None,
            id => id.to_owned(),
        };
        self.releases().join(&id).is_dir().then_some(id)
    }

    /// Reads every file of a release and holds it against its digest.
    pub fn verify(&self, id: &str, read: &Read) -> Result<Verified> {
        let folder = self.releases().join(id);
        let fault = |file: &str, what| Fault { release: id.to_owned(), file: file.to_owned(), what };
        let only = |file, what| Ok(Verified { faults: vec![fault(file, what)], ..Verified::default() });
        let Some(manifest) = file::known(&folder.join(checksums::MANIFEST))? else {
            return only(checksums::MANIFEST, "is missing");
        };
        let Some(manifest) = Manifest::of(&manifest) else { return only(checksums::MANIFEST, "is not a manifest") };
        let mut faults = Vec::new();
        if manifest.id != id {
            faults.push(fault(checksums::MANIFEST, "is that of another release"));
        }
        let list = file::known(&folder.join(checksums::NAME))?;
        let tables_alone = list.is_none() && manifest.checksums.is_none();
        let sums = match list {
            None if tables_alone => {
                manifest.tables.iter().map(|(name, digest)| (format!("data/{name}"), digest.clone())).collect()
            }
            None => return only(checksums::NAME, "is missing"),
            Some(list) => {
                if manifest.checksums.as_deref() != Some(raw::sha256(&list).as_str()) {
                    faults.push(fault(checksums::NAME, "is not the list that the manifest names"));
                }
                let Some(sums) = checksums::parse(&String::from_utf8_lossy(&list)) else {
                    return only(checksums::NAME, "is not a list of digests");
                };
                sums
            }
        };
        for (name, digest) in &manifest.tables {
            if sums.get(&format!("data/{name}")) != Some(digest) {
                faults.push(fault(&format!("data/{name}"), "has another digest in the manifest than in the list"));
            }
        }
        let there: BTreeSet<String> = checksums::files(&folder)?.into_iter().collect();
        let added = there.iter().filter(|name| !tables_alone && !sums.contains_key(*name));
        faults.extend(added.map(|name| fault(name, "was not published")));
        let looked = |(name, digest): (&String, &String)| -> Result<Option<Fault>> {
            if !there.contains(name) {
                return Ok(Some(fault(name, "is missing")));
            }
            let same = read.digest(&folder.join(name))? == *digest;
            Ok((!same).then(|| fault(name, "is not as it was published")))
        };
        let wrong: Result<Vec<Option<Fault>>> = sums.par_iter().map(looked).collect();
        faults.extend(wrong?.into_iter().flatten());
        faults.sort();
        Ok(Verified { files: sums.len(), tables_alone, faults })
    }

    /// Follows the manifests from the newest release to the first.
    pub fn chain(&self) -> Result<Chain> {
        let mut chain = Chain::default();
        let noted = self.ledger()?.releases()?;
        let Some(newest) = Self::led_to(&self.current()) else { return Ok(chain) };
        let (mut id, mut expected): (String, Option<String>) = (newest, None);
        let mut seen = BTreeSet::new();
        while seen.insert(id.clone()) {
            let fault = |what| Fault { release: id.clone(), file: checksums::MANIFEST.to_owned(), what };
            let stands = file::known(&self.releases().join(&id).join(checksums::MANIFEST))?;
            chain.removed += usize::from(stands.is_none());
            let Some(bytes) = stands.map_or_else(|| file::known(&self.manifest_of_removed(&id)), |b| Ok(Some(b)))?
            else {
                chain.faults.push(fault("is missing: the chain breaks here"));
                break;
            };
            chain.links += 1;
            let digest = raw::sha256(&bytes);
            chain.head.get_or_insert_with(|| (id.clone(), digest.clone()));
            if expected.as_ref().is_some_and(|expected| *expected != digest) {
                chain.faults.push(fault("is not the one that the next release was made after"));
            }
            if noted.get(&id).is_some_and(|noted| *noted != digest) {
                chain.faults.push(fault("is not the one that the ledger noted"));
            }
            let Some(manifest) = Manifest::of(&bytes) else {
                chain.faults.push(fault("is not a manifest: the chain breaks here"));
                break;
            };
            let Some(parent) = manifest.parent else { break };
            (id, expected) = (parent, manifest.parent_sha256);
        }
        Ok(chain)
    }
}

impl Read {
    fn digest(&self, path: &std::path::Path) -> Result<String> {
        let metadata = fs::metadata(path)?;
        let key = (metadata.dev(), metadata.ino());
        let shared = metadata.nlink() > 1;
        if shared && let Some(known) = self.0.lock().ok().and_then(|known| known.get(&key).cloned()) {
            return Ok(known);
        }
        let digest = raw::sha256(&fs::read(path)?);
        if shared && let Ok(mut known) = self.0.lock() {
            known.insert(key, digest.clone());
        }
        Ok(digest)
    }
}

/// What is looked at in a manifest.
struct Manifest {
    id: String,
    parent: Option<String>,
    parent_sha256: Option<String>,
    checksums: Option<String>,
    tables: Vec<(String, String)>,
}

impl Manifest {
    fn of(bytes: &[u8]) -> Option<Self> {
        let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
        let text = |key: &str| value.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let tables = value.get("tables").and_then(|tables| tables.as_object()).into_iter().flatten();
        Some(Self {
            id: text("id")?,
            parent: text("parent"),
            parent_sha256: text("parent_sha256"),
            checksums: text("checksums"),
            tables: tables.filter_map(|(name, digest)| Some((name.clone(), digest.as_str()?.to_owned()))).collect(),
        })
    }
}
