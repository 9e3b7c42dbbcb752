import { stringify } from "yaml";
import { asyncApiDocument } from "./document.ts";
import { ProtoMessages } from "./proto-messages.ts";

const header = "# Written by `npm run docs:asyncapi` from packages/contracts and proto/.\n";

/** @param protoFolder absolute path of proto/ */
export function asyncApiYaml(protoFolder: string, version: string): string {
  const document = asyncApiDocument({ messages: new ProtoMessages(protoFolder), version });
  return header + stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}
