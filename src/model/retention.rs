//! Which releases are kept: all of the last days, then the last one of each month and of each year.

use std::collections::BTreeMap;

use jiff::civil::Date;

/// How long releases are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days of which every release is kept.
    pub days: u32,
    /// Months of which the last release is kept; `None` for all.
    pub month_ends: Option<u32>,
    /// Years of which the last release is kept; `None` for all.
    pub year_ends: Option<u32>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30, month_ends: None, year_ends: None }
    }
}

impl Retention {
    /// Positions of the releases that need not be kept; `made` are their days, oldest first.
    pub fn expired(&self, made: &[Date], today: Date) -> Vec<usize> {
        let mut last_of_month: BTreeMap<(i16, i8), usize> = BTreeMap::new();
        let mut last_of_year: BTreeMap<i16, usize> = BTreeMap::new();
        for (at, day) in made.iter().enumerate() {
            last_of_month.insert((day.year(), day.month()), at);
            last_of_year.insert(day.year(), at);
        }
        let age = |day: Date| u32::try_from((today - day).get_days()).unwrap_or(0);
        let months = |day: Date| {
            let count = |day: Date| i32::from(day.year()) * 12 + i32::from(day.month());
            u32::try_from(count(today) - count(day)).unwrap_or(0)
        };
        let years = |day: Date| u32::try_from(today.year() - day.year()).unwrap_or(0);
        let kept = |(at, day): (usize, Date)| {
            age(day) < self.days
                || (last_of_month.get(&(day.year(), day.month())) == Some(&at)
                    && self.month_ends.is_none_or(|most| months(day) <= most))
                || (last_of_year.get(&day.year()) == Some(&at) && self.year_ends.is_none_or(|most| years(day) <= most))
        };
        let all = made.iter().copied().enumerate();
        all.filter(|release| !kept(*release)).map(|(at, _)| at).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(all: &[&str]) -> Vec<Date> {
        all.iter().map(|day| day.parse().unwrap()).collect()
    }

    #[test]
    fn the_last_days_and_the_ends_of_months_and_years_are_kept() {
        let made = days(&[
            "2018-12-30",
            "2018-12-31",
            "2019-01-15",
            "2019-01-31",
            "2019-11-01",
            "2020-01-05",
            "2020-01-29",
            "2020-02-01",
            "2020-02-01",
            "2020-02-27",
        ]);
        let today = "2020-02-28".parse().unwrap();
        assert_eq!(Retention::default().expired(&made, today), [0, 2, 5]);
        let few = Retention { days: 1, month_ends: Some(1), year_ends: Some(1) };
        // 27 February is a day old and the last of its month.
        assert_eq!(few.expired(&made, today), [0, 1, 2, 3, 5, 7, 8]);
        let none = Retention { days: 0, month_ends: Some(0), year_ends: Some(0) };
        assert_eq!(none.expired(&made, today), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        // A clock that jumped back keeps what was made later.
        assert_eq!(few.expired(&days(&["2021-05-01", "2021-05-02"]), today), Vec::<usize>::new());
    }
}
