import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { findBrokerBinary } from "@busbar/bus";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What platforms/common/README.md tells an integrator to do is done here, into an image of its own, and what lies there
// afterwards is checked: by systemd's own tools where the machine has them, and by rules of ours everywhere.

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(root, "platforms/common/README.md"), "utf8");
const image = mkdtempSync(join(tmpdir(), "busbar-image-"));
const daemons = ["powermgr", "statemgr"] as const;
type Daemon = (typeof daemons)[number];

/** `security --offline` came with 250. */
const systemdVersion = (command: string) =>
  Number(/^systemd (\d+)/.exec(spawnSync(command, ["--version"], { encoding: "utf8" }).stdout ?? "")?.[1] ?? 0);
const hasSystemd = ["systemd-analyze", "systemd-sysusers", "systemctl"].every((tool) => systemdVersion(tool) >= 250);

const [forAnybody = "", asRoot = ""] = readme.split("## On the running BMC");
const [asRootSection = "", afterwards = ""] = asRoot.split(/^## /m, 2);
const commandsIn = (text: string) =>
  [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, commands = ""]) => commands);

const run = (commands: string) =>
  spawnSync("bash", ["-e", "-u", "-c", commands], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, image, PATH: [dirname(findBrokerBinary()), process.env.PATH].join(delimiter) },
  });

const inImage = (path: string) => join(image, path);
const unitFolder = inImage("usr/lib/systemd/system");

beforeAll(() => {
  // What other packages bring to a BMC.
  const targets = ["sysinit", "basic", "multi-user", "shutdown", "network"].map((name) => `${name}.target`);
  for (const target of targets) put(`usr/lib/systemd/system/${target}`, "[Unit]\nDescription=x\n");
  const broker = "[Service]\nExecStart=/usr/sbin/nats-server -c /etc/nats-server.conf\nUser=nats\n";
  put("usr/lib/systemd/system/nats-server.service", broker);
  for (const program of ["usr/bin/node", "usr/sbin/nats-server", "bin/kill", "bin/systemctl"]) {
    put(program, "#!/bin/sh\n");
    chmodSync(inImage(program), 0o755);
  }
}, 10_000);

afterAll(() => rmSync(image, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(inImage(path)), { recursive: true });
  writeFileSync(inImage(path), text);
}

describe("README", () => {
  const blocks = commandsIn(forAnybody + afterwards).map(
    (commands) => [commands.split("\n")[0] ?? "", commands] as const,
  );

  test("holds commands", () => expect(blocks.length).toBeGreaterThan(3));

  test.each(blocks)("%s", (_, commands) => {
    // Two commands belong to systemd; a machine without it has no BMC's units to enable either.
    const lines = hasSystemd ? commands : commands.replace(/^(systemd-sysusers|systemctl) .*$/gm, "");
    const { status, stderr } = run(lines);
    expect(stderr).not.toContain("without unix-dgram");
    expect(status, stderr).toBe(0);
  });

  test("what root does names units that were installed, and is a shell's", () => {
    const [commands = ""] = commandsIn(asRootSection);
    expect(spawnSync("bash", ["-n", "-c", commands]).status).toBe(0);
    const units = [...new Set(commands.match(/[\w-]+\.service/g))];
    expect(units).toEqual(expect.arrayContaining(["busbar-powermgr.service", "busbar-statemgr.service"]));
    for (const unit of units) expect(existsSync(join(unitFolder, unit)), unit).toBe(true);
  });

  test("every file of platforms/common is in its table", () => {
    const names = readdirSync(join(root, "platforms/common"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "README.md")
      .map((entry) => relative(join(root, "platforms/common"), join(entry.parentPath, entry.name)));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) expect(readme).toContain(`\`${name}\``);
  });
});

