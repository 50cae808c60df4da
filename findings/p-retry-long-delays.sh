#!/usr/bin/env bash
# p-retry 7.1.1 on Node 20 to 24: a wait of more than 2^31 - 1 ms (24.8 days), which its options accept, is no wait at all.
# It hands the delay to one native timer, and a native timer that is set for longer fires after 1 ms. Seen: five attempts,
# asked to be 30 days and more apart, are over within a second, and the caller is told that the last one failed.
# castcall waits on timers of its own between the attempts.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact p-retry@7.1.1 >/dev/null
cat >seen.mjs <<'JS'
import pRetry from 'p-retry';
const DAY = 86_400_000;
let attempts = 0;
const began = performance.now();
const failure = await pRetry(() => { attempts++; throw new Error(`attempt ${attempts}`); },
  { retries: 4, minTimeout: 30 * DAY, maxTimeout: 365 * DAY, factor: 2, randomize: false }).catch((error) => error);
console.log(`${attempts} attempts, ${performance.now() - began < 1_000 ? 'within a second' : 'later'}, ${failure.message}`);
JS
seen=$(node --no-warnings seen.mjs)
echo "p-retry $(node -p "require('./node_modules/p-retry/package.json').version"), $(node --version): $seen"
[ "$seen" = '5 attempts, within a second, attempt 5' ] || { echo 'this is not what was found'; exit 1; }
