//! The two gates (SPEC 2): what a tick is allowed to do.
//!
//! Invariant: [`Armed`] and [`Drain`] come into being in [`Gate::new`] and nowhere else. [`Armed`] says that every
//! source that mentions the kill switch says off, that at least one does, and that a repository is enrolled. Nothing
//! turns a [`Drain`] into an [`Armed`], and narrowing never adds a repository.

use std::fmt;

use crate::domain::repository::RepoRef;

/// What the kill switch says after all sources were heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KillSwitch {
    /// On, by the word of these sources.
    On(Vec<String>),
    /// Off: somebody said so and nobody said on.
    Off,
}

impl KillSwitch {
    /// Folds what the sources say: any on wins, and silence counts as on.
    pub(super) fn fold<'a>(said: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        let mut silent = true;
        let mut on_by = Vec::new();
        for (source, on) in said {
            silent = false;
            if on {
                on_by.push(source.to_owned());
            }
        }
        if silent {
            on_by.push("default".to_owned());
        }
        if on_by.is_empty() {
            Self::Off
        } else {
            Self::On(on_by)
        }
    }
}

/// What the halt switch says after all sources were heard. Silence is off: it opens no gate and closes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Halt {
    /// The sources that say on.
    on_by: Vec<String>,
}

impl Halt {
    /// Folds what the sources say: any on wins.
    pub(super) fn fold<'a>(said: impl IntoIterator<Item = (&'a str, bool)>) -> Self {
        Self {
            on_by: said
                .into_iter()
                .filter(|(_, on)| *on)
                .map(|(source, _)| source.to_owned())
                .collect(),
        }
    }
}

/// What a tick may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Nothing: no client is built, no socket is opened.
    Disarmed(DisarmedReason),
    /// `afk-watch` brings runs to their end and sends no turn; `afk-poll` does nothing.
    Drain(Drain),
    /// Everything.
    Armed(Armed),
}

/// Leave to start runs and to send turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Armed {
    enrolled: Vec<RepoRef>,
}

/// Leave to observe, close, hand back and ring, but not to send a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drain {
    enrolled: Vec<RepoRef>,
    on_by: Vec<String>,
    halted_by: Vec<String>,
}

/// Why nothing, or nothing new, is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisarmedReason {
    /// The kill switch is off, and no repository is enrolled.
    NothingEnrolled,
    /// The kill switch is on, and no repository is enrolled.
    KillSwitchOnAndNothingEnrolled {
        /// The sources that say on; `default` when none says anything.
        on_by: Vec<String>,
    },
    /// The kill switch is on.
    KillSwitchOn {
        /// The sources that say on; `default` when none says anything.
        on_by: Vec<String>,
    },
    /// `AFK_HALT` is on: every live agent is being stopped.
    Halted {
        /// The sources that say on.
        on_by: Vec<String>,
    },
}

impl Gate {
    pub(super) fn new(kill_switch: &KillSwitch, halt: &Halt, allowlist: &[RepoRef]) -> Self {
        let enrolled = allowlist.to_vec();
        match (kill_switch, enrolled.is_empty()) {
            (KillSwitch::Off, true) => Self::Disarmed(DisarmedReason::NothingEnrolled),
            (KillSwitch::On(on_by), true) => {
                Self::Disarmed(DisarmedReason::KillSwitchOnAndNothingEnrolled {
                    on_by: on_by.clone(),
                })
            }
            (KillSwitch::On(on_by), false) => Self::Drain(Drain {
                enrolled,
                on_by: on_by.clone(),
                halted_by: halt.on_by.clone(),
            }),
            (KillSwitch::Off, false) if !halt.on_by.is_empty() => Self::Drain(Drain {
                enrolled,
                on_by: Vec::new(),
                halted_by: halt.on_by.clone(),
            }),
            (KillSwitch::Off, false) => Self::Armed(Armed { enrolled }),
        }
    }

    /// Returns the leave to start runs, for `afk-poll`.
    ///
    /// # Errors
    ///
    /// [`DisarmedReason`] in every state but [`Gate::Armed`].
    pub fn into_armed(self) -> Result<Armed, DisarmedReason> {
        match self {
            Self::Disarmed(reason) => Err(reason),
            Self::Drain(drain) => Err(drain.reason()),
            Self::Armed(armed) => Ok(armed),
        }
    }
}

