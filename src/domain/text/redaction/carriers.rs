//! What carries credentials by its form: blocks of private keys, addresses, commands, headers, web hooks.

use std::ops::Range;

use super::around;
use super::value::{is_odd, is_stand_in};

/// Finds credentials.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    private_keys(text, secrets);
    addresses(text, secrets);
    options(text, secrets);
    hooks(text, secrets);
}

/// Everything from the first line of a private key to its last, or to the end.
fn private_keys(text: &str, secrets: &mut Vec<Range<usize>>) {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let mut at = 0;
    while let Some(offset) = text[at..].find(BEGIN) {
        let start = at + offset;
        at = start + BEGIN.len();
        let head = around::behind(text, start);
        // In JSON and shells its lines are joined by `\n`.
        let head = head.split("\\n").next().unwrap_or_default();
        if !head.contains("PRIVATE KEY") {
            continue;
        }
        let end = text[start..]
            .find(END)
            .map(|end| start + end + END.len())
            .and_then(|end| text[end..].find("-----").map(|dashes| end + dashes + 5))
            .unwrap_or(text.len());
        secrets.push(start..end);
        at = end;
    }
}

/// User and password of an address: what stands between `://` and `@`.
fn addresses(text: &str, secrets: &mut Vec<Range<usize>>) {
    // Up to the next blank or quote, and the last `@` before it: the same for all addresses that begin before.
    let (mut run_end, mut last_sign) = (0, None);
    let mut taken = 0;
    for (at, _) in text.match_indices("://") {
        let start = at + 1;
        let host_start = start + 2;
        // What stands in credentials goes with them.
        if at < taken {
            continue;
        }
        let host = &text[host_start..];
        if host_start >= run_end {
            run_end = host_start
                + host
                    .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`'))
                    .unwrap_or(host.len());
            last_sign = text[host_start..run_end]
                .rfind('@')
                .map(|sign| host_start + sign);
        }
        let end = host
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>' | '`' | '?' | '#')
            })
            .unwrap_or(host.len());
        let short = &host[..end];
        // A password may hold what should be escaped.
        let sign = short.rfind('@').or_else(|| {
            let port = short.rsplit(':').next().unwrap_or_default();
            last_sign
                .filter(|sign| *sign >= host_start)
                .filter(|_| short.contains(':') && port.parse::<u16>().is_err())
                .map(|sign| sign - host_start)
        });
        if let Some(user) = sign
            && !is_stand_in(around::head(&host[..user], JUDGED_MAX), "")
            && &host[..user] != "git"
        {
            taken = host_start + user;
            secrets.push(start..taken);
        }
    }
}

/// The most bytes of a user's name and password by which they are judged.
const JUDGED_MAX: usize = 2_000;

/// Options that carry credentials: `curl -u user:pass`, `docker login -p x`, `sshpass -p x`, `mysql -px`.
fn options(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        let mut words: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        for word in line.split([' ', '\t', '\n']) {
            if !word.is_empty() {
                words.push(at..at + word.len());
            }
            at += word.len() + 1;
        }
        let bare = |range: &Range<usize>| {
            let word = &line[range.clone()];
            let around = ['"', '\'', '`', '(', ')', ',', ';'];
            let start = word.len() - word.trim_start_matches(around).len();
            let trimmed = word.trim_matches(around);
            range.start + start..range.start + start + trimmed.len()
        };
        let mut programs = [false; 3];
        for (index, range) in words.iter().enumerate() {
            let word = &line[bare(range)];
            programs[0] |= matches!(
                word.rsplit('/').next().unwrap_or_default(),
                "curl"
                    | "wget"
                    | "http"
                    | "https"
                    | "xh"
                    | "httpie"
                    | "pulp"
                    | "az"
                    | "mc"
                    | "ldapsearch"
            );
            programs[1] |= matches!(
                word.rsplit('/').next().unwrap_or_default(),
                "sshpass"
                    | "docker"
                    | "podman"
                    | "helm"
                    | "skopeo"
                    | "mysql"
                    | "mysqldump"
                    | "mariadb"
                    | "oc"
                    | "zip"
                    | "unzip"
                    | "7z"
                    | "az"
                    | "nuget"
                    | "cargo"
                    | "buildah"
            );
            programs[2] |= matches!(
                word,
                "redis-cli" | "smbclient" | "sqlcmd" | "mosquitto_pub" | "mosquitto_sub"
            );
            let next = words.get(index + 1).map(bare);
            let mut take = |value: Range<usize>, needs_colon: bool| {
                let text = &line[value.clone()];
                let Some((_, password)) = text.split_once(':').or(Some(("", text))) else {
                    return;
                };
                let is_credential = !needs_colon || (text.contains(':') && !text.contains("://"));
                if is_credential
                    && !password.is_empty()
                    && !is_stand_in(text, "")
                    && !is_stand_in(password, "")
                {
                    secrets.push(line_start + value.start..line_start + value.end);
                }
            };
            let place = bare(range);
            if programs[2] && matches!(word, "-a" | "-P") {
                if let Some(value) = next {
                    take(value, false);
                }
            } else if matches!(
                word,
                "-u" | "--user" | "--proxy-user" | "-U" | "-a" | "--auth"
            ) {
                if let Some(value) = next {
                    take(value, true);
                }
            } else if let Some(value) = word
                .strip_prefix("--user=")
                .or_else(|| word.strip_prefix("--auth="))
            {
                take(place.end - value.len()..place.end, true);
            } else if programs[0] && word.starts_with("-u") && word.contains(':') {
                take(place.start + 2..place.end, true);
            } else if programs[1] && word == "-p" {
                if let Some(value) = next.filter(|value| !line[value.clone()].contains([':', '/']))
                {
                    take(value, false);
                }
            } else if programs[1]
                && word.len() > 4
                && word.starts_with("-p")
                && is_odd(&word[2..])
                && !word.contains(':')
            {
                take(place.start + 2..place.end, false);
            }
        }
        line_start += line.len();
    }
}

/// Addresses of web hooks, which are secrets as a whole.
fn hooks(text: &str, secrets: &mut Vec<Range<usize>>) {
    const HOOKS: [&str; 9] = [
        "//hooks.slack.com/",
        "//discord.com/api/webhooks/",
        "//discordapp.com/api/webhooks/",
        "//api.telegram.org/bot",
        "//outlook.office.com/webhook/",
        ".webhook.office.com/",
        "//chat.googleapis.com/v1/spaces/",
        "//hooks.zapier.com/hooks/",
        "//hc-ping.com/",
    ];
    for hook in HOOKS {
        let mut taken = 0;
        for (at, _) in text.match_indices(hook) {
            if at < taken {
                continue;
            }
            let end = text[at..]
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`' | ')')
                })
                .map_or(text.len(), |end| at + end);
            taken = end;
            let whole = text[at..end].trim_end_matches(['.', ',', ';']);
            if whole.len() > hook.len() {
                secrets.push(at..at + whole.len());
            }
        }
    }
    // Signatures and keys in queries of storage.
    for mark in [
        "sig=",
        "signature=",
        "Signature=",
        "X-Amz-Signature=",
        "X-Goog-Signature=",
        "X-Amz-Security-Token=",
    ] {
        let mut taken = 0;
        for (at, _) in text.match_indices(mark) {
            let start = at + mark.len();
            if at < taken || !text[..at].ends_with(['?', '&', ';']) {
                continue;
            }
            let length = text[start..]
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, '&' | '"' | '\'' | '<' | '>' | ')')
                })
                .unwrap_or(text.len() - start);
            if length >= 16 {
                taken = start + length;
                secrets.push(start..taken);
            }
        }
    }
}
