//! How a container was made, so that another one can be made exactly like it.
//!
//! The engine tells the result of a creation and not its order: what it has filled in by itself (a host name, volumes
//! without a name, an alias) is told apart here from what somebody has asked for.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    ContainerConfig, ContainerCreateBody, ContainerInspectResponse, EndpointSettings, HostConfig, MountType,
    NetworkSettings, NetworkingConfig, RestartPolicy, RestartPolicyNameEnum,
};
use serde::{Deserialize, Serialize};

use crate::engine::{Blueprint, OWN_LABEL};

/// Labels of Compose: by them it knows the containers that it may replace.
const COMPOSE: &str = "com.docker.compose.";

/// All of a container but its environment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) create: ContainerCreateBody,
    /// The networks that it is on.
    pub(super) networks: BTreeMap<String, EndpointSettings>,
    /// The image that `create.image` meant at that time.
    pub(super) image_id: Option<String>,
}

impl Plan {
    /// The plan in a blueprint.
    pub(super) fn of(blueprint: &Blueprint) -> Self {
        serde_json::from_value(blueprint.rest.clone()).unwrap_or_default()
    }

    /// The blueprint with this plan.
    pub(super) fn into_blueprint(self, env: BTreeMap<String, String>) -> Blueprint {
        let rest = serde_json::to_value(&self).expect("a plan is a tree with text keys");
        Blueprint { env, rest }
    }

    /// How this container was made.
    pub(super) fn read(found: &ContainerInspectResponse) -> Self {
        let config = found.config.clone().unwrap_or_default();
        let id = found.id.clone().unwrap_or_default();
        let mut host = found.host_config.clone().unwrap_or_default();
        keep_volumes(&mut host, found);
        for limit in host.ulimits.iter_mut().flatten() {
            // Podman tells the name of the kernel, and takes that of a shell.
            limit.name = limit.name.take().map(|name| name.trim_start_matches("RLIMIT_").to_lowercase());
        }
        let mode = host.network_mode.clone().unwrap_or_default();
        let networks = found
            .network_settings
            .as_ref()
            .and_then(|settings| settings.networks.clone())
            .filter(|_| has_own_network(&mode))
            .unwrap_or_default()
            .into_iter()
            .map(|(network, endpoint)| (network, asked_for(endpoint, &id)))
            .collect();
        let create = create_body(config, host, &id);
        Self { create, networks, image_id: found.image.clone().filter(|image| !image.is_empty()) }
    }

    /// The order for the engine.
    pub(super) fn body(&self, env: &HashMap<String, String>) -> ContainerCreateBody {
        let mut body = self.create.clone();
        let mut env: Vec<String> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        env.sort_unstable();
        body.env = Some(env);
        if let Some((network, endpoint)) = self.first_network() {
            let endpoints = HashMap::from([(network.to_owned(), endpoint.clone())]);
            body.networking_config = Some(NetworkingConfig { endpoints_config: Some(endpoints) });
        }
        body
    }

    fn mode(&self) -> &str {
        self.create.host_config.as_ref().and_then(|host| host.network_mode.as_deref()).unwrap_or_default()
    }

    /// The network that it is made on, where more can be said than its name.
    fn first_network(&self) -> Option<(&str, &EndpointSettings)> {
        self.networks.get_key_value(self.mode()).map(|(name, endpoint)| (name.as_str(), endpoint))
    }

    /// The networks that it is connected to when it has been made.
    pub(super) fn further_networks(&self) -> Vec<(String, EndpointSettings)> {
        let mode = self.mode();
        // The default network goes by two names.
        let is_first = |name: &str| name == mode || (name == "bridge" && matches!(mode, "" | "default"));
        self.networks
            .iter()
            .filter(|(name, _)| !is_first(name))
            .map(|(name, endpoint)| (name.clone(), endpoint.clone()))
            .collect()
    }

