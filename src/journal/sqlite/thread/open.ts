/** Fourth part: a store is opened: looked at without changing anything, then brought up to date and owned. */
export const OPEN: string = `
function finding(kind, place, message) {
  return { kind, place, message };
}

function damage(findings) {
  const first = findings[0];
  const more = findings.length > 1 ? ' and ' + (findings.length - 1) + ' more' : '';
  return refusal('STORE_CORRUPT', path + ' is damaged: ' + first.place + ': ' + first.message + more
    + '. Copy it with the files beside it, then restore a backup, or open what is left with '
    + "{ damaged: 'open' }", findings);
}

function open() {
  prepare();
  takeLock();
  const there = lies(path);
  const created = there === undefined || there.size === 0;
  const wal = created ? undefined : scanWal();
  // Only a writer may apply a rollback journal.
  const torn = lies(path + '-journal') !== undefined;
  let findings = created || torn ? [] : refuseDamage(inspect(wal));
  if (created) create();
  db = new DatabaseSync(path);
  setUp();
  if (torn) findings = refuseDamage(look(db, wal));
  const before = db.prepare('SELECT id, epoch, batch, clean FROM store').get();
  const epoch = before.epoch + 1;
  db.prepare('UPDATE store SET epoch = ?, clean = 0').run(epoch);
  makeStatements(epoch);
  openHead(epoch, before.id, before.batch);
  const marks = new Map();
  readMarks(0, marks);
  readMarks(1, marks);
  keepMarks(stillThere(marks));
  const counts = new Map([...marks].map(([seq, { attempts }]) => [seq, attempts]));
  // SQLite makes the WAL, and does not look whether its name is safe.
  syncFolder(dirname(path));
  return { opened: { epoch, clean: before.clean === 1, marks: counts, batch: before.batch, findings }, settings };
}

/** Under another name, and then as a whole: a program that dies here leaves no half of a store. */
function create() {
  const made = path + SIDES.made;
  const clear = () => ['', '-journal'].forEach((side) => fs.rmSync(made + side, { force: true }));
  clear();
  try {
    fs.closeSync(openSide(SIDES.made, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_EXCL));
    const fresh = new DatabaseSync(made);
    try {
      fresh.exec('PRAGMA auto_vacuum = INCREMENTAL');
      migrate(fresh);
    } finally {
      fresh.close();
    }
    fs.renameSync(made, path);
  } catch (error) {
    clear();
    throw error;
  }
  syncFolder(dirname(path));
}

/** Tells what is wrong, where it may be told only. */
function refuseDamage(findings) {
  const wrong = findings.filter(({ expected }) => expected !== true);
  if (wrong.length > 0 && damaged !== 'open') throw damage(wrong);
  return findings.map(({ kind, place, message }) => finding(kind, place, message));
}

/** A reader changes nothing, not even when it closes: the WAL stays as it is for whoever looks into the damage. */
function inspect(wal) {
  const seen = new DatabaseSync(path, { readOnly: true });
  try {
    refuseVersion(pragmaOf(seen, 'application_id'), pragmaOf(seen, 'user_version'));
    return look(seen, wal);
  } catch (error) {
    if (error.store !== undefined || codeOf(error) !== 'STORE_CORRUPT') throw error;
    return [finding('structure', 'file', error.message)];
  } finally {
    seen.close();
  }
}

function look(seen, wal) {
  if (pragmaOf(seen, 'user_version') === 0) return [];
  const [[id, batch]] = ask(seen, 'id, batch', 'store');
  const bytes = pragmaOf(seen, 'page_count') * pragmaOf(seen, 'page_size');
  return [...lostTail(id, batch, wal), ...(bytes <= checkBytesMax ? structure(seen, 'quick_check') : [])];
}

/** What a check of SQLite says. */
function structure(seen, check, argument = '') {
  const rows = [];
  try {
    ask(seen, check, 'pragma_' + check + argument, rows);
  } catch (error) {
    // It may give up after what it has found.
    if (codeOf(error) !== 'STORE_CORRUPT') throw error;
    if (rows.length === 0) rows.push([error.message]);
  }
  const told = rows.map(([row]) => String(row)).filter((row) => row !== 'ok');
  return told.map((row) => finding('structure', placeOf(row), row));
}

function placeOf(row) {
  return /(?:page|Page) [0-9]+/.exec(row)?.[0] ?? 'file';
}

/** Each setting is read back: a driver, a build or a file system may not do it. */
function setUp() {
  const apple = process.platform === 'darwin' ? [['fullfsync', 1], ['checkpoint_fullfsync', 1]] : [];
  for (const [name, value] of [['auto_vacuum', 2], ['busy_timeout', 0], ['foreign_keys', 0], ['cache_size', -65536]]) {
    set(name, value);
  }
  migrate(db);
  for (const [name, value] of [
    ['journal_mode', 'wal'], ['synchronous', level === 'disk' ? 2 : 1], ['wal_autocheckpoint', 8000],
    ['journal_size_limit', 67108864], ['trusted_schema', 0], ...apple,
  ]) set(name, value);
  for (const [name, value] of [['application_id', applicationId], ['user_version', migrations.length]]) {
    sees(name, value);
  }
}

function set(name, value) {
  db.exec('PRAGMA ' + name + ' = ' + value);
  sees(name, value);
}

const settings = {};

function sees(name, value) {
  const is = settings[name] = valueOf(db, 'PRAGMA ' + name);
  if (is === value) return;
  throw refusal('STORE_PATH', path + ': ' + name + ' is ' + is + ' where ' + value
    + ' was set: use a local file system that SQLite can lock and map');
}

/** One transaction for each step, with the version that it leads to. */
function migrate(database) {
  for (let version = pragmaOf(database, 'user_version'); version < migrations.length; version++) {
    database.exec('BEGIN IMMEDIATE');
    if (version === 0) database.exec('PRAGMA application_id = ' + applicationId);
    database.exec(migrations[version]);
    database.exec('PRAGMA user_version = ' + (version + 1));
    database.exec('COMMIT');
  }
}
`;
