#!/usr/bin/env bash
# The filter before the engine's socket, on a real engine: all that the control plane does gets through, and nothing by
# which one could get hold of the machine. Needs the haproxy image and trafficinator/loadgen; loads nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."

filter=trafficinator-filter-test-$$
name=matomo-loadgen.filter-test-$$
stranger=trafficinator-stranger-$$
failures=0

clean_up() {
    docker rm -fv "$filter" "$name" "$name.b" "$stranger" >/dev/null 2>&1 || true
    [[ -z ${made_network:-} ]] || docker network rm trafficinator >/dev/null
    [[ -z ${made_volume:-} ]] || docker volume rm trafficinator-data >/dev/null
}
trap clean_up EXIT

docker network inspect trafficinator >/dev/null 2>&1 || { docker network create trafficinator >/dev/null; made_network=yes; }
docker volume inspect trafficinator-data >/dev/null 2>&1 || { docker volume create trafficinator-data >/dev/null; made_volume=yes; }
# As in docker-compose.prod.yml, but with its port on loopback.
docker run -d --name "$filter" --read-only --cap-drop ALL --security-opt no-new-privileges:true --tmpfs /tmp:size=4m \
    --user 10002:10002 --group-add "$(stat -c %g /var/run/docker.sock)" -p 127.0.0.1::2375 \
    -v /var/run/docker.sock:/var/run/docker.sock \
    -v "$PWD/deploy/haproxy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro" \
    "${HAPROXY_IMAGE:-haproxy:2.6}" haproxy -W -db -f /usr/local/etc/haproxy/haproxy.cfg >/dev/null
docker create --name "$stranger" trafficinator/loadgen >/dev/null
at=$(docker port "$filter" 2375/tcp | head -1)
until curl -sf "http://$at/_ping" >/dev/null; do
    [[ $(docker inspect --format '{{.State.Running}}' "$filter") == true ]] || { docker logs "$filter"; exit 1; }
    sleep 0.2
done

# What is expected (through or refused), method, path; then more of curl.
ask() {
    local expected=$1 method=$2 path=$3 status verdict
    shift 3
    local head=()
    [[ $method == HEAD ]] && head=(--head)
    status=$(curl -s -o /dev/null -w '%{http_code}' --path-as-is --max-time 20 -X "$method" "${head[@]}" "$@" "http://$at$path" || true)
    verdict=through
    [[ $status != 403 ]] || verdict=refused
    [[ $status != 000 && $status != 502 && $status != 503 ]] || verdict="broken off"
    if [[ $verdict == "$expected" ]]; then
        echo "  ok    $expected: $method ${path:0:70} ${label:-}"
    else
        echo "  WRONG $verdict ($status), not $expected: $method $path ${label:-}"
        failures=$((failures + 1))
    fi
}
# A container to be made: the good order, changed by a sed script.
make() {
    local expected=$1 change=$2
    shift 2
    docker rm -fv "$name" >/dev/null 2>&1 || true
    label="<- ${change:0:90}"
    ask "$expected" POST "/containers/create?name=$name" -H 'Content-Type: application/json' \
        --data-binary "$(sed -E "$change" <<<"$good")" "$@"
    label=
}
good='{"Image":"trafficinator/loadgen:latest","User":"10001:10001","Env":["MATOMO_URL=http://nowhere.invalid/","AUTO_START=false","RANDOMIZE_VISITOR_COUNTRIES=false"],"Labels":{"org.trafficinator.name":"'$name'"},"HostConfig":{"Binds":["trafficinator-data:/app/data:rw"],"NetworkMode":"trafficinator","CapDrop":["ALL"],"CapAdd":null,"Privileged":false,"SecurityOpt":["no-new-privileges:true"],"ReadonlyRootfs":true,"LogConfig":{"Type":"json-file","Config":{"max-size":"10m"}},"PidMode":"","IpcMode":"private","Devices":[],"PortBindings":{},"MaskedPaths":["/proc/kcore"],"ReadonlyPaths":["/proc/sys"]},"NetworkingConfig":{"EndpointsConfig":{"trafficinator":{"Aliases":["matomo-loadgen"]}}}}'

