//! Arrow columns from indices and options: text is handed over as keys into shared values, never as a text per row.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Float64Array, Int32Array, ListArray, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use jiff::civil::Date;

/// Text by keys into `values`; a negative key is null.
pub fn keyed(keys: Vec<i32>, values: &ArrayRef) -> ArrayRef {
    let keys: Int32Array = if keys.iter().any(|k| *k < 0) {
        keys.into_iter().map(|k| (k >= 0).then_some(k)).collect()
    } else {
        keys.into()
    };
    match DictionaryArray::<Int32Type>::try_new(keys, values.clone()) {
        Ok(array) => Arc::new(array),
        // A key outside the values is a fault of the caller; nulls show it without stopping the run.
        Err(_) => Arc::new(StringArray::new_null(0)),
    }
}

/// Text that is null in every row.
pub fn absent(rows: usize) -> ArrayRef {
    let none = StringArray::from_iter_values([""]);
    Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::new_null(rows), Arc::new(none)))
}

/// Values for [`keyed`].
pub fn values<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts))
}

/// One text in every row.
pub fn constant(text: &str, rows: usize) -> ArrayRef {
    keyed(vec![0; rows], &values([text]))
}

/// Text in which neighbours are often equal.
pub fn runs<'a>(texts: impl IntoIterator<Item = &'a str>) -> ArrayRef {
    let mut distinct: Vec<&str> = Vec::new();
    let mut keys = Vec::new();
    for text in texts {
        if distinct.last() != Some(&text) {
            distinct.push(text);
        }
        keys.push(distinct.len() as i32 - 1);
    }
    keyed(keys, &values(distinct))
}

/// Text row by row, for small tables.
pub fn text<S: AsRef<str>>(texts: impl IntoIterator<Item = Option<S>>) -> ArrayRef {
    Arc::new(texts.into_iter().collect::<StringArray>())
}

/// Text without nulls, for small tables.
pub fn plain<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts))
}

/// Numbers; none is null.
pub fn numbers(items: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(items.into_iter().collect::<Float64Array>())
}

/// Whole numbers; none is null.
pub fn wholes(items: impl IntoIterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(items.into_iter().collect::<Int32Array>())
}

/// Yes or no; none is null.
pub fn flags(items: impl IntoIterator<Item = Option<bool>>) -> ArrayRef {
    Arc::new(items.into_iter().collect::<BooleanArray>())
}

/// Days; none is null.
pub fn days(items: impl IntoIterator<Item = Option<Date>>) -> ArrayRef {
    Arc::new(items.into_iter().map(|d| d.map(day_number)).collect::<Date32Array>())
}

/// One day in every row.
pub fn one_day(day: Date, rows: usize) -> ArrayRef {
    Arc::new(Date32Array::from_value(day_number(day), rows))
}

/// Microseconds since 1970 UTC.
pub fn times(items: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter_values(items).with_timezone("UTC"))
}

/// Lists of texts.
pub fn lists<S: AsRef<str>>(items: impl IntoIterator<Item = Vec<S>>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in items {
        for text in list {
            builder.values().append_value(text);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// A column of text as it comes back: keys into the few values that occur.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    keys: &'a Int32Array,
    values: &'a StringArray,
}

impl<'a> Words<'a> {
    /// The column of this name; `None` where it is missing or not dictionary-encoded text.
    pub fn of(batch: &'a RecordBatch, name: &str) -> Option<Self> {
        let array = batch.column_by_name(name)?.as_dictionary_opt::<Int32Type>()?;
        Some(Self { keys: array.keys(), values: array.values().as_string_opt::<i32>()? })
    }

    /// The text of a row; empty where it is null.
    pub fn get(&self, row: usize) -> &'a str {
        if self.keys.is_null(row) { "" } else { self.values.value(self.keys.value(row) as usize) }
    }

    /// What `of` makes of each value that occurs, to be looked up by row with [`Looked::get`].
    pub fn look_up<T: Copy>(&self, of: impl FnMut(&'a str) -> Option<T>) -> Looked<'a, T> {
        let known = self.values.iter().map(Option::unwrap_or_default).map(of).collect();
        Looked { keys: self.keys, known }
    }
}

/// Texts of a row of lists, null left out, whether they are text or keys of it.
pub fn texts(list: &ListArray, row: usize) -> Vec<String> {
    let of_row = list.value(row);
    let plain = of_row.as_string_opt::<i32>().map(|texts| texts.iter().flatten().map(str::to_owned).collect());
    plain.unwrap_or_else(|| {
        let keyed = of_row.as_dictionary_opt::<Int32Type>().and_then(DictionaryArray::downcast_dict::<StringArray>);
        keyed.into_iter().flatten().flatten().map(str::to_owned).collect()
    })
}

/// What each row's text stands for.
#[derive(Debug, Clone)]
pub struct Looked<'a, T> {
    keys: &'a Int32Array,
    known: Vec<Option<T>>,
}

impl<T: Copy> Looked<'_, T> {
    /// What the text of a row stands for; `None` where it is null or stands for nothing.
    pub fn get(&self, row: usize) -> Option<T> {
        if self.keys.is_null(row) { None } else { *self.known.get(self.keys.value(row) as usize)? }
    }
}

/// Days since 1970-01-01.
pub fn day_number(day: Date) -> i32 {
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(day).map_or(0, |span| span.get_days())
}

/// The day of a number of days since 1970-01-01.
pub fn day_of(number: i32) -> Date {
    Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().days(number))
}