    /// Where the metrics port may be reached from here.
    pub(super) fn reports(
        &self,
        env: &BTreeMap<String, String>,
        network: Option<&NetworkSettings>,
    ) -> Vec<String> {
        let Some(port) = env
            .get("METRICS_PORT")
            .and_then(|port| port.trim().parse::<u16>().ok())
            .filter(|port| *port != 0)
        else {
            return Vec::new();
        };
        if self.mode() == "host" {
            return vec![format!("127.0.0.1:{port}")];
        }
        let endpoints =
            network.and_then(|network| network.networks.as_ref()).into_iter().flat_map(HashMap::values);
        let mut addresses: Vec<String> = endpoints
            .filter_map(|endpoint| endpoint.ip_address.clone())
            .filter(|address| !address.is_empty())
            .collect();
        addresses.sort_unstable();
        addresses.iter().map(|address| format!("{address}:{port}")).collect()
    }

    /// A plan for one run beside the container of this one, which keeps its ports, addresses and names to itself.
    pub(super) fn one_off(mut self, name: &str, args: &[String]) -> Self {
        let create = &mut self.create;
        create.hostname = None;
        create.exposed_ports = None;
        create.cmd = Some(args.to_vec());
        let labels = create.labels.get_or_insert_default();
        labels.retain(|label, _| !label.starts_with(COMPOSE));
        labels.insert(OWN_LABEL.to_owned(), name.to_owned());
        let host = create.host_config.get_or_insert_default();
        host.port_bindings = None;
        host.publish_all_ports = Some(false);
        host.auto_remove = Some(false);
        host.restart_policy =
            Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None });
        for endpoint in self.networks.values_mut() {
            endpoint.aliases = None;
            endpoint.ipam_config = None;
            endpoint.links = None;
        }
        self
    }
}

fn create_body(config: ContainerConfig, host: HostConfig, id: &str) -> ContainerCreateBody {
    let mode = host.network_mode.as_deref().unwrap_or_default();
    // By default it is the beginning of the id; in another's network, or with the host's names, it is not its own.
    let own_hostname = has_own_network(mode) && host.uts_mode.as_deref().is_none_or(str::is_empty);
    let hostname =
        config.hostname.filter(|name| own_hostname && !name.is_empty() && !id.starts_with(name.as_str()));
    ContainerCreateBody {
        hostname,
        domainname: config.domainname.filter(|name| !name.is_empty()),
        user: config.user,
        attach_stdin: config.attach_stdin,
        attach_stdout: config.attach_stdout,
        attach_stderr: config.attach_stderr,
        exposed_ports: config.exposed_ports,
        tty: config.tty,
        open_stdin: config.open_stdin,
        stdin_once: config.stdin_once,
        env: None,
        cmd: config.cmd,
        healthcheck: config.healthcheck,
        args_escaped: config.args_escaped,
        image: config.image,
        volumes: config.volumes,
        working_dir: config.working_dir,
        entrypoint: config.entrypoint,
        network_disabled: config.network_disabled,
        on_build: config.on_build,
        labels: config.labels,
        stop_signal: config.stop_signal,
        stop_timeout: config.stop_timeout,
        shell: config.shell,
        host_config: Some(host),
        networking_config: None,
    }
}

/// Whether a container of this mode is on networks of its own.
fn has_own_network(mode: &str) -> bool {
    !(matches!(mode, "host" | "none") || mode.starts_with("container:") || mode.starts_with("ns:"))
}

/// What somebody has asked for of an endpoint.
fn asked_for(endpoint: EndpointSettings, id: &str) -> EndpointSettings {
    let aliases: Option<Vec<String>> = endpoint
        .aliases
        .map(|aliases| aliases.into_iter().filter(|alias| !id.starts_with(alias.as_str())).collect());
    let fixed = endpoint.ipam_config.filter(|ipam| {
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        given(&ipam.ipv4_address)
            || given(&ipam.ipv6_address)
            || ipam.link_local_ips.as_ref().is_some_and(|ips| !ips.is_empty())
    });
    EndpointSettings {
        aliases: aliases.filter(|aliases| !aliases.is_empty()),
        ipam_config: fixed,
        links: endpoint.links.filter(|links| !links.is_empty()),
        driver_opts: endpoint.driver_opts.filter(|options| !options.is_empty()),
        gw_priority: endpoint.gw_priority.filter(|priority| *priority != 0),
        ..EndpointSettings::default()
    }
}

