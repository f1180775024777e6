//! Worked cases of the checks across files and of likely causes, and how often they cry wolf.

use fastrand::Rng;

use super::{Rules, across};
use crate::model::{CauseKind, Code, Finding, Kind, Period, Rule, RuleKind, Severity, Stock};
use crate::normalize::read::Grid;
use crate::normalize::reading::{Form, Observed, Total};
use crate::normalize::{Submission, versions};
use crate::plan::Definition;
use crate::store::ReceiptRow;

/// Forms that came in, in the order of receipt.
struct Inbox {
    definition: Definition,
    submissions: Vec<Submission>,
}

/// A row: the unit, and its figures by element.
type Row<'a> = (&'a str, Vec<(usize, f64)>);

impl Inbox {
    fn new() -> Self {
        let definition = crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap();
        Self { definition, submissions: Vec::new() }
    }

    fn element(&self, code: &str) -> usize {
        self.definition.plan.element_index(code).unwrap()
    }

    /// Receives a form; its total row says the sums, but for the totals given.
    fn receive(&mut self, form: &str, period: &str, rows: &[Row<'_>], totals: &[(usize, f64)]) {
        let plan = &self.definition.plan;
        let at = plan.forms.iter().position(|f| f.code == form).unwrap();
        let mut out = Form { form: at, period: Some(period.parse().unwrap()), ..Form::default() };
        for (row, (unit, figures)) in rows.iter().enumerate() {
            out.units.push((*unit).to_owned());
            out.named.push((row as u32, 1));
            for (element, value) in figures {
                let (unit, row, column) = (row as u32, row as u32, plan.elements[*element].column + 1);
                out.values.push(Observed { unit, element: *element as u16, column, row, value: *value });
            }
        }
        for element in plan.forms[at].elements.clone() {
            let of = out.values.iter().filter(|v| usize::from(v.element) == element).map(|v| v.value);
            let sum = of.sum();
            let said = totals.iter().find(|(e, _)| *e == element).map_or(sum, |(_, said)| *said);
            out.totals.push(Total { element: element as u16, said, sum });
            if (said - sum).abs() > 1e-9 {
                let mut f = Finding::new(Code::TotalMismatch, "", said.to_string(), "", "");
                f.element = Some(plan.elements[element].code.clone());
                f.cell = Some(Grid::default().address(rows.len() as u32, 2));
                out.findings.push(f);
            }
        }
        super::row(&Rules::new(plan), plan, "", &|_| true, &mut out);
        let receipt = ReceiptRow {
            received_at: self.submissions.len() as i64,
            district: "474".to_owned(),
            ..ReceiptRow::default()
        };
        let (member, member_sha256) = (None, String::new());
        self.submissions.push(Submission { receipt, member, member_sha256, outcome: Ok(out), again: Vec::new() });
    }

    /// One element of one unit over quarters, from the first of 2017 on.
    fn series(&mut self, unit: &str, code: &str, values: &[f64]) {
        let element = self.element(code);
        let mut period: Period = "2017-Q1".parse().unwrap();
        for value in values {
            self.receive("01", &period.to_string(), &[(unit, vec![(element, *value)])], &[]);
            period = period.next();
        }
    }

    /// All findings of these codes, with the index of their submission.
    fn found(mut self, codes: &[Code]) -> Vec<(usize, Finding)> {
        let standing = versions::resolve(&self.submissions);
        across(&self.definition.plan, &self.definition.register, &mut self.submissions, &standing);
        let all = self.submissions.into_iter().enumerate();
        let all = all.flat_map(|(at, s)| s.outcome.unwrap().findings.into_iter().map(move |f| (at, f)));
        all.filter(|(_, f)| codes.contains(&f.code)).collect()
    }
}

const OVER_TIME: [Code; 4] = [Code::Outlier, Code::ChangeImplausible, Code::StockConflict, Code::CopiedForward];

#[test]
fn a_flow_far_above_its_own_past_and_future_is_found_wherever_it_stands() {
    for wrong in [0, 4, 11] {
        let mut values = vec![13.0, 8.0, 0.0, 20.0, 15.0, 2.0, 13.0, 28.0, 10.0, 16.0, 12.0, 15.0];
        values[wrong] = 800.0;
        let mut inbox = Inbox::new();
        inbox.series("19753", "hiv_tests", &values);
        let found = inbox.found(&OVER_TIME);
        let [(at, finding)] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((*at, finding.code, finding.severity), (wrong, Code::Outlier, Severity::Warning));
        let cause = finding.likely_cause.as_ref().unwrap();
        assert_eq!((cause.kind, cause.repairs[0].to), (CauseKind::PowerOfTen, 8.0));
        assert_eq!((cause.repaired, cause.of), (1, 1));
    }
}

#[test]
fn a_superseded_value_is_held_against_the_current_ones() {
    let mut inbox = Inbox::new();
    inbox.series("19753", "community_groups", &[1.0, 12.0, 1.0, 1.0]);
    let element = inbox.element("community_groups");
    inbox.receive("01", "2017-Q2", &[("19753", vec![(element, 1.0)])], &[]);
    let found = inbox.found(&OVER_TIME);
    assert_eq!(found.iter().map(|(at, f)| (*at, f.code)).collect::<Vec<_>>(), [(1, Code::ChangeImplausible)]);
}

#[test]
fn a_unit_is_not_compared_with_what_it_was_before_it_was_merged() {
    // 20122 took in another ward on 2020-01-01, 20113 did not.
    let values = [4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 40.0];
    for (unit, wanted) in [("20122", 0), ("20113", 1)] {
        let mut inbox = Inbox::new();
        inbox.series(unit, "venues_total", &values);
        assert_eq!(inbox.found(&OVER_TIME).len(), wanted, "{unit}");
    }
}

#[test]
fn a_unit_without_a_past_is_held_against_its_peers() {
    let mut inbox = Inbox::new();
    let element = inbox.element("outreach_contacts");
    for (quarter, value) in [(1, 9.0), (2, 30.0), (3, 14.0), (4, 22.0)] {
        let mut rows: Vec<Row<'_>> = ["19744", "19747", "19750", "19753", "19756", "19759"]
            .iter()
            .zip(1..)
            .map(|(unit, size)| (*unit, vec![(element, value * f64::from(size))]))
            .collect();
        if quarter == 4 {
            rows.push(("19762", vec![(element, 9000.0)]));
            rows.push(("19765", vec![(element, 200.0)]));
        }
        inbox.receive("01", &format!("2017-Q{quarter}"), &rows, &[]);
    }
    let found = inbox.found(&OVER_TIME);
    let units: Vec<_> = found.iter().map(|(_, f)| (f.code, f.unit_code.as_deref().unwrap())).collect();
    assert_eq!(units, [(Code::Outlier, "19762")]);
}

#[test]
fn a_stock_follows_from_the_period_before() {
    let mut inbox = Inbox::new();
    let (stock, inflow, outflow) =
        (inbox.element("venues_total"), inbox.element("directives_issued"), inbox.element("licences_revoked"));
    let kind = RuleKind::StockConflict(Stock {
        stock,
        before: stock,
        inflow: vec![inflow],
        outflow: vec![outflow],
        slack: 1.0,
    });
    inbox.definition.plan.rules = vec![Rule { kind, severity: Severity::Info, text: None }];
    for (quarter, now, came, went) in [(1, 20.0, 5.0, 0.0), (2, 24.0, 5.0, 2.0), (4, 90.0, 0.0, 0.0)] {
        let row = vec![(inflow, came), (stock, now), (outflow, went)];
        inbox.receive("01", &format!("2017-Q{quarter}"), &[("19753", row)], &[]);
    }
    // 24 is one more than 23, which the slack allows; a quarter is missing before the fourth.
    inbox.receive("01", "2018-Q1", &[("19753", vec![(inflow, 0.0), (stock, 70.0), (outflow, 3.0)])], &[]);
    let found = inbox.found(&OVER_TIME);
    let [(at, finding)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*at, finding.code, finding.severity), (3, Code::StockConflict, Severity::Info));
    assert!(finding.expected_en.starts_with("87"), "{}", finding.expected_en);
}

