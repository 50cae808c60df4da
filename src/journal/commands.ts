// How a program that does not own a store asks its owner for something: it appends a line to a file beside the store,
// which the owner polls, and waits for a line with the same id in a second file. Nobody but the owner writes the store.
//
// A line begins and ends with a line feed, so that half of one, of a program that was killed, ends where the next
// begins; it is no JSON then and is left out. A command is carried out once, also when its line stands there twice: a
// writer whose file was replaced meanwhile appends once more. Only when its owner dies before it has answered, the next
// one carries it out again; nobody does once it has expired, by the wall clock, the only one that two programs share.
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { CastcallError, type Env, formatReason, type TimerHandle } from '../base/index.js';

/** What somebody else asks of the owner of a store. */
export interface Command {
  readonly id: string;
  readonly verb: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** ms since 1970; later nobody carries it out */
  readonly expiresAt: number;
}

interface Reply {
  readonly id: string;
  /** ms since 1970 */
  readonly at: number;
  readonly ok: boolean;
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

/** Carries out one command; what it resolves with goes to who asked, as JSON. */
export type CommandHandler = (command: Command) => Promise<unknown>;

/**
 * A command for the owner of a store has failed.
 * - `COMMAND_UNANSWERED`: nobody has answered in time; it was not carried out, unless the message says otherwise.
 * - `COMMAND_REFUSED`: the owner said why not, in the message.
 * - `COMMAND_FILE`: the file of the commands cannot be used.
 */
export class CommandError extends CastcallError {
  constructor(
    override readonly code: 'COMMAND_UNANSWERED' | 'COMMAND_REFUSED' | 'COMMAND_FILE', message: string,
    options?: { cause?: unknown },
  ) {
    super(code, message, options);
  }
}

/** An operator's command may carry a payload; beyond this it is a mistake. */
const LINE_MAX_BYTES = 4 * 1_048_576;
/** A file that has grown so long is begun anew. */
const FILE_MAX_BYTES = 1_048_576;
/** Answers that nobody has fetched for so long are removed. */
const REPLY_KEPT_MS = 60_000;
const APPEND_TIMES = 5;
const MODE = 0o600;

export const commandFile = (store: string): string => `${store}-commands`;
export const replyFile = (store: string): string => `${store}-replies`;

/** Whole lines of a text that are JSON of an object with an id. */
function parsed<T extends { readonly id: string }>(text: string): T[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      const value = JSON.parse(line) as T | null;
      return typeof value?.id === 'string' ? [value] : [];
    } catch {
      return [];
    }
  });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** One write, so that the lines of two programs do not mix; a link is not followed. */
async function append(file: string, value: object): Promise<void> {
  const line = `\n${JSON.stringify(value)}\n`;
  if (Buffer.byteLength(line) > LINE_MAX_BYTES) {
    throw new CommandError('COMMAND_FILE', `a command of ${Buffer.byteLength(line)} bytes: at most ${LINE_MAX_BYTES}`);
  }
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  const flags = O_APPEND | O_CREAT | O_WRONLY | (O_NOFOLLOW ?? 0);
  for (let times = 0; times < APPEND_TIMES; times++) {
    const handle = await open(file, flags, MODE);
    try {
      await handle.appendFile(line);
      if (await isStill(file, handle)) return;
    } finally {
      await handle.close();
    }
  }
  throw new CommandError('COMMAND_FILE', `${file} is replaced again and again: try it once more`);
}

async function isStill(file: string, handle: FileHandle): Promise<boolean> {
  const own = await handle.stat();
  try {
    return (await stat(file)).ino === own.ino;
  } catch {
    return false;
  }
}

export interface CommandOptions {
  /** how long to wait for the answer, ms */
  readonly timeoutMs: number;
  /** how often to look for it, ms */
  readonly pollMs?: number;
}

/**
 * Asks the owner of the store at `path`, from another program. Resolves with what its handler
 * answered. Errors: a CommandError. A command that nobody answers in time expires by then.
 */
export async function sendCommand(
  env: Env, path: string, verb: string, args: Readonly<Record<string, unknown>>,
  { timeoutMs, pollMs = 50 }: CommandOptions,
): Promise<unknown> {
  const command: Command = { id: env.nonce(), verb, args, expiresAt: env.wall() + timeoutMs };
  try {
    await append(commandFile(path), command);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      'COMMAND_FILE', `${commandFile(path)} cannot be written: ${formatReason(error)}`, { cause: error },
    );
  }
  const until = env.mono() + timeoutMs + pollMs;
  while (env.mono() < until) {
    const reply = parsed<Reply>(await textOf(replyFile(path))).find(({ id }) => id === command.id);
    if (reply?.ok === true) return reply.value;
    if (reply !== undefined) throw new CommandError('COMMAND_REFUSED', `${verb}: ${reply.message ?? reply.code}`);
    await new Promise<void>((resolve) => { env.timer(pollMs, resolve); });
  }
  throw new CommandError(
    'COMMAND_UNANSWERED',
    `${verb}: no answer within ${timeoutMs} ms: does a program have ${path} open, and does it listen to commands?`,
  );
}

