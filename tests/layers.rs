//! Architecture: the layer table of ARCHITECTURE.md holds, and so do the absences it states.
//!
//! The table is read from the page itself, so that page and test cannot disagree. Code below
//! `#[cfg(test)] mod` is not looked at: a test may use anything.

use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../ARCHITECTURE.md");

/// Left to right; modules of one layer do not know each other.
fn table() -> Vec<Vec<String>> {
    let section = PAGE.split("\n## Layers\n").nth(1).expect("a section `Layers`");
    let block = section.split("```").nth(1).expect("a fenced block in it");
    let lines = block.lines().skip(1).filter(|line| !line.trim().is_empty());
    lines.map(|line| line.split(',').map(|module| module.trim().to_owned()).collect()).collect()
}

fn layer(table: &[Vec<String>], module: &str) -> Option<usize> {
    table.iter().position(|row| row.iter().any(|other| other == module))
}

fn path(text: &str) -> Vec<String> {
    text.split("::").map(|part| part.trim().to_owned()).collect()
}

struct Source {
    file: PathBuf,
    module: Vec<String>,
    /// Without comments and without tests.
    code: String,
}

fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    // The crate that computes, and the one around it.
    for root in ["core/src", "src"] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
        let mut files = Vec::new();
        collect(&root, &mut files);
        files.sort();
        sources.extend(files.into_iter().map(|file| {
            let relative = file.strip_prefix(&root).expect("a file below it").with_extension("");
            let mut module: Vec<String> =
                relative.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| last == "mod") {
                module.pop();
            }
            let code = code(&fs::read_to_string(&file).expect("a readable source file"));
            Source { file: relative, module, code }
        }));
    }
    assert!(sources.len() > 50, "only {} source files were found", sources.len());
    sources
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable directory") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            // A `tests.rs` is the test module of its directory.
            if path.file_stem().is_none_or(|stem| stem != "tests") {
                files.push(path);
            }
        }
    }
}

fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let test = line == "#[cfg(test)]";
        if test && lines.peek().is_some_and(|next| next.starts_with("mod ") && next.ends_with('{')) {
            break;
        }
        let line = line.split(" // ").next().unwrap_or(line);
        if !line.trim_start().starts_with("//") {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// Every module path that the code names from `crate`, `super` or `self`, from the crate's root.
fn named(source: &Source) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    for (at, _) in source.code.match_indices("::") {
        let before = &source.code[..at];
        let head = before.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
        let joined = before.len() >= head.len() + 2 && before[..before.len() - head.len()].ends_with("::");
        let start = match head {
            "crate" if !joined => Vec::new(),
            "super" if !joined => source.module[..source.module.len().saturating_sub(1)].to_vec(),
            "self" if !joined => source.module.clone(),
            _ => continue,
        };
        expand(&source.code[at + 2..], start, &mut paths);
    }
    paths
}

/// Reads `a::b`, `a::{b, c::d}`, `super::a` and returns what is left.
fn expand<'a>(mut text: &'a str, mut path: Vec<String>, paths: &mut Vec<Vec<String>>) -> &'a str {
    loop {
        text = text.trim_start();
        if let Some(mut inside) = text.strip_prefix('{') {
            loop {
                inside = expand(inside, path.clone(), paths).trim_start();
                match inside.strip_prefix(',') {
                    Some(rest) if !rest.trim_start().starts_with('}') => inside = rest,
                    Some(rest) => return rest.trim_start().strip_prefix('}').unwrap_or(rest),
                    None => return inside.strip_prefix('}').unwrap_or(inside),
                }
            }
        }
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (part, rest) = text.split_at(end);
        match part {
            "super" => {
                path.pop();
            }
            "" | "self" => {}
            _ => path.push(part.to_owned()),
        }
        match rest.strip_prefix("::") {
            Some(next) => text = next,
            None => {
                paths.push(path);
                let rest = rest.trim_start();
                // `name as other`
                return rest.strip_prefix("as ").map_or(rest, |alias| {
                    alias.trim_start().trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
                });
            }
        }
    }
}

