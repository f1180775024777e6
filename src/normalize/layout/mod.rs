//! A sheet → which form it is, where its header stands, which column is which element.
//!
//! Nothing is skipped by count: the header is where the plan's labels are, over one to four rows, in any column order.

mod header;
mod labels;
mod roles;
mod words;

use std::collections::BTreeMap;

use super::read::{Cell, Content, Grid};
use crate::model::Plan;
use header::{Found, of_path, paths};
pub(super) use labels::Labels;
use roles::Role;
pub(super) use roles::is_numbering;

/// Rows above which a header must begin.
const TITLE_ROWS: u32 = 60;
/// Rows that a header may take.
const HEADER_ROWS: usize = 4;

/// A column of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Column, from 0.
    pub(super) column: u32,
    /// Element index in the plan.
    pub(super) element: usize,
}

/// How a sheet is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// Index of the form in the plan.
    pub(super) form: usize,
    /// First row of the header.
    pub(super) header: u32,
    /// First row of data.
    pub(super) first: u32,
    /// Columns that carry elements, by column.
    pub(super) columns: Vec<Column>,
    /// Column of the unit's code.
    pub(super) code: Option<u32>,
    /// Column of the unit's name.
    pub(super) name: Option<u32>,
    /// Whether a header says which column holds the names or codes.
    named: bool,
    /// Columns that carry no figures and whose headers say so.
    roles: usize,
    /// Columns with a header that matches no element: cell and text.
    pub(super) unknown: Vec<(u32, u32, String)>,
    /// Elements that several columns match: the cells of their headers.
    pub(super) doubled: Vec<(usize, Vec<(u32, u32)>)>,
}

impl Layout {
    /// The layout of a header that begins in row `top` instead of row 0.
    fn moved(&self, top: u32) -> Self {
        Self { header: top, first: self.first + top, ..self.clone() }
    }

    /// Whether this reading of a header is better than another.
    fn beats(&self, other: &Self) -> bool {
        let merit =
            |l: &Self| (l.columns.len(), l.named, std::cmp::Reverse((l.doubled.len(), l.unknown.len())), l.roles);
        match merit(self).cmp(&merit(other)) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            // Of equals the lowest, as a row of the title above a header changes nothing; but a header that is printed
            // again on the next page is not the one below which the rows begin.
            std::cmp::Ordering::Equal => self.header > other.header && self.header < other.first,
        }
    }
}

/// The cells of these rows.
fn block(grid: &Grid, top: u32, end: u32) -> &[Cell] {
    let from = grid.cells.partition_point(|c| c.row < top);
    let to = grid.cells.partition_point(|c| c.row < end);
    grid.cells.get(from..to).unwrap_or(&[])
}

/// Finds the form and its layout; `None` where no form of the plan is recognised.
pub(super) fn find(grid: &Grid, plan: &Plan, labels: &Labels) -> Option<Layout> {
    let marked = labels.marked(grid);
    if let Some(layout) = labels.seen(grid, marked) {
        return Some(layout);
    }
    // A title copied from another form does not make the columns that form's.
    let found = search(grid, plan, labels, marked).or_else(|| marked.and_then(|_| search(grid, plan, labels, None)))?;
    labels.learn(grid, &found, plan);
    Some(found)
}

/// Finds the layout of a form that the sheet is known to hold, whatever its title block says.
pub(super) fn find_form(grid: &Grid, plan: &Plan, labels: &Labels, form: usize) -> Option<Layout> {
    search(grid, plan, labels, Some(form))
}

fn search(grid: &Grid, plan: &Plan, labels: &Labels, marked: Option<usize>) -> Option<Layout> {
    let mut best: Option<(usize, Layout)> = None;
    for form in 0..plan.forms.len() {
        if marked.is_some_and(|m| m != form) {
            continue;
        }
        let Some(layout) = layout(grid, form, labels) else { continue };
        let wanted = plan.forms[form].elements.len();
        // A few columns in common do not make a form.
        if layout.columns.len() * 3 < wanted.max(3) {
            continue;
        }
        if best.as_ref().is_none_or(|(n, _)| layout.columns.len() > *n) {
            best = Some((layout.columns.len(), layout));
        }
    }
    best.map(|(_, layout)| layout)
}

