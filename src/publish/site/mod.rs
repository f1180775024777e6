//! The static site: a page for the province, each district, ward and intervention. It opens from disk, without a network.

mod boxes;
mod chart;
mod lineage;
mod spark;
mod view;

use askama::Template;
use rayon::prelude::*;

use super::edition::{Edition, Unit};
use super::{Pages, PublishError, Renderer};
use crate::model::Level;

/// The site.
pub(super) struct Site;

impl Renderer for Site {
    fn units(&self, edition: &Edition<'_>, to: &Pages<'_>) -> Result<(), PublishError> {
        edition.units.par_iter().try_for_each(|unit| page(edition, unit, to))
    }

    fn front(&self, edition: &Edition<'_>, to: &Pages<'_>) -> Result<(), PublishError> {
        to.write("style.css", include_bytes!("templates/style.css"))?;
        to.write("search.js", include_bytes!("templates/search.js"))?;
        for study in &edition.studies {
            if let (Some(of), Some(shown)) =
                (edition.plan.interventions.get(study.intervention), view::intervention(edition, study))
            {
                write(&format!("intervention/{}.html", of.code), &shown, to)?;
            }
        }
        // The front page: the province itself, or the list of provinces.
        let provinces: Vec<&Unit> = edition.units.iter().filter(|u| u.level == Level::Province).collect();
        let front = match provinces.as_slice() {
            [one] => view::overview(edition, one, ""),
            many => view::provinces(edition, many),
        };
        write("index.html", &front, to)
    }
}

fn page(edition: &Edition<'_>, unit: &Unit, to: &Pages<'_>) -> Result<(), PublishError> {
    let name = format!("{}/{}.html", unit.level, unit.code);
    match unit.level {
        Level::Ward => write(&name, &view::ward(edition, unit), to),
        _ => write(&name, &view::overview(edition, unit, "../"), to),
    }
}

fn write(name: &str, page: &impl Template, to: &Pages<'_>) -> Result<(), PublishError> {
    let html = page.render().map_err(|source| PublishError::Page { page: name.to_owned(), source })?;
    to.write(name, html.as_bytes())
}
