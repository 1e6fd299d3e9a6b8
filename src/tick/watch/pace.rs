//! How the work of different repositories goes on side by side (SPEC 10), and where it waits for the rest.
//!
//! One forge write at a time; in T3, and of bells, a few. Who has to read a thread back waits until everybody else under way
//! has to as well, or is done: then one reading of T3 tells of all of them, however many there are. Within one piece of work
//! nothing overlaps, so that the order of a run's acts is the same as when it is alone.
//!
//! It decides nothing and knows no service.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::domain::identity::ThreadId;
use crate::domain::step::Step;
use crate::executor::Thread;
use crate::fan_out::fan_out_owned;
use crate::service_error::{FailureKind, ServiceError};
use crate::tick::ACTS_AT_ONCE;

/// Pieces of work that are under way at most, those included that wait for a reading. Each is a thread, which costs some
/// kilobytes.
const UNDER_WAY_MAX: usize = 256;

/// What a thread was read back as.
type ReadBack = Result<Option<Thread>, ServiceError>;

/// Who may go on, and who waits.
#[derive(Debug, Default)]
pub struct Pace {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many may do something at the same time.
    width: usize,
    /// Pieces of work that can be under way.
    room: usize,
    /// Those that are not done.
    left: usize,
    /// Those that do something and do not wait for a reading.
    busy: usize,
    /// Acts under way, by where they go.
    acts: [usize; 3],
    /// Threads that the next reading is asked for.
    asked: BTreeSet<ThreadId>,
    /// How many wait for it.
    waiting: usize,
    /// Whether it is under way.
    reading: bool,
    /// How many readings there were.
    readings: u64,
    /// What the newest one told.
    told: Arc<BTreeMap<ThreadId, ReadBack>>,
}

impl State {
    /// Whether everybody under way waits for the reading.
    fn all_wait(&self) -> bool {
        self.waiting > 0 && self.waiting >= self.room.min(self.left)
    }
}

/// Where an act goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counter {
    T3 = 0,
    Forge = 1,
    Sink = 2,
}

impl Counter {
    /// Where a step is taken.
    pub(super) const fn of(step: &Step) -> Self {
        match step {
            Step::CreateProject { .. }
            | Step::CreateThread { .. }
            | Step::StartTurn { .. }
            | Step::End { .. }
            | Step::NoteRung { .. }
            | Step::Interrupt { .. }
            | Step::StopSession { .. }
            | Step::Unarchive { .. }
            | Step::Archive { .. } => Self::T3,
            Step::CreateComment { .. }
            | Step::EditComment { .. }
            | Step::DeleteComment { .. }
            | Step::CloseIssue { .. }
            | Step::ReopenIssue { .. }
            | Step::AddLabel { .. }
            | Step::RemoveLabel { .. } => Self::Forge,
        }
    }

    const fn at_once(self) -> usize {
        match self {
            Self::T3 | Self::Sink => ACTS_AT_ONCE,
            Self::Forge => 1,
        }
    }
}

/// The leave to act; others may when it is dropped.
pub(super) struct Leave<'p> {
    pace: &'p Pace,
    counter: Counter,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.pace.state().acts[self.counter as usize] -= 1;
        self.pace.moved.notify_all();
    }
}

/// A piece of work under way; it is done when this is dropped.
struct UnderWay<'p>(&'p Pace);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.left -= 1;
        state.busy -= 1;
        drop(state);
        self.0.moved.notify_all();
    }
}

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.moved
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `work` of each item, in their order. At most `width` of them do something at the same time; with 1, they are done
    /// one after the other on the thread of the caller.
    pub(super) fn side_by_side<T: Send, R: Send>(
        &self,
        width: usize,
        items: Vec<T>,
        work: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        let width = width.max(1);
        let room = match width {
            1 => 1,
            _ => items.len().min(UNDER_WAY_MAX),
        };
        {
            let mut state = self.state();
            state.width = width;
            state.room = room;
            state.left = items.len();
        }
        fan_out_owned(room, items, |item| {
            let mut state = self.state();
            while state.busy >= width {
                state = self.wait(state);
            }
            state.busy += 1;
            drop(state);
            let _under_way = UnderWay(self);
            work(item)
        })
    }

    /// Waits until an act may be sent.
    pub(super) fn leave(&self, counter: Counter) -> Leave<'_> {
        let mut state = self.state();
        while state.acts[counter as usize] >= counter.at_once() {
            state = self.wait(state);
        }
        state.acts[counter as usize] += 1;
        Leave {
            pace: self,
            counter,
        }
    }

    /// Reads a thread back, in one reading with all others that wait for theirs. `read` gives one result per id.
    pub(super) fn read_back(
        &self,
        thread: ThreadId,
        read: impl Fn(&[ThreadId]) -> Vec<ReadBack>,
    ) -> ReadBack {
        let mut state = self.state();
        if state.room.min(state.left) <= 1 {
            drop(state);
            return read(&[thread]).pop().unwrap_or_else(left_out);
        }
        let mine = state.readings;
        state.asked.insert(thread);
        state.waiting += 1;
        state.busy -= 1;
        self.moved.notify_all();
        while state.readings == mine {
            if !state.all_wait() || state.reading {
                state = self.wait(state);
                continue;
            }
            state.reading = true;
            let asked: Vec<ThreadId> = std::mem::take(&mut state.asked).into_iter().collect();
            drop(state);
            let told = read(&asked);
            state = self.state();
            state.told = Arc::new(asked.into_iter().zip(told).collect());
            state.reading = false;
            state.readings += 1;
            state.waiting = 0;
            self.moved.notify_all();
        }
        // Nobody can end the next reading before this one waits for it: what was told stands until then.
        let told = Arc::clone(&state.told);
        while state.busy >= state.width {
            state = self.wait(state);
        }
        state.busy += 1;
        drop(state);
        told.get(&thread).cloned().unwrap_or_else(left_out)
    }
}

