//! `assessments` → what is said beside a target's value: where it leads, whether it moves, and how a ward stands to the
//! others given its size.

use std::collections::HashMap;

use arrow_array::types::{Float64Type, Int32Type};

use super::edition::{get, numbers};
use super::figure::{self, Figure};
use crate::model::{Indicator, Period};
use crate::store::columns::Words;
use crate::store::{Store, StoreError};

/// What is said of one unit and indicator.
#[derive(Debug, Clone, Default)]
pub(super) struct Outlook {
    /// As sentences.
    pub(super) said: Vec<Figure>,
    /// Limits between which a ward of its size lies by chance alone.
    pub(super) funnel: Option<Funnel>,
}

/// Limits of a funnel at one ward's size, and whether it lies outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Funnel {
    /// Of 95%.
    pub(super) inner: [f64; 2],
    /// Of 99.8%.
    pub(super) outer: [f64; 2],
    pub(super) outside: bool,
}

/// The outlooks of a quarter by unit code and position of the indicator; of indicators that have a target.
pub(super) fn load(
    store: &Store,
    folders: &[&str],
    period: Period,
    wanted: &HashMap<&str, usize>,
    indicators: &[Indicator],
) -> Result<HashMap<(String, usize), Outlook>, StoreError> {
    let mut all = HashMap::new();
    let name = period.to_string();
    let columns = [
        "unit_code",
        "indicator",
        "funnel",
        "funnel_low_95",
        "funnel_high_95",
        "funnel_low_998",
        "funnel_high_998",
        "trend",
        "trend_per_year",
        "projected_year",
        "projected",
        "projected_low",
        "projected_high",
    ];
    for part in store.partitions_below("assessments", folders)?.iter().filter(|part| part.name == name) {
        for batch in part.read(&columns)? {
            let words = |name| Words::of(&batch, name);
            let (Some(unit), Some(indicator), Some(funnel), Some(trend)) =
                (words("unit_code"), words("indicator"), words("funnel"), words("trend"))
            else {
                continue;
            };
            let number = |name| numbers::<Float64Type>(&batch, name);
            let slope = number("trend_per_year");
            let projected = ["projected", "projected_low", "projected_high"].map(number);
            let limits = ["funnel_low_95", "funnel_high_95", "funnel_low_998", "funnel_high_998"].map(number);
            let year = numbers::<Int32Type>(&batch, "projected_year");
            for row in 0..batch.num_rows() {
                let Some(&at) = wanted.get(indicator.get(row)) else { continue };
                let label = &indicators[at].unit_label;
                let mut said = Vec::new();
                said.extend(get(slope, row).and_then(|slope| moving(trend.get(row), slope, label)));
                if let (Some(year), [Some(at), Some(low), Some(high)]) =
                    (get(year, row), projected.map(|column| get(column, row)))
                {
                    said.extend(leading(year, [at, low, high], label));
                }
                said.extend(standing(funnel.get(row)));
                let known = match limits.map(|limit| get(limit, row)) {
                    [Some(a), Some(b), Some(c), Some(d)] => Some(([a, b], [c, d])),
                    _ => None,
                };
                let outside = standing(funnel.get(row)).is_some();
                let funnel = known.map(|(inner, outer)| Funnel { inner, outer, outside });
                if !said.is_empty() || funnel.is_some() {
                    all.insert((unit.get(row).to_owned(), at), Outlook { said, funnel });
                }
            }
        }
    }
    Ok(all)
}

/// A trend that is more than noise.
fn moving(trend: &str, slope: f64, label: &str) -> Option<Figure> {
    let (vi, en) = match trend {
        "increasing" => ("↗ xu hướng tăng", "↗ rising"),
        "decreasing" => ("↘ xu hướng giảm", "↘ falling"),
        _ => return None,
    };
    let by = figure::change(slope.abs(), label);
    Some(Figure { vi: format!("{vi} {} mỗi năm", by.vi), en: format!("{en} by {} a year", by.en) })
}

/// Where the line through what was seen leads; nothing where anything is possible.
fn leading(year: i32, values: [f64; 3], label: &str) -> Option<Figure> {
    if values[1] <= 0.0 && values[2] >= 1.0 && label == "share" {
        return None;
    }
    let [at, low, high] = values.map(|value| figure::value(value, label));
    Some(Figure {
        vi: format!("dự báo cuối năm {year}: {} ({} đến {})", at.vi, low.vi, high.vi),
        en: format!("projected for the end of {year}: {} ({} to {})", at.en, low.en, high.en),
    })
}

/// A ward outside the funnel.
fn standing(flag: &str) -> Option<Figure> {
    let (vi, en) = match flag {
        "low_99.8" => ("thấp hơn hẳn các xã, phường khác (ngoài 99,8%)", "well below other wards (outside 99.8%)"),
        "low_95" => ("thấp hơn các xã, phường khác (ngoài 95%)", "below other wards (outside 95%)"),
        "high_95" => ("cao hơn các xã, phường khác (ngoài 95%)", "above other wards (outside 95%)"),
        "high_99.8" => ("cao hơn hẳn các xã, phường khác (ngoài 99,8%)", "well above other wards (outside 99.8%)"),
        _ => return None,
    };
    Some(Figure { vi: vi.to_owned(), en: en.to_owned() })
}
