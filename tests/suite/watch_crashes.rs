//! Crashes and overlaps of `afk-watch`: every tick of every story is killed, delayed or overtaken at its requests.
//!
//! A tick dies inside this process: what it sends from then on is lost. Clean ticks come after it. However it was
//! disturbed, a story must reach the end that it reaches undisturbed, with no bell lost and at most one rung again. Whether
//! that end is the right one is for the stories of `watch.rs`, `watch_more.rs` and `watch_rollout.rs`, which are all
//! told here again but two: a dry run writes nothing that a crash could tear, and a tick that can not reach T3 is a
//! disturbance itself. At which requests a story is disturbed, and why that covers all, is in `disturbance.rs`.
//!
//! Of the places at which a story can be disturbed every second one is tried, all of them with `AFK_EVERY_POINT=1`: the fault
//! loop of the simulation, in memory, leaves out none.
//!
//! Every story is told with deaths. The other troubles are told of stories that differ in what is written: they take the
//! most time, and what is left of them is for the simulation in memory.

mod disturbance;
mod door;
mod end;
mod freezing;
mod handing_back;
mod landing;
mod play;
mod promises;
mod rollout;
mod scenes;
mod strays;

use disturbance::{Asked, Disturbance, Mishap, Trouble};
use end::End;
use play::Play;

use crate::support::every_point;
use crate::support::sandbox::t3::T3Version;

/// Tells a story from its start to its end, and returns the number of its issue.
type Story = fn(&mut Play) -> u64;

/// One of so many places is tried.
const TURNS: usize = 2;

/// Tells a story undisturbed, then with each disturbance in turn.
fn disturb_everywhere(name: &str, version: T3Version, trouble: Trouble, story: Story) {
    let mut play = Play::new(name, version, None);
    let number = story(&mut play);
    let undisturbed = Told {
        end: End::of(&play, number),
        bells: play.bells(),
    };
    assert!(
        play.saga.world.t3.live_agents().is_empty(),
        "{name}: somebody is still at work"
    );
    let disturbances = trouble.everywhere(&play.ticks);
    assert!(!disturbances.is_empty(), "{name}: nothing to disturb");
    // Stories share most of their acts: each takes its turns from another place on.
    let first = (name.len() + disturbances.len()) % TURNS;
    let step = if every_point() { 1 } else { TURNS };
    let disturbances = disturbances
        .into_iter()
        .skip(if step == 1 { 0 } else { first });
    let ticks = play.ticks.clone();
    drop(play);
    for disturbance in disturbances.step_by(step) {
        let asked = &ticks[disturbance.tick][disturbance.request];
        undisturbed.compare(name, version, disturbance, asked, story);
    }
}

/// A story as it goes undisturbed.
struct Told {
    end: End,
    bells: Vec<String>,
}

impl Told {
    fn compare(
        &self,
        name: &str,
        version: T3Version,
        disturbance: Disturbance,
        asked: &Asked,
        story: Story,
    ) {
        let mut play = Play::new(name, version, Some(disturbance));
        play.name = format!("{} ({})", play.name, asked.line);
        let number = story(&mut play);
        let name = &play.name;
        assert!(
            play.ticks.len() > disturbance.tick,
            "{name}: over before it was disturbed"
        );
        let disturbed = &play.ticks[disturbance.tick][disturbance.request];
        // Reads of one tick run side by side, in any order.
        assert!(
            !asked.writes || disturbed.line == asked.line,
            "{name}: {disturbed:?}"
        );
        let mut end = End::of(&play, number);
        if disturbance.mishap == Mishap::OvertakenByPoll {
            end = end.in_words_of_watch();
        }
        // Nobody looks at what comes after the release: a second comment stays, and a title that lists fewer receipts.
        let excused = play.too_late
            && (asked.line.ends_with("/comments") && end.repeats_a_comment_of(&self.end)
                || asked.line.starts_with("t3 ")
                    && end.without_receipts() == self.end.without_receipts());
        if !excused {
            assert_eq!(end, self.end, "{name}");
        }
        let rung = play.bells();
        assert!(
            (self.bells.len()..=self.bells.len() + 1).contains(&rung.len()),
            "{name}: {rung:?}"
        );
        for bell in &self.bells {
            assert!(rung.contains(bell), "{name}: lost {bell}");
        }
        for bell in &rung {
            assert!(self.bells.contains(bell), "{name}: new {bell}");
        }
        let report = play.saga.poll();
        assert!(report.dispatched.is_empty(), "{name}: {report}");
        // What was sent is the same as undisturbed, which is held against the contract.
        play.saga.world.journal.clear();
    }
}

