//! Every control of the restricted pod-security profile, as the Pod Security Admission of Kubernetes 1.34 judges it.
//!
//! The controls have the names that the admission gives them; the restricted profile holds those of the baseline too. Where
//! the admission is lenient (pods for Windows, versions before a control came), this is not. Each control has mutations of
//! our own pods that it, and no other, must find.

use serde_json::{Value, json};

use super::rendered::{BASE, deployments, list, name, pod, rendered, text};

/// Tells whether a pod template breaks a control.
type Breaks = fn(&Value) -> bool;

const CONTROLS: [(&str, Breaks); 18] = [
    ("windowsHostProcess", windows_host_process),
    ("hostNamespaces", host_namespaces),
    ("privileged", privileged),
    ("capabilities_baseline", capabilities_baseline),
    ("hostPathVolumes", host_path_volumes),
    ("hostPorts", host_ports),
    ("hostProbesAndHostLifecycle", host_probes_and_lifecycle),
    ("appArmorProfile", app_armor_profile),
    ("seLinuxOptions", se_linux_options),
    ("procMount", proc_mount),
    ("seccompProfile_baseline", seccomp_profile_baseline),
    ("sysctls", sysctls),
    ("restrictedVolumes", restricted_volumes),
    ("allowPrivilegeEscalation", allow_privilege_escalation),
    ("runAsNonRoot", run_as_non_root),
    ("runAsUser", run_as_user),
    ("seccompProfile_restricted", seccomp_profile_restricted),
    ("capabilities_restricted", capabilities_restricted),
];

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .flat_map(|kind| list(&pod["spec"][kind]))
}

/// The security contexts of the pod and of all its containers.
fn contexts(pod: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(&pod["spec"]["securityContext"])
        .chain(containers(pod).map(|container| &container["securityContext"]))
}

/// Whether a field is neither absent nor one of these.
fn beyond(field: &Value, allowed: &[&str]) -> bool {
    !field.is_null() && !allowed.iter().any(|value| field == value)
}

fn annotations<'a>(pod: &'a Value, prefix: &'a str) -> impl Iterator<Item = &'a Value> {
    let all = pod["metadata"]["annotations"].as_object();
    all.into_iter()
        .flatten()
        .filter(move |(key, _)| key.starts_with(prefix))
        .map(|(_, value)| value)
}

fn windows_host_process(pod: &Value) -> bool {
    contexts(pod).any(|context| context["windowsOptions"]["hostProcess"] == true)
}

fn host_namespaces(pod: &Value) -> bool {
    ["hostNetwork", "hostPID", "hostIPC"]
        .iter()
        .any(|field| pod["spec"][field] == true)
}

fn privileged(pod: &Value) -> bool {
    containers(pod).any(|container| container["securityContext"]["privileged"] == true)
}

fn adds_beyond(pod: &Value, allowed: &[&str]) -> bool {
    containers(pod)
        .flat_map(|container| list(&container["securityContext"]["capabilities"]["add"]))
        .any(|added| beyond(added, allowed))
}

fn capabilities_baseline(pod: &Value) -> bool {
    adds_beyond(
        pod,
        &[
            "AUDIT_WRITE",
            "CHOWN",
            "DAC_OVERRIDE",
            "FOWNER",
            "FSETID",
            "KILL",
            "MKNOD",
            "NET_BIND_SERVICE",
            "SETFCAP",
            "SETGID",
            "SETPCAP",
            "SETUID",
            "SYS_CHROOT",
        ],
    )
}

fn volumes(pod: &Value) -> &[Value] {
    list(&pod["spec"]["volumes"])
}

fn host_path_volumes(pod: &Value) -> bool {
    volumes(pod)
        .iter()
        .any(|volume| !volume["hostPath"].is_null())
}

fn host_ports(pod: &Value) -> bool {
    containers(pod)
        .flat_map(|container| list(&container["ports"]))
        .any(|port| !port["hostPort"].is_null() && port["hostPort"] != 0)
}

