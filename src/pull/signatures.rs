//! Received bytes and the signatures that came beside them → how each file stands to its signature.
//!
//! A signature may come a night after its form, and a key may be added or withdrawn, so a verdict is not for ever: what was
//! not found good is looked at again whenever something came or the signers changed, and everything where the signers did.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rayon::prelude::*;

use crate::model::{Plan, Signature, SignatureText, Signing, signed_name};
use crate::store::{Ledger, ReceiptRow, Store, StoreError, Verdict};

/// The name of the ledger's note on what was judged last.
const NOTE: &str = "signatures";

/// Judges what was received; writes only what has changed.
pub(super) fn judge(plan: &Plan, store: &Store, ledger: &mut Ledger) -> Result<(), StoreError> {
    let state = format!("{} {}", ledger.count_receipts()?, plan.signers.digest);
    let last = ledger.note(NOTE)?.unwrap_or_default();
    if last == state {
        return Ok(());
    }
    let same_signers = last.split_once(' ').is_some_and(|(_, digest)| digest == plan.signers.digest);
    let receipts = ledger.receipts_to_judge(plan.signers.any())?;
    let by_file = signatures(&receipts, store)?;
    let itself = |r: &ReceiptRow| by_file.contains_key(&key(r, signed_name(&r.file_name).unwrap_or_default()));
    let verdicts: Result<Vec<Option<Verdict<'_>>>, StoreError> = receipts
        .par_iter()
        .map(|receipt| {
            let settled = same_signers && receipt.signature == Signature::Fine && !receipt.signed_by.is_empty();
            if settled || receipt.sha256.is_empty() {
                return Ok(None);
            }
            let (signature, signed_by) = if signed_name(&receipt.file_name).is_some() && itself(receipt) {
                (Signature::Itself, String::new())
            } else {
                of_form(receipt, by_file.get(&key(receipt, &receipt.file_name)), plan, store)?
            };
            let new = (signature, signed_by.as_str()) != (receipt.signature, receipt.signed_by.as_str());
            Ok(new.then_some(Verdict { receipt, signature, signed_by }))
        })
        .collect();
    let verdicts: Vec<Verdict<'_>> = verdicts?.into_iter().flatten().collect();
    ledger.judge(&verdicts, NOTE, &state)
}

type Key = (String, String, String);

fn key(receipt: &ReceiptRow, file_name: &str) -> Key {
    (receipt.source.clone(), receipt.district.clone(), file_name.to_owned())
}

/// The signatures that were received, by the file that they are about, the newest first.
fn signatures(receipts: &[ReceiptRow], store: &Store) -> Result<BTreeMap<Key, Vec<SignatureText>>, StoreError> {
    let mut by_file: BTreeMap<Key, Vec<SignatureText>> = BTreeMap::new();
    for receipt in receipts.iter().rev() {
        let Some(name) = signed_name(&receipt.file_name) else { continue };
        let bytes = if store.keeps_raw(&receipt.sha256) { store.read_raw(&receipt.sha256)? } else { continue };
        if let Some(signature) = SignatureText::read(&bytes) {
            by_file.entry(key(receipt, name)).or_default().push(signature);
        }
    }
    Ok(by_file)
}

fn of_form(
    receipt: &ReceiptRow,
    signatures: Option<&Vec<SignatureText>>,
    plan: &Plan,
    store: &Store,
) -> Result<(Signature, String), StoreError> {
    let signatures = signatures.map_or(&[][..], Vec::as_slice);
    // The bytes are looked at only where a signature is.
    let off = plan.signers.signing(&receipt.district) == Signing::Off;
    let bytes = if signatures.is_empty() || off {
        Vec::new()
    } else if store.keeps_raw(&receipt.sha256) {
        store.read_raw(&receipt.sha256)?
    } else {
        // Bytes that hold persons are kept apart and not opened again.
        return Ok((receipt.signature, receipt.signed_by.clone()));
    };
    let at = Timestamp::from_microsecond(receipt.received_at).unwrap_or(Timestamp::UNIX_EPOCH);
    let (signature, signer) = plan.signers.judge(&receipt.district, plan.local_date(at), &bytes, signatures);
    Ok((signature, signer.map(|signer| signer.name.clone()).unwrap_or_default()))
}
