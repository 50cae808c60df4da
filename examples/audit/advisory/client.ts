/** The server has failed: a bad status, a broken connection, or no answer in time. */
export class Unavailable extends Error {
  constructor(cause: unknown) {
    super('the advisory server has failed', { cause });
    this.name = 'Unavailable';
  }
}

export interface AdvisorySource {
  readonly server: string;
  /** For one answer. */
  readonly timeoutMs: number;
}

/**
 * Asks the server about one version. Rejects with `Unavailable`, or with the signal's reason once
 * that has fired.
 */
export async function lookUp(
  { server, timeoutMs }: AdvisorySource, name: string, version: string | null, signal: AbortSignal,
): Promise<string[]> {
  const url = new URL(server);
  url.searchParams.set('name', name);
  if (version !== null) url.searchParams.set('version', version);
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, limit]) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.json() as string[];
  } catch (error) {
    signal.throwIfAborted();
    throw new Unavailable(error);
  }
}
