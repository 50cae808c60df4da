/**
 * What the thread of a stall watch runs: JavaScript as text, because it must find no module beside
 * itself, whatever bundler has packed the program. It sees that the main thread has not beaten for
 * too long, stops it through the inspector for as long as it takes to read its stack and who is
 * running, and writes one line to standard error while the stall lasts. When the main thread beats
 * again it is told how long that took.
 *
 * A pause of the whole program (SIGSTOP, a sleeping laptop) stops this thread as well, and is no
 * stall (P34). A main thread that a debugger has stopped is told without its stack and left as it
 * is: resuming would run on from somebody's breakpoint.
 */
export const STALL_THREAD: string = `
'use strict';
const { parentPort, workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { cells, stallMs, pollMs, ask } = workerData;
const FRAMES = 20;

let seen = Atomics.load(cells, 0);
let since = performance.now();
let polled = since;
let stall = null;

setInterval(() => {
  const now = performance.now();
  const slept = now - polled > stallMs / 2 + 10 * pollMs;
  polled = now;
  const beat = Atomics.load(cells, 0);
  if (beat !== seen || slept) {
    seen = beat;
    if (stall !== null) parentPort.postMessage({ ...stall, ms: Math.round(now - since) });
    since = now;
    stall = null;
  } else if (stall === null && now - since >= stallMs) {
    stall = { who: undefined, stack: undefined };
    look(stall, () => say(stall ?? {}, Math.round(performance.now() - since)));
  }
}, pollMs);

function say({ who, stack }, ms) {
  const line = { level: 40, time: Date.now(), label: 'stall', ...who, ms, stack, msg: 'the event loop is blocked' };
  try {
    writeSync(2, JSON.stringify(line) + '\\n');
  } catch {
    // nobody reads standard error
  }
}

function look(found, done) {
  let session;
  try {
    const { Session } = require('node:inspector');
    session = new Session();
    session.connectToMainThread();
  } catch {
    return done();
  }
  const files = new Map();
  const leave = () => session.post('Debugger.disable', () => session.disconnect());
  let asked = false;
  session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
  session.on('Debugger.paused', ({ params }) => {
    if (!asked) {   // by somebody else
      asked = true;
      done();
      return leave();
    }
    found.stack = params.callFrames.slice(0, FRAMES).map(({ functionName, location, url }) =>
      (functionName || '<anonymous>') + ' (' + (files.get(location.scriptId) || url || '?') + ':' + (location.lineNumber + 1) + ')');
    session.post('Runtime.evaluate', { expression: ask, returnByValue: true }, (error, answer) => {
      found.who = error ? undefined : answer.result.value;
      done();
      session.post('Debugger.resume');
      leave();
    });
  });
  session.post('Debugger.enable', () => {
    if (asked) return;
    asked = true;
    session.post('Debugger.pause');
  });
}
`;
