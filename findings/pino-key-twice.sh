#!/usr/bin/env bash
# pino 10.4.0: a field of a line that has the name of a field of the logger (its base: `pid`, `hostname`, `name`, or a child's bindings)
# is written beside it, so that the JSON object has the key twice. JSON.parse keeps the last, other readers the first, and some
# stores refuse the line. `pid` is in the base of every logger by default.
# castcall's own logger has no base; a pino that is given to it is best made with `base: null`.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact pino@10.4.0 >/dev/null
cat >seen.mjs <<'JS'
import { pino } from 'pino';
const lines = [];
pino({ name: 'app' }, { write: (line) => lines.push(line) }).child({ user: 'ann' }).info({ pid: 'agent-7', name: 'clerk', user: 'bob' }, 'hello');
const count = (key) => `${key} ${lines[0].split(`"${key}":`).length - 1}`;
console.log(`${['pid', 'name', 'user'].map(count).join(', ')}; parsed ${JSON.parse(lines[0]).pid}`);
JS
seen=$(node seen.mjs)
echo "pino $(node -p "require('./node_modules/pino/package.json').version"), $(node --version): $seen"
[ "$seen" = 'pid 2, name 2, user 2; parsed agent-7' ] || { echo 'this is not what was found'; exit 1; }
