//! Texts that people, agents and machines wrote, as they are read.
//!
//! The second opinions here are naive on purpose: they miss much, and what they find must be found.

use std::ops::Range;

use chrono::{DateTime, TimeDelta};
use pulldown_cmark::{Event, Options, Parser};

use super::exchange::split;
use super::forge_answers::{labels as label_names, nobody_special};
use afk::domain::identity::{Authorisation, MessageId, Slot, Title};
use afk::domain::issue::{
    Actor, BodyEdits, IssueFacts, IssueState, LabelChange, LabelEvent, OwnAccount, Parent,
    Permission, PermissionFact, Permissions, RepositoryFacts, ViaApp, Visibility,
};
use afk::domain::repository::{ForgeKind, IssueNumber, IssueRef, RepoRef};
use afk::domain::run::provider_failure::{Place, Stop, cause_of, told_time};
use afk::domain::start::blocked_by::{BlockedBy, MAX_REFERENCES};
use afk::domain::start::priority::Priority;
use afk::domain::start::trust_gate::{GateFacts, GateRules, GateVerdict, judge};
use afk::domain::told::phase_checklist::{marker, thread_of};
use afk::domain::verdict::ci::CommitSha;
use afk::domain::verdict::commit_message::{skip_token, trailers};
use afk::domain::verdict::image_tag::{ImageReference, names, names_a_commit};
use afk::domain::verdict::issue_mention::{Mention, closes_issue, mention};

const HOST: &str = "github.com";
const COMMIT: &str = "4f1c2b7a9d8e7f60514233241506f7e8d9cafbec";
const READY: &str = "ready-for-agent";

/// Checks one text. The first line is a title, the rest a body; many readers get the whole.
///
/// # Panics
///
/// When something holds that must not.
pub fn texts_in(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let pieces = split(bytes, b"\n");
    let first = String::from_utf8_lossy(pieces[0]);
    blockers(&text);
    for piece in [&*text, &*first] {
        ids(piece);
        labels(piece);
        commit(piece);
        tags(piece);
        comment_marker(piece);
        provider_error(piece);
    }
    let body = text.get(first.len() + 1..).unwrap_or_default();
    issue_text(&first, body);
}

/// Whatever an agent says last: a time that its provider is said to name lies ahead and near, and a report as long as work takes to
/// tell of is no error.
fn provider_error(text: &str) {
    let said_at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    if let Some(told) = told_time(text, said_at).map(|told| told.at) {
        assert!(told >= said_at - TimeDelta::minutes(5), "{told}");
        assert!(told <= said_at + TimeDelta::days(32), "{told}");
    }
    let as_message = cause_of(text, Place::Message);
    assert!(as_message.is_none() || text.trim().chars().count() < 5_000 || text.len() < 20_000);
    let _ = cause_of(text, Place::SystemError);
    if let Some(cause) = as_message {
        let stop = Stop::of_provider(cause, text, said_at);
        assert!(!stop.said.contains('\n'));
        assert_eq!(
            stop.resume_at(7, TimeDelta::zero()).is_some(),
            cause.is_resumable()
        );
    }
    // An error as a paragraph of its own is one, whatever was said before it.
    let of_one_piece = text.replace(['\n', '\r'], " ");
    let work = format!("I fixed it and pushed the commit. {of_one_piece}");
    assert_eq!(cause_of(&work, Place::Message), None, "{work}");
}

/// `Blocked by #7` in plain words is never missed: it is a reference, or the body is refused. Code, struck-through text and
/// comments of the source are no plain words.
fn blockers(body: &str) {
    let found = BlockedBy::in_body(body, HOST);
    let listed = found.references.len() + found.unreadable.len();
    assert!(listed <= MAX_REFERENCES);
    let is_plain = !body.contains(['`', '~', '<', '\t']) && !body.contains("    ");
    let folded = body.to_ascii_lowercase();
    for (at, clause) in folded.match_indices("blocked by #") {
        let is_word = folded[..at]
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric());
        let rest = &folded[at + clause.len()..];
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let ends = rest[end..]
            .chars()
            .next()
            .is_none_or(|c| c.is_whitespace() || matches!(c, ',' | '.'));
        if !(is_plain && is_word && ends && end > 0) {
            continue;
        }
        let number = rest[..end].parse().map(IssueNumber);
        let is_listed = found
            .references
            .iter()
            .any(|reference| reference.repo.is_none() && Ok(reference.number) == number.clone());
        assert!(
            is_listed || found.too_many || !found.unreadable.is_empty(),
            "misses #{} in {body:?}",
            &rest[..end]
        );
    }
    // What nobody sees splits no number, and a range names what stands between its ends.
    let visible: String = body.chars().filter(char::is_ascii).collect();
    let numbers: Vec<u64> = [body, &*visible]
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii_digit()))
        .filter_map(|digits| digits.parse().ok())
        .collect();
    for reference in &found.references {
        let number = reference.number.0;
        assert!((1..=2_147_483_647).contains(&number));
        let is_between = |first: u64| {
            let last = first.saturating_add(MAX_REFERENCES as u64);
            first < number && numbers.iter().any(|end| (number..=last).contains(end))
        };
        let is_written = numbers
            .iter()
            .any(|&first| first == number || is_between(first));
        assert!(is_written || body.contains('&'), "{number} of {body:?}");
        if let Some((owner, name)) = &reference.repo {
            // They go into a GraphQL document.
            let full_name = format!("{owner}/{name}");
            assert!(RepoRef::parse(&full_name, ForgeKind::GitHub).is_ok());
        }
    }
}

