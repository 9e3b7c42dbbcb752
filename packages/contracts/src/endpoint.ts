import { BusbarError } from "./busbar-error.ts";
import { type ComponentKind, type ComponentName, componentKinds, kindOf } from "./component.ts";
import { actionMessages } from "./kinds.ts";
import { type MessageType, messageType, undecoded } from "./message-type.ts";
import { busbar, schema } from "./messages.ts";
import { subjects } from "./subjects.ts";

export type ServiceName = "powermgr" | "statemgr";

/**
 * A request/reply endpoint as data: the same row registers the handler, types the client and documents the contract.
 * P is what a sender encodes, M what a receiver decodes.
 */
export interface Endpoint<RequestP, RequestM, ResponseP, ResponseM> {
  readonly service: ServiceName;
  /** No dots: NATS micro services refuse them. */
  readonly name: string;
  /** May hold `*` for a component's index. */
  readonly subject: string;
  readonly request: MessageType<RequestP, RequestM>;
  readonly response: MessageType<ResponseP, ResponseM>;
  readonly summary: string;
}

const v1 = busbar.v1;

const action = (service: ServiceName, kind: ComponentKind) => ({
  service,
  name: `${kind}-action`,
  subject: subjects.everyOf(service, kind, "action"),
  request: undecoded(actionMessages(kind).request.name),
  response: undecoded(actionMessages(kind).response.name),
  summary: `Carry out an action on a ${kind}`,
});

const explain = (service: ServiceName, kind: ComponentKind) => ({
  service,
  name: `${kind}-explain`,
  subject: subjects.everyOf(service, kind, "explain"),
  request: messageType("ExplainRequest", v1.ExplainRequest),
  response: messageType("ExplainResponse", v1.ExplainResponse),
  summary: `What would become of an action on a ${kind}, without carrying it out`,
});

/** Seed 001's subjects: the action is the subject's, the component is in the body. */
const publicPower = (kind: "host" | "chassis", verb: "on" | "off" | "reset") => {
  const plural = kind === "host" ? "hosts" : "chassis";
  return {
    service: "powermgr" as const,
    kind,
    verb,
    name: verb === "reset" ? `${plural}-reset` : `${plural}-power-${verb}`,
    subject: verb === "reset" ? `powermgr.${plural}.reset` : `powermgr.${plural}.power.${verb}`,
    request: messageType("PowerControlRequest", schema.v1alpha1.PowerControlRequest),
    response: messageType("PowerControlResponse", schema.v1alpha1.PowerControlResponse),
    summary: `${verb === "reset" ? "Reset" : `Power ${verb}`} one ${kind}`,
  };
};

/** The endpoints that exist once per kind come from this row, never from copies. */
const perKind = (service: ServiceName, kinds: readonly ComponentKind[]) => kinds.map((kind) => action(service, kind));

