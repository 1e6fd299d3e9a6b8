//! What are people told?
//!
//! Checklist, hand-back and bells as text. Nothing is read back from any of it but its own marker. Watch enters.

pub mod checks;
pub mod digest;
pub mod hand_back;
pub mod labels;
pub mod message;
pub mod notification;
pub mod phase_checklist;
pub mod refusal_note;
pub mod span;
pub mod stray_note;
pub mod to_do;
pub mod why;
