//! Who may sign for a district, whether forms must be signed, and whether a signature is what it should be.
//!
//! Two kinds of signatures are known: OpenSSH's (`ssh-keygen -Y sign -n wardscore`) and minisign's.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::state::words;

/// What an OpenSSH signature must have been made for.
pub const NAMESPACE: &str = "wardscore";

/// Endings of the files that hold the signature of the file named before the ending.
pub const SIGNATURE_ENDINGS: [&str; 2] = [".sig", ".minisig"];

/// Longest signature, in bytes.
const LONGEST: usize = 16 << 10;

words! {
    /// Whether forms must be signed.
    #[derive(Default)]
    Signing {
        /// A form without a valid signature is refused.
        Required = "required",
        /// A form may come without a signature; a wrong one is refused.
        Optional = "optional",
        /// Signatures are not looked at.
        #[default]
        Off = "off",
    }
}

words! {
    /// How a received file stands to its signature.
    #[derive(Default)]
    Signature {
        /// Good, or not looked at.
        #[default]
        Fine = "",
        /// The file is itself the signature of another.
        Itself = "itself",
        /// There is none, and one is required.
        Missing = "missing",
        /// It is not a signature of these bytes.
        Wrong = "wrong",
        /// It is by a key that is not the district's.
        Stranger = "stranger",
        /// It is by a key of the district that does not count on the day of receipt.
        Expired = "expired",
    }
}

/// A key with which forms of a district are signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// Name, unique in the plan; what `signed_by` says.
    pub name: String,
    /// Code of the district.
    pub district: String,
    /// The public key.
    pub key: SignerKey,
    /// First day on which the key counts.
    pub from: Option<Date>,
    /// Last day on which the key counts.
    pub until: Option<Date>,
}

impl Signer {
    /// Whether the key counts for what is received on this day.
    pub fn counts_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerKey {
    /// Of OpenSSH: `ssh-ed25519 AAAA…`.
    Openssh(Box<ssh_key::PublicKey>),
    /// Of minisign: the second line of its public key's file.
    Minisign(minisign_verify::PublicKey),
}

impl SignerKey {
    /// An OpenSSH key of a kind that can be checked here.
    pub fn openssh(line: &str) -> Option<Self> {
        let key = ssh_key::PublicKey::from_openssh(line.trim()).ok()?;
        let p256 = ssh_key::Algorithm::Ecdsa { curve: ssh_key::EcdsaCurve::NistP256 };
        let checked = key.algorithm() == ssh_key::Algorithm::Ed25519 || key.algorithm() == p256;
        checked.then(|| Self::Openssh(Box::new(key)))
    }

    /// A minisign key.
    pub fn minisign(line: &str) -> Option<Self> {
        minisign_verify::PublicKey::from_base64(line.trim()).ok().map(Self::Minisign)
    }

    /// Whether a signature is by this key, and if so whether it is of these bytes.
    pub fn judge(&self, bytes: &[u8], signature: &SignatureText) -> Judgement {
        let good = match (self, signature) {
            (Self::Openssh(key), SignatureText::Openssh(signature)) => {
                if key.key_data() != signature.public_key() {
                    return Judgement::AnotherKey;
                }
                key.verify(NAMESPACE, bytes, signature).is_ok()
            }
            (Self::Minisign(key), SignatureText::Minisign(signature)) => match key.verify(bytes, signature, true) {
                Err(minisign_verify::Error::UnexpectedKeyId) => return Judgement::AnotherKey,
                verdict => verdict.is_ok(),
            },
            _ => return Judgement::AnotherKey,
        };
        if good { Judgement::Good } else { Judgement::Wrong }
    }
}

/// What a key says to a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// By this key, of these bytes.
    Good,
    /// By this key, not of these bytes.
    Wrong,
    /// Not by this key.
    AnotherKey,
}

/// A signature that was read.
pub enum SignatureText {
    /// Of OpenSSH.
    Openssh(Box<ssh_key::SshSig>),
    /// Of minisign.
    Minisign(minisign_verify::Signature),
}

