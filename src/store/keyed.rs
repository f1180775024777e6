//! A column of text that is given as keys into values → a Parquet column chunk, whose dictionary is the values and whose
//! pages are the keys.
//!
//! The library's own writer looks up each row's text in a hash table, to find the key that the column came with: a quarter
//! of the time of writing a table of codes. Pages, headers, compression and metadata are the library's here too; only the
//! keys are packed by hand, as "RLE / bit-packing hybrid" in the Parquet format's `Encodings.md` says.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, DictionaryArray, StringArray};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, Type};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::Result;
use parquet::file::metadata::{ColumnChunkMetaData, ColumnIndexBuilder, OffsetIndexBuilder, PageEncodingStats};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::statistics::ValueStatistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

/// Rows of a page.
const PAGE: usize = 20_000;
/// The longest text of which bounds are kept whole.
const BOUND: usize = 64;
/// The most bytes of a dictionary.
const DICTIONARY: usize = 1 << 20;

/// The chunk and what is told of it; `None` for a column that is better written otherwise: one whose values are many or
/// long, or that has nulls where there may be none.
pub(super) fn chunk(
    column: &DictionaryArray<Int32Type>,
    of: &ColumnDescPtr,
    properties: &WriterProperties,
    compressor: &mut Compressor<'_>,
) -> Result<Option<(Bytes, ColumnCloseResult)>> {
    let Some(texts) = column.values().as_string_opt::<i32>().filter(|texts| texts.null_count() == 0) else {
        return Ok(None);
    };
    let nullable = of.max_def_level() == 1;
    if !nullable && (column.null_count() > 0 || of.max_def_level() > 0) || of.max_rep_level() > 0 {
        return Ok(None);
    }
    let bounded = properties.statistics_enabled(of.path()) != EnabledStatistics::None;
    let keys = Keys::of(column, texts.len());
    let bytes: usize = keys.used.iter().map(|at| texts.value_length(*at as usize) as usize + 4).sum();
    let long = |at: &u32| texts.value_length(*at as usize) as usize > BOUND;
    if bytes > DICTIONARY || bounded && keys.used.iter().any(long) {
        return Ok(None);
    }
    let codec = properties.compression(of.path());
    let mut compressed = |page: Vec<u8>| -> Result<Bytes> {
        Ok(if codec == Compression::UNCOMPRESSED { page } else { compressor.compress(&page)? }.into())
    };
    let mut sink = TrackedWrite::new(Vec::with_capacity(bytes + keys.packed.len() / 4));
    let mut pages = SerializedPageWriter::new(&mut sink);
    let mut sizes = (0, 0);

    let (num_values, encoding) = (keys.used.len() as u32, Encoding::PLAIN);
    let page = Page::DictionaryPage {
        buf: compressed(dictionary(texts, &keys.used, bytes))?,
        num_values,
        encoding,
        is_sorted: false,
    };
    let written = pages.write_page(CompressedPage::new(page, bytes))?;
    let first = written.offset;
    sizes = (sizes.0 + written.compressed_size, sizes.1 + written.uncompressed_size);

    let width = u32::BITS - (keys.used.len().max(1) as u32 - 1).leading_zeros();
    let mut bounds = Bounds { texts, used: &keys.used, seen: vec![usize::MAX; keys.used.len()] };
    let mut index = ColumnIndexBuilder::new(Type::BYTE_ARRAY);
    let mut offsets = OffsetIndexBuilder::new();
    let (mut row, mut at, mut data) = (0, 0, None);
    let mut overall: Option<(u32, u32)> = None;
    let mut count = 0;
    while row < column.len() || count == 0 {
        let rows = PAGE.min(column.len() - row);
        let nulls = column.nulls().map_or(0, |nulls| nulls.slice(row, rows).null_count());
        let own = &keys.packed[at..at + rows - nulls];
        let page = data_page(column, row..row + rows, own, width, nullable);
        let uncompressed = page.len();
        let page = Page::DataPage {
            buf: compressed(page)?,
            num_values: rows as u32,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let written = pages.write_page(CompressedPage::new(page, uncompressed))?;
        sizes = (sizes.0 + written.compressed_size, sizes.1 + written.uncompressed_size);
        data.get_or_insert(written.offset);
        offsets.append_row_count(rows as i64);
        offsets.append_offset_and_size(written.offset as i64, written.compressed_size as i32);
        if bounded {
            let ends = bounds.within(own, count);
            let text = |key: u32| bounds.text(key).as_bytes().to_vec();
            let (low, high) = ends.map_or_else(Default::default, |(low, high)| (text(low), text(high)));
            index.append(ends.is_none(), low, high, nulls as i64);
            overall = [overall, ends].into_iter().flatten().reduce(|a, b| bounds.around(a, b));
        }
        (row, at, count) = (row + rows, at + own.len(), count + 1);
    }
    pages.close()?;

    let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
    let mut metadata = ColumnChunkMetaData::builder(of.clone())
        .set_compression(codec)
        .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
        .set_page_encoding_stats(vec![
            stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
            stats(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, count as i32),
        ])
        .set_total_compressed_size(sizes.0 as i64)
        .set_total_uncompressed_size(sizes.1 as i64)
        .set_num_values(column.len() as i64)
        .set_dictionary_page_offset(Some(first as i64))
        .set_data_page_offset(data.unwrap_or_default() as i64);
    if bounded {
        let text = |key: u32| ByteArray::from(bounds.text(key));
        let (low, high) = overall.map(|(low, high)| (text(low), text(high))).unzip();
        let nulls = Some(column.null_count() as u64);
        metadata = metadata.set_statistics(ValueStatistics::new(low, high, None, nulls, false).into());
    }
    let close = ColumnCloseResult {
        bytes_written: sizes.0 as u64,
        rows_written: column.len() as u64,
        metadata: metadata.build()?,
        bloom_filter: None,
        column_index: bounded.then(|| index.build()).transpose()?,
        offset_index: Some(offsets.build()),
    };
    Ok(Some((sink.into_inner()?.into(), close)))
}

/// The texts that occur, each behind its length.
fn dictionary(texts: &StringArray, used: &[u32], bytes: usize) -> Vec<u8> {
    let mut page = Vec::with_capacity(bytes);
    for at in used {
        let text = texts.value(*at as usize);
        page.extend_from_slice(&(text.len() as u32).to_le_bytes());
        page.extend_from_slice(text.as_bytes());
    }
    page
}

/// Which of these rows are not null, where they may be, and the numbers of those.
fn data_page(
    column: &DictionaryArray<Int32Type>,
    rows: Range<usize>,
    numbers: &[u32],
    width: u32,
    nullable: bool,
) -> Vec<u8> {
    let mut page = Vec::with_capacity(numbers.len() / 2 + 16);
    if nullable {
        page.extend_from_slice(&[0; 4]);
        match column.nulls().filter(|_| numbers.len() < rows.len()) {
            Some(known) => {
                let known: Vec<u32> = known.slice(rows.start, rows.len()).iter().map(u32::from).collect();
                hybrid(&mut page, &known, 1);
            }
            None => run(&mut page, rows.len(), 1, 1),
        }
        let length = page.len() as u32 - 4;
        page[..4].copy_from_slice(&length.to_le_bytes());
    }
    page.push(width as u8);
    hybrid(&mut page, numbers, width);
    page
}

/// Keys of the values that occur, numbered as they first do.
struct Keys {
    /// Of each number the value's place.
    used: Vec<u32>,
    /// Numbers, row by row, of rows that are not null.
    packed: Vec<u32>,
}

impl Keys {
    fn of(column: &DictionaryArray<Int32Type>, values: usize) -> Self {
        let mut numbers = vec![u32::MAX; values];
        let mut used = Vec::new();
        let mut packed = Vec::with_capacity(column.len() - column.null_count());
        let mut number = |key: i32| {
            let number = &mut numbers[key as usize];
            if *number == u32::MAX {
                *number = used.len() as u32;
                used.push(key as u32);
            }
            *number
        };
        match column.nulls() {
            None => packed.extend(column.keys().values().iter().map(|key| number(*key))),
            Some(_) => packed.extend(column.keys().iter().flatten().map(number)),
        }
        Self { used, packed }
    }
}

/// The least and the greatest text of a page's keys.
struct Bounds<'t> {
    texts: &'t StringArray,
    used: &'t [u32],
    /// The page in which a key was last met: a text is compared once for each page.
    seen: Vec<usize>,
}

