//! Formulas over elements: a small typed expression language, parsed once when a plan is loaded.
//!
//! `cases_handled`, `people_reached / population`, `hiv_tests + sti_consultations`. Names are elements, or one of
//! `population` (of the unit in the year), `units` (1 for each unit), `baseline(element)`, `class(code)` (1 when the
//! unit's class is `code`, else 0). `evaluate` lowers this tree to its engine in one place.

use std::fmt;

/// A parsed formula. Names of elements are codes; the plan's loader has checked that they exist.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A reported element.
    Element(String),
    /// Population of the unit in the year.
    Population,
    /// 1 for each unit.
    Units,
    /// Baseline of an element.
    Baseline(String),
    /// 1 when the unit's class is this one, 0 when it has another.
    Class(String),
    /// A constant.
    Number(f64),
    /// Sum.
    Add(Box<Expr>, Box<Expr>),
    /// Difference.
    Sub(Box<Expr>, Box<Expr>),
    /// Product.
    Mul(Box<Expr>, Box<Expr>),
    /// Quotient; undefined where the divisor is zero.
    Div(Box<Expr>, Box<Expr>),
    /// 1 where the comparison holds, 0 where it does not: whether a unit meets a test.
    Test(Box<Expr>, Comparison, Box<Expr>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
    /// `<=`
    AtMost,
    /// `<`
    Below,
    /// `=`
    Equal,
}

impl Comparison {
    /// Every comparison, the longer signs first.
    const ALL: [Self; 5] = [Self::AtLeast, Self::AtMost, Self::Above, Self::Below, Self::Equal];

    /// The sign of formulas.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::AtMost => "<=",
            Self::Below => "<",
            Self::Equal => "=",
        }
    }

    /// Whether it holds.
    pub fn holds(self, a: f64, b: f64) -> bool {
        match self {
            Self::AtLeast => a >= b,
            Self::Above => a > b,
            Self::AtMost => a <= b,
            Self::Below => a < b,
            Self::Equal => a.total_cmp(&b).is_eq(),
        }
    }
}

/// What is wrong with a formula, and where in its text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FormulaError {
    /// Byte offset in the formula's text.
    pub at: usize,
    /// What was found and expected.
    pub what: String,
}

impl Expr {
    /// Parses a formula. Whether its names exist is the caller's to check, with [`Expr::elements`].
    pub fn parse(text: &str) -> Result<Self, FormulaError> {
        let mut parser = Parser { text, at: 0 };
        let expr = parser.test()?;
        parser.space();
        match parser.peek() {
            None => Ok(expr),
            Some(c) => Err(parser.error(format!("found `{c}`, expected an operator (+ - * / >= > <= < =) or the end"))),
        }
    }

    /// Codes of the elements that the formula reads, baselines included, in order of appearance.
    pub fn elements(&self) -> Vec<&str> {
        let mut all = Vec::new();
        self.visit(&mut |e| match e {
            Self::Element(code) | Self::Baseline(code) => all.push(code.as_str()),
            _ => {}
        });
        all
    }

    /// The formula's value; `leaf` gives that of whatever is no operation. A quotient by zero is NaN.
    pub fn value<E>(&self, leaf: &impl Fn(&Self) -> Result<f64, E>) -> Result<f64, E> {
        Ok(match self {
            Self::Number(n) => *n,
            Self::Add(a, b) => a.value(leaf)? + b.value(leaf)?,
            Self::Sub(a, b) => a.value(leaf)? - b.value(leaf)?,
            Self::Mul(a, b) => a.value(leaf)? * b.value(leaf)?,
            Self::Div(a, b) => {
                let (a, b) = (a.value(leaf)?, b.value(leaf)?);
                if b == 0.0 { f64::NAN } else { a / b }
            }
            Self::Test(a, comparison, b) => {
                let (a, b) = (a.value(leaf)?, b.value(leaf)?);
                if a.is_nan() || b.is_nan() { f64::NAN } else { f64::from(u8::from(comparison.holds(a, b))) }
            }
            other => leaf(other)?,
        })
    }

    /// Calls `each` on every node, parents first.
    pub fn visit<'a>(&'a self, each: &mut impl FnMut(&'a Self)) {
        each(self);
        if let Self::Add(a, b) | Self::Sub(a, b) | Self::Mul(a, b) | Self::Div(a, b) | Self::Test(a, _, b) = self {
            a.visit(each);
            b.visit(each);
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Element(code) => f.write_str(code),
            Self::Population => f.write_str("population"),
            Self::Units => f.write_str("units"),
            Self::Baseline(code) => write!(f, "baseline({code})"),
            Self::Class(code) => write!(f, "class({code})"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Add(a, b) => write!(f, "({a} + {b})"),
            Self::Sub(a, b) => write!(f, "({a} - {b})"),
            Self::Mul(a, b) => write!(f, "{a} * {}", Right(b)),
            Self::Div(a, b) => write!(f, "{a} / {}", Right(b)),
            Self::Test(a, comparison, b) => write!(f, "({a} {} {b})", comparison.sign()),
        }
    }
}

/// What stands right of `*` or `/`: a product keeps its parentheses, so that the text means the same formula.
struct Right<'a>(&'a Expr);

