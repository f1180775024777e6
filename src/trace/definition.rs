//! How a figure is defined: its formulas as written and in words, its elements, each with file and line.

use serde::Serialize;

use super::question::Asked;
use super::scope::Scope;
use crate::model::{Expr, Kind, Level, Plan, ValueForm};
use crate::plan::locate::{self, Location};

/// The definition of an indicator.
#[derive(Debug, Clone, Serialize)]
pub struct Formulas {
    /// The value in words, in Vietnamese and English.
    pub words: (String, String),
    /// Where the indicator is defined.
    pub at: Option<Location>,
    /// Numerator.
    pub numerator: Formula,
    /// Denominator; none for a count.
    pub denominator: Option<Formula>,
    /// What a unit of a higher level adds from its own form.
    pub own: Option<(Level, Formula, Option<Formula>)>,
    /// Its elements.
    pub elements: Vec<Defined>,
    /// Said where the definition at hand is not the one of the release.
    pub changed: bool,
}

/// A formula as written.
#[derive(Debug, Clone, Serialize)]
pub struct Formula {
    /// Its text.
    pub text: String,
    /// Where it stands.
    pub at: Option<Location>,
}

/// An element.
#[derive(Debug, Clone, Serialize)]
pub struct Defined {
    /// Code.
    pub code: String,
    /// Form and column.
    pub form: String,
    /// Column among the form's figures, from 1.
    pub column: u16,
    /// Behaviour over time.
    pub kind: &'static str,
    /// Vietnamese and English name.
    pub names: (String, String),
    /// Where it is defined.
    pub at: Option<Location>,
}

/// The definition of what is asked.
pub(super) fn formulas(asked: &Asked<'_>, scope: &Scope<'_>) -> Formulas {
    let (plan, indicator) = (asked.plan, asked.indicator);
    let at = |key: &str| locate::indicator(plan, &indicator.code, Some(key));
    let formula = |expr: &Expr, key: &str| Formula { text: expr.to_string(), at: at(key) };
    let own = indicator.own.as_ref().map(|own| {
        let of = |expr: &Expr| Formula { text: expr.to_string(), at: at("own") };
        (own.level, of(&own.numerator), own.denominator.as_ref().map(of))
    });
    // A class is told by its criteria's cells; their columns are the rubric's.
    let elements = plan.elements.iter().filter(|e| scope.elements.contains(&e.code.as_str()) && e.kind != Kind::Points);
    Formulas {
        words: (words(asked, Language::Vietnamese), words(asked, Language::English)),
        at: locate::indicator(plan, &indicator.code, None),
        numerator: formula(&indicator.numerator, "numerator"),
        denominator: indicator.denominator.as_ref().map(|expr| formula(expr, "denominator")),
        own,
        elements: elements
            .map(|element| Defined {
                code: element.code.clone(),
                form: element.form.clone(),
                column: element.column,
                kind: element.kind.as_str(),
                names: (element.name_vi.clone(), element.name_en.clone()),
                at: locate::element(plan, &element.code),
            })
            .collect(),
        changed: asked.release.text("definitions") != plan.digest,
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Language {
    Vietnamese,
    English,
}

fn words(asked: &Asked<'_>, language: Language) -> String {
    let indicator = asked.indicator;
    let of = |expr: &Expr| spoken(asked.plan, expr, language);
    let numerator = of(&indicator.numerator);
    match (indicator.form, indicator.denominator.as_ref().map(of)) {
        (ValueForm::Reduction, Some(denominator)) => format!("1 − {numerator} ÷ {denominator}"),
        (ValueForm::Ratio, Some(denominator)) if (indicator.factor - 1.0).abs() < f64::EPSILON => {
            format!("{numerator} ÷ {denominator}")
        }
        (ValueForm::Ratio, Some(denominator)) => format!("{numerator} ÷ {denominator} × {}", indicator.factor),
        _ => numerator,
    }
}

/// A formula with names in place of codes.
fn spoken(plan: &Plan, expr: &Expr, language: Language) -> String {
    let pick = |vi: &str, en: &str| if language == Language::Vietnamese { vi.to_owned() } else { en.to_owned() };
    let element = |code: &str| {
        let known = plan.element_index(code).and_then(|at| plan.elements.get(at));
        known.map_or_else(|| code.to_owned(), |e| format!("“{}”", pick(&e.name_vi, &e.name_en)))
    };
    let both =
        |a: &Expr, sign: &str, b: &Expr| format!("{} {sign} {}", spoken(plan, a, language), spoken(plan, b, language));
    match expr {
        Expr::Element(code) => element(code),
        Expr::Population => pick("dân số", "population"),
        Expr::Units => pick("số đơn vị", "number of units"),
        Expr::Baseline(code) => format!("{} {}", element(code), pick("kỳ gốc", "at the baseline")),
        Expr::Class(code) => {
            let class = plan.rubric.classes.iter().find(|class| class.code == *code);
            let name = class.map_or_else(|| code.clone(), |class| pick(&class.name_vi, &class.name_en));
            format!("{} “{name}”", pick("số đơn vị xếp loại", "units classified"))
        }
        Expr::Number(number) => number.to_string(),
        Expr::Add(a, b) => format!("({})", both(a, "+", b)),
        Expr::Sub(a, b) => format!("({})", both(a, "−", b)),
        Expr::Mul(a, b) => both(a, "×", b),
        Expr::Div(a, b) => both(a, "÷", b),
        Expr::Test(a, comparison, b) => format!("({})", both(a, comparison.sign(), b)),
    }
}
