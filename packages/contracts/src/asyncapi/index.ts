export { asyncApiDocument } from "./document.ts";
export { ProtoMessages } from "./proto-messages.ts";
export { asyncApiYaml } from "./yaml.ts";
