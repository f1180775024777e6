//! `rules.toml`: each entry names a kind of check, its elements and its thresholds.
//!
//! Elements stand one by one, as a list, or as `every = "flow"`: all of that kind that no earlier rule of the same kind
//! names. No threshold has a default, so that the file tells all that is checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Change, Code, Expr, Outlier, Plan, Rule, RuleKind, Severity, Stock};

use super::check;
use super::files::KINDS as ELEMENT_KINDS;
use super::problem::Problems;
use super::toml_reader::{Source, Table};

/// Reads what is particular to a kind of rule.
type Reader = fn(&mut Entry<'_, '_>) -> Option<RuleKind>;

/// Kinds of rules, with the words of the findings' codes.
const KINDS: &[(&str, Reader)] = &[
    ("part-exceeds-whole", |e| {
        let (part, whole) = (e.element("part"), e.element("whole"));
        Some(RuleKind::PartExceedsWhole { part: part?, whole: whole? })
    }),
    ("parts-do-not-sum", |e| {
        let (parts, whole) = (e.elements("parts"), e.element("whole"));
        Some(RuleKind::PartsDoNotSum { parts: e.some("parts", parts)?, whole: whole? })
    }),
    ("total-mismatch", |e| {
        let all = (0..e.plan.elements.len()).collect();
        Some(RuleKind::TotalMismatch { elements: if e.t.has("elements") { e.elements("elements") } else { all } })
    }),
    ("value-out-of-range", range),
    ("outlier", |e| {
        let (elements, times, spreads) = (e.covered(Code::Outlier), e.above("times", 1.0), e.above("spreads", 0.0));
        let (history, peer_times) = (e.above("history", 3.0), e.above("peer_times", 1.0));
        let history = history? as usize;
        Some(RuleKind::Outlier(Outlier {
            elements,
            times: times?,
            spreads: spreads?,
            history,
            peer_times: peer_times?,
        }))
    }),
    ("change-implausible", |e| {
        let elements = e.covered(Code::ChangeImplausible);
        let (times, spreads, reach) = (e.above("times", 1.0), e.above("spreads", 0.0), e.above("reach", 0.0));
        let reach = reach? as usize;
        Some(RuleKind::ChangeImplausible(Change { elements, times: times?, spreads: spreads?, reach }))
    }),
    ("stock-conflict", |e| {
        let stock = e.element("stock");
        let before = if e.t.has("before") { e.element("before") } else { stock };
        let (inflow, outflow) = (e.elements("inflow"), e.elements("outflow"));
        let slack = e.t.number("slack", e.problems).unwrap_or(0.0);
        Some(RuleKind::StockConflict(Stock { stock: stock?, before: before?, inflow, outflow, slack }))
    }),
    ("copied-forward", |e| {
        let forms = e.forms();
        Some(RuleKind::CopiedForward { forms, nonzero: e.above("nonzero", 0.0)? as usize })
    }),
    ("unit-missing", |_| Some(RuleKind::UnitMissing)),
    ("late", |_| Some(RuleKind::Late)),
    ("not-reported", |_| Some(RuleKind::NotReported)),
];

/// A value outside its limits, which are numbers or formulas over the unit's own row.
fn range(e: &mut Entry<'_, '_>) -> Option<RuleKind> {
    let elements = e.covered(Code::ValueOutOfRange);
    let level = elements.first().and_then(|at| e.plan.elements.get(*at)).map(|element| element.level)?;
    let mut limit = |key| {
        if e.t.holds_text(key) {
            check::formula(&mut e.t, key, e.plan, level, e.problems)
        } else {
            e.t.number(key, e.problems).map(Expr::Number)
        }
    };
    let (min, max) = (limit("min"), limit("max"));
    if !e.t.has("min") && !e.t.has("max") {
        for element in elements.iter().filter_map(|at| e.plan.elements.get(*at)).filter(|el| el.max.is_none()) {
            let what = format!("element `{}` has no `max` of its own, and the rule gives none", element.code);
            e.problems.add(&e.t.place(), what);
        }
    }
    Some(RuleKind::ValueOutOfRange { elements, min, max })
}