impl SignatureText {
    /// A signature, if these bytes are one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok().filter(|text| text.len() <= LONGEST)?;
        if let Ok(signature) = ssh_key::SshSig::from_pem(text) {
            return Some(Self::Openssh(Box::new(signature)));
        }
        minisign_verify::Signature::decode(text).ok().map(Self::Minisign)
    }
}

/// Who signs, and where that is required.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signers {
    /// Of every district that is not named.
    pub default: Signing,
    /// Of the districts that are.
    pub districts: BTreeMap<String, Signing>,
    /// The keys.
    pub signers: Vec<Signer>,
    /// SHA-256 of the file that says so; empty where there is none.
    pub digest: String,
}

impl Signers {
    /// Whether forms of a district must be signed.
    pub fn signing(&self, district: &str) -> Signing {
        self.districts.get(district).copied().unwrap_or(self.default)
    }

    /// Whether any district's signatures are looked at.
    pub fn any(&self) -> bool {
        self.default != Signing::Off || self.districts.values().any(|signing| *signing != Signing::Off)
    }

    /// How a file received on this day stands to its signatures, and who signed it. `signatures` are those that came
    /// beside it under the names of signatures.
    pub fn judge(
        &self,
        district: &str,
        day: Date,
        bytes: &[u8],
        signatures: &[SignatureText],
    ) -> (Signature, Option<&Signer>) {
        let signing = self.signing(district);
        if signing == Signing::Off {
            return (Signature::Fine, None);
        }
        if signatures.is_empty() {
            let verdict = if signing == Signing::Required { Signature::Missing } else { Signature::Fine };
            return (verdict, None);
        }
        let mut verdict = (Signature::Stranger, None);
        let own = || self.signers.iter().filter(|signer| signer.district == district);
        for (signature, signer) in signatures.iter().flat_map(|signature| own().map(move |signer| (signature, signer)))
        {
            match signer.key.judge(bytes, signature) {
                Judgement::Good if signer.counts_on(day) => return (Signature::Fine, Some(signer)),
                Judgement::Good => verdict = (Signature::Expired, Some(signer)),
                Judgement::Wrong if verdict.0 == Signature::Stranger => verdict.0 = Signature::Wrong,
                Judgement::Wrong | Judgement::AnotherKey => {}
            }
        }
        verdict
    }
}

