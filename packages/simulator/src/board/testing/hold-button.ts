/** Asserts a button and never lets go: something to kill. Arguments: socket, line. */
import process from "node:process";
import { connectBoard } from "@busbar/hardware";

const [socket = "", name = ""] = process.argv.slice(2);
const board = await connectBoard({ socket, client: "doomed" });
const line = await board.gpioChip().request(name, { direction: "output", output: "momentary", active: "low" });
await line.set(1);
process.stdout.write("asserted\n");
