//! `wardscore quarantine`: files that were not used, why, and letting one through.
#![expect(clippy::print_stdout, reason = "the list is the command's output")]

use std::collections::BTreeSet;
use std::process::ExitCode;

use jiff::Timestamp;

use super::{Common, Failure};
use crate::model::{Code, Period, SubmissionStatus, Waiver};
use crate::plan::Definition;
use crate::store::{Partition, Store, StoreError, columns::Words};

const HELP: &str = "\
A file that was let through is read as if what it was quarantined for did not stand: from the district, about the period or
as the form that is said. The next `wardscore run` reads it; a finding `released` tells the reason and by whom. Files with
personal data, and those that are unsafe or cannot be read, stay where they are. So do those that are not signed as
signers.toml demands: nobody's word stands in for a signature; sign them anew, or change what is demanded.

Examples:
  wardscore quarantine list
  wardscore quarantine show 0123456789abcdef
  wardscore quarantine release 0123456789abcdef --district 480 --by 'Tran Van A' --reason 'sent to the wrong folder'
  wardscore quarantine release 0123456789abcdef --period 2018-Q2 --by 'Tran Van A' --reason 'the title is right'";

/// Arguments of `quarantine`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct QuarantineArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// List the files that were not used
    List,
    /// Show all that is known of one of them
    Show {
        /// Its submission, as `list` names it; the first digits are enough
        submission: String,
    },
    /// Let a file through
    #[command(after_help = HELP)]
    Release(Release),
}

