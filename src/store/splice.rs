//! A Parquet file → the same with one text column constant, without decoding the others.
//!
//! The maps of a quarter in which no unit changed hold the same rows; encoding them once is most of what they cost.

use std::sync::Arc;

use bytes::Bytes;
use parquet::column::writer::{ColumnCloseResult, ColumnWriter};
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

/// The file with `text` in every row of `column`, a required column of text, and how many rows it has.
pub(super) fn with_constant(
    file: &Bytes,
    properties: &WriterProperties,
    column: &str,
    text: &str,
) -> Result<(Vec<u8>, usize)> {
    let metadata =
        ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required).parse_and_finish(file)?;
    let schema = metadata.file_metadata().schema_descr();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema.root_schema_ptr(), Arc::new(properties.clone()))?;
    let missing = || ParquetError::General(format!("`{column}` is no text column of every row"));
    for (g, group) in metadata.row_groups().iter().enumerate() {
        let rows = usize::try_from(group.num_rows())?;
        let mut out = writer.next_row_group()?;
        for (c, chunk) in group.columns().iter().enumerate() {
            if chunk.column_path().string() == column {
                let mut open = out.next_column()?.ok_or_else(missing)?;
                match open.untyped() {
                    ColumnWriter::ByteArrayColumnWriter(typed) => {
                        typed.write_batch(&vec![ByteArray::from(text); rows], None, None)?;
                    }
                    _ => return Err(missing()),
                }
                open.close()?;
                continue;
            }
            let close = ColumnCloseResult {
                bytes_written: u64::try_from(chunk.compressed_size())?,
                rows_written: rows as u64,
                metadata: chunk.clone(),
                bloom_filter: None,
                column_index: metadata.column_index().and_then(|all| all.get(g)?.get(c)).cloned(),
                offset_index: metadata.offset_index().and_then(|all| all.get(g)?.get(c)).cloned(),
            };
            out.append_column(file, close)?;
        }
        out.close()?;
    }
    Ok((writer.into_inner()?, usize::try_from(metadata.file_metadata().num_rows())?))
}
