//! The rows below a header: which are units, which is the total, which are neither (groups, subtotals, numbers of
//! columns, a header printed again, notes, signatures).

use jiff::civil::Date;

use super::fold::fold;
use super::layout::{Column, Layout, is_numbering};
use super::read::{Cell, Grid};
use super::reading::{Row, wanted};
use super::units::{Match, Roll, Rolls};
use super::values::{self, Value, Wanted};
use crate::model::{Code, Level, Plan};
use crate::register::Register;

/// The rows of units, and the form's own total.
pub(super) fn find<'g>(
    grid: &'g Grid,
    layout: &Layout,
    plan: &Plan,
    roll: &Roll<'_>,
) -> (Vec<Row<'g>>, Option<Row<'g>>) {
    let wanted: Vec<Wanted> = layout.columns.iter().map(|c| wanted(plan, c.element)).collect();
    let of_wards = plan.forms[layout.form].level == Level::Ward;
    let mut rows: Vec<Row<'g>> = Vec::new();
    let mut totals: Vec<(bool, Row<'g>)> = Vec::new();
    let start = grid.cells.partition_point(|c| c.row < layout.first);
    for cells in grid.cells.get(start..).unwrap_or(&[]).chunk_by(|a, b| a.row == b.row) {
        let text = |column: Option<u32>| text(grid, cells, column);
        let (name, code) = (text(layout.name), text(layout.code));
        let mut row = Row {
            row: cells[0].row,
            named: (cells[0].row, layout.name.or(layout.code).unwrap_or(0)),
            name,
            unit: Match::Bad(Code::UnitUnknown),
            values: values(grid, cells, &layout.columns, &wanted, plan),
        };
        // Nearly all rows bear a name just as the register has it.
        if let Some(unit) = roll.registered(&code, &row.name) {
            if row.values.iter().any(|v| v.1 != Value::Missing) || !rows.iter().any(|r| r.unit == unit) {
                rows.push(Row { unit, ..row });
            }
            continue;
        }
        let first = grid.shown(&cells[0]);
        let label = if row.name.trim().is_empty() { first.clone() } else { row.name.clone() };
        let kind = match kind(&label).or_else(|| kind(&first)) {
            None if roll.is_sender(&label) => Some(Kind::Total),
            Some(_) if roll.lists(&code, &row.name) => None,
            kind => kind,
        };
        match kind {
            Some(Kind::Total) if !of_wards && roll.own.len() == 1 => {
                // On the district's own form "Toàn huyện" is the district.
                rows.push(Row { unit: Match::Unit(0, None), ..row });
                continue;
            }
            Some(Kind::Total) => {
                totals.push((true, row));
                continue;
            }
            Some(Kind::Subtotal) => {
                totals.push((false, row));
                continue;
            }
            Some(Kind::Group) => continue,
            None if is_numbering(cells, grid) => continue,
            None => {}
        }
        let count = |test: fn(&Value) -> bool| row.values.iter().filter(|v| test(&v.1)).count();
        let filled = count(|v| *v != Value::Missing);
        let usable = count(|v| matches!(v, Value::Number(_) | Value::Bad(Code::NumberNegative | Code::NumberNotWhole)));
        // Signatures and notes stand in the form's columns too, but are no figures.
        let figures = filled > 0 && usable * 2 >= filled;
        if row.name.trim().is_empty() && code.trim().is_empty() {
            if !of_wards && roll.own.len() == 1 && figures && filled * 2 >= wanted.len() {
                rows.push(Row { unit: Match::Unit(0, None), ..row });
            } else if of_wards && figures && filled * 2 >= wanted.len() {
                rows.push(row);
            }
            continue;
        }
        // Without figures only a name that is a unit's makes a row: "TRƯỞNG PHÒNG" is close to a ward's name too.
        if figures || ((filled == 0 || usable > 0) && roll.lists(&code, &row.name)) {
            row.unit = roll.find(&code, &row.name);
            // A line with a figure or two that names no unit is a note.
            if row.unit != Match::Bad(Code::UnitUnknown) || filled * 4 >= wanted.len() {
                rows.push(row);
            }
        }
    }
    let total = grand(totals, &rows);
    drop_sums(&mut rows);
    (rows, total)
}

fn text(grid: &Grid, cells: &[Cell], column: Option<u32>) -> String {
    let cell = column.and_then(|c| cells.iter().find(|cell| cell.column == c));
    cell.map(|c| grid.shown(c)).unwrap_or_default()
}

/// Per column of the layout the cell, if there is one, and its value.
fn values<'g>(
    grid: &'g Grid,
    cells: &'g [Cell],
    columns: &[Column],
    wanted: &[Wanted],
    plan: &Plan,
) -> Vec<(Option<&'g Cell>, Value)> {
    let mut next = 0;
    let mut values = Vec::with_capacity(columns.len());
    for (column, wanted) in columns.iter().zip(wanted) {
        while cells.get(next).is_some_and(|c| c.column < column.column) {
            next += 1;
        }
        let cell = cells.get(next).filter(|c| c.column == column.column);
        let mut value = cell.map_or(Value::Missing, |c| values::value(c.content, grid.raw(c), *wanted));
        if value == Value::Bad(Code::FlagInvalid) {
            let label = fold(&plan.elements[column.element].name_vi);
            let yes = cell.and_then(|c| values::answer(grid.raw(c), &label));
            value = yes.map_or(value, |yes| Value::Number(f64::from(u8::from(yes))));
        }
        values.push((cell, value));
    }
    values
}

