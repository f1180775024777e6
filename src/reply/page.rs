//! A letter → one page that needs nothing else: light and dark, on a screen and on A4.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};
use serde::Serialize;

use super::book::MOST_ITEMS;
use super::letter::{Item, Letter};
use super::words::{self, Mark, Pair};
use crate::model::{Plan, reply};

/// The template, parsed once.
static ENGINE: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    engine.add_template("reply.html", include_str!("templates/reply.html"))?;
    Ok(engine)
});

#[derive(Serialize)]
struct Page<'a> {
    title: &'static str,
    plan: [&'a str; 2],
    notice: [&'a str; 2],
    file_name: &'a str,
    facts: Vec<(Pair, Pair)>,
    items: Vec<Line<'a>>,
    more: usize,
    reason: &'static str,
}

/// One row of the table.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    class: &'static str,
    sign: &'static str,
    severity: (&'static str, &'static str),
    sheet: &'a str,
    place: String,
    unit: &'a str,
    element: (&'a str, &'a str),
    title: (&'static str, &'static str),
    found: &'a str,
    expected: (&'a str, &'a str),
    cause: (&'a str, &'a str),
    reason: &'a str,
}

fn line<'a>(item: &'a Item<'a>) -> Line<'a> {
    let mark = Mark::of(item);
    Line {
        id: item.id,
        class: mark.class(),
        sign: mark.sign(),
        severity: mark.words(),
        sheet: item.sheet,
        place: words::place(item),
        unit: &item.unit,
        element: (&item.element.0, &item.element.1),
        title: item.code.title(),
        found: item.found,
        expected: (item.expected.0, item.expected.1),
        cause: (item.cause.0, item.cause.1),
        reason: item.reason,
    }
}

/// The page's text.
pub(super) fn write(letter: &Letter<'_>, plan: &Plan) -> Result<String, String> {
    let told = |error: &Error| format!("{error:#}");
    let page = Page {
        title: reply::TITLE,
        plan: [&plan.name_vi, &plan.name_en],
        notice: [&plan.notice_vi, &plan.notice_en],
        file_name: letter.file_name,
        facts: words::facts(letter),
        items: letter.items.iter().take(MOST_ITEMS).map(line).collect(),
        more: letter.items.len().saturating_sub(MOST_ITEMS),
        reason: reply::REASON,
    };
    let template = ENGINE.as_ref().map_err(told)?.get_template("reply.html").map_err(|error| told(&error))?;
    template.render(Value::from(Serde(&page))).map_err(|error| told(&error))
}