/// What a source names beside or to the right of its own place.
fn faults(table: &[Vec<String>], source: &Source) -> Vec<String> {
    let (file, own) = (source.file.display(), &source.module[0]);
    let Some(place) = layer(table, own) else {
        return vec![format!("{file}: `{own}` has no place in the layer table")];
    };
    let mut faults = Vec::new();
    for path in named(source) {
        // Not every path from the root begins with a module: a macro, or the root itself.
        let Some(other) = path.first().and_then(|module| layer(table, module)) else { continue };
        if path[0] != *own && other >= place {
            let path = path.join("::");
            faults.push(format!("{file}: `{own}` (layer {place}) names `{path}` (layer {other})"));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

#[test]
fn a_module_names_only_modules_to_its_left() {
    let table = table();
    assert!(table.len() > 10, "the table has only {} layers", table.len());
    let roots = ["lib", "main"];
    let sources = sources();
    let inside = sources.iter().filter(|source| !roots.contains(&source.module[0].as_str()));
    let faults: Vec<String> = inside.flat_map(|source| faults(&table, source)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_name_to_the_right_or_beside_is_a_fault() {
    let table = table();
    let of = |module: &str, text: &str| {
        let source = Source { file: PathBuf::from(module), module: path(module), code: code(text) };
        faults(&table, &source).len()
    };
    assert_eq!(of("engine::core", "use crate::network::Network;\nuse super::key::EventKey;"), 0);
    assert_eq!(of("engine::core", "use crate::training::Tape;"), 1);
    assert_eq!(of("time", "use crate::random::Stream;"), 1, "a neighbour");
    assert_eq!(of("record::csv", "use super::fingerprint::encode;"), 0);
    assert_eq!(of("record::csv", "fn f() { super::super::training::piece(1, 2, 3); }"), 1);
    assert_eq!(of("unheard_of", ""), 1);
}

#[test]
fn the_reader_of_paths_finds_what_is_written() {
    let source = Source {
        file: PathBuf::new(),
        module: path("a::b"),
        code: code(
            "use crate::time::{Time, FS as Fs};\nuse super::key::{Key};\nuse super::super::network::Net;\n// crate::no\n\
             fn f() { crate::numeric::exp(1.0); self::c(); std::fs::read(x) }\n\
             use crate::{units, record::{csv::Row, npz},};\n#[cfg(test)]\nmod tests {\nuse crate::plot::X;\n",
        ),
    };
    let mut found: Vec<String> = named(&source).iter().map(|path| path.join("::")).collect();
    found.sort();
    let want = [
        "a::b::c",
        "a::key::Key",
        "network::Net",
        "numeric::exp",
        "record::csv::Row",
        "record::npz",
        "time::FS",
        "time::Time",
        "units",
    ];
    assert_eq!(found, want);
}

/// The module that a path leads into: the longest part of it that is one.
fn entered<'a>(path: &[String], modules: &'a [Source]) -> Option<&'a Source> {
    let within = modules.iter().filter(|source| path.starts_with(&source.module));
    within.max_by_key(|source| source.module.len())
}

/// Whether code names a child of its module without `self`, as a root calls the modules it declares. What it only
/// hands on by `pub use` it needs nothing of.
fn names_bare(code: &str, child: &str) -> bool {
    code.lines().filter(|line| !(line.starts_with("pub") && line.contains("use "))).any(|line| {
        line.match_indices(&format!("{child}::")).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
        })
    })
}

/// Pairs (a, b) of modules in which a names b, that belong to circles: each names one that leads back to it.
fn circles(modules: &[Source]) -> Vec<(String, String)> {
    let mut names: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for source in modules {
        let named = named(source).into_iter().filter_map(|path| entered(&path, modules));
        names.extend(named.map(|other| (source.module.clone(), other.module.clone())));
        for other in modules {
            if let Some((last, parent)) = other.module.split_last()
                && *parent == *source.module
                && names_bare(&source.code, last)
            {
                names.push((source.module.clone(), other.module.clone()));
            }
        }
    }
    names.retain(|(a, b)| a != b);
    names.sort();
    names.dedup();
    // What nobody names, or what names nobody, is in no circle; without it the same holds for others.
    loop {
        let kept: Vec<_> = names
            .iter()
            .filter(|(a, b)| names.iter().any(|name| name.1 == *a) && names.iter().any(|name| name.0 == *b))
            .cloned()
            .collect();
        if kept.len() == names.len() {
            return kept.into_iter().map(|(a, b)| (a.join("::"), b.join("::"))).collect();
        }
        names = kept;
    }
}

#[test]
fn modules_of_the_larger_folders_do_not_go_in_circles() {
    for top in ["device", "scenario", "report", "cli"] {
        let modules: Vec<Source> = sources().into_iter().filter(|source| source.module[0] == top).collect();
        let circles = circles(&modules);
        let lines: Vec<String> = circles.iter().map(|(a, b)| format!("{a} names {b}")).collect();
        assert!(lines.is_empty(), "in a circle, or between two of them:\n{}", lines.join("\n"));
    }
}

#[test]
fn a_circle_of_modules_is_found() {
    let module =
        |name: &str, text: &str| Source { file: PathBuf::new(), module: path(name), code: code(text) };
    let found = circles(&[
        module("a", "mod b;\nfn f() { b::g(); }\n"),
        module("a::b", "use super::c::T;\n"),
        module("a::c", "use super::{b::U, d};\n"),
        module("a::d", ""),
        module("a::e", "mod f;\npub use f::V;\npub struct W;\n"),
        module("a::e::f", "use super::W;\n"),
    ]);
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(found, [pair("a::b", "a::c"), pair("a::c", "a::b")]);
    let parent = [module("a", "pub struct T;\nfn f() { b::g(); }\n"), module("a::b", "use super::T;\n")];
    assert_eq!(circles(&parent).len(), 2);
}

/// Something that is nowhere except in some places.
struct Absence {
    what: &'static str,
    needles: &'static [&'static str],
    except: &'static [&'static str],
}

