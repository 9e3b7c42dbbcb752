export { BusbarError } from "@busbar/contracts";
export type {
  Button,
  DomainControl,
  Holdable,
  Measure,
  Measurement,
  Power,
  PowerUse,
  Sense,
  Switch,
} from "./capabilities.ts";
export {
  type BackendContext,
  type BackendLog,
  backendApiVersion,
  definePowerBackend,
  type PowerBackend,
} from "./power-backend.ts";
export type { AuxiliaryLines, LineState, PanelButtons, Signal, Standby, StandbySense } from "./signals.ts";