/// A full row that differs from period to period.
fn full(inbox: &Inbox, seed: u64) -> Vec<(usize, f64)> {
    let plan = &inbox.definition.plan;
    let mut rng = Rng::with_seed(seed);
    let of = |element: &usize, rng: &mut Rng| match plan.elements[*element].kind {
        Kind::Flag => 1.0,
        _ => f64::from(rng.u32(20..60)),
    };
    plan.form("01").unwrap().elements.iter().map(|element| (*element, of(element, &mut rng))).collect()
}

#[test]
fn a_row_that_repeats_the_period_before_is_found_and_a_form_sent_again_is_its_cause() {
    let mut inbox = Inbox::new();
    let units = ["19744", "19747", "19750"];
    let of = |inbox: &Inbox, seed: u64| {
        let rows = units.iter().zip(seed..).map(|(unit, seed)| (*unit, full(inbox, seed)));
        rows.collect::<Vec<_>>()
    };
    let first = of(&inbox, 1);
    inbox.receive("01", "2017-Q1", &first, &[]);
    // Only the middle row is copied, then all.
    let mut second = of(&inbox, 10);
    second[1] = first[1].clone();
    inbox.receive("01", "2017-Q2", &second, &[]);
    inbox.receive("01", "2017-Q3", &second, &[]);
    // A row of few figures may be the same by chance.
    let element = inbox.element("comm_sessions");
    inbox.receive("01", "2018-Q1", &[("19753", vec![(element, 3.0)])], &[]);
    inbox.receive("01", "2018-Q2", &[("19753", vec![(element, 3.0)])], &[]);
    let found = inbox.found(&[Code::CopiedForward]);
    let seen: Vec<_> =
        found.iter().map(|(at, f)| (*at, f.unit_code.as_deref().unwrap(), f.cell.unwrap().row())).collect();
    assert_eq!(seen, [(1, "19747", 1), (2, "19744", 0), (2, "19747", 1), (2, "19750", 2)]);
    assert!(found[0].1.element.is_none() && found[0].1.likely_cause.is_none());
    let cause = found[1].1.likely_cause.as_ref().unwrap();
    assert_eq!((cause.kind, cause.repaired, cause.of), (CauseKind::FormRepeated, 3, 3));
}

