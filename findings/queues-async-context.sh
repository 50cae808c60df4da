#!/usr/bin/env bash
# p-queue 9.0.1 and bottleneck 2.19.5 with AsyncLocalStorage: a job that had to wait runs in the store of whoever made the queue move,
# not of who added it. Three callers, each in a context of its own, add a job each to a queue of one at a time: all three jobs
# see the first caller's store, so that a log line or a tenant of the second request names the first. p-limit 7.3.0 runs each
# job in its own caller's context.
# castcall runs what waits at a limit in the context of its caller.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact p-queue@9.0.1 bottleneck@2.19.5 p-limit@7.3.0 >/dev/null
cat >seen.mjs <<'JS'
import { AsyncLocalStorage } from 'node:async_hooks';
import Bottleneck from 'bottleneck';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
const store = new AsyncLocalStorage();
const seen = async (add) => (await Promise.all(['a', 'b', 'c'].map((caller) => store.run(caller, () => add(async () => store.getStore()))))).join('');
const queue = new PQueue({ concurrency: 1 });
const bottleneck = new Bottleneck({ maxConcurrent: 1 });
const limit = pLimit(1);
console.log(`p-queue ${await seen((job) => queue.add(job))}, bottleneck ${await seen((job) => bottleneck.schedule(job))}, p-limit ${await seen((job) => limit(job))}`);
process.exit(0);
JS
seen=$(node seen.mjs)
echo "$(node --version): $seen"
[ "$seen" = 'p-queue aaa, bottleneck aaa, p-limit abc' ] || { echo 'this is not what was found'; exit 1; }
