//! Why a value changed: the difference of two values made of sums, split exactly into what caused it.
//!
//! A quotient n ÷ d that goes from n0 ÷ d0 to n1 ÷ d1 changes by
//! Δn · (1/d0 + 1/d1)/2 + (n0 + n1)/2 · (1/d1 − 1/d0), and the second term is −Δd · (n0 + n1)/2 ÷ (d0 · d1). This is the
//! decomposition of Kitagawa (1955, "Components of a difference between two rates", JASA 50, 1168–1194), and the Shapley
//! value of the two factors (Das Gupta 1993, "Standardization and decomposition of rates", US Census Bureau P23-186;
//! Shorrocks 2013, J. Econ. Inequality 11, 99–126): it does not depend on which factor is taken first, and exchanging the
//! points turns the signs. It is linear in Δn and Δd, so that whatever adds to the sums is given its part, a unit as well
//! as a cause, and the parts sum to the difference.

use super::Undefined;
use super::change::two_rates;

/// How a value is made of its sums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// The numerator alone.
    Count,
    /// `start` + `scale` × numerator ÷ denominator: a ratio, or a reduction (1 − n ÷ d).
    Quotient {
        /// What it starts from.
        start: f64,
        /// What the quotient is multiplied by.
        scale: f64,
    },
}

/// Numerator and denominator.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Sums {
    /// Numerator.
    pub numerator: f64,
    /// Denominator; of a count it is not looked at.
    pub denominator: f64,
}

/// Why something adds otherwise at the second point than at the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its figures are others; it is there at both points.
    Figures,
    /// It was reported at one point only.
    Reporting,
    /// It belongs here at one point only.
    Boundary,
}

/// What adds to the sums, at both points; nothing where it is not there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moved {
    /// What it adds at the first point.
    pub before: Sums,
    /// What it adds at the second.
    pub after: Sums,
    /// Why it adds otherwise.
    pub cause: Cause,
}

/// A difference in its parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Parts {
    /// Other numerators of what is there at both points.
    pub numerator: f64,
    /// Other denominators of what is there at both points.
    pub denominator: f64,
    /// What was reported at one point only.
    pub reporting: f64,
    /// What belongs here at one point only.
    pub boundary: f64,
    /// Another definition.
    pub definition: f64,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, more: Self) {
        self.numerator += more.numerator;
        self.denominator += more.denominator;
    }
}

impl std::ops::Mul<f64> for Sums {
    type Output = Self;

    fn mul(self, share: f64) -> Self {
        Self { numerator: self.numerator * share, denominator: self.denominator * share }
    }
}

impl Form {
    /// The value of these sums.
    pub fn value(self, sums: Sums) -> Result<f64, Undefined> {
        match self {
            _ if sums.numerator.is_nan() => Err(Undefined::MissingInput),
            Self::Count => Ok(sums.numerator),
            Self::Quotient { .. } if sums.denominator.is_nan() => Err(Undefined::MissingInput),
            Self::Quotient { .. } if sums.denominator == 0.0 => Err(Undefined::ZeroDenominator),
            Self::Quotient { start, scale } => Ok(start + scale * (sums.numerator / sums.denominator)),
        }
    }
}

impl Parts {
    /// Every part, in the order of the fields.
    pub fn all(&self) -> [f64; 5] {
        [self.numerator, self.denominator, self.reporting, self.boundary, self.definition]
    }

    /// The difference that they are parts of.
    pub fn sum(&self) -> f64 {
        self.all().iter().sum()
    }

    fn with(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self {
            numerator: of(self.numerator, other.numerator),
            denominator: of(self.denominator, other.denominator),
            reporting: of(self.reporting, other.reporting),
            boundary: of(self.boundary, other.boundary),
            definition: of(self.definition, other.definition),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.with(other, |a, b| a + b)
    }

    /// What is more in these than in others.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    /// Between both.
    #[must_use]
    pub fn mean(self, other: Self) -> Self {
        self.with(other, f64::midpoint)
    }
}

/// What one more in the numerator, and one more in the denominator, adds to the difference between two points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    numerator: f64,
    denominator: f64,
}

impl Weights {
    /// Those of two points; undefined where the value of either is.
    pub fn between(form: Form, before: Sums, after: Sums) -> Result<Self, Undefined> {
        form.value(before)?;
        form.value(after)?;
        Ok(match form {
            Form::Count => Self { numerator: 1.0, denominator: 0.0 },
            Form::Quotient { scale, .. } => {
                let middle = f64::midpoint(before.numerator, after.numerator);
                Self {
                    numerator: scale * f64::midpoint(1.0 / before.denominator, 1.0 / after.denominator),
                    denominator: -scale * (middle / before.denominator / after.denominator),
                }
            }
        })
    }

