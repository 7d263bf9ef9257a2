//! The licences of all that is linked, against the list of those that an MIT project can live with.

use cargo_metadata::Package;
use spdx::{Expression, ParseMode};

use super::reach::{Graph, links};

/// Permissive licences, and data under terms that ask for no more than a notice.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages under other terms, and the one member that may link them; its own licence follows from that.
const EXCEPTIONS: &[(&str, &str)] = &[("actix-governor", "control"), ("control", "control")];

/// A package as far as its licence goes.
pub(crate) struct Licensed<'a> {
    name: &'a str,
    version: String,
    licence: Option<&'a str>,
}

impl<'a> From<&'a Package> for Licensed<'a> {
    fn from(package: &'a Package) -> Self {
        Self {
            name: package.name.as_str(),
            version: package.version.to_string(),
            licence: package.license.as_deref(),
        }
    }
}

/// What is wrong with a package's licence, given who links what.
pub(crate) fn fault(package: &Licensed, members: &[&str], graph: &Graph) -> Option<String> {
    let Licensed { name, version, licence } = package;
    let Some(licence) = licence else {
        return Some(format!("{name} {version} names no licence"));
    };
    let expression = match Expression::parse_mode(licence, ParseMode::LAX) {
        Ok(expression) => expression,
        Err(error) => {
            return Some(format!(
                "{name} {version} has a licence that cannot be read, `{licence}`: {}",
                error.reason
            ));
        }
    };
    let allowed =
        expression.evaluate(|required| required.license.id().is_some_and(|id| ALLOWED.contains(&id.name)));
    if allowed {
        return None;
    }
    let Some((_, only)) = EXCEPTIONS.iter().find(|(exception, _)| exception == name) else {
        return Some(format!(
            "{name} {version} is under {licence}, which is not on the list of allowed licences"
        ));
    };
    let linking: Vec<&str> =
        members.iter().copied().filter(|member| member != only && links(graph, member, name)).collect();
    (!linking.is_empty()).then(|| {
        format!("{name} {version} is under {licence}: only {only} may link it, not {}", linking.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(licence: Option<&str>) -> Option<String> {
        fault(&Licensed { name: "thing", version: "1.2.3".to_owned(), licence }, &[], &Graph::new())
    }

    #[test]
    fn one_allowed_alternative_is_enough() {
        for licence in ["MIT", "MIT/Apache-2.0", "GPL-2.0-only OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert_eq!(fault_of(Some(licence)), None, "{licence}");
        }
    }

    #[test]
    fn the_package_and_its_licence_are_named() {
        assert_eq!(
            fault_of(Some("GPL-3.0-or-later")).as_deref(),
            Some("thing 1.2.3 is under GPL-3.0-or-later, which is not on the list of allowed licences")
        );
        assert_eq!(
            fault_of(Some("MIT AND AGPL-3.0-only")).as_deref(),
            Some("thing 1.2.3 is under MIT AND AGPL-3.0-only, which is not on the list of allowed licences")
        );
        assert_eq!(fault_of(None).as_deref(), Some("thing 1.2.3 names no licence"));
    }
    #[test]
    fn an_exception_is_for_one_member_only() {
        let governor = Licensed {
            name: "actix-governor",
            version: "0.10.0".to_owned(),
            licence: Some("GPL-3.0-or-later"),
        };
        let mut graph = Graph::from([("control", vec!["actix-governor"]), ("loadgen", vec!["report"])]);
        assert_eq!(fault(&governor, &["control", "loadgen"], &graph), None);
        graph.insert("loadgen", vec!["control"]);
        assert_eq!(
            fault(&governor, &["control", "loadgen"], &graph).as_deref(),
            Some("actix-governor 0.10.0 is under GPL-3.0-or-later: only control may link it, not loadgen")
        );
    }
}
