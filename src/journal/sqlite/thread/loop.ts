/** Last part: what takes long and only reads, in a thread of its own; and the loop, which takes requests in order. */
export const LOOP: string = `
function openReader() {
  db = new DatabaseSync(path, { readOnly: true });
}

const aside = {
  check({ name }) {
    try {
      return structure(db, 'integrity_check', "('" + name + "')");
    } catch (error) {
      return [finding('unreadable', 'table ' + name, error.message)];
    }
  },
  copy({ to }) {
    try {
      fs.closeSync(fs.openSync(to, 'wx', 0o600));
    } catch (error) {
      throw refusal(error.code === 'ENOSPC' ? 'STORE_FULL' : 'STORE_PATH', to + ' cannot be made: ' + error.message
        + ': name a file that does not exist yet, in a directory that does', [], error);
    }
    try {
      db.exec("VACUUM INTO '" + to.replaceAll("'", "''") + "'");
      const fd = fs.openSync(to, 'r+');
      fs.fsyncSync(fd);
      fs.closeSync(fd);
      syncFolder(dirname(to));
    } catch (error) {
      fs.rmSync(to, { force: true });
      fs.rmSync(to + '-journal', { force: true });
      throw refusal(codeOf(error), 'the copy to ' + to + ' failed, and what there was of it is removed: '
        + error.message, [], error);
    }
  },
};

function handle(request) {
  if (request.op === 'open') return role === 'owner' ? open() : openReader();
  if (request.op === 'close') return close();
  if (failure !== null) throw failure;
  if (request.op === 'write') return write(request);
  if (request.op === 'moveMarks') return moveMarks(request.from);
  return (role === 'owner' ? read : aside)[request.op](request);
}

parentPort.on('message', (request) => {
  const answer = {};
  try {
    answer.value = handle(request);
  } catch (error) {
    answer.error = told(error);
    if (request.op === 'open') release();
  }
  const buffer = answer.value?.buffer;
  const moves = buffer instanceof ArrayBuffer && !(answer.value instanceof Uint8Array);
  parentPort.postMessage(answer, moves ? [buffer] : []);
  if (request.op === 'close' || (request.op === 'open' && answer.error !== undefined)) parentPort.close();
});
`;