fn host_probes_and_lifecycle(pod: &Value) -> bool {
    let hosts = containers(pod).flat_map(|container| {
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"]
            .map(|probe| &container[probe])
            .into_iter();
        let hooks = ["postStart", "preStop"].map(|hook| &container["lifecycle"][hook]);
        probes.chain(hooks)
    });
    hosts
        .flat_map(|handler| ["httpGet", "tcpSocket"].map(|kind| &handler[kind]["host"]))
        .any(|host| beyond(host, &[""]))
}

fn app_armor_profile(pod: &Value) -> bool {
    contexts(pod).any(|context| {
        beyond(
            &context["appArmorProfile"]["type"],
            &["RuntimeDefault", "Localhost"],
        )
    }) || annotations(pod, "container.apparmor.security.beta.kubernetes.io/").any(|value| {
        !(["", "runtime/default"].contains(&text(value)) || text(value).starts_with("localhost/"))
    })
}

fn se_linux_options(pod: &Value) -> bool {
    contexts(pod)
        .map(|context| &context["seLinuxOptions"])
        .any(|options| {
            beyond(
                &options["type"],
                &[
                    "",
                    "container_t",
                    "container_init_t",
                    "container_kvm_t",
                    "container_engine_t",
                ],
            ) || beyond(&options["user"], &[""])
                || beyond(&options["role"], &[""])
        })
}

fn proc_mount(pod: &Value) -> bool {
    containers(pod)
        .any(|container| beyond(&container["securityContext"]["procMount"], &["Default"]))
}

fn seccomp_profile_baseline(pod: &Value) -> bool {
    contexts(pod).any(|context| context["seccompProfile"]["type"] == "Unconfined")
}

fn sysctls(pod: &Value) -> bool {
    list(&pod["spec"]["securityContext"]["sysctls"])
        .iter()
        .any(|sysctl| {
            ![
                "kernel.shm_rmid_forced",
                "net.ipv4.ip_local_port_range",
                "net.ipv4.ip_unprivileged_port_start",
                "net.ipv4.tcp_syncookies",
                "net.ipv4.ping_group_range",
                "net.ipv4.ip_local_reserved_ports",
                "net.ipv4.tcp_keepalive_time",
                "net.ipv4.tcp_fin_timeout",
                "net.ipv4.tcp_keepalive_intvl",
                "net.ipv4.tcp_keepalive_probes",
                "net.ipv4.tcp_rmem",
                "net.ipv4.tcp_wmem",
            ]
            .contains(&text(&sysctl["name"]))
        })
}

fn restricted_volumes(pod: &Value) -> bool {
    const ALLOWED: [&str; 9] = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    volumes(pod)
        .iter()
        .any(|volume| ALLOWED.iter().all(|kind| volume[kind].is_null()))
}

fn allow_privilege_escalation(pod: &Value) -> bool {
    containers(pod)
        .any(|container| container["securityContext"]["allowPrivilegeEscalation"] != false)
}

/// Whether every container has `field` by `allowed`: its own, or the pod's where it has none.
fn everywhere(pod: &Value, field: &str, allowed: impl Fn(&Value) -> bool) -> bool {
    containers(pod).all(|container| {
        let own = &container["securityContext"][field];
        let inherited = &pod["spec"]["securityContext"][field];
        allowed(if own.is_null() { inherited } else { own })
    })
}

fn run_as_non_root(pod: &Value) -> bool {
    pod["spec"]["securityContext"]["runAsNonRoot"] == false
        || !everywhere(pod, "runAsNonRoot", |value| value == true)
}

fn run_as_user(pod: &Value) -> bool {
    contexts(pod).any(|context| context["runAsUser"] == 0)
}

fn seccomp_profile_restricted(pod: &Value) -> bool {
    let allowed =
        |profile: &Value| profile["type"] == "RuntimeDefault" || profile["type"] == "Localhost";
    let pod_level = &pod["spec"]["securityContext"]["seccompProfile"];
    (!pod_level.is_null() && !allowed(pod_level)) || !everywhere(pod, "seccompProfile", allowed)
}

