//! The user's own pages and events: files in the folder shared with the load generator, in the place of the built-in ones.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Serialize;
use traffic::content::{Fault, File, events, urls};
use utoipa::ToSchema;

use crate::{
    Config,
    error::{ApiError, FieldError},
    files,
};

/// How many faults of a list are told; thousands help nobody.
const MOST_FAULTS: usize = 200;

/// Where the content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ContentSource)]
pub enum Source {
    /// Saved by the user.
    Custom,
    /// Compiled into the load generator.
    BuiltIn,
}

/// The user's own file.
pub fn path(config: &Config, file: File) -> PathBuf {
    config.data_file(file.name())
}

/// The text in use, and where it comes from.
///
/// # Errors
/// When the user's own file cannot be read.
pub fn current(config: &Config, file: File) -> Result<(String, Source), ApiError> {
    let custom = files::read(&path(config, file)).map_err(ApiError::internal)?;
    Ok(match custom {
        Some(text) => (text, Source::Custom),
        None => (file.built_in().to_owned(), Source::BuiltIn),
    })
}

/// What is wrong with a line of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LineFault {
    /// The line, from 1; `null` when it is about the whole.
    pub line: Option<usize>,
    /// What in the line or object; empty when the line says it all.
    pub field: String,
    /// What was given and what would be right.
    pub message: String,
}

/// Faults as lines.
pub fn line_faults(faults: Vec<Fault>) -> Vec<LineFault> {
    let line = |fault: Fault| LineFault {
        line: fault.line,
        field: fault.place,
        message: format!("{}: {}", fault.given, fault.remedy),
    };
    faults.into_iter().take(MOST_FAULTS).map(line).collect()
}

/// Faults as an error that names lines.
pub fn refused(faults: Vec<Fault>) -> ApiError {
    let field = |fault: LineFault| {
        let line = fault.line.map(|line| format!("line {line}"));
        let place = Some(fault.field).filter(|field| !field.is_empty());
        let name = [line, place].into_iter().flatten().collect::<Vec<_>>().join(", ");
        FieldError::new(if name.is_empty() { "content".to_owned() } else { name }, fault.message)
    };
    ApiError::invalid(line_faults(faults).into_iter().map(field).collect())
}

/// A folder of the site, or a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PageNode)]
pub struct Node {
    /// The part of the address; at the top a host with its scheme.
    pub name: String,
    /// Pages here and below.
    pub pages: usize,
    /// What lies below, by name.
    #[schema(no_recursion)]
    pub children: Vec<Node>,
}

/// The pages of a list as a tree of hosts and path segments.
///
/// # Errors
/// What is wrong with the list.
pub fn tree(content: &str) -> Result<(usize, Vec<Node>), Vec<Fault>> {
    let list = urls::validate(content)?;
    let mut root = Branch::default();
    for page in &list.pages {
        let origin = list.origins.get(page.origin as usize).map_or("", String::as_str);
        let path = page.url.strip_prefix(origin).unwrap_or(&page.url);
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let segments = path.split('/').filter(|segment| !segment.is_empty()).take(DEEPEST);
        root.add(std::iter::once(origin).chain(segments));
    }
    Ok((list.pages.len(), root.into_nodes()))
}

/// Deeper than this, pages are counted with their folder.
const DEEPEST: usize = 16;

#[derive(Default)]
struct Branch {
    pages: usize,
    children: BTreeMap<String, Branch>,
}

impl Branch {
    fn add<'a>(&mut self, path: impl Iterator<Item = &'a str>) {
        let mut branch = self;
        for name in path {
            branch = branch.children.entry(name.to_owned()).or_default();
            branch.pages += 1;
        }
    }

    fn into_nodes(self) -> Vec<Node> {
        self.children
            .into_iter()
            .map(|(name, branch)| Node { name, pages: branch.pages, children: branch.into_nodes() })
            .collect()
    }
}

/// What an events file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventCounts {
    /// Click events.
    pub click_events: usize,
    /// Random events.
    pub random_events: usize,
}

/// Counts the events of a file.
///
/// # Errors
/// What is wrong with it.
pub fn count_events(content: &str) -> Result<EventCounts, Vec<Fault>> {
    let found = events::validate(content)?;
    Ok(EventCounts { click_events: found.click.len(), random_events: found.random.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_become_a_tree() {
        let (count, tree) = tree(
            "https://example.com/ Home\nhttps://example.com/shop/shoes?x=1 Shoes\nhttps://example.com/shop/hats\n\
             http://other.example:81/shop",
        )
        .unwrap();
        assert_eq!(count, 4);
        insta::assert_json_snapshot!(tree);
    }

    #[test]
    fn faults_name_their_lines() {
        let error = refused(urls::validate("https://example.com/\nnonsense\n\nftp://x").unwrap_err());
        let fields: Vec<&str> = error.body().errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["line 2", "line 4"]);
    }
}
