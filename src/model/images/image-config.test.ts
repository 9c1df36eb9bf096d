import { describe, it } from "vitest";
import { CONFIG_FIELDS, type HistoryEntry, layersOfHistory, parseImageConfig } from "./image-config.ts";
import { jsonBytes } from "../../kernel/excerpt.ts";

const MIB = 1024 * 1024;
const many = (entry: string) => Array.from({ length: Math.floor(MIB / (entry.length + 1)) }, () => entry).join(",");
const names = (value: string) => Array.from({ length: 60_000 }, (_, at) => `"${at.toString(36)}":${value}`).join(",");
const LONG = JSON.stringify("\u0001".repeat(MIB / 6));

describe("a configuration that is made to be costly", () => {
  it.for([
    ["history of nothing", `{"history":[${many("{}")}]}`, ["history"]],
    ["history of odd things", `{"history":[${many("1")}]}`, ["history"]],
    ["history of long commands", `{"history":[{"created_by":${LONG}},{"created_by":${LONG}}]}`, ["history"]],
    ["environment", `{"config":{"Env":[${many('"a"')}]}}`, ["env"]],
    ["command", `{"config":{"Cmd":[${many('""')}]}}`, ["cmd"]],
    ["entrypoint", `{"config":{"Entrypoint":[${LONG}]}}`, ["entrypoint"]],
    ["labels", `{"config":{"Labels":{${names('""')}}}}`, ["labels"]],
    ["a label's name", `{"config":{"Labels":{${LONG}:"1"}}}`, ["labels"]],
    ["volumes", `{"config":{"Volumes":{${names("{}")}}}}`, ["volumes"]],
    ["ports", `{"config":{"ExposedPorts":{${names("{}")}}}}`, ["exposedPorts"]],
    ["author", `{"author":${LONG}}`, ["author"]],
    ["architecture", `{"architecture":${LONG}}`, ["architecture"]],
    ["user", `{"config":{"User":${LONG}}}`, ["user"]],
    ["health check", `{"config":{"Healthcheck":{"Test":[${many('""')}]}}}`, ["healthcheck"]],
    ["shell", `{"config":{"Shell":[${LONG}]}}`, ["shell"]],
    ["steps on build", `{"config":{"OnBuild":[${many('"a"')}]}}`, ["onBuild"]],
    ["fields that nobody knows", `{"config":{${names("1")}}}`, ["other"]],
    ["a field that nobody knows", `{"unknown":${LONG}}`, ["other"]],
  ] as const)("has a bounded excerpt: %s", ([, text, cut], { expect }) => {
    const config = parseImageConfig(text);
    expect(config?.cut).toEqual(cut);
    expect(jsonBytes(config)).toBeLessThan(300 * 1024);
  });

  it("has one bound for all fields together", ({ expect }) => {
    const long = "\u0001".repeat(32 * 1024);
    const config = parseImageConfig(
      JSON.stringify({
        author: long,
        os: long,
        "os.version": long,
        architecture: long,
        variant: long,
        config: {
          User: long,
          WorkingDir: long,
          StopSignal: long,
          Env: [long],
          Cmd: [long],
          Entrypoint: [long],
          Labels: { a: long },
          Volumes: { [long]: {} },
          ExposedPorts: { [long]: {} },
        },
        history: [{ created_by: long }],
      }),
    );
    expect(jsonBytes(config)).toBeLessThan(300 * 1024);
    expect(config?.cut.length).toBeGreaterThan(10);
    expect(CONFIG_FIELDS).toEqual(expect.arrayContaining(config?.cut ?? []));
  });
});

describe("a configuration", () => {
  it("tells what docker adds to it, and all that has no name here", ({ expect }) => {
    const config = parseImageConfig(
      JSON.stringify({
        docker_version: "27.1",
        comment: "",
        container_config: { Cmd: ["again"] },
        rootfs: { type: "layers", diff_ids: ["sha256:1"] },
        "os.features": ["win32k"],
        config: {
          Cmd: ["serve"],
          StopTimeout: 30,
          Healthcheck: { Test: ["CMD-SHELL", "curl -f localhost"], Interval: 30_000_000_000, Retries: 3 },
          Shell: ["/bin/bash", "-c"],
          OnBuild: ["COPY . ."],
          Hostname: "",
          Tty: false,
          Memory: 1024,
          ArgsEscaped: true,
        },
      }),
    );
    expect(config).toMatchObject({
      stopTimeout: 30,
      healthcheck: {
        test: ["CMD-SHELL", "curl -f localhost"],
        interval: 30_000_000_000,
        timeout: null,
        startPeriod: null,
        startInterval: null,
        retries: 3,
      },
      shell: ["/bin/bash", "-c"],
      onBuild: ["COPY . ."],
      other: {
        docker_version: '"27.1"',
        "os.features": '["win32k"]',
        "config.Memory": "1024",
        "config.ArgsEscaped": "true",
      },
      cut: [],
    });
  });

  it.for([
    '{"config":{"Healthcheck":[1]}}',
    '{"config":{"Healthcheck":{"Test":"x","Interval":-1}}}',
    '{"config":7}',
    "[]",
    "7",
  ])("may be odd: %s", (text, { expect }) => {
    const config = parseImageConfig(text);
    expect(config?.healthcheck?.test ?? null).toBeNull();
    expect(config?.healthcheck?.interval ?? null).toBeNull();
    expect(config?.other).toBeNull();
  });
});

function steps(...empty: boolean[]): HistoryEntry[] {
  return empty.map((isEmptyLayer) => ({ created: null, createdBy: null, author: null, comment: null, isEmptyLayer }));
}

describe("layers of a history", () => {
  it("are those of the steps that made one, also where only the first are shown", ({ expect }) => {
    expect(layersOfHistory(steps(false, true, false), 2, 2)).toEqual([0, null, 1]);
    expect(layersOfHistory(steps(false, true), 2, 2)).toEqual([0, null]);
    expect(layersOfHistory(steps(false, true), 2, 3)).toBeUndefined();
  });

  it("counts the steps that are not shown", ({ expect }) => {
    const history = Array.from({ length: 5000 }, (_, at) => ({ empty_layer: at % 2 === 0 }));
    expect(parseImageConfig(JSON.stringify({ history }))?.layerCount).toBe(2500);
    expect(parseImageConfig('{"history":[{"empty_layer":1},{},null]}')?.layerCount).toBe(3);
  });
});
