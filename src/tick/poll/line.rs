//! The order in which candidates of all repositories are tried: the most urgent first, one of each repository at a time.
//!
//! Pure. What is asked of it again and again takes time by the logarithm of the repositories, so that a tick's work grows with its
//! candidates and not with their square.

use std::collections::BTreeSet;

use super::enrolment::Enrolled;
use super::walk::Starting;
use crate::domain::repository::IssueNumber;
use crate::domain::start::priority::Priority;
use crate::domain::start::rotation::Rotation;

/// A candidate: which repository of the tick, and its number.
pub(super) type Key = (usize, IssueNumber);

/// Where a candidate stands among all of them: the lowest goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    priority: Priority,
    /// Among equally urgent ones of different repositories.
    turn: u64,
    number: IssueNumber,
    index: usize,
}

impl Place {
    pub(super) const fn key(self) -> Key {
        (self.index, self.number)
    }
}

/// The most urgent candidate of every repository that may still start something.
pub(super) struct Line {
    rotation: Rotation,
    heads: BTreeSet<Place>,
    /// By repository.
    head_of: Vec<Option<Place>>,
}

impl Line {
    /// Those of `all` in which nothing of `starting` starts.
    pub(super) fn new(all: &[Enrolled], starting: &[Starting], rotation: Rotation) -> Self {
        let mut line = Self {
            rotation,
            heads: BTreeSet::new(),
            head_of: vec![None; all.len()],
        };
        let planned: BTreeSet<usize> = starting.iter().map(|one| one.index).collect();
        for (index, enrolled) in all.iter().enumerate() {
            if !planned.contains(&index) {
                line.step(index, enrolled);
            }
        }
        line
    }

    pub(super) fn first(&self) -> Option<Place> {
        self.heads.first().copied()
    }

    /// The most urgent first.
    pub(super) fn heads(&self) -> impl Iterator<Item = Place> {
        self.heads.iter().copied()
    }

    /// Whether a candidate is still waiting for its turn, in a repository in which nothing else is planned.
    fn holds(&self, place: Place) -> bool {
        let head = self.head_of.get(place.index).copied().flatten();
        head.is_some_and(|head| head <= place)
    }

    /// Takes a repository out: something is planned in it.
    pub(super) fn leave(&mut self, index: usize) {
        if let Some(old) = self.head_of[index].take() {
            self.heads.remove(&old);
        }
    }

    /// Puts a repository where its next candidate stands.
    pub(super) fn step(&mut self, index: usize, enrolled: &Enrolled) {
        self.leave(index);
        let head = places(index, enrolled, self.rotation).next();
        if let Some(head) = head.filter(|_| enrolled.outcome.is_none()) {
            self.heads.insert(head);
            self.head_of[index] = Some(head);
        }
    }
}

/// The candidates of one repository.
fn places(
    index: usize,
    enrolled: &Enrolled,
    rotation: Rotation,
) -> impl Iterator<Item = Place> + '_ {
    let turn = rotation.place(index);
    enrolled.waiting.iter().map(move |one| Place {
        priority: one.priority,
        turn,
        number: one.number,
        index,
    })
}

/// All candidates that are not read yet, in their order. Each is passed once, and comes again only where its text was let go.
#[derive(Default)]
pub(super) struct Ahead {
    /// The last is the first.
    places: Option<Vec<Place>>,
    /// Passed, and to be read all the same.
    again: BTreeSet<Place>,
}

impl Ahead {
    /// The next candidate that is still waiting in `line`. A repository that left it has its outcome in this tick.
    pub(super) fn next(&mut self, all: &[Enrolled], line: &Line) -> Option<Place> {
        loop {
            let next = match self.again.pop_first() {
                Some(place) => place,
                None => self.places(all, line.rotation).pop()?,
            };
            if line.holds(next) {
                return Some(next);
            }
        }
    }

    /// Notes that a candidate was passed and is not known.
    pub(super) fn let_go(&mut self, place: Place) {
        self.again.insert(place);
    }

    fn places(&mut self, all: &[Enrolled], rotation: Rotation) -> &mut Vec<Place> {
        self.places.get_or_insert_with(|| {
            let of_all = all.iter().enumerate();
            let mut places: Vec<Place> = of_all
                .flat_map(|(index, enrolled)| places(index, enrolled, rotation))
                .collect();
            places.sort_unstable_by(|one, other| other.cmp(one));
            places
        })
    }
}