/// What is read is written the same way, so that the next tick reads it again.
fn ids(text: &str) {
    if let Some(title) = Title::parse(text) {
        assert_eq!(Title::parse(&title.to_string()), Some(title));
    }
    if let Some(id) = MessageId::parse(text) {
        assert_eq!(id.to_string(), text);
        assert_eq!(
            text.matches('|').count(),
            5 + usize::from(id.red_commit.is_some())
        );
        assert_ne!(id.authorisation.digest().to_string(), "");
        assert_ne!(id.slot.next(), Slot(0));
    }
    if let Some(id) = Authorisation::new(text) {
        assert!(!text.contains(['|', ' ', '\n']) && id.as_str() == text);
    }
    for forge in [ForgeKind::GitHub, ForgeKind::Forgejo] {
        if let Ok(repo) = RepoRef::parse(text, forge) {
            assert_eq!(RepoRef::parse(&repo.to_string(), forge).as_ref(), Ok(&repo));
            assert!(!repo.full_name().contains(['?', '#', '%', '\\', ' ', '"']));
            assert!(![repo.owner(), repo.name()].contains(&".."));
        }
        if let Ok(issue) = IssueRef::parse(text, forge) {
            let again = IssueRef::parse(&issue.to_string(), issue.repo.forge());
            assert_eq!(again.as_ref(), Ok(&issue));
        }
    }
    if let Some(sha) = CommitSha::parse(text) {
        assert!(sha.as_str().eq_ignore_ascii_case(text));
        assert!(sha.as_str().starts_with(sha.short()));
    }
}

fn labels(text: &str) {
    let one = Priority::of_label(text);
    let ranks_plainly = text
        .strip_prefix("priority:")
        .and_then(|digits| digits.parse::<u32>().ok())
        .filter(|_| !text.contains('+'));
    assert!(ranks_plainly.is_none_or(|rank| one == Priority::Ranked(rank)));
    let all: Vec<&str> = text.lines().collect();
    let best = Priority::of_labels(all.iter().copied());
    assert!(all.iter().all(|label| best <= Priority::of_label(label)));
}

fn commit(message: &str) {
    for (key, value) in trailers(message) {
        assert!(
            !key.is_empty() && !key.contains([':', ' ', '\n']),
            "{key:?}"
        );
        assert!(!value.contains('\n') && message.contains(value));
    }
    for token in ["[skip ci]", "[ci skip]", "[no ci]"] {
        assert!(
            !message.to_ascii_lowercase().contains(token) || skip_token(message).is_some(),
            "misses {token}"
        );
    }
    assert!(skip_token(message).is_none_or(|token| message.contains(token)));
    let issue = IssueRef::parse("octo-org/widgets#7", ForgeKind::GitHub).unwrap();
    let found = mention(message, &issue, HOST);
    assert!(found.is_none() || message.contains('7'));
    assert_eq!(
        closes_issue(message, &issue, HOST),
        found == Some(Mention::Closes)
    );
    for line in message.lines() {
        let line = line.trim();
        if ["Refs octo-org/widgets#7", "Refs #7"].contains(&line) {
            assert!(found.is_some(), "misses {line}");
        }
        if line == "Fixes #7" {
            assert_eq!(found, Some(Mention::Closes));
        }
    }
}

fn tags(text: &str) {
    let image = ImageReference::parse(text);
    assert!(text.starts_with(image.repository));
    let commit = CommitSha::parse(COMMIT).unwrap();
    if let Some(tag) = image.tag {
        assert!(!tag.contains(['/', ':', '@']));
        assert!(!names(tag, &commit) || tag.to_ascii_lowercase().contains(&COMMIT[..7]));
        assert!(!names_a_commit(tag) || tag.len() >= 7);
    }
}

/// Only a comment that begins with the marker is a checklist.
fn comment_marker(body: &str) {
    if let Some(thread) = thread_of(body) {
        assert!(body.trim_start().starts_with("<!-- afk:run "));
        assert_eq!(thread_of(&marker(thread)), Some(thread));
        let quoted = format!("> {body}");
        assert_eq!(thread_of(&quoted), None);
    }
}

