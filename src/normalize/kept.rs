//! What a file was read as ↔ bytes that the store keeps, so that no file is read twice.
//!
//! In: the parts of a file just as they were read, before anything is known of other files. Out: bytes, under a key that
//! holds all that reading follows from beside the plan, the register and the program; back only what is the same to the
//! last bit.

use serde::{Deserialize, Serialize, de};

use super::reading::{Observed, Part, Received};
use crate::model::Plan;
use crate::store::raw;

/// What every reading follows from: the program and the definitions, the register among them.
pub(super) fn from(plan: &Plan) -> String {
    format!("{} {}", crate::PROGRAM, plan.reading_digest)
}

/// The key of a file's reading: its bytes and whatever is known of it before it is read.
pub(super) fn key(sha256: &str, received: &Received<'_>) -> String {
    raw::sha256(format!("{sha256} {received:?}").as_bytes())
}

/// The parts of a file as bytes.
pub(super) fn encode(parts: &[Part]) -> Option<Vec<u8>> {
    postcard::to_stdvec(parts).ok()
}

/// The parts that were made such bytes.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<Part>> {
    postcard::from_bytes(bytes).ok()
}

/// The values of a form, row by row: nearly always all rows have the same elements in the same columns.
pub(super) mod lines {
    use super::{Deserialize, Observed, Serialize, de};

    #[derive(Default, Serialize, Deserialize)]
    struct Lines {
        /// Elements and columns, as rows have them.
        columns: Vec<Vec<(u16, u16)>>,
        /// Unit, row, and which of the columns it has.
        rows: Vec<(u32, u32, usize)>,
        /// The values of all rows, a byte or two each: [`push`].
        values: Vec<u8>,
    }

    /// Larger whole numbers are not told as counts.
    const MOST: u64 = 1 << 53;

    /// A count as one more than it is, seven bits to a byte, the lowest first; whatever else as a zero and its bits.
    fn push(bytes: &mut Vec<u8>, value: f64) {
        let count = value as u64;
        if count >= MOST || (count as f64).to_bits() != value.to_bits() {
            bytes.push(0);
            bytes.extend(value.to_le_bytes());
            return;
        }
        let mut rest = count + 1;
        while rest > 0x7f {
            bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        bytes.push(rest as u8);
    }

    /// The next of the values that were pushed.
    fn pop(bytes: &mut &[u8]) -> Option<f64> {
        let mut more = 0;
        for at in 0..8 {
            let (byte, rest) = bytes.split_first()?;
            *bytes = rest;
            more |= u64::from(byte & 0x7f) << (7 * at);
            if *byte <= 0x7f {
                break;
            }
        }
        if let Some(count) = more.checked_sub(1) {
            return Some(count as f64);
        }
        let (bits, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(f64::from_le_bytes(*bits))
    }

    pub(in crate::normalize) fn serialize<S: serde::Serializer>(
        values: &[Observed],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let mut lines = Lines::default();
        lines.values.reserve(2 * values.len());
        for row in values.chunk_by(|a, b| (a.unit, a.row) == (b.unit, b.row)) {
            let columns = || row.iter().map(|o| (o.element, o.column));
            let known = lines.columns.iter().position(|known| known.iter().copied().eq(columns()));
            let columns = known.unwrap_or_else(|| {
                lines.columns.push(columns().collect());
                lines.columns.len() - 1
            });
            lines.rows.push((row[0].unit, row[0].row, columns));
            for observed in row {
                push(&mut lines.values, observed.value);
            }
        }
        lines.serialize(serializer)
    }

    pub(in crate::normalize) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Observed>, D::Error> {
        let Lines { columns, rows, values } = Lines::deserialize(deserializer)?;
        let mut values = values.as_slice();
        let mut all = Vec::with_capacity(values.len());
        for (unit, row, of) in rows {
            let columns = columns.get(of).ok_or_else(|| de::Error::custom("no such columns"))?;
            for (element, column) in columns.iter().copied() {
                let value = pop(&mut values).ok_or_else(|| de::Error::custom("a value is missing"))?;
                all.push(Observed { unit, element, column, row, value });
            }
        }
        all.shrink_to_fit();
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reading::Form;
    use super::*;

    fn values() -> impl Strategy<Value = Vec<Observed>> {
        let value = prop_oneof![
            (0u32..100_000).prop_map(f64::from),
            any::<u64>().prop_map(|count| count as f64),
            any::<f64>().prop_filter("equal to itself", |v| !v.is_nan()),
        ];
        let observed = (0u32..3, 0u16..4, 0u16..300, 0u32..5, value)
            .prop_map(|(unit, element, column, row, value)| Observed { unit, element, column, row, value });
        proptest::collection::vec(observed, 0..60)
    }

    proptest! {
        #[test]
        fn a_reading_comes_back_to_the_last_bit(values in values(), member in proptest::option::of(".{0,8}")) {
            let form = Form { values: values.clone(), period: "2018-Q2".parse().ok(), ..Form::default() };
            let parts = [Part { member, sha256: "ab".into(), outcome: Ok(form) }];
            let back = decode(&encode(&parts).unwrap()).unwrap();
            prop_assert_eq!(&back[..], &parts);
            let bits = |values: &[Observed]| values.iter().map(|o| o.value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&back[0].outcome.as_ref().unwrap().values), bits(&values));
        }
    }

    #[test]
    fn a_row_of_counts_takes_few_bytes() {
        let of = |unit: u32, column: u16| {
            let value = f64::from(unit * 7 + u32::from(column));
            Observed { unit, element: column, column, row: unit + 9, value }
        };
        let values: Vec<Observed> = (0..20).flat_map(|unit| (0..30).map(move |column| of(unit, column))).collect();
        let form = Form { values, ..Form::default() };
        let bytes = encode(&[Part { member: None, sha256: String::new(), outcome: Ok(form) }]).unwrap();
        assert!(bytes.len() < 600 * 2, "{} bytes for 600 values", bytes.len());
    }
}
