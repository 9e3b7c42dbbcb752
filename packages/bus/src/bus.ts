import type { Endpoint, Milliseconds } from "@busbar/contracts";
import { abortable } from "./abortable.ts";
import type { BusStatus } from "./connection.ts";
import { findService, type ServiceInstance } from "./discovery.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { type ConnectOptions, openConnection } from "./open-connection.ts";
import { type RequestOptions, type Response, request } from "./request.ts";
import { type ServedService, type ServeOptions, SupervisedService } from "./service.ts";
import { type DeliveryHandler, type Subscription, subscribe } from "./subscribe.ts";

/**
 * The one connection of a process. There is no plain publish: what is published while disconnected is lost without
 * a sound, so events go through the outbox relay (DESIGN §4).
 */
export interface Bus {
  /** Without credentials. */
  readonly url: string;
  readonly connected: boolean;
  /** Bytes that the broker takes in one message. */
  readonly maxPayload: number;
  onStatus(listener: (status: BusStatus) => void): () => void;
  /** @throws BusbarError: the peer's, or one of `busReasons` when none of its answers came. */
  request<RP, RM, SP, SM>(
    endpoint: Endpoint<RP, RM, SP, SM>,
    message: RP,
    options: RequestOptions,
  ): Promise<Response<SM>>;
  /** A request in bytes, for what has no endpoint: JetStream, discovery, tools. */
  readonly exchange: Exchange;
  /** Resolves when the broker has the subscription. At most once: what is sent during an outage is lost. */
  subscribe(subject: string, handler: DeliveryHandler, signal?: AbortSignal): Promise<Subscription>;
  /** Resolves when the broker has the subscriptions of all endpoints that it doesn't deny. */
  serve(options: ServeOptions, signal?: AbortSignal): Promise<ServedService>;
  /** An instance of the service that answers now; call it before `serve` (`refuseSecondInstance` does). */
  find(service: string): Promise<ServiceInstance | undefined>;
  /** Stops the services, each waiting for its running requests, then hands everything to the broker; `grace` in all. */
  close(grace: Milliseconds): Promise<void>;
}

/** Waits for the broker as long as it takes; from then on reconnects for ever. @throws BusbarError ABORTED, INVALID_ARGUMENT */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  const { log } = options;
  const connection = await openConnection(options);
  const exchange = openExchange(connection, log, options.inboxPrefix);
  const services = new Set<SupervisedService>();
  return {
    url: connection.url,
    get connected() {
      return connection.connected;
    },
    get maxPayload() {
      return connection.nats.info?.max_payload ?? 1024 * 1024;
    },
    onStatus: connection.onStatus,
    request: (endpoint, message, requestOptions) => request(exchange, endpoint, message, requestOptions),
    exchange,
    subscribe: (subject, handler, signal) => subscribe(connection, log, subject, handler, signal),
    async serve(serveOptions, signal) {
      const service = new SupervisedService(connection, log, serveOptions);
      services.add(service);
      await service.start(signal);
      return service;
    },
    find: (service) => findService(exchange, service),
    async close(grace) {
      const patience = AbortSignal.timeout(grace);
      await Promise.all([...services].map((service) => service.stop(grace)));
      if (connection.connected) await abortable(connection.nats.flush(), patience).catch(() => {});
      await connection.close();
    },
  };
}
