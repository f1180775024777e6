//! The reference tables as they were used: with `observations` they suffice to recompute every indicator.

use jiff::civil::Date;

use crate::model::{Component, Direction, Plan, Posts, ValueForm};
use crate::register::{Register, Share};
use crate::store::{Store, StoreError, Written, columns};

/// Writes `units, unit_changes, elements, indicators, targets, periods, populations, baselines, rubric, rubric_classes,
/// score_components`.
#[expect(clippy::too_many_lines, reason = "one list of tables")]
pub(super) fn write(plan: &Plan, register: &Register, store: &Store, today: Date) -> Result<Vec<Written>, StoreError> {
    let mut files = Vec::new();
    let mut put = |table: &'static str, all| {
        files.extend(store.write_whole(table, &plan.digest, &Store::batch(table, all)?)?);
        Ok(())
    };
    let units = register.versions();
    put(
        "units",
        vec![
            columns::plain(units.iter().map(|u| &u.code)),
            columns::plain(units.iter().map(|u| &u.name_vi)),
            columns::plain(units.iter().map(|u| &u.name_en)),
            columns::plain(units.iter().map(|u| u.level.as_str())),
            columns::plain(units.iter().map(|u| &u.kind)),
            columns::text(units.iter().map(|u| u.parent_code.as_ref())),
            columns::days(units.iter().map(|u| Some(u.valid_from))),
            columns::days(units.iter().map(|u| u.valid_to)),
            columns::plain(units.iter().map(|u| &u.source)),
        ],
    )?;
    let changes = register.changes();
    put(
        "unit_changes",
        vec![
            columns::days(changes.iter().map(|c| Some(c.effective_date))),
            columns::plain(changes.iter().map(|c| c.change.as_str())),
            columns::text(changes.iter().map(|c| c.from_code.as_ref())),
            columns::text(changes.iter().map(|c| c.to_code.as_ref())),
            columns::numbers(changes.iter().map(|c| c.share.map(Share::number))),
            columns::plain(changes.iter().map(|c| &c.legal_basis)),
            columns::plain(changes.iter().map(|c| &c.source)),
            columns::plain(changes.iter().map(|c| c.confidence.as_str())),
        ],
    )?;
    let elements = &plan.elements;
    put(
        "elements",
        vec![
            columns::plain(elements.iter().map(|e| &e.code)),
            columns::plain(elements.iter().map(|e| &e.form)),
            columns::wholes(elements.iter().map(|e| Some(i32::from(e.column)))),
            columns::plain(elements.iter().map(|e| e.kind.as_str())),
            columns::plain(elements.iter().map(|e| e.level.as_str())),
            columns::plain(elements.iter().map(|e| &e.name_vi)),
            columns::plain(elements.iter().map(|e| &e.name_en)),
            columns::plain(elements.iter().map(|e| &e.unit)),
            columns::flags(elements.iter().map(|e| Some(e.decimals))),
        ],
    )?;
    let all = &plan.indicators;
    put(
        "indicators",
        vec![
            columns::plain(all.iter().map(|i| &i.code)),
            columns::plain(all.iter().map(|i| &i.group)),
            columns::plain(all.iter().map(|i| &i.name_vi)),
            columns::plain(all.iter().map(|i| &i.name_en)),
            columns::plain(all.iter().map(|i| i.level.as_str())),
            columns::text(all.iter().map(|i| i.unit.as_ref())),
            columns::plain(all.iter().map(|i| match i.form {
                ValueForm::Ratio => "ratio",
                ValueForm::Reduction => "reduction",
                ValueForm::Count => "count",
            })),
            columns::plain(all.iter().map(|i| i.numerator.to_string())),
            columns::text(all.iter().map(|i| i.denominator.as_ref().map(ToString::to_string))),
            columns::numbers(all.iter().map(|i| Some(i.factor))),
            columns::text(all.iter().map(|i| i.own.as_ref().map(|o| o.level.as_str()))),
            columns::text(all.iter().map(|i| i.own.as_ref().map(|o| o.numerator.to_string()))),
            columns::text(all.iter().map(|i| Some(i.own.as_ref()?.denominator.as_ref()?.to_string()))),
            columns::plain(all.iter().map(|i| match i.direction {
                Direction::Rise => "rise",
                Direction::Fall => "fall",
                Direction::None => "none",
            })),
            columns::plain(all.iter().map(|i| &i.unit_label)),
        ],
    )?;
    let milestones: Vec<_> = plan.targets.iter().flat_map(|t| t.milestones.iter().map(move |m| (t, m))).collect();
    put(
        "targets",
        vec![
            columns::plain(milestones.iter().map(|(t, _)| &t.indicator)),
            columns::wholes(milestones.iter().map(|(_, m)| Some(i32::from(m.year)))),
            columns::numbers(milestones.iter().map(|(_, m)| Some(m.low))),
            columns::numbers(milestones.iter().map(|(_, m)| Some(m.high))),
            columns::plain(milestones.iter().map(|(t, _)| t.kind.as_str())),
            columns::plain(milestones.iter().map(|(t, _)| t.aim.as_str())),
            columns::numbers(milestones.iter().map(|(t, _)| t.start)),
            columns::plain(milestones.iter().map(|(t, _)| &t.start_source)),
            columns::plain(milestones.iter().map(|(t, _)| t.pace.as_str())),
            columns::numbers(milestones.iter().map(|(t, _)| Some(t.on_track_from))),
            columns::numbers(milestones.iter().map(|(t, _)| Some(t.at_risk_from))),
        ],
    )?;
    periods(plan, today, &mut put)?;
    let populations: Vec<_> =
        plan.populations.iter().flat_map(|(unit, years)| years.iter().map(move |(year, p)| (unit, *year, p))).collect();
    put(
        "populations",
        vec![
            columns::plain(populations.iter().map(|(unit, ..)| unit)),
            columns::wholes(populations.iter().map(|(_, year, _)| Some(i32::from(*year)))),
            columns::numbers(populations.iter().map(|(.., p)| Some(p.persons))),
            columns::plain(populations.iter().map(|(.., p)| &p.note)),
        ],
    )?;
    let baselines: Vec<_> =
        plan.baselines.iter().flat_map(|(unit, own)| own.iter().map(move |(element, b)| (unit, element, b))).collect();
    put(
        "baselines",
        vec![
            columns::plain(baselines.iter().map(|(unit, ..)| unit)),
            columns::plain(baselines.iter().map(|(_, element, _)| element)),
            columns::days(baselines.iter().map(|(.., b)| Some(b.as_of))),
            columns::numbers(baselines.iter().map(|(.., b)| Some(b.value))),
        ],
    )?;
    rubric(plan, &mut put)?;
    score(plan, &mut put)?;
    Ok(files)
}

