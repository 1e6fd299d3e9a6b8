//! What a watch tick decides on the facts of one run (SPEC 6), as far as the model tells decisions apart.
//!
//! Time is reduced to what may have happened: a deadline has passed whenever the facts allow it, but for the one after which
//! an agent that survived T3's server is gone.

use super::slot::{Agent, Binding, Ci, Ending, Forgery, Slot};
use super::t3::Turn;
use super::troubles::{Rules, Troubles};
use super::variants::Variant;
use super::world::{Brake, World};

/// How many corrective turns a run may have.
pub const FIXES_MAX: u8 = 1;

/// How many resumes in a row a run may have.
const RESUMES_MAX: u8 = 1;

/// What the decision table says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Wait,
    Send(Turn),
    End(Ending),
}

/// The decision table on the facts that the model keeps.
pub fn decide(rules: Rules, slot: &Slot, brake: Brake) -> Decision {
    match (unbraked(rules, slot), brake) {
        (decision, Brake::Off) => decision,
        (Decision::End(ending), Brake::Drain | Brake::Halt) => Decision::End(ending),
        (_, Brake::Halt) if is_halted(rules, slot) => hand_back(slot),
        (decision @ Decision::Send(_), _) if rules.are(Variant::IgnoresBrakes) => decision,
        (Decision::Wait | Decision::Send(_), Brake::Drain | Brake::Halt) => Decision::Wait,
    }
}

/// Whether a halt ends a run: its agent works, or it would go on by itself.
fn is_halted(rules: Rules, slot: &Slot) -> bool {
    let paused = slot.agent == Agent::Interrupted && !rules.are(Variant::HaltForgetsPaused);
    slot.agent.is_at_work() || paused
}

fn hand_back(slot: &Slot) -> Decision {
    Decision::End(if slot.pushed {
        Ending::Frozen
    } else {
        Ending::NeedsHuman
    })
}

fn unbraked(rules: Rules, slot: &Slot) -> Decision {
    let handed_back = hand_back(slot);
    if slot.forgery == Forgery::Binding && !rules.are(Variant::FollowsTitle) {
        return Decision::End(Ending::NeedsHuman);
    }
    match (slot.pushed, slot.ci, slot.agent) {
        (true, Ci::Green, _) => Decision::End(Ending::Done),
        // No turn goes into a thread that a person took away.
        (true, Ci::Red, _) if slot.released => handed_back,
        (false, _, _) if slot.released => handed_back,
        (_, _, Agent::Interrupted) if slot.released => Decision::Wait,
        (_, _, Agent::Interrupted) if slot.resumes < RESUMES_MAX => Decision::Send(Turn::Resume),
        (_, _, Agent::Interrupted) => handed_back,
        (_, _, Agent::Orphaned) if rules.are(Variant::ReleasesOrphans) => handed_back,
        (_, _, Agent::Orphaned) => Decision::Wait,
        (true, Ci::Red, _) if attempts(rules, slot) < FIXES_MAX => Decision::Send(Turn::Corrective),
        (true, Ci::Red, _) => handed_back,
        (true, Ci::Pending, _) => Decision::Wait,
        (false, _, Agent::Idle | Agent::Stopped) => handed_back,
        (false, _, Agent::Lost) if rules.are(Variant::NoDeadline) => Decision::Wait,
        (false, _, Agent::Lost) => handed_back,
        (false, _, Agent::Absent | Agent::Running) => Decision::Wait,
    }
}

fn attempts(rules: Rules, slot: &Slot) -> u8 {
    if rules.are(Variant::ResumesAreAttempts) {
        slot.fixes + slot.resumes
    } else {
        slot.fixes
    }
}

/// What an end that is found in a title is worth on the evidence of this moment (SPEC 4.3, w3); `None` while it has to wait.
///
/// Without forgeries every title is ours and is believed, as the reference model does. (It shows one more thing that evidence
/// is good for: a slot that a list which lags stood down although its issue asks for it.)
pub fn proven(rules: Rules, world: &World, slot: &Slot, ending: Ending) -> Option<Ending> {
    if !rules.have(Troubles::FORGES) {
        return Some(ending);
    }
    match ending {
        Ending::Done if rules.are(Variant::HonoursDone) => Some(ending),
        Ending::Done => match (slot.pushed, slot.ci) {
            (true, Ci::Green) => Some(ending),
            (true, Ci::Pending) => None,
            (true, Ci::Red) | (false, _) => Some(Ending::NeedsHuman),
        },
        Ending::StoodDown => {
            let kept = slot.binding.is_some_and(|binding| asks_for(world, binding));
            if kept && !rules.are(Variant::HonoursStoodDown) {
                Some(Ending::NeedsHuman)
            } else {
                Some(ending)
            }
        }
        Ending::NeedsHuman | Ending::Frozen => Some(ending),
    }
}

/// Whether the issue still asks for this run.
pub fn asks_for(world: &World, binding: Binding) -> bool {
    let issue = world.issue(binding.issue);
    issue.asks_for_run() && issue.event == binding.event
}