impl<'t> Bounds<'t> {
    fn text(&self, key: u32) -> &'t str {
        self.texts.value(self.used[key as usize] as usize)
    }

    fn around(&self, a: (u32, u32), b: (u32, u32)) -> (u32, u32) {
        let low = if self.text(b.0) < self.text(a.0) { b.0 } else { a.0 };
        let high = if self.text(b.1) > self.text(a.1) { b.1 } else { a.1 };
        (low, high)
    }

    fn within(&mut self, keys: &[u32], page: usize) -> Option<(u32, u32)> {
        let mut ends = None;
        for key in keys {
            if self.seen[*key as usize] != page {
                self.seen[*key as usize] = page;
                ends = Some(ends.map_or((*key, *key), |ends| self.around(ends, (*key, *key))));
            }
        }
        ends
    }
}

/// Numbers of `width` bits: runs of eight or more equal ones told once, what is between them packed by eights.
fn hybrid(out: &mut Vec<u8>, numbers: &[u32], width: u32) {
    if width == 0 && !numbers.is_empty() {
        return run(out, numbers.len(), 0, 0);
    }
    let (mut at, mut loose) = (0, 0);
    while at < numbers.len() {
        let same = numbers[at..].iter().take_while(|number| **number == numbers[at]).count();
        if same >= 8 {
            packed(out, &numbers[loose..at], width);
            run(out, same, numbers[at], width);
            at += same;
            loose = at;
        } else {
            // A run begins after whole eights only.
            at = (at + 8).min(numbers.len());
        }
    }
    packed(out, &numbers[loose..], width);
}