echo "the life of a container of ours"
# Compose 2 mounts a volume this way, Compose 1.29 the other.
make through 's/"Binds":[^]]*\]/"Binds":null,"Mounts":[{"Target":"\/app\/data","Source":"trafficinator-data","Type":"volume","VolumeOptions":{}}]/'
make through ''
docker inspect "$name" >/dev/null || { echo "  WRONG the good order made no container"; failures=$((failures + 1)); }
for path in /_ping /v1.41/_ping /version /info "/events?since=1&until=2" "/containers/$name/json" "/v1.41/containers/$name/json" \
    "/containers/$name/logs?stdout=true&tail=10" /images/trafficinator/loadgen:latest/json; do
    ask through GET "$path"
done
ask through HEAD /_ping
for step in start pause unpause "stop?t=5" "rename?name=$name.b"; do
    ask through POST "/containers/$name/$step"
done
ask through DELETE "/containers/$name.b?force=true&v=false"
! docker inspect "$name.b" >/dev/null 2>&1 || { echo "  WRONG it was not removed"; failures=$((failures + 1)); }

echo "what is not ours"
for path in "/containers/$stranger/json" "/containers/$stranger/logs" /containers/json /images/json /volumes /networks /secrets \
    /images/haproxy:2.6/json "/containers/$name/export" "/containers/$name/archive?path=/" "/containers/$name/changes" \
    "/containers/x/../$stranger/json" "/containers/matomo-loadgen%2f..%2f$stranger/json" /v1.41/containers/json //containers/json \
    /images/trafficinator/loadgen/../../haproxy:2.6/json /system/df /plugins /swarm "/images/trafficinator/loadgen/get"; do
    ask refused GET "$path"
done
for path in "/containers/$stranger/start" "/containers/$stranger/stop" "/containers/$stranger/kill" "/containers/$name/exec" \
    "/containers/$name/attach" "/containers/$name/update" /exec/1/start /build "/images/create?fromImage=x" /volumes/create \
    /networks/create /networks/trafficinator/connect /commit /session /grpc /auth /containers/prune "/containers/$name/rename?name=other" \
    "/containers/$name/rename?name=$name&name=other" "/containers/$name/rename?n%61me=other&name=$name"; do
    ask refused POST "$path"
done
ask refused DELETE "/containers/$stranger?force=true"
ask refused DELETE /images/trafficinator/loadgen
ask refused DELETE /volumes/trafficinator-data
ask refused PUT "/containers/$name/archive?path=/"
ask refused POST "/containers/$name/json"
ask refused GET "/containers/$name/start"

echo "containers that would be more than ours"
body=(-H 'Content-Type: application/json' --data-binary "$good")
ask refused POST "/containers/create?name=other" "${body[@]}"
ask refused POST /containers/create "${body[@]}"
ask refused POST "/containers/create?name=other&name=$name" "${body[@]}"
ask refused POST "/containers/create?n%61me=other&name=$name" "${body[@]}"
while IFS= read -r change; do
    make refused "$change"
