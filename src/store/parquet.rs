//! Tables as Parquet: written partition by partition, read back column by column.
//!
//! A partition is written beside its place and renamed; one whose bytes did not change is left untouched, so that
//! releases share it. Text may be handed over dictionary-encoded; the file declares it as text.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use fs_err as fs;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, ArrowWriterOptions, compute_leaves};
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowSchemaConverter, ArrowWriter, ProjectionMask, encode_arrow_schema};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use super::columns::Words;
use super::{Result, Store, StoreError, Written, file, keyed, raw, splice, tables};
use crate::model::Period;

/// A table, or a part of one, that is being written anew.
#[derive(Debug)]
pub struct TableWriter {
    table: &'static str,
    folder: PathBuf,
    logical: SchemaRef,
    properties: WriterProperties,
    /// What was written: where, and its SHA-256.
    written: Mutex<BTreeMap<PathBuf, String>>,
}

impl Store {
    /// Starts writing a table. `digest` is the digest of the definitions that it follows from.
    pub fn write_table(&self, table: &'static str, digest: &str) -> Result<TableWriter> {
        let logical = tables::schema(table).ok_or_else(|| StoreError::Schema {
            table: table.to_owned(),
            what: "is not a table of the contract".into(),
        })?;
        let folder = self.table_folder(table);
        fs::create_dir_all(&folder)?;
        let properties = properties(table, &logical, digest);
        Ok(TableWriter { table, folder, logical, properties, written: Mutex::default() })
    }

    /// Writes a table that is one file.
    pub fn write_whole(&self, table: &'static str, digest: &str, batch: &RecordBatch) -> Result<Vec<Written>> {
        let writer = self.write_table(table, digest)?;
        writer.write(Path::new(table), std::slice::from_ref(batch))?;
        writer.finish(&[""])
    }

