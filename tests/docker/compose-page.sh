#!/usr/bin/env bash
# docker-compose.webui.yml on a real engine, steered from its page by a real browser. Needs our images, the page's
# packages (cargo xtask web) and Chromium. Sends nothing: its target is a closed port.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [[ ! -d web/node_modules ]] || ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
    echo "SKIPPED: the page is tried only where its packages (cargo xtask web) and Chromium are" >&2
    exit 0
fi
for name in matomo-loadgen trafficinator-control-ui; do
    if docker inspect "$name" >/dev/null 2>&1; then
        echo "there is a container $name already; this test leaves it alone: docker rm -f $name" >&2
        exit 1
    fi
done

read -ra compose <<<"${COMPOSE_2-docker compose}"
work=$(mktemp -d)
: >"$work/env"
key=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
port=18001
stack() {
    env -i "PATH=$PATH" "HOME=$HOME" TRAFFICINATOR_VERSION=latest "DOCKER_GID=$(stat -c %g /var/run/docker.sock)" \
        "CONTROL_UI_API_KEY=$key" CONTROL_UI_PORT=$port MATOMO_URL=http://127.0.0.1:9/matomo.php AUTO_START=false \
        RANDOMIZE_VISITOR_COUNTRIES=false "${compose[@]}" -p trafficinator-page --env-file "$work/env" \
        -f docker-compose.webui.yml "$@"
}
clean_up() {
    stack down --volumes --timeout 5 >/dev/null 2>&1 || true
    docker ps -aq --filter name=^matomo-loadgen | xargs -r docker rm -fv >/dev/null
    rm -rf "$work"
}
trap clean_up EXIT

stack up -d --no-build 2>"$work/up" || { cat "$work/up"; exit 1; }
for _ in $(seq 120); do
    curl -s "http://127.0.0.1:$port/health" | grep -q '"docker":"connected"' && break
    sleep 0.5
done
STACK_URL="http://127.0.0.1:$port" STACK_KEY="$key" npm --prefix web run --silent journeys -- stack
