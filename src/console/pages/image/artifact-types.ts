/** What people call things that are stored as artifacts, by their media type. */

/** What kind of thing it is; a key of the area `image`, `artifact_<kind>`. */
export type ArtifactKind = "signature" | "sbom" | "attestation" | "vex" | "scan" | "chart" | "wasm" | "other";

export interface ArtifactType {
  kind: ArtifactKind;
  /** The format's own name, which no language translates; "" where the kind says it all. */
  format: string;
}

const KNOWN = new Map<string, ArtifactType>(
  Object.entries<ArtifactType>({
    "application/vnd.dev.cosign.artifact.sig.v1+json": { kind: "signature", format: "cosign" },
    "application/vnd.dev.cosign.simplesigning.v1+json": { kind: "signature", format: "cosign" },
    "application/vnd.cncf.notary.signature": { kind: "signature", format: "Notation" },
    "application/vnd.dev.cosign.artifact.sbom.v1+json": { kind: "sbom", format: "cosign" },
    "application/spdx+json": { kind: "sbom", format: "SPDX" },
    "application/vnd.spdx+json": { kind: "sbom", format: "SPDX" },
    "text/spdx+json": { kind: "sbom", format: "SPDX" },
    "text/spdx": { kind: "sbom", format: "SPDX" },
    "application/vnd.cyclonedx": { kind: "sbom", format: "CycloneDX" },
    "application/vnd.cyclonedx+json": { kind: "sbom", format: "CycloneDX" },
    "application/vnd.cyclonedx+xml": { kind: "sbom", format: "CycloneDX" },
    "application/vnd.syft+json": { kind: "sbom", format: "Syft" },
    "application/vnd.in-toto+json": { kind: "attestation", format: "in-toto" },
    "application/vnd.dsse.envelope.v1+json": { kind: "attestation", format: "in-toto" },
    "application/vnd.dev.cosign.artifact.att.v1+json": { kind: "attestation", format: "cosign" },
    "application/vnd.docker.attestation.manifest.v1+json": { kind: "attestation", format: "BuildKit" },
    "application/vnd.openvex+json": { kind: "vex", format: "OpenVEX" },
    "application/vex+json": { kind: "vex", format: "OpenVEX" },
    "application/sarif+json": { kind: "scan", format: "SARIF" },
    "application/vnd.security.vulnerability.report; version=1.1": { kind: "scan", format: "Harbor" },
    "application/vnd.cncf.helm.config.v1+json": { kind: "chart", format: "Helm" },
    "application/vnd.wasm.config.v0+json": { kind: "wasm", format: "" },
    "application/vnd.wasm.config.v1+json": { kind: "wasm", format: "" },
  }),
);

/** Sigstore's bundle holds a signature or an attestation; an annotation of the manifest tells which. */
const SIGSTORE_BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v\d+(?:\.\d+)*)?\+json(?:;.*)?$/;
const BUNDLE_CONTENT = "dev.sigstore.bundle.content";
const PREDICATE_TYPE = "dev.sigstore.bundle.predicateType";
/** What cosign's signatures attest since version 3: that something was signed. */
const SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

/**
 * What an artifact is.
 *
 * @param type its artifact type or media type.
 * @param annotations of its manifest, where they are known.
 */
export function describeArtifact(type: string, annotations: Record<string, string> | null = null): ArtifactType {
  if (!SIGSTORE_BUNDLE.test(type)) return KNOWN.get(type) ?? { kind: "other", format: type };
  const predicate = annotations?.[PREDICATE_TYPE];
  const isSignature =
    predicate === undefined ? annotations?.[BUNDLE_CONTENT] !== "dsse-envelope" : predicate === SIGN_PREDICATE;
  return { kind: isSignature ? "signature" : "attestation", format: "cosign" };
}

/** A few of the predicates of attestations (in-toto, "Predicates"), by the beginning of their type. */
const PREDICATES: readonly (readonly [string, string])[] = [
  ["https://slsa.dev/provenance/", "SLSA Provenance"],
  ["https://spdx.dev/Document", "SPDX"],
  ["https://cyclonedx.org/bom", "CycloneDX"],
  ["https://openvex.dev/ns", "OpenVEX"],
  ["https://cosign.sigstore.dev/attestation/vuln/", "Vulnerabilities"],
  ["https://cosign.sigstore.dev/attestation/", "cosign"],
];

/** What an attestation says, in the format's own name; undefined where the manifest does not tell. */
export function predicateOf(annotations: Record<string, string> | null): string | undefined {
  const type = annotations?.[PREDICATE_TYPE] ?? annotations?.["in-toto.io/predicate-type"];
  if (type === undefined || type === SIGN_PREDICATE) return undefined;
  return predicateName(type);
}

/** The format's own name for a type of predicate; an unknown one is its own name. */
export function predicateName(type: string): string {
  return PREDICATES.find(([start]) => type.startsWith(start))?.[1] ?? type;
}