/// A cause, how many of how many contradictions it repairs, and the figures that it puts in place.
type Told = (CauseKind, usize, usize, Vec<f64>);

/// The causes of a form's contradictions.
fn causes(inbox: Inbox, period: &str) -> Vec<(Code, Option<Told>)> {
    let all = inbox.found(Code::ALL);
    let period = period.parse::<Period>().unwrap();
    let of = |f: Finding| {
        let cause = f.likely_cause.map(|c| (c.kind, c.repaired, c.of, c.repairs.iter().map(|r| r.to).collect()));
        (f.code, cause)
    };
    // Findings of one row alone bear their period only when they are written.
    all.into_iter().map(|(_, f)| f).filter(|f| f.period.is_none_or(|p| p == period)).map(of).collect()
}

#[test]
fn swapped_digits_repair_the_part_and_the_total() {
    let mut inbox = Inbox::new();
    let (reached, female) = (inbox.element("people_reached"), inbox.element("people_reached_female"));
    let rows = [("19744", vec![(reached, 45.0), (female, 50.0)]), ("19747", vec![(reached, 31.0), (female, 12.0)])];
    inbox.receive("01", "2017-Q2", &rows, &[(reached, 85.0)]);
    let cause = Some((CauseKind::DigitsSwapped, 2, 2, vec![54.0]));
    let mut found = causes(inbox, "2017-Q2");
    found.sort_by_key(|f| f.0);
    assert_eq!(found, [(Code::PartExceedsWhole, cause.clone()), (Code::TotalMismatch, cause)]);
}