#[derive(Debug, Clone, clap::Args)]
struct Release {
    /// Its submission, as `list` names it; the first digits are enough
    submission: String,
    /// Path inside an archive, where one member is meant
    #[arg(long, value_name = "PATH")]
    member: Option<String>,
    /// The district that sent it
    #[arg(long, value_name = "CODE")]
    district: Option<String>,
    /// The period that it is about
    #[arg(long, value_name = "PERIOD")]
    period: Option<Period>,
    /// The form that it is
    #[arg(long, value_name = "CODE")]
    form: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Who decides it [default: the user's name]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

/// A quarantined file, or member of an archive.
struct Held {
    submission: String,
    sha256: String,
    district: String,
    file_name: String,
    member: String,
    /// Whether other members of its archive are in use.
    others_stand: bool,
    code: String,
    found: String,
    messages: [String; 2],
}

impl Held {
    /// What has to be said to let it through; `None` for one that stays.
    fn remedy(&self) -> Option<&'static str> {
        match Code::from_word(&self.code)? {
            // Of a file that was refused unread there are no bytes to let through.
            _ if self.sha256.is_empty() => None,
            Code::SenderUnknown | Code::UnitNotYours => Some("--district"),
            Code::PeriodMissing | Code::PeriodConflict | Code::PeriodFuture => Some("--period"),
            Code::FormUnknown => Some("--form"),
            _ => None,
        }
    }

    fn name(&self) -> String {
        let member = if self.member.is_empty() { String::new() } else { format!(" › {}", self.member) };
        format!("{}/{}{member}", self.district, self.file_name)
    }
}

/// Runs the command.
pub(super) fn run(common: &Common, arguments: &QuarantineArguments) -> Result<ExitCode, Failure> {
    let store = common.standing_store("quarantine")?;
    let fail = |error: StoreError| Failure::store("quarantine", &error);
    let held = held(&store).map_err(fail)?;
    match &arguments.action {
        Action::List => {
            let waivers = store.ledger().and_then(|ledger| ledger.waivers()).map_err(fail)?;
            for one in &held {
                let waived = waivers.iter().any(|(sha, waiver)| *sha == one.sha256 && waiver.member == one.member);
                let waived = if waived { "  (let through; the next run reads it)" } else { "" };
                println!("{}  {:<17} {}{waived}", one.submission, one.code, one.name());
            }
            println!("{} in quarantine; `wardscore quarantine show ID` tells more", held.len());
        }
        Action::Show { submission } => {
            for one in find(&held, submission)? {
                show(&store, one).map_err(fail)?;
            }
        }
        Action::Release(wanted) => release(common, &store, &held, wanted)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(store: &Store, one: &Held) -> Result<(), StoreError> {
    println!("submission  {}", one.submission);
    println!("file        {}", one.name());
    println!("finding     {}", one.code);
    println!("            {}", one.messages[0]);
    println!("            {}", one.messages[1]);
    let kept = if store.keeps_raw(&one.sha256) {
        store.raw_path(&one.sha256).display().to_string()
    } else {
        "not kept".to_owned()
    };
    println!("bytes       {kept}");
    match one.remedy() {
        Some(option) => println!("let through wardscore quarantine release {} {option} … --reason …", one.submission),
        None => println!("let through not possible; {}", stays(&one.code)),
    }
    for (_, waiver) in store.ledger()?.waivers()?.into_iter().filter(|(sha, _)| *sha == one.sha256) {
        let at = Timestamp::from_microsecond(waiver.at).unwrap_or_default().strftime("%Y-%m-%d %H:%M");
        println!("released    {at}Z {}", waiver.told().1);
    }
    Ok(())
}

/// What to do about a file that stays in quarantine.
fn stays(code: &str) -> &'static str {
    match Code::from_word(code) {
        Some(Code::PersonalData) => "it holds persons; the district is to send counts only",
        Some(Code::FileUnsafe) => "it is unsafe; the district is to send an ordinary workbook",
        Some(Code::SignatureInvalid) => {
            "nobody's word stands in for a signature; the district is to sign it anew, or signers.toml to demand none"
        }
        Some(Code::SenderUnknown) => "it was not fetched; add its district to the `districts` of the source's entry",
        _ => "it cannot be read; the district is to send it again",
    }
}

fn release(common: &Common, store: &Store, held: &[Held], wanted: &Release) -> Result<(), Failure> {
    let fail = |error: StoreError| Failure::store("quarantine", &error);
    let definition = common.definition()?;
    let found = find(held, &wanted.submission)?;
    let member = wanted.member.as_deref();
    let mut meant = found.into_iter().filter(|one| member.is_none_or(|member| one.member == member));
    let (Some(one), None) = (meant.next(), meant.next()) else {
        let hint = "`wardscore quarantine show ID` lists the members of an archive; name one with `--member PATH`";
        return Err(Failure::usage("quarantine: not exactly one file is meant", hint));
    };
    let given = [
        ("--district", wanted.district.is_some()),
        ("--period", wanted.period.is_some()),
        ("--form", wanted.form.is_some()),
    ];
    let Some(option) = one.remedy() else {
        let what = format!("quarantine: `{}` cannot be let through", one.name());
        return Err(Failure::usage(&what, stays(&one.code)));
    };
    if !given.contains(&(option, true)) {
        let what = format!("quarantine: `{}` is quarantined for {}: {}", one.name(), one.code, one.messages[1]);
        return Err(Failure::usage(&what, &format!("say what holds with `{option}`")));
    }
    if wanted.member.is_some() && wanted.district.is_some() && one.others_stand {
        return Err(Failure::usage(
            "quarantine: an archive has one sender, and other members of this one are in use",
            "the other district is to send its form by itself",
        ));
    }
    check(common, &definition, wanted)?;
    let who = wanted.by.clone().or_else(|| std::env::var("USER").ok()).filter(|who| !who.trim().is_empty());
    let (Some(who), false) = (who, wanted.reason.trim().is_empty()) else {
        return Err(Failure::usage(
            "quarantine: a release says why and by whom",
            "give `--reason TEXT` and `--by NAME`",
        ));
    };
    let found = if one.found.is_empty() { String::new() } else { format!(": {}", one.found) };
    let waiver = Waiver {
        member: one.member.clone(),
        district: wanted.district.clone(),
        period: wanted.period,
        form: wanted.form.clone(),
        quarantined: format!("{}{found}", one.code),
        reason: wanted.reason.trim().to_owned(),
        who,
        at: common.now().as_microsecond(),
    };
    let _lock = store.lock().map_err(fail)?;
    store.ledger().and_then(|ledger| ledger.add_waiver(&one.sha256, &waiver)).map_err(fail)?;
    println!("released    {} {}", one.submission, one.name());
    println!("            {}", waiver.told().1);
    println!("next        `wardscore run` reads it");
    Ok(())
}

/// Whether the plan and its register know what is said.
fn check(common: &Common, definition: &Definition, wanted: &Release) -> Result<(), Failure> {
    let Definition { plan, register, .. } = definition;
    let day = wanted.period.map_or_else(|| plan.local_date(common.now()), Period::end);
    if let Some(code) = &wanted.district
        && !register.versions_of(code).iter().any(|unit| register.sends(unit, unit.valid_from))
    {
        let senders = register.senders(day).map(|unit| unit.code.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(
            &format!("quarantine: `{code}` sends no forms"),
            &format!("those that do are {senders}"),
        ));
    }
    if let Some(code) = &wanted.form
        && plan.form(code).is_none()
    {
        let forms = plan.forms.iter().map(|form| form.code.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(&format!("quarantine: the plan has no form `{code}`"), &format!("it has {forms}")));
    }
    if let Some(period) = wanted.period
        && !(plan.first_period.year()..=plan.last_period.year()).contains(&period.year())
    {
        let hint = format!("the plan runs from {} to {}", plan.first_period, plan.last_period);
        return Err(Failure::usage(&format!("quarantine: `{period}` is no period of the plan"), &hint));
    }
    Ok(())
}

/// The files that a submission's first digits name: several where it is an archive.
fn find<'h>(held: &'h [Held], wanted: &str) -> Result<Vec<&'h Held>, Failure> {
    let found: Vec<&Held> =
        held.iter().filter(|one| !wanted.is_empty() && one.submission.starts_with(wanted)).collect();
    let one = found.first().is_some_and(|first| found.iter().all(|other| other.submission == first.submission));
    if one {
        return Ok(found);
    }
    let what = if found.is_empty() { "is not in quarantine" } else { "may be several" };
    Err(Failure::usage(&format!("quarantine: `{wanted}` {what}"), "`wardscore quarantine list` names all"))
}

