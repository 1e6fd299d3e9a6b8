//! Stories of rollouts, as they were seen on a real cluster: what Kubernetes shows, and what becomes of the run.

use serde_json::json;

use crate::support::delivery::{Built, Delivery};
use crate::support::place::{Place, on_each_kind_of_forge};
use crate::support::sandbox::kubernetes_objects::StatefulSet;
use crate::support::world::REPO;

on_each_kind_of_forge! {
    what_is_not_there_has_a_deadline_and_a_name,
    what_our_role_does_not_reach_has_a_deadline_and_a_name,
    a_container_that_is_not_there_has_a_deadline_and_a_name,
    all_containers_of_the_image_count_and_others_do_not,
    an_old_image_that_is_restarted_is_not_yet_and_an_undone_one_is_red,
    what_is_brought_back_is_red_although_it_names_no_commit,
    a_newer_image_that_stalls_is_waited_for_and_ends_with_its_cause,
    a_newer_image_that_is_taken_back_is_waited_for_and_ends_with_its_cause,
    what_a_canary_with_the_same_labels_ran_is_none_of_its_past,
    a_refusal_from_before_ours_says_nothing_of_pods_that_start,
    of_a_list_all_that_is_waited_for_is_told,
    a_pinned_sidecar_beside_a_release_is_waited_for,
    sets_that_can_not_pull_their_image_say_so_while_they_wait_and_at_their_end,
    a_deployment_whose_pods_crash_says_so_while_it_waits_and_at_its_end,
    a_digest_alone_is_said_at_once,
    a_floating_tag_waits_with_a_hint_and_a_digest_beside_a_tag_is_fine,
    tags_name_commits_in_many_ways,
    a_rollout_that_stalls_quotes_its_pods,
    pods_that_the_cluster_refuses_are_waited_for_and_then_red,
    paused_and_scaled_to_zero_wait_and_end_with_their_cause,
    of_a_list_a_failure_counts_although_another_object_can_not_be_read,
    a_daemon_set_is_there_when_every_node_has_it,
    a_stateful_set_that_a_person_must_move_says_so,
    a_run_that_waited_for_long_says_how_long,
}

const DEPLOYMENT: &str =
    r#"{"acme/widgets": {"rollout": {"namespace": "shop", "name": "widgets"}}}"#;
const DEPLOYED: &str = r#"{"acme/widgets": {"deploy": "woodpecker", "rollout": {"namespace": "shop", "name": "widgets"}}}"#;
const OLD: &str = "registry.test/widgets:0a1b2c3d";

fn cluster(place: Place) -> Delivery {
    let story = Delivery::at(place, DEPLOYMENT);
    story
        .kubernetes
        .set_deployment("shop", "widgets", &[("app", OLD)]);
    story
}

fn roll_out(story: &Delivery, image: &str) {
    story.kubernetes.set_image("shop", "widgets", "app", image);
    story.kubernetes.rollout_completes("shop", "widgets");
}

/// A tick that can not read the rollout and waits, and one past the deadline.
fn has_a_deadline(story: &Delivery, built: &Built, said: &str) {
    let report = story.saga.watch();
    assert_eq!(report.runs[0].action, "wait", "{report}");
    assert_eq!(report.failures.len(), 1, "{report}");
    assert_eq!(report.failures[0].service, "kubernetes");
    let shown = &story.saga.checklist(built.number)[0];
    assert!(
        shown.contains("_Waits: rollout: it can not be read: ") && shown.contains(said),
        "{said}: {shown}"
    );
    story.saga.pass(5_400);
    story.freezes(built, "ci-silent", said);
}

fn what_is_not_there_has_a_deadline_and_a_name(place: Place) {
    let story = Delivery::at(place, DEPLOYMENT);
    let built = story.built();
    // A StatefulSet of that name is no Deployment.
    let set = StatefulSet::complete(OLD);
    story.kubernetes.set_stateful_set("shop", "widgets", set);
    has_a_deadline(&story, &built, "kind, namespace or name may be wrong");
}

