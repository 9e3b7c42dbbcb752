import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { FakePdu, type OutletPower } from "./fake-pdu.ts";

// The fake PDU as a process: <port> <file>. The file keeps what its relays keep when the PDU is restarted. It prints its
// URL, and then each switching as a line.

const [, , port = "0", file = "outlets.json"] = process.argv;
const stored: [number, OutletPower][] = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : [[3, "off"]];
const pdu = new FakePdu(stored);
pdu.onSwitch = (outlet, power) => {
  writeFileSync(file, JSON.stringify([...pdu.outlets]));
  process.stdout.write(`${outlet} ${power}\n`);
};
process.stdout.write(`${await pdu.listen(Number(port))}\n`);
