//! Identities that make every outward act happen at most once (SPEC 3).
//!
//! All of them are pure functions of the repository's numeric id, the slot and the step, so that a tick
//! that starts after a crash computes the same ones. Nothing here asks whether an identity is in use.

use std::fmt;

use uuid::Uuid;

use crate::domain::repository::{ForgeKind, IssueNumber, RepoRef};

/// Numeric id of a repository on its forge; survives renames and transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId(pub u64);

/// `R`: a repository for good, as `<github|forgejo>@<host[:port]>/<numeric id>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryKey(String);

impl RepositoryKey {
    /// Builds the key. `host` carries the port when it is not the default one of its scheme.
    #[must_use]
    pub fn new(forge: ForgeKind, host: &str, id: RepositoryId) -> Self {
        Self(format!("{forge}@{}/{}", host.to_ascii_lowercase(), id.0))
    }

    /// Returns the text that enters the identities.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the kind of forge that hosts the repository.
    #[must_use]
    pub fn forge(&self) -> ForgeKind {
        if self.0.starts_with("forgejo@") {
            ForgeKind::Forgejo
        } else {
            ForgeKind::GitHub
        }
    }

    /// Returns `P(R)`, the id of the repository's T3 project.
    #[must_use]
    pub fn project(&self) -> ProjectId {
        ProjectId(named(&format!("project|{}", self.0)))
    }

    /// Returns `T(R, n)`, the id of the T3 thread of slot `n`.
    #[must_use]
    pub fn thread(&self, slot: Slot) -> ThreadId {
        ThreadId(named(&format!("thread|{}|{}", self.0, slot.0)))
    }
}

impl fmt::Display for RepositoryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Id of a T3 project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(pub Uuid);

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Id of a T3 thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub Uuid);

impl ThreadId {
    /// Returns `C(T, k)`, the command id under which step `k` of this run takes effect once.
    #[must_use]
    pub fn step(self, step: StepNumber) -> CommandId {
        CommandId(named(&format!("step|{self}|{}", step.0)))
    }

