//! What stands in for a missing value: the mean or median of all, or of the value's group (COINr `i_mean`, `i_median`,
//! `i_mean_grp`, `i_median_grp`).

use crate::stats::Undefined;
use crate::stats::order::{mean, median};

/// What is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filling {
    /// The mean.
    Mean,
    /// The median.
    Median,
}

/// Fills missing values from those of the same group; a group without any stays missing.
pub fn impute(x: &[Option<f64>], group: &[usize], filling: Filling) -> Result<Vec<Option<f64>>, Undefined> {
    if x.iter().all(Option::is_none) {
        return Err(Undefined::NoValues);
    }
    let groups = group.iter().max().map_or(0, |last| last + 1);
    let mut of_group: Vec<Vec<f64>> = vec![Vec::new(); groups];
    for (value, group) in x.iter().zip(group) {
        of_group[*group].extend(value);
    }
    let fillings: Vec<Option<f64>> = of_group
        .into_iter()
        .map(|mut values| {
            values.sort_by(f64::total_cmp);
            (!values.is_empty()).then(|| match filling {
                Filling::Mean => mean(&values),
                Filling::Median => median(&values),
            })
        })
        .collect();
    Ok(x.iter().zip(group).map(|(value, group)| value.or(fillings[*group])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_group() {
        let x = [Some(4.0), None, Some(6.0), None];
        assert_eq!(impute(&x, &[0, 0, 0, 1], Filling::Mean).expect("values"), [Some(4.0), Some(5.0), Some(6.0), None]);
        assert_eq!(impute(&x, &[0; 4], Filling::Median).expect("values")[3], Some(5.0));
        assert!(impute(&[None], &[0], Filling::Mean).is_err());
    }
}