/// What a row is that is no unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Total,
    Subtotal,
    Group,
}

/// Words beside "tổng" and "cộng" that leave it the sum of everything.
const GRAND: [&str; 17] = [
    "toan", "huien", "thi", "xa", "thanh", "pho", "quan", "tong", "cong", "so", "chung", "hop", "don", "vi", "bao",
    "cao", "dia",
];

/// Reads a row's label. A unit's name may begin with the same words; the caller asks for that first.
fn kind(label: &str) -> Option<Kind> {
    let folded = fold(label);
    // "I. Khu vực thành thị", "A. Các phường"
    let bare = match folded.split_once(' ') {
        Some((head, rest))
            if head.len() <= 3 && head.bytes().all(|b| b.is_ascii_digit() || b"ivxabcd".contains(&b)) =>
        {
            rest
        }
        _ => folded.as_str(),
    };
    let words: Vec<&str> = bare.split(' ').collect();
    match words[0] {
        "tong" | "cong" | "tc" | "toan" => {
            let rest = words.get(1..).unwrap_or(&[]);
            if words[0] == "toan" && !matches!(rest.first(), Some(&"huien" | &"thi" | &"thanh" | &"quan" | &"dia")) {
                return None;
            }
            // "Tổng cộng (27 đơn vị)" counts what it sums.
            let grand = rest.iter().all(|w| GRAND.contains(w) || w.bytes().all(|b| b.is_ascii_digit()));
            let ordinal =
                rest.iter().any(|w| matches!(*w, "i" | "ii" | "iii" | "iv" | "v" | "a" | "b" | "1" | "2" | "3"))
                    && !label.contains('(');
            let bare_kind = rest == ["xa"] || rest == ["thi", "xa"] && words[0] != "toan";
            Some(if grand && !ordinal && !bare_kind { Kind::Total } else { Kind::Subtotal })
        }
        "khu" if words.get(1) == Some(&"vuc") => Some(Kind::Group),
        "vung" | "cum" | "khoi" | "nhom" | "mien" if words.len() > 1 => Some(Kind::Group),
        "cac" | "thanh" | "nong"
            if matches!(words.get(1), Some(&("xa" | "phuong" | "thi" | "don" | "tho" | "thon"))) =>
        {
            Some(Kind::Group)
        }
        "phuong" | "xa" if words.len() == 1 => Some(Kind::Group),
        "thi" if words == ["thi", "tran"] => Some(Kind::Group),
        "phuong" | "xa" if bare.split(' ').all(|w| matches!(w, "phuong" | "xa" | "thi" | "tran" | "va")) => {
            Some(Kind::Group)
        }
        "trong" if words.get(1) == Some(&"do") => Some(Kind::Group),
        _ => None,
    }
}

/// The form's own total. One row that says so outright is it, right or wrong; of several rows, or of those that sum a
/// group, the one that is the sum of all in most columns.
fn grand<'g>(mut totals: Vec<(bool, Row<'g>)>, rows: &[Row<'g>]) -> Option<Row<'g>> {
    let filled = |row: &Row<'_>| row.values.iter().filter(|v| v.1 != Value::Missing).count();
    // A note below the form may count something too.
    totals.retain(|t| filled(&t.1) * 2 >= t.1.values.len());
    if totals.iter().any(|t| t.0) {
        totals.retain(|t| t.0);
        if totals.len() == 1 {
            return totals.pop().map(|t| t.1);
        }
    }
    let right = |row: &Row<'_>| {
        let sum = |at: usize| -> f64 { rows.iter().filter_map(|r| number(r.values[at].1)).sum() };
        let said = row.values.iter().enumerate().filter_map(|(at, v)| Some((at, number(v.1)?)));
        said.filter(|(at, said)| (sum(*at) - said).abs() < 1e-6).count()
    };
    let best = totals.into_iter().map(|(_, row)| (right(&row), row)).reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    (best.0 * 2 > filled(&best.1)).then_some(best.1)
}

const fn number(value: Value) -> Option<f64> {
    if let Value::Number(n) = value { Some(n) } else { None }
}

