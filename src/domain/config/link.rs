//! The link to a thread that people click.

use std::fmt::Write as _;

use super::base_url::BaseUrl;
use super::value::Expected;
use crate::domain::identity::ThreadId;

/// `AFK_COCKPIT_LINK`: how a link is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTemplate(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Cockpit,
    Environment,
    Thread,
}

impl LinkTemplate {
    /// Fills in the cockpit's address, the id of T3's environment (escaped), and the thread.
    #[must_use]
    pub fn render(&self, cockpit: &BaseUrl, environment: &str, thread: ThreadId) -> String {
        self.fill(cockpit.as_str(), environment, &thread.to_string())
    }

    fn fill(&self, cockpit: &str, environment: &str, thread: &str) -> String {
        let mut link = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => link.push_str(text),
                Part::Cockpit => link.push_str(cockpit),
                Part::Environment => push_escaped(&mut link, environment),
                Part::Thread => link.push_str(thread),
            }
        }
        link
    }

    pub(super) fn parse(text: &str) -> Result<Self, Expected> {
        // Links stand in Markdown and in Slack's markup.
        if text.contains(|c: char| c.is_whitespace() || c.is_control() || "<>()|\\\"".contains(c)) {
            return Err("expected a link without spaces, brackets and quotes".to_owned());
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (before, placeholder, after) = split_placeholder(rest)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.extend(placeholder);
            rest = after;
        }
        if !parts.contains(&Part::Thread) {
            return Err("expected a link with {thread} in it".to_owned());
        }
        let template = Self(parts);
        let sample = template.fill("https://cockpit.invalid", "environment", "thread");
        let is_link = url::Url::parse(&sample)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let is_start = text.starts_with("{cockpit}")
            || text.starts_with("http://")
            || text.starts_with("https://");
        if !(is_link && is_start) {
            return Err(
                "expected a link that starts with {cockpit}, http:// or https://".to_owned(),
            );
        }
        Ok(template)
    }
}

fn split_placeholder(text: &str) -> Result<(&str, Option<Part>, &str), Expected> {
    let Some(open) = text.find(['{', '}']) else {
        return Ok((text, None, ""));
    };
    let (before, braced) = text.split_at(open);
    [
        ("{cockpit}", Part::Cockpit),
        ("{environment}", Part::Environment),
        ("{thread}", Part::Thread),
    ]
    .into_iter()
    .find_map(|(word, part)| Some((before, Some(part), braced.strip_prefix(word)?)))
    .ok_or_else(|| {
        "expected no other placeholders than {cockpit}, {environment} and {thread}".to_owned()
    })
}

fn push_escaped(link: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            link.push(char::from(byte));
        } else {
            write!(link, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread() -> ThreadId {
        ThreadId(uuid::Uuid::nil())
    }

    #[test]
    fn the_default_is_the_route_of_today() {
        let cockpit = BaseUrl::parse("https://t3.example.org/app/").unwrap();
        let template = LinkTemplate::parse("{cockpit}/{environment}/{thread}").unwrap();
        assert_eq!(
            template.render(&cockpit, "env-1", thread()),
            "https://t3.example.org/app/env-1/00000000-0000-0000-0000-000000000000"
        );
    }

    #[test]
    fn without_a_cockpit_there_is_no_link() {
        let mut cockpit = super::super::CockpitConfig {
            url: BaseUrl::parse("https://t3.example.org").ok(),
            link: LinkTemplate::parse("{cockpit}/{environment}/{thread}").unwrap(),
        };
        assert_eq!(
            cockpit.link("env-1", thread()).as_deref(),
            Some("https://t3.example.org/env-1/00000000-0000-0000-0000-000000000000")
        );
        cockpit.url = None;
        assert_eq!(cockpit.link("env-1", thread()), None);
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let cockpit = BaseUrl::parse("https://t3").unwrap();
        let template = LinkTemplate::parse("https://x/?e={environment}&t={thread}").unwrap();
        assert_eq!(
            template.render(&cockpit, "a/b)<ä>{thread}", thread()),
            "https://x/?e=a%2Fb%29%3C%C3%A4%3E%7Bthread%7D&t=00000000-0000-0000-0000-000000000000"
        );
    }

    #[test]
    fn templates_need_the_thread_and_know_three_placeholders() {
        for (text, expected) in [
            (
                "{cockpit}/{environment}",
                "expected a link with {thread} in it",
            ),
            ("", "expected a link with {thread} in it"),
            (
                "{cockpit}/{env}/{thread}",
                "expected no other placeholders than {cockpit}, {environment} and {thread}",
            ),
            (
                "{cockpit}/{{thread}}",
                "expected no other placeholders than {cockpit}, {environment} and {thread}",
            ),
            (
                "{cockpit}/{thread",
                "expected no other placeholders than {cockpit}, {environment} and {thread}",
            ),
            (
                "{cockpit}/{thread} x",
                "expected a link without spaces, brackets and quotes",
            ),
            (
                "{cockpit}/{thread}\u{7F}",
                "expected a link without spaces, brackets and quotes",
            ),
            (
                "{cockpit}/{thread}|x",
                "expected a link without spaces, brackets and quotes",
            ),
            (
                "javascript:{thread}",
                "expected a link that starts with {cockpit}, http:// or https://",
            ),
            (
                "{thread}",
                "expected a link that starts with {cockpit}, http:// or https://",
            ),
            (
                "https://{thread}:x/",
                "expected a link that starts with {cockpit}, http:// or https://",
            ),
        ] {
            assert_eq!(
                LinkTemplate::parse(text),
                Err(expected.to_owned()),
                "{text}"
            );
        }
    }
}
