//! An archive of files → its members, each read as a file of its own. One that cannot be read does not touch the others.

use super::package::Package;
use super::{Book, Part, Refusal, limits, names};
use crate::store::raw::sha256;

/// Reads every member with `read`: the last changed ones last, so that of two forms for one period the newer stands.
pub(super) fn members(
    mut package: Package<'_>,
    read: impl Fn(Vec<u8>) -> Result<Book, Refusal>,
) -> Result<Vec<Part>, Refusal> {
    let form = |at: &usize| !package.entries[*at].folder && !is_litter(&package.entries[*at].name);
    let mut wanted: Vec<usize> = (0..package.entries.len()).filter(form).collect();
    wanted.sort_by_key(|at| package.entries[*at].modified);
    if wanted.is_empty() {
        return Err(Refusal::NoMembers);
    }
    if wanted.len() > limits::MEMBERS {
        return Err(Refusal::TooWide(super::refusal::Excess::Members));
    }
    let read_one = |at: usize| {
        let bytes = package.unpack(at);
        let digest = bytes.as_ref().map(|b| sha256(b)).unwrap_or_default();
        let entry = &package.entries[at];
        Part { member: Some(names::of_member(&entry.name, &entry.raw)), sha256: digest, book: bytes.and_then(&read) }
    };
    Ok(wanted.into_iter().map(read_one).collect())
}

/// What operating systems leave in archives by themselves.
fn is_litter(name: &str) -> bool {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    name.starts_with("__MACOSX/")
        || base.starts_with("._")
        || ["", ".DS_Store", "Thumbs.db", "desktop.ini"].iter().any(|l| base.eq_ignore_ascii_case(l))
}
