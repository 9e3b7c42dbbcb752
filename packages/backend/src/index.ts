export type { Button, DomainControl, Holdable, Power, PowerUse, Sense, Switch } from "./capabilities.ts";
