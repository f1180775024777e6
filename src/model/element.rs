//! Data elements and the forms that carry them.

use super::state::words;
use super::unit::Level;

/// How an element behaves over time and over units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Counted within the period; summed over time.
    Flow,
    /// State at the end of the period; the last known value stands.
    Stock,
    /// 0 or 1; the last known value stands; sums to a number of units.
    Flag,
    /// Points of a rubric; stands for its year, never summed over time.
    Points,
}

impl Kind {
    /// The word used in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flow => "flow",
            Self::Stock => "stock",
            Self::Flag => "flag",
            Self::Points => "points",
        }
    }
}

words! {
    /// What the quarters of a longer span come to.
    OverTime {
        /// Their sum.
        Sum = "sum",
        /// The last one known.
        Last = "last",
        /// The mean of those known.
        Mean = "mean",
        /// The largest of those known.
        Max = "max",
    }
}

impl Kind {
    /// What it comes to over time unless the definition says otherwise.
    pub const fn over_time(self) -> OverTime {
        match self {
            Self::Flow => OverTime::Sum,
            Self::Stock | Self::Flag | Self::Points => OverTime::Last,
        }
    }
}

/// One figure that a form asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Code, unique in the plan.
    pub code: String,
    /// Code of its form.
    pub form: String,
    /// Position among the form's figures, from 1.
    pub column: u16,
    /// Behaviour over units and, by itself, over time.
    pub kind: Kind,
    /// What its quarters come to over a longer span.
    pub over_time: OverTime,
    /// Level of the unit that the figure is about.
    pub level: Level,
    /// Vietnamese label, as the form prints it.
    pub name_vi: String,
    /// English label.
    pub name_en: String,
    /// Other wordings of the header that mean the same.
    pub headers: Vec<String>,
    /// Element whose header this one stands below ("Trong đó: nữ"), if any.
    pub part_of: Option<String>,
    /// False for counts; true for money and points.
    pub decimals: bool,
    /// Unit of measure for people (`người`, `nghìn đồng`, …); may be empty.
    pub unit: String,
    /// Largest possible value, if the definition sets one.
    pub max: Option<f64>,
    /// What a unit typically reports in a period; only invented samples use it.
    pub typical: Option<f64>,
    /// The same per 1,000 inhabitants.
    pub typical_per_1000: Option<f64>,
}

impl Element {
    /// The two lines of its header: the group that it stands below, if any, and its own label.
    pub fn heading(&self) -> (Option<&str>, String) {
        let parts = self
            .name_vi
            .split_once(" - ")
            .or_else(|| self.part_of.as_ref().and_then(|_| self.name_vi.split_once(": ")));
        parts.map_or_else(|| (None, self.name_vi.clone()), |(group, leaf)| (Some(group), capital(leaf)))
    }
}

/// A text with its first letter in upper case.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// How often a form is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// Every quarter.
    Quarter,
    /// Once a year.
    Year,
}

/// A form: which units it lists, how often, and how it is recognised.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Code: `01`.
    pub code: String,
    /// Vietnamese title, as `BÁO CÁO KẾT QUẢ CÔNG TÁC PHÒNG, CHỐNG TỆ NẠN MẠI DÂM`.
    pub name_vi: String,
    /// English title.
    pub name_en: String,
    /// Level of the units in its rows.
    pub level: Level,
    /// How often it is due.
    pub frequency: Frequency,
    /// Days after the end of the period on which it is due (15; 31 for the annual form).
    pub due_days: i32,
    /// Texts that name the form in its title block, without case or accents ("biểu 01", "mẫu biểu 01").
    pub marks: Vec<String>,
    /// Indices into [`super::Plan::elements`], in the form's column order.
    pub elements: Vec<usize>,
}