/// What is known of a thread of which nothing was told: that it does not exist is something else.
fn left_out() -> ReadBack {
    Err(ServiceError::new(
        "t3",
        "read a thread back",
        FailureKind::Unreadable,
        "nothing was told of it",
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use uuid::Uuid;

    use super::*;

    fn id(number: usize) -> ThreadId {
        ThreadId(Uuid::from_u128(number as u128))
    }

    /// Tells that every thread exists not, and counts.
    fn nothing(readings: &AtomicUsize, ids: &[ThreadId]) -> Vec<ReadBack> {
        readings.fetch_add(1, Ordering::SeqCst);
        ids.iter().map(|_| Ok(None)).collect()
    }

    #[test]
    fn one_reading_tells_of_everybody_however_different_their_ways_are() {
        for (width, items) in [(8, 50), (2, 50), (8, 2), (8, 300), (3, 7)] {
            let readings = AtomicUsize::new(0);
            let pace = Pace::default();
            let done = pace.side_by_side(width, (0..items).collect(), |item| {
                // Some are read back never, some twice.
                for _ in 0..item % 3 {
                    drop(pace.leave(Counter::T3));
                    let told = pace.read_back(id(item), |ids| nothing(&readings, ids));
                    assert_eq!(told, Ok(None));
                    drop(pace.leave(Counter::Forge));
                }
                item
            });
            assert_eq!(done, (0..items).collect::<Vec<_>>());
            let most = if items > UNDER_WAY_MAX { 4 } else { 2 };
            let read = readings.load(Ordering::SeqCst);
            assert!((1..=most).contains(&read), "{width} {items}: {read}");
        }
    }

    #[test]
    fn one_after_the_other_every_reading_is_of_one() {
        let readings = AtomicUsize::new(0);
        let pace = Pace::default();
        pace.side_by_side(1, (0..5).collect(), |item| {
            pace.read_back(id(item), |ids| {
                assert_eq!(ids, [id(item)]);
                nothing(&readings, ids)
            })
        });
        assert_eq!(readings.load(Ordering::SeqCst), 5);
        // Nor does anybody wait who is alone.
        let alone = pace.read_back(id(9), |ids| nothing(&readings, ids));
        assert_eq!(alone, Ok(None));
    }

    #[test]
    fn what_nobody_was_told_of_is_no_thread_that_is_gone() {
        let pace = Pace::default();
        let told = pace.side_by_side(8, vec![1, 2], |item| {
            pace.read_back(id(item), |_| vec![Ok(None)])
        });
        assert_eq!(told[0], Ok(None));
        let error = told[1].as_ref().unwrap_err();
        assert_eq!(error.kind, FailureKind::Unreadable);
    }

    #[test]
    fn a_forge_is_written_to_by_one_and_t3_by_few() {
        for (counter, at_once) in [
            (Counter::Forge, 1),
            (Counter::T3, ACTS_AT_ONCE),
            (Counter::Sink, ACTS_AT_ONCE),
        ] {
            let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let pace = Pace::default();
            pace.side_by_side(8, (0..40).collect(), |_: usize| {
                for _ in 0..5 {
                    let _leave = pace.leave(counter);
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::yield_now();
                    now.fetch_sub(1, Ordering::SeqCst);
                }
            });
            assert!(most.load(Ordering::SeqCst) <= at_once, "{counter:?}");
        }
    }
}