/// What is in quarantine, as the tables last said.
fn held(store: &Store) -> Result<Vec<Held>, StoreError> {
    // Each table has one file for a territory, in the same order; the same bytes may have come in several.
    let (submissions, findings) = (store.partitions("submissions")?, store.partitions("findings")?);
    let mut all = Vec::new();
    for (submissions, findings) in submissions.iter().zip(&findings) {
        all.extend(held_in(submissions, findings)?);
    }
    Ok(all)
}

/// What is in quarantine in one territory.
fn held_in(submissions: &Partition, findings: &Partition) -> Result<Vec<Held>, StoreError> {
    let mut all: Vec<Held> = Vec::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    let columns = ["submission_id", "sha256", "district_code", "file_name", "member", "status"];
    for batch in submissions.read(&columns)? {
        let words: Vec<Words<'_>> = columns.iter().filter_map(|name| Words::of(&batch, name)).collect();
        let [id, sha256, district, file_name, member, status] = words.as_slice() else { continue };
        let quarantined = |row: &usize| status.get(*row) == SubmissionStatus::Quarantined.as_str();
        used.extend((0..batch.num_rows()).filter(|row| !quarantined(row)).map(|row| id.get(row).to_owned()));
        for row in (0..batch.num_rows()).filter(quarantined) {
            all.push(Held {
                submission: id.get(row).to_owned(),
                sha256: sha256.get(row).to_owned(),
                district: district.get(row).to_owned(),
                file_name: file_name.get(row).to_owned(),
                member: member.get(row).to_owned(),
                others_stand: false,
                code: String::new(),
                found: String::new(),
                messages: Default::default(),
            });
        }
    }
    for one in &mut all {
        one.others_stand = used.contains(&one.submission);
    }
    let columns = ["submission_id", "member", "code", "found", "message_vi", "message_en"];
    for batch in findings.read(&columns)? {
        let words: Vec<Words<'_>> = columns.iter().filter_map(|name| Words::of(&batch, name)).collect();
        let [id, member, code, found, vi, en] = words.as_slice() else { continue };
        for row in 0..batch.num_rows() {
            // A quarantined file has one finding.
            let own = |one: &&mut Held| one.submission == id.get(row) && one.member == member.get(row);
            for one in all.iter_mut().filter(own).filter(|one| one.code.is_empty()).take(1) {
                code.get(row).clone_into(&mut one.code);
                found.get(row).clone_into(&mut one.found);
                one.messages = [vi.get(row).to_owned(), en.get(row).to_owned()];
            }
        }
    }
    Ok(all)
}
