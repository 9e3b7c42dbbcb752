import { BusbarError } from "./busbar-error.ts";
import { type ComponentKind, type ComponentName, kindOf } from "./component.ts";
import { type MessageType, messageType } from "./message-type.ts";
import { schema } from "./messages.ts";

const v1alpha1 = schema.v1alpha1;

export type HostStatus = keyof typeof schema.v1alpha1.HostStatus;
export type HostAction = keyof typeof schema.v1alpha1.HostAction;
export type ChassisStatus = keyof typeof schema.v1alpha1.ChassisStatus;
export type ChassisAction = keyof typeof schema.v1alpha1.ChassisAction;
export type ControllerStatus = keyof typeof schema.v1alpha1.ManagementControllerStatus;
export type ControllerAction = keyof typeof schema.v1alpha1.ManagementControllerAction;

/** Status and action are carried as their enum spells them; numbers exist on the wire only. */
export type Status = HostStatus | ChassisStatus | ControllerStatus;
export type Action = HostAction | ChassisAction | ControllerAction;

/** What powermgr does for an action. */
export type Verb = "on" | "off" | "force-off" | "reset" | "cycle" | "emergency-off";

/** Seed 003's action tables. An action that isn't here is defined on the wire but not served. */
const verbs: Partial<Record<Action, Verb>> = {
  HOST_ACTION_ON: "on",
  HOST_ACTION_OFF: "off",
  HOST_ACTION_FORCE_OFF: "force-off",
  HOST_ACTION_REBOOT: "reset",
  HOST_ACTION_FORCE_RESTART: "reset",
  CHASSIS_ACTION_ON: "on",
  CHASSIS_ACTION_OFF: "off",
  CHASSIS_ACTION_EMERGENCY_SHUTDOWN: "force-off",
  CHASSIS_ACTION_POWER_CYCLE: "cycle",
  HOST_ACTION_GRACEFUL_RESTART: "cycle",
  MANAGEMENT_CONTROLLER_ACTION_REBOOT: "reset",
  MANAGEMENT_CONTROLLER_ACTION_WARM_RESET: "reset",
  MANAGEMENT_CONTROLLER_ACTION_COLD_RESET: "reset",
  MANAGEMENT_CONTROLLER_ACTION_HARD_RESET: "reset",
};

/** How a kind spells the verb when an operation on another component carries it along (a chassis for its host). */
const actionsByVerb: Readonly<Record<ComponentKind, Partial<Record<Verb, Action>>>> = {
  host: {
    on: "HOST_ACTION_ON",
    off: "HOST_ACTION_OFF",
    "force-off": "HOST_ACTION_FORCE_OFF",
    cycle: "HOST_ACTION_GRACEFUL_RESTART",
  },
  chassis: {
    on: "CHASSIS_ACTION_ON",
    off: "CHASSIS_ACTION_OFF",
    "force-off": "CHASSIS_ACTION_EMERGENCY_SHUTDOWN",
    cycle: "CHASSIS_ACTION_POWER_CYCLE",
  },
  bmc: {},
};

export const actionFor = (kind: ComponentKind, verb: Verb): Action | undefined => actionsByVerb[kind][verb];

export const verbOf = (action: Action): Verb | undefined => verbs[action];

export const isOffVerb = (verb: Verb): boolean => verb === "off" || verb === "force-off" || verb === "emergency-off";

/** The statuses that every kind has under its own names. */
export interface StatusRoles {
  readonly on: Status;
  readonly off: Status;
  readonly transitioning: Status;
  readonly failed: Status;
  /** Power can't be told. Hosts have no status of that name: ERROR says that it is neither on nor off. */
  readonly unknown: Status;
}

export type StatusRole = keyof StatusRoles;

interface ChangeFields {
  readonly previousStatus: number;
  readonly currentStatus: number;
  readonly cause: number;
}

type Enum = Readonly<Record<string, number | string>>;

