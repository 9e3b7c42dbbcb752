import { type RequestContext, type Served, served } from "@busbar/bus";
import {
  type Action,
  BusbarError,
  type ComponentName,
  endpoints,
  isComponentName,
  kindOf,
  milliseconds,
  type Status,
  type schema,
  statusRoles,
  timestamp,
  type Verb,
} from "@busbar/contracts";
import type { Clock } from "@busbar/daemon";
import { operationTime, type TimedPlatform } from "@busbar/platform";
import type { Door } from "./door.ts";
import type { Asked } from "./forward.ts";

type PowerControlRequest = schema.v1alpha1.PowerControlRequest;
type Row = (typeof endpoints.publicPower)[number];

export interface PublicPowerOptions {
  readonly door: Door;
  readonly platform: TimedPlatform;
  readonly clock: Clock;
}

/** The same limits as the header of that purpose has. */
const longestTimeoutMs = 3_600_000;
const idPattern = /^[\x21-\x7e]{1,128}$/;

/** What a subject does, gently and by force. An on by force would be no other. */
const actions = {
  host: {
    on: { gentle: "HOST_ACTION_ON" },
    off: { gentle: "HOST_ACTION_OFF", forced: "HOST_ACTION_FORCE_OFF" },
    reset: { gentle: "HOST_ACTION_REBOOT", forced: "HOST_ACTION_FORCE_RESTART" },
  },
  chassis: {
    on: { gentle: "CHASSIS_ACTION_ON" },
    off: { gentle: "CHASSIS_ACTION_OFF", forced: "CHASSIS_ACTION_EMERGENCY_SHUTDOWN" },
    reset: undefined,
  },
} as const satisfies Record<Row["kind"], Record<Row["verb"], { gentle: Action; forced?: Action } | undefined>>;

/** Seed 001's subjects: `powermgr.hosts.power.on` and its like, the component being named in the body. */
export const publicPowerEndpoints = ({ door, platform, clock }: PublicPowerOptions): Served[] =>
  endpoints.publicPower.map((row) =>
    served(row, async (request, context) => {
      const component = componentOf(row, request);
      const action = actionOf(row, request, component);
      const asked = askedOf(request, context);
      const { status, ...rest } = await door.ask(component, action, asked);
      const isOver = rest.outcome === "no-op" || rest.outcome === "completed";
      const timeout = asked.timeout ?? operationTime(platform, component, verbs[row.verb]);
      return {
        message: {
          accepted: true,
          message: isOver ? `nothing to do: ${component} is so already` : `${action} of ${component} is under way`,
          currentState: wordOf(component, status),
          ...(!isOver && { estimatedCompletion: timestamp(clock.now() + timeout) }),
          ...(asked.requestId !== undefined && { requestId: asked.requestId }),
        },
        ...rest,
      };
    }),
  );

const verbs: Readonly<Record<Row["verb"], Verb>> = { on: "on", off: "off", reset: "reset" };

function componentOf({ kind, subject }: Row, { componentName }: PowerControlRequest): ComponentName {
  if (isComponentName(componentName) && kindOf(componentName) === kind) return componentName;
  throw new BusbarError("INVALID_ARGUMENT", `${subject} acts on a ${kind}, not on "${componentName.slice(0, 64)}"`, {
    remedy: `name one as ${kind}.index in component_name`,
  });
}

function actionOf({ kind, verb, subject }: Row, { action, force }: PowerControlRequest, component: string): Action {
  const known = [verb, `power_${verb}`];
  if (action !== "" && !known.includes(action)) {
    throw new BusbarError("INVALID_ARGUMENT", `${subject} does not do "${action.slice(0, 64)}"`, {
      component,
      remedy: `leave action empty, or send it to the subject of that action`,
    });
  }
  const row: { readonly gentle: Action; readonly forced?: Action } | undefined = actions[kind][verb];
  const chosen = force === true ? row?.forced : row?.gentle;
  if (chosen !== undefined) return chosen;
  throw new BusbarError("INVALID_ARGUMENT", `${subject} knows no force`, { component, remedy: "leave force unset" });
}

/** What the body and the headers say of the same thing must be the same. */
function askedOf({ timeoutMs, requestId }: PowerControlRequest, context: RequestContext): Asked {
  const id = once("request_id", requestId, context.requestId);
  if (id !== undefined && !idPattern.test(id)) throw invalid("request_id must be 1 to 128 visible ASCII characters");
  const timeout = once("timeout_ms", timeoutMs, context.timeout);
  if (timeout !== undefined && (timeout < 1 || timeout > longestTimeoutMs))
    throw invalid(`timeout_ms must be 1 to ${longestTimeoutMs}`);
  const { actor, traceparent, override, signal } = context;
  return {
    signal,
    ...(id !== undefined && { requestId: id }),
    ...(timeout !== undefined && { timeout: milliseconds(timeout) }),
    ...(actor !== undefined && { actor }),
    ...(traceparent !== undefined && { traceparent }),
    ...(override !== undefined && { override }),
  };
}

/** An empty text or 0 is what a peer sends that sets every field: it says nothing. */
function once<T extends string | number>(field: string, body: T | null | undefined, header: T | undefined) {
  const said = body === null || body === undefined || body === "" || body === 0 ? undefined : body;
  if (said !== undefined && header !== undefined && said !== header)
    throw invalid(`${field} is ${said}, but the header says ${header}`);
  return said ?? header;
}

const invalid = (message: string): BusbarError =>
  new BusbarError("INVALID_ARGUMENT", message, { remedy: "correct the request" });

/** As PowerOperationResult has it: on, off, transitioning or unknown. */
function wordOf(component: ComponentName, status: Status): string {
  const { on, off, transitioning } = statusRoles(kindOf(component));
  return { [on]: "on", [off]: "off", [transitioning]: "transitioning" }[status] ?? "unknown";
}
