#!/usr/bin/env bash
# msgpackr 2.1.4 writes `undefined` as an extension of type 0 of its own. @msgpack/msgpack 3.1.3 knows no such extension
# and hands it out as an object, so that a field which its sender left undefined is there, and truthy, for the receiver:
# a task without a deadline has one. What @msgpack/msgpack writes itself for the same value is null.
# Seen: deadline of another writer: object, set; of its own: null, unset.
# castcall stores and sends CBOR by its own rules, in which undefined stays undefined (test/codec); whoever puts
# another codec at the edge of a system declares optional fields in a schema, which refuses the object.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix . msgpackr@2.1.4 @msgpack/msgpack@3.1.3 >/dev/null
cat >program.mjs <<'JS'
import { pack } from 'msgpackr';
import { decode, encode } from '@msgpack/msgpack';
const task = { id: 7, deadline: undefined };
const told = ({ deadline }) => `${deadline === null ? 'null' : typeof deadline}, ${deadline ? 'set' : 'unset'}`;
console.log(`deadline of another writer: ${told(decode(pack(task)))}; of its own: ${told(decode(encode(task)))}`);
JS
seen=$(node program.mjs)
printf '%s\n' "$seen"
[ "$seen" = 'deadline of another writer: object, set; of its own: null, unset' ]
