//! A letter → one page that needs nothing else: light and dark, on a screen and on A4.

use askama::Template;

use super::book::MOST_ITEMS;
use super::letter::{Item, Letter};
use super::words::{self, Mark, Pair};
use crate::model::{Plan, reply};

#[derive(Template)]
#[template(path = "reply.html", config = "src/reply/askama.toml")]
struct Page<'a> {
    title: &'static str,
    plan: &'a Plan,
    file_name: &'a str,
    facts: Vec<(Pair, Pair)>,
    items: Vec<Line<'a>>,
    more: usize,
    reason: &'static str,
}

/// One row of the table.
struct Line<'a> {
    mark: Mark,
    place: String,
    title: (&'static str, &'static str),
    item: &'a Item<'a>,
}

/// The page's text.
pub(super) fn write(letter: &Letter<'_>, plan: &Plan) -> askama::Result<String> {
    let line = |item| Line { mark: Mark::of(item), place: words::place(item), title: item.code.title(), item };
    let page = Page {
        title: reply::TITLE,
        plan,
        file_name: letter.file_name,
        facts: words::facts(letter),
        items: letter.items.iter().take(MOST_ITEMS).map(line).collect(),
        more: letter.items.len().saturating_sub(MOST_ITEMS),
        reason: reply::REASON,
    };
    page.render()
}
