/** Sixth part: what an open store does. */
export const WORK: string = `
let statements = null;
let owned = 0;

/** All statements, once. */
function makeStatements(epoch) {
  const one = (sql) => db.prepare(sql);
  owned = epoch;
  statements = {
    places: prepareSteps(one), begin: one('BEGIN IMMEDIATE'), commit: one('COMMIT'), rollback: one('ROLLBACK'),
    head: one('UPDATE store SET batch = ? WHERE epoch = ?'),
    pages: one('PRAGMA page_count'), free: one('PRAGMA freelist_count'), pageSize: valueOf(db, 'PRAGMA page_size'),
    made: new Map(),
  };
}

/** Those of reads, made when first needed. */
function statement(sql) {
  let found = statements.made.get(sql);
  if (found === undefined) statements.made.set(sql, found = db.prepare(sql));
  return found;
}

function usedBytes() {
  const { pages, free, pageSize } = statements;
  return (pages.get().page_count - free.get().freelist_count) * pageSize;
}

/**
 * Refuses what only adds rows, once the file is as large as it may become: the journal has refused rows before, unless
 * pages have grown faster than what is in them.
 */
function admit(head) {
  let added = 0;
  for (let field = 0; field < head.length; field += FIELDS) {
    const removes = head[field] >= step && head[field] < 2 * step || head[field] >= 3 * step;
    if (removes) return;
    if (head[field] < step) added += head[field + 3];
  }
  if (added === 0 || usedBytes() + added <= bytesMax) return;
  throw refusal('STORE_FULL', path + ' is near its limit: ' + usedBytes() + ' bytes of bytesMax ' + bytesMax
    + ' are in use, and ' + added + ' were to come: let what is in it be handled or removed, or raise bytesMax');
}

/** One transaction. What fails leaves nothing of it, and nothing is written any more. */
function write({ number, count, buffer }) {
  if (bytesMax !== undefined) admit(new Float64Array(buffer, 0, count * FIELDS));
  const { places, begin, commit, rollback, head } = statements;
  try {
    begin.run();
    if (head.run(number, owned).changes !== 1) {
      throw refusal('STORE_LOCKED', path + ' has another owner by now, ' + ownerText()
        + ': nothing of what came after is written here');
    }
    steps(places, buffer, count);
    commit.run();
    writeHead(number);
  } catch (error) {
    failure = failed(error);
    try {
      rollback.run();
    } catch {
      // it is rolled back already, or was committed
    }
    throw failure;
  }
}

function failed(error) {
  if (error.store !== undefined) return error;
  const code = codeOf(error);
  const fix = code === 'STORE_FULL' ? 'make room on the disk, and open the store anew'
    : code === 'STORE_CORRUPT' ? 'open the store anew to have it looked at'
      : 'nothing is written until the store is opened anew';
  return refusal(code, path + ' cannot be written: ' + error.message + '; ' + fix, [], error);
}

const NONE = new Uint8Array(0);

/** As pack.ts reads it. */
function pack(rows) {
  let size = rows.length * FIELDS * NUMBER;
  for (const { name, body } of rows) size += (name ?? NONE).length + (body ?? NONE).length;
  const buffer = new ArrayBuffer(size);
  const head = new Float64Array(buffer, 0, rows.length * FIELDS);
  const bytes = new Uint8Array(buffer);
  let at = head.byteLength;
  rows.forEach(({ seq, name, body }, row) => {
    const field = row * FIELDS;
    head[field + 1] = seq ?? 0;
    for (const [offset, part] of [[2, name ?? NONE], [3, body ?? NONE]]) {
      bytes.set(part, at);
      head[field + offset] = part.length;
      at += part.length;
    }
  });
  return { count: rows.length, buffer };
}

function packNames({ seqs, lengths, names }) {
  if (seqs === null) return { count: 0, buffer: new ArrayBuffer(0) };
  const each = seqs.split(',');
  const long = lengths.split(',');
  const buffer = new ArrayBuffer(each.length * FIELDS * NUMBER + names.length);
  const head = new Float64Array(buffer, 0, each.length * FIELDS);
  for (let row = 0, field = 0; row < each.length; row++, field += FIELDS) {
    head[field + 1] = Number(each[row]);
    head[field + 2] = Number(long[row]);
  }
  new Uint8Array(buffer).set(names, head.byteLength);
  return { count: each.length, buffer };
}

const read = {
  get: ({ kind, key }) => statement('SELECT body FROM ' + kind + ' WHERE key = CAST(? AS TEXT)').get(key)?.body,
  rows({ table, stream, after, limit, bodies }) {
    const from = ' FROM ' + table + ' WHERE seq > ?' + (stream === null ? '' : ' AND stream = CAST(? AS TEXT)')
      + ' ORDER BY seq LIMIT ?';
    const given = stream === null ? [after, limit] : [after, stream, limit];
    if (bodies) return pack(statement('SELECT seq, CAST(stream AS BLOB) AS name, body' + from).all(...given));
    // A third of the time that a blob for each row takes.
    return packNames(statement('SELECT group_concat(seq) AS seqs,'
      + ' group_concat(length(CAST(stream AS BLOB))) AS lengths,'
      + " CAST(group_concat(stream, '') AS BLOB) AS names FROM (SELECT seq, stream" + from + ')').get(...given));
  },
  records: ({ kind, after, limit }) => pack(statement('SELECT CAST(key AS BLOB) AS name, body FROM ' + kind
    + ' WHERE key > CAST(? AS TEXT) ORDER BY key LIMIT ?').all(after, limit)),
  facts() {
    const count = (name) => statement('SELECT count(*) AS n FROM ' + name).get().n;
    for (const [at, table] of tables.entries()) if (Number.isNaN(counts[at])) counts[at] = count(table);
    return {
      rows: Object.fromEntries(tables.map((table, at) => [table, counts[at]])),
      records: Object.fromEntries(kinds.map((kind) => [kind, count(kind)])),
      bytes: usedBytes(), path,
    };
  },
};

/** Marks the end in order; the rest of the files is given up with the thread. */
function close() {
  if (db !== null && statements !== null && failure === null) {
    db.prepare('UPDATE store SET clean = 1 WHERE epoch = ?').run(owned);
    try {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // everything is in the WAL, as safe as it was
    }
    emptyMarks(0);
    emptyMarks(1);
  }
  release();
}

function release() {
  statements = null;
  if (headFd !== -1) fs.closeSync(headFd);
  headFd = -1;
  db?.close();
  db = null;
  giveUpLock();
}
`;
