import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endpoints, headers, streams, subjects } from "@busbar/contracts";
import { asyncApiYaml } from "@busbar/contracts/asyncapi";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { parse } from "yaml";

const root = fileURLToPath(new URL("../../", import.meta.url));
const proto = join(root, "proto");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const written = readFileSync(join(root, "docs/asyncapi.yaml"), "utf8");

interface Reference {
  readonly $ref: string;
}
interface Operation {
  action: string;
  channel: Reference;
  messages: Reference[];
  reply?: { channel: Reference; messages: Reference[] };
}
interface Document {
  channels: Record<string, { address: string | null; parameters?: object; messages: Record<string, Reference> }>;
  operations: Record<string, Operation>;
  components: { schemas: Record<string, { properties: Record<string, unknown>; schema?: string }> };
}

const require = createRequire(import.meta.url);
const isAsyncApi = new Ajv({ strict: false, validateFormats: false }).compile(
  require("@asyncapi/specs/schemas/3.0.0-without-$id.json"),
);

const load = (): Document => parse(written);
const document = load();

test("docs/asyncapi.yaml is what the contract says today", () => {
  expect(written === asyncApiYaml(proto, version), "run `npm run docs:asyncapi` and commit the result").toBe(true);
});

test("it obeys AsyncAPI 3.0", () => {
  expect(violations(document)).toEqual([]);
});

test.each<[string, (broken: Document) => void, string]>([
  ["an unknown key", (d) => Object.assign(d, { chanels: {} }), "additional properties"],
  ["an action that isn't one", (d) => Object.assign(first(d.operations), { action: "answer" }), "allowed values"],
  ["a reference to nothing", (d) => Object.assign(first(d.operations).channel, { $ref: "#/channels/no" }), "nothing"],
  [
    "an operation with another channel's message",
    (d) => {
      const [one, other] = Object.values(d.operations);
      if (one && other) one.messages = other.messages;
    },
    "not a message of its channel",
  ],
  ["an address without its parameter", (d) => void delete first(d.channels).parameters, "parameters"],
])("the check objects to %s", (_, spoil, said) => {
  const broken = load();
  spoil(broken);
  expect(violations(broken).join("\n")).toContain(said);
});

test("every endpoint is in it, with its answer and errors", () => {
  const rows = Object.values(endpoints).flat<unknown>() as { service: string; name: string; subject: string }[];
  for (const { service, name, subject } of rows) {
    const operation = document.operations[`${service}.${name}`];
    expect(operation?.action, subject).toBe("receive");
    expect(document.channels[`${service}.${name}`]?.address).toBe(subject.replace("*", "{index}"));
    const replies = document.channels[`${service}.${name}.reply`]?.messages;
    expect(Object.keys(replies ?? {})).toEqual(["response", "error"]);
    expect(operation?.reply?.messages).toHaveLength(2);
  }
});

test("every event subject is in it, and kept by a stream", () => {
  const sent = Object.entries(document.operations).filter(([, { action }]) => action === "send");
  const addresses = sent.map(([id]) => document.channels[id]?.address ?? "");
  const wanted = Object.values(subjects).filter((subject) => typeof subject === "string");
  expect(wanted.length).toBeGreaterThan(0);
  for (const pattern of wanted) expect(addresses.some((address) => fits(pattern, address))).toBe(true);

  const patterns = Object.values(streams).flatMap((stream): readonly string[] => stream.subjects);
  for (const address of addresses) expect(patterns.filter((pattern) => fits(pattern, address))).toHaveLength(1);
  for (const pattern of patterns) expect(addresses.some((address) => fits(pattern, address))).toBe(true);
});

test("every header of ours is described", () => {
  const described = Object.values(document.components.schemas).flatMap(({ properties }) =>
    Object.keys(properties ?? {}),
  );
  for (const header of Object.values(headers)) expect(described).toContain(header);
});

/** NATS' matching of one subject, whose parameter counts as a token. */
function fits(pattern: string, address: string): boolean {
  const tokens = address.split(".");
  const parts = pattern.split(".");
  const open = parts.at(-1) === ">";
  if (open ? tokens.length < parts.length : tokens.length !== parts.length) return false;
  return parts.every((part, index) => part === ">" || part === "*" || part === tokens[index]);
}

const first = <T>(values: Record<string, T>): T => {
  const [value] = Object.values(values);
  if (value === undefined) throw new Error("there is none");
  return value;
};

/** The published JSON schema of AsyncAPI 3.0, and the rules that a JSON schema can't say. */
function violations(candidate: Document): string[] {
  if (!isAsyncApi(candidate)) {
    return (isAsyncApi.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
  return [...danglingReferences(candidate), ...strayMessages(candidate), ...missingParameters(candidate)];
}

function danglingReferences(candidate: Document): string[] {
  const text = JSON.stringify(candidate);
  const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference = ""]) => reference);
  return references.filter((reference) => !resolve(candidate, reference)).map((each) => `${each} leads to nothing`);
}

function resolve(candidate: Document, reference: string): unknown {
  const keys = reference.slice(2).split("/");
  return keys.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], candidate);
}

function strayMessages({ operations }: Document): string[] {
  const pairs = Object.values(operations).flatMap((operation) => [operation, operation.reply ?? []].flat());
  return pairs.flatMap(({ channel, messages }) =>
    messages
      .filter(({ $ref }) => !$ref.startsWith(`${channel.$ref}/messages/`))
      .map(({ $ref }) => `${$ref} is not a message of its channel ${channel.$ref}`),
  );
}

function missingParameters({ channels }: Document): string[] {
  return Object.entries(channels).flatMap(([id, { address, parameters = {} }]) => {
    const named = [...(address ?? "").matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    return String(named) === String(Object.keys(parameters)) ? [] : [`${id} has other parameters than its address`];
  });
}