export const endpoints = {
  statemgrActions: perKind("statemgr", componentKinds),
  powermgrActions: perKind("powermgr", componentKinds),
  statemgrExplain: componentKinds.map((kind) => explain("statemgr", kind)),
  powermgrExplain: componentKinds.map((kind) => explain("powermgr", kind)),
  publicPower: [
    publicPower("host", "on"),
    publicPower("host", "off"),
    publicPower("host", "reset"),
    publicPower("chassis", "on"),
    publicPower("chassis", "off"),
  ],
  componentGet: componentKinds.map((kind) => ({
    service: "statemgr" as const,
    name: `${kind}-get`,
    subject: subjects.everyOf("statemgr", kind, "get"),
    request: messageType("GetComponentRequest", v1.GetComponentRequest),
    response: messageType("ComponentState", v1.ComponentState),
    summary: `State of one ${kind}`,
  })),
  componentHistory: componentKinds.map((kind) => ({
    service: "statemgr" as const,
    name: `${kind}-history`,
    subject: subjects.everyOf("statemgr", kind, "history"),
    request: messageType("GetHistoryRequest", v1.GetHistoryRequest),
    response: messageType("GetHistoryResponse", v1.GetHistoryResponse),
    summary: `State changes of one ${kind}, newest first`,
  })),
  componentLists: (
    [
      ["hosts", "host"],
      ["chassis", "chassis"],
      ["controllers", "bmc"],
    ] as const
  ).map(([plural, kind]) => ({
    service: "statemgr" as const,
    name: `${plural}-list`,
    subject: `statemgr.${plural}.list`,
    kind,
    request: messageType("ListComponentsRequest", v1.ListComponentsRequest),
    response: messageType("ListComponentsResponse", v1.ListComponentsResponse),
    summary: `State of every ${kind}`,
  })),
  powerStatus: (
    [
      ["hosts", "host"],
      ["chassis", "chassis"],
    ] as const
  ).map(([plural, kind]) => ({
    service: "powermgr" as const,
    name: `${plural}-status`,
    subject: `powermgr.${plural}.status`,
    kind,
    request: messageType("GetStatusRequest", v1.GetStatusRequest),
    response: messageType("GetStatusResponse", v1.GetStatusResponse),
    summary: `Observed power of every ${kind}`,
  })),
  systemStatus: {
    service: "powermgr",
    name: "system-status",
    subject: "powermgr.system.status",
    request: messageType("GetStatusRequest", v1.GetStatusRequest),
    response: messageType("GetStatusResponse", v1.GetStatusResponse),
    summary: "Observed power of every domain",
  },
  operationsGet: {
    service: "powermgr",
    name: "operations-get",
    subject: "powermgr.operations.get",
    request: messageType("GetOperationRequest", v1.GetOperationRequest),
    response: messageType("Operation", v1.Operation),
    summary: "One operation by its id",
  },
  operationsList: {
    service: "powermgr",
    name: "operations-list",
    subject: "powermgr.operations.list",
    request: messageType("ListOperationsRequest", v1.ListOperationsRequest),
    response: messageType("ListOperationsResponse", v1.ListOperationsResponse),
    summary: "Active and past operations",
  },
  operationsAbort: {
    service: "powermgr",
    name: "operations-abort",
    subject: "powermgr.operations.abort",
    request: messageType("AbortOperationRequest", v1.AbortOperationRequest),
    response: messageType("Operation", v1.Operation),
    summary: "End an operation before its time",
  },
  emergencyOff: {
    service: "powermgr",
    name: "emergency-off",
    subject: "powermgr.system.emergency.off",
    request: messageType("EmergencyOffRequest", v1.EmergencyOffRequest),
    response: messageType("EmergencyStatus", v1.EmergencyStatus),
    summary: "Cut power now and keep it off",
  },
  emergencyClear: {
    service: "powermgr",
    name: "emergency-clear",
    subject: "powermgr.system.emergency.clear",
    request: messageType("EmergencyClearRequest", v1.EmergencyClearRequest),
    response: messageType("EmergencyStatus", v1.EmergencyStatus),
    summary: "Allow power again after an emergency",
  },
  emergencyGet: {
    service: "powermgr",
    name: "emergency-get",
    subject: "powermgr.system.emergency.get",
    request: messageType("GetEmergencyRequest", v1.GetEmergencyRequest),
    response: messageType("EmergencyStatus", v1.EmergencyStatus),
    summary: "Whether an emergency keeps power off, and why",
  },
  firmwareLockSet: {
    service: "powermgr",
    name: "firmware-lock-set",
    subject: "powermgr.system.firmware_lock.set",
    request: messageType("SetFirmwareLockRequest", v1.SetFirmwareLockRequest),
    response: messageType("FirmwareLockStatus", v1.FirmwareLockStatus),
    summary: "Let nothing be switched on or reset while firmware is written",
  },
  firmwareLockClear: {
    service: "powermgr",
    name: "firmware-lock-clear",
    subject: "powermgr.system.firmware_lock.clear",
    request: messageType("ClearFirmwareLockRequest", v1.ClearFirmwareLockRequest),
    response: messageType("FirmwareLockStatus", v1.FirmwareLockStatus),
    summary: "End the firmware lock",
  },
  configGet: settingsGet("config", "How powermgr is configured"),
  configUpdate: settingsUpdate("config", "Change powermgr's configuration while it runs"),
  policiesGet: settingsGet("policies", "The power policies in force"),
  policiesUpdate: settingsUpdate("policies", "Change power policies while powermgr runs"),
  domainsList: {
    service: "powermgr",
    name: "domains-list",
    subject: "powermgr.domains.list",
    request: messageType("ListDomainsRequest", v1.ListDomainsRequest),
    response: messageType("ListDomainsResponse", v1.ListDomainsResponse),
    summary: "The power domains of the platform",
  },
  powermgrHealth: health("powermgr"),
  statemgrHealth: health("statemgr"),
} as const;

function settingsGet(what: "config" | "policies", summary: string) {
  return {
    service: "powermgr" as const,
    name: `${what}-get`,
    subject: `powermgr.${what}.get`,
    request: messageType("GetSettingsRequest", v1.GetSettingsRequest),
    response: messageType("Settings", v1.Settings),
    summary,
  };
}

function settingsUpdate(what: "config" | "policies", summary: string) {
  return {
    service: "powermgr" as const,
    name: `${what}-update`,
    subject: `powermgr.${what}.update`,
    request: messageType("UpdateSettingsRequest", v1.UpdateSettingsRequest),
    response: messageType("Settings", v1.Settings),
    summary,
  };
}

function health<S extends ServiceName>(service: S) {
  return {
    service,
    name: "health-check",
    subject: `${service}.health.check`,
    request: messageType("GetHealthRequest", v1.GetHealthRequest),
    response: messageType("GetHealthResponse", v1.GetHealthResponse),
    summary: `What works and what does not in ${service}`,
  };
}

/**
 * Where actions on a component are sent.
 * @throws BusbarError NOT_FOUND for a kind that takes none
 */
export function actionEndpoint(service: ServiceName, component: ComponentName) {
  const rows = service === "statemgr" ? endpoints.statemgrActions : endpoints.powermgrActions;
  const endpoint = rows.find(({ name }) => name === `${kindOf(component)}-action`);
  if (endpoint) return endpoint;
  throw new BusbarError("NOT_FOUND", `${component} takes no actions`, {
    component,
    remedy: "act on a host, a chassis or a bmc",
  });
}
