//! Options of tools that take a password where other tools take a path or a port: `mongosh -p x`, `unzip -P x`.

use std::ops::Range;

use super::around;
use super::value::{is_odd, is_ordinary, is_stand_in};

/// Tools, and their options that take a password as the next word, or directly behind them.
const TOOLS: [(&str, &[&str]); 30] = [
    ("mongo", &["-p"]),
    ("mongosh", &["-p"]),
    ("mongodump", &["-p"]),
    ("mongoexport", &["-p"]),
    ("mongoimport", &["-p"]),
    ("mongorestore", &["-p"]),
    ("cqlsh", &["-p"]),
    ("unzip", &["-P"]),
    ("zip", &["-P"]),
    ("zipcloak", &["-P"]),
    ("ipmitool", &["-P"]),
    ("bcp", &["-P"]),
    ("ldapsearch", &["-w"]),
    ("ldapadd", &["-w"]),
    ("ldapmodify", &["-w"]),
    ("ldapdelete", &["-w"]),
    ("ldappasswd", &["-w", "-s", "-a"]),
    ("ldapwhoami", &["-w"]),
    ("ldapcompare", &["-w"]),
    ("snmpget", &["-A", "-X"]),
    ("snmpwalk", &["-A", "-X"]),
    ("influx", &["-password"]),
    (
        "keytool",
        &["-storepass", "-keypass", "-srcstorepass", "-deststorepass"],
    ),
    ("jarsigner", &["-storepass", "-keypass"]),
    ("openssl", &["-k", "-passin", "-passout", "-pass"]),
    ("smbclient", &["-U", "--user"]),
    ("rpcclient", &["-U", "--user"]),
    ("smbget", &["-U", "--user"]),
    ("smbmap", &["-p"]),
    ("htpasswd", &[]),
];

/// Finds passwords behind such options.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        Command::default().read(&around::as_command(line), start, secrets);
        start += line.len();
    }
}

/// The command that a word of a line belongs to.
#[derive(Default)]
struct Command {
    tool: Option<(&'static str, &'static [&'static str])>,
    /// Whether `htpasswd` takes the password from its last word, and how many words stood behind that option.
    batch: Option<usize>,
    takes_next: bool,
}

impl Command {
    fn read(&mut self, line: &str, start: usize, secrets: &mut Vec<Range<usize>>) {
        let mut at = 0;
        while let Some(offset) = line[at..].find(|c: char| !c.is_whitespace()) {
            let from = at + offset;
            let word = word_at(line, from);
            at = word.end;
            if let Some(secret) = self.secret(line, word) {
                secrets.push(start + secret.start..start + secret.end);
            }
        }
    }

    /// Reads one word; returns the secret in it.
    fn secret(&mut self, line: &str, whole: Range<usize>) -> Option<Range<usize>> {
        let range = around::bare(line, whole, &['"', '\'', '`', '(', ')', ',']);
        let word = &line[range.clone()];
        if matches!(word, "|" | "||" | "&&" | ";" | "&") {
            *self = Self::default();
            return None;
        }
        let name = word.rsplit('/').next().unwrap_or_default();
        if let Some(tool) = TOOLS.iter().find(|(tool, _)| *tool == name) {
            *self = Self {
                tool: Some(*tool),
                ..Self::default()
            };
            return None;
        }
        let (tool, options) = self.tool?;
        if std::mem::take(&mut self.takes_next) {
            return secret_in(line, range, tool);
        }
        if tool == "htpasswd" {
            return self.last_of_three(line, range);
        }
        if options.contains(&word) {
            self.takes_next = true;
            return None;
        }
        // Directly behind the option: "-Px", "--user=bob%x".
        let value = options.iter().find_map(|option| {
            let value = word.strip_prefix(option)?;
            let value = match value.strip_prefix('=') {
                Some(value) => value,
                None if option.len() == 2 => value,
                None => return None,
            };
            is_odd(value).then_some(value)
        })?;
        let value = range.end - value.len()..range.end;
        secret_in(line, value, tool)
    }

    /// `htpasswd -b file user x`; with `-n` there is no file.
    fn last_of_three(&mut self, line: &str, range: Range<usize>) -> Option<Range<usize>> {
        let word = &line[range.clone()];
        match &mut self.batch {
            None if word.starts_with('-') && !word.starts_with("--") && word.contains('b') => {
                self.batch = Some(if word.contains('n') { 1 } else { 0 });
                None
            }
            Some(words) if !word.starts_with('-') => {
                *words += 1;
                let is_password = *words == 3;
                (is_password && !is_stand_in(word, "")).then_some(range)
            }
            Some(_) | None => None,
        }
    }
}

fn secret_in(line: &str, range: Range<usize>, tool: &str) -> Option<Range<usize>> {
    let word = &line[range.clone()];
    let start = match tool {
        "smbclient" | "rpcclient" | "smbget" => word.find('%')? + 1,
        "openssl" => match word.split_once(':') {
            Some(("pass", _)) => "pass:".len(),
            Some(("env" | "file" | "fd", _)) => return None,
            Some(_) | None => 0,
        },
        _ => 0,
    };
    let value = &word[start..];
    let is_secret = !value.is_empty()
        && !value.starts_with('-')
        && !is_ordinary(value)
        && value != "stdin"
        && !is_stand_in(value, "");
    is_secret.then_some(range.start + start..range.end)
}

/// The word that begins at a place; what stands in quotes is one.
fn word_at(line: &str, start: usize) -> Range<usize> {
    let rest = &line[start..];
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = quote
        .and_then(|quote| rest[1..].find(quote))
        .map(|end| end + 2)
        .or_else(|| rest.find(char::is_whitespace))
        .unwrap_or(rest.len());
    start..start + end
}
