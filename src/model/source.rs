//! Where forms come from: a place, whom it speaks for, and how much patience it deserves.
//!
//! A secret is never a part of it, only where the secret is to be found.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use super::signer::signed_name;

/// When a file counts as received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// The time at which the source says the file was changed.
    Modified,
    /// The time of the run.
    Now,
}

/// Where forms come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name, unique in the plan.
    pub name: String,
    /// Where it is.
    pub place: Place,
    /// Whom it speaks for.
    pub senders: Senders,
    /// Which of its files are meant.
    pub pattern: Pattern,
    /// What counts as the time of receipt.
    pub received: Receipt,
    /// A CSV of `file, received_at, sha256` that decides for the very bytes it names; for copies of an inbox that lost
    /// their modification times.
    pub receipts: Option<PathBuf>,
    /// Largest file taken, in bytes.
    pub max_file_bytes: u64,
    /// How often is tried again what failed in passing.
    pub retries: u32,
    /// How long one step may take: a connection, a page of a listing, the next bytes of a file.
    pub timeout: Duration,
}

/// Whom a source speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Senders {
    /// For the district that bears the folder's name.
    Any,
    /// For the districts that bear the folder's name, if they are among these.
    Of(Vec<String>),
    /// For one district, whatever the folder.
    One(String),
}

impl Senders {
    /// The district and name of a file by its path below the source's place, and whether the source speaks for it.
    pub fn split<'a>(&'a self, path: &'a str) -> (&'a str, &'a str, bool) {
        let (folder, name) = path.split_once('/').unwrap_or(("", path));
        match self {
            Self::One(district) => (district, path, true),
            Self::Any => (folder, name, true),
            Self::Of(districts) => (folder, name, districts.iter().any(|district| district == folder)),
        }
    }

    /// The path of a file below the source's place.
    pub fn path<'a>(&self, district: &str, name: &'a str) -> Cow<'a, str> {
        match self {
            Self::Any | Self::Of(_) if !district.is_empty() => format!("{district}/{name}").into(),
            _ => name.into(),
        }
    }
}

/// Where a source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A folder on an SSH server.
    Sftp(Sftp),
    /// A bucket of S3-compatible storage.
    S3(S3),
    /// A folder on a WebDAV server.
    Webdav {
        /// The folder.
        url: String,
        /// Who asks.
        login: Login,
    },
    /// Files on a web server, which has no listing.
    Https {
        /// Which files.
        files: WebFiles,
        /// Who asks.
        login: Login,
    },
}

/// A folder on an SSH server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sftp {
    /// Server.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Who asks.
    pub user: String,
    /// The folder; the user's own, where it is empty.
    pub path: String,
    /// The file of the private key; `ssh` looks for one by itself where there is none.
    pub key: Option<Secret>,
    /// The server's key, as `ssh-keyscan` writes it.
    pub known_hosts: PathBuf,
}

/// A bucket of S3-compatible storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// Server.
    pub endpoint: String,
    /// Bucket.
    pub bucket: String,
    /// Region; many servers do not care.
    pub region: String,
    /// Folder in the bucket; empty for the whole.
    pub path: String,
    /// Key and secret key; none for a bucket that anyone may read.
    pub keys: Option<(Secret, Secret)>,
}

/// Which files of a web server are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebFiles {
    /// These addresses.
    Urls(Vec<String>),
    /// The names in the text at this address, one a line, relative to it.
    Index(String),
}

/// Who asks a web server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Anyone.
    Nobody,
    /// A user with a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// The bearer of a token.
    Token(Secret),
}

/// Where a secret is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In a variable of the environment.
    Env(String),
    /// In a file.
    File(PathBuf),
    /// In a credential that systemd hands to the service.
    Credential(String),
}

/// Which file names are meant: shell wildcards, where `**` crosses folders; capital letters do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern(Vec<glob::Pattern>);

impl Pattern {
    /// Adds a wildcard; one without a slash is about the last part of a path. Or says what is wrong with it.
    pub fn add(&mut self, text: &str) -> Result<(), &'static str> {
        let whole = if text.contains('/') { text.to_owned() } else { format!("**/{text}") };
        self.0.push(glob::Pattern::new(&whole).map_err(|error| error.msg)?);
        Ok(())
    }

    /// Whether a path below the source's place is meant; the signature of a file that is meant is too.
    pub fn fits(&self, path: &str) -> bool {
        let path = signed_name(path).unwrap_or(path);
        let options = glob::MatchOptions {
            case_sensitive: false,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches_with(path, options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_a_slash_is_about_the_name_alone() {
        let of = |texts: &[&str]| {
            let mut pattern = Pattern::default();
            for text in texts {
                pattern.add(text).unwrap();
            }
            pattern
        };
        let names = of(&["*.xlsx", "*.csv"]);
        for name in ["474/Biểu 01 [lần 2].xlsx", "a.CSV", "474/sub/.a.csv", "474/a.csv.sig"] {
            assert!(names.fits(name), "{name}");
        }
        assert!(!names.fits("474/a.pdf") && !names.fits("474.csv/a") && of(&[]).fits("anything"));
        let paths = of(&["2018/*.xlsx"]);
        assert!(paths.fits("2018/a.xlsx") && !paths.fits("a.xlsx") && !paths.fits("x/2018/a.xlsx"));
        assert!(Pattern::default().add("a[").is_err());
    }

    #[test]
    fn a_folder_names_its_district_unless_the_source_is_of_one() {
        let of = |senders: &Senders, path: &str| {
            let (district, name, allowed) = senders.split(path);
            assert_eq!(senders.path(district, name), path);
            (district.to_owned(), name.to_owned(), allowed)
        };
        let any = Senders::Any;
        assert_eq!(of(&any, "474/sub/a.csv"), ("474".into(), "sub/a.csv".into(), true));
        assert_eq!(of(&any, "stray.csv"), (String::new(), "stray.csv".into(), true));
        let some = Senders::Of(vec!["474".into()]);
        assert!(of(&some, "474/a.csv").2 && !of(&some, "480/a.csv").2 && !of(&some, "stray.csv").2);
        assert_eq!(of(&Senders::One("474".into()), "480/a.csv"), ("474".into(), "480/a.csv".into(), true));
    }
}