interface KindRow {
  readonly nameField: "hostName" | "chassisName" | "controllerName";
  readonly statuses: Enum;
  readonly actions: Enum;
  readonly roles: StatusRoles;
  readonly request: MessageType<NamedAction, NamedAction>;
  readonly response: MessageType<{ currentStatus?: number | null }, { currentStatus: number }>;
  readonly change: MessageType<NamedChange, NamedChange & ChangeFields>;
}

/** The three request messages differ only in what they call the name. */
interface NamedAction {
  hostName?: string | null;
  chassisName?: string | null;
  controllerName?: string | null;
  action?: number | null;
}

interface NamedChange {
  hostName?: string | null;
  chassisName?: string | null;
  controllerName?: string | null;
  previousStatus?: number | null;
  currentStatus?: number | null;
  cause?: number | null;
  changedAt?: schema.v1alpha1.HostStateChange.$Properties["changedAt"];
  origin?: schema.v1alpha1.HostStateChange.$Properties["origin"];
}

const kinds: Readonly<Record<ComponentKind, KindRow>> = {
  host: {
    nameField: "hostName",
    statuses: v1alpha1.HostStatus,
    actions: v1alpha1.HostAction,
    roles: {
      on: "HOST_STATUS_ON",
      off: "HOST_STATUS_OFF",
      transitioning: "HOST_STATUS_TRANSITIONING",
      failed: "HOST_STATUS_ERROR",
      unknown: "HOST_STATUS_ERROR",
    },
    request: messageType("ChangeHostStateRequest", v1alpha1.ChangeHostStateRequest),
    response: messageType("ChangeHostStateResponse", v1alpha1.ChangeHostStateResponse),
    change: messageType("HostStateChange", v1alpha1.HostStateChange),
  },
  chassis: {
    nameField: "chassisName",
    statuses: v1alpha1.ChassisStatus,
    actions: v1alpha1.ChassisAction,
    roles: {
      on: "CHASSIS_STATUS_ON",
      off: "CHASSIS_STATUS_OFF",
      transitioning: "CHASSIS_STATUS_TRANSITIONING",
      failed: "CHASSIS_STATUS_FAILED",
      unknown: "CHASSIS_STATUS_UNKNOWN",
    },
    request: messageType("ChangeChassisStateRequest", v1alpha1.ChangeChassisStateRequest),
    response: messageType("ChangeChassisStateResponse", v1alpha1.ChangeChassisStateResponse),
    change: messageType("ChassisStateChange", v1alpha1.ChassisStateChange),
  },
  bmc: {
    nameField: "controllerName",
    statuses: v1alpha1.ManagementControllerStatus,
    actions: v1alpha1.ManagementControllerAction,
    roles: {
      on: "MANAGEMENT_CONTROLLER_STATUS_READY",
      off: "MANAGEMENT_CONTROLLER_STATUS_DISABLED",
      transitioning: "MANAGEMENT_CONTROLLER_STATUS_NOT_READY",
      failed: "MANAGEMENT_CONTROLLER_STATUS_ERROR",
      unknown: "MANAGEMENT_CONTROLLER_STATUS_ERROR",
    },
    request: messageType("ChangeManagementControllerStateRequest", v1alpha1.ChangeManagementControllerStateRequest),
    response: messageType("ChangeManagementControllerStateResponse", v1alpha1.ChangeManagementControllerStateResponse),
    change: messageType("ManagementControllerStateChange", v1alpha1.ManagementControllerStateChange),
  },
};

export const statusRoles = (kind: ComponentKind): StatusRoles => kinds[kind].roles;

/** The messages of a kind by name, for the contract's documents and generic tools. */
export const actionMessages = (kind: ComponentKind): Pick<KindRow, "request" | "response" | "change"> => kinds[kind];

/** The enum's spelling of a wire number; undefined for numbers nobody defined. */
function spelling<T extends Status | Action>(values: Enum, number: number): T | undefined {
  for (const [name, value] of Object.entries(values)) if (value === number) return name as T;
  return undefined;
}

export const isAction = (kind: ComponentKind, text: string): text is Action =>
  typeof kinds[kind].actions[text] === "number";
export const isStatus = (kind: ComponentKind, text: string): text is Status =>
  typeof kinds[kind].statuses[text] === "number";

