export type { Button, DomainControl, Holdable, Power, Sense, Switch } from "./capabilities.ts";
