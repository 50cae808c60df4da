/**
 * Third part: witnesses of what was committed, beside the database. The head file has the number of the last commit,
 * written after it without fsync: SQLite drops everything after a bad frame of its WAL and finds nothing wrong, rows
 * and integrity check included. Marks are attempts that are about to begin, written by the program itself.
 */
export const HEAD: string = `
const HEAD_BYTES = 64;
const HEAD_MAGIC = 0x43434844;
const LEVELS = ['process', 'disk'];
const headPage = Buffer.alloc(HEAD_BYTES);
let headFd = -1;

/** magic, level, batch, epoch, id of the store (16), id of the boot (16), crc of all that */
function writeHead(batch) {
  headPage.writeDoubleLE(batch, 8);
  headPage.writeUInt32LE(crc32(headPage.subarray(0, 56)), 56);
  fs.writeSync(headFd, headPage, 0, HEAD_BYTES, 0);
}

function openHead(epoch, id, batch) {
  headPage.writeUInt32LE(HEAD_MAGIC, 0);
  headPage.writeUInt32LE(LEVELS.indexOf(level), 4);
  headPage.writeDoubleLE(epoch, 16);
  headPage.set(id.subarray(0, 16), 24);
  headPage.set(bootBytes(), 40);
  headFd = openSide(SIDES.head, fs.constants.O_WRONLY | fs.constants.O_CREAT);
  writeHead(batch);
}

function bootBytes() {
  return Buffer.from(bootId().replaceAll('-', '').padEnd(32, '0').slice(0, 32), 'hex');
}

/** Undefined where it is missing, torn, or that of another store: no damage by itself. */
function readHead(id) {
  let page;
  try {
    page = fs.readFileSync(path + SIDES.head);
  } catch {
    return undefined;
  }
  if (page.length < HEAD_BYTES || page.readUInt32LE(0) !== HEAD_MAGIC) return undefined;
  if (page.readUInt32LE(56) !== crc32(page.subarray(0, 56))) return undefined;
  if (!page.subarray(24, 40).equals(Buffer.from(id))) return undefined;
  return { level: LEVELS[page.readUInt32LE(4)], batch: page.readDoubleLE(8), boot: page.subarray(40, 56) };
}

/** Findings about commits that are not there any more. */
function lostTail(id, batch, wal) {
  const head = readHead(id);
  const where = wal?.badAt === undefined ? 'end of the store' : path + '-wal, byte ' + wal.badAt;
  if (head !== undefined && head.batch > batch) {
    const lost = head.batch - batch;
    // At level process a machine that has gone down takes commits along, as it says.
    const power = head.level === 'process' && (!head.boot.equals(bootBytes()) || bootId() === '');
    return [{
      ...finding('lost-tail', where, 'the last ' + lost + ' commits are gone: ' + batch + ' is there, ' + head.batch
        + ' was written'), expected: power,
    }];
  }
  // No commit begins before the one before it is safe: only the last one may be torn.
  if (head === undefined && wal !== undefined && wal.commitsAfter > 1) {
    return [finding('lost-tail', where, wal.commitsAfter + ' commits end behind a damaged frame')];
  }
  return [];
}

/** Looks for intact frames behind a bad one, which SQLite does not; before it opens the file. */
function scanWal() {
  let fd;
  try {
    fd = fs.openSync(path + '-wal', 'r');
  } catch {
    return undefined;
  }
  try {
    return walFrames(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function walFrames(fd) {
  const header = Buffer.alloc(32);
  if (fs.readSync(fd, header, 0, 32, 0) < 32) return undefined;
  const big = (header.readUInt32BE(0) & 1) === 1;
  const frame = Buffer.alloc(24 + pageBytes(header.readUInt32BE(8)));
  let sum = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let badAt, commitsAfter = 0;
  if (!same(walSum(header, big, [0, 0], [[0, 24]]), sum)) {
    badAt = 0;
    sum = undefined;
    fs.readSync(fd, header, 16, 8, 40);   // the frames agree among themselves
  }
  for (let at = 32; fs.readSync(fd, frame, 0, frame.length, at) === frame.length; at += frame.length) {
    const ours = frame.compare(header, 16, 24, 8, 16) === 0;
    if (!ours) {
      // The rest is of the round before, or this very header is what is damaged.
      badAt ??= at;
      sum = undefined;
      continue;
    }
    const stored = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
    const right = sum !== undefined && same(walSum(frame, big, sum, [[0, 8], [24, frame.length]]), stored);
    if (!right) badAt ??= at;
    else if (badAt !== undefined && frame.readUInt32BE(4) !== 0) commitsAfter += 1;
    sum = stored;
  }
  return { badAt, commitsAfter };
}

function same(a, b) {
  return a[0] === b[0] && a[1] === b[1];
}

function pageBytes(told) {
  return told >= 512 && told <= 65536 && (told & told - 1) === 0 ? told : 4096;
}

/** SQLite's checksum: over the first 8 bytes of a frame's header and its page, or the header of the WAL. */
function walSum(page, big, seed, parts) {
  let [first, second] = seed;
  for (const [from, to] of parts) {
    for (let at = from; at < to; at += 8) {
      first = first + (big ? page.readUInt32BE(at) : page.readUInt32LE(at)) + second >>> 0;
      second = second + (big ? page.readUInt32BE(at + 4) : page.readUInt32LE(at + 4)) + first >>> 0;
    }
  }
  return [first, second];
}

const MARK_BYTES = 24;

/** As marks.ts has it. */
function markSum(page, at) {
  let sum = 0x9e3779b9;
  for (let word = 0; word < MARK_BYTES - 4; word += 4) {
    sum = Math.imul(sum ^ page.readUInt32LE(at + word), 0x85ebca6b);
    sum ^= sum >>> 13;
  }
  return sum >>> 0;
}

/** The last mark of each message in one file, by order; torn ones are passed over. */
function readMarks(generation, into) {
  let page;
  try {
    page = fs.readFileSync(path + SIDES.marks + generation);
  } catch {
    return;
  }
  for (let at = 0; at + MARK_BYTES <= page.length;) {
    if (page.readUInt32LE(at + 20) !== markSum(page, at)) {
      at += 1;
      continue;
    }
    const seq = page.readDoubleLE(at);
    const order = page.readDoubleLE(at + 8);
    if ((into.get(seq)?.order ?? -1) < order) into.set(seq, { order, attempts: page.readUInt32LE(at + 16) });
    at += MARK_BYTES;
  }
}

function stillThere(marks) {
  const found = ['message', 'item'].map((table) => db.prepare('SELECT 1 FROM ' + table + ' WHERE seq = ?'));
  for (const seq of marks.keys()) if (found.every((one) => one.get(seq) === undefined)) marks.delete(seq);
  return marks;
}

/** These and no others, in the first file. */
function keepMarks(marks) {
  fs.rmSync(path + SIDES.marks + 'new', { force: true });
  try {
    addMarks('new', marks);
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
    fs.rmSync(path + SIDES.marks + 'new', { force: true });
    return;   // they stay as they are
  }
  fs.renameSync(path + SIDES.marks + 'new', path + SIDES.marks + 0);
  emptyMarks(1);
}

function addMarks(generation, marks) {
  const fd = openSide(SIDES.marks + generation, fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_APPEND);
  const page = Buffer.alloc(marks.size * MARK_BYTES);
  let at = 0;
  for (const [seq, { order, attempts }] of marks) {
    page.writeDoubleLE(seq, at);
    page.writeDoubleLE(order, at + 8);
    page.writeUInt32LE(attempts, at + 16);
    page.writeUInt32LE(markSum(page, at), at + 20);
    at += MARK_BYTES;
  }
  try {
    if (page.length > 0) fs.writeSync(fd, page);
  } finally {
    fs.closeSync(fd);
  }
}

/** What counts of one file goes to the other, which the program writes to by now; then it is empty. */
function moveMarks(from) {
  const marks = new Map();
  readMarks(from, marks);
  addMarks(1 - from, stillThere(marks));
  emptyMarks(from);
}

function emptyMarks(generation) {
  if (lies(path + SIDES.marks + generation) !== undefined) fs.truncateSync(path + SIDES.marks + generation);
}
`;