fn what_our_role_does_not_reach_has_a_deadline_and_a_name(place: Place) {
    let story = cluster(place);
    let built = story.built();
    story.kubernetes.forbid("shop");
    has_a_deadline(&story, &built, "the Role must allow");
}

fn a_container_that_is_not_there_has_a_deadline_and_a_name(place: Place) {
    let story = Delivery::at(
        place,
        r#"{"acme/widgets": {"rollout": {"namespace": "shop", "name": "widgets", "container": "web"}}}"#,
    );
    story
        .kubernetes
        .set_deployment("shop", "widgets", &[("app", OLD)]);
    let built = story.built();
    has_a_deadline(&story, &built, "has no container 'web' (it has app)");
}

fn all_containers_of_the_image_count_and_others_do_not(place: Place) {
    let story = cluster(place);
    let older = (story.saga.world.forge).push_commit(REPO, "alice", "Another feature");
    let built = story.built();
    let image = story.image(&built.sha);
    let worker = "registry.test/widgets-worker";
    // The proxy is built from another repository.
    story.kubernetes.set_deployment(
        "shop",
        "widgets",
        &[
            ("app", &image),
            ("worker", &format!("{worker}:{}", &older[..8])),
            ("proxy", "registry.test/widgets-proxy:9fe31c02"),
        ],
    );
    // An init container of another repository says nothing.
    story
        .kubernetes
        .add_init_container("shop", "widgets", "wait", "registry.test/tools:1f2e3d4c");
    story.waits_for(&built, "one of its containers still runs");
    let own = format!("{worker}:{}", &built.sha[..8]);
    story
        .kubernetes
        .set_image("shop", "widgets", "worker", &own);
    story.kubernetes.rollout_completes("shop", "widgets");
    story.lands(&built);
}

/// Slow GitOps restarts the old image long after the deploy.
fn an_old_image_that_is_restarted_is_not_yet_and_an_undone_one_is_red(place: Place) {
    let story = Delivery::at(place, DEPLOYED);
    story
        .kubernetes
        .set_deployment("shop", "widgets", &[("app", OLD)]);
    let built = story.built();
    story
        .woodpecker
        .deploy_pipeline(REPO, &built.sha[..8], "success");
    story.saga.pass(720);
    story.kubernetes.restart("shop", "widgets");
    story.kubernetes.rollout_completes("shop", "widgets");
    story.waits_for(&built, "it still runs image tag '0a1b2c3d'");
    // The agent is still asked about its tests: ours comes, and somebody takes it back before a tick saw it.
    roll_out(&story, &story.image(&built.sha));
    story.saga.pass(30);
    story.kubernetes.undo("shop", "widgets");
    story.kubernetes.rollout_completes("shop", "widgets");
    story.corrects(&built, "It was rolled back: revision 3 ran the commit");
}

/// What a person brings back need not name a commit; a release with a number that comes after ours may contain it.
fn what_is_brought_back_is_red_although_it_names_no_commit(place: Place) {
    let release = "registry.test/widgets:v1.4.2";
    let story = Delivery::at(place, DEPLOYMENT);
    story
        .kubernetes
        .set_deployment("shop", "widgets", &[("app", release)]);
    let built = story.built();
    story.waits_for(&built, "tag 'v1.4.2' names no commit");
    roll_out(&story, &story.image(&built.sha));
    story.kubernetes.undo("shop", "widgets");
    story.kubernetes.rollout_completes("shop", "widgets");
    story.corrects(
        &built,
        "revision 2 ran the commit, and revision 3 runs image tag 'v1.4.2'",
    );

    let story = cluster(place);
    let built = story.built();
    roll_out(&story, &story.image(&built.sha));
    roll_out(&story, release);
    story.waits_for(&built, "tag 'v1.4.2' names no commit");
}

