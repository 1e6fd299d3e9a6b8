//! Titles of threads: what people read, the binding before the first message exists, and the recorded end.

use std::fmt;

use super::authorisation::AuthorisationDigest;
use super::slot::Slot;
use crate::domain::repository::IssueNumber;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Authorisation;

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
}
