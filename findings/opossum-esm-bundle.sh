#!/usr/bin/env bash
# opossum 9.0.0 in a bundle that esbuild 0.28.1 makes as an ES module for Node: the bundle builds without a warning and throws when it
# is loaded, before any line of the program runs. opossum is CommonJS and requires node's own `events` without the prefix
# `node:`; esbuild leaves that require in the bundle and puts a stand-in before it that throws, because an ES module has no
# require. As CommonJS the same program runs. Seen: the message below.
# castcall lends such packages a global require while they are loaded (src/base/lend-require.ts); scripts/try-integrations.mjs tries it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact opossum@9.0.0 esbuild@0.28.1 >/dev/null
cat >program.mjs <<'JS'
import CircuitBreaker from 'opossum';
const breaker = new CircuitBreaker(async (x) => x * 2);
console.log(await breaker.fire(21));
process.exit(0);
JS
npx esbuild program.mjs --bundle --platform=node --format=esm --outfile=bundle.mjs --log-level=warning
bundled=$(node bundle.mjs 2>&1 | grep -o 'Dynamic require of "[a-z:]*" is not supported' | head -n 1 || true)
plain=$(node program.mjs)
echo "opossum $(node -p "require('./node_modules/opossum/package.json').version"), esbuild $(npx esbuild --version), $(node --version): plain $plain, bundled '$bundled'"
[ "$plain" = 42 ] && [ "$bundled" = 'Dynamic require of "events" is not supported' ] || { echo 'this is not what was found'; exit 1; }
