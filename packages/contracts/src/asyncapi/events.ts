import { type ComponentKind, type ComponentName, componentKinds, componentName } from "../component.ts";
import type { ServiceName } from "../endpoint.ts";
import { actionMessages } from "../kinds.ts";
import { streams, subjects } from "../subjects.ts";

/** An event subject as data, as `Endpoint` is for requests. */
export interface EventChannel {
  readonly service: ServiceName;
  readonly name: string;
  /** With `*` for the component's index. */
  readonly subject: string;
  readonly message: string;
  /** The JetStream stream that keeps it. */
  readonly stream: string;
  readonly summary: string;
}

interface EventRow {
  readonly service: ServiceName;
  readonly name: string;
  subject(component: ComponentName): string;
  readonly kinds: readonly ComponentKind[];
  message(kind: ComponentKind): string;
  summary(kind: ComponentKind): string;
}

const rows: readonly EventRow[] = [
  {
    service: "statemgr",
    name: "transition",
    subject: subjects.transition,
    kinds: componentKinds,
    message: (kind) => actionMessages(kind).change.name,
    summary: (kind) => `A ${kind} changed its state`,
  },
  {
    service: "powermgr",
    name: "power-result",
    subject: subjects.powerResult,
    kinds: componentKinds,
    message: () => "PowerOperationResult",
    summary: (kind) => `An operation on a ${kind} ended`,
  },
  {
    service: "powermgr",
    name: "powergood",
    subject: subjects.powerGood,
    kinds: ["chassis", "host"], // a bmc that could tell has power
    message: () => "PowerGoodEvent",
    summary: (kind) => `Power-good of a ${kind} changed`,
  },
  {
    service: "powermgr",
    name: "operation",
    subject: subjects.operationEvent,
    kinds: componentKinds,
    message: () => "Operation",
    summary: (kind) => `An operation on a ${kind} was started, or ended`,
  },
  {
    service: "powermgr",
    name: "fault",
    subject: subjects.fault,
    kinds: ["chassis", "host"],
    message: () => "FaultEvent",
    summary: (kind) => `Something is wrong with the power of a ${kind}, or no longer is`,
  },
];

const emergency: EventChannel = {
  service: "powermgr",
  name: "system-emergency",
  subject: subjects.emergency,
  message: "EmergencyEvent",
  stream: streams.powermgr.name,
  summary: "Power was cut in an emergency, or the latch was cleared",
};

const ofComponents: readonly EventChannel[] = rows.flatMap(({ service, name, subject, kinds, message, summary }) =>
  kinds.map((kind) => ({
    service,
    name: `${kind}-${name}`,
    subject: subject(componentName(`${kind}.0`)).replace(`${kind}.0`, `${kind}.*`),
    message: message(kind),
    stream: streams[service].name,
    summary: summary(kind),
  })),
);

export const events: readonly EventChannel[] = [...ofComponents, emergency];
