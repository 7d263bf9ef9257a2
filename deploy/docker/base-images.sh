#!/usr/bin/env bash
# Makes stand-ins for public base images, on a Debian machine that cannot pull them. Needs root, mmdebstrap and docker.
#
#     deploy/docker/base-images.sh rust      rust:<channel>-bookworm, from this machine's toolchain
#     deploy/docker/base-images.sh node      node:<version>-bookworm-slim, from this machine's Node.js
#     deploy/docker/base-images.sh haproxy   haproxy:2.6, from Debian's package
#     deploy/docker/base-images.sh caddy     caddy:2, from Debian's package
#
# An image that is there already is left alone, unless it is a stand-in that was made another way.
# shellcheck disable=SC2016 # $1 in a hook is for mmdebstrap to fill in
set -euo pipefail

suite=bookworm
stamp=org.trafficinator.stand-in
cd "$(dirname "$0")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { echo "base-images: $*"; }

# Whether an image is there and need not be made: a public one, or a stand-in with this mark.
present() {
    local found
    found=$(docker image inspect --format "{{index .Config.Labels \"$stamp\"}}" "$1" 2>/dev/null) || return 1
    [[ -z $found || $found == "$2" ]]
}

# Debian with some packages, as a tar on standard output. HTTPS works in it where it works on this machine: private
# authorities are taken along.
debian() {
    local packages=$1
    shift
    local authorities=()
    if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
        authorities=(
            --customize-hook='mkdir -p "$1/usr/local/share/ca-certificates"'
            --customize-hook='cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/"'
            --customize-hook='chroot "$1" update-ca-certificates >/dev/null'
        )
    fi
    mmdebstrap --quiet --variant=minbase --include="ca-certificates,$packages" \
        --aptopt='Acquire::Languages "none"' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "${authorities[@]}" "$@" "$suite" -
}

# Name, what it is of, packages, then what docker import and mmdebstrap are told.
make() {
    local image=$1 mark packages=$3
    # All that decides what comes out.
    mark=$({ declare -f debian; printf '%s\n' "$@"; } | sha256sum | cut -c1-16)
    shift 3
    local changes=(--change "LABEL $stamp=$mark")
    while [[ ${1:-} == --change ]]; do
        changes+=(--change "$2")
        shift 2
    done
    if present "$image" "$mark"; then
        say "$image is there"
        return
    fi
    say "making $image from Debian $suite${packages:+ with ${packages//,/, }}"
    local began=$SECONDS
    # By way of a file: what comes of a broken pipe would be an image, too.
    debian "$packages" "$@" >"$scratch/image.tar"
    docker import "${changes[@]}" "$scratch/image.tar" "$image" >/dev/null
    rm "$scratch/image.tar"
    say "$image made in $((SECONDS - began)) s"
}

rust() {
    local channel sysroot
    channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
    sysroot=$(rustc --print sysroot)
    [[ $(rustc --version) == "rustc $channel "* ]] || { say "this machine's toolchain is $(rustc --version), not $channel" >&2; exit 1; }
    make "rust:$channel-$suite" "$(rustc --version)" build-essential,pkg-config \
        --change "ENV PATH=/usr/local/cargo/bin:/usr/local/rust/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CARGO_HOME=/usr/local/cargo" \
        --customize-hook='mkdir -p "$1/usr/local/rust" "$1/usr/local/cargo"' \
        --customize-hook="tar -C '$sysroot' --exclude=lib/rustlib/src -cf - bin lib | tar -C \"\$1/usr/local/rust\" -xf -"
}

node() {
    local version binary packages
    version=$(sed -n 's/^ARG NODE_VERSION=//p' deploy/docker/control.Dockerfile)
    binary=$(readlink -f "$(type -P node)")
    packages=$(command npm root --global)
    make "node:$version-$suite-slim" "$(command node --version) $(command npm --version)" libstdc++6 \
        --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
        --customize-hook="install -D '$binary' \"\$1/usr/local/bin/node\"" \
        --customize-hook="mkdir -p \"\$1/usr/local/lib/node_modules\" && cp -r '$packages/npm' \"\$1/usr/local/lib/node_modules/\"" \
        --customize-hook='ln -s ../lib/node_modules/npm/bin/npm-cli.js "$1/usr/local/bin/npm"'
}

haproxy() {
    make haproxy:2.6 "" haproxy \
        --change 'CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]' \
        --change 'USER haproxy'
}

caddy() {
    make caddy:2 "" caddy \
        --change 'ENV XDG_CONFIG_HOME=/config XDG_DATA_HOME=/data' \
        --change 'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]' \
        --customize-hook='mkdir -p "$1/config" "$1/data"'
}

[[ $# -gt 0 ]] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 64; }
for image in "$@"; do
    case $image in
        rust | node | haproxy | caddy) "$image" ;;
        *) say "there is no recipe for $image; there are: rust, node, haproxy, caddy" >&2; exit 64 ;;
    esac
done
