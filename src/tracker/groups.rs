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
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (index, query) in wanted.iter().enumerate() {
        groups.entry(key(query)).or_default().push(index);
    }
    let mut answers: Vec<Option<Result<R, ServiceError>>> = wanted.iter().map(|_| None).collect();
    for indexes in groups.values() {
        let part: Vec<Q> = indexes.iter().map(|&index| wanted[index].clone()).collect();
        for (&index, answer) in indexes.iter().zip(ask(&part)) {
            answers[index] = Some(answer);
        }
    }
    answers
        .into_iter()
        .map(|answer| answer.expect("a reader answers once for each thing that it is asked"))
        .collect()
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
}
