#!/usr/bin/env python3
"""Writes config/countries.json, config/languages.json and config/addresses.txt.

A country's weight is its gross domestic product times the share of its people who use English, at least a tenth:
a guess at who comes to an English shop, made of figures that anybody can look up (CLDR territoryInfo). The languages
of a country share its visitors as they share its people (CLDR), after a tenth that browse in American English.

Addresses are blocks that two databases put in the same country: the one that Debian's tor-geoipdb ships and DB-IP's
lite one, which Matomo uses by default. Blocks that touch a search engine's or a reserved range are left out.

config/derive/run.sh fetches them and runs this.
"""

import ipaddress
import json
import sys
from pathlib import Path

# Browser languages by country; CLDR knows how many speak each. Where one is named alone, its share does not matter.
COUNTRIES = {
    "us": ["en-us", "es-us"], "ca": ["en-ca", "fr-ca"], "mx": ["es-mx"], "br": ["pt-br"], "ar": ["es-ar"],
    "cl": ["es-cl"], "co": ["es-co"], "gb": ["en-gb"], "ie": ["en-ie"], "fr": ["fr-fr"], "de": ["de-de"],
    "at": ["de-at"], "ch": ["de-ch", "fr-ch", "it-ch"], "nl": ["nl-nl"], "be": ["nl-be", "fr-be"], "es": ["es-es", "ca-es"],
    "pt": ["pt-pt"], "it": ["it-it"], "pl": ["pl-pl"], "cz": ["cs-cz"], "hu": ["hu-hu"], "ro": ["ro-ro"],
    "gr": ["el-gr"], "se": ["sv-se"], "no": ["nb-no"], "dk": ["da-dk"], "fi": ["fi-fi"], "tr": ["tr-tr"],
    "ua": ["uk-ua"], "ru": ["ru-ru"], "il": ["he-il"], "sa": ["ar-sa"], "ae": ["en-ae", "ar-ae"], "eg": ["ar-eg"],
    "za": ["en-za"], "ng": ["en-ng"], "in": ["en-in"], "sg": ["en-sg"], "my": ["en-my"], "th": ["th-th"],
    "id": ["id-id"], "ph": ["en-ph"], "vn": ["vi-vn"], "cn": ["zh-cn"], "tw": ["zh-tw"], "jp": ["ja-jp"],
    "kr": ["ko-kr"], "au": ["en-au"], "nz": ["en-nz"],
}

# Never chosen: what Matomo takes for a search engine's own address, and what belongs to nobody.
EXCLUDED = [ipaddress.ip_network(n) for n in """
74.125.0.0/16 216.239.32.0/19 64.233.160.0/19 66.249.80.0/20 72.14.192.0/18 209.85.128.0/17 66.102.0.0/20
64.18.0.0/20 207.126.144.0/20 173.194.0.0/16 64.4.0.0/18 65.52.0.0/14 157.54.0.0/15 157.56.0.0/14 157.60.0.0/16
207.46.0.0/16 207.68.128.0/18 131.253.24.0/23 131.253.26.0/24 72.30.196.0/23 72.30.198.0/24 98.137.207.0/24
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
""".split()]

# First octets held by agencies, companies and data centres rather than by people's internet providers.
NOT_HOMES = {3, 4, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 26, 28, 29, 30, 32, 33, 34, 35, 38, 40,
             44, 47, 48, 52, 53, 54, 55, 56, 57, 63, 64, 65, 104, 128, 129, 130, 131, 132, 133, 134, 135, 136, 137, 138,
             139, 140, 141, 142, 143, 144, 146, 147, 148, 149, 150, 152, 153, 155, 156, 157, 158, 159, 160, 161, 162,
             163, 164, 165, 166, 167, 168, 169, 170, 192, 198, 204, 205, 206, 207, 208, 209, 214, 215, 216}
BLOCKS_PER_COUNTRY = 12
BLOCKS_PER_FIRST_OCTET = 3
LARGEST, SMALLEST = 11, 18  # prefix lengths


def ranges(path: str, comment: str | None):
    """Yields (first, last, country) in ascending order."""
    for line in Path(path).read_text().splitlines():
        if line and not (comment and line.startswith(comment)):
            first, last, country = line.split(",")
            yield int(first), int(last), country.lower()


