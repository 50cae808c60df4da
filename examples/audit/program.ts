import { HELP, parseRequest, type AuditOptions } from './options.js';
import { LineDisplay, type Display } from './output/display.js';
import { ScreenDisplay, type ScreenSize } from './output/screen.js';
import { isFlawless, renderJson, renderOpening, renderSummary } from './output/summary.js';

/** The program's surroundings. A parameter, so that tests run the whole program in their own process. */
export interface Surroundings {
  readonly cwd: string;
  out(text: string): void;
  err(text: string): void;
  /** The size of the terminal that `out` writes to; `null` when it is no terminal. */
  readonly screen: (() => ScreenSize) | null;
  /** Fires when the user wants the run to end early. */
  readonly interrupt: AbortSignal;
}

export const EXIT = { flawless: 0, flawed: 1, mistake: 2, interrupted: 130 } as const;

/** The whole program; resolves to its exit code. */
export async function main(argv: readonly string[], around: Surroundings): Promise<number> {
  const request = parseRequest(argv, around.cwd);
  if (request.kind === 'help') {
    around.out(HELP);
    return EXIT.flawless;
  }
  if (request.kind === 'mistake') {
    around.err(`castcall audit: ${request.message}\n`);
    return EXIT.mistake;
  }
  const { options } = request;
  around.out(renderOpening(options));
  // Loaded only now: who mistyped a flag need not wait for the runtime, nor the first line.
  const [{ runAudit }, { explainFailure }] = await Promise.all([import('./audit.js'), import('./failure.js')]);
  const result = await runAudit(options, displayFor(options, around), around.interrupt)
    .catch((error: unknown) => {
      around.err(`castcall audit: the run failed: ${explainFailure(error)}\n`);
      return null;
    });
  if (result === null) return EXIT.flawed;
  around.out(renderSummary(result));
  if (options.json) around.out(renderJson(result));
  if (result.interrupted) return EXIT.interrupted;
  return isFlawless(result) ? EXIT.flawless : EXIT.flawed;
}

/** A program that asks for JSON reads lines, whatever its stdout is; and one that is killed leaves no screen behind. */
function displayFor(options: AuditOptions, { out, screen }: Surroundings): Display {
  if (screen === null || options.json || options.kill) return new LineDisplay(out);
  return new ScreenDisplay(renderOpening(options).trimEnd(), out, screen);
}