/// Names the volumes that the engine has made by itself, so that the next container has the same ones.
fn keep_volumes(host: &mut HostConfig, found: &ContainerInspectResponse) {
    let mounted = found.mounts.clone().unwrap_or_default();
    let volumes: Vec<_> = mounted
        .into_iter()
        .filter_map(|mount| {
            let name = mount.name.filter(|name| !name.is_empty())?;
            Some((name, mount.destination?, mount.rw.unwrap_or(true)))
        })
        .collect();
    for mount in host.mounts.iter_mut().flatten() {
        let unnamed = mount.source.as_deref().is_none_or(str::is_empty);
        if mount.typ == Some(MountType::VOLUME) && unnamed {
            let target = mount.target.as_deref();
            mount.source = volumes
                .iter()
                .find(|(_, destination, _)| Some(destination.as_str()) == target)
                .map(|(name, ..)| name.clone());
        }
    }
    let is_known = |destination: &str| {
        let mount = host.mounts.iter().flatten().any(|mount| mount.target.as_deref() == Some(destination));
        let bind = host.binds.iter().flatten().any(|bind| bind.split(':').nth(1) == Some(destination));
        mount || bind
    };
    let unnamed: Vec<String> = volumes
        .iter()
        .filter(|(_, destination, _)| !is_known(destination))
        .map(|(name, destination, writable)| {
            format!("{name}:{destination}:{}", if *writable { "rw" } else { "ro" })
        })
        .collect();
    if !unnamed.is_empty() {
        host.binds.get_or_insert_default().extend(unnamed);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(value: serde_json::Value) -> ContainerInspectResponse {
        serde_json::from_value(value).unwrap()
    }

    fn example() -> ContainerInspectResponse {
        found(json!({
            "Id": "0123456789abcdef",
            "Image": "sha256:feed",
            "Config": {
                "Hostname": "0123456789ab", "User": "10001:10001", "Image": "trafficinator/loadgen:1",
                "Env": ["A=b"], "Cmd": ["run"], "StopSignal": "SIGINT", "StopTimeout": 42,
                "Labels": {"com.docker.compose.service": "matomo-loadgen", "mine": "yes"},
                "Volumes": {"/scratch": {}}
            },
            "HostConfig": {
                "Binds": ["data:/app/data:rw"], "NetworkMode": "stack_default", "ReadonlyRootfs": true,
                "CapDrop": ["ALL"], "Memory": 67_108_864, "Init": true, "Dns": ["10.0.0.53"],
                "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
                "Mounts": [{"Type": "volume", "Target": "/more"}],
                "Tmpfs": {"/tmp": "size=1m"},
                "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}],
                "PortBindings": {"9464/tcp": [{"HostIp": "127.0.0.1", "HostPort": "9464"}]}
            },
            "Mounts": [
                {"Type": "volume", "Name": "data", "Destination": "/app/data", "RW": true},
                {"Type": "volume", "Name": "anonymous1", "Destination": "/scratch", "RW": true},
                {"Type": "volume", "Name": "anonymous2", "Destination": "/more", "RW": true}
            ],
            "NetworkSettings": {"Networks": {
                "stack_default": {"Aliases": ["matomo-loadgen", "0123456789ab"], "IPAddress": "172.18.0.3",
                                  "IPAMConfig": {}, "MacAddress": "02:42:ac:12:00:03"},
                "second": {"Aliases": ["crowd"], "IPAMConfig": {"IPv4Address": "10.9.0.7"}, "IPAddress": "10.9.0.7"}
            }}
        }))
    }

    #[test]
    fn what_was_asked_for_is_kept_and_what_the_engine_filled_in_is_not() {
        let plan = Plan::read(&example());
        assert_eq!(plan.create.hostname, None);
        assert_eq!(plan.create.user.as_deref(), Some("10001:10001"));
        assert_eq!(plan.create.stop_signal.as_deref(), Some("SIGINT"));
        assert_eq!(plan.create.stop_timeout, Some(42));
        let host = plan.create.host_config.clone().unwrap();
        assert_eq!(host.readonly_rootfs, Some(true));
        assert_eq!(host.cap_drop, Some(vec!["ALL".to_owned()]));
        assert_eq!(host.binds.unwrap(), ["data:/app/data:rw", "anonymous1:/scratch:rw"]);
        assert_eq!(host.mounts.unwrap()[0].source.as_deref(), Some("anonymous2"));
        assert_eq!(plan.networks["stack_default"].aliases, Some(vec!["matomo-loadgen".to_owned()]));
        assert_eq!(plan.networks["stack_default"].ip_address, None);
        let body = plan.body(&HashMap::from([("B".to_owned(), "c=d".to_owned())]));
        assert_eq!(body.env.unwrap(), ["B=c=d"]);
        let endpoints = body.networking_config.unwrap().endpoints_config.unwrap();
        assert_eq!(endpoints.keys().collect::<Vec<_>>(), ["stack_default"]);
        let further = plan.further_networks();
        assert_eq!(further.len(), 1);
        let fixed = further[0].1.ipam_config.as_ref().unwrap();
        assert_eq!((further[0].0.as_str(), fixed.ipv4_address.as_deref()), ("second", Some("10.9.0.7")));
    }

    #[test]
    fn a_plan_survives_being_written_down() {
        let plan = Plan::read(&example());
        let env = BTreeMap::from([("A".to_owned(), "b".to_owned())]);
        assert_eq!(Plan::of(&plan.clone().into_blueprint(env)), plan);
    }

    #[test]
    fn a_container_in_anothers_network_has_no_name_and_no_endpoint_of_its_own() {
        for mode in ["host", "none", "container:abc"] {
            let mut found = example();
            found.host_config.as_mut().unwrap().network_mode = Some(mode.to_owned());
            found.config.as_mut().unwrap().hostname = Some("the-host".to_owned());
            let plan = Plan::read(&found);
            assert_eq!(plan.create.hostname, None, "{mode}");
            assert!(plan.networks.is_empty(), "{mode}");
            assert!(plan.body(&HashMap::new()).networking_config.is_none(), "{mode}");
        }
    }

    #[test]
    fn one_run_beside_it_takes_nothing_away_from_it() {
        let plan =
            Plan::read(&example()).one_off("x-backfill-1", &["run".to_owned(), "--quietly".to_owned()]);
        assert_eq!(plan.create.cmd, Some(vec!["run".to_owned(), "--quietly".to_owned()]));
        let host = plan.create.host_config.clone().unwrap();
        assert_eq!(host.restart_policy.unwrap().name, Some(RestartPolicyNameEnum::NO));
        assert_eq!(host.port_bindings, None);
        assert_eq!(host.readonly_rootfs, Some(true));
        let labels = plan.create.labels.clone().unwrap();
        assert_eq!(labels.get(OWN_LABEL).map(String::as_str), Some("x-backfill-1"));
        assert!(labels.contains_key("mine") && !labels.contains_key("com.docker.compose.service"));
        assert!(
            plan.networks
                .values()
                .all(|endpoint| endpoint.aliases.is_none() && endpoint.ipam_config.is_none())
        );
    }

    #[test]
    fn the_report_is_asked_for_where_the_container_is() {
        let found = example();
        let env = BTreeMap::from([("METRICS_PORT".to_owned(), "9464".to_owned())]);
        let plan = Plan::read(&found);
        let places = plan.reports(&env, found.network_settings.as_ref());
        assert_eq!(places, ["10.9.0.7:9464", "172.18.0.3:9464"]);
        assert!(plan.reports(&BTreeMap::new(), found.network_settings.as_ref()).is_empty());
    }
}