/// One number, `count` times.
fn run(out: &mut Vec<u8>, count: usize, number: u32, width: u32) {
    varint(out, (count as u64) << 1);
    out.extend_from_slice(&number.to_le_bytes()[..width.div_ceil(8) as usize]);
}

/// Numbers by eights, the last filled up with zeros, each from the lowest bit up.
fn packed(out: &mut Vec<u8>, numbers: &[u32], width: u32) {
    if numbers.is_empty() {
        return;
    }
    varint(out, (numbers.len().div_ceil(8) as u64) << 1 | 1);
    for eight in numbers.chunks(8) {
        let (mut bits, mut held) = (0_u64, 0);
        for at in 0..8 {
            bits |= u64::from(eight.get(at).copied().unwrap_or(0)) << held;
            held += width;
            while held >= 8 {
                out.push(bits as u8);
                bits >>= 8;
                held -= 8;
            }
        }
    }
}

/// Seven bits to a byte, the lowest first.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int32Array, RecordBatch};
    use arrow_schema::{Field, Schema};
    use parquet::arrow::ArrowSchemaConverter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::basic::ZstdLevel;
    use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
    use parquet::file::writer::SerializedFileWriter;
    use proptest::prelude::*;

    use super::*;

    /// A file of the one column.
    fn file(column: &DictionaryArray<Int32Type>, nullable: bool, codec: Compression) -> Option<Bytes> {
        let schema = Schema::new(vec![Field::new("x", column.data_type().clone(), nullable)]);
        let schema = ArrowSchemaConverter::new().convert(&schema).unwrap();
        let properties = WriterProperties::builder().set_compression(codec).build();
        let mut compressor = Compressor::new(1).unwrap();
        let (bytes, close) = chunk(column, &schema.column(0), &properties, &mut compressor).unwrap()?;
        let mut writer = SerializedFileWriter::new(Vec::new(), schema.root_schema_ptr(), Arc::new(properties)).unwrap();
        let mut rows = writer.next_row_group().unwrap();
        rows.append_column(&bytes, close).unwrap();
        rows.close().unwrap();
        Some(writer.into_inner().unwrap().into())
    }

    /// What a reader finds in it.
    fn read(file: &Bytes) -> Vec<Option<String>> {
        let batches = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap().build().unwrap();
        let batches: Vec<RecordBatch> = batches.map(Result::unwrap).collect();
        let texts = batches.iter().flat_map(|batch| batch.column(0).as_string::<i32>().iter());
        texts.map(|text| text.map(str::to_owned)).collect()
    }

    fn column(keys: &[Option<i32>], values: &[String]) -> DictionaryArray<Int32Type> {
        let values: ArrayRef = Arc::new(StringArray::from_iter_values(values));
        DictionaryArray::new(Int32Array::from(keys.to_vec()), values)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_written_is_read_back(
            values in proptest::collection::vec("[a-zđ ]{0,9}", 1..300),
            runs in proptest::collection::vec((proptest::option::weighted(0.8, 0..300_i32), 1..40_usize), 0..200),
            times in 1..12_usize,
            zstd: bool,
        ) {
            let runs = runs.iter().flat_map(|(key, n)| vec![key.map(|k| k % values.len() as i32); *n]);
            let keys: Vec<Option<i32>> = runs.collect::<Vec<_>>().repeat(times);
            let codec = if zstd { Compression::ZSTD(ZstdLevel::default()) } else { Compression::UNCOMPRESSED };
            let texts: Vec<Option<String>> = keys.iter().map(|key| key.map(|k| values[k as usize].clone())).collect();
            let file = file(&column(&keys, &values), true, codec).unwrap();
            prop_assert_eq!(read(&file), texts.clone());
            // The bounds told of each page hold.
            let metadata = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
            let metadata = metadata.parse_and_finish(&file).unwrap();
            let index = &metadata.column_index().unwrap()[0][0];
            let parquet::file::page_index::column_index::ColumnIndexMetaData::BYTE_ARRAY(index) = index else { panic!("{index:?}") };
            for (page, of_page) in texts.chunks(PAGE).enumerate() {
                let low = of_page.iter().flatten().min().map(String::as_bytes);
                let high = of_page.iter().flatten().max().map(String::as_bytes);
                prop_assert_eq!((index.min_value(page), index.max_value(page)), (low, high));
            }
        }
    }

    #[test]
    fn a_required_column_of_one_text_is_a_few_bytes_a_page() {
        let keys = vec![Some(1); 3 * PAGE + 5];
        let file =
            file(&column(&keys, &["a".to_owned(), "2018-Q2".to_owned()]), false, Compression::UNCOMPRESSED).unwrap();
        assert!(file.len() < 700, "{}", file.len());
        assert_eq!(read(&file), vec![Some("2018-Q2".to_owned()); keys.len()]);
    }

    #[test]
    fn what_is_better_written_otherwise_is_not_written() {
        let wide: Vec<String> = (0..40_000).map(|n| format!("{n:030}")).collect();
        let all: Vec<Option<i32>> = (0..40_000).map(Some).collect();
        assert!(file(&column(&all, &wide), true, Compression::UNCOMPRESSED).is_none());
        assert!(file(&column(&[Some(0)], &["x".repeat(65)]), true, Compression::UNCOMPRESSED).is_none());
        assert!(file(&column(&[None], &wide), false, Compression::UNCOMPRESSED).is_none());
    }
}