fn a_newer_image_that_stalls_is_waited_for_and_ends_with_its_cause(place: Place) {
    let story = cluster(place);
    let built = story.built();
    let newer = (story.saga.world.forge).push_commit(REPO, "alice", "Another feature");
    let image = story.image(&newer);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    story.kubernetes.rollout_stalls("shop", "widgets");
    let said = "a newer commit that contains it does not become ready (ProgressDeadlineExceeded";
    story.waits_for(&built, said);
    story.saga.pass(5_400);
    story.freezes(&built, "ci-silent", said);
    assert_eq!(story.saga.turns(&built.thread), 1);
}

/// Ours never ran alone: whose fault it was is not ours to mend.
fn a_newer_image_that_is_taken_back_is_waited_for_and_ends_with_its_cause(place: Place) {
    let story = cluster(place);
    let built = story.built();
    let newer = (story.saga.world.forge).push_commit(REPO, "alice", "Another feature");
    roll_out(&story, &story.image(&newer));
    story.kubernetes.undo("shop", "widgets");
    story.kubernetes.rollout_completes("shop", "widgets");
    let said = "revision 2 ran a newer commit that contains it, and was taken back: revision 3 runs image tag '0a1b2c3d'";
    story.waits_for(&built, said);
    story.saga.pass(5_400);
    story.freezes(&built, "ci-silent", said);
    assert_eq!(story.saga.turns(&built.thread), 1);
}

fn what_a_canary_with_the_same_labels_ran_is_none_of_its_past(place: Place) {
    let story = cluster(place);
    for _ in 0..2 {
        story.kubernetes.restart("shop", "widgets");
    }
    story.kubernetes.rollout_completes("shop", "widgets");
    let built = story.built();
    let image = story.image(&built.sha);
    let canary = [("app", image.as_str())];
    story
        .kubernetes
        .set_canary("shop", "widgets-canary", "widgets", &canary);
    story.waits_for(&built, "it still runs image tag '0a1b2c3d'");
    roll_out(&story, &image);
    story.lands(&built);
}

/// The run's commit is the mend of what was refused since yesterday.
fn a_refusal_from_before_ours_says_nothing_of_pods_that_start(place: Place) {
    let story = cluster(place);
    story
        .kubernetes
        .refuse_pods("shop", "widgets", "exceeded quota");
    story.saga.pass(86_400);
    let built = story.built();
    let image = story.image(&built.sha);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    story.kubernetes.rollout_progresses("shop", "widgets");
    story.waits_for(&built, "the cluster refuses pods");
    story.kubernetes.rollout_progresses("shop", "widgets");
    story.saga.pass(600);
    story.waits_for(&built, "the cluster refuses pods");
}

fn of_a_list_all_that_is_waited_for_is_told(place: Place) {
    let story = Delivery::at(
        place,
        r#"{"acme/widgets": {"rollout": [{"namespace": "shop", "name": "widgets"},
            {"namespace": "shop", "name": "api"}]}}"#,
    );
    story
        .kubernetes
        .set_deployment("shop", "widgets", &[("app", OLD)]);
    let built = story.built();
    roll_out(&story, &story.image(&built.sha));
    story.kubernetes.pause("shop", "widgets");
    let paused = "Deployment shop/widgets: somebody paused it; a person must resume it";
    // The other one can not be read.
    story.saga.watch();
    let shown = story.saga.checklist(built.number)[0].clone();
    let missing = "there is no such Deployment";
    assert!(shown.contains(missing) && shown.contains(paused), "{shown}");
    // It is there, and waits as well.
    story
        .kubernetes
        .set_deployment("shop", "api", &[("app", OLD)]);
    let both = format!("{paused}; Deployment shop/api: it still runs image tag '0a1b2c3d'");
    story.waits_for(&built, &both);
    story.saga.pass(5_400);
    story.freezes(&built, "ci-silent", &both);
}

