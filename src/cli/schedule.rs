//! `wardscore schedule`: the pipeline's jobs as a crontab, or as systemd's services and timers.
//!
//! systemd keeps the plan's zone itself and makes up for a run that the machine slept through. Cron does neither: a line
//! of `CRON_TZ` is silently ignored by Debian's cron, so the times are turned into the machine's zone instead. Nor does cron
//! hand over secrets: those that it would have to are warned of.
#![expect(clippy::print_stdout, reason = "the schedule is the command's output")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::tz::TimeZone;

use super::{Common, Failure};
use crate::model::{Address, Events, Job, Login, Notify, Place, Plan, Secret};
use crate::plan::Definition;
use crate::store::file;

/// In place of a folder: to standard output.
const PRINTED: &str = "-";

/// Arguments of `schedule`.
#[derive(Debug, Clone, clap::Args)]
#[command(group(clap::ArgGroup::new("form").required(true).args(["cron", "systemd"])))]
pub(super) struct ScheduleArguments {
    /// Print a crontab
    #[arg(long)]
    cron: bool,
    /// Print a service and a timer of each job, or write them into DIR
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = PRINTED)]
    systemd: Option<PathBuf>,
    /// Zone of the clock that cron goes by [default: this machine's]
    #[arg(long, value_name = "ZONE", requires = "cron")]
    zone: Option<String>,
    /// User that the services run as
    #[arg(long, value_name = "NAME", default_value = "wardscore", requires = "systemd")]
    user: String,
}

/// What every job's command holds, with absolute paths: neither cron nor systemd starts in this folder.
struct Setting {
    program: PathBuf,
    pipeline: PathBuf,
    store: PathBuf,
    more: Vec<String>,
}