    /// Removes from these tables whatever is none of these files.
    pub fn sweep(&self, tables: &[&str], kept: &[Written]) -> Result<()> {
        let kept: BTreeSet<PathBuf> = kept.iter().map(|(file, _)| self.root().join("tables").join(file)).collect();
        for folder in tables.iter().map(|table| self.table_folder(table)).filter(|folder| folder.is_dir()) {
            for path in file::all_below(&folder)?.into_iter().filter(|path| !kept.contains(path)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// The files of a table, in order, each with the name of its partition: a period, or the table's own name.
    pub fn partitions(&self, table: &'static str) -> Result<Vec<Partition>> {
        Ok(self.table_files(table)?.into_iter().filter_map(|path| Partition::at(table, path)).collect())
    }

    /// Those of them below these folders of the table. An empty name is the whole table.
    pub fn partitions_below(&self, table: &'static str, folders: &[&str]) -> Result<Vec<Partition>> {
        let root = self.table_folder(table);
        let mut all = Vec::new();
        for folder in folders.iter().map(|folder| root.join(folder)).filter(|folder| folder.is_dir()) {
            all.extend(
                file::files_below(&folder, "parquet")?.into_iter().filter_map(|path| Partition::at(table, path)),
            );
        }
        Ok(all)
    }

    /// Reads columns of a table, file by file in order; with `dictionaries`, text comes as `Dictionary(Int32, Utf8)`.
    /// All columns where `columns` is empty. Files are read in parallel, the order is that of the files.
    pub fn read_table(&self, table: &str, columns: &[&str], dictionaries: bool) -> Result<Vec<RecordBatch>> {
        let files = self.table_files(table)?;
        let parts: Result<Vec<Vec<RecordBatch>>> =
            files.par_iter().map(|path| read_file(table, path, columns, dictionaries)).collect();
        Ok(parts?.into_iter().flatten().collect())
    }
}

/// One file of a table.
#[derive(Debug, Clone)]
pub struct Partition {
    table: &'static str,
    /// The period, or the table's own name where it is one file.
    pub name: String,
    path: PathBuf,
}

impl Partition {
    /// The file of a table at a path; `None` where there is none.
    pub(super) fn at(table: &'static str, path: PathBuf) -> Option<Self> {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        path.is_file().then_some(Self { table, name, path })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads these columns; text comes as `Dictionary(Int32, Utf8)`.
    pub fn read(&self, columns: &[&str]) -> Result<Vec<RecordBatch>> {
        read_file(self.table, &self.path, columns, true)
    }

    /// Reads the rows that `wanted` picks by their texts in the columns `keys`, null as empty: first the keys, then of the
    /// rows picked these columns. A large file is never in memory whole.
    pub fn read_where(
        &self,
        columns: &[&str],
        keys: &[&str],
        mut wanted: impl FnMut(&[&str]) -> bool,
    ) -> Result<Vec<RecordBatch>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut row = 0;
        for batch in self.read(keys)? {
            let texts: Vec<Words<'_>> = keys.iter().filter_map(|key| Words::of(&batch, key)).collect();
            let mut of_row = Vec::with_capacity(texts.len());
            for at in 0..batch.num_rows() {
                of_row.clear();
                of_row.extend(texts.iter().map(|words| words.get(at)));
                if wanted(&of_row) {
                    match ranges.last_mut() {
                        Some(last) if last.end == row + at => last.end += 1,
                        _ => ranges.push(row + at..row + at + 1),
                    }
                }
            }
            row += batch.num_rows();
        }
        if ranges.is_empty() {
            return Ok(Vec::new());
        }
        let picked = RowSelection::from_consecutive_ranges(ranges.into_iter(), row);
        read_rows(self.table, &self.path, columns, true, Some(picked))
    }
}

impl TableWriter {
    /// Writes the file of a period: `2018/2018-Q2.parquet`, below the province's folder where a pipeline holds several.
    pub fn write_period(&self, province: Option<&str>, period: Period, batch: &RecordBatch) -> Result<()> {
        self.write_period_of(province, period, None, batch)
    }

    /// The same of one of several kinds, that of a mark beside the others: `2018/2018-Q2.current.parquet`.
    pub fn write_period_of(
        &self,
        province: Option<&str>,
        period: Period,
        mark: Option<&str>,
        batch: &RecordBatch,
    ) -> Result<()> {
        self.write(&partition(province, period, mark), std::slice::from_ref(batch))
    }

    /// Copies the file of a period to that of a mark with one text column changed to a constant, and says how many rows.
    /// Whatever else was encoded is taken over as it is. Nothing where the period has no file this time.
    pub fn copy_period(
        &self,
        province: Option<&str>,
        period: Period,
        mark: Option<&str>,
        (column, text): (&str, &str),
    ) -> Result<usize> {
        let from = self.path(&partition(province, period, None));
        if !self.written.lock().is_ok_and(|written| written.contains_key(&from)) {
            return Ok(0);
        }
        let bytes = Bytes::from(fs::read(&from)?);
        let fail = |source| StoreError::Table { table: self.table.to_owned(), path: from.clone(), source };
        let (copy, rows) = splice::with_constant(&bytes, &self.properties, column, text).map_err(fail)?;
        self.put(self.path(&partition(province, period, mark)), &copy)?;
        Ok(rows)
    }

    fn path(&self, partition: &Path) -> PathBuf {
        let mut path = self.folder.join(partition).into_os_string();
        path.push(".parquet");
        path.into()
    }

    /// Writes one partition, named without its extension. May be called from several threads at once, for different
    /// partitions. Every batch has the table's columns in order.
    pub fn write(&self, partition: &Path, batches: &[RecordBatch]) -> Result<()> {
        let path = self.path(partition);
        let Some(first) = batches.first() else { return Ok(()) };
        self.check(&first.schema())?;
        let fail = |source| StoreError::Table { table: self.table.to_owned(), path: path.clone(), source };
        let bytes = self.encode(&first.schema(), batches).map_err(fail)?;
        self.put(path, &bytes)
    }

    /// Puts a file in its place, unless it stands there already.
    fn put(&self, path: PathBuf, bytes: &[u8]) -> Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::read(&path).ok().as_deref() != Some(bytes) {
            let draft = file::draft_of(&path);
            fs::write(&draft, bytes)?;
            fs::rename(&draft, &path)?;
        }
        if let Ok(mut written) = self.written.lock() {
            written.insert(path, raw::sha256(bytes));
        }
        Ok(())
    }

    /// Takes files over as they stand from an earlier time: they are of the table as if they had been written.
    pub fn keep(&self, files: impl IntoIterator<Item = Written>) {
        let own = format!("{}/", self.table);
        if let Ok(mut written) = self.written.lock() {
            let of = |(file, sha256): Written| Some((self.folder.join(file.strip_prefix(&own)?), sha256));
            written.extend(files.into_iter().filter_map(of));
        }
    }

    /// Ends the writing and says which files there are: whatever else lies below these folders of the table is gone. An
    /// empty name is the whole table.
    pub fn finish(self, folders: &[&str]) -> Result<Vec<Written>> {
        let written = self.written.into_inner().unwrap_or_default();
        for folder in folders.iter().map(|folder| self.folder.join(folder)).filter(|folder| folder.is_dir()) {
            for path in file::all_below(&folder)? {
                if !written.contains_key(&path) {
                    fs::remove_file(&path)?;
                }
            }
        }
        let name = |path: &Path| {
            let below = path.strip_prefix(&self.folder).unwrap_or(path);
            Path::new(self.table).join(below).to_string_lossy().into_owned()
        };
        Ok(written.iter().map(|(path, sha256)| (name(path), sha256.clone())).collect())
    }

    fn check(&self, given: &Schema) -> Result<()> {
        let fits = given.fields().len() == self.logical.fields().len()
            && given
                .fields()
                .iter()
                .zip(self.logical.fields())
                .all(|(g, l)| g.name() == l.name() && &undictionary(g.data_type()) == l.data_type());
        if fits {
            return Ok(());
        }
        let describe = |s: &Schema| {
            s.fields()
                .iter()
                .map(|f| format!("{} {}", f.name(), undictionary(f.data_type())))
                .collect::<Vec<_>>()
                .join(", ")
        };
        Err(StoreError::Schema {
            table: self.table.to_owned(),
            what: format!("expected ({}), found ({})", describe(&self.logical), describe(given)),
        })
    }

    fn encode(&self, physical: &SchemaRef, batches: &[RecordBatch]) -> parquet::errors::Result<Vec<u8>> {
        if let [batch] = batches
            && batch.num_rows() > 0
        {
            return self.encode_one(physical, batch);
        }
        let options = ArrowWriterOptions::new().with_properties(self.properties.clone()).with_skip_arrow_metadata(true);
        let mut writer = ArrowWriter::try_new_with_options(Vec::new(), physical.clone(), options)?;
        for batch in batches {
            writer.write(batch)?;
        }
        writer.into_inner()
    }

    /// A file of one row group: text that comes as keys is written as keys, the rest by the library. Every field is one column.
    fn encode_one(&self, physical: &SchemaRef, batch: &RecordBatch) -> parquet::errors::Result<Vec<u8>> {
        let properties = Arc::new(self.properties.clone());
        let schema = ArrowSchemaConverter::new().convert(physical)?;
        let mut compressor = zstd::bulk::Compressor::new(ZstdLevel::default().compression_level())?;
        let mut keyed = |(at, column): (usize, &ArrayRef)| match column.as_dictionary_opt::<Int32Type>() {
            Some(column) => keyed::chunk(column, &schema.column(at), &properties, &mut compressor),
            None => Ok(None),
        };
        let keyed = batch.columns().iter().enumerate().map(&mut keyed).collect::<parquet::errors::Result<Vec<_>>>()?;
        let others: Vec<usize> = (0..keyed.len()).filter(|at| keyed[*at].is_none()).collect();
        let others = batch.project(&others)?;
        let of_others = ArrowSchemaConverter::new().convert(&others.schema())?;
        let alone = SerializedFileWriter::new(std::io::sink(), of_others.root_schema_ptr(), properties.clone())?;
        let open = ArrowRowGroupWriterFactory::new(&alone, others.schema()).create_column_writers(0)?;
        let mut chunks = Vec::with_capacity(open.len());
        for ((mut column, array), field) in open.into_iter().zip(others.columns()).zip(others.schema_ref().fields()) {
            for leaf in compute_leaves(field, array)? {
                column.write(&leaf)?;
            }
            chunks.push(column.close()?);
        }
        let mut writer = SerializedFileWriter::new(Vec::new(), schema.root_schema_ptr(), properties)?;
        let mut rows = writer.next_row_group()?;
        let mut chunks = chunks.into_iter();
        for keyed in keyed {
            match keyed {
                Some((bytes, close)) => rows.append_column(&bytes, close)?,
                None => chunks.next().map_or(Ok(()), |chunk| chunk.append_to_row_group(&mut rows))?,
            }
        }
        rows.close()?;
        writer.into_inner()
    }
}

/// Where the file of a period lies in its table.
fn partition(province: Option<&str>, period: Period, mark: Option<&str>) -> PathBuf {
    let year = format!("{:04}", period.year());
    let name = mark.map_or_else(|| period.to_string(), |mark| format!("{period}.{mark}"));
    province.into_iter().chain([year.as_str(), &name]).collect()
}

/// How the files of a table are written.
fn properties(table: &str, logical: &Schema, digest: &str) -> WriterProperties {
    let metadata = [
        ("wardscore.table", table),
        ("wardscore.schema", tables::SCHEMA_VERSION),
        ("wardscore.definitions", digest),
        ("wardscore.version", env!("CARGO_PKG_VERSION")),
        (ARROW_SCHEMA_META_KEY, &encode_arrow_schema(logical)),
    ];
    let mut properties = WriterProperties::builder()
        // The default level is the nightly's: 1.
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(concat!("wardscore ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(
            metadata.iter().map(|(k, v)| KeyValue::new((*k).to_owned(), (*v).to_owned())).collect(),
        ));
    for measure in tables::MEASURES {
        properties = properties.set_column_dictionary_enabled((*measure).into(), false);
    }
    for run in tables::RUNS {
        properties = properties.set_column_compression((*run).into(), Compression::UNCOMPRESSED);
    }
    let is_text = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::List(_));
    for field in logical.fields().iter().filter(|field| is_text(field.data_type())) {
        if !tables::KEYS.contains(&field.name().as_str()) {
            let mut path = vec![field.name().clone()];
            if matches!(field.data_type(), DataType::List(_)) {
                path.extend(["list", "element"].map(str::to_owned));
            }
            properties = properties.set_column_statistics_enabled(ColumnPath::from(path), EnabledStatistics::None);
        }
    }
    properties.build()
}

/// The type that readers see: dictionaries of text are text.
fn undictionary(kind: &DataType) -> DataType {
    match kind {
        DataType::Dictionary(_, value) => value.as_ref().clone(),
        DataType::List(item) => DataType::List(Arc::new(Field::new("item", undictionary(item.data_type()), true))),
        other => other.clone(),
    }
}

fn read_file(table: &str, path: &Path, columns: &[&str], dictionaries: bool) -> Result<Vec<RecordBatch>> {
    read_rows(table, path, columns, dictionaries, None)
}

fn read_rows(
    table: &str,
    path: &Path,
    columns: &[&str],
    dictionaries: bool,
    picked: Option<RowSelection>,
) -> Result<Vec<RecordBatch>> {
    let opened: std::fs::File = fs::File::open(path)?.into();
    let fail = |source| StoreError::Table { table: table.to_owned(), path: path.to_owned(), source };
    let read = move || -> parquet::errors::Result<Vec<RecordBatch>> {
        let plain = ArrowReaderMetadata::load(&opened, ArrowReaderOptions::new())?;
        let metadata = if dictionaries {
            let fields: Vec<Field> = plain.schema().fields().iter().map(|f| as_dictionary(f)).collect();
            let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
            ArrowReaderMetadata::try_new(plain.metadata().clone(), options)?
        } else {
            plain
        };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(opened.try_clone()?, metadata);
        let mask = if columns.is_empty() {
            ProjectionMask::all()
        } else {
            ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied())
        };
        let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(usize::MAX).max(1);
        let mut builder = builder.with_projection(mask).with_batch_size(rows.min(1 << 20));
        if let Some(picked) = picked {
            builder = builder.with_row_selection(picked);
        }
        let reader = builder.build()?;
        reader.map(|batch| batch.map_err(Into::into)).collect()
    };
    read().map_err(fail)
}

