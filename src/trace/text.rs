//! An explanation for people: a heading with the figure, then the steps of its way from the definition to the page.

use std::collections::BTreeMap;
use std::fmt::Display;

use jiff::Timestamp;

use super::cells::Missing;
use super::files::File;
use super::sums::{Leaf, Outcome};
use super::target::TargetPath;
use super::{Explanation, Listing, Record, UnitPart};
use crate::model::{Plan, Span, State};
use crate::publish::figure::{self, Figure};

/// The whole text.
pub(super) fn describe(told: &Explanation, plan: &Plan) -> String {
    let mut page = Page { text: String::new(), plan };
    page.heading(told);
    page.definition(told);
    page.received(&told.files);
    page.read(told);
    page.layout(told);
    page.values(told);
    page.evaluate(told);
    page.published(told);
    page.text
}

struct Page<'a> {
    text: String,
    plan: &'a Plan,
}

/// Both languages, once where they are the same.
pub(super) fn both(figure: &Figure) -> String {
    if figure.vi == figure.en { figure.vi.clone() } else { format!("{} · {}", figure.vi, figure.en) }
}

/// From one figure to another, in both languages.
fn range(low: &Figure, high: &Figure) -> String {
    format!("{} – {} · {} – {}", low.vi, high.vi, low.en, high.en)
}

fn or_none(number: Option<f64>) -> String {
    number.map_or("none".to_owned(), |number| number.to_string())
}

fn at(place: Option<impl Display>) -> String {
    place.map_or(String::new(), |place| format!("  [{place}]"))
}

fn of_cells(count: usize) -> String {
    if count == 1 { "1 cell".to_owned() } else { format!("{count} cells") }
}

pub(super) fn span_words(span: &str) -> (&'static str, &'static str) {
    Span::from_word(span).map_or(("", ""), Span::labels)
}

pub(super) fn map_words(map: &str) -> (&'static str, &'static str) {
    match map {
        "as_of" => ("theo địa giới ngày đầu kế hoạch", "on the map of the plan's first day"),
        "current" => ("theo địa giới hiện nay", "on today's map"),
        _ => ("theo đơn vị báo cáo", "by the units that reported"),
    }
}

fn absence_words(why: &str) -> (&'static str, &'static str) {
    match why {
        "taken_out" => ("bị bỏ theo hiệu chỉnh", "taken out by a correction"),
        "rejected" => ("giá trị bị loại", "the value was rejected"),
        "row_rejected" => ("dòng bị loại", "its row was rejected"),
        "empty" => ("ô trống", "the cell is empty"),
        "no_row" => ("không có dòng của đơn vị", "the unit has no row"),
        "no_value" => ("không có trong biểu đã nhận", "not on the form received"),
        "not_due" => ("chưa đến hạn", "not due yet"),
        "no_population" => ("không có dân số của năm", "no population of the year"),
        "no_baseline" => ("không có kỳ gốc", "no baseline"),
        _ => ("chưa nhận được biểu", "no form was accepted"),
    }
}