fn layout(grid: &Grid, form: usize, labels: &Labels) -> Option<Layout> {
    // Where the header begins: the row from which the most elements are found over the rows that a header may take.
    // Rows of data are no part of it, and their names are not worth a search among the labels.
    let rows: Vec<&[Cell]> = grid.rows().take_while(|r| r[0].row < TITLE_ROWS).collect();
    let figures: Vec<bool> = rows.iter().map(|row| holds_figures(row, grid)).collect();
    let numbers: Vec<u32> = rows.iter().map(|row| row[0].row).collect();
    let hits = |(row, figures): (&u32, &bool)| if *figures { 0 } else { direct_hits(grid, *row, form, labels) };
    let hits: Vec<usize> = numbers.iter().zip(&figures).map(hits).collect();
    let mut best: Option<Layout> = None;
    for (at, row) in numbers.iter().enumerate() {
        let until = figures.get(at..).unwrap_or(&[]).iter().take(HEADER_ROWS).take_while(|figures| !**figures).count();
        let near = hits.get(at..at + until).unwrap_or(&[]).iter().sum::<usize>();
        // The parents of a nested header match too, except on the rubric, where they are halves of a label.
        if until == 0 || (near == 0 && !has_leaves(grid, *row, labels, form)) {
            continue;
        }
        for end in at + 1..=at + until {
            let of_header = numbers.get(at..end).unwrap_or(&[]);
            let Some(candidate) = at_rows(grid, form, labels, of_header, rows.get(end).copied()) else { continue };
            if best.as_ref().is_none_or(|b| candidate.beats(b)) {
                best = Some(candidate);
            }
        }
    }
    best
}

fn direct_hits(grid: &Grid, row: u32, form: usize, labels: &Labels) -> usize {
    row_cells(grid, row)
        .iter()
        .filter(|c| matches!(c.content, Content::Text { .. }) && labels.element(form, grid.raw(c)).is_some())
        .count()
}

/// True when a row holds the first halves of labels such as "criterion - points claimed".
fn has_leaves(grid: &Grid, row: u32, labels: &Labels, form: usize) -> bool {
    row_cells(grid, row).iter().any(|c| labels.begins(form, grid.raw(c)))
}

fn row_cells(grid: &Grid, row: u32) -> &[Cell] {
    let start = grid.cells.partition_point(|c| c.row < row);
    let end = grid.cells.partition_point(|c| c.row <= row);
    grid.cells.get(start..end).unwrap_or(&[])
}

/// Reads the header as standing in these rows; `next` is the row below.
fn at_rows(grid: &Grid, form: usize, labels: &Labels, rows: &[u32], next: Option<&[Cell]>) -> Option<Layout> {
    let (top, bottom) = (*rows.first()?, *rows.last()?);
    let mut layout = Layout {
        form,
        header: top,
        first: bottom + 1,
        columns: Vec::new(),
        code: None,
        name: None,
        named: false,
        roles: 0,
        unknown: Vec::new(),
        doubled: Vec::new(),
    };
    let mut of_element: BTreeMap<usize, Vec<Found>> = BTreeMap::new();
    for (column, path) in paths(grid, rows) {
        let Some((row, leaf)) = path.last() else { continue };
        let whole = || path.iter().map(|p| p.1.as_str()).collect::<Vec<_>>().join(" ");
        if let Some((element, exact)) = of_path(&path, form, labels) {
            of_element.entry(element).or_default().push(Found { row: *row, column, exact, text: leaf.clone() });
            continue;
        }
        let role = labels.role(&whole()).or_else(|| labels.role(leaf));
        layout.roles += usize::from(role.is_some());
        match role {
            Some(Role::Code) if layout.code.is_none() => layout.code = Some(column),
            Some(Role::Name) if layout.name.is_none() => layout.name = Some(column),
            Some(Role::Number | Role::Remark) => {}
            _ => layout.unknown.push((*row, column, whole())),
        }
    }
    settle(&mut layout, of_element, labels);
    layout.named = layout.name.is_some() || layout.code.is_some();
    if layout.name.is_none() {
        nameless(&mut layout, grid, top..=bottom, labels);
    }
    if layout.columns.is_empty() || (layout.name.is_none() && layout.code.is_none()) {
        return None;
    }
    if let Some(next) = next.filter(|next| is_numbering(next, grid)) {
        layout.first = next[0].row + 1;
    }
    Some(layout)
}

