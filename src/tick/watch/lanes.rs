//! How many questions about runs are under way at once, service by service (SPEC 10).
//!
//! A run's stages are asked one after the other, of different services. Each service has a bound of its own, so that a run which
//! waits for one of them takes no place from a run that asks another one: Woodpecker and Kubernetes work at the same time. Forges
//! ask for few requests at once and count them; what deploys and the cluster are the operator's own and are asked with short reads.
//!
//! It decides nothing and sends nothing.

use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::service_error::{AnsweredBy, ServiceError};

/// What is asked about a run beyond the bulk read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// The forges.
    Forge = 0,
    /// What deploys.
    Deploy = 1,
    /// What runs in the cluster.
    Rollout = 2,
}

/// How many lanes there are.
const LANES: usize = 3;

/// How many times wider than the forges' the lanes of the operator's own services are: with eight at once for a forge, up to 32
/// runs go through their stages side by side (SPEC 10).
const OWN_SERVICES: usize = 4;

/// Who is in which lane.
#[derive(Debug)]
pub(super) struct Lanes {
    /// How many there may be in each.
    widths: [usize; LANES],
    taken: Mutex<[usize; LANES]>,
    left: Condvar,
    /// Who did not answer in time, and why nothing more is asked there.
    silent: [OnceLock<ServiceError>; LANES],
}

/// A place in a lane; it is free again when this is dropped.
pub(super) struct Place<'l> {
    lanes: &'l Lanes,
    lane: Lane,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.lanes.taken()[self.lane as usize] -= 1;
        self.lanes.left.notify_all();
    }
}

impl Lanes {
    /// Makes lanes for so many questions to a forge at once; with 1, nothing is asked beside anything else.
    pub(super) fn of(parallel: usize) -> Self {
        let forge = parallel.max(1);
        let own = match forge {
            1 => 1,
            forge => forge * OWN_SERVICES,
        };
        Self {
            widths: [forge, own, own],
            taken: Mutex::default(),
            left: Condvar::new(),
            silent: [const { OnceLock::new() }; LANES],
        }
    }

    /// How many runs have to be looked at side by side for every lane to be full. Those that are looked at one after the other are
    /// in nobody's way.
    pub(super) fn runs(&self) -> usize {
        match self.widths {
            [1, ..] => 1,
            widths => widths.iter().sum(),
        }
    }

    /// Waits for a place. Whoever has one does not wait for another.
    pub(super) fn enter(&self, lane: Lane) -> Place<'_> {
        let mut taken = self.taken();
        while taken[lane as usize] >= self.widths[lane as usize] {
            taken = self
                .left
                .wait(taken)
                .unwrap_or_else(PoisonError::into_inner);
        }
        taken[lane as usize] += 1;
        Place { lanes: self, lane }
    }

    /// Asks in a lane, when there is a place. Whoever did not answer in time is asked nothing more: each run would wait as long again,
    /// and the tick's time is everybody's.
    pub(super) fn ask<T>(
        &self,
        lane: Lane,
        question: impl FnOnce() -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let _place = self.enter(lane);
        let silent = &self.silent[lane as usize];
        if let Some(error) = silent.get() {
            return Err(error.clone());
        }
        let answer = question();
        if let Err(error) = &answer
            && error.answered_by == AnsweredBy::NobodyInTime
        {
            silent.get_or_init(|| error.clone());
        }
        answer
    }

    fn taken(&self) -> MutexGuard<'_, [usize; LANES]> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::fan_out::fan_out_at_most;
    use crate::service_error::FailureKind;

    const ALL: [Lane; LANES] = [Lane::Forge, Lane::Deploy, Lane::Rollout];

    #[test]
    fn no_lane_has_more_in_it_than_it_is_wide() {
        let lanes = Lanes::of(3);
        let (now, most) = (
            [const { AtomicUsize::new(0) }; LANES],
            [const { AtomicUsize::new(0) }; LANES],
        );
        let runs: Vec<usize> = (0..200).collect();
        fan_out_at_most(lanes.runs(), &runs, |run| {
            for step in 0..LANES {
                let lane = ALL[(run + step) % LANES];
                let _place = lanes.enter(lane);
                let inside = now[lane as usize].fetch_add(1, Ordering::SeqCst) + 1;
                most[lane as usize].fetch_max(inside, Ordering::SeqCst);
                std::thread::yield_now();
                now[lane as usize].fetch_sub(1, Ordering::SeqCst);
            }
        });
        for (lane, width) in [(Lane::Forge, 3), (Lane::Deploy, 12), (Lane::Rollout, 12)] {
            assert!(
                most[lane as usize].load(Ordering::SeqCst) <= width,
                "{lane:?}"
            );
        }
    }

    /// As many as all lanes hold are inside together, or this never ends.
    #[test]
    fn a_full_lane_keeps_nobody_out_of_another() {
        let lanes = Lanes::of(2);
        let of_each = [(Lane::Forge, 2), (Lane::Deploy, 8), (Lane::Rollout, 8)];
        let runs: Vec<Lane> = of_each
            .into_iter()
            .flat_map(|(lane, width)| std::iter::repeat_n(lane, width))
            .collect();
        assert_eq!(lanes.runs(), runs.len());
        let everybody = Barrier::new(runs.len());
        fan_out_at_most(lanes.runs(), &runs, |lane| {
            let _place = lanes.enter(*lane);
            everybody.wait();
        });
    }

    /// SPEC 10: up to 32 runs go through their stages side by side, and a forge has eight connections.
    #[test]
    fn a_tick_asks_a_forge_eight_questions_at_once_and_stages_of_32_runs() {
        let lanes = Lanes::of(crate::fan_out::MAX_PARALLEL);
        assert_eq!(lanes.widths, [8, 32, 32]);
    }

    #[test]
    fn whoever_did_not_answer_in_time_is_asked_no_more() {
        let lanes = Lanes::of(2);
        let failed = |answered_by| {
            let error = ServiceError::new("woodpecker", "list", FailureKind::Unreachable, "late");
            Err::<(), _>(error.answered_by(answered_by))
        };
        let asked = AtomicUsize::new(0);
        let ask = |lane, answer: Result<(), ServiceError>| {
            lanes.ask(lane, || {
                asked.fetch_add(1, Ordering::SeqCst);
                answer
            })
        };
        for answer in [
            Ok(()),
            failed(AnsweredBy::Nobody),
            failed(AnsweredBy::Service(500)),
            failed(AnsweredBy::NobodyInTime),
        ] {
            assert_eq!(ask(Lane::Deploy, answer.clone()), answer);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 4);
        assert_eq!(ask(Lane::Deploy, Ok(())), failed(AnsweredBy::NobodyInTime));
        assert_eq!(asked.load(Ordering::SeqCst), 4);
        assert_eq!(ask(Lane::Rollout, Ok(())), Ok(()));
        assert_eq!(asked.load(Ordering::SeqCst), 5);
    }

    #[test]
    fn a_serial_tick_looks_at_one_run_after_the_other() {
        for width in [0, 1] {
            let lanes = Lanes::of(width);
            assert_eq!(lanes.runs(), 1);
            for lane in ALL {
                drop(lanes.enter(lane));
            }
        }
    }
}
