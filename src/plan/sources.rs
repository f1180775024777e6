//! The entries `[[source]]`: where forms come from, and whom each speaks for.
//!
//! A secret stands nowhere here, only where it is to be found.

use std::path::Path;
use std::time::Duration;

use crate::model::{Login, Pattern, Place as Where, Receipt, S3, Secret, Senders, Settings, Sftp, Source, WebFiles};
use crate::register::Register;

use super::below;
use super::problem::{Place, Problems};
use super::toml_reader::Table;

/// How long a step may take and how often it is tried again, where an entry does not say.
const TIMEOUT_SECONDS: f64 = 30.0;
const RETRIES: f64 = 3.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    Sftp,
    S3,
    Webdav,
    Https,
}

const KINDS: &[(&str, Kind)] = &[
    ("folder", Kind::Folder),
    ("sftp", Kind::Sftp),
    ("s3", Kind::S3),
    ("webdav", Kind::Webdav),
    ("https", Kind::Https),
];

/// Codes of districts that entries name, to be looked up once the register is there.
pub(super) type Named = Vec<(String, Place)>;

/// Reads the entries.
pub(super) fn read(
    t: &mut Table<'_>,
    folder: &Path,
    settings: &Settings,
    named: &mut Named,
    problems: &mut Problems,
) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for mut s in t.tables("source", problems) {
        let name = s.required("name", problems);
        let kind = if s.has("kind") { s.word("kind", KINDS, problems) } else { Some(Kind::Folder) };
        let Some(kind) = kind else { continue };
        let place = place(&mut s, kind, folder, settings, problems);
        let senders = senders(&mut s, &place, named, problems);
        let received = s.word("received", &[("modified", Receipt::Modified), ("now", Receipt::Now)], problems);
        let received = if kind == Kind::Folder { s.need("received", received, problems) } else { received };
        let source = Source {
            place,
            senders,
            pattern: pattern(&mut s, problems),
            received: received.unwrap_or(Receipt::Now),
            receipts: s.text("receipts", problems).map(|p| below(folder, &p)).filter(|p| p.exists()),
            max_file_bytes: positive(&mut s, "max_file_bytes", settings.max_file_bytes as f64, problems) as u64,
            retries: positive(&mut s, "retries", RETRIES, problems) as u32,
            timeout: Duration::from_secs_f64(
                positive(&mut s, "timeout_seconds", TIMEOUT_SECONDS, problems).clamp(1.0, 3600.0),
            ),
            name,
        };
        if let Where::Https { files: WebFiles::Urls(urls), .. } = &source.place {
            let names: Vec<&str> = urls.iter().map(|url| file_name(url)).collect();
            if let Some(at) = (1..names.len()).find(|at| names[..*at].contains(&names[*at])) {
                let what = format!("two of the `urls` name a file `{}`, expected a name for each", names[at]);
                problems.add(&s.place_of("urls"), what);
            }
        }
        if sources.iter().any(|other| other.name == source.name) {
            problems.add(&s.place_of("name"), format!("source `{}` is defined twice", source.name));
        }
        sources.push(source);
        s.end(problems);
    }
    sources
}

/// The last part of an address's path.
fn file_name(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url).rsplit('/').next().unwrap_or(url)
}

/// Every district that an entry names is one of the register that sends, at some time.
pub(super) fn check(named: &Named, register: &Register, problems: &mut Problems) {
    let sends = |code: &str| register.versions_of(code).iter().any(|v| register.sends(v, v.valid_from));
    for (code, place) in named {
        if !sends(code) {
            let known = register.versions().iter().filter(|v| register.sends(v, v.valid_from));
            problems.unknown(place, "district", code, known.map(|v| v.code.as_str()));
        }
    }
}