    /// Returns whether the id may be one of ours: it was made from a name (RFC 9562, version 5). Those of T3's own clients are
    /// random.
    #[must_use]
    pub fn may_be_ours(self) -> bool {
        self.0.get_version_num() == 5
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// Id of a T3 command: effective once, ever, first writer wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub Uuid);

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// `n`: the n-th run of a repository, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u32);

impl Slot {
    /// The first slot of a repository.
    pub const FIRST: Self = Self(1);

    /// Returns the slot after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `k`: the k-th decision on a run, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepNumber(pub u32);

impl StepNumber {
    /// The step of a run's first turn.
    pub const FIRST: Self = Self(0);
}

/// `E`: the label event that made an issue ready, by its id on the forge.
///
/// GitHub: node id of the labeled event (GraphQL `id`, REST `node_id`). Forgejo and Gitea: id of the timeline entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authorisation(String);

impl Authorisation {
    /// Accepts an event id that can stand in a message id: not empty, no `|`, no white space.
    #[must_use]
    pub fn new(id: &str) -> Option<Self> {
        let usable = !id.is_empty()
            && id.len() <= 200
            && id.chars().all(|c| c.is_ascii_graphic() && c != '|');
        usable.then(|| Self(id.to_owned()))
    }

    /// Returns the forge's id of the event.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the short form that titles carry.
    #[must_use]
    pub fn digest(&self) -> AuthorisationDigest {
        let mut text = named(&self.0).simple().to_string();
        text.truncate(AuthorisationDigest::LENGTH);
        AuthorisationDigest(text)
    }
}

impl fmt::Display for Authorisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first 12 hexadecimal digits of `uuid5(NS, E)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorisationDigest(String);

impl AuthorisationDigest {
    const LENGTH: usize = 12;

    /// Stands where the bound authorisation is not known any more; belongs to no event that matters, because
    /// [`Title::UNKNOWN_ISSUE`] stands beside it.
    #[must_use]
    pub fn unknown() -> Self {
        Self("0".repeat(Self::LENGTH))
    }

    fn parse(text: &str) -> Option<Self> {
        let valid = text.len() == Self::LENGTH
            && text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        valid.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for AuthorisationDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `M(T, k)`: the id of a message of ours, which repeats what the slot is bound to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The repository.
    pub repository: RepositoryKey,
    /// The bound issue.
    pub issue: IssueNumber,
    /// The bound authorisation.
    pub authorisation: Authorisation,
    /// The slot.
    pub slot: Slot,
    /// The step that sent it.
    pub step: StepNumber,
    /// The commit that the message asks to repair; only corrective turns have one.
    pub red_commit: Option<String>,
}

impl MessageId {
    /// Reads a message id of ours; `None` for anybody else's, also for one that says the same in another spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        if parts.next()? != "afk1" {
            return None;
        }
        let message_id = Self {
            repository: RepositoryKey(parts.next()?.to_owned()),
            issue: IssueNumber(parts.next()?.parse().ok()?),
            authorisation: Authorisation::new(parts.next()?)?,
            slot: Slot(parts.next()?.parse().ok()?),
            step: StepNumber(parts.next()?.parse().ok()?),
            red_commit: parts.next().map(str::to_owned),
        };
        (parts.next().is_none() && message_id.to_string() == text).then_some(message_id)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            repository,
            issue,
            authorisation,
            slot,
            step,
            red_commit,
        } = self;
        write!(
            f,
            "afk1|{repository}|{issue}|{authorisation}|{slot}|{}",
            step.0
        )?;
        match red_commit {
            Some(sha) => write!(f, "|{sha}"),
            None => Ok(()),
        }
    }
}

/// The kind of a run's end, as titles record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndKind {
    /// Landed: the issue is closed.
    Done,
    /// Handed back to a person before a commit was on the branch.
    NeedsHuman,
    /// Handed back with a red commit on the branch.
    Frozen,
    /// Withdrawn by a person: stopped without a bell.
    StoodDown,
}

impl EndKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Done, Self::NeedsHuman, Self::Frozen, Self::StoodDown];

    /// Returns the word in the title.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::NeedsHuman => "needs-human",
            Self::Frozen => "frozen",
            Self::StoodDown => "stood-down",
        }
    }
}

/// The recorded end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub kind: EndKind,
    /// Names of the sinks that rang already, in the order they rang.
    pub rung: Vec<String>,
}

/// The title of a slot's thread: what people read, and the binding before the first message exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Title {
    /// `owner/name` at the time of writing, for people only.
    pub full_name: String,
    /// The bound issue.
    pub issue: IssueNumber,
    /// The slot.
    pub slot: Slot,
    /// Short form of the bound authorisation.
    pub authorisation: AuthorisationDigest,
    /// The end, once it is decided.
    pub ending: Option<Ending>,
}

const SEPARATOR: &str = " · ";

impl Title {
    /// Stands for the issue of a slot whose title a person made unreadable before its first message. No issue
    /// has this number.
    pub const UNKNOWN_ISSUE: IssueNumber = IssueNumber(0);

    /// Reads a title of ours; `None` when a person changed it beyond recognition.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(SEPARATOR);
        let (full_name, issue) = parts.next()?.rsplit_once('#')?;
        let slot = parts.next()?.strip_prefix("run ")?.parse().ok()?;
        let authorisation = AuthorisationDigest::parse(parts.next()?)?;
        let ending = match parts.next() {
            None => None,
            Some(word) => {
                let kind = EndKind::ALL
                    .into_iter()
                    .find(|kind| kind.as_str() == word)?;
                let rung = match parts.next() {
                    None => Vec::new(),
                    Some(rung) => rung
                        .strip_prefix("rung ")?
                        .split([',', ' '])
                        .filter(|sink| !sink.is_empty())
                        .map(str::to_owned)
                        .collect(),
                };
                Some(Ending { kind, rung })
            }
        };
        parts.next().is_none().then_some(Self {
            full_name: full_name.to_owned(),
            issue: IssueNumber(issue.parse().ok()?),
            slot: Slot(slot),
            authorisation,
            ending,
        })
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            full_name,
            issue,
            slot,
            authorisation,
            ending,
        } = self;
        write!(
            f,
            "{full_name}#{issue}{SEPARATOR}run {slot}{SEPARATOR}{authorisation}"
        )?;
        if let Some(Ending { kind, rung }) = ending {
            write!(f, "{SEPARATOR}{}", kind.as_str())?;
            if !rung.is_empty() {
                write!(f, "{SEPARATOR}rung {}", rung.join(","))?;
            }
        }
        Ok(())
    }
}

/// Returns the directory that a repository's agents work in: `<root>/<host>/<owner>/<name>-<numeric id>`.
///
/// The id keeps a repository apart from another one that takes its name later.
#[must_use]
pub fn workspace(root: &str, host: &str, repo: &RepoRef, id: RepositoryId) -> String {
    format!(
        "{}/{host}/{}/{}-{}",
        root.trim_end_matches('/'),
        repo.owner(),
        repo.name(),
        id.0
    )
}

/// `uuid5(NS, name)` with `NS = uuid5(DNS namespace, "afk.v1")`.
fn named(name: &str) -> Uuid {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_DNS, b"afk.v1");
    Uuid::new_v5(&namespace, name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> RepositoryKey {
        RepositoryKey::new(ForgeKind::GitHub, "github.com", RepositoryId(1_296_269))
    }

    fn message_id(red_commit: Option<&str>) -> MessageId {
        MessageId {
            repository: key(),
            issue: IssueNumber(87),
            authorisation: Authorisation::new("LE_lADOExample2").unwrap(),
            slot: Slot(3),
            step: StepNumber(1),
            red_commit: red_commit.map(str::to_owned),
        }
    }

    /// Computed independently with Python's `uuid.uuid5`.
    #[test]
    fn identities_are_the_ones_of_the_specification() {
        let thread = key().thread(Slot::FIRST);
        assert_eq!(key().as_str(), "github@github.com/1296269");
        assert_eq!(key().project().to_string(), EXPECTED[0]);
        assert_eq!(thread.to_string(), EXPECTED[1]);
        assert_eq!(thread.step(StepNumber::FIRST).to_string(), EXPECTED[2]);
        let digest = Authorisation::new("LE_lADOExample2").unwrap().digest();
        assert_eq!(digest.to_string(), EXPECTED[3]);
    }

    const EXPECTED: [&str; 4] = [
        "35e696d8-06a4-510f-a09e-e5fd7a4cad95",
        "a6ca3d15-f3ab-5ee0-8b39-cb3d82fbe2e5",
        "85a59893-c931-5d84-93e6-f8fe5e49e906",
        "cfe2fda94967",
    ];

    #[test]
    fn workspaces_keep_namesakes_apart() {
        let repo = RepoRef::parse("octo-org/widgets", ForgeKind::GitHub).unwrap();
        for root in ["/data", "/data/"] {
            assert_eq!(
                workspace(root, "github.com", &repo, RepositoryId(7)),
                "/data/github.com/octo-org/widgets-7"
            );
        }
    }

    #[test]
    fn message_ids_are_read_back_as_written() {
        for red_commit in [None, Some("4f1c2b7a")] {
            let message_id = message_id(red_commit);
            assert_eq!(MessageId::parse(&message_id.to_string()), Some(message_id));
        }
        assert_eq!(
            message_id(None).to_string(),
            "afk1|github@github.com/1296269|87|LE_lADOExample2|3|1"
        );
    }

    #[test]
    fn message_ids_of_others_are_not_ours() {
        for text in [
            "",
            "afk1",
            "afk2|github@github.com/1|1|LE|1|0",
            "afk1|github@github.com/1|x|LE|1|0",
            "afk1|github@github.com/1|1||1|0",
            "afk1|github@github.com/1|1|LE|1",
            "afk1|github@github.com/1|1|LE|1|0|sha|more",
            "afk1|github@github.com/1|+1|LE|1|0",
            "afk1|github@github.com/1|1|LE|01|0",
            "c773c9d4-c6eb-4265-a038-63b52b83d42d",
        ] {
            assert_eq!(MessageId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn titles_are_read_back_as_written() {
        let mut endings = vec![None];
        for kind in EndKind::ALL {
            for rung in [
                vec![],
                vec!["slack".to_owned()],
                vec!["slack".to_owned(), "ntfy".to_owned()],
            ] {
                endings.push(Some(Ending { kind, rung }));
            }
        }
        for ending in endings {
            let title = Title {
                full_name: "octo-org/widgets".to_owned(),
                issue: IssueNumber(87),
                slot: Slot(3),
                authorisation: Authorisation::new("LE_1").unwrap().digest(),
                ending,
            };
            assert_eq!(Title::parse(&title.to_string()), Some(title));
        }
    }

    #[test]
    fn titles_that_people_changed_are_not_guessed() {
        let digest = Authorisation::new("LE_1").unwrap().digest();
        for text in [
            String::new(),
            "octo-org/widgets#87".to_owned(),
            format!("octo-org/widgets#x · run 3 · {digest}"),
            format!("octo-org/widgets#87 · 3 · {digest}"),
            "octo-org/widgets#87 · run 3 · 0123".to_owned(),
            format!("octo-org/widgets#87 · run 3 · {digest} · finished"),
            format!("octo-org/widgets#87 · run 3 · {digest} · done · slack"),
            format!("octo-org/widgets#87 · run 3 · {digest} · done · rung slack · more"),
        ] {
            assert_eq!(Title::parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn event_ids_that_could_break_a_message_id_are_refused() {
        for id in ["", "a|b", "a b", "a\nb", "é"] {
            assert_eq!(Authorisation::new(id), None, "{id:?}");
        }
    }
}