    /// The part of the difference that comes of this.
    pub fn parts(self, moved: &Moved) -> Parts {
        let Moved { before, after, cause } = moved;
        let numerator = (after.numerator - before.numerator) * self.numerator;
        // Of a count the denominators need not be known.
        let weighs = self.denominator != 0.0;
        let denominator = if weighs { (after.denominator - before.denominator) * self.denominator } else { 0.0 };
        let sum = numerator + denominator;
        match cause {
            Cause::Figures => Parts { numerator, denominator, ..Parts::default() },
            Cause::Reporting => Parts { reporting: sum, ..Parts::default() },
            Cause::Boundary => Parts { boundary: sum, ..Parts::default() },
        }
    }
}

/// The difference between the values of two points, split by what makes up their sums. `moved` leads from the one to the
/// other; its order does not matter.
pub fn split(form: Form, before: Sums, after: Sums, moved: &[Moved]) -> Result<Parts, Undefined> {
    let weights = Weights::between(form, before, after)?;
    Ok(moved.iter().fold(Parts::default(), |sum, one| sum.plus(weights.parts(one))))
}

/// The difference where the definition changed as well: `old` and `new` are the parts of the change of data under either
/// definition, `values` the values by definition, then point. Both orders count alike.
pub fn with_definition(old: Parts, new: Parts, values: [[f64; 2]; 2]) -> Parts {
    let [[old_before, old_after], [new_before, new_after]] = values;
    let definition = f64::midpoint(new_before - old_before, new_after - old_after);
    Parts { definition, ..old.mean(new) }
}

/// True where a share is more than its whole.
pub fn coverage_above_one(share: Sums) -> bool {
    share.denominator > 0.0 && share.numerator > share.denominator * (1.0 + 1e-9)
}

