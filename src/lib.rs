//! AFK turns a triaged issue into landed, deployed code with nobody at the keyboard.
//!
//! A **tick** is one stateless execution of one binary: it reads the world (T3 and the forges), lets pure code
//! decide, acts, reports and exits. Nothing is kept between ticks; what happened is read back from T3, which is the
//! authority, and shown to people on the forge.
//!
//! Two gates keep a tick from doing anything: `AFK_KILL_SWITCH` (on unless told otherwise) and `AFK_ALLOWLIST`
//! (empty unless told otherwise). Starting runs takes a [`domain::config::Armed`] value, which only a configuration with
//! both gates open can make. With the switch on and an allowlist, the watcher drains: it ends runs and sends no turn.
//!
//! # Map
//!
//! ```text
//! bin/            three statements each
//! app             arguments, configuration, logging, wiring, exit status
//! tick            poll: from label to first turn; watch: from first turn to release; work_list, slots: which threads are ours;
//!                 report; Hands, the only way to act
//! domain          pure; the words: repository, issue, identity, reason, step. Its rooms: config, what the operator wants;
//!                 text, what may be read and shown; start, may it start; run, what is it doing; verdict, what became of
//!                 its commit; told, what people are told
//! executor        the port to what runs agents; t3
//! tracker         the port to a forge's issues; github, forgejo, router
//! ci              the port to deploy and rollout; woodpecker, rollout
//! notifier        the port to where bells ring; slack, ntfy
//! http            the only part that knows the HTTP library
//! clock, fan_out, service_error, exit_code
//! ```

pub mod app;
pub mod ci;
pub mod clock;
pub mod domain;
pub mod executor;
pub mod exit_code;
pub mod fan_out;
pub mod http;
pub mod notifier;
pub mod service_error;
pub mod tick;
pub mod tracker;
