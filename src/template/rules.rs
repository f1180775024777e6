//! What may be entered for an element: its kind, its largest value, and the plan's rules about it and its neighbours.

use rust_xlsxwriter::{DataValidation, DataValidationRule, Formula, XlsxError};

use crate::model::{Element, Expr, Kind, Plan, Rule, RuleKind, number};

/// Longest formula of a validation; what a rule adds beyond it is found when the form comes back.
const LONGEST: usize = 250;

/// Where a validation stands.
pub(super) struct Place<'a> {
    pub(super) plan: &'a Plan,
    /// Position of the element in the plan.
    pub(super) element: usize,
    /// Code of the row's unit, and the year of its population.
    pub(super) unit: &'a str,
    pub(super) year: i16,
    /// The cell of an element of the plan in that row, as `F12`; none for one of another form.
    pub(super) cell: &'a dyn Fn(usize) -> Option<String>,
}

/// A condition on a row, true while the other cells that it reads are empty, and the same in words.
type Clause = (String, String);

/// Whether an element's limits differ from unit to unit.
pub(super) fn is_of_unit(plan: &Plan, element: usize) -> bool {
    let mut of_unit = false;
    for limit in plan.rules.iter().flat_map(|rule| limits(rule, element)) {
        limit.visit(&mut |e| of_unit |= matches!(e, Expr::Population | Expr::Baseline(_)));
    }
    of_unit
}

/// The limits that a rule sets for an element.
fn limits(rule: &Rule, element: usize) -> impl Iterator<Item = &Expr> {
    let (min, max) = match &rule.kind {
        RuleKind::ValueOutOfRange { elements, min, max } if elements.contains(&element) => (min.as_ref(), max.as_ref()),
        _ => (None, None),
    };
    min.into_iter().chain(max)
}