/// The agent gets what the page shows of an issue, in fences that nothing in it closes, or nothing.
fn issue_text(title: &str, body: &str) {
    let Some(frozen) = frozen(title, body, true) else {
        return;
    };
    let blocks = fenced_blocks(&frozen);
    assert_eq!(blocks.len(), 2, "{frozen:?}");
    let head = &frozen[..blocks[0].start];
    let middle = &frozen[blocks[0].end..blocks[1].start];
    assert_eq!(head.trim(), "Title:");
    assert_eq!(middle.trim(), "Body, written by alice:");
    assert_eq!(frozen[blocks[1].end..].trim(), "");
    // Every letter that the page shows is there, and in its order.
    let given: String = frozen[blocks[1].clone()].to_owned();
    let mut given = given.chars();
    let lines = body.replace("\r\n", "\n").replace('\r', "\n");
    for c in shown_letters(&lines) {
        assert!(
            given.any(|other| other == c),
            "lost {c:?} of {body:?} in {frozen:?}"
        );
    }
    // What goes does not depend on who wrote it, only whether the rest is given.
    if let Some(other) = self::frozen(title, body, false) {
        let given = |text: &str| -> Vec<String> {
            let blocks = fenced_blocks(text);
            blocks.into_iter().map(|at| text[at].to_owned()).collect()
        };
        assert_eq!(given(&other), given(&frozen));
    }
}

/// Passes an otherwise perfect issue through the gate.
pub(crate) fn frozen(title: &str, body: &str, trusted_author: bool) -> Option<String> {
    let at = DateTime::from_timestamp(1_767_200_000, 0)?;
    let user = |login: &str, id| Actor::User {
        login: login.to_owned(),
        id: Some(id),
    };
    let authorisation = Authorisation::new("LE_1")?;
    let issue = IssueFacts {
        number: IssueNumber(7),
        url: "https://github.com/octo-org/widgets/issues/7".to_owned(),
        title: title.to_owned(),
        body: body.to_owned(),
        author: if trusted_author {
            user("alice", 101)
        } else {
            user("mallory", 666)
        },
        created_at: at,
        state: IssueState::Open,
        state_events: Vec::new(),
        is_pull_request: false,
        labels: vec![READY.to_owned()],
        label_events: vec![LabelEvent {
            id: authorisation.clone(),
            at,
            change: LabelChange::Added,
            label: READY.to_owned(),
            actor: user("alice", 101),
            via_app: ViaApp::No,
        }],
        renames: Vec::new(),
        transfers: Vec::new(),
        body_edits: BodyEdits::Never,
        comments: Vec::new(),
        blockers: Vec::new(),
        open_native_blockers: Some(0),
        listed_open_native_blockers: 0,
        assignees: Vec::new(),
        open_sub_issues: None,
        rivals: Vec::new(),
        parent: Parent::None,
        gaps: Vec::new(),
    };
    let mut permissions = Permissions::default();
    let known = |id, permission| PermissionFact::Known { id, permission };
    permissions.insert("alice", known(101, Permission::Write));
    permissions.insert("mallory", known(666, Permission::Read));
    let verdict = judge(
        &GateFacts {
            repository: &RepositoryFacts {
                archived: false,
                unworkable: None,
                visibility: Visibility::Private,
            },
            issue: &issue,
            permissions: &permissions,
            authorisation: &authorisation,
        },
        &GateRules {
            labels: &label_names(),
            trust: &nobody_special(),
            forge: ForgeKind::GitHub,
            public_allowed: false,
            quiet: TimeDelta::zero(),
            settle: TimeDelta::zero(),
            lock_brakes: true,
            enrolled: &[],
            now: at,
            own_account: &OwnAccount {
                login: "afk-bot".to_owned(),
                id: Some(1),
            },
            text_budget: 100_000,
        },
    );
    match verdict {
        GateVerdict::Trusted(text) => {
            // Blockers that a body names were never looked up here.
            assert_eq!(
                BlockedBy::in_body(body, HOST),
                BlockedBy::default(),
                "starts although blocked: {body:?}"
            );
            Some(text.as_str().to_owned())
        }
        GateVerdict::Refused(_) => None,
    }
}

/// Top-level fenced blocks by the rule of CommonMark, read line by line.
pub(crate) fn fenced_blocks(text: &str) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches('\n');
        let ticks = bare.len() - bare.trim_start_matches('`').len();
        match open {
            None if ticks >= 3 && !bare[ticks..].contains('`') => open = Some((at, ticks)),
            Some((start, fence)) if ticks >= fence && bare[ticks..].trim().is_empty() => {
                blocks.push(start..at + line.len());
                open = None;
            }
            None | Some(_) => {}
        }
        at += line.len();
    }
    assert_eq!(open, None, "a fence is open to the end");
    blocks
}

/// ASCII letters and digits in the plain text of Markdown that has no HTML and no pictures.
fn shown_letters(body: &str) -> Vec<char> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    let mut letters = Vec::new();
    for event in Parser::new_ext(body, options) {
        match event {
            Event::Text(text) | Event::Code(text) => {
                letters.extend(text.chars().filter(char::is_ascii_alphanumeric));
            }
            // What a browser makes of these is not for a naive reader.
            Event::Html(_) | Event::InlineHtml(_) => return Vec::new(),
            Event::Start(
                pulldown_cmark::Tag::Image { .. } | pulldown_cmark::Tag::FootnoteDefinition(_),
            ) => return Vec::new(),
            Event::Start(_)
            | Event::End(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    // An entity shows letters that the source does not have.
    if body.contains('&') {
        Vec::new()
    } else {
        letters
    }
}
