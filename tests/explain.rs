//! `wardscore explain`: figures of the shared inbox led back to their cells, step by step.

use crate::inbox::{Case, run};
use crate::tool::{root, said, table, wardscore};

fn ask(case: &Case, question: &str, more: &[&str], code: i32) -> String {
    let baseline = format!("baseline={}", case.reference("baseline.csv").display());
    let mut arguments = vec!["explain", "--store", case.store.to_str().unwrap(), "--set", &baseline];
    arguments.extend(question.split(' '));
    arguments.extend(more);
    said(&wardscore(arguments), code)
}

/// The text without what differs from run to run: where the store stands, and the release's id.
fn lasting(case: &Case, text: &str) -> String {
    let folder = case.store.parent().unwrap().display();
    let line = |line: &str| if line.starts_with("release") { "release     …".to_owned() } else { line.to_owned() };
    text.replace(&format!("{folder}/"), "").lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_figure_is_told_step_by_step_from_its_definition_to_its_page() {
    let case = run();
    let text = ask(&case, "--ward 20110 --indicator T5 --period 2018-Q4", &[], 0);
    insta::assert_snapshot!(lasting(&case, &text));
    // A baseline, a district's own part, a class of the year before.
    insta::assert_snapshot!(lasting(&case, &ask(&case, "--ward 20107 --indicator T6 --period 2018-Q2", &[], 0)));
    let own = ask(&case, "--unit 480 --indicator T7 --period 2018-Q2 --all", &[], 0);
    assert!(own.contains("district_staff_trained = ") && own.contains(": equal"), "{own}");
    let class = ask(&case, "--ward 20107 --indicator T8 --period 2018-Q3", &[], 0);
    assert!(
        class.contains("c01_verified of 20107 Thị trấn Phú Lộc in 2017") && class.contains(" points, class "),
        "{class}"
    );

    // The steps are those of the house's own table, in its order.
    let house = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let row = |line: &str| {
        let cells: Vec<String> = line.strip_prefix("//! | ")?.split(" | ").map(str::to_owned).collect();
        let number: u8 = cells[0].parse().ok()?;
        let room = cells[1].replace(['[', ']', '`'], " ");
        Some((number, room.split_whitespace().next()?.split('/').next()?.to_owned()))
    };
    let steps: Vec<(u8, String)> = house.lines().filter_map(row).collect();
    assert!(steps.len() >= 7);
    let mut rest = text.as_str();
    for (number, room) in steps {
        let heading = format!("\n{number} {room}");
        let at = rest.find(&heading).unwrap_or_else(|| panic!("no {heading:?} in\n{text}"));
        rest = &rest[at + 1..];
    }
}

#[test]
fn what_is_missing_or_was_replaced_is_told_with_its_reason() {
    let case = run();
    let rejected = ask(&case, "--ward 20038 --indicator T7 --period 2017-Q4", &[], 0);
    for part in [
        "missing  20038",
        "staff_in_charge in 2017-Q4: giá trị bị loại · the value was rejected",
        "error number-negative: file C R24C34 20038 staff_in_charge",
        "found “-26”; expected a whole number not below zero",
        "units that reported 0 of 1",
    ] {
        assert!(rejected.contains(part), "{part}\n{rejected}");
    }
    let no_row = ask(&case, "--ward 20008 --indicator T5 --period 2017-Q4", &[], 0);
    assert!(no_row.contains("không có dòng của đơn vị") && no_row.contains("unit-ambiguous"), "{no_row}");
    let no_form = ask(&case, "--unit 482 --indicator T3 --period 2018-Q3", &[], 0);
    assert!(no_form.contains("no form was accepted; the value of 2018-Q2 stands"), "{no_form}");
    assert!(no_form.contains("2 pull") && no_form.contains("quarantined"), "{no_form}");
    let corrected = ask(&case, "--ward 20110 --indicator T5 --period 2018-Q1", &[], 0);
    assert!(corrected.contains("before 2018-05-05 09:05: 1 (file A, AB14)"), "{corrected}");
    assert!(corrected.contains("superseded by"), "{corrected}");
}

#[test]
fn long_lists_are_cut_and_json_says_the_same() {
    let case = run();
    let question = "--unit 46 --indicator T5 --period 2018";
    let short = ask(&case, question, &[], 0);
    let whole = ask(&case, question, &["--all"], 0);
    assert!(short.contains("; `--all` shows them") && !whole.contains("`--all`") && whole.len() > short.len());
    let json: serde_json::Value = serde_json::from_str(&ask(&case, question, &["--json"], 0)).unwrap();
    assert_eq!(json["cells"]["shown"].as_array().unwrap().len(), 20, "{json}");
    assert!(json["cells"]["count"].as_u64().unwrap() > 100);
    assert_eq!(json["check"]["outcome"], "equal");
    let row = &json["figure"]["row"];
    assert_eq!(row["numerator"], json["check"]["numerator"]);
    assert!(json["cells"]["shown"][0]["found"].is_string() && json["definition"]["numerator"]["at"].is_string());
}

#[test]
fn the_cells_make_up_every_figure_that_was_released() {
    let case = run();
    let columns = ["map", "unit_code", "level", "indicator", "period", "span"];
    let units = ["46", "480", "20107", "20038", "20008"];
    let overrides = [("baseline".to_owned(), case.reference("baseline.csv").display().to_string())];
    let definition = wardscore::plan::load(&root().join("pipelines/plan-50"), &overrides).unwrap();
    let store = wardscore::store::Store::open(&case.store).unwrap();
    let mut asked = 0;
    for row in table(&case.store, "indicator_values", &columns) {
        let [map, unit, _, indicator, period, span]: [&str; 6] =
            row.iter().map(String::as_str).collect::<Vec<_>>().try_into().unwrap();
        let wanted = map == "as_reported"
            && units.contains(&unit)
            && ["2017", "2018-Q1", "2018-Q4"].contains(&period)
            && (indicator.starts_with('T') || (unit == "480" && period == "2018-Q4"));
        if !wanted {
            continue;
        }
        let question = wardscore::trace::Question {
            unit,
            indicator,
            period: period.parse().unwrap(),
            span: wardscore::model::Span::from_word(span).unwrap(),
            map: wardscore::model::Map::AsReported,
            release: None,
            all: false,
        };
        let told = wardscore::trace::explain(&definition, &store, &question).unwrap();
        assert_eq!(told.check.outcome, wardscore::trace::Outcome::Equal, "{row:?} {:?}", told.check);
        assert!(told.cells.shown.iter().all(|cell| cell.found.is_some() && cell.header.is_some()), "{row:?}");
        asked += 1;
    }
    assert!(asked > 100, "{asked}");
}

#[test]
fn of_another_map_the_reporting_units_are_named_with_share_and_law() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store");
    let store = store.to_str().unwrap();
    said(&wardscore(["run", "--no-reply", "--now", "2026-01-15T00:00:00Z", "--store", store]), 0);
    let question = ["explain", "--store", store, "--indicator", "T5", "--period", "2020-Q1", "--unit"];
    let told = said(&wardscore(question.iter().chain(&["19951", "--map", "as_of"])), 0);
    for part in
        ["19954 Xã Phú Gia (ward), share 0.4", "by population", "2020-01-01 merge 19951 → 19954", "834/NQ-UBTVQH14"]
    {
        assert!(told.contains(part), "{part}\n{told}");
    }
    // A unit that came out of others within the span brings what they reported.
    for unit in ["19954", "478", "46"] {
        let told = said(&wardscore(question.iter().chain(&[unit, "--span", "rolling_year", "--all"])), 0);
        assert!(told.contains("cells: equal") && told.contains("with 19951 in 2019-Q2 (share 1)"), "{told}");
    }
    let gone = said(&wardscore(question.iter().chain(&["19951"])), 2);
    assert!(gone.contains("not in force on 2020-03-31") && gone.contains("became 19954 Xã Phú Gia"), "{gone}");
}

