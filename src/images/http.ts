import type { Dispatcher, EnvHttpProxyAgent, request } from 'undici';
import { messageOf } from '../support/errors.ts';
import { version } from '../support/version.ts';

/** Milliseconds until a connection stands, until an answer begins, and that it may pause. */
const CONNECT_BUDGET = 20_000;
const ANSWER_BUDGET = 60_000;
const PAUSE_BUDGET = 60_000;

const REDIRECTIONS = 5;

/** Connections to servers, through the proxies that the environment names; ended when it is disposed of. */
export class Web implements AsyncDisposable {
  readonly #request: typeof request;
  readonly #agent: EnvHttpProxyAgent;
  readonly #dispatcher: Dispatcher;

  private constructor(ask: typeof request, agent: EnvHttpProxyAgent, dispatcher: Dispatcher) {
    this.#request = ask;
    this.#agent = agent;
    this.#dispatcher = dispatcher;
  }

  /** @throws TypeError when the environment names a proxy by what is no URL. */
  static async open(): Promise<Web> {
    // Only who fetches something waits for it to be loaded.
    const { EnvHttpProxyAgent, interceptors, request } = await import('undici');
    const agent = new EnvHttpProxyAgent({ connect: { timeout: CONNECT_BUDGET } });
    return new Web(request, agent, agent.compose(interceptors.redirect({ maxRedirections: REDIRECTIONS })));
  }

  /** Asks for a URL; redirections are followed. @throws Error when no answer comes. */
  async get(
    url: string,
    { headers = {}, signal }: { headers?: Record<string, string>; signal?: AbortSignal | undefined } = {},
  ): Promise<Dispatcher.ResponseData> {
    return this.#request(url, {
      dispatcher: this.#dispatcher,
      headersTimeout: ANSWER_BUDGET,
      bodyTimeout: PAUSE_BUDGET,
      // Bytes as they lie on the server: a part of a compressed answer would be of no use.
      headers: { 'accept-encoding': 'identity', 'user-agent': `lab/${version()}`, ...headers },
      ...(signal && { signal }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** Why no answer came, in one line: an error of several addresses has no message of its own. */
export const whyNoAnswer = (error: unknown): string => {
  const { code, errors, cause } = error as { code?: string; errors?: unknown[]; cause?: unknown };
  const first = errors?.[0] ?? cause;
  const own = messageOf(error);
  if (first !== undefined && (own === '' || own === 'fetch failed')) return whyNoAnswer(first);
  return code && !own.includes(code) ? `${own} (${code})` : own;
};

/** The proxies that the environment names, for a message; empty where it names none. */
export const proxies = (): string => {
  const named = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].filter((name) => process.env[name]);
  return named.length > 0 ? `, by the proxy that ${named.join(' and ')} ${named.length > 1 ? 'name' : 'names'}` : '';
};
