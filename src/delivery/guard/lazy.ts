import { disown, OptionError } from '../../base/index.js';
import { fieldOf } from '../../base/text/index.js';

/** Whether it does its work only when it is read: an iterator of promises, or a generator. */
function isLazy(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || typeof fieldOf(value, 'next') !== 'function') return false;
  return typeof fieldOf(value, Symbol.asyncIterator) === 'function'
    || fieldOf(value, Symbol.toStringTag) === 'Generator';
}

const STREAMING: Readonly<Record<string, string>> = {
  'limit.run': 'limit.stream', 'breaker.run': 'breaker.stream', retry: 'retryStream',
};

/**
 * Refuses such a result of a function that is guarded: none of its work has been done, and what is
 * done when it is read is guarded no more. It is ended, so that it keeps nothing open.
 */
export function checkResult(verb: string, value: unknown): void {
  if (!isLazy(value)) return;
  end(value as { return?: unknown });
  throw new OptionError(
    `${verb} result`, 'an iterator', 'a value, or a promise of one',
    `give the function to ${STREAMING[verb]}, which guards it until it has been read`,
    'LAZY_RESULT',
  );
}

function end(iterator: { return?: unknown }): void {
  try {
    if (typeof iterator.return === 'function') disown(iterator.return());
  } catch {
    // it has no end then
  }
}
