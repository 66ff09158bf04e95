import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Milliseconds between the last byte and the end of a connection that breaks off, in which the other end writes it down. */
const BREAK_AFTER = 500;

/** How a file is served. */
export interface Served {
  content: Buffer;
  /** Without one the server cannot tell whether a part is of the same file. */
  etag?: string;
  /** Whether parts are given. */
  ranges?: boolean;
  /** Bytes after which each of so many answers breaks off. */
  breaks?: { after: number; times: number };
  /** Bytes after which an answer stands still. */
  stalls?: number;
}

/** A web server on loopback that can misbehave, and that remembers what was asked of it. */
export class FileServer implements AsyncDisposable {
  /** Paths, or what a proxy is asked for, and the part that was wanted. */
  readonly asked: string[] = [];
  readonly files = new Map<string, Served>();
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async start(): Promise<FileServer> {
    const server = new FileServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push([url, headers.range].filter(Boolean).join(' '));
    const served = this.files.get(new URL(url, this.url).pathname);
    if (!served) return void response.writeHead(404).end('not here');
    const { content, etag, ranges = true, breaks, stalls } = served;
    const wanted = ranges ? Number(headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0) : 0;
    const same = headers['if-range'] === undefined || headers['if-range'] === etag;
    const start = same ? wanted : 0;
    if (start > content.length) return void response.writeHead(416).end();
    const body = content.subarray(start);
    response.writeHead(start > 0 ? 206 : 200, {
      'content-length': body.length,
      ...(etag && { etag }),
      ...(start > 0 && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
    });
    if (breaks && breaks.times > 0) {
      breaks.times -= 1;
      return void response.write(body.subarray(0, breaks.after), () =>
        setTimeout(() => response.destroy(), BREAK_AFTER),
      );
    }
    if (stalls !== undefined) return void response.write(body.subarray(0, stalls));
    response.end(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
