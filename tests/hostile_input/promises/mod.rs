//! What must hold for every input that somebody else wrote, as functions that take any bytes.
//!
//! Each function is one fuzz target (`fuzz/` includes this folder), and is run by the tests beside it too: on arbitrary
//! bytes, on recorded inputs that were damaged, and on everything that was ever found. It does not say what is right for a
//! given input, which the unit tests do; it says what is never right.
//!
//! ```text
//! configuration    what a kill switch, an allowlist and a secret may come to
//! t3_answers       whatever a T3 server answers, through the adapter: statuses, headers, bodies, several in a row
//! forge_answers    the same for GitHub
//! deploy_answers   the same for Woodpecker, Kubernetes, ntfy and Slack
//! texts_in         labels, titles, ids, markers, "Blocked by", commit messages, the text of an issue
//! texts_out        what people and the agent read: comments, bells, corrective turns
//! ```
//!
//! # Limits
//!
//! | what | limit | where |
//! |---|---|---|
//! | one answer | 256 MiB, then unreadable | `http::BODY_MAX_BYTES` |
//! | one error body read as JSON | 64 KiB, the rest is not read | `http::SMALL_JSON_MAX_BYTES` |
//! | quote of an answer | 300 characters | `http::EXCERPT_MAX_CHARS` |
//! | detail of any failure | 1,000 characters on one line | `service_error::DETAIL_MAX_CHARS` |
//! | time for one request | 60 s, bells 10 s, and the tick's rest | `http::REQUEST_MAX`, `notifier::REQUEST_MAX` |
//! | depth of any JSON | 128 levels, then unreadable | serde_json; `AFK_REPOS` too |
//! | numbers | what the type holds, then unreadable; counts saturate | serde_json, `Priority` |
//! | wait that a service asks for | 30 s within a tick; a day is the longest that is believed | `github::rest`, `slack`, `woodpecker`, `rollout` |
//! | pages of a list | 10 to 40, then a gap or an error | `*_PAGES_MAX` of the adapters |
//! | T3: words, errors, last message | 200, 300, 4,000 characters | `t3::lenient`, `thread_state` |
//! | T3: unresolved requests of a thread | 16 | `t3::activities::OPEN_REQUESTS_MAX` |
//! | references after "Blocked by" | 50, then blocked | `blocked_by::MAX_REFERENCES` |
//! | names and addresses there | 256 and 1,000 bytes, then unreadable | `blocked_by::MAX_PATH`, `MAX_LINK` |
//! | text for the agent | 120,000 UTF-16 units with the rules, then refused | `prompt::MESSAGE_MAX_UNITS` |
//! | comment | 65,536 bytes | `phase_checklist::COMMENT_MAX_BYTES` |
//! | bells | ntfy 3,500 bytes, Slack 150 / 3,000 / 4,000 UTF-16 units | `ntfy`, `slack` |
//! | addresses that are linked | 1,000 bytes | `quoting` |
//! | configuration value, key in a message | a ConfigMap holds 1 MiB; 100 characters are shown | `config::problem` |

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken promise must stop the run that found it; each fuzz target uses one of the functions"
)]

mod configuration;
mod deploy_answers;
pub(crate) mod exchange;
pub(crate) mod forge_answers;
mod t3_answers;
mod texts_in;
mod texts_out;

pub use self::configuration::configuration;
pub use self::deploy_answers::deploy_answers;
pub use self::forge_answers::forge_answers;
pub use self::t3_answers::t3_answers;
pub(crate) use self::texts_in::frozen;
pub use self::texts_in::texts_in;
pub use self::texts_out::texts_out;
