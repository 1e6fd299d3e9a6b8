//! Secrets of Kubernetes: the values below `data` and `stringData` of what says `kind: Secret`, and the commands that make
//! them. Their names say nothing, so everything goes.

use std::ops::Range;

use super::around;
use super::value::is_stand_in;

/// The keys below which values stand.
const KEYS: [&str; 2] = ["data", "stringData"];

/// Finds the values of such manifests.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut start = 0;
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        if bare == "---" || bare.starts_with("```") {
            yaml(text, start..end, secrets);
            start = end + line.len();
        }
        end += line.len();
    }
    yaml(text, start..end, secrets);
    json(text, secrets);
    literals(text, secrets);
}

/// The values of one document.
fn yaml(text: &str, document: Range<usize>, secrets: &mut Vec<Range<usize>>) {
    let lines = || text[document.clone()].split_inclusive('\n');
    let is_secret = lines().any(|line| {
        let line = line.trim().trim_start_matches("- ");
        line.strip_prefix("kind:")
            .is_some_and(|kind| kind.trim().trim_matches(['"', '\'']) == "Secret")
    });
    if !is_secret {
        return;
    }
    let mut at = document.start;
    let mut above: Option<usize> = None;
    for line in lines() {
        let content = line.trim_start_matches([' ', '-']);
        let indent = line.len() - content.len();
        let content = content.trim_end();
        let place = at + indent;
        at += line.len();
        if content.is_empty() {
            continue;
        }
        if above.is_some_and(|above| indent <= above) {
            above = None;
        }
        if above.is_some() {
            // A line of a block has no key.
            let value = match content.split_once(": ") {
                Some((key, value)) if !key.contains(' ') => value,
                Some(_) | None if content.ends_with(':') => continue,
                Some(_) | None => content,
            };
            let quoted = value.trim_matches([' ', '"', '\'']);
            let from = content.len() - value.len() + value.find(quoted).unwrap_or_default();
            let is_mark = quoted
                .chars()
                .all(|c| matches!(c, '|' | '>' | '-' | '+' | '{' | '}'));
            if !is_mark && !is_stand_in(quoted, "") {
                secrets.push(place + from..place + from + quoted.len());
            }
        } else if KEYS.iter().any(|key| {
            content
                .strip_prefix(key)
                .is_some_and(|rest| rest.trim() == ":")
        }) {
            above = Some(indent);
        }
    }
}

/// The values of manifests in JSON, also when they are text in another one.
fn json(text: &str, secrets: &mut Vec<Range<usize>>) {
    let is_secret = text.match_indices("kind").any(|(at, kind)| {
        let behind = text[at + kind.len()..].trim_start_matches(['\\', '"']);
        behind.len() < text.len() - at - kind.len()
            && around::head(behind, 20)
                .trim_start()
                .strip_prefix(':')
                .and_then(|value| {
                    value
                        .trim_start()
                        .trim_start_matches('\\')
                        .strip_prefix('"')
                })
                .is_some_and(|value| value.starts_with("Secret\"") || value.starts_with("Secret\\"))
    });
    if !is_secret {
        return;
    }
    for key in KEYS {
        let mut read = 0;
        for (at, _) in text.match_indices(key) {
            if at < read || !text[..at].ends_with('"') {
                continue;
            }
            let Some(inside) = around::object_behind(text, at + key.len()) else {
                continue;
            };
            read = inside.end;
            let mut is_value = false;
            let mut place = inside.start;
            for part in text[inside].split_inclusive('"') {
                let bare = part.trim_end_matches('"').trim_end_matches('\\');
                let between = bare.trim();
                if between.starts_with([':', ',']) || between.is_empty() {
                    is_value = between.starts_with(':') || (is_value && !between.starts_with(','));
                } else if is_value && !is_stand_in(bare, "") {
                    secrets.push(place..place + bare.len());
                }
                place += part.len();
            }
        }
    }
}

/// `kubectl create secret generic db --from-literal=db=x`.
fn literals(text: &str, secrets: &mut Vec<Range<usize>>) {
    const OPTION: &str = "--from-literal";
    /// How far before the option its command stands.
    const REACH: usize = 500;
    for (at, _) in text.match_indices(OPTION) {
        let before = &text[around::boundary(text, at.saturating_sub(REACH))..at];
        let of_map = before.rfind("configmap").or_else(|| before.rfind(" cm "));
        if of_map.is_some() && of_map > before.rfind("secret") {
            continue;
        }
        let behind = around::behind(text, at + OPTION.len());
        let pair = behind.trim_start_matches(['=', ' ', '"', '\'']);
        let Some((key, value)) = pair.split_once('=') else {
            continue;
        };
        let start = at + OPTION.len() + behind.len() - value.len();
        let opening = value.len() - value.trim_start_matches(['"', '\'']).len();
        let is_quoted = opening > 0 || text[..start - key.len() - 1].ends_with(['"', '\'']);
        let value = &value[opening..];
        let value = &value[..value
            .find(|c: char| matches!(c, '"' | '\'' | '`') || (c.is_whitespace() && !is_quoted))
            .unwrap_or(value.len())];
        if !key.contains(' ') && !value.is_empty() && !is_stand_in(value, "") {
            secrets.push(start + opening..start + opening + value.len());
        }
    }
}
