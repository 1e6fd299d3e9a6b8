//! A bounded parallel map that keeps order.
//!
//! It does not retry and it does not stop early; a function that should do neither checks its deadline itself. Nor does it know
//! reads from acts: who acts in it keeps acts of one run in order, and bounds those of one service.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Requests that one tick has under way at once. Forges ask for few; GitHub's limit is 100 for all clients
/// of a token together (GitHub REST 2022-11-28, secondary rate limits).
pub const MAX_PARALLEL: usize = 8;

/// Returns `f` of each item, in the order of the items, with at most [`MAX_PARALLEL`] calls at a time.
pub fn fan_out<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    fan_out_at_most(MAX_PARALLEL, items, f)
}

/// As [`fan_out`], with at most `parallel` calls at a time. With 1, all of them are made on the thread of the caller, in the
/// order of the items.
pub fn fan_out_at_most<T: Sync, R: Send>(
    parallel: usize,
    items: &[T],
    f: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    fan_out_owned(parallel, items.iter().collect(), f)
}

/// As [`fan_out_at_most`], with items that are given away.
pub fn fan_out_owned<T: Send, R: Send>(
    parallel: usize,
    items: Vec<T>,
    f: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let count = items.len();
    let threads = count.min(parallel);
    if threads <= 1 {
        return items.into_iter().map(f).collect();
    }
    let items = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(Vec::with_capacity(count));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = lock(&items).next();
                    let Some((index, item)) = next else { break };
                    let result = f(item);
                    lock(&results).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Returns what both give, one beside the other; with 1 as `parallel` one after the other, on the thread of the caller.
pub fn both<A: Send, B>(
    parallel: usize,
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B,
) -> (A, B) {
    if parallel <= 1 {
        return (first(), second());
    }
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        match first.join() {
            Ok(first) => (first, second),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<usize> = (0..100).collect();
        let doubled = fan_out(&items, |item| item * 2);
        assert_eq!(doubled, (0..100).map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn both_run_side_by_side_unless_the_tick_is_serial() {
        // Each waits for the other.
        let (left, right) = (std::sync::Barrier::new(2), 7);
        let given = both(2, || left.wait().is_leader(), || (left.wait(), right).1);
        assert_eq!(given.1, 7);
        let order = Mutex::new(Vec::new());
        both(1, || lock(&order).push(1), || lock(&order).push(2));
        assert_eq!(*lock(&order), [1, 2]);
    }

    #[test]
    fn never_more_calls_at_once_than_allowed() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        fan_out(&[(); 200], |()| {
            let running = now.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(running, Ordering::SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, Ordering::SeqCst);
        });
        assert!(most.load(Ordering::SeqCst) <= MAX_PARALLEL);
    }
}