fn capabilities_restricted(pod: &Value) -> bool {
    adds_beyond(pod, &["NET_BIND_SERVICE"])
        || containers(pod).any(|container| {
            !list(&container["securityContext"]["capabilities"]["drop"]).contains(&"ALL".into())
        })
}

fn broken(pod: &Value) -> Vec<&'static str> {
    CONTROLS
        .iter()
        .filter(|(_, breaks)| breaks(pod))
        .map(|(name, _)| *name)
        .collect()
}

const POD: &str = "/spec/securityContext";
const CONTAINER: &str = "/spec/containers/0/securityContext";

/// A field that is put (`Null` takes it away), and the controls that must find it.
fn mutations() -> Vec<(String, Value, Vec<&'static str>)> {
    let at = |parent: &str, field: &str| format!("{parent}/{field}");
    let init = |context: Value| json!([{"name": "init", "image": "x", "securityContext": context}]);
    let sound = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    let unsound = |field: &str, value: Value| {
        let mut context = sound.clone();
        context[field] = value;
        init(context)
    };
    let hook = "/spec/containers/0/lifecycle";
    let volume = |kind: &str, value: Value| json!([{"name": "extra", kind: value}]);
    let get = |host: &str| json!({"httpGet": {"host": host, "port": 80}});
    vec![
        (
            at(POD, "windowsOptions"),
            json!({"hostProcess": true}),
            vec!["windowsHostProcess"],
        ),
        (
            at(CONTAINER, "windowsOptions"),
            json!({"hostProcess": true}),
            vec!["windowsHostProcess"],
        ),
        (
            "/spec/hostNetwork".to_owned(),
            json!(true),
            vec!["hostNamespaces"],
        ),
        (
            "/spec/hostPID".to_owned(),
            json!(true),
            vec!["hostNamespaces"],
        ),
        (
            "/spec/hostIPC".to_owned(),
            json!(true),
            vec!["hostNamespaces"],
        ),
        (at(CONTAINER, "privileged"), json!(true), vec!["privileged"]),
        (
            at(CONTAINER, "capabilities"),
            json!({"drop": ["ALL"], "add": ["SYS_ADMIN"]}),
            vec!["capabilities_baseline", "capabilities_restricted"],
        ),
        (
            at(CONTAINER, "capabilities"),
            json!({"drop": ["ALL"], "add": ["CHOWN"]}),
            vec!["capabilities_restricted"],
        ),
        (
            at(CONTAINER, "capabilities"),
            json!({"drop": ["NET_RAW"]}),
            vec!["capabilities_restricted"],
        ),
        (
            at(CONTAINER, "capabilities"),
            Value::Null,
            vec!["capabilities_restricted"],
        ),
        (
            "/spec/volumes".to_owned(),
            volume("hostPath", json!({"path": "/"})),
            vec!["hostPathVolumes", "restrictedVolumes"],
        ),
        (
            "/spec/volumes".to_owned(),
            volume("nfs", json!({"server": "x", "path": "/"})),
            vec!["restrictedVolumes"],
        ),
        (
            "/spec/containers/0/ports".to_owned(),
            json!([{"containerPort": 80, "hostPort": 80}]),
            vec!["hostPorts"],
        ),
        (
            "/spec/containers/0/livenessProbe".to_owned(),
            get("10.0.0.1"),
            vec!["hostProbesAndHostLifecycle"],
        ),
        (
            hook.to_owned(),
            json!({"preStop": {"tcpSocket": {"host": "10.0.0.1", "port": 80}}}),
            vec!["hostProbesAndHostLifecycle"],
        ),
        (
            at(POD, "appArmorProfile"),
            json!({"type": "Unconfined"}),
            vec!["appArmorProfile"],
        ),
        (
            at(CONTAINER, "appArmorProfile"),
            json!({"type": "Unconfined"}),
            vec!["appArmorProfile"],
        ),
        (
            "/metadata/annotations".to_owned(),
            json!({"container.apparmor.security.beta.kubernetes.io/poll": "unconfined"}),
            vec!["appArmorProfile"],
        ),
        (
            at(POD, "seLinuxOptions"),
            json!({"type": "spc_t"}),
            vec!["seLinuxOptions"],
        ),
        (
            at(CONTAINER, "seLinuxOptions"),
            json!({"user": "system_u"}),
            vec!["seLinuxOptions"],
        ),
        (
            at(POD, "seLinuxOptions"),
            json!({"role": "system_r"}),
            vec!["seLinuxOptions"],
        ),
        (
            at(CONTAINER, "procMount"),
            json!("Unmasked"),
            vec!["procMount"],
        ),
        (
            at(POD, "seccompProfile"),
            json!({"type": "Unconfined"}),
            vec!["seccompProfile_baseline", "seccompProfile_restricted"],
        ),
        (
            at(CONTAINER, "seccompProfile"),
            json!({"type": "Unconfined"}),
            vec!["seccompProfile_baseline", "seccompProfile_restricted"],
        ),
        (
            at(POD, "seccompProfile"),
            Value::Null,
            vec!["seccompProfile_restricted"],
        ),
        (
            at(POD, "sysctls"),
            json!([{"name": "kernel.msgmax", "value": "1"}]),
            vec!["sysctls"],
        ),
        (
            at(CONTAINER, "allowPrivilegeEscalation"),
            json!(true),
            vec!["allowPrivilegeEscalation"],
        ),
        (
            at(CONTAINER, "allowPrivilegeEscalation"),
            Value::Null,
            vec!["allowPrivilegeEscalation"],
        ),
        (at(POD, "runAsNonRoot"), Value::Null, vec!["runAsNonRoot"]),
        (at(POD, "runAsNonRoot"), json!(false), vec!["runAsNonRoot"]),
        (
            at(CONTAINER, "runAsNonRoot"),
            json!(false),
            vec!["runAsNonRoot"],
        ),
        (at(POD, "runAsUser"), json!(0), vec!["runAsUser"]),
        (at(CONTAINER, "runAsUser"), json!(0), vec!["runAsUser"]),
        // Containers that come before or later are judged like the first.
        (
            "/spec/initContainers".to_owned(),
            unsound("privileged", json!(true)),
            vec!["privileged"],
        ),
        (
            "/spec/initContainers".to_owned(),
            init(json!({"capabilities": {"drop": ["ALL"]}})),
            vec!["allowPrivilegeEscalation"],
        ),
        (
            "/spec/ephemeralContainers".to_owned(),
            unsound("runAsUser", json!(0)),
            vec!["runAsUser"],
        ),
    ]
}

