//! A pod's mounts and environment in a temporary directory, as the kubelet and the container runtime make them.
//!
//! What is the same as in a cluster: every volume of the manifest at its mount path, with the links and file modes that the
//! kubelet makes, owned by the user and group of the manifest; the command, its arguments, and exactly the manifest's
//! environment beside what every pod gets; user and group of the manifest, when the tests run as root.
//!
//! What is not: the mounts stand below a temporary directory instead of `/`. So every value that is a path below a mount path of
//! the manifest (in the environment and in mounted settings) gets that directory in front, and nothing else is changed.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::world::{Finished, finish};

use super::rendered::{container, list, pod, text};

/// Name, then key and value: ConfigMaps or Secrets of the namespace.
pub type Objects = BTreeMap<String, BTreeMap<String, String>>;

/// What the namespace holds when the pod starts.
#[derive(Clone, Default)]
pub struct Namespace {
    pub config_maps: Objects,
    pub secrets: Objects,
    /// What the API server hands out for a ServiceAccount.
    pub token: String,
    /// Where pods find the API server.
    pub api_server_port: u16,
}

/// Files below one mount path, with their content and mode.
type Files = BTreeMap<String, (String, u32)>;

/// A container that can be started.
pub struct Container {
    root: TempDir,
    binary: PathBuf,
    arguments: Vec<String>,
    environment: BTreeMap<String, String>,
    user: u32,
    group: u32,
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

/// Whether these tests may become another user.
fn we_are_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

impl Container {
    /// Lays out what a CronJob's pod would find.
    pub fn of(cron_job: &Value, namespace: &Namespace) -> Self {
        let spec = &pod(cron_job)["spec"];
        let manifest = container(cron_job);
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        let built = match text(&manifest["command"][0]) {
            "/usr/local/bin/afk-poll" => env!("CARGO_BIN_EXE_afk-poll"),
            "/usr/local/bin/afk-watch" => env!("CARGO_BIN_EXE_afk-watch"),
            other => panic!("the image has no {other}"),
        };
        let context = &spec["securityContext"];
        let laid_out = Self {
            binary: root.path().join(&text(&manifest["command"][0])[1..]),
            arguments: list(&manifest["args"])
                .iter()
                .map(|argument| text(argument).to_owned())
                .collect(),
            environment: BTreeMap::new(),
            user: number(&context["runAsUser"]),
            group: number(&context["runAsGroup"]),
            root,
        };
        assert_eq!(list(&manifest["command"]).len(), 1);
        std::fs::create_dir_all(laid_out.binary.parent().unwrap()).unwrap();
        // Not where it was built, because another user may not reach that place. A second name is enough where it can be had.
        if std::fs::hard_link(built, &laid_out.binary).is_err() {
            std::fs::copy(built, &laid_out.binary).unwrap();
        }

        let mounts = list(&manifest["volumeMounts"]);
        let paths: Vec<&str> = mounts
            .iter()
            .map(|mount| text(&mount["mountPath"]))
            .collect();
        for mount in mounts {
            assert_eq!(mount["readOnly"], true);
            let volume = list(&spec["volumes"])
                .iter()
                .find(|volume| volume["name"] == mount["name"])
                .unwrap();
            let mut files = files(volume, namespace);
            for (value, _) in files.values_mut() {
                *value = laid_out.below(&paths, value);
            }
            laid_out.mount(
                text(&mount["mountPath"]),
                &files,
                number(&context["fsGroup"]),
            );
        }
        let environment = environment(manifest, namespace)
            .into_iter()
            .map(|(name, value)| (name, laid_out.below(&paths, &value)))
            .collect();
        Self {
            environment,
            ..laid_out
        }
    }

    /// Puts the temporary directory before a path below a mount path; leaves every other value alone.
    fn below(&self, mount_paths: &[&str], value: &str) -> String {
        let is_mounted = |path: &&str| value == *path || value.starts_with(&format!("{path}/"));
        if mount_paths.iter().any(is_mounted) {
            format!("{}{value}", self.root.path().display())
        } else {
            value.to_owned()
        }
    }