fn a_pinned_sidecar_beside_a_release_is_waited_for(place: Place) {
    let pinned = format!("registry.test/proxy@sha256:{}", "ab".repeat(32));
    let story = Delivery::at(place, DEPLOYMENT);
    story.kubernetes.set_deployment(
        "shop",
        "widgets",
        &[("app", "registry.test/widgets:v1.4.2"), ("proxy", &pinned)],
    );
    let built = story.built();
    story.waits_for(&built, "tag 'v1.4.2' names no commit");
    let tag = format!("registry.test/widgets:v1.4.2-1-g{}", &built.sha[..7]);
    roll_out(&story, &tag);
    story.lands(&built);
}

/// Neither kind ever says that it makes no progress.
fn sets_that_can_not_pull_their_image_say_so_while_they_wait_and_at_their_end(place: Place) {
    for (kind, plural) in [("StatefulSet", "statefulsets"), ("DaemonSet", "daemonsets")] {
        let story = Delivery::at(
            place,
            &format!(
                r#"{{"acme/widgets": {{"rollout": {{"kind": "{kind}", "namespace": "shop", "name": "db"}}}}}}"#
            ),
        );
        let set = |image: &str, done: u64| {
            if kind == "StatefulSet" {
                let set = StatefulSet {
                    updated: done,
                    ..StatefulSet::complete(image)
                };
                story.kubernetes.set_stateful_set("shop", "db", set);
            } else {
                story
                    .kubernetes
                    .set_daemon_set("shop", "db", image, 2, done);
            }
        };
        set(OLD, 2);
        let built = story.built();
        let image = story.image(&built.sha);
        set(&image, 1);
        story.kubernetes.add_pod_of_object(
            "shop",
            "db",
            json!({"containerStatuses": [{
                "name": "app", "ready": false, "restartCount": 0, "image": "x", "imageID": "",
                "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}},
            }]}),
        );
        let lists = || {
            let journal = story.saga.world.journal.exchanges();
            let asked = |part: &str| {
                let paths = journal.iter().map(|exchange| &exchange.request.path);
                paths.filter(|path| path.contains(part)).count()
            };
            (asked(plural), asked("/pods"))
        };
        story.waits_for(&built, "1 of 2 pods have the new image");
        assert_eq!(lists(), (1, 0));
        story.saga.pass(300);
        let said = "1 of 2 pods have the new image; its pods say: app: ImagePullBackOff: Back-off pulling image";
        story.waits_for(&built, said);
        assert_eq!(lists(), (2, 1));
        story.saga.pass(5_400);
        story.freezes(&built, "ci-silent", said);
    }
}

/// Pods that come up for a moment count as progress, so that it never says that it makes none.
fn a_deployment_whose_pods_crash_says_so_while_it_waits_and_at_its_end(place: Place) {
    let story = cluster(place);
    let built = story.built();
    let lists = || {
        let journal = story.saga.world.journal.exchanges();
        let asked = journal.iter().map(|exchange| &exchange.request.path);
        asked.filter(|path| path.contains("/pods")).count()
    };
    story.kubernetes.add_pod(
        "shop",
        "widgets",
        json!({"containerStatuses": [{
            "name": "app", "ready": false, "restartCount": 7, "image": "x", "imageID": "",
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}},
        }]}),
    );
    // What does not run ours yet has pods that are not about it.
    story.saga.pass(600);
    story.waits_for(&built, "it still runs image tag '0a1b2c3d'");
    assert_eq!(lists(), 0);
    let image = story.image(&built.sha);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    for _ in 0..3 {
        story.kubernetes.rollout_progresses("shop", "widgets");
    }
    let said = "1 of 2 new pods are available; its pods say: app: CrashLoopBackOff; OOMKilled (exit code 137)";
    story.waits_for(&built, said);
    assert_eq!(lists(), 1);
    story.kubernetes.forbid_lists();
    story.waits_for(&built, "1 of 2 new pods are available");
    story.saga.pass(4_800);
    story.freezes(&built, "ci-silent", "1 of 2 new pods are available");
    assert_eq!(story.saga.turns(&built.thread), 1);

    let story = cluster(place);
    let built = story.built();
    let image = story.image(&built.sha);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    for _ in 0..3 {
        story.kubernetes.rollout_progresses("shop", "widgets");
    }
    story.kubernetes.add_pod(
        "shop",
        "widgets",
        json!({"containerStatuses": [{
            "name": "app", "ready": false, "restartCount": 7, "image": "x", "imageID": "",
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        }]}),
    );
    let said = "1 of 2 new pods are available";
    story.waits_for(&built, said);
    let shown = &story.saga.checklist(built.number)[0];
    assert!(!shown.contains("its pods say"), "{shown}");
    story.saga.pass(5_400);
    let said = format!("{said}; its pods say: app: CrashLoopBackOff");
    story.freezes(&built, "ci-silent", &said);
}

