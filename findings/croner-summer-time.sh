#!/usr/bin/env bash
# croner 11.0.1 in Europe/Berlin, where 2026-03-29 has no 02:30 and 2026-10-25 has two: `30 2 * * *` is moved to 03:00
# and runs once in autumn, `0,30 2 * * *` leaves the spring day out and runs four times in autumn. And an ISO date in
# place of an expression is taken for one time.
# Seen: one 1 1; list 0 4; iso 2026-12-24T00:00:00.000Z.
# castcall asks croner for times of a clock in UTC, decides local time itself, and takes five to seven fields or a name
# (src/bus/schedule/times.ts, test/bus/schedule/times.test.ts).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . croner@11.0.1 >/dev/null
cat >program.mjs <<'JS'
import { Cron } from 'croner';
const hour = 3_600_000;
const count = (text, day) => {
  const cron = new Cron(text, { timezone: 'Europe/Berlin' });
  const [from, to] = [Date.parse(`${day}T00:00:00+01:00`) - hour, Date.parse(`${day}T12:00:00+01:00`)];
  let runs = 0;
  for (let at = cron.nextRun(new Date(from)); at !== null && at.getTime() < to; at = cron.nextRun(at)) runs++;
  return runs;
};
for (const [name, text] of [['one', '30 2 * * *'], ['list', '0,30 2 * * *']]) {
  console.log(name, count(text, '2026-03-29'), count(text, '2026-10-25'));
}
console.log('iso', new Cron('2026-12-24T00:00:00', { timezone: 'UTC' }).nextRun(new Date(0))?.toISOString());
JS
node program.mjs
