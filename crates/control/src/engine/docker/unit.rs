//! What the engine says of a container, as a unit.

use std::collections::BTreeMap;

use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, EventMessage, HealthStatusEnum,
};
use jiff::Timestamp;

use super::blueprint::Plan;
use crate::engine::{Health, OWN_LABEL, State, Unit};

/// The label by which Compose names the service of a container.
const COMPOSE_SERVICE: &str = "com.docker.compose.service";
/// The name of our service in our Compose files.
const OUR_SERVICE: &str = "matomo-loadgen";

/// Whether the container is one that may be touched.
pub(super) fn is_ours(found: &ContainerInspectResponse, name: &str) -> bool {
    let labels = found.config.as_ref().and_then(|config| config.labels.as_ref());
    labels.is_some_and(|labels| {
        let service = labels.get(COMPOSE_SERVICE).map(String::as_str);
        labels.contains_key(OWN_LABEL) || service == Some(OUR_SERVICE) || service == Some(name)
    })
}

/// Whether an event may be of interest. Healthchecks make events all the time.
pub(super) fn is_a_change(event: &EventMessage) -> bool {
    let action = event.action.as_deref().unwrap_or_default();
    !action.starts_with("exec_") && !matches!(action, "top" | "resize" | "attach" | "detach")
}

/// The unit.
pub(super) fn read(found: ContainerInspectResponse, name: &str) -> Unit {
    let plan = Plan::read(&found);
    let status = found.state.unwrap_or_default();
    let state = state(&status);
    let config = found.config.unwrap_or_default();
    let env = env_of(config.env.as_deref().unwrap_or_default());
    let complaint = if status.oom_killed == Some(true) {
        Some("it was killed for lack of memory".to_owned())
    } else {
        status.error.clone().filter(|error| !error.is_empty())
    };
    Unit {
        id: found.id.unwrap_or_default(),
        name: name.to_owned(),
        state,
        created: found.created.as_deref().and_then(moment),
        started_at: status.started_at.as_deref().and_then(moment),
        finished_at: status.finished_at.as_deref().and_then(moment).filter(|_| state == State::Stopped),
        exit_code: status.exit_code.filter(|_| matches!(state, State::Stopped | State::Restarting)),
        restarts: found.restart_count.and_then(|count| count.try_into().ok()).unwrap_or(0),
        health: status.health.and_then(|health| match health.status? {
            HealthStatusEnum::STARTING => Some(Health::Starting),
            HealthStatusEnum::HEALTHY => Some(Health::Healthy),
            HealthStatusEnum::UNHEALTHY => Some(Health::Unhealthy),
            HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => None,
        }),
        complaint,
        reports: plan.reports(&env, found.network_settings.as_ref()),
        user: user(config.user.as_deref().unwrap_or_default()),
        blueprint: plan.into_blueprint(env),
    }
}

fn state(status: &ContainerState) -> State {
    match status.status {
        Some(ContainerStateStatusEnum::CREATED) => State::Created,
        Some(ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::STOPPING) => State::Running,
        Some(ContainerStateStatusEnum::PAUSED) => State::Paused,
        Some(ContainerStateStatusEnum::RESTARTING) => State::Restarting,
        Some(ContainerStateStatusEnum::REMOVING | ContainerStateStatusEnum::DEAD) => State::Error,
        Some(ContainerStateStatusEnum::EMPTY) | None if status.running == Some(true) => State::Running,
        Some(ContainerStateStatusEnum::EXITED | ContainerStateStatusEnum::EMPTY) | None => State::Stopped,
    }
}

fn env_of(pairs: &[String]) -> BTreeMap<String, String> {
    let split = |pair: &String| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    };
    pairs.iter().map(split).collect()
}

/// A moment; the engine writes the year 1 for none.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|at: &Timestamp| *at > Timestamp::UNIX_EPOCH)
}

/// The user of the container's process, where it is given as numbers. Nothing given is root.
fn user(text: &str) -> Option<(u32, u32)> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, ""));
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse().ok() };
    Some((number(uid)?, number(gid)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_read_where_they_are_numbers() {
        assert_eq!(user(""), Some((0, 0)));
        assert_eq!(user("10001"), Some((10001, 0)));
        assert_eq!(user("10001:10002"), Some((10001, 10002)));
        assert_eq!(user("nobody"), None);
    }

    #[test]
    fn a_time_of_the_year_one_is_none() {
        assert_eq!(moment("0001-01-01T00:00:00Z"), None);
        assert!(moment("2026-01-05T08:00:00.123456789Z").is_some());
    }

    #[test]
    fn only_labelled_containers_are_ours() {
        let labelled = |name: &str, value: &str| {
            let labels = std::collections::HashMap::from([(name.to_owned(), value.to_owned())]);
            let config = bollard::models::ContainerConfig { labels: Some(labels), ..Default::default() };
            ContainerInspectResponse { config: Some(config), ..Default::default() }
        };
        assert!(is_ours(&labelled(OWN_LABEL, "x"), "x"));
        assert!(is_ours(&labelled(COMPOSE_SERVICE, "matomo-loadgen"), "other"));
        assert!(!is_ours(&labelled(COMPOSE_SERVICE, "postgres"), "matomo-loadgen"));
        assert!(!is_ours(&ContainerInspectResponse::default(), "matomo-loadgen"));
    }
}
