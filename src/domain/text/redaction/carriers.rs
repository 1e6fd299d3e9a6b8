//! What carries credentials by its form: blocks of private keys, addresses, web hooks.

use std::ops::Range;

use super::around;
use super::value::is_stand_in;

/// Finds credentials.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    private_keys(text, secrets);
    addresses(text, "://", secrets);
    addresses(text, ":\\/\\/", secrets);
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

/// User and password of an address: what stands between `://` and `@`. Some write slashes in JSON with a backslash.
fn addresses(text: &str, sign: &str, secrets: &mut Vec<Range<usize>>) {
    // Up to the next blank or quote, and the last `@` before it: the same for all addresses that begin before.
    let (mut run_end, mut last_sign) = (0, None);
    let mut taken = 0;
    for (at, _) in text.match_indices(sign) {
        let start = at + 1;
        let host_start = at + sign.len();
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
                c.is_whitespace()
                    || matches!(c, '/' | '\\' | '"' | '\'' | '<' | '>' | '`' | '?' | '#')
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

/// Addresses of web hooks, which are secrets as a whole.
fn hooks(text: &str, secrets: &mut Vec<Range<usize>>) {
    const HOOKS: [&str; 12] = [
        "//hooks.slack.com/",
        "//hooks.slack-gov.com/",
        "//canary.discord.com/api/webhooks/",
        "//ptb.discord.com/api/webhooks/",
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
