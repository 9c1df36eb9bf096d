/** Reports of scanners: Trivy's, Grype's, Harbor's, and SARIF, which many write. */
import {
  Entries,
  type Finding,
  type Json,
  listOf,
  objectOf,
  type Report,
  severityOf,
  severityOfScore,
  textOf,
  urlOf,
} from "./report.ts";

/** What all of these have in common. */
function reportOf(facts: Pick<Report, "format" | "tool" | "created">, findings: Entries<Finding>): Report {
  return { ...facts, packages: undefined, findings: findings.entries, left: findings.left };
}

/** Trivy's JSON (`trivy image --format json`). */
export function readTrivy(document: Json): Report {
  const findings = new Entries<Finding>();
  for (const result of listOf(document.Results)) {
    for (const each of listOf(objectOf(result).Vulnerabilities)) {
      findings.add(() => {
        const found = objectOf(each);
        return {
          id: textOf(found.VulnerabilityID),
          severity: severityOf(found.Severity),
          package: textOf(found.PkgName),
          installed: textOf(found.InstalledVersion),
          fixed: textOf(found.FixedVersion),
          title: textOf(found.Title, found.Description),
          url: urlOf(found.PrimaryURL),
        };
      });
    }
  }
  const version = textOf(objectOf(document.Trivy).Version);
  return reportOf(
    { format: "Trivy JSON", tool: `Trivy ${version}`.trim(), created: textOf(document.CreatedAt) },
    findings,
  );
}

/** Grype's JSON (`grype -o json`). */
export function readGrype(document: Json): Report {
  const findings = new Entries<Finding>();
  for (const each of listOf(document.matches)) {
    findings.add(() => {
      const { vulnerability, artifact } = objectOf(each);
      const { id, severity, fix, description, dataSource } = objectOf(vulnerability);
      const { name, version } = objectOf(artifact);
      return {
        id: textOf(id),
        severity: severityOf(severity),
        package: textOf(name),
        installed: textOf(version),
        fixed: textOf(
          listOf(objectOf(fix).versions)
            .filter((text) => typeof text === "string")
            .join(", "),
        ),
        title: textOf(description),
        url: urlOf(dataSource),
      };
    });
  }
  const { name, version, timestamp } = objectOf(document.descriptor);
  const tool = [textOf(name), textOf(version)].join(" ").trim();
  return reportOf({ format: "Grype JSON", tool, created: textOf(timestamp) }, findings);
}

/** Harbor's native report of a scan. */
export function readHarbor(document: Json): Report {
  const findings = new Entries<Finding>();
  for (const each of listOf(document.vulnerabilities)) {
    findings.add(() => {
      const { id, severity, package: name, version, fix_version: fixed, description, links } = objectOf(each);
      return {
        id: textOf(id),
        severity: severityOf(severity),
        package: textOf(name),
        installed: textOf(version),
        fixed: textOf(fixed),
        title: textOf(description),
        url: urlOf(...listOf(links)),
      };
    });
  }
  const { name, version } = objectOf(document.scanner);
  const tool = [textOf(name), textOf(version)].join(" ").trim();
  return reportOf({ format: "Harbor", tool, created: textOf(document.generated_at) }, findings);
}

/** SARIF's words for how grave a result is (its "level property"). */
const LEVELS: Readonly<Record<string, Finding["severity"]>> = {
  error: "high",
  warning: "medium",
  note: "low",
  none: "negligible",
};

/** SARIF 2.1.0. What a scanner of images thinks of a result is in the rule's `security-severity`. */
export function readSarif(document: Json): Report {
  const findings = new Entries<Finding>();
  const runs = listOf(document.runs).map(objectOf);
  for (const run of runs) {
    const driver = objectOf(objectOf(run.tool).driver);
    const rules = listOf(driver.rules).map(objectOf);
    const byId = new Map(rules.map((rule) => [rule.id, rule]));
    for (const each of listOf(run.results)) findings.add(() => readResult(objectOf(each), rules, byId));
  }
  const { name, semanticVersion, version } = objectOf(objectOf(runs[0]?.tool).driver);
  const tool = [textOf(name), textOf(semanticVersion, version)].join(" ").trim();
  return reportOf({ format: "SARIF", tool, created: "" }, findings);
}

function readResult(result: Json, rules: readonly Json[], byId: ReadonlyMap<unknown, Json>): Finding {
  const { ruleId, ruleIndex, level, message, locations } = result;
  const rule = byId.get(ruleId) ?? (typeof ruleIndex === "number" ? rules[ruleIndex] : undefined) ?? {};
  const scored = severityOfScore(objectOf(rule.properties)["security-severity"]);
  const written = textOf(level, objectOf(rule.defaultConfiguration).level, "warning");
  const text = textOf(objectOf(message).text);
  const told = (label: string) => new RegExp(`^${label}: *(.*)$`, "m").exec(text)?.[1];
  const [location] = listOf(locations);
  const { physicalLocation, message: place } = objectOf(location);
  return {
    id: textOf(ruleId, rule.id),
    severity: scored === "unknown" ? (LEVELS[written] ?? "unknown") : scored,
    // As Trivy writes it; others name the file that the package comes with.
    package: textOf(told("Package"), objectOf(place).text, objectOf(objectOf(physicalLocation).artifactLocation).uri),
    installed: textOf(told("Installed Version")),
    fixed: textOf(told("Fixed Version")),
    title: textOf(objectOf(rule.shortDescription).text, objectOf(rule.fullDescription).text, text),
    url: urlOf(rule.helpUri),
  };
}
