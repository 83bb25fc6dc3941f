//! For tests: whether a text is a picture.

/// Whether every element is closed, in order, and every attribute quoted; with the feature `png`, whether it can
/// be rendered too.
#[track_caller]
pub(crate) fn check(svg: &str) {
    if let Err(fault) = well_formed(svg) {
        panic!("{fault} in\n{svg}");
    }
    #[cfg(feature = "png")]
    if let Err(error) = super::Renderer::new().render(svg) {
        panic!("{error}\n{svg}");
    }
}

fn well_formed(svg: &str) -> Result<(), String> {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some((text, tag)) = rest.split_once('<') {
        if text.contains('>') {
            return Err(format!("`>` in `{text}`"));
        }
        let (tag, after) = tag.split_once('>').ok_or_else(|| format!("`<{tag}` has no end"))?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("`</{name}>` closes nothing"));
            }
            continue;
        }
        if tag.matches('"').count() % 2 == 1 {
            return Err(format!("an attribute of `<{tag}>` is not quoted"));
        }
        if !tag.ends_with('/') {
            open.push(tag.split_ascii_whitespace().next().unwrap_or(""));
        }
    }
    if svg.starts_with("<svg ") && open.is_empty() { Ok(()) } else { Err(format!("{open:?} is left open")) }
}

#[test]
fn what_is_not_closed_is_found() {
    check("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"><g><path d=\"\"/></g></svg>");
    for wrong in ["<svg ><g></svg>", "<svg ><g/>", "<svg a=\"></svg>", "<html></html>", "<svg ></svg"] {
        assert!(well_formed(wrong).is_err(), "{wrong}");
    }
}
