//! Pages in a browser: Chromium, where there is one; a note where there is none.

use crate::common::{Place, code};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The page as a browser has it after its script has run; `None` without a browser.
fn opened(page: &Path, width: u32, script: bool) -> Option<String> {
    let browser = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(|name| {
        let asked = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    });
    let Some(browser) = browser else {
        eprintln!("no Chromium is installed: the page is not opened in a browser");
        return None;
    };
    let profile = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(page).unwrap();
    let shown = profile.path().join("page.html");
    // What a reader without script is sent: the browser itself cannot be told to run none and still be asked.
    let without = || text.split("<script>").next().unwrap().to_string() + "</body></html>";
    fs::write(&shown, if script { text.clone() } else { without() }).unwrap();
    let output = Command::new(browser)
        .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
        .arg(format!("--window-size={width},900"))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("file://{}", shown.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("</html>"), "{}", String::from_utf8_lossy(&output.stderr));
    Some(dom)
}

#[test]
fn recorded_spikes_are_drawn_in_a_browser_and_a_picture_stays_without_script() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "here", "--record", "noise"])), 0);
    let page = place.path().join("here/report.html");
    let text = fs::read_to_string(&page).unwrap();
    for part in ["id=\"raster\"", "href=\"summary.json\"", "href=\"spikes.csv\"", "prefers-color-scheme"] {
        assert!(text.contains(part), "{part}");
    }
    let Some(dom) = opened(&page, 1200, true) else { return };
    assert!(dom.contains("class=\"sheet drawn\""), "the script has taken over the picture");
    assert!(dom.contains("data-frames=\""), "a frame was drawn");
    assert!(opened(&page, 500, true).unwrap().contains("data-frames=\""));
    let bare = opened(&page, 1200, false).unwrap();
    assert!(!bare.contains("data-frames") && bare.contains("<title>Spikes</title>"));
}

#[test]
fn a_page_of_digits_is_small_and_shows_what_was_answered_wrongly() {
    let place = Place::new();
    let few = ["protocol.epochs=1", "protocol.train_samples=200", "protocol.test_samples=100"];
    let set = few.iter().flat_map(|value| ["--set", value]);
    let args: Vec<&str> = ["run", "digits", "--out", "here"].into_iter().chain(set).collect();
    assert_eq!(code(&place.memspike(&args)), 0);
    let page = fs::read_to_string(place.path().join("here/report.html")).unwrap();
    assert!(page.len() <= 300_000, "{} bytes", page.len());
    for part in ["Answered wrongly", "Connections of", "Energy per inference", "energy, logarithmic"] {
        assert!(page.contains(part) == (part != "Connections of"), "{part}");
    }
    // Drawn text is never smaller than eleven pixels, and the page shows it as large as it is drawn.
    let sizes =
        page.split("font-size=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse::<f64>().ok());
    assert!(sizes.clone().count() > 50 && sizes.fold(f64::INFINITY, f64::min) >= 11.0);
    // Colours that a page names are named: a dark one is dark.
    assert!(page.contains("fill=\"var(--paper)\"") && !page.contains("fill=\"#ffffff\""));
}
