//! A job: which stages run when, and what its release shows. The calendar is a notation that both cron and systemd can keep.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Weekday;

use super::map::MapChoice;
use super::state::{Span, words};

words! {
    /// A stage of the pipeline; the word is its folder, its command and its label in the log.
    Stage {
        /// Sources → raw bytes and receipts.
        Pull = "pull",
        /// Raw bytes → observations and findings.
        Normalize = "normalize",
        /// Observations → indicator values and scorecards.
        Evaluate = "evaluate",
        /// Tables → a release.
        Publish = "publish",
        /// Findings → a reply to each district.
        Reply = "reply",
    }
}

words! {
    /// Whom a release is for.
    Channel {
        /// Those who follow every night.
        Nightly = "nightly",
        /// Those who rely on it: the store's `stable` leads to the newest.
        Stable = "stable",
    }
}

/// A job of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Name on the command line and in the names of systemd's units.
    pub name: String,
    /// Vietnamese label.
    pub label_vi: String,
    /// English label.
    pub label_en: String,
    /// When it runs, in the plan's zone.
    pub when: Calendar,
    /// Its stages, in the order of [`Stage::ALL`].
    pub stages: Vec<Stage>,
    /// Channel of the release that it makes; none where it publishes nothing.
    pub channel: Option<Channel>,
    /// The map that its pages show, where it is not the plan's choice.
    pub map: Option<MapChoice>,
    /// The span of the figures that its pages show, where it is not the plan's choice.
    pub span: Option<Span>,
}

/// Which days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Days {
    /// Every day.
    Daily,
    /// One day of the week.
    Weekly(Weekday),
    /// One day of each month, 1 to 28.
    Monthly(i8),
    /// One day of one month of each quarter.
    Quarterly {
        /// 1, 2 or 3.
        month: i8,
        /// A day that this month has in every quarter.
        day: i8,
    },
    /// One day of the year.
    Yearly {
        /// 1 to 12.
        month: i8,
        /// A day that the month has in every year.
        day: i8,
    },
}

/// When a job runs: `daily 01:30`, `weekly mon 01:30`, `monthly 20 01:30`, `quarterly 1-20 01:30` (the 20th of each
/// quarter's first month), `yearly 02-05 01:30`. Every such day comes, whatever the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    /// Which days.
    pub days: Days,
    /// Hour, 0 to 23.
    pub hour: i8,
    /// Minute.
    pub minute: i8,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Days of each month in a year that is no leap year.
const LENGTHS: [i8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

fn length(month: i8) -> i8 {
    LENGTHS.get(month as usize - 1).copied().unwrap_or(0)
}

impl FromStr for Calendar {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is no calendar; expected `daily 01:30`, `weekly mon 01:30`, `monthly 20 01:30`, \
                 `quarterly 1-20 01:30` (month of the quarter, day) or `yearly 02-05 01:30` (month, day)"
            )
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let pair = |text: &str, by: char| -> Option<(i8, i8)> {
            let (a, b) = text.split_once(by)?;
            Some((a.parse().ok()?, b.parse().ok()?))
        };
        let (days, time) = match words.as_slice() {
            ["daily", time] => (Days::Daily, time),
            ["weekly", day, time] => {
                let day = WEEKDAYS.iter().find(|(word, _)| word == day).ok_or_else(wrong)?;
                (Days::Weekly(day.1), time)
            }
            ["monthly", day, time] => (Days::Monthly(day.parse().map_err(|_| wrong())?), time),
            ["quarterly", day, time] => {
                let (month, day) = pair(day, '-').ok_or_else(wrong)?;
                (Days::Quarterly { month, day }, time)
            }
            ["yearly", day, time] => {
                let (month, day) = pair(day, '-').ok_or_else(wrong)?;
                (Days::Yearly { month, day }, time)
            }
            _ => return Err(wrong()),
        };
        let (hour, minute) =
            pair(time, ':').filter(|(h, m)| (0..24).contains(h) && (0..60).contains(m)).ok_or_else(wrong)?;
        let most = match days {
            Days::Monthly(_) => Some(28),
            Days::Quarterly { month, .. } if (1..=3).contains(&month) => {
                (0..4).map(|quarter| length(quarter * 3 + month)).min()
            }
            Days::Yearly { month, .. } if (1..=12).contains(&month) => Some(length(month)),
            Days::Daily | Days::Weekly(_) => None,
            Days::Quarterly { .. } | Days::Yearly { .. } => return Err(wrong()),
        };
        match (days, most) {
            (Days::Monthly(day) | Days::Quarterly { day, .. } | Days::Yearly { day, .. }, Some(most))
                if !(1..=most).contains(&day) =>
            {
                Err(format!("`{text}` does not come every time: expected a day from 1 to {most}"))
            }
            _ => Ok(Self { days, hour, minute }),
        }
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days {
            Days::Daily => f.write_str("daily"),
            Days::Weekly(day) => write!(f, "weekly {}", weekday(day)),
            Days::Monthly(day) => write!(f, "monthly {day:02}"),
            Days::Quarterly { month, day } => write!(f, "quarterly {month}-{day:02}"),
            Days::Yearly { month, day } => write!(f, "yearly {month:02}-{day:02}"),
        }?;
        write!(f, " {:02}:{:02}", self.hour, self.minute)
    }
}

