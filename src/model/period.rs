//! Reporting periods: quarters and years, their order, labels and days.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A reporting period. Ordered by its first day, a year before its own first quarter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i16,
    /// 0 for the whole year, else 1 to 4.
    quarter: u8,
}

impl Period {
    /// The whole calendar year.
    pub const fn year_of(year: i16) -> Self {
        Self { year, quarter: 0 }
    }

    /// Quarter `quarter` (1 to 4) of `year`; `None` outside that range.
    pub const fn quarter_of(year: i16, quarter: u8) -> Option<Self> {
        if quarter >= 1 && quarter <= 4 { Some(Self { year, quarter }) } else { None }
    }

    /// The quarter that holds `day`.
    pub fn quarter_containing(day: Date) -> Self {
        Self { year: day.year(), quarter: (day.month() as u8 - 1) / 3 + 1 }
    }

    /// The calendar year.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// 1 to 4 for a quarter, `None` for a year.
    pub const fn quarter(self) -> Option<u8> {
        if self.quarter == 0 { None } else { Some(self.quarter) }
    }

    /// True for a whole year.
    pub const fn is_year(self) -> bool {
        self.quarter == 0
    }

    /// First day of the period.
    pub fn start(self) -> Date {
        let month = if self.quarter == 0 { 1 } else { (self.quarter as i8 - 1) * 3 + 1 };
        Date::constant(self.year, month, 1)
    }

    /// Last day of the period.
    pub fn end(self) -> Date {
        match self.quarter {
            1 => Date::constant(self.year, 3, 31),
            2 => Date::constant(self.year, 6, 30),
            3 => Date::constant(self.year, 9, 30),
            _ => Date::constant(self.year, 12, 31),
        }
    }

    /// The period of the same length that follows.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.quarter {
            0 => Self { year: self.year + 1, quarter: 0 },
            4 => Self { year: self.year + 1, quarter: 1 },
            q => Self { year: self.year, quarter: q + 1 },
        }
    }

    /// The period of the same length that precedes.
    #[must_use]
    pub const fn previous(self) -> Self {
        match self.quarter {
            0 => Self { year: self.year - 1, quarter: 0 },
            1 => Self { year: self.year - 1, quarter: 4 },
            q => Self { year: self.year, quarter: q - 1 },
        }
    }

    /// The same quarter (or the year) one year earlier.
    #[must_use]
    pub const fn year_before(self) -> Self {
        Self { year: self.year - 1, quarter: self.quarter }
    }

    /// The year whose classes hold at the end of the period: within a year those of the year before, at its end its own.
    #[must_use]
    pub const fn class_year(self) -> Self {
        let own = self.quarter == 0 || self.quarter == 4;
        Self::year_of(if own { self.year } else { self.year - 1 })
    }

    /// All quarters from `self` to `last`, both included; empty when `last` is earlier.
    pub fn through(self, last: Self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut p = self;
        while p <= last {
            all.push(p);
            p = p.next();
        }
        all
    }

    /// Vietnamese label: `Quý II năm 2018`, `Năm 2018`.
    pub fn label_vi(self) -> String {
        match self.quarter {
            0 => format!("Năm {}", self.year),
            q => format!("Quý {} năm {}", ["I", "II", "III", "IV"][q as usize - 1], self.year),
        }
    }

    /// English label: `2018 Q2`, `2018`.
    pub fn label_en(self) -> String {
        match self.quarter {
            0 => self.year.to_string(),
            q => format!("{} Q{q}", self.year),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.quarter {
            0 => write!(f, "{}", self.year),
            q => write!(f, "{}-Q{q}", self.year),
        }
    }
}

/// The text is not of the form `2018-Q2` or `2018`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period; expected `2018-Q2` or `2018`")]
pub struct PeriodError(pub String);

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let bad = || PeriodError(text.to_owned());
        let year_of = |y: &str| {
            if y.len() == 4 { y.parse::<i16>().ok().filter(|y| *y > 0) } else { None }
        };
        match text.split_once("-Q") {
            None => year_of(text).map(Self::year_of).ok_or_else(bad),
            Some((y, q)) => {
                let quarter = q.parse::<u8>().map_err(|_| bad())?;
                Self::quarter_of(year_of(y).ok_or_else(bad)?, quarter).ok_or_else(bad)
            }
        }
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quarter_knows_its_days() {
        let p: Period = "2018-Q2".parse().unwrap();
        assert_eq!((p.start(), p.end()), (Date::constant(2018, 4, 1), Date::constant(2018, 6, 30)));
        assert_eq!(p.label_vi(), "Quý II năm 2018");
        let year = |text: &str| text.parse::<Period>().unwrap().class_year().to_string();
        assert_eq!((year("2018-Q3"), year("2018-Q4"), year("2018")), ("2017".into(), "2018".into(), "2018".into()));
        for bad in ["2018-Q5", "2018Q2", "18-Q2", "", "2018-Q", "2018-Q-1"] {
            assert!(bad.parse::<Period>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn text_and_neighbours_round_trip(year in 1000i16..3000, quarter in 0u8..=4) {
            let p = Period::quarter_of(year, quarter).unwrap_or(Period::year_of(year));
            prop_assert_eq!(p.to_string().parse::<Period>().unwrap(), p);
            prop_assert_eq!(p.next().previous(), p);
            prop_assert_eq!(p.end().tomorrow().unwrap(), p.next().start());
        }
    }
}
