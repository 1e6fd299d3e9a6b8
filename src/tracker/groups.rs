//! One bulk question that several readers answer.

use std::collections::BTreeMap;

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

/// As [`in_groups`], with answers that are given away one by one, each with its place in `wanted`.
pub(super) fn each_in_groups<Q: Clone, K: Ord, R>(
    wanted: &[Q],
    key: impl Fn(&Q) -> K,
    ask: impl Fn(&[Q], &mut dyn FnMut(usize, R)),
    tell: &mut dyn FnMut(usize, R),
) {
    for (indexes, part) in grouped(wanted, key) {
        ask(&part, &mut |place, answer| tell(indexes[place], answer));
    }
}

/// Returns the groups of `wanted`, in the order of their keys: the places of what is in each, and what it is.
pub(super) fn grouped<Q: Clone, K: Ord>(
    wanted: &[Q],
    key: impl Fn(&Q) -> K,
) -> impl Iterator<Item = (Vec<usize>, Vec<Q>)> {
    let mut groups: BTreeMap<K, (Vec<usize>, Vec<Q>)> = BTreeMap::new();
    for (index, query) in wanted.iter().enumerate() {
        let (indexes, part) = groups.entry(key(query)).or_default();
        indexes.push(index);
        part.push(query.clone());
    }
    groups.into_values()
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
