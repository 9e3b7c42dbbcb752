import { createRequire } from "node:module";
import { constants } from "node:os";

/** Of unix-dgram, what is used here. */
interface DatagramModule {
  createSocket(type: "unix_dgram"): {
    send(data: Buffer, offset: number, length: number, path: string, done: (error?: { code?: unknown }) => void): void;
    close(): void;
  };
}

export type LoadDatagrams = () => DatagramModule;

/** `later`: the receiver's queue is full, nothing was sent. */
export type SendResult = "sent" | "later" | { readonly failure: string };

/** sockaddr_un(7): with its terminating zero. unix-dgram would cut a longer path and send to somebody else. */
const longestPath = 107;

const { EAGAIN, ENOBUFS } = constants.errno;

/**
 * A compiled module, left out of bundles and found beside them: Node itself has no unix datagrams. The other way, to run
 * systemd-notify(1) at every beat, takes 20 ms, stops the thread that times pulses while it forks, and fails when memory
 * is short, which is when a watchdog is fed or not for a reason.
 */
export const loadDatagrams: LoadDatagrams = () => createRequire(import.meta.url)("unix-dgram");

/**
 * Sends text to a unix datagram socket, at once and without ever waiting.
 * @throws when unix-dgram is missing or compiled for another Node, or the address is one it can't reach
 */
export function openNotifySocket(path: string, load: LoadDatagrams = loadDatagrams): (text: string) => SendResult {
  if (!path.startsWith("/") || Buffer.byteLength(path) > longestPath) {
    throw new Error(`${path} is not a path of at most ${longestPath} bytes`);
  }
  const { createSocket } = load();
  return (text) => {
    const data = Buffer.from(text);
    let result: SendResult = "sent";
    try {
      // One socket per datagram (20 µs): a kept one would keep the process from ending.
      const socket = createSocket("unix_dgram");
      socket.send(data, 0, data.length, path, (error) => {
        if (error !== undefined) result = refusalOf(error.code);
      });
      socket.close();
    } catch (thrown) {
      result = { failure: thrown instanceof Error ? thrown.message : String(thrown) };
    }
    return result;
  };
}

/** @param code errno, negative */
function refusalOf(code: unknown): SendResult {
  const number = Math.abs(Number(code));
  if (number === EAGAIN || number === ENOBUFS) return "later";
  const name = Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
  return { failure: name ?? `error ${String(code)}` };
}