fn a_digest_alone_is_said_at_once(place: Place) {
    let story = cluster(place);
    let built = story.built();
    let digest = format!("registry.test/widgets@sha256:{}", "ab".repeat(32));
    roll_out(&story, &digest);
    story.freezes(&built, "ci-blocked", "pins a digest in container app");
}

fn a_floating_tag_waits_with_a_hint_and_a_digest_beside_a_tag_is_fine(place: Place) {
    let story = cluster(place);
    let built = story.built();
    roll_out(&story, "registry.test/widgets:latest");
    story.waits_for(&built, "tag 'latest' names no commit");
    let pinned = format!("{}@sha256:{}", story.image(&built.sha), "ab".repeat(32));
    roll_out(&story, &pinned);
    story.lands(&built);
}

fn tags_name_commits_in_many_ways(place: Place) {
    for form in [
        "v1.4.2-3-g{7}",
        "main.{8}",
        "1.4.2-main.{7}",
        "v{7}",
        "{40}-dirty",
        "0.0.0-dev.{8}",
    ] {
        let story = cluster(place);
        let built = story.built();
        let tag = form
            .replace("{7}", &built.sha[..7])
            .replace("{8}", &built.sha[..8])
            .replace("{40}", &built.sha);
        roll_out(&story, &format!("registry.test/widgets:{tag}"));
        story.lands(&built);
    }
}

/// The commit's id is in the turn, whole, and what the pods say.
fn a_rollout_that_stalls_quotes_its_pods(place: Place) {
    let story = cluster(place);
    let built = story.built();
    let image = story.image(&built.sha);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    story.kubernetes.rollout_stalls("shop", "widgets");
    let full = format!("registry.test/widgets:{}", built.sha);
    story.kubernetes.add_pod(
        "shop",
        "widgets",
        json!({"containerStatuses": [{
            "name": "app", "ready": false, "restartCount": 0, "image": "x", "imageID": "",
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": format!("Back-off pulling image '{full}'")}},
        }]}),
    );
    story.corrects(
        &built,
        &format!("app: ImagePullBackOff: Back-off pulling image '{full}'"),
    );
}

fn pods_that_the_cluster_refuses_are_waited_for_and_then_red(place: Place) {
    for why in [
        "exceeded quota",
        "pods \"widgets-7d4\" is forbidden: violates PodSecurity \"restricted:latest\"",
        "admission webhook \"images.policy.example\" denied the request: unsigned image",
    ] {
        let story = cluster(place);
        let built = story.built();
        let image = story.image(&built.sha);
        story.kubernetes.set_image("shop", "widgets", "app", &image);
        story.kubernetes.refuse_pods("shop", "widgets", why);
        let said = format!("FailedCreate: {why}");
        story.waits_for(&built, &format!("the cluster refuses pods ({said})"));
        story.saga.pass(300);
        story.corrects(&built, &said);
    }
}