/// Reads the rules in the order of the file.
pub(super) fn read(source: &Source, plan: &Plan, problems: &mut Problems) -> Vec<Rule> {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let mut all: Vec<Rule> = Vec::new();
    let mut named: BTreeMap<Code, BTreeSet<usize>> = BTreeMap::new();
    for table in t.tables("rule", problems) {
        let mut entry = Entry { t: table, plan, named: &mut named, problems };
        if let Some(rule) = entry.rule() {
            // One without elements says the same however often it stands there.
            let whole = matches!(rule.kind, RuleKind::UnitMissing | RuleKind::Late | RuleKind::NotReported);
            if whole && all.iter().any(|other| other.kind == rule.kind) {
                entry.problems.add(&entry.t.place_of("kind"), format!("rule `{}` stands twice", rule.code()));
            }
            all.push(rule);
        }
        entry.t.end(problems);
    }
    t.end(problems);
    all
}

/// An entry while it is read.
struct Entry<'a, 'p> {
    t: Table<'a>,
    plan: &'p Plan,
    /// Elements that rules of a kind name so far.
    named: &'p mut BTreeMap<Code, BTreeSet<usize>>,
    problems: &'p mut Problems,
}

impl Entry<'_, '_> {
    fn rule(&mut self) -> Option<Rule> {
        let kind = self.t.word("kind", KINDS, self.problems);
        let kind = self.t.need("kind", kind, self.problems)?;
        let severity = self.severity();
        let text = self.text();
        let kind = kind(self)?;
        self.one_form(&kind);
        Some(Rule { severity: severity.unwrap_or(kind.code().severity()), text, kind })
    }

    /// Elements that a rule holds against each other stand in one row.
    fn one_form(&mut self, kind: &RuleKind) {
        let together: Vec<usize> = match kind {
            RuleKind::PartExceedsWhole { part, whole } => vec![*part, *whole],
            RuleKind::PartsDoNotSum { parts, whole } => parts.iter().chain([whole]).copied().collect(),
            RuleKind::StockConflict(s) => {
                [s.stock, s.before].iter().chain(&s.inflow).chain(&s.outflow).copied().collect()
            }
            _ => return,
        };
        let form = |at: &usize| self.plan.elements.get(*at).map(|e| &e.form);
        if let [first, rest @ ..] = together.as_slice()
            && let Some(other) = rest.iter().find(|at| form(at) != form(first))
        {
            let code = |at: usize| self.plan.elements.get(at).map_or("", |e| e.code.as_str());
            let what = format!("`{}` and `{}` stand on different forms", code(*first), code(*other));
            self.problems.add(&self.t.place(), what);
        }
    }

    /// A rule is about values that are used, so its findings cannot be errors.
    fn severity(&mut self) -> Option<Severity> {
        self.t.word("severity", &[("warning", Severity::Warning), ("info", Severity::Info)], self.problems)
    }

    fn text(&mut self) -> Option<(String, String)> {
        match (self.t.text("text_vi", self.problems), self.t.text("text_en", self.problems)) {
            (Some(vi), Some(en)) => Some((vi, en)),
            (None, None) => None,
            (vi, _) => {
                let (has, lacks) = if vi.is_some() { ("text_vi", "text_en") } else { ("text_en", "text_vi") };
                self.problems.add(&self.t.place_of(has), format!("there is a `{has}` but no `{lacks}`"));
                None
            }
        }
    }

    /// One element that must be there.
    fn element(&mut self, key: &'static str) -> Option<usize> {
        let code = self.t.required(key, self.problems);
        check::element(self.plan, &code, &self.t.place_of(key), self.problems);
        self.plan.element_index(&code)
    }

    /// A list of elements; empty where there is none.
    fn elements(&mut self, key: &'static str) -> Vec<usize> {
        let codes = self.t.texts(key, self.problems);
        let place = self.t.place_of(key);
        for code in &codes {
            check::element(self.plan, code, &place, self.problems);
        }
        codes.iter().filter_map(|code| self.plan.element_index(code)).collect()
    }

    /// A list that may not be empty.
    fn some(&mut self, key: &'static str, list: Vec<usize>) -> Option<Vec<usize>> {
        let list = if list.is_empty() && !self.t.has(key) { None } else { Some(list) };
        self.t.need(key, list, self.problems)
    }

    /// What a rule of this kind covers: `elements`, or `every` of a kind that no earlier one names.
    fn covered(&mut self, code: Code) -> Vec<usize> {
        let mut list = self.elements("elements");
        let every = self.t.word("every", ELEMENT_KINDS, self.problems);
        let named = self.named.entry(code).or_default();
        if let Some(kind) = every {
            let of_kind = self.plan.elements.iter().enumerate().filter(|(_, e)| e.kind == kind).map(|(at, _)| at);
            list.extend(of_kind.filter(|at| !named.contains(at)));
        }
        named.extend(&list);
        if !self.t.has("elements") && !self.t.has("every") {
            let what = "`elements` or `every` is missing: which elements does the rule check?";
            self.problems.add(&self.t.place(), what);
        }
        list
    }

