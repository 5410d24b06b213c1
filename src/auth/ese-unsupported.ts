const USE_JWT_REALM = 'use a <jwt-realm>'
const USE_JWT_MANAGER = 'use <jwt-authentication-manager> or <allow-all-authentication-manager>'
const USE_ALLOW_ALL = 'use <allow-all-authorization-manager>'
const NO_CONTROL_CENTER = 'there is no Control Center; remove the pipeline (the admin port is on loopback only)'
const TOKEN_IS_PASSWORD = 'remove it; the token is read from the MQTT password'

/** Elements of HiveMQ's file that guardbee does not know how to honour, and what to write instead. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['sql-realm', USE_JWT_REALM],
  ['ldap-realm', USE_JWT_REALM],
  ['file-realm', USE_JWT_REALM],
  ['oauth-realm', USE_JWT_REALM],
  ['oidc-realm', USE_JWT_REALM],
  ['control-center-pipeline', NO_CONTROL_CENTER],
  ['control-center-redirect-pipeline', NO_CONTROL_CENTER],
  ['rest-api-pipeline', 'there is no HiveMQ REST API; remove the pipeline (the admin port is on loopback only)'],
  ['authentication-preprocessors', TOKEN_IS_PASSWORD],
  ['authorization-preprocessors', 'remove it'],
  ['sql-authentication-manager', USE_JWT_MANAGER],
  ['file-authentication-manager', USE_JWT_MANAGER],
  ['ldap-authentication-manager', USE_JWT_MANAGER],
  ['oidc-authentication-manager', USE_JWT_MANAGER],
  ['chain-authentication-manager', USE_JWT_MANAGER],
  ['sql-authorization-manager', USE_ALLOW_ALL],
  ['file-authorization-manager', USE_ALLOW_ALL],
  ['ldap-authorization-manager', USE_ALLOW_ALL],
  ['chain-authorization-manager', USE_ALLOW_ALL],
  ['tls-trust-store', 'name the certificate authority in a PEM file by the environment variable NODE_EXTRA_CA_CERTS'],
  ['ssl-trust-store', 'name the certificate authority in a PEM file by the environment variable NODE_EXTRA_CA_CERTS'],
  ['runtime', 'remove it'],
  ['client-certificate-revocation-checks', 'remove it; client certificates are not read'],
])

/** What to use instead of an element that HiveMQ knows and guardbee does not; undefined for any other name. */
export function insteadOf(elementName: string): string | undefined {
  return INSTEAD.get(elementName)
}
