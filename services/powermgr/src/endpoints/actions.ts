import { type Served, served } from "@busbar/bus";
import { decodeActionRequest, endpoints } from "@busbar/contracts";
import type { Door } from "./door.ts";

/** `powermgr.<component>.action`: only statemgr's own requests carry an operation id (DESIGN §3). */
export const actionEndpoints = (door: Door): Served[] =>
  endpoints.powermgrActions.map((endpoint) =>
    served(endpoint, (body, context) => {
      const component = context.component();
      const action = decodeActionRequest(component, body);
      return context.operationId === undefined
        ? door.pass(component, action, body, context)
        : door.carryOut(context.operationId, component, action, context);
    }),
  );
