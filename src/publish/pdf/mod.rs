//! Scorecards on paper: a page for each ward, a few for each district and province.
//!
//! In: what `view` makes of an edition, the same that a page of the site shows. Out: PDF by the templates beside this file,
//! tagged (PDF/UA-1) and archivable (PDF/A-2a). To typeset is by far the dearest step of a release, so that a document whose
//! content stands is taken over from the release before, even where other pages of its territory changed.

mod letters;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use super::edition::{Edition, Unit};
use super::figure::{self, Figure};
use super::view;
use super::{Content, Pages, PublishError, Renderer};
use crate::model::Level;
use crate::store::raw;

/// The documents.
pub(super) struct Paper;

/// Nested layouts take more than a thread usually has.
const STACK: usize = 16 << 20;

/// How many sizes of type a ward's card is tried in, from the largest.
const SIZES: usize = 4;

impl Renderer for Paper {
    fn units(&self, of: &Content<'_>, to: &Pages<'_>) -> Result<(), PublishError> {
        side_by_side(&of.units(), |unit| document(of, unit, to))
    }
}

/// Does something for each unit, on as many threads as there are. Each has a pool of its own: what typesetting does in
/// parallel would else wait on top of other documents, one upon the other.
fn side_by_side(units: &[&Unit], each: impl Fn(&Unit) -> Result<(), PublishError> + Sync) -> Result<(), PublishError> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Ok(())));
    let threads = rayon::current_num_threads().min(units.len());
    let work = || {
        while let Some(unit) = units.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = each(unit) {
                next.store(units.len(), Ordering::Relaxed);
                if let Ok(mut failed) = failed.lock() {
                    *failed = Err(error);
                }
            }
            // What documents have in common is kept; what only one had is not.
            comemo::evict(2 * threads);
        }
    };
    let run = || {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build();
        match pool {
            Ok(pool) => pool.install(work),
            Err(error) => {
                if let Ok(mut failed) = failed.lock() {
                    *failed = Err(PublishError::Io(std::io::Error::other(error)));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(run);
        }
    });
    failed.into_inner().unwrap_or(Ok(()))
}

/// What a template reads.
#[derive(Serialize)]
struct Sheet<V> {
    view: V,
    /// The last day that figures are about.
    until: Figure,
    /// The same day as year, month and day: the document's date. The day of the release would make another document of the
    /// same content.
    day: [i16; 3],
    version: &'static str,
    /// Size of type, from the largest.
    density: usize,
}

fn document(of: &Content<'_>, unit: &Unit, to: &Pages<'_>) -> Result<(), PublishError> {
    let name = format!("{}/{}.pdf", unit.level, unit.code);
    match unit.level {
        Level::Ward => write(&name, "ward.typ", SIZES, &sheet(of.edition, view::ward(of.edition, &of.peers, unit)), to),
        _ => write(&name, "area.typ", 1, &sheet(of.edition, view::area(of.edition, &of.peers, unit, "../")), to),
    }
}

fn sheet<V: Serialize>(edition: &Edition<'_>, view: V) -> Sheet<V> {
    let end = edition.period.end();
    let day = [end.year(), end.month().into(), end.day().into()];
    let version = env!("CARGO_PKG_VERSION");
    Sheet { view, until: figure::day(end), day, version, density: 0 }
}

/// Writes a document, unless it stands. Where `sizes` are several it is set in the largest in which it is one page.
fn write(
    name: &str,
    template: &str,
    sizes: usize,
    sheet: &Sheet<impl Serialize>,
    to: &Pages<'_>,
) -> Result<(), PublishError> {
    let failed = |why: String| PublishError::Page { page: name.to_owned(), why };
    let mut data = serde_json::to_value(sheet).map_err(|error| failed(error.to_string()))?;
    letters::settle(&mut data);
    let text = |data: &serde_json::Value| serde_json::to_vec(data).map_err(|error| failed(error.to_string()));
    let of = raw::sha256(&[crate::PROGRAM.as_bytes(), template.as_bytes(), &text(&data)?].concat());
    if to.keep(name, &of)? {
        return Ok(());
    }
    let mut set = world::typeset(template, name, text(&data)?).map_err(failed)?;
    for density in 1..sizes {
        if set.pages == 1 {
            break;
        }
        data["density"] = density.into();
        set = world::typeset(template, name, text(&data)?).map_err(failed)?;
    }
    to.write_dear(name, &of, &set.pdf)
}
