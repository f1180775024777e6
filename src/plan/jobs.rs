//! `jobs.toml`: the jobs of a plan and whom a run tells how it went.
//!
//! It stands beside the definition and is no part of its digest: when a job runs and who hears of it changes no figure.

use std::path::Path;

use crate::model::{Address, Channel, Events, Job, Mail, Notify, Occasion, Security, Stage};

use super::below;
use super::problem::Problems;
use super::settings::SPANS;
use super::sources::secret;
use super::toml_reader::{Source, Table};

/// The jobs of a plan, and whom they tell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Jobs {
    /// In the order of the file.
    pub jobs: Vec<Job>,
    /// Whom a run tells.
    pub notify: Notify,
}

/// Name of the file.
const FILE: &str = "jobs.toml";

/// Reads the file where there is one.
pub(super) fn load(folder: &Path, problems: &mut Problems) -> Jobs {
    let path = folder.join(FILE);
    if !path.exists() {
        return Jobs::default();
    }
    Source::open(&path, problems).map(|source| read(&source, folder, problems)).unwrap_or_default()
}

fn read(source: &Source, folder: &Path, problems: &mut Problems) -> Jobs {
    let parsed = source.parse(problems);
    let mut t = Table::new(source, parsed.get_ref(), 0);
    let mut jobs: Vec<Job> = Vec::new();
    for mut entry in t.tables("job", problems) {
        let job = job(&mut entry, problems);
        if let Some(job) = job {
            if jobs.iter().any(|other| other.name == job.name) {
                problems.add(&entry.place_of("name"), format!("job `{}` is defined twice", job.name));
            }
            jobs.push(job);
        }
        entry.end(problems);
    }
    let notify = t.table("notify", problems).map(|n| notify(n, folder, problems)).unwrap_or_default();
    t.end(problems);
    Jobs { jobs, notify }
}

fn job(t: &mut Table<'_>, problems: &mut Problems) -> Option<Job> {
    let name = t.required("name", problems);
    // It names files of systemd.
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.is_empty() && !name.chars().all(plain) {
        let what = format!("`name` is `{name}`, expected small letters without accents, digits and - only");
        problems.add(&t.place_of("name"), what);
    }
    let mut label = |key: &'static str| {
        let label = t.required(key, problems);
        // It stands on a line of crontabs and of systemd's units.
        if label.contains(char::is_control) {
            problems.add(&t.place_of(key), format!("`{key}` holds a control character, such as the end of a line"));
        }
        label
    };
    let (label_vi, label_en) = (label("label_vi"), label("label_en"));
    let when = parsed(t, "when", problems);
    let when = t.need("when", when, problems);
    let stages = stages(t, problems);
    let words = [Channel::Nightly, Channel::Stable].map(|channel| (channel.as_str(), channel));
    let channel = t.word("channel", &words, problems);
    if t.has("channel") && !stages.contains(&Stage::Publish) {
        problems.add(&t.place_of("channel"), "a job without the stage `publish` makes no release".to_owned());
    }
    if !t.has("channel") && stages.contains(&Stage::Publish) {
        problems.add(&t.place(), "`channel` is missing: a job that publishes says to which".to_owned());
    }
    let map = parsed(t, "map", problems);
    let span = t.word("span", &SPANS, problems);
    Some(Job { name, label_vi, label_en, when: when?, stages, channel, map, span })
}

/// A text that is one of the model's notations.
fn parsed<T: std::str::FromStr<Err = String>>(
    t: &mut Table<'_>,
    key: &'static str,
    problems: &mut Problems,
) -> Option<T> {
    let text = t.text(key, problems)?;
    text.parse().map_err(|wrong: String| problems.add(&t.place_of(key), wrong)).ok()
}

/// Every stage where none is named.
fn stages(t: &mut Table<'_>, problems: &mut Problems) -> Vec<Stage> {
    let named = t.texts("stages", problems);
    let place = t.place_of("stages");
    let mut stages: Vec<Stage> = Vec::new();
    for word in &named {
        match Stage::from_word(word) {
            Some(stage) if stages.last().is_some_and(|last| *last >= stage) => {
                problems
                    .add(&place, format!("stage `{word}` stands after `{}`", stages.last().map_or("", |s| s.as_str())));
            }
            Some(stage) => stages.push(stage),
            None => problems.unknown(&place, "stage", word, Stage::ALL.iter().map(|s| s.as_str())),
        }
    }
    if named.is_empty() { Stage::ALL.to_vec() } else { stages }
}

