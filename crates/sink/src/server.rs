//! A running receiver: it is started, accepts connections, closes its port when a fault says so, and is shut down.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rusqlite::Connection;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::config::{Config, StartError};
use crate::connection::{Cut, Socket};
use crate::fault::{FaultError, FaultPlan, Kind};
use crate::route;
use crate::sites::Registry;
use crate::stats::{Requests, Stats};
use crate::store::writer::{Place, Writer};
use crate::tracker::Engine;

/// How long open connections may finish what they are at, once the receiver is told to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How long a request under way may take once the port is closed on request: enough for the answer to that request.
const LAST_WORD: Duration = Duration::from_millis(100);

/// A running receiver. Dropping it stops it without waiting.
#[derive(Debug)]
pub struct Handle {
    addr: SocketAddr,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What every connection needs.
pub(crate) struct Shared {
    pub(crate) writer: Option<Writer>,
    pub(crate) requests: Requests,
    pub(crate) body_limit: usize,
    pub(crate) place: Option<Place>,
    pub(crate) registry: Arc<RwLock<Registry>>,
    pub(crate) clock: Clock,
    /// Only this machine can reach it, so that faults need no token.
    pub(crate) is_local: bool,
    pub(crate) stop: CancellationToken,
    faults: RwLock<Arc<FaultPlan>>,
    /// While there is one, the port is closed; it ends when the fault does.
    refusal: watch::Sender<Option<Refusal>>,
}

/// The port is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Refusal {
    lasting: Option<Duration>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("is_local", &self.is_local).finish_non_exhaustive()
    }
}

/// Starts a receiver on the runtime that this is called from.
///
/// # Errors
/// When the address cannot be listened on, the database cannot be opened, or a site or token cannot be as it is given.
pub async fn start(config: Config) -> Result<Handle, StartError> {
    let cannot_listen = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(cannot_listen)?;
    let addr = listener.local_addr().map_err(cannot_listen)?;
    let registry = Arc::new(RwLock::new(Registry::default()));
    let (writer, thread, place) = if config.null {
        (None, None, None)
    } else {
        let place = Place::new(config.db.clone())?;
        let failed = |source| StartError::Database { path: place.path.clone(), source };
        let db = crate::store::open_writer(&place.path).map_err(failed)?;
        *registry.write().unwrap_or_else(PoisonError::into_inner) = set_up(&db, &config)?;
        let mut engine =
            Engine::new(db, registry.clone(), config.clock, config.keep_params).map_err(failed)?;
        engine.save_registry().map_err(failed)?;
        let (writer, thread) = Writer::start(engine)?;
        (Some(writer), Some(thread), Some(place))
    };
    let shared = Arc::new(Shared {
        writer,
        requests: Requests::default(),
        body_limit: config.body_limit,
        place,
        registry,
        clock: config.clock,
        is_local: addr.ip().is_loopback(),
        stop: CancellationToken::new(),
        faults: RwLock::default(),
        refusal: watch::Sender::new(None),
    });
    shared.set_faults(config.faults.parse()?);
    let tasks = TaskTracker::new();
    tasks.spawn(listen(listener, addr, shared.clone(), tasks.clone()));
    Ok(Handle { addr, shared, tasks, writer: Mutex::new(thread) })
}

/// What the database has, with what the configuration adds.
fn set_up(db: &Connection, config: &Config) -> Result<Registry, StartError> {
    let stored: Option<String> =
        db.query_row("SELECT value FROM meta WHERE key = 'registry'", [], |row| row.get(0)).ok();
    let stored = stored.and_then(|json| serde_json::from_str::<Registry>(&json).ok()).map(Registry::restore);
    let token = config.token.as_deref();
    let mut registry = match stored {
        Some(mut stored) => {
            if let Some(token) = token {
                stored.put_super(token)?;
            }
            stored
        }
        None => Registry::with_site_one(token, "UTC")?,
    };
    if let Some(time_zone) = &config.time_zone {
        registry.set_time_zone(1, time_zone)?;
    }
    registry.extend(config.setup.clone())?;
    Ok(registry)
}

