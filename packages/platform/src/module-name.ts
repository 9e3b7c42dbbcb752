const packageName = /^(?:@[a-z0-9-][a-z0-9._-]*\/)?[a-z0-9-][a-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const scriptFile = /^(?:\/|\.\.?\/).+\.m?js$/;

/** A name says where the code comes from: never a URL, which would load from anywhere, and never one of Node's own modules. */
export const isModuleName = (name: string): boolean => packageName.test(name) || scriptFile.test(name);

export const moduleNameFix =
  "write a package (@acme/pdu) or a .mjs or .js file, absolute or relative to this one (./pdu.mjs)";