/**
 * The owner's side: looks at the file of the commands every `pollMs`, carries them out one after the
 * other, in their order, and answers. An idle look is one `stat`. Its failures are told to `failed`
 * and end nothing.
 */
export class CommandPoller {
  private readonly file: string;
  private readonly replies: string;
  private readonly answered = new Set<string>();
  private offset = 0;
  private inode = 0;
  private timer: TimerHandle | null = null;
  private looking: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly env: Env, path: string, private readonly handle: CommandHandler,
    private readonly failed: (error: unknown) => void, private readonly pollMs: number = 500,
  ) {
    this.file = commandFile(path);
    this.replies = replyFile(path);
  }

  /** Carries out what was asked while nobody owned the store, then polls. */
  async start(): Promise<void> {
    try {
      await this.forgetOldReplies();
    } catch (error) {
      this.failed(error);
    }
    await this.poll();
    this.arm();
  }

  /** What is being carried out is finished; what comes later waits for the next owner. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) this.env.clear(this.timer);
    this.timer = null;
    await this.looking;
  }

  /** Looks now; resolves once all commands that were there are answered. */
  async poll(): Promise<void> {
    while (this.looking !== null) await this.looking;
    if (this.stopped) return;
    this.looking = this.look().catch((error: unknown) => this.failed(error));
    await this.looking;
    this.looking = null;
  }

  private arm(): void {
    if (this.stopped) return;
    this.timer = this.env.timer(this.pollMs, () => { void this.poll().then(() => this.arm()); });
    this.env.hold(this.timer, false);
  }

  private async look(): Promise<void> {
    let found;
    try {
      found = await lstat(this.file);
    } catch {
      return;
    }
    if (!found.isFile()) throw new CommandError('COMMAND_FILE', `${this.file} is no file: remove it`);
    if (found.ino !== this.inode || found.size < this.offset) this.offset = 0;
    this.inode = found.ino;
    if (found.size <= this.offset) return;
    await this.readOn(this.file);
    if (this.offset > FILE_MAX_BYTES) await this.beginAnew();
  }

  /** From where the last look ended, whole lines only. */
  private async readOn(file: string): Promise<void> {
    const handle = await open(file, 'r');
    let text: Buffer;
    try {
      const { size } = await handle.stat();
      text = Buffer.alloc(Math.max(0, size - this.offset));
      const { bytesRead } = await handle.read(text, 0, text.length, this.offset);
      text = text.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
    const end = text.lastIndexOf(10) + 1;
    this.offset += end;
    for (const command of parsed<Command>(text.toString('utf8', 0, end))) await this.carryOut(command);
  }

  private async carryOut(command: Command): Promise<void> {
    if (this.answered.has(command.id)) return;
    this.answered.add(command.id);
    if (!(command.expiresAt > this.env.wall())) return;
    await append(this.replies, await this.replyTo(command));
  }

  private async replyTo(command: Command): Promise<Reply> {
    const { id } = command;
    try {
      return { id, at: this.env.wall(), ok: true, value: await this.handle(command) };
    } catch (error) {
      const code = error instanceof CastcallError ? error.code : 'COMMAND_REFUSED';
      const message = error instanceof Error ? error.message : formatReason(error);
      return { id, at: this.env.wall(), ok: false, code, message };
    }
  }

  /** Under another name nobody appends any more, except who has it open: they look, and append again. */
  private async beginAnew(): Promise<void> {
    const old = `${this.file}.old`;
    await rename(this.file, old);
    await this.readOn(old);
    await rm(old);
    this.offset = 0;
    this.inode = 0;
  }

  /** What was answered by an earlier owner is not carried out again. */
  private async forgetOldReplies(): Promise<void> {
    const replies = parsed<Reply>(await textOf(this.replies));
    if (replies.length === 0) return;
    for (const { id } of replies) this.answered.add(id);
    const since = this.env.wall() - REPLY_KEPT_MS;
    const kept = replies.filter(({ at }) => at > since).map((reply) => `\n${JSON.stringify(reply)}\n`).join('');
    await writeFile(`${this.replies}.new`, kept, { mode: MODE });
    await rename(`${this.replies}.new`, this.replies);
  }
}
