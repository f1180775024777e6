//! The ward score as a plan defines it: which indicators, between which posts, with what weights, and how far all of this may
//! be otherwise.

use super::formula::Expr;
use super::indicator::Indicator;
use super::target::Target;
use super::unit::Level;

/// How scores are averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Averaging {
    /// Weighted sum: a good component makes up for a bad one.
    Arithmetic,
    /// Weighted product: it does so less and less.
    Geometric,
}

/// Between which values a component goes from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Posts {
    /// Fixed ones: they move neither with the other wards nor with time.
    Fixed {
        /// Lower post.
        low: f64,
        /// Upper post.
        high: f64,
    },
    /// From its target's baseline, or 0, to what the target requires at the period's end.
    Pace,
}

/// An indicator that counts towards the score, by its value of the year to date.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Index of the indicator.
    pub indicator: usize,
    /// Its posts.
    pub posts: Posts,
    /// Whether the value counts from 1 January, so that at the end of a quarter only its share of fixed posts holds.
    pub builds_within_year: bool,
    /// Whether the value's interval by chance is an error of the score: not where all is counted.
    pub chance: bool,
    /// Weight within its group.
    pub weight: f64,
}

/// Components that are averaged before the groups are.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreGroup {
    /// Code: `enforcement`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// Weight among the groups.
    pub weight: f64,
    /// Components.
    pub components: Vec<Component>,
}

/// What is drawn anew, and how often, for the intervals of score and rank.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncertainty {
    /// How often.
    pub draws: u32,
    /// The same seed gives the same draws.
    pub seed: u64,
    /// Every weight lies uniformly within this share of itself.
    pub weights: f64,
    /// Every post lies uniformly within this share of the distance between the two.
    pub posts: f64,
    /// Share of the draws that lies between the ends of an interval.
    pub coverage: f64,
}

impl Default for Uncertainty {
    fn default() -> Self {
        Self { draws: 1000, seed: 1, weights: 0.25, posts: 0.1, coverage: 0.9 }
    }
}

/// How the score of a ward is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Scoring {
    /// Groups of components.
    pub groups: Vec<ScoreGroup>,
    /// How the components of a group are averaged.
    pub within: Averaging,
    /// How the groups are.
    pub between: Averaging,
    /// Least score with which a component counts; above 0 where anything is averaged geometrically.
    pub floor: f64,
    /// Least share of a group's components that must be known, and of the groups: below it there is no score.
    pub least_share: f64,
    /// How far all this may be otherwise.
    pub uncertainty: Uncertainty,
}

impl Scoring {
    /// The score of a plan that defines none: its wards' targets with equal weights, each by the share of the required value
    /// that is achieved.
    pub fn of_targets(indicators: &[Indicator], targets: &[Target]) -> Self {
        let components = indicators
            .iter()
            .enumerate()
            .filter(|(_, i)| i.level == Level::Ward && i.unit.is_none())
            .filter(|(_, i)| targets.iter().any(|t| t.indicator == i.code))
            .map(|(at, indicator)| Component {
                indicator: at,
                posts: Posts::Pace,
                builds_within_year: false,
                chance: !counts_units(indicator),
                weight: 1.0,
            })
            .collect();
        let all = ScoreGroup {
            code: "targets".to_owned(),
            name_vi: "Chỉ tiêu".to_owned(),
            name_en: "Targets".to_owned(),
            weight: 1.0,
            components,
        };
        Self {
            groups: vec![all],
            within: Averaging::Arithmetic,
            between: Averaging::Arithmetic,
            floor: 0.0,
            least_share: 0.0,
            uncertainty: Uncertainty::default(),
        }
    }

    /// All components, group by group.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.groups.iter().flat_map(|group| &group.components)
    }
}

/// Whether an indicator is a share of units: of one ward all or nothing, and no matter of chance.
pub fn counts_units(indicator: &Indicator) -> bool {
    matches!(indicator.denominator, Some(Expr::Units))
}
