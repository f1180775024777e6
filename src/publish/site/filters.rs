//! How a text in two languages stands in a page.
//!
//! Words stand in both, Vietnamese first; a figure stands as Vietnamese writes it and holds its English form, which shows
//! where a reader chooses English alone.

use std::fmt::Write;

use minijinja::value::Value;
use minijinja::{Environment, HtmlEscape};

/// Adds the filters, and `t`, which says a text of the template itself.
pub(super) fn add(engine: &mut Environment<'_>) {
    engine.add_filter("both", |text: &Value| with(text, both));
    engine.add_filter("figure", |text: &Value| with(text, figure));
    engine.add_filter("plain", |text: &Value| {
        let joined = |vi: &str, en: &str| if vi == en { vi.to_owned() } else { format!("{vi} · {en}") };
        Value::from(with_texts(text, joined))
    });
    engine.add_function("t", |vi: &str, en: &str| Value::from_safe_string(both(vi, en)));
}

/// A template with its own texts said beforehand: they are a third of what a page would otherwise call functions for.
pub(super) fn said(template: &str) -> String {
    const CALL: &str = "{{ t(\"";
    let mut parts = template.split(CALL);
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let call = part.split_once("\") }}").and_then(|(texts, rest)| Some((texts.split_once("\", \"")?, rest)));
        match call {
            Some(((vi, en), rest)) if !format!("{vi}{en}").contains(['"', '\\']) => {
                made.push_str(&both(vi, en));
                made.push_str(rest);
            }
            // An expression of more than this text.
            _ => {
                made.push_str(CALL);
                made.push_str(part);
            }
        }
    }
    made
}

fn with_texts(text: &Value, make: impl Fn(&str, &str) -> String) -> String {
    let [vi, en] = ["vi", "en"].map(|key| text.get_attr(key).unwrap_or_default());
    make(vi.as_str().unwrap_or_default(), en.as_str().unwrap_or_default())
}

fn with(text: &Value, make: impl Fn(&str, &str) -> String) -> Value {
    Value::from_safe_string(with_texts(text, make))
}

/// Words in both languages; once where they are the same.
fn both(vi: &str, en: &str) -> String {
    let mut html = String::with_capacity(vi.len() + en.len() + 48);
    let (said, also) = (HtmlEscape(vi), HtmlEscape(en));
    let _ = if vi == en {
        write!(html, "{said}")
    } else {
        write!(html, "<span lang=\"vi\">{said}</span> <span lang=\"en\">{also}</span>")
    };
    html
}

/// A figure as Vietnamese writes it, with its English form at hand.
fn figure(vi: &str, en: &str) -> String {
    let mut html = String::with_capacity(vi.len() + en.len() + 32);
    let (said, also) = (HtmlEscape(vi), HtmlEscape(en));
    let _ = if vi == en { write!(html, "{said}") } else { write!(html, "<span data-en=\"{also}\">{said}</span>") };
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_and_said_once_where_both_are_the_same() {
        let say = |expression: &str| {
            let mut engine = Environment::new();
            add(&mut engine);
            let x = minijinja::context! { vi => "<b>1,5%", en => "<b>1.5%" };
            engine.compile_expression(expression).unwrap().eval(minijinja::context! { x }).unwrap().to_string()
        };
        assert_eq!(say("x|both"), "<span lang=\"vi\">&lt;b&gt;1,5%</span> <span lang=\"en\">&lt;b&gt;1.5%</span>");
        assert_eq!(say("x|figure"), "<span data-en=\"&lt;b&gt;1.5%\">&lt;b&gt;1,5%</span>");
        assert_eq!(say("t('a', 'a')"), "a");
        assert_eq!(say("x|plain"), "<b>1,5% · <b>1.5%");
        assert_eq!(
            said("<p>{{ t(\"a & b\", \"c\") }} {{ t(\"a\", \"a\") }}: {{ t(\"a\", \"b\")|upper }} {{ t(x, y) }}</p>"),
            "<p><span lang=\"vi\">a &amp; b</span> <span lang=\"en\">c</span> a: {{ t(\"a\", \"b\")|upper }} {{ t(x, y) }}</p>"
        );
    }
}
