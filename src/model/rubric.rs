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
    /// Sum of the points.
    pub points: f64,
    /// Requirements of better classes that the points alone would have reached.
    pub failed: Vec<&'a Requirement>,
    /// Most points that may be lost on whatever criterion before the class is lost, by its bound or a requirement; 0 on the
    /// very bound.
    pub above: f64,
    /// What a better class lacks; `None` in the best.
    pub next: Option<Next<'a>>,
}

/// The better class that is nearest, in points.
#[derive(Debug, Clone, PartialEq)]
pub struct Next<'a> {
    /// Fewest further points, on the right criteria, that reach it.
    pub points: f64,
    /// The criterion that decided: the failed requirement that lacks most where only requirements fail, else the criterion
    /// with the most points missing. The first in the form's order of several.
    pub decided_by: Option<&'a str>,
}

impl Rubric {
    /// Sum of the largest points.
    pub fn max_points(&self) -> f64 {
        self.criteria.iter().map(|c| c.max_points).sum()
    }

    /// The class of a ward from its points, verified or claimed, in the order of `criteria`; `None` when any is missing.
    /// Classes are half-open: the bound itself belongs to the better one.
    pub fn class_of(&self, points: &[Option<f64>]) -> Option<Classed<'_>> {
        let own: Vec<f64> = points.iter().copied().collect::<Option<_>>()?;
        if own.len() != self.criteria.len() || own.is_empty() {
            return None;
        }
        let points = tidy(own.iter().sum());
        let mut failed = Vec::new();
        for (at, class) in self.classes.iter().enumerate() {
            if points < class.min_points {
                continue;
            }
            let missed: Vec<_> = class.requirements.iter().filter(|r| self.gap(r, &own) > 0.0).collect();
            if missed.is_empty() {
                let margins = class.requirements.iter().map(|r| -self.gap(r, &own));
                let above = margins.fold(tidy(points - class.min_points), f64::min);
                let nearest = self.classes[..at].iter().rev().map(|better| self.next(better, &own, points));
                let next = nearest.reduce(|near, next| if next.points < near.points { next } else { near });
                return Some(Classed { class, points, failed, above, next });
            }
            failed.extend(missed);
        }
        None
    }

    /// How many points a requirement lacks; below 0 those to spare.
    fn gap(&self, requirement: &Requirement, own: &[f64]) -> f64 {
        let at = self.criteria.iter().position(|c| c.code == requirement.criterion);
        tidy(requirement.min_points - at.map_or(0.0, |at| own[at]))
    }

    /// What a better class lacks: points on the criteria that it requires count towards its bound too.
    fn next<'a>(&'a self, better: &'a Class, own: &[f64], points: f64) -> Next<'a> {
        let short = tidy(better.min_points - points);
        let gaps = |code: &str| {
            let of = better.requirements.iter().filter(|r| r.criterion == code);
            of.map(|r| self.gap(r, own)).fold(0.0, f64::max)
        };
        let required: f64 = self.criteria.iter().map(|c| gaps(&c.code)).sum();
        let lacks = self.criteria.iter().zip(own).map(|(criterion, own)| {
            let lacks = if short > 0.0 { tidy(criterion.max_points - own) } else { gaps(&criterion.code) };
            (criterion.code.as_str(), lacks)
        });
        let most = lacks.reduce(|most, next| if next.1 > most.1 { next } else { most });
        let decided_by = most.filter(|(_, lacks)| *lacks > 0.0).map(|(code, _)| code);
        Next { points: tidy(required.max(short)), decided_by }
    }
}

