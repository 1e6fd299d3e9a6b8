//! Rows of hexadecimal digits that say nothing: ids of traces and requests, sums of files, names of built files.

use std::ops::Range;

use super::around;

/// Names of what says nothing, or the last word before it.
const NAMES: [&str; 14] = [
    "asset",
    "checksum",
    "container",
    "digest",
    "etag",
    "guid",
    "hash",
    "layer",
    "md5",
    "md5sum",
    "request",
    "span",
    "trace",
    "uuid",
];
/// Ends of names in one or two words, without their joints.
const ENDS: [&str; 18] = [
    "activityid",
    "blockid",
    "buildid",
    "cachekey",
    "containerid",
    "correlationid",
    "deploymentid",
    "eventid",
    "imageid",
    "invocationid",
    "jobid",
    "messageid",
    "operationid",
    "requestid",
    "runid",
    "spanid",
    "taskid",
    "traceid",
];
/// What built files end with.
const EXTENSIONS: [&str; 16] = [
    "cjs", "css", "gz", "html", "ico", "jpg", "js", "json", "map", "mjs", "png", "svg", "ttf",
    "wasm", "woff", "woff2",
];
/// The length of an MD5.
const SUM: usize = 32;

/// Returns whether hexadecimal digits are an id, a sum of a file or a part of a built file's name.
pub(super) fn is_id(text: &str, range: Range<usize>) -> bool {
    let before = around::before(text, range.start);
    let behind = around::behind(text, range.end);
    is_named(before)
        || range.len() == SUM && (is_sum(before, behind) || is_of_built_file(before, behind))
}

fn is_named(before: &str) -> bool {
    // `ETag: W/"…"` is a weak one.
    let before = before.strip_suffix("W/\"").unwrap_or(before);
    let bare = before.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let mut words = bare
        .rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
        .filter(|word| !word.is_empty());
    let last = words.next().unwrap_or_default().to_ascii_lowercase();
    let joined: String = [words.next().unwrap_or_default(), &last]
        .concat()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    NAMES.contains(&&*last) || ENDS.iter().any(|end| joined.ends_with(end))
}

/// `…  dist/app.tar.gz` of md5sum, `MD5 (app.tar.gz) = …`.
fn is_sum(before: &str, behind: &str) -> bool {
    let file = behind
        .strip_prefix("  ")
        .or_else(|| behind.strip_prefix(" *"))
        .unwrap_or_default();
    let is_file = file.contains(['.', '/']) && !file.trim_end().contains(' ');
    let is_alone = before
        .trim_matches(['>', '+', '-', ' ', '\t', '`'])
        .is_empty();
    (is_alone && is_file) || (before.trim_start().starts_with("MD5 (") && before.ends_with(") = "))
}

/// `index.….js`
fn is_of_built_file(before: &str, behind: &str) -> bool {
    let is_behind_name = before
        .strip_suffix('.')
        .is_some_and(|name| name.ends_with(|c: char| c.is_ascii_alphanumeric()));
    let extension = behind.strip_prefix('.').unwrap_or_default();
    let extension = &extension[..extension
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(extension.len())];
    is_behind_name && EXTENSIONS.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_by_what_stands_around_them() {
        const HEX: &str = "11a4a1b370be95770cd2b902fa5a7126";
        let judged = |form: &str| {
            let at = form.find('%').unwrap();
            let text = form.replace('%', HEX);
            is_id(&text, at..at + HEX.len())
        };
        for form in [
            "trace id: % in Grafana",
            "traceId=%",
            "request_id: %",
            "x-request-id: %",
            "correlation-id: %",
            "Correlation ID: `%`",
            "X-Amzn-RequestId: %",
            "event_id=%",
            "sentry event id: %",
            "run_id=%",
            "deployment id: %",
            "ETag: \"%\"",
            "ETag: W/\"%\"",
            "cache key %",
            "uuid: %",
            "%  dist/app.tar.gz",
            "a\n% *app.js\nb",
            "md5sum %",
            "MD5 (app.tar.gz) = %",
            "asset index.%.js 1.2 MiB",
            "main.%.css",
        ] {
            assert!(judged(form), "{form}");
        }
        for form in [
            "%",
            "id %",
            "id: %",
            "session id: %",
            "session %",
            "key %",
            "api key: %",
            "token.%.x",
            "index.%.js2",
            ".%.js",
            "x %  dist/app.tar.gz",
            "%  and more",
            "% dist/app.tar.gz",
            "%  dist/app.tar.gz is the sum",
            "MD5 of x = %",
            "trace id:\n%",
            "W/\"%\"",
        ] {
            assert!(!judged(form), "{form}");
        }
    }
}
