//! The protocol, and the broken protocols that the checker must see through.
//!
//! A variant changes as little as possible: each method below is one question that the steps ask. Only the protocol
//! itself, [`Variant::TurnBinds`] and [`Variant::ReadsApart`] are sound.

/// Which protocol the ticks follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// SPEC 3 and 4: creation binds a slot to its issue and authorisation.
    Protocol,
    /// The first turn binds instead. Sound as well; the next two build on it.
    TurnBinds,
    /// The protocol as it is built: watch reads T3, then the forge, whose lists may lag, and looks at T3 once more before it
    /// calls an issue a stray; a stray that T3 knows nothing of is handed back. Sound as well.
    ReadsApart,
    /// The same without the second look.
    StraysByOldReading,
    /// The lock label is the authority, set after the dispatch, and threads have random ids.
    LabelFirst,
    /// Thread ids are made from issue and authorisation, so that two issues never meet.
    IdPerAuthorisation,
    /// A corrective turn does not use the step id that an end would use.
    UnguardedTurn,
    /// The slot is released first, the bell rings and the labels change after.
    EarlyRelease,
    /// Poll takes a missing lock label for permission, whatever T3 says.
    LabelIsPermission,
    /// The bell rings after the release, and last.
    BellLast,
    /// The lock label goes before the ready label.
    LockBeforeReady,
    /// Nobody removes a lock label that belongs to no live run.
    StraysIgnored,
    /// A turn that T3 accepted and lost is waited for.
    NoDeadline,
    /// A resume does not use the step id that an end would use.
    ResumeOutsideSteps,
    /// A resume counts as a corrective turn.
    ResumesAreAttempts,
    /// A run whose first message T3 forgot is taken for one that never began.
    StartedByMessages,
    /// A step id that was accepted and shows nothing is sent again and again.
    NeverProbes,
    /// Where a step id shows nothing, ticks try others in whatever order.
    ProbesAnyOrder,
    /// A title that says done is believed.
    HonoursDone,
    /// A title that says stood down is believed.
    HonoursStoodDown,
    /// A title that names another issue than the messages is believed.
    FollowsTitle,
    /// A write that is refused for good is tried for ever.
    StopsAtRefusal,
    /// A sink that is gone is waited for.
    GivesUpNoSink,
    /// An agent whose server died is taken for dead at once.
    ReleasesOrphans,
    /// A session in an archived thread is stopped without taking the thread out first, and T3's answer is taken for proof.
    StopsInArchive,
    /// A slot that people archive once its end is recorded is taken for released, whatever its agent does.
    EndIsRelease,
    /// Whatever is archived or deleted is released.
    ArchiveIsRelease,
    /// Turns are sent whatever brake is on.
    IgnoresBrakes,
    /// A halt ends runs whose agent works, and forgets those that wait for their provider.
    HaltForgetsPaused,
    /// A commit with the trailer of a run is the run's, whatever issue it names.
    BelievesTrailers,
}

impl Variant {
    /// Whether the slot names its issue and authorisation from the moment it exists.
    pub const fn creation_binds(self) -> bool {
        !matches!(
            self,
            Self::TurnBinds
                | Self::LabelFirst
                | Self::IdPerAuthorisation
                | Self::UnguardedTurn
                | Self::EarlyRelease
        )
    }

    /// Whether watch reads the forge after T3 and not together with it.
    pub const fn reads_apart(self) -> bool {
        matches!(self, Self::ReadsApart | Self::StraysByOldReading)
    }
}
