/** Lists of packages: SPDX, CycloneDX and Syft's own. */
import {
  Entries,
  type Finding,
  type Json,
  listOf,
  objectOf,
  type Package,
  type Report,
  severityOf,
  severityOfScore,
  textOf,
  typeOfPurl,
  urlOf,
} from "./report.ts";

/** How deep components of CycloneDX may be in each other. */
const MAX_DEPTH = 16;

/** SPDX 2: its "Package Information". What is not said is NOASSERTION or NONE there. */
export function readSpdx(document: Json): Report {
  const packages = new Entries<Package>();
  for (const each of listOf(document.packages)) {
    packages.add(() => {
      const { name, versionInfo, licenseConcluded, licenseDeclared, externalRefs } = objectOf(each);
      const purl = textOf(
        ...listOf(externalRefs)
          .map(objectOf)
          .filter(({ referenceType }) => referenceType === "purl")
          .map(({ referenceLocator }) => referenceLocator),
      );
      const license = textOf(asserted(licenseConcluded), asserted(licenseDeclared));
      return { name: textOf(name), version: textOf(asserted(versionInfo)), type: typeOfPurl(purl), license, purl };
    });
  }
  const { creators, created } = objectOf(document.creationInfo);
  const tool = listOf(creators).find((creator) => typeof creator === "string" && creator.startsWith("Tool:"));
  return {
    format: textOf(document.spdxVersion).replace("-", " "),
    tool: textOf(tool).replace(/^Tool:\s*/, ""),
    created: textOf(created),
    packages: packages.entries,
    findings: undefined,
    left: packages.left,
  };
}

function asserted(value: unknown): unknown {
  return value === "NOASSERTION" || value === "NONE" ? undefined : value;
}

/** SPDX 3, a graph of elements (its "Software Package"). */
export function readSpdx3(document: Json): Report {
  const packages = new Entries<Package>();
  const elements = listOf(document["@graph"]);
  for (const each of elements) {
    const element = objectOf(each);
    if (element.type !== "software_Package") continue;
    packages.add(() => {
      const { name, software_packageVersion: version, software_packageUrl: address } = element;
      const purl = textOf(address);
      return { name: textOf(name), version: textOf(asserted(version)), type: typeOfPurl(purl), license: "", purl };
    });
  }
  const creation = objectOf(elements.find((each) => objectOf(each).type === "CreationInfo"));
  return {
    format: `SPDX ${textOf(creation.specVersion, "3")}`,
    tool: textOf(...elements.map(objectOf).flatMap(({ type, name }) => (type === "Tool" ? [name] : []))),
    created: textOf(creation.created),
    packages: packages.entries,
    findings: undefined,
    left: packages.left,
  };
}

/** CycloneDX: its components, which may have others in them, and its vulnerabilities. */
export function readCycloneDx(document: Json): Report {
  const packages = new Entries<Package>();
  const known = new Map<string, Package>();
  const visit = (components: unknown, depth: number) => {
    for (const each of listOf(components)) {
      const component = objectOf(each);
      packages.add(() => {
        const read = readComponent(component);
        const ref = component["bom-ref"];
        if (typeof ref === "string") known.set(ref, read);
        return read;
      });
      if (depth < MAX_DEPTH) visit(component.components, depth + 1);
    }
  };
  visit(document.components, 0);
  const findings = new Entries<Finding>();
  for (const each of listOf(document.vulnerabilities)) {
    const vulnerability = objectOf(each);
    const affected = listOf(vulnerability.affects).map(objectOf);
    for (const affect of affected.length === 0 ? [{}] : affected) {
      findings.add(() => readCycloneDxFinding(vulnerability, affect, known));
    }
  }
  const metadata = objectOf(document.metadata);
  return {
    format: ["CycloneDX", textOf(document.specVersion)].join(" ").trim(),
    tool: toolOf(metadata.tools),
    created: textOf(metadata.timestamp),
    packages: packages.entries,
    findings: document.vulnerabilities === undefined ? undefined : findings.entries,
    left: packages.left + findings.left,
  };
}

function readComponent({ group, name, version, purl, type, licenses }: Json): Package {
  const words = listOf(licenses).map((entry) => {
    const { license, expression } = objectOf(entry);
    const { id, name: title } = objectOf(license);
    return textOf(expression, id, title);
  });
  const address = textOf(purl);
  return {
    name: [textOf(group), textOf(name)].filter((part) => part !== "").join("/"),
    version: textOf(version),
    type: typeOfPurl(address) || textOf(type),
    license: textOf(words.filter((word) => word !== "").join(", ")),
    purl: address,
  };
}

function readCycloneDxFinding(vulnerability: Json, affect: Json, known: ReadonlyMap<string, Package>): Finding {
  const { id, ratings, source, description, detail, recommendation } = vulnerability;
  const ref = textOf(affect.ref);
  const found = known.get(ref);
  const fixed = /upgrade .*? to version[s]? ([^;,\s]+)/i.exec(textOf(recommendation))?.[1];
  const rated = listOf(ratings).map((rating) => {
    const { severity, score } = objectOf(rating);
    const said = severityOf(severity);
    return said === "unknown" ? severityOfScore(score) : said;
  });
  return {
    id: textOf(id),
    severity: worst(rated),
    package: found?.name ?? ref,
    installed: found?.version ?? "",
    fixed: textOf(fixed),
    title: textOf(description, detail),
    url: urlOf(objectOf(source).url),
  };
}

/** The most severe; several sources may rate one vulnerability. */
function worst(severities: readonly Finding["severity"][]): Finding["severity"] {
  const order = ["critical", "high", "medium", "low", "negligible"] as const;
  return order.find((severity) => severities.includes(severity)) ?? "unknown";
}

/** A list of tools before CycloneDX 1.5, an object with components since. */
function toolOf(tools: unknown): string {
  const [first] = Array.isArray(tools) ? tools : listOf(objectOf(tools).components);
  const { name, version } = objectOf(first);
  return [textOf(name), textOf(version)].join(" ").trim();
}

/** Syft's own format. */
export function readSyft(document: Json): Report {
  const packages = new Entries<Package>();
  for (const each of listOf(document.artifacts)) {
    packages.add(() => {
      const { name, version, type, licenses, purl } = objectOf(each);
      const words = listOf(licenses).map((license) => textOf(license, objectOf(license).value));
      return {
        name: textOf(name),
        version: textOf(version),
        type: textOf(type),
        license: textOf(words.filter((word) => word !== "").join(", ")),
        purl: textOf(purl),
      };
    });
  }
  const { name, version } = objectOf(document.descriptor);
  return {
    format: "Syft JSON",
    tool: [textOf(name), textOf(version)].join(" ").trim(),
    created: "",
    packages: packages.entries,
    findings: undefined,
    left: packages.left,
  };
}
