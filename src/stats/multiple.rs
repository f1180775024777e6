//! Many tests at once: of twenty estimates of nothing, one would be "found" at 5%.

/// p values after Holm's correction (1979, Scand J Statist 6:65), which keeps the chance of a single false finding among all
/// of them at the level that they are held against.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![0.0; p.len()];
    let mut least: f64 = 0.0;
    for (rank, at) in order.into_iter().enumerate() {
        least = least.max((p[at] * (p.len() - rank) as f64).min(1.0));
        adjusted[at] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let got = holm(&[0.01, 0.04, 0.03, 0.9]);
        assert!(got.iter().zip([0.04, 0.09, 0.09, 0.9]).all(|(a, b)| (a - b).abs() < 1e-12), "{got:?}");
        assert!(holm(&[]).is_empty());
    }
}