    /// The forms named, or all.
    fn forms(&mut self) -> Vec<usize> {
        let codes = self.t.texts("forms", self.problems);
        let place = self.t.place_of("forms");
        let known = || self.plan.forms.iter().map(|f| f.code.as_str());
        for code in &codes {
            if self.plan.form(code).is_none() {
                self.problems.unknown(&place, "form", code, known());
            }
        }
        let all = known().enumerate().filter(|(_, code)| codes.is_empty() || codes.iter().any(|c| c == code));
        all.map(|(at, _)| at).collect()
    }

    /// A number that must be there, and above another.
    fn above(&mut self, key: &'static str, low: f64) -> Option<f64> {
        let number = self.t.number(key, self.problems);
        let number = self.t.need(key, number, self.problems)?;
        if number > low {
            return Some(number);
        }
        self.problems.add(&self.t.place_of(key), format!("`{key}` is {number}, expected more than {low}"));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules of a text for this project's plan, and what is wrong with it by line.
    fn read_text(text: &str) -> (Vec<Rule>, Vec<String>) {
        let plan = crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap().plan;
        let source = Source { path: "rules.toml".into(), text: text.to_owned() };
        let mut problems = Problems::default();
        let rules = read(&source, &plan, &mut problems);
        let told = |p: &crate::plan::Problem| {
            format!("{}: {}{}", p.line, p.what, p.hint.as_ref().map_or(String::new(), |h| format!(" ({h})")))
        };
        (rules, problems.sorted().iter().map(told).collect())
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = r#"
[[rule]]
kind = "part-exceeds-whole"
part = "case_handled"
whole = "c01_claimed"
severity = "error"
text_vi = "một phần"

[[rule]]
kind = "outlyer"

[[rule]]
kind = "outlier"
times = 0.5
spreads = 8
history = 8
peer_time = 3

[[rule]]
kind = "parts-do-not-sum"
parts = ["cases_handled", "c01_claimed"]
whole = "cases_detected"

[[rule]]
kind = "value-out-of-range"
elements = ["people_reached"]
max = "1.2 * populations"

[[rule]]
kind = "value-out-of-range"
every = "stock"

[[rule]]
kind = "late"

[[rule]]
kind = "late"
"#;
        let (_, problems) = read_text(text);
        let wanted = [
            "4: element `case_handled` is not defined (the nearest that is defined is `cases_handled`)",
            "6: `severity` is `error`, expected one of `warning`, `info`",
            "7: there is a `text_vi` but no `text_en`",
            "10: `kind` is `outlyer`, expected one of",
            "12: `elements` or `every` is missing",
            "12: `peer_times` is missing",
            "14: `times` is 0.5, expected more than 1",
            "17: `peer_time` is not a key here (did you mean `peer_times`?)",
            "19: `cases_handled` and `c01_claimed` stand on different forms",
            "27: element `populations` is not defined",
            "29: element `venues_total` has no `max` of its own",
            "37: rule `late` stands twice",
        ];
        for wanted in wanted {
            assert!(problems.iter().any(|p| p.starts_with(wanted)), "{wanted}\n{problems:#?}");
        }
    }

    #[test]
    fn every_means_those_that_no_earlier_rule_names() {
        let threshold = "spreads = 8\nhistory = 8\npeer_times = 3\n";
        let text = format!(
            "[[rule]]\nkind = \"outlier\"\nelements = [\"fines\"]\ntimes = 20\nseverity = \"info\"\n{threshold}\
             [[rule]]\nkind = \"outlier\"\nevery = \"flow\"\ntimes = 10\n{threshold}"
        );
        let (rules, problems) = read_text(&text);
        assert!(problems.is_empty(), "{problems:?}");
        let of = |rule: &Rule| if let RuleKind::Outlier(o) = &rule.kind { o.elements.clone() } else { Vec::new() };
        assert_eq!((of(&rules[0]).len(), rules[0].severity, rules[1].severity), (1, Severity::Info, Severity::Warning));
        assert!(of(&rules[1]).len() > 20 && !of(&rules[1]).contains(&of(&rules[0])[0]));
    }
}