fn place(s: &mut Table<'_>, kind: Kind, folder: &Path, settings: &Settings, problems: &mut Problems) -> Where {
    match kind {
        Kind::Folder => {
            let named = s.required("folder", problems);
            // `inbox` is the setting, so that it can be overridden; anything else is a folder of its own.
            Where::Folder(if named == "inbox" { settings.inbox.clone() } else { below(folder, &named) })
        }
        Kind::Sftp => Where::Sftp(sftp(s, folder, problems)),
        Kind::S3 => {
            let keys = (secret(s, "access_key", folder, problems), secret(s, "secret_key", folder, problems));
            if s.has("access_key") != s.has("secret_key") {
                problems.add(&s.place(), "`access_key` and `secret_key` belong together");
            }
            Where::S3(S3 {
                endpoint: address(s, "endpoint", keys.0.is_some(), problems),
                bucket: s.required("bucket", problems),
                region: s.text("region", problems).unwrap_or_else(|| "us-east-1".to_owned()),
                path: s.text("path", problems).unwrap_or_default(),
                keys: keys.0.zip(keys.1),
            })
        }
        Kind::Webdav => {
            let login = login(s, folder, problems);
            Where::Webdav { url: address(s, "url", login != Login::Nobody, problems), login }
        }
        Kind::Https => {
            let login = login(s, folder, problems);
            let safe = login != Login::Nobody;
            if s.has("index") == s.has("urls") {
                problems.add(&s.place(), "expected either `urls` or `index`");
            }
            let files = if s.has("index") {
                WebFiles::Index(address(s, "index", safe, problems))
            } else {
                let urls = s.texts("urls", problems);
                for url in &urls {
                    check_address(url, &s.place_of("urls"), "urls", safe, problems);
                }
                WebFiles::Urls(urls)
            };
            Where::Https { files, login }
        }
    }
}

fn sftp(s: &mut Table<'_>, folder: &Path, problems: &mut Problems) -> Sftp {
    let host = s.required("host", problems);
    let user = s.required("user", problems);
    for (key, text) in [("host", &host), ("user", &user)] {
        // They become arguments of `ssh`.
        if text.starts_with('-') || text.contains(|c: char| c.is_whitespace() || c == '@') {
            problems.add(&s.place_of(key), format!("`{key}` is `{text}`, expected a plain name"));
        }
    }
    let key = secret(s, "key", folder, problems);
    if matches!(key, Some(Secret::Env(_))) {
        let what = "`key` is a file: expected { file = \"…\" } or { credential = \"…\" }";
        problems.add(&s.place_of("key"), what);
    }
    let known_hosts = below(folder, &s.required("known_hosts", problems));
    if s.has("known_hosts") && !known_hosts.is_file() {
        let hint =
            format!("`ssh-keyscan {host}` prints what belongs there; compare it with what the server's keeper says");
        let what = format!("there is no file `{}`", known_hosts.display());
        problems.add_hint(&s.place_of("known_hosts"), what, Some(hint));
    }
    let port = positive(s, "port", 22.0, problems);
    if port > f64::from(u16::MAX) || port < 1.0 {
        problems.add(&s.place_of("port"), format!("`port` is {port}, expected one of 1 to 65535"));
    }
    Sftp { host, port: port as u16, user, path: s.text("path", problems).unwrap_or_default(), key, known_hosts }
}

fn login(s: &mut Table<'_>, folder: &Path, problems: &mut Problems) -> Login {
    let (password, token) = (secret(s, "password", folder, problems), secret(s, "token", folder, problems));
    if s.has("user") != s.has("password") {
        problems.add(&s.place(), "`user` and `password` belong together");
    }
    if s.has("password") && s.has("token") {
        problems.add(&s.place_of("token"), "expected either `password` or `token`");
    }
    match (s.text("user", problems), password, token) {
        (Some(user), Some(password), _) => Login::Password { user, password },
        (_, _, Some(token)) => Login::Token(token),
        _ => Login::Nobody,
    }
}

