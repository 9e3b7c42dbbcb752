import type { ErrorCode, StatusRole, Verb } from "@busbar/contracts";
import { assign, setup, transition } from "xstate";

export type Power = "on" | "off" | "unknown";

/** What a component's row holds for its machine. The row is the truth; snapshots are never stored. */
export interface MachineState {
  readonly role: StatusRole;
  /** The verb in progress, while transitioning. */
  readonly verb: Verb | undefined;
  /** What a refusal puts back. */
  readonly previous: StatusRole;
  readonly intended: Power;
}

export type MachineEvent =
  | { readonly type: "REQUEST"; readonly verb: Verb }
  /** powermgr did not admit the operation. */
  | { readonly type: "REFUSED" }
  | { readonly type: "RESULT"; readonly success: boolean; readonly power: Power; readonly errorCode?: ErrorCode }
  /** Power-good as powermgr sees it, outside of any operation of ours. */
  | { readonly type: "OBSERVED"; readonly power: Power }
  /** The outcome could not be learned in time. */
  | { readonly type: "GIVEN_UP" };

/** What the machine decides about a request; an executor acts on it. */
export type Decision =
  | { readonly kind: "accept" }
  | { readonly kind: "no-op" }
  /** The same is in progress already. */
  | { readonly kind: "join" }
  | {
      readonly kind: "refuse";
      readonly code: Extract<ErrorCode, "CONFLICT" | "FAILED_PRECONDITION">;
      readonly message: string;
      readonly remedy: string;
    };

interface Context {
  verb: Verb | undefined;
  previous: StatusRole;
  intended: Power;
}

const isOff = (verb: Verb) => verb === "off" || verb === "force-off";

/** An off takes over what is not an off; a forced one takes over a graceful one too. */
const takesOver = (newer: Verb, older: Verb | undefined) =>
  isOff(newer) && (older === undefined || !isOff(older) || (newer === "force-off" && older === "off"));

const joins = (newer: Verb, older: Verb | undefined) => newer === older || (newer === "off" && older === "force-off");

/** These failures say that nothing broke: where power is known, that is the state. */
const isHarmless = (code: ErrorCode | undefined) => code === "ABORTED" || code === "OUTCOME_UNKNOWN";

