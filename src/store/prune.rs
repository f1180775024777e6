//! Releases whose time is over are removed; their manifests stay, so that the chain can be followed.
//!
//! First the manifest is kept apart, then the release is renamed away, then removed: a run that is killed in between leaves
//! no half release where one is looked for, and the next one completes it.

use std::path::PathBuf;

use fs_err as fs;
use jiff::Timestamp;

use super::{Result, Store, checksums, file};

/// A release that stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// When it was made, as its id says.
    pub made: Timestamp,
    /// Its id.
    pub id: String,
}

impl Store {
    /// The releases that stand, oldest first.
    pub fn standing(&self) -> Result<Vec<Standing>> {
        let mut all = Vec::new();
        for entry in fs::read_dir(self.releases())? {
            let id = entry?.file_name().to_string_lossy().into_owned();
            if let Some(made) = made(&id) {
                all.push(Standing { made, id });
            }
        }
        all.sort();
        Ok(all)
    }

    /// The ids of the releases that are never removed: the newest and the stable one.
    pub fn lasting(&self) -> Vec<String> {
        [self.current(), self.stable()].iter().filter_map(|link| Self::led_to(link)).collect()
    }

    /// Removes releases; but never a lasting one.
    pub fn remove_releases(&self, ids: &[String]) -> Result<()> {
        let lasting = self.lasting();
        let going: Vec<&String> = ids.iter().filter(|id| !lasting.contains(id)).collect();
        if going.is_empty() {
            return Ok(());
        }
        self.forget_halves()?;
        fs::create_dir_all(self.manifests())?;
        for id in going {
            let folder = self.releases().join(id);
            if let Some(manifest) = file::known(&folder.join(checksums::MANIFEST))? {
                file::replace(&self.manifest_of_removed(id), &manifest)?;
            }
            let away = self.releases().join(format!(".removed-{id}"));
            fs::rename(&folder, &away)?;
            fs::remove_dir_all(&away)?;
            tracing::info!(release = %id, "removed");
        }
        Ok(())
    }

    /// Where the manifests of removed releases lie.
    fn manifests(&self) -> PathBuf {
        self.root.join("manifests")
    }

    /// The manifest of a release that was removed.
    pub(super) fn manifest_of_removed(&self, id: &str) -> PathBuf {
        self.manifests().join(format!("{id}.json"))
    }
}

/// When a release of this id was made; `None` where the name is none of an id.
fn made(id: &str) -> Option<Timestamp> {
    let (time, _) = id.split_once('-')?;
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
}
