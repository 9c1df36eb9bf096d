import { describe, it } from "vitest";
import { parseAuthority, parseClusterServer, readAuthorities } from "./kubernetes-cluster.ts";

const wrap = (text: string, label = "CERTIFICATE") => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----`;

describe("a cluster's address", () => {
  it.for([
    ["https://cluster.example.com", "https://cluster.example.com"],
    ["https://Cluster.example.com:443/", "https://cluster.example.com"],
    ["https://cluster.example.com:6443", "https://cluster.example.com:6443"],
    ["https://rancher.example.com/k8s/clusters/c-m-1//", "https://rancher.example.com/k8s/clusters/c-m-1"],
    ["https://[2001:db8::1]:6443", "https://[2001:db8::1]:6443"],
    ["http://127.0.0.1:8001", "http://127.0.0.1:8001"],
  ] as const)("%s is read as %s", ([text, server], { expect }) => {
    expect(parseClusterServer(text)).toBe(server);
  });

  it.for([
    ["", "is not an address"],
    ["cluster.example.com:6443", "is not an address"],
    ["ftp://cluster.example.com", "is not an address"],
    ["https://me:secret@cluster.example.com", "has a user name or a password"],
    ["https://cluster.example.com/?a=b", "has a query"],
    ["https://cluster.example.com/?", "has a query"],
    ["https://cluster.example.com/#a", "has a query"],
    [`https://cluster.example.com/${"a".repeat(2048)}`, "has more than 2048 characters"],
  ] as const)("%s is refused", ([text, why], { expect }) => {
    expect(() => parseClusterServer(text)).toThrow(`the server ${why}`);
  });
});

describe("a cluster's certificate authority", () => {
  it("may be several, with anything around them", ({ expect }) => {
    const parsed = parseAuthority(`Bag Attributes\n${CERTIFICATE}\n# another\r\n${CERTIFICATE}`);
    expect(parsed).toBe(`${CERTIFICATE}\n${CERTIFICATE}\n`);
    expect(readAuthorities(parsed).map(({ x509 }) => x509.subject)).toEqual(["CN=berth test", "CN=berth test"]);
  });

  it.for([
    ["with nothing in it", "", "is not a certificate in PEM"],
    ["in base64 once more", "LS0tLS1CRUdJTg==", "is not a certificate in PEM"],
    ["of no bytes", wrap(""), "is not a certificate"],
    ["of other bytes", wrap("bm90aGluZw=="), "is not a certificate"],
    ["that is not base64", wrap("!"), "is not a certificate in PEM"],
    ["without an end", "-----BEGIN CERTIFICATE-----\nbm90aGluZw==", "is not a certificate in PEM"],
    ["that is a key", wrap("bm90aGluZw==", "PRIVATE KEY"), "holds a PRIVATE KEY"],
  ] as const)("%s is refused", ([, text, why], { expect }) => {
    expect(() => parseAuthority(text)).toThrow(`the certificate authority ${why}`);
  });

  it("is refused for one that is none among several", ({ expect }) => {
    expect(() => parseAuthority(CERTIFICATE + wrap("bm90aGluZw=="))).toThrow("is not a certificate (number 2)");
    const cut = CERTIFICATE.replace(/.{8}\n-----END/, "\n-----END");
    expect(() => parseAuthority(cut)).toThrow("is not a certificate");
  });

  it("has at most 16 KiB", ({ expect }) => {
    const room = 16 * 1024 - CERTIFICATE.length;
    expect(parseAuthority(CERTIFICATE + " ".repeat(room))).toBe(`${CERTIFICATE}\n`);
    expect(() => parseAuthority(CERTIFICATE + " ".repeat(room + 1))).toThrow("has more than 16384 bytes");
  });
});

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUFnm9u2fmPh/ISMOyZjDji7A9NEEwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKYmVydGggdGVzdDAgFw0yNjExMjQwNDQ3MTVaGA8yMTI2MTAz
MTA0NDcxNVowFTETMBEGA1UEAwwKYmVydGggdGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABL6xeSXNFUNEAFzdTthT0Po5noPIXqSQ2M16PpM6OErzhCxHR10F
c22kS0ZbDtudF/7x1/SLt7eJ528cc612KuqjUzBRMB0GA1UdDgQWBBQaNuVF+7pr
tFp1J73T12RCpLEkHzAfBgNVHSMEGDAWgBQaNuVF+7prtFp1J73T12RCpLEkHzAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCtqbPdpjHl0euOo61b
qXAIjBpOhyvBeAtzETcc+NUjmQIgA+qlOsF4uK3LypZwjbB5Ax5MOqoR6/lpvZNH
KoupW58=
-----END CERTIFICATE-----`;
