/** Suites that every driver of a port must pass. Apart from the package's index, because they bring vitest along. */
export {
  type GpioConsumer,
  type GpioFixture,
  type GpioPlant,
  type GpioTraits,
  gpioConformance,
} from "../gpio.conformance.ts";