/// A secret by reference. What stands there in clear is not repeated in what is said about it.
pub(super) fn secret(s: &mut Table<'_>, key: &'static str, folder: &Path, problems: &mut Problems) -> Option<Secret> {
    const EXPECTED: &str = "expected where it is to be found: { env = \"NAME\" }, { file = \"PATH\" } or \
                            { credential = \"NAME\" }";
    if s.holds_text(key) {
        problems.add(&s.place_of(key), format!("`{key}` stands here in clear, {EXPECTED}"));
        s.text(key, problems);
        return None;
    }
    let mut table = s.table(key, problems)?;
    let place = table.place();
    let found = [
        table.text("env", problems).map(Secret::Env),
        table.text("file", problems).map(|path| Secret::File(below(folder, &path))),
        table.text("credential", problems).map(Secret::Credential),
    ];
    table.end(problems);
    let mut found = found.into_iter().flatten();
    let one = found.next();
    if one.is_none() || found.next().is_some() {
        problems.add(&place, format!("`{key}`: {EXPECTED}"));
    }
    if let Some(Secret::Credential(name)) = &one
        && (name.contains('/') || name.is_empty())
    {
        problems.add(&place, format!("`{key}`: `{name}` is not the name of a credential"));
    }
    one
}

fn senders(s: &mut Table<'_>, place: &Where, named: &mut Named, problems: &mut Problems) -> Senders {
    if s.has("district") && s.has("districts") {
        problems.add(&s.place_of("districts"), "expected either `district` or `districts`");
    }
    let here = s.place_of("districts");
    let districts = s.has("districts").then(|| s.texts("districts", problems));
    if districts.as_ref().is_some_and(Vec::is_empty) {
        problems.add(&here, "`districts` is empty: the source could send nothing");
    }
    let of_list = districts.iter().flatten().map(|code| (code.clone(), here.clone()));
    named.extend(of_list);
    let one = s.text("district", problems);
    named.extend(one.iter().map(|code| (code.clone(), s.place_of("district"))));
    match (one, districts) {
        (Some(code), _) => Senders::One(code),
        (None, Some(codes)) => Senders::Of(codes),
        (None, None) => {
            if matches!(place, Where::Https { files: WebFiles::Urls(_), .. }) {
                problems.add(&s.place(), "`district` is missing: addresses do not say whose files they are");
            }
            Senders::Any
        }
    }
}

fn pattern(s: &mut Table<'_>, problems: &mut Problems) -> Pattern {
    let mut pattern = Pattern::default();
    let texts = if s.holds_text("pattern") {
        s.text("pattern", problems).into_iter().collect()
    } else {
        s.texts("pattern", problems)
    };
    for text in texts {
        if let Err(what) = pattern.add(&text) {
            let what = format!("`{text}` is not a pattern such as *.xlsx ({what})");
            problems.add(&s.place_of("pattern"), what);
        }
    }
    pattern
}

fn positive(s: &mut Table<'_>, key: &'static str, otherwise: f64, problems: &mut Problems) -> f64 {
    match s.number(key, problems) {
        Some(number) if number < 0.0 || !number.is_finite() => {
            problems.add(&s.place_of(key), format!("`{key}` is {number}, expected a number that is not negative"));
            otherwise
        }
        number => number.unwrap_or(otherwise),
    }
}

fn address(s: &mut Table<'_>, key: &'static str, secrets: bool, problems: &mut Problems) -> String {
    let text = s.required(key, problems);
    if !text.is_empty() {
        check_address(&text, &s.place_of(key), key, secrets, problems);
    }
    text
}

/// An address is complete, holds no secret, and no secret goes to it in clear.
fn check_address(text: &str, place: &Place, key: &str, secrets: bool, problems: &mut Problems) {
    let Some((scheme, rest)) = text.split_once("://") else {
        problems.add(place, format!("`{key}`: expected an address such as https://example.vn/"));
        return;
    };
    let server = rest.split(['/', '?', '#']).next().unwrap_or("");
    if server.contains('@') {
        problems.add(place, format!("`{key}` holds a user or password; they belong in keys of their own"));
    }
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match scheme {
        "https" => {}
        "http" if loopback || !secrets => {}
        "http" => problems.add(place, format!("`{key}`: a secret would travel in clear; expected https://")),
        _ => problems.add(place, format!("`{key}`: expected an address that starts with https://")),
    }
}
