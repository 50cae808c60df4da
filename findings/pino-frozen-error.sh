#!/usr/bin/env bash
# pino 10.4.0: logging an Error that is frozen, or only sealed, throws out of the log call and writes no line at all. Its
# serializer for errors marks the error that it is at with a symbol, to find circles, and takes the mark off afterwards;
# an object that takes no new property does not allow that. Errors are frozen where messages are frozen on their way, and by
# hardened environments. An Error that can be extended is logged with its stack.
# castcall gives its logger an object of its own in place of the error.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact pino@10.4.0 >/dev/null
cat >seen.mjs <<'JS'
import { pino } from 'pino';
const lines = [];
const log = pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) });
const logged = (err) => {
  const before = lines.length;
  try {
    log.error({ err }, 'failed');
  } catch (error) {
    return `${error.name}, ${lines.length - before} lines`;
  }
  return `${lines.length - before} line`;
};
console.log([new Error('plain'), Object.seal(new Error('sealed')), Object.freeze(new Error('frozen'))].map(logged).join(' | '));
JS
seen=$(node seen.mjs)
echo "pino $(node -p "require('./node_modules/pino/package.json').version"), $(node --version): $seen"
[ "$seen" = '1 line | TypeError, 0 lines | TypeError, 0 lines' ] || { echo 'this is not what was found'; exit 1; }
