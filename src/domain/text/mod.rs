//! What may be read, and what may be shown?
//!
//! Takes out of a text what its page does not show, and puts into texts of ours what people and agents wrote: quoted, shortened, redacted. It does not decide what a hidden part means; [`start`](super::start) does. Every room may enter.

mod address;
mod cut;
pub(super) mod hidden_characters;
pub(super) mod mail;
pub mod quoting;
pub mod redaction;
mod shown_html;
pub mod shown_text;
pub mod unseen;
