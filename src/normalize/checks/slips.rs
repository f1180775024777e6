//! What a slip of the hand may have made of a figure: the figures that it could have been.

use crate::model::CauseKind;

/// Largest figure whose digits are looked at.
const LARGEST: f64 = 1e15;

/// Figures that one slip turns into this one, likelier kinds first; a count stays whole.
pub(super) fn undone(value: f64, decimals: bool) -> Vec<(CauseKind, f64)> {
    let mut all = Vec::new();
    if !(1.0..LARGEST).contains(&value) {
        return all;
    }
    for power in [10.0, 100.0, 1000.0] {
        for other in [value / power, value * power] {
            if (decimals || other.fract() == 0.0) && other < LARGEST {
                all.push((CauseKind::PowerOfTen, other));
            }
        }
    }
    if value.fract() == 0.0 {
        all.extend(swapped(value as u64).into_iter().map(|other| (CauseKind::DigitsSwapped, other as f64)));
    }
    all
}

/// The numbers with two neighbouring digits exchanged; none that would begin with a zero.
fn swapped(value: u64) -> Vec<u64> {
    let mut all = Vec::new();
    let mut power = 1;
    while value / power >= 10 {
        let (low, high) = (value / power % 10, value / power / 10 % 10);
        let leads = value / power < 100;
        if low != high && !(leads && low == 0) {
            all.push(value - (high * 10 + low) * power + (low * 10 + high) * power);
        }
        power *= 10;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_change_places() {
        assert_eq!(swapped(87), [78]);
        assert_eq!(swapped(1204), [1240, 1024, 2104]);
        assert!(swapped(7).is_empty() && swapped(77).is_empty() && swapped(40).is_empty());
    }

    #[test]
    fn a_count_stays_whole() {
        let of = |value, decimals| {
            let all = undone(value, decimals).into_iter();
            all.filter(|(kind, _)| *kind == CauseKind::PowerOfTen).map(|(_, v)| v).collect::<Vec<_>>()
        };
        assert_eq!(of(40.0, false), [4.0, 400.0, 4000.0, 40000.0]);
        assert_eq!(of(45.0, true), [4.5, 450.0, 0.45, 4500.0, 0.045, 45000.0]);
        assert!(undone(0.0, false).is_empty());
    }
}