impl Place<'_> {
    fn element(&self) -> &Element {
        &self.plan.elements[self.element]
    }

    /// The validation of the element's cells.
    pub(super) fn validation(&self) -> Result<DataValidation, XlsxError> {
        let element = self.element();
        let bare = DataValidation::new().ignore_blank(true);
        if element.kind == Kind::Flag {
            let chosen = bare.allow_list_strings(&["x", "không"])?;
            return tell(chosen, "Chọn x (có) hoặc không.", "Chỉ chọn x (có) hoặc không.");
        }
        let max = element.max.map(|max| format!(", không quá {}", number::vietnamese(max))).unwrap_or_default();
        let kind = if element.decimals { "Số không âm" } else { "Số nguyên không âm" };
        let example = if element.decimals && element.max.is_none() { ", như 1.234,5" } else { "" };
        let wanted = format!("{kind}{max}{example}. Không phát sinh: ghi 0. Chưa có số liệu: để trống.");
        let Some(own) = (self.cell)(self.element) else { return Ok(bare) };
        let clauses: Vec<Clause> = self.plan.rules.iter().flat_map(|rule| self.clauses(rule, &own)).collect();
        if clauses.is_empty() {
            let shaped = match (element.decimals, element.max) {
                (true, Some(max)) => bare.allow_decimal_number(DataValidationRule::Between(0.0, max)),
                (true, None) => bare.allow_decimal_number(DataValidationRule::GreaterThanOrEqualTo(0.0)),
                (false, Some(max)) => bare.allow_whole_number(DataValidationRule::Between(0, max as i32)),
                (false, None) => bare.allow_whole_number(DataValidationRule::GreaterThanOrEqualTo(0)),
            };
            return tell(shaped, &wanted, &wanted);
        }
        // An empty cell is let pass by the formula itself: by the sheet's own switch, anything would pass while a cell that
        // the formula reads is empty.
        let mut formula = format!("OR({own}=\"\",AND(ISNUMBER({own}),{own}>=0");
        if !element.decimals {
            formula.push_str(&format!(",{own}=INT({own})"));
        }
        if let Some(max) = element.max {
            formula.push_str(&format!(",{own}<={max}"));
        }
        for (clause, _) in &clauses {
            if formula.len() + clause.len() < LONGEST {
                formula.push_str(&format!(",{clause}"));
            }
        }
        formula.push_str("))");
        let said: Vec<&str> = clauses.iter().map(|(_, said)| said.as_str()).collect();
        tell(
            bare.ignore_blank(false).allow_custom(Formula::new(formula)),
            &wanted,
            &format!("{wanted} {}", said.join(" ")),
        )
    }

    /// What a rule asks of the element.
    fn clauses(&self, rule: &Rule, own: &str) -> Vec<Clause> {
        let clause = match &rule.kind {
            RuleKind::PartExceedsWhole { part, whole } if *part == self.element => self.part(own, *whole, "<="),
            RuleKind::PartExceedsWhole { part, whole } if *whole == self.element => self.part(own, *part, ">="),
            RuleKind::PartsDoNotSum { parts, whole } if *whole == self.element || parts.contains(&self.element) => {
                self.sum(parts, *whole)
            }
            RuleKind::ValueOutOfRange { elements, min, max } if elements.contains(&self.element) => {
                let why = rule.text.as_ref().map(|(vi, _)| format!(" ({vi})")).unwrap_or_default();
                let limits = [(min, ">=", "Không nhỏ hơn giới hạn"), (max, "<=", "Không lớn hơn giới hạn")];
                let of = |(limit, sign, said): (&Option<Expr>, &str, &str)| {
                    Some((self.limit(own, sign, limit.as_ref()?)?, format!("{said}{why}.")))
                };
                return limits.into_iter().filter_map(of).collect();
            }
            _ => None,
        };
        clause.into_iter().collect()
    }

    fn part(&self, own: &str, other: usize, sign: &str) -> Option<Clause> {
        let cell = (self.cell)(other)?;
        let word = if sign == "<=" { "lớn" } else { "nhỏ" };
        let said = format!("Không {word} hơn “{}”.", self.plan.elements[other].name_vi);
        Some((format!("OR({cell}=\"\",{own}{sign}{cell})"), said))
    }

    fn sum(&self, parts: &[usize], whole: usize) -> Option<Clause> {
        let cells: Vec<String> = parts.iter().map(|part| (self.cell)(*part)).collect::<Option<_>>()?;
        let (cell, all) = ((self.cell)(whole)?, cells.join(","));
        let name = &self.plan.elements[whole].name_vi;
        let said = format!("Các phần cộng lại phải bằng “{name}”; muốn sửa thì xóa các ô liên quan trước.");
        Some((format!("OR(COUNT({cell},{all})<{},{cell}=SUM({all}))", cells.len() + 1), said))
    }

    /// A limit that may be a formula over the row.
    fn limit(&self, own: &str, sign: &str, limit: &Expr) -> Option<String> {
        let mut cells = Vec::new();
        let formula = self.lowered(limit, &mut cells)?;
        let holds = format!("{own}{sign}{formula}");
        if cells.is_empty() {
            return Some(holds);
        }
        Some(format!("OR(COUNT({})<{},{holds})", cells.join(","), cells.len()))
    }

    /// A formula of the plan as one of the sheet; none where it needs what the sheet does not have.
    fn lowered(&self, expr: &Expr, cells: &mut Vec<String>) -> Option<String> {
        let mut both = |a: &Expr, sign: char, b: &Expr| {
            Some(format!("({}{sign}{})", self.lowered(a, cells)?, self.lowered(b, cells)?))
        };
        match expr {
            Expr::Number(number) => Some(number.to_string()),
            Expr::Units => Some("1".to_owned()),
            Expr::Population => self.plan.population(self.unit, self.year).map(|n| n.to_string()),
            Expr::Baseline(code) => self.plan.baseline(self.unit, code).map(|n| n.to_string()),
            Expr::Element(code) => {
                let cell = (self.cell)(self.plan.element_index(code)?)?;
                cells.push(cell.clone());
                Some(cell)
            }
            Expr::Add(a, b) => both(a, '+', b),
            Expr::Sub(a, b) => both(a, '-', b),
            Expr::Mul(a, b) => both(a, '*', b),
            Expr::Div(a, b) => both(a, '/', b),
            Expr::Test(a, comparison, b) => {
                Some(format!("N({}{}{})", self.lowered(a, cells)?, comparison.sign(), self.lowered(b, cells)?))
            }
            Expr::Class(_) => None,
        }
    }
}

/// The prompt and the refusal, cut to what a workbook holds.
fn tell(validation: DataValidation, prompt: &str, refusal: &str) -> Result<DataValidation, XlsxError> {
    let cut = |text: &str| text.chars().take(250).collect::<String>();
    validation
        .set_input_title("Cách ghi")?
        .set_input_message(cut(prompt))?
        .set_error_title("Số liệu không hợp lệ")?
        .set_error_message(cut(refusal))
}
