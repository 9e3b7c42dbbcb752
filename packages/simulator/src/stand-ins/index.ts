export { type SensorAlert, Sensormon, type SensorState } from "./sensormon.ts";
export { type Alert, type AlertEncoding, Thermalmgr, type ZoneState } from "./thermalmgr.ts";
export { startWitness, Witness, type WitnessedChange } from "./witness.ts";
