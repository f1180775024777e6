//! Sparklines: a series over the plan's quarters, and what was required, as small SVG paths.

use serde::Serialize;

/// Width and height in the units of the drawing.
const SIZE: (f64, f64) = (120.0, 28.0);

/// A drawn series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spark {
    /// The line; broken where a quarter has no value.
    pub path: String,
    /// What was required; empty where nothing was.
    pub goal: String,
    /// Where the last known value stands, so that a single one shows too.
    pub end: [String; 2],
}

/// Draws a series with what was required; `None` where no quarter has a value.
pub fn draw(series: &[Option<f64>], required: &[Option<f64>]) -> Option<Spark> {
    let last = series.iter().rposition(Option::is_some)?;
    let known = || series.iter().chain(required).flatten().copied();
    let low = known().fold(0.0, f64::min);
    let high = known().fold(low + 1e-9, f64::max);
    let step = SIZE.0 / (series.len().max(2) - 1) as f64;
    let x = |at: usize| format!("{:.0}", step * at as f64);
    let y = |v: f64| {
        let text = format!("{:.1}", SIZE.1 - 2.0 - (v - low) / (high - low) * (SIZE.1 - 4.0));
        text.trim_end_matches(".0").to_owned()
    };
    let line = |series: &[Option<f64>]| {
        let mut path = String::with_capacity(series.len() * 8);
        let mut pen = 'M';
        for (at, value) in series.iter().enumerate() {
            match value {
                None => pen = 'M',
                Some(v) => {
                    path.push(pen);
                    path.push_str(&x(at));
                    path.push(' ');
                    path.push_str(&y(*v));
                    pen = 'L';
                }
            }
        }
        path
    };
    let end = [x(last), y(series[last].unwrap_or_default())];
    Some(Spark { path: line(series), goal: line(required), end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line() {
        let spark = draw(&[Some(0.0), None, Some(1.0)], &[None, Some(0.5), Some(1.0)]).unwrap();
        assert_eq!(spark.path, "M0 26M120 2");
        assert_eq!(spark.goal, "M60 14L120 2");
        assert_eq!(spark.end, ["120", "2"]);
        assert_eq!(draw(&[None, None], &[Some(1.0), None]), None);
    }
}
