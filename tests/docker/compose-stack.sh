#!/usr/bin/env bash
# docker-compose.prod.yml on a real engine: everything hardened, the key a file, the control plane working through the
# filter, TLS before it. Needs our images and those of haproxy and Caddy. Sends nothing: its target is a closed port.
set -euo pipefail
cd "$(dirname "$0")/../.."

read -ra compose <<<"${COMPOSE_2-docker compose}"
work=$(mktemp -d)
failures=0
port=18000
https=18443

ok() { echo "  ok    $*"; }
wrong() {
    echo "  WRONG $*"
    failures=$((failures + 1))
}
check() {
    local what=$1
    shift
    if "$@"; then ok "$what"; else wrong "$what"; fi
}
same() { [[ $1 == "$2" ]] || { echo "        found: $1"; echo "        not:   $2"; return 1; }; }

for name in matomo-loadgen trafficinator-control-ui; do
    if docker inspect "$name" >/dev/null 2>&1; then
        echo "there is a container $name already; this test leaves it alone: docker rm -f $name" >&2
        exit 1
    fi
done

head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$work/key"
chown 10001 "$work/key" && chmod 400 "$work/key"
key=$(<"$work/key")
: >"$work/env"
stack() {
    env -i "PATH=$PATH" "HOME=$HOME" TRAFFICINATOR_VERSION=latest "DOCKER_GID=$(stat -c %g /var/run/docker.sock)" \
        "CONTROL_UI_API_KEY_PATH=$work/key" CONTROL_UI_PORT=$port HTTP_PORT=18080 HTTPS_PORT=$https LOADGEN_MEMORY=256m \
        SITE_ADDRESS=localhost "${compose[@]}" -p trafficinator-test --env-file "$work/env" -f docker-compose.prod.yml --profile tls "$@"
}
clean_up() {
    stack down --volumes --timeout 5 >/dev/null 2>&1 || true
    docker ps -aq --filter name=^matomo-loadgen | xargs -r docker rm -fv >/dev/null
    rm -rf "$work"
}
trap clean_up EXIT

api() {
    local method=$1 path=$2
    shift 2
    curl -s --max-time 60 -X "$method" -H "X-API-Key: $key" -H 'Content-Type: application/json' "http://127.0.0.1:$port$path" "$@"
}
# Waits until an answer contains a text.
until_says() {
    local text=$1 answer
    shift
    for _ in $(seq 120); do
        answer=$("$@" 2>/dev/null || true)
        [[ $answer == *"$text"* ]] && return 0
        sleep 0.5
    done
    echo "        last: $answer"
    return 1
}

stack up -d 2>"$work/up" || { cat "$work/up"; stack logs; exit 1; }

echo "what was started"
check "the control plane finds the engine through the filter" until_says '"docker":"connected"' api GET /health
for id in $(stack ps -q); do
    name=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id")
    found=$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}} {{.HostConfig.LogConfig.Type}}' "$id")
    check "$name has a read-only root, no capabilities, no new privileges" same "$found" "true [ALL] [no-new-privileges:true] false json-file"
    limits=$(docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{len .HostConfig.LogConfig.Config}}' "$id")
    check "$name has limits, and a log that is rotated: $limits" test -z "$(grep -E '(^| )(0|-1|<nil>)( |$)' <<<"$limits")"
    user=$(docker inspect --format '{{.Config.User}}' "$id")
    [[ $name == caddy ]] || check "$name is not root" test -n "$user" -a "$user" != 0 -a "$user" != root
    socket=$(docker inspect --format '{{range .Mounts}}{{.Source}} {{end}}' "$id" | grep -c docker.sock || true)
    expected=0
    [[ $name != docker-proxy ]] || expected=1
    check "$name: the socket is mounted $expected times" same "$socket" "$expected"
    check "$name: the key is not in its environment" test -z "$(docker inspect --format '{{.Config.Env}}' "$id" | grep -F "$key" || true)"
done
check "the data volume is the same in both" same \
    "$(docker inspect --format '{{range .Mounts}}{{if eq .Destination "/app/data"}}{{.Name}} {{end}}{{end}}' matomo-loadgen trafficinator-control-ui | xargs)" \
    "trafficinator-data trafficinator-data"
for name in matomo-loadgen trafficinator-control-ui; do
    check "$name is healthy" until_says healthy docker inspect --format '{{.State.Health.Status}}' "$name"
done

echo "the key"
check "without one: 401" same "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/api/status")" 401
check "the one in the file" same "$(api GET /api/status -o /dev/null -w '%{http_code}')" 200

echo "through the filter"
before=$(docker inspect --format '{{.Id}}' matomo-loadgen)
shape='{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.NetworkMode}} {{.HostConfig.Ulimits}} {{.HostConfig.Init}} {{.HostConfig.Tmpfs}} {{.HostConfig.RestartPolicy}} {{.HostConfig.LogConfig}} {{.HostConfig.ExtraHosts}} {{.Config.User}} {{.Config.StopSignal}} {{.Config.Image}} {{.Config.Healthcheck}}'
shape_before=$(docker inspect --format "$shape" matomo-loadgen)
config='{"MATOMO_URL":"http://127.0.0.1:9/matomo.php","RANDOMIZE_VISITOR_COUNTRIES":"false","TARGET_VISITS_PER_DAY":"1000"}'
answer=$(api POST /api/start -d "{\"config\":$config,\"restart_if_running\":true}")
check "started with a configuration" until_says '"success":true' echo "$answer"
check "made anew" test "$before" != "$(docker inspect --format '{{.Id}}' matomo-loadgen)"
check "like the one before" same "$(docker inspect --format "$shape" matomo-loadgen)" "$shape_before"
check "with the configuration" test "$(docker inspect --format '{{.Config.Env}}' matomo-loadgen | grep -c TARGET_VISITS_PER_DAY=1000)" = 1
check "it runs" until_says '"state":"running"' api GET /api/status
check "its log is read" until_says "127.0.0.1:9" api GET '/api/logs?lines=100'
answer=$(api POST '/api/stop?timeout=20')
check "stopped" until_says '"success":true' echo "$answer"
check "nothing is left behind" same "$(docker ps -a --format '{{.Names}}' --filter name=^matomo-loadgen | xargs)" matomo-loadgen

echo "TLS"
check "Caddy passes on" until_says '"docker":"connected"' curl -sk "https://localhost:$https/health"
check "and the control plane knows that it is TLS" until_says strict-transport-security curl -skI -X GET "https://localhost:$https/health"
check "which a client cannot claim" test "$(curl -sI -X GET -H 'X-Forwarded-Proto: https' "http://127.0.0.1:$port/health" | grep -ci strict-transport)" = 0

[[ $failures == 0 ]] || { docker logs trafficinator-control-ui 2>&1 | tail -20; stack logs docker-proxy 2>&1 | tail; echo "$failures wrong"; exit 1; }
echo "all well"
