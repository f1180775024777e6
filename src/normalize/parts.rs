//! What is worked on by itself, and what it follows from: the receipts of each territory.
//!
//! In: the store's receipts, in their order. Out: by territory the first receipt of each content with the later ones of the same
//! bytes there, and the inputs that tell whether its tables stand.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use jiff::civil::Date;
use rayon::prelude::*;

use crate::model::{Plan, Signature};
use crate::register::{Register, Territories};
use crate::store::{Inputs, ReceiptRow, Store, StoreError, made, raw};

/// The part of the tables that follow from the definition alone.
pub(super) const REFERENCE: &str = "reference";

/// The first receipt of a content in its territory, and the later ones of the same bytes.
pub(super) type Received = (ReceiptRow, Vec<ReceiptRow>);

/// What belongs to each territory; one without receipts is there too, since what is missing is told as well.
pub(super) fn by_territory(
    store: &Store,
    territories: &Territories,
) -> Result<BTreeMap<String, Vec<Received>>, StoreError> {
    let mut receipts = store.ledger()?.receipts()?;
    // What signs another file is no form.
    receipts.retain(|receipt| receipt.signature != Signature::Itself);
    let mut all: BTreeMap<String, Vec<ReceiptRow>> =
        territories.names().map(|name| (name.to_owned(), Vec::new())).collect();
    for receipt in receipts {
        all.entry(territories.of(&receipt.district).to_owned()).or_default().push(receipt);
    }
    Ok(all.into_par_iter().map(|(territory, receipts)| (territory, first_receipts(receipts))).collect())
}

/// The first receipt of each content, with the later ones of the same bytes; a file refused unread stands for itself. Of
/// bytes that came unsigned first and signed later, the receipt that stands is the later one.
fn first_receipts(receipts: Vec<ReceiptRow>) -> Vec<Received> {
    let mut first: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    let mut all: Vec<Received> = Vec::with_capacity(receipts.len());
    for receipt in receipts {
        match first.get(&receipt.sha256) {
            Some(at) if !receipt.sha256.is_empty() => {
                let (first, again) = &mut all[*at];
                let better = first.signature != Signature::Fine && receipt.signature == Signature::Fine;
                again.push(if better { std::mem::replace(first, receipt) } else { receipt });
            }
            _ => {
                first.insert(receipt.sha256.clone(), all.len());
                all.push((receipt, Vec::new()));
            }
        }
    }
    all
}

/// What the tables of each territory, and the reference tables, follow from.
pub(super) fn inputs(
    plan: &Plan,
    register: &Register,
    territories: &Territories,
    parts: &BTreeMap<String, Vec<Received>>,
    today: Date,
) -> BTreeMap<String, Inputs> {
    let calendar = register.calendar(plan, today);
    let common = |definitions: &str| [("definitions", definitions.to_owned()), ("calendar", calendar.clone())];
    let corrections = corrections(plan, territories);
    let of = |(part, own): (&String, &Vec<Received>)| {
        let ids: Vec<String> = own.iter().flat_map(|(one, again)| std::iter::once(one).chain(again)).map(id).collect();
        let corrections = corrections.get(part.as_str()).cloned().unwrap_or_default();
        let [definitions, calendar] = common(&plan.reading_digest);
        let own = [definitions, calendar, ("receipts", ids.join(" ")), ("corrections", corrections)];
        (part.clone(), made::inputs(&own))
    };
    parts.iter().map(of).chain([(REFERENCE.to_owned(), made::inputs(&common(&plan.digest)))]).collect()
}

/// Digest of the reviewed corrections of each territory that has any.
fn corrections<'t>(plan: &Plan, territories: &'t Territories) -> BTreeMap<&'t str, String> {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for ((form, period), of_form) in &plan.corrections.by_form {
        for correction in of_form {
            let text = texts.entry(territories.of(&correction.sender)).or_default();
            text.push_str(&format!("{form} {period} {correction:?}\n"));
        }
    }
    texts.into_iter().map(|(territory, text)| (territory, raw::sha256(text.as_bytes()))).collect()
}

/// What a receipt is called among the inputs.
pub(super) fn id(receipt: &ReceiptRow) -> String {
    let mut hasher = DefaultHasher::new();
    receipt.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
