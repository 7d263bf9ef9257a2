#!/usr/bin/env node
// Writes config/agents.json: browsers with their screens, as many of each family as its share deserves.
//
// Profiles (user agent, screen, relative weight) are those of npm `user-agents`, measured on real sites. That sample
// leans to the United States, so each family is scaled to its world share of npm `caniuse-lite`. Tablets are no family
// there: their share is set below. Kept is only what npm `node-device-detector`, a port of the detector that Matomo
// uses, takes for the browser and the device that it is meant to be.
//
// config/derive/run.sh installs them and runs this in the folder that holds node_modules.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const DeviceDetector = require("node-device-detector");
const { agents: caniuse } = require("caniuse-lite");
const profiles = JSON.parse(readFileSync("node_modules/user-agents/dist/user-agents.json", "utf8"));

const share = (family) => Object.values(caniuse[family].usage_global).reduce((a, b) => a + b, 0);
const TABLETS = 2; // percent of visits; weak
const LARGEST = 0.12; // of a family's share for one row: what stands out further is a robot rather than people

// Robots in disguise: old browsers, web views, and versions or models that the real browser no longer tells.
const OLDEST = 120;
const DISGUISE = / wv\)|Brave|Honorlock|CriOS\/\d+\.0\.0\.0|Android (?!10; K\)|1\d; (Mobile; rv:|KF))/;

// name, device, wanted rows, share in percent, clients and systems as the detector names them
const FAMILIES = [
  ["chrome", "desktop", 50, share("chrome"), ["Chrome"], ["Windows", "Mac", "GNU/Linux", "Chrome OS"]],
  ["edge", "desktop", 14, share("edge"), ["Microsoft Edge"], ["Windows", "Mac"]],
  ["safari", "desktop", 12, share("safari"), ["Safari"], ["Mac"]],
  ["firefox", "desktop", 12, share("firefox"), ["Firefox"], ["Windows", "Mac", "GNU/Linux", "Ubuntu"]],
  ["opera", "desktop", 4, share("opera"), ["Opera"], ["Windows", "Mac"]],
  ["and_chr", "smartphone", 56, share("and_chr"), ["Chrome Mobile"], ["Android"]],
  ["ios_saf", "smartphone", 34, share("ios_saf"), ["Mobile Safari", "Chrome Mobile iOS", "Firefox Mobile iOS"], ["iOS"]],
  ["samsung", "smartphone", 3, share("samsung"), ["Samsung Browser"], ["Android"]],
  ["and_ff", "smartphone", 3, share("and_ff"), ["Firefox Mobile"], ["Android"]],
  ["ipad", "tablet", 7, TABLETS * 0.6, ["Mobile Safari", "Chrome Mobile iOS"], ["iPadOS"]],
  ["pad", "tablet", 5, TABLETS * 0.4, ["Chrome", "Samsung Browser"], ["Android", "Fire OS"]],
];
const DEVICE = { desktop: "desktop", smartphone: "mobile", tablet: "tablet" };

const detector = new DeviceDetector({ clientIndexes: true, deviceIndexes: true, osIndexes: true, maxUserAgentSize: 500 });

function family(profile) {
  const ua = profile.userAgent;
  const version = ua.match(/(?:Chrome|Firefox)\/(\d+)/);
  if ((version && Number(version[1]) < OLDEST) || DISGUISE.test(ua)) return undefined;
  if (Object.keys(detector.parseBot(ua) ?? {}).length > 0) return undefined;
  const { client, device, os } = detector.detect(ua);
  return FAMILIES.find(([, type, , , clients, systems]) =>
    device.type === type && clients.includes(client.name) && systems.includes(os.name));
}

function screenFits({ screenWidth: w, screenHeight: h }, device) {
  if (device === "desktop") return w >= 1024 && h >= 600 && w <= 5120 && w > h * 1.2;
  if (device === "tablet") return Math.min(w, h) >= 600 && Math.max(w, h) <= 1600;
  return w >= 320 && w <= 500 && h >= 568 && h <= 1000;
}

const rows = new Map(FAMILIES.map(([name]) => [name, new Map()]));
for (const profile of profiles) {
  const found = family(profile);
  if (!found || !screenFits(profile, found[1])) continue;
  const resolution = `${profile.screenWidth}x${profile.screenHeight}`;
  const key = `${profile.userAgent}\n${resolution}`;
  const kept = rows.get(found[0]);
  kept.set(key, (kept.get(key) ?? 0) + profile.weight);
}

const lines = [];
for (const [name, type, wanted, percent] of FAMILIES) {
  const best = [...rows.get(name)].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, wanted);
  if (best.length === 0) throw new Error(`no profile for ${name}`);
  const sum = (list) => list.reduce((total, [, weight]) => total + weight, 0);
  const most = Math.max(LARGEST, 2 / best.length) * sum(best);
  best.forEach((row) => (row[1] = Math.min(row[1], most)));
  const total = sum(best);
  for (const [key, weight] of best) {
    const [userAgent, resolution] = key.split("\n");
    const row = { user_agent: userAgent, resolution, device: DEVICE[type] };
    lines.push(`  ${JSON.stringify({ ...row, weight: Number(((weight / total) * percent).toFixed(4)) || 0.0001 })}`);
  }
  process.stderr.write(`${name}: ${best.length} rows, ${percent.toFixed(2)} %\n`);
}
process.stdout.write(`[\n${lines.join(",\n")}\n]\n`);
