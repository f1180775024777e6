//! `wardscore inspect`: how a file is read, without storing anything.
#![expect(clippy::print_stdout, reason = "what was seen is the command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

use super::{Common, Failure};
use crate::normalize::{self, FormSeen, Inspection};

/// Arguments of the command.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Nothing is stored. Of a file that holds data about persons, only that is said.

Example:
  wardscore inspect \"inbox/478/Bieu 01 - Quy II 2018 - Phu Vang.xlsx\"
  wardscore inspect bieu01.csv --district 478 --json")]
pub(super) struct InspectArguments {
    /// File to look at: a workbook, a text file, or a zip archive of these
    file: PathBuf,
    /// Code of the district that sent it [default: the name of the file's folder]
    #[arg(long, value_name = "CODE")]
    district: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Reads the file and prints what was seen.
pub(super) fn run(common: &Common, arguments: &InspectArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    let file = &arguments.file;
    let bytes = fs_err::read(file).map_err(|error| Failure::Run {
        what: format!("inspect: {error}"),
        hint: "name a file that this user may read".to_owned(),
    })?;
    let folder = || {
        let whole = file.canonicalize().unwrap_or_else(|_| file.clone());
        Some(whole.parent()?.file_name()?.to_string_lossy().into_owned())
    };
    let district = arguments.district.clone().or_else(folder).unwrap_or_default();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let day = definition.plan.local_date(common.now());
    let seen = normalize::inspect(&definition.plan, &definition.register, bytes, &district, &name, day, &[]);
    if arguments.json {
        let json = serde_json::json!({ "file": name, "district": district, "parts": seen });
        println!("{}", serde_json::to_string_pretty(&json).unwrap_or_default());
    } else {
        print!("{}", describe(&name, &district, &seen));
    }
    Ok(ExitCode::SUCCESS)
}

/// What was seen, as people read it.
fn describe(name: &str, district: &str, seen: &[Inspection]) -> String {
    let mut text = line("file", name) + &line("district", district);
    for part in seen {
        if let Some(member) = &part.member {
            text.push('\n');
            text += &line("member", member);
        }
        text += &part.container.map(|c| line("container", c)).unwrap_or_default();
        if let (Some(encoding), Some(confidence)) = (part.encoding, part.confidence) {
            text += &line("encoding", &format!("{encoding}, {:.0}% certain", confidence * 100.0));
        }
        for sheet in part.sheets.iter().filter(|s| s.name.is_some()) {
            let hidden = if sheet.hidden { ", hidden: no form is read from it" } else { "" };
            let name = sheet.name.as_deref().unwrap_or("");
            text += &line("sheet", &format!("{name} ({} cells{hidden})", sheet.cells));
        }
        if let Some(form) = &part.form {
            text += &of_form(form);
        }
        text += &line("outcome", if part.quarantined { "quarantined" } else { "accepted" });
        for finding in &part.findings {
            let place = finding.cell.as_deref().unwrap_or("-");
            text += &format!(
                "  {:<8}{:<9}{}\n{:19}{}\n",
                finding.severity, place, finding.message_vi, "", finding.message_en
            );
        }
    }
    text
}

fn line(label: &str, what: &str) -> String {
    format!("{label:<12}{what}\n")
}

fn of_form(form: &FormSeen) -> String {
    let mut text = line("form", &format!("{} {}", form.form, form.name));
    text += &form.sheet.as_ref().map(|s| line("on sheet", s)).unwrap_or_default();
    let period = |p: &Option<String>| p.clone().unwrap_or_else(|| "none".to_owned());
    let said =
        format!("{} in the title, {} in the file's name", period(&form.period_in_title), period(&form.period_in_name));
    text += &line("period", &said);
    text += &line("header", &format!("rows {} to {}", form.header.0, form.header.1));
    text += &line("columns", "");
    for column in &form.columns {
        text += &format!("  {:<9}{:<28}{}\n", column.cell, column.element, column.header);
    }
    for element in &form.without_column {
        text += &format!("  {:<9}{:<28}no column: not reported\n", "-", element);
    }
    text += &line("rows", "");
    for row in &form.rows {
        text += &format!("  {:<9}{:<9}by {:<16}{}\n", row.row, row.unit.as_deref().unwrap_or("-"), row.by, row.name);
    }
    text += &form.total_row.map(|row| format!("  {row:<9}totals\n")).unwrap_or_default();
    text + &line("values", &format!("{} used", form.values))
}
