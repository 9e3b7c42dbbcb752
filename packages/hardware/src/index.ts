export type { ConnectOptions } from "./board/connection.ts";
export {
  BoardController,
  connectController,
  type FollowOptions,
  type Intent,
  type Mains,
  type UntilOptions,
} from "./board/controller.ts";
export { encodeFrame, FrameReader, frameLimit, parseFrame } from "./board/frame.ts";
export { connectBoard, type SimulatedBoard } from "./board/gpio-chip.ts";
export type {
  Effect,
  Fault,
  FaultKind,
  Hazard,
  HazardCode,
  JournalEntry,
  JournalEvent,
  OsState,
  PowerCause,
  PowerState,
  WireLevel,
} from "./board/journal-entry.ts";
export {
  type BoardEvent,
  type BoardReply,
  type BoardRequest,
  type BoardSnapshot,
  decodeRequest,
  type HazardReport,
  idOf,
  type JournalPage,
  type Operation,
  protocolVersion,
  type Requests,
  type Results,
  type WireError,
} from "./board/protocol.ts";
export type {
  Bias,
  Drive,
  Edge,
  GpioChip,
  GpioLine,
  InputRequest,
  LatchedRequest,
  Level,
  LineRequest,
  MomentaryRequest,
  Polarity,
} from "./gpio.ts";
