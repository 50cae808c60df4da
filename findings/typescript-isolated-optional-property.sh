#!/usr/bin/env bash
# TypeScript with isolatedDeclarations, an optional parameter of a constructor that is a property as well, of a type
# that is imported: `constructor(private readonly starter?: Process | null)`. TypeScript 6.0.3 refuses it (TS9025), as
# another file might add undefined to that type; TypeScript 7.0.2 takes it, and so does 6.0.3 when the parameter is no
# property, or its type is spelt out. Both take it with `| undefined`.
# Seen: 6.0.3 property: TS9025, plain: ok, spelt: ok, undefined: ok; 7.0.2 ok four times.
# A project that checks with 7 and publishes for users of both sees it only when 6 runs as well: castcall's
# `npm run check:package` does (scripts/check-package.mjs).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
for version in 6.0.3 7.0.2; do
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$version" "typescript@$version" >/dev/null
done
echo '{ "type": "module" }' >package.json
echo 'export interface Process { readonly pid: string }' >process.ts
parameters() {
  echo 'property private readonly starter?: Process | null'
  echo 'plain starter?: Process | null'
  echo 'spelt private readonly starter?: string | null'
  echo 'undefined private readonly starter?: Process | null | undefined'
}
while read -r name parameter; do
  {
    echo "import type { Process } from './process.js';"
    echo 'export type { Process };'
    echo "export class Task { constructor($parameter) { void starter; } }"
  } >"$name.ts"
done < <(parameters)
told() { # VERSION NAME
  "./$1/node_modules/.bin/tsc" --ignoreConfig --noEmit --strict --declaration --isolatedDeclarations \
    --target es2022 --module nodenext "$2.ts" 2>&1 | grep -o 'TS[0-9]*' | sort -u | tr '\n' ' ' || true
}
seen=''
for version in 6.0.3 7.0.2; do
  while read -r name _; do
    codes=$(told "$version" "$name")
    seen+="$version $name: ${codes:-ok }"
  done < <(parameters)
done
echo "$seen"
expected='6.0.3 property: TS9025 6.0.3 plain: ok 6.0.3 spelt: ok 6.0.3 undefined: ok '
expected+='7.0.2 property: ok 7.0.2 plain: ok 7.0.2 spelt: ok 7.0.2 undefined: ok '
[ "$seen" = "$expected" ] || { echo 'this is not what was found'; exit 1; }
