//! A container for when there is none to take after: as in our Compose files, beside our own container if we are in one.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
};

use bollard::models::{
    ContainerCreateBody, ContainerInspectResponse, EndpointSettings, HostConfig, HostConfigLogConfig,
    RestartPolicy, RestartPolicyNameEnum,
};

use super::{DATA_DIR, DockerOptions, blueprint::Plan};
use crate::engine::{Blueprint, OWN_LABEL};

/// The port of the load generator's report in its own network.
const METRICS_PORT: &str = "9464";

/// The id of the container that this program runs in: by default it is the host's name.
pub(super) fn own_container_id() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    let is_id = name.len() >= 12 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| name.to_owned())
}

/// The blueprint; `own` is our own container.
pub(super) fn blueprint(
    options: &DockerOptions,
    name: &str,
    own: Option<&ContainerInspectResponse>,
) -> Blueprint {
    let volume = options
        .volume
        .clone()
        .or_else(|| own.and_then(data_volume))
        .unwrap_or_else(|| options.data_dir.to_string_lossy().into_owned());
    let networks = networks(options, name, own);
    let host = HostConfig {
        binds: Some(vec![format!("{volume}:{DATA_DIR}:rw")]),
        network_mode: networks.keys().next().cloned(),
        readonly_rootfs: Some(true),
        cap_drop: Some(vec!["ALL".to_owned()]),
        security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
        tmpfs: Some(HashMap::from([("/tmp".to_owned(), "size=16m,mode=1777".to_owned())])),
        init: Some(true),
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
            maximum_retry_count: None,
        }),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), "10m".to_owned()),
                ("max-file".to_owned(), "5".to_owned()),
            ])),
        }),
        ..HostConfig::default()
    };
    let create = ContainerCreateBody {
        image: Some(options.image.clone()),
        labels: Some(HashMap::from([(OWN_LABEL.to_owned(), name.to_owned())])),
        host_config: Some(host),
        ..ContainerCreateBody::default()
    };
    // On the host's own network the port may be taken; there the log tells the figures.
    let own_network = !networks.contains_key("host");
    let env = own_network.then(|| ("METRICS_PORT".to_owned(), METRICS_PORT.to_owned())).into_iter().collect();
    Plan { create, networks, image_id: None }.into_blueprint(env)
}

/// The volume or folder that our own container has as its data folder.
fn data_volume(own: &ContainerInspectResponse) -> Option<String> {
    let mounts = own.mounts.as_deref().unwrap_or_default();
    let mount = mounts.iter().find(|mount| mount.destination.as_deref() == Some(DATA_DIR))?;
    mount.name.clone().filter(|name| !name.is_empty()).or_else(|| mount.source.clone())
}

/// The network that was asked for, or those of our own container; there it goes by its name.
fn networks(
    options: &DockerOptions,
    name: &str,
    own: Option<&ContainerInspectResponse>,
) -> BTreeMap<String, EndpointSettings> {
    let own_networks = || {
        let mode = own?.host_config.as_ref()?.network_mode.as_deref()?;
        let networks = own?.network_settings.as_ref()?.networks.as_ref()?;
        // On the default network there are no names.
        (!matches!(mode, "host" | "none" | "bridge" | "default"))
            .then(|| networks.keys().cloned().collect::<Vec<_>>())
    };
    let names = match &options.network {
        Some(network) => vec![network.clone()],
        None => own_networks().unwrap_or_default(),
    };
    let endpoint = EndpointSettings { aliases: Some(vec![name.to_owned()]), ..EndpointSettings::default() };
    names
        .into_iter()
        .map(|network| {
            let named = !matches!(network.as_str(), "host" | "none" | "bridge" | "default");
            (network, if named { endpoint.clone() } else { EndpointSettings::default() })
        })
        .collect()
}
