//! What the model keeps of the world: two issues of one repository, the slots in T3, and what people may still do.
//!
//! It holds facts and packs them for the search. It decides nothing: commands are `t3.rs` and `forge.rs`, ticks
//! `poll.rs` and `watch.rs`. Fields are small and of fixed size, because millions of worlds are compared.

use std::fmt;

/// Slots that one repository may use before the model stops starting runs.
pub const SLOTS_MAX: usize = 4;

/// The two issues of the repository.
pub const ISSUES: [IssueNumber; 2] = [IssueNumber::First, IssueNumber::Second];

/// Which issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueNumber {
    First,
    Second,
}

impl IssueNumber {
    pub const fn index(self) -> usize {
        self as usize
    }

    pub const fn code(self) -> u64 {
        self as u64
    }
}

impl fmt::Display for IssueNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.index() + 1)
    }
}

/// A labelling with the ready label: the first of an issue, or the one that re-armed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelEvent {
    Original,
    Rearming,
}

impl LabelEvent {
    pub const fn code(self) -> u64 {
        self as u64
    }
}

/// One issue, as the forge shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    pub open: bool,
    /// The ready label.
    pub ready: bool,
    /// The lock label.
    pub lock: bool,
    /// The hand-back label.
    pub human: bool,
    /// The newest labelling with the ready label.
    pub event: LabelEvent,
    /// The checklist's final text: of the run that which labelling asked for.
    pub final_text: Option<LabelEvent>,
}

impl Issue {
    const READY: Self = Self {
        open: true,
        ready: true,
        lock: false,
        human: false,
        event: LabelEvent::Original,
        final_text: None,
    };

    /// Whether the ready label asks for a run under `event` now.
    pub const fn asks_for_run(&self) -> bool {
        self.open && self.ready && !self.human
    }

    /// Seven bits.
    pub fn code(&self) -> u64 {
        let final_text = match self.final_text {
            None => 0,
            Some(event) => 1 + event.code(),
        };
        u64::from(self.open)
            | u64::from(self.ready) << 1
            | u64::from(self.lock) << 2
            | u64::from(self.human) << 3
            | self.event.code() << 4
            | final_text << 5
    }
}

/// What a slot is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    pub issue: IssueNumber,
    pub event: LabelEvent,
}

impl Binding {
    /// Two bits.
    pub const fn code(self) -> u64 {
        self.issue.code() | self.event.code() << 1
    }
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.event {
            LabelEvent::Original => write!(f, "{}", self.issue),
            LabelEvent::Rearming => write!(f, "{} (labelled anew)", self.issue),
        }
    }
}

/// The end of a run that its title records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Done,
    NeedsHuman,
    Frozen,
    StoodDown,
}

impl Ending {
    pub const fn code(self) -> u64 {
        self as u64
    }

    /// Whether a bell rings and the issue goes back to a person (or is closed).
    pub const fn is_loud(self) -> bool {
        match self {
            Self::Done | Self::NeedsHuman | Self::Frozen => true,
            Self::StoodDown => false,
        }
    }
}

/// What the session of a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// No turn was ever started.
    Absent,
    Running,
    /// The turn is over.
    Idle,
    /// We stopped it.
    Stopped,
    /// T3 accepted a turn and lost it, or restarted under it.
    Lost,
}

impl Agent {
    pub const fn is_at_work(self) -> bool {
        match self {
            Self::Running => true,
            Self::Absent | Self::Idle | Self::Stopped | Self::Lost => false,
        }
    }
}

/// What CI says about the pushed commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    Pending,
    Green,
    Red,
}

/// One slot: a T3 thread of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub binding: Option<Binding>,
    /// How many step ids are burned: the next free one.
    pub steps: u8,
    /// Corrective turns sent.
    pub fixes: u8,
    pub ending: Option<Ending>,
    pub agent: Agent,
    /// Archived.
    pub released: bool,
    /// A commit of the run is on the branch.
    pub pushed: bool,
    pub ci: Ci,
    /// The title notes that the bell rang.
    pub noted: bool,
    /// How often the bell rang.
    pub rings: u8,
}

impl Slot {
    /// A thread that was just created.
    pub const fn allocated(binding: Option<Binding>) -> Self {
        Self {
            binding,
            steps: 0,
            fixes: 0,
            ending: None,
            agent: Agent::Absent,
            released: false,
            pushed: false,
            ci: Ci::Pending,
            noted: false,
            rings: 0,
        }
    }

    /// Whether the bell that its end asks for never rang.
    pub fn is_silent(&self) -> bool {
        self.binding.is_some() && self.rings == 0 && self.ending != Some(Ending::StoodDown)
    }