#[test]
fn exchanged_cells_repair_the_sum_and_the_part() {
    let mut inbox = Inbox::new();
    let of = |inbox: &Inbox, code| inbox.element(code);
    let (all, admin, criminal) =
        (of(&inbox, "persons_handled"), of(&inbox, "persons_handled_admin"), of(&inbox, "persons_handled_criminal"));
    inbox.receive("01", "2017-Q2", &[("19744", vec![(all, 12.0), (admin, 21.0), (criminal, 9.0)])], &[]);
    let found: Vec<_> =
        causes(inbox, "2017-Q2").into_iter().map(|(code, c)| (code, c.map(|c| (c.0, c.1, c.2)))).collect();
    let cause = Some((CauseKind::CellsExchanged, 2, 2));
    assert_eq!(found, [(Code::PartExceedsWhole, cause), (Code::PartsDoNotSum, cause)]);
}

#[test]
fn the_year_so_far_repairs_the_part_and_the_total() {
    let mut inbox = Inbox::new();
    let (reached, female) = (inbox.element("people_reached"), inbox.element("people_reached_female"));
    inbox.receive("01", "2017-Q1", &[("19744", vec![(reached, 511.0), (female, 307.0)])], &[]);
    inbox.receive("01", "2017-Q2", &[("19744", vec![(reached, 402.0), (female, 551.0)])], &[(female, 244.0)]);
    let cause = Some((CauseKind::YearToDate, 2, 2, vec![244.0]));
    let mut found = causes(inbox, "2017-Q2");
    found.sort_by_key(|f| f.0);
    assert_eq!(found, [(Code::PartExceedsWhole, cause.clone()), (Code::TotalMismatch, cause)]);
}

#[test]
fn a_shifted_row_repairs_many_things_at_once() {
    let mut inbox = Inbox::new();
    let codes = ["leaflets", "broadcasts", "vocational_trainees", "job_placements", "loans_granted"];
    let elements: Vec<usize> = codes.iter().map(|c| inbox.element(c)).collect();
    let usual = [900.0, 12.0, 4.0, 300.0, 2.0];
    for quarter in 0..12 {
        let mut figures: Vec<f64> = usual.iter().map(|v| v + f64::from(quarter % 3)).collect();
        if quarter == 6 {
            figures.rotate_right(1);
        }
        let row = elements.iter().copied().zip(figures).collect();
        inbox.receive("01", &format!("{}-Q{}", 2017 + quarter / 4, quarter % 4 + 1), &[("19744", row)], &[]);
    }
    let found = inbox.found(&OVER_TIME);
    assert!(found.len() >= 2 && found.iter().all(|(at, _)| *at == 6), "{found:?}");
    for (_, finding) in found {
        let cause = finding.likely_cause.unwrap();
        assert_eq!((cause.kind, cause.repaired), (CauseKind::RowShifted, 2), "{cause}");
        assert!(cause.to_string().starts_with("row-shifted: cả dòng lệch một cột (sửa được 2/2 mâu thuẫn) | the row"));
    }
}

#[test]
fn a_total_that_several_slips_would_repair_is_left_alone() {
    let mut inbox = Inbox::new();
    let sessions = inbox.element("leaflets");
    let rows =
        [("19744", vec![(sessions, 45.0)]), ("19747", vec![(sessions, 23.0)]), ("19750", vec![(sessions, 12.0)])];
    // Nine more: 45 could be 54, 12 could be 21.
    inbox.receive("01", "2017-Q2", &rows, &[(sessions, 89.0)]);
    assert_eq!(causes(inbox, "2017-Q2"), [(Code::TotalMismatch, None)]);
}

