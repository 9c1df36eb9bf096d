import { it } from "vitest";
import { fileNameOf, readableFiles } from "./readable-files.ts";

const DIGEST = `sha256:${"0123456789ab".repeat(6).slice(0, 64)}`;
const LAYER = { digest: DIGEST, size: 1, createdBy: null, created: null, annotations: null };
const TITLE = "org.opencontainers.image.title";

it.for([
  ["a layer of an image", "application/vnd.oci.image.layer.v1.tar+gzip", null, null, 0],
  [
    "a chart",
    "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
    "application/vnd.cncf.helm.config.v1+json",
    null,
    0,
  ],
  ["BuildKit's attestation", "application/vnd.in-toto+json", null, null, 1],
  ["cosign's attestation by tag", "application/vnd.dsse.envelope.v1+json", null, null, 1],
  ["cosign's SBOM by tag", "text/spdx+json", null, null, 1],
  ["an SBOM under ORAS's usual type", "application/vnd.oci.image.layer.v1.tar", "application/spdx+json", null, 1],
  ["a report by its name alone", "application/octet-stream", "application/x", { [TITLE]: "trivy.json" }, 1],
  ["any bytes", "application/octet-stream", "application/x", { [TITLE]: "model.bin" }, 0],
] as const)("%s", ([, mediaType, artifactType, annotations, count], { expect }) => {
  const layers = [{ ...LAYER, mediaType, annotations }];
  expect(readableFiles({ layers, artifactType, annotations: null })).toHaveLength(count);
});

it("names a file by its title without folders, or by its digest", ({ expect }) => {
  const mediaType = "application/spdx+json";
  expect(fileNameOf({ digest: DIGEST, mediaType, annotations: { [TITLE]: "../out\\sbom.json" } })).toBe("sbom.json");
  expect(fileNameOf({ digest: DIGEST, mediaType, annotations: null })).toBe("sha256-0123456789ab.json");
  expect(fileNameOf({ digest: DIGEST, mediaType: "text/plain", annotations: null })).toBe("sha256-0123456789ab");
});