describe("the installed image", () => {
  test("holds modules that load without the checkout", () => {
    const probe =
      'new (require("better-sqlite3"))(":memory:").close(); require("unix-dgram").createSocket("unix_dgram").close()';
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=commonjs", "--eval", probe], {
      cwd: inImage("usr/lib/busbar"),
      encoding: "utf8",
    });
    expect(status, stderr).toBe(0);
  });

  test.skipIf(!hasSystemd)("has both daemons enabled and their users", () => {
    const wanted = readdirSync(inImage("etc/systemd/system/multi-user.target.wants"));
    expect(wanted.sort()).toEqual(["busbar-powermgr.service", "busbar-statemgr.service"]);
    const users = readFileSync(inImage("etc/passwd"), "utf8");
    for (const daemon of daemons) expect(users).toContain(`busbar-${daemon}:x:`);
  });

  test.skipIf(!hasSystemd)("holds units that systemd verifies", () => {
    const own = [...daemons, "emergency-off"].map((name) => `busbar-${name}.service`);
    const units = [...own, "nats-server.service"];
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", `--root=${image}`, ...units], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  // systemd's own measure, 0 to 10. What is left is V8's compiler, the loopback, and powermgr's devices.
  test.skipIf(!hasSystemd).each([
    ["busbar-powermgr", "1.8"],
    ["busbar-statemgr", "1.6"],
    ["busbar-emergency-off", "1.6"],
    ["nats-server", "2.0"],
  ])("exposes little of %s", (unit, most) => {
    const limit = `--threshold=${Number(most) * 10}`;
    const args = ["security", "--offline=true", limit, "--no-pager", `--root=${image}`, `${unit}.service`];
    const { status, stdout, stderr } = spawnSync("systemd-analyze", args, { encoding: "utf8" });
    expect(status, stdout.match(/Overall.*/)?.[0] ?? stderr).toBe(0);
  });
});

describe.each(daemons)("busbar-%s.service", (daemon) => {
  let unit: Unit;
  let settings: Record<string, string>;
  beforeAll(() => {
    unit = parseUnit(join(unitFolder, `busbar-${daemon}.service`));
    settings = printedConfig(daemon);
  });
  const setting = (key: string) => unit.get(key)?.at(-1);

  test("holds only directives that systemd knows", () => {
    expect([...unit.keys()].filter((key) => !directives.has(key))).toEqual([]);
  });

  test("starts what is installed", () => {
    const [program = "", script = ""] = setting("Service.ExecStart")?.split(" ") ?? [];
    expect(existsSync(inImage(program))).toBe(true);
    expect(existsSync(inImage(script))).toBe(true);
    expect(readFileSync(inImage("usr/lib/sysusers.d/busbar.conf"), "utf8")).toContain(`u ${setting("Service.User")} `);
  });

  test("gives the daemon the folders that it uses", () => {
    expect(settings.dataDir).toBe(`/var/lib/${setting("Service.StateDirectory")}`);
    expect(settings.platform).toBe(`/etc/${setting("Service.ConfigurationDirectory")}/platform.yaml`);
    if (settings.runDir) expect(settings.runDir).toBe(`/run/${setting("Service.RuntimeDirectory")}`);
    if (settings.boardSocket) expect(dirname(settings.boardSocket)).toBe(`/run/${setting("Service.RuntimeDirectory")}`);
  });

  test("doesn't start again what a wrong platform file ended, and everything else for ever", () => {
    put("wrong.yaml", "platform: [");
    const { status } = startDaemon(daemon, ["--platform", inImage("wrong.yaml"), "--data-dir", inImage("data")]);
    expect(setting("Service.RestartPreventExitStatus")).toBe(String(status));
    expect([setting("Service.Restart"), setting("Unit.StartLimitIntervalSec")]).toEqual(["always", "0"]);
  });

  test("is watched, and listened to as the process itself", () => {
    expect([setting("Service.Type"), setting("Service.NotifyAccess")]).toEqual(["notify", "main"]);
    expect(setting("Service.WatchdogSec")).toBe({ powermgr: "3s", statemgr: "10s" }[daemon]);
  });

  test("waits for the broker's start, not for the broker", () => {
    expect(unit.get("Unit.After")).toEqual(["nats-server.service"]);
    expect(unit.get("Unit.Wants")).toEqual(["nats-server.service"]);
    expect([unit.get("Unit.Requires"), unit.get("Unit.BindsTo")]).toEqual([undefined, undefined]);
  });

  test("leaves V8 its compiler and us the boot id", () => {
    expect(setting("Service.MemoryDenyWriteExecute")).toBeUndefined();
    expect(setting("Service.ProcSubset")).toBeUndefined();
  });

  test("opens hardware to powermgr alone", () => {
    const open = { powermgr: ["char-gpiochip rw", "char-i2c rw"], statemgr: undefined };
    expect(unit.get("Service.DeviceAllow")).toEqual(open[daemon]);
    expect(setting("Service.DevicePolicy")).toBe("closed");
    expect(setting("Service.PrivateDevices")).toBe(daemon === "statemgr" ? "yes" : undefined);
  });
});