fn paused_and_scaled_to_zero_wait_and_end_with_their_cause(place: Place) {
    type Hold = fn(&Delivery);
    let holds: [(Hold, &str); 2] = [
        (
            |story| story.kubernetes.pause("shop", "widgets"),
            "somebody paused it; a person must resume it",
        ),
        (
            |story| story.kubernetes.scale_to_zero("shop", "widgets"),
            "it is scaled to zero, so nothing runs the image",
        ),
    ];
    for (hold, said) in holds {
        let story = cluster(place);
        let built = story.built();
        roll_out(&story, &story.image(&built.sha));
        hold(&story);
        story.waits_for(&built, said);
        story.saga.pass(5_400);
        story.freezes(&built, "ci-silent", said);
    }
}

fn of_a_list_a_failure_counts_although_another_object_can_not_be_read(place: Place) {
    let story = Delivery::at(
        place,
        r#"{"acme/widgets": {"rollout": [{"kind": "DaemonSet", "namespace": "shop", "name": "agent"},
            {"namespace": "shop", "name": "widgets"}]}}"#,
    );
    story
        .kubernetes
        .set_deployment("shop", "widgets", &[("app", OLD)]);
    let built = story.built();
    let image = story.image(&built.sha);
    story.kubernetes.set_image("shop", "widgets", "app", &image);
    story.kubernetes.rollout_stalls("shop", "widgets");
    story.corrects(&built, "ProgressDeadlineExceeded");
}

fn a_daemon_set_is_there_when_every_node_has_it(place: Place) {
    let story = Delivery::at(
        place,
        r#"{"acme/widgets": {"rollout": {"kind": "DaemonSet", "namespace": "shop", "name": "agent"}}}"#,
    );
    story.kubernetes.set_daemon_set("shop", "agent", OLD, 3, 3);
    let built = story.built();
    let image = story.image(&built.sha);
    story
        .kubernetes
        .set_daemon_set("shop", "agent", &image, 3, 2);
    story.waits_for(&built, "2 of 3 pods have the new image");
    story
        .kubernetes
        .set_daemon_set("shop", "agent", &image, 3, 3);
    story.lands(&built);
}

fn a_stateful_set_that_a_person_must_move_says_so(place: Place) {
    let story = Delivery::at(
        place,
        r#"{"acme/widgets": {"rollout": {"kind": "StatefulSet", "namespace": "shop", "name": "db"}}}"#,
    );
    story
        .kubernetes
        .set_stateful_set("shop", "db", StatefulSet::complete(OLD));
    let built = story.built();
    let image = story.image(&built.sha);
    let complete = StatefulSet::complete(&image);
    for (set, said) in [
        (
            StatefulSet {
                generations: (3, 2),
                ..complete
            },
            "the cluster has not seen the new image yet",
        ),
        (
            StatefulSet {
                strategy: "OnDelete",
                updated: 0,
                ..complete
            },
            "a person must delete the old ones",
        ),
        (
            StatefulSet {
                partition: 1,
                updated: 1,
                ..complete
            },
            "its partition keeps 1 of 2 pods on the old image",
        ),
        (
            StatefulSet {
                partition: 1,
                ready: 1,
                ..complete
            },
            "1 of 2 new pods are available",
        ),
    ] {
        story.kubernetes.set_stateful_set("shop", "db", set);
        story.waits_for(&built, said);
    }
    // The last stage is over; the partition is what the manifest begins with.
    let last = StatefulSet {
        partition: 1,
        ..complete
    };
    story.kubernetes.set_stateful_set("shop", "db", last);
    story.lands(&built);
}

/// The hand-back counts from the first message.
fn a_run_that_waited_for_long_says_how_long(place: Place) {
    let story = cluster(place);
    let built = story.built();
    story.waits_for(&built, "it still runs image tag '0a1b2c3d'");
    story.saga.pass(5_700);
    story.freezes(&built, "ci-silent", "it still runs image tag '0a1b2c3d'");
    let shown = &story.saga.checklist(built.number)[0];
    assert!(shown.contains("- Elapsed: 1 h 36 min"), "{shown}");
}