/// Drops rows that name no unit and are the sum of the rows before or behind them: a group's figures.
fn drop_sums(rows: &mut Vec<Row<'_>>) {
    let unknown = |row: &Row<'_>| row.unit == Match::Bad(Code::UnitUnknown);
    if !rows.iter().any(unknown) {
        return;
    }
    let sums = |row: &Row<'_>, others: &[Row<'_>]| {
        let mut compared = 0;
        for (at, value) in row.values.iter().enumerate() {
            let Some(said) = number(value.1) else { continue };
            let sum: f64 = others.iter().filter_map(|o| number(o.values[at].1)).sum();
            if (sum - said).abs() > 1e-6 {
                return false;
            }
            compared += usize::from(said != 0.0);
        }
        others.len() > 1 && compared >= 4
    };
    let is_sum: Vec<bool> = (0..rows.len())
        .map(|at| {
            let before = rows.get(..at).unwrap_or(&[]);
            let from = before.iter().rposition(unknown).map_or(0, |p| p + 1);
            let behind = rows.get(at + 1..).unwrap_or(&[]);
            let to = behind.iter().position(unknown).unwrap_or(behind.len());
            unknown(&rows[at])
                && [before.get(from..).unwrap_or(&[]), behind.get(..to).unwrap_or(&[]), before, behind]
                    .iter()
                    .any(|others| sums(&rows[at], others))
        })
        .collect();
    let mut keep = is_sum.iter();
    rows.retain(|_| !keep.next().copied().unwrap_or(false));
}

/// A form that is another district's holds names which the sender has too; they are that district's units all the same.
/// It is another's where most of its rows are, or where its title block names that district and not the sender.
pub(super) fn of_another(
    rows: &mut [Row<'_>],
    grid: &Grid,
    layout: &Layout,
    roll: &Roll<'_>,
    day: Date,
    register: &Register,
    rolls: &Rolls<'_>,
) {
    let strangers = rows.iter().filter_map(|row| match &row.unit {
        Match::Other(Code::UnitNotYours, code) => register.district_of(code, day),
        _ => None,
    });
    let mut districts: Vec<&str> = strangers.collect();
    let own = rows.iter().filter(|row| matches!(row.unit, Match::Unit(..))).count();
    let unnamed = roll.level != Level::Ward && rows.iter().any(|row| !roll.lists("", &row.name));
    let most = if districts.len() > own {
        districts.sort_unstable();
        districts.chunk_by(|a, b| a == b).max_by_key(|same| same.len()).filter(|same| same.len() > own)
    } else {
        None
    };
    let district = match most.and_then(|same| same.first()) {
        Some(district) => Some(*district),
        None if unnamed || !districts.is_empty() => titled(grid, layout, roll, day, register),
        None => None,
    };
    let Some(district) = district else { return };
    let theirs = rolls.of(roll.level, district, day);
    for row in rows {
        let Match::Unit(at, _) = row.unit else { continue };
        if roll.level != Level::Ward {
            row.unit = Match::Other(Code::UnitNotYours, district.to_owned());
        } else if let Match::Unit(there, None) = theirs.find("", &roll.own[at].name_vi) {
            row.unit = Match::Other(Code::UnitNotYours, theirs.own[there].code.clone());
        }
    }
}

/// The other district of the province that the title block names in full, where it does not name the sender.
fn titled<'r>(grid: &Grid, layout: &Layout, roll: &Roll<'_>, day: Date, register: &'r Register) -> Option<&'r str> {
    let mut title = String::from(" ");
    for cell in grid.cells.iter().take_while(|c| c.row < layout.header) {
        title.push_str(&fold(grid.raw(cell)));
        title.push(' ');
    }
    let sender = register.at(&roll.district, day)?;
    let named = |name: &str| title.contains(&format!(" {} ", fold(name)));
    if named(sender.bare_name()) {
        return None;
    }
    let mut others = register.children(sender.parent_code.as_deref()?, day).filter(|u| named(&u.name_vi));
    let first = others.next()?;
    others.next().is_none().then_some(first.code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_rows_that_are_no_unit() {
        use Kind::{Group, Subtotal, Total};
        for (label, want) in [
            ("Tổng cộng:", Some(Total)),
            ("CỘNG", Some(Total)),
            ("Toàn huyện", Some(Total)),
            ("Tổng số toàn thị xã", Some(Total)),
            ("Tổng cộng (27 đơn vị)", Some(Total)),
            ("TC", Some(Total)),
            ("Cộng khu vực thành thị", Some(Subtotal)),
            ("Cộng I", Some(Subtotal)),
            ("Cộng các xã", Some(Subtotal)),
            ("Tổng cụm 1", Some(Subtotal)),
            ("I. Khu vực thành thị", Some(Group)),
            ("A. Các phường, thị trấn", Some(Group)),
            ("Vùng đầm phá", Some(Group)),
            ("Xã", Some(Group)),
            ("Xã Phú An", None),
            ("Phường Tây Lộc", None),
            ("Thị trấn Lăng Cô", None),
            ("Hương Toàn", None),
            ("Đồn Biên phòng", None),
        ] {
            assert_eq!(kind(label), want, "{label}");
        }
    }
}
