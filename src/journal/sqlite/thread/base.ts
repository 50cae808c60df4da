/**
 * Thread of a store, first part: what it is given, how it fails, the files beside the store. JavaScript as text, as the
 * thread of the stall watch is: it must find no module beside itself, whatever bundler has packed the program.
 */
export const BASE: string = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const fs = require('node:fs');
const os = require('node:os');
const { dirname } = require('node:path');
const { pathToFileURL } = require('node:url');
const { crc32 } = require('node:zlib');
const {
  role, driver, path, level, bytesMax, damaged, checkBytesMax, tables, kinds, step, migrations, applicationId,
} = workerData;
const { DatabaseSync } = quietly(() => require(driver));

const SIDES = { lock: '-lock', owner: '-owner', head: '-head', marks: '-marks-', made: '-new' };
const BUSY = 5, FULL = 13, CORRUPT = 11, NO_DATABASE = 26;

// Every database object is held here for the life of the thread: statements fail once nobody holds theirs.
let db = null;
let lock = null;
let failure = null;

/** Some versions of Node warn that node:sqlite is young; which engine a store has is not the program's concern. */
function quietly(act) {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return act();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function refusal(code, message, findings, cause) {
  return Object.assign(new Error(message), { store: code, findings: findings ?? [], cause });
}

/** What goes to the program: plain data. */
function told(error) {
  const cause = error.store === undefined ? error : error.cause;
  return {
    code: error.store ?? codeOf(error),
    message: error.store === undefined ? path + ': ' + error.message : error.message,
    findings: error.findings ?? [],
    cause: cause === undefined ? undefined : { message: cause.message, code: cause.code, errcode: cause.errcode },
  };
}

function primary(error) {
  return typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
}

function codeOf(error) {
  const number = primary(error);
  if (number === CORRUPT || number === NO_DATABASE) return 'STORE_CORRUPT';
  if (number === FULL || error.code === 'ENOSPC' || error.code === 'EDQUOT') return 'STORE_FULL';
  return number !== 0 && spaceLeft() === 0 ? 'STORE_FULL' : 'STORE_FAILED';
}

/** bytes; a disk that is full shows as many errors */
function spaceLeft() {
  try {
    const { bavail, bsize } = fs.statfsSync(dirname(path));
    return bavail * bsize;
  } catch {
    return NaN;
  }
}

/** What lies there: not through a link. */
function lies(at) {
  return fs.lstatSync(at, { throwIfNoEntry: false });
}

function bootId() {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

function syncFolder(folder) {
  if (process.platform === 'win32') return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

const NO_FOLLOW = fs.constants.O_NOFOLLOW ?? 0;

function openSide(side, flags) {
  return fs.openSync(path + side, flags | NO_FOLLOW, 0o600);
}

/** First column of the first row. */
function valueOf(database, sql) {
  const row = database.prepare(sql).get();
  return row === undefined ? undefined : Object.values(row)[0];
}

/**
 * Rows of what a reader selects, without a statement: @photostructure/sqlite keeps the locks of a connection that was
 * closed for as long as a statement of it is reachable.
 */
function ask(reader, columns, from, rows = []) {
  reader.function('castcall_told', { varargs: true }, (...row) => {
    rows.push(row);
    return null;
  });
  reader.exec('SELECT castcall_told(' + columns + ') FROM ' + from);
  return rows;
}

function pragmaOf(reader, name) {
  return ask(reader, name, 'pragma_' + name)[0][0];
}
`;
