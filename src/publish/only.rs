//! Documents of some units alone, into a folder beside any release: to look at, to send, to print.

use std::path::Path;

use jiff::Timestamp;

use super::edition::Of;
use super::parts::{self, Scope};
use super::peers::Peers;
use super::{Content, Pages, PublishError, renderers};
use crate::model::{Format, Level, Plan};
use crate::register::Register;
use crate::store::Store;

/// Renders what there is of these units, by level and code, in these formats. Says how many documents were written.
pub fn documents(
    plan: &Plan,
    register: &Register,
    store: &Store,
    now: Timestamp,
    units: &[(Level, String)],
    formats: &[Format],
    to: &Path,
) -> Result<usize, PublishError> {
    let made = store.tables_made()?;
    parts::follow(register, store)?;
    let scope = Scope::new(plan, register, store, &made, plan.local_date(now))?;
    let pages = Pages::into_folder(to);
    let mut left: Vec<&(Level, String)> = units.iter().collect();
    for territory in scope.territories() {
        if left.is_empty() {
            break;
        }
        let edition = scope.edition(&Of::Territory(scope.territories, territory))?;
        let here = |unit: &&(Level, String)| edition.unit(&unit.1).is_some_and(|known| known.level == unit.0);
        let wanted: Vec<String> = left.iter().filter(|unit| here(unit)).map(|unit| unit.1.clone()).collect();
        left.retain(|unit| !here(unit));
        if wanted.is_empty() {
            continue;
        }
        let content = Content { edition: &edition, peers: Peers::of(&edition), is_one: false, only: Some(&wanted) };
        for renderer in renderers(formats) {
            renderer.units(&content, &pages)?;
            renderer.assets(&content, &pages)?;
        }
    }
    match left.first() {
        Some((level, code)) => Err(PublishError::NoUnit { level: *level, code: code.clone() }),
        None => Ok(pages.documents()),
    }
}
