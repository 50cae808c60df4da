import { describe, expect, it } from 'vitest';
import {
  CallError, callError, CastcallError, nearest, OptionError, StartError, type CallErrorCode,
} from '../../src/base/errors.js';
import { hostileValues } from './hostile.js';

const fields = { target: 'alice', op: 'withdraw' };

describe('errors', () => {
  it('every class has its name, a stable code and is an Error', () => {
    for (const [error, name, code] of [
      [new CastcallError('X', 'm'), 'CastcallError', 'X'],
      [new OptionError('a', 1, 'b'), 'OptionError', 'BAD_OPTION'],
      [new OptionError('a', 1, 'b', 'c', 'BAD_NAME'), 'OptionError', 'BAD_NAME'],
      [new StartError('Account', 'boom'), 'StartError', 'START_FAILED'],
      [new CallError('NOPROC', fields), 'CallError', 'NOPROC'],
    ] as const) {
      expect(error).toBeInstanceOf(CastcallError);
      expect(error).toBeInstanceOf(Error);
      expect([error.name, error.code]).toEqual([name, code]);
    }
  });

  it('an OptionError names the value, the rule and the fix', () => {
    const error =
      new OptionError(
        'capacity', 0, 'a whole number of messages from 1', 'leave it out for an unbounded mailbox',
      );
    expect(error.message).toBe(
      'capacity: got 0, expected a whole number of messages from 1; leave it out for an unbounded mailbox',
    );
    expect(error).toMatchObject({ option: 'capacity', value: 0, rule: 'a whole number of messages from 1' });
    expect(new OptionError('capacity', 0, 'a rule').message).toBe('capacity: got 0, expected a rule');
  });

  it('a StartError carries the reason as itself and as cause', () => {
    const reason = new Error('no opening balance');
    const error = new StartError('Account', reason);
    expect(error.reason).toBe(reason);
    expect(error.cause).toBe(reason);
    expect(error.message).toBe('start of Account failed: Error: no opening balance');
  });

  it('every code of a CallError has a sentence that names target and operation', () => {
    const sentences: Record<CallErrorCode, RegExp> = {
      NOPROC: /nobody lives there/,
      TIMEOUT: /no reply within 10 ms; whether it was handled is unknown/,
      EXIT: /the callee ended: crashed/,
      ACTIVATION_FAILED: /nobody could be started there: crashed; the next try is due in x, y ms/,
      CALLING_SELF: /calling_self/, CALL_CYCLE: /a -> b -> a/, REFUSED: /refused: NO_FUNDS/,
      MAILBOX_CLOSED: /closed/, UNSIZABLE_PAYLOAD: /sizeOf/, PAYLOAD_TOO_LARGE: /capacityBytes/,
      EVICTED: /evicted/, CANCELLED: /cancelled it/, MAILBOX_FULL: /mailbox is full/,
      OVERLOADED: /near its memory ceiling/,
      UNKNOWN_OPERATION: /unknown operation; known: x, y/, PROTOCOL_MISMATCH: /another definition/,
      FORBIDDEN: /forbidden: x, y/,
      INVALID_PAYLOAD: /does not fit its schema: x, y/,
      EXPIRED: /expired/, KEY_CONFLICT: /the key x, y belongs to another message/,
      WINDOW_FULL: /send more once/,
      REPLY_GONE: /was NO_FUNDS before, and what it was answered is no longer kept/,
      ABORTED: /signal has fired: crashed/,
      REPLY_FAILED: /its schema, has failed: crashed/, CALLBACK_FAILED: /callback_failed/,
      UNKNOWN_SYSTEM_MSG: /unknown_system_msg/, NO_SYS: /joinSys/, UNKNOWN: /unknown: crashed; send it again/,
      ZOMBIE: /already ended/,
    };
    for (const [code, sentence] of Object.entries(sentences)) {
      const error = new CallError(
        code as CallErrorCode,
        { ...fields, timeoutMs: 10, reason: 'crashed', path: [
          'a', 'b', 'a',
        ], refusal: 'NO_FUNDS', details: 'x, y' },
      );
      expect(error.message).toMatch(/^call 'withdraw' to alice: /);
      expect(error.message).toMatch(sentence);
    }
  });

  it('NOPROC of a pid says that pids end with their process and their run', () => {
    const text = (target: string): string => callError('NOPROC', { ...fields, target }).message;
    expect(text('bank.2xk4pz.7'))
      .toMatch(/nobody lives there; that pid has ended, or is of another system or run/);
    for (const name of [
      'bank', 'bank.7', 'bank.desk.7x', 'worker.1.2',
    ]) expect(text(name)).toMatch(/nobody lives there$/);
  });

  it('the cause of a CallError is the given one, else the reason when that is an error', () => {
    const reason = new Error('why');
    const cause = new Error('cause');
    expect(callError('EXIT', { ...fields, reason }).cause).toBe(reason);
    expect(callError('EXIT', { ...fields, reason, cause }).cause).toBe(cause);
    expect('cause' in callError('EXIT', { ...fields, reason: 'text' })).toBe(false);
  });

  it('an expected error costs no stack trace, and the limit is put back', () => {
    const limit = Error.stackTraceLimit;
    expect(callError('NOPROC', fields).stack).not.toMatch(/\n\s+at /);
    expect(callError('NOPROC', fields, true).stack).toMatch(/\n\s+at /);
    expect(Error.stackTraceLimit).toBe(limit);
  });

  it.each(Object.keys(hostileValues()))('P17 no hostile value breaks an error that carries it: %s', (name) => {
    const value = hostileValues()[name];
    const limit = Error.stackTraceLimit;
    expect(callError('EXIT', { ...fields, reason: value }).reason).toBe(value);
    expect(callError('INVALID_PAYLOAD', { ...fields, details: value }).details).toBe(value);
    expect(new StartError('Account', value).reason).toBe(value);
    expect(new OptionError('option', value, 'a rule').value).toBe(value);
    expect(Error.stackTraceLimit).toBe(limit);
  });
});

describe('the nearest known word', () => {
  it.each([
    ['timeout', ['timeoutMs', 'signal'], 'timeoutMs'],
    ['timeoutMS', ['timeoutMs', 'signal'], 'timeoutMs'],
    ['attemptMax', ['attemptsMax', 'ackTimeoutMs'], 'attemptsMax'],
    ['drian', ['drain', 'timeoutMs'], 'drain'],
    ['retries', ['attemptsMax', 'backoff'], undefined],
    ['x', ['y', 'z'], undefined],
    ['', ['name'], undefined],
  ])('%s of %j', (word, known, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  it('is not looked for among long ones', () => {
    expect(nearest('ab'.repeat(50_000), ['ba'.repeat(50_000)])).toBeUndefined();
  });

  it('is told of an operation that does not exist', () => {
    const error = callError('UNKNOWN_OPERATION', { target: 'w', op: 'depsoit', details: 'deposit, withdraw' });
    expect(error.message).toBe(
      "call 'depsoit' to w: unknown operation; did you mean deposit? known: deposit, withdraw",
    );
  });
});
