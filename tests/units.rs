//! Units looked up, and a new register held against the present one.

use crate::tool::{copy, root, said, wardscore};

#[test]
fn a_unit_is_found_by_name_or_code_with_its_history() {
    let by_code = said(&wardscore(["units", "--ward", "19954", "--at", "2020-06-30"]), 0);
    insta::assert_snapshot!(by_code);
    let with_accents = said(&wardscore(["units", "--ward", "phú gia", "--at", "2020-06-30"]), 0);
    let without = said(&wardscore(["units", "--ward", "Phu Gia", "--at", "2020-06-30"]), 0);
    assert_eq!(with_accents, without);
    assert!(without.contains("19954 Xã Phú Gia"), "{without}");
    let split = said(&wardscore(["units", "--ward", "19750", "--at", "2022-01-01"]), 0);
    assert!(split.contains("share 0.6051"), "{split}");
    assert!(said(&wardscore(["units", "--ward", "Atlantis"]), 2).contains("no unit is called `Atlantis`"));
}

#[test]
fn the_units_of_a_day_are_counted_by_kind() {
    for (day, wards, districts) in
        [("2016-01-01", 152, 9), ("2020-01-01", 145, 9), ("2021-07-01", 141, 9), ("2025-07-01", 40, 0)]
    {
        let text = said(&wardscore(["units", "--at", day]), 0);
        let count = |level: &str| {
            let line = text.lines().rev().find(|line| line.starts_with(level)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap()
        };
        assert_eq!((count("ward"), count("district")), (wards, districts), "{day}");
    }
}

#[test]
fn an_import_prints_the_difference_and_writes_only_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan");
    copy(&root().join("pipelines/plan-50"), &plan);
    let present = plan.join("register/units.csv");
    let before = std::fs::read_to_string(&present).unwrap();
    let new = folder.path().join("units.csv");
    let text = before.replace("Xã Phú Gia", "Xã Phú Gia Mới") + "99999,Xã X,Xa X,ward,xã,46,2025-07-01,,x\n";
    std::fs::write(&new, &text).unwrap();
    let arguments = ["units", "import", new.to_str().unwrap(), "--pipeline", plan.to_str().unwrap()];
    let told = said(&wardscore(arguments), 0);
    assert!(
        told.contains("added    99999 Xã X") && told.contains("renamed  19954 Xã Phú Gia → Xã Phú Gia Mới"),
        "{told}"
    );
    assert_eq!(std::fs::read_to_string(&present).unwrap(), before);
    said(&wardscore(arguments.iter().chain(&["--write"])), 0);
    assert_eq!(std::fs::read_to_string(&present).unwrap(), text);
    std::fs::write(&new, text + "99999,Xã X,Xa X,ward,xã,46,2025-08-01,,x\n").unwrap();
    assert!(said(&wardscore(arguments), 2).contains("unit `99999` has two versions on 2025-08-01"));
}
