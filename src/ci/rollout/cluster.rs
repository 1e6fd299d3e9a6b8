//! How to reach the API server of a cluster (`contracts/kubernetes` section 1).
//!
//! In a pod it uses what the cluster puts there; from a shell it uses `kubectl proxy`.

use std::path::PathBuf;

use url::Url;

use crate::domain::config::{BaseUrl, KubernetesConfig, SecretSource};

/// Where a pod finds its token and the cluster's certificates.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What a pod is told about the server: `KUBERNETES_SERVICE_HOST` and `KUBERNETES_SERVICE_PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PodVariables<'a> {
    /// An address or a name.
    pub host: &'a str,
    /// A number.
    pub port: &'a str,
}

/// How to reach the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterApi {
    /// Where it is.
    pub base: Url,
    /// What opens it, read anew for each request; `kubectl proxy` needs none.
    pub token: Option<SecretSource>,
    /// The only certificates to trust; give them to [`Http::trusting_only`](crate::http::Http::trusting_only).
    pub ca_file: Option<PathBuf>,
}

impl ClusterApi {
    /// Finds the server: the configured one, with nothing taken from the cluster, or the one of the cluster that this is
    /// a pod of.
    ///
    /// # Errors
    ///
    /// A text for people when there is neither, or when what the pod is told makes no address.
    pub fn find(config: &KubernetesConfig, pod: Option<PodVariables<'_>>) -> Result<Self, String> {
        if let Some(url) = &config.api.url {
            return Ok(Self {
                base: url.url().clone(),
                token: config.api.token.clone(),
                ca_file: config.ca_file.clone(),
            });
        }
        let PodVariables { host, port } = pod.ok_or(
            "this is no pod: set AFK_KUBERNETES_URL, for example to http://127.0.0.1:8001 for `kubectl proxy`",
        )?;
        // Names and addresses of the fourth version have no colon.
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        let base = BaseUrl::parse(&format!("https://{host}:{port}")).map_err(|error| {
            format!("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT make no address: {error}")
        })?;
        let file = |name: &str| PathBuf::from(SERVICE_ACCOUNT).join(name);
        Ok(Self {
            base: base.url().clone(),
            token: Some(
                config
                    .api
                    .token
                    .clone()
                    .unwrap_or_else(|| SecretSource::File(file("token"))),
            ),
            ca_file: Some(config.ca_file.clone().unwrap_or_else(|| file("ca.crt"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{Secret, ServiceConfig};

    fn config(url: Option<&str>, token: Option<&str>, ca_file: Option<&str>) -> KubernetesConfig {
        KubernetesConfig {
            api: ServiceConfig {
                url: url.map(|url| BaseUrl::parse(url).unwrap()),
                token: token.map(|token| SecretSource::Inline(Secret::new(token))),
            },
            ca_file: ca_file.map(PathBuf::from),
        }
    }

    const POD: PodVariables<'_> = PodVariables {
        host: "10.96.0.1",
        port: "443",
    };

    #[test]
    fn with_an_address_of_its_own_nothing_is_taken_from_the_cluster() {
        let proxy = ClusterApi::find(
            &config(Some("http://127.0.0.1:8001"), None, None),
            Some(POD),
        );
        assert_eq!(
            proxy,
            Ok(ClusterApi {
                base: Url::parse("http://127.0.0.1:8001").unwrap(),
                token: None,
                ca_file: None,
            })
        );
    }

    #[test]
    fn in_a_pod_everything_is_where_the_cluster_puts_it() {
        let found = ClusterApi::find(&config(None, None, None), Some(POD)).unwrap();
        assert_eq!(found.base.as_str(), "https://10.96.0.1/");
        assert_eq!(
            found.token.unwrap().file().unwrap().to_str(),
            Some("/var/run/secrets/kubernetes.io/serviceaccount/token")
        );
        assert_eq!(
            found.ca_file.unwrap().to_str(),
            Some("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
        );
        let own = ClusterApi::find(&config(None, Some("t"), Some("/ca")), Some(POD)).unwrap();
        assert!(own.token.unwrap().inline().is_some());
        assert_eq!(own.ca_file, Some(PathBuf::from("/ca")));
    }

    #[test]
    fn addresses_of_pods_may_be_of_the_sixth_version() {
        let pod = |host, port| {
            ClusterApi::find(&config(None, None, None), Some(PodVariables { host, port }))
                .map(|api| api.base.to_string())
        };
        assert_eq!(
            pod("fd00::1", "6443"),
            Ok("https://[fd00::1]:6443/".to_owned())
        );
        assert!(pod("a b", "443").is_err());
        assert!(pod("10.0.0.1", "many").is_err());
        assert!(ClusterApi::find(&config(None, None, None), None).is_err());
    }
}