fn weekday(day: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, of)| *of == day).map_or("", |(word, _)| word)
}

impl Calendar {
    /// The months of [`Days::Monthly`], [`Days::Quarterly`] and [`Days::Yearly`], with the day.
    fn dates(self) -> Option<(Vec<i8>, i8)> {
        match self.days {
            Days::Daily | Days::Weekly(_) => None,
            Days::Monthly(day) => Some(((1..=12).collect(), day)),
            Days::Quarterly { month, day } => Some(((0..4).map(|quarter| quarter * 3 + month).collect(), day)),
            Days::Yearly { month, day } => Some((vec![month], day)),
        }
    }

    /// systemd's `OnCalendar`, in a zone: `*-01,04,07,10-20 02:00:00 Asia/Ho_Chi_Minh`.
    pub fn on_calendar(&self, zone: &str) -> String {
        let date = match (self.days, self.dates()) {
            (Days::Weekly(day), _) => {
                let word = weekday(day);
                format!("{}{} *-*-*", word[..1].to_uppercase(), &word[1..])
            }
            (_, Some((months, day))) if months.len() < 12 => {
                let months: Vec<String> = months.iter().map(|month| format!("{month:02}")).collect();
                format!("*-{}-{day:02}", months.join(","))
            }
            (_, Some((_, day))) => format!("*-*-{day:02}"),
            (_, None) => "*-*-*".to_owned(),
        };
        format!("{date} {:02}:{:02}:00 {zone}", self.hour, self.minute)
    }

