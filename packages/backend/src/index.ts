export type { Button, DomainControl, Holdable, Power, PowerUse, Sense, Switch } from "./capabilities.ts";
export type { AuxiliaryLines, LineState, PanelButtons, Signal, Standby, StandbySense } from "./signals.ts";
