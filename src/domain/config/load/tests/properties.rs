//! What holds for any input.

use proptest::prelude::*;

use super::*;

fn any_value() -> impl Strategy<Value = Result<String, String>> {
    prop_oneof![
        6 => prop_oneof![
            Just("on"), Just("off"), Just("FALSE"), Just("0"), Just(""), Just("a/b"), Just(" "), Just("{}"),
            Just("https://h"), Just("http://h.example.org"), Just("/p"), Just("5"), Just("maybe"),
            Just("{\"a/b\":{\"build\":{\"checks\":[1]}}}"), Just("{cockpit}{thread}{"), Just("é://@?#"),
        ].prop_map(|text| Ok(text.to_owned())),
        2 => any::<String>().prop_map(Ok),
        1 => "[\\[\\]{}\":,a/b0-9 ]{0,40}".prop_map(Ok),
        1 => any::<String>().prop_map(Err),
    ]
}

fn any_name() -> impl Strategy<Value = String> {
    let names: Vec<_> = Key::names().map(str::to_owned).collect();
    prop_oneof![
        4 => prop_oneof![Just("AFK_KILL_SWITCH".to_owned()), Just("AFK_ALLOWLIST".to_owned())],
        4 => proptest::sample::select(names),
        1 => any::<String>().prop_map(|text| format!("AFK_{text}")),
        1 => any::<String>(),
    ]
}

fn any_values() -> impl Strategy<Value = BTreeMap<String, Result<String, String>>> {
    proptest::collection::btree_map(any_name(), any_value(), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_input_is_parsed_or_refused_with_reasons(first in any_values(), second in any_values()) {
        let sources = [Source::new("environment", first), Source::directory("/etc/afk", second)];
        match load(&sources) {
            Ok(loaded) => {
                for warning in &loaded.warnings {
                    prop_assert_eq!(warning.to_string().lines().count(), 1);
                }
                let _ = (loaded.config.require_for_poll(), loaded.config.require_for_watch());
            }
            Err(errors) => {
                prop_assert!(!errors.problems().is_empty());
                let text = errors.to_string();
                let (warnings, problems): (Vec<&str>, Vec<&str>) =
                    text.lines().partition(|line| line.starts_with("warning: AFK_"));
                prop_assert_eq!(problems.len(), errors.problems().len());
                for line in &problems {
                    prop_assert!(line.starts_with("AFK_"), "{}", line);
                }
                prop_assert!(text.lines().skip(problems.len()).eq(warnings));
            }
        }
    }

    #[test]
    fn armed_means_that_every_kill_switch_is_off_and_something_is_enrolled(
        first in any_values(), second in any_values(), switch in "(off|0|no|False|on|x|)",
    ) {
        let mut first = first;
        first.entry("AFK_KILL_SWITCH".to_owned()).or_insert(Ok(switch));
        let said: Vec<_> = [&first, &second]
            .into_iter()
            .filter_map(|values| values.get("AFK_KILL_SWITCH").cloned())
            .filter(|value| value.as_ref().map_or(true, |text| !text.trim().is_empty()))
            .collect();
        let sources = [Source::new("environment", first), Source::directory("/etc/afk", second)];
        if let Ok(loaded) = load(&sources) {
            let off = |value: &Result<String, String>| {
                value.as_ref().is_ok_and(|text| {
                    ["0", "false", "no", "off"].contains(&text.trim().to_ascii_lowercase().as_str())
                })
            };
            let all_off = !said.is_empty() && said.iter().all(off);
            match loaded.config.gate() {
                Gate::Armed(armed) => {
                    prop_assert!(all_off);
                    prop_assert!(!armed.enrolled().is_empty());
                }
                Gate::Drain(drain) => {
                    prop_assert!(!all_off);
                    prop_assert!(!drain.enrolled().is_empty());
                }
                Gate::Disarmed(_) => prop_assert!(loaded.config.allowlist().is_empty()),
            }
        }
    }
}
