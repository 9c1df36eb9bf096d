import { describe, it } from "vitest";
import { describeArtifact, predicateOf } from "./artifact-types.ts";

const BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";

function kindWith(annotations: Record<string, string> | null) {
  return describeArtifact(BUNDLE, annotations).kind;
}

function predicate(type: string) {
  return { "dev.sigstore.bundle.predicateType": type };
}

describe("artifacts", () => {
  it.for([
    ["application/vnd.dev.cosign.artifact.sig.v1+json", "signature", "cosign"],
    ["application/vnd.cncf.notary.signature", "signature", "Notation"],
    ["application/spdx+json", "sbom", "SPDX"],
    ["application/vnd.cyclonedx+json", "sbom", "CycloneDX"],
    ["application/vnd.in-toto+json", "attestation", "in-toto"],
    ["application/vnd.cncf.helm.config.v1+json", "chart", "Helm"],
    ["application/x-unheard-of", "other", "application/x-unheard-of"],
    ["constructor", "other", "constructor"],
  ] as const)("of type %s are a %s by %s", ([type, kind, format], { expect }) => {
    expect(describeArtifact(type)).toEqual({ kind, format });
  });

  it("of Sigstore's bundles are what they attest", ({ expect }) => {
    expect(kindWith(null)).toBe("signature");
    expect(kindWith({ "dev.sigstore.bundle.content": "message-signature" })).toBe("signature");
    expect(kindWith({ "dev.sigstore.bundle.content": "dsse-envelope" })).toBe("attestation");
    expect(kindWith(predicate("https://sigstore.dev/cosign/sign/v1"))).toBe("signature");
    expect(kindWith(predicate("https://slsa.dev/provenance/v1"))).toBe("attestation");
  });
});

describe("the predicate of an attestation", () => {
  it.for([
    ["https://slsa.dev/provenance/v0.2", "SLSA Provenance"],
    ["https://spdx.dev/Document", "SPDX"],
    ["https://example.com/own/v1", "https://example.com/own/v1"],
  ])("%s is called %s", ([type, name], { expect }) => {
    expect(predicateOf({ "in-toto.io/predicate-type": type ?? "" })).toBe(name);
  });

  it("is unknown without an annotation, and nothing for a mere signature", ({ expect }) => {
    expect(predicateOf(null)).toBeUndefined();
    expect(predicateOf({})).toBeUndefined();
    expect(predicateOf({ "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1" })).toBeUndefined();
  });
});
