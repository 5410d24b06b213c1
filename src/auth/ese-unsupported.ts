const USE_FILE_REALM = 'use a <file-realm> for users with passwords, or a <jwt-realm> for tokens'
const USE_FILE_MANAGER = 'use <file-authentication-manager> with a <file-realm>, or <jwt-authentication-manager>'
const USE_FILE_PERMISSIONS =
  'use <file-authorization-manager> with a <file-realm>, or <guardbee:token-authorization-manager> for permissions in the token'
const NO_CONTROL_CENTER = 'there is no Control Center; remove the pipeline (the admin port is on loopback only)'

/** Elements of HiveMQ's file that guardbee does not know how to honour, and what to write instead. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['sql-realm', USE_FILE_REALM],
  ['ldap-realm', USE_FILE_REALM],
  ['oauth-realm', 'use a <jwt-realm>'],
  ['oidc-realm', 'use a <jwt-realm>'],
  ['control-center-pipeline', NO_CONTROL_CENTER],
  ['control-center-redirect-pipeline', NO_CONTROL_CENTER],
  ['rest-api-pipeline', 'there is no HiveMQ REST API; remove the pipeline (the admin port is on loopback only)'],
  ['custom-preprocessor', 'code in Java cannot be run; use the other preprocessors'],
  ['http-headers-preprocessor', 'write it in <authentication-preprocessors>'],
  ['sql-authentication-manager', USE_FILE_MANAGER],
  ['ldap-authentication-manager', USE_FILE_MANAGER],
  ['oidc-authentication-manager', 'use <jwt-authentication-manager>'],
  ['sql-authorization-manager', USE_FILE_PERMISSIONS],
  ['ldap-authorization-manager', USE_FILE_PERMISSIONS],
  ['tls-trust-store', 'name the certificate authority in a PEM file by the environment variable NODE_EXTRA_CA_CERTS'],
  ['ssl-trust-store', 'name the certificate authority in a PEM file by the environment variable NODE_EXTRA_CA_CERTS'],
  ['runtime', 'remove it'],
  ['client-certificate-revocation-checks', 'remove it; whether a client certificate was revoked is not asked'],
])

/** What to use instead of an element that HiveMQ knows and guardbee does not; undefined for any other name. */
export function insteadOf(elementName: string): string | undefined {
  return INSTEAD.get(elementName)
}
