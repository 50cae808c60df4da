import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findAdvisories } from '../rules/advisory.js';
import type { Outages } from './outage.js';

export interface AdvisoryServer {
  readonly url: string;
  /** Ends every connection, answered or not. */
  close(): Promise<void>;
}

/**
 * The outside that is not to be relied on: answers which advisories there are about a version of a
 * package, when its outages let it. It listens on this machine only.
 */
export async function startAdvisoryServer(outages: Pick<Outages, 'next'>): Promise<AdvisoryServer> {
  const server = createServer((request, response) => {
    const fault = outages.next();
    if (fault === 'reset') request.socket.destroy();
    else if (fault === 'error') response.writeHead(500).end();
    else if (fault === null) answer(new URL(request.url ?? '/', url).searchParams, response);
    // A stalled request is never answered.
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(query: URLSearchParams, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(findAdvisories(query.get('name') ?? '', query.get('version'))));
}