/// The file that a signature's file name is about.
pub fn signed_name(file_name: &str) -> Option<&str> {
    SIGNATURE_ENDINGS.iter().find_map(|ending| file_name.strip_suffix(ending)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBI9Elaad3vkts1hdUl4rK\
                         q8/OeEWMdMNyU++9sKG7nNcdnBuomk3BaizuxAcamBKWWIAQZTf30AcX/NZnA1Osfo=";
    const OF_ECDSA: &[u8] = b"-----BEGIN SSH SIGNATURE-----
U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE
EEj0SVpp3e+S2zWF1SXisqrz854RYx0w3JT772wobuc1x2cG6iaTcFqLO7EBxqYEpZYgBB
lN/fQBxf81mcDU6x+gAAAAl3YXJkc2NvcmUAAAAAAAAABnNoYTUxMgAAAGMAAAATZWNkc2
Etc2hhMi1uaXN0cDI1NgAAAEgAAAAgIJl27QPhhW3+Lvf637Dr11XnPMMJCozjJnmsVvai
lvgAAAAgS7j309RO4NJ34H5Y0zr4RTqznX5eTKbatmcZ0D27Flo=
-----END SSH SIGNATURE-----
";
    const MINISIGN: &str = "RWR2nS5HYKNvztVAlIbnf2OgYBNvfRnJQLFddV6Gs6O6CxnnZfs8TQLQ";
    const OTHER_MINISIGN: &str = "RWQJMv1nlPapdU5fxMHJmPW/ON3BNe9hfdH8HgV7ldzQjdThCY3qK2Fj";
    const OF_MINISIGN: &[u8] = b"untrusted comment: signature from minisign secret key
RUR2nS5HYKNvzhHHxN7WP9qm+nAzJ0Wtx6fKs0zfPwAFq6zQErwWc8/uzp2MFK8IzcBYNzntr0uoPB7BAZNO4lYQcgp2iwXXRw4=
trusted comment: wardscore
0jPsf1J6zbtxlxeL4+3wg41Msbs5dV9Xf3NxXMdK9GQEuJEF+PD2IXfDwjcgbweyT7pZAbFZUuv4kBuhHzCmBA==
";

    #[test]
    fn a_key_judges_what_was_signed_with_it() {
        let signature = |bytes: &[u8]| SignatureText::read(bytes).unwrap();
        let (ecdsa, minisign) = (SignerKey::openssh(ECDSA).unwrap(), SignerKey::minisign(MINISIGN).unwrap());
        let other = SignerKey::minisign(OTHER_MINISIGN).unwrap();
        for (key, text) in [(&ecdsa, OF_ECDSA), (&minisign, OF_MINISIGN)] {
            assert_eq!(key.judge(b"signed bytes", &signature(text)), Judgement::Good);
            assert_eq!(key.judge(b"other bytes", &signature(text)), Judgement::Wrong);
            assert_eq!(other.judge(b"signed bytes", &signature(text)), Judgement::AnotherKey);
        }
        assert!(SignatureText::read(b"PK\x03\x04").is_none() && SignatureText::read(b"a,b,c").is_none());
        assert!(SignerKey::openssh("ssh-rsa AAAA").is_none() && SignerKey::minisign(ECDSA).is_none());
    }

    #[test]
    fn who_may_sign_depends_on_district_and_day() {
        let signer = |district: &str, key: &str, from: Option<&str>| Signer {
            name: format!("{district}-{}", &key[..4]),
            district: district.into(),
            key: SignerKey::minisign(key).unwrap(),
            from: from.map(|day| day.parse().unwrap()),
            until: None,
        };
        let mut signers = Signers {
            default: Signing::Optional,
            districts: BTreeMap::from([("482".to_owned(), Signing::Off), ("474".to_owned(), Signing::Required)]),
            signers: vec![signer("480", MINISIGN, Some("2018-01-01")), signer("474", OTHER_MINISIGN, None)],
            digest: String::new(),
        };
        let judge = |signers: &Signers, district: &str, day: &str, bytes: &[u8], signed: bool| {
            let texts: Vec<_> = signed.then(|| SignatureText::read(OF_MINISIGN).unwrap()).into_iter().collect();
            signers.judge(district, day.parse().unwrap(), bytes, &texts).0
        };
        let good = b"signed bytes";
        assert_eq!(judge(&signers, "480", "2018-01-01", good, true), Signature::Fine);
        assert_eq!(judge(&signers, "480", "2017-12-31", good, true), Signature::Expired);
        assert_eq!(judge(&signers, "480", "2018-01-01", b"other", true), Signature::Wrong);
        assert_eq!(judge(&signers, "480", "2018-01-01", good, false), Signature::Fine);
        assert_eq!(judge(&signers, "474", "2018-01-01", good, true), Signature::Stranger);
        assert_eq!(judge(&signers, "474", "2018-01-01", good, false), Signature::Missing);
        assert_eq!(judge(&signers, "482", "2018-01-01", b"other", true), Signature::Fine);
        assert!(signers.any());
        (signers.default, signers.districts) = (Signing::Off, BTreeMap::new());
        assert!(!signers.any());
    }

    #[test]
    fn a_signature_is_about_the_file_before_its_ending() {
        assert_eq!(signed_name("a.xlsx.sig"), Some("a.xlsx"));
        assert_eq!(signed_name("sub/a.csv.minisig"), Some("sub/a.csv"));
        assert_eq!((signed_name(".sig"), signed_name("a.xlsx")), (None, None));
    }
}
