//! The two gates over all sources.

use super::*;

#[test]
fn every_combination_of_kill_switch_and_allowlist_over_two_sources() {
    let switches = [None, Some("off"), Some("on"), Some("maybe")];
    let lists = [None, Some("a/b"), Some(" , ")];
    let of = |switch: Option<&'static str>, list: Option<&'static str>| {
        let pairs = [("AFK_KILL_SWITCH", switch), ("AFK_ALLOWLIST", list)];
        pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect::<Vec<_>>()
    };
    for first in switches {
        for second in switches {
            for first_list in lists {
                for second_list in lists {
                    let loaded = load(&[
                        environment(&of(first, first_list)),
                        directory(&of(second, second_list)),
                    ]);
                    let said = [first, second];
                    if said.contains(&Some("maybe")) {
                        assert!(loaded.is_err());
                        continue;
                    }
                    let gate = loaded.unwrap().config.gate();
                    let off = !said.contains(&Some("on")) && said.contains(&Some("off"));
                    let enrolled = first_list.or(second_list) == Some("a/b");
                    let expected = match (off, enrolled) {
                        (true, true) => {
                            matches!(&gate, Gate::Armed(armed) if armed.enrolled() == [repository("a/b")])
                        }
                        (false, true) => {
                            matches!(&gate, Gate::Drain(drain) if drain.enrolled() == [repository("a/b")])
                        }
                        (_, false) => matches!(&gate, Gate::Disarmed(_)),
                    };
                    assert!(
                        expected,
                        "{first:?} {second:?} {first_list:?} {second_list:?} {gate:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_unclear_kill_switch_is_an_error_in_any_source() {
    let unreadable = BTreeMap::from([("AFK_KILL_SWITCH".to_owned(), Err("not UTF-8".to_owned()))]);
    let errors = load(&[
        environment(&[("AFK_KILL_SWITCH", "on"), ("AFK_ALLOWLIST", "a/b")]),
        directory(&[("AFK_KILL_SWITCH", "offf")]),
        Source::directory("/etc/more", unreadable),
    ])
    .unwrap_err();
    assert_eq!(
        errors.to_string(),
        "AFK_KILL_SWITCH: can not be read, not UTF-8 (directory /etc/more)\n\
         AFK_KILL_SWITCH: expected 1, true, yes or on, or 0, false, no or off, found 'offf' (directory /etc/afk)"
    );
}

#[test]
fn the_reason_names_who_says_on() {
    let loaded = load(&[
        environment(&[("AFK_KILL_SWITCH", "off"), ("AFK_ALLOWLIST", "a/b")]),
        directory(&[("AFK_KILL_SWITCH", "1")]),
    ]);
    assert_eq!(
        loaded
            .unwrap()
            .config
            .gate()
            .into_armed()
            .unwrap_err()
            .to_string(),
        "disarmed: AFK_KILL_SWITCH is on (directory /etc/afk); to arm, set AFK_KILL_SWITCH to off"
    );
}