done <<'CHANGES'
s/"Privileged":false/"Privileged":true/
s/"Privileged":false/"privileged" : true/
s/"Privileged":false/"Privileged":false,"PRIVILEGED":true/
s/"Privileged":false/"Privileg\\u0065d":true/
s/"Binds":[^]]*\]/"Binds":["\/:\/host"]/
s/"Binds":[^]]*\]/"Bindſ":["\/:\/host"]/
s/"Binds":[^]]*\]/"Binds":["trafficinator-data:\/app\/data:rw","\/:\/host"]/
s/"Binds":[^]]*\]/"Binds":["trafficinator-matomo-db:\/app\/data"]/
s/"Binds":[^]]*\]/"Binds":["\/var\/run\/docker.sock:\/var\/run\/docker.sock"]/
s/"Binds":[^]]*\]/"Mounts":[{"Type":"bind","Source":"\/","Target":"\/host"}]/
s/"Binds":[^]]*\]/"Mounts":[{"Type":"volume","Target":"\/x","VolumeOptions":{"DriverConfig":{"Options":{"o":"bind","device":"\/"}}}}]/
s/"Binds":[^]]*\]/"Mounts":[{"Type":"volume","Source":"trafficinator-data","Target":"\/app\/data"},{"Type":"bind","Source":"\/","Target":"\/host"}]/
s/"Binds":[^]]*\]/"Mounts":[{"Type":"volume","Source":"trafficinator-data","Target":"\/app\/data","BindOptions":{}}]/
s/"Binds":[^]]*\]/"Mounts":[{"Type":"volume","Source":"trafficinator-data","Target":"\/app\/data","type":"bind"}]/
s/"Binds":[^]]*\]/"Mounts":[{"Type":"volume","Source":"trafficinator-data","Target":"\/bin"}]/
s/"CapAdd":null/"CapAdd":["SYS_ADMIN"]/
s/"CapDrop":\["ALL"\],//
s/"CapDrop":\["ALL"\]/"CapDrop":[]/
s/"CapDrop":\["ALL"\]/"CapDrop":["ALL"],"capdrop":[]/
s/"SecurityOpt":\[[^]]*\],//
s/no-new-privileges:true/apparmor=unconfined/
s/"NetworkMode":"trafficinator"/"NetworkMode":"host"/
s/"NetworkMode":"trafficinator"/&,"Networ\xE2\x84\xAAMode":"host"/
s/"NetworkMode":"trafficinator"/"NetworkMode":"container:other"/
s/\{"trafficinator":\{/{"other":{},"trafficinator":{/
s/\]\}\}\}\}/]},"other":{}}}}/
s/"PidMode":""/"PidMode":"host"/
s/"IpcMode":"private"/"IpcMode":"host"/
s/"PidMode":""/"UsernsMode":"host"/
s/"PidMode":""/"UTSMode":"host"/
s/"PidMode":""/"CgroupParent":"\/"/
s/"PidMode":""/"VolumesFrom":["other"]/
s/"PidMode":""/"Sysctls":{"kernel.msgmax":"1"}/
s/"PidMode":""/"DeviceRequests":[{"Count":-1}]/
s/"PidMode":""/"DeviceCgroupRules":["a *:* rwm"]/
s/"Devices":\[\]/"Devices":[{"PathOnHost":"\/dev\/sda","PathInContainer":"\/dev\/sda"}]/
s/"PortBindings":\{\}/"PortBindings":{"22\/tcp":[{"HostPort":"22"}]}/
s/"PidMode":""/"PublishAllPorts":true/
s/"MaskedPaths":\[[^]]*\]/"MaskedPaths":[]/
s/"ReadonlyPaths":\[[^]]*\]/"ReadonlyPaths":[ ]/
s/"Type":"json-file"/"Type":"syslog"/
s/"Image":"[^"]*"/"Image":"haproxy:2.6"/
s/"Image":"[^"]*"/"Image":"trafficinator\/loadgen:latest","image":"haproxy:2.6"/
s/"Image":"[^"]*",//
CHANGES
make refused '' -H 'Transfer-Encoding: chunked'
padding=$(head -c 110000 /dev/zero | tr '\0' x)
make refused "s/AUTO_START=false/AUTO_START=$padding/"
! docker inspect "$name" >/dev/null 2>&1 || { echo "  WRONG a container was made"; failures=$((failures + 1)); }

echo "what it says"
said=$(curl -s "http://$at/images/json")
if [[ $said == '{"message":"the filter before the engine does not allow it (haproxy.cfg)"}' ]]; then
    echo "  ok    an error as the engine writes them"
else
    echo "  WRONG $said"
    failures=$((failures + 1))
fi

echo "its log"
said=$(docker logs "$filter" 2>&1)
if grep -q "docker-proxy: 403 .* POST /containers/$stranger/start" <<<"$said"; then
    echo "  ok    what was refused is logged"
else
    echo "  WRONG what was refused is not logged"
    failures=$((failures + 1))
fi
if grep -q "docker-proxy: 20" <<<"$said"; then
    echo "  WRONG what went through is logged, too"
    failures=$((failures + 1))
fi

[[ $failures == 0 ]] || { echo "$failures wrong"; exit 1; }
echo "all well"
