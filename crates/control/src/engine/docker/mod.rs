//! The engine of containers, by the Docker API: Docker or Podman, straight or through a filtering proxy. Only this folder
//! knows bollard.
//!
//! Nothing is assumed about the engine's version, and units are addressed by name, since a proxy's rules are. The
//! connection is made anew for each call when there is none, so that an engine may come and go, also before our start.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bollard::{
    Docker,
    models::{ContainerInspectResponse, NetworkConnectRequest},
    query_parameters::{
        CreateContainerOptionsBuilder, EventsOptionsBuilder, InspectContainerOptions, LogsOptionsBuilder,
        RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder, StartContainerOptions,
        StopContainerOptionsBuilder,
    },
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream::BoxStream};

use super::{Blueprint, Engine, EngineError, EngineKind, LogStart, Unit};
use crate::logs::RawLine;

mod blueprint;
mod failure;
mod fresh;
mod lines;
mod unit;

use blueprint::Plan;
use failure::explain;

/// The data folder in a container.
const DATA_DIR: &str = "/app/data";
/// How long a call may take that makes or removes something.
const LONG: Duration = Duration::from_mins(2);
/// How long a call may take that only looks.
const SHORT: Duration = Duration::from_secs(10);
/// How long a container that is being removed may take to vanish.
const VANISH: Duration = Duration::from_secs(30);

/// What the engine is told.
#[derive(Debug, Clone)]
pub struct DockerOptions {
    /// Where the engine listens, for example `unix:///var/run/docker.sock` or `tcp://proxy:2375`.
    pub host: String,
    /// The image that a missing container is made from.
    pub image: String,
    /// The network that a missing container is put on; `None` = those of our own container.
    pub network: Option<String>,
    /// The volume or folder of the host that a missing container has at `/app/data`; `None` = that of our own container.
    pub volume: Option<String>,
    /// Our data folder.
    pub data_dir: PathBuf,
}

/// The engine.
#[derive(Debug)]
pub struct DockerEngine {
    options: DockerOptions,
    connection: Mutex<Option<Docker>>,
}

impl DockerEngine {
    /// An engine that is connected to when it is asked something.
    pub fn new(options: DockerOptions) -> Self {
        Self { options, connection: Mutex::default() }
    }