fn notify(mut t: Table<'_>, folder: &Path, problems: &mut Problems) -> Notify {
    let metrics = t.text("metrics", problems).map(|path| below(folder, &path));
    if metrics.as_ref().is_some_and(|path| path.extension().is_none_or(|e| e != "prom")) {
        let what = "`metrics` does not end in .prom: the node exporter would not read it".to_owned();
        problems.add(&t.place_of("metrics"), what);
    }
    let ping = if t.holds_text("ping") {
        let address = t.required("ping", problems);
        if !is_url(&address) {
            problems.add(&t.place_of("ping"), "`ping` is no address, expected one such as https://…".to_owned());
        }
        Some(Address::Plain(address))
    } else {
        secret(&mut t, "ping", folder, problems).map(Address::Secret)
    };
    let lineage = t
        .text("lineage", problems)
        .map(|text| if is_url(&text) { Events::Url(text) } else { Events::File(below(folder, &text)) });
    let mail = t.table("mail", problems).map(|m| mail(m, folder, problems));
    t.end(problems);
    Notify { metrics, ping, lineage, mail }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn mail(mut t: Table<'_>, folder: &Path, problems: &mut Problems) -> Mail {
    const SECURITY: [(&str, Security); 3] =
        [("tls", Security::Tls), ("starttls", Security::StartTls), ("none", Security::Plain)];
    const WHEN: [(&str, Occasion); 3] =
        [("news", Occasion::News), ("failure", Occasion::Failure), ("always", Occasion::Always)];
    let host = t.required("host", problems);
    let security = t.word("security", &SECURITY, problems).unwrap_or(Security::StartTls);
    let usual = match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::Plain => 25,
    };
    let port = t.number("port", problems).unwrap_or(f64::from(usual));
    if port.fract() != 0.0 || !(1.0..=65535.0).contains(&port) {
        problems.add(&t.place_of("port"), format!("`port` is {port}, expected 1 to 65535"));
    }
    let from = t.required("from", problems);
    let to = t.texts("to", problems);
    if to.is_empty() {
        problems.add(&t.place_of("to"), "`to` names nobody".to_owned());
    }
    for (key, address) in std::iter::once(("from", &from)).chain(to.iter().map(|to| ("to", to))) {
        let bare = address.rsplit_once('<').map_or(address.as_str(), |(_, rest)| rest.trim_end_matches('>'));
        let fits = bare.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
        if !address.is_empty() && (!fits || address.contains(['\n', '\r'])) {
            problems.add(&t.place_of(key), format!("`{address}` is no mail address"));
        }
    }
    let user = t.text("user", problems);
    let password = secret(&mut t, "password", folder, problems);
    if user.is_some() != t.has("password") {
        problems.add(&t.place(), "`user` and `password` belong together".to_owned());
    }
    if user.is_some() && security == Security::Plain {
        problems.add(&t.place_of("security"), "a password is not sent over a connection without TLS".to_owned());
    }
    let when = t.word("when", &WHEN, problems).unwrap_or(Occasion::News);
    t.end(problems);
    Mail { host, port: port as u16, security, from, to, login: user.zip(password), when }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (Jobs, Vec<String>) {
        let source = Source { path: FILE.into(), text: text.to_owned() };
        let mut problems = Problems::default();
        let jobs = read(&source, Path::new("plan"), &mut problems);
        (jobs, problems.sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_job_and_every_channel_of_news() {
        let (jobs, problems) = found(
            r#"
[[job]]
name = "annual"
label_vi = "Phân loại hằng năm"
label_en = "Annual classification"
when = "yearly 02-05 03:00"
stages = ["evaluate", "publish"]
channel = "stable"
map = "current"
span = "plan_to_date"
[notify]
metrics = "/var/lib/node/wardscore.prom"
ping = { credential = "ping" }
lineage = "events.ndjson"
[notify.mail]
host = "mail.example"
from = "wardscore <wardscore@example.org>"
to = ["a@example.org"]
user = "wardscore"
password = { env = "SMTP_PASSWORD" }
"#,
        );
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(jobs.jobs[0].stages, [Stage::Evaluate, Stage::Publish]);
        let mail = jobs.notify.mail.unwrap();
        assert_eq!((mail.port, mail.when, mail.security), (587, Occasion::News, Security::StartTls));
        assert_eq!(jobs.notify.lineage, Some(Events::File("plan/events.ndjson".into())));
    }

    #[test]
    fn every_problem_at_once_with_its_line() {
        let (_, problems) = found(
            r#"[[job]]
name = "Nightly Run"
label_vi = "a"
label_en = "a"
when = "daily 25:00"
stages = ["publish", "normalise", "pull"]
map = "today"
span = "year"
[[job]]
name = "b"
label_vi = "b\n* * * * * root reboot"
label_en = "b"
when = "monthly 31 01:00"
stages = ["pull"]
channel = "stable"
zone = "UTC"
[notify]
metrics = "wardscore.txt"
ping = "s3cret"
[notify.mail]
host = "mail.example"
security = "none"
port = 0
from = "nobody"
to = []
user = "x"
password = "hunter2"
"#,
        );
        for (line, wanted) in [
            (2, "small letters"),
            (5, "`daily 25:00` is no calendar"),
            (6, "stage `normalise` is not defined\nhint: the nearest that is defined is `normalize`"),
            (6, "stage `pull` stands after `publish`"),
            (1, "`channel` is missing"),
            (7, "`today` is no map"),
            (8, "`span` is `year`"),
            (11, "`label_vi` holds a control character"),
            (13, "from 1 to 28"),
            (15, "without the stage `publish`"),
            (16, "`zone` is not a key here"),
            (18, "does not end in .prom"),
            (19, "`ping` is no address"),
            (22, "without TLS"),
            (23, "`port` is 0"),
            (24, "`nobody` is no mail address"),
            (25, "`to` names nobody"),
            (27, "`password` stands here in clear"),
        ] {
            let place = format!("{FILE}:{line}:");
            let told = problems.iter().any(|p| p.starts_with(&place) && p.contains(wanted));
            assert!(told, "{line}: {wanted}: {problems:#?}");
        }
        assert_eq!(problems.len(), 18, "{problems:#?}");
        assert!(!problems.iter().any(|p| p.contains("hunter2") || p.contains("s3cret")));
    }
}
