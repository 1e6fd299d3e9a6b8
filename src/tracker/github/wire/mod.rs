//! Shapes of GitHub's answers, as far as they are read, and what they mean in domain terms.
//!
//! GraphQL shapes follow the public schema of July 2026, REST shapes the description 2022-11-28. Unknown
//! words become explicit unknowns; a member that the answer must have and lacks is a decoding error.

mod act;
mod actor;
mod event;
mod graphql;
mod issue;
mod parent;
mod permission;
mod pruned;
mod repository;
mod work;

pub(super) use self::act::{RestId, RestState};
pub(super) use self::actor::{WireActor, actor};
pub(super) use self::event::{RestEvent, RestHappening};
pub(super) use self::graphql::{
    GraphQlAnswer, GraphQlError, Named, Nodes, Viewer, maybe_null, next_page, present,
    previous_page,
};
pub(super) use self::issue::{WireComment, WireEdit, WireIssue, WireTimelineItem, issue_state};
pub(super) use self::parent::WireParent;
pub(super) use self::permission::{RestPermission, permission};
pub(super) use self::repository::{WireFacts, WireReady, WireRepository, WireSurvey, visibility};
pub(super) use self::work::{WireBlocker, WireBlockerState, WireRival};
