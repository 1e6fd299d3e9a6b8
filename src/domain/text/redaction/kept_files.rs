//! Lines of files that programs keep credentials in: `.pgpass`, Composer's `auth.json`, the credentials of sbt, the passwords of Redis;
//! and the older tokens of Vault.

use std::ops::Range;

use super::around;
use super::value::{is_ordinary, is_stand_in};

/// Finds such credentials.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    pgpass(text, secrets);
    composer(text, secrets);
    sbt(text, secrets);
    vault(text, secrets);
    redis(text, secrets);
}

/// `host:port:database:user:x`, on a line of its own or in quotes.
fn pgpass(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut start = 0;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')) {
        let bare =
            word.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
        let fields: Vec<&str> = bare.splitn(5, ':').collect();
        if let [host, port, database, user, password] = fields[..] {
            let is_port = port == "*" || port.parse::<u16>().is_ok_and(|port| port >= 1_000);
            // "main.rs:1200:5:error:x" is a place.
            let is_place = database.bytes().all(|byte| byte.is_ascii_digit());
            let is_host = !host.is_empty()
                && !is_of_source(host)
                && host
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*' | '/'));
            if is_port
                && is_host
                && !is_place
                && !user.is_empty()
                && !password.is_empty()
                && !is_stand_in(password, "")
            {
                let end = start + bare.len();
                secrets.push(end - password.len()..end);
            }
        }
        start += word.len();
    }
}

/// `tests/a.py:1024:test_x:FAILED:AssertionError` tells of a line.
fn is_of_source(host: &str) -> bool {
    const EXTENSIONS: [&str; 16] = [
        "c", "cc", "cpp", "cs", "go", "h", "java", "js", "jsx", "kt", "php", "py", "rb", "rs",
        "ts", "tsx",
    ];
    let is_path = host.contains('/') && !host.starts_with('/');
    is_path
        || host
            .rsplit_once('.')
            .is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// `{"github-oauth": {"github.com": "x"}}`, `composer config github-oauth.github.com x`.
fn composer(text: &str, secrets: &mut Vec<Range<usize>>) {
    const KINDS: [&str; 6] = [
        "github-oauth",
        "gitlab-oauth",
        "gitlab-token",
        "bitbucket-oauth",
        "forgejo-token",
        "bearer",
    ];
    for kind in KINDS {
        let mut read = 0;
        for (at, _) in text.match_indices(kind) {
            let end = at + kind.len();
            if at < read {
                continue;
            }
            if let Some(host) = text[end..].strip_prefix('.') {
                let host = around::head(host, 200);
                let Some((host, value)) = host.split_once([' ', '\t']) else {
                    continue;
                };
                let start = end + 1 + host.len() + 1;
                let value = value.split_whitespace().next().unwrap_or_default();
                if host.contains('.') && value.len() >= 16 && !is_stand_in(value, "") {
                    secrets.push(start..start + value.len());
                }
                continue;
            }
            let Some(inside) = around::object_behind(text, end) else {
                continue;
            };
            read = inside.end;
            // Quotes stand around every second part; names and values take turns.
            let mut place = inside.start;
            for (index, part) in text[inside].split('"').enumerate() {
                let value = part.trim_end_matches('\\');
                if index % 4 == 3 && !value.is_empty() && !is_stand_in(value, "") {
                    secrets.push(place..place + value.len());
                }
                place += part.len() + 1;
            }
        }
    }
}

/// `Credentials("Realm", "host", "user", "x")`.
fn sbt(text: &str, secrets: &mut Vec<Range<usize>>) {
    const CALL: &str = "Credentials(";
    for (at, _) in text.match_indices(CALL) {
        let start = at + CALL.len();
        let arguments = around::head(&text[start..], 500);
        let arguments = &arguments[..arguments.find(')').unwrap_or(arguments.len())];
        let mut place = start;
        for (index, part) in arguments.split('"').enumerate() {
            // The fourth one.
            if index == 7 && !part.is_empty() && !is_stand_in(part, "") {
                secrets.push(place..place + part.len());
            }
            place += part.len() + 1;
        }
    }
}

/// `s.` and 24 letters and digits.
fn vault(text: &str, secrets: &mut Vec<Range<usize>>) {
    const LENGTH: usize = 24;
    for (at, mark) in text.match_indices("s.") {
        let behind = around::head(&text[at + mark.len()..], LENGTH + 1);
        let length = behind
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(behind.len());
        let word = &behind[..length];
        let begins = !text[..at]
            .ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
        let ends =
            !behind[length..].starts_with(['_', '(', '.']) || behind[length..].starts_with(". ");
        let is_random = word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_uppercase())
            && word.bytes().any(|byte| byte.is_ascii_lowercase());
        if begins && ends && length == LENGTH && is_random {
            secrets.push(at..at + mark.len() + LENGTH);
        }
    }
}

/// `requirepass x` of Redis, on a line of its own, as an option, or behind `CONFIG SET`.
fn redis(text: &str, secrets: &mut Vec<Range<usize>>) {
    for name in ["requirepass ", "masterauth "] {
        for (at, _) in text.match_indices(name) {
            let before = around::before(text, at).trim_end_matches(['+', '-', '>', ' ', '\t', '`']);
            let is_option = text[..at].ends_with("--");
            let is_set = before.ends_with("SET") || before.ends_with("set");
            let line = around::behind(text, at + name.len());
            let value = line.trim_start_matches([' ', '"', '\'']);
            let start = at + name.len() + line.len() - value.len();
            let length = value
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ','))
                .unwrap_or(value.len());
            let (value, behind) = value.split_at(length);
            let is_alone = behind.trim_matches(['"', '\'', '`', ' ']).is_empty();
            if (is_option || (is_alone && (is_set || before.is_empty())))
                && !value.is_empty()
                && !is_ordinary(value)
                && !is_stand_in(value, "")
            {
                secrets.push(start..start + length);
            }
        }
    }
}
