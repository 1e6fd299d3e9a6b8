//! A user and a password side by side, without the name of either: "log in with admin / x", `bob:x@host`.

use std::ops::Range;

use super::around;
use super::value::{has_both, is_odd, is_ordinary, is_stand_in};

/// Finds passwords beside their users.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    told(text, secrets);
    before_hosts(text, secrets);
    calls(text, secrets);
    piped(text, secrets);
    hashes(text, secrets);
}

/// "log in with admin / hunter2", "credentials: admin/hunter2".
fn told(text: &str, secrets: &mut Vec<Range<usize>>) {
    const OPENINGS: [&str; 14] = [
        "login with ",
        "log in with ",
        "logged in with ",
        "sign in with ",
        "login as ",
        "log in as ",
        "logged in as ",
        "sign in as ",
        "credentials are ",
        "credentials: ",
        "credentials ",
        "creds: ",
        "creds are ",
        "login: ",
    ];
    /// Users that stand before a slash where others would be an owner or a directory.
    const USUAL: [&str; 10] = [
        "admin",
        "administrator",
        "root",
        "user",
        "test",
        "guest",
        "demo",
        "postgres",
        "sa",
        "me",
    ];
    let folded = text.to_ascii_lowercase();
    for opening in OPENINGS {
        for (at, _) in folded.match_indices(opening) {
            let mark = |c: char| matches!(c, '`' | '"' | '\'' | '*' | '(');
            let start = at + opening.len();
            let rest = text[start..].trim_start_matches(mark);
            let user_end = rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '-')))
                .unwrap_or(rest.len());
            let user = &rest[..user_end];
            let behind = rest[user_end..].trim_start_matches(mark);
            let separator = [" / ", " : ", " and ", ", ", "/", ":"]
                .into_iter()
                .find(|separator| behind.starts_with(separator));
            let Some(separator) = separator.filter(|_| !user.is_empty()) else {
                continue;
            };
            let value = behind[separator.len()..].trim_start_matches(mark);
            let place = text.len() - value.len();
            let value = &value[..value
                .find(|c: char| c.is_whitespace() || mark(c) || matches!(c, ')' | ',' | ';'))
                .unwrap_or(value.len())];
            let value = value.trim_end_matches(['.', '!', '?', ':']);
            let has_both = has_both(value);
            let is_secret = match separator {
                " and " | ", " => has_both && value.len() >= 6,
                "/" => is_odd(value) && USUAL.contains(&&*user.to_ascii_lowercase()),
                _ => is_odd(value),
            };
            if is_secret && !value.contains('/') && !is_stand_in(value, "") && !is_ordinary(value) {
                secrets.push(place..place + value.len());
            }
        }
    }
}

/// `bob:hunter2@e.org` and `thin:scott/tiger@e.org`, without a scheme before it.
fn before_hosts(text: &str, secrets: &mut Vec<Range<usize>>) {
    /// What stands before the colon of an address or a package, and is no user.
    const SCHEMES: [&str; 16] = [
        "acct",
        "catalog",
        "file",
        "im",
        "image",
        "jsr",
        "link",
        "mailto",
        "npm",
        "oci",
        "patch",
        "pkg",
        "sip",
        "sips",
        "workspace",
        "xmpp",
    ];
    let mut at = 0;
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>'))
    {
        let start = at;
        at = start
            + word.len()
            + text[start + word.len()..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
        let Some((before, host)) = word.rsplit_once('@') else {
            continue;
        };
        let is_host = host.starts_with(|c: char| c.is_ascii_alphabetic())
            && (host.contains('.') || host.starts_with("localhost"));
        let Some((user, password)) = before.split_once(':') else {
            continue;
        };
        let oracle = before
            .rsplit_once("thin:")
            .and_then(|(_, pair)| pair.split_once('/'));
        let password = oracle.map_or(password, |(_, password)| password);
        let scheme = user.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_password = !SCHEMES.contains(&scheme)
            && !password.is_empty()
            && !user.is_empty()
            && !password.starts_with('/')
            && (oracle.is_some() || is_odd(password))
            && !is_stand_in(password, "");
        if is_host && is_password {
            let end = start + before.len();
            secrets.push(end - password.len()..end);
        }
    }
}

/// `auth=("bob", "hunter2")`, `IDENTIFIED BY 'hunter2'`.
fn calls(text: &str, secrets: &mut Vec<Range<usize>>) {
    let folded = text.to_ascii_lowercase();
    for (opening, skipped) in [
        ("auth=(", 1),
        ("auth = (", 1),
        ("basicauth(", 1),
        ("basic_auth(", 1),
        ("basic_auth '", 1),
        ("basic_auth \"", 1),
        ("networkcredential(", 1),
        ("identified by ", 0),
    ] {
        for (at, _) in folded.match_indices(opening) {
            let end = at + opening.len();
            let start = end - usize::from(opening.ends_with(['\'', '"']));
            let line = around::behind(text, start);
            let mut strings = quoted(line);
            let before = (skipped > 0).then(|| strings.next()).flatten();
            let quoted = strings.next();
            // Without brackets nothing else stands between two arguments.
            let is_pair = opening.ends_with(['(', ' '])
                || before
                    .zip(quoted.clone())
                    .is_some_and(|(user, value)| line[user.end + 1..value.start - 1].trim() == ",");
            if let Some(value) = quoted
                && is_pair
                && !value.is_empty()
                && !is_stand_in(&line[value.clone()], "")
            {
                secrets.push(start + value.start..start + value.end);
            }
        }
    }
}

/// Returns what stands in quotes, one after the other.
fn quoted(line: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let open = at + line[at..].find(['"', '\''])?;
        let quote = line[open..].chars().next()?;
        let end = open + 1 + line[open + 1..].find(quote)?;
        at = end + 1;
        Some(open + 1..end)
    })
}

