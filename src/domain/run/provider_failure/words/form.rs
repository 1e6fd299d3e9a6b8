//! What an error looks like, and what a report on work looks like.

/// Words of somebody who reports on work. No error of a provider has them.
const WORK: &[&str] = &[
    "implemented",
    "fixed",
    "fixes",
    "added",
    "pushed",
    "commit",
    "committed",
    "commits",
    "tests",
    "test",
    "tested",
    "refs",
    "handled",
    "handles",
    "handling",
    "handler",
    "refactored",
    "merged",
    "retried",
    "branch",
    "documented",
    "renamed",
    "shows",
    "displays",
    "banner",
    "readme",
    "done",
];

/// Other services that limit and refuse, too. Their errors are the agent's business.
const OTHER_SERVICES: &[&str] = &[
    "github",
    "gitlab",
    "forgejo",
    "gitea",
    "npm",
    "pypi",
    "crates",
    "docker",
    "registry",
    "proxy",
    "git",
    "woodpecker",
    "kubernetes",
    "slack",
    "remote",
];

/// What follows the words of a headline, or goes before them, when they are part of a sentence about it.
const PROSE: &[&str] = &[
    "is",
    "are",
    "was",
    "were",
    "and",
    "or",
    "when",
    "should",
    "gets",
    "now",
    "in",
    "page",
    "pages",
    "responses",
    "errors",
    "cases",
    "case",
    "test",
    "tests",
    "handling",
    "text",
    "texts",
    "string",
    "screen",
    "dialog",
    "path",
    "as",
    "will",
    "would",
    "could",
    "may",
    "might",
    "must",
    "has",
    "have",
    "which",
    "that",
    "with",
    "from",
];

/// Lower case, with plain apostrophes and dots, and single blanks.
pub(super) fn normalised(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| match c {
            '’' | '‘' | 'ʼ' => '\'',
            '∙' | '•' | '⋅' | '・' | '–' | '—' => '·',
            c if c.is_whitespace() || c.is_control() => ' ',
            c => c,
        })
        .collect::<String>()
        .to_lowercase();
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Takes the lines out that quote somebody, as Markdown does.
pub(super) fn without_quotes(text: &str) -> String {
    let own = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('>'));
    own.collect::<Vec<&str>>().join("\n")
}

/// Takes marks, emoji and words such as "Error:" from the beginning.
pub(super) fn undecorated(text: &str) -> &str {
    let mut head = text;
    loop {
        let trimmed =
            head.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '{' && c != '/');
        let stripped = [
            "error:", "claude:", "warning:", "notice:", "fatal:", "sorry,",
        ]
        .iter()
        .find_map(|word| trimmed.strip_prefix(word));
        match stripped {
            Some(rest) => head = rest,
            None => return trimmed,
        }
    }
}

pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\''))
        .filter(|word| !word.is_empty())
}

pub(super) fn reports_work(text: &str) -> bool {
    words_of(text).any(|word| WORK.contains(&word))
}

/// Whether words are somebody's own report, who speaks of himself, of the issue or of what a person has to do. Programs do not: "we"
/// and "contact us" are the provider's.
pub(super) fn is_somebodys(text: &str) -> bool {
    const FIRST_PERSON: [&str; 6] = ["i", "i'm", "i've", "i'll", "i'd", "my"];
    const PHRASES: [&str; 14] = [
        "a person has to",
        "a person must",
        "a person should",
        "somebody has to",
        "somebody must",
        "someone has to",
        "someone must",
        "not reproduce",
        "can't reproduce",
        "couldn't reproduce",
        "refuses us",
        "the issue asks",
        "the issue names",
        "the issue does not",
    ];
    // Not "I/O".
    let mut words = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words.any(|word| FIRST_PERSON.contains(&word))
        || PHRASES.iter().any(|words| text.contains(words))
}

/// Whether a text quotes code, which no error of a provider does but a hint on how to see more.
pub(super) fn is_code(text: &str) -> bool {
    text.contains('`')
}

pub(super) fn names_other_service(text: &str) -> bool {
    words_of(text).any(|word| OTHER_SERVICES.contains(&word))
}

/// The same without proxies, which stand before the provider, too.
pub(super) fn names_service_of_its_own(text: &str) -> bool {
    words_of(text).any(|word| word != "proxy" && OTHER_SERVICES.contains(&word))
}

/// Whether an API is spoken of that is not the provider's: the project's own, or a service that agents work with.
pub(super) fn names_another_api(text: &str) -> bool {
    const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
    const COMMANDS: [&str; 10] = [
        "/login",
        "/logout",
        "/model",
        "/upgrade",
        "/compact",
        "/clear",
        "/rewind",
        "/status",
        "/extra-usage",
        "/usage-credits",
    ];
    let mut before = "";
    let is_told = text.split_whitespace().any(|word| {
        let bare = word.trim_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '/' | '-')));
        let is_path = bare.starts_with('/') && bare.len() > 1 && !COMMANDS.contains(&bare);
        let is_request = METHODS.contains(&before) && bare.starts_with("http");
        before = bare;
        is_path || is_request
    });
    is_told || text.contains("our own ") || names_service_of_its_own(text)
}

/// Whether the words behind a headline make a sentence of it. An error has a mark, an answer or nothing behind it.
pub(super) fn goes_on_as_prose(rest: &str) -> bool {
    let rest = rest.strip_prefix('\'').unwrap_or(rest);
    let rest = rest.trim_start_matches("**").trim_start_matches("__");
    if !rest.starts_with(' ') {
        // Also "limit-related", "limits".
        return rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
    }
    words_of(rest)
        .next()
        .is_some_and(|word| rest.trim_start().starts_with(word) && PROSE.contains(&word))
}

/// Whether a headline ends before `rest`: at the end, or at a mark.
pub(super) fn ends_there(rest: &str) -> bool {
    !rest
        .trim_start()
        .starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
}

/// The text without the JSON object in it, if there is one, or the page that a gateway answered with.
pub(super) fn without_answer(text: &str) -> String {
    let page = ["<html", "<!doctype"]
        .into_iter()
        .filter_map(|begin| text.find(begin));
    let text = page.min().map_or(text, |start| &text[..start]);
    match (text.find("{\""), text.rfind('}')) {
        (Some(start), Some(end)) if start < end => {
            format!("{} {}", &text[..start], &text[end + 1..])
        }
        (Some(start), _) => text[..start].to_owned(),
        (None, _) => text.to_owned(),
    }
}

/// Whether what begins at `at` stands in quotation marks.
pub(super) fn is_quoted(text: &str, at: usize) -> bool {
    text[..at]
        .trim_end_matches(['*', '_', '['])
        .ends_with(['"', '`', '“', '«', '„', '\''])
}

/// Whether a quotation that was opened before `at` is still open there.
pub(super) fn is_inside_quotes(text: &str, at: usize) -> bool {
    let before = &text[..at];
    before.matches('"').count() % 2 == 1
        || before.rfind(['“', '„']) > before.rfind('”')
        || before.rfind('«') > before.rfind('»')
}

/// The last words before a place, at most `count`.
pub(super) fn before_words(text: &str, count: usize) -> Vec<&str> {
    let words: Vec<&str> = words_of(text).collect();
    words[words.len().saturating_sub(count)..].to_vec()
}

pub(super) fn find_any(text: &str, words: &[&str]) -> Option<usize> {
    words.iter().filter_map(|word| text.find(word)).min()
}