/// One column for each element: where several match one, the part that stands beside its whole, then those in the label's
/// own words; what is left are doubled columns.
fn settle(layout: &mut Layout, of_element: BTreeMap<usize, Vec<Found>>, labels: &Labels) {
    let column_of: BTreeMap<u32, usize> =
        of_element.iter().flat_map(|(element, found)| found.iter().map(|f| (f.column, *element))).collect();
    let mut others: Vec<Found> = Vec::new();
    let mut narrow = |found: &mut Vec<Found>, keep: &dyn Fn(&Found) -> bool| {
        if found.len() > 1 && found.iter().any(keep) {
            let (kept, dropped): (Vec<Found>, Vec<Found>) = std::mem::take(found).into_iter().partition(keep);
            others.extend(dropped);
            *found = kept;
        }
    };
    for (element, mut found) in of_element {
        if let Some(whole) = labels.whole(layout.form, element) {
            let beside = |f: &Found| {
                let before = column_of.range(..f.column).rev().map(|(_, other)| *other).find(|other| *other != element);
                before.is_some_and(|b| b == whole || labels.whole(layout.form, b) == Some(whole))
            };
            if labels.generic(layout.form, element) && !found.iter().any(beside) {
                layout.unknown.extend(found.into_iter().map(|f| (f.row, f.column, f.text)));
                continue;
            }
            narrow(&mut found, &beside);
        }
        narrow(&mut found, &|f: &Found| f.exact);
        let Some(first) = found.first() else { continue };
        layout.columns.push(Column { column: first.column, element });
        if found.len() > 1 {
            layout.doubled.push((element, found.iter().map(|f| (f.row, f.column)).collect()));
        }
    }
    layout.unknown.extend(others.into_iter().map(|f| (f.row, f.column, f.text)));
    layout.columns.sort_by_key(|c| c.column);
    layout.unknown.sort();
}

/// A form without a header above its names: they stand in the last column before the figures.
fn nameless(layout: &mut Layout, grid: &Grid, rows: std::ops::RangeInclusive<u32>, labels: &Labels) {
    let Some(first) = layout.columns.first().map(|c| c.column) else { return };
    let other = |column: u32| {
        let mut heads = grid.cells.iter().filter(|c| rows.contains(&c.row) && c.column == column);
        layout.code == Some(column) || heads.any(|c| labels.role(grid.raw(c)).is_some())
    };
    layout.name = (0..first).rev().find(|column| !other(*column));
    if let Some(name) = layout.name {
        layout.unknown.retain(|u| u.1 != name);
    }
}