fn as_dictionary(field: &Field) -> Field {
    match field.data_type() {
        DataType::Utf8 => {
            let kind = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Field::new(field.name(), kind, field.is_nullable()).with_metadata(field.metadata().clone())
        }
        _ => field.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int32Type;
    use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int32Array, StringArray};

    #[test]
    fn a_table_comes_back_as_it_was_and_an_unchanged_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let codes: DictionaryArray<Int32Type> = vec!["19753", "19756"].into_iter().collect();
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("unit_code", Arc::new(codes)),
            ("year", Arc::new(Int32Array::from(vec![2018, 2018]))),
            ("population", Arc::new(Float64Array::from(vec![10.0, 20.0]))),
            ("note", Arc::new(StringArray::from(vec!["", "x"]))),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        store.write_whole("populations", "d", &batch).unwrap();
        let path = store.table_files("populations").unwrap()[0].clone();
        let before = std::fs::metadata(&path).unwrap().modified().unwrap();
        store.write_whole("populations", "d", &batch).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), before);
        let back = store.read_table("populations", &[], false).unwrap();
        assert_eq!(back[0].column(0).as_string::<i32>().value(1), "19756");
        let back = store.read_table("populations", &["unit_code"], true).unwrap();
        assert_eq!(back[0].num_columns(), 1);
        assert_eq!(back[0].column(0).as_dictionary::<Int32Type>().keys().len(), 2);
        let part = &store.partitions("populations").unwrap()[0];
        let picked =
            part.read_where(&["note", "year"], &["unit_code", "note"], |texts| texts == ["19756", "x"]).unwrap();
        assert_eq!((picked[0].num_rows(), picked[0].num_columns()), (1, 2));
        assert!(part.read_where(&[], &["unit_code"], |texts| texts[0] == "1").unwrap().is_empty());
        assert!(store.write_whole("units", "d", &batch).is_err());
    }
}