test("the device rules give chips and buses to powermgr's group", () => {
  const rules = readFileSync(inImage("usr/lib/udev/rules.d/70-busbar.rules"), "utf8");
  const group = parseUnit(join(unitFolder, "busbar-powermgr.service")).get("Service.Group")?.[0];
  expect(
    [...rules.matchAll(/SUBSYSTEM=="([\w-]+)".*GROUP="([\w-]+)", MODE="0660"/g)].map(([, ...each]) => each),
  ).toEqual([
    ["gpio", group],
    ["i2c-dev", group],
  ]);
});

test.each([
  ["org.freedesktop.login1.reboot", "busbar-powermgr", "yes"],
  ["org.freedesktop.login1.reboot-multiple-sessions", "busbar-powermgr", "yes"],
  ["org.freedesktop.login1.reboot", "busbar-statemgr", "not handled"],
  ["org.freedesktop.login1.power-off", "busbar-powermgr", "not handled"],
  ["org.freedesktop.systemd1.manage-units", "busbar-powermgr", "not handled"],
])("polkit: %s by %s is %s", (id, user, wanted) => {
  type Rule = (action: { id: string }, subject: { user: string }) => string;
  const rules: Rule[] = [];
  const polkit = { addRule: (rule: Rule) => rules.push(rule), Result: { YES: "yes", NOT_HANDLED: "not handled" } };
  runInNewContext(readFileSync(inImage("usr/share/polkit-1/rules.d/50-busbar.rules"), "utf8"), { polkit });
  expect(rules.map((rule) => rule({ id }, { user }))).toEqual([wanted]);
});

function startDaemon(daemon: Daemon, args: readonly string[]) {
  const env = { PATH: process.env.PATH };
  return spawnSync(process.execPath, [inImage(`usr/lib/busbar/${daemon}.mjs`), ...args], { encoding: "utf8", env });
}

/** `key value  # source` per line. */
function printedConfig(daemon: Daemon): Record<string, string> {
  const { stdout } = startDaemon(daemon, ["--print-config"]);
  return Object.fromEntries(
    [...stdout.matchAll(/^\s*"?(\w+)"?\s*[:=]?\s*"?([^"\s,]+)/gm)].map(([, key, value]) => [key, value]),
  );
}

/** `Section.Key` to its values; an empty one forgets those before it (systemd.syntax(7)). */
type Unit = ReadonlyMap<string, readonly string[]>;

function parseUnit(path: string): Unit {
  const unit = new Map<string, string[]>();
  let section = "";
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      continue;
    }
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (key === undefined || value === undefined || section === "")
      throw new Error(`${path}: not a directive: ${line}`);
    const name = `${section}.${key}`;
    unit.set(name, value === "" ? [] : [...(unit.get(name) ?? []), value]);
  }
  return unit;
}

/** systemd.unit(5), systemd.service(5), systemd.exec(5), systemd.resource-control(5): those in use. */
const directives = new Set([
  ...["Description", "Documentation", "Wants", "After", "StartLimitIntervalSec"].map((key) => `Unit.${key}`),
  "Install.WantedBy",
  ...[
    ...["Type", "NotifyAccess", "ExecStart", "ExecReload", "EnvironmentFile", "WatchdogSec", "TimeoutStartSec"],
    ...["TimeoutStopSec", "Restart", "RestartSec", "RestartPreventExitStatus", "LimitCORE", "OOMScoreAdjust"],
    ...["User", "Group", "UMask", "ConfigurationDirectory", "StateDirectory", "StateDirectoryMode"],
    ...["RuntimeDirectory", "RuntimeDirectoryPreserve", "DevicePolicy", "DeviceAllow", "PrivateDevices"],
    ...[
      "NoNewPrivileges",
      "CapabilityBoundingSet",
      "AmbientCapabilities",
      "ProtectSystem",
      "ProtectHome",
      "PrivateTmp",
    ],
    ...["ProtectProc", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs", "ProtectControlGroups"],
    ...["ProtectHostname", "ProtectClock", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID"],
    ...["LockPersonality", "RemoveIPC", "RestrictAddressFamilies", "IPAddressDeny", "IPAddressAllow"],
    ...["SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber"],
  ].map((key) => `Service.${key}`),
]);