type Put<'a> = dyn FnMut(&'static str, Vec<arrow_array::ArrayRef>) -> Result<(), StoreError> + 'a;

/// The due date of a period is that of the last form about it.
fn periods(plan: &Plan, today: Date, put: &mut Put<'_>) -> Result<(), StoreError> {
    let mut rows: Vec<_> = plan
        .forms
        .iter()
        .flat_map(|form| plan.periods_of(form).into_iter().map(move |p| (p, plan.due_on(form, p))))
        .collect();
    rows.sort();
    rows.reverse();
    rows.dedup_by_key(|r| r.0);
    rows.reverse();
    put(
        "periods",
        vec![
            columns::plain(rows.iter().map(|(p, _)| p.to_string())),
            columns::days(rows.iter().map(|(p, _)| Some(p.start()))),
            columns::days(rows.iter().map(|(p, _)| Some(p.end()))),
            columns::plain(rows.iter().map(|(p, _)| p.label_vi())),
            columns::plain(rows.iter().map(|(p, _)| p.label_en())),
            columns::days(rows.iter().map(|(_, due)| Some(*due))),
            columns::plain(rows.iter().map(|(_, due)| if *due < today { "provisional" } else { "not_due" })),
        ],
    )
}

fn score(plan: &Plan, put: &mut Put<'_>) -> Result<(), StoreError> {
    let groups = &plan.scoring.groups;
    let all: Vec<_> = groups.iter().flat_map(|g| g.components.iter().map(move |c| (g, c))).collect();
    let posts = |c: &Component| match c.posts {
        Posts::Fixed { low, high } => Some((low, high)),
        Posts::Pace => None,
    };
    put(
        "score_components",
        vec![
            columns::plain(all.iter().map(|(g, _)| &g.code)),
            columns::plain(all.iter().map(|(g, _)| &g.name_vi)),
            columns::plain(all.iter().map(|(g, _)| &g.name_en)),
            columns::numbers(all.iter().map(|(g, _)| Some(g.weight))),
            columns::plain(all.iter().map(|(_, c)| &plan.indicators[c.indicator].code)),
            columns::numbers(all.iter().map(|(_, c)| Some(c.weight))),
            columns::numbers(all.iter().map(|(_, c)| Some(posts(c)?.0))),
            columns::numbers(all.iter().map(|(_, c)| Some(posts(c)?.1))),
            columns::flags(all.iter().map(|(_, c)| Some(c.builds_within_year))),
        ],
    )
}

fn rubric(plan: &Plan, put: &mut Put<'_>) -> Result<(), StoreError> {
    let criteria = &plan.rubric.criteria;
    put(
        "rubric",
        vec![
            columns::plain(criteria.iter().map(|c| &c.code)),
            columns::plain(criteria.iter().map(|c| &c.name_vi)),
            columns::plain(criteria.iter().map(|c| &c.name_en)),
            columns::numbers(criteria.iter().map(|c| Some(c.max_points))),
            columns::plain(criteria.iter().map(|c| &c.claimed_element)),
            columns::plain(criteria.iter().map(|c| &c.verified_element)),
        ],
    )?;
    let classes = &plan.rubric.classes;
    put(
        "rubric_classes",
        vec![
            columns::plain(classes.iter().map(|c| &c.code)),
            columns::plain(classes.iter().map(|c| &c.name_vi)),
            columns::plain(classes.iter().map(|c| &c.name_en)),
            columns::numbers(classes.iter().map(|c| Some(c.min_points))),
            columns::lists(classes.iter().map(|c| {
                c.requirements.iter().map(|r| format!("{}>={}", r.criterion, r.min_points)).collect::<Vec<_>>()
            })),
        ],
    )
}