/// Points without the noise of their sum, so that a ward on the very bound of a class is in it.
fn tidy(points: f64) -> f64 {
    (points * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: &str, min_points: f64, requires: &[(&str, f64)]) -> Class {
        let requirements =
            requires.iter().map(|(c, p)| Requirement { criterion: (*c).to_owned(), min_points: *p }).collect();
        Class { code: code.to_owned(), name_vi: String::new(), name_en: String::new(), min_points, requirements }
    }

    /// Three criteria of 40, 30 and 30 points.
    fn rubric() -> Rubric {
        let criterion = |code: &str, max_points| Criterion {
            code: code.to_owned(),
            name_vi: String::new(),
            name_en: String::new(),
            max_points,
            claimed_element: String::new(),
            verified_element: String::new(),
        };
        Rubric {
            criteria: vec![criterion("a", 40.0), criterion("b", 30.0), criterion("c", 30.0)],
            classes: vec![
                class("healthy", 80.0, &[("b", 20.0), ("c", 20.0)]),
                class("fair", 65.0, &[("b", 10.0)]),
                class("average", 50.0, &[]),
                class("weak", 0.0, &[]),
            ],
        }
    }

    /// Class, margin above it, points to the next, what decided.
    type Wanted = (&'static str, f64, Option<(f64, Option<&'static str>)>);

    #[test]
    fn classes_by_hand() {
        let cases: [([f64; 3], Wanted); 12] = [
            // On the very bound, and a point to spare in neither requirement.
            ([40.0, 20.0, 20.0], ("healthy", 0.0, None)),
            ([40.0, 30.0, 30.0], ("healthy", 10.0, None)),
            // One point below the bound: all of it can come from any criterion, c lacks most.
            ([37.0, 22.0, 20.0], ("fair", 12.0, Some((1.0, Some("c"))))),
            // The points are there; one requirement fails by one point.
            ([40.0, 19.0, 30.0], ("fair", 9.0, Some((1.0, Some("b"))))),
            // Two fail: the larger gap decided, both must be made up for.
            ([40.0, 19.0, 21.0], ("fair", 9.0, Some((1.0, Some("b"))))),
            ([40.0, 30.0, 11.0], ("fair", 16.0, Some((9.0, Some("c"))))),
            // Points and a requirement fail: the gap counts towards the bound.
            ([40.0, 9.0, 15.0], ("average", 14.0, Some((1.0, Some("b"))))),
            ([40.0, 5.0, 30.0], ("average", 25.0, Some((5.0, Some("b"))))),
            ([20.0, 10.0, 20.0], ("average", 0.0, Some((15.0, Some("a"))))),
            ([19.9, 10.0, 20.0], ("weak", 49.9, Some((0.1, Some("a"))))),
            ([0.0, 0.0, 0.0], ("weak", 0.0, Some((50.0, Some("a"))))),
            // Ten times a tenth is one in sums too.
            ([39.7, 20.1, 20.2], ("healthy", 0.0, None)),
        ];
        let rubric = rubric();
        for (points, (class, above, next)) in cases {
            let got = rubric.class_of(&points.map(Some)).expect("all points are there");
            let got_next = got.next.as_ref().map(|n| (n.points, n.decided_by));
            assert_eq!((got.class.code.as_str(), got.above, got_next), (class, above, next), "{points:?}");
        }
    }

    #[test]
    fn what_failed_is_told_of_classes_that_the_points_reach() {
        let rubric = rubric();
        let failed = |points: [f64; 3]| -> Vec<String> {
            let classed = rubric.class_of(&points.map(Some)).expect("all points are there");
            classed.failed.iter().map(|r| format!("{}>={}", r.criterion, r.min_points)).collect()
        };
        assert_eq!(failed([40.0, 9.0, 31.0]), ["b>=20", "b>=10"]);
        assert_eq!(failed([40.0, 9.0, 21.0]), ["b>=10"]);
        assert!(failed([40.0, 9.0, 15.0]).is_empty(), "the points fall short by themselves");
    }

    #[test]
    fn a_missing_criterion_leaves_no_class() {
        let rubric = rubric();
        assert_eq!(rubric.class_of(&[Some(40.0), None, Some(30.0)]), None);
        assert_eq!(rubric.class_of(&[Some(40.0), Some(30.0)]), None);
        assert_eq!(Rubric::default().class_of(&[]), None);
    }

    #[test]
    fn no_number_of_points_falls_between_two_classes() {
        let rubric = rubric();
        for tenths in 0..=1000 {
            let points = f64::from(tenths) / 10.0;
            let (a, rest) = (points.min(40.0), (points - 40.0).max(0.0));
            let own = [a, rest.min(30.0), (rest - 30.0).max(0.0)];
            let got = rubric.class_of(&own.map(Some)).expect("a class");
            assert!(got.above >= 0.0 && got.next.is_none_or(|n| n.points > 0.0), "{points}");
        }
    }
}
