//! Files that use each other, directly or by way of others.

use std::collections::{BTreeMap, BTreeSet};

/// Returns every set of nodes that reach each other, each sorted; sets of one are none.
pub fn circles<N: Ord + Copy>(uses: &BTreeMap<N, BTreeSet<N>>) -> Vec<Vec<N>> {
    let reach: BTreeMap<N, BTreeSet<N>> = uses
        .keys()
        .map(|start| {
            let mut seen = BTreeSet::new();
            let mut open = vec![*start];
            while let Some(node) = open.pop() {
                for next in uses.get(&node).into_iter().flatten() {
                    if seen.insert(*next) {
                        open.push(*next);
                    }
                }
            }
            (*start, seen)
        })
        .collect();
    let mut found: BTreeSet<Vec<N>> = BTreeSet::new();
    for (node, reached) in &reach {
        let circle: Vec<N> = reached
            .iter()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(node)))
            .copied()
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}
