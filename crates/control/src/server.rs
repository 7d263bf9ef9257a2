//! The web server: everything put together, run until it is told to stop, and drained.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use actix_cors::Cors;
use actix_web::{
    App, HttpServer,
    dev::Server,
    http::header,
    middleware::{Compress, Condition, from_fn},
    web::Data,
};
use secrecy::SecretString;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use utoipa_actix_web::AppExt as _;

use crate::{
    AppState, Config, Store,
    auth::{self, ApiKey, Guesses, KeyFileError, Tickets},
    backfill::Backfills,
    capacity::Capacity,
    config,
    engine::{Engine, LoadGenerator, Place},
    funnels, headers,
    limits::Limits,
    logs::{Bounds, LogHub, Redactor},
    observe::Observer,
    routes,
    runs::{self, Runs},
};

/// How long requests under way may take once the control plane is told to stop. Streams end at once.
const DRAIN: Duration = Duration::from_secs(3);
/// Threads that serve requests. What blocks runs elsewhere.
const WORKERS: usize = 2;
/// Connections that are open at once, per worker.
const MOST_CONNECTIONS: usize = 1024;
/// How long a client may take to send the head of its request.
const HEAD: Duration = Duration::from_secs(10);

/// A control plane that listens. It serves while [`run`](Self::run) runs.
pub struct Application {
    /// Where it listens.
    pub address: SocketAddr,
    /// The key, when it was made just now: to be shown to the operator, this once.
    pub new_key: Option<SecretString>,
    state: Data<AppState>,
    server: Server,
    tasks: TaskTracker,
}

/// Why the control plane did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The data directory cannot be made.
    #[error("the folder {} cannot be used: {source}; make it writable for this user, or set DATA_DIR", path.display())]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The address is taken or not ours.
    #[error(
        "cannot listen on {address}: {source}; set CONTROL_UI_HOST and CONTROL_UI_PORT to a free address"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Puts everything together and begins to listen.
///
/// # Errors
/// When there is no key, no data directory, or no address to listen on.
pub async fn build(config: Config, engine: Arc<dyn Engine>, store: Store) -> Result<Application, StartError> {
    let folder = |source| StartError::DataDir { path: config.data_dir.clone(), source };
    std::fs::create_dir_all(&config.data_dir).map_err(folder)?;
    let (key, new_key) = if let Some(key) = &config.api_key {
        (ApiKey::new(key), None)
    } else {
        let (key, made) = auth::load_or_create(&config.data_file("control-api-key"))?;
        (ApiKey::new(&key), made.then_some(key))
    };
    funnels::export_at_start(&store, &config).await;
    runs::settle_left(&store).await;

    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let limits = Limits::new(&config.trusted_proxies);
    tasks.spawn(limits.clone().forget_idle(stop.clone()));

    let redactor = Arc::new(Redactor::default());
    let place = Place::new(
        &config.engine.container,
        config.data_dir.clone(),
        config.engine.start_signal_file.clone(),
    );
    let logs = LogHub::new(engine.clone(), place.name.clone(), redactor.clone(), Bounds::default());
    let load = LoadGenerator::new(engine, place, redactor);
    tasks.spawn(load.clone().watch(stop.clone()));
    tasks.spawn(logs.clone().follow(load.views(), stop.clone()));
    let observe = Observer::new(load.clone(), logs.clone(), store.clone());
    tasks.spawn(observe.clone().watch(stop.clone()));
    let backfills = Backfills::new(load.clone(), store.clone());
    tasks.spawn(backfills.clone().watch(stop.clone()));
    let capacity = Capacity::new(load.clone(), store.clone());
    tasks.spawn(capacity.clone().watch(stop.clone()));
    let runs = Runs::new(
        load.clone(),
        observe.clone(),
        store.clone(),
        config.targets.clone(),
        tasks.clone(),
        stop.clone(),
    );

    let state = Data::new(AppState {
        config,
        store,
        load,
        logs,
        observe,
        backfills,
        capacity,
        runs,
        key,
        guesses: Guesses::default(),
        tickets: Tickets::default(),
        stop,
    });
    let (server, address) = serve(&state, &limits)?;
    Ok(Application { address, new_key, state, server, tasks })
}

fn serve(state: &Data<AppState>, limits: &Limits) -> Result<(Server, SocketAddr), StartError> {
    let listen = state.config.listen;
    let failed = |source| StartError::Listen { address: listen, source };
    let shared = state.clone();
    let limits = limits.clone();
    let server = HttpServer::new(move || {
        let [first, second, third, fourth] = limits.middleware();
        let limited = shared.config.rate_limits;
        App::new()
            .app_data(shared.clone())
            .into_utoipa_app()
            .configure(routes::all)
            .into_app()
            .default_service(actix_web::web::to(routes::unknown))
            // The last is the first that a request passes.
            .wrap(Condition::new(limited, first))
            .wrap(Condition::new(limited, second))
            .wrap(Condition::new(limited, third))
            .wrap(Condition::new(limited, fourth))
            .wrap(Condition::new(shared.config.cors != config::Cors::Closed, cors(&shared.config.cors)))
            .wrap(Compress::default())
            .wrap(from_fn(headers::complete))
    })
    .workers(WORKERS)
    .max_connections(MOST_CONNECTIONS)
    .client_request_timeout(HEAD)
    .shutdown_timeout(DRAIN.as_secs())
    .disable_signals()
    .server_hostname("control")
    .bind(listen)
    .map_err(failed)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    Ok((server.run(), address))
}

fn cors(setting: &config::Cors) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "DELETE"])
        .allowed_headers([header::CONTENT_TYPE, header::HeaderName::from_static(auth::KEY_HEADER)])
        .expose_headers([header::RETRY_AFTER])
        .block_on_origin_mismatch(true)
        .max_age(3600);
    match setting {
        config::Cors::Closed => cors,
        config::Cors::Any => cors.allow_any_origin().send_wildcard(),
        config::Cors::Origins(origins) => {
            origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
        }
    }
}

impl Application {
    /// Where it listens, as a browser wants it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the handlers share.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Serves until `stop` is ready, then drains: streams end at once, requests under way have a few seconds.
    ///
    /// # Errors
    /// When the server fails.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let Application { state, server, tasks, .. } = self;
        let handle = server.handle();
        let ended = async {
            stop.await;
            tracing::info!("stopping: requests under way are finished, streams are ended");
            // First, since one open stream would hold up the server for the whole of its time.
            state.stop.cancel();
            handle.stop(true).await;
        };
        tokio::pin!(server, ended);
        let result = tokio::select! {
            result = &mut server => result,
            () = &mut ended => server.await,
        };
        state.stop.cancel();
        tasks.close();
        if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!("some tasks did not end in time and are left behind");
        }
        result
    }
}
