//! Secrets, looked up where an entry says. They are handed to a client at once and kept nowhere else.

use std::path::PathBuf;

use fs_err as fs;

use super::trouble::Trouble;
use crate::model::{Login, Secret};

/// The environment, as it was handed in: the value of a variable.
pub type Environment<'a> = dyn Fn(&str) -> Option<String> + Sync + 'a;

/// The folder in which systemd puts a service's credentials.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// A secret's text, for whoever else is told of one; or why it is not to be had.
pub fn reveal(secret: &Secret, environment: &Environment<'_>) -> Result<String, Trouble> {
    Vault { environment }.text(secret)
}

/// Who asks, with the secret itself. It has no way to be shown.
pub(super) enum Proof {
    Nobody,
    Password { user: String, password: String },
    Token(String),
}

/// Where secrets are looked up.
#[derive(Clone, Copy)]
pub(super) struct Vault<'a> {
    pub(super) environment: &'a Environment<'a>,
}

impl Vault<'_> {
    /// A secret's text, without the line's end that a file has.
    pub(super) fn text(&self, secret: &Secret) -> Result<String, Trouble> {
        if let Secret::Env(name) = secret {
            return (self.environment)(name)
                .filter(|text| !text.is_empty())
                .ok_or_else(|| Trouble::source(format!("the variable `{name}` of the environment is not set")));
        }
        let path = self.path(secret)?;
        match fs::read_to_string(&path) {
            Ok(text) if !text.trim().is_empty() => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
            Ok(_) => Err(Trouble::source(format!("the secret's file `{}` is empty", path.display()))),
            Err(error) => Err(unreadable(&path, &error)),
        }
    }

    /// The file in which a secret is.
    pub(super) fn path(&self, secret: &Secret) -> Result<PathBuf, Trouble> {
        match secret {
            Secret::File(path) => Ok(path.clone()),
            Secret::Credential(name) => match (self.environment)(CREDENTIALS) {
                Some(folder) => Ok(PathBuf::from(folder).join(name)),
                None => Err(Trouble::source(format!(
                    "there is no credential `{name}`: systemd has handed none to this run (${CREDENTIALS} is not set)"
                ))),
            },
            Secret::Env(name) => Err(Trouble::source(format!("the variable `{name}` is no file"))),
        }
    }

    /// Who asks.
    pub(super) fn proof(&self, login: &Login) -> Result<Proof, Trouble> {
        Ok(match login {
            Login::Nobody => Proof::Nobody,
            Login::Password { user, password } => {
                Proof::Password { user: user.clone(), password: self.text(password)? }
            }
            Login::Token(token) => Proof::Token(self.text(token)?),
        })
    }
}

fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Trouble {
    let why = match error.kind() {
        std::io::ErrorKind::NotFound => "is not there",
        std::io::ErrorKind::PermissionDenied => "may not be read by this user",
        _ => "cannot be read",
    };
    Trouble::source(format!("the secret's file `{}` {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_where_it_is_said_to_be_and_what_lacks_is_told() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("word"), "from a file \n").unwrap();
        let credentials = folder.path().display().to_string();
        let environment = |name: &str| match name {
            "WORD" => Some("from the environment".to_owned()),
            "EMPTY" => Some(String::new()),
            CREDENTIALS => Some(credentials.clone()),
            _ => None,
        };
        let vault = Vault { environment: &environment };
        assert_eq!(vault.text(&Secret::Env("WORD".into())).unwrap(), "from the environment");
        assert_eq!(vault.text(&Secret::File(folder.path().join("word"))).unwrap(), "from a file ");
        assert_eq!(vault.text(&Secret::Credential("word".into())).unwrap(), "from a file ");
        for (secret, told) in [
            (Secret::Env("EMPTY".into()), "`EMPTY`"),
            (Secret::File(folder.path().join("none")), "is not there"),
            (Secret::Credential("none".into()), "is not there"),
        ] {
            assert!(vault.text(&secret).unwrap_err().to_string().contains(told), "{told}");
        }
        let nothing = |_: &str| None;
        let trouble = Vault { environment: &nothing }.path(&Secret::Credential("word".into())).unwrap_err();
        assert!(trouble.to_string().contains("CREDENTIALS_DIRECTORY"));
    }
}