/** Actions a kind defines, without UNSPECIFIED. */
export const actionsOf = (kind: ComponentKind): readonly Action[] =>
  Object.keys(kinds[kind].actions).filter((name) => !name.endsWith("_UNSPECIFIED") && isAction(kind, name)) as Action[];

export function encodeActionRequest(component: ComponentName, action: Action): Uint8Array {
  const row = kinds[kindOf(component)];
  return row.request.encode({ [row.nameField]: component, action: Number(row.actions[action]) });
}

/**
 * Reads a Change…StateRequest strictly, because protobufjs validates nothing: the name must be present and be the
 * subject's, the action defined and not UNSPECIFIED. The kind comes from the subject: the same bytes decode as any kind.
 * @throws BusbarError INVALID_ARGUMENT
 */
export function decodeActionRequest(component: ComponentName, bytes: Uint8Array): Action {
  const row = kinds[kindOf(component)];
  const invalid = (message: string, remedy: string) =>
    new BusbarError("INVALID_ARGUMENT", message, { component, remedy });
  if (bytes.length === 0) throw invalid("the body is empty", `send a ${row.request.name}`);
  const request = row.request.decode(bytes);
  const name = request[row.nameField] ?? "";
  if (name !== component) {
    const shown = name === "" ? "no component" : `"${name.slice(0, 64)}"`;
    throw invalid(`the body names ${shown}, the subject ${component}`, `set the name to ${component}`);
  }
  const action = spelling<Action>(row.actions, request.action ?? 0);
  if (action === undefined || action.endsWith("_UNSPECIFIED")) {
    throw invalid(
      `action ${request.action ?? 0} is not defined for a ${kindOf(component)}`,
      `use one of ${actionsOf(kindOf(component)).join(", ")}`,
    );
  }
  return action;
}

export function encodeActionResponse(component: ComponentName, status: Status): Uint8Array {
  const row = kinds[kindOf(component)];
  return row.response.encode({ currentStatus: Number(row.statuses[status]) });
}

/** @throws BusbarError INTERNAL when the peer answers UNSPECIFIED or an undefined status. */
export function decodeActionResponse(component: ComponentName, bytes: Uint8Array): Status {
  const row = kinds[kindOf(component)];
  const { currentStatus } = row.response.decode(bytes);
  const status = spelling<Status>(row.statuses, currentStatus);
  if (status === undefined || status.endsWith("_UNSPECIFIED")) {
    throw new BusbarError("INTERNAL", `the answer holds status ${currentStatus}, which is not defined`, { component });
  }
  return status;
}

export interface StateChangeMessage {
  readonly component: ComponentName;
  readonly previous: Status;
  readonly current: Status;
  /** undefined when nobody asked. */
  readonly cause: Action | undefined;
  readonly changedAt: NonNullable<NamedChange["changedAt"]>;
  readonly origin: NonNullable<NamedChange["origin"]>;
}

export function encodeStateChange(change: StateChangeMessage): Uint8Array {
  const row = kinds[kindOf(change.component)];
  return row.change.encode({
    [row.nameField]: change.component,
    previousStatus: Number(row.statuses[change.previous]),
    currentStatus: Number(row.statuses[change.current]),
    cause: change.cause === undefined ? 0 : Number(row.actions[change.cause]),
    changedAt: change.changedAt,
    origin: change.origin,
  });
}

/** @throws BusbarError INVALID_ARGUMENT */
export function decodeStateChange(component: ComponentName, bytes: Uint8Array): StateChangeMessage {
  const row = kinds[kindOf(component)];
  const message = row.change.decode(bytes);
  const previous = spelling<Status>(row.statuses, message.previousStatus);
  const current = spelling<Status>(row.statuses, message.currentStatus);
  if (previous === undefined || current === undefined || message[row.nameField] !== component) {
    throw new BusbarError("INVALID_ARGUMENT", `not a state change of ${component}`, { component });
  }
  const cause = message.cause === 0 ? undefined : spelling<Action>(row.actions, message.cause);
  return { component, previous, current, cause, changedAt: message.changedAt ?? {}, origin: message.origin ?? {} };
}