    /// The five fields of one or more lines of a crontab on a machine whose clock is so many minutes ahead of the plan's
    /// zone, or behind it. `None` where the day before it is the last of a February, which no crontab can tell.
    pub fn cron(&self, ahead: i32) -> Option<Vec<String>> {
        let minutes = i32::from(self.hour) * 60 + i32::from(self.minute) + ahead;
        let (turn, minutes) = (minutes.div_euclid(24 * 60), minutes.rem_euclid(24 * 60));
        let time = format!("{} {}", minutes % 60, minutes / 60);
        let Some((months, day)) = self.dates() else {
            let Days::Weekly(day) = self.days else { return Some(vec![format!("{time} * * *")]) };
            let day = (i32::from(day.to_sunday_zero_offset()) + turn).rem_euclid(7);
            return Some(vec![format!("{time} * * {day}")]);
        };
        // By day of the month: its months.
        let mut lines: Vec<(i8, Vec<i8>)> = Vec::new();
        for month in months {
            let (month, day) = match (i32::from(day) + turn, month) {
                (0, 3) => return None,
                (0, 1) => (12, 31),
                (0, month) => (month - 1, length(month - 1)),
                (past, month) if past > i32::from(length(month)) => {
                    // The day after the 28th is the 29th in a leap year.
                    if month == 2 {
                        return None;
                    }
                    (month % 12 + 1, 1)
                }
                (day, month) => (month, day as i8),
            };
            match lines.iter_mut().find(|(of, _)| *of == day) {
                Some((_, months)) => months.push(month),
                None => lines.push((day, vec![month])),
            }
        }
        let fields = |(day, mut months): (i8, Vec<i8>)| {
            months.sort_unstable();
            let months: Vec<String> = months.iter().map(ToString::to_string).collect();
            let months = if months.len() == 12 { "*".to_owned() } else { months.join(",") };
            format!("{time} {day} {months} *")
        };
        Some(lines.into_iter().map(fields).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(text: &str) -> Calendar {
        text.parse().unwrap()
    }

    #[test]
    fn a_calendar_is_kept_by_systemd_and_by_cron_alike() {
        for (text, systemd, cron) in [
            ("daily 01:30", "*-*-* 01:30:00", "30 1 * * *"),
            ("weekly mon 23:05", "Mon *-*-* 23:05:00", "5 23 * * 1"),
            ("monthly 20 02:00", "*-*-20 02:00:00", "0 2 20 * *"),
            ("quarterly 1-20 02:00", "*-01,04,07,10-20 02:00:00", "0 2 20 1,4,7,10 *"),
            ("yearly 02-05 03:00", "*-02-05 03:00:00", "0 3 5 2 *"),
        ] {
            let of = calendar(text);
            assert_eq!(of.to_string(), text);
            assert_eq!(of.on_calendar("Asia/Ho_Chi_Minh"), format!("{systemd} Asia/Ho_Chi_Minh"));
            assert_eq!(of.cron(0), Some(vec![cron.to_owned()]));
        }
    }

    #[test]
    fn a_machine_in_another_zone_runs_at_the_same_moment() {
        // UTC is seven hours behind.
        let utc = |text: &str| calendar(text).cron(-7 * 60);
        assert_eq!(utc("daily 01:30").unwrap(), ["30 18 * * *"]);
        assert_eq!(utc("weekly sun 01:30").unwrap(), ["30 18 * * 6"]);
        assert_eq!(utc("quarterly 1-20 02:00").unwrap(), ["0 19 19 1,4,7,10 *"]);
        assert_eq!(utc("quarterly 1-1 02:00").unwrap(), ["0 19 31 3,12 *", "0 19 30 6,9 *"].map(str::to_owned));
        assert_eq!(utc("yearly 03-01 02:00"), None, "the day before is the 28th or the 29th");
        assert_eq!(utc("monthly 1 08:00").unwrap(), ["0 1 1 * *"]);
        let ahead = |text: &str| calendar(text).cron(5 * 60);
        assert_eq!(ahead("yearly 12-31 22:00").unwrap(), ["0 3 1 1 *"]);
        assert_eq!(ahead("yearly 02-28 22:00"), None);
        assert_eq!(ahead("weekly sat 22:00").unwrap(), ["0 3 * * 0"]);
    }

    #[test]
    fn what_does_not_come_every_time_is_no_calendar() {
        for (text, wanted) in [
            ("monthly 29 01:00", "from 1 to 28"),
            ("quarterly 2-29 01:00", "from 1 to 28"),
            ("quarterly 3-31 01:00", "from 1 to 30"),
            ("quarterly 4-1 01:00", "is no calendar"),
            ("yearly 02-29 01:00", "from 1 to 28"),
            ("yearly 13-01 01:00", "is no calendar"),
            ("daily 24:00", "is no calendar"),
            ("weekly Monday 01:00", "is no calendar"),
            ("nightly", "is no calendar"),
        ] {
            let told = text.parse::<Calendar>().unwrap_err();
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }
}
