#!/usr/bin/env bash
# p-queue 9.0.1: a job that waits for its turn and whose AbortSignal fires is not taken out of the queue, and its promise is not
# rejected: it keeps its place, and its caller hears of the abort only when its turn has come. Behind one job of 300 ms the
# caller of an aborted job waits these 300 ms, and the queue's size still counts it.
# castcall's limits reject at once, and the place is free.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact p-queue@9.0.1 >/dev/null
cat >seen.mjs <<'JS'
import PQueue from 'p-queue';
const queue = new PQueue({ concurrency: 1 });
const controller = new AbortController();
let firstEnded = false;
const first = queue.add(() => new Promise((resolve) => setTimeout(resolve, 300))).then(() => { firstEnded = true; });
const waiting = queue.add(async () => 'ran', { signal: controller.signal }).then((value) => value, (error) => `${error.message}, ${firstEnded ? 'after' : 'before'} the first ended`);
await new Promise((resolve) => setTimeout(resolve, 20));
controller.abort(new Error('left'));
await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`waiting ${queue.size}; ${await waiting}`);
await first;
JS
seen=$(node seen.mjs)
echo "p-queue $(node -p "require('./node_modules/p-queue/package.json').version"), $(node --version): $seen"
[ "$seen" = 'waiting 1; left, after the first ended' ] || { echo 'this is not what was found'; exit 1; }
