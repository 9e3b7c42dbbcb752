import { type Endpoint, endpoints } from "../endpoint.ts";
import { errorCodes } from "../error-code.ts";
import { type EventChannel, events } from "./events.ts";
import { headerSchemas } from "./header-schemas.ts";
import type { ProtoMessages } from "./proto-messages.ts";

type Entry = readonly [id: string, value: unknown];

/** What every channel has, whatever its messages. */
type Described = Pick<Endpoint<unknown, unknown, unknown, unknown>, "service" | "name" | "subject" | "summary">;

interface EndpointRow extends Described {
  readonly request: { readonly name: string };
  readonly response: { readonly name: string };
}

type Role = "request" | "response" | "event" | "error";
type MessageUse = `${Role}.${string}`;

const use = (role: Role, name: string): MessageUse => `${role}.${name}`;
const nameOf = (used: MessageUse): string => used.slice(used.indexOf(".") + 1);
const roleOf = (used: MessageUse): Role => used.slice(0, used.indexOf(".")) as Role;

/** nats.js' queue group of a micro service (services/src/service.ts). */
const queueGroup = "q";
const contentType = "application/protobuf";
const schemaFormat = "application/vnd.google.protobuf;version=3";

const ref = (...path: readonly string[]) => ({ $ref: `#/${path.map(escaped).join("/")}` });
/** https://www.rfc-editor.org/rfc/rfc6901#section-3 */
const escaped = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * The bus as an AsyncAPI 3.0 document: every endpoint with its request, answer and errors, every event. Written from
 * the side of the daemons: they receive requests and send events. https://www.asyncapi.com/docs/reference/specification/v3.0.0
 */
export function asyncApiDocument({ messages, version }: { messages: ProtoMessages; version: string }): object {
  const rows: readonly EndpointRow[] = Object.values(endpoints).flat();
  const endpointEntries = rows.map((row) => [idOf(row), row] as const);
  const eventEntries = events.map((event) => [idOf(event), event] as const);
  refuseTwins([...endpointEntries, ...eventEntries].map(([id]) => id));
  const uses = new Set<MessageUse>([
    ...rows.flatMap(({ request, response }) => [use("request", request.name), use("response", response.name)]),
    ...events.map((event) => use("event", event.message)),
  ]);
  const names = new Set(["Error", ...[...uses].map(nameOf)]);
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Busbar",
      version,
      description:
        "Power control (powermgr) and power state (statemgr) of a BMC on NATS. Bodies are protobuf, defined in proto/. " +
        "An answer whose headers hold `Nats-Service-Error-Code` is an error. Requests are answered at acceptance; " +
        "what came of them is an event.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      tags: [
        { name: "powermgr", description: "Hardware: operations on power domains and what they observe" },
        { name: "statemgr", description: "Truth: the state of hosts, chassis and controllers" },
      ],
    },
    defaultContentType: contentType,
    servers: {
      bmc: { host: "127.0.0.1:4222", protocol: "nats", description: "The BMC's own broker (nats-server 2.9 or newer)" },
    },
    channels: Object.fromEntries([
      ...endpointEntries.flatMap(([id, row]): Entry[] => [
        [id, requestChannel(row)],
        [replyOf(id), replyChannel(row)],
      ]),
      ...eventEntries.map(([id, event]): Entry => [id, eventChannel(event)]),
    ]),
    operations: Object.fromEntries([
      ...endpointEntries.map(([id, row]): Entry => [id, answer(id, row)]),
      ...eventEntries.map(([id, event]): Entry => [id, publication(id, event)]),
    ]),
    components: {
      parameters: {
        index: { description: "Number of the component among its kind, from 0.", examples: ["0"] },
      },
      schemas: {
        ...headerSchemas,
        ...Object.fromEntries([...names].sort().map((name): Entry => [name, payload(messages, name)])),
      },
      messages: {
        ...Object.fromEntries([...uses].sort().map((use): Entry => [use, message(use)])),
        error: {
          ...message("error.Error"),
          summary: "The request was refused, or could not be carried out",
          "x-error-codes": errorCodes,
        },
      },
    },
  };
}

/** Also the operation's id. Unlike the subject it holds no wildcard. */
const idOf = ({ service, name }: Described | EventChannel): string => `${service}.${name}`;

const replyOf = (id: string) => `${id}.reply`;

function refuseTwins(ids: readonly string[]): void {
  const twin = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twin !== undefined) throw new Error(`two endpoints or events are called ${twin}`);
}

/** The address of a subject: AsyncAPI has named parameters where NATS has wildcards. */
function addressOf(subject: string) {
  const wildcards = subject.split(".").filter((token) => token === "*" || token === ">");
  if (wildcards.length === 0) return { address: subject };
  if (wildcards.length > 1 || wildcards[0] !== "*")
    throw new Error(`${subject}: only one *, an index, has a name here`);
  return { address: subject.replace("*", "{index}"), parameters: { index: ref("components", "parameters", "index") } };
}

const requestChannel = ({ subject, summary, request }: EndpointRow) => ({
  ...addressOf(subject),
  summary,
  messages: { request: ref("components", "messages", use("request", request.name)) },
});

/** The asker's inbox, which it names in the request. */
const replyChannel = ({ response }: EndpointRow) => ({
  address: null,
  messages: {
    response: ref("components", "messages", use("response", response.name)),
    error: ref("components", "messages", "error"),
  },
});

const eventChannel = ({ subject, summary, stream, message: name }: EventChannel) => ({
  ...addressOf(subject),
  summary,
  messages: { event: ref("components", "messages", use("event", name)) },
  "x-jetstream-stream": stream,
});

const answer = (id: string, { service, summary }: EndpointRow) => ({
  action: "receive",
  channel: ref("channels", id),
  summary,
  tags: [{ name: service }],
  bindings: { nats: { queue: queueGroup, bindingVersion: "0.1.0" } },
  messages: [ref("channels", id, "messages", "request")],
  reply: {
    channel: ref("channels", replyOf(id)),
    messages: [ref("channels", replyOf(id), "messages", "response"), ref("channels", replyOf(id), "messages", "error")],
  },
});

const publication = (id: string, { service, summary }: EventChannel) => ({
  action: "send",
  channel: ref("channels", id),
  summary,
  tags: [{ name: service }],
  messages: [ref("channels", id, "messages", "event")],
});

/** The same message has other headers as a request than as an answer. */
const message = (used: MessageUse) => ({
  name: nameOf(used),
  contentType,
  headers: ref("components", "schemas", `${roleOf(used)}Headers` satisfies keyof typeof headerSchemas),
  payload: ref("components", "schemas", nameOf(used)),
});

function payload(messages: ProtoMessages, name: string) {
  const { file, fullName, source } = messages.get(name);
  return { schemaFormat, schema: source, "x-proto-file": `proto/${file}`, "x-proto-message": fullName };
}
