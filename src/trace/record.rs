//! Rows of a table as they stand, column by column, whatever columns the table has.

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use jiff::Timestamp;
use serde_json::Value;

use crate::store::columns::day_of;

/// One row.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Record(serde_json::Map<String, Value>);

impl Record {
    /// A text; empty where it is null.
    pub fn text(&self, column: &str) -> &str {
        self.0.get(column).and_then(Value::as_str).unwrap_or("")
    }

    /// A text; `None` where it is null.
    pub fn known(&self, column: &str) -> Option<String> {
        self.0.get(column).and_then(Value::as_str).map(str::to_owned)
    }

    /// A number; `None` where it is null.
    pub fn number(&self, column: &str) -> Option<f64> {
        self.0.get(column).and_then(Value::as_f64)
    }

    /// A whole number; 0 where it is null.
    pub fn whole(&self, column: &str) -> i64 {
        self.0.get(column).and_then(Value::as_i64).unwrap_or(0)
    }

    /// A list of texts.
    pub fn texts(&self, column: &str) -> Vec<String> {
        let list = self.0.get(column).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }
}

/// The rows of batches, in order.
pub(super) fn records(batches: &[RecordBatch]) -> Vec<Record> {
    let mut all = Vec::new();
    for batch in batches {
        let names: Vec<String> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
        for row in 0..batch.num_rows() {
            let cells = names.iter().zip(batch.columns());
            all.push(Record(cells.map(|(name, column)| (name.clone(), cell(column, row))).collect()));
        }
    }
    all
}

fn cell(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).into(),
        DataType::Int32 => column.as_primitive::<Int32Type>().value(row).into(),
        DataType::Boolean => column.as_boolean().value(row).into(),
        DataType::Date32 => day_of(column.as_primitive::<Date32Type>().value(row)).to_string().into(),
        DataType::Timestamp(..) => {
            let at = Timestamp::from_microsecond(column.as_primitive::<TimestampMicrosecondType>().value(row));
            at.map_or(Value::Null, |at| at.to_string().into())
        }
        DataType::Utf8 => column.as_string::<i32>().value(row).into(),
        DataType::Dictionary(..) => {
            let array = column.as_dictionary::<Int32Type>();
            cell(array.values(), array.keys().value(row) as usize)
        }
        DataType::List(_) => {
            let list = column.as_list::<i32>().value(row);
            (0..list.len()).map(|at| cell(&list, at)).collect()
        }
        _ => Value::Null,
    }
}
