//! The cells that the figures of the period shown come from: per unit and element, with file and sheet.
//!
//! In: `observations` of the quarters of the span shown and of the year whose classes hold. Out: a few bytes per cell; the
//! addresses of files are kept once. Nothing is summed here.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use rayon::prelude::*;

use super::edition::Of;
use super::notes::Notes;
use crate::model::{CellRef, Expr, Indicator, Kind, Level, Period, Plan};
use crate::store::columns::Words;
use crate::store::{Partition, Store, StoreError};

/// Where cells stand: a sheet of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(super) struct Source {
    #[serde(serialize_with = "as_text")]
    pub(super) period: Period,
    pub(super) form: String,
    /// Sender and name of the file, with its path inside an archive.
    pub(super) file: String,
    /// None in a text file.
    pub(super) sheet: Option<String>,
    /// Its name on a page: a unit has one current form of a kind and period.
    pub(super) anchor: String,
    /// The period in short: `Q2`, or the year.
    pub(super) label: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands in a reference")]
fn as_text<S: serde::Serializer>(period: &Period, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(period)
}

/// A cell of a unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell {
    /// Position of its element in the plan.
    pub(super) element: u16,
    /// Position of its source.
    pub(super) source: u32,
    pub(super) cell: CellRef,
    pub(super) value: f64,
}

/// All sources, and the cells of each unit, by element and period.
#[derive(Debug, Default)]
pub(super) struct Sources {
    all: Vec<Source>,
    of_unit: Vec<Vec<Cell>>,
    /// Warnings and corrections.
    pub(super) notes: Notes,
    /// By indicator and level: the elements that it reads of a unit itself.
    elements: Vec<[Vec<usize>; 3]>,
}

/// Periods whose forms the figures shown are made of.
fn periods(plan: &Plan, quarter: Period) -> Vec<String> {
    let quarters = plan.settings.span.first_quarter(quarter, plan.first_period).through(quarter);
    quarters.into_iter().chain([quarter.class_year()]).map(|period| period.to_string()).collect()
}

/// What one file of `observations` brings: sources, then cells with their unit, that name them by position.
#[derive(Default)]
struct Brought {
    sources: Vec<Source>,
    cells: Vec<(u32, Cell)>,
}

impl Sources {
    /// Loads the cells of the span shown that ends with a quarter, of these units by code.
    pub(super) fn load(
        plan: &Plan,
        store: &Store,
        quarter: Period,
        units: &HashMap<String, usize>,
        scope: &Of<'_>,
    ) -> Result<Self, StoreError> {
        let periods = periods(plan, quarter);
        let files = names(store, scope.territory())?;
        let parts = store.partitions_below("observations", &scope.provinces())?;
        let wanted = parts.par_iter().filter(|part| periods.contains(&part.name));
        let brought: Result<Vec<Brought>, StoreError> = wanted.map(|part| bring(plan, part, units, &files)).collect();
        let levels = [Level::Ward, Level::District, Level::Province];
        let of = |indicator: &Indicator| levels.map(|level| elements(plan, indicator, level));
        let mut sources = Self {
            all: Vec::new(),
            of_unit: vec![Vec::new(); units.len()],
            notes: Notes::load(plan, store, scope.territory(), &periods, units)?,
            elements: plan.indicators.iter().map(of).collect(),
        };
        for part in brought? {
            let before = sources.all.len() as u32;
            sources.all.extend(part.sources);
            for (unit, cell) in part.cells {
                sources.of_unit[unit as usize].push(Cell { source: before + cell.source, ..cell });
            }
        }
        // Files come by name, so a unit's periods stand in their order already.
        sources.of_unit.par_iter_mut().for_each(|cells| cells.sort_by_key(|cell| cell.element));
        Ok(sources)
    }

    /// The sources of the cells of units, by period and form.
    pub(super) fn of_units(&self, units: impl Iterator<Item = usize>) -> Vec<&Source> {
        let cells = units.filter_map(|unit| self.of_unit.get(unit)).flatten();
        let mut used: Vec<u32> = cells.map(|cell| cell.source).collect();
        used.sort_unstable();
        used.dedup();
        let mut sources: Vec<&Source> = used.into_iter().filter_map(|at| self.all.get(at as usize)).collect();
        sources.sort_by(|a, b| (a.period, &a.form).cmp(&(b.period, &b.form)));
        sources
    }

    /// The source of a cell.
    pub(super) fn source(&self, cell: &Cell) -> Option<&Source> {
        self.all.get(cell.source as usize)
    }

    /// Elements that an indicator reads of a unit of a level.
    pub(super) fn elements(&self, indicator: usize, level: Level) -> &[usize] {
        self.elements.get(indicator).and_then(|levels| levels.get(level as usize)).map_or(&[], Vec::as_slice)
    }

