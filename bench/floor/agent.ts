import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** Milliseconds until a greeting that was not answered is repeated. */
const GREET_AGAIN = 100;

/** What is told to a guest: the words of a message, and what follows them. */
export type Message = [words: string, payload?: Buffer];

interface Heard {
  words: string[];
  payload: Buffer;
}

/**
 * A conversation with the agent of a guest, one thing after the other. The protocol is at the head of
 * images/debian12/root/usr/local/sbin/lab-agent.
 */
export class Agent {
  readonly #socket: Socket;
  readonly #heard: AsyncGenerator<Heard, void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#heard = messages(socket);
  }

  /** Connects to the host's end of the port and waits until the guest answers. */
  static async connect(path: string): Promise<Agent> {
    const socket = createConnection(path);
    await once(socket, 'connect');
    const agent = new Agent(socket);
    const token = String(process.hrtime.bigint());
    const greet = () => agent.#send([`hello ${token}`]);
    const again = setInterval(greet, GREET_AGAIN);
    try {
      greet();
      while ((await agent.#hear()).words.join(' ') !== `hello ${token}`);
    } finally {
      clearInterval(again);
    }
    return agent;
  }

  /** Tells the guest things about itself. @throws Error with its reason for the first that it refuses. */
  async tell(told: Message[]): Promise<void> {
    for (const message of told) this.#send(message);
    for (const [words] of told) {
      const { words: answer, payload } = await this.#answer('ok', 'error');
      if (answer[0] === 'error') throw new Error(`${words}: ${payload}`);
    }
  }

  /** Runs a command to its end and gives what it wrote to stdout. @throws Error with its stderr when it fails. */
  async run(command: string, input = ''): Promise<string> {
    this.#send(['run 1', Buffer.from(`${command}\0${input}`)]);
    const output = { out: '', err: '' };
    for (;;) {
      const { words, payload } = await this.#answer('out', 'err', 'exit');
      const [verb, , code] = words;
      if (verb === 'out' || verb === 'err') output[verb] += payload;
      else if (code === '0') return output.out;
      else throw new Error(`${command}: exit code ${code}: ${output.err || output.out}`);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The next message of one of these kinds: a late answer to a repeated greeting is none of them. */
  async #answer(...verbs: string[]): Promise<Heard> {
    for (;;) {
      const heard = await this.#hear();
      if (verbs.includes(heard.words[0] as string)) return heard;
    }
  }

  async #hear(): Promise<Heard> {
    const { value } = await this.#heard.next();
    if (!value) throw new Error('the guest hung up');
    return value;
  }

  #send([words, payload = Buffer.alloc(0)]: Message): void {
    this.#socket.write(Buffer.concat([Buffer.from(`${words} ${payload.length}\n`), payload]));
  }
}

async function* messages(socket: Socket): AsyncGenerator<Heard, void> {
  let received = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const start = received.indexOf('\n') + 1;
      if (start === 0) break;
      const words = received.toString('latin1', 0, start - 1).split(' ');
      const end = start + Number(words.pop());
      if (received.length < end) break;
      yield { words, payload: received.subarray(start, end) };
      received = received.subarray(end);
    }
  }
}
