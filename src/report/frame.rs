//! What every page has: head, title, contents, links, foot. A page is one file that asks for nothing else.

use crate::plot::{CSS, Figure, Shape, themed};
use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("frame.css");

/// A page that is put together.
pub struct Frame<'a> {
    /// Version of the program.
    pub memspike: &'a str,
    /// In the head; the heading is `heading`.
    pub title: String,
    /// At the top.
    pub heading: &'a str,
    /// A paragraph below it, unless it is empty.
    pub about: String,
    /// Small words below that.
    pub tags: Vec<Tag>,
    /// Above the contents: the headline numbers.
    pub headline: Markup,
    /// In their order, each with an entry in the contents.
    pub parts: Vec<Part>,
    /// Files beside the page.
    pub beside: Beside,
    /// At the end, behind the version.
    pub foot: String,
    /// What the page does besides being read; empty for nothing.
    pub script: &'static str,
}

/// A small word at the top of a page.
pub struct Tag {
    /// What it says.
    pub text: String,
    /// Whether it warns.
    pub warns: bool,
}

impl From<String> for Tag {
    fn from(text: String) -> Self {
        Self { text, warns: false }
    }
}

/// A part of a page with a heading.
pub struct Part {
    /// In the contents, and above the part.
    pub heading: &'static str,
    /// The part itself.
    pub body: Markup,
}

impl Part {
    /// With this heading.
    pub fn new(heading: &'static str, body: Markup) -> Self {
        Self { heading, body }
    }

    fn id(&self) -> String {
        self.heading.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
    }
}

/// Files beside a page, and another page.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Names of files in the directory of the page.
    pub files: Vec<String>,
    /// Other pages, in their order.
    pub pages: Vec<Other>,
}

/// A page that another one leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Of the sweep, or of all scenarios of the command, that a run is one of.
    All,
    /// Of the run before this one.
    Previous,
    /// Of the run after it.
    Next,
}

impl Role {
    fn id(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Previous => "previous",
            Self::Next => "next",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::All => "All runs of this command",
            Self::Previous => "The run before this one",
            Self::Next => "The run after this one",
        }
    }
}

/// A link to another page; one whose page is not there is kept ready and not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// What it is to this page.
    pub role: Role,
    /// Where it is, relative to this page; `None`: not there.
    pub page: Option<String>,
}

impl Other {
    fn opening(&self) -> String {
        let id = self.role.id();
        match &self.page {
            Some(page) => format!("<a id=\"{id}\" href=\"{}\">", address(page)),
            None => format!("<a id=\"{id}\" hidden>"),
        }
    }
}

/// A page of a run with this link shown that it has kept ready; `None`: it has none, or shows it.
#[must_use]
pub fn linked(page: &str, link: &Other) -> Option<String> {
    let hidden = Other { page: None, ..link.clone() }.opening();
    page.contains(&hidden).then(|| page.replacen(&hidden, &link.opening(), 1))
}

impl Frame<'_> {
    /// The page as HTML.
    pub fn page(&self) -> String {
        let [light, dark] = &*CSS;
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="generator" content={ "memspike " (self.memspike) };
                    title { (self.title) }
                    style {
                        ":root{" (PreEscaped(light)) "}"
                        (PreEscaped("@media screen and (prefers-color-scheme:dark){:root{"))
                        (PreEscaped(dark)) "}}"
                        (PreEscaped(STYLE))
                    }
                }
                body {
                    main {
                        header {
                            h1 { (self.heading) }
                            @if !self.about.is_empty() { p { (self.about) } }
                            @for tag in &self.tags { span.tag.warn[tag.warns] { (tag.text) } }
                        }
                        (self.headline)
                        nav aria-label="Contents" {
                            ul.contents {
                                @for part in &self.parts { li { a href={ "#" (part.id()) } { (part.heading) } } }
                            }
                            (self.links())
                        }
                        @for part in &self.parts {
                            h2 id=(part.id()) { (part.heading) }
                            (part.body)
                        }
                        footer { "memspike " (self.memspike) (self.foot) }
                    }
                    @if !self.script.is_empty() { script { (PreEscaped(self.script)) } }
                }
            }
        }
        .into_string()
    }

    fn links(&self) -> Markup {
        let Beside { files, pages } = &self.beside;
        html! {
            @if !pages.is_empty() {
                p.remark.pages { @for other in pages { (PreEscaped(other.opening())) (other.role.words()) (PreEscaped("</a> ")) } }
            }
            @if !files.is_empty() {
                details open[files.len() <= 12] {
                    summary { "Files beside this page" }
                    ul.files { @for file in files { li { a href=(address(file)) { (file) } } } }
                }
            }
        }
    }
}

/// A relative path as an address: what has a meaning in one is written out.
pub fn address(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~,=+".contains(&byte);
    let mut address = String::new();
    for byte in path.bytes() {
        match plain(byte) {
            true => address.push(char::from(byte)),
            false => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

/// Pictures in two columns where there is room; `below` stands within the sheet of the one that it names.
pub fn pictures(figures: &[Figure], below: &dyn Fn(&str) -> Option<Markup>) -> Markup {
    html! {
        div.figures {
            @for figure in figures {
                figure.wide[figure.shape == Shape::Wide].tall[figure.shape == Shape::Tall] {
                    div.sheet tabindex="0" {
                        (PreEscaped(themed(&figure.svg)))
                        @if let Some(more) = below(&figure.name) { (more) }
                    }
                    figcaption { (figure.caption) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_is_kept_ready_is_shown_later() {
        let next = Other { role: Role::Next, page: None };
        let before = format!("x {}words</a>", next.opening());
        let after = linked(&before, &Other { page: Some("../003/report.html".into()), ..next }).unwrap();
        assert_eq!(after, "x <a id=\"next\" href=\"../003/report.html\">words</a>");
        let other = Other { role: Role::Next, page: Some("../004/report.html".into()) };
        assert_eq!(linked(&after, &other), None);
        assert_eq!(linked(&before, &Other { role: Role::Previous, ..other }), None);
    }

    #[test]
    fn a_path_with_signs_is_an_address_of_that_file() {
        assert_eq!(address("tau_m=5ms,seed=1/report.html"), "tau_m=5ms,seed=1/report.html");
        assert_eq!(address("a b#c%d?.svg"), "a%20b%23c%25d%3F.svg");
        assert_eq!(address("javascript:x"), "javascript%3Ax");
    }
}