/// `echo hunter2 | docker login --password-stdin`.
fn piped(text: &str, secrets: &mut Vec<Range<usize>>) {
    const TAKERS: [&str; 13] = [
        "gcloud secrets ",
        "docker secret create",
        "podman secret create",
        "wrangler secret put",
        "gh secret set",
        "vercel env add",
        "kubectl create secret",
        "-stdin",
        "sudo -S",
        "chpasswd",
        "passwd",
        "--with-token",
        "--passphrase-fd",
    ];
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((taker, said)) = line.split_once("<<<")
            && TAKERS.iter().any(|word| taker.contains(word))
        {
            let said = said.trim_start();
            let quote = said.chars().next().filter(|c| matches!(c, '"' | '\''));
            let inside = said.strip_prefix(['"', '\'']).unwrap_or(said);
            let end = inside
                .find(|c: char| quote.map_or(c.is_whitespace() || c == '`', |quote| c == quote))
                .unwrap_or(inside.len());
            let place = line_start + line.len() - inside.len();
            if end > 0 && !is_stand_in(&inside[..end], "") {
                secrets.push(place..place + end);
            }
        }
        for command in ["echo ", "printf "] {
            let Some(at) = line.find(command) else {
                continue;
            };
            let start = at + command.len();
            let Some((said, taker)) = line[start..].split_once('|') else {
                continue;
            };
            let said = said.trim_end();
            let options = said.len() - said.trim_start_matches("-n ").len();
            let said = said[options..].trim_matches(['"', '\'']);
            let is_password = TAKERS.iter().any(|word| taker.contains(word));
            if is_password && !said.is_empty() && !is_stand_in(said, "") {
                let place = line[start..]
                    .find(said)
                    .map_or(start, |offset| start + offset);
                secrets.push(line_start + place..line_start + place + said.len());
            }
        }
        line_start += line.len();
    }
}

/// Hashes of passwords, as files of accounts hold them: `$2b$12$…`, `$6$salt$…`.
fn hashes(text: &str, secrets: &mut Vec<Range<usize>>) {
    const LEAST: usize = 20;
    const KINDS: [&str; 9] = [
        "$2a$",
        "$2b$",
        "$2y$",
        "$5$",
        "$6$",
        "$y$",
        "$apr1$",
        "$argon2id$",
        "$argon2i$",
    ];
    for kind in KINDS {
        let mut taken = 0;
        for (at, _) in text.match_indices(kind) {
            if at < taken {
                continue;
            }
            let length = text[at..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || "$./+=,-".contains(c)))
                .unwrap_or(text.len() - at);
            taken = at + length;
            if length >= kind.len() + LEAST {
                secrets.push(at..at + length);
            }
        }
    }
}
