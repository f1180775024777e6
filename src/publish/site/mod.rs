//! The static site: what is shown, as pages that open from disk, without a network and without JavaScript.
//!
//! In: what `view` makes of an edition. Out: HTML by the templates beside this file, one style sheet, a little JavaScript that
//! sorts, searches and chooses a language.

mod filters;
mod scripts;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use rayon::prelude::*;
use serde::Serialize;

use super::edition::Unit;
use super::view;
use super::{Content, Pages, PublishError, Renderer};
use crate::model::Level;

/// The site.
pub(super) struct Site;

/// Every template, by name.
const TEMPLATES: [(&str, &str); 9] = [
    ("area.html", include_str!("templates/area.html")),
    ("base.html", include_str!("templates/base.html")),
    ("changes.html", include_str!("templates/changes.html")),
    ("indicator.html", include_str!("templates/indicator.html")),
    ("indicators.html", include_str!("templates/indicators.html")),
    ("intervention.html", include_str!("templates/intervention.html")),
    ("macros.html", include_str!("templates/macros.html")),
    ("method.html", include_str!("templates/method.html")),
    ("ward.html", include_str!("templates/ward.html")),
];

/// Files that every page names.
const ASSETS: [(&str, &[u8]); 2] =
    [("style.css", include_bytes!("templates/style.css")), ("site.js", include_bytes!("templates/site.js"))];

/// The templates, parsed once. They stand beside the code that fills them in, and a test renders each.
static ENGINE: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    filters::add(&mut engine);
    for (name, text) in TEMPLATES {
        engine.add_template_owned(name, filters::said(text))?;
    }
    Ok(engine)
});

impl Renderer for Site {
    fn units(&self, of: &Content<'_>, to: &Pages<'_>) -> Result<(), PublishError> {
        let edition = of.edition;
        of.units().par_iter().try_for_each(|unit| page(of, unit, to))?;
        for province in of.painted() {
            to.write(&view::painted_at(province), &scripts::maps(&view::painted(edition, province)))?;
        }
        if of.is_one || of.only.is_some() {
            return Ok(());
        }
        // Where there are several provinces each has its own pages of indicators.
        let provinces: Vec<&Unit> = edition.units.iter().filter(|u| u.level == Level::Province).collect();
        provinces.iter().try_for_each(|province| {
            let terrain = view::Terrain::of(edition, province);
            (0..edition.plan.indicators.len()).into_par_iter().try_for_each(|at| {
                let name = view::href(&edition.plan.indicators[at].code, Some(&province.code));
                write(&name, "indicator.html", &view::indicator(edition, at, Some(&terrain)), to)
            })
        })
    }

    fn assets(&self, of: &Content<'_>, to: &Pages<'_>) -> Result<(), PublishError> {
        for (name, bytes) in ASSETS {
            to.write(name, bytes)?;
        }
        to.write("names.js", &scripts::names(of.edition))
    }

    fn front(&self, of: &Content<'_>, to: &Pages<'_>) -> Result<(), PublishError> {
        let edition = of.edition;
        for study in &edition.studies {
            if let (Some(intervention), Some(shown)) =
                (edition.plan.interventions.get(study.intervention), view::intervention(edition, study))
            {
                write(&format!("intervention/{}.html", intervention.code), "intervention.html", &shown, to)?;
            }
        }
        write("method.html", "method.html", &view::method(edition), to)?;
        write("indicator/index.html", "indicators.html", &view::list(edition), to)?;
        let provinces: Vec<&Unit> = edition.units.iter().filter(|u| u.level == Level::Province).collect();
        let one = if let [one] = provinces.as_slice() { Some(*one) } else { None };
        let terrain = one.map(|one| view::Terrain::of(edition, one));
        (0..edition.plan.indicators.len()).into_par_iter().try_for_each(|at| {
            let name = view::href(&edition.plan.indicators[at].code, None);
            write(&name, "indicator.html", &view::indicator(edition, at, terrain.as_ref()), to)
        })?;
        // The front page: the province itself, or the list of provinces.
        let front = match one {
            Some(one) => view::area(edition, &of.peers, one, ""),
            None => view::provinces(edition, &provinces),
        };
        write("index.html", "area.html", &front, to)
    }
}

impl Content<'_> {
    /// Provinces whose maps, or those of whose districts, a reader can have repainted.
    fn painted(&self) -> Vec<&Unit> {
        let has_map = self.units().into_iter().filter(|unit| unit.level != Level::Ward);
        let provinces =
            has_map.filter_map(|unit| self.edition.own_province(unit)).map(|province| (&province.code, province));
        provinces.collect::<BTreeMap<_, _>>().into_values().collect()
    }
}

fn page(of: &Content<'_>, unit: &Unit, to: &Pages<'_>) -> Result<(), PublishError> {
    let name = format!("{}/{}.html", unit.level, unit.code);
    match unit.level {
        Level::Ward => write(&name, "ward.html", &view::ward(of.edition, &of.peers, unit), to),
        _ => write(&name, "area.html", &view::area(of.edition, &of.peers, unit, "../"), to),
    }
}

fn write(name: &str, template: &str, shown: &impl Serialize, to: &Pages<'_>) -> Result<(), PublishError> {
    to.write(name, &render(name, template, shown)?)
}

/// The bytes of a page.
pub(super) fn render(name: &str, template: &str, shown: &impl Serialize) -> Result<Vec<u8>, PublishError> {
    let failed = |source: &minijinja::Error| PublishError::Page { page: name.to_owned(), why: format!("{source:#}") };
    let engine = ENGINE.as_ref().map_err(failed)?;
    let page = engine.get_template(template).map_err(|source| failed(&source))?;
    Ok(page.render(Value::from(Serde(shown))).map_err(|source| failed(&source))?.into_bytes())
}