    /// Writes a volume as the kubelet does: files in a directory with a time as its name, `..data` leads to it, and a link
    /// per file leads through `..data`, so that all change at once.
    fn mount(&self, path: &str, files: &Files, group: u32) {
        let volume = self.root.path().join(&path[1..]);
        let dated = volume.join("..2026_11_20_09_00_00.123456789");
        std::fs::create_dir_all(&dated).unwrap();
        symlink(dated.file_name().unwrap(), volume.join("..data")).unwrap();
        for (name, (content, mode)) in files {
            let file = dated.join(name);
            std::fs::write(&file, content).unwrap();
            // The kubelet lets the pod's group read, whatever the mode says; owner is root.
            std::fs::set_permissions(&file, Permissions::from_mode(mode | 0o040)).unwrap();
            if we_are_root() {
                chown(&file, Some(0), Some(group)).unwrap();
            }
            symlink(Path::new("..data").join(name), volume.join(name)).unwrap();
        }
    }

    /// The directory that stands for `/`.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// The command under a wrapper such as strace; none runs it as it is.
    pub fn command(&self, wrapper: &[&str]) -> Command {
        let mut all = wrapper.to_vec();
        all.push(self.binary.to_str().unwrap());
        let mut command = Command::new(all[0]);
        command
            .args(&all[1..])
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.root.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if we_are_root() {
            command.uid(self.user).gid(self.group);
        }
        command
    }

    /// Runs to its end.
    pub fn run(&self) -> Finished {
        finish(self.command(&[]).spawn().unwrap())
    }

    /// User and group of the manifest.
    pub fn user(&self) -> (u32, u32) {
        (self.user, self.group)
    }
}

/// The manifest's variables, and those of every pod although service links are off.
fn environment(manifest: &Value, namespace: &Namespace) -> BTreeMap<String, String> {
    let port = namespace.api_server_port;
    let mut environment: BTreeMap<String, String> = [
        (
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned(),
        ),
        ("HOSTNAME", "afk-poll-29392740-x7k2p".to_owned()),
        ("HOME", "/".to_owned()),
        ("KUBERNETES_SERVICE_HOST", "127.0.0.1".to_owned()),
        ("KUBERNETES_SERVICE_PORT", port.to_string()),
        ("KUBERNETES_SERVICE_PORT_HTTPS", port.to_string()),
        ("KUBERNETES_PORT", format!("tcp://127.0.0.1:{port}")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for variable in list(&manifest["env"]) {
        let reference = &variable["valueFrom"]["configMapKeyRef"];
        let value = if reference.is_null() {
            Some(text(&variable["value"]).to_owned())
        } else {
            let map = namespace.config_maps.get(text(&reference["name"]));
            let value = map.and_then(|map| map.get(text(&reference["key"])));
            assert!(value.is_some() || reference["optional"] == true);
            value.cloned()
        };
        if let Some(value) = value {
            environment.insert(text(&variable["name"]).to_owned(), value);
        }
    }
    environment
}

/// What a volume holds.
fn files(volume: &Value, namespace: &Namespace) -> Files {
    let mut files = Files::new();
    if !volume["configMap"].is_null() {
        let source = &volume["configMap"];
        add(&mut files, source, &namespace.config_maps, source);
        return files;
    }
    let projected = &volume["projected"];
    for source in list(&projected["sources"]) {
        if !source["secret"].is_null() {
            add(&mut files, &source["secret"], &namespace.secrets, projected);
        } else if !source["configMap"].is_null() {
            let source = &source["configMap"];
            add(&mut files, source, &namespace.config_maps, projected);
        } else {
            let path = text(&source["serviceAccountToken"]["path"]);
            let mode = number(&projected["defaultMode"]);
            files.insert(path.to_owned(), (namespace.token.clone(), mode));
        }
    }
    files
}

/// Adds the keys of one ConfigMap or Secret; a missing one only where it is optional, as the kubelet would.
fn add(files: &mut Files, source: &Value, objects: &Objects, moded: &Value) {
    let name = text(&source["name"]);
    let mode = number(&moded["defaultMode"]);
    let Some(object) = objects.get(name) else {
        assert_eq!(source["optional"], true, "the pod would wait for {name}");
        return;
    };
    if source["items"].is_null() {
        for (key, value) in object {
            files.insert(key.clone(), (value.clone(), mode));
        }
    }
    for item in list(&source["items"]) {
        let value = &object[text(&item["key"])];
        files.insert(text(&item["path"]).to_owned(), (value.clone(), mode));
    }
}
