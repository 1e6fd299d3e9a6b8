//! Titles of threads: what people read, the binding before the first message exists, and the recorded end.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::authorisation::AuthorisationDigest;
use super::slot::Slot;
use crate::domain::reason::ReasonCode;
use crate::domain::repository::IssueNumber;

/// The kind of a run's end, as titles record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
    /// Why; `None` where the title does not say, or says a word that we do not know.
    pub reason: Option<ReasonCode>,
    /// Names of the sinks that rang already, in the order they rang.
    pub rung: Vec<String>,
    /// Names of the sinks that were given up: nobody waits for them any more.
    pub given_up: Vec<String>,
}

impl Ending {
    /// An end that rang nowhere yet.
    #[must_use]
    pub const fn new(kind: EndKind, reason: Option<ReasonCode>) -> Self {
        Self {
            kind,
            reason,
            rung: Vec::new(),
            given_up: Vec::new(),
        }
    }

    /// Returns whether this sink needs no bell any more.
    #[must_use]
    pub fn is_settled(&self, sink: &str) -> bool {
        self.rung
            .iter()
            .chain(&self.given_up)
            .any(|name| name == sink)
    }

    /// Adds the receipts of another reading of the same end. What rang anywhere is not given up.
    pub fn merge(&mut self, noted: &Self) {
        for sink in &noted.rung {
            if !self.rung.contains(sink) {
                self.rung.push(sink.clone());
            }
        }
        for sink in &noted.given_up {
            if !self.given_up.contains(sink) {
                self.given_up.push(sink.clone());
            }
        }
        let rung = &self.rung;
        self.given_up.retain(|sink| !rung.contains(sink));
    }

    /// Reads the parts of a title behind the binding.
    fn parse(word: &str, receipts: Option<&str>) -> Option<Self> {
        let (word, code) = match word.split_once(" (") {
            Some((word, code)) => (word, Some(code.strip_suffix(')')?)),
            None => (word, None),
        };
        let kind = EndKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == word)?;
        let reason = code.and_then(ReasonCode::of_word);
        let mut ending = Self::new(kind, reason);
        let receipts = match receipts {
            None => "",
            Some(receipts) => receipts.strip_prefix("rung ")?,
        };
        for sink in receipts.split([',', ' ']).filter(|sink| !sink.is_empty()) {
            match sink.strip_prefix('!') {
                Some(given_up) => ending.given_up.push(given_up.to_owned()),
                None => ending.rung.push(sink.to_owned()),
            }
        }
        Some(ending)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            reason,
            rung,
            given_up,
        } = self;
        f.write_str(kind.as_str())?;
        if let Some(reason) = reason {
            write!(f, " ({reason})")?;
        }
        let given_up = given_up.iter().map(|sink| format!("!{sink}"));
        let receipts: Vec<String> = rung.iter().cloned().chain(given_up).collect();
        if receipts.is_empty() {
            Ok(())
        } else {
            write!(f, "{SEPARATOR}rung {}", receipts.join(","))
        }
    }
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
            Some(word) => Some(Ending::parse(word, parts.next())?),
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
        if let Some(ending) = ending {
            write!(f, "{SEPARATOR}{ending}")?;
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
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        for kind in EndKind::ALL {
            for reason in [None, Some(ReasonCode::Landed), Some(ReasonCode::NoPush)] {
                for (rung, given_up) in [
                    (&[][..], &[][..]),
                    (&["slack"], &[]),
                    (&["slack", "ntfy"], &[]),
                    (&[], &["slack"]),
                    (&["ntfy"], &["slack"]),
                ] {
                    endings.push(Some(Ending {
                        kind,
                        reason,
                        rung: names(rung),
                        given_up: names(given_up),
                    }));
                }
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
            format!("octo-org/widgets#87 · run 3 · {digest} · done (landed"),
            format!("octo-org/widgets#87 · run 3 · {digest} · (landed)"),
            format!("octo-org/widgets#87 · run 3 · {digest} · done · rung slack · more"),
        ] {
            assert_eq!(Title::parse(&text), None, "{text:?}");
        }
    }

    #[test]
    fn an_end_reads_as_specified_and_its_receipts_add_up() {
        let digest = Authorisation::new("LE_1").unwrap().digest();
        let text = format!("o/n#8 · run 3 · {digest} · needs-human (no-push) · rung slack,!ntfy");
        let title = Title::parse(&text).unwrap();
        assert_eq!(title.to_string(), text);
        let mut ending = title.ending.unwrap();
        assert_eq!(ending.reason, Some(ReasonCode::NoPush));
        assert!(ending.is_settled("slack") && ending.is_settled("ntfy"));
        assert!(!ending.is_settled("!ntfy"));
        let later = Title::parse(&format!(
            "o/n#8 · run 3 · {digest} · needs-human · rung ntfy"
        ));
        ending.merge(&later.unwrap().ending.unwrap());
        assert_eq!(
            ending.to_string(),
            "needs-human (no-push) · rung slack,ntfy"
        );
        let unknown = format!("o/n#8 · run 3 · {digest} · frozen (some-new-word)");
        assert_eq!(
            Title::parse(&unknown).unwrap().ending,
            Some(Ending::new(EndKind::Frozen, None))
        );
    }
}
