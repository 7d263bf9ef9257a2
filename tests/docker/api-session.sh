#!/usr/bin/env bash
# docker-compose.webui.yml on a real engine: the session of docs/api.md, executed from the document, then what was written
# for the Python service; at the end nothing that was printed or can be inspected may hold a secret. The target is a
# receiver on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

read -ra compose <<<"${COMPOSE_2-docker compose}"
work=$(mktemp -d)
port=18001
token=5e55104e5e55104e5e55104e5e55104e
key=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')

for name in matomo-loadgen trafficinator-control-ui; do
    if docker inspect "$name" >/dev/null 2>&1; then
        echo "there is a container $name already; this test leaves it alone: docker rm -f $name" >&2
        exit 1
    fi
done

cargo build --quiet --workspace --bins --tests
sink=$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/debug/sink
# On the engine's own bridge, where containers reach this machine. An engine that has just started may tell the subnet
# alone; the first address of it is this machine's.
bridge=$(docker network inspect bridge --format '{{with index .IPAM.Config 0}}{{.Gateway}} {{.Subnet}}{{end}}')
gateway=$(python3 -c 'import ipaddress, sys; print(sys.argv[1] or next(ipaddress.ip_network(sys.argv[2]).hosts()))' \
    "${bridge% *}" "${bridge#* }")
SINK_TOKEN=$token "$sink" --listen "$gateway:0" --db "$work/hits.sqlite" >"$work/sink" 2>&1 &
receiver=$!

: >"$work/env"
stack() {
    env -i "PATH=$PATH" "HOME=$HOME" "DOCKER_GID=$(stat -c %g /var/run/docker.sock)" "CONTROL_UI_API_KEY=$key" \
        CONTROL_UI_PORT=$port LOG_LEVEL=DEBUG RATE_LIMITS="${RATE_LIMITS:-}" \
        "${compose[@]}" -p trafficinator-session --env-file "$work/env" -f docker-compose.webui.yml "$@"
}
clean_up() {
    stack down --volumes --timeout 5 >/dev/null 2>&1 || true
    docker ps -aq --filter name=^matomo-loadgen | xargs -r docker rm -fv >/dev/null
    kill "$receiver" 2>/dev/null || true
    rm -rf "$work"
}
trap clean_up EXIT

for _ in $(seq 50); do
    grep -q '^listening on ' "$work/sink" && break
    sleep 0.2
done
address=$(sed -n 's#^listening on http://##p' "$work/sink")
[[ -n $address ]] || { cat "$work/sink"; echo "the receiver does not start"; exit 1; }

stack up -d 2>"$work/up" || { cat "$work/up"; stack logs; exit 1; }
for _ in $(seq 120); do
    curl -sf "http://127.0.0.1:$port/health" | grep -q '"docker":"connected"' && break
    sleep 0.5
done

echo "the session of docs/api.md"
export BASE_URL="http://127.0.0.1:$port" API_KEY="$key" TARGET="http://${address%/}/matomo.php" TOKEN="$token"
export RESTART_CONTROL="docker restart trafficinator-control-ui"
tests/api/session.py || { stack logs --tail 40; exit 1; }

echo "what stands in the open"
{
    docker ps -aq --filter name=^matomo-loadgen --filter name=^trafficinator-control-ui | xargs docker inspect
    docker ps -aq --filter name=^matomo-loadgen | xargs -n 1 docker logs 2>&1
    docker logs trafficinator-control-ui 2>&1
    docker volume ls
} >"$work/open"
# The control plane's own key is in its own environment, as its operator wrote it; nowhere else.
sed -i "/\"CONTROL_UI_API_KEY=$key\"/d" "$work/open"
for secret in "$token" "$key"; do
    if grep -qF "$secret" "$work/open"; then
        grep -nF "$secret" "$work/open" | sed "s/$secret/(the secret)/g" | head
        echo "a secret stands in the open"
        exit 1
    fi
done
echo "  ok    $(wc -l <"$work/open") lines of logs and inspection hold neither token nor key"
echo "all well"
