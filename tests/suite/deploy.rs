//! The manifests in `deploy/` keep what their pages promise: rendered as `kubectl` renders them, judged object by object, and
//! run as far as a machine without a cluster can run them.
//!
//! ```text
//! deploy/rendered.rs     what `kubectl kustomize` makes of base and overlays
//! deploy/objects.rs      schedules, deadlines, rights, network, figures
//! deploy/restricted.rs   every control of the restricted pod-security profile, each with what it must refuse
//! deploy/settings.rs     the shipped ConfigMap, read by the program's own parser
//! deploy/container.rs    a pod's mounts and environment in a directory, as the kubelet makes them
//! deploy/running.rs      the built binaries in there: disarmed, stopped, without Secrets, armed
//! deploy/api_server.rs   a Kubernetes API server behind a certificate of its own
//! deploy/pages.rs        the Dockerfile and the page for operators agree with the manifests
//! deploy/rollout_rights.rs  every request of the rollout stage and the rule that allows it
//! deploy/steps.rs        the page's commands and their order
//! deploy/platform.rs     what a platform team stumbled over once, by the number of its row
//! deploy/components.rs   each optional part, alone and with the others
//! deploy/placed.rs       components put on shards and under soaks: in whose namespace, and what is refused
//! deploy/proxies.rs      which addresses go through a proxy, over IPv4 and IPv6
//! deploy/figures.rs      alert rules and the dashboard ask for figures that there are
//! deploy/supply_chain.rs licences, pins, workflows, the list of changes
//! ```
//!
//! Whether the objects fit the schemas of Kubernetes is checked by `.ci/run`, with a validator that has them.

mod api_server;
mod components;
mod container;
mod figures;
mod objects;
mod pages;
mod placed;
mod platform;
mod proxies;
mod rendered;
mod restricted;
mod rollout_rights;
mod running;
mod settings;
mod steps;
mod supply_chain;
