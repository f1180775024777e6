//! `signers.toml`: whether forms must be signed, and with which keys. A plan without it looks at no signature.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::model::{Plan, Receipt, Signer, SignerKey, Signers, Signing};
use crate::store::raw::sha256;

use super::problem::Problems;
use super::sources::Named;
use super::toml_reader::{Source, Table};

const SIGNINGS: &[(&str, Signing)] =
    &[("required", Signing::Required), ("optional", Signing::Optional), ("off", Signing::Off)];

/// Reads the file.
///
/// Where a source of `plan` takes the time of receipt from the sender's own file, a key's last day cannot hold.
pub(super) fn read(source: &Source, plan: &Plan, named: &mut Named, problems: &mut Problems) -> Signers {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let default = t.word("signatures", SIGNINGS, problems);
    let default = t.need("signatures", default, problems).unwrap_or(Signing::Off);
    let mut districts = BTreeMap::new();
    for mut d in t.tables("district", problems) {
        let code = d.required("code", problems);
        let signing = d.word("signatures", SIGNINGS, problems);
        let signing = d.need("signatures", signing, problems).unwrap_or(Signing::Off);
        if districts.insert(code.clone(), signing).is_some() {
            problems.add(&d.place_of("code"), format!("district `{code}` is named twice"));
        }
        named.push((code, d.place_of("code")));
        d.end(problems);
    }
    let mut signers: Vec<Signer> = Vec::new();
    for mut s in t.tables("signer", problems) {
        let name = s.required("name", problems);
        let district = s.required("district", problems);
        named.push((district.clone(), s.place_of("district")));
        let key = key(&mut s, problems);
        let (from, until) = (day(&mut s, "from", problems), day(&mut s, "until", problems));
        if from.zip(until).is_some_and(|(from, until)| until < from) {
            problems.add(&s.place_of("until"), "`until` is before `from`");
        }
        if let Some(other) = plan.sources.iter().find(|other| other.received == Receipt::Modified)
            && until.is_some()
        {
            let what = format!(
                "`until` cannot hold: source `{}` has `received = \"modified\"`, so senders tell the time of receipt; expected \
                 `now` there",
                other.name
            );
            problems.add(&s.place_of("until"), what);
        }
        if signers.iter().any(|other| other.name == name) {
            problems.add(&s.place_of("name"), format!("signer `{name}` is defined twice"));
        }
        signers.extend(key.map(|key| Signer { name, district, key, from, until }));
        s.end(problems);
    }
    t.end(problems);
    Signers { default, districts, signers, digest: sha256(source.text.as_bytes()) }
}

fn key(s: &mut Table<'_>, problems: &mut Problems) -> Option<SignerKey> {
    let (openssh, minisign) = (s.text("openssh", problems), s.text("minisign", problems));
    let (name, key, expected) = match (openssh, minisign) {
        (Some(line), None) => {
            ("openssh", SignerKey::openssh(&line), "one line `ssh-ed25519 …` or `ecdsa-sha2-nistp256 …`")
        }
        (None, Some(line)) => ("minisign", SignerKey::minisign(&line), "the second line of minisign's `.pub` file"),
        _ => {
            problems.add(&s.place(), "expected either `openssh` or `minisign`, the public key");
            return None;
        }
    };
    if key.is_none() {
        problems
            .add(&s.place_of(name), format!("`{name}` is not a public key that can be checked; expected {expected}"));
    }
    key
}

fn day(s: &mut Table<'_>, key: &'static str, problems: &mut Problems) -> Option<Date> {
    let text = s.text(key, problems)?;
    let day = text.parse().ok();
    if day.is_none() {
        problems.add(&s.place_of(key), format!("`{key}` is `{text}`, expected a date such as 2018-01-01"));
    }
    day
}
