import { describe, it } from "vitest";
import { Counts, sumOfCounts } from "./counts.ts";
import { renderMetrics } from "./exposition.ts";
import { measured } from "./metrics.ts";

function linesOf(text: string, name: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(name));
}

describe("counts", () => {
  it("are taken once, and added to what there is", ({ expect }) => {
    const counts = new Counts();
    counts.add("berth_pulls_total", [], 2);
    const first = counts.take();
    counts.add("berth_pulls_total", []);
    const second = counts.take();
    expect([first, second, counts.isEmpty]).toEqual([{ berth_pulls_total: 2 }, { berth_pulls_total: 1 }, true]);
    expect(sumOfCounts(first, second)).toEqual({ berth_pulls_total: 3 });
  });

  it("count nothing for nothing", ({ expect }) => {
    const counts = new Counts();
    counts.add("berth_pulled_bytes_total", [], 0);
    expect(counts.isEmpty).toBe(true);
  });

  it("stay bounded, whatever labels come", ({ expect }) => {
    const counts = new Counts();
    for (let at = 0; at < 5000; at += 1) counts.add("berth_request_errors_total", ["oci", `${at}${"x".repeat(999)}`]);
    const keys = Object.keys(counts.take());
    expect(keys).toHaveLength(1000);
    expect(Math.max(...keys.map((key) => key.length))).toBeLessThan(100);
  });
});

describe("the text of the metrics", () => {
  it("has a histogram whose buckets have what those before them have", ({ expect }) => {
    const counts = new Counts();
    for (const milliseconds of [25, 26, 600, 60_000]) counts.addDuration("oci", milliseconds);
    expect(linesOf(renderMetrics(counts.take(), []), "berth_request_duration_seconds")).toEqual([
      'berth_request_duration_seconds_bucket{api="oci",le="0.025"} 1',
      'berth_request_duration_seconds_bucket{api="oci",le="0.1"} 2',
      'berth_request_duration_seconds_bucket{api="oci",le="0.5"} 2',
      'berth_request_duration_seconds_bucket{api="oci",le="2.5"} 3',
      'berth_request_duration_seconds_bucket{api="oci",le="10"} 3',
      'berth_request_duration_seconds_bucket{api="oci",le="+Inf"} 4',
      'berth_request_duration_seconds_sum{api="oci"} 60.651',
      'berth_request_duration_seconds_count{api="oci"} 4',
    ]);
  });

  it("escapes what labels have", ({ expect }) => {
    const text = renderMetrics({}, [measured("berth_build_info", 1, 'a"b\\c\nd')]);
    expect(linesOf(text, "berth_build_info")).toEqual([String.raw`berth_build_info{version="a\"b\\c\nd"} 1`]);
  });

  it("leaves out what another version has counted", ({ expect }) => {
    const counted = { "berth_gone_total|oci": 1, "berth_pulls_total|more": 1, berth_pushes_total: 2, constructor: 3 };
    expect(renderMetrics(counted, [])).toBe(
      "# HELP berth_pushes_total Manifests that were pushed.\n# TYPE berth_pushes_total counter\nberth_pushes_total 2\n",
    );
  });
});