const machine = setup({
  types: { context: {} as Context, events: {} as MachineEvent, input: {} as Context },
  actions: {
    // Decisions are read from the transition; nothing is carried out by the machine itself.
    decide: (_, _params: Decision) => {},
  },
  guards: {
    asksOff: ({ event }) => event.type === "REQUEST" && isOff(event.verb),
    asksOn: ({ event }) => event.type === "REQUEST" && event.verb === "on",
    asksRestart: ({ event }) => event.type === "REQUEST" && (event.verb === "reset" || event.verb === "cycle"),
    joins: ({ context, event }) => event.type === "REQUEST" && joins(event.verb, context.verb),
    takesOver: ({ context, event }) => event.type === "REQUEST" && takesOver(event.verb, context.verb),
    wasOn: ({ context }) => context.previous === "on",
    wasOff: ({ context }) => context.previous === "off",
    wasFailed: ({ context }) => context.previous === "failed",
    endsOn: ({ context, event }) =>
      event.type === "RESULT" &&
      event.power === "on" &&
      (event.success || isHarmless(event.errorCode) || context.verb === "off" || context.verb === "cycle"),
    endsOff: ({ event }) =>
      event.type === "RESULT" && event.power === "off" && (event.success || isHarmless(event.errorCode)),
    endsUnknown: ({ event }) =>
      event.type === "RESULT" && event.power === "unknown" && (event.success || isHarmless(event.errorCode)),
    seenOn: ({ event }) => event.type === "OBSERVED" && event.power === "on",
    seenOff: ({ event }) => event.type === "OBSERVED" && event.power === "off",
    seenUnknown: ({ event }) => event.type === "OBSERVED" && event.power === "unknown",
  },
}).createMachine({
  context: ({ input }) => input,
  initial: "unknown",
  states: {
    off: {
      on: {
        REQUEST: [
          { guard: "asksOff", actions: { type: "decide", params: { kind: "no-op" } } },
          {
            guard: "asksRestart",
            actions: {
              type: "decide",
              params: {
                kind: "refuse",
                code: "FAILED_PRECONDITION",
                message: "it is off, so there is nothing to restart",
                remedy: "switch it on",
              },
            },
          },
          { target: "transitioning", actions: [begin("off"), { type: "decide", params: { kind: "accept" } }] },
        ],
        OBSERVED: [
          { guard: "seenOn", target: "on" },
          { guard: "seenUnknown", target: "unknown" },
        ],
      },
    },
    on: {
      on: {
        REQUEST: [
          { guard: "asksOn", actions: { type: "decide", params: { kind: "no-op" } } },
          { target: "transitioning", actions: [begin("on"), { type: "decide", params: { kind: "accept" } }] },
        ],
        OBSERVED: [
          { guard: "seenOff", target: "off" },
          { guard: "seenUnknown", target: "unknown" },
        ],
      },
    },
    transitioning: {
      on: {
        REQUEST: [
          { guard: "joins", actions: { type: "decide", params: { kind: "join" } } },
          // What the operation taken over had reached is not known: a refusal of the new one leaves that to observation.
          {
            guard: "takesOver",
            target: "transitioning",
            actions: [begin("unknown"), { type: "decide", params: { kind: "accept" } }],
          },
          {
            actions: {
              type: "decide",
              params: {
                kind: "refuse",
                code: "CONFLICT",
                message: "another operation is in progress",
                remedy: "wait for it to end, or force off",
              },
            },
          },
        ],
        REFUSED: [
          { guard: "wasOn", target: "on" },
          { guard: "wasOff", target: "off" },
          { guard: "wasFailed", target: "failed" },
          { target: "unknown" },
        ],
        RESULT: [
          { guard: "endsOn", target: "on" },
          { guard: "endsOff", target: "off" },
          { guard: "endsUnknown", target: "unknown" },
          { target: "failed" },
        ],
        GIVEN_UP: { target: "failed" },
      },
    },
    failed: {
      on: {
        REQUEST: {
          target: "transitioning",
          actions: [begin("failed"), { type: "decide", params: { kind: "accept" } }],
        },
        OBSERVED: [
          { guard: "seenOn", target: "on" },
          { guard: "seenOff", target: "off" },
        ],
      },
    },
    unknown: {
      on: {
        REQUEST: {
          target: "transitioning",
          actions: [begin("unknown"), { type: "decide", params: { kind: "accept" } }],
        },
        OBSERVED: [
          { guard: "seenOn", target: "on" },
          { guard: "seenOff", target: "off" },
        ],
      },
    },
  },
});

function begin(from: StatusRole) {
  return assign<Context, MachineEvent, undefined, MachineEvent, never>(({ context, event }) => {
    if (event.type !== "REQUEST") return {};
    const intended: Power =
      event.verb === "on" || event.verb === "cycle" ? "on" : isOff(event.verb) ? "off" : context.intended;
    return { verb: event.verb, previous: from, intended };
  });
}

/** One step of a component's life: pure, from row to row. A refused or unexpected event leaves the state as it is. */
export function step(
  state: MachineState,
  event: MachineEvent,
): { state: MachineState; decision: Decision | undefined } {
  const { role, ...context } = state;
  const [next, actions] = transition(machine, machine.resolveState({ value: role, context: { ...context } }), event);
  const decided = actions.find((action) => action.type === "decide");
  const nextRole = next.value as StatusRole;
  const { previous, intended } = next.context;
  return {
    state: { role: nextRole, verb: nextRole === "transitioning" ? next.context.verb : undefined, previous, intended },
    decision: decided?.params as Decision | undefined,
  };
}