/// The invariants of ARCHITECTURE.md that a search can hold.
const ABSENCES: &[Absence] = &[
    Absence { what: "unsafe code", needles: &["unsafe ", "(unsafe_code"], except: &["simd", "lib"] },
    Absence {
        what: "files",
        needles: &["std::fs", "File::open", "File::create"],
        except: &["record", "dataset", "scenario", "report", "cli", "limits"],
    },
    Absence {
        what: "the clock of the machine",
        needles: &["std::time::Instant", "Instant::now", "SystemTime"],
        except: &["dataset::fetch", "cli"],
    },
    Absence { what: "the environment", needles: &["std::env", "env::var"], except: &["cli", "main"] },
    Absence { what: "printing", needles: &["println!", "eprintln!", "print!("], except: &["cli"] },
    Absence {
        what: "threads",
        needles: &["rayon", "std::thread"],
        except: &["threads", "dataset::fetch", "scenario::run::data", "cli"],
    },
    Absence {
        what: "hash tables, whose order of iteration differs from run to run",
        needles: &["HashMap", "HashSet"],
        except: &["cli"],
    },
    Absence { what: "bincode", needles: &["bincode"], except: &["snapshot"] },
    Absence { what: "priority-queue", needles: &["priority_queue"], except: &["engine::queue"] },
    Absence {
        what: "a generator of random numbers",
        needles: &["rand_pcg", "rand::rng"],
        except: &["random"],
    },
    Absence {
        what: "elementary functions of the platform",
        needles: &[
            ".ln()",
            ".log10()",
            ".log2()",
            ".ln_1p()",
            ".exp2()",
            ".exp_m1()",
            ".powi(",
            ".powf(",
            ".mul_add(",
            ".sin()",
            ".cos()",
            ".tan()",
            ".sinh()",
            ".cosh()",
            ".tanh()",
            ".cbrt()",
            ".hypot(",
            "f64::exp",
            "f64::ln",
            "f32::exp",
            "f32::ln",
        ],
        // Pictures and pages are looked at, not computed with.
        except: &["plot", "report", "cli"],
    },
    // `Real::exp` has the same name; it is used where the type is `R`, in the engine.
    Absence {
        what: "the platform's exp",
        needles: &[".exp()"],
        except: &[
            "engine::shared_decay",
            "engine::held",
            "engine::competition",
            "training::unsupervised",
            "plot",
            "report",
            "cli",
        ],
    },
];

#[test]
fn what_is_said_to_be_absent_is_absent() {
    let mut faults = Vec::new();
    for source in &sources() {
        for absence in ABSENCES {
            if absence.except.iter().any(|except| source.module.starts_with(&path(except))) {
                continue;
            }
            for (number, line) in source.code.lines().enumerate() {
                if absence.needles.iter().any(|needle| line.contains(needle)) {
                    let (file, what) = (source.file.display(), absence.what);
                    faults.push(format!("{file}, code line {}: {what}: {}", number + 1, line.trim()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
