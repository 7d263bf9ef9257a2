//! Which package may reach which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata};

use crate::workspace::{cargo, output_of};

/// Packages that a pure crate must not reach, with what each would bring in.
const BANNED: &[(&str, &str)] = &[
    ("tokio", "a runtime"),
    ("async-std", "a runtime"),
    ("smol", "a runtime"),
    ("actix-rt", "a runtime"),
    ("mio", "the network"),
    ("socket2", "the network"),
    ("hyper", "the network"),
    ("hyper-util", "the network"),
    ("h2", "the network"),
    ("reqwest", "the network"),
    ("ureq", "the network"),
    ("rustls", "the network"),
    ("native-tls", "the network"),
    ("openssl-sys", "the network"),
    ("ring", "the network's cryptography"),
    ("rusqlite", "files"),
    ("tempfile", "files"),
    ("walkdir", "files"),
    ("clap", "the command line"),
    ("ctrlc", "signals"),
    ("getrandom", "a random stream that cannot be replayed"),
];

/// Members that must never reach one another: from, to, why.
const APART: &[(&str, &str, &str)] = &[
    ("control", "loadgen", "the two meet at environment variables, files and the run report"),
    ("loadgen", "sink", "the receiver is a target like any other; only tests may embed it"),
    ("proof", "loadgen", "the control plane proves as well, and must not link the load generator"),
    ("ledger", "sink", "a proof against shared code proves nothing"),
    ("sink", "ledger", "a proof against shared code proves nothing"),
    ("sink", "loadgen", "the receiver must judge the generator, not share its code"),
    ("sink", "matomo", "the receiver must judge the encoder, not share its code"),
    ("sink", "traffic", "the receiver must judge the traffic, not share its code"),
];

/// What cargo says that a package links, with the features that it asks for by itself.
pub(crate) fn tree(package: &str) -> anyhow::Result<String> {
    output_of(&mut cargo(&[
        "tree",
        "--package",
        package,
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "depth",
        "--format",
        " {p}",
    ]))
}

/// The banned packages in the output of [`tree`], each with the way to it.
pub(crate) fn faults_of_tree(package: &str, tree: &str) -> Vec<String> {
    let mut way: Vec<&str> = Vec::new();
    let mut faults = Vec::new();
    for line in tree.lines() {
        let Some((depth, rest)) = line.split_once(' ') else { continue };
        let Ok(depth) = depth.parse::<usize>() else { continue };
        let Some(name) = rest.split(' ').next() else { continue };
        way.truncate(depth);
        way.push(name);
        if let Some((_, what)) = BANNED.iter().find(|(banned, _)| *banned == name) {
            faults.push(format!(
                "{package} is pure and must not reach {what}, but links {name}: {}",
                way.join(" -> ")
            ));
        }
    }
    faults
}

/// Which package needs which, by name and by normal dependencies: what is linked, not what tests or builds use.
pub(crate) type Graph<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// The graph of all packages of the workspace.
pub(crate) fn graph(metadata: &Metadata) -> Graph<'_> {
    let names: BTreeMap<_, _> =
        metadata.packages.iter().map(|package| (&package.id, package.name.as_str())).collect();
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let mut graph = Graph::new();
    for node in nodes {
        let normal = node
            .deps
            .iter()
            .filter(|needed| needed.dep_kinds.iter().any(|needed| needed.kind == DependencyKind::Normal));
        graph.entry(names[&node.id]).or_default().extend(normal.map(|needed| names[&needed.pkg]));
    }
    graph
}

/// Whether `from` links `to`, directly or through others.
pub(crate) fn links(graph: &Graph, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        let needed = graph.get(name).into_iter().flatten().copied();
        for name in needed.filter(|name| seen.insert(*name)) {
            if name == to {
                return true;
            }
            open.push(name);
        }
    }
    false
}

/// Members that link one they must not.
pub(crate) fn faults_between_members(graph: &Graph) -> Vec<String> {
    APART
        .iter()
        .filter(|(from, to, _)| links(graph, from, to))
        .map(|(from, to, why)| format!("{from} must not depend on {to}: {why}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_banned_package_is_shown_with_the_way_to_it() {
        let tree = "0 settings v0.1.0 (/src)\n1 jiff v0.2.3\n2 log v0.4.0\n1 url v2.5.0\n2 tokio v1.50.0\n";
        assert_eq!(
            faults_of_tree("settings", tree),
            ["settings is pure and must not reach a runtime, but links tokio: settings -> url -> tokio"]
        );
    }

    #[test]
    fn a_clean_tree_has_no_faults() {
        assert_eq!(faults_of_tree("report", "0 report v0.1.0\n1 serde v1.0.0\n"), Vec::<String>::new());
    }

    #[test]
    fn a_member_is_reached_through_another() {
        let members = Graph::from([
            ("control", vec!["report", "helper"]),
            ("helper", vec!["loadgen", "serde"]),
            ("loadgen", vec!["report"]),
            ("report", vec![]),
        ]);
        assert_eq!(
            faults_between_members(&members),
            [
                "control must not depend on loadgen: the two meet at environment variables, files and the run report"
            ]
        );
    }
}
