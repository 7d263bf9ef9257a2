//! How often a client may call each route, in requests a minute. The table is the one in the documentation.

use std::{net::IpAddr, sync::Arc, time::Duration};

use actix_governor::{
    Governor, GovernorConfig, GovernorConfigBuilder, KeyExtractor,
    governor::{
        NotUntil,
        clock::{Clock as _, DefaultClock, QuantaInstant},
        middleware::NoOpMiddleware,
    },
};
use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError as _,
    dev::ServiceRequest,
    http::{Method, header},
};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use crate::{client, error::ApiError};

/// The pattern of a route, its limit for reading (GET) and for everything else. What is not here has no limit.
pub(crate) const ROUTES: &[(&str, u32, u32)] = &[
    ("/health", 30, 30),
    ("/api/status", 60, 60),
    ("/api/start", 10, 10),
    ("/api/stop", 10, 10),
    ("/api/restart", 10, 10),
    ("/api/config/apply", 10, 10),
    ("/api/logs", 30, 30),
    ("/api/logs/ticket", 30, 30),
    ("/api/metrics", 60, 60),
    ("/api/validate", 30, 30),
    ("/api/test-connection", 20, 20),
    ("/api/schema", 30, 30),
    ("/api/configs", 30, 10),
    ("/api/configs/export", 10, 10),
    ("/api/configs/import", 10, 10),
    ("/api/configs/{id}", 30, 10),
    ("/api/presets", 30, 10),
    ("/api/presets/{id}", 30, 10),
    ("/api/funnels", 30, 10),
    ("/api/funnels/preview", 20, 20),
    ("/api/funnels/{id}", 30, 10),
    ("/api/urls", 20, 10),
    ("/api/urls/validate", 20, 20),
    ("/api/events", 20, 10),
    ("/api/events/validate", 20, 20),
    ("/api/backfill/run", 10, 10),
    ("/api/backfill/status", 30, 30),
    ("/api/backfill/last", 30, 30),
    ("/api/backfill/cancel", 10, 10),
    ("/api/backfill/cleanup", 10, 10),
    ("/api/capacity/run", 10, 10),
    ("/api/capacity/status", 30, 30),
    ("/api/capacity/cancel", 10, 10),
    ("/api/runs", 30, 30),
    ("/api/runs/compare", 30, 30),
    ("/api/runs/{id}", 30, 10),
    ("/api/runs/{id}/download", 10, 10),
    ("/api/runs/{id}/verify", 10, 10),
    ("/api/runs/{id}/proof", 30, 30),
];

/// The limits that there are. Each needs a limiter of its own.
const TIERS: [u32; 4] = [10, 20, 30, 60];

/// How often clients are forgotten who have not come for a while.
const FORGET: Duration = Duration::from_mins(1);

/// The limit of a route, in requests a minute and client.
pub fn of(method: &Method, pattern: &str) -> Option<u32> {
    let (_, read, change) = ROUTES.iter().find(|(route, ..)| *route == pattern)?;
    Some(if method == Method::GET { *read } else { *change })
}

/// The limiters, shared by all threads.
#[derive(Clone)]
pub(crate) struct Limits {
    tiers: [GovernorConfig<ByClientAndRoute, NoOpMiddleware<QuantaInstant>>; TIERS.len()],
}

impl Limits {
    pub(crate) fn new(trusted: &[IpNet]) -> Limits {
        let trusted: Arc<[IpNet]> = trusted.into();
        let tiers = TIERS.map(|per_minute| {
            GovernorConfigBuilder::default()
                .key_extractor(ByClientAndRoute { per_minute, trusted: trusted.clone() })
                .requests_per_minute(per_minute.into())
                .burst_size(per_minute)
                .finish()
                .expect("no tier is zero")
        });
        Limits { tiers }
    }

    /// The middleware of each tier: every request passes all, and only its own counts it.
    pub(crate) fn middleware(
        &self,
    ) -> [Governor<ByClientAndRoute, NoOpMiddleware<QuantaInstant>>; TIERS.len()] {
        self.tiers.each_ref().map(Governor::new)
    }

    /// Forgets clients who have not come for a while, until the token is cancelled.
    pub(crate) async fn forget_idle(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(FORGET)).await.is_some() {
            for tier in &self.tiers {
                tier.limiter().retain_recent();
                tier.limiter().shrink_to_fit();
            }
        }
    }
}

/// One count for each client, method and route, as far as the route is of this tier.
#[derive(Clone)]
pub(crate) struct ByClientAndRoute {
    per_minute: u32,
    trusted: Arc<[IpNet]>,
}

/// `None` is what this tier does not count.
type Key = Option<(IpAddr, Method, String)>;

impl KeyExtractor for ByClientAndRoute {
    type Key = Key;
    type KeyExtractionError = ApiError;

    fn extract(&self, request: &ServiceRequest) -> Result<Key, ApiError> {
        let limited =
            request.match_pattern().filter(|pattern| of(request.method(), pattern) == Some(self.per_minute));
        Ok(limited.map(|pattern| {
            let peer = request.peer_addr().map(|peer| peer.ip());
            let client = client::address(peer, request.headers(), &self.trusted);
            (client::counted(client), request.method().clone(), pattern)
        }))
    }

    fn whitelisted_keys(&self) -> Vec<Key> {
        vec![None]
    }

    fn exceed_rate_limit_response(
        &self,
        negative: &NotUntil<QuantaInstant>,
        mut prepared: HttpResponseBuilder,
    ) -> HttpResponse {
        let wait = negative.wait_time_from(DefaultClock::default().now());
        let seconds = (wait.as_secs_f64().ceil() as u64).max(1);
        let detail = format!(
            "this route takes {} requests a minute from a client: try again in {seconds} s",
            self.per_minute
        );
        let mut response = ApiError::rate_limited(detail, seconds).error_response();
        // What the middleware has prepared says the same, with the seconds cut instead of rounded up.
        for (name, value) in prepared.finish().headers() {
            if name != header::RETRY_AFTER && name.as_str() != "x-ratelimit-after" {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_a_tier() {
        for (route, read, change) in ROUTES {
            assert!(TIERS.contains(read) && TIERS.contains(change), "{route}");
        }
    }

    #[test]
    fn reading_and_changing_have_their_own_limits() {
        assert_eq!(of(&Method::GET, "/api/configs/{id}"), Some(30));
        assert_eq!(of(&Method::DELETE, "/api/configs/{id}"), Some(10));
        assert_eq!(of(&Method::GET, "/docs"), None);
    }
}