    /// 28 bits; never zero, which is the absent slot.
    pub fn code(&self) -> u64 {
        assert!(
            self.steps < 16 && self.fixes < 16 && self.rings < 16,
            "{self:?} does not fit"
        );
        let binding = match self.binding {
            None => 1,
            Some(binding) => 2 + binding.code(),
        };
        let ending = match self.ending {
            None => 0,
            Some(ending) => 1 + ending.code(),
        };
        binding
            | u64::from(self.steps) << 3
            | u64::from(self.fixes) << 7
            | ending << 11
            | (self.agent as u64) << 14
            | u64::from(self.released) << 17
            | u64::from(self.pushed) << 18
            | (self.ci as u64) << 19
            | u64::from(self.noted) << 21
            | u64::from(self.rings) << 22
    }
}

/// The n-th slot of the repository, from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotNumber(pub u8);

impl SlotNumber {
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for SlotNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slot {}", self.0 + 1)
    }
}

/// All slots of the repository, as T3 shows them at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    known: [Option<Slot>; SLOTS_MAX],
    count: u8,
}

impl Slots {
    pub const NONE: Self = Self {
        known: [None; SLOTS_MAX],
        count: 0,
    };

    pub const fn count(&self) -> usize {
        self.count as usize
    }

    /// The number that the next slot would have.
    pub const fn next(&self) -> SlotNumber {
        SlotNumber(self.count)
    }

    pub fn is_full(&self) -> bool {
        self.count() == SLOTS_MAX
    }

    pub fn contains(&self, number: SlotNumber) -> bool {
        number.0 < self.count
    }

    pub fn push(&mut self, slot: Slot) {
        self.known[self.count()] = Some(slot);
        self.count += 1;
    }

    /// The slot; the caller has seen that it exists.
    pub fn of(&self, number: SlotNumber) -> &Slot {
        self.known[number.index()]
            .as_ref()
            .expect("the slot exists")
    }

    pub fn of_mut(&mut self, number: SlotNumber) -> &mut Slot {
        self.known[number.index()]
            .as_mut()
            .expect("the slot exists")
    }

    /// Every slot with its number, in order.
    pub fn iter(&self) -> impl Iterator<Item = (SlotNumber, &Slot)> {
        (0..self.count).map(|number| (SlotNumber(number), self.of(SlotNumber(number))))
    }

    /// Whether a slot is bound to this authorisation: it had its run.
    pub fn had_run(&self, binding: Binding) -> bool {
        self.iter().any(|(_, slot)| slot.binding == Some(binding))
    }

    /// What these slots tell of an issue.
    pub fn knowledge(&self, issue: IssueNumber) -> Known {
        let mut known = Known::Nothing;
        for (_, slot) in self.iter() {
            if slot.binding.is_some_and(|binding| binding.issue == issue) {
                if !slot.released {
                    return Known::Live;
                }
                known = Known::Released;
            }
        }
        known
    }

    pub fn code(&self) -> [u64; 2] {
        let code = |index: usize| match &self.known[index] {
            None => 0,
            Some(slot) => slot.code(),
        };
        [code(0) | code(1) << 32, code(2) | code(3) << 32]
    }
}

/// Everything outside the ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    pub issues: [Issue; 2],
    /// Each issue before its last write: what a list that lags behind still shows.
    pub before: [Issue; 2],
    pub slots: Slots,
    /// A person may still label an issue anew, once.
    pub may_rearm: bool,
    /// A person may still change a label by hand, once.
    pub may_tamper: bool,
    /// An end took the lock label from an open issue that still showed the ready label of the run that was over. Stays for the properties.
    pub exposed: bool,
    /// An issue with a live run was handed back as a stray, and nobody had changed a label by hand. Stays as well.
    pub false_alarm: bool,
}

/// What T3 knows of an issue whose lock label nobody seems to need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// No slot was ever bound to it.
    Nothing,
    /// Its runs are over.
    Released,
    /// A run of it is live.
    Live,
}

impl Known {
    pub const fn code(self) -> u64 {
        self as u64
    }
}

impl World {
    /// Two ready issues, no run.
    pub const START: Self = Self {
        issues: [Issue::READY; 2],
        before: [Issue::READY; 2],
        slots: Slots::NONE,
        may_rearm: true,
        may_tamper: true,
        exposed: false,
        false_alarm: false,
    };

    pub fn issue(&self, number: IssueNumber) -> &Issue {
        &self.issues[number.index()]
    }

    pub fn code(&self) -> [u64; 3] {
        let issues = self.issues[0].code()
            | self.issues[1].code() << 8
            | self.before[0].code() << 16
            | self.before[1].code() << 24
            | u64::from(self.may_rearm) << 32
            | u64::from(self.may_tamper) << 33
            | u64::from(self.exposed) << 34
            | u64::from(self.false_alarm) << 35;
        let [low, high] = self.slots.code();
        [issues, low, high]
    }
}
