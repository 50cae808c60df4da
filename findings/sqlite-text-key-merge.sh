#!/usr/bin/env bash
# @photostructure/sqlite 1.2.1 stands in for node:sqlite where Node has none. A text that is bound as a parameter is
# cut at its first NUL: three keys of a table are one, and the second insert fails, or with OR REPLACE takes the place
# of another row in silence. node:sqlite of Node 24.21.0 keeps the three apart.
# Seen: rows 1; keys a; last c.
# castcall binds names as bytes and casts them to text in SQL (src/journal/sqlite, test/journal/sqlite/store.test.ts).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . @photostructure/sqlite@1.2.1 >/dev/null
cat >program.mjs <<'JS'
import { DatabaseSync } from '@photostructure/sqlite';
const db = new DatabaseSync(':memory:');
db.exec('CREATE TABLE agent (name TEXT PRIMARY KEY, state TEXT)');
const put = db.prepare('INSERT OR REPLACE INTO agent VALUES (?, ?)');
for (const [name, state] of [['a', 'a'], ['a\0b', 'b'], ['a\0c', 'c']]) put.run(name, state);
const rows = db.prepare('SELECT name, state FROM agent').all();
console.log(`rows ${rows.length}; keys ${rows.map(({ name }) => name)}; last ${rows.at(-1).state}`);
JS
seen=$(node program.mjs)
printf '%s\n' "$seen"
[ "$seen" = 'rows 1; keys a; last c' ]
