import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { asyncApiYaml } from "./yaml.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const target = join(root, "docs", "asyncapi.yaml");

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
mkdirSync(dirname(target), { recursive: true });
writeFileSync(target, asyncApiYaml(join(root, "proto"), version));