impl Handle {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base address, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What was counted so far; everything answered before the call is in it.
    pub async fn stats(&self) -> Stats {
        self.shared.stats().await
    }

    /// Replaces the faults; see [`GRAMMAR`](crate::GRAMMAR). An empty plan ends them.
    ///
    /// # Errors
    /// When the plan is not understood; the faults are then as before.
    pub fn set_faults(&self, plan: &str) -> Result<(), FaultError> {
        self.shared.set_faults(plan.parse()?);
        Ok(())
    }

    /// Stops taking connections, lets the open ones finish what they are at, and writes what is pending.
    pub async fn shutdown(self) {
        self.shared.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("connections were still open after {GRACE:?}; stopping all the same");
        }
        if let Some(writer) = &self.shared.writer {
            writer.stop();
        }
        let thread = self.writer.lock().ok().and_then(|mut thread| thread.take());
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the writer's thread ended in a panic; the last batch may be lost");
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl Shared {
    pub(crate) async fn stats(&self) -> Stats {
        let stats = match &self.writer {
            Some(writer) => writer.commit().await.unwrap_or_default(),
            None => Stats::default(),
        };
        Stats { requests: self.requests.total(), ..stats }
    }

    pub(crate) fn faults(&self) -> Arc<FaultPlan> {
        self.faults.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_faults(&self, plan: FaultPlan) {
        let refusal = match plan.refuses_at_once() {
            Some(Kind::Refuse { lasting }) => Some(Refusal { lasting }),
            _ => None,
        };
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(plan);
        self.refusal.send_replace(refusal);
    }

    /// Closes the port, for so long or until the plan changes.
    pub(crate) fn refuse(&self, lasting: Option<Duration>) {
        self.refusal.send_replace(Some(Refusal { lasting }));
    }
}

/// Accepts connections; closes the port while a fault asks for it, and opens it again.
async fn listen(listener: TcpListener, addr: SocketAddr, shared: Arc<Shared>, tasks: TaskTracker) {
    let mut listener = Some(listener);
    let mut refusal = shared.refusal.subscribe();
    let mut open = CancellationToken::new();
    loop {
        let now = *refusal.borrow_and_update();
        if let Some(Refusal { lasting }) = now {
            drop(listener.take());
            open.cancel();
            let over = async {
                match lasting {
                    Some(lasting) => tokio::time::sleep(lasting).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shared.stop.cancelled() => return,
                _ = refusal.changed() => {}
                () = over => {
                    shared.refusal.send_if_modified(|current| {
                        let is_same = *current == now;
                        if is_same {
                            *current = None;
                        }
                        is_same
                    });
                }
            }
            continue;
        }
        let Some(bound) = &listener else {
            open = CancellationToken::new();
            match TcpListener::bind(addr).await {
                Ok(again) => listener = Some(again),
                Err(error) => {
                    tracing::warn!(%error, %addr, "the port cannot be opened again yet");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
            continue;
        };
        tokio::select! {
            () = shared.stop.cancelled() => return,
            _ = refusal.changed() => {}
            accepted = bound.accept() => match accepted {
                Ok((stream, peer)) => {
                    tasks.spawn(serve(stream, peer, shared.clone(), open.clone()));
                }
                Err(error) => {
                    // Out of files, most likely: the system's queue keeps the client until there is room.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, shared: Arc<Shared>, open: CancellationToken) {
    // Answers are small: waiting for more to send would only add latency.
    let _ = stream.set_nodelay(true);
    let cut = Cut::default();
    let stop = shared.stop.clone();
    let service = service_fn({
        let cut = cut.clone();
        move |request| {
            let (shared, cut) = (shared.clone(), cut.clone());
            async move { route::respond(request, peer, &shared, &cut).await }
        }
    });
    let socket = TokioIo::new(Socket::new(stream, cut.clone()));
    let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(socket, service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = open.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let Ok(ended) = tokio::time::timeout(LAST_WORD, connection.as_mut()).await else {
                cut.reset();
                return;
            };
            ended
        }
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "connection ended");
    }
}
