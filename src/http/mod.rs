//! The only part that knows the HTTP library.
//!
//! It sends one request at a time, within the tick's deadline, and hands back status, headers and a body that
//! is read as a stream. It does not follow redirects (a renamed repository must be reported, not acted on), it
//! does not interpret statuses, and it never logs a header or a body.
//!
//! `call` is what is asked, `client` sends it, `answer` is read.

mod answer;
mod bearer;
mod call;
mod cause;
mod client;
mod page;
mod place;
mod proxy;
mod roots;
#[doc(hidden)]
pub mod script;
mod secret_file;

pub use self::answer::{Answer, beginning_of};
pub use self::bearer::Bearer;
pub use self::call::{Call, Method, join};
pub use self::client::Http;
pub use self::place::place;
pub use self::roots::check_roots;
pub(crate) use self::secret_file::read_file;
pub use self::secret_file::read_secret;

#[cfg(test)]
mod tests;
