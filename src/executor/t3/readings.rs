//! What is read from T3: the light list, the snapshot, one thread, several threads.
//!
//! Which of them a server has is learned by asking. Nothing here judges a thread.

use super::facts::{Kept, fleet, thread_of};
use super::failure::{failure, is_absent_endpoint};
use super::wire::ThreadDetail;
use super::{SERVICE, T3};
use crate::domain::identity::ThreadId;
use crate::executor::{Executor as _, Fleet, SnapshotDays, Thread};
use crate::fan_out::fan_out_at_most;
use crate::service_error::{AnsweredBy, FailureKind, ServiceError};

/// The largest snapshot that is read, in bytes. It holds every tool output there ever was, and only grows.
const SNAPSHOT_MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Threads that are read at once.
const READ_AT_ONCE: usize = 4;

impl T3<'_> {
    pub(super) fn snapshot(&self) -> Result<Fleet, ServiceError> {
        self.snapshot_of(Kept::All)
    }

    pub(super) fn snapshot_of(&self, kept: Kept<'_>) -> Result<Fleet, ServiceError> {
        let call = self.get("read the snapshot", &["api", "orchestration", "snapshot"]);
        let answer = self.send(&call)?;
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        let (fleet, bytes) =
            answer.decode_with(SNAPSHOT_MAX_BYTES, |body| fleet(body, false, kept))?;
        Ok(Fleet { bytes, ..fleet })
    }

    /// Reads the light list; `None` when the server has none.
    pub(super) fn shell(&self) -> Result<Option<Fleet>, ServiceError> {
        if !self.shell.may_exist() {
            return Ok(None);
        }
        let call = self.get("read the shell", &["api", "orchestration", "shell"]);
        let answer = self.send(&call)?;
        if is_absent_endpoint(&answer) {
            self.shell.note_absent();
            return Ok(None);
        }
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        let (fleet, _) =
            answer.decode_with(SNAPSHOT_MAX_BYTES, |body| fleet(body, true, Kept::All))?;
        // It says little of the threads that are released.
        Ok(Some(Fleet {
            days: SnapshotDays::default(),
            ..fleet
        }))
    }

    /// Reads one thread by itself. The outer `None`: the server has no such endpoint.
    pub(super) fn detail(&self, id: ThreadId) -> Result<Option<Option<Thread>>, ServiceError> {
        if !self.thread_detail.may_exist() {
            return Ok(None);
        }
        let id_text = id.to_string();
        let call = self.get(
            "read a thread",
            &["api", "orchestration", "threads", &id_text],
        );
        let answer = self.send(&call)?;
        if answer.status == 404 && answer.is_json() {
            let (body, excerpt) = answer.into_small_json();
            let reason = body.as_ref().and_then(|body| body["reason"].as_str());
            return if reason == Some("thread_not_found") {
                Ok(Some(None))
            } else {
                Err(ServiceError::new(
                    SERVICE,
                    call.name,
                    FailureKind::Unreadable,
                    format!("HTTP 404: {excerpt}"),
                )
                .answered_by(AnsweredBy::Service(404)))
            };
        }
        if is_absent_endpoint(&answer) {
            self.thread_detail.note_absent();
            return Ok(None);
        }
        if answer.status != 200 {
            return Err(failure(&call, answer));
        }
        let thread = answer.decode::<ThreadDetail>()?.thread;
        match thread_of(thread, true) {
            Some(thread) if thread.id == id => Ok(Some(Some(thread))),
            Some(_) | None => Err(ServiceError::new(
                SERVICE,
                call.name,
                FailureKind::Unreadable,
                format!("asked for thread {id}, got another"),
            )),
        }
    }

    /// Reads several threads: one by one where the server can, all in one snapshot where it can not.
    pub(super) fn read_threads(
        &self,
        ids: &[ThreadId],
    ) -> Vec<Result<Option<Thread>, ServiceError>> {
        let Some((first, others)) = ids.split_first() else {
            return Vec::new();
        };
        match self.detail(*first) {
            Ok(None) => {}
            first => {
                let first = first.map(Option::flatten);
                let others = fan_out_at_most(READ_AT_ONCE, others, |id| self.thread(*id));
                return std::iter::once(first).chain(others).collect();
            }
        }
        match self.snapshot_of(Kept::These(ids)) {
            Ok(mut fleet) => ids.iter().map(|id| Ok(fleet.threads.remove(id))).collect(),
            Err(error) => ids.iter().map(|_| Err(error.clone())).collect(),
        }
    }
}
