import { describe, it } from "vitest";
import { findKeyFault, findShapeFault, isIndexByShape } from "./manifest-structure.ts";

const DESCRIPTOR = '"mediaType":"a","digest":"b","size":1';

describe("the keys of a manifest", () => {
  it.for([
    ['{"layers":[],"Layers":[]}', 'Layers must be written "layers"'],
    ['{"Layers":[]}', 'Layers must be written "layers"'],
    ['{"MEDIATYPE":"a"}', 'MEDIATYPE must be written "mediaType"'],
    ['{"mediatype":"a"}', 'mediatype must be written "mediaType"'],
    ['{"layer\u017f":[]}', 'must be written "layers"'], // Go folds the long s
    ['{"\\u004cayers":[]}', 'Layers must be written "layers"'],
    ['{"layers":[],"\\u006cayers":[]}', "layers is there twice"],
    ['{"schemaVersion":2,"schemaVersion":2}', "schemaVersion is there twice"],
    [`{"config":{${DESCRIPTOR},"Digest":"c"}}`, 'config.Digest must be written "digest"'],
    [`{"subject":{${DESCRIPTOR},"size":2}}`, "subject.size is there twice"],
    [`{"layers":[{${DESCRIPTOR}},{${DESCRIPTOR},"Urls":[]}]}`, 'layers.1.Urls must be written "urls"'],
    [`{"manifests":[{${DESCRIPTOR},"Platform":{}}]}`, 'manifests.0.Platform must be written "platform"'],
    [`{"manifests":[{"platform":{"OS":"linux"}}]}`, 'manifests.0.platform.OS must be written "os"'],
    [`{"manifests":[{"platform":{"os":"linux","os":"windows"}}]}`, "manifests.0.platform.os is there twice"],
    ['{"annotations":{"a":"1","b":"2","a":"3"}}', "annotations.a is there twice"],
    ['{"layers":[{"annotations":{"a":"1","\\u0061":"3"}}]}', "layers.0.annotations.a is there twice"],
    // The part before was closed: what is behind it is looked at again.
    ['{"other":{"a":[{"b":{}}]},"Config":{}}', 'Config must be written "config"'],
    ['{"other":"}{\\"[","Config":{}}', 'Config must be written "config"'],
  ] as const)("of %s are refused: %s", ([text, why], { expect }) => {
    expect(findKeyFault(text)).toContain(why);
  });

  it.for([
    "{}",
    '{"annotations":{"Layers":"a","layers":"b","A":"1","a":"2"}}',
    `{"config":{${DESCRIPTOR}},"layers":[{${DESCRIPTOR}},{${DESCRIPTOR}}]}`,
    '{"other":{"layers":1,"Layers":2,"layers":3},"other":1}',
    '{"config":{"data":"a","other":{"digest":1,"Digest":2}}}',
    '{"layers":{"digest":1,"Digest":2}}',
    '{"config":[{"digest":1,"Digest":2}]}',
    '{"name":"layers","tag":"layers"}',
    // No JSON: what is wrong is for the parser to say.
    "",
    '{"layers',
    "}}]]",
    '{"a\\',
    '{"\\x":1}',
  ])("of %s are in order", (text, { expect }) => {
    expect(findKeyFault(text)).toBeUndefined();
  });

  it("are looked at once, however the text is made to cost more", ({ expect }) => {
    for (const text of ["[".repeat(4e6), `{"${"\\".repeat(4e6)}`, `{"${"a".repeat(4e6)}":1}`, '{"a":'.repeat(8e5)]) {
      const start = performance.now();
      findKeyFault(text);
      // A scan that went back would take minutes; this is no measurement.
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });
});

describe("the shape of a manifest", () => {
  it.for([
    [{ config: {}, layers: [], manifests: [] }, false, "manifests"],
    [{ config: {}, manifests: [] }, true, "config"],
    [{ layers: [], manifests: [] }, true, "layers"],
    [{ config: {}, fsLayers: [] }, false, "fsLayers"],
    [{ config: {}, layers: [], manifests: null }, false, undefined],
    [{ config: null, layers: null, manifests: [] }, true, undefined],
    [{}, true, undefined],
  ] as const)("of %o is no other kind's", ([shape, isIndex, field], { expect }) => {
    const fault = findShapeFault(shape, isIndex);
    if (field === undefined) expect(fault).toBeUndefined();
    else expect(fault).toMatch(new RegExp(`^${field}: `));
  });

  it("tells an index only where nothing says otherwise", ({ expect }) => {
    expect(isIndexByShape({ manifests: [] })).toBe(true);
    expect(isIndexByShape({ manifests: [], config: {} })).toBe(false);
    expect(isIndexByShape({ manifests: null })).toBe(false);
  });
});
