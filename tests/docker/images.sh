#!/usr/bin/env bash
# What the images promise: little in them, no rights, and a health check that tells the truth.
# Needs an engine and both images; `cargo xtask test containers` sees to it.
set -euo pipefail

prefix=trafficinator-test-$$
failures=0

check() {
    local what=$1
    shift
    if "$@"; then
        echo "  ok    $what"
    else
        echo "  WRONG $what"
        failures=$((failures + 1))
    fi
}
same() { [[ $1 == "$2" ]] || { echo "        found: $1"; echo "        not:   $2"; return 1; }; }
contains() { [[ $1 == *"$2"* ]] || { echo "        not in: $1"; return 1; }; }
of() { docker image inspect --format "$2" "$1"; }
# A container as the Compose files run it, but cut off from every network but its own loopback.
hardened=(--read-only --cap-drop ALL --security-opt no-new-privileges:true --network none --tmpfs /tmp:size=16m)

clean_up() {
    docker ps -aq --filter "name=^$prefix" | xargs -r docker rm -fv >/dev/null
    docker volume ls -q --filter "name=^$prefix" | xargs -r docker volume rm >/dev/null
}
trap clean_up EXIT

# Waits until the health check has said something; it is asked often enough for that not to take long.
health() {
    local state
    for _ in $(seq 120); do
        state=$(docker inspect --format '{{.State.Health.Status}}' "$1")
        [[ $state == starting ]] || break
        sleep 0.5
    done
    echo "$state"
}

for program in loadgen control; do
    image=trafficinator/$program
    case $program in
        loadgen) programs="bin/loadgen bin/probe" health='["CMD","/bin/probe","METRICS_PORT","0"]' ;;
        control) programs="bin/control" health='["CMD","/bin/control","healthcheck"]' ;;
    esac
    echo "$image"
    check "runs as a user who is not root, by number" same "$(of "$image" '{{.Config.User}}')" 10001:10001
    check "keeps its data in a volume" same "$(of "$image" '{{json .Config.Volumes}}')" '{"/app/data":{}}'
    check "is stopped by SIGTERM" same "$(of "$image" '{{.Config.StopSignal}}')" SIGTERM
    check "has a health check" same "$(of "$image" '{{json .Config.Healthcheck.Test}}')" "$health"
    for label in title description source documentation vendor licenses version revision created; do
        value=$(of "$image" "{{index .Config.Labels \"org.opencontainers.image.$label\"}}")
        check "is labelled: $label" test -n "$value"
    done
    version=$(of "$image" '{{index .Config.Labels "org.opencontainers.image.version"}}')

    docker create --name "$prefix-$program" "$image" >/dev/null
    files=$(docker export "$prefix-$program" | tar -t)
    found=$(docker export "$prefix-$program" | tar -tv | awk '$1 ~ /^-..x/ && $3 > 0 { print $NF }' | sort | xargs)
    check "holds nothing to run but $programs" same "$found" "$programs"
    check "knows authorities to trust" contains "$files" etc/ssl/certs/ca-certificates.crt
    check "brings its licence" contains "$files" licenses/LICENSE
    owner=$(docker export "$prefix-$program" | tar -tv --numeric-owner app/data/ | awk '{ print $2 }')
    check "its user owns the volume" same "$owner" 10001/10001
    list=$(docker export "$prefix-$program" | tar -xO "bin/$program" | grep -ac '\.dep-v0' || true)
    check "tells scanners what it is made of" test "$list" -gt 0
    docker rm -v "$prefix-$program" >/dev/null
    said=$(docker run --rm "${hardened[@]}" "$image" --version)
    check "starts without rights, says its version" same "$said" "$program $version"
done

echo "health"
fast=(--health-interval 1s --health-start-period 1s --health-retries 2 --health-timeout 3s)
generator=(-e MATOMO_URL=http://nowhere.invalid/ -e RANDOMIZE_VISITOR_COUNTRIES=false -e AUTO_START=false)

docker run -d --name "$prefix-open" "${hardened[@]}" "${fast[@]}" "${generator[@]}" -e METRICS_PORT=9464 \
    -v "$prefix-data:/app/data" trafficinator/loadgen >/dev/null
check "a load generator that waits is healthy" same "$(health "$prefix-open")" healthy
docker run -d --name "$prefix-closed" "${hardened[@]}" "${fast[@]}" "${generator[@]}" trafficinator/loadgen >/dev/null
check "so is one that has no port open" same "$(health "$prefix-closed")" healthy
# The flag wins over the variable, so that nobody listens where the health check asks.
docker run -d --name "$prefix-deaf" "${hardened[@]}" "${fast[@]}" "${generator[@]}" -e METRICS_PORT=9464 \
    trafficinator/loadgen --metrics-port 0 >/dev/null
check "one that cannot be asked is not" same "$(health "$prefix-deaf")" unhealthy
docker run -d --name "$prefix-control" "${hardened[@]}" "${fast[@]}" trafficinator/control >/dev/null
check "a control plane without an engine is healthy" same "$(health "$prefix-control")" healthy

echo "stopping"
for name in open control; do
    docker stop --time 10 "$prefix-$name" >/dev/null
    code=$(docker inspect --format '{{.State.ExitCode}}' "$prefix-$name")
    check "$name ends by SIGTERM, and well" same "$code" 0
done

[[ $failures == 0 ]] || { echo "$failures wrong"; exit 1; }
echo "all well"