    /// The cells of a unit's element: of a flow every quarter's, of a state the last known.
    pub(super) fn of(&self, plan: &Plan, unit: usize, element: usize) -> &[Cell] {
        let cells = self.of_unit.get(unit).map_or(&[][..], Vec::as_slice);
        let start = cells.partition_point(|cell| usize::from(cell.element) < element);
        let end = cells.partition_point(|cell| usize::from(cell.element) <= element);
        let flow = plan.elements.get(element).is_some_and(|e| e.kind == Kind::Flow);
        cells.get(if flow { start } else { end.saturating_sub(1).max(start) }..end).unwrap_or(&[])
    }
}

/// Elements that an indicator reads of a unit of a level, in the order of its formulas; of a class its points.
fn elements(plan: &Plan, indicator: &Indicator, level: Level) -> Vec<usize> {
    let mut all = Vec::new();
    let mut add = |code: &str| all.extend(plan.element_index(code).filter(|at| !all.contains(at)));
    let own = indicator.own.as_ref().filter(|own| own.level == level);
    let formulas = own.map(|own| (&own.numerator, own.denominator.as_ref()));
    let formulas = formulas
        .or_else(|| (indicator.level == level).then_some((&indicator.numerator, indicator.denominator.as_ref())));
    let Some((numerator, denominator)) = formulas else { return all };
    for expr in std::iter::once(numerator).chain(denominator) {
        expr.visit(&mut |leaf| match leaf {
            Expr::Element(code) => add(code),
            Expr::Class(_) => plan.rubric.criteria.iter().for_each(|c| add(&c.verified_element)),
            _ => {}
        });
    }
    all
}

/// Submission and member → sender and file name.
fn names(store: &Store, territory: &str) -> Result<HashMap<(String, String), String>, StoreError> {
    let mut all = HashMap::new();
    let columns = ["submission_id", "district_code", "file_name", "member"];
    let parts = store.partitions_below("submissions", &[territory])?;
    let read: Result<Vec<_>, StoreError> = parts.iter().map(|part| part.read(&columns)).collect();
    for batch in read?.into_iter().flatten() {
        let words = |name| Words::of(&batch, name);
        let (Some(id), Some(district), Some(name), Some(member)) =
            (words("submission_id"), words("district_code"), words("file_name"), words("member"))
        else {
            continue;
        };
        for row in 0..batch.num_rows() {
            let inside = Some(member.get(row)).filter(|m| !m.is_empty()).map_or(String::new(), |m| format!(" › {m}"));
            let file = format!("{}/{}{inside}", district.get(row), name.get(row));
            all.entry((id.get(row).to_owned(), member.get(row).to_owned())).or_insert(file);
        }
    }
    Ok(all)
}

fn bring(
    plan: &Plan,
    part: &Partition,
    units: &HashMap<String, usize>,
    files: &HashMap<(String, String), String>,
) -> Result<Brought, StoreError> {
    let mut brought = Brought::default();
    let Ok(period) = part.name.parse::<Period>() else { return Ok(brought) };
    // Of the year's form only what is verified counts.
    let counts = |element: &str| {
        !period.is_year() || plan.rubric.criteria.iter().any(|criterion| criterion.verified_element == element)
    };
    let columns = ["unit_code", "form", "element", "value", "submission_id", "member", "sheet", "cell"];
    for batch in part.read(&columns)? {
        let words = |name| Words::of(&batch, name);
        let (Some(unit), Some(form), Some(element), Some(id), Some(member), Some(sheet), Some(cell)) = (
            words("unit_code"),
            words("form"),
            words("element"),
            words("submission_id"),
            words("member"),
            words("sheet"),
            words("cell"),
        ) else {
            continue;
        };
        let Some(value) = batch.column_by_name("value").and_then(|c| c.as_primitive_opt::<Float64Type>()) else {
            continue;
        };
        let units = unit.look_up(|code| units.get(code).copied());
        let elements = element.look_up(|code| plan.element_index(code).filter(|_| counts(code)));
        let cells = cell.look_up(|text| text.parse::<CellRef>().ok());
        let mut known: HashMap<[&str; 4], u32> = HashMap::new();
        let mut last: Option<([&str; 4], u32)> = None;
        for row in 0..batch.num_rows() {
            let (Some(unit), Some(element), Some(cell)) = (units.get(row), elements.get(row), cells.get(row)) else {
                continue;
            };
            let key = [id.get(row), member.get(row), sheet.get(row), form.get(row)];
            // Rows of a unit's form stand together.
            let source = match last {
                Some((same, source)) if same == key => source,
                _ => *known.entry(key).or_insert_with(|| {
                    let [id, member, sheet, form] = key;
                    brought.sources.push(Source {
                        period,
                        anchor: format!("{period}-{form}"),
                        label: period.quarter().map_or_else(|| period.to_string(), |quarter| format!("Q{quarter}")),
                        form: form.to_owned(),
                        file: files.get(&(id.to_owned(), member.to_owned())).cloned().unwrap_or_default(),
                        sheet: Some(sheet.to_owned()).filter(|sheet| !sheet.is_empty()),
                    });
                    brought.sources.len() as u32 - 1
                }),
            };
            last = Some((key, source));
            let value = value.value(row);
            brought.cells.push((unit as u32, Cell { element: element as u16, source, cell, value }));
        }
    }
    Ok(brought)
}