/// True where a share rose, or stayed at all of its whole, although less was counted in its numerator: its denominator
/// fell by more than chance, and by more than the numerator did.
pub fn fewer_detected(before: Sums, after: Sums) -> bool {
    if after.denominator <= 0.0 || after.numerator >= before.numerator || after.denominator >= before.denominator {
        return false;
    }
    let (was, is) = (before.numerator / before.denominator, after.numerator / after.denominator);
    if is <= was && (is < 1.0 || was < 1.0) {
        return false;
    }
    let fell = before.denominator - after.denominator;
    // The exact test is stricter than the normal deviate, which costs nothing.
    fell * fell > 3.0 * (before.denominator + after.denominator)
        && two_rates(after.denominator, 1.0, before.denominator, 1.0).is_ok_and(|p| p <= 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHARE: Form = Form::Quotient { start: 0.0, scale: 1.0 };

    fn sums(numerator: f64, denominator: f64) -> Sums {
        Sums { numerator, denominator }
    }

    fn total(moved: &[Moved], of: fn(&Moved) -> Sums) -> Sums {
        moved.iter().fold(Sums::default(), |mut sum, one| {
            sum += of(one);
            sum
        })
    }

    #[test]
    fn a_case_by_hand() {
        // 30 of 40, then 27 of 30, of which a unit with 3 of 10 did not report again.
        let moved = [
            Moved { before: sums(27.0, 30.0), after: sums(27.0, 30.0), cause: Cause::Figures },
            Moved { before: sums(3.0, 10.0), after: Sums::default(), cause: Cause::Reporting },
        ];
        let parts = split(SHARE, sums(30.0, 40.0), sums(27.0, 30.0), &moved).unwrap();
        assert_eq!((parts.numerator, parts.denominator), (0.0, 0.0));
        assert!((parts.reporting - 0.15).abs() < 1e-12);
        // 8 of 10, then 6 of 6: the numerator took 2 · (1/10 + 1/6)/2 away, the denominator gave 4 · 7 ÷ 60.
        let moved = [Moved { before: sums(8.0, 10.0), after: sums(6.0, 6.0), cause: Cause::Figures }];
        let parts = split(SHARE, sums(8.0, 10.0), sums(6.0, 6.0), &moved).unwrap();
        assert!((parts.numerator + 4.0 / 15.0).abs() < 1e-12 && (parts.denominator - 7.0 / 15.0).abs() < 1e-12);
        assert!((parts.sum() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_value_has_no_split() {
        let nothing = sums(0.0, 0.0);
        assert_eq!(split(SHARE, nothing, sums(1.0, 2.0), &[]), Err(Undefined::ZeroDenominator));
        assert_eq!(split(SHARE, sums(1.0, 2.0), sums(f64::NAN, 2.0), &[]), Err(Undefined::MissingInput));
        assert_eq!(split(Form::Count, sums(1.0, f64::NAN), sums(1.0, f64::NAN), &[]), Ok(Parts::default()));
    }

    #[test]
    fn shares_that_mislead() {
        assert!(
            fewer_detected(sums(80.0, 100.0), sums(40.0, 40.0)) && fewer_detected(sums(60.0, 60.0), sums(20.0, 20.0))
        );
        // More handled; fewer detected by chance; a share that fell.
        let others = [
            (sums(80.0, 100.0), sums(90.0, 95.0)),
            (sums(4.0, 6.0), sums(3.0, 4.0)),
            (sums(80.0, 100.0), sums(20.0, 40.0)),
        ];
        assert!(others.iter().all(|(before, after)| !fewer_detected(*before, *after)));
        assert!(coverage_above_one(sums(5.0, 4.0)) && !coverage_above_one(sums(4.0, 4.0)));
        assert!(!coverage_above_one(sums(5.0, 0.0)) && !coverage_above_one(sums(f64::NAN, 4.0)));
    }

    fn form() -> impl Strategy<Value = Form> {
        prop_oneof![
            Just(Form::Count),
            (-1.0..2.0, -1000.0..1000.0f64).prop_map(|(start, scale)| Form::Quotient { start, scale })
        ]
    }

    fn moved() -> impl Strategy<Value = Vec<Moved>> {
        let sums = || (0.0..1e5f64, 1e-3..1e5f64).prop_map(|(n, d)| sums(n, d));
        let one = prop_oneof![
            4 => (sums(), sums()).prop_map(|(before, after)| Moved { before, after, cause: Cause::Figures }),
            1 => sums().prop_map(|after| Moved { before: Sums::default(), after, cause: Cause::Reporting }),
            1 => sums().prop_map(|before| Moved { before, after: Sums::default(), cause: Cause::Boundary }),
        ];
        (sums(), sums(), prop::collection::vec(one, 0..40)).prop_map(|(before, after, mut rest)| {
            rest.push(Moved { before, after, cause: Cause::Figures });
            rest
        })
    }

    fn size(parts: &Parts, values: &[f64]) -> f64 {
        parts.all().iter().chain(values).map(|part| part.abs()).sum()
    }

    proptest! {
        #[test]
        fn the_parts_sum_to_the_difference(form in form(), moved in moved()) {
            let (before, after) = (total(&moved, |m| m.before), total(&moved, |m| m.after));
            let parts = split(form, before, after, &moved).unwrap();
            let values = [form.value(before).unwrap(), form.value(after).unwrap()];
            let off = (parts.sum() - (values[1] - values[0])).abs();
            prop_assert!(off <= 1e-12 * size(&parts, &values), "{off} {parts:?} {values:?}");
        }

        #[test]
        fn a_cause_that_is_absent_has_no_part(form in form(), moved in moved()) {
            let figures: Vec<Moved> = moved.iter().copied().filter(|m| m.cause == Cause::Figures).collect();
            let (before, after) = (total(&figures, |m| m.before), total(&figures, |m| m.after));
            let parts = split(form, before, after, &figures).unwrap();
            prop_assert_eq!((parts.reporting, parts.boundary, parts.definition), (0.0, 0.0, 0.0));
            let same: Vec<Moved> = figures.iter().map(|m| Moved { after: m.before, ..*m }).collect();
            prop_assert_eq!(split(form, before, before, &same), Ok(Parts::default()));
            // Where only numerators change, the denominators have no part.
            let over: Vec<Moved> = figures
                .iter()
                .map(|m| Moved { after: sums(m.after.numerator, m.before.denominator), ..*m })
                .collect();
            let parts = split(form, before, total(&over, |m| m.after), &over).unwrap();
            prop_assert_eq!((parts.denominator, parts.reporting), (0.0, 0.0));
        }

        #[test]
        fn exchanged_points_turn_the_signs(form in form(), moved in moved()) {
            let (before, after) = (total(&moved, |m| m.before), total(&moved, |m| m.after));
            let there = split(form, before, after, &moved).unwrap();
            let turned: Vec<Moved> = moved.iter().map(|m| Moved { before: m.after, after: m.before, cause: m.cause }).collect();
            let back = split(form, after, before, &turned).unwrap();
            let off = there.plus(back);
            prop_assert!(off.all().iter().all(|part| part.abs() <= 1e-12 * size(&there, &[])), "{off:?}");
        }

        #[test]
        fn both_orders_of_data_and_definition_count_alike(old in form(), new in form(), moved in moved()) {
            let (before, after) = (total(&moved, |m| m.before), total(&moved, |m| m.after));
            let values = [old, new].map(|form| [before, after].map(|sums| form.value(sums).unwrap()));
            let [under_old, under_new] = [old, new].map(|form| split(form, before, after, &moved).unwrap());
            let parts = with_definition(under_old, under_new, values);
            let change = values[1][1] - values[0][0];
            prop_assert!((parts.sum() - change).abs() <= 1e-12 * size(&parts, &values.concat()));
            let back = with_definition(under_new, under_old, [[values[1][0], values[1][1]], [values[0][0], values[0][1]]]);
            prop_assert!((parts.definition + back.definition).abs() <= 1e-12 * size(&parts, &[]));
        }
    }
}
