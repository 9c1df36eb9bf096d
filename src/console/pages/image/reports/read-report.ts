/** Finds out what an artifact's file is by what is in it: tools put the same under many media types. */
import { readCycloneDx, readSpdx, readSpdx3, readSyft } from "./package-lists.ts";
import { type Json, listOf, objectOf, type Report, textOf } from "./report.ts";
import { readGrype, readHarbor, readSarif, readTrivy } from "./scan-reports.ts";

/** What a file holds. */
export interface ReadFile {
  /** The file itself, or what is in its envelopes; undefined when it is no JSON. */
  content: unknown;
  /** What it attests in an envelope (in-toto, "predicateType"); "" where it is in none. */
  predicateType: string;
  /** It is signed, by a signature that nobody has checked here. */
  isSigned: boolean;
  /** Undefined when it is neither a list of packages nor a report of findings that is known here. */
  report: Report | undefined;
}

/** A Sigstore bundle around an envelope around a statement around what cosign wraps. */
const MAX_ENVELOPES = 6;

/** Reads the text of a file. Never throws: anybody may have pushed anything. */
export function readFile(text: string): ReadFile {
  let content = parse(text);
  let predicateType = "";
  let isSigned = false;
  for (let depth = 0; depth < MAX_ENVELOPES; depth += 1) {
    const inner = unwrap(objectOf(content));
    if (!inner) break;
    content = inner.content;
    predicateType = inner.predicateType ?? predicateType;
    isSigned ||= inner.isSigned ?? false;
  }
  return { content, predicateType, isSigned, report: readReport(objectOf(content)) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

interface Unwrapped {
  content: unknown;
  predicateType?: string;
  isSigned?: boolean;
}

/** What is in an envelope; undefined when it is none. */
function unwrap(json: Json): Unwrapped | undefined {
  // Sigstore's bundle of version 0.1 and later.
  if (json.dsseEnvelope !== undefined) return { content: json.dsseEnvelope };
  // DSSE: the payload is base64.
  if (typeof json.payload === "string" && Array.isArray(json.signatures)) {
    return { content: parse(decodeBase64(json.payload)), isSigned: json.signatures.length > 0 };
  }
  // An in-toto statement.
  if (typeof json.predicateType === "string" && json.predicate !== undefined) {
    return { content: json.predicate, predicateType: textOf(json.predicateType) };
  }
  const keys = Object.keys(json);
  // cosign's custom predicates, and its SPDX before version 2, are a text in an object.
  if ("Data" in json && keys.every((key) => key === "Data" || key === "Timestamp")) {
    return { content: typeof json.Data === "string" ? parse(json.Data) : json.Data };
  }
  // cosign's predicate of vulnerabilities, with the scanner's own report.
  const { result } = objectOf(json.scanner);
  return result !== undefined && json.metadata !== undefined ? { content: result } : undefined;
}

/** UTF-8 in base64, also in its form for addresses; "" when it is not that. */
function decodeBase64(text: string): string {
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return new TextDecoder().decode(bytes);
  } catch {
    return "";
  }
}

function readReport(json: Json): Report | undefined {
  if (typeof json.spdxVersion === "string") return readSpdx(json);
  if (Array.isArray(json["@graph"]) && isOfSpdx(json["@context"])) return readSpdx3(json);
  if (json.bomFormat === "CycloneDX") return readCycloneDx(json);
  if (Array.isArray(json.artifacts) && textOf(objectOf(json.schema).url).includes("syft")) return readSyft(json);
  if (Array.isArray(json.matches) && json.descriptor !== undefined) return readGrype(json);
  if (Array.isArray(json.runs) && textOf(json.version).startsWith("2.")) return readSarif(json);
  if (json.SchemaVersion !== undefined && json.ArtifactName !== undefined) return readTrivy(json);
  if (Array.isArray(json.vulnerabilities) && json.scanner !== undefined) return readHarbor(json);
  return undefined;
}

/** Whether a document of JSON-LD takes its words from SPDX. */
function isOfSpdx(context: unknown): boolean {
  return [context, ...listOf(context)].some((each) => typeof each === "string" && each.includes("spdx.org"));
}
