//! The rubric: criteria, points, classes and what a class requires whatever the points.

/// One criterion of the rubric.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Code: `c01`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// Largest number of points.
    pub max_points: f64,
    /// Element with the points that the ward claims.
    pub claimed_element: String,
    /// Element with the points that the district verified.
    pub verified_element: String,
}

/// A requirement of a class: at least so many verified points on one criterion.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// Criterion code.
    pub criterion: String,
    /// Least verified points.
    pub min_points: f64,
}

/// A class of wards.
#[derive(Debug, Clone, PartialEq)]
pub struct Class {
    /// Code: `healthy`.
    pub code: String,
    /// Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// Least verified points.
    pub min_points: f64,
    /// What it requires whatever the points.
    pub requirements: Vec<Requirement>,
}

/// The rubric of a plan; classes stand from best to worst, the last one from 0 without requirements.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rubric {
    /// Criteria in the form's order.
    pub criteria: Vec<Criterion>,
    /// Classes, best first.
    pub classes: Vec<Class>,
}

/// Outcome of classing one ward.
#[derive(Debug, Clone, PartialEq)]
pub struct Classed<'a> {
    /// The class reached.
    pub class: &'a Class,
    /// Verified points.
    pub points: f64,
    /// Requirements of better classes that the points alone would have reached.
    pub failed: Vec<&'a Requirement>,
}

impl Rubric {
    /// Sum of the largest points.
    pub fn max_points(&self) -> f64 {
        self.criteria.iter().map(|c| c.max_points).sum()
    }

    /// The class of a ward from its verified points, in the order of `criteria`; `None` when any is missing.
    pub fn class_of(&self, verified: &[Option<f64>]) -> Option<Classed<'_>> {
        let points: Option<f64> = verified.iter().copied().sum();
        let points = points.filter(|_| verified.len() == self.criteria.len() && !verified.is_empty())?;
        let mut failed = Vec::new();
        for class in &self.classes {
            if points < class.min_points {
                continue;
            }
            let missed: Vec<_> = class
                .requirements
                .iter()
                .filter(|r| {
                    let at = self.criteria.iter().position(|c| c.code == r.criterion);
                    at.and_then(|i| verified[i]).is_none_or(|p| p < r.min_points)
                })
                .collect();
            if missed.is_empty() {
                return Some(Classed { class, points, failed });
            }
            failed.extend(missed);
        }
        None
    }
}