impl fmt::Display for Right<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::Mul(..) | Expr::Div(..) => write!(f, "({})", self.0),
            other => write!(f, "{other}"),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn error(&self, what: String) -> FormulaError {
        FormulaError { at: self.at, what }
    }

    fn take(&mut self, options: &[char]) -> Option<char> {
        self.space();
        let c = self.peek().filter(|c| options.contains(c))?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn test(&mut self) -> Result<Expr, FormulaError> {
        let left = self.sum()?;
        self.space();
        let Some(comparison) = Comparison::ALL.into_iter().find(|c| self.rest().starts_with(c.sign())) else {
            return Ok(left);
        };
        self.at += comparison.sign().len();
        Ok(Expr::Test(Box::new(left), comparison, Box::new(self.sum()?)))
    }

    fn sum(&mut self) -> Result<Expr, FormulaError> {
        let mut left = self.product()?;
        while let Some(op) = self.take(&['+', '-']) {
            let right = Box::new(self.product()?);
            left = if op == '+' { Expr::Add(Box::new(left), right) } else { Expr::Sub(Box::new(left), right) };
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expr, FormulaError> {
        let mut left = self.atom()?;
        while let Some(op) = self.take(&['*', '/']) {
            let right = Box::new(self.atom()?);
            left = if op == '*' { Expr::Mul(Box::new(left), right) } else { Expr::Div(Box::new(left), right) };
        }
        Ok(left)
    }

    fn atom(&mut self) -> Result<Expr, FormulaError> {
        if self.take(&['(']).is_some() {
            let inner = self.test()?;
            return match self.take(&[')']) {
                Some(_) => Ok(inner),
                None => Err(self.error("expected `)`".to_owned())),
            };
        }
        self.space();
        let start = self.at;
        let word: String =
            self.rest().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '.').collect();
        self.at += word.len();
        let Some(first) = word.chars().next() else {
            let found = self.peek().map_or("the end".to_owned(), |c| format!("`{c}`"));
            return Err(self.error(format!("found {found}, expected an element, a number or `(`")));
        };
        if first.is_ascii_digit() {
            return word
                .parse()
                .map(Expr::Number)
                .map_err(|_| FormulaError { at: start, what: format!("`{word}` is not a number") });
        }
        if self.take(&['(']).is_some() {
            self.space();
            let argument: String = self.rest().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            self.at += argument.len();
            if argument.is_empty() || self.take(&[')']).is_none() {
                return Err(self.error(format!("expected one name and `)` after `{word}(`")));
            }
            return match word.as_str() {
                "baseline" => Ok(Expr::Baseline(argument)),
                "class" => Ok(Expr::Class(argument)),
                _ => Err(FormulaError {
                    at: start,
                    what: format!("`{word}` is not a function; expected `baseline` or `class`"),
                }),
            };
        }
        Ok(match word.as_str() {
            "population" => Expr::Population,
            "units" => Expr::Units,
            _ => Expr::Element(word),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_and_functions() {
        let e = Expr::parse("a + b * (c - 2.5) / baseline(d)").unwrap();
        assert_eq!(e.to_string(), "(a + b * (c - 2.5) / baseline(d))");
        assert_eq!(e.elements(), ["a", "b", "c", "d"]);
        assert_eq!(Expr::parse("class(healthy)").unwrap(), Expr::Class("healthy".into()));
    }

    #[test]
    fn a_test_is_one_or_zero_and_unknown_with_what_it_reads() {
        let test = Expr::parse("handled >= 0.8 * detected").unwrap();
        assert_eq!(test.to_string(), "(handled >= 0.8 * detected)");
        assert_eq!(Expr::parse(&test.to_string()).unwrap(), test);
        let value = |handled: f64, detected: f64| {
            let leaf = |e: &Expr| Ok::<f64, ()>(if *e == Expr::Element("handled".into()) { handled } else { detected });
            test.value(&leaf).unwrap()
        };
        assert_eq!((value(4.0, 5.0), value(3.0, 5.0)), (1.0, 0.0));
        assert!(value(f64::NAN, 5.0).is_nan());
        assert_eq!(Expr::parse("(a < 1) + (b = 2)").unwrap().to_string(), "((a < 1) + (b = 2))");
    }

    #[test]
    fn a_formula_is_written_as_it_is_read() {
        for text in ["a / (b * c)", "a * (b / c) / d", "a / b / c", "(a + (b - c) / d)"] {
            let e = Expr::parse(text).unwrap();
            assert_eq!(e.to_string(), text);
            assert_eq!(Expr::parse(&e.to_string()).unwrap(), e);
        }
    }

    #[test]
    fn errors_name_the_place() {
        for (text, at, what) in [
            ("a +", 3, "found the end, expected an element, a number or `(`"),
            ("a b", 2, "found `b`, expected an operator (+ - * / >= > <= < =) or the end"),
            ("(a", 2, "expected `)`"),
            ("sum(a)", 0, "`sum` is not a function; expected `baseline` or `class`"),
            ("1.2.3", 0, "`1.2.3` is not a number"),
        ] {
            let error = Expr::parse(text).unwrap_err();
            assert_eq!((error.at, error.what.as_str()), (at, what), "{text}");
        }
    }
}
