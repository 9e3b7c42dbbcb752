import { BusbarError } from "@busbar/contracts";
import { type BoardRequest, type Operation, protocolVersion, type Requests, type Results } from "@busbar/hardware";
import type { Board } from "./board.ts";
import type { LineOwner } from "./lines.ts";

/** What an operation may use of the connection that it came on. */
export interface Caller extends LineOwner {
  introduce(name: string): void;
  follow(subscription: number, after: number): void;
  unfollow(subscription: number): void;
  shutdown(): void;
}

type Handlers = { readonly [O in Operation]: (request: Requests[O], board: Board, caller: Caller) => Results[O] };

const handlers: Handlers = {
  hello: ({ client, version }, board, caller) => {
    if (version !== protocolVersion) {
      throw new BusbarError(
        "FAILED_PRECONDITION",
        `the board speaks version ${protocolVersion}, ${client} ${version}`,
        {
          component: "board",
          reason: "protocol-version",
          remedy: "run board and client from the same build",
        },
      );
    }
    caller.introduce(client);
    return { board: board.name, version: protocolVersion };
  },
  "line.request": ({ line, request }, board, caller) => done(() => board.requestLine(caller, line, request)),
  "line.get": ({ line }, board, caller) => ({ level: board.getLine(caller, line) }),
  "line.set": ({ line, level }, board, caller) => done(() => board.setLine(caller, line, level)),
  "line.release": ({ line }, board, caller) => done(() => board.releaseLine(caller, line)),
  state: (_, board) => board.snapshot(),
  journal: ({ after }, board) => board.page(after),
  "journal.follow": ({ after, subscription }, _, caller) => done(() => caller.follow(subscription, after)),
  "journal.unfollow": ({ subscription }, _, caller) => done(() => caller.unfollow(subscription)),
  hazards: ({ final }, board) => board.hazards(final),
  intent: ({ operation, component, effect }, board) => done(() => board.intent(operation, component, effect)),
  "intent.over": ({ operation }, board) => done(() => board.intentOver(operation)),
  latch: ({ on }, board) => done(() => board.latch(on)),
  "fault.set": ({ fault }, board) => done(() => board.setFault(fault)),
  "fault.clear": ({ kind, target }, board) => ({ cleared: board.clearFaults(kind, target) }),
  "fault.list": (_, board) => ({ faults: board.faults() }),
  button: ({ line, duration }, board) => done(() => board.pressButton(line, duration)),
  mains: ({ state, standby }, board) => done(() => board.mains({ state, standby })),
  "release-momentary": (_, board, caller) => ({ released: board.releaseMomentary(caller.name) }),
  shutdown: (_, __, caller) => done(() => caller.shutdown()),
};

/** @throws BusbarError: the board refuses. */
export function perform(request: BoardRequest, board: Board, caller: Caller): Results[Operation] {
  return performAs(request.op, request, board, caller);
}

/** The type parameter ties a request to its own handler, which a plain lookup by `op` can't. */
function performAs<O extends Operation>(op: O, request: Requests[O], board: Board, caller: Caller): Results[O] {
  return handlers[op](request, board, caller);
}

function done(act: () => void): Record<never, never> {
  act();
  return {};
}
