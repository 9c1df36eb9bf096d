/**
 * TLS 1.3 as a client, for servers whose certificate is signed by an authority of their own (docs/decisions/0009). A package
 * beside the layers: what is not exported here nobody else imports.
 */
export { type Certificate, readCertificate } from "./certificate.ts";
export { CertificateRefused } from "./chain.ts";
export { TlsClient } from "./client.ts";
export { TlsError } from "./errors.ts";
