import { describe, it } from "vitest";
import type { Layer, Manifest } from "../../api/image-manifests.ts";
import { formatCommand, layerSteps } from "./layer-steps.ts";

function layer(digest: string, createdBy: string | null = null): Layer {
  return {
    digest,
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    size: 1,
    createdBy,
    created: null,
    annotations: null,
  };
}

function step(createdBy: string | null, made: string | null): NonNullable<Manifest["history"]>[number] {
  return { createdBy, isEmptyLayer: made === null, created: null, author: null, comment: null, layer: made };
}

describe("commands of a history", () => {
  it.for([
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ["/bin/sh -c apt-get update", "RUN apt-get update"],
    ["RUN /bin/sh -c apk add curl # buildkit", "RUN apk add curl"],
    ["RUN |1 VERSION=1.2 /bin/sh -c make install # buildkit", "RUN make install"],
    ["|2 A=1 B= /bin/sh -c make", "RUN make"],
    ["COPY rootfs / # buildkit", "COPY rootfs /"],
    ["bazel build //:image", "bazel build //:image"],
    ["", undefined],
    [null, undefined],
  ] as const)("%j read %j", ([createdBy, command], { expect }) => {
    expect(formatCommand(createdBy)).toBe(command);
  });
});

describe("the steps of a build", () => {
  it("have the layers that they made, also one digest twice", ({ expect }) => {
    const layers = [layer("sha256:a"), layer("sha256:a"), layer("sha256:b")];
    const history = [
      step("COPY a /", "sha256:a"),
      step("ENV A=1", null),
      step("COPY a /", "sha256:a"),
      step("COPY b /", "sha256:b"),
    ];
    expect(layerSteps({ layers, history }).map(({ command, layer: made }) => [command, made?.digest])).toEqual([
      ["COPY a /", "sha256:a"],
      ["ENV A=1", undefined],
      ["COPY a /", "sha256:a"],
      ["COPY b /", "sha256:b"],
    ]);
  });

  it.for([
    ["without a history", null],
    ["where nobody can tell which step made them", [{ ...step("COPY a /", null), isEmptyLayer: false }]],
  ] as const)("are the layers alone %s", ([, history], { expect }) => {
    const layers = [layer("sha256:a", "COPY a /"), layer("sha256:b")];
    expect(layerSteps({ layers, history: history && [...history] })).toEqual([
      { command: "COPY a /", layer: layers[0] },
      { command: undefined, layer: layers[1] },
    ]);
  });

  it("are none without layers", ({ expect }) => {
    expect(layerSteps({ layers: null, history: null })).toEqual([]);
  });
});
