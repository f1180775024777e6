//! Forms that are signed, with OpenSSH's own program: good, wrong, missing, late, by a stranger, by a key of another time.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::servers::{must, program, ssh_key};
use crate::tool::{copy, root, said, table, wardscore};

/// A plan whose inbox has one form of district 480, unsigned.
struct Desk {
    folder: tempfile::TempDir,
    form: PathBuf,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("pipelines/plan-50"), &folder.path().join("plan"));
        let inbox = folder.path().join("inbox/480");
        std::fs::create_dir_all(&inbox).unwrap();
        let form = inbox.join("Biểu 01.xlsx");
        let name = "tests/cases/inbox-small/inbox/480/Bieu 01 - Quy I 2018 - Huong Tra.xlsx";
        std::fs::copy(root().join(name), &form).unwrap();
        let pipeline = folder.path().join("plan/pipeline.toml");
        let text = std::fs::read_to_string(&pipeline).unwrap();
        std::fs::write(pipeline, text.replace("received = \"modified\"", "received = \"now\"")).unwrap();
        Self { folder, form }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes `signers.toml`.
    fn signers(&self, text: &str) {
        std::fs::write(self.at("plan/signers.toml"), text).unwrap();
    }

    /// Runs on this day; the form's status, who signed it, and its findings' codes and texts.
    fn night(&self, day: &str) -> (String, String, String) {
        let inbox = format!("inbox={}", self.at("inbox").display());
        let (plan, store) = (self.at("plan"), self.at("store"));
        let now = format!("{day}T00:00:00Z");
        let (plan, store) = (plan.to_str().unwrap(), store.to_str().unwrap());
        said(&wardscore(["run", "--pipeline", plan, "--store", store, "--set", &inbox, "--now", &now]), 0);
        let store = Path::new(store);
        let rows = table(store, "submissions", &["file_name", "status", "signed_by"]);
        assert_eq!(rows.len(), 1, "signatures are no submissions: {rows:?}");
        let findings = table(store, "findings", &["code", "message_en", "severity"]);
        let errors = findings.iter().filter(|f| f[2] == "error").map(|f| format!("{} {}", f[0], f[1]));
        (rows[0][1].clone(), rows[0][2].clone(), errors.collect::<Vec<_>>().join("\n"))
    }

    /// Signs the form; the signature lies beside it.
    fn sign(&self, key: &str, namespace: &str) {
        let signature = PathBuf::from(format!("{}.sig", self.form.display()));
        let _ = std::fs::remove_file(&signature);
        must(Command::new("ssh-keygen").args(["-Y", "sign", "-n", namespace, "-f"]).arg(self.at(key)).arg(&self.form));
        assert!(signature.is_file());
    }
}

#[test]
fn a_form_stands_by_its_signature() {
    if program("ssh-keygen").is_none() {
        return;
    }
    let desk = Desk::new();
    let (old, new, other) = (ssh_key(&desk.at("old")), ssh_key(&desk.at("new")), ssh_key(&desk.at("other")));
    let signers = |signing: &str| {
        desk.signers(&format!(
            "signatures = \"off\"\n[[district]]\ncode = \"480\"\nsignatures = \"{signing}\"\n\
             [[signer]]\nname = \"480-old\"\ndistrict = \"480\"\nopenssh = \"{old}\"\nuntil = \"2018-06-30\"\n\
             [[signer]]\nname = \"480-new\"\ndistrict = \"480\"\nopenssh = \"{new}\"\nfrom = \"2018-06-01\"\n\
             [[signer]]\nname = \"482\"\ndistrict = \"482\"\nopenssh = \"{other}\"\n"
        ));
    };
    signers("optional");
    assert_ne!(desk.night("2018-04-20").0, "quarantined");
    signers("required");
    let (status, signed_by, errors) = desk.night("2018-04-21");
    assert_eq!((status.as_str(), signed_by.as_str()), ("quarantined", ""));
    assert!(errors.contains("signature-invalid") && errors.contains("Biểu 01.xlsx.sig"), "{errors}");

    // The signature comes a night later: the form stands from the day on which it came.
    desk.sign("old", "wardscore");
    let (status, signed_by, errors) = desk.night("2018-04-22");
    assert_eq!((status.as_str(), signed_by.as_str()), ("accepted_with_findings", "480-old"), "{errors}");
    // For another purpose, by another district, by a key that did not count then.
    desk.sign("old", "file");
    assert_eq!(desk.night("2018-04-23").1, "480-old", "one good signature is enough");
    std::fs::remove_dir_all(desk.at("store")).unwrap();
    assert!(desk.night("2018-04-24").2.contains("a signature of these very bytes"));
    for (key, expected) in [("other", "registered for the district"), ("new", "valid on the day of receipt")] {
        std::fs::remove_dir_all(desk.at("store")).unwrap();
        desk.sign(key, "wardscore");
        let (status, _, errors) = desk.night("2018-04-25");
        assert!(status == "quarantined" && errors.contains(expected), "{key}: {errors}");
    }
    // The new key's dates are mended: what it signed is judged again.
    let file = desk.at("plan/signers.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("2018-06-01", "2018-04-01")).unwrap();
    assert_eq!(desk.night("2018-04-26").1, "480-new");
}

#[test]
fn a_wrong_signer_is_refused_with_its_line() {
    let desk = Desk::new();
    desk.signers("signatures = \"sometimes\"\n[[signer]]\nname = \"a\"\ndistrict = \"1\"\nopenssh = \"ssh-rsa AAAA\"\nfrom = \"x\"\n");
    let told = said(&wardscore(["check", "--pipeline", desk.at("plan").to_str().unwrap()]), 2);
    for expected in ["signers.toml:1:", "expected one of `required`", "district `1`", "ssh-ed25519", "a date such as"] {
        assert!(told.contains(expected), "{expected}\n{told}");
    }
}
