//! Registers that do not hold together: refused with the file and the line of each fault, before anything is touched.

use crate::tool::{copy, root, said, wardscore};

/// What `check` says of the shipped plan with these lines added to a file of its register, and the number of the first.
fn broken(file: &str, edit: impl Fn(String) -> String) -> String {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan");
    copy(&root().join("pipelines/plan-50"), &plan);
    let path = plan.join("register").join(file);
    let text = edit(std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, text).unwrap();
    let store = folder.path().join("store");
    let run = wardscore(["run", "--pipeline", plan.to_str().unwrap(), "--store", store.to_str().unwrap()]);
    assert!(!store.exists(), "a broken register touched the store");
    let told = said(&run, 2);
    let check = said(&wardscore(["check", "--pipeline", plan.to_str().unwrap()]), 2);
    assert_eq!(told, check);
    told
}

fn with(file: &'static str, line: &str) -> (String, String) {
    let text = std::fs::read_to_string(root().join("pipelines/plan-50/register").join(file)).unwrap();
    let number = text.lines().count() + 1;
    let line = line.to_owned();
    (broken(file, |text| format!("{}\n{line}\n", text.trim_end())), format!("{file}:{number}: "))
}

#[test]
fn a_fault_of_a_unit_names_its_file_and_line() {
    for (line, what) in [
        ("19900,Xã X,Xa X,ward,xã,478,2015-01-01,2016-01-01,x", "unit `19900` has two versions on 2015-01-01"),
        ("99999,Xã X,Xa X,ward,xã,478,2015-01-01,2016-01-01,x", "unit `99999` ends on 2016-01-01 without a successor"),
        ("99999,Xã X,Xa X,ward,xã,,2015-01-01,,x", "unit `99999` has no parent_code"),
        ("99999,Xã X,Xa X,ward,xã,478,2015-01-01,,x", "in force on 2025-07-01, its parent `478` is not"),
        ("99999,Xã X,Xa X,ward,xã,498,2015-01-01,,x", "unit `498` is not defined"),
        ("99999,Xã X,Xa X,ward,xã,19900,2015-01-01,2016-01-01,x", "its parent `19900` is not above that"),
        ("99999,Xã X,Xa X,ward,xã,99999,2015-01-01,2016-01-01,x", "its parent `99999` is not above that"),
        ("99999,Xã X,Xa X,hamlet,xã,478,2015-01-01,,x", "`hamlet` is not a level"),
    ] {
        let (told, place) = with("units.csv", line);
        assert!(told.lines().any(|l| l.contains(&place) && l.contains(what)), "{line}\n{told}");
    }
    let gap = broken("units.csv", |text| {
        text.replacen(
            "474,Quận Thuận Hóa,Quan Thuan Hoa,district,quận,46,2025-01-01",
            "474,Quận Thuận Hóa,Quan Thuan Hoa,district,quận,46,2025-02-01",
            1,
        )
    });
    assert!(gap.contains("units.csv:5: unit `474` has a gap from 2025-01-01 to 2025-02-01"), "{gap}");
}

#[test]
fn a_fault_of_a_change_names_its_file_and_line() {
    for (line, what) in [
        ("2018-01-01,merge,19744,99999,1,x,x,high", "unit `99999` is not defined"),
        ("2018-01-01,merge,19744,19747,1.2,x,x,high", "share is 1.2, expected 0 to 1"),
        ("2018-01-01,merge,19744,19747,\"0,5\",x,x,high", "`0,5` is not a share"),
        ("2018-01-01,annex,19744,19747,1,x,x,high", "change is `annex`, expected merge, split"),
        ("2018-01-01,merge,19744,19747,1,x,x,perhaps", "confidence is `perhaps`, expected low, medium, high"),
        ("1990-01-01,merge,19744,19747,1,x,x,high", "`19744` is not in force on 1989-12-31"),
        ("2018-01-01,merge,19744,,1,x,x,high", "a merge needs a to_code"),
        ("2021-07-01,split,19744,19753,0.2,x,x,high", "sum to 1.2, expected 1"),
        ("2021-07-01,split,19744,19750,0.1,x,x,high", "goes to `19750` on 2021-07-01 in another row already"),
    ] {
        let (told, place) = with("changes.csv", line);
        // A sum is told at its first row.
        let place = if what.contains("sum to") { "changes.csv:".to_owned() } else { place };
        assert!(told.lines().any(|l| l.contains(&place) && l.contains(what)), "{line}\n{told}");
    }
    let (told, _) =
        with("changes.csv", "2018-01-01,merge,19744,19747,1,x,x,high\n2018-01-01,merge,19747,19744,1,x,x,high");
    assert!(told.contains("comes back to itself through the changes of 2018-01-01"), "{told}");
}
