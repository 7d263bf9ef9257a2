#!/bin/sh
# Writes the derived files of config/ anew. Needs Debian's apt-get and dpkg, npm, node and python3; the build does not.
set -eu

config=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

npm install --no-save --silent \
    user-agents@2.1.198 caniuse-lite@1.0.30001826 node-device-detector@2.2.7 \
    cldr-core@48.2.0 @ip-location-db/dbip-country@2.3.2026060120
apt-get download -q tor-geoipdb
dpkg-deb --extract tor-geoipdb_*.deb geoip

python3 "$config/derive/pages.py" > "$config/urls.txt"
node "$config/derive/agents.mjs" > "$config/agents.json"
python3 "$config/derive/countries.py" geoip/usr/share/tor/geoip \
    node_modules/@ip-location-db/dbip-country/dbip-country-ipv4-num.csv \
    node_modules/cldr-core/supplemental/territoryInfo.json "$config"
