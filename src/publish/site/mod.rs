//! The static site: a page for the province, each district, ward and intervention. It opens from disk, without a network.

mod boxes;
mod chart;
mod lineage;
mod spark;
mod view;

use askama::Template;
use rayon::prelude::*;

use super::edition::{Edition, Unit};
use super::{PublishError, Renderer};
use crate::model::{Level, Progress};
use crate::store::ReleaseDraft;

/// The site.
pub(super) struct Site;

impl Renderer for Site {
    fn render(&self, edition: &Edition<'_>, to: &ReleaseDraft, progress: &dyn Progress) -> Result<usize, PublishError> {
        to.write_page("style.css", include_bytes!("templates/style.css"))?;
        to.write_page("search.js", include_bytes!("templates/search.js"))?;
        progress.start("publish", edition.units.len() as u64);
        let pages: Result<Vec<()>, PublishError> = edition
            .units
            .par_iter()
            .map(|unit| {
                page(edition, unit, to)?;
                progress.advance(1);
                Ok(())
            })
            .collect();
        let mut count = pages?.len() + 1;
        for study in &edition.studies {
            let (Some(of), Some(shown)) =
                (edition.plan.interventions.get(study.intervention), view::intervention(edition, study))
            else {
                continue;
            };
            write(&format!("intervention/{}.html", of.code), &shown, to)?;
            count += 1;
        }
        // The front page: the province itself, or the list of provinces.
        let provinces: Vec<&Unit> = edition.units.iter().filter(|u| u.level == Level::Province).collect();
        let front = match provinces.as_slice() {
            [one] => view::overview(edition, one, ""),
            many => view::provinces(edition, many),
        };
        write("index.html", &front, to)?;
        progress.finish();
        Ok(count)
    }
}

fn page(edition: &Edition<'_>, unit: &Unit, to: &ReleaseDraft) -> Result<(), PublishError> {
    let name = format!("{}/{}.html", unit.level, unit.code);
    match unit.level {
        Level::Ward => write(&name, &view::ward(edition, unit), to),
        _ => write(&name, &view::overview(edition, unit, "../"), to),
    }
}

fn write(name: &str, page: &impl Template, to: &ReleaseDraft) -> Result<(), PublishError> {
    let html = page.render().map_err(|source| PublishError::Page { page: name.to_owned(), source })?;
    Ok(to.write_page(name, html.as_bytes())?)
}
