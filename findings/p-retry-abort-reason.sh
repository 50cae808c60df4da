#!/usr/bin/env bash
# p-retry 7.1.1: a signal that is aborted with a reason that is no Error, while an attempt runs that then succeeds, makes the
# promise reject with the library's own TypeError; neither the result nor the reason reaches the caller. With an Error as
# reason the caller gets that Error. Reasons that are no Errors are ordinary: AbortController.abort takes any value.
# castcall puts such a reason into an Error of its own and takes it out again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module"}' >package.json
npm install --silent --no-audit --no-fund --save-exact p-retry@7.1.1 >/dev/null
cat >seen.mjs <<'JS'
import pRetry from 'p-retry';
const outcome = async (reason) => {
  const controller = new AbortController();
  const result = pRetry(async () => { controller.abort(reason); return 'a result'; }, { signal: controller.signal });
  return result.then((value) => `resolved: ${value}`, (error) => `${error?.name}: ${error?.message}`);
};
console.log(`${await outcome('leaving')} | ${await outcome(new RangeError('leaving'))}`);
JS
seen=$(node seen.mjs)
echo "p-retry $(node -p "require('./node_modules/p-retry/package.json').version"), $(node --version): $seen"
[ "$seen" = 'TypeError: Non-error was thrown: "leaving". You should only throw errors. | RangeError: leaving' ] || { echo 'this is not what was found'; exit 1; }