impl Page<'_> {
    fn line(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref().trim_end());
        self.text.push('\n');
    }

    fn field(&mut self, label: &str, text: impl AsRef<str>) {
        self.line(format!("{label:<12}{}", text.as_ref()));
    }

    fn step(&mut self, number: u8, room: &str, what: &str) {
        self.line("");
        self.line(format!("{number} {room}: {what}"));
    }

    /// Says how many were left out.
    fn rest<T>(&mut self, list: &Listing<T>) {
        let left = list.count - list.shown.len();
        if left > 0 {
            self.line(format!("  … {left} more of {}; `--all` shows them", list.count));
        }
    }

    /// A moment in the plan's zone.
    fn moment(&self, text: &str) -> String {
        let moment = text.parse::<Timestamp>().map(|at| self.plan.local_time(at));
        moment.map_or_else(|_| text.to_owned(), |time| time.strftime("%Y-%m-%d %H:%M").to_string())
    }

    fn heading(&mut self, told: &Explanation) {
        let of = &told.figure;
        let [code, vi, en] = &of.indicator;
        self.field("indicator", format!("{code} {vi}"));
        self.field("", en);
        let above = of.above.as_ref().map_or(String::new(), |[code, name]| format!(", {code} {name}"));
        self.field("unit", format!("{} {} ({}){above}", of.unit[0], of.unit[1], of.unit[2]));
        let span = span_words(of.span);
        self.field("period", format!("{}, {} · {}, {}", of.period[1], span.0, of.period[2], span.1));
        let (map, day) = (map_words(of.map), of.map_day.as_ref().map_or(String::new(), |day| format!(", {day}")));
        self.field("map", format!("{} · {}{day}", map.0, map.1));
        let row = &of.row;
        let label = self.plan.indicator(code).map_or("", |indicator| indicator.unit_label.as_str());
        let state = row.text("state");
        let value = if let Some(value) = row.number("value") {
            let unit = if label == "share" { String::new() } else { format!(" {label}") };
            format!("{}{unit} ({state}; {value})", both(&figure::value(value, label)))
        } else {
            let why = figure::absence(State::from_word(state).unwrap_or(State::NotReported));
            format!("none: {} ({state})", both(&why))
        };
        self.field("value", value);
        self.field("status", format!("{}: {}", row.text("status"), told.why.0));
        self.field("", &told.why.1);
        self.field("release", format!("{}, made {}", of.release, self.moment(&of.created)));
    }

    fn definition(&mut self, told: &Explanation) {
        let of = &told.definition;
        self.step(1, "pipelines", "how it is defined");
        self.line(format!("  {}{}", of.words.0, at(of.at.as_ref())));
        self.line(format!("  {}", of.words.1));
        self.line(format!("  numerator    {}{}", of.numerator.text, at(of.numerator.at.as_ref())));
        if let Some(denominator) = &of.denominator {
            self.line(format!("  denominator  {}{}", denominator.text, at(denominator.at.as_ref())));
        }
        if let Some((level, numerator, denominator)) = &of.own {
            let under = denominator.as_ref().map_or(String::new(), |d| format!(" ÷ {}", d.text));
            let text =
                format!("  own part     {}{under}, of each {level}{}", numerator.text, at(numerator.at.as_ref()));
            self.line(text);
        }
        for element in &of.elements {
            let (vi, en) = &element.names;
            let place = format!("form {} column {}, {}", element.form, element.column, element.kind);
            self.line(format!("  {}: “{vi}” ({en}), {place}{}", element.code, at(element.at.as_ref())));
        }
        if of.changed {
            self.line("  NOTE: the definition at hand is not the one that the release was made with; give the same");
            self.line("  `--pipeline` and `--set` as that run, or run again");
        }
    }

    fn received(&mut self, files: &Listing<File>) {
        self.step(2, "pull", "what was received");
        if files.count == 0 {
            self.line("  no file");
        }
        for file in &files.shown {
            let of = &file.submission;
            let member = of.known("member").map_or(String::new(), |member| format!(" › {member}"));
            self.line(format!("  {}  {}/{}{member}", file.sign, of.text("district_code"), of.text("file_name")));
            let about = match (of.text("form"), of.text("period")) {
                ("", _) => String::new(),
                (form, period) => format!("form {form} of {period}, "),
            };
            let late = match of.whole("days_late") {
                _ if of.text("due_on").is_empty() => String::new(),
                0 => ", in time".to_owned(),
                days => format!(", {days} days late (due {})", of.text("due_on")),
            };
            let signed = of.known("signed_by").map_or(String::new(), |name| format!(", signed by {name}"));
            let by = format!("from {} {} by source `{}`", of.text("district_code"), file.sender, of.text("source"));
            self.line(format!("     {about}{by}{signed}, received {}{late}", self.moment(of.text("received_at"))));
            let replaced = of.known("superseded_by").map_or(String::new(), |by| format!(" by {by}"));
            let kept = if file.kept { "" } else { ", bytes no longer kept" };
            let (id, status) = (of.text("submission_id"), of.text("status"));
            self.line(format!("     submission {id}, {} bytes, {status}{replaced}{kept}", of.whole("bytes")));
        }
        self.rest(files);
    }

    fn read(&mut self, told: &Explanation) {
        self.step(3, "normalize/read", "where it stands and what is written there");
        for cell in &told.cells.shown {
            let sheet = cell.sheet.as_ref().map_or(String::new(), |sheet| format!("sheet “{sheet}” "));
            let found = cell.found.as_ref().map_or("(not kept)".to_owned(), |text| format!("“{text}”"));
            self.line(format!("  {:>3}  file {}  {sheet}{}  {found}", cell.number, cell.file, cell.cell));
        }
        self.rest(&told.cells);
    }

    fn layout(&mut self, told: &Explanation) {
        self.step(4, "normalize/layout, units", "which element, unit and period it is");
        for cell in &told.cells.shown {
            let column = cell.header.as_ref().map_or(String::new(), |header| format!("column “{header}”, "));
            let row = match (&cell.row_name, cell.by) {
                (Some(name), Some(by)) => format!("row “{name}” by {by} → "),
                _ => String::new(),
            };
            let [code, name] = &cell.unit;
            self.line(format!(
                "  {:>3}  {column}{row}{} of {code} {name} in {}",
                cell.number, cell.element, cell.period
            ));
        }
        self.rest(&told.cells);
    }

    fn values(&mut self, told: &Explanation) {
        self.step(5, "normalize/values, checks", "what it is worth, and what was found");
        let files = told.files.shown.iter();
        let signs: BTreeMap<&str, &str> =
            files.map(|file| (file.submission.text("submission_id"), file.sign.as_str())).collect();
        let file = |id: &str| signs.get(id).map_or_else(|| format!("submission {id}"), |sign| format!("file {sign}"));
        for cell in &told.cells.shown {
            let flags = if cell.flags.is_empty() { String::new() } else { format!("  ▲ {}", cell.flags.join(", ")) };
            self.line(format!("  {:>3}  {}{flags}", cell.number, cell.value));
            for earlier in &cell.earlier {
                self.line(format!(
                    "       before {}: {} ({}, {})",
                    self.moment(&earlier.known_to),
                    earlier.value,
                    file(&earlier.submission_id),
                    earlier.cell
                ));
            }
        }
        self.rest(&told.cells);
        self.missing(&told.missing);
        if told.findings.count == 0 {
            self.line("  no finding");
        }
        for finding in &told.findings.shown {
            self.finding(finding, &file(finding.text("submission_id")));
        }
        self.rest(&told.findings);
    }

    fn finding(&mut self, finding: &Record, file: &str) {
        let place = [finding.known("cell"), finding.known("unit_code"), finding.known("element")];
        let place: Vec<String> = place.into_iter().flatten().collect();
        let (severity, code) = (finding.text("severity"), finding.text("code"));
        self.line(format!("  {severity} {code}: {file} {}", place.join(" ")));
        self.line(format!("     {}", finding.text("message_vi")));
        self.line(format!("     {}", finding.text("message_en")));
        if let Some(cause) = finding.known("likely_cause") {
            self.line(format!("     likely cause: {cause}"));
        }
        if let Some(reason) = finding.known("justification") {
            self.line(format!("     justified: “{reason}” (submission {})", finding.text("closed_by")));
        }
    }

    fn missing(&mut self, missing: &Listing<Missing>) {
        for one in &missing.shown {
            let (vi, en) = absence_words(one.why);
            let stands = one.stands.map_or(String::new(), |period| format!("; the value of {period} stands"));
            let [code, name] = &one.unit;
            self.line(format!("  missing  {code} {name}, {} in {}: {vi} · {en}{stands}", one.element, one.period));
        }
        self.rest(missing);
    }

    fn evaluate(&mut self, told: &Explanation) {
        self.step(6, "evaluate", "what it adds up to");
        for unit in &told.units.shown {
            self.unit(unit);
        }
        self.rest(&told.units);
        self.pieces(told);
        let row = &told.figure.row;
        let indicator = self.plan.indicator(row.text("indicator"));
        let label = indicator.map_or("", |indicator| indicator.unit_label.as_str());
        let shown = |number: f64| figure::value(number, label);
        let under = row.number("denominator").map_or(String::new(), |d| format!(", denominator {d}"));
        let units = (row.whole("units_reporting"), row.whole("units_expected"));
        self.line(format!("  numerator {}{under}", or_none(row.number("numerator"))));
        self.line(format!("  units that reported {} of {}", units.0, units.1));
        self.check(told);
        let pair = |low: &str, high: &str| row.number(low).zip(row.number(high));
        if let Some((low, high)) = pair("value_low", "value_high").filter(|_| units.0 < units.1) {
            self.line(format!("  over all units it can be {}", range(&shown(low), &shown(high))));
        }
        if let Some((low, high)) = pair("ci_low", "ci_high") {
            self.line(format!("  95% interval {}", range(&shown(low), &shown(high))));
        }
        if let Some(previous) = row.number("previous") {
            let change = row.number("change").map_or(String::new(), |change| both(&figure::change(change, label)));
            self.line(format!("  one year before {}, change {change}", both(&shown(previous))));
        }
        if let Some(rank) = row.number("rank") {
            self.line(format!("  rank {rank} of {}", row.whole("rank_of")));
        }
        let flags = row.texts("flags");
        if !flags.is_empty() {
            self.line(format!("  flags {}", flags.join(", ")));
        }
        match &told.target {
            Some(target) => self.target(target, label),
            None => self.line("  target  none"),
        }
        self.line(format!("  status  {}: {} · {}", row.text("status"), told.why.0, told.why.1));
    }

    fn unit(&mut self, unit: &UnitPart) {
        let left_out = if unit.counted { "" } else { "  (not counted)" };
        let under = unit.denominator.map_or(String::new(), |d| format!(" ÷ {d}"));
        let over = or_none(unit.numerator);
        self.line(format!("  {} {}: {over}{under}{left_out}", unit.unit, unit.name));
        for leaf in &unit.leaves {
            self.leaf(leaf);
        }
    }

    fn leaf(&mut self, leaf: &Leaf) {
        let cells = match leaf.cells.as_slice() {
            [] => String::new(),
            [one] => format!("cell {one}"),
            [first, .., last] => format!("cells {first} to {last}"),
        };
        let places: Vec<String> = leaf.at.iter().map(ToString::to_string).collect();
        let places = if places.is_empty() { String::new() } else { format!("[{}]", places.join(", ")) };
        let rest = [cells, leaf.source.clone().unwrap_or_default(), places];
        let rest: Vec<String> = rest.into_iter().filter(|part| !part.is_empty()).collect();
        let rest = if rest.is_empty() { String::new() } else { format!("  from {}", rest.join(", ")) };
        self.line(format!("      {} = {}{rest}", leaf.name, or_none(leaf.value)));
    }

    fn pieces(&mut self, told: &Explanation) {
        if told.pieces.count == 0 {
            return;
        }
        self.line("  on this map it is made of");
        for piece in &told.pieces.shown {
            let doubt = if piece.certain { "" } else { ", by population or from a doubtful row" };
            let share = match piece.share {
                Some(share) => format!("share {share}{doubt}"),
                None if piece.level > crate::model::Level::Ward => "by the persons of its wards".to_owned(),
                None => "share not known".to_owned(),
            };
            self.line(format!("    {} {} ({}), {share}", piece.unit, piece.name, piece.level));
            for change in &piece.by {
                self.line(format!("      {change}"));
            }
        }
        self.rest(&told.pieces);
    }

    fn check(&mut self, told: &Explanation) {
        let check = &told.check;
        let made = |under: Option<f64>| {
            let under = under.map_or(String::new(), |d| format!(" ÷ {d}"));
            format!("{}{under}, {} of {} units", or_none(check.numerator), check.units_reporting, check.units_expected)
        };
        match check.outcome {
            Outcome::Equal => self.line(format!("  recomputed from {}: equal", of_cells(check.cells))),
            Outcome::NotCompared => {
                self.line("  as the units reported it; the shares of this map stand between them and the row");
            }
            Outcome::Differs => {
                self.line(format!("  !! recomputed from {}: DIFFERS", of_cells(check.cells)));
                self.line(format!("  !! the cells make {}", made(check.denominator)));
                self.line("  !! either the definition changed since the release, or this is a fault of wardscore");
            }
        }
    }

    fn target(&mut self, target: &TargetPath, label: &str) {
        let shown = |number: f64| both(&figure::value(number, label));
        let start = target.start.as_ref().map_or("each year demands its own".to_owned(), |(day, value)| {
            format!("from {} on {day} in a straight line", shown(*value))
        });
        self.line(format!("  target  {start}{}", at(target.at.as_ref())));
        for (year, low, high) in &target.milestones {
            let aspired = if high > low { format!(", aspired {}", shown(*high)) } else { String::new() };
            self.line(format!("    at the end of {year}: {}{aspired}", shown(*low)));
        }
        if target.builds_within_year {
            self.line("    it counts from 1 January: each quarter a fourth of the year's requirement is due");
        }
        if let Some(now) = target.expected_now {
            let share = target.achieved_share.map_or("none".to_owned(), |share| both(&figure::percent(share)));
            self.line(format!("    required now {}, achieved share {share}", shown(now)));
        }
    }

    fn published(&mut self, told: &Explanation) {
        self.step(7, "publish", "where it is seen");
        match &told.page {
            Some(page) => self.line(format!("  page   {}", page.display())),
            None => self.line("  page   none: pages show the newest quarter, year to date, on the map that they show"),
        }
        self.line(format!("  table  {}", told.table.display()));
    }
}
