//! The rights of an App that are used, as GitHub names them.

/// One right of an App.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Right {
    /// Such as `issues`.
    pub name: &'static str,
    /// `read` or `write`.
    pub level: &'static str,
    /// Whether nothing goes without it.
    pub required: bool,
}

const fn right(name: &'static str, level: &'static str, required: bool) -> Right {
    Right {
        name,
        level,
        required,
    }
}

/// What starting runs uses.
pub const POLL_RIGHTS: &[Right] = &[
    right("metadata", "read", true),
    right("issues", "write", true),
    right("contents", "read", true),
    right("pull_requests", "read", false),
];

/// What following runs uses.
pub const WATCH_RIGHTS: &[Right] = &[
    right("metadata", "read", true),
    right("issues", "write", true),
    right("contents", "read", true),
    right("pull_requests", "read", false),
    right("checks", "read", false),
    right("statuses", "read", false),
    right("actions", "read", false),
    right("deployments", "read", false),
];
