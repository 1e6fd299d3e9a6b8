//! The README tells the truth where a machine can check it.

use afk::domain::config::Key;
use afk::domain::reason::ReasonCode;

const README: &str = include_str!("../../README.md");

/// The configuration table as the parser's own table of keys gives it.
fn table() -> String {
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in Key::ALL {
        let file = key
            .file_name()
            .map_or_else(String::new, |file| format!(", `{file}`"));
        let default = key.default().text();
        let default = if default.starts_with(['=', '–'])
            || default.contains(' ')
            || ["empty", "none", "in-cluster"].contains(&default)
        {
            default.to_owned()
        } else {
            format!("`{default}`")
        };
        table.push_str(&format!(
            "| `{}`{file} | {default} | {} |\n",
            key.name(),
            key.doc()
        ));
    }
    table
}

#[test]
fn the_configuration_table_is_the_parsers_own() {
    let (_, rest) = README.split_once("<!-- configuration table -->\n").unwrap();
    let (shown, _) = rest
        .split_once("<!-- end of configuration table -->")
        .unwrap();
    assert!(
        shown == table(),
        "put this table into the README:\n{}",
        table()
    );
}

#[test]
fn the_two_commands_are_there() {
    for command in ["cargo run --example demo", "cargo test"] {
        assert!(README.contains(command), "{command}");
    }
}

#[test]
fn every_reason_code_of_poll_is_explained() {
    let of_poll = ReasonCode::ALL
        .iter()
        .take_while(|code| **code != ReasonCode::Landed);
    for code in of_poll {
        assert!(README.contains(&format!("`{code}`")), "{code}");
    }
}
