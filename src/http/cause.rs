//! Why no answer came, in words.

pub(super) fn describe(failure: &reqwest::Error) -> String {
    let what = if failure.is_timeout() {
        "timed out"
    } else if failure.is_connect() {
        "can not connect"
    } else {
        "the connection broke"
    };
    format!("{what}: {}", chain(failure))
}

/// The innermost cause says the most; URLs are left out, the call is named already.
pub(super) fn chain(failure: &dyn std::error::Error) -> String {
    let mut innermost = failure;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