def agreed(a, b):
    """The parts of the ranges of `a` that `b` puts in the same country."""
    a, b = list(a), list(b)
    i = j = 0
    while i < len(a) and j < len(b):
        first, last = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if first <= last and a[i][2] == b[j][2]:
            yield first, last, a[i][2]
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1


def joined(parts):
    """Adjacent parts of one country as one."""
    current = None
    for first, last, country in parts:
        if current and current[2] == country and current[1] + 1 == first:
            current = (current[0], last, country)
        else:
            if current:
                yield current
            current = (first, last, country)
    if current:
        yield current


def blocks(parts) -> dict[str, list]:
    found = {code: [] for code in COUNTRIES}
    for first, last, country in joined(parts):
        if country not in found or (first >> 24) in NOT_HOMES:
            continue
        for net in ipaddress.summarize_address_range(ipaddress.ip_address(first), ipaddress.ip_address(last)):
            for block in [net] if net.prefixlen >= LARGEST else net.subnets(new_prefix=LARGEST):
                if block.prefixlen <= SMALLEST and not any(block.overlaps(e) for e in EXCLUDED):
                    found[country].append(block)
    chosen = {}
    for country, nets in found.items():
        per_octet, kept = {}, []
        for net in sorted(nets, key=lambda n: (n.prefixlen, int(n.network_address))):
            octet = int(net.network_address) >> 24
            if len(kept) < BLOCKS_PER_COUNTRY and per_octet.get(octet, 0) < BLOCKS_PER_FIRST_OCTET:
                per_octet[octet] = per_octet.get(octet, 0) + 1
                kept.append(net)
        chosen[country] = sorted(kept)
    return chosen


def accept(tag: str) -> str:
    """The header that a browser set to this language sends."""
    language, region = tag.split("-")
    full = f"{language}-{region.upper()}"
    if language == "en":
        return f"{full},en;q=0.9" if region == "us" else f"{full},en-US;q=0.9,en;q=0.8"
    return f"{full},{language};q=0.9,en-US;q=0.8,en;q=0.7"


def percent(info: dict, language: str) -> float:
    return float(info["languagePopulation"].get(language, {}).get("_populationPercent", 0))


def main(geoip: str, dbip: str, territory_info: str, out: str) -> None:
    cldr = json.loads(Path(territory_info).read_text())["supplemental"]["territoryInfo"]
    countries, tags = [], {"en-us"}
    for code, languages in COUNTRIES.items():
        info = cldr[code.upper()]
        weight = float(info["_gdp"]) / 1e12 * max(percent(info, "en"), 10) / 100
        shares = {tag: percent(info, tag.split("-")[0]) if len(languages) > 1 else 1.0 for tag in languages}
        assert all(shares.values()), (code, shares)
        english = any(tag.startswith("en-") for tag in languages)
        total = sum(shares.values()) / (1 if english else 0.9)
        mix = {tag: round(share / total, 3) for tag, share in shares.items()}
        if not english:
            mix["en-us"] = 0.1
        tags |= set(mix)
        countries.append((code, weight, mix))
    scale = 100 / sum(weight for _, weight, _ in countries)
    countries.sort(key=lambda c: -c[1])
    rows = [
        f'  {{ "code": "{code}", "weight": {weight * scale:.3f}, "languages": {json.dumps(mix)} }}'
        for code, weight, mix in countries
    ]
    Path(out, "countries.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")
    rows = [f'  {{ "lang": "{tag}", "accept": "{accept(tag)}" }}' for tag in sorted(tags)]
    Path(out, "languages.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")

    chosen = blocks(agreed(ranges(geoip, "#"), ranges(dbip, None)))
    lines = [
        "# Address blocks of internet providers by country: code, white space, first address/prefix length.",
        "# Licence: CC BY-SA 4.0. Derived by config/derive/countries.py from the IPFire location database as Debian's",
        "# tor-geoipdb ships it (https://location.ipfire.org/, CC BY-SA 4.0), where DB-IP's IP to Country Lite",
        "# (https://db-ip.com, CC BY 4.0) agrees.",
    ]
    for code, _, _ in countries:
        assert chosen[code], f"no block for {code}"
        lines += [f"{code} {net}" for net in chosen[code]]
    Path(out, "addresses.txt").write_text("\n".join(lines) + "\n")


main(*sys.argv[1:])
