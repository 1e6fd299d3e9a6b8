//! What stands in the place of what does not count.

/// Stands for a code span.
pub(super) const CODE: char = '\u{fffc}';

/// Stands for what was taken out behind a colon. White space, and never in a body: line separators were made line ends.
pub(super) const TAKEN_OUT: char = '\u{2028}';
