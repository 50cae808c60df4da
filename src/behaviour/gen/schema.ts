import { CastcallError, disown, isThenable, OptionError } from '../../base/index.js';
import { isError, printable } from '../../base/text/index.js';
import type { StandardIssue, StandardSchema } from '../../api/protocol.js';

/**
 * A payload that does not fit the schema of its operation; `issues` as the schema reported them. It
 * is the `cause` of a CallError `INVALID_PAYLOAD`.
 *
 * @example
 * const Desk = defineAgent({ calls: { twice: { schema: z.number(), handle: (self, n) => n * 2 } } });
 * const error = await system.start(Desk).call('twice', '4' as never).catch((error: CallError) => error);
 * error instanceof CallError && error.code; // => 'INVALID_PAYLOAD'
 * error instanceof CallError && error.cause instanceof PayloadError; // => true
 * @since 0.1.0
 */
export class PayloadError extends CastcallError {
  constructor(
    readonly op: string,
    readonly issues: readonly StandardIssue[],
  ) {
    super(
      'INVALID_PAYLOAD',
      `payload of '${op}' does not fit its schema: ${issues.map(describeIssue).join('; ')}`,
    );
  }

  /** @internal What a schema says may repeat the payload. */
  override logged(): string {
    return `payload of '${this.op}' does not fit its schema: ${this.issues.length === 1
      ? 'one issue'
      : `${this.issues.length} issues`}`;
  }
}

/** Refuses what is no schema, where a definition is made. */
export function checkSchema(
  where: string, schema: unknown,
): asserts schema is StandardSchema<unknown, unknown> {
  const given = (schema as { '~standard'?: { validate?: unknown } } | null | undefined)?.['~standard'];
  if (typeof given?.validate !== 'function') {
    throw new OptionError(
      where, schema, 'a Standard Schema v1', 'zod 3.24+, valibot 1 and arktype 2 schemas are',
    );
  }
}

/**
 * Checks a payload and returns what the schema made of it. An asynchronous schema is a coded error:
 * a send does not wait.
 */
export function checkPayload(op: string, schema: StandardSchema<unknown, unknown>, payload: unknown): unknown {
  const result = validated(op, schema, payload);
  if (typeof result !== 'object' || result === null) {
    throw new PayloadError(op, [{ message: `the schema returned ${printable(result)}, no result` }]);
  }
  if (isThenable(result)) {
    disown(result);
    throw new OptionError(
      `schema of '${op}'`, 'an asynchronous result', 'a schema that validates synchronously',
      'move asynchronous refinements into the handler', 'ASYNC_SCHEMA',
    );
  }
  if (result.issues !== undefined) throw new PayloadError(op, result.issues);
  return result.value;
}

/**
 * A transform is the user's code: what it throws and is no Error cannot be looked at safely on its
 * way to the sender.
 */
function validated(
  op: string, schema: StandardSchema<unknown, unknown>, payload: unknown,
): ReturnType<StandardSchema<unknown, unknown>['~standard']['validate']> {
  try {
    return schema['~standard'].validate(payload);
  } catch (error) {
    throw isError(error) ? error : new PayloadError(op, [{ message: `the schema threw ${printable(error)}` }]);
  }
}

function describeIssue(issue: StandardIssue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