    /// A client whose calls may take so long.
    fn client(&self, patience: Duration) -> Result<Docker, EngineError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match connection.take() {
            Some(client) => client,
            None => {
                Docker::connect_with_host(&self.options.host).map_err(|error| explain("connecting", error))?
            }
        };
        *connection = Some(client.clone());
        Ok(client.with_timeout(patience))
    }

    /// What the engine says of a container of that name, whosever it is.
    async fn inspect(&self, name: &str) -> Result<Option<ContainerInspectResponse>, EngineError> {
        let client = self.client(SHORT)?;
        let answer = client.inspect_container(name, None::<InspectContainerOptions>).await;
        match answer.or_else(failure::forgive_states) {
            // The engine takes the beginning of an id for a name, too.
            Ok(found) if found.name.as_deref().is_some_and(|there| there.trim_start_matches('/') == name) => {
                Ok(Some(found))
            }
            Ok(_) => Ok(None),
            Err(error) => match explain(&format!("looking at {name}"), error) {
                EngineError::Missing(_) => Ok(None),
                other => Err(other),
            },
        }
    }

    /// The same of a container of ours.
    async fn inspect_own(&self, name: &str) -> Result<Option<ContainerInspectResponse>, EngineError> {
        match self.inspect(name).await? {
            Some(found) if !unit::is_ours(&found, name) => Err(EngineError::NotOurs(name.to_owned())),
            other => Ok(other),
        }
    }

    /// The image to create from: the very one that the blueprint was made of, also when its tag has moved on or is gone.
    async fn image_of(&self, plan: &Plan) -> Result<Option<String>, EngineError> {
        let (Some(tag), Some(id)) = (&plan.create.image, &plan.image_id) else {
            return Ok(plan.create.image.clone());
        };
        let client = self.client(SHORT)?;
        match client.inspect_image(tag).await {
            Ok(image) if image.id.as_deref() == Some(id) => Ok(Some(tag.clone())),
            Ok(_) => Ok(Some(id.clone())),
            Err(error) => Ok(Some(match explain("looking at the image", error) {
                EngineError::Missing(_) => id.clone(),
                // A proxy may forbid the question.
                _ => tag.clone(),
            })),
        }
    }

    async fn create_by(
        &self,
        name: &str,
        plan: &Plan,
        env: &HashMap<String, String>,
    ) -> Result<(), EngineError> {
        let client = self.client(LONG)?;
        let mut body = plan.body(env);
        body.image = self.image_of(plan).await?;
        let image = body.image.clone().unwrap_or_default();
        let options = CreateContainerOptionsBuilder::new().name(name).build();
        client.create_container(Some(options), body).await.map_err(|error| {
            match explain(&format!("creating {name}"), error) {
                EngineError::Missing(_) => EngineError::Refused(format!(
                    "the image {image} is not there: pull or build it, or set LOADGEN_IMAGE"
                )),
                other => other,
            }
        })?;
        // Older engines take one network at the creation only.
        for (network, endpoint) in plan.further_networks() {
            let request =
                NetworkConnectRequest { container: name.to_owned(), endpoint_config: Some(endpoint) };
            if let Err(error) = client.connect_network(&network, request).await {
                let error = explain(&format!("connecting {name} to the network {network}"), error);
                self.remove(name).await?;
                return Err(error);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Engine for DockerEngine {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn data_dir(&self) -> &Path {
        Path::new(DATA_DIR)
    }

    async fn find(&self, name: &str) -> Result<Option<Unit>, EngineError> {
        Ok(self.inspect_own(name).await?.map(|found| unit::read(found, name)))
    }

    async fn blueprint(&self, name: &str) -> Result<Blueprint, EngineError> {
        let own_id = fresh::own_container_id();
        let own = match own_id {
            Some(id) => {
                let client = self.client(SHORT)?;
                // A proxy may forbid the question, and outside a container there is no answer.
                client.inspect_container(&id, None::<InspectContainerOptions>).await.ok()
            }
            None => None,
        };
        Ok(fresh::blueprint(&self.options, name, own.as_ref()))
    }

    fn one_off(&self, like: &Blueprint, name: &str, args: &[String]) -> Blueprint {
        Plan::of(like).one_off(name, args).into_blueprint(like.env.clone())
    }

    async fn create(&self, name: &str, blueprint: &Blueprint) -> Result<(), EngineError> {
        let env = blueprint.env.clone().into_iter().collect();
        self.create_by(name, &Plan::of(blueprint), &env).await
    }

    async fn start(&self, name: &str) -> Result<(), EngineError> {
        let client = self.client(LONG)?;
        let started = client.start_container(name, None::<StartContainerOptions>).await;
        started.map_err(|error| explain(&format!("starting {name}"), error))
    }

    async fn stop(&self, name: &str, timeout: Duration) -> Result<(), EngineError> {
        // The engine answers when it is done: the client must be more patient than that.
        let client = self.client(timeout + LONG)?;
        let seconds = i32::try_from(timeout.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::new().t(seconds).build();
        client
            .stop_container(name, Some(options))
            .await
            .map_err(|error| explain(&format!("stopping {name}"), error))
    }

    async fn pause(&self, name: &str) -> Result<(), EngineError> {
        self.client(LONG)?
            .pause_container(name)
            .await
            .map_err(|error| explain(&format!("pausing {name}"), error))
    }

    async fn resume(&self, name: &str) -> Result<(), EngineError> {
        let client = self.client(LONG)?;
        client.unpause_container(name).await.map_err(|error| explain(&format!("resuming {name}"), error))
    }

    async fn rename(&self, name: &str, to: &str) -> Result<(), EngineError> {
        let options = RenameContainerOptionsBuilder::new().name(to).build();
        let client = self.client(LONG)?;
        client
            .rename_container(name, options)
            .await
            .map_err(|error| explain(&format!("renaming {name} to {to}"), error))
    }

    async fn remove(&self, name: &str) -> Result<(), EngineError> {
        let Some(found) = self.inspect_own(name).await? else { return Ok(()) };
        let id = found.id.unwrap_or_default();
        let client = self.client(LONG)?;
        let options = RemoveContainerOptionsBuilder::new().force(true).v(false).build();
        let removed = client.remove_container(name, Some(options)).await;
        match removed.map_err(|error| explain(&format!("removing {name}"), error)) {
            Ok(()) | Err(EngineError::Missing(_)) => {}
            // One with --rm may be on its way out already.
            Err(EngineError::Refused(problem)) if problem.contains("already in progress") => {}
            Err(error) => return Err(error),
        }
        let vanished = async {
            while self.inspect(name).await?.is_some_and(|there| there.id.as_deref() == Some(&id)) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        };
        tokio::time::timeout(VANISH, vanished).await.unwrap_or_else(|_| {
            let doing = format!("removing {name}");
            Err(EngineError::Slow { engine: EngineKind::Docker, doing, after: VANISH })
        })
    }

    fn changes(&self) -> BoxStream<'static, ()> {
        let Ok(client) = self.client(LONG) else { return futures_util::stream::empty().boxed() };
        let filters = HashMap::from([("type", vec!["container"])]);
        let options = EventsOptionsBuilder::new().filters(&filters).build();
        client
            .events(Some(options))
            .take_while(|event| std::future::ready(event.is_ok()))
            .filter_map(|event| std::future::ready(event.ok().filter(unit::is_a_change).map(|_| ())))
            .boxed()
    }

    fn logs(&self, name: &str, from: LogStart) -> BoxStream<'static, Result<RawLine, EngineError>> {
        let client = match self.client(LONG) {
            Ok(client) => client,
            Err(error) => return futures_util::stream::once(async move { Err(error) }).boxed(),
        };
        let options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true).timestamps(true);
        let options = match from {
            LogStart::Tail(count) => options.tail(&count.to_string()),
            LogStart::After(position) => options.tail("all").since(lines::second_of(position)),
        };
        let after = match from {
            LogStart::Tail(_) => None,
            LogStart::After(position) => Some(position),
        };
        let doing = format!("reading the log of {name}");
        let frames = client.logs(name, Some(options.build())).map_err(move |error| explain(&doing, error));
        lines::assemble(frames, after)
    }
}
