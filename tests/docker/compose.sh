#!/usr/bin/env bash
# Both generations of Compose understand the files, every preset fits, and what must be given is asked for by name.
# Starts nothing. COMPOSE_1 may be empty where there is no 1.29 any more.
set -euo pipefail
cd "$(dirname "$0")/../.."

COMPOSE_1=${COMPOSE_1-docker-compose}
COMPOSE_2=${COMPOSE_2-docker compose}
failures=0
# Nothing of this machine's .env or shell.
clean=(env -i "PATH=$PATH" "HOME=$HOME")
nothing=$(mktemp)
trap 'rm -f "$nothing"' EXIT
given=(DOCKER_GID=999 TRAFFICINATOR_VERSION=1.2.3)

wrong() {
    echo "  WRONG $*"
    failures=$((failures + 1))
}

# What one generation makes of one file; the rest are its options.
config() {
    local compose=$1 file=$2
    shift 2
    # Unquoted: it may be two words.
    # shellcheck disable=SC2086
    "${clean[@]}" "${given[@]}" $compose --env-file "$nothing" -f "$file" "$@" 2>&1
}

for compose in "$COMPOSE_1" "$COMPOSE_2"; do
    [[ -n $compose ]] || { echo "Compose 1.29: left out, there is none"; continue; }
    echo "$compose: $($compose version --short)"
    for file in docker-compose.yml docker-compose.webui.yml docker-compose.prod.yml; do
        for profile in none matomo tls; do
            said=$(config "$compose" "$file" --profile "$profile" config -q) || wrong "$file, profile $profile: $said"
            [[ -z $said ]] || wrong "$file, profile $profile, has something to say: $said"
        done
        services=$(config "$compose" "$file" config --services | sort | xargs)
        case $file in
            docker-compose.yml) expected="matomo-loadgen" ;;
            docker-compose.webui.yml) expected="control-ui matomo-loadgen" ;;
            docker-compose.prod.yml) expected="control-ui docker-proxy matomo-loadgen" ;;
        esac
        # 1.29 lists the services of every profile.
        for service in $expected; do
            [[ " $services " == *" $service "* ]] || wrong "$file lacks $service: $services"
        done
        [[ $compose == "$COMPOSE_1" || $services == "$expected" ]] || wrong "$file starts $services"
        echo "  ok    $file"
    done

    for preset in config/presets/*.env; do
        want=$(sed -n 's/^TARGET_VISITS_PER_DAY=//p' "$preset")
        for file in docker-compose.yml docker-compose.webui.yml; do
            # shellcheck disable=SC2086
            said=$("${clean[@]}" $compose --env-file "$preset" -f "$file" config)
            grep -qE "TARGET_VISITS_PER_DAY: ['\"]?$want" <<<"$said" || wrong "$preset does not arrive in $file"
        done
        echo "  ok    $preset"
    done

    for missing in DOCKER_GID TRAFFICINATOR_VERSION; do
        # shellcheck disable=SC2086
        if said=$("${clean[@]}" "${given[@]}" env -u "$missing" $compose --env-file "$nothing" -f docker-compose.prod.yml config -q 2>&1); then
            wrong "docker-compose.prod.yml does without $missing"
        elif [[ $said != *"give the "* ]]; then
            wrong "docker-compose.prod.yml does not say what to give for $missing: $said"
        fi
    done
    given+=(CONTROL_DIGEST=@sha256:0123 LOADGEN_DIGEST=@sha256:4567)
    said=$(config "$compose" docker-compose.prod.yml config)
    for image in trafficinator/control:1.2.3@sha256:0123 trafficinator/loadgen:1.2.3@sha256:4567; do
        [[ $said == *"image: $image"* ]] || wrong "docker-compose.prod.yml does not take $image"
    done
    echo "  ok    what must be given for production, and digests"
done

[[ $failures == 0 ]] || { echo "$failures wrong"; exit 1; }
echo "all well"
