import { randomUUID } from "node:crypto";
import type { Answer, RequestHeaders } from "@busbar/bus";
import {
  type Action,
  asBusbarError,
  BusbarError,
  type ComponentName,
  decodeActionResponse,
  encodeActionRequest,
  encodeActionResponse,
  isOffVerb,
  kindOf,
  type Milliseconds,
  milliseconds,
  type Outcome,
  type Status,
  statusRoles,
  type Verb,
  verbOf,
} from "@busbar/contracts";
import { operationTime, type Platform } from "@busbar/platform";
import type { PowerEngine } from "../operations/engine.ts";
import { isFinal, type Operation } from "../operations/operation.ts";
import type { Asked, ForwardAction } from "./forward.ts";

export interface DoorOptions {
  readonly engine: Pick<PowerEngine, "submit">;
  readonly platform: Platform;
  readonly forward: ForwardAction;
}

export interface DoorAnswer {
  readonly status: Status;
  readonly outcome?: Outcome;
  readonly operationId?: string;
}

/**
 * The one door (DESIGN §3): what statemgr sends is carried out, whatever else comes goes to statemgr first. Only an off
 * that statemgr can't decide about is carried out here; statemgr learns of it from power-good.
 */
export class Door {
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Of statemgr's own requests. @throws BusbarError when powermgr does not admit it */
  carryOut(operationId: string, component: ComponentName, action: Action, asked: RequestHeaders): Answer<Uint8Array> {
    return encoded(component, this.#submit(operationId, component, action, asked));
  }

  /** Passes a request on, byte by byte. */
  async pass(component: ComponentName, action: Action, body: Uint8Array, asked: Asked): Promise<Answer<Uint8Array>> {
    try {
      return await this.#options.forward(component, body, asked);
    } catch (error) {
      return encoded(component, this.#bypass(component, action, asked, error));
    }
  }

  /** A request that arrived in another form than statemgr's. */
  async ask(component: ComponentName, action: Action, asked: Asked): Promise<DoorAnswer> {
    try {
      const body = encodeActionRequest(component, action);
      const { message, ...rest } = await this.#options.forward(component, body, asked);
      return { status: decodeActionResponse(component, message), ...rest };
    } catch (error) {
      return this.#bypass(component, action, asked, error);
    }
  }

  #bypass(component: ComponentName, action: Action, asked: RequestHeaders, error: unknown): DoorAnswer {
    if (!isDeaf(error) || !isOffVerb(requireVerb(component, action))) throw error;
    return this.#submit(`${bypass}${randomUUID()}`, component, action, asked);
  }

  #submit(id: string, component: ComponentName, action: Action, asked: RequestHeaders): DoorAnswer {
    const { engine, platform } = this.#options;
    const verb = requireVerb(component, action);
    const operation = engine.submit({
      id,
      component,
      verb,
      action,
      actor: asked.actor ?? "",
      source: id.startsWith(bypass) ? "bypass" : "statemgr",
      ...(asked.requestId !== undefined && { requestId: asked.requestId }),
      ...(asked.traceparent !== undefined && { traceparent: asked.traceparent }),
      ...(asked.override !== undefined && { override: asked.override }),
      timeout: shorter(operationTime(platform, component, verb), asked.timeout),
    });
    return {
      status: statusOf(operation),
      outcome: isFinal(operation.state) ? "completed" : "accepted",
      operationId: operation.id,
    };
  }
}

/** How the ids of operations begin that statemgr was not there to decide about. */
const bypass = "bypass-";

const encoded = (component: ComponentName, { status, ...rest }: DoorAnswer): Answer<Uint8Array> => ({
  message: encodeActionResponse(component, status),
  ...rest,
});

/** statemgr is not there, does not answer, or can't store what it decides. */
function isDeaf(error: unknown): boolean {
  const { code } = asBusbarError(error);
  return code === "UNAVAILABLE" || code === "DEADLINE_EXCEEDED";
}

function requireVerb(component: ComponentName, action: Action): Verb {
  const verb = verbOf(action);
  if (verb !== undefined) return verb;
  throw new BusbarError("FAILED_PRECONDITION", `${action} is not supported on this platform`, {
    component,
    reason: "unsupported-action",
    remedy: "use an action that the platform supports",
  });
}

const shorter = (usual: Milliseconds, asked: Milliseconds | undefined): Milliseconds =>
  asked === undefined ? usual : milliseconds(Math.min(usual, asked));

function statusOf(operation: Operation): Status {
  const roles = statusRoles(kindOf(operation.component));
  if (!isFinal(operation.state)) return roles.transitioning;
  const own = operation.outcomes.find((outcome) => outcome.component === operation.component);
  if (!own?.success || own.power === "unknown") return roles.failed;
  return own.power === "on" ? roles.on : roles.off;
}
