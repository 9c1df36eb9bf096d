/** Why a TLS connection came to nothing, in words that follow "the server …". */
export class TlsError extends Error {
  override readonly name = "TlsError";
}