/// A row of data read as part of the header would leave figures among its texts.
fn holds_figures(cells: &[Cell], grid: &Grid) -> bool {
    let figure = |c: &&Cell| match c.content {
        Content::Text { .. } => {
            let text = grid.raw(c).trim();
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'-' | b' '))
        }
        _ => true,
    };
    cells.iter().filter(figure).count() > 2
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;

    /// What a header in a text file comes to: the elements by column, the role columns, the first row of data, what is
    /// unknown and what is doubled.
    fn of(text: &str) -> String {
        let definition = crate::plan::load(std::path::Path::new("pipelines/plan-50"), &[]).unwrap();
        let plan = &definition.plan;
        let grid = read::read(text.into()).remove(0).book.unwrap().grids.remove(0);
        let Some(layout) = find(&grid, plan, &Labels::new(plan)) else { return "none".to_owned() };
        let code = |element: usize| plan.elements[element].code.clone();
        let columns: Vec<String> = layout.columns.iter().map(|c| format!("{}={}", c.column, code(c.element))).collect();
        let unknown: Vec<String> = layout.unknown.iter().map(|u| u.1.to_string()).collect();
        let doubled: Vec<String> = layout.doubled.iter().map(|d| code(d.0)).collect();
        format!(
            "form {} name {:?} code {:?} first {} | {} | unknown {} | doubled {}",
            plan.forms[layout.form].code,
            layout.name,
            layout.code,
            layout.first,
            columns.join(" "),
            unknown.join(" "),
            doubled.join(" ")
        )
        .replace("Some", "")
    }

    const FORM_2: &str = "Đã ban hành kế hoạch lồng ghép;Có triển khai can thiệp giảm hại HIV/AIDS và bạo lực giới;Số mô hình dịch vụ hỗ trợ xã hội";
    const TWO: &str = "2=integrated_plan 3=harm_reduction_active 4=support_models";

    #[test]
    fn a_header_is_found_however_it_is_laid_out() {
        let rows = "1;Huyện Phú Vang;x;x;1\n";
        for (header, first) in [
            (format!("STT;Đơn vị;{FORM_2}\n"), 1),
            (format!("Biểu 02\nKỳ báo cáo: Quý I năm 2018\n\nTT;Huyện, thị xã, thành phố;{FORM_2}\n(A);(B);(1);(2);(3)\n"), 5),
            (format!("STT;Tên đơn vị;{FORM_2}\nA;B;1=2+3;2;3\n").to_uppercase(), 2),
            // Over two rows, not merged; over lines of a quoted field; with slips, initials, units and footnotes.
            ("TT;Tên;Đã ban hành;Có triển khai can thiệp giảm hại;Số mô hình\n;đơn vị;kế hoạch lồng ghép;HIV/AIDS và bạo lực giới;dịch vụ hỗ trợ xã hội\n".into(), 2),
            ("\"Số\nTT\";Đơn vị;\"Đã ban hành\nkế hoạch lồng ghép (có/không)\";Có triển khai can thiệp giảm hại HIV/AIDS và bạo lực giới*;Mô hình DV hỗ trợ XH (mô hình)\n".into(), 1),
            ("TT;Đơn vị;1. Đã ban hành kế hoạch lồng gép;b) Triển khai can thiệp giảm hại HIV/AIDS, bạo lực giới¹;Số mô hình dịch vụ hỗ trợ xã hội: [2]\n".into(), 1),
            // The page breaks: the header is printed again.
            (format!("TT;Đơn vị;{FORM_2}\n1;Huyện Phú Vang;x;x;1\nTT;Đơn vị;{FORM_2}\n"), 1),
            // A group of rows reads like a header above names.
            (format!("TT;Địa bàn;Nhóm 1;;\n;;{FORM_2}\n\nA. Các xã, thị trấn\n"), 2),
            // Under another form's mark.
            (format!("Biểu 01\nTT;Đơn vị;{FORM_2}\n"), 2),
        ] {
            let found = of(&format!("{header}{rows}"));
            assert_eq!(found, format!("form 02 name (1) code None first {first} | {TWO} | unknown  | doubled "), "{header}");
        }
    }

    #[test]
    fn groups_parts_and_twins_are_told_apart() {
        for (text, want) in [
            // Groups that span blank columns, parts below their whole.
            (
                "TT;Xã, phường;Số buổi truyền thông;Số người được tuyên truyền;;Số người bị xử lý;;\n\
                 ;;;Tổng số;Trong đó;Tổng số;Trong đó;\n;;;;Nữ;;Xử lý hành chính;Xử lý hình sự\n\
                 1;A;1;2;3;4;5;6\n",
                "2=comm_sessions 3=people_reached 4=people_reached_female 5=persons_handled 6=persons_handled_admin \
                 7=persons_handled_criminal | unknown  | doubled ",
            ),
            // Cumulated, compared and remarked columns are others; only the cumulated and compared ones are noted.
            (
                "TT;Xã;Số buổi truyền thông;Số buổi truyền thông (lũy kế);Tỷ lệ % so với cùng kỳ;Số lượt vay vốn;Ghi chú\n1;A;1;2;3;4;\n",
                "2=comm_sessions 5=loans_granted | unknown 3 4 | doubled ",
            ),
            // A part beside another whole is no part of this form's.
            (
                "Xã;Số người được tuyên truyền;Trong đó: nữ;Số người được dạy nghề;Trong đó: nữ\nA;1;2;3;4\n",
                "1=people_reached 2=people_reached_female 3=vocational_trainees | unknown 4 | doubled ",
            ),
            (
                "Xã;Số vụ việc phát hiện;Số vụ việc đã xử lý;Số vụ việc chưa xử lý;Vụ việc phát hiện\nA;1;2;3;4\n",
                "1=cases_detected 2=cases_handled | unknown 3 | doubled cases_detected",
            ),
            // The wording nearest to the label's is not what decides.
            (
                "Xã;Số người được tuyên truyền;Trong đó: nuữ;Số người được dạy nghề;Trong đó: nữ\nA;1;2;3;4\n",
                "1=people_reached 2=people_reached_female 3=vocational_trainees | unknown 4 | doubled ",
            ),
            (
                "Xã;Số người được tuyên truyền;Số người được dạy nghề;Trong đó: nữ\nA;1;2;3\n",
                "1=people_reached 2=vocational_trainees | unknown 3 | doubled ",
            ),
        ] {
            // So few columns make a form only under its mark and with the others; pad them.
            let more = "Số văn bản chỉ đạo ban hành;Số cuộc họp Ban Chỉ đạo;Số lượt phát thanh;Số lượt xét nghiệm HIV;\
                        Số cơ sở vi phạm;Số cơ sở ký cam kết;Số giấy phép bị thu hồi;Số hộ được trợ giúp xã hội;\
                        Số bao cao su cấp phát;Số lượt tiếp cận cộng đồng";
            let mut lines = text.lines();
            let first = lines.next().unwrap();
            let padded: Vec<String> = lines.map(|l| format!("{l};;;;;;;;;;")).collect();
            let found = of(&format!("{first};{more}\n{}\n", padded.join("\n")));
            let columns = first.split(';').count();
            let (_, found) = found.split_once(" | ").unwrap();
            let kept: Vec<&str> = found
                .split(' ')
                .filter(|c| c.split_once('=').is_none_or(|(at, _)| at.parse::<usize>().unwrap() < columns))
                .collect();
            assert_eq!(kept.join(" "), want, "{text}");
        }
    }
}
