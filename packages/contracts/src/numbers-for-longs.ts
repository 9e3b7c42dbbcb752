import protobuf from "protobufjs/minimal.js";

// 64-bit fields are numbers everywhere, as the generated types say. Without this they are Long objects, or not, by whether
// some dependency happens to have brought the package `long` along. What we count stays below 2^53.
Reflect.set(protobuf.util, "Long", undefined);
protobuf.configure();