/// Counts as wards report them: their size, a season, campaigns and chance, with quarters in which nothing was done.
fn drawn(rng: &mut Rng, size: f64, quarter: usize, idle: f64) -> f64 {
    if rng.f64() < idle {
        return 0.0;
    }
    let season = [0.7, 1.0, 0.9, 1.4][quarter % 4];
    // Gamma of shape 4, then Poisson: a spread of half the mean, and the season on top.
    let mean = size * season * -(0..4).map(|_| rng.f64().max(1e-12).ln()).sum::<f64>() / 4.0;
    if mean > 50.0 {
        let normal = (-2.0 * rng.f64().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos();
        return (mean + mean.sqrt() * normal).round().max(0.0);
    }
    let (mut count, mut product, limit) = (0.0, rng.f64(), (-mean).exp());
    while product > limit {
        count += 1.0;
        product *= rng.f64();
    }
    count
}

/// How many of invented clean values are flagged, of how many, with how many of planted slips found, of how many.
fn simulated(seed: u64, units: usize, quarters: usize, slips: f64) -> [usize; 4] {
    let mut rng = Rng::with_seed(seed);
    let mut inbox = Inbox::new();
    inbox.definition.plan.rules.retain(|rule| OVER_TIME.contains(&rule.code()));
    let plan = inbox.definition.plan.clone();
    let form = plan.form("01").unwrap().elements.clone();
    let codes: Vec<String> = (0..units).map(|unit| format!("u{unit:04}")).collect();
    let sizes: Vec<f64> = (0..units).map(|_| (1.6 * (rng.f64() + rng.f64() - 1.0)).exp()).collect();
    let rows: Vec<Vec<Row<'_>>> = (0..quarters)
        .map(|quarter| {
            let row = |unit: usize, rng: &mut Rng| {
                let of = |element: &usize| {
                    let e = &plan.elements[*element];
                    let size = sizes[unit] * [1.0, 3.0, 12.0, 60.0, 400.0][*element % 5];
                    let value = match e.kind {
                        Kind::Flow if e.decimals => {
                            // Each loan or fine has its own size.
                            let many = drawn(rng, 1.5 * sizes[unit], quarter, 0.3) as usize;
                            (0..many).map(|_| (9.5 + 1.6 * (rng.f64() - 0.5)).exp().round()).sum()
                        }
                        Kind::Flow => drawn(rng, size, quarter, if size < 2.0 { 0.4 } else { 0.05 }),
                        Kind::Stock => {
                            (size * (0.8 + 0.02 * quarter as f64) + 1.5 * (rng.f64() - 0.5)).round().max(0.0)
                        }
                        _ => 1.0,
                    };
                    (*element, value)
                };
                form.iter().map(of).collect()
            };
            codes.iter().enumerate().map(|(unit, code)| (code.as_str(), row(unit, &mut rng))).collect()
        })
        .collect();
    let mut planted = std::collections::BTreeSet::new();
    for (quarter, rows) in rows.into_iter().enumerate() {
        let mut rows = rows;
        for (unit, figures) in &mut rows {
            for (element, value) in figures.iter_mut() {
                let e = &plan.elements[*element];
                if matches!(e.kind, Kind::Flow | Kind::Stock) && !e.decimals && *value >= 1.0 && rng.f64() < slips {
                    *value *= if e.kind == Kind::Flow { 1000.0 } else { 15.0 };
                    planted.insert((quarter, (*unit).to_owned(), e.code.clone()));
                }
            }
        }
        let period = format!("{}-Q{}", 2017 + quarter / 4, quarter % 4 + 1);
        inbox.receive("01", &period, &rows, &[]);
    }
    let values = units * quarters * form.len();
    let found = inbox.found(&OVER_TIME);
    let hit = found
        .iter()
        .filter(|(at, f)| {
            let (unit, element) = (f.unit_code.clone().unwrap(), f.element.clone().unwrap_or_default());
            planted.contains(&(*at, unit, element))
        })
        .count();
    [found.len() - hit, values, hit, planted.len()]
}

#[test]
fn clean_values_are_hardly_ever_flagged() {
    // What rules.toml promises.
    for (units, quarters) in [(150, 20), (600, 5)] {
        let [alarms, values, ..] = simulated(7, units, quarters, 0.0);
        assert!(alarms * 20_000 <= values, "{alarms} of {values} ({units} units, {quarters} quarters)");
    }
}

#[test]
fn slips_are_found_among_others() {
    for (units, quarters) in [(150, 20), (150, 5)] {
        let [alarms, values, hits, planted] = simulated(3, units, quarters, 0.002);
        assert!(hits * 100 >= planted * 90, "{hits} of {planted}");
        assert!(alarms * 10_000 <= values, "{alarms} of {values}");
    }
}
