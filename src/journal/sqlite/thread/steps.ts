/**
 * Fifth part: the steps of a batch. Rows, and records of one kind, go in groups, one statement each: to bind and to
 * step costs more than the row. Rows that are appended come first, then the removed ones, whose sequences are never
 * used again; records of a kind keep their order.
 */
export const STEPS: string = `
const FIELDS = 4, NUMBER = 8;
/** steps of one statement */
const GROUP = 16;
/** rows of each table: counted when first asked for, kept up from then on */
const counts = tables.map(() => NaN);

/**
 * Names come and go as bytes: a driver may end a text at its first NUL. They are texts in the file, for everybody who
 * reads it.
 */
function prepareSteps(one) {
  const rows = (values, times) => Array(times).fill(values).join(', ');
  const places = tables.map((table) => {
    const sql = 'INSERT INTO ' + table + ' (seq, stream, body) VALUES ';
    const value = '(?, CAST(? AS TEXT), ?)';
    return {
      given: [], width: 3, one: one(sql + value), many: one(sql + rows(value, GROUP)), removed: [],
      remove: one('DELETE FROM ' + table + ' WHERE seq = ?'),
      removeRange: one('DELETE FROM ' + table + ' WHERE seq BETWEEN ? AND ?'),
    };
  });
  for (const kind of kinds) {
    const sql = 'INSERT INTO ' + kind + ' (key, body) VALUES ';
    const value = '(CAST(? AS TEXT), ?)';
    const again = ' ON CONFLICT (key) DO UPDATE SET body = excluded.body';
    places.push({
      given: [], width: 2, one: one(sql + value + again), many: one(sql + rows(value, GROUP) + again),
      drop: one('DELETE FROM ' + kind + ' WHERE key = CAST(? AS TEXT)'),
    });
  }
  return places;
}

function steps(places, buffer, count) {
  const head = new Float64Array(buffer, 0, count * FIELDS);
  const bytes = new Uint8Array(buffer);
  let at = head.byteLength;
  for (let field = 0; field < head.length; field += FIELDS) {
    const code = head[field];
    const bodyAt = at + head[field + 2];
    const end = bodyAt + head[field + 3];
    const place = places[code % step];
    const { given } = place;
    if (code < step) {
      given.push(head[field + 1], bytes.subarray(at, bodyAt), bytes.subarray(bodyAt, end));
      if (given.length === GROUP * 3) giveGroup(place);
      counts[code] += 1;
    } else if (code < 2 * step) place.removed.push(head[field + 1]);
    else if (code < 3 * step) {
      given.push(bytes.subarray(at, bodyAt), bytes.subarray(bodyAt, end));
      if (given.length === GROUP * 2) giveGroup(place);
    } else {
      giveRest(place);
      place.drop.run(bytes.subarray(at, bodyAt));
    }
    at = end;
  }
  for (const place of places) giveRest(place);
  tables.forEach((_, table) => { counts[table] -= remove(places[table]); });
}

function giveGroup({ many, given }) {
  many.run(...given);
  given.length = 0;
}

function giveRest({ one, given, width }) {
  for (let at = 0; at < given.length; at += width) {
    if (width === 3) one.run(given[at], given[at + 1], given[at + 2]);
    else one.run(given[at], given[at + 1]);
  }
  given.length = 0;
}

/** Sequences without a gap go at once. @returns how many rows were there */
function remove({ removed, remove, removeRange }) {
  let gone = 0;
  for (let from = 0, to = 0; from < removed.length; from = ++to) {
    while (removed[to + 1] === removed[to] + 1) to++;
    gone += (from === to ? remove.run(removed[from]) : removeRange.run(removed[from], removed[to])).changes;
  }
  removed.length = 0;
  return gone;
}
`;
