import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import protobuf from "protobufjs";

/** A message as proto/ defines it. */
export interface ProtoMessage {
  /** `schema.v1alpha1.ChangeHostStateRequest` */
  readonly fullName: string;
  /** Path below proto/. */
  readonly file: string;
  /** The message and all of its package that it consists of; other packages are imported. */
  readonly source: string;
}

/** The messages of proto/ by their short names, which is how endpoints call them. */
export class ProtoMessages {
  readonly #folder: string;
  readonly #byName = new Map<string, protobuf.Type>();

  /** @param folder proto/ */
  constructor(folder: string) {
    this.#folder = folder;
    const root = new protobuf.Root();
    root.resolvePath = (_origin, target) => (target.startsWith(folder) ? target : join(folder, target));
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".proto"));
    root.loadSync(files.sort(), { keepCase: true }).resolveAll();
    for (const type of typesOf(root)) {
      if (type.filename === null || !type.filename.startsWith(folder)) continue;
      const twin = this.#byName.get(type.name);
      if (twin !== undefined) throw new Error(`${type.fullName} and ${twin.fullName} have the same short name`);
      this.#byName.set(type.name, type);
    }
  }

  /** @throws when proto/ has no such message */
  get(name: string): ProtoMessage {
    const type = this.#byName.get(name);
    if (type === undefined) throw new Error(`proto/ has no message ${name}`);
    const parts = partsOf(type);
    const own = parts.filter((part) => packageOf(part) === packageOf(type));
    const imports = new Set(parts.filter((part) => !own.includes(part)).map((part) => this.#fileOf(part)));
    return {
      fullName: type.fullName.slice(1),
      file: this.#fileOf(type),
      source: [
        'syntax = "proto3";',
        `package ${packageOf(type)};`,
        ...[...imports].sort().map((file) => `import "${file}";`),
        ...own.map((part) => `\n${this.#definitionOf(part)}`),
        "",
      ].join("\n"),
    };
  }

  #fileOf({ filename, fullName, name }: protobuf.ReflectionObject): string {
    if (filename !== null) return relative(this.#folder, filename);
    const wellKnown = `google/protobuf/${name.toLowerCase()}.proto`; // protobufjs brings these along, without a file
    if (protobuf.common.get(wellKnown) === null) throw new Error(`${fullName} comes from no file`);
    return wellKnown;
  }

  /** Its text with the comment above it: definitions in proto/ begin and end in the first column. */
  #definitionOf(part: protobuf.ReflectionObject): string {
    const text = readFileSync(join(this.#folder, this.#fileOf(part)), "utf8");
    const pattern = new RegExp(String.raw`(?:^//.*\n)*^(?:message|enum) ${part.name} \{(?:\}|[\s\S]*?^\})`, "m");
    const [definition] = pattern.exec(text) ?? [];
    if (definition === undefined) throw new Error(`${part.fullName} is not a definition in the first column`);
    return definition;
  }
}

function typesOf(namespace: protobuf.NamespaceBase): protobuf.Type[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Type) return [nested];
    return nested instanceof protobuf.Namespace ? typesOf(nested) : [];
  });
}

/** The type, then what its fields are made of, each once; not what another package's types are made of. */
function partsOf(type: protobuf.Type): readonly protobuf.ReflectionObject[] {
  const found = new Set<protobuf.ReflectionObject>([type]);
  for (const part of found) {
    if (!(part instanceof protobuf.Type) || packageOf(part) !== packageOf(type)) continue;
    for (const { resolvedType } of part.fieldsArray) if (resolvedType !== null) found.add(resolvedType);
  }
  return [...found];
}

const packageOf = ({ parent }: protobuf.ReflectionObject): string => parent?.fullName.slice(1) ?? "";