/// Prints or writes the schedule.
pub(super) fn run(common: &Common, arguments: &ScheduleArguments) -> Result<ExitCode, Failure> {
    let definition = common.definition()?;
    if definition.jobs.jobs.is_empty() {
        return Err(Failure::usage(
            "the pipeline declares no job",
            "declare one in its jobs.toml, as `[[job]]` with name, labels, when and channel",
        ));
    }
    let setting = Setting::of(common)?;
    match &arguments.systemd {
        None => print!("{}", crontab(common, &definition, &setting, arguments.zone.as_deref())?),
        Some(folder) => {
            let units = units(&definition, &setting, &arguments.user);
            if folder.as_os_str() == PRINTED {
                let text: Vec<String> = units.iter().map(|(name, text)| format!("# {name}\n{text}")).collect();
                print!("{}", text.join("\n"));
                return Ok(ExitCode::SUCCESS);
            }
            let fail = |e: std::io::Error| Failure::usage(&format!("schedule: {e}"), "name another folder");
            fs_err::create_dir_all(folder).map_err(fail)?;
            for (name, text) in units {
                let path = folder.join(name);
                file::replace(&path, text.as_bytes()).map_err(|e| Failure::store("schedule", &e))?;
                println!("{}", path.display());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Setting {
    fn of(common: &Common) -> Result<Self, Failure> {
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|e| Failure::usage(&format!("`{}`: {e}", path.display()), ""))
        };
        let program = std::env::current_exe()
            .map_err(|e| Failure::usage(&format!("the program's own path is not known: {e}"), ""))?;
        let mut more = Vec::new();
        for (key, value) in &common.set {
            let value = match key.as_str() {
                "inbox" | "baseline" | "population" | "corrections" | "actions" | "register" => {
                    absolute(Path::new(value))?.to_string_lossy().into_owned()
                }
                _ => value.clone(),
            };
            more.extend(["--set".to_owned(), format!("{key}={value}")]);
        }
        if let Some(map) = &common.map {
            more.extend(["--map".to_owned(), map.clone()]);
        }
        let setting = Self { program, pipeline: absolute(&common.pipeline()?)?, store: absolute(&common.store)?, more };
        match setting.words("").iter().find(|word| word.contains(char::is_control)) {
            Some(word) => Err(Failure::usage(
                &format!("{word:?} holds a control character, which no schedule can"),
                "rename the folder",
            )),
            None => Ok(setting),
        }
    }

    /// The command of a job, word by word.
    fn words(&self, job: &str) -> Vec<String> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut words = vec![path(&self.program), "run".to_owned(), "--job".to_owned(), job.to_owned()];
        words.extend(["--pipeline".to_owned(), path(&self.pipeline)]);
        words.extend(["--store".to_owned(), path(&self.store)]);
        words.extend(self.more.iter().cloned());
        words
    }
}

/// How many minutes a zone is ahead of another now, and whether that is so all the year.
fn ahead(now: jiff::Timestamp, plan: &TimeZone, machine: &TimeZone) -> (i32, bool) {
    let at = |t: jiff::Timestamp| (machine.to_offset(t).seconds() - plan.to_offset(t).seconds()) / 60;
    let month = jiff::SignedDuration::from_hours(30 * 24);
    let steady = (0..12).all(|n| now.checked_add(month * n).is_ok_and(|t| at(t) == at(now)));
    (at(now), steady)
}

fn crontab(common: &Common, definition: &Definition, setting: &Setting, zone: Option<&str>) -> Result<String, Failure> {
    let Definition { plan, jobs, .. } = definition;
    let machine = match zone {
        None => TimeZone::system(),
        Some(zone) => TimeZone::get(zone).map_err(|_| {
            Failure::usage(&format!("`{zone}` is not a time zone"), "name one such as Asia/Ho_Chi_Minh or UTC")
        })?,
    };
    let name = machine.iana_name().unwrap_or("the machine's zone").to_owned();
    let (ahead, steady) = ahead(common.now(), &zone_of(plan), &machine);
    let mut text = format!(
        "# The jobs of {}. Their times in {} are turned into {name}, by which cron goes here.\n\
         # Only trouble is said, and cron mails what is said: set MAILTO to who should get it.\n",
        plan.code, plan.time_zone
    );
    if !steady {
        text.push_str(&format!(
            "# {name} changes its clocks in the course of the year, and these times do not follow: systemd's timers would.\n"
        ));
    }
    let lacking = lacking(plan, &jobs.notify);
    if !lacking.is_empty() {
        let lacking = lacking.join(", ");
        tracing::warn!(
            "cron hands over no secrets, so these jobs will lack {lacking}; `file = …` is read by any of them"
        );
        text.push_str(&format!(
            "# Cron hands over no secrets: these jobs lack {lacking}. `file = …` is read by any of them.\n"
        ));
    }
    for job in &jobs.jobs {
        let lines = job.when.cron(ahead).ok_or_else(|| {
            let what = format!("in {name}, `{}` of the job `{}` is the end of February", job.when, job.name);
            Failure::usage(&what, "choose another day or hour, set the machine's zone, or use systemd's timers")
        })?;
        text.push_str(&format!("\n# {} · {}: {}\n", job.label_vi, job.label_en, job.when));
        let mut words = setting.words(&job.name);
        words.push("--quiet".to_owned());
        // In a crontab an unescaped % ends the command.
        let command = words.iter().map(|word| shell(word)).collect::<Vec<_>>().join(" ").replace('%', "\\%");
        for line in lines {
            text.push_str(&format!("{line} {command}\n"));
        }
    }
    Ok(text)
}

fn zone_of(plan: &Plan) -> TimeZone {
    TimeZone::get(&plan.time_zone).unwrap_or(TimeZone::UTC)
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A word as systemd takes it, where `%` stands for specifiers.
fn quoted(word: &str) -> String {
    let word = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    if word.contains([' ', '\'', '"', '\\', ';']) { format!("\"{word}\"") } else { word }
}

/// Name and text of each unit.
fn units(Definition { plan, jobs, .. }: &Definition, setting: &Setting, user: &str) -> Vec<(String, String)> {
    let mut units: Vec<(String, String)> = Vec::new();
    let mut before: Vec<String> = Vec::new();
    for job in &jobs.jobs {
        let name = format!("wardscore-{}-{}", plan.code, job.name);
        units.push((format!("{name}.service"), service(plan, job, &jobs.notify, setting, user, &before)));
        units.push((format!("{name}.timer"), timer(plan, job)));
        before.push(format!("{name}.service"));
    }
    units
}

fn service(plan: &Plan, job: &Job, notify: &Notify, setting: &Setting, user: &str, before: &[String]) -> String {
    // In a command `$` stands for a variable.
    let command: Vec<String> = setting.words(&job.name).iter().map(|word| quoted(&word.replace('$', "$$"))).collect();
    let folder = |path: &Path| path.parent().filter(|p| !p.as_os_str().is_empty()).map(Path::to_path_buf);
    let lineage = notify.lineage.as_ref().and_then(|to| match to {
        Events::File(path) => folder(path),
        Events::Url(_) => None,
    });
    let mut writable = vec![setting.store.clone()];
    let told = notify.metrics.as_deref().and_then(folder).into_iter().chain(lineage);
    writable.extend(told.filter_map(|path| std::path::absolute(path).ok()));
    writable.dedup();
    let writable: Vec<String> = writable.iter().map(|path| quoted(&path.to_string_lossy())).collect();
    // Runs that were missed start together when the machine is back: they take turns.
    let after = [&["network-online.target".to_owned()], before].concat().join(" ");
    let mut secrets: Vec<String> = secrets(plan, notify).into_iter().filter_map(hand_over).collect();
    secrets.sort();
    secrets.dedup();
    let secrets = secrets.concat();
    format!(
        "[Unit]\n\
         Description=wardscore {} {}: {}\n\
         Wants=network-online.target\n\
         After={after}\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         User={user}\n\
         ExecStart={}\n\
         {secrets}\
         # The store must be there before the first run, and belong to the user.\n\
         ReadWritePaths={}\n\
         {HARDENED}",
        plan.code,
        job.name,
        job.label_en.replace('%', "%%"),
        command.join(" "),
        writable.join(" "),
    )
}

/// What a batch run that reads folders, writes its store and talks to servers has no need of.
const HARDENED: &str = "\
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
CapabilityBoundingSet=
UMask=0027
TimeoutStartSec=6h
";

/// Every secret that a run asks for.
fn secrets<'a>(plan: &'a Plan, notify: &'a Notify) -> Vec<&'a Secret> {
    let of_login = |login: &'a Login| match login {
        Login::Nobody => None,
        Login::Password { password, .. } => Some(password),
        Login::Token(token) => Some(token),
    };
    let mut all: Vec<&Secret> = Vec::new();
    for source in &plan.sources {
        match &source.place {
            Place::Folder(_) => {}
            Place::Sftp(server) => all.extend(&server.key),
            Place::S3(bucket) => all.extend(bucket.keys.iter().flat_map(|(key, secret)| [key, secret])),
            Place::Webdav { login, .. } | Place::Https { login, .. } => all.extend(of_login(login)),
        }
    }
    all.extend(notify.ping.as_ref().and_then(|address| match address {
        Address::Secret(secret) => Some(secret),
        Address::Plain(_) => None,
    }));
    all.extend(notify.mail.as_ref().and_then(|mail| mail.login.as_ref()).map(|(_, secret)| secret));
    all
}

/// The secrets that a run under cron would look for in vain: it has a bare environment, and no credentials of systemd.
fn lacking(plan: &Plan, notify: &Notify) -> Vec<String> {
    let name = |secret: &Secret| match secret {
        Secret::Env(name) => Some(format!("the variable {name}")),
        Secret::Credential(name) => Some(format!("the credential {name}")),
        Secret::File(_) => None,
    };
    let mut all: Vec<String> = secrets(plan, notify).into_iter().filter_map(name).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// How systemd hands a secret over; a file needs nothing but to be readable.
fn hand_over(secret: &Secret) -> Option<String> {
    match secret {
        Secret::Credential(name) => Some(format!("LoadCredential={name}:/etc/credstore/{name}\n")),
        Secret::Env(_) => Some("EnvironmentFile=-/etc/wardscore/environment\n".to_owned()),
        Secret::File(_) => None,
    }
}

fn timer(plan: &Plan, job: &Job) -> String {
    format!(
        "[Unit]\n\
         Description=wardscore {} {}: {}\n\
         \n\
         [Timer]\n\
         OnCalendar={}\n\
         # A run that the machine slept through is made up for.\n\
         Persistent=yes\n\
         \n\
         [Install]\n\
         WantedBy=timers.target\n",
        plan.code,
        job.name,
        job.when,
        job.when.on_calendar(&plan.time_zone),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_the_shell_cron_and_systemd() {
        assert_eq!(shell("/srv/a-b/c.d"), "/srv/a-b/c.d");
        assert_eq!(shell("/srv/it's 5%"), "'/srv/it'\\''s 5%'");
        assert_eq!(quoted("/srv/50% of $x"), "\"/srv/50%% of $x\"");
        assert_eq!(quoted("/srv/\"a\""), "\"/srv/\\\"a\\\"\"");
    }

    #[test]
    fn a_zone_that_changes_its_clocks_is_noticed() {
        let zone = |name| TimeZone::get(name).unwrap();
        let now = "2021-03-01T00:00:00Z".parse().unwrap();
        assert_eq!(ahead(now, &zone("Asia/Ho_Chi_Minh"), &zone("UTC")), (-420, true));
        assert_eq!(ahead(now, &zone("Asia/Ho_Chi_Minh"), &zone("Europe/Paris")), (-360, false));
    }
}
