export interface TlsTrouble {
  /** What Kafka does, as the end of a sentence. */
  what: string;
  remedy: string;
  /** What the library says, on one line. */
  cause: Error;
}

/** Codes of Node for a certificate that it does not accept, and of OpenSSL for what the other side says. */
const troubles: readonly { codes: RegExp; what: string; remedy: string }[] = [
  {
    codes: /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
    what: 'shows a certificate that is not valid at this time',
    remedy: "renew the brokers' certificate, or set the clock",
  },
  {
    codes: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    what: 'shows the certificate of another host',
    remedy: 'name the brokers in PORT_TICKER_KAFKA_BROKERS as their certificates do',
  },
  {
    codes: /SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|^CERT_/,
    what: 'shows a certificate of an unknown authority',
    remedy: 'check PORT_TICKER_KAFKA_SSL_CA_FILE',
  },
  {
    codes: /ALERT_.*(CERTIFICATE|UNKNOWN_CA)/,
    what: "refuses this client's certificate",
    remedy:
      'check that PORT_TICKER_KAFKA_SSL_CERT_FILE names one that is valid at this time and of an authority that the brokers trust',
  },
  {
    codes: /^(ERR_SSL_|EPROTO$)/,
    what: 'talks no TLS that this client understands',
    remedy: 'check PORT_TICKER_KAFKA_SSL and the port in PORT_TICKER_KAFKA_BROKERS',
  },
];

/** What is wrong with TLS or the certificates, if that is why a connection failed. */
export function tlsTrouble(error: Error): TlsTrouble | undefined {
  const code: unknown = Reflect.get(error, 'code');
  const trouble = troubles.find(({ codes }) => typeof code === 'string' && codes.test(code));
  if (trouble === undefined) return undefined;
  return { what: trouble.what, remedy: trouble.remedy, cause: new Error(readable(error.message)) };
}

/** Of OpenSSL's "40ED2B:error:0A000416:SSL routines:function:what happened:file:line:…" what happened; of Node's text all. */
function readable(message: string): string {
  const [, reason] = /:SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  return reason ?? message.replace(/^Connection error: /, '').trim();
}
