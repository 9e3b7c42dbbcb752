import { BusbarError } from "@busbar/contracts";

export type Credentials = { readonly user: string; readonly password: string } | { readonly token: string };

export interface BrokerUrl {
  /** Without credentials: safe to log. */
  readonly shown: string;
  /** What nats.js is given. */
  readonly server: string;
  readonly tls: boolean;
  /** From the URL's user part. nats.js drops it silently, so it is taken out here. */
  readonly credentials: Credentials | undefined;
}

const defaultPort = 4222;

/** @throws BusbarError INVALID_ARGUMENT for anything but nats://host[:port] and tls://host[:port]. */
export function parseBrokerUrl(text: string): BrokerUrl {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^(nats|tls):$/.test(url.protocol) || url.hostname === "") {
    throw new BusbarError("INVALID_ARGUMENT", `"${text.replace(/\/\/.*@/, "//…@")}" is not the URL of a broker`, {
      remedy: "write it as nats://127.0.0.1:4222",
    });
  }
  const server = `${url.hostname}:${url.port === "" ? defaultPort : url.port}`;
  return {
    shown: `${url.protocol}//${server}`,
    server,
    tls: url.protocol === "tls:",
    credentials: credentialsIn(url),
  };
}

function credentialsIn(url: URL): Credentials | undefined {
  if (url.username === "") return undefined;
  const user = decodeURIComponent(url.username);
  return url.password === "" ? { token: user } : { user, password: decodeURIComponent(url.password) };
}