impl Armed {
    /// Returns the enrolled repositories: at least one, no two the same.
    #[must_use]
    pub fn enrolled(&self) -> &[RepoRef] {
        &self.enrolled
    }

    /// Keeps only those enrolled repositories that `only` names; `None` when none is left.
    #[must_use]
    pub fn narrowed_to(&self, only: &[RepoRef]) -> Option<Self> {
        let enrolled = narrowed(&self.enrolled, only)?;
        Some(Self { enrolled })
    }
}

impl Drain {
    /// Returns the enrolled repositories: at least one, no two the same.
    #[must_use]
    pub fn enrolled(&self) -> &[RepoRef] {
        &self.enrolled
    }

    /// Keeps only those enrolled repositories that `only` names; `None` when none is left.
    #[must_use]
    pub fn narrowed_to(&self, only: &[RepoRef]) -> Option<Self> {
        let enrolled = narrowed(&self.enrolled, only)?;
        Some(Self {
            enrolled,
            on_by: self.on_by.clone(),
            halted_by: self.halted_by.clone(),
        })
    }

    /// Returns why nothing new is started.
    #[must_use]
    pub fn reason(&self) -> DisarmedReason {
        if self.halts() {
            DisarmedReason::Halted {
                on_by: self.halted_by.clone(),
            }
        } else {
            DisarmedReason::KillSwitchOn {
                on_by: self.on_by.clone(),
            }
        }
    }

    /// Returns what the gates are to `afk-watch`, which goes on working: one line.
    #[must_use]
    pub fn in_words(&self) -> String {
        if self.halts() {
            return self.reason().to_string();
        }
        format!(
            "draining: AFK_KILL_SWITCH is on ({}): nothing starts and no turn is sent",
            self.on_by.join(", ")
        )
    }

    /// Returns whether every run with a live agent is ended, too: `AFK_HALT` is on.
    #[must_use]
    pub fn halts(&self) -> bool {
        !self.halted_by.is_empty()
    }
}

fn narrowed(enrolled: &[RepoRef], only: &[RepoRef]) -> Option<Vec<RepoRef>> {
    let kept: Vec<_> = enrolled
        .iter()
        .filter(|repo| only.contains(repo))
        .cloned()
        .collect();
    (!kept.is_empty()).then_some(kept)
}

