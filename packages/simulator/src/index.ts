/** What others may know of the simulator: the file format and the judge. The board itself is a process: `board/main.ts`. */
export { type BoardConfig, loadBoardConfig, parseBoardConfig } from "./board/config.ts";
export { judge, type Verdict } from "./board/judge/judge.ts";
