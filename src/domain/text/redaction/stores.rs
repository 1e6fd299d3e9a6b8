//! Commands that put a secret into a store: `gh secret set TOKEN --body x`, `aws ssm put-parameter --value x`.

use std::ops::Range;

use super::around;
use super::value::{is_ordinary, is_stand_in};

/// Where a command takes the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    /// Behind one of these options, or after `=` in them.
    Behind(&'static [&'static str]),
    /// As a word that is no option, counted from 0.
    Word(usize),
    /// In words of `NAME=x`.
    Pairs,
}

/// The words that a command begins with, and where it takes the secret.
const COMMANDS: [(&str, Takes); 13] = [
    ("gh secret set ", Takes::Behind(&["--body", "-b"])),
    ("glab variable set ", Takes::Behind(&["--value", "-v"])),
    ("aws ssm put-parameter ", Takes::Behind(&["--value"])),
    (
        "aws secretsmanager ",
        Takes::Behind(&["--secret-string", "--secret-binary"]),
    ),
    ("az keyvault secret set ", Takes::Behind(&["--value"])),
    ("pulumi config set --secret ", Takes::Word(1)),
    ("poetry config http-basic", Takes::Word(2)),
    ("poetry config pypi-token", Takes::Word(1)),
    ("fly secrets set ", Takes::Pairs),
    ("flyctl secrets set ", Takes::Pairs),
    ("doppler secrets set ", Takes::Pairs),
    ("supabase secrets set ", Takes::Pairs),
    ("heroku config:set ", Takes::Pairs),
];

/// Finds the secrets of such commands.
pub(super) fn find(text: &str, secrets: &mut Vec<Range<usize>>) {
    for (command, takes) in COMMANDS {
        for (at, _) in text.match_indices(command) {
            let start = at + command.len();
            // Of two in a row each has its own words.
            let line = around::behind(text, start);
            let end = [" && ", " | ", " || ", "; ", command]
                .iter()
                .filter_map(|sign| line.find(sign))
                .min()
                .unwrap_or(line.len());
            take(&line[..end], start, takes, secrets);
        }
    }
}

fn take(arguments: &str, start: usize, takes: Takes, secrets: &mut Vec<Range<usize>>) {
    let words = words(arguments);
    let mut push = |word: Range<usize>| {
        let bare = around::bare(arguments, word, &['"', '\'', '`']);
        let value = &arguments[bare.clone()];
        let is_stand_in =
            is_stand_in(value, "") && !value.starts_with("{\"") || value.starts_with("file://");
        if !value.is_empty() && !is_ordinary(value) && !is_stand_in {
            secrets.push(start + bare.start..start + bare.end);
        }
    };
    match takes {
        Takes::Behind(options) => {
            for (index, word) in words.iter().enumerate() {
                let written = &arguments[word.clone()];
                if options.contains(&written) {
                    if let Some(next) = words.get(index + 1) {
                        push(next.clone());
                    }
                } else if let Some((option, value)) = written.split_once('=')
                    && options.contains(&option)
                {
                    push(word.end - value.len()..word.end);
                }
            }
        }
        Takes::Word(number) => {
            let word = words
                .into_iter()
                .filter(|word| !arguments[word.clone()].starts_with('-'))
                .nth(number);
            if let Some(word) = word {
                push(word);
            }
        }
        Takes::Pairs => {
            for word in words {
                if let Some((name, value)) = arguments[word.clone()].split_once('=')
                    && !name.starts_with('-')
                {
                    push(word.end - value.len()..word.end);
                }
            }
        }
    }
}

/// The words of a command; what stands in quotes belongs to one.
fn words(arguments: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    for (at, c) in arguments.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => quote = Some(c),
            None => {}
        }
        if c.is_whitespace() && quote.is_none() {
            words.extend(start.take().map(|start| start..at));
        } else {
            start = start.or(Some(at));
        }
    }
    words.extend(start.map(|start| start..arguments.len()));
    words
}