macro_rules! everywhere {
    ($($test:ident: $home:ident::$story:ident on $version:ident, $trouble:ident;)*) => {$(
        #[test]
        fn $test() {
            disturb_everywhere(stringify!($story), T3Version::$version, Trouble::$trouble, $home::$story);
        }
    )*};
}

everywhere! {
    a_tick_may_die_anywhere_while_a_run_lands: landing::landed on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_on_july: landing::landed on July, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_on_the_fork: landing::landed on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_is_repaired: landing::repaired on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_repaired_unasked: landing::repaired_unasked on July, Dies;
    a_tick_may_die_anywhere_while_a_run_is_repaired_after_hours: landing::repaired_after_hours on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_by_reference: landing::landed_by_reference on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_although_its_push_closed_the_issue: landing::landed_although_its_push_closed_the_issue on July, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_by_workflow_runs: landing::landed_by_workflow_runs on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_off_the_allowlist: landing::landed_off_the_allowlist on July, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_beside_an_unreadable_repository: landing::landed_beside_an_unreadable_repository on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_while_draining: landing::landed_while_draining on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_after_its_label_was_removed: landing::landed_after_its_label_was_removed on July, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_after_a_person_closed_it: landing::landed_after_a_person_closed_it on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_although_its_checklist_was_forged: landing::landed_although_a_stranger_forged_its_checklist on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_deleted_checklist_is_written_anew: landing::landed_after_its_checklist_was_deleted on July, Dies;
    a_tick_may_die_anywhere_while_an_edited_checklist_is_written_anew: landing::landed_after_its_checklist_was_edited on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_lands_after_an_answer: landing::landed_after_an_answer on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_bell_is_down: landing::landed_in_silence_at_first on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_two_sinks_ring: landing::landed_with_two_sinks on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_one_of_two_sinks_is_down: landing::landed_with_one_of_two_sinks_down on July, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen: freezing::frozen on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen_on_july: freezing::frozen on July, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen_on_the_fork: freezing::frozen on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen_after_five_turns: freezing::frozen_after_five_turns on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_without_a_new_commit_is_frozen: freezing::frozen_without_a_new_commit on July, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen_out_of_time: freezing::frozen_out_of_time on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_is_frozen_while_draining: freezing::frozen_while_draining on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_ci_stays_silent: freezing::frozen_by_silent_ci on July, Dies;
    a_tick_may_die_anywhere_while_ci_is_skipped: freezing::frozen_by_a_skip_token on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_issue_is_reopened: freezing::frozen_and_reopened on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_revoked_run_is_frozen: freezing::frozen_after_its_label_was_removed on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_refused_turn_is_given_up: freezing::frozen_without_its_turn on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_rearmed_before_its_release: freezing::frozen_and_rearmed_before_its_release on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_rearmed_after_its_release: freezing::frozen_and_rearmed_after_its_release on July, Dies;
    a_tick_may_die_anywhere_while_a_run_without_a_push_is_handed_back: handing_back::nothing_pushed on July, Dies;
    a_tick_may_die_anywhere_while_a_stalled_agent_is_stopped: handing_back::stalled on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_stalled_agent_is_stopped_on_july: handing_back::stalled on July, Dies;
    a_tick_may_die_anywhere_while_a_stalled_agent_is_stopped_on_the_fork: handing_back::stalled on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_waiting_agent_is_stopped: handing_back::left_waiting on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_waiting_agent_is_stopped_on_july: handing_back::left_waiting on July, Dies;
    a_tick_may_die_anywhere_while_a_waiting_agent_is_stopped_on_the_fork: handing_back::left_waiting on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_agent_died_is_handed_back: handing_back::agent_died on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_agent_died_is_handed_back_on_july: handing_back::agent_died on July, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_agent_died_is_handed_back_on_the_fork: handing_back::agent_died on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_an_endless_agent_is_stopped: handing_back::endless on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_endless_agent_is_stopped_on_july: handing_back::endless on July, Dies;
    a_tick_may_die_anywhere_while_an_endless_agent_is_stopped_on_the_fork: handing_back::endless on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_is_handed_back_after_a_restart: handing_back::server_restarted on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_handed_back_after_a_restart_on_july: handing_back::server_restarted on July, Dies;
    a_tick_may_die_anywhere_while_a_run_is_handed_back_after_a_restart_on_the_fork: handing_back::server_restarted on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_lost_turn_is_handed_back: handing_back::turn_lost on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_lost_turn_is_handed_back_on_july: handing_back::turn_lost on July, Dies;
    a_tick_may_die_anywhere_while_a_lost_turn_is_handed_back_on_the_fork: handing_back::turn_lost on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_is_stood_down: handing_back::label_removed on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_is_stood_down_on_july: handing_back::label_removed on July, Dies;
    a_tick_may_die_anywhere_while_a_run_is_stood_down_on_the_fork: handing_back::label_removed on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_closed_is_stood_down: handing_back::closed_by_a_person on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_closed_is_stood_down_on_july: handing_back::closed_by_a_person on July, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_closed_is_stood_down_on_the_fork: handing_back::closed_by_a_person on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_deleted_is_stood_down: handing_back::issue_deleted on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_deleted_is_stood_down_on_july: handing_back::issue_deleted on July, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_deleted_is_stood_down_on_the_fork: handing_back::issue_deleted on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_transferred_is_stood_down: handing_back::issue_transferred on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_transferred_is_stood_down_on_july: handing_back::issue_transferred on July, Dies;
    a_tick_may_die_anywhere_while_a_run_whose_issue_was_transferred_is_stood_down_on_the_fork: handing_back::issue_transferred on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_slot_is_released_before_its_start: handing_back::closed_before_the_start on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_archived_run_is_handed_back: strays::archived_by_a_person on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_an_archived_run_is_handed_back_on_july: strays::archived_by_a_person on July, Dies;
    a_tick_may_die_anywhere_while_an_archived_run_is_handed_back_on_the_fork: strays::archived_by_a_person on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_deleted_run_is_handed_back: strays::deleted_by_a_person on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_deleted_run_is_handed_back_on_july: strays::deleted_by_a_person on July, Dies;
    a_tick_may_die_anywhere_while_a_deleted_run_is_handed_back_on_the_fork: strays::deleted_by_a_person on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_an_unknown_stray_is_handed_back: strays::locked_by_hand on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_lock_is_cleared_away: strays::lock_left_over on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_commit_is_rolled_out: rollout::rolled_out on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_commit_is_rolled_out_after_a_red_build: rollout::rolled_out_after_a_red_build on July, Dies;
    a_tick_may_die_anywhere_while_a_commit_is_rolled_out_after_a_failed_deploy: rollout::rolled_out_after_a_failed_deploy on Fork0_0_33, Dies;
    a_tick_may_die_anywhere_while_a_stalled_rollout_is_handed_back: rollout::frozen_by_a_stalled_rollout on V0_0_27, Dies;
    a_tick_may_die_anywhere_while_a_deploy_that_never_starts_is_handed_back: rollout::frozen_by_a_deploy_that_never_starts on July, Dies;
    a_tick_may_die_anywhere_while_a_deploy_service_refuses_its_token: rollout::rolled_out_after_a_new_token on V0_0_27, Dies;

    a_lost_answer_changes_nothing_when_a_run_lands: landing::landed on V0_0_27, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_a_run_is_repaired: landing::repaired on July, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_a_run_is_frozen: freezing::frozen on July, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_two_sinks_ring: landing::landed_with_two_sinks on V0_0_27, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_an_issue_is_reopened: freezing::frozen_and_reopened on V0_0_27, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_a_stalled_agent_is_stopped: handing_back::stalled on Fork0_0_33, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_a_run_is_stood_down: handing_back::label_removed on V0_0_27, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_a_run_is_rearmed_before_its_release: freezing::frozen_and_rearmed_before_its_release on V0_0_27, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_an_archived_run_is_handed_back: strays::archived_by_a_person on V0_0_27, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_an_unknown_stray_is_handed_back: strays::locked_by_hand on July, LosesAnAnswer;
    a_lost_answer_changes_nothing_when_a_lock_is_cleared_away: strays::lock_left_over on Fork0_0_33, LosesAnAnswer;

    a_write_may_come_late_when_a_run_lands: landing::landed on V0_0_27, IsLate;
    a_write_may_come_late_when_a_run_is_repaired: landing::repaired on July, IsLate;
    a_write_may_come_late_when_a_run_is_frozen: freezing::frozen on July, IsLate;
    a_write_may_come_late_when_two_sinks_ring: landing::landed_with_two_sinks on V0_0_27, IsLate;
    a_write_may_come_late_when_an_issue_is_reopened: freezing::frozen_and_reopened on Fork0_0_33, IsLate;
    a_write_may_come_late_when_a_stalled_agent_is_stopped: handing_back::stalled on V0_0_27, IsLate;
    a_write_may_come_late_when_a_run_is_stood_down: handing_back::label_removed on V0_0_27, IsLate;
    a_write_may_come_late_when_a_run_is_rearmed_before_its_release: freezing::frozen_and_rearmed_before_its_release on V0_0_27, IsLate;
    a_write_may_come_late_when_a_run_is_rearmed_after_its_release: freezing::frozen_and_rearmed_after_its_release on V0_0_27, IsLate;
    a_write_may_come_late_when_an_archived_run_is_handed_back: strays::archived_by_a_person on V0_0_27, IsLate;
    a_write_may_come_late_when_an_unknown_stray_is_handed_back: strays::locked_by_hand on July, IsLate;
    a_write_may_come_late_when_a_lock_is_cleared_away: strays::lock_left_over on Fork0_0_33, IsLate;
    a_write_may_come_late_when_an_archived_run_is_handed_back_on_the_fork: strays::archived_by_a_person on Fork0_0_33, IsLate;

    a_rate_limit_changes_nothing_when_a_run_is_repaired: landing::repaired on V0_0_27, IsRateLimited;
    a_rate_limit_changes_nothing_when_a_run_is_frozen: freezing::frozen on July, IsRateLimited;
    a_rate_limit_changes_nothing_when_a_stalled_agent_is_stopped: handing_back::stalled on Fork0_0_33, IsRateLimited;
    a_rate_limit_changes_nothing_when_an_archived_run_is_handed_back: strays::archived_by_a_person on V0_0_27, IsRateLimited;
    a_rate_limit_changes_nothing_when_a_commit_is_rolled_out: rollout::rolled_out on V0_0_27, IsRateLimited;

    two_watch_ticks_land_a_run_once: landing::landed on V0_0_27, OvertakenByWatch;
    two_watch_ticks_land_a_run_once_on_july: landing::landed on July, OvertakenByWatch;
    two_watch_ticks_land_a_run_once_on_the_fork: landing::landed on Fork0_0_33, OvertakenByWatch;
    two_watch_ticks_repair_a_run_once: landing::repaired on Fork0_0_33, OvertakenByWatch;
    two_watch_ticks_freeze_a_run_once: freezing::frozen on V0_0_27, OvertakenByWatch;
    two_watch_ticks_freeze_a_run_once_on_july: freezing::frozen on July, OvertakenByWatch;
    two_watch_ticks_reopen_an_issue_once: freezing::frozen_and_reopened on V0_0_27, OvertakenByWatch;
    two_watch_ticks_stop_a_stalled_agent_once: handing_back::stalled on V0_0_27, OvertakenByWatch;
    two_watch_ticks_stand_a_run_down_once: handing_back::label_removed on July, OvertakenByWatch;
    two_watch_ticks_hand_an_archived_run_back_once: strays::archived_by_a_person on V0_0_27, OvertakenByWatch;
    two_watch_ticks_hand_an_archived_run_back_once_on_the_fork: strays::archived_by_a_person on Fork0_0_33, OvertakenByWatch;

    a_poll_tick_meanwhile_starts_nothing_while_a_run_lands: landing::landed on V0_0_27, OvertakenByPoll;
    a_poll_tick_meanwhile_starts_nothing_while_a_run_is_frozen: freezing::frozen on V0_0_27, OvertakenByPoll;
    a_poll_tick_meanwhile_starts_nothing_while_a_run_is_frozen_on_july: freezing::frozen on July, OvertakenByPoll;
    a_poll_tick_meanwhile_starts_nothing_while_a_run_is_stood_down: handing_back::label_removed on Fork0_0_33, OvertakenByPoll;
    a_poll_tick_meanwhile_starts_nothing_while_an_archived_run_is_handed_back: strays::archived_by_a_person on V0_0_27, OvertakenByPoll;
    a_poll_tick_meanwhile_starts_nothing_while_a_slot_is_released: handing_back::closed_before_the_start on V0_0_27, OvertakenByPoll;
}
