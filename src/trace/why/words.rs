//! Why a value changed, for people: Vietnamese first, then English.

use super::{Contribution, Point, Why, Words};
use crate::model::{Plan, State, Warning};
use crate::publish::figure::{self, Figure};
use crate::stats::decompose::{Parts, Sums};
use crate::trace::text::{both, map_words, span_words};

fn pair(vi: impl Into<String>, en: impl Into<String>) -> Words {
    (vi.into(), en.into())
}

pub(super) fn share_unknown(unit: &str, name: &str) -> Words {
    pair(
        format!("không biết phần nào của {unit} {name} thuộc địa giới mới, nên không tách được thay đổi"),
        format!("which part of {unit} {name} belongs to the new territory is not known; the change cannot be split"),
    )
}

pub(super) fn not_of_cells() -> Words {
    pair(
        "số đã công bố không dựng lại được từ các đơn vị hay ô của nó, nên không tách được thay đổi",
        "the released figures cannot be made again from their units and cells; the change cannot be split",
    )
}

pub(super) fn no_value_under() -> Words {
    pair(
        "theo một trong hai định nghĩa, một trong hai thời điểm không có giá trị, nên không tách được thay đổi",
        "under one of the definitions one of the points has no value; the change cannot be split",
    )
}

pub(super) fn no_territory() -> Words {
    pair(
        "cùng địa bàn ở thời điểm trước không có giá trị, nên không tách được thay đổi",
        "the same territory has no value at the earlier point; the change cannot be split",
    )
}

pub(super) fn stands_for() -> Words {
    pair(
        "đơn vị chưa có ở thời điểm trước; so với số của cùng địa bàn",
        "the unit did not exist at the earlier point; it is compared with the figure of the same territory",
    )
}

pub(super) fn definition(other: &[Words]) -> Vec<Words> {
    other.iter().map(|(vi, en)| pair(format!("định nghĩa: {vi}"), format!("definition: {en}"))).collect()
}

pub(super) fn no_value_in_one() -> Words {
    pair("chỉ một trong hai bản công bố có giá trị", "only one of the two releases has a value")
}

pub(super) fn no_value(before: &Point, after: &Point) -> Words {
    let point = if before.value.is_none() { before } else { after };
    let why = figure::absence(State::from_word(&point.state).unwrap_or(State::NotReported));
    pair(
        format!("{} không có giá trị ({}), nên không có thay đổi để tách", point.period[1], why.vi),
        format!("{} has no value ({}); there is no change to split", point.period[2], why.en),
    )
}

/// The parts by name, in the order of [`Parts::all`].
const NAMES: [(&str, &str); 5] = [
    ("tử số", "numerator"),
    ("mẫu số", "denominator"),
    ("báo cáo: đơn vị chỉ có một lần", "reporting: units at one point only"),
    ("thay đổi địa giới", "boundary change"),
    ("thay đổi định nghĩa", "definition"),
];

pub(super) fn describe(told: &Why, plan: &Plan) -> String {
    let label = plan.indicator(&told.indicator[0]).map_or("", |indicator| indicator.unit_label.as_str());
    let mut page = Page { text: String::new(), label };
    let [code, vi, en] = &told.indicator;
    page.field("indicator", &format!("{code} {vi}"));
    page.field("", en);
    page.field("unit", &format!("{} {} ({})", told.unit[0], told.unit[1], told.unit[2]));
    let (span, map) = (span_words(told.span), map_words(told.map));
    page.field("span", &format!("{} · {}", span.0, span.1));
    page.field("map", &format!("{} · {}", map.0, map.1));
    let releases = told.before.release != told.after.release;
    page.point("from", &told.before, releases);
    page.point("to", &told.after, releases);
    if let Some(change) = told.change {
        page.field("change", &both(&figure::signed(change, label)));
    }
    page.line("");
    if let Some(parts) = &told.parts {
        page.parts(told, parts);
    }
    for (vi, en) in told.reason.iter().chain(&told.notes) {
        page.line(&format!("  {vi}"));
        if en != vi {
            page.line(&format!("  {en}"));
        }
    }
    for warning in told.after.flags.iter().filter_map(|flag| Warning::from_word(flag)) {
        page.line(&format!("  ▲ {}", both(&figure::warning(warning))));
    }
    page.units(told);
    page.text
}

struct Page<'a> {
    text: String,
    label: &'a str,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    fn field(&mut self, label: &str, text: &str) {
        self.line(&format!("{label:<12}{text}"));
    }

    fn point(&mut self, label: &str, point: &Point, with_release: bool) {
        let value = point.value.map_or_else(
            || both(&figure::absence(State::from_word(&point.state).unwrap_or(State::NotApplicable))),
            |value| both(&figure::value(value, self.label)),
        );
        let [_, vi, en] = &point.period;
        let release = if with_release { format!(", {}", point.release) } else { String::new() };
        let [reporting, expected] = point.units;
        let units = if expected > 0 { format!(", {reporting}/{expected} đơn vị · units") } else { String::new() };
        let sums = point.sums.map_or(String::new(), |sums| format!(" = {}", quotient(sums)));
        self.field(label, &format!("{vi} · {en}{release}: {value}{sums}{units}"));
    }

    /// In one sentence, then part by part.
    fn parts(&mut self, told: &Why, parts: &Parts) {
        let all = parts.all();
        let largest = all.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        let change = told.change.unwrap_or_default();
        if let Some((at, part)) = largest.filter(|(_, part)| **part != 0.0) {
            let (vi, en) = match change {
                change if change > 0.0 => ("tăng", "rose"),
                change if change < 0.0 => ("giảm", "fell"),
                _ => ("không đổi", "stayed"),
            };
            let by = figure::signed(change, self.label);
            let most = figure::signed(*part, self.label);
            let name = NAMES[at];
            self.line(&format!("  Giá trị {vi} ({}); phần lớn nhất là do {} ({}).", by.vi, name.0, most.vi));
            self.line(&format!("  The value {en} ({}); the largest part is its {} ({}).", by.en, name.1, most.en));
            self.line("");
        }
        for ((vi, en), part) in NAMES.iter().zip(all) {
            self.row(&format!("{vi} · {en}"), part);
        }
        self.row("tổng · sum", parts.sum());
    }

    fn row(&mut self, name: &str, part: f64) {
        self.line(&format!("  {name:<70}{}", both(&figure::signed(part, self.label))));
    }

    fn units(&mut self, told: &Why) {
        // Of a single unit the parts are said already.
        if told.units.count < 2 {
            return;
        }
        self.line("");
        self.line("  đơn vị đóng góp nhiều nhất · units that contributed most");
        for one in &told.units.shown {
            self.unit(one);
        }
        let left = told.units.count - told.units.shown.len();
        if left > 0 {
            self.line(&format!("  … {left} more of {}; `--all` shows them", told.units.count));
        }
    }

    fn unit(&mut self, one: &Contribution) {
        let of = |sums: Option<Sums>| sums.map_or("—".to_owned(), quotient);
        let [code, name, _] = &one.unit;
        let sum: Figure = figure::signed(one.sum, self.label);
        self.line(&format!("    {code} {name}: {} → {}  {}", of(one.before), of(one.after), both(&sum)));
    }
}

/// A quotient as it stands; of a count there is no denominator.
fn quotient(sums: Sums) -> String {
    let (over, under) = (figure::number(sums.numerator, 2), figure::number(sums.denominator, 2));
    if sums.denominator <= 0.0 {
        return both(&over);
    }
    both(&Figure { vi: format!("{} ÷ {}", over.vi, under.vi), en: format!("{} ÷ {}", over.en, under.en) })
}
