//! Shares as exact fractions, so that what is parted adds up again to the last unit.

use std::fmt;
use std::str::FromStr;

/// A fraction of two whole numbers in lowest terms, its denominator above zero. Arithmetic that does not fit gives
/// `None`: a share is exact or absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    over: i128,
    under: i128,
}

impl Share {
    /// The whole.
    pub const ONE: Self = Self { over: 1, under: 1 };
    /// Nothing.
    pub const ZERO: Self = Self { over: 0, under: 1 };

    /// `over` ÷ `under`; `None` where that is undefined.
    pub fn new(over: i128, under: i128) -> Option<Self> {
        if under == 0 {
            return None;
        }
        let divisor = gcd(over, under) * under.signum();
        Some(Self { over: over / divisor, under: under / divisor })
    }

    /// A whole number.
    pub const fn whole(number: i128) -> Self {
        Self { over: number, under: 1 }
    }

    /// True between nothing and the whole, both included.
    pub const fn is_part(self) -> bool {
        self.over >= 0 && self.over <= self.under
    }

    /// True for nothing.
    pub const fn is_zero(self) -> bool {
        self.over == 0
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        let under = self.under.checked_mul(other.under)?;
        let (a, b) = (self.over.checked_mul(other.under)?, other.over.checked_mul(self.under)?);
        Self::new(a.checked_add(b)?, under)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { over: -other.over, under: other.under })
    }

    /// The product.
    pub fn times(self, other: Self) -> Option<Self> {
        // What cancels across goes first, so that long chains fit.
        let (a, b) = (gcd(self.over, other.under), gcd(other.over, self.under));
        let over = (self.over / a).checked_mul(other.over / b)?;
        Self::new(over, (self.under / b).checked_mul(other.under / a)?)
    }

    /// The quotient; `None` by zero.
    pub fn by(self, other: Self) -> Option<Self> {
        self.times(Self::new(other.under, other.over)?)
    }

    /// The sum of many.
    pub fn sum(all: impl IntoIterator<Item = Self>) -> Option<Self> {
        all.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// The largest whole number not above, and what is left.
    pub fn split(self) -> Option<(i128, Self)> {
        let whole = self.over.div_euclid(self.under);
        Some((whole, self.minus(Self::whole(whole))?))
    }

    /// Which is larger; `None` where that cannot be told exactly.
    pub fn against(self, other: Self) -> Option<std::cmp::Ordering> {
        Some(self.over.checked_mul(other.under)?.cmp(&other.over.checked_mul(self.under)?))
    }

    /// The nearest floating-point number.
    pub fn number(self) -> f64 {
        self.over as f64 / self.under as f64
    }
}

/// Greatest common divisor; never zero.
fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b > 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a.max(1)).unwrap_or(1)
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.number())
    }
}

impl FromStr for Share {
    type Err = String;

    /// Reads a decimal such as `0.6051`.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is not a share; expected a decimal from 0 to 1, such as 0.6051");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{part}");
        let plain = digits.trim_start_matches('-');
        if plain.is_empty() || plain.len() > 18 || !plain.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let over: i128 = digits.parse().map_err(|_| bad())?;
        Self::new(over, 10i128.pow(part.len() as u32)).ok_or_else(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let share = |text: &str| text.parse::<Share>().unwrap();
        assert_eq!(Share::sum([share("0.1"), share("0.2"), share("0.7")]), Some(Share::ONE));
        assert_eq!(share("0.6051").minus(Share::ONE).unwrap(), share("-0.3949"));
        assert_eq!(share("1.0"), Share::ONE);
        assert_eq!(share("0.5").by(share("0.25")), Some(Share::whole(2)));
        assert!(!share("1.2").is_part());
        for bad in ["", "x", "1,5", "1e3", ".", "0.12345678901234567890"] {
            assert!(bad.parse::<Share>().is_err(), "{bad}");
        }
    }
}
