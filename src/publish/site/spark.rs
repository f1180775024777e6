//! Sparklines: a series over the plan's quarters as a small SVG path.

/// Width and height in the units of the drawing.
const SIZE: (f64, f64) = (120.0, 28.0);

/// A drawn series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spark {
    /// The line; broken where a quarter has no value.
    pub(super) path: String,
    /// Height of the required value, if there is one.
    pub(super) goal: Option<String>,
    /// Where the last known value stands, so that a single one shows too.
    pub(super) end: Option<(String, String)>,
}

/// Draws a series; `None` where no quarter has a value.
pub(super) fn draw(series: &[Option<f64>], goal: Option<f64>) -> Option<Spark> {
    let known = || series.iter().flatten().copied().chain(goal);
    series.iter().flatten().next()?;
    let low = known().fold(0.0, f64::min);
    let high = known().fold(low + 1e-9, f64::max);
    let y = |v: f64| SIZE.1 - 2.0 - (v - low) / (high - low) * (SIZE.1 - 4.0);
    let step = SIZE.0 / (series.len().max(2) - 1) as f64;
    let mut path = String::with_capacity(series.len() * 12);
    let mut pen = 'M';
    for (at, value) in series.iter().enumerate() {
        match value {
            None => pen = 'M',
            Some(v) => {
                path.push_str(&format!("{pen}{:.0} {:.1}", step * at as f64, y(*v)));
                pen = 'L';
            }
        }
    }
    let last = series.iter().enumerate().rev().find_map(|(at, v)| Some((at, (*v)?)));
    let end = last.map(|(at, v)| (format!("{:.0}", step * at as f64), format!("{:.1}", y(v))));
    Some(Spark { path, end, goal: goal.map(|g| format!("{:.1}", y(g))) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_breaks_the_line() {
        let spark = draw(&[Some(0.0), None, Some(1.0)], Some(1.0)).unwrap();
        assert_eq!(spark.path, "M0 26.0M120 2.0");
        assert_eq!(spark.goal.as_deref(), Some("2.0"));
        assert_eq!(draw(&[None, None], Some(1.0)), None);
    }
}