#[test]
fn what_cannot_be_explained_says_what_may_have_been_meant() {
    let case = run();
    for (question, code, part) in [
        ("--ward 20107 --indicator T55 --period 2018-Q2", 2, "did you mean `T5`?"),
        ("--ward Atlantis --indicator T5 --period 2018-Q2", 2, "no unit is called `Atlantis`"),
        ("--ward 20107 --indicator T2 --period 2018-Q2", 2, "measured from the district up: 482 Huyện Phú Lộc"),
        ("--ward 480 --indicator T4 --period 2018-Q2", 2, "is about 474 Thành phố Huế alone"),
        ("--ward 20107 --indicator T5 --period 2019-Q4", 2, "it holds "),
        ("--ward 20107 --indicator T5 --period 2018 --span quarter", 2, "--period 2018-Q4 --span quarter"),
        ("--ward 20107 --indicator T5 --period 2018-Q2 --release none", 3, "there is no release `none`"),
    ] {
        let text = ask(&case, question, &[], code);
        assert!(text.contains(part) && text.contains("hint: "), "{question}\n{text}");
    }
    let other = ["explain", "--store", case.store.to_str().unwrap(), "--ward", "20107", "--indicator", "T6"];
    let told = said(&wardscore(other.iter().chain(&["--period", "2018-Q2"])), 0);
    assert!(told.contains("NOTE: the definition at hand is not the one"), "{told}");
    assert!(
        said(&wardscore(["explain", "--store", "no-store", "--ward", "1", "--indicator", "T5", "--period", "2018"]), 3)
            .contains("there is no release")
    );
}
