//! What the sources of a pure crate name: a clock, the environment, files and sockets are all in `std`, where no
//! dependency list shows them.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::Context as _;
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{
    Attribute, Item, ItemMod, Macro, Path as SynPath, UseTree,
    visit::{self, Visit},
};
use walkdir::WalkDir;

use crate::workspace::{relative, root};

/// Names that a pure crate must not use, by how they begin.
const BANNED: &[(&str, &str)] = &[
    ("std::time::SystemTime", "a clock"),
    ("std::time::Instant", "a clock"),
    ("jiff::Timestamp::now", "a clock"),
    ("jiff::Zoned::now", "a clock"),
    ("std::env", "the environment"),
    ("std::fs", "files"),
    ("std::net::TcpStream", "the network"),
    ("std::net::TcpListener", "the network"),
    ("std::net::UdpSocket", "the network"),
    ("std::net::ToSocketAddrs", "the network"),
    ("std::os", "the operating system"),
    ("std::process", "other processes"),
    ("std::thread", "threads"),
    ("std::io::stdin", "the terminal"),
    ("std::io::stdout", "the terminal"),
    ("std::io::stderr", "the terminal"),
    ("rand::rng", "a random stream that cannot be replayed"),
    ("rand::random", "a random stream that cannot be replayed"),
];

/// What the sources of a crate name and must not.
///
/// # Errors
/// When a source cannot be read.
pub(crate) fn faults_of_crate(name: &str) -> anyhow::Result<Vec<String>> {
    let folder = root().join("crates").join(name).join("src");
    let mut faults = Vec::new();
    for entry in WalkDir::new(&folder).sort_by_file_name() {
        let entry = entry.with_context(|| format!("cannot list {}", folder.display()))?;
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("cannot read {}", entry.path().display()))?;
            faults.extend(faults_of_source(&relative(entry.path()), &text)?);
        }
    }
    Ok(faults)
}

fn faults_of_source(path: &Path, text: &str) -> anyhow::Result<Vec<String>> {
    let file = syn::parse_file(text).with_context(|| format!("cannot parse {}", path.display()))?;
    let mut names = Names::default();
    names.visit_file(&file);
    Ok(names
        .found
        .iter()
        .filter_map(|(line, name)| {
            let name = names.resolved(name);
            let (_, what) = BANNED.iter().find(|(banned, _)| reaches(&name, banned))?;
            Some(format!(
                "{}:{line} names {name}: a pure crate knows no {}",
                path.display(),
                what_after_no(what)
            ))
        })
        .collect())
}

/// `a clock` after "no" is `clock`.
fn what_after_no(what: &str) -> &str {
    what.trim_start_matches("a ").trim_start_matches("the ")
}

/// Whether a name is the banned one, lies inside it, or opens all of the folder that it lies in (`std::time::*`).
fn reaches(name: &str, banned: &str) -> bool {
    let within = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    match name.strip_suffix("::*") {
        Some(opened) => within(opened, banned) || within(banned, opened),
        None => within(banned, name),
    }
}

/// All the paths of a file outside its tests, with the short names that `use` gives them.
#[derive(Default)]
struct Names {
    found: Vec<(usize, String)>,
    aliases: BTreeMap<String, String>,
}

impl Names {
    /// A path with its first segment spelt out as it was imported.
    fn resolved(&self, name: &str) -> String {
        let (first, rest) = name.split_once("::").map_or((name, None), |(first, rest)| (first, Some(rest)));
        let full = self.aliases.get(first).map_or(first, String::as_str);
        rest.map_or_else(|| full.to_owned(), |rest| format!("{full}::{rest}"))
    }

    fn add(&mut self, span: Span, name: String) {
        self.found.push((span.start().line, name));
    }

