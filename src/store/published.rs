//! A published release, read back: its manifest, the files of its tables by period, its pages.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;

use super::{Partition, Result, Store, file};
use crate::model::Period;

/// A release that is being read.
#[derive(Debug, Clone)]
pub struct Published {
    pub(super) folder: PathBuf,
    pub(super) manifest: serde_json::Value,
}

impl Store {
    /// The newest release, the stable one, or the one of this id; `None` where there is none.
    pub fn published(&self, id: Option<&str>) -> Result<Option<Published>> {
        let folder = match id {
            // An id is one name: nothing outside the releases is read.
            Some(id) if id.contains(['/', '\\']) || id.starts_with('.') => return Ok(None),
            Some(super::STABLE) => self.stable(),
            Some(id) => self.root().join("releases").join(id),
            None => self.current(),
        };
        match fs_err::read(folder.join("release.json")) {
            Ok(bytes) => {
                let manifest = serde_json::from_slice(&bytes).unwrap_or_default();
                Ok(Some(Published { folder, manifest }))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Published {
    /// A text of the manifest, as its `id`; empty where it has none.
    pub fn text(&self, key: &str) -> &str {
        self.manifest.get(key).and_then(serde_json::Value::as_str).unwrap_or("")
    }

    /// The file of a table that is one file; `None` where the release has none.
    pub fn whole(&self, table: &'static str) -> Option<Partition> {
        self.partition(table, Path::new(table))
    }

    /// Reads the rows that `wanted` picks by their texts in the columns `keys` from all files of a table, in order.
    pub fn read_where(
        &self,
        table: &'static str,
        keys: &[&str],
        mut wanted: impl FnMut(&[&str]) -> bool,
    ) -> Result<Vec<RecordBatch>> {
        let folder = self.folder.join("data").join(table);
        let files = if folder.is_dir() { file::files_below(&folder, "parquet")? } else { Vec::new() };
        let mut all = Vec::new();
        for part in files.into_iter().filter_map(|path| Partition::at(table, path)) {
            all.extend(part.read_where(&[], keys, &mut wanted)?);
        }
        Ok(all)
    }

    /// The file of a period, of a province's folder where a pipeline holds several, and of a map where it is not the
    /// one as reported; `None` where the release has none.
    pub fn of_period(
        &self,
        table: &'static str,
        province: Option<&str>,
        period: Period,
        map: Option<&str>,
    ) -> Option<Partition> {
        let year = format!("{:04}", period.year());
        let name = map.map_or_else(|| period.to_string(), |map| format!("{period}.{map}"));
        let partition: PathBuf = province.into_iter().chain([year.as_str(), &name]).collect();
        self.partition(table, &partition)
    }

    /// The files of a table's periods that are not those of an earlier release, by province's folder and period; those of
    /// other maps are left out.
    pub fn changed_since(&self, earlier: &Self, table: &str) -> Vec<(Option<String>, Period)> {
        let digests = |release: &Self| release.manifest.get("tables").and_then(|all| all.as_object()).cloned();
        let (now, before) = (digests(self).unwrap_or_default(), digests(earlier).unwrap_or_default());
        let changed = now.iter().filter(|(file, digest)| before.get(*file) != Some(digest));
        let place = |file: &String| {
            let parts: Vec<&str> = file.strip_suffix(".parquet")?.split('/').collect();
            match parts.as_slice() {
                [of, _, period] if *of == table => Some((None, period.parse().ok()?)),
                [of, province, _, period] if *of == table => Some((Some((*province).to_owned()), period.parse().ok()?)),
                _ => None,
            }
        };
        changed.filter_map(|(file, _)| place(file)).collect()
    }

    /// What it changed against the release before: its `changes` of files, or its `values`.
    pub fn history(&self, name: &str) -> Option<serde_json::Value> {
        let path = self.folder.join("history").join(format!("{name}.json"));
        serde_json::from_slice(&fs_err::read(path).ok()?).ok()
    }

    /// The files of a table that are not, byte for byte, those of another release; all where there is no other.
    pub fn files_besides(&self, table: &'static str, other: Option<&Self>) -> Vec<Partition> {
        let digests = |release: &Self| release.manifest.get("tables").and_then(|all| all.as_object()).cloned();
        let known = other.and_then(digests).unwrap_or_default();
        let own = digests(self).unwrap_or_default();
        let of_table = |file: &str| file.strip_prefix(table).is_some_and(|rest| rest.starts_with(['/', '.']));
        let besides = own.iter().filter(|(file, digest)| of_table(file) && known.get(*file) != Some(digest));
        besides.filter_map(|(file, _)| Partition::at(table, self.folder.join("data").join(file))).collect()
    }

    /// Periods of which a table has a file, in order.
    pub fn periods(&self, table: &str) -> Result<Vec<Period>> {
        let files = file::files_below(&self.folder.join("data").join(table), "parquet")?;
        let named = |path: &PathBuf| path.file_stem()?.to_str()?.parse::<Period>().ok();
        let mut all: Vec<Period> = files.iter().filter_map(named).collect();
        all.sort();
        all.dedup();
        Ok(all)
    }

    /// A page of the site, as `ward/19753.html`; `None` where it has none.
    pub fn page(&self, name: &str) -> Option<PathBuf> {
        let path = self.folder.join("site").join(name);
        path.is_file().then_some(path)
    }

    fn partition(&self, table: &'static str, partition: &Path) -> Option<Partition> {
        let mut path = self.folder.join("data").join(table).join(partition).into_os_string();
        path.push(".parquet");
        Partition::at(table, path.into())
    }
}
