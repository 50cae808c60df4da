/**
 * Second part: the place of the store, and its owner. The lock is one of SQLite on an empty file beside it: the kernel
 * releases it with the process, however that ends, and sees it through walls of containers. Who has it stands in a file
 * of its own. A file that SQLite has open is never opened by other means: closing it would give up the locks of the
 * whole process.
 */
export const OWN: string = `
/** Refuses a place that cannot be a store; makes the folder and the file where there is none. */
function prepare() {
  const there = placeOfStore();
  if (there !== undefined) refuseKind(there);
  const marks = [SIDES.marks + 0, SIDES.marks + 1];
  for (const side of ['-wal', '-shm', '-journal', SIDES.lock, SIDES.owner, SIDES.head, ...marks]) {
    const found = lies(path + side);
    if (found !== undefined && !found.isFile()) {
      throw refusal('STORE_PATH', path + side + ' is no regular file: remove it, or choose another path');
    }
  }
  if (there !== undefined && there.size > 0) refuseForeign();
  try {
    if (there !== undefined) fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK);
    else makeFolder(dirname(path));
    fs.accessSync(dirname(path), fs.constants.W_OK);
  } catch (error) {
    throw refusal('STORE_PATH', path + ' cannot be written: ' + error.message, [], error);
  }
}

function placeOfStore() {
  try {
    return lies(path);
  } catch (error) {
    throw refusal('STORE_PATH', path + ' cannot be written: ' + error.message, [], error);
  }
}

function refuseKind(there) {
  const what = there.isDirectory() ? 'a directory'
    : there.isSymbolicLink() ? 'a symbolic link' : there.isFile() ? '' : 'no regular file';
  if (what !== '') throw refusal('STORE_PATH', path + ' is ' + what + ': name a file, which may not exist yet');
}

function makeFolder(folder) {
  const made = fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  for (let at = folder; ; at = dirname(at)) {
    syncFolder(dirname(at));
    if (at === made || at === dirname(at)) return;
  }
}

/** By its header alone, without a lock or a file of SQLite beside it: nothing happens to what is not ours. */
function refuseForeign() {
  let id, version;
  try {
    const seen = new DatabaseSync(pathToFileURL(path).href + '?immutable=1', { readOnly: true });
    try {
      id = pragmaOf(seen, 'application_id');
      version = pragmaOf(seen, 'user_version');
    } finally {
      seen.close();
    }
  } catch (error) {
    const number = primary(error);
    // Without its WAL the file need not be whole.
    if (number === CORRUPT) return;
    if (number !== NO_DATABASE) {
      throw refusal('STORE_PATH', path + ' cannot be read: ' + error.message, [], error);
    }
    if (lies(path + SIDES.head) === undefined) {
      throw refusal('STORE_PATH', path + ' is the file of another program: choose another path', [], error);
    }
    throw damage([finding('structure', 'header of the file', error.message)]);
  }
  refuseVersion(id, version);
}

function refuseVersion(id, version) {
  if (id !== applicationId) {
    throw refusal('STORE_PATH', path + ' is a database of another program: choose another path');
  }
  if (version > migrations.length) {
    throw refusal('STORE_NEWER', path + ' was written by a newer castcall (version ' + version
      + ' of the file, this one knows ' + migrations.length + '): use that, or choose another path');
  }
}

function takeLock() {
  let taken = null;
  try {
    taken = new DatabaseSync(path + SIDES.lock);
    // Nothing is written, not even a journal: a full disk can be opened.
    taken.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    fs.chmodSync(path + SIDES.lock, 0o600);
  } catch (error) {
    taken?.close();
    if (primary(error) !== BUSY) {
      const code = codeOf(error) === 'STORE_FULL' ? 'STORE_FULL' : 'STORE_PATH';
      throw refusal(code, path + SIDES.lock + ' cannot be locked: ' + error.message, [], error);
    }
    throw refusal('STORE_LOCKED', path + ' is open already, ' + ownerText()
      + ': stop that, or choose another path; the lock of a program that has ended is free', [], error);
  }
  lock = taken;
  try {
    const owner = { pid: process.pid, host: os.hostname(), boot: bootId(), startedAt: new Date().toISOString() };
    const fd = openSide(SIDES.owner, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC);
    fs.writeSync(fd, JSON.stringify(owner));
    fs.closeSync(fd);
  } catch {
    // the lock holds without its text, as on a full disk
  }
}

function ownerText() {
  try {
    const { pid, host, startedAt } = JSON.parse(fs.readFileSync(path + SIDES.owner, 'utf8'));
    return 'by process ' + Number(pid) + ' on ' + String(host) + ' since ' + String(startedAt);
  } catch {
    return 'by an unknown program';
  }
}

function giveUpLock() {
  if (lock === null) return;
  try {
    fs.rmSync(path + SIDES.owner, { force: true });
  } catch {
    // it only tells who had it
  }
  try {
    lock.exec('ROLLBACK');
  } catch {
    // the end of the thread releases it
  }
  lock.close();
  lock = null;
}
`;