/// Puts a value where a path leads, or takes away what is there.
fn put(pod: &mut Value, path: &str, value: Value) {
    let (parent, field) = path.rsplit_once('/').unwrap();
    let parent = pod
        .pointer_mut(parent)
        .unwrap_or_else(|| panic!("no {parent}"));
    let fields = parent.as_object_mut().unwrap();
    if value.is_null() {
        assert!(fields.remove(field).is_some(), "{path} is not there");
    } else {
        fields.insert(field.to_owned(), value);
    }
}

#[test]
fn every_pod_passes_the_restricted_profile() {
    for overlay in deployments() {
        for cron_job in overlay.cron_jobs() {
            let broken = broken(pod(cron_job));
            assert!(broken.is_empty(), "{}: {broken:?}", name(cron_job));
        }
    }
}

#[test]
fn each_control_finds_the_pod_that_breaks_it() {
    let Some(overlay) = rendered(BASE) else {
        return;
    };
    let mutations = mutations();
    for (control, _) in CONTROLS {
        assert!(
            mutations.iter().any(|(.., found)| found.contains(&control)),
            "nothing breaks {control}"
        );
    }
    for cron_job in overlay.cron_jobs() {
        for (path, value, found) in &mutations {
            let mut pod = pod(cron_job).clone();
            put(&mut pod, path, value.clone());
            assert_eq!(&broken(&pod), found, "{path}: {value}");
        }
    }
}
