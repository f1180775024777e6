//! What a person reads when something is wrong, and the exit code that cron sees.

use crate::tool::{copy, root, said, wardscore};

#[test]
fn a_definition_with_errors_is_refused_with_all_of_them_and_nothing_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan");
    copy(&root().join("pipelines/plan-50"), &plan);
    let file = plan.join("pipeline.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("first_day", "frist_day")).unwrap();
    let store = folder.path().join("store");
    for command in ["check", "run", "normalize"] {
        let output = wardscore([command, "--pipeline", plan.to_str().unwrap(), "--store", store.to_str().unwrap()]);
        let said = said(&output, 2);
        assert!(said.contains("pipeline.toml:") && said.contains("first_day"), "{said}");
        assert!(!store.exists(), "{command} touched the store");
    }
}

#[test]
fn an_unknown_setting_names_the_known_ones() {
    let said = said(&wardscore(["check", "--set", "inbx=/tmp"]), 2);
    assert!(said.contains("inbx") && said.contains("inbox"), "{said}");
}

#[test]
fn a_missing_inbox_and_an_unwritable_store_end_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let missing = format!("inbox={}", folder.path().join("nowhere").display());
    let text = said(&wardscore(["run", "--set", &missing, "--store", store.to_str().unwrap()]), 3);
    assert!(text.contains("error: pull:") && text.contains("nowhere") && text.contains("hint:"), "{text}");
    // A file stands where the store should be made.
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let text = said(&wardscore(["run", "--store", blocked.join("store").to_str().unwrap()]), 3);
    assert!(text.contains("file/store"), "{text}");
}

#[test]
fn a_stage_that_lacks_its_input_says_which_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let text = said(&wardscore(["evaluate", "--store", folder.path().to_str().unwrap()]), 3);
    assert!(text.contains("hint: run `wardscore normalize` first"), "{text}");
}

#[test]
fn a_new_pipeline_checks_without_an_error_and_a_full_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("mine");
    said(&wardscore(["new", plan.to_str().unwrap()]), 0);
    assert!(said(&wardscore(["check", "--pipeline", plan.to_str().unwrap()]), 0).starts_with("ok:"));
    assert!(said(&wardscore(["new", plan.to_str().unwrap()]), 2).contains("is not empty"));
}

#[test]
fn help_and_completions_are_there() {
    assert!(said(&wardscore(["--help"]), 0).contains("Exit codes"));
    assert!(said(&wardscore(["completions", "bash"]), 0).contains("_wardscore"));
}
