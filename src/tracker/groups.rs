//! One bulk question that several readers answer.

use std::collections::BTreeMap;

use crate::fan_out::fan_out;
use crate::service_error::ServiceError;

/// Asks for each group of `wanted` by itself, and puts the answers in the order of `wanted`. Groups are asked in the order of
/// their keys.
///
/// # Panics
///
/// When `ask` does not answer once for each thing that it was asked.
pub(super) fn in_groups<Q: Clone, K: Ord, R>(
    wanted: &[Q],
    key: impl Fn(&Q) -> K,
    ask: impl Fn(&[Q]) -> Vec<Result<R, ServiceError>>,
) -> Vec<Result<R, ServiceError>> {
    let mut answers: Vec<Option<Result<R, ServiceError>>> = wanted.iter().map(|_| None).collect();
    each_in_groups(
        wanted,
        key,
        |part, tell| {
            for (place, answer) in ask(part).into_iter().enumerate() {
                tell(place, answer);
            }
        },
        &mut |index, answer| answers[index] = Some(answer),
    );
    answers
        .into_iter()
        .map(|answer| answer.expect("a reader answers once for each thing that it is asked"))
        .collect()
}

/// As [`in_groups`], with all groups at once.
///
/// # Panics
///
/// When `ask` does not answer once for each thing that it was asked.
pub(super) fn in_groups_at_once<Q: Clone + Sync + Send, K: Ord, R: Send>(
    wanted: &[Q],
    key: impl Fn(&Q) -> K,
    ask: impl Fn(&[Q]) -> Vec<Result<R, ServiceError>> + Sync,
) -> Vec<Result<R, ServiceError>> {
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (index, query) in wanted.iter().enumerate() {
        groups.entry(key(query)).or_default().push(index);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    let told = fan_out(&groups, |indexes| {
        let part: Vec<Q> = indexes.iter().map(|&index| wanted[index].clone()).collect();
        ask(&part)
    });
    let mut answers: Vec<(usize, Result<R, ServiceError>)> = groups
        .into_iter()
        .flatten()
        .zip(told.into_iter().flatten())
        .collect();
    assert_eq!(
        answers.len(),
        wanted.len(),
        "a reader answers once for each thing that it is asked"
    );
    answers.sort_unstable_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// As [`in_groups`], with answers that are given away one by one, each with its place in `wanted`.
pub(super) fn each_in_groups<Q: Clone, K: Ord, R>(
    wanted: &[Q],
    key: impl Fn(&Q) -> K,
    ask: impl Fn(&[Q], &mut dyn FnMut(usize, R)),
    tell: &mut dyn FnMut(usize, R),
) {
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (index, query) in wanted.iter().enumerate() {
        groups.entry(key(query)).or_default().push(index);
    }
    for indexes in groups.values() {
        let part: Vec<Q> = indexes.iter().map(|&index| wanted[index].clone()).collect();
        ask(&part, &mut |place, answer| tell(indexes[place], answer));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_questions_and_each_group_is_asked_once() {
        let asked = RefCell::new(Vec::new());
        let answers = in_groups(
            &["b1", "a1", "b2", "a2"],
            |query| query.chars().next(),
            |part| {
                asked.borrow_mut().push(part.to_vec());
                part.iter().map(|query| Ok(query.to_uppercase())).collect()
            },
        );
        let answers: Result<Vec<String>, ServiceError> = answers.into_iter().collect();
        assert_eq!(answers.unwrap(), ["B1", "A1", "B2", "A2"]);
        assert_eq!(asked.into_inner(), [vec!["a1", "a2"], vec!["b1", "b2"]]);
    }

    /// All groups are asked before any of them answers, or this never ends.
    #[test]
    fn groups_that_are_asked_at_once_answer_in_the_order_of_the_questions() {
        let both = std::sync::Barrier::new(2);
        let answers = in_groups_at_once(
            &["b1", "a1", "b2", "a2"],
            |query| query.chars().next(),
            |part| {
                both.wait();
                part.iter().map(|query| Ok(query.to_uppercase())).collect()
            },
        );
        let answers: Result<Vec<String>, ServiceError> = answers.into_iter().collect();
        assert_eq!(answers.unwrap(), ["B1", "A1", "B2", "A2"]);
    }

    #[test]
    fn answers_that_are_given_away_name_the_place_of_their_question() {
        let mut told = Vec::new();
        each_in_groups(
            &["b1", "a1", "b2"],
            |query| query.chars().next(),
            |part, tell| {
                for (place, query) in part.iter().enumerate().rev() {
                    tell(place, query.to_uppercase());
                }
            },
            &mut |place, answer| told.push((place, answer)),
        );
        let told: Vec<(usize, &str)> = told
            .iter()
            .map(|(place, one)| (*place, one.as_str()))
            .collect();
        assert_eq!(told, [(1, "A1"), (2, "B2"), (0, "B1")]);
    }
}