    fn import(&mut self, tree: &UseTree, prefix: &str) {
        let joined = |name: String| if prefix.is_empty() { name } else { format!("{prefix}::{name}") };
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &joined(path.ident.to_string())),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.import(tree, prefix)),
            UseTree::Name(name) if name.ident == "self" => self.bind(name.ident.span(), last(prefix), prefix),
            UseTree::Name(name) => {
                let short = name.ident.to_string();
                self.bind(name.ident.span(), &short, &joined(short.clone()));
            }
            UseTree::Rename(rename) if rename.ident == "self" => {
                self.bind(rename.ident.span(), &rename.rename.to_string(), prefix);
            }
            UseTree::Rename(rename) => {
                self.bind(rename.ident.span(), &rename.rename.to_string(), &joined(rename.ident.to_string()));
            }
            UseTree::Glob(glob) => self.add(glob.star_token.spans[0], joined("*".to_owned())),
        }
    }

    fn bind(&mut self, span: Span, short: &str, full: &str) {
        self.add(span, full.to_owned());
        if short != full {
            self.aliases.insert(short.to_owned(), full.to_owned());
        }
    }

    /// The body of a macro is not parsed; its paths are found as runs of `name :: name`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut run: Option<(Span, String)> = None;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if let (Some((_, path)), 2) = (&mut run, colons) {
                        path.push_str("::");
                        path.push_str(&ident.to_string());
                    } else if let Some((span, path)) = run.replace((ident.span(), ident.to_string())) {
                        self.add(span, path);
                    }
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    colons = 0;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => colons = 0,
            }
        }
        if let Some((span, path)) = run {
            self.add(span, path);
        }
    }
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Use(item) if !is_test(&item.attrs) => self.import(&item.tree, ""),
            Item::Fn(item) if is_test(&item.attrs) => {}
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast SynPath) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.add(first.ident.span(), segments.join("::"));
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast Macro) {
        self.tokens(invocation.tokens.clone());
        visit::visit_macro(self, invocation);
    }
}

/// `#[cfg(test)]` or `#[test]`.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || (attribute.path().is_ident("cfg")
                && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(source: &str) -> Vec<String> {
        faults_of_source(Path::new("lib.rs"), source).unwrap()
    }

    #[test]
    fn every_way_to_name_a_clock_is_seen() {
        for source in [
            "fn f() { let _ = std::time::Instant::now(); }",
            "use std::time::Instant;",
            "use std::time::{Duration, SystemTime};",
            "use std::time; fn f() { time::Instant::now(); }",
            "use std::{time::{self as t}}; fn f() { t::Instant::now(); }",
            "use std::time::*;",
            "use std::*;",
            "use jiff::Timestamp; fn f() { Timestamp::now(); }",
            "use jiff::Timestamp as At; fn f() { At::now(); }",
            "fn f() { println!(\"{:?}\", std::time::SystemTime::now()); }",
            "struct S { at: std::time::Instant }",
        ] {
            assert!(!faults(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn files_sockets_the_environment_and_free_randomness_are_seen() {
        for source in [
            "use std::{env, fs};",
            "use std::net::TcpStream;",
            "use std::fs::File;",
            "fn f() -> u8 { rand::random() }",
            "use rand::rng;",
        ] {
            assert!(!faults(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_let_through() {
        for source in [
            "use std::time::Duration;",
            "use std::net::Ipv4Addr;",
            "use jiff::Timestamp; fn f(now: Timestamp) {}",
            "use rand::RngExt; use rand::rngs;",
            "const TEXT: &str = include_str!(\"a.txt\"); const NAME: &str = env!(\"CARGO_PKG_NAME\");",
            "mod time { pub struct Instant; } use time::Instant;",
            "#[cfg(test)] mod tests { use std::fs; }",
        ] {
            assert_eq!(faults(source), Vec::<String>::new(), "{source}");
        }
    }

    #[test]
    fn a_fault_names_file_and_line() {
        assert_eq!(
            faults("\nuse std::env;\n"),
            ["lib.rs:2 names std::env: a pure crate knows no environment"]
        );
    }
}