/// Writes one line that says what is closed and how to open it.
impl fmt::Display for DisarmedReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingEnrolled => f.write_str(
                "disarmed: AFK_ALLOWLIST is empty; to arm, list repositories in AFK_ALLOWLIST",
            ),
            Self::KillSwitchOnAndNothingEnrolled { on_by } => write!(
                f,
                "disarmed: AFK_KILL_SWITCH is on ({}) and AFK_ALLOWLIST is empty; \
                 to arm, list repositories in AFK_ALLOWLIST and set AFK_KILL_SWITCH to off",
                on_by.join(", ")
            ),
            Self::KillSwitchOn { on_by } => write!(
                f,
                "disarmed: AFK_KILL_SWITCH is on ({}); to arm, set AFK_KILL_SWITCH to off",
                on_by.join(", ")
            ),
            Self::Halted { on_by } => write!(
                f,
                "halted: AFK_HALT is on ({}); afk-watch stops live agents, to go on set AFK_HALT to off",
                on_by.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repository::ForgeKind;

    fn repo(name: &str) -> RepoRef {
        RepoRef::parse(name, ForgeKind::GitHub).unwrap()
    }

    #[test]
    fn both_gates_must_be_open() {
        let on = KillSwitch::On(vec![
            "environment".to_owned(),
            "directory /etc/afk".to_owned(),
        ]);
        let enrolled = [repo("a/b")];
        let line = |gate: Gate| gate.into_armed().map_err(|reason| reason.to_string());
        assert_eq!(
            line(Gate::new(&KillSwitch::Off, &Halt::default(), &[])),
            Err(
                "disarmed: AFK_ALLOWLIST is empty; to arm, list repositories in AFK_ALLOWLIST"
                    .to_owned()
            )
        );
        assert_eq!(
            line(Gate::new(&on, &Halt::default(), &[])),
            Err("disarmed: AFK_KILL_SWITCH is on (environment, directory /etc/afk) and AFK_ALLOWLIST is empty; \
                 to arm, list repositories in AFK_ALLOWLIST and set AFK_KILL_SWITCH to off"
                .to_owned())
        );
        assert!(matches!(
            Gate::new(&on, &Halt::default(), &enrolled),
            Gate::Drain(_)
        ));
        assert_eq!(
            line(Gate::new(&on, &Halt::default(), &enrolled)),
            Err(
                "disarmed: AFK_KILL_SWITCH is on (environment, directory /etc/afk); \
                 to arm, set AFK_KILL_SWITCH to off"
                    .to_owned()
            )
        );
        assert_eq!(
            line(Gate::new(&KillSwitch::Off, &Halt::default(), &enrolled))
                .map(|armed| armed.enrolled().to_vec()),
            Ok(enrolled.to_vec())
        );
    }

    #[test]
    fn any_on_wins_and_silence_is_on() {
        assert_eq!(
            KillSwitch::fold([]),
            KillSwitch::On(vec!["default".to_owned()])
        );
        for first in [false, true] {
            for second in [false, true] {
                let folded = KillSwitch::fold([("a", first), ("b", second)]);
                assert_eq!(folded == KillSwitch::Off, !first && !second);
            }
        }
    }

    #[test]
    fn halt_closes_the_gate_and_opens_none() {
        let enrolled = [repo("a/b")];
        let on = KillSwitch::On(vec!["environment".to_owned()]);
        let halt = Halt::fold([("environment", false), ("directory /etc/afk", true)]);
        for (kill_switch, allowlist, drains) in [
            (&KillSwitch::Off, &enrolled[..], true),
            (&on, &enrolled[..], true),
            (&KillSwitch::Off, &[], false),
            (&on, &[], false),
        ] {
            let gate = Gate::new(kill_switch, &halt, allowlist);
            match gate {
                Gate::Drain(drain) => {
                    assert!(drains && drain.halts());
                    assert_eq!(
                        drain.reason().to_string(),
                        "halted: AFK_HALT is on (directory /etc/afk); afk-watch stops live agents, \
                         to go on set AFK_HALT to off"
                    );
                    assert_eq!(drain.in_words(), drain.reason().to_string());
                    assert!(drain.narrowed_to(&enrolled).unwrap().halts());
                }
                Gate::Disarmed(_) => assert!(!drains),
                Gate::Armed(_) => panic!("armed although halted"),
            }
        }
        assert_eq!(Halt::fold([]), Halt::default());
        assert_eq!(Halt::fold([("environment", false)]), Halt::default());
        let Gate::Drain(drain) = Gate::new(&on, &Halt::default(), &enrolled) else {
            panic!("drain");
        };
        assert!(!drain.halts());
        assert_eq!(
            drain.in_words(),
            "draining: AFK_KILL_SWITCH is on (environment): nothing starts and no turn is sent"
        );
    }

    #[test]
    fn narrowing_never_widens() {
        let Gate::Armed(armed) = Gate::new(
            &KillSwitch::Off,
            &Halt::default(),
            &[repo("a/b"), repo("a/c")],
        ) else {
            panic!("armed");
        };
        let kept = armed.narrowed_to(&[repo("A/C"), repo("x/y")]).unwrap();
        assert_eq!(kept.enrolled(), [repo("a/c")]);
        assert_eq!(armed.narrowed_to(&[repo("x/y")]), None);
        assert_eq!(armed.narrowed_to(&[]), None);

        let on = KillSwitch::On(vec!["environment".to_owned()]);
        let Gate::Drain(drain) = Gate::new(&on, &Halt::default(), &[repo("a/b"), repo("a/c")])
        else {
            panic!("drain");
        };
        let kept = drain.narrowed_to(&[repo("A/C"), repo("x/y")]).unwrap();
        assert_eq!(kept.enrolled(), [repo("a/c")]);
        assert_eq!(kept.reason(), drain.reason());
        assert_eq!(drain.narrowed_to(&[repo("x/y")]), None);
    }
}
