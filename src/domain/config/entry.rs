//! Reads the members of one entry of `AFK_REPOS`, and notes each problem with the path to it.
//!
//! It knows kinds of values and no single member; [`super::repositories`] does.

use std::collections::BTreeMap;

use super::json::Node;
use super::problem::{found, quoted};
use super::value::Expected;

/// Reads one entry. What has a problem comes back as if it were absent.
pub(super) struct Reader<'a> {
    pub(super) name: String,
    pub(super) problems: &'a mut Vec<String>,
}

impl Reader<'_> {
    /// Notes a problem; an empty path is the entry itself.
    pub(super) fn problem(&mut self, path: &str, text: &str) {
        let name = &self.name;
        self.problems.push(if path.is_empty() {
            format!("{name}: {text}")
        } else {
            format!("{name}: {path}: {text}")
        });
    }

    /// Reads a number above 0.
    pub(super) fn number(&mut self, path: &str, node: &Node) -> Option<u64> {
        match node {
            Node::Number(number) if *number > 0 => Some(*number),
            Node::Number(_) => {
                self.problem(path, "expected a number above 0, found 0");
                None
            }
            Node::Object(_) | Node::List(_) | Node::Text(_) | Node::Other(_) => {
                let text = format!("expected a number above 0, found {}", node.kind());
                self.problem(path, &text);
                None
            }
        }
    }

    /// Reads the members of an object, none of them twice, all of them `known`.
    pub(super) fn object<'n>(
        &mut self,
        path: &str,
        node: &'n Node,
        known: &[&str],
    ) -> BTreeMap<&'n str, &'n Node> {
        let Node::Object(entries) = node else {
            self.problem(path, &format!("expected an object, found {}", node.kind()));
            return BTreeMap::new();
        };
        let mut fields = BTreeMap::new();
        for (name, node) in entries {
            if !known.contains(&name.as_str()) {
                let text = format!("expected {}, found field {}", one_of(known), quoted(name));
                self.problem(path, &text);
            } else if fields.insert(name.as_str(), node).is_some() {
                self.problem(
                    path,
                    &format!("expected field '{name}' once, found it several times"),
                );
            }
        }
        fields
    }

    /// Reads a string by `parse`, if it is there.
    pub(super) fn text<T>(
        &mut self,
        path: &str,
        node: Option<&Node>,
        parse: impl FnOnce(&str) -> Result<T, Expected>,
    ) -> Option<T> {
        let result = match node? {
            Node::Text(text) => {
                parse(text).map_err(|expected| format!("{expected}{}", found(text)))
            }
            other @ (Node::Object(_) | Node::List(_) | Node::Number(_) | Node::Other(_)) => {
                Err(format!("expected a string, found {}", other.kind()))
            }
        };
        result.map_err(|text| self.problem(path, &text)).ok()
    }
}

/// A name of somebody else's making: a target, a workflow, an environment.
pub(super) fn name(text: &str) -> Result<String, Expected> {
    let sane = text == text.trim() && !text.is_empty() && !text.contains(char::is_control);
    sane.then(|| text.to_owned())
        .ok_or_else(|| "expected a name".to_owned())
}

/// One of some words, as it is.
pub(super) fn one_word(text: &str, words: &[&str]) -> Result<String, Expected> {
    words
        .contains(&text)
        .then(|| text.to_owned())
        .ok_or_else(|| format!("expected {}", one_of(words)))
}

pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [word] => (*word).to_owned(),
        [words @ .., last] => format!("{} or {last}", words.join(", ")),
    }
}
