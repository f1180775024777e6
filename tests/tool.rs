//! Runs the program in a folder of its own and reads the tables that it made.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Root of the project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program with these arguments from the project's folder.
pub fn wardscore<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wardscore")).args(arguments).current_dir(root()).output().unwrap()
}

/// What the program said on standard output, having ended with this code.
pub fn said(output: &Output, code: i32) -> String {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "stdout:\n{out}\nstderr:\n{error}");
    format!("{out}{error}")
}

/// A folder with a copy of one of the project's inboxes as `inbox`, and where its store will be.
pub fn place(inbox: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    copy(&root().join(inbox), &folder.path().join("inbox"));
    let store = folder.path().join("store");
    (folder, store)
}

/// A page as a browser reads its slashes.
pub fn page(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).replace("&#x2f;", "/")
}

/// Every row of a table of the current release as text, in the columns asked for; null is the empty text.
pub fn table(store: &Path, name: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for path in files(&store.join("current/data").join(name)) {
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(&path).unwrap()).unwrap();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            let picked: Vec<_> = columns.iter().map(|c| batch.column_by_name(c).unwrap().clone()).collect();
            for row in 0..batch.num_rows() {
                rows.push(picked.iter().map(|c| text(c, row)).collect());
            }
        }
    }
    rows
}

/// A cell as text; null is the empty text.
fn text(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).to_string(),
        DataType::Float64 => format!("{:?}", column.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => column.as_primitive::<Date32Type>().value_as_date(row).unwrap().to_string(),
        DataType::Timestamp(..) => {
            let at = column.as_primitive::<TimestampMicrosecondType>().value_as_datetime(row).unwrap();
            format!("{}Z", at.format("%Y-%m-%dT%H:%M:%S%.f"))
        }
        DataType::List(_) => {
            let list = column.as_list::<i32>().value(row);
            let texts: Vec<String> = (0..list.len()).map(|at| text(&list, at)).collect();
            format!("[{}]", texts.join(", "))
        }
        other => panic!("a table has no column of {other}"),
    }
}

/// Every file below a folder, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Copies a folder, links as links.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The rows of a CSV file, as maps from its header's names.
pub fn csv(path: &Path) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    reader.deserialize().map(Result::unwrap).collect()
}
